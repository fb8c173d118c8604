//! `infra/template.yaml` says what the code says: figures, variables, queues, the table, and what each function may ask of AWS.

use std::collections::{BTreeMap, BTreeSet};

use local::dynamodb::schema::definition;
use regex::Regex;
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};
use shared::config;
use shared::model::lane::Lane;
use shared::rights::{self, Function};
use shared::telemetry::Figure;

use super::sources;

/// The template; a short tag becomes an object: `!Ref X` = `{"Ref": "X"}`.
fn template() -> Value {
    let text = sources::read("infra/template.yaml");
    let documents = Yaml::load_from_str(&text).unwrap();
    plain(documents.first().unwrap())
}

fn plain(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::String(text)) => Value::from(text.as_ref()),
        Yaml::Value(Scalar::Integer(number)) => Value::from(*number),
        Yaml::Value(Scalar::Boolean(is_so)) => Value::from(*is_so),
        Yaml::Sequence(items) => items.iter().map(plain).collect(),
        Yaml::Mapping(entries) => {
            let named = |(name, value): (&Yaml<'_>, &Yaml<'_>)| (text(&plain(name)), plain(value));
            Value::Object(entries.iter().map(named).collect())
        }
        Yaml::Tagged(tag, value) => {
            Value::Object(Map::from_iter([(tag.suffix.clone(), plain(value))]))
        }
        other @ (Yaml::Representation(..) | Yaml::Value(_) | Yaml::Alias(_) | Yaml::BadValue) => {
            panic!("the template holds {other:?}")
        }
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("not a text: {value}"))
        .to_owned()
}

/// `provision` is `Provision` in the template.
fn logical(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}

fn properties<'a>(template: &'a Value, resource: &str) -> &'a Value {
    let found = &template["Resources"][resource]["Properties"];
    assert!(found.is_object(), "there is no {resource}");
    found
}

/// What something is called that is referred to; a text as it is.
fn referred(value: &Value) -> String {
    let Some(object) = value.as_object() else {
        return text(value);
    };
    let (tag, of) = object.iter().next().unwrap();
    match tag.as_str() {
        "Ref" | "Sub" => text(of),
        "GetAtt" => text(of).trim_end_matches(".Arn").to_owned(),
        other => panic!("what does !{other} refer to?"),
    }
}

/// One or several.
fn several(value: &Value) -> Vec<&Value> {
    value
        .as_array()
        .map_or_else(|| vec![value], |all| all.iter().collect())
}

/// Statements of a role that hold without a key of one's own: (effect, action, resource).
fn granted(template: &Value, role: &str) -> BTreeSet<(String, String)> {
    let mut granted = BTreeSet::new();
    for policy in properties(template, role)["Policies"].as_array().unwrap() {
        for statement in policy["PolicyDocument"]["Statement"].as_array().unwrap() {
            let cases = statement["If"].as_array();
            let statement = cases.map_or(statement, |cases| &cases[1]);
            assert_eq!(statement["Effect"], "Allow", "{role}");
            for action in several(&statement["Action"]) {
                for resource in several(&statement["Resource"]) {
                    granted.insert((text(action), referred(resource)));
                }
            }
        }
    }
    granted
}

#[test]
fn each_function_may_do_what_the_code_does_and_nothing_else() {
    let template = template();
    for function in Function::ALL {
        let name = logical(function.name());
        let mut wanted = BTreeSet::new();
        let mut want = |service: &str, actions: &[&str], resource: &str| {
            let of = |action: &&str| (format!("{service}:{action}"), resource.to_owned());
            wanted.extend(actions.iter().map(of));
        };
        want("dynamodb", &rights::TABLE, "Table");
        for index in ["due", "find"] {
            want(
                "dynamodb",
                &rights::INDEXES,
                &format!("${{Table.Arn}}/index/{index}"),
            );
        }
        for lane in function.rings() {
            want(
                "sqs",
                &["SendMessage"],
                &format!("{}Queue", logical(lane.name())),
            );
        }
        match function {
            Function::Of(lane) => want(
                "sqs",
                &rights::TAKEN,
                &format!("{}Queue", logical(lane.name())),
            ),
            Function::Api => {
                for lane in Lane::ALL {
                    want(
                        "sqs",
                        &rights::TAKEN,
                        &format!("{}DeadLetters", logical(lane.name())),
                    );
                }
            }
        }
        let arn =
            |of: &str| format!("arn:${{AWS::Partition}}:{of}:${{AWS::Region}}:${{AWS::AccountId}}");
        want(
            "secretsmanager",
            &rights::SECRETS,
            &format!("{}:secret:${{SecretPrefix}}*", arn("secretsmanager")),
        );
        if !function.schedules().is_empty() {
            want(
                "scheduler",
                function.schedules(),
                &format!("{}:schedule/${{ScheduleGroup}}/*", arn("scheduler")),
            );
            want("iam", &["PassRole"], "SchedulerRole");
        }
        want(
            "logs",
            &["CreateLogStream", "PutLogEvents"],
            &format!("{name}Logs"),
        );
        want("kms", &["Decrypt", "GenerateDataKey"], "KmsKeyArn");
        // X-Ray knows no resources.
        want("xray", &["PutTelemetryRecords", "PutTraceSegments"], "*");
        assert_eq!(granted(&template, &format!("{name}Role")), wanted, "{name}");
    }
}

