//! User configurations, the Teams users (`graph-api.md 5.1`).

use http::StatusCode;
use serde_json::{Map, Value, json};
use shared::model::time::Time;

use super::numbers::bad_request;
use crate::microsoft::directory::after;
use crate::microsoft::state::catalogue;
use crate::microsoft::state::person::{Life, Line, Person};
use crate::microsoft::state::world::World;
use crate::microsoft::wire::answer::{Answer, Refusal, stamp};
use crate::microsoft::wire::filter::Filter;
use crate::microsoft::wire::request::Request;

/// The preference under which late members of enumerations come by name.
const KNOW_ALL: &str = "include-unknown-enum-members";

const PATH: &str = "admin/teams/userConfigurations";

#[rustfmt::skip]
const PROPERTIES: [&str; 10] = [
    "id", "userPrincipalName", "tenantId", "accountType", "featureTypes", "isEnterpriseVoiceEnabled", "telephoneNumbers",
    "effectivePolicyAssignments", "createdDateTime", "modifiedDateTime",
];

impl World {
    /// The list. Its page size is undocumented: 100, at most 999, is ours.
    pub(crate) fn list_teams_users(&self, request: &Request) -> Result<Answer, Refusal> {
        request
            .query
            .only(&["$select", "$top", "$skiptoken", "$filter", "$expand"])?;
        let select = selected(request)?;
        expands_user(request)?;
        let filter = request.query.get("$filter").map(parse).transpose()?;
        let top = request.query.top(100, 999)?;
        let after = after(&request.query)?;
        let met = |person: &&Person| {
            filter.as_ref().is_none_or(|filter| {
                let whole = self.teams_user(person, None, request);
                filter.meets(&|name| whole[name].clone())
            })
        };
        let users = self.teams_users(&after.id).filter(met);
        let (page, next) = self.page(PATH, &after, top, users, |person| &person.id);
        let value = page
            .into_iter()
            .map(|person| self.teams_user(person, select.as_deref(), request))
            .collect();
        let answer = self.list(PATH, PATH, request, value, next);
        Ok(preferring(answer, request))
    }

    /// One Teams user, wrapped in `value` as the documentation shows it.
    pub(crate) fn get_teams_user(&self, id: &str, request: &Request) -> Result<Answer, Refusal> {
        request.query.only(&["$select", "$expand"])?;
        let select = selected(request)?;
        expands_user(request)?;
        let now = self.now();
        let person = self
            .people
            .get(id)
            .filter(|person| person.life == Life::Present && person.teams.is_listed(now));
        let person = person.ok_or_else(|| {
            Refusal::new(
                StatusCode::NOT_FOUND,
                "NotFound",
                format!("User configuration '{id}' was not found."),
            )
        })?;
        let entity = self.teams_user(person, select.as_deref(), request);
        Ok(preferring(
            Answer::ok(
                json!({"@odata.context": self.context(&format!("{PATH}/$entity")), "value": entity}),
            ),
            request,
        ))
    }

