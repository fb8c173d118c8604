//! Which operator and value go with which property (`rule-language.md 4`).

use std::fmt::Display;

use super::ast::{Comparison, Expr, Item, Literal, Subject, Test, TextTest};
use super::date::{self, DateTest, When};
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
    /// A date without quotes.
    Date(String),
    /// So many seconds after `system.now`.
    Now(i64),
}

/// Whether an operator goes with a subject, before its value is looked at.
///
/// # Errors
/// Why not, and which operators do.
pub(super) fn operator(subject: &Subject, operator: Compare) -> Result<(), String> {
    match (subject.value_type(), operator.relation) {
        (ValueType::Flag, Relation::Equals)
        | (ValueType::Date, Relation::Equals | Relation::AtLeast | Relation::AtMost) => Ok(()),
        (ValueType::Flag, _) => Err(does_not_go(operator, subject, "use -eq or -ne")),
        (ValueType::Date, _) => Err(does_not_go(operator, subject, "use -eq, -ne, -ge or -le")),
        (ValueType::Text | ValueType::Texts, Relation::AtLeast | Relation::AtMost) => {
            Err(does_not_go(operator, subject, "it compares dates"))
        }
        (ValueType::Plans, Relation::Equals) | (ValueType::Text | ValueType::Texts, _) => Ok(()),
        (ValueType::Plans, _) => Err(does_not_go(operator, subject, PLANS)),
        (ValueType::Groups, _) => Err(MEMBER_OF.to_owned()),
    }
}

/// What can be asked of service plans.
const PLANS: &str = "write user.assignedPlans -any (assignedPlan.service -eq \"x\" -and assignedPlan.capabilityStatus -eq \"Enabled\")";
/// The one thing that can be asked of groups (D20).
const MEMBER_OF: &str = "write user.memberOf -any (group.objectId -in ['<id of a group>'])";

/// That an operator is of no use for a subject, and what is.
pub(super) fn does_not_go(operator: impl Display, subject: &Subject, advice: &str) -> String {
    let kind = match subject.value_type() {
        ValueType::Text => "text",
        ValueType::Flag => "true/false",
        ValueType::Date => "a date",
        ValueType::Texts | ValueType::Plans => "a collection",
        ValueType::Groups => "groups",
    };
    let name = subject.name();
    format!("{operator} does not go with {name} ({kind}): {advice}")
}

/// A comparison whose operator goes with its subject; of a collection of texts, whether some of them meets it (D16).
///
/// # Errors
/// Why the value does not go with them.
pub(super) fn comparison(
    subject: Subject,
    operator: Compare,
    value: Value,
) -> Result<Expr, String> {
    let name = subject.name();
    let test = match (value, subject.value_type()) {
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
        (_, ValueType::Flag) => {
            return Err(format!("{name} is compared with true, false or null"));
        }
        (Value::Date(text) | Value::Text(text), ValueType::Date) => {
            Test::Date(date_test(operator, When::At(date::instant(&text)?))?)
        }
        (Value::Now(seconds), ValueType::Date) => {
            Test::Date(date_test(operator, When::Now(seconds))?)
        }
        (_, ValueType::Date) => {
            return Err(format!(
                "{name} is compared with a date, system.now or null"
            ));
        }
        (_, ValueType::Plans) => return Err(does_not_go(operator, &subject, PLANS)),
        (_, ValueType::Groups) => return Err(MEMBER_OF.to_owned()),
        (Value::Flag(flag), ValueType::Text | ValueType::Texts) => {
            return Err(format!("{name} is a text: write \"{flag}\" in quotes"));
        }
        (Value::Date(text), ValueType::Text | ValueType::Texts) => {
            return Err(format!("{name} is a text: write \"{text}\" in quotes"));
        }
        (Value::Now(_), ValueType::Text | ValueType::Texts) => {
            return Err(format!("system.now goes with dates, and {name} is none"));
        }
        (Value::Text(text), ValueType::Text | ValueType::Texts) => {
            Test::Text(text_test(&subject, operator, text)?)
        }
        (Value::List(texts), ValueType::Text | ValueType::Texts) => {
            Test::Text(list_test(operator, texts)?)
        }
    };
    let (is_text, negative) = (matches!(test, Test::Text(_)), operator.negative);
    if let Subject::Property(collection) = subject
        && is_text
        && collection.value_type() == ValueType::Texts
    {
        return some_item(collection, operator, test);
    }
    Ok(Expr::Comparison(Comparison {
        subject,
        negative,
        test,
    }))
}

