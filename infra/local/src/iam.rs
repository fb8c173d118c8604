//! IAM: refuses what the function in whose invocation a request is sent has no right to. People at the keyboard and tests, who are in
//! no invocation, may do everything.

use serde_json::Value;
use shared::model::lane::Lane;
use shared::rights::{self, Function};

use crate::fate::{self, Service};
use crate::wire::Answer;

/// The refusal of a request; `None` = whoever sends it may.
pub fn refusal(service: Service, operation: &str, body: &Value) -> Option<Answer> {
    let name = fate::function();
    let function = function(&name)?;
    let refused = match service {
        Service::DynamoDb => table(operation, body)
            .into_iter()
            .find(|action| !may_on_table(action, body)),
        Service::Sqs => Some(operation).filter(|_| !may_on_queue(function, operation, body)),
        Service::Scheduler => {
            Some(schedule(operation)).filter(|action| !function.schedules().contains(action))
        }
        Service::Secrets => Some(operation).filter(|action| !rights::SECRETS.contains(action)),
        Service::Microsoft => None,
    }?;
    let message = format!("User: {name} is not authorized to perform: {service}:{refused}");
    Some(Answer::error(400, "AccessDeniedException", &message))
}

fn function(name: &str) -> Option<Function> {
    // The sweep is the staging function's.
    if name == "sweep" {
        return Some(Function::Of(Lane::Staging));
    }
    Function::ALL.into_iter().find(|one| one.name() == name)
}

/// What a request to the table takes: transactions need the right to each of their parts.
fn table<'a>(operation: &'a str, body: &'a Value) -> Vec<&'a str> {
    match operation {
        "TransactWriteItems" => {}
        "TransactGetItems" => return vec!["GetItem"],
        single => return vec![single],
    }
    let items = body["TransactItems"].as_array().into_iter().flatten();
    let parts = items
        .filter_map(Value::as_object)
        .flat_map(|item| item.keys());
    let action = |part: &'a String| match part.as_str() {
        "Put" => "PutItem",
        "Update" => "UpdateItem",
        "Delete" => "DeleteItem",
        "ConditionCheck" => "ConditionCheckItem",
        unknown => unknown,
    };
    parts.map(action).collect()
}

fn may_on_table(action: &str, body: &Value) -> bool {
    if body.get("IndexName").is_some() {
        rights::INDEXES.contains(&action)
    } else {
        rights::TABLE.contains(&action)
    }
}

fn may_on_queue(function: Function, operation: &str, body: &Value) -> bool {
    let url = body["QueueUrl"].as_str().unwrap_or_default();
    let queue = url.rsplit('/').next().unwrap_or_default();
    if operation == "SendMessage" {
        return function.rings().iter().any(|lane| lane.name() == queue);
    }
    // Its own queue; the dead letters are the API's.
    let is_its = match function {
        Function::Of(lane) => queue == lane.name(),
        Function::Api => queue.ends_with("-dead"),
    };
    is_its && rights::TAKEN.contains(&operation)
}

/// The action behind a method.
fn schedule(operation: &str) -> &'static str {
    match operation.split(' ').next().unwrap_or_default() {
        "POST" => "CreateSchedule",
        "PUT" => "UpdateSchedule",
        "GET" => "GetSchedule",
        "DELETE" => "DeleteSchedule",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fate::invocation;

    #[tokio::test]
    async fn whoever_has_no_right_is_refused() {
        let to = |queue: &str| json!({"QueueUrl": format!("https://q/1/{queue}")});
        let checked = json!({"TransactItems": [{"Put": {}}, {"ConditionCheck": {}}]});
        let cases = [
            (
                "provision#1",
                Service::Sqs,
                "SendMessage",
                to("staging"),
                true,
            ),
            (
                "provision#1",
                Service::Sqs,
                "SendMessage",
                to("sync"),
                false,
            ),
            ("sweep#1", Service::Sqs, "SendMessage", to("sync"), true),
            ("sync#1", Service::DynamoDb, "Scan", json!({}), false),
            (
                "sync#1",
                Service::DynamoDb,
                "GetItem",
                json!({"IndexName": "due"}),
                false,
            ),
            (
                "sync#1",
                Service::DynamoDb,
                "TransactWriteItems",
                checked,
                false,
            ),
            ("sync#1", Service::Scheduler, "POST hourly", json!({}), true),
            (
                "staging#1",
                Service::Scheduler,
                "POST hourly",
                json!({}),
                false,
            ),
            (
                "sync#1",
                Service::Secrets,
                "PutSecretValue",
                json!({}),
                false,
            ),
        ];
        for (worker, service, operation, body, may) in cases {
            let refused = invocation(worker, async { refusal(service, operation, &body) }).await;
            assert_eq!(
                refused.unwrap().is_none(),
                may,
                "{worker} {operation} {body}"
            );
        }
        assert_eq!(refusal(Service::DynamoDb, "Scan", &json!({})), None);
    }
}
