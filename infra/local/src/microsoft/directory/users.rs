//! Users: the list, one of them, how many (`graph-api.md 2.1`, `2.5`).

use std::ops::Bound;

use http::StatusCode;
use serde_json::{Value, json};

use super::properties::selected;
use crate::microsoft::state::person::{Life, Person};
use crate::microsoft::state::world::World;
use crate::microsoft::wire::answer::{Answer, Refusal};
use crate::microsoft::wire::link::{After, seal, unseal};
use crate::microsoft::wire::request::{Query, Request};

impl World {
    pub(crate) fn list_users(&self, request: &Request) -> Result<Answer, Refusal> {
        request.query.only(&["$select", "$top", "$skiptoken"])?;
        let names = selected(&request.query)?;
        let top = request.query.top(100, 999)?;
        let after = after(&request.query)?;
        let people = self
            .people
            .range::<str, _>((Bound::Excluded(after.id.as_str()), Bound::Unbounded));
        let present = people
            .map(|(_, person)| person)
            .filter(|person| person.life == Life::Present);
        let (page, next) = self.page("users", &after, top, present);
        let value: Vec<Value> = page
            .into_iter()
            .map(|person| Value::Object(self.show(person, &names)))
            .collect();
        let mut body = json!({"@odata.context": self.context("users"), "value": value});
        if let Some(next) = next {
            body["@odata.nextLink"] = json!(self.next_link("users", &request.query, &next));
        }
        Ok(Answer::ok(body))
    }

    pub(crate) fn count_users(&self, request: &Request) -> Result<Answer, Refusal> {
        if !request
            .header("consistencylevel")
            .is_some_and(|level| level.eq_ignore_ascii_case("eventual"))
        {
            let message = "$count is not currently supported. The request needs the header ConsistencyLevel: eventual.";
            return Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "Request_UnsupportedQuery",
                message,
            ));
        }
        request.query.only(&[])?;
        Ok(Answer::text(self.present().to_string()))
    }

    pub(crate) fn get_user(&self, key: &str, request: &Request) -> Result<Answer, Refusal> {
        request.query.only(&["$select"])?;
        let names = selected(&request.query)?;
        let person = self.person(key).ok_or_else(|| Refusal::not_found(key))?;
        Ok(Answer::ok(self.user_entity(person, &names)))
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

    /// The next `top` of these people and where the list goes on, with an empty page now and then.
    pub(crate) fn page<'a>(
        &self,
        list: &str,
        after: &After,
        top: usize,
        people: impl Iterator<Item = &'a Person>,
    ) -> (Vec<&'a Person>, Option<After>) {
        let mut people = people.peekable();
        let some = people.peek().is_some();
        if some
            && !after.rested
            && self.chance.happens(
                self.options.empty_page_permille,
                "empty page",
                &format!("{list} {}", after.id),
                0,
            )
        {
            return (
                Vec::new(),
                Some(After {
                    id: after.id.clone(),
                    rested: true,
                }),
            );
        }
        let page: Vec<&Person> = people.by_ref().take(top).collect();
        let next = people.peek().and(page.last()).map(|last| After {
            id: last.id.clone(),
            rested: false,
        });
        (page, next)
    }

    pub(crate) fn context(&self, of: &str) -> String {
        format!("{}/v1.0/$metadata#{of}", self.options.base_url)
    }

    /// The absolute link to the rest of a list, with the options of its first page.
    pub(crate) fn next_link(&self, path: &str, query: &Query, next: &After) -> String {
        let select = query
            .select()
            .map(|names| format!("$select={}&", names.join(",")))
            .unwrap_or_default();
        let top = query
            .get("$top")
            .map(|top| format!("$top={top}&"))
            .unwrap_or_default();
        format!(
            "{}/v1.0/{path}?{select}{top}$skiptoken={}",
            self.options.base_url,
            seal(next)
        )
    }
}

/// Where the list that a request asks for goes on.
pub(crate) fn after(query: &Query) -> Result<After, Refusal> {
    query
        .get("$skiptoken")
        .map_or_else(|| Ok(After::default()), unseal)
}
