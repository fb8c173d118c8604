//! Who is to leave, and when (F98).

use super::keys;
use super::lanes::rung;
use super::write::{Committed, Write};
use super::{Query, Range, Store, attribute, decode, encode};
use crate::error::Result;
use crate::model::departure::{Appointment, Departure, Subject};
use crate::model::lane::Lane;
use crate::model::person::Person;
use crate::model::tenant::{Tenant, TenantId};
use crate::model::time::Time;

/// Appointments read at once.
const AT_ONCE: i32 = 100;

impl Store {
    /// Sets when somebody is to leave, or that they stay, and rings for it (L2). False = the person's row changed since it was read.
    pub async fn appoint(
        &self,
        tenant: &Tenant,
        person: &Person,
        departure: Option<&Departure>,
        now: Time,
    ) -> Result<bool> {
        let change = match departure {
            Some(_) => "SET #departure = :departure ADD #version :one",
            None => "REMOVE #departure ADD #version :one",
        };
        let key = keys::person(&tenant.id, tenant.shards, &person.id);
        let mut update = Write::update(key, change)
            .when("#version = :read")
            .name("departure")
            .name("version")
            .number("read", person.version)
            .number("one", 1);
        let mut writes: Vec<Write> = Vec::new();
        let before = person.departure.as_ref().map(|departure| departure.at);
        let after = departure.map(|departure| departure.at);
        if let Some(at) = before.filter(|_| before != after) {
            writes.push(strike(&tenant.id, &appointment(person, at)));
        }
        if let Some(departure) = departure {
            update = update.value("departure", attribute(departure)?);
            let entry = appointment(person, departure.at);
            writes.push(Write::put(
                keys::appointment(&tenant.id, &entry),
                encode(&entry)?,
            ));
        }
        writes.push(update);
        writes.push(rung(&tenant.id, Lane::Sync, None, now));
        let done = self
            .transact("setting when somebody leaves", writes)
            .await?;
        Ok(matches!(done, Committed::Yes))
    }

    /// The next of those who are to leave, soonest first.
    pub async fn appointments(&self, tenant: &TenantId) -> Result<Vec<Appointment>> {
        let page = self
            .query(Query {
                backwards: false,
                index: None,
                partition: &keys::agenda(tenant),
                range: Range::Until("~"),
                limit: Some(AT_ONCE),
                from: None,
            })
            .await?;
        page.items.into_iter().map(decode).collect()
    }

    /// Takes an entry off that means nothing any more.
    pub async fn strike(&self, tenant: &TenantId, entry: &Appointment) -> Result<()> {
        self.write(strike(tenant, entry)).await.map(|_| ())
    }
}

/// What takes somebody's entry off the agenda; `None` = they have none.
pub(super) fn struck(tenant: &TenantId, person: &Person) -> Option<Write> {
    let departure = person.departure.as_ref()?;
    Some(strike(tenant, &appointment(person, departure.at)))
}

fn strike(tenant: &TenantId, entry: &Appointment) -> Write {
    Write::delete(keys::appointment(tenant, entry))
}

fn appointment(person: &Person, at: Time) -> Appointment {
    Appointment {
        at,
        of: Subject::Person(person.id.clone()),
    }
}
