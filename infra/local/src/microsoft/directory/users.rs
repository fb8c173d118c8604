//! Users: the list, one of them, how many (`graph-api.md 2.1`, `2.3`, `2.5`).

use std::ops::Bound;

use serde::Deserialize;
use serde_json::{Value, json};

use super::listing::{after, eventual};
use super::properties::{knows, selected};
use crate::microsoft::state::person::{Life, Person};
use crate::microsoft::state::world::World;
use crate::microsoft::wire::answer::{Answer, Refusal};
use crate::microsoft::wire::filter::{Filter, Operator};
use crate::microsoft::wire::request::Request;

/// What a filter may ask for without the header of advanced queries.
#[rustfmt::skip]
const PLAIN: [&str; 17] = [
    "accountEnabled", "city", "country", "createdDateTime", "department", "displayName", "employeeId", "givenName", "id", "jobTitle",
    "mail", "onPremisesSyncEnabled", "state", "surname", "usageLocation", "userPrincipalName", "userType",
];

/// The most ids that one request may name.
const MOST_IDS: usize = 1_000;

/// The most values of one `in`.
const MOST_VALUES: usize = 15;

impl World {
    pub(crate) fn list_users(&self, request: &Request) -> Result<Answer, Refusal> {
        let query = &request.query;
        query.only(&[
            "$select",
            "$top",
            "$skiptoken",
            "$filter",
            "$count",
            "$expand",
        ])?;
        let names = selected(query)?;
        let manager = expanded_manager(request)?;
        let top = query.top(100, 999)?;
        let after = after(query)?;
        let filter = filter(request)?;
        let met = |person: &&Person| {
            let directory = person.directory.seen(self.now());
            person.life == Life::Present
                && filter.as_ref().is_none_or(|filter| {
                    filter.meets(&|name| self.property(person, directory, name).unwrap_or_default())
                })
        };
        let people = self
            .people
            .range::<str, _>((Bound::Excluded(after.id.as_str()), Bound::Unbounded))
            .map(|(_, person)| person)
            .filter(met);
        let (page, next) = self.page("users", &after, top, people, |person| &person.id);
        let value = page
            .into_iter()
            .map(|person| self.show_with(person, &names, manager))
            .collect();
        let mut answer = self.list("users", "users", request, value, next);
        if query.get("$count") == Some("true") && query.get("$skiptoken").is_none() {
            answer.set(
                "@odata.count",
                json!(self.people.values().filter(met).count()),
            );
        }
        Ok(answer)
    }

    pub(crate) fn count_users(&self, request: &Request) -> Result<Answer, Refusal> {
        if !eventual(request) {
            return Err(Refusal::unsupported(
                "$count is not currently supported. The request needs the header ConsistencyLevel: eventual.",
            ));
        }
        request.query.only(&[])?;
        Ok(Answer::text(self.present().to_string()))
    }

    pub(crate) fn get_user(&self, key: &str, request: &Request) -> Result<Answer, Refusal> {
        request.query.only(&["$select", "$expand"])?;
        let names = selected(&request.query)?;
        let manager = expanded_manager(request)?;
        let person = self.person(key).ok_or_else(|| Refusal::not_found(key))?;
        let mut entity = self.show_with(person, &names, manager);
        entity["@odata.context"] = json!(self.context("users/$entity"));
        Ok(Answer::ok(entity))
    }

    /// Up to 1,000 objects by their ids; those that are not there are left out.
    pub(crate) fn get_by_ids(&self, request: &Request) -> Result<Answer, Refusal> {
        request.query.only(&["$select"])?;
        let Wanted { ids, types } = serde_json::from_value(request.json()?)
            .map_err(|_| Refusal::bad_request("The parameter 'ids' is missing."))?;
        if ids.len() > MOST_IDS {
            return Err(Refusal::bad_request(format!(
                "The collection 'ids' may hold at most {MOST_IDS} ids."
            )));
        }
        let wants = |kind: &str| types.is_empty() || types.iter().any(|wanted| wanted == kind);
        let names = selected(&request.query)?;
        let ids = ids.iter().filter(|id| {
            let is_group = self.groups.get(id).is_some();
            wants(if is_group { "group" } else { "user" })
        });
        let present = ids.filter(|id| self.groups.get(id).is_some() || self.person(id).is_some());
        let value: Vec<Value> = present
            .filter_map(|id| self.show_member(id, &names, true))
            .collect();
        let context = self.context("directoryObjects");
        Ok(Answer::ok(
            json!({"@odata.context": context, "value": value}),
        ))
    }