#[test]
fn schedules_may_ring_the_lanes_they_are_for() {
    let granted = granted(&template(), "SchedulerRole");
    let rings = granted
        .iter()
        .filter(|(action, _)| action == "sqs:SendMessage");
    let rung: Vec<&str> = rings.map(|(_, queue)| queue.as_str()).collect();
    let lanes: BTreeSet<String> = shared::model::schedule::ScheduleKind::ALL
        .iter()
        .map(|kind| format!("{}Queue", logical(kind.lane().name())))
        .collect();
    assert_eq!(lanes.iter().map(String::as_str).collect::<Vec<_>>(), rung);
}

/// Every operation that `store` and `queue` ask for is granted, and none is granted that they do not ask for.
#[test]
fn rights_are_what_the_code_asks_for() {
    let asked = |below: &str| -> BTreeSet<String> {
        let call = Regex::new(r"client\s*\.([a-z_]+)\(\)").unwrap();
        let sources = sources::below(below);
        let calls = sources
            .iter()
            .flat_map(|source| call.captures_iter(&source.code));
        calls.map(|call| camel(&call[1])).collect()
    };
    let mut table = asked("shared/src/store");
    // Each of its parts needs the right to itself.
    assert!(table.remove("TransactWriteItems"));
    table.extend(["PutItem", "UpdateItem", "DeleteItem"].map(str::to_owned));
    let granted: BTreeSet<String> = rights::TABLE.map(str::to_owned).into();
    assert_eq!(table, granted);
    let queues = asked("shared/src/queue");
    let mut granted: BTreeSet<String> = rights::TAKEN.map(str::to_owned).into();
    granted.insert("SendMessage".to_owned());
    granted.extend(
        Function::ALL
            .iter()
            .flat_map(|one| one.schedules())
            .map(|name| (*name).to_owned()),
    );
    assert_eq!(queues, granted);
}

fn camel(name: &str) -> String {
    name.split('_').map(logical).collect()
}

#[test]
fn nothing_may_be_done_to_everything() {
    let text = sources::read("infra/template.yaml");
    let all: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("Resource: \"*\""))
        .collect();
    assert_eq!(
        all.len(),
        Function::ALL.len(),
        "only X-Ray's statements name no resource"
    );
    let any = Regex::new(r"Action: .*\*|Scan").unwrap();
    assert_eq!(any.find(&text).map(|found| found.as_str()), None);
}

#[test]
fn lanes_have_the_figures_of_the_code() {
    let template = template();
    for lane in Lane::ALL {
        let (figures, name) = (config::lane(lane), logical(lane.name()));
        let function = properties(&template, &name);
        assert_eq!(function["Timeout"], figures.timeout.as_secs(), "{name}");
        assert_eq!(function["MemorySize"], figures.memory, "{name}");
        assert_eq!(function["RecursiveLoop"], "Allow", "{name}");
        let doorbell = &function["Events"]["Doorbell"]["Properties"];
        assert_eq!(doorbell["BatchSize"], config::BATCH_SIZE, "{name}");
        assert_eq!(
            doorbell["ScalingConfig"]["MaximumConcurrency"], figures.concurrency,
            "{name}"
        );
        assert_eq!(
            doorbell["FunctionResponseTypes"][0], "ReportBatchItemFailures",
            "{name}"
        );
        let queue = properties(&template, &format!("{name}Queue"));
        assert_eq!(
            queue["VisibilityTimeout"],
            figures.visibility().as_secs(),
            "{name}"
        );
        assert_eq!(
            queue["RedrivePolicy"]["maxReceiveCount"],
            config::MAX_RECEIVES,
            "{name}"
        );
    }
    let api = properties(&template, "Api");
    assert_eq!(api["Timeout"], config::API_TIMEOUT.as_secs());
    assert_eq!(api["MemorySize"], config::API_MEMORY);
}

