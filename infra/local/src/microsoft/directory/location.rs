//! What may be changed about somebody: the usage location, whether they may sign in, their sessions (`graph-api.md 2.6`, `2.7`).

use serde_json::{Map, Value, json};

use crate::microsoft::state::record::Recorded;
use crate::microsoft::state::world::World;
use crate::microsoft::wire::answer::{Answer, Family, Refusal};
use crate::microsoft::wire::request::Request;

/// Every ISO 3166-1 alpha-2 code.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG \
    GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ \
    LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR \
    NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ \
    TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

impl World {
    /// The usage location, and whether somebody may sign in. Who may write no people may still do the latter.
    pub(crate) fn update_user(
        &mut self,
        key: &str,
        request: &Request,
        writes_people: bool,
    ) -> Result<Answer, Refusal> {
        let id = self.writable(key, Family::Directory, &[])?;
        let body: Map<String, Value> = serde_json::from_value(request.json()?)
            .map_err(|_| Refusal::bad_request("Expected an object as the body of the request."))?;
        let location = location(&body)?;
        let enabled = match body.get("accountEnabled") {
            None => None,
            Some(Value::Bool(enabled)) => Some(*enabled),
            Some(_) => return Err(invalid("accountEnabled")),
        };
        let known = ["usageLocation", "accountEnabled"];
        // Microsoft's SDKs send the type of what they send along.
        let mut others = body.keys().filter(|name| !name.starts_with("@odata."));
        if let Some(other) = others.find(|name| !known.contains(&name.as_str())) {
            return Err(Refusal::bad_request(format!(
                "Property '{other}' is read-only and cannot be set."
            )));
        }
        if location.is_some() && !writes_people {
            return Err(Refusal::denied(Family::Directory, &[]));
        }
        if let Some(location) = location {
            let lag = self.lag(&id, self.options.staleness);
            let before = self.set_location(&id, location.as_deref(), lag);
            let (before, after) = (
                json!({"usageLocation": before}),
                json!({"usageLocation": location}),
            );
            self.updated(request, &id, before, after);
        }
        if let Some(enabled) = enabled {
            let before = self.set_enabled(&id, enabled);
            let (before, after) = (
                json!({"accountEnabled": before}),
                json!({"accountEnabled": enabled}),
            );
            self.updated(request, &id, before, after);
        }
        Ok(Answer::no_content())
    }

    /// Nobody goes on with the sessions they have.
    pub(crate) fn revoke_sessions(
        &mut self,
        key: &str,
        request: &Request,
    ) -> Result<Answer, Refusal> {
        let id = self.writable(key, Family::Directory, &[])?;
        let before = self.people.get(&id).map_or(0, |person| person.revocations);
        self.touch(&id, |person| person.revocations += 1);
        let (before, after) = (
            json!({"revocations": before}),
            json!({"revocations": before + 1}),
        );
        self.updated(request, &id, before, after);
        let context = self.context("Edm.Boolean");
        Ok(Answer::ok(
            json!({"@odata.context": context, "value": true}),
        ))
    }

    fn updated(&mut self, request: &Request, id: &str, before: Value, after: Value) {
        self.record(Recorded {
            at: self.now(),
            request: request.line(),
            person: id.to_owned(),
            before,
            after,
        });
    }

    /// Answers what was before.
    fn set_enabled(&mut self, id: &str, enabled: bool) -> Option<Value> {
        let property = "accountEnabled";
        let person = self.people.get(id)?;
        let before = person.directory.truth().properties.get(property).cloned();
        let lag = self.lag(id, self.options.staleness);
        self.change_directory(id, lag, &[property], |directory| {
            directory.properties.insert(property.into(), json!(enabled));
        });
        before
    }

    /// Sets or clears the location; the licence service learns of a first one later. Answers the one before.
    pub(crate) fn set_location(
        &mut self,
        id: &str,
        location: Option<&str>,
        lag: std::time::Duration,
    ) -> Option<String> {
        let known = self.now() + self.options.location_lag;
        let before = self.people.get(id).and_then(|person| {
            person
                .directory
                .truth()
                .text("usageLocation")
                .map(String::from)
        });
        if before.as_deref() != location {
            self.touch(id, |person| {
                person.licensable_from = location.map(|_| person.licensable_from.unwrap_or(known));
            });
            self.change_directory(id, lag, &["usageLocation"], |directory| {
                match location {
                    Some(code) => directory
                        .properties
                        .insert("usageLocation".into(), json!(code)),
                    None => directory.properties.remove("usageLocation"),
                };
            });
        }
        before
    }
}

/// The location that a body sets, or clears; `None` = it does neither.
fn location(body: &Map<String, Value>) -> Result<Option<Option<String>>, Refusal> {
    match body.get("usageLocation") {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(Value::String(code)) if is_country(code) => Ok(Some(Some(code.clone()))),
        Some(_) => Err(invalid("usageLocation")),
    }
}

fn invalid(property: &str) -> Refusal {
    Refusal::bad_request(format!(
        "Invalid value specified for property '{property}' of resource 'User'."
    ))
}

fn is_country(code: &str) -> bool {
    COUNTRIES.split_whitespace().any(|country| country == code)
}
