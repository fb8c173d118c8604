//! The Rollcall table (`design.md 6`): one key pair, two sparse indexes.

use dynoxide::{Database, DynoxideError};
use serde_json::{Value, json};

/// The index of what is due.
pub const DUE: &str = "due";
/// The index of everything else that is looked up.
pub const FIND: &str = "find";

/// Creates the table unless it is there.
pub fn create(database: &Database, table: &str) -> dynoxide::Result<()> {
    if database.get_table_metadata(table)?.is_some() {
        return Ok(());
    }
    let request = serde_json::from_value(definition(table))
        .map_err(|e| DynoxideError::ValidationException(e.to_string()))?;
    database.create_table(request).map(drop)
}

/// What the table is made of, as `CreateTable` takes it; the deployed one is made of the same.
pub fn definition(table: &str) -> Value {
    let attributes = ["pk", "sk", "due_pk", "due_sk", "find_pk", "find_sk"];
    json!({
        "TableName": table,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes
            .map(|name| json!({"AttributeName": name, "AttributeType": "S"})),
        "KeySchema": key_schema("pk", "sk"),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": DUE,
                "KeySchema": key_schema("due_pk", "due_sk"),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
            {
                "IndexName": FIND,
                "KeySchema": key_schema("find_pk", "find_sk"),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
        ],
    })
}

fn key_schema(partition: &str, sort: &str) -> Value {
    json!([
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ])
}
