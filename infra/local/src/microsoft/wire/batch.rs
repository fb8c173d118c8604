//! `POST /v1.0/$batch`: up to twenty requests in one, each for itself before every quota (`graph-api.md 6`).

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Body, Refusal};
use super::request::{Query, Request};
use crate::microsoft::state::world::World;

/// The most parts of a batch.
const MOST: usize = 20;

#[derive(Debug, Deserialize)]
struct Envelope {
    requests: Vec<Part>,
}

/// One request of a batch.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    id: String,
    method: String,
    /// Relative, without the version.
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<Value>,
    #[serde(default)]
    depends_on: Vec<String>,
}

impl World {
    /// The outer answer is 200 whatever became of the parts.
    ///
    /// # Errors
    /// 400 for an envelope that cannot be read.
    pub(super) fn batch(&mut self, request: &Request) -> Result<Answer, Refusal> {
        let Envelope { requests: parts } = serde_json::from_value(request.json()?)
            .map_err(|_| malformed("Invalid batch payload format."))?;
        check(&parts)?;
        let mut states: BTreeMap<&str, StatusCode> = BTreeMap::new();
        let mut responses = Vec::new();
        for part in &parts {
            let failed = part.depends_on.iter().any(|id| {
                states
                    .get(id.as_str())
                    .is_none_or(|state| state.as_u16() >= 400)
            });
            let answer = if failed {
                Answer::bare(
                    StatusCode::FAILED_DEPENDENCY,
                    "FailedDependency",
                    "The request was not carried out because a request that it depends on failed.",
                )
            } else {
                self.part(part, request)
            };
            states.insert(&part.id, answer.status);
            responses.push((&part.id, answer));
        }
        // Answers come in any order, for the same requests in the same.
        let whole = self.gate.enter();
        responses.sort_by_key(|(id, _)| self.chance.number("batch", id, whole));
        let responses: Vec<Value> = responses
            .into_iter()
            .map(|(id, answer)| respond(id, answer))
            .collect();
        Ok(Answer::ok(json!({"responses": responses})))
    }

    fn part(&mut self, part: &Part, whole: &Request) -> Answer {
        let (path, query) = part.url.split_once('?').unwrap_or((&part.url, ""));
        let Some(request) = read(part, path, query, whole).filter(|_| path.starts_with('/')) else {
            return Answer::bare(
                StatusCode::BAD_REQUEST,
                "BadRequest",
                "Invalid request line or header in a part of the batch.",
            );
        };
        let segments = request.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        self.single(&request, &path)
    }
}

/// What makes a batch unreadable: too many parts, an id that comes twice, dependencies that are neither a chain nor all on one.
fn check(parts: &[Part]) -> Result<(), Refusal> {
    if parts.is_empty() || parts.len() > MOST {
        let message =
            format!("Number of batch request steps exceeds the maximum value {MOST}, or is zero.");
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "MaximumValueExceeded",
            message,
        ));
    }
    let mut known = BTreeSet::new();
    for part in parts {
        if let Some(later) = part
            .depends_on
            .iter()
            .find(|id| !known.contains(id.as_str()))
        {
            return Err(malformed(format!(
                "Request '{}' depends on '{later}', which does not come before it.",
                part.id
            )));
        }
        if !known.insert(part.id.as_str()) {
            return Err(malformed(format!("Request id '{}' is repeated.", part.id)));
        }
    }
    let chain = parts
        .windows(2)
        .all(|pair| pair[1].depends_on == [pair[0].id.as_str()]);
    let targets: BTreeSet<&String> = parts.iter().flat_map(|part| &part.depends_on).collect();
    if chain || targets.len() <= 1 {
        Ok(())
    } else {
        Err(malformed(
            "Dependencies must be none, a chain, or all on the same request.",
        ))
    }
}

/// The part as a request, with the authorization of the whole; `None` if its method or a header is none.
fn read(part: &Part, path: &str, query: &str, whole: &Request) -> Option<Request> {
    let mut headers = HeaderMap::new();
    for (name, value) in &part.headers {
        headers.append(
            HeaderName::try_from(name.as_str()).ok()?,
            HeaderValue::try_from(value.as_str()).ok()?,
        );
    }
    if let Some(bearer) = whole.headers.get("authorization") {
        headers.insert("authorization", bearer.clone());
    }
    Some(Request {
        method: Method::from_bytes(part.method.as_bytes()).ok()?,
        path: format!("/v1.0{path}"),
        query: Query::parse(query),
        headers,
        body: part
            .body
            .as_ref()
            .map(|body| Bytes::from(body.to_string()))
            .unwrap_or_default(),
    })
}

fn respond(id: &str, answer: Answer) -> Value {
    let mut headers: Map<String, Value> = answer
        .headers
        .into_iter()
        .map(|(name, value)| (spelling(name).to_owned(), json!(value)))
        .collect();
    let body = match answer.body {
        Body::Empty => Value::Null,
        Body::Text(text) => {
            headers.insert("Content-Type".into(), json!("text/plain"));
            json!(text)
        }
        Body::Json(body) => {
            headers.insert("Content-Type".into(), json!("application/json"));
            body
        }
    };
    json!({"id": id, "status": answer.status.as_u16(), "headers": headers, "body": body})
}

/// Inside a batch the case of a header's name is kept as Graph writes it.
fn spelling(name: &'static str) -> &'static str {
    match name {
        "retry-after" => "Retry-After",
        "location" => "Location",
        other => other,
    }
}

fn malformed(message: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "BadRequest", message)
}
