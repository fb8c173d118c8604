//! Telephone numbers: the list, one of them, its location (`graph-api.md 5.3.1` to `5.3.3`, `5.3.6`).

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::microsoft::state::number::Number;
use crate::microsoft::state::record::Recorded;
use crate::microsoft::state::world::World;
use crate::microsoft::wire::answer::{Answer, Body, Refusal};
use crate::microsoft::wire::base64;
use crate::microsoft::wire::filter::Filter;
use crate::microsoft::wire::request::{Query, Request};

pub(super) const PATH: &str = "admin/teams/telephoneNumberManagement/numberAssignments";

/// What a filter may compare: everything but `id` and `city`.
#[rustfmt::skip]
const COMPARABLE: [&str; 13] = [
    "telephoneNumber", "operatorId", "numberType", "activationState", "assignmentCategory", "assignmentStatus", "assignmentTargetId",
    "civicAddressId", "locationId", "isoCountryCode", "networkSiteId", "numberSource", "portInStatus",
];

/// The collections in which a filter may look for one text.
const COLLECTIONS: [&str; 3] = [
    "capabilities",
    "reverseNumberLookupOptions",
    "supportedCustomerActions",
];

/// The body of `updateNumber`: an empty text clears, null and absence keep.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    telephone_number: String,
    location_id: Option<String>,
    network_site_id: Option<String>,
    reverse_number_lookup_options: Option<Vec<String>>,
}

impl World {
    /// The list, by `$skip` and `$top`; there is no link to the rest.
    pub(crate) fn list_numbers(&self, request: &Request) -> Result<Answer, Refusal> {
        let query = &request.query;
        query.only(&["$top", "$skip", "$filter"])?;
        let top = query.top(500, 1_000)?;
        let skip = skip(query)?;
        let filter = query.get("$filter").map(parse).transpose()?;
        let named = |name| filter.as_ref().and_then(|filter| only(filter, name));
        // By far the most frequent questions; the numbers are found by what they name.
        let value: Vec<Value> = match (named("telephoneNumber"), named("assignmentTargetId")) {
            (Some(number), _) => self.numbers.get(number).into_iter().collect::<Vec<_>>(),
            (None, Some(holder)) => {
                let held = self.held.get(holder).into_iter().flatten();
                held.filter_map(|number| self.numbers.get(number)).collect()
            }
            (None, None) => self.numbers.values().collect(),
        }
        .into_iter()
        .filter(|number| !number.hidden)
        .filter(|number| {
            filter
                .as_ref()
                .is_none_or(|filter| filter.meets(&|name| self.number_property(number, name)))
        })
        .skip(skip)
        .take(top)
        .map(|number| self.number_entity(number))
        .collect();
        let context = self.context(PATH);
        Ok(Answer::ok(
            json!({"@odata.context": context, "value": value}),
        ))
    }