/// The code finds dead letters by their queue's name; each of them is watched.
#[test]
fn every_lane_has_dead_letters_and_an_alarm() {
    let template = template();
    for lane in Lane::ALL {
        let name = logical(lane.name());
        let queue = properties(&template, &format!("{name}Queue"));
        let dead = properties(&template, &format!("{name}DeadLetters"));
        let called = referred(&queue["QueueName"]);
        assert_eq!(called, format!("${{AWS::StackName}}-{lane}"));
        assert_eq!(referred(&dead["QueueName"]), format!("{called}-dead"));
        let target = &queue["RedrivePolicy"]["deadLetterTargetArn"];
        assert_eq!(referred(target), format!("{name}DeadLetters"));
        let alarm = properties(&template, &format!("{name}DeadLettersAlarm"));
        let watched = &alarm["Dimensions"][0]["Value"];
        assert_eq!(referred(watched), format!("{name}DeadLetters.QueueName"));
    }
}

#[test]
fn functions_get_the_variables_that_they_read() {
    let template = template();
    let named = |variables: &Value| -> BTreeSet<String> {
        variables["Environment"]["Variables"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    };
    let mut given = named(&template["Globals"]["Function"]);
    given.extend(named(properties(&template, "Api")));
    let read = Regex::new("ROLLCALL_[A-Z_]*[A-Z]").unwrap();
    let code = [
        "shared/src/config/environment.rs",
        "shared/src/telemetry.rs",
    ]
    .map(sources::read)
    .join("\n");
    let mut wanted: BTreeSet<String> = read
        .find_iter(&code)
        .map(|name| name.as_str().to_owned())
        .collect();
    wanted.remove("ROLLCALL_QUEUE");
    wanted.extend(Lane::ALL.map(|lane| format!("ROLLCALL_QUEUE_{}", lane.name().to_uppercase())));
    assert_eq!(given, wanted);
}

#[test]
fn the_table_is_the_one_of_the_tests_and_stays() {
    let template = template();
    let table = properties(&template, "Table");
    let ours = definition("any");
    for part in [
        "BillingMode",
        "AttributeDefinitions",
        "KeySchema",
        "GlobalSecondaryIndexes",
    ] {
        assert_eq!(table[part], ours[part], "{part}");
    }
    for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
        assert_eq!(template["Resources"]["Table"][policy], "Retain");
    }
    assert_eq!(
        table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"],
        true
    );
    assert_eq!(table["TimeToLiveSpecification"]["AttributeName"], "ttl");
}

/// F151, F154: every figure that the code tells is shown or watched, and nothing is that it does not tell.
#[test]
fn every_figure_is_watched() {
    let text = sources::read("infra/template.yaml");
    let shown = Regex::new(
        r#""Rollcall", "(\w+)"|\[".", "(\w+)", ".", "."|Namespace: Rollcall\n      MetricName: (\w+)"#,
    );
    let shown: BTreeSet<&str> = shown
        .unwrap()
        .captures_iter(&text)
        .flat_map(|found| found.iter().skip(1).flatten().collect::<Vec<_>>())
        .map(|name| name.as_str())
        .filter(|name| *name != "ConsumedWriteCapacityUnits")
        .collect();
    let told: BTreeSet<&str> = Figure::ALL.map(Figure::name).into();
    assert_eq!(shown, told);
}

/// A parameter without a sentence is one that nobody can set.
#[test]
fn every_parameter_is_described_and_used() {
    let template = template();
    let text = sources::read("infra/template.yaml");
    let parameters: BTreeMap<String, Value> =
        serde_json::from_value(template["Parameters"].clone()).unwrap();
    for (name, parameter) in parameters {
        let described = parameter["Description"].as_str().unwrap_or_default();
        assert!(described.len() > 20, "{name}");
        let used = text.contains(&format!("!Ref {name}")) || text.contains(&format!("${{{name}}}"));
        assert!(used, "{name} is never used");
    }
}
