//! F141: requests made up from the description alone, right ones and wrong ones: no answer is a fault of ours, and none is outside the
//! description.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};
use shared::model::access::Role;
use tower::ServiceExt;

use super::resources::lived_in;
use super::{House, play};
use crate::document;

/// Requests in all, unless `ROLLCALL_FUZZ` says how many: so many that every route is asked a few dozen times.
const REQUESTS: u32 = 4_000;

/// An operation of the description.
struct Operation {
    method: String,
    path: String,
    told: Value,
}

struct Description {
    whole: Value,
    operations: Vec<Operation>,
}

impl Description {
    fn read() -> Self {
        let whole = serde_json::to_value(document()).unwrap();
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
    fn value(&self, schema: &Value, depth: u32, chance: &mut Chance) -> Value {
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
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds[chance.below(kinds.len())].as_str().unwrap_or("null"),
            kind => kind.as_str().unwrap_or("object"),
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
        let kinds: Vec<&str> = match &schema["type"] {
            Value::Null => return None,
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            kind => kind.as_str().into_iter().collect(),
        };
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
    fn stray(&self, operation: &Operation, answer: &Seen) -> Option<String> {
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

/// Choices that follow from a seed.
struct Chance {
    runner: TestRunner,
    ids: Vec<String>,
}

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        (0..end.max(1))
            .new_tree(&mut self.runner)
            .unwrap()
            .current()
    }

    fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    fn number(&mut self) -> i64 {
        let edges = [
            -1,
            0,
            1,
            2,
            5,
            60,
            100,
            101,
            65_535,
            65_536,
            i64::MAX,
            i64::MIN,
        ];
        edges[self.below(edges.len())]
    }

    /// Something that is there, something that could be, or anything.
    fn text(&mut self) -> String {
        let known = [
            "europe/london",
            "europe",
            "sales",
            "office",
            "frontline",
            "everything",
            "UserSync",
            "GB",
            "de",
            "Europe/Berlin",
            "06:30",
            "mon",
            "2026-12-31",
            "2026-12-31T18:00:00Z",
            "operator@europe/london",
            "viewer",
            "+442071000001",
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "87d349ed-44d7-43e1-9a83-5f2406dee5bd",
            "user.department -eq \"Sales\"",
            "provision",
            "done",
            "rule",
            "remove",
            "site",
            "region",
            "TeamsMeetingPolicy",
            "",
            "*",
            "0.",
        ];
        match self.below(4) {
            0 => known[self.below(known.len())].to_owned(),
            1 if !self.ids.is_empty() => {
                let nth = self.below(self.ids.len());
                self.ids[nth].clone()
            }
            2 => known[self.below(known.len())].to_owned(),
            _ => any::<String>()
                .new_tree(&mut self.runner)
                .unwrap()
                .current(),
        }
    }

    fn nonsense(&mut self) -> Value {
        match self.below(6) {
            0 => Value::Null,
            1 => json!([]),
            2 => json!({"": [[[[{}]]]]}),
            3 => json!(self.number()),
            4 => json!(1.5e300),
            _ => json!(self.text()),
        }
    }
}

struct Seen {
    status: StatusCode,
    kind: String,
    text: String,
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(byte).collect()
}

fn request(
    house: &House,
    description: &Description,
    operation: &Operation,
    chance: &mut Chance,
) -> Request<Body> {
    let mut path = operation.path.replace("{tenant}", "contoso");
    let mut query = Vec::new();
    let mut headers = Vec::new();
    for parameter in operation.told["parameters"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let name = parameter["name"].as_str().unwrap();
        let value = match description.value(&parameter["schema"], 0, chance) {
            Value::String(text) => text,
            other => other.to_string(),
        };
        match parameter["in"].as_str().unwrap() {
            "path" => path = path.replace(&format!("{{{name}}}"), &encoded(&value)),
            "query" if chance.one_in(2) => query.push(format!("{name}={}", encoded(&value))),
            "header" if name == "if-none-match" && chance.one_in(2) => {
                headers.push((name.to_owned(), "*".to_owned()));
            }
            "header" if chance.one_in(2) => {
                headers.push((name.to_owned(), format!("\"{}\"", encoded(&value))));
            }
            _ => {}
        }
    }
    if chance.one_in(30) {
        query.push("unasked=1".to_owned());
    }
    if !query.is_empty() {
        path = format!("{path}?{}", query.join("&"));
    }
    let role = if chance.one_in(8) {
        Role::Viewer
    } else {
        Role::Administrator
    };
    let contoso = &house.stage.installation.tenant;
    let mut claims = local::issuer::claims(role, contoso, house.stage.clock.now());
    if chance.one_in(2) {
        claims["grants"]
            .as_array_mut()
            .unwrap()
            .push(json!({"tenant": "*", "role": role}));
    }
    let token = house.issuer.sign(&claims).unwrap();
    let mut request = Request::builder()
        .method(operation.method.as_str())
        .uri(path)
        .header("authorization", format!("Bearer {token}"));
    for (name, value) in headers {
        request = request.header(name, value);
    }
    if chance.one_in(4) && operation.method == "POST" {
        request = request.header("idempotency-key", encoded(&chance.text()));
    }
    let content = operation.told["requestBody"]["content"].as_object();
    let (kind, body) = match content.and_then(|content| content.iter().next()) {
        None => ("application/json", String::new()),
        Some((kind, _)) if kind == "text/csv" => {
            let rows =
                (0..chance.below(4)).map(|_| format!("{},{}\n", chance.text(), chance.text()));
            let rows: String = rows.collect();
            let heads = [
                "number,range\n",
                "person,order\n",
                "person,order,site,persona\n",
                "",
            ];
            (
                "text/csv",
                format!("{}{rows}", heads[chance.below(heads.len())]),
            )
        }
        Some((_, told)) => {
            let value = description.value(&told["schema"], 0, chance);
            ("application/json", value.to_string())
        }
    };
    let body = if chance.one_in(40) {
        format!("{body}]")
    } else {
        body
    };
    request
        .header("content-type", kind)
        .body(Body::from(body))
        .unwrap()
}

#[test]
fn no_request_finds_a_fault_or_an_answer_that_is_not_described() {
    play(async {
        let house = lived_in(4, 1).await;
        let description = Description::read();
        let people = house.get("/v1/tenants/contoso/people?limit=100").await.body;
        let jobs = house.get("/v1/tenants/contoso/jobs?limit=100").await.body;
        let of = |list: &Value| -> Vec<String> {
            let all = list.as_array().into_iter().flatten();
            all.filter_map(|one| one["id"].as_str().map(str::to_owned))
                .collect()
        };
        let ids = [of(&people["people"]), of(&jobs["jobs"])].concat();
        let seed = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
        let runner = TestRunner::new_with_rng(Config::default(), seed);
        let mut chance = Chance { runner, ids };
        let asked_for = std::env::var("ROLLCALL_FUZZ").ok();
        let requests = asked_for.map_or(REQUESTS, |count| count.parse().unwrap());
        let mut found = Vec::new();
        let mut answered: std::collections::BTreeMap<u16, u32> = Default::default();
        for nth in 0..requests {
            let nth = usize::try_from(nth).unwrap() % description.operations.len();
            let operation = &description.operations[nth];
            let request = request(&house, &description, operation, &mut chance);
            let asked = format!("{} {}", request.method(), request.uri());
            let answer = house.router.clone().oneshot(request).await.unwrap();
            let (head, body) = answer.into_parts();
            let kind = head
                .headers
                .get("content-type")
                .map(|kind| kind.to_str().unwrap());
            let text = body.collect().await.unwrap().to_bytes();
            let seen = Seen {
                status: head.status,
                kind: kind.unwrap_or_default().to_owned(),
                text: String::from_utf8_lossy(&text).into_owned(),
            };
            *answered.entry(seen.status.as_u16()).or_default() += 1;
            let stray = description.stray(operation, &seen);
            if seen.status.is_server_error() {
                found.push(format!("{asked}: {} {}", seen.status, seen.text));
            } else if let Some(why) = stray {
                found.push(format!("{asked}: {} {why}", seen.status));
            }
        }
        assert!(
            found.is_empty(),
            "{} of {requests}:\n{}",
            found.len(),
            found.join("\n")
        );
        // Not everything was refused at the door.
        let good: u32 = answered.range(200..300).map(|(_, count)| count).sum();
        assert!(good > requests / 8, "{answered:?}");
    });
}