    fn teams_user(&self, person: &Person, select: Option<&[String]>, request: &Request) -> Value {
        let now = self.now();
        let directory = person.directory.seen(now);
        let teams = person.teams;
        let eligible = teams.is_eligible(now);
        let account_type = match directory.text("userType") {
            Some("Guest") => "guest",
            Some(_) | None if eligible => "user",
            Some(_) | None if request.prefers(KNOW_ALL) => "ineligibleUser",
            Some(_) | None => "unknownFutureValue",
        };
        let lines = person.lines.seen(now);
        let created = teams.listed_from.unwrap_or(now);
        let moments = [
            teams.listed_from,
            teams.eligible_from,
            teams.voice_from,
            teams.policies_from,
            teams.numbers_from,
        ];
        let modified = moments
            .into_iter()
            .flatten()
            .filter(|moment| *moment <= now)
            .max()
            .unwrap_or(created);
        let entity = json!({
            "id": person.id,
            "userPrincipalName": directory.text("userPrincipalName"),
            "tenantId": self.options.tenant_id,
            "accountType": account_type,
            "featureTypes": if eligible { self.features(person, now) } else { Vec::new() },
            "isEnterpriseVoiceEnabled": !lines.is_empty(),
            "telephoneNumbers": lines.iter().map(line).collect::<Vec<_>>(),
            "effectivePolicyAssignments": self.effective_policies(person, now),
            "createdDateTime": stamp(created),
            "modifiedDateTime": stamp(modified),
        });
        let mut shown = match (entity, select) {
            (Value::Object(all), Some(names)) => Value::Object(
                all.into_iter()
                    .filter(|(name, _)| names.contains(name))
                    .collect::<Map<_, _>>(),
            ),
            (all, _) => all,
        };
        if request.query.get("$expand").is_some() {
            let text = |name| directory.text(name);
            shown["user"] = json!({
                "id": person.id, "displayName": text("displayName"), "userPrincipalName": text("userPrincipalName"),
            });
        }
        shown
    }

    /// What the plans make possible; voice comes last (`graph-api.md 13`).
    pub(super) fn features(&self, person: &Person, now: Time) -> Vec<&'static str> {
        let voice = person.teams.voice_from.is_some_and(|from| from <= now);
        let mut features = Vec::new();
        for licence in person.directory.truth().working() {
            let plans = self
                .products
                .get(&licence.sku)
                .map(|product| product.plans.as_slice())
                .unwrap_or_default();
            let plans = plans
                .iter()
                .filter(|plan| !licence.disabled_plans.contains(plan))
                .map(|plan| catalogue::plan(plan));
            features.extend(
                plans
                    .filter(|plan| voice || !plan.voice)
                    .filter_map(|plan| plan.feature),
            );
        }
        features.sort_unstable();
        features.dedup();
        features
    }

    /// Policies other than Global. The id here is not the one that `getPolicyId` tells (`graph-api.md 5.1.3`).
    fn effective_policies(&self, person: &Person, now: Time) -> Vec<Value> {
        let seen = person.policies.seen(now).values();
        seen.map(|policy| {
            json!({
                "policyType": policy.policy_type,
                "policyAssignment": {
                    "displayName": policy.name,
                    "assignmentType": "direct",
                    "policyId": self.chance.opaque(43, "effective policy", &policy.name),
                    "groupId": null,
                },
            })
        })
        .collect()
    }
}

/// The Entra user is all that can come along.
fn expands_user(request: &Request) -> Result<(), Refusal> {
    match request.query.get("$expand") {
        None | Some("user") => Ok(()),
        Some(other) => Err(bad_request(format!("'{other}' cannot be expanded here."))),
    }
}

/// A condition on what a Teams user shows; which ones work is not documented.
fn parse(text: &str) -> Result<Filter, Refusal> {
    let known = |part: &&Filter| {
        let top = part.path().split('/').next().unwrap_or_default();
        top.is_empty() || PROPERTIES.contains(&top)
    };
    Filter::parse(text)
        .filter(|filter| filter.parts().iter().all(known))
        .ok_or_else(|| bad_request(format!("The filter '{text}' is not supported.")))
}

fn line(line: &Line) -> Value {
    json!({"telephoneNumber": line.number, "assignmentCategory": line.category})
}

fn selected(request: &Request) -> Result<Option<Vec<String>>, Refusal> {
    let names = request.query.select();
    match names
        .iter()
        .flatten()
        .find(|name| !PROPERTIES.contains(&name.as_str()))
    {
        None => Ok(names),
        Some(unknown) => {
            let message = format!(
                "Could not find a property named '{unknown}' on type 'microsoft.graph.teamsAdministration.teamsUserConfiguration'."
            );
            Err(bad_request(message))
        }
    }
}

fn preferring(mut answer: Answer, request: &Request) -> Answer {
    if request.prefers(KNOW_ALL) {
        answer.headers.push(("preference-applied", KNOW_ALL.into()));
    }
    answer
}
