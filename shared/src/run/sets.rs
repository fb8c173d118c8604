//! Change sets, as sync makes and applies them: a decision is weighed before anybody is decided; what is too much is written down and
//! kept back until somebody says yes to exactly that (I1, I3, F15, F16).

use std::collections::BTreeSet;

use crate::config;
use crate::error::Result;
use crate::model::change_set::{ChangeKind, ChangeSet, Gate, SetId, SetOrigin, SetPlace, SetState};
use crate::model::microsoft::UserId;
use crate::model::person::Person;
use crate::model::time::Time;
use crate::plan::decide::{Decision, Leave};
use crate::plan::gate::{self, Tally};
use crate::store::change_sets::{PlanHash, PlannedChange};
use crate::store::commits::ulid;

use super::decide::{Decider, PAGE, put_off};
use super::order;

mod apply;
mod file;
mod walk;

use self::apply::apply;
use self::walk::{Shown, Walk, Whom};

/// Why the first decision about everybody always waits.
const FIRST: &str = "the first flow-through run always waits for a yes";

/// What becomes of a decision.
pub(super) enum Weighed {
    /// It may be decided.
    Through,
    /// It waits for somebody's yes.
    Stopped,
    /// There is no time left to say.
    OutOfTime,
}

/// Applies what somebody said yes to, and closes what is over. False = the time is over.
pub(super) async fn settle(
    decider: &Decider<'_>,
    gate: &mut Gate,
    later: &mut BTreeSet<UserId>,
) -> Result<bool> {
    let store = &decider.shell.store;
    let tenant = &decider.tenant.id;
    if gate
        .rejected
        .as_deref()
        .is_some_and(|what| what != decider.decided_with)
    {
        gate.rejected = None;
        store.set_gate(tenant, gate).await?;
    }
    if !file::settle(decider, gate).await? {
        return Ok(false);
    }
    for (origin, id) in gate.open.clone() {
        let Some(mut set) = store.change_set(tenant, &id).await? else {
            continue;
        };
        match set.state {
            SetState::Released | SetState::Applying => {
                if !apply(decider, &mut set, later).await? {
                    return Ok(false);
                }
                let is_whole = set.whole && set.decided_with == decider.decided_with;
                if let Some(on) = &decider.tenant.settings.flow_through
                    && is_whole
                    && set.state == SetState::Done
                {
                    gate.flowed = Some(on.since);
                }
            }
            SetState::Stopped if decider.shell.clock.now() >= set.expires => {
                if !close(decider, &mut set, SetState::Expired, later).await? {
                    continue;
                }
            }
            SetState::Deciding | SetState::Stopped => continue,
            SetState::Rejected if set.whole => gate.rejected = Some(set.decided_with.clone()),
            SetState::Rejected | SetState::Done | SetState::Expired | SetState::Replaced => {}
        }
        gate.open.remove(&origin);
        store.set_gate(tenant, gate).await?;
    }
    Ok(true)
}

