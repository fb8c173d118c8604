//! What the description allows: values that fit it, and answers that do not.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::chance::Chance;
use crate::DESCRIPTION;

/// An operation of the description.
pub struct Operation {
    pub method: String,
    pub path: String,
    pub told: Value,
}

/// The description, to be asked what it allows.
pub struct Description {
    whole: Value,
    pub operations: Vec<Operation>,
}

impl Description {
    pub fn read() -> Self {
        let whole = serde_json::from_str::<Value>(DESCRIPTION).unwrap();
        let paths = whole["paths"].as_object().unwrap();
        let operations = paths.iter().flat_map(|(path, methods)| {
            methods
                .as_object()
                .unwrap()
                .iter()
                .map(|(method, told)| Operation {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    told: told.clone(),
                })
        });
        Self {
            operations: operations.collect(),
            whole: whole.clone(),
        }
    }

    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(place) => self.whole.pointer(&place[1..]).unwrap(),
            None => schema,
        }
    }

    /// What a schema allows, most of the time.
    pub fn value(&self, schema: &Value, depth: u32, chance: &mut Chance) -> Value {
        if chance.one_in(12) {
            return chance.nonsense();
        }
        let schema = self.resolved(schema);
        let several = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
        if let Some(several) = several {
            let one = &several[chance.below(several.len())];
            return self.value(one, depth + 1, chance);
        }
        if let Some(all) = schema["allOf"].as_array() {
            let mut whole = Map::new();
            for part in all {
                if let Value::Object(fields) = self.value(part, depth + 1, chance) {
                    whole.extend(fields);
                }
            }
            return Value::Object(whole);
        }
        if let Some(known) = schema["enum"].as_array() {
            return known[chance.below(known.len())].clone();
        }
        let kinds = kinds(schema);
        let kind = match kinds.len() {
            0 => "object",
            count => kinds[chance.below(count)],
        };
        match kind {
            "string" => Value::String(chance.text()),
            "integer" | "number" => json!(chance.number()),
            "boolean" => json!(chance.one_in(2)),
            "null" => Value::Null,
            "array" if depth < 6 => {
                let count = chance.below(4);
                let items = (0..count).map(|_| self.value(&schema["items"], depth + 1, chance));
                Value::Array(items.collect())
            }
            "object" if depth < 6 => {
                let mut fields = Map::new();
                let required = schema["required"].as_array().cloned().unwrap_or_default();
                for (name, of) in schema["properties"].as_object().into_iter().flatten() {
                    let is_required = required.iter().any(|one| one == name);
                    if (is_required && !chance.one_in(20)) || chance.one_in(2) {
                        fields.insert(name.clone(), self.value(of, depth + 1, chance));
                    }
                }
                if schema["additionalProperties"].is_object() {
                    for _ in 0..chance.below(3) {
                        let of = &schema["additionalProperties"];
                        fields.insert(chance.text(), self.value(of, depth + 1, chance));
                    }
                }
                if chance.one_in(20) {
                    fields.insert("unasked".to_owned(), json!(1));
                }
                Value::Object(fields)
            }
            _ => json!({}),
        }
    }

    /// Why a value is not what a schema says; `None` = it is.
    fn wrong(&self, schema: &Value, value: &Value, at: &str) -> Option<String> {
        let schema = self.resolved(schema);
        if let Some(all) = schema["allOf"].as_array() {
            return all.iter().find_map(|part| self.wrong(part, value, at));
        }
        let several = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
        if let Some(several) = several {
            let fits = several
                .iter()
                .any(|one| self.wrong(one, value, at).is_none());
            return (!fits).then(|| format!("{at}: {value} is none of several"));
        }
        if let Some(known) = schema["enum"].as_array()
            && !known.contains(value)
        {
            return Some(format!("{at}: {value} is not listed"));
        }
        let kinds = kinds(schema);
        if kinds.is_empty() {
            return None;
        }
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        if !kinds.contains(&kind) {
            return Some(format!("{at}: {value} is no {kinds:?}"));
        }
        if let Value::Array(items) = value {
            return items
                .iter()
                .find_map(|item| self.wrong(&schema["items"], item, at));
        }
        let fields = value.as_object()?;
        let required = schema["required"].as_array().into_iter().flatten();
        for name in required.filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                return Some(format!("{at}.{name} is missing"));
            }
        }
        fields.iter().find_map(|(name, value)| {
            let known = schema["properties"].get(name);
            let more = schema
                .get("additionalProperties")
                .filter(|more| more.is_object());
            let of = known.or(more)?;
            self.wrong(of, value, &format!("{at}.{name}"))
        })
    }

    /// Why an answer is none that the description knows.
    pub fn stray(&self, operation: &Operation, answer: &Seen) -> Option<String> {
        let responses = &operation.told["responses"];
        let status = answer.status.as_str();
        let response = responses.get(status).or_else(|| {
            let is_problem = !answer.status.is_success();
            responses.get("default").filter(|_| is_problem)
        });
        let Some(response) = response else {
            return Some(format!("{status} is not described"));
        };
        let Some(content) = response["content"].as_object() else {
            let is_empty = answer.text.is_empty();
            return (!is_empty).then(|| format!("a body that is not described: {}", answer.text));
        };
        let Some(kind) = content.get(&answer.kind) else {
            return Some(format!("{:?} is not described", answer.kind));
        };
        if answer.kind == "application/x-ndjson" {
            return None;
        }
        match serde_json::from_str(&answer.text) {
            Ok(value) => self.wrong(&kind["schema"], &value, "$"),
            Err(_) => Some(format!("no JSON: {}", answer.text)),
        }
    }
}

/// An answer.
pub struct Seen {
    pub status: StatusCode,
    pub kind: String,
    pub text: String,
}

/// The types that a schema allows; none = any.
fn kinds(schema: &Value) -> Vec<&str> {
    let kind = &schema["type"];
    let several = kind.as_array().into_iter().flatten();
    several.chain([kind]).filter_map(Value::as_str).collect()
}
