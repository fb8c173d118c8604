//! Refusals that dynoxide never gives by itself, in DynamoDB's words, and the keys that a write touches.

use serde_json::{Value, json};

use super::Key;
use crate::wire::Answer;

const PREFIX: &str = "com.amazonaws.dynamodb.v20120810#";

/// Another transaction holds an item; single writes meet that too.
pub(crate) fn conflict(operation: &str, body: &[u8]) -> Answer {
    let message = "Transaction is ongoing for the item";
    if is_transaction(operation) {
        cancelled(body, "TransactionConflict", message)
    } else {
        refused("TransactionConflictException", message)
    }
}

/// Too many requests.
pub(crate) fn throttled(operation: &str, body: &[u8]) -> Answer {
    let message = "Throughput exceeds the current capacity of your table or index";
    if is_transaction(operation) {
        cancelled(body, "ThrottlingError", message)
    } else {
        refused("ThrottlingException", message)
    }
}

/// The keys of all items that a write names, conditions without a write included.
pub(super) fn targets(operation: &str, request: &Value) -> Vec<Key> {
    match operation {
        "PutItem" => vec![key(&request["Item"])],
        "UpdateItem" | "DeleteItem" => vec![key(&request["Key"])],
        "TransactWriteItems" => {
            let actions = request["TransactItems"].as_array();
            let parts = actions
                .into_iter()
                .flatten()
                .filter_map(Value::as_object)
                .flat_map(|o| o.values());
            parts.map(place).collect()
        }
        "BatchWriteItem" => {
            let tables = request["RequestItems"].as_object();
            let requests = tables
                .into_iter()
                .flat_map(|o| o.values())
                .filter_map(Value::as_array);
            let parts = requests
                .flatten()
                .filter_map(Value::as_object)
                .flat_map(|o| o.values());
            parts.map(place).collect()
        }
        _ => Vec::new(),
    }
}

fn place(part: &Value) -> Key {
    key(part.get("Item").unwrap_or(&part["Key"]))
}

fn key(item: &Value) -> Key {
    let text = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
    Key {
        pk: text("pk"),
        sk: text("sk"),
    }
}

fn is_transaction(operation: &str) -> bool {
    operation.starts_with("Transact")
}

fn refused(code: &str, message: &str) -> Answer {
    Answer::error(400, &format!("{PREFIX}{code}"), message)
}

/// A transaction cancelled because of its first item.
fn cancelled(body: &[u8], code: &str, message: &str) -> Answer {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let items = request["TransactItems"].as_array().map_or(1, Vec::len);
    let mut reasons = vec![json!({"Code": "None"}); items];
    if let Some(first) = reasons.first_mut() {
        *first = json!({"Code": code, "Message": message});
    }
    let codes: Vec<&str> = reasons.iter().filter_map(|r| r["Code"].as_str()).collect();
    let message = format!(
        "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
        codes.join(", ")
    );
    Answer {
        status: 400,
        body: json!({
            "__type": format!("{PREFIX}TransactionCanceledException"),
            "Message": message,
            "CancellationReasons": reasons,
        }),
    }
}
