//! Users: list, changes, one, usage location (`graph-api.md 2`).

use std::collections::BTreeSet;
use std::time::Duration;

use http::Method;
use serde_json::{Map, Value, json};
use shared::model::time::Time;

use super::Call;
use super::answer::{Answer, denied, error, no_content, not_found, ok, plain};
use super::world::{Deleted, Licence, Person, World};
use crate::seed::draw;

/// What comes without `$select`.
const DEFAULT: [&str; 11] = [
    "businessPhones", "displayName", "givenName", "id", "jobTitle", "mail", "mobilePhone", "officeLocation", "preferredLanguage",
    "surname", "userPrincipalName",
];
/// People on a page of changes.
const DELTA_PAGE: usize = 200;
/// A place in the order of changes is remembered so long.
const TOKEN_LIFE: Duration = Duration::from_secs(7 * 24 * 3_600);

/// Where a round of changes stands; travels in the link as one opaque word.
#[derive(serde::Serialize, serde::Deserialize)]
struct DeltaToken {
    select: String,
    /// Changes after this place.
    after: u64,
    /// Up to this place; beyond it the next round begins.
    until: u64,
    issued: Time,
    /// Pages of this round already given.
    page: u32,
}

impl World {
    /// Everything outside `/admin/teams`.
    pub fn directory(&mut self, call: &Call<'_>, path: &str, roles: &BTreeSet<String>) -> Answer {
        let may_read = roles.contains("User.Read.All") || roles.contains("User.ReadWrite.All");
        let parts: Vec<&str> = path.split('/').collect();
        let read = call.method == Method::GET;
        let post = call.method == Method::POST;
        let answer = match parts.as_slice() {
            ["users"] if read && may_read => self.list(call),
            ["users", "$count"] if read && may_read => self.count(call),
            ["users", "delta"] if read && may_read => self.delta(call),
            ["users", id] if read && may_read => self.one(call, id),
            ["users", ..] if read => denied(),
            ["users", id] if call.method == Method::PATCH => self.patch(call, id, roles),
            ["users", id, "assignLicense"] if post => self.assign_licence(call, id, roles),
            ["subscribedSkus"] if read => self.subscribed_skus(roles),
            _ => error(400, "BadRequest", &format!("Resource not found for the segment '{path}'.")),
        };
        let units = if path == "subscribedSkus" { 3 } else { 1 };
        let used = f64::from(u32::try_from(self.writes.len()).unwrap_or(u32::MAX)) / 3_000.0;
        let answer = answer.with("x-ms-resource-unit", units.to_string());
        if !read && used >= 0.8 { answer.with("x-ms-throttle-limit-percentage", format!("{used:.2}")) } else { answer }
    }

    fn list(&self, call: &Call<'_>) -> Answer {
        let Ok(top) = call.query.get("$top").map_or(Ok(100), |top| top.parse::<usize>()) else {
            return error(400, "Request_BadRequest", "Invalid value for $top.");
        };
        if !(1..=999).contains(&top) {
            return error(400, "Request_UnsupportedQuery", "Invalid page size specified. Must be between 1 and 999 inclusive.");
        }
        let select = call.query.get("$select").map(String::as_str);
        let after = call.query.get("$skiptoken").map(String::as_str).unwrap_or_default();
        let present = self.people.range(after.to_owned()..).filter(|(id, person)| person.deleted.is_none() && id.as_str() != after);
        let mut page: Vec<(&String, &Person)> = present.take(top + 1).collect();
        let more = page.len() > top;
        page.truncate(top);
        let value: Vec<Value> = page.iter().map(|(id, person)| self.shown(id, person, select)).collect();
        let mut body = json!({"value": value});
        if let (true, Some((last, _))) = (more, page.last()) {
            let select = select.map(|select| format!("&$select={select}")).unwrap_or_default();
            body["@odata.nextLink"] = json!(format!("{}/v1.0/users?$top={top}{select}&$skiptoken={last}", self.options.base_url));
        }
        ok(body)
    }

    fn count(&self, call: &Call<'_>) -> Answer {
        if call.consistency != "eventual" {
            return error(400, "Request_BadRequest", "$count is not currently supported.");
        }
        plain(self.people.values().filter(|person| person.deleted.is_none()).count().to_string())
    }

    fn one(&self, call: &Call<'_>, id: &str) -> Answer {
        match self.people.get(id).filter(|person| person.deleted.is_none()) {
            Some(person) => ok(self.shown(id, person, call.query.get("$select").map(String::as_str))),
            None => not_found(id),
        }
    }

