//! What an administrator does with one number: keeps it back, lets it rest, frees it, moves it (F60-F62, F65).

use crate::error::{Error, Kind, Result};
use crate::model::inventory::{Entry, NumberState, RangeId};
use crate::model::microsoft::UserId;
use crate::model::number::E164;
use crate::model::person::Person;
use crate::model::persona::SitePath;
use crate::model::tenant::{Tenant, TenantId};
use crate::model::time::Time;
use crate::plan::inventory::{Event, Truth, after, rests};

use super::super::order::OUTSIDE;
use super::super::{Shell, audit, lines, look, sync};
use super::none;

/// Why a number is kept back, for whom, and how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// For this person, who gets it before any other; it outlives their account (F62). `None` = for nobody.
    pub person: Option<UserId>,
    /// For so many days; `None` = until somebody frees it.
    pub days: Option<u16>,
    /// Why.
    pub note: String,
}

/// Keeps a number back that is free, rests or is kept back already.
pub async fn reserve(
    shell: &Shell,
    tenant: &TenantId,
    number: &str,
    reservation: &Reservation,
) -> Result<Entry> {
    let tenant = sync::tenant(shell, tenant).await?;
    if reservation.note.trim().is_empty() || reservation.note.chars().count() > 200 {
        let why = "a reservation has a note of 1 to 200 characters: why, and by whom";
        return Err(Error::new(Kind::Conflict, why));
    }
    if let Some(person) = &reservation.person {
        look::find(shell, &tenant, person).await?;
    }
    let event = Event::Reserve {
        holder: reservation.person.clone(),
        until: until(shell, reservation.days)?,
        note: reservation.note.trim().to_owned(),
    };
    let entry = find(shell, &tenant, number).await?;
    change(shell, &tenant, entry, event).await
}

/// Lets a number rest for so many days that is free, rests or is kept back.
pub async fn cool(shell: &Shell, tenant: &TenantId, number: &str, days: u16) -> Result<Entry> {
    let tenant = sync::tenant(shell, tenant).await?;
    let entry = find(shell, &tenant, number).await?;
    let Some(until) = until(shell, Some(days))? else {
        return Ok(entry);
    };
    change(shell, &tenant, entry, Event::Cool(until)).await
}

/// Ends a reservation or a rest. A number in conflict becomes what Microsoft shows now: somebody's, or free.
pub async fn free(shell: &Shell, tenant: &TenantId, number: &str) -> Result<Entry> {
    let tenant = sync::tenant(shell, tenant).await?;
    let entry = find(shell, &tenant, number).await?;
    let graph = shell.graph(&tenant).await?;
    let told = graph.number(&entry.number).await?;
    let event = match (entry.state, Truth::of(told.as_ref())) {
        (NumberState::Conflict, truth) => Event::Found(truth),
        (_, Truth::Nobody) => Event::Free,
        (_, Truth::Person(holder) | Truth::Utility(holder)) => {
            let why = format!("Microsoft shows that {} has the number", holder.0);
            return Err(Error::new(Kind::Conflict, why));
        }
    };
    change(shell, &tenant, entry, event).await
}

/// Moves a number up, down or across: where it belongs, and the range it is drawn from; whoever has it keeps it (F65). `NotFound` if it is
/// not in the inventory, `Conflict` if the node or the range is not there, or a job has it in hand.
pub async fn relocate(
    shell: &Shell,
    tenant: &TenantId,
    number: &str,
    node: Option<SitePath>,
    range: Option<RangeId>,
) -> Result<Entry> {
    let tenant = sync::tenant(shell, tenant).await?;
    let refused = |why: String| Err(Error::new(Kind::Conflict, why));
    if let Some(node) = &node {
        let nodes = shell.store.nodes(&tenant.id).await?;
        if !nodes.iter().any(|known| known.path == *node) {
            return refused(format!("there is no node {:?}", node.0));
        }
    }
    if let Some(range) = &range {
        let ranges = shell.store.ranges(&tenant.id).await?;
        if !ranges.iter().any(|known| known.id == *range) {
            return refused(format!("there is no range {:?}", range.0));
        }
    }
    let mut entry = find(shell, &tenant, number).await?;
    if entry.job.is_some() {
        return refused("a job has the number in hand; try again when it is over".to_owned());
    }
    entry.node = node;
    entry.range = range;
    save(shell, &tenant, entry, &[]).await
}

async fn find(shell: &Shell, tenant: &Tenant, number: &str) -> Result<Entry> {
    let number = E164::parse(number).ok_or_else(none)?;
    shell.store.entry(tenant, &number).await?.ok_or_else(none)
}

/// `None` = without end.
fn until(shell: &Shell, days: Option<u16>) -> Result<Option<Time>> {
    match days {
        Some(0) => Err(Error::new(Kind::Conflict, "0 days are no time: 1 at least")),
        days => Ok(rests(days, shell.clock.now())),
    }
}

/// What happens to a number, by the one table of what may (F56).
async fn change(shell: &Shell, tenant: &Tenant, entry: Entry, event: Event) -> Result<Entry> {
    let next = after(&entry, event).ok_or_else(|| {
        let why = format!("that cannot be done with a number that is {}", entry.state);
        Error::new(Kind::Conflict, why)
    })?;
    let people = audit::hands(shell, tenant, &entry, &next).await?;
    save(shell, tenant, next, &people).await
}

async fn save(
    shell: &Shell,
    tenant: &Tenant,
    mut entry: Entry,
    people: &[(Person, Option<E164>)],
) -> Result<Entry> {
    if !shell.store.save_truth(tenant, &entry, people).await? {
        let why = "the number, or whoever has it, is being worked on; try again when that is over";
        return Err(Error::new(Kind::Conflict, why));
    }
    entry.version += 1;
    let freed = entry.drawn_from().cloned().into_iter().collect();
    lines::wake(shell, tenant, OUTSIDE, freed).await?;
    Ok(entry)
}
