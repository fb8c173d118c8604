//! How a user object of Microsoft Graph becomes facts (`graph-api.md 2.1`).

use std::cmp::Ordering;

use serde_json_borrow::{ObjectAsVec, Value};

use super::{AssignedPlan, EXTENSION, Facts, head};
use crate::model::property::{Property, ValueType};

/// What is read of user objects: the properties that were asked for, and where they stand. Whatever else there is, and whatever is of a
/// wrong type, is passed over.
#[derive(Debug)]
pub struct Selection(
    /// In the order of `by_length`.
    Vec<(Box<str>, Place)>,
);

/// What is found under one name.
#[derive(Debug)]
enum Place {
    Property(Property),
    /// In an object or a list: under which key or number what stands.
    Parts(Vec<(&'static str, Property)>),
    Extension,
}

impl Place {
    /// `None` if no rule can name what is there.
    fn of(name: &str) -> Option<Self> {
        if name.starts_with(EXTENSION) {
            return Some(Self::Extension);
        }
        let mut parts = Vec::new();
        for &property in Property::ALL.iter().filter(|one| one.graph_name() == name) {
            match property.graph_place().split_once('/') {
                None => return Some(Self::Property(property)),
                Some((_, key)) => parts.push((key, property)),
            }
        }
        (!parts.is_empty()).then_some(Self::Parts(parts))
    }
}

impl Selection {
    /// What is found under these names of Graph, at the top level of a user.
    pub fn of<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let places = names.filter_map(|name| Some((name.into(), Place::of(name)?)));
        let mut places: Vec<_> = places.collect();
        places.sort_by(|(one, _): &(Box<str>, _), (other, _)| by_length(one, other));
        places.dedup_by(|(one, _), (other, _)| one == other);
        Self(places)
    }

    /// What a user object says.
    pub fn read(&self, user: &ObjectAsVec<'_>) -> Facts {
        let mut facts = Facts::default();
        for (name, value) in user.iter() {
            let place = self.0.binary_search_by(|(one, _)| by_length(one, name));
            match place.ok().and_then(|at| self.0.get(at)) {
                Some((_, Place::Property(property))) => take(&mut facts, *property, value),
                Some((_, Place::Parts(parts))) => {
                    for (key, property) in parts {
                        if let Some(value) = part(value, key) {
                            take(&mut facts, *property, value);
                        }
                    }
                }
                Some((_, Place::Extension)) => match value {
                    Value::Str(text) => facts.insert_extension(name, text),
                    Value::Bool(_) | Value::Number(_) => {
                        facts.insert_extension(name, &value.to_string());
                    }
                    Value::Null | Value::Array(_) | Value::Object(_) => {}
                },
                None => {}
            }
        }
        facts
    }
}

/// An order in which names are found with hardly a look at their letters.
fn by_length(one: &str, other: &str) -> Ordering {
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

fn part<'v, 'u>(value: &'v Value<'u>, key: &str) -> Option<&'v Value<'u>> {
    match value {
        Value::Object(object) => object.get(key),
        Value::Array(list) => list.get(key.parse::<usize>().ok()?),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Str(_) => None,
    }
}

/// Of a field that comes twice the first counts.
fn take(facts: &mut Facts, property: Property, value: &Value<'_>) {
    if facts.has(property) {
        return;
    }
    match property.value_type() {
        ValueType::Text => facts.insert_text(property, value.as_str().unwrap_or_default()),
        ValueType::Flag => {
            if let Some(flag) = value.as_bool() {
                facts.insert_flag(property, flag);
            }
        }
        ValueType::Date => facts.insert_date(property, value.as_str().unwrap_or_default()),
        ValueType::Texts => {
            let items = value.as_array().unwrap_or_default().iter();
            facts.insert_texts(property, items.filter_map(Value::as_str));
        }
        ValueType::Plans => {
            let items = value.as_array().unwrap_or_default().iter();
            facts.insert_plans(property, items.filter_map(plan));
        }
        ValueType::Groups => {}
    }
}

/// A service plan; `None` = it is none.
fn plan(plan: &Value<'_>) -> Option<AssignedPlan> {
    let plan = plan.as_object()?;
    let field = |name| {
        let text = plan.get(name).and_then(Value::as_str);
        head(text.unwrap_or_default()).to_owned()
    };
    let (status, service) = (field("capabilityStatus"), field("service"));
    Some(AssignedPlan(status, service, field("servicePlanId")))
}
