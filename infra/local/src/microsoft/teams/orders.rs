//! Assigning and unassigning numbers: accepted at once, carried out later, watched as an operation (`graph-api.md 5.3.4` to `5.3.7`).
//!
//! What Microsoft leaves open is decided here as the careful client must expect it: a person whose category is taken loses the
//! number before, a number that they hold already has been assigned to another user, and one that is free cannot be unassigned.

use serde::Deserialize;
use serde_json::json;

use super::numbers::{PATH, bad_request, not_found};
use crate::microsoft::state::number::{Holder, Number};
use crate::microsoft::state::order::{Order, OrderFate, Outcome};
use crate::microsoft::state::person::Life;
use crate::microsoft::state::world::World;
use crate::microsoft::wire::answer::{Answer, Family, Refusal, stamp};
use crate::microsoft::wire::base64;
use crate::microsoft::wire::endpoint::Endpoint;
use crate::microsoft::wire::request::Request;

const OPERATIONS: &str = "admin/teams/telephoneNumberManagement/operations";

const TYPES: [&str; 3] = ["directRouting", "callingPlan", "operatorConnect"];
const CATEGORIES: [&str; 3] = ["primary", "private", "alternate"];

/// The body of `assignNumber`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assignment {
    telephone_number: String,
    assignment_target_id: String,
    number_type: String,
    assignment_category: Option<String>,
    location_id: Option<String>,
}

/// The body of `unassignNumber`: keyed by the number alone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Unassignment {
    telephone_number: String,
    number_type: String,
}

impl World {
    pub(crate) fn assign_number(&mut self, request: &Request) -> Result<Answer, Refusal> {
        let body: Assignment = serde_json::from_value(request.json()?).map_err(|_| {
            bad_request("The properties 'telephoneNumber', 'assignmentTargetId' and 'numberType' are required.")
        })?;
        let category = body.assignment_category.unwrap_or_else(|| "primary".into());
        if !CATEGORIES.contains(&category.as_str()) {
            return Err(bad_request(format!(
                "Invalid assignment category '{category}'."
            )));
        }
        check(&body.telephone_number, &body.number_type)?;
        self.touchable(&body.assignment_target_id, Endpoint::AssignNumber)?;
        let to = Holder {
            id: body.assignment_target_id,
            category,
        };
        let id = self.accept(
            request,
            body.telephone_number,
            body.number_type,
            Some(to),
            body.location_id,
        );
        Ok(self.accepted(&id))
    }

    pub(crate) fn unassign_number(&mut self, request: &Request) -> Result<Answer, Refusal> {
        let body: Unassignment = serde_json::from_value(request.json()?).map_err(|_| {
            bad_request("The properties 'telephoneNumber' and 'numberType' are required.")
        })?;
        check(&body.telephone_number, &body.number_type)?;
        let known = self.numbers.get(&body.telephone_number);
        let holder = known
            .and_then(|number| number.holder.truth().clone())
            .ok_or_else(|| {
                not_found(&format!(
                    "Telephone number '{}' is not assigned.",
                    body.telephone_number
                ))
            })?;
        self.touchable(&holder.id, Endpoint::UnassignNumber)?;
        let id = self.accept(request, body.telephone_number, body.number_type, None, None);
        Ok(self.accepted(&id))
    }

    pub(crate) fn get_operation(&self, id: &str, request: &Request) -> Result<Answer, Refusal> {
        request.query.only(&[])?;
        let now = self.now();
        let order = self.orders.all.get(id).filter(|order| {
            let unknown = matches!(order.fate, Some(OrderFate::Lost | OrderFate::Forgotten));
            !unknown && now.since(order.created) <= self.options.operation_life
        });
        let order = order.ok_or_else(|| not_found(&format!("Operation '{id}' was not found.")))?;
        let (status, detail) = order.status(now);
        let number = self.numbers.get(&order.number).map(|number| {
            format!(
                "{}/v1.0/{PATH}('{}')",
                self.options.base_url,
                self.number_id(number)
            )
        });
        let context = self.context(&format!("{OPERATIONS}/$entity"));
        Ok(Answer::ok(json!({
            "@odata.context": context,
            "value": {
                "id": order.id,
                "createdDateTime": stamp(order.created),
                "status": status,
                "numbers": [{"resourceLocation": number, "status": status, "statusDetail": detail}],
            },
        })))
    }

    /// Carries an order out, whatever has become of number and person since it was accepted.
    pub(crate) fn carry_out(&mut self, id: &str) {
        let Some(order) = self.orders.all.get(id).cloned() else {
            return;
        };
        let outcome = match self.judge_order(&order) {
            Ok(()) => {
                self.fulfil(&order);
                Outcome::Done
            }
            Err(why) => Outcome::Failed(why),
        };
        if let Some(order) = self.orders.all.get_mut(id) {
            order.outcome = Some(outcome);
            self.order_changed(id);
        }
    }

