//! Decides for those who changed, or for everybody after a full read or a change of the rules, and commits their jobs.

use std::collections::BTreeSet;

use crate::config;
use crate::error::{Error, Kind, Result};
use crate::model::job::{Goal, Origin};
use crate::model::microsoft::UserId;
use crate::model::person::Person;
use crate::model::tenant::{Held, Tenant};
use crate::model::time::Time;
use crate::plan::decide::{Decision, Leave, Policybook};
use crate::plan::gate::Tally;
use crate::plan::steps;
use crate::store::commits::Commitment;
use crate::store::cursors::{Cursor, Pass};
use crate::store::jobs::Plan;

use super::lease::Lease;
use super::{Shell, order};

/// People read at once by the pass over everybody: about 1 KB each, DynamoDB answers 1 MB at most.
const PAGE: i32 = 500;
/// The place of the pass is kept after so many pages: whoever dies in between decides these people again, and finds them decided.
const PAGES: usize = 10;
/// So often people are decided again whose row changed between reading and committing.
const TRIES: usize = 5;

/// Decides until nobody is left. False = the time is over; the cursor and the lists know where to go on.
pub(super) async fn decide(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    book: &Policybook,
    rules: u32,
    decided_with: &str,
) -> Result<bool> {
    let mut cursor = shell.store.cursor(&tenant.id).await?;
    let mut later = BTreeSet::new();
    let is_edited = !cursor.decided_with.is_empty() && cursor.decided_with != decided_with;
    if is_edited {
        match gate(shell, lease, tenant, book, decided_with).await? {
            Gated::Open => {}
            Gated::Held => return Ok(true),
            Gated::OutOfTime => return Ok(false),
        }
    }
    let now = shell.clock.now();
    // What rules say of the clock becomes true by itself.
    let aged = |at: Time| now.since(at) >= config::CLOCK_PASS;
    let has_aged = book.reads().clock && cursor.decided_at.is_none_or(aged);
    let is_due = is_edited || has_aged || cursor.decided_rules != rules;
    let pass = cursor.pass.clone().or_else(|| is_due.then(Pass::default));
    if let Some(mut pass) = pass {
        if pass.rules != rules || pass.decided_with != decided_with {
            pass = Pass {
                rules,
                decided_with: decided_with.to_owned(),
                ..Pass::default()
            };
        }
        cursor.pass = Some(pass);
        if !everybody(shell, lease, tenant, book, &mut cursor, &mut later).await? {
            return Ok(false);
        }
    }
    let fence = lease.worker().fence;
    while let Some(page) = shell.store.changed_page(&tenant.id, fence).await? {
        if !lease.may_go_on() {
            return Ok(false);
        }
        let busy = some(shell, lease, tenant, book, page.ids.clone()).await?;
        put_off(shell, lease, tenant, &mut later, busy).await?;
        shell.store.decided(&tenant.id, &page).await?;
    }
    Ok(true)
}

/// Whether an edit of rules, personas or sites may be decided with.
enum Gated {
    /// It may.
    Open,
    /// It waits for somebody's yes, and with it everybody.
    Held,
    /// Counting takes longer than there is time.
    OutOfTime,
}

/// Counts whom an edit would change before it changes anybody; too many wait until somebody says yes (F16).
async fn gate(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    book: &Policybook,
    decided_with: &str,
) -> Result<Gated> {
    if tenant.gate.released.as_deref() == Some(decided_with) {
        return Ok(Gated::Open);
    }
    let held = tenant.gate.held.as_ref();
    if held.is_some_and(|held| held.decision == decided_with) {
        return Ok(Gated::Held);
    }
    let mut tally = Tally::default();
    for shard in 0..tenant.shards {
        let mut after = None;
        loop {
            if !lease.may_go_on() {
                return Ok(Gated::OutOfTime);
            }
            let (people, next) = shell
                .store
                .people_page(tenant, shard, after.as_ref(), PAGE)
                .await?;
            for person in &people {
                tally.add(person, &book.decide(person));
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
    }
    if tally.needs_a_yes() {
        let Tally { in_scope, changed } = tally;
        tracing::warn!(
            tenant = tenant.id.as_str(),
            changed,
            in_scope,
            "decisions wait for a yes"
        );
        let held = Held {
            decision: decided_with.to_owned(),
            changed,
            in_scope,
            since: shell.clock.now(),
        };
        shell.store.hold(&tenant.id, Some(&held)).await?;
        return Ok(Gated::Held);
    }
    if held.is_some() {
        shell.store.hold(&tenant.id, None).await?;
    }
    Ok(Gated::Open)
}

/// Whoever has an open job that automation may not supersede is decided at the next sync (J3).
async fn put_off(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    later: &mut BTreeSet<UserId>,
    busy: Vec<UserId>,
) -> Result<()> {
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
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    book: &Policybook,
    cursor: &mut Cursor,
    later: &mut BTreeSet<UserId>,
) -> Result<bool> {
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
        let mut left = commit(shell, lease, tenant, book, people).await?;
        let busy = some(shell, lease, tenant, book, left.overtaken).await?;
        left.busy.extend(busy);
        put_off(shell, lease, tenant, later, left.busy).await?;
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
    /// An open job of theirs may not be superseded by automation.
    busy: Vec<UserId>,
}

/// These people, each read consistently; again where somebody was faster. Returns those who are busy.
async fn some(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    book: &Policybook,
    ids: Vec<UserId>,
) -> Result<Vec<UserId>> {
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
        let decided = commit(shell, lease, tenant, book, people).await?;
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
async fn commit(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    book: &Policybook,
    people: Vec<Person>,
) -> Result<Left> {
    let mut left = Left::default();
    let mut commitments = Vec::new();
    for person in people {
        match book.decide(&person) {
            Decision::Leave(Leave::Busy) => left.busy.push(person.id),
            Decision::Leave(_) => {}
            Decision::Provision { wanted, digest } => {
                let before = person.persona.as_ref().and_then(|held| book.version(held));
                let steps = steps::provision(&wanted, order::held(&person, before));
                let old = order::open_job(shell, tenant, &person).await?;
                commitments.push(Commitment {
                    goal: Goal::Provision,
                    origin: Origin::Rule,
                    plan: Plan {
                        steps,
                        wanted: Some(*wanted),
                        from: Some(order::belonging(&person)),
                        ..Plan::default()
                    },
                    digest: Some(digest),
                    old,
                    person,
                });
            }
        }
    }
    // Committed a few transactions at a time, so that a long list does not outlive the lease unnoticed.
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
        shell.ring(&tenant.id, report.rung).await;
        left.overtaken.extend(report.overtaken);
    }
    Ok(left)
}
