//! Which operator and value go with which property (`rule-language.md 4`).

use std::fmt::Display;

use super::ast::{Comparison, Literal, Test, TextTest};
use super::operator::{Compare, Relation};
use super::pattern::Pattern;
use crate::model::property::{Property, ValueType};

/// A value as it was written.
#[derive(Debug)]
pub(super) enum Value {
    Null,
    /// Without quotes.
    Flag(bool),
    /// Never empty (D7).
    Text(String),
    /// Never empty.
    List(Vec<String>),
}

/// Whether an operator goes with a property, before its value is looked at.
///
/// # Errors
/// Why not, and which operators do.
pub(super) fn operator(property: Property, operator: Compare) -> Result<(), String> {
    match (property.value_type(), operator.relation) {
        (ValueType::Flag, Relation::Equals) => Ok(()),
        (ValueType::Flag, _) => Err(does_not_go(operator, property, "use -eq or -ne")),
        (ValueType::Text, Relation::AtLeast | Relation::AtMost) => {
            Err(does_not_go(operator, property, "it compares dates"))
        }
        (ValueType::Text, _) => Ok(()),
    }
}

/// That an operator is of no use for a property, and what is.
pub(super) fn does_not_go(operator: impl Display, property: Property, advice: &str) -> String {
    let kind = match property.value_type() {
        ValueType::Text => "text",
        ValueType::Flag => "true/false",
    };
    format!(
        "{operator} does not go with {} ({kind}): {advice}",
        property.name()
    )
}

/// A comparison whose operator goes with its property.
///
/// # Errors
/// Why the value does not go with them.
pub(super) fn comparison(
    property: Property,
    operator: Compare,
    value: Value,
) -> Result<Comparison, String> {
    let test = match (value, property.value_type()) {
        (Value::Null, _) if operator.relation == Relation::Equals => Test::Null,
        (Value::Null, _) => {
            let equals = operator.with_relation(Relation::Equals);
            return Err(format!("{operator} takes no null: write {equals} null"));
        }
        (Value::Flag(flag), ValueType::Flag) => Test::Flag(flag),
        (Value::Text(text), ValueType::Flag) if text.eq_ignore_ascii_case("true") => {
            Test::Flag(true)
        }
        (Value::Text(text), ValueType::Flag) if text.eq_ignore_ascii_case("false") => {
            Test::Flag(false)
        }
        (Value::Text(_) | Value::List(_), ValueType::Flag) => {
            return Err(format!(
                "{} is compared with true, false or null",
                property.name()
            ));
        }
        (Value::Flag(flag), ValueType::Text) => {
            return Err(format!(
                "{} is a text: write \"{flag}\" in quotes",
                property.name()
            ));
        }
        (Value::Text(text), ValueType::Text) => Test::Text(text_test(property, operator, text)?),
        (Value::List(texts), ValueType::Text) => Test::Text(list_test(operator, texts)?),
    };
    Ok(Comparison {
        property,
        negative: operator.negative,
        test,
    })
}

fn text_test(property: Property, operator: Compare, text: String) -> Result<TextTest, String> {
    Ok(match operator.relation {
        Relation::Equals => TextTest::Equals(Literal::new(text)),
        Relation::StartsWith => TextTest::StartsWith(Literal::new(text)),
        Relation::EndsWith => TextTest::EndsWith(Literal::new(text)),
        Relation::Contains => TextTest::Contains(Literal::new(text)),
        Relation::Matches => TextTest::Matches(Pattern::new(&text)?),
        Relation::In => return Err(format!("{operator} takes a list: put the value into [...]")),
        Relation::AtLeast | Relation::AtMost => {
            return Err(does_not_go(operator, property, "it compares dates"));
        }
    })
}

fn list_test(operator: Compare, texts: Vec<String>) -> Result<TextTest, String> {
    let takes_lists = operator.with_relation(Relation::In);
    match operator.relation {
        Relation::In => Ok(TextTest::In(texts.into_iter().map(Literal::new).collect())),
        Relation::Matches => Err(format!(
            "a list goes with {takes_lists}; for patterns write (a|b)"
        )),
        Relation::Equals
        | Relation::StartsWith
        | Relation::EndsWith
        | Relation::Contains
        | Relation::AtLeast
        | Relation::AtMost => Err(format!(
            "a list goes with {takes_lists}, not with {operator}"
        )),
    }
}
