//! DYNAMODB. One table; every key and every question stands in `keys`.
//!
//! | file | asks and writes |
//! |---|---|
//! | `keys` | nothing: it names things |
//! | `write` | one conditional write, or a transaction of them |
//! | `lanes` | leases, wake-ups, marks (L1-L5) |
//! | `tenants` | a customer and what it has few of: rules, personas, sites, licence products |
//! | `people` | people, as sync and jobs write them |
//! | `numbers` | telephone numbers, as sync writes them |
//! | `jobs`, `ends` | jobs and their plans (J1-J6); how they end |
//! | `once` | orders that are carried out once |
//! | `agenda` | who is to leave, and when |
//! | `inventory` | numbers as we keep them, and their ranges |
//! | `seats` | licence seats that are kept for people |
//! | `commits` | decisions becoming jobs, 33 people a transaction (J4) |
//! | `cursors` | how far sync has read, and who changed |
//! | `known`, `many` | many rows at once: before a full run, or by their keys |

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock::Clock;
use crate::error::{Error, Kind, Result};
use keys::Key;

pub mod agenda;
pub mod change_sets;
pub mod commits;
pub mod cursors;
pub mod edits;
pub mod ends;
pub mod inventory;
pub mod jobs;
pub mod keys;
pub mod known;
pub mod lanes;
mod many;
pub mod numbers;
mod once;
pub mod people;
mod rules;
mod safety;
pub mod seats;
pub mod tenants;
pub(crate) mod write;

/// An item as the SDK has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The format of what this version writes; on every item, so that a later version can tell (V16).
pub const FORMAT: u8 = 1;

/// The table.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    table: String,
    clock: Clock,
}

impl Store {
    /// Some rows of a partition whose names begin alike, in the order of the rest of their names, after one of them; and the last one if
    /// more follow. Eventually consistent.
    async fn page_after<T: DeserializeOwned>(
        &self,
        partition: &str,
        prefix: &str,
        after: Option<&str>,
        limit: i32,
    ) -> Result<(Vec<T>, Option<String>)> {
        let page = self
            .query(Query {
                backwards: false,
                index: None,
                partition,
                range: Range::Prefix(prefix),
                limit: Some(limit),
                from: after.map(|rest| at(partition, &format!("{prefix}{rest}"))),
            })
            .await?;
        let next = page.next.as_ref().and_then(|item| text(item, "sk"));
        let next = next.and_then(|sk| sk.strip_prefix(prefix));
        let next = next.map(str::to_owned);
        let rows = page.items.into_iter().map(decode).collect::<Result<_>>()?;
        Ok((rows, next))
    }

    /// The table with this name.
    pub fn new(client: Client, table: String, clock: Clock) -> Self {
        Self {
            client,
            table,
            clock,
        }
    }

