//! The control side over HTTP, below `/control`: what tests, demos and whoever tries another Graph client do to the tenant. It asks
//! for no token, and listens where the tenant does, on loopback only. `GET /control` says what there is.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{NewGroup, NewNumber, NewPerson};
use crate::microsoft::state::order::OrderFate;
use crate::microsoft::state::record::{Recorded, Truth};
use crate::microsoft::wire::answer::stamp;
use crate::microsoft::{LONGEST_BODY, Microsoft};

/// A route: method, path below `/control`, what it does, an example of its body.
type Route = (&'static str, &'static str, &'static str, &'static str);

/// Every route. In their order, the examples work one after the other.
#[rustfmt::skip]
const ROUTES: [Route; 27] = [
    ("GET", "", "this list", ""),
    ("GET", "/clock", "the tenant's time", ""),
    ("POST", "/clock", "puts the clock forward; it never goes back", r#"{"advance_seconds": 3600}"#),
    ("PUT", "/skus/{sku}", "a licence product with its service plans and seats", r#"{"name": "SPE_E5", "seats": 10, "plans": ["57ff2da0-773e-42df-b2af-ffb7a2317929"]}"#),
    ("GET", "/skus", "seats there are and seats really taken", ""),
    ("PUT", "/people/{id}", "adds somebody", r#"{"userPrincipalName": "x@contoso.com", "displayName": "X", "facts": {"usageLocation": "DE"}, "licences": [], "teams_ready": false}"#),
    ("GET", "/people", "the ids of everybody present", ""),
    ("GET", "/people/{id}", "what really is about somebody, whatever readers are shown", ""),
    ("PATCH", "/people/{id}", "sets properties by their names in Graph; null clears", r#"{"department": "Sales", "extensionAttribute1": "P-1"}"#),
    ("PUT", "/people/{id}/protected", "an account that the app may not touch, or not", "false"),
    ("PUT", "/people/{id}/licences/{sku}", "gives a product by hand", ""),
    ("DELETE", "/people/{id}/licences/{sku}", "takes it away", ""),
    ("PUT", "/policies/{type}/{name}", "a Teams policy", ""),
    ("PUT", "/groups/{group}", "a group; members inherit its products", r#"{"name": "Sales", "products": []}"#),
    ("PUT", "/groups/{group}/members/{id}", "puts somebody into it by hand", ""),
    ("DELETE", "/groups/{group}/members/{id}", "takes them out", ""),
    ("PUT", "/numbers/{number}", "a telephone number", r#"{"type": "directRouting", "country": "DE", "holder": null}"#),
    ("GET", "/numbers", "every number and who really holds it", ""),
    ("GET", "/permissions", "the application permissions consented to", ""),
    ("PUT", "/permissions", "consents to these and no others; tokens issued so far keep theirs", r#"["User.Read.All"]"#),
    ("POST", "/faults/next-order", "the fate of the next order of a number: stuck, lost, forgotten, or a text with which it fails", r#"{"fails": "Service is unavailable. Please try again."}"#),
    ("PUT", "/faults/throttling", "so many of 1,000 requests are answered 429", "0"),
    ("POST", "/faults/revoke-tokens", "no token issued so far is accepted", ""),
    ("DELETE", "/people/{id}", "deletes somebody; `?for_good=true` = not even into the recycle bin", ""),
    ("POST", "/people/{id}/restore", "brings somebody back from the recycle bin", ""),
    ("GET", "/history", "every change that came in over the API, with the holder or value before and after", ""),
    ("GET", "/counts", "what was asked so far", ""),
];

/// Why a request is not carried out: status and sentence.
type Refused = (StatusCode, String);

pub(in crate::microsoft) fn router() -> Router<Microsoft> {
    Router::new()
        .route("/control", axum::routing::any(serve))
        .route("/control/{*rest}", axum::routing::any(serve))
}

async fn serve(State(tenant): State<Microsoft>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = match axum::body::to_bytes(body, LONGEST_BODY).await {
        Ok(body) => body,
        Err(_) => return refusal((StatusCode::PAYLOAD_TOO_LARGE, "the body is too long".into())),
    };
    let path = parts.uri.path().trim_start_matches("/control").to_owned();
    let segments: Vec<String> = path.split('/').skip(1).map(decoded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let query = parts.uri.query().unwrap_or_default();
    match tenant.control(&parts.method, &segments, query, &body) {
        Ok(answer) => Json(answer).into_response(),
        Err(refused) => refusal(refused),
    }
}

fn refusal((status, sentence): Refused) -> Response {
    (status, Json(json!({"error": sentence}))).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sku {
    name: String,
    seats: u32,
    plans: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Somebody {
    #[serde(rename = "userPrincipalName")]
    user_principal_name: String,
    #[serde(rename = "displayName")]
    display_name: String,
    #[serde(rename = "accountEnabled", default = "yes")]
    account_enabled: bool,
    #[serde(rename = "userType", default = "member")]
    user_type: String,
    #[serde(default)]
    facts: Map<String, Value>,
    #[serde(default)]
    licences: Vec<String>,
    #[serde(default)]
    teams_ready: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
    #[serde(default)]
    products: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(rename = "type")]
    kind: String,
    country: Option<String>,
    location: Option<String>,
    holder: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fate {
    Stuck,
    Lost,
    Forgotten,
    /// Carried out after so many seconds.
    Late(u64),
    Fails(String),
}

fn yes() -> bool {
    true
}

fn member() -> String {
    "Member".into()
}

impl Microsoft {
    fn control(
        &self,
        method: &Method,
        path: &[&str],
        query: &str,
        body: &[u8],
    ) -> Result<Value, Refused> {
        let done = || Ok(json!({"done": true}));
        match (method.as_str(), path) {
            ("GET", []) => Ok(ROUTES.iter().map(described).collect()),
            ("GET", ["clock"]) => Ok(json!({"now": stamp(self.now())})),
            ("POST", ["clock"]) => {
                let Advance { advance_seconds } = read(body)?;
                self.advance(Duration::from_secs(advance_seconds));
                Ok(json!({"now": stamp(self.now())}))
            }
            ("GET", ["skus"]) => {
                let seats = self.seats().into_iter();
                let shown = seats
                    .map(|(sku, (there, taken))| (sku, json!({"seats": there, "taken": taken})));
                Ok(Value::Object(shown.collect()))
            }
            ("PUT", ["skus", sku]) => {
                let Sku { name, seats, plans } = read(body)?;
                let plans: Vec<&str> = plans.iter().map(String::as_str).collect();
                self.add_sku(sku, &name, seats, &plans);
                done()
            }
            (_, ["people", rest @ ..]) => self.control_people(method, rest, query, body),
            ("PUT", ["policies", kind, name]) => {
                self.add_policy(kind, name);
                done()
            }
            ("PUT", ["groups", group]) => {
                let Group { name, products } = read(body)?;
                self.add_group(NewGroup {
                    products,
                    ..NewGroup::new(*group, name)
                });
                done()
            }
            ("PUT" | "DELETE", ["groups", group, "members", member]) => {
                self.move_member_by_hand(group, member, method == Method::PUT);
                done()
            }
            ("GET", ["numbers"]) => Ok(json!(self.numbers())),
            ("PUT", ["numbers", number]) => {
                let line: Line = read(body)?;
                let new = NewNumber::new(*number, line.kind);
                self.add_number(NewNumber {
                    country: line.country,
                    location: line.location,
                    holder: line.holder,
                    ..new
                });
                done()
            }
            ("GET", ["permissions"]) => Ok(json!(self.roles())),
            ("PUT", ["permissions"]) => {
                self.set_roles(read::<BTreeSet<String>>(body)?);
                done()
            }
            ("POST", ["faults", "next-order"]) => {
                self.decide_next_order(match read(body)? {
                    Fate::Stuck => OrderFate::Stuck,
                    Fate::Lost => OrderFate::Lost,
                    Fate::Forgotten => OrderFate::Forgotten,
                    Fate::Late(seconds) => OrderFate::Late(Duration::from_secs(seconds)),
                    Fate::Fails(why) => OrderFate::Denied(why),
                });
                done()
            }
            ("PUT", ["faults", "throttling"]) => {
                self.set_throttling(read(body)?);
                done()
            }
            ("POST", ["faults", "revoke-tokens"]) => {
                self.revoke_tokens();
                done()
            }
            ("GET", ["history"]) => Ok(self.history().iter().map(recorded).collect()),
            ("GET", ["counts"]) => {
                let counts = self.counts();
                Ok(json!({
                    "requests": counts.requests, "directory_writes": counts.directory_writes, "throttled": counts.throttled,
                    "resource_units": counts.resource_units,
                }))
            }
            (_, _) => Err(unknown(method)),
        }
    }

    fn control_people(
        &self,
        method: &Method,
        path: &[&str],
        query: &str,
        body: &[u8],
    ) -> Result<Value, Refused> {
        let done = || Ok(json!({"done": true}));
        if let ("GET", []) = (method.as_str(), path) {
            return Ok(json!(self.people()));
        }
        let Some((id, rest)) = path.split_first() else {
            return Err(unknown(method));
        };
        if let ("PUT", []) = (method.as_str(), rest) {
            let new: Somebody = read(body)?;
            self.add_person(NewPerson {
                account_enabled: new.account_enabled,
                user_type: new.user_type,
                facts: new.facts,
                licences: new.licences,
                teams_ready: new.teams_ready,
                ..NewPerson::new(*id, new.user_principal_name, new.display_name)
            });
            return done();
        }
        let truth = self.truth(id).ok_or_else(|| {
            let sentence =
                format!("there is nobody with the id {id}: GET /control/people lists who there is");
            (StatusCode::NOT_FOUND, sentence)
        })?;
        match (method.as_str(), rest) {
            ("GET", []) => return Ok(shown(&truth)),
            ("PATCH", []) => {
                for (name, value) in read::<Map<String, Value>>(body)? {
                    self.set_property(id, &name, Some(value).filter(|value| !value.is_null()));
                }
            }
            ("DELETE", []) => self.delete_person(id, !query.contains("for_good=true")),
            ("POST", ["restore"]) => self.restore_person(id),
            ("PUT", ["protected"]) => self.protect(id, read(body)?),
            ("PUT", ["licences", sku]) => self.give_licence(id, sku),
            ("DELETE", ["licences", sku]) => self.take_licence(id, sku, None),
            (_, _) => return Err(unknown(method)),
        }
        done()
    }
}

fn described((method, path, what, example): &Route) -> Value {
    let mut route = json!({"method": method, "path": format!("/control{path}"), "does": what});
    if let Ok(example) = serde_json::from_str::<Value>(example) {
        route["example"] = example;
    }
    route
}

fn shown(truth: &Truth) -> Value {
    json!({
        "usage_location": truth.usage_location, "direct_licences": truth.direct_licences, "group_licences": truth.group_licences,
        "ready": truth.ready, "policies": truth.policies, "numbers": truth.numbers, "groups": truth.groups,
        "enabled": truth.enabled, "deleted": truth.deleted,
    })
}

fn recorded(one: &Recorded) -> Value {
    json!({"at": stamp(one.at), "request": one.request, "person": one.person, "before": one.before, "after": one.after})
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| {
        let sentence =
            format!("the body cannot be used: {error}. GET /control shows an example of each");
        (StatusCode::BAD_REQUEST, sentence)
    })
}

fn unknown(method: &Method) -> Refused {
    let sentence =
        format!("there is nothing for {method} at this path: GET /control lists what there is");
    (StatusCode::NOT_FOUND, sentence)
}

/// A segment of a path; what is no UTF-8 behind its escapes names nothing.
fn decoded(segment: &str) -> String {
    let query = crate::microsoft::wire::request::Query::parse(&format!(
        "x={}",
        segment.replace('+', "%2B")
    ));
    query.get("x").unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
