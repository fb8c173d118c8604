//! Telephone numbers: list, one, orders and what becomes of them (`graph-api.md 5.3`).

use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode, header};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::address::{encode, id_in_path, is_id};
use super::answer::{Said, tame};
use super::client::{Call, Graph, Receipt, Target};
use super::pace::Bucket;
use super::page::{Fields, Page, Short, Tolerant, body, unreadable, unwrapped};
use super::teams::read;
use crate::error::{Error, Kind, Refusal, Result};
use crate::model::microsoft::UserId;
use crate::model::number::{E164, Number, NumberRefusal, Operation};

const NUMBERS: &str = "/admin/teams/telephoneNumberManagement/numberAssignments";
const OPERATIONS: &str = "/admin/teams/telephoneNumberManagement/operations";
/// The largest page that Microsoft gives.
const PAGE: usize = 1_000;
/// A list that goes on behind so many has no end.
const MOST_NUMBERS: usize = 10_000_000;
/// An id of an operation is a text of this length at most.
const LONGEST_ID: usize = 512;

/// Where to read the list of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumbersFrom {
    /// From its beginning.
    First,
    /// From where the page before says.
    Next(String),
}

/// A page of the list of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumbersPage {
    /// What stands on it.
    pub numbers: Vec<Number>,
    /// Elements that are no number, left out.
    pub skipped: usize,
    /// Where it goes on: Microsoft's link, or the path of the next page where it gives none. `None` = this was the last.
    pub next: Option<String>,
}

/// An order that Microsoft has taken. It is carried out later, or fails then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordered {
    /// For Microsoft's support.
    pub receipt: Receipt,
    /// By which its outcome can be asked for; `None` = the answer named none that can be used, only reading the number tells.
    pub operation: Option<String>,
}

/// What is changed about a number that is not who holds it. `None` keeps, an empty text clears.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberUpdate {
    /// Id of the emergency location.
    pub location: Option<String>,
    /// Id of the network site.
    pub network_site: Option<String>,
}

impl Graph {
    /// A page of the list of all numbers. The list may skip or repeat numbers while it changes. Where Microsoft gives no link it
    /// goes on behind what was read, until a page is empty.
    pub async fn numbers_page(&self, from: NumbersFrom) -> Result<NumbersPage> {
        let first = || format!("{NUMBERS}?$top={PAGE}&$skip=0");
        let place = match from {
            NumbersFrom::First => first(),
            NumbersFrom::Next(place) => place,
        };
        let skip = skipped_by(&place);
        let (target, followed) = match skip {
            Some(_) => (Target::Path(place.clone()), None),
            None => (Target::Link(&place), Some(place.as_str())),
        };
        let what = "reading the list of telephone numbers";
        let answer = self
            .send(Call {
                bucket: Bucket::Teams,
                ..Call::read(target, 1)
            })
            .await?;
        let (elements, next) = list(&answer, what)?;
        let numbers: Vec<Number> = elements
            .iter()
            .filter_map(|element| number(element))
            .collect();
        let behind = skip
            .map(|skip| skip + elements.len())
            .filter(|_| !elements.is_empty());
        if behind.is_some_and(|behind| behind > MOST_NUMBERS) {
            return Err(Error::new(Kind::Invalid, format!("{what}: it has no end")));
        }
        let next = next.map(|link| self.onward(followed, link)).transpose()?;
        Ok(NumbersPage {
            skipped: elements.len() - numbers.len(),
            numbers,
            next: next
                .or_else(|| behind.map(|behind| format!("{NUMBERS}?$top={PAGE}&$skip={behind}"))),
        })
    }

    /// One number; `None` = the tenant does not list it. A number of Direct Routing may be used all the same.
    pub async fn number(&self, number: &E164) -> Result<Option<Number>> {
        let found = self
            .numbers_where("telephoneNumber", number.as_str())
            .await?;
        Ok(found.into_iter().find(|one| one.number == *number))
    }

    /// The numbers that a person holds.
    pub async fn numbers_of(&self, person: &UserId) -> Result<Vec<Number>> {
        let id = id_in_path(&person.0)?;
        let found = self.numbers_where("assignmentTargetId", id).await?;
        Ok(found
            .into_iter()
            .filter(|one| one.is_held_by(person))
            .collect())
    }

    async fn numbers_where(&self, property: &str, value: &str) -> Result<Vec<Number>> {
        let path = format!("{NUMBERS}?$filter={property}%20eq%20'{}'", encode(value));
        let answer = self.send(read(path)).await?;
        let (elements, _) = list(&answer, "looking for a telephone number")?;
        Ok(elements
            .iter()
            .filter_map(|element| number(element))
            .collect())
    }

    /// Orders that a person gets a number. Enterprise voice comes with it. Not repeatable by itself: read the number first.
    /// [`Refusal::Number`] says why an order is not taken, as far as that is understood.
    pub async fn assign_number(
        &self,
        number: &E164,
        kind: &str,
        person: &UserId,
        category: &str,
        location: Option<&str>,
    ) -> Result<Ordered> {
        let mut order = json!({
            "telephoneNumber": number, "assignmentTargetId": id_in_path(&person.0)?,
            "numberType": kind, "assignmentCategory": category,
        });
        if let Some(location) = location {
            order["locationId"] = json!(location);
        }
        self.order("assignNumber", order).await
    }

    /// Orders that a number becomes free. **It is taken from whoever holds it**: read it immediately before.
    pub async fn unassign_number(&self, number: &E164, kind: &str) -> Result<Ordered> {
        let order = json!({"telephoneNumber": number, "numberType": kind});
        self.order("unassignNumber", order).await
    }

