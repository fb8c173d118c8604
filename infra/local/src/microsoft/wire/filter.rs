//! `$filter`, as far as Graph documents it for what is simulated here: comparisons, `in`, `startsWith`, `endsWith`, `any`,
//! `and`, `or`, `not`.

mod parse;

use serde_json::Value;

/// A condition on an entity.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    /// Property, operator, literal.
    Compare(String, Operator, Value),
    In(String, Vec<Value>),
    StartsWith(String, String),
    EndsWith(String, String),
    /// Collection, the name of its element inside, the condition on that.
    Any(String, String, Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Eq,
    Ne,
    Ge,
    Gt,
    Le,
    Lt,
}

impl Filter {
    /// Whether an entity meets it; `property` knows the entity's top-level properties.
    pub(crate) fn meets(&self, property: &dyn Fn(&str) -> Value) -> bool {
        match self {
            Self::Compare(path, operator, literal) => {
                operator.holds(&find(path, property), literal)
            }
            Self::In(path, literals) => {
                let found = find(path, property);
                literals
                    .iter()
                    .any(|literal| Operator::Eq.holds(&found, literal))
            }
            Self::StartsWith(path, text) => {
                folded(&find(path, property)).is_some_and(|found| found.starts_with(text))
            }
            Self::EndsWith(path, text) => {
                folded(&find(path, property)).is_some_and(|found| found.ends_with(text))
            }
            Self::Any(path, name, condition) => {
                let found = find(path, property);
                let mut elements = found.as_array().into_iter().flatten();
                elements.any(|element| {
                    condition.meets(&|top: &str| {
                        if top == name {
                            element.clone()
                        } else {
                            property(top)
                        }
                    })
                })
            }
            Self::And(all) => all.iter().all(|one| one.meets(property)),
            Self::Or(all) => all.iter().any(|one| one.meets(property)),
            Self::Not(one) => !one.meets(property),
        }
    }

    /// Every comparison in it that stands on the entity itself, by path; what is inside `any` counts for its collection.
    pub(crate) fn parts(&self) -> Vec<&Self> {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().flat_map(Self::parts).collect(),
            Self::Compare(..)
            | Self::In(..)
            | Self::StartsWith(..)
            | Self::EndsWith(..)
            | Self::Any(..)
            | Self::Not(_) => vec![self],
        }
    }

    /// Property and literal, if it is one plain equality.
    pub(crate) fn equality(&self) -> Option<(&str, &Value)> {
        if let Self::Compare(path, Operator::Eq, literal) = self {
            Some((path, literal))
        } else {
            None
        }
    }

    /// The property that a single comparison is about; empty for what is none.
    pub(crate) fn path(&self) -> &str {
        match self {
            Self::Compare(path, ..)
            | Self::In(path, _)
            | Self::StartsWith(path, _)
            | Self::EndsWith(path, _)
            | Self::Any(path, ..) => path,
            Self::And(_) | Self::Or(_) | Self::Not(_) => "",
        }
    }
}

impl Operator {
    /// Texts compare without regard to case, and moments as the texts they are.
    fn holds(self, found: &Value, literal: &Value) -> bool {
        let order = match (found, literal) {
            (Value::String(found), Value::String(literal)) => {
                Some(found.to_lowercase().cmp(&literal.to_lowercase()))
            }
            (Value::Number(found), Value::Number(literal)) => {
                found.as_i64().zip(literal.as_i64()).map(|(a, b)| a.cmp(&b))
            }
            _ => None,
        };
        match self {
            Self::Eq => order.map_or(found == literal, |order| order.is_eq()),
            Self::Ne => order.map_or(found != literal, |order| order.is_ne()),
            Self::Ge => order.is_some_and(|order| order.is_ge()),
            Self::Gt => order.is_some_and(|order| order.is_gt()),
            Self::Le => order.is_some_and(|order| order.is_le()),
            Self::Lt => order.is_some_and(|order| order.is_lt()),
        }
    }
}

/// What stands at a path such as `assignedLicenses/$count`; null where nothing does.
fn find(path: &str, property: &dyn Fn(&str) -> Value) -> Value {
    let mut steps = path.split('/');
    let top = property(steps.next().unwrap_or_default());
    steps.fold(top, |found, step| match (&found, step) {
        (Value::Array(elements), "$count") => Value::from(elements.len()),
        _ => found.get(step).cloned().unwrap_or_default(),
    })
}

fn folded(found: &Value) -> Option<String> {
    found.as_str().map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn meets(filter: &str) -> bool {
        let entity = json!({
            "id": "a1", "name": "O'Brien", "city": null, "enabled": true, "age": 7,
            "tags": ["red", "green"],
            "plans": [{"id": "p1", "state": "Enabled"}, {"id": "p2", "state": "Deleted"}],
        });
        let filter = Filter::parse(filter).unwrap_or_else(|| panic!("{filter} is not understood"));
        filter.meets(&|name| entity[name].clone())
    }

    #[test]
    fn conditions_are_understood_and_held_against_an_entity() {
        for held in [
            "id eq 'A1'",
            "name eq 'O''Brien' and enabled eq true",
            "city eq null",
            "age ge 7 and age lt 8",
            "id in ('x', 'a1')",
            "startsWith(name,'o''b')",
            "endswith(name, 'IEN')",
            "tags/any(t:t eq 'green')",
            "plans/any(p:p/id eq p2 and p/state eq 'Deleted')",
            "plans/$count eq 2",
            "not(id eq 'b') and (id eq 'b' or id eq 'a1')",
            "id ne 'b'",
        ] {
            assert!(meets(held), "{held}");
        }
        for missed in [
            "id eq 'b' or enabled eq false",
            "plans/any(p:p/id eq 'p1' and p/state eq 'Deleted')",
            "tags/any(t: t eq 'blue')",
            "not (id eq 'a1')",
            "name gt 'z'",
        ] {
            assert!(!meets(missed), "{missed}");
        }
    }

    #[test]
    fn nonsense_is_not_understood() {
        for nonsense in [
            "",
            "id",
            "id eq",
            "id eq 'a",
            "id eq 'a' and",
            "(id eq 'a'",
            "id like 'a'",
            "id eq 'a' 'b'",
        ] {
            assert_eq!(Filter::parse(nonsense), None, "{nonsense}");
        }
    }
}