    fn show_with(&self, person: &Person, names: &[String], manager: bool) -> Value {
        let mut shown = Value::Object(self.show(person, names));
        if manager {
            let id = person.directory.seen(self.now()).text("manager");
            let manager = id.map(|id| json!({"@odata.type": "#microsoft.graph.user", "id": id}));
            shown["manager"] = json!(manager);
        }
        shown
    }

    /// One user as an answer of its own.
    pub(super) fn user_entity(&self, person: &Person, names: &[String]) -> Value {
        let mut shown = self.show(person, names);
        shown.insert(
            "@odata.context".into(),
            json!(self.context("users/$entity")),
        );
        Value::Object(shown)
    }
}

/// What is asked for by id.
#[derive(Debug, Deserialize)]
struct Wanted {
    ids: Vec<String>,
    #[serde(default)]
    types: Vec<String>,
}

/// Whether the manager is to come along. A relationship: not together with advanced queries.
fn expanded_manager(request: &Request) -> Result<bool, Refusal> {
    let Some(what) = request.query.get("$expand") else {
        return Ok(false);
    };
    if !matches!(what, "manager" | "manager($select=id)") {
        return Err(Refusal::bad_request(format!(
            "Parsing OData Select and Expand failed: '{what}' cannot be expanded here."
        )));
    }
    if eventual(request) {
        return Err(Refusal::unsupported(
            "Expanding 'manager' is not supported together with ConsistencyLevel: eventual.",
        ));
    }
    Ok(true)
}

/// The condition that a request states.
///
/// # Errors
/// 400 for one that is not understood, and for an advanced one without its header and `$count=true`.
fn filter(request: &Request) -> Result<Option<Filter>, Refusal> {
    let counted = request.query.get("$count") == Some("true");
    if counted && !eventual(request) {
        return Err(Refusal::unsupported(
            "$count is not currently supported. The request needs the header ConsistencyLevel: eventual.",
        ));
    }
    let Some(text) = request.query.get("$filter") else {
        return Ok(None);
    };
    let filter = Filter::parse(text)
        .ok_or_else(|| Refusal::bad_request("Invalid filter clause: syntax error."))?;
    for part in filter.parts() {
        let top = part.path().split('/').next().unwrap_or_default();
        if !top.is_empty() && !knows(top) {
            return Err(Refusal::bad_request(format!(
                "Could not find a property named '{top}' on type 'microsoft.graph.user'."
            )));
        }
        if matches!(part, Filter::In(_, values) if values.len() > MOST_VALUES) {
            return Err(Refusal::bad_request(format!(
                "Too many values in the filter: at most {MOST_VALUES} are allowed for 'in'."
            )));
        }
        if !(counted || is_plain(part)) {
            return Err(Refusal::unsupported(
                "Unsupported or invalid query filter clause specified for a property of resource 'User': it needs the header \
                 ConsistencyLevel: eventual and $count=true.",
            ));
        }
    }
    Ok(Some(filter))
}

/// Whether a part of a filter works as a default query.
fn is_plain(part: &Filter) -> bool {
    match part {
        Filter::Compare(path, operator, literal) => {
            let known = matches!(operator, Operator::Eq | Operator::Ge | Operator::Le);
            known && !literal.is_null() && PLAIN.contains(&path.as_str())
        }
        Filter::In(path, _) | Filter::StartsWith(path, _) => PLAIN.contains(&path.as_str()),
        Filter::Any(path, ..) => path == "assignedLicenses",
        Filter::EndsWith(..) | Filter::And(_) | Filter::Or(_) | Filter::Not(_) => false,
    }
}