/// The shorthand for a collection of texts without a quantifier (D16).
fn some_item(collection: Property, operator: Compare, test: Test) -> Result<Expr, String> {
    let condition = Comparison {
        subject: Subject::Item(Item::Text),
        negative: operator.negative,
        test,
    };
    if operator.negative {
        let name = collection.name();
        return Err(format!(
            "{operator} on a collection can be meant in two ways: write user.{name} -any ({condition}), some item is so, or user.{name} -all ({condition}), every item is so"
        ));
    }
    Ok(Expr::Quantified {
        collection,
        all: false,
        condition: Box::new(Expr::Comparison(condition)),
    })
}

fn date_test(operator: Compare, when: When) -> Result<DateTest, String> {
    match (operator.relation, when) {
        (Relation::AtLeast, _) => Ok(DateTest::AtLeast(when)),
        (Relation::AtMost, _) => Ok(DateTest::AtMost(when)),
        (_, When::At(at)) => Ok(DateTest::Is(at)),
        (_, When::Now(_)) => Err(format!(
            "{operator} does not go with system.now, which is another moment each time: use -ge or -le"
        )),
    }
}

/// A quantifier over a collection, with its condition on items.
///
/// # Errors
/// What else is to be written.
pub(super) fn quantified(collection: Property, all: bool, condition: Expr) -> Result<Expr, String> {
    if collection.value_type() != ValueType::Groups {
        return Ok(Expr::Quantified {
            collection,
            all,
            condition: Box::new(condition),
        });
    }
    let mut ids = None;
    if let Expr::Comparison(Comparison {
        negative: false,
        test: Test::Text(test),
        ..
    }) = condition
        && !all
    {
        ids = match test {
            TextTest::Equals(id) => Some(vec![id]),
            TextTest::In(ids) => Some(ids),
            TextTest::StartsWith(_)
            | TextTest::EndsWith(_)
            | TextTest::Contains(_)
            | TextTest::Matches(_) => None,
        };
    }
    let ids = ids.ok_or_else(|| {
        format!(
            "memberOf knows one form: {MEMBER_OF}; \"not in\" is -not (user.memberOf -any (...))"
        )
    })?;
    match ids.iter().find(|id| !is_group_id(&id.written)) {
        Some(bad) => Err(format!(
            "{} is not the id of a group: ids look like 0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
            super::error::shown(&bad.written)
        )),
        None => Ok(Expr::MemberOf(ids)),
    }
}

/// 8-4-4-4-12 hexadecimal digits.
fn is_group_id(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let is_digit = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(is_digit)
}

fn text_test(subject: &Subject, operator: Compare, text: String) -> Result<TextTest, String> {
    Ok(match operator.relation {
        Relation::Equals => TextTest::Equals(Literal::new(text)),
        Relation::StartsWith => TextTest::StartsWith(Literal::new(text)),
        Relation::EndsWith => TextTest::EndsWith(Literal::new(text)),
        Relation::Contains => TextTest::Contains(Literal::new(text)),
        Relation::Matches => TextTest::Matches(Pattern::new(&text)?),
        Relation::In => return Err(format!("{operator} takes a list: put the value into [...]")),
        Relation::AtLeast | Relation::AtMost => {
            return Err(does_not_go(operator, subject, "it compares dates"));
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
