//! The recycle bin: who was deleted stays in it for 30 days and can come back (`graph-api.md 2.5`).

use std::ops::Bound;

use serde_json::{Value, json};

use super::listing::after;
use super::properties::knows;
use crate::microsoft::state::person::{Life, Person};
use crate::microsoft::state::world::World;
use crate::microsoft::wire::answer::{Answer, Refusal, stamp};
use crate::microsoft::wire::request::Request;

/// The one property that only the deleted have.
const DELETED: &str = "deletedDateTime";

impl World {
    pub(crate) fn list_deleted_users(&self, request: &Request) -> Result<Answer, Refusal> {
        let query = &request.query;
        query.only(&["$select", "$top", "$skiptoken"])?;
        let names = query.select().unwrap_or_else(|| {
            ["id", "displayName", "userPrincipalName", DELETED]
                .map(String::from)
                .into()
        });
        if let Some(unknown) = names.iter().find(|name| *name != DELETED && !knows(name)) {
            return Err(Refusal::bad_request(format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{unknown}' on type 'microsoft.graph.user'."
            )));
        }
        let top = query.top(100, 999)?;
        let after = after(query)?;
        let people = self
            .people
            .range::<str, _>((Bound::Excluded(after.id.as_str()), Bound::Unbounded))
            .map(|(_, person)| person)
            .filter(|person| person.life == Life::SoftDeleted);
        let (page, next) = self.page("deleted users", &after, top, people, |person| &person.id);
        let value = page
            .into_iter()
            .map(|person| self.show_deleted(person, &names))
            .collect();
        let path = "directory/deletedItems/microsoft.graph.user";
        Ok(self.list(path, path, request, value, next))
    }

    fn show_deleted(&self, person: &Person, names: &[String]) -> Value {
        let mut shown = self.show(person, names);
        if let Some(moment) = shown.get_mut(DELETED) {
            *moment = json!(person.deleted.map(stamp));
        }
        Value::Object(shown)
    }

    pub(crate) fn restore_user(&mut self, id: &str) -> Result<Answer, Refusal> {
        let deleted = |person: &Person| person.life == Life::SoftDeleted;
        if !self.people.get(id).is_some_and(deleted) {
            return Err(Refusal::not_found(id));
        }
        self.set_life(id, Life::Present);
        let person = self.person(id).ok_or_else(|| Refusal::not_found(id))?;
        Ok(Answer::ok(self.user_entity(
            person,
            &["id", "displayName", "userPrincipalName"].map(String::from),
        )))
    }
}
