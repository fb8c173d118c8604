//! Teams accounts in stages, and policies (`graph-api.md 5.1, 5.2`).

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde_json::{Value, json};

use super::Call;
use super::answer::{Answer, decode, error, forbidden, no_content, ok};
use super::world::{Person, World};

/// Accounts on a page.
const PAGE: usize = 100;
const READ: &str = "TeamsUserConfiguration.Read.All";
const ASSIGN: &str = "TeamsPolicyUserAssign.ReadWrite.All";

impl World {
    /// Everything under `/admin/teams/`.
    pub fn teams(&mut self, call: &Call<'_>, path: &str, roles: &BTreeSet<String>) -> Answer {
        let read = call.method == Method::GET;
        let needs = if path.starts_with("userConfigurations") { READ } else { ASSIGN };
        let verb = path.strip_prefix("policy/userAssignments/").map(|verb| verb.rsplit('.').next().unwrap_or_default());
        match (path, verb) {
            ("policy" | "telephoneNumberManagement" | "", _) => error(
                400,
                "BadRequest",
                "This API is not supported for AAD accounts (no addressUrl for Microsoft.IC3.TeamsAdmin).",
            ),
            ("policy/userAssignments", _) => error(404, "UnknownError", "{\"message\":\"Resource not found\"}"),
            _ if !roles.contains(needs) => forbidden(needs),
            ("userConfigurations", _) if read => self.accounts(call),
            (one, _) if read && one.starts_with("userConfigurations/") => {
                let id = one.trim_start_matches("userConfigurations/");
                match self.people.get(id).and_then(|person| self.account(id, person, call)) {
                    Some(account) => ok(json!({ "value": account })),
                    None => error(404, "NotFound", "User not found."),
                }
            }
            (lookup, _) if read && lookup.starts_with("policy/getPolicyId(") => self.policy_id(&decode(lookup)),
            (_, Some("assign")) if call.method == Method::POST => self.set_policies(call, true),
            (_, Some("unassign")) if call.method == Method::POST => self.set_policies(call, false),
            _ => error(404, "NotFound", "Resource not found"),
        }
    }

    fn accounts(&self, call: &Call<'_>) -> Answer {
        let after = call.query.get("$skiptoken").map(String::as_str).unwrap_or_default();
        let mut people = self.people.range(after.to_owned()..).filter(|(id, _)| id.as_str() != after);
        let mut value = Vec::new();
        let mut last = None;
        for (id, person) in people.by_ref() {
            value.extend(self.account(id, person, call));
            last = Some(id);
            if value.len() == PAGE {
                break;
            }
        }
        let more = people.next().is_some();
        let mut body = json!({ "value": value });
        if let (true, Some(last)) = (more, last) {
            let link = format!("{}/v1.0/admin/teams/userConfigurations?$skiptoken={last}", self.options.base_url);
            body["@odata.nextLink"] = json!(link);
        }
        ok(body)
    }

    /// The account as reads show it now: nothing at first, then ineligible, then a user with Teams. Without a licence it stays
    /// listed as ineligible.
    fn account(&self, id: &str, person: &Person, call: &Call<'_>) -> Option<Value> {
        let now = self.clock.now();
        let (asked, ready) = (person.asked_at?, person.ready_at?);
        let appears = asked + ready.since(asked) / 2;
        if now < appears || person.deleted.is_some() {
            return None;
        }
        let (kind, features): (&str, &[&str]) = if self.is_ready(person) {
            ("user", &["Teams"])
        } else if call.prefer.contains("include-unknown-enum-members") {
            ("ineligibleUser", &[])
        } else {
            ("unknownFutureValue", &[])
        };
        let policies = match &person.stale_policies {
            Some((until, policies)) if now < *until => policies,
            Some(_) | None => &person.policies,
        };
        let effective: Vec<Value> = policies
            .iter()
            .map(|(kind, name)| {
                json!({"policyType": kind, "policyAssignment": {
                    "displayName": name, "assignmentType": "direct", "policyId": null, "groupId": null,
                }})
            })
            .collect();
        Some(json!({
            "id": id, "tenantId": self.options.directory, "accountType": kind, "featureTypes": features,
            "userPrincipalName": person.properties.get("userPrincipalName"), "isEnterpriseVoiceEnabled": false,
            "telephoneNumbers": [], "effectivePolicyAssignments": effective,
        }))
    }

