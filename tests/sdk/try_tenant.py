"""Microsoft's own Graph SDK against the simulated tenant: `make sdk`.

Starts `rollcall tenant` on a free port, and asks it as any program that uses the SDK would ask Microsoft. Each line it prints is
something that was asked and answered as Microsoft's documentation says; it ends with exit code 1 at the first that was not.
"""

import asyncio
import subprocess
import sys
import urllib.parse
import urllib.request
import json

import httpx
from kiota_abstractions.api_error import APIError
from kiota_abstractions.authentication import AccessTokenProvider, AllowedHostsValidator, BaseBearerTokenAuthenticationProvider
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.directory_objects.get_by_ids.get_by_ids_post_request_body import GetByIdsPostRequestBody
from msgraph.generated.groups.delta.delta_request_builder import DeltaRequestBuilder as GroupsDelta
from msgraph.generated.models.assigned_license import AssignedLicense
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.user import User
from msgraph.generated.users.delta.delta_request_builder import DeltaRequestBuilder as UsersDelta
from msgraph.generated.users.item.assign_license.assign_license_post_request_body import AssignLicensePostRequestBody
from msgraph.generated.users.item.check_member_groups.check_member_groups_post_request_body import CheckMemberGroupsPostRequestBody
from msgraph.generated.users.users_request_builder import UsersRequestBuilder

E5 = "06ebc4ee-1bb5-47dd-8120-11324bc54e06"
TEAMS1 = "57ff2da0-773e-42df-b2af-ffb7a2317929"
GROUP = "d8ebfa45-0f28-4d2d-9bcc-b158a49e2d17"
ADELE = "87d349ed-44d7-43e1-9a83-5f2406dee5bd"
GUID = "00000000-1111-4222-8333-444444444444"


class Tenant:
    """`rollcall tenant`, and its control side."""

    def __init__(self, program):
        also = [part for name in ("Directory.Read.All", "User.EnableDisableAccount.All") for part in ("--also", name)]
        command = [program, "tenant", "--port", "0", "--people", "250", "--calm", *also]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        said = {}
        for line in self.process.stdout:
            name, _, value = line.strip().partition("  ")
            said[name] = value.strip()
            if name == "client secret":
                break
        self.base = said["Graph"].removesuffix("/v1.0")
        self.said = said

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base}/control{path}", data=data, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return json.load(answer)


class Tokens(AccessTokenProvider):
    """Client credentials; the SDK's own credential classes insist on https."""

    def __init__(self, tenant):
        self.tenant = tenant
        self.hosts = AllowedHostsValidator([urllib.parse.urlparse(tenant.base).hostname])

    async def get_authorization_token(self, uri, additional_authentication_context=None):
        said = self.tenant.said
        form = {
            "client_id": said["client id"],
            "client_secret": said["client secret"],
            "scope": "https://graph.microsoft.com/.default",
            "grant_type": "client_credentials",
        }
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.post(said["token endpoint"], data=form)).json()["access_token"]

    def get_allowed_hosts_validator(self):
        return self.hosts


async def refused(call, status, code):
    try:
        await call
    except APIError as error:
        assert error.response_status_code == status, error
        assert error.error.code == code, error
        return
    raise AssertionError(f"not refused with {status} {code}")


def done(what):
    print(f"ok  {what}")


async def users(graph, tenant):
    Query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters
    query = Query(select=["id", "userPrincipalName", "assignedLicenses", "licenseAssignmentStates"], top=100)
    page = await graph.users.get(RequestConfiguration(query_parameters=query))
    found, pages = list(page.value), 1
    while page.odata_next_link:
        page = await graph.users.with_url(page.odata_next_link).get()
        found += page.value
        pages += 1
    assert len(found) == len(tenant.control("GET", "/people")) and pages == 3, (len(found), pages)
    done("users are listed page by page")

    query = Query(filter="department eq 'Sales'", select=["id", "department"])
    sales = (await graph.users.get(RequestConfiguration(query_parameters=query))).value
    assert sales and all(user.department.lower() == "sales" for user in sales)
    done("a plain filter")
    query = Query(filter="endsWith(userPrincipalName,'.com')", select=["id"], count=True)
    await refused(graph.users.get(RequestConfiguration(query_parameters=query)), 400, "Request_UnsupportedQuery")
    eventual = RequestConfiguration(query_parameters=query)
    eventual.headers.add("ConsistencyLevel", "eventual")
    counted = await graph.users.get(eventual)
    assert counted.odata_count > 0
    done("an advanced filter needs its header, and then counts")

    delta = UsersDelta.DeltaRequestBuilderGetQueryParameters(select=["id", "usageLocation"])
    page = await graph.users.delta.get(RequestConfiguration(query_parameters=delta))
    while page.odata_next_link:
        page = await graph.users.delta.with_url(page.odata_next_link).get()
    await graph.users.by_user_id(ADELE).patch(User(usage_location="DE"))
    changes = await graph.users.delta.with_url(page.odata_delta_link).get()
    assert [user.id for user in changes.value] == [ADELE] and changes.value[0].usage_location == "DE"
    done("a change comes by delta")

    found = await graph.users.by_user_id("adele@contoso.com").get()
    assert found.id == ADELE
    await refused(graph.users.by_user_id(GUID).get(), 404, "Request_ResourceNotFound")
    body = GetByIdsPostRequestBody(ids=[ADELE, GUID], types=["user"])
    assert [one.id for one in (await graph.directory_objects.get_by_ids.post(body)).value] == [ADELE]
    done("one user, and some by their ids")
    await graph.users.by_user_id(ADELE).patch(User(account_enabled=False))
    assert not tenant.control("GET", f"/people/{ADELE}")["enabled"]
    done("an account is locked")
    tenant.control("DELETE", "/people/left")
    deleted = await graph.directory.deleted_items.graph_user.get()
    assert [user.id for user in deleted.value] == ["left"]
    done("the recycle bin")


