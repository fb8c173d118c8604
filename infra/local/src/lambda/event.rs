//! Events and answers in the shapes that Lambda gives them.

use std::collections::BTreeSet;

use aws_lambda_events::sqs::SqsBatchResponse;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use shared::model::time::Time;

use crate::sqs::{Message, arn, attributes};

/// A batch of messages, as the event source mapping hands it over.
pub(super) fn batch(queue: &str, messages: &[Message]) -> Value {
    let records: Vec<Value> = messages
        .iter()
        .map(|message| {
            json!({
                "messageId": message.id,
                "receiptHandle": message.receipt(),
                "body": message.body,
                "attributes": attributes(message),
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": arn(queue),
                "awsRegion": "us-east-1",
            })
        })
        .collect();
    json!({"Records": records})
}

/// A tick of a schedule.
pub(super) fn tick(schedule: &str, id: &str, now: Time) -> Value {
    json!({
        "version": "0",
        "id": id,
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": now.to_string(),
        "region": "us-east-1",
        "resources": [format!("arn:aws:events:us-east-1:000000000000:rule/{schedule}")],
        "detail": {},
    })
}

/// The messages of a batch that an answer reports as failed. `None`: the answer makes no sense, and all of them failed
/// (`budget.md 2`, partial batch). Nothing at all, or an empty list, means that all succeeded.
pub(super) fn failures(answer: &Value, messages: &[Message]) -> Option<BTreeSet<String>> {
    if answer.is_null() || answer.as_object().is_some_and(Map::is_empty) {
        return Some(BTreeSet::new());
    }
    if answer.get("batchItemFailures")?.is_null() {
        return Some(BTreeSet::new());
    }
    let response = SqsBatchResponse::deserialize(answer).ok()?;
    let failures = response.batch_item_failures.into_iter();
    failures
        .map(|failure| {
            let known = messages.iter().any(|m| m.id == failure.item_identifier);
            known.then_some(failure.item_identifier)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages() -> Vec<Message> {
        let message = |id: &str| Message {
            id: id.to_owned(),
            body: String::new(),
            sent: Time::from_millis(0),
            first_received: None,
            received: 1,
        };
        vec![message("a"), message("b")]
    }

    #[test]
    fn an_answer_reports_the_failed_or_fails_as_a_whole() {
        let check = |answer: Value, expected: Option<&[&str]>| {
            let expected = expected.map(|ids| ids.iter().map(|id| id.to_string()).collect());
            assert_eq!(failures(&answer, &messages()), expected, "{answer}");
        };
        check(Value::Null, Some(&[]));
        check(json!({}), Some(&[]));
        check(json!({"batchItemFailures": null}), Some(&[]));
        check(json!({"batchItemFailures": []}), Some(&[]));
        check(
            json!({"batchItemFailures": [{"itemIdentifier": "b"}]}),
            Some(&["b"]),
        );
        check(
            json!({"batchItemFailures": [{"itemIdentifier": "c"}]}),
            None,
        );
        check(json!({"batchItemFailures": [{"itemIdentifier": ""}]}), None);
        check(
            json!({"batchItemFailures": [{"itemIdentifier": null}]}),
            None,
        );
        check(json!({"batchItemFailures": [{"itemId": "b"}]}), None);
        check(json!({"failures": []}), None);
        check(json!("no"), None);
    }
}