    /// Changes where a number is, at once; its holder stays.
    pub async fn update_number(&self, number: &E164, update: &NumberUpdate) -> Result<Receipt> {
        let mut change = json!({"telephoneNumber": number});
        for (name, value) in [
            ("locationId", &update.location),
            ("networkSiteId", &update.network_site),
        ] {
            if let Some(value) = value {
                change[name] = json!(value);
            }
        }
        self.change(ordering("updateNumber", change)).await
    }

    /// What has become of an order; `None` = Microsoft does not know it any more (or never did): only reading the number tells.
    pub async fn operation(&self, id: &str) -> Result<Option<Operation>> {
        let Some(answer) = self
            .find(read(format!("{OPERATIONS}/{}", encode(id))), None)
            .await?
        else {
            return Ok(None);
        };
        let what = "asking what became of an order of a telephone number";
        let Some(entity) = unwrapped(body(&answer, what)?) else {
            return Ok(None);
        };
        let fields = Fields::of(entity).ok_or_else(|| unreadable(what))?;
        let status = fields
            .get::<Short>("status")
            .ok_or_else(|| unreadable(what))?
            .0;
        let is = |word: &str| status.eq_ignore_ascii_case(word);
        if is("succeeded") {
            return Ok(Some(Operation::Succeeded));
        }
        if !is("failed") && !is("skipped") {
            // `notStarted`, `running`, or a newer word: the number itself tells in the end.
            return Ok(Some(Operation::Pending));
        }
        let parts: Option<Tolerant<Value>> = fields.get("numbers");
        let parts = parts.map(|parts| parts.0).unwrap_or_default();
        let detail = parts
            .iter()
            .find_map(|part| part["statusDetail"].as_str())
            .unwrap_or_default();
        Ok(Some(Operation::Failed(
            NumberRefusal::of(detail),
            tame(detail),
        )))
    }

    async fn order(&self, verb: &str, order: Value) -> Result<Ordered> {
        let call = ordering(verb, order);
        let answer = self.ask(&call).await?;
        if answer.status() == StatusCode::BAD_REQUEST
            && let Some(refusal) = NumberRefusal::of(Said::read(answer.body()).message())
        {
            let kind = match refusal {
                // It may have come through in spite of it.
                NumberRefusal::Transient => Kind::UnknownOutcome,
                NumberRefusal::NotFound
                | NumberRefusal::Unlicensed
                | NumberRefusal::UnknownNumber
                | NumberRefusal::Taken
                | NumberRefusal::OnPremises => Kind::Refused(Refusal::Number(refusal)),
            };
            return Err(Error::new(kind, format!("{verb}: {refusal}")));
        }
        let answer = self.done(&call, answer)?;
        Ok(Ordered {
            receipt: Receipt::of(&answer),
            operation: self.operation_id(answer.headers()),
        })
    }

    /// The id at the end of the `Location` of an order, as `operations('{id}')` or `operations/{id}`. One on another host is not
    /// ours to follow.
    fn operation_id(&self, headers: &HeaderMap) -> Option<String> {
        let location = headers.get(header::LOCATION)?.to_str().ok()?;
        let path = self.link_path(location).ok()?;
        let (_, last) = path.trim_end_matches('/').rsplit_once("/operations")?;
        let id = match last.strip_prefix('/') {
            Some(id) => id,
            None => last.strip_prefix("('")?.strip_suffix("')")?,
        };
        let id = percent_decoded(id)?;
        let fits =
            (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then_some(id)
    }
}

/// How many numbers were read before this page; `None` for a link of Microsoft's.
fn skipped_by(place: &str) -> Option<usize> {
    place
        .strip_prefix(NUMBERS)?
        .rsplit_once("$skip=")?
        .1
        .parse()
        .ok()
}

fn ordering(verb: &str, order: Value) -> Call<'static> {
    Call {
        bucket: Bucket::Teams,
        ..Call::write(Method::POST, format!("{NUMBERS}/{verb}"), order)
    }
}

/// A text in which `%` stands before two hexadecimal digits; `None` if it does not, or is no UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let value = digit(rest.next())? * 16 + digit(rest.next())?;
        bytes.push(u8::try_from(value).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// The elements of a list and the link to its rest; a list of one may come as that one.
fn list<'a>(
    answer: &'a Response<Bytes>,
    what: &str,
) -> Result<(Vec<&'a RawValue>, Option<String>)> {
    let whole: &RawValue = body(answer, what)?;
    let fields = Fields::of(whole).ok_or_else(|| unreadable(what))?;
    match fields.get::<&RawValue>("value") {
        Some(value) if value.get().starts_with('{') => Ok((vec![value], None)),
        Some(_) | None => {
            let page: Page = body(answer, what)?;
            Ok((page.value, page.next))
        }
    }
}

fn number(element: &RawValue) -> Option<Number> {
    let fields = Fields::of(element)?;
    let text = |name| {
        fields
            .get::<Short>(name)
            .map(|text| text.0)
            .filter(|text| !text.is_empty())
    };
    let capabilities: Option<Tolerant<Short>> = fields.get("capabilities");
    Some(Number {
        number: E164::parse(&fields.get::<Short>("telephoneNumber")?.0)?,
        kind: text("numberType").unwrap_or_default(),
        activation: text("activationState").unwrap_or_default(),
        status: text("assignmentStatus").unwrap_or_default(),
        holder: text("assignmentTargetId").filter(|id| is_id(id)),
        category: text("assignmentCategory"),
        capabilities: capabilities
            .into_iter()
            .flat_map(|list| list.0)
            .map(|one| one.0)
            .collect(),
        source: text("numberSource").unwrap_or_default(),
        port_in: text("portInStatus"),
        country: text("isoCountryCode"),
        city: text("city"),
        location: text("locationId"),
    })
}

#[cfg(test)]
mod tests;
