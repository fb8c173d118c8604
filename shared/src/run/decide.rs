//! Decides for those who changed, or for everybody after a full read or a change of the rules, and commits their jobs.

use std::collections::BTreeSet;

use crate::config;
use crate::error::{Error, Kind, Result};
use crate::model::change_set::{Gate, SetOrigin};
use crate::model::job::Origin;
use crate::model::microsoft::UserId;
use crate::model::person::Person;
use crate::model::persona::Wanted;
use crate::model::tenant::Tenant;
use crate::model::time::Time;
use crate::plan::decide::{Decision, Leave, Policybook};
use crate::store::commits::Commitment;
use crate::store::cursors::{Cursor, Pass};

use super::lease::Lease;
use super::sets::{self, Weighed};
use super::{Shell, moves, order};

/// Who decides, for whom, and with what.
#[derive(Clone, Copy)]
pub(super) struct Decider<'a> {
    pub shell: &'a Shell,
    pub lease: &'a Lease<'a>,
    pub tenant: &'a Tenant,
    pub book: &'a Policybook,
    /// The version of the rules.
    pub rules: u32,
    /// Names the rules, personas and sites.
    pub decided_with: &'a str,
}

/// People read at once by the pass over everybody: about 1 KB each, DynamoDB answers 1 MB at most.
pub(super) const PAGE: i32 = 500;
/// The place of the pass is kept after so many pages: whoever dies in between decides these people again, and finds them decided.
const PAGES: usize = 10;
/// So often people are decided again whose row changed between reading and committing.
const TRIES: usize = 5;

/// Decides until nobody is left. False = the time is over; the cursor and the lists know where to go on.
pub(super) async fn decide(decider: &Decider<'_>) -> Result<bool> {
    let Decider {
        shell,
        lease,
        tenant,
        book,
        ..
    } = *decider;
    let mut later = BTreeSet::new();
    let mut gate = tenant.gate.clone();
    if !sets::settle(decider, &mut gate, &mut later).await? {
        return Ok(false);
    }
    let mut cursor = shell.store.cursor(&tenant.id).await?;
    let now = shell.clock.now();
    for person in book.exceptions_over() {
        lease.permit()?;
        shell.store.end_exception(&tenant.id, person).await?;
    }
    let is_first = tenant.is_before_first_run(&gate);
    // What rules say of the clock becomes true by itself.
    let aged = |at: Time| now.since(at) >= config::CLOCK_PASS;
    let has_aged = book.reads().clock && cursor.decided_at.is_none_or(aged);
    let is_edited = cursor.decided_with != decider.decided_with;
    let is_due = is_edited
        || has_aged
        || cursor.decided_rules != decider.rules
        || is_first && has_news(decider).await?;
    let may = gate.rejected.as_deref() != Some(decider.decided_with);
    if (is_due || cursor.pass.is_some()) && may && !sets::waits(decider, &gate).await? {
        let goes_on =
            |pass: &Pass| pass.rules == decider.rules && pass.decided_with == decider.decided_with;
        if !cursor.pass.as_ref().is_some_and(goes_on) {
            let is_new = cursor.decided_with.is_empty();
            let origin = if is_edited && !is_new {
                SetOrigin::Edit
            } else {
                SetOrigin::Sync
            };
            let pass = Pass {
                rules: decider.rules,
                decided_with: decider.decided_with.to_owned(),
                ..Pass::default()
            };
            cursor.pass =
                match sets::weigh_everybody(decider, &mut gate, origin, &mut later).await? {
                    Weighed::Through => Some(pass),
                    Weighed::Stopped => None,
                    Weighed::OutOfTime => return Ok(false),
                };
            keep(shell, tenant, &mut cursor).await?;
        }
        if !everybody(decider, &gate, &mut cursor, &mut later).await? {
            return Ok(false);
        }
    }
    if is_first && (!may || sets::waits(decider, &gate).await?) {
        // Whoever comes meanwhile is part of what follows the yes.
        return Ok(true);
    }
    changed(decider, &mut gate, &mut later).await
}

/// Somebody changed who was not decided since.
async fn has_news(decider: &Decider<'_>) -> Result<bool> {
    let fence = decider.lease.worker().fence;
    let tenant = &decider.tenant.id;
    let pages = decider.shell.store.changed_pages(tenant, fence).await?;
    Ok(!pages.is_empty())
}

/// Those who changed, together as far as their lists go.
async fn changed(
    decider: &Decider<'_>,
    gate: &mut Gate,
    later: &mut BTreeSet<UserId>,
) -> Result<bool> {
    let Decider {
        shell,
        lease,
        tenant,
        ..
    } = *decider;
    loop {
        let pages = shell
            .store
            .changed_pages(&tenant.id, lease.worker().fence)
            .await?;
        if pages.is_empty() {
            return Ok(true);
        }
        let ids = pages
            .iter()
            .flat_map(|page| page.ids.iter().cloned())
            .collect();
        let ids = sets::without_planned(decider, gate, ids).await?;
        let through = match sets::weigh(decider, gate, &ids, later).await? {
            Weighed::Through => true,
            Weighed::Stopped => false,
            Weighed::OutOfTime => return Ok(false),
        };
        for page in pages {
            if !lease.may_go_on() {
                return Ok(false);
            }
            if through {
                let some = page.ids.iter().filter(|id| ids.contains(id)).cloned();
                let busy = self::some(decider, some.collect()).await?;
                put_off(decider, later, busy).await?;
            }
            shell.store.decided(&tenant.id, &page).await?;
        }
    }
}

