//! Policies: from a name to an id, assignment, its end (`graph-api.md 5.2`).
//!
//! What Microsoft leaves open is decided here as the careful client must expect it: an order is carried out whole or not at all,
//! and an assignment to somebody who has no eligible Teams user yet is refused.

use std::collections::BTreeMap;

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::microsoft::state::person::{Assigned, Person};
use crate::microsoft::state::record::Recorded;
use crate::microsoft::state::world::World;
use crate::microsoft::wire::answer::{Answer, Family, Refusal};
use crate::microsoft::wire::endpoint::Endpoint;
use crate::microsoft::wire::request::Request;

#[derive(Debug, Deserialize)]
struct Order {
    value: Vec<Element>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Element {
    user_id: String,
    policy_type: String,
    policy_id: Option<String>,
}

/// What each person shall get: by lower-case type the policy, or none.
type Changes = BTreeMap<String, BTreeMap<String, Option<Assigned>>>;

impl World {
    /// `type='..',name='..'`: a collection, empty for an unknown name.
    pub(crate) fn get_policy_id(&self, arguments: &str) -> Result<Answer, Refusal> {
        let arguments = parse(arguments);
        let (Some(policy_type), Some(name)) = (
            arguments.as_ref().and_then(|named| named.get("type")),
            arguments.as_ref().and_then(|named| named.get("name")),
        ) else {
            return Err(bad_request(
                "The function getPolicyId needs the parameters type and name.",
            ));
        };
        let found: Vec<Value> = self
            .policies
            .named(policy_type, name)
            .map(|policy| {
                json!({
                    "@odata.type": "#microsoft.graph.teamsAdministration.policyIdentifierDetail",
                    "name": format!("Tag:{}", policy.name),
                    "policyId": policy.id,
                })
            })
            .into_iter()
            .collect();
        let context =
            self.context("Collection(microsoft.graph.teamsAdministration.policyIdentifierDetail)");
        Ok(Answer::ok(
            json!({"@odata.context": context, "value": found}),
        ))
    }

    pub(crate) fn assign_policies(&mut self, request: &Request) -> Result<Answer, Refusal> {
        let mut changes = Changes::new();
        for element in elements(request)? {
            let id = self.writable(
                &element.user_id,
                Family::Teams,
                Endpoint::AssignPolicies.roles(),
            )?;
            if !self
                .people
                .get(&id)
                .is_some_and(|person| person.teams.is_eligible(self.now()))
            {
                return Err(bad_request(format!(
                    "User '{id}' is not eligible for policy assignment: the Teams user was not found."
                )));
            }
            let policy = element
                .policy_id
                .as_deref()
                .and_then(|policy| self.policies.by_id(policy));
            let policy = policy
                .filter(|policy| {
                    policy
                        .policy_type
                        .eq_ignore_ascii_case(&element.policy_type)
                })
                .ok_or_else(|| {
                    bad_request(format!(
                        "The policyId is not that of a policy of type '{}'.",
                        element.policy_type
                    ))
                })?;
            let assigned = Assigned {
                policy_type: policy.policy_type.clone(),
                name: policy.name.clone(),
            };
            changes
                .entry(id)
                .or_default()
                .insert(element.policy_type.to_lowercase(), Some(assigned));
        }
        self.change_policies(changes, request);
        Ok(Answer::no_content())
    }

    /// Taking away what is not assigned is harmless.
    pub(crate) fn unassign_policies(&mut self, request: &Request) -> Result<Answer, Refusal> {
        let mut changes = Changes::new();
        for element in elements(request)? {
            let id = self.writable(
                &element.user_id,
                Family::Teams,
                Endpoint::UnassignPolicies.roles(),
            )?;
            changes
                .entry(id)
                .or_default()
                .insert(element.policy_type.to_lowercase(), None);
        }
        self.change_policies(changes, request);
        Ok(Answer::no_content())
    }

    fn change_policies(&mut self, changes: Changes, request: &Request) {
        let now = self.now();
        for (id, wanted) in changes {
            let lag = self.lag(&id, self.options.policy_delay);
            let before = self.people.get(&id).map(policies);
            self.touch(&id, |person| {
                let from = person.policies.change(now, lag, |policies| {
                    for (policy_type, policy) in wanted {
                        match policy {
                            Some(policy) => policies.insert(policy_type, policy),
                            None => policies.remove(&policy_type),
                        };
                    }
                });
                person.teams.policies_from = Some(from);
            });
            let after = self.people.get(&id).map(policies);
            self.record(Recorded {
                at: now,
                request: request.line(),
                person: id,
                before: before.unwrap_or_default(),
                after: after.unwrap_or_default(),
            });
        }
    }
}

fn policies(person: &Person) -> Value {
    let truth = person.policies.truth().values();
    json!({"policies": truth.map(|policy| (policy.policy_type.as_str(), policy.name.as_str())).collect::<BTreeMap<_, _>>()})
}

fn elements(request: &Request) -> Result<Vec<Element>, Refusal> {
    match serde_json::from_value::<Order>(request.json()?) {
        Ok(order) if !order.value.is_empty() => Ok(order.value),
        Ok(_) | Err(_) => Err(bad_request(
            "The collection 'value' must hold at least one assignment with userId and policyType.",
        )),
    }
}

fn bad_request(message: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "BadRequest", message)
}

/// The arguments of a function call: `name='text'` with commas between, a quote in the text doubled.
fn parse(mut text: &str) -> Option<BTreeMap<String, String>> {
    let mut arguments = BTreeMap::new();
    loop {
        let (name, rest) = text.split_once("='")?;
        let mut value = String::new();
        let mut characters = rest.char_indices().peekable();
        let end = loop {
            match characters.next()? {
                (_, '\'') if characters.next_if(|(_, next)| *next == '\'').is_some() => {
                    value.push('\'')
                }
                (end, '\'') => break end,
                (_, other) => value.push(other),
            }
        };
        arguments.insert(name.trim().to_owned(), value);
        // Microsoft's Python SDK loses the comma when it fills in the template of the path.
        text = rest[end + 1..].trim().trim_start_matches(',');
        if text.is_empty() {
            return Some(arguments);
        }
    }
}