    /// One number, wrapped in `value` like other single entities of Teams.
    pub(crate) fn get_number(&self, id: &str, request: &Request) -> Result<Answer, Refusal> {
        request.query.only(&[])?;
        let number = base64::decode(id)
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|text| self.numbers.get(text.split_once('|')?.1))
            .filter(|number| self.number_id(number) == id)
            .ok_or_else(|| not_found(&format!("Telephone number '{id}' was not found.")))?;
        let context = self.context(&format!("{PATH}/$entity"));
        Ok(Answer::ok(
            json!({"@odata.context": context, "value": self.number_entity(number)}),
        ))
    }

    /// Where a number is and how it is looked up; who holds it stays.
    pub(crate) fn update_number(&mut self, request: &Request) -> Result<Answer, Refusal> {
        let update: Update = serde_json::from_value(request.json()?)
            .map_err(|_| bad_request("The property 'telephoneNumber' is required."))?;
        let number = self
            .numbers
            .get_mut(&update.telephone_number)
            .ok_or_else(|| {
                not_found(&format!(
                    "Telephone number '{}' was not found.",
                    update.telephone_number
                ))
            })?;
        let before = place(number);
        let set = |field: &mut Option<String>, wish: Option<String>| {
            if let Some(text) = wish {
                *field = Some(text).filter(|text| !text.is_empty());
            }
        };
        set(&mut number.location, update.location_id);
        set(&mut number.site, update.network_site_id);
        if let Some(options) = update.reverse_number_lookup_options {
            number.lookup = options;
        }
        let after = place(number);
        let holder = number.holder.truth().clone();
        self.number_changed(&update.telephone_number);
        self.record(Recorded {
            at: self.now(),
            request: request.line(),
            person: holder.map(|holder| holder.id).unwrap_or_default(),
            before,
            after,
        });
        Ok(Answer {
            status: StatusCode::OK,
            headers: Vec::new(),
            body: Body::Empty,
        })
    }

    /// The opaque id of a number.
    pub(super) fn number_id(&self, number: &Number) -> String {
        let operator = self.chance.guid("operator", &number.kind, 0);
        base64::encode(format!("{operator}|{}", number.number))
    }

    fn number_entity(&self, number: &Number) -> Value {
        let names = COMPARABLE.into_iter().chain(COLLECTIONS);
        let mut entity: serde_json::Map<String, Value> = names
            .map(|name| (name.to_owned(), self.number_property(number, name)))
            .collect();
        entity.insert("id".into(), json!(self.number_id(number)));
        entity.insert("city".into(), json!(number.city));
        Value::Object(entity)
    }

    fn number_property(&self, number: &Number, name: &str) -> Value {
        let holder = number.holder.seen(self.now()).as_ref();
        match name {
            "telephoneNumber" => json!(number.number),
            "operatorId" => json!(self.chance.guid("operator", &number.kind, 0)),
            "numberType" => json!(number.kind),
            "activationState" => json!("activated"),
            "assignmentCategory" => json!(holder.map(|holder| &holder.category)),
            "assignmentStatus" => json!(match holder {
                None => "unassigned",
                Some(holder) if self.people.contains_key(&holder.id) => "userAssigned",
                Some(_) => "voiceApplicationAssigned",
            }),
            "assignmentTargetId" => json!(holder.map(|holder| &holder.id)),
            "locationId" => json!(number.location),
            "civicAddressId" => json!(
                number
                    .location
                    .as_ref()
                    .map(|location| self.chance.guid("address", location, 0))
            ),
            "isoCountryCode" => json!(number.country),
            "networkSiteId" => json!(number.site),
            "numberSource" => json!("online"),
            "capabilities" => json!(number.capabilities),
            "reverseNumberLookupOptions" => json!(number.lookup),
            "supportedCustomerActions" => json!(["locationUpdate", "release"]),
            _ => Value::Null,
        }
    }
}

fn place(number: &Number) -> Value {
    json!({
        "number": number.number,
        "locationId": number.location,
        "networkSiteId": number.site,
        "reverseNumberLookupOptions": number.lookup,
    })
}

fn skip(query: &Query) -> Result<usize, Refusal> {
    let Some(text) = query.get("$skip") else {
        return Ok(0);
    };
    text.parse()
        .map_err(|_| bad_request(format!("Invalid value '{text}' for $skip.")))
}

/// The documented forms: equality, `any` with equality, joined by `and`.
fn parse(text: &str) -> Result<Filter, Refusal> {
    let known = |part: &&Filter| {
        if let Filter::Any(path, name, condition) = part {
            let inner = condition.equality().map(|(inner, _)| inner);
            return COLLECTIONS.contains(&path.as_str()) && inner == Some(name);
        }
        part.equality()
            .is_some_and(|(path, _)| COMPARABLE.contains(&path))
    };
    Filter::parse(text)
        .filter(|filter| !matches!(filter, Filter::Or(_)) && filter.parts().iter().all(known))
        .ok_or_else(|| bad_request(format!("The filter '{text}' is not supported.")))
}

/// The one value of a property that a filter asks for.
fn only<'a>(filter: &'a Filter, property: &str) -> Option<&'a str> {
    let mut equalities = filter.parts().into_iter().filter_map(Filter::equality);
    let (_, value) = equalities.find(|(path, _)| *path == property)?;
    value.as_str()
}

pub(super) fn bad_request(message: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "BadRequest", message)
}

pub(super) fn not_found(message: &str) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "NotFound", message)
}
