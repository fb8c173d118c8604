//! One conditional write, alone or as part of a transaction; and what became of it.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, Put, ReturnValue, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};

use super::keys::Key;
use super::{Item, Store};
use crate::error::{Error, Kind, Result};

/// One write of one item.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    key: Key,
    act: Act,
    condition: Option<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

#[derive(Clone, Debug)]
enum Act {
    Put(Item),
    Update(String),
    Delete,
}

/// What became of a single write.
#[derive(Debug)]
pub(crate) enum Written {
    /// It is stored; the new item, if it was an update.
    Yes(Option<Item>),
    /// The condition did not hold; the item as it is, if there is one (J5).
    Refused(Option<Item>),
}

/// What became of a transaction.
#[derive(Debug)]
pub(crate) enum Committed {
    /// All of it is stored.
    Yes,
    /// Nothing is stored: the conditions of the writes at these places did not hold.
    Refused(Vec<usize>),
}

impl Write {
    pub fn put(key: Key, mut item: Item) -> Self {
        item.insert("pk".to_owned(), AttributeValue::S(key.pk.clone()));
        item.insert("sk".to_owned(), AttributeValue::S(key.sk.clone()));
        Self::of(key, Act::Put(item))
    }

    pub fn update(key: Key, expression: impl Into<String>) -> Self {
        Self::of(key, Act::Update(expression.into()))
    }

    pub fn delete(key: Key) -> Self {
        Self::of(key, Act::Delete)
    }

    fn of(key: Key, act: Act) -> Self {
        Self {
            key,
            act,
            condition: None,
            names: HashMap::new(),
            values: HashMap::new(),
        }
    }

    pub fn when(mut self, condition: impl Into<String>) -> Self {
        self.condition = Some(condition.into());
        self
    }

    /// Gives the attribute `name` the placeholder `#name`: half of the good names are reserved words.
    pub fn name(mut self, name: &str) -> Self {
        self.names.insert(format!("#{name}"), name.to_owned());
        self
    }

    /// Gives an attribute whose name is data a placeholder of its own.
    pub fn called(mut self, placeholder: &str, attribute: &str) -> Self {
        self.names
            .insert(format!("#{placeholder}"), attribute.to_owned());
        self
    }

    pub fn value(mut self, name: &str, value: AttributeValue) -> Self {
        self.values.insert(format!(":{name}"), value);
        self
    }

    pub fn number(self, name: &str, value: impl ToString) -> Self {
        let value = AttributeValue::N(value.to_string());
        self.value(name, value)
    }

    pub fn text(self, name: &str, value: impl Into<String>) -> Self {
        self.value(name, AttributeValue::S(value.into()))
    }

    fn keys(&self) -> Item {
        HashMap::from([
            ("pk".to_owned(), AttributeValue::S(self.key.pk.clone())),
            ("sk".to_owned(), AttributeValue::S(self.key.sk.clone())),
        ])
    }