async def licences(graph, tenant):
    skus = (await graph.subscribed_skus.get()).value
    e5 = next(sku for sku in skus if str(sku.sku_id) == E5)
    assert e5.prepaid_units.enabled == 10 and e5.service_plans[0].service_plan_name == "TEAMS1"
    order = AssignLicensePostRequestBody(add_licenses=[AssignedLicense(sku_id=E5, disabled_plans=[])], remove_licenses=[])
    await graph.users.by_user_id(ADELE).assign_license.post(order)
    details = (await graph.users.by_user_id(ADELE).license_details.get()).value
    assert details[0].sku_part_number == "SPE_E5"
    back = AssignLicensePostRequestBody(add_licenses=[], remove_licenses=[E5])
    await graph.users.by_user_id(ADELE).assign_license.post(back)
    await refused(graph.users.by_user_id(ADELE).assign_license.post(back), 400, "Request_BadRequest")
    await graph.users.by_user_id(ADELE).assign_license.post(order)
    done("licences are given, shown and taken")


async def groups(graph, tenant):
    reference = ReferenceCreate(odata_id=f"https://graph.microsoft.com/v1.0/directoryObjects/{ADELE}")
    members = graph.groups.by_group_id(GROUP).members
    await members.ref.post(reference)
    await refused(members.ref.post(reference), 400, "Request_BadRequest")
    assert [member.id for member in (await members.get()).value] == [ADELE]
    body = CheckMemberGroupsPostRequestBody(group_ids=[GROUP])
    assert (await graph.users.by_user_id(ADELE).check_member_groups.post(body)).value == [GROUP]
    delta = GroupsDelta.DeltaRequestBuilderGetQueryParameters(select=["id", "members"], filter=f"id eq '{GROUP}'")
    page = await graph.groups.delta.get(RequestConfiguration(query_parameters=delta))
    told = page.value[0].additional_data["members@delta"]
    assert [str(member["id"]) for member in told] == [ADELE], told
    await members.by_directory_object_id(ADELE).ref.delete()
    await refused(members.by_directory_object_id(ADELE).ref.delete(), 404, "Request_ResourceNotFound")
    done("into a group and out of it, its changes, who is in it")


async def teams(graph, tenant):
    from msgraph.generated.admin.teams.policy.user_assignments.microsoft_graph_teams_administration_assign.assign_post_request_body import AssignPostRequestBody
    from msgraph.generated.admin.teams.telephone_number_management.number_assignments.microsoft_graph_teams_administration_assign_number.assign_number_post_request_body import AssignNumberPostRequestBody
    from msgraph.generated.models.teams_administration.number_type import NumberType
    from msgraph.generated.models.teams_administration.teams_policy_user_assignment import TeamsPolicyUserAssignment

    teams = graph.admin.teams
    listed = (await teams.user_configurations.get()).value
    assert any(user.id == ADELE for user in listed)
    one = await teams.user_configurations.by_teams_user_configuration_id(ADELE).get()
    assert one is not None
    done("Teams users are listed and read")
    found = await teams.policy.microsoft_graph_teams_administration_get_policy_id_with_type_with_name("AllOn", "TeamsMeetingPolicy").get()
    policy = found.value[0]
    assert policy.name == "Tag:AllOn"
    body = AssignPostRequestBody(value=[TeamsPolicyUserAssignment(user_id=ADELE, policy_type="TeamsMeetingPolicy", policy_id=policy.policy_id)])
    await teams.policy.user_assignments.microsoft_graph_teams_administration_assign.post(body)
    assert tenant.control("GET", f"/people/{ADELE}")["policies"] == {"TeamsMeetingPolicy": "AllOn"}
    done("a policy is found by name and assigned")
    numbers = teams.telephone_number_management.number_assignments
    free = (await numbers.get()).value[0]
    assert free.telephone_number == "+4930123450"
    body = AssignNumberPostRequestBody(telephone_number=free.telephone_number, assignment_target_id=ADELE, number_type=NumberType.DirectRouting)
    await numbers.microsoft_graph_teams_administration_assign_number.post(body)
    assert tenant.control("GET", "/numbers") == {"+4930123450": ADELE}
    last = tenant.control("GET", "/history")[-1]
    assert last["before"] != last["after"], last
    done("a number is listed and assigned, and the history says who held it")


async def trial(tenant):
    tenant.control("PUT", f"/skus/{E5}", {"name": "SPE_E5", "seats": 10, "plans": [TEAMS1, "4828c8ec-dc2e-4779-b502-87ac9ce28ab7"]})
    person = {"userPrincipalName": "adele@contoso.com", "displayName": "Adele Vance"}
    tenant.control("PUT", f"/people/{ADELE}", person)
    tenant.control("PUT", "/people/left", {**person, "userPrincipalName": "left@contoso.com"})
    tenant.control("PUT", f"/groups/{GROUP}", {"name": "Sales"})
    tenant.control("PUT", "/policies/TeamsMeetingPolicy/AllOn")
    tenant.control("PUT", "/numbers/+4930123450", {"type": "directRouting"})
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(Tokens(tenant)), httpx.AsyncClient(trust_env=False))
    adapter.base_url = f"{tenant.base}/v1.0"
    graph = GraphServiceClient(request_adapter=adapter)
    for part in (users, licences, groups, teams):
        await part(graph, tenant)


if __name__ == "__main__":
    simulated = Tenant(sys.argv[1])
    try:
        asyncio.run(trial(simulated))
        print("Microsoft's SDK took the simulated tenant for the real one.")
    finally:
        simulated.process.terminate()
        simulated.process.wait()