    /// A round of changes. The first page of some rounds is empty, and somebody may come twice.
    fn delta(&self, call: &Call<'_>) -> Answer {
        let now = self.clock.now();
        let newest = self.next_change - 1;
        let link = |name: &str, token: &DeltaToken| {
            let word: String = json!(token).to_string().bytes().map(|byte| format!("{byte:02x}")).collect();
            json!(format!("{}/v1.0/users/delta?${name}={word}", self.options.base_url))
        };
        let select = call.query.get("$select").cloned().unwrap_or_default();
        let start = |after, until| DeltaToken { select: select.clone(), after, until, issued: now, page: 0 };
        let given = |name: &str| call.query.get(name).and_then(|word| read_token(word));
        let mut token = match (call.query.get("$deltatoken").map(String::as_str), given("$skiptoken")) {
            (Some("latest"), _) => {
                return ok(json!({"value": [], "@odata.deltaLink": link("deltatoken", &start(newest, newest))}));
            }
            (Some(_), _) => match given("$deltatoken") {
                Some(token) if now.since(token.issued) <= TOKEN_LIFE => DeltaToken { until: newest, page: 0, ..token },
                Some(_) => return error(410, "syncStateNotFound", "The sync state is not found, please resync."),
                None => return error(400, "Request_BadRequest", "Badly formed token."),
            },
            (None, Some(token)) => token,
            (None, None) => start(0, newest),
        };
        let chance = draw(self.options.seed ^ token.until, u64::from(token.page));
        let empty = token.page == 0 && chance % 8 == 0 && token.after < token.until;
        let most = if empty { 0 } else { DELTA_PAGE };
        let changed: Vec<(u64, &String)> =
            self
            .changes
            .range(token.after + 1..)
            .take_while(|(place, _)| **place <= token.until)
            .map(|(place, id)| (*place, id))
            .take(most)
            .collect();
        let done = !empty && changed.len() < DELTA_PAGE;
        let mut value: Vec<Value> = changed.iter().filter_map(|(_, id)| self.changed(id, &token.select)).collect();
        if chance % 3 == 0
            && let Some(again) = value.first().cloned()
        {
            value.push(again);
        }
        token.after = changed.last().map_or(token.after, |(place, _)| *place);
        token.page += 1;
        let mut body = json!({ "value": value });
        if done {
            token.after = token.until;
            token.issued = now;
            body["@odata.deltaLink"] = link("deltatoken", &token);
        } else {
            body["@odata.nextLink"] = link("skiptoken", &token);
        }
        ok(body)
    }

    /// Somebody as a page of changes shows them: everything selected that is set; licence states are not tracked.
    fn changed(&self, id: &str, select: &str) -> Option<Value> {
        let person = self.people.get(id)?;
        match person.deleted {
            Some(Deleted::Soft) => Some(json!({"id": id, "@removed": {"reason": "changed"}})),
            Some(Deleted::Hard) => Some(json!({"id": id, "@removed": {"reason": "deleted"}})),
            None => {
                let names: Vec<&str> = select.split(',').filter(|name| *name != "licenseAssignmentStates").collect();
                let mut shown = self.shown(id, person, Some(&names.join(",")));
                if let Some(fields) = shown.as_object_mut() {
                    fields.retain(|_, value| !value.is_null());
                }
                Some(shown)
            }
        }
    }

    /// Somebody as reads show them now.
    pub fn shown(&self, id: &str, person: &Person, select: Option<&str>) -> Value {
        let now = self.clock.now();
        let (properties, licences) = match &person.stale {
            Some((until, properties, licences)) if now < *until => (properties, licences),
            Some(_) | None => (&person.properties, &person.licences),
        };
        let names: Vec<&str> = match select {
            Some(select) if !select.is_empty() => select.split(',').collect(),
            Some(_) | None => DEFAULT.to_vec(),
        };
        let mut shown = Map::new();
        shown.insert("id".to_owned(), json!(id));
        for name in names {
            let value = match name {
                "id" => continue,
                "assignedLicenses" => assigned(licences),
                "licenseAssignmentStates" => states(licences),
                _ => properties.get(name).cloned().unwrap_or(Value::Null),
            };
            shown.insert(name.to_owned(), value);
        }
        Value::Object(shown)
    }

    fn patch(&mut self, call: &Call<'_>, id: &str, roles: &BTreeSet<String>) -> Answer {
        let body = match call.json() {
            Ok(body) => body,
            Err(answer) => return answer,
        };
        let Some(person) = self.people.get(id).filter(|person| person.deleted.is_none()) else { return not_found(id) };
        let Some(fields) = body.as_object().filter(|fields| fields.len() == 1 && fields.contains_key("usageLocation")) else {
            return error(400, "Request_BadRequest", "Only usageLocation can be changed here.");
        };
        let location = fields["usageLocation"].as_str().unwrap_or_default();
        let same = person.properties.get("usageLocation").and_then(Value::as_str) == Some(location);
        // R54: writing what is there already succeeds even without permission.
        if !same && (!roles.contains("User.ReadWrite.All") || person.protected) {
            return denied();
        }
        if location.len() != 2 || !location.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return error(400, "Request_BadRequest", "Invalid value specified for property 'usageLocation' of resource 'User'.");
        }
        if !same {
            let known = self.clock.now() + self.within(id, 3, self.options.location_lag);
            let location = location.to_owned();
            self.change_over_the_wire(id, "set usage location", |person| {
                person.properties.insert("usageLocation".to_owned(), json!(location));
                person.location_known_at = Some(known);
            });
        }
        no_content()
    }
}

fn read_token(word: &str) -> Option<DeltaToken> {
    let bytes: Option<Vec<u8>> =
        (0..word.len()).step_by(2).map(|at| u8::from_str_radix(word.get(at..at + 2)?, 16).ok()).collect();
    serde_json::from_slice(&bytes?).ok()
}

fn assigned(licences: &[Licence]) -> Value {
    let mut seen = BTreeSet::new();
    licences
        .iter()
        .filter(|licence| seen.insert(&licence.sku))
        .map(|licence| json!({"skuId": licence.sku, "disabledPlans": licence.disabled}))
        .collect()
}

fn states(licences: &[Licence]) -> Value {
    let state = |licence: &Licence| {
        json!({
            "skuId": licence.sku, "disabledPlans": licence.disabled, "assignedByGroup": licence.group,
            "state": "Active", "error": "None",
        })
    };
    licences.iter().map(state).collect()
}
