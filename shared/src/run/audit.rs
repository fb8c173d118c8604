//! The comparison of the inventory with Microsoft's list, after it was read: nightly, and when somebody asks for it (F64).

use crate::error::{Error, Kind, Result};
use crate::graph::Graph;
use crate::model::inventory::{Audit, Entry, Finding, NumberState};
use crate::model::microsoft::UserId;
use crate::model::number::{E164, Number};
use crate::model::person::Person;
use crate::model::tenant::{Tenant, TenantId};
use crate::plan::inventory::{Truth, after, audited};

use super::lease::Lease;
use super::{Shell, inventory, sync};

/// Entries of one page.
const PAGE: i32 = 500;

/// What the last audit found. `NotFound` if there was none yet.
pub async fn last(shell: &Shell, tenant: &TenantId) -> Result<Audit> {
    let tenant = sync::tenant(shell, tenant).await?;
    let found = shell.store.audit(&tenant.id).await?;
    found.ok_or_else(|| Error::new(Kind::NotFound, "there was no audit of the numbers yet"))
}

/// Compares every entry with what the list said. Where they differ Microsoft is asked for that number by itself, because a list that is
/// read while it changes is not to be believed; then the entry says what is so, or that a person must look. Nothing is deleted, and
/// nothing at Microsoft is changed. False = the time is over.
pub(super) async fn run(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    graph: &Graph,
) -> Result<bool> {
    let mut found = Audit {
        ended: shell.clock.now(),
        compared: 0,
        in_hand: 0,
        findings: Vec::new(),
        more: 0,
        low: Vec::new(),
    };
    for shard in 0..tenant.shards {
        let mut from: Option<E164> = None;
        loop {
            if !lease.may_go_on() {
                return Ok(false);
            }
            let page = shell.store.entries_page(tenant, shard, from.as_ref(), PAGE);
            let (entries, next) = page.await?;
            for entry in entries {
                found.compared += 1;
                let is_in_hand = entry.job.is_some() || entry.state == NumberState::Settling;
                found.in_hand += usize::from(is_in_hand);
                if let Some(finding) = look(shell, lease, tenant, graph, entry).await? {
                    if found.findings.len() < Audit::MOST {
                        found.findings.push(finding);
                    } else {
                        found.more += 1;
                    }
                }
            }
            from = next;
            if from.is_none() {
                break;
            }
        }
    }
    found.low = inventory::low(shell, tenant).await?;
    found.ended = shell.clock.now();
    if !found.findings.is_empty() || !found.low.is_empty() {
        tracing::warn!(
            tenant = tenant.id.as_str(),
            findings = found.findings.len() + found.more,
            low = found.low.len(),
            "the audit of numbers found something"
        );
    }
    shell.store.put_audit(&tenant.id, &found).await?;
    Ok(true)
}

/// One entry; `None` = both agree, or it is not judged.
async fn look(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    graph: &Graph,
    entry: Entry,
) -> Result<Option<Finding>> {
    let listed = Truth::of(entry.told.as_ref());
    let is_open = entry.state == NumberState::Conflict;
    // What a list does not show any more keeps what it last said: whoever has a number by us is looked at where it may be gone.
    let may_differ = audited(&entry, &listed).is_some() || entry.is_missed();
    if !is_open && !may_differ {
        return Ok(None);
    }
    lease.permit()?;
    let told = graph.number(&entry.number).await?;
    let truth = Truth::of(told.as_ref());
    let next = audited(&entry, &truth).and_then(|event| after(&entry, event));
    let finding = Finding {
        number: entry.number.clone(),
        ours: entry.state,
        holder: entry.holder.clone(),
        theirs: told.and_then(|told: Number| told.holder).map(UserId),
        now: next.as_ref().map_or(entry.state, |next| next.state),
    };
    let Some(next) = next else {
        return Ok(is_open.then_some(finding));
    };
    let people = hands(shell, tenant, &entry, &next).await?;
    // A job that took it meanwhile knows better.
    let is_stored = shell.store.save_truth(tenant, &next, &people).await?;
    Ok(is_stored.then_some(finding))
}

/// Whose rows have to say something else about their number, when an entry becomes what Microsoft shows.
pub(super) async fn hands(
    shell: &Shell,
    tenant: &Tenant,
    before: &Entry,
    next: &Entry,
) -> Result<Vec<(Person, Option<E164>)>> {
    let mut changes = Vec::new();
    if next.state == NumberState::Conflict {
        return Ok(changes);
    }
    let gains = next
        .holder
        .as_ref()
        .filter(|_| next.state == NumberState::Used);
    if let Some(loser) = before.holder.as_ref().filter(|one| Some(*one) != gains)
        && let Some(person) = shell.store.person(tenant, loser).await?
        && person.number.as_ref() == Some(&next.number)
    {
        changes.push((person, None));
    }
    if let Some(gains) = gains
        && let Some(person) = shell.store.person(tenant, gains).await?
        && person.number.is_none()
    {
        changes.push((person, Some(next.number.clone())));
    }
    Ok(changes)
}