    /// One item, read consistently.
    pub(crate) async fn get(&self, key: &Key) -> Result<Option<Item>> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("pk", AttributeValue::S(key.pk.clone()))
            .key("sk", AttributeValue::S(key.sk.clone()))
            .consistent_read(true)
            .send()
            .await;
        let context = || format!("reading {} {}", key.pk, key.sk);
        answer
            .map(|output| output.item)
            .map_err(|error| read_error(write::kind_of(&error), context(), error))
    }

    /// A typed item, read consistently.
    pub(crate) async fn get_as<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>> {
        self.get(key).await?.map(decode).transpose()
    }

    /// One page of the items of a partition whose sort key lies in `range`, in key order.
    pub(crate) async fn query(&self, query: Query<'_>) -> Result<Page> {
        let (condition, bound) = match query.range {
            Range::Prefix(prefix) => ("begins_with(#sk, :bound)", prefix),
            Range::Until(last) => ("#sk <= :bound", last),
        };
        let (pk, sk) = match query.index {
            None => ("pk".to_owned(), "sk".to_owned()),
            Some(index) => (format!("{index}_pk"), format!("{index}_sk")),
        };
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .set_index_name(query.index.map(str::to_owned))
            // An index cannot be read consistently; the table is, because a pass that misses a row misses a person.
            .consistent_read(query.index.is_none())
            .key_condition_expression(format!("#pk = :pk AND {condition}"))
            .expression_attribute_names("#pk", pk)
            .expression_attribute_names("#sk", sk)
            .expression_attribute_values(":pk", AttributeValue::S(query.partition.to_owned()))
            .expression_attribute_values(":bound", AttributeValue::S(bound.to_owned()))
            .set_limit(query.limit)
            .scan_index_forward(!query.backwards)
            .set_exclusive_start_key(query.from);
        let answer = request.send().await;
        let context = || {
            format!(
                "asking {} for {}",
                query.index.unwrap_or("the table"),
                query.partition
            )
        };
        let output =
            answer.map_err(|error| read_error(write::kind_of(&error), context(), error))?;
        Ok(Page {
            items: output.items.unwrap_or_default(),
            next: output.last_evaluated_key,
        })
    }

    /// All pages of a question that has few answers.
    pub(crate) async fn query_all<T: DeserializeOwned>(
        &self,
        partition: &str,
        range: Range<'_>,
    ) -> Result<Vec<T>> {
        let mut found = Vec::new();
        let mut from = None;
        loop {
            let page = self
                .query(Query {
                    backwards: false,
                    index: None,
                    partition,
                    range,
                    limit: None,
                    from,
                })
                .await?;
            for item in page.items {
                found.push(decode(item)?);
            }
            from = page.next;
            if from.is_none() {
                return Ok(found);
            }
        }
    }
}

/// A question to one partition of the table or of an index.
pub(crate) struct Query<'a> {
    pub index: Option<&'a str>,
    pub partition: &'a str,
    pub range: Range<'a>,
    pub limit: Option<i32>,
    /// From the end.
    pub backwards: bool,
    pub from: Option<Item>,
}

/// Which sort keys.
#[derive(Clone, Copy)]
pub(crate) enum Range<'a> {
    Prefix(&'a str),
    Until(&'a str),
}

/// Some answers, and where the next begin.
pub(crate) struct Page {
    pub items: Vec<Item>,
    pub next: Option<Item>,
}

/// A value as an item, with the format version on it.
pub(crate) fn encode<T: Serialize>(value: &T) -> Result<Item> {
    let mut item: Item = serde_dynamo::to_item(value)
        .map_err(|error| Error::new(Kind::Invalid, "encoding an item").with_source(error))?;
    item.insert("format".to_owned(), AttributeValue::N(FORMAT.to_string()));
    Ok(item)
}

/// An item as a value. What this version does not know is ignored; what it needs and is not there is an error.
pub(crate) fn decode<T: DeserializeOwned>(item: Item) -> Result<T> {
    let key =
        [text(&item, "pk"), text(&item, "sk")].map(|part| part.unwrap_or_default().to_owned());
    serde_dynamo::from_item(item).map_err(|error| {
        Error::new(
            Kind::Invalid,
            format!("decoding the item {} {}", key[0], key[1]),
        )
        .with_source(error)
    })
}

/// A value as one attribute.
pub(crate) fn attribute<T: Serialize>(value: &T) -> Result<AttributeValue> {
    serde_dynamo::to_attribute_value(value)
        .map_err(|error| Error::new(Kind::Invalid, "encoding an attribute").with_source(error))
}

/// A text attribute.
/// Where an item of the table stands, whether it is there or not.
pub(crate) fn at(pk: &str, sk: &str) -> Item {
    Item::from([
        ("pk".to_owned(), AttributeValue::S(pk.to_owned())),
        ("sk".to_owned(), AttributeValue::S(sk.to_owned())),
    ])
}

pub(crate) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// A whole-number attribute.
pub(crate) fn number(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

fn read_error(
    kind: Kind,
    context: String,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Error {
    // A read changes nothing, so there is no unknown outcome.
    let kind = if kind == Kind::UnknownOutcome {
        Kind::Unavailable
    } else {
        kind
    };
    Error::new(kind, context).with_source(source)
}