    /// `getPolicyId(type='..',name='..')`; an unknown name gives an empty list.
    fn policy_id(&self, lookup: &str) -> Answer {
        let inside = lookup.trim_start_matches("policy/getPolicyId(").trim_end_matches(')');
        let Some((kind, name)) = inside.strip_prefix("type='").and_then(|rest| rest.split_once("',name='")) else {
            return error(400, "BadRequest", "Bad function parameters.");
        };
        let name = name.trim_end_matches('\'').replace("''", "'");
        let found: Vec<Value> = self
            .policies
            .iter()
            .filter(|policy| policy.policy_type.eq_ignore_ascii_case(kind) && policy.name.eq_ignore_ascii_case(&name))
            .map(|policy| {
                json!({"@odata.type": "#microsoft.graph.teamsAdministration.policyIdentifierDetail",
                    "name": format!("Tag:{}", policy.name), "policyId": policy.id})
            })
            .collect();
        ok(json!({ "value": found }))
    }

    /// `assign` and `unassign`: 204, visible later. All or none. Assigning to somebody who is not ready is refused (assumed:
    /// `graph-api.md 15`, probe 3).
    fn set_policies(&mut self, call: &Call<'_>, assign: bool) -> Answer {
        let body = match call.json() {
            Ok(body) => body,
            Err(answer) => return answer,
        };
        let mut changes: BTreeMap<String, Vec<(String, Option<String>)>> = BTreeMap::new();
        for entry in body["value"].as_array().into_iter().flatten() {
            let (Some(id), Some(kind)) = (entry["userId"].as_str(), entry["policyType"].as_str()) else {
                return error(400, "BadRequest", "userId and policyType are required.");
            };
            let Some(person) = self.people.get(id).filter(|person| person.deleted.is_none()) else {
                return error(404, "NotFound", "User not found.");
            };
            if person.protected {
                return forbidden(ASSIGN);
            }
            let known = self.policies.iter().find(|policy| policy.policy_type.eq_ignore_ascii_case(kind));
            let spelled = known.map_or_else(|| kind.to_owned(), |policy| policy.policy_type.clone());
            let name = if assign {
                let policy = self.policies.iter().find(|policy| Some(policy.id.as_str()) == entry["policyId"].as_str());
                let Some(policy) = policy.filter(|policy| policy.policy_type == spelled) else {
                    return error(400, "BadRequest", "The policy does not exist.");
                };
                if !self.is_ready(person) {
                    return error(400, "BadRequest", "The user is not a Teams user.");
                }
                Some(policy.name.clone())
            } else {
                None
            };
            changes.entry(id.to_owned()).or_default().push((spelled, name));
        }
        if changes.is_empty() {
            return error(400, "BadRequest", "value must not be empty.");
        }
        let now = self.clock.now();
        for (id, changes) in changes {
            let until = now + self.within(&id, 4, self.options.policy_delay);
            let Some(person) = self.people.get_mut(&id) else { continue };
            let before = format!("{:?}", person.policies);
            if person.stale_policies.as_ref().is_none_or(|(until, _)| *until <= now) {
                person.stale_policies = Some((until, person.policies.clone()));
            }
            for (kind, name) in changes {
                match name {
                    Some(name) => person.policies.insert(kind, name),
                    None => person.policies.remove(&kind),
                };
            }
            let after = format!("{:?}", person.policies);
            self.record(&id, if assign { "assign policies" } else { "unassign policies" }, before, after);
            self.store(&id);
        }
        no_content()
    }
}
