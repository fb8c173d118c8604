"""Packages the functions and deploys infra/template.yaml to a local AWS emulator, as `sam deploy` does to an account.

Usage: deploy.py ENDPOINT STACK FOLDER NAME=VALUE...

FOLDER holds a folder a function with its `bootstrap`. The template stays as it is, but for what packaging always replaces: each
CodeUri becomes the place in S3 where the zip was put. Prints the outputs of the stack as one JSON object.
"""

import io
import json
import pathlib
import re
import sys
import time
import zipfile

import boto3

TEMPLATE = pathlib.Path(__file__).resolve().parents[1] / "template.yaml"
BUCKET = "rollcall-code"
CODE = re.compile(r"CodeUri: \.\./target/lambda/(\w+)/")


def zipped(bootstrap: pathlib.Path) -> bytes:
    """A function's package: one executable file at its root."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        package.writestr(entry, bootstrap.read_bytes())
    return packed.getvalue()


def let_schedules(access, formation, stack: str) -> None:
    """This emulator looks for every schedule in the group `default`, whatever group a request names: what the template grants in the
    group of the stack is granted there too."""
    for role in ("SyncRole", "ApiRole"):
        resource = formation.describe_stack_resource(StackName=stack, LogicalResourceId=role)
        name = resource["StackResourceDetail"]["PhysicalResourceId"]
        granted = access.get_role_policy(RoleName=name, PolicyName="rights")["PolicyDocument"]
        document = granted if isinstance(granted, dict) else json.loads(granted)
        for statement in document["Statement"]:
            if isinstance(statement["Resource"], str) and ":schedule/" in statement["Resource"]:
                resource = re.sub(":schedule/[^/]+/", ":schedule/default/", statement["Resource"])
                access.put_role_policy(
                    RoleName=name,
                    PolicyName="schedules-of-the-emulator",
                    PolicyDocument=json.dumps({**document, "Statement": [{**statement, "Resource": resource}]}),
                )


def main() -> int:
    endpoint, stack, folder, *parameters = sys.argv[1:]
    client = lambda service: boto3.client(service, endpoint_url=endpoint)
    storage, formation = client("s3"), client("cloudformation")
    storage.create_bucket(Bucket=BUCKET)
    template = TEMPLATE.read_text()
    for name in CODE.findall(template):
        package = zipped(pathlib.Path(folder) / name / "bootstrap")
        storage.put_object(Bucket=BUCKET, Key=f"{name}.zip", Body=package)
    template = CODE.sub(lambda found: f"CodeUri: s3://{BUCKET}/{found[1]}.zip", template)
    # A template in the request may not be longer than 51,200 bytes.
    storage.put_object(Bucket=BUCKET, Key="template.yaml", Body=template.encode())
    pairs = [pair.split("=", 1) for pair in parameters]
    formation.create_stack(
        StackName=stack,
        TemplateURL=f"{endpoint}/{BUCKET}/template.yaml",
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in pairs],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    while True:
        [told] = formation.describe_stacks(StackName=stack)["Stacks"]
        if not told["StackStatus"].endswith("_IN_PROGRESS"):
            break
        time.sleep(0.5)
    if told["StackStatus"] != "CREATE_COMPLETE":
        events = formation.describe_stack_events(StackName=stack)["StackEvents"]
        for event in events:
            if event["ResourceStatus"].endswith("FAILED"):
                print(event["LogicalResourceId"], event.get("ResourceStatusReason"), file=sys.stderr)
        print(told["StackStatus"], told.get("StackStatusReason"), file=sys.stderr)
        return 1
    let_schedules(client("iam"), formation, stack)
    print(json.dumps({output["OutputKey"]: output["OutputValue"] for output in told["Outputs"]}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