/// Whoever has an open job that automation may not supersede, or is an exception, is decided at the next sync (J3, F116).
pub(super) async fn put_off(
    decider: &Decider<'_>,
    later: &mut BTreeSet<UserId>,
    busy: Vec<UserId>,
) -> Result<()> {
    let Decider {
        shell,
        lease,
        tenant,
        ..
    } = *decider;
    let before = later.len();
    later.extend(busy);
    if later.len() == before {
        return Ok(());
    }
    let ids = later.iter().cloned().collect();
    shell
        .store
        .put_off(&tenant.id, lease.worker().fence, ids)
        .await
}

/// The pass over everybody; its place is kept in the cursor.
async fn everybody(
    decider: &Decider<'_>,
    gate: &Gate,
    cursor: &mut Cursor,
    later: &mut BTreeSet<UserId>,
) -> Result<bool> {
    let Decider {
        shell,
        lease,
        tenant,
        ..
    } = *decider;
    let mut unsaved = 0;
    while let Some(pass) = cursor.pass.clone() {
        if !lease.may_go_on() {
            if unsaved > 0 {
                keep(shell, tenant, cursor).await?;
            }
            return Ok(false);
        }
        let (people, next) = shell
            .store
            .people_page(tenant, pass.shard, pass.after.as_ref(), PAGE)
            .await?;
        let ids = people.iter().map(|person| person.id.clone()).collect();
        let free = sets::without_planned(decider, gate, ids).await?;
        let people = people
            .into_iter()
            .filter(|person| free.contains(&person.id));
        let mut left = commit(decider, people.collect()).await?;
        let busy = some(decider, left.overtaken).await?;
        left.busy.extend(busy);
        put_off(decider, later, left.busy).await?;
        cursor.pass = match next {
            Some(after) => Some(Pass {
                after: Some(after),
                ..pass
            }),
            None if pass.shard + 1 < tenant.shards => Some(Pass {
                shard: pass.shard + 1,
                after: None,
                ..pass
            }),
            None => {
                cursor.decided_rules = pass.rules;
                cursor.decided_with = pass.decided_with;
                cursor.decided_at = Some(shell.clock.now());
                None
            }
        };
        unsaved += 1;
        if cursor.pass.is_none() || unsaved == PAGES {
            unsaved = 0;
            keep(shell, tenant, cursor).await?;
        }
    }
    Ok(true)
}

async fn keep(shell: &Shell, tenant: &Tenant, cursor: &mut Cursor) -> Result<()> {
    let moved = shell.store.move_cursor(&tenant.id, cursor, Vec::new());
    moved.await?.or_stop()
}

/// People for whom nothing was committed, though something may have to be.
#[derive(Default)]
struct Left {
    /// Their row changed meanwhile.
    overtaken: Vec<UserId>,
    /// An open job of theirs may not be superseded by automation, or rules leave them as they are for now.
    busy: Vec<UserId>,
}

/// These people, each read consistently; again where somebody was faster. Returns those who are busy.
async fn some(decider: &Decider<'_>, ids: Vec<UserId>) -> Result<Vec<UserId>> {
    let Decider { shell, tenant, .. } = *decider;
    let mut left: BTreeSet<UserId> = ids.into_iter().collect();
    let mut busy = Vec::new();
    for _ in 0..TRIES {
        if left.is_empty() {
            return Ok(busy);
        }
        let mut people = Vec::with_capacity(left.len());
        for id in &left {
            people.extend(shell.store.person(tenant, id).await?);
        }
        let decided = commit(decider, people).await?;
        busy.extend(decided.busy);
        left = decided.overtaken.into_iter().collect();
    }
    match left.first() {
        None => Ok(busy),
        Some(id) => Err(Error::new(
            Kind::Conflict,
            format!(
                "person {} and {} others change too fast",
                id.0,
                left.len() - 1
            ),
        )),
    }
}

/// Decides and commits.
async fn commit(decider: &Decider<'_>, people: Vec<Person>) -> Result<Left> {
    let mut left = Left::default();
    let mut commitments = Vec::new();
    for person in people {
        match decider.book.decide(&person) {
            Decision::Leave(Leave::Busy | Leave::Excepted(_)) => left.busy.push(person.id),
            Decision::Leave(_) => {}
            Decision::Provision { wanted, digest } => {
                commitments.push(commitment(decider, person, *wanted, digest).await?);
            }
        }
    }
    left.overtaken = send(decider, commitments).await?;
    Ok(left)
}

/// What becomes a job.
pub(super) async fn commitment(
    decider: &Decider<'_>,
    person: Person,
    wanted: Wanted,
    digest: String,
) -> Result<Commitment> {
    let Decider {
        shell,
        tenant,
        book,
        ..
    } = *decider;
    let old = order::open_job(shell, tenant, &person).await?;
    let (goal, plan) = moves::by_rule(shell, tenant, book, &person, wanted).await?;
    Ok(Commitment {
        goal,
        origin: Origin::Rule,
        plan,
        digest: Some(digest),
        old,
        person,
    })
}

/// Commits a few transactions at a time, so that a long list does not outlive the lease unnoticed. Says whose row changed meanwhile.
pub(super) async fn send(
    decider: &Decider<'_>,
    mut commitments: Vec<Commitment>,
) -> Result<Vec<UserId>> {
    let Decider {
        shell,
        lease,
        tenant,
        ..
    } = *decider;
    let mut overtaken = Vec::new();
    while !commitments.is_empty() {
        let few = commitments.split_off(
            commitments
                .len()
                .saturating_sub(config::PEOPLE_PER_COMMIT * 8),
        );
        lease.permit()?;
        let report = shell
            .store
            .commit(tenant, few, lease.worker(), shell.clock.now())
            .await?;
        shell.opened(tenant, &report).await;
        overtaken.extend(report.overtaken);
    }
    Ok(overtaken)
}