    /// Remembers an order; answers its id.
    fn accept(
        &mut self,
        request: &Request,
        number: String,
        kind: String,
        to: Option<Holder>,
        location: Option<String>,
    ) -> String {
        let nth = self.orders.all.len() as u64;
        let what = if to.is_some() {
            "Assignment"
        } else {
            "Unassignment"
        };
        let id = base64::encode(format!(
            "{what}|{}",
            self.chance.guid("order", &number, nth)
        ));
        let (least, longest) = self.options.number_delay;
        let delay = self
            .chance
            .span(least, longest, "number order", &number, nth);
        let created = self.now();
        let fate = self.orders.fates.pop_front();
        let delay = match fate {
            Some(OrderFate::Late(span)) => span,
            _ => delay,
        };
        let order = Order {
            id: id.clone(),
            number,
            kind,
            to,
            location,
            request: request.line(),
            created,
            starts: created + delay / 4,
            due: created + delay,
            fate,
            outcome: None,
        };
        if order.is_open() {
            self.order_due(order.due, &id);
        }
        self.orders.all.insert(id.clone(), order);
        self.order_changed(&id);
        id
    }

    fn accepted(&self, id: &str) -> Answer {
        Answer::accepted(format!(
            "{}/v1.0/{OPERATIONS}('{id}')",
            self.options.base_url
        ))
    }

    /// Whether an order is possible now.
    ///
    /// # Errors
    /// The text of `statusDetail` (`graph-api.md 10`).
    fn judge_order(&self, order: &Order) -> Result<(), String> {
        if let Some(OrderFate::Denied(why)) = &order.fate {
            return Err(why.clone());
        }
        let number = self
            .numbers
            .get(&order.number)
            .filter(|number| number.kind == order.kind)
            .ok_or_else(|| {
                let tenant = &self.options.tenant_id;
                format!(
                    "Telephone number {} is not found from tenant {tenant}.",
                    order.number
                )
            })?;
        match (&order.to, number.holder.truth()) {
            (Some(to), None) => self.judge_target(&to.id, number),
            (Some(_), Some(_)) => Err(format!(
                "Telephone number {} has already been assigned to another user.",
                order.number
            )),
            (None, Some(_)) => Ok(()),
            (None, None) => Err(format!(
                "NotFound: telephone number {} is not assigned.",
                order.number
            )),
        }
    }

    fn judge_target(&self, id: &str, number: &Number) -> Result<(), String> {
        let now = self.now();
        let person = self
            .people
            .get(id)
            .filter(|person| person.life == Life::Present && person.teams.is_eligible(now))
            .ok_or_else(|| format!("NotFound: user {id} was not found."))?;
        let features = self.features(person, now);
        let planned = number.kind != "callingPlan" || features.contains(&"CallingPlan");
        if !features.contains(&"PhoneSystem") || !planned {
            return Err(format!(
                "User {id} lacks appropriate licenses to assign a telephone number of type {}.",
                number.kind
            ));
        }
        let location = person.directory.truth().text("usageLocation");
        if number.kind == "callingPlan" && number.country.as_deref() != location {
            return Err(format!(
                "The country of telephone number {} is not the usage location of user {id}.",
                number.number
            ));
        }
        Ok(())
    }

    fn fulfil(&mut self, order: &Order) {
        let lags = (self.options.staleness, self.options.policy_delay);
        if let Some(to) = &order.to {
            let lines = self.people.get(&to.id).map(|person| person.lines.truth());
            let before = lines
                .into_iter()
                .flatten()
                .find(|line| line.category == to.category)
                .map(|line| line.number.clone());
            if let Some(before) = before {
                self.move_number(&before, None, lags, Some(&order.request));
            }
            if let Some(number) = self.numbers.get_mut(&order.number) {
                number.location = order.location.clone().or(number.location.take());
            }
        }
        self.move_number(&order.number, order.to.clone(), lags, Some(&order.request));
    }

    /// Whoever is protected is so here as well; who is not there fails later.
    fn touchable(&self, id: &str, endpoint: Endpoint<'_>) -> Result<(), Refusal> {
        match self.people.get(id) {
            Some(person) if person.protected => {
                Err(Refusal::denied(Family::Teams, endpoint.roles()))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// What is refused at once: a number that is none, a type that there is not.
fn check(number: &str, kind: &str) -> Result<(), Refusal> {
    let digits = number
        .split(';')
        .next()
        .and_then(|plain| plain.strip_prefix('+'));
    if !digits.is_some_and(|digits| {
        (2..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
    }) {
        return Err(bad_request(format!(
            "'{number}' is not a telephone number in E.164 format."
        )));
    }
    if TYPES.contains(&kind) {
        Ok(())
    } else {
        Err(bad_request(format!("Invalid number type '{kind}'.")))
    }
}
