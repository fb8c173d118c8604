//! What an administrator does with one number: keeps it back, lets it rest, frees it, moves it (F60-F62, F65).

use crate::error::{Error, Kind, Result};
use crate::model::inventory::{Entry, NumberState, RangeId};
use crate::model::microsoft::UserId;
use crate::model::number::E164;
use crate::model::persona::SitePath;
use crate::model::tenant::{Tenant, TenantId};
use crate::model::time::Time;
use crate::plan::inventory::{Event, Truth, after};

use super::super::order::OUTSIDE;
use super::super::{Shell, lines, look, sync};
use super::none;

/// Why a number is kept back, for whom, and how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// For this person, who gets it before any other; it outlives their account (F62). `None` = for nobody.
    pub person: Option<UserId>,
    /// Until then; `None` = until somebody frees it.
    pub until: Option<Time>,
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
    in_future(shell, reservation.until)?;
    if let Some(person) = &reservation.person {
        look::find(shell, &tenant, person).await?;
    }
    let event = Event::Reserve {
        holder: reservation.person.clone(),
        until: reservation.until,
        note: reservation.note.trim().to_owned(),
    };
    change(shell, &tenant, number, |_| Ok(event.clone())).await
}

/// Lets a number rest until then that is free, rests or is kept back.
pub async fn cool(shell: &Shell, tenant: &TenantId, number: &str, until: Time) -> Result<Entry> {
    let tenant = sync::tenant(shell, tenant).await?;
    in_future(shell, Some(until))?;
    change(shell, &tenant, number, |_| Ok(Event::Cool(until))).await
}

/// Ends a reservation or a rest. A number in conflict becomes what Microsoft shows now: somebody's, or free.
pub async fn free(shell: &Shell, tenant: &TenantId, number: &str) -> Result<Entry> {
    let tenant = sync::tenant(shell, tenant).await?;
    let known = find(shell, &tenant, number).await?;
    let graph = shell.graph(&tenant).await?;
    let told = graph.number(&known.number).await?;
    let truth = Truth::of(told.as_ref());
    change(shell, &tenant, number, |entry| {
        match (entry.state, &truth) {
            (NumberState::Conflict, _) => Ok(Event::Found(truth.clone())),
            (_, Truth::Nobody) => Ok(Event::Free),
            (_, Truth::Person(holder) | Truth::Utility(holder)) => Err(Error::new(
                Kind::Conflict,
                format!("Microsoft shows that {} has the number", holder.0),
            )),
        }
    })
    .await
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
    save(shell, &tenant, entry).await
}

async fn find(shell: &Shell, tenant: &Tenant, number: &str) -> Result<Entry> {
    let number = E164::parse(number).ok_or_else(none)?;
    shell.store.entry(tenant, &number).await?.ok_or_else(none)
}

fn in_future(shell: &Shell, until: Option<Time>) -> Result<()> {
    if until.is_some_and(|until| until <= shell.clock.now()) {
        return Err(Error::new(Kind::Conflict, "the end is not in the future"));
    }
    Ok(())
}

/// What happens to a number, by the one table of what may (F56).
async fn change(
    shell: &Shell,
    tenant: &Tenant,
    number: &str,
    event: impl Fn(&Entry) -> Result<Event>,
) -> Result<Entry> {
    let entry = find(shell, tenant, number).await?;
    let next = after(&entry, event(&entry)?);
    let next = next.ok_or_else(|| {
        let why = format!("that cannot be done with a number that is {}", entry.state);
        Error::new(Kind::Conflict, why)
    })?;
    save(shell, tenant, next).await
}

async fn save(shell: &Shell, tenant: &Tenant, mut entry: Entry) -> Result<Entry> {
    if !shell.store.save_entry(tenant, &entry).await? {
        let why = "the number was changed meanwhile; look again";
        return Err(Error::new(Kind::Conflict, why));
    }
    entry.version += 1;
    lines::wake(
        shell,
        tenant,
        OUTSIDE,
        entry.drawn_from().cloned().into_iter().collect(),
    )
    .await?;
    Ok(entry)
}
