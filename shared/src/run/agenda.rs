//! What is to happen on a day: who leaves is ordered by a person and offboarded by the sync lane when the moment comes (F98), which
//! also ends the rest of numbers (F60).

use crate::config;
use crate::error::{Error, Kind, Result};
use crate::model::departure::{Appointment, Departure, Subject};
use crate::model::inventory::RangeId;
use crate::model::lane::Lane;
use crate::model::microsoft::UserId;
use crate::model::person::Person;
use crate::model::tenant::{Tenant, TenantId};
use crate::model::time::Time;
use crate::plan::calendar::departure;
use crate::plan::decide::Basis;

use super::lease::Lease;
use super::order::{self, TRIES};
use super::{Shell, basis, lines, look, sync};

/// Orders that somebody be offboarded on a day at a time of day, in the time zone of the site where they are. A day that was ordered
/// before is replaced. `Conflict` if the day cannot be, and why.
pub async fn leave_on(
    shell: &Shell,
    tenant: &TenantId,
    person: &UserId,
    day: &str,
    time: &str,
) -> Result<Departure> {
    let tenant = sync::tenant(shell, tenant).await?;
    let tree = basis::tree(shell, &tenant).await?;
    let now = shell.clock.now();
    let appointed = appoint(shell, &tenant, person, |person| {
        if person.is_leaving() || person.left {
            let sentence = format!("person {} has left already", person.id.0);
            return Err(Error::new(Kind::Conflict, sentence));
        }
        let zone = tree.time_zone(person.site.as_ref()).value;
        departure(day, time, &zone, now)
            .map(Some)
            .map_err(|no_day| Error::new(Kind::Conflict, no_day.to_string()))
    });
    let departure = appointed.await?;
    departure.ok_or_else(|| Error::new(Kind::Invalid, "the day was not kept"))
}

/// Takes back that somebody is to leave. Nothing happens to whom no day is set for.
pub async fn stay(shell: &Shell, tenant: &TenantId, person: &UserId) -> Result<()> {
    let tenant = sync::tenant(shell, tenant).await?;
    let stays = appoint(shell, &tenant, person, |_| Ok(None));
    stays.await.map(|_| ())
}

async fn appoint(
    shell: &Shell,
    tenant: &Tenant,
    id: &UserId,
    day: impl Fn(&Person) -> Result<Option<Departure>>,
) -> Result<Option<Departure>> {
    for _ in 0..TRIES {
        let person = look::find(shell, tenant, id).await?;
        let day = day(&person)?;
        if day == person.departure {
            return Ok(day);
        }
        let now = shell.clock.now();
        let store = &shell.store;
        if store.appoint(tenant, &person, day.as_ref(), now).await? {
            shell.ring(&tenant.id, [Lane::Sync]).await;
            return Ok(day);
        }
    }
    Err(order::too_fast(id))
}

/// Offboards everybody whose moment has come, and lets numbers be given again that have rested; says when the next moment comes.
/// Nothing is asked of Microsoft for it.
pub(super) async fn keep(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
) -> Result<Option<Time>> {
    let mut rested = Vec::new();
    let next = each(shell, lease, tenant, &mut rested).await;
    lines::wake(shell, tenant, lease.worker(), rested).await?;
    next
}

async fn each(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    rested: &mut Vec<RangeId>,
) -> Result<Option<Time>> {
    let mut known: Option<Basis> = None;
    loop {
        let entries = shell.store.appointments(&tenant.id).await?;
        if entries.is_empty() {
            return Ok(None);
        }
        for entry in entries {
            let now = shell.clock.now();
            if entry.at > now {
                return Ok(Some(entry.at));
            }
            if !lease.may_go_on() {
                return Ok(Some(now));
            }
            let id = match &entry.of {
                Subject::Person(id) => id,
                Subject::Number(number) => {
                    rested.extend(lines::rested(shell, tenant, number, now).await?);
                    shell.store.strike(&tenant.id, &entry).await?;
                    continue;
                }
            };
            let basis = match &known {
                Some(basis) => basis,
                None => known.insert(basis::basis(shell, tenant).await?),
            };
            match leave(shell, tenant, basis, &entry, id).await {
                Err(error) if *error.kind() == Kind::Conflict => {
                    tracing::warn!(tenant = tenant.id.as_str(), %error, "not offboarded yet");
                    return Ok(Some(now + config::REPEAT_AFTER));
                }
                left => left?,
            }
        }
    }
}

/// The commit of the offboarding takes the entry off; one that means nothing any more is struck.
async fn leave(
    shell: &Shell,
    tenant: &Tenant,
    basis: &Basis,
    entry: &Appointment,
    id: &UserId,
) -> Result<()> {
    let store = &shell.store;
    let Some(person) = store.person(tenant, id).await? else {
        return store.strike(&tenant.id, entry).await;
    };
    let at = person.departure.as_ref().map(|departure| departure.at);
    if at != Some(entry.at) {
        return store.strike(&tenant.id, entry).await;
    }
    if person.is_leaving() {
        let struck = store.appoint(tenant, &person, None, shell.clock.now());
        return struck.await.map(|_| ());
    }
    order::offboard_by(shell, tenant, basis, id, None).await
}