    fn in_transaction(self, table: &str) -> Result<TransactWriteItem> {
        let keys = self.keys();
        let names = (!self.names.is_empty()).then_some(self.names);
        let values = (!self.values.is_empty()).then_some(self.values);
        let part = TransactWriteItem::builder();
        let part = match self.act {
            Act::Put(item) => part.put(
                Put::builder()
                    .table_name(table)
                    .set_item(Some(item))
                    .set_condition_expression(self.condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .build()
                    .map_err(malformed)?,
            ),
            Act::Update(expression) => part.update(
                Update::builder()
                    .table_name(table)
                    .set_key(Some(keys))
                    .update_expression(expression)
                    .set_condition_expression(self.condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .build()
                    .map_err(malformed)?,
            ),
            Act::Delete => part.delete(
                Delete::builder()
                    .table_name(table)
                    .set_key(Some(keys))
                    .set_condition_expression(self.condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .build()
                    .map_err(malformed)?,
            ),
        };
        Ok(part.build())
    }
}

/// A sort key without the telephone number that may be in it (V6).
fn masked(sort: &str) -> String {
    match sort.split_once('+') {
        Some((before, number)) => {
            let last = number.len().saturating_sub(2);
            format!("{before}+…{}", number.get(last..).unwrap_or_default())
        }
        None => sort.to_owned(),
    }
}

/// So often a write is repeated that collided with a transaction or was throttled; nothing was stored then.
const COLLISIONS: u32 = 6;

impl Store {
    /// One conditional write. Collisions with other transactions are repeated with jitter.
    pub(crate) async fn write(&self, write: Write) -> Result<Written> {
        let what = format!("writing {} {}", write.key.pk, masked(&write.key.sk));
        for attempt in 0.. {
            let answer = self.write_once(write.clone()).await;
            match answer {
                Err(error) if may_repeat(&error) && attempt < COLLISIONS => {
                    self.pause(&what, attempt).await
                }
                Err(error) => return Err(Error::new(error.kind().clone(), what).with_source(error)),
                Ok(written) => return Ok(written),
            }
        }
        Err(Error::new(Kind::Conflict, what))
    }

    /// Several conditional writes, all or none.
    pub(crate) async fn transact(&self, what: &str, writes: Vec<Write>) -> Result<Committed> {
        let parts: Vec<TransactWriteItem> = writes
            .into_iter()
            .map(|write| write.in_transaction(&self.table))
            .collect::<Result<_>>()?;
        for attempt in 0.. {
            match self
                .client
                .transact_write_items()
                .set_transact_items(Some(parts.clone()))
                .send()
                .await
            {
                Ok(_) => return Ok(Committed::Yes),
                Err(error) => match refused_places(&error) {
                    Places::Conditions(places) => return Ok(Committed::Refused(places)),
                    Places::Collisions if attempt < COLLISIONS => self.pause(what, attempt).await,
                    Places::Collisions => {
                        return Err(Error::new(Kind::Conflict, what).with_source(error));
                    }
                    Places::Other => {
                        return Err(Error::new(kind_of(&error), what).with_source(error));
                    }
                },
            }
        }
        Err(Error::new(Kind::Conflict, what))
    }

    async fn write_once(&self, write: Write) -> Result<Written> {
        let keys = write.keys();
        let names = (!write.names.is_empty()).then_some(write.names);
        let values = (!write.values.is_empty()).then_some(write.values);
        let old = ReturnValuesOnConditionCheckFailure::AllOld;
        match write.act {
            Act::Put(item) => {
                let sent = self
                    .client
                    .put_item()
                    .table_name(&self.table)
                    .set_item(Some(item))
                    .set_condition_expression(write.condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .return_values_on_condition_check_failure(old)
                    .send()
                    .await;
                match sent {
                    Ok(_) => Ok(Written::Yes(None)),
                    Err(error) => match error.as_service_error() {
                        Some(aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(e)) => {
                            Ok(Written::Refused(e.item().cloned()))
                        }
                        Some(_) | None => Err(Error::new(kind_of(&error), "PutItem").with_source(error)),
                    },
                }
            }
            Act::Update(expression) => {
                let sent = self
                    .client
                    .update_item()
                    .table_name(&self.table)
                    .set_key(Some(keys))
                    .update_expression(expression)
                    .set_condition_expression(write.condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .return_values(ReturnValue::AllNew)
                    .return_values_on_condition_check_failure(old)
                    .send()
                    .await;
                match sent {
                    Ok(output) => Ok(Written::Yes(output.attributes)),
                    Err(error) => match error.as_service_error() {
                        Some(
                            aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(e),
                        ) => Ok(Written::Refused(e.item().cloned())),
                        Some(_) | None => Err(Error::new(kind_of(&error), "UpdateItem").with_source(error)),
                    },
                }
            }
            Act::Delete => {
                let sent = self
                    .client
                    .delete_item()
                    .table_name(&self.table)
                    .set_key(Some(keys))
                    .send()
                    .await;
                sent.map(|_| Written::Yes(None))
                    .map_err(|error| Error::new(kind_of(&error), "DeleteItem").with_source(error))
            }
        }
    }

    /// Waits a little before a repetition: 20 ms to 2.5 s, spread by what is written so that two writers part.
    pub(super) async fn pause(&self, what: &str, attempt: u32) {
        let spread = what.bytes().fold(attempt, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(u32::from(byte))
        }) % 40;
        let base = 20_u64 << attempt.min(6);
        self.clock
            .sleep(Duration::from_millis(base + base * u64::from(spread) / 40))
            .await;
    }
}

enum Places {
    Conditions(Vec<usize>),
    Collisions,
    Other,
}

/// Which conditions of a cancelled transaction did not hold. Only collisions and throttling may be repeated as they are.
fn refused_places<R>(error: &SdkError<TransactWriteItemsError, R>) -> Places {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            let reasons = cancelled.cancellation_reasons();
            let places: Vec<usize> = reasons
                .iter()
                .enumerate()
                .filter(|(_, reason)| reason.code() == Some("ConditionalCheckFailed"))
                .map(|(place, _)| place)
                .collect();
            let collided = reasons.iter().any(|reason| {
                matches!(
                    reason.code(),
                    Some(
                        "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded"
                    )
                )
            });
            match (places.is_empty(), collided) {
                (false, _) => Places::Conditions(places),
                (true, true) => Places::Collisions,
                (true, false) => Places::Other,
            }
        }
        Some(TransactWriteItemsError::TransactionInProgressException(_)) => Places::Collisions,
        Some(_) | None => {
            if matches!(kind_of(error), Kind::Throttled(_)) {
                Places::Collisions
            } else {
                Places::Other
            }
        }
    }
}

fn may_repeat(error: &Error) -> bool {
    matches!(error.kind(), Kind::Conflict | Kind::Throttled(_))
}

/// The kind of a failed call. Without an answer nobody knows whether a write was stored.
pub(crate) fn kind_of<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Kind {
    match error {
        SdkError::ServiceError(service) => match service.err().code() {
            Some("TransactionConflictException") => Kind::Conflict,
            Some(
                "ProvisionedThroughputExceededException"
                | "ThrottlingException"
                | "RequestLimitExceeded"
                | "LimitExceededException",
            ) => Kind::Throttled(None),
            Some("ResourceNotFoundException") => Kind::NotFound,
            Some("InternalServerError" | "ServiceUnavailable") => Kind::UnknownOutcome,
            Some("AccessDeniedException") => Kind::Denied,
            Some(_) => Kind::Invalid,
            None => Kind::UnknownOutcome,
        },
        SdkError::ConstructionFailure(_) => Kind::Invalid,
        SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) | SdkError::ResponseError(_) => {
            Kind::UnknownOutcome
        }
        _ => Kind::UnknownOutcome,
    }
}

fn malformed(error: aws_sdk_dynamodb::error::BuildError) -> Error {
    Error::new(Kind::Invalid, "building a transaction").with_source(error)
}

#[cfg(test)]
mod tests {
    use super::masked;

    /// V6: an error may name a row, and never a whole telephone number.
    #[test]
    fn a_key_is_named_without_the_number_in_it() {
        for (sort, told) in [
            ("NUM#+442071000001", "NUM#+…01"),
            ("1767600000000#+442071000001;ext=12", "1767600000000#+…12"),
            ("NUM#+", "NUM#+…"),
            ("USER#adele", "USER#adele"),
        ] {
            assert_eq!(masked(sort), told);
        }
    }
}