/// Everybody was decided with what is in force now, and that waits.
pub(super) async fn waits(decider: &Decider<'_>, gate: &Gate) -> Result<bool> {
    for id in gate.open.values() {
        let set = decider
            .shell
            .store
            .change_set(&decider.tenant.id, id)
            .await?;
        if set.is_some_and(|set| set.whole && set.decided_with == decider.decided_with) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Those of these people for whom nothing that waits has a plan: whoever is in a change set is decided by it.
pub(super) async fn without_planned(
    decider: &Decider<'_>,
    gate: &Gate,
    mut ids: BTreeSet<UserId>,
) -> Result<BTreeSet<UserId>> {
    for set in gate.open.values() {
        let store = &decider.shell.store;
        let planned = store.planned_among(decider.tenant, set, &ids).await?;
        ids.retain(|id| !planned.contains(id));
    }
    Ok(ids)
}

/// Weighs a decision about everybody.
pub(super) async fn weigh_everybody(
    decider: &Decider<'_>,
    gate: &mut Gate,
    origin: SetOrigin,
    later: &mut BTreeSet<UserId>,
) -> Result<Weighed> {
    let Some(tally) = count(decider, &Whom::Everybody, None).await? else {
        return Ok(Weighed::OutOfTime);
    };
    let is_first = decider.tenant.is_before_first_run(gate);
    let first = (is_first && !tally.is_empty()).then(|| FIRST.to_owned());
    if let Some(reason) = first.or_else(|| over(decider, &tally, gate)) {
        return stop(
            decider,
            gate,
            origin,
            &Whom::Everybody,
            &tally,
            reason,
            later,
        )
        .await;
    }
    // Whatever waited is overtaken by what goes through now.
    for (origin, id) in gate.open.clone() {
        if let Some(mut set) = decider
            .shell
            .store
            .change_set(&decider.tenant.id, &id)
            .await?
            && set.whole
        {
            close(decider, &mut set, SetState::Replaced, later).await?;
            gate.open.remove(&origin);
        }
    }
    let_through(decider, gate, &tally).await?;
    let authors = &decider.tenant.authors;
    decider
        .shell
        .store
        .forget_authors(&decider.tenant.id, authors)
        .await?;
    Ok(Weighed::Through)
}

/// Weighs a decision about some people.
pub(super) async fn weigh(
    decider: &Decider<'_>,
    gate: &mut Gate,
    ids: &BTreeSet<UserId>,
    later: &mut BTreeSet<UserId>,
) -> Result<Weighed> {
    let Some(mut tally) = count(decider, &Whom::These(ids), None).await? else {
        return Ok(Weighed::OutOfTime);
    };
    let limits = &decider.tenant.settings.limits;
    if tally.is_more_than_few(limits, gate, decider.shell.clock.now()) {
        // How much it is of the whole matters by now.
        let Some(of_all) = count(decider, &Whom::Everybody, Some(ids)).await? else {
            return Ok(Weighed::OutOfTime);
        };
        tally = of_all;
        if let Some(reason) = over(decider, &tally, gate) {
            let mut ids = ids.clone();
            if let Some(old) = gate.open.get(&SetOrigin::Sync) {
                ids.extend(planned(decider, old).await?);
            }
            let whom = Whom::These(&ids);
            return stop(decider, gate, SetOrigin::Sync, &whom, &tally, reason, later).await;
        }
    }
    let_through(decider, gate, &tally).await?;
    Ok(Weighed::Through)
}

fn over(decider: &Decider<'_>, tally: &Tally, gate: &Gate) -> Option<String> {
    let limits = &decider.tenant.settings.limits;
    tally.needs_a_yes(limits, gate, decider.shell.clock.now())
}

/// Written before anything is decided: who dies in between counts too much rather than too little.
async fn let_through(decider: &Decider<'_>, gate: &mut Gate, tally: &Tally) -> Result<()> {
    let before = gate.clone();
    gate::remember(gate, &tally.counts, decider.shell.clock.now());
    if *gate == before {
        return Ok(());
    }
    decider.shell.store.set_gate(&decider.tenant.id, gate).await
}

/// What would be done to somebody; nothing if they are left alone.
fn kinds(decider: &Decider<'_>, person: &Person) -> Vec<ChangeKind> {
    match decider.book.decide(person) {
        Decision::Leave(_) => Vec::new(),
        Decision::Provision { wanted, .. } => gate::kinds(decider.book, person, &wanted),
    }
}

/// Counts what would be done to everybody, or to some among everybody. `None` = the time is over.
async fn count(
    decider: &Decider<'_>,
    whom: &Whom<'_>,
    only: Option<&BTreeSet<UserId>>,
) -> Result<Option<Tally>> {
    let mut tally = Tally::default();
    let mut walk = Walk::default();
    loop {
        match walk.next(decider, whom).await? {
            Shown::People(people) => {
                for person in &people {
                    let counts = only.is_none_or(|only| only.contains(&person.id));
                    let kinds = counts.then(|| kinds(decider, person));
                    tally.add(person, &kinds.unwrap_or_default());
                }
            }
            Shown::All => return Ok(Some(tally)),
            Shown::OutOfTime => return Ok(None),
        }
    }
}

/// The people for whom a change set plans something.
async fn planned(decider: &Decider<'_>, set: &SetId) -> Result<BTreeSet<UserId>> {
    let Decider { shell, tenant, .. } = *decider;
    let mut people = BTreeSet::new();
    let mut from = Some(SetPlace::BEGIN);
    while let Some(place) = from {
        let page = shell.store.planned_page(&tenant.id, set, &place, PAGE);
        let (rows, next) = page.await?;
        people.extend(rows.into_iter().map(|row| row.person));
        from = place.next(next, tenant.shards);
    }
    Ok(people)
}

/// Writes down what would be done, and keeps it back. The place of an open change set of the same origin is taken.
async fn stop(
    decider: &Decider<'_>,
    gate: &mut Gate,
    origin: SetOrigin,
    whom: &Whom<'_>,
    tally: &Tally,
    reason: String,
    later: &mut BTreeSet<UserId>,
) -> Result<Weighed> {
    let Decider { shell, tenant, .. } = *decider;
    let now = shell.clock.now();
    let id = set_id(decider, origin, now);
    let mut hash = PlanHash::default();
    let mut rows_written = 0;
    let mut busy = Vec::new();
    let mut walk = Walk::default();
    loop {
        let people = match walk.next(decider, whom).await? {
            Shown::People(people) => people,
            Shown::All => break,
            Shown::OutOfTime => return Ok(Weighed::OutOfTime),
        };
        let mut rows = Vec::new();
        for person in people {
            match decider.book.decide(&person) {
                Decision::Leave(Leave::Busy | Leave::Excepted(_)) => busy.push(person.id),
                Decision::Leave(_) => {}
                Decision::Provision { wanted, .. } => rows.push(PlannedChange {
                    kinds: gate::kinds(decider.book, &person, &wanted),
                    before: order::belonging(&person),
                    wanted: *wanted,
                    order: None,
                    person: person.id,
                }),
            }
        }
        hash.add(&rows)?;
        rows_written += u64::try_from(rows.len()).unwrap_or_default();
        shell.store.put_planned(tenant, &id, &rows).await?;
    }
    put_off(decider, later, busy).await?;
    let old = match gate.open.get(&origin) {
        Some(old) => shell.store.change_set(&tenant.id, old).await?,
        None => None,
    };
    let old = old.filter(|old| old.state == SetState::Stopped);
    let same = |old: &ChangeSet| old.whole && old.decided_with == decider.decided_with;
    let mut set = ChangeSet {
        id: id.clone(),
        origin,
        state: SetState::Stopped,
        hash: hash.end(),
        decided_with: decider.decided_with.to_owned(),
        rules: decider.rules,
        whole: matches!(whom, Whom::Everybody) || old.as_ref().is_some_and(same),
        people: rows_written,
        in_scope: tally.in_scope,
        counts: tally.counts.clone(),
        reason,
        authors: tenant.authors.clone(),
        first_stopped: old.as_ref().map_or(now, |old| old.first_stopped),
        expires: now + config::CHANGE_SET_EXPIRES,
        answered_by: None,
        applied: 0,
        moved: 0,
        place: None,
        version: 0,
    };
    shell.store.save_change_set(&tenant.id, &mut set).await?;
    if let Some(mut old) = old {
        old.state = SetState::Replaced;
        shell.store.save_change_set(&tenant.id, &mut old).await?;
    }
    gate.open.insert(origin, id);
    shell.store.set_gate(&tenant.id, gate).await?;
    let (people, reason) = (set.people, set.reason.as_str());
    tracing::warn!(
        tenant = tenant.id.as_str(),
        set = set.id.0,
        people,
        reason,
        "a change set waits for a yes"
    );
    Ok(Weighed::Stopped)
}

fn set_id(decider: &Decider<'_>, origin: SetOrigin, now: Time) -> SetId {
    let fence = decider.lease.worker().fence;
    let text = format!(
        "{} {origin:?} {} {fence}",
        decider.tenant.id.as_str(),
        decider.decided_with
    );
    SetId(ulid(&text, now))
}

/// Ends a change set without its yes. Whoever changed while it waited is decided at the next sync. False = somebody was faster.
async fn close(
    decider: &Decider<'_>,
    set: &mut ChangeSet,
    state: SetState,
    later: &mut BTreeSet<UserId>,
) -> Result<bool> {
    set.state = state;
    if !decider
        .shell
        .store
        .save_change_set(&decider.tenant.id, set)
        .await?
    {
        return Ok(false);
    }
    if !set.whole {
        let people = planned(decider, &set.id).await?;
        put_off(decider, later, people.into_iter().collect()).await?;
    }
    Ok(true)
}
