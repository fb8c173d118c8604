//! Rows of the table as what they are.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::error::{Error, Kind, Result};
use shared::model::inventory::Entry;
use shared::model::job::Job;
use shared::model::lane::LaneRow;
use shared::model::person::Person;
use shared::model::tenant::Circuit;
use shared::store::ends::History;

use crate::dynamodb::Written;

/// A row by its tenant, and by its name there.
pub(super) type Key = (String, String);

/// One row; `None` = it is gone.
pub(super) enum Row {
    Job(Key, Option<Job>),
    Person(Key, Option<Person>),
    Number(Key, Option<Entry>),
    Lane(Key, Option<LaneRow>),
    History(Key, Option<History>),
    /// Whether Microsoft accepts the identity of this tenant.
    Tenant(String, Circuit),
    Other,
}

/// The tenant of a partition.
pub(super) fn tenant(pk: &str) -> Option<&str> {
    pk.strip_prefix("T#")?.split('#').next()
}

/// Reads a row.
pub(super) fn read(written: &Written) -> Result<Row> {
    let Some(tenant) = tenant(&written.pk) else {
        return Ok(Row::Other);
    };
    let key = |name: &str| (tenant.to_owned(), name.to_owned());
    let row = written.item.as_ref().map(plain_item);
    let row = row.as_ref();
    let sk = written.sk.as_str();
    if sk == "TENANT" {
        let circuit = row.map(|row| Circuit::deserialize(&row["circuit"]));
        return Ok(match circuit {
            Some(Ok(circuit)) => Row::Tenant(tenant.to_owned(), circuit),
            Some(Err(_)) | None => Row::Other,
        });
    }
    let Some((kind, name)) = sk.split_once('#') else {
        return Ok(Row::Other);
    };
    Ok(match (kind, name.split_once('#')) {
        ("USER", _) => Row::Person(key(name), typed(row)?),
        // What Microsoft told of a number that is not in the inventory.
        ("NUM", _) if row.is_none_or(|row| row["state"].is_null()) => Row::Other,
        ("NUM", _) => Row::Number(key(name), typed(row)?),
        ("LANE", _) => Row::Lane(key(name), typed(row)?),
        ("JOB", None) => Row::Job(key(name), typed(row)?),
        ("JOB", Some((id, "HISTORY"))) => Row::History(key(id), typed(row)?),
        _ => Row::Other,
    })
}

fn typed<T: DeserializeOwned>(row: Option<&Value>) -> Result<Option<T>> {
    let read = |row: &Value| {
        T::deserialize(row).map_err(|error| {
            let text = format!("reading the row {}", row["sk"]);
            Error::new(Kind::Invalid, text).with_source(error)
        })
    };
    row.map(read).transpose()
}

/// `{"a": {"S": "x"}}` becomes `{"a": "x"}`.
fn plain_item(item: &Value) -> Value {
    item.as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), plain(value)))
        .collect()
}

fn plain(attribute: &Value) -> Value {
    let Some((kind, value)) = attribute
        .as_object()
        .and_then(|object| object.iter().next())
    else {
        return Value::Null;
    };
    match kind.as_str() {
        "N" => value
            .as_str()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or(Value::Null),
        "M" => plain_item(value),
        "L" => value.as_array().into_iter().flatten().map(plain).collect(),
        "NULL" => Value::Null,
        _ => value.clone(),
    }
}
