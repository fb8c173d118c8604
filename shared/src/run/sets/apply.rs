//! What somebody said yes to becomes jobs.

use std::collections::BTreeSet;

use crate::error::{Error, Kind, Result};
use crate::model::change_set::{ChangeKind, ChangeSet, SetPlace, SetState};
use crate::model::microsoft::UserId;
use crate::plan::decide::{Decision, digest};
use crate::plan::gate;
use crate::run::decide::{Decider, commitment, put_off, send};
use crate::run::order;
use crate::store::change_sets::PlannedChange;

use super::close;

/// Plan rows that become jobs between two looks at the time.
const ROWS: i32 = 100;

/// Turns plan rows into jobs, as far as what people would get now is what somebody said yes to; the others are set aside and decided
/// anew. False = the time is over.
pub(super) async fn apply(
    decider: &Decider<'_>,
    set: &mut ChangeSet,
    later: &mut BTreeSet<UserId>,
) -> Result<bool> {
    let Decider {
        shell,
        lease,
        tenant,
        ..
    } = *decider;
    if set.state == SetState::Released {
        set.state = SetState::Applying;
        set.place = Some(SetPlace::BEGIN);
        save(decider, set).await?;
    }
    while let Some(place) = set.place.clone() {
        if !lease.may_go_on() {
            return Ok(false);
        }
        let page = shell.store.planned_page(&tenant.id, &set.id, &place, ROWS);
        let (rows, next) = page.await?;
        apply_rows(decider, set, rows, later).await?;
        set.place = place.next(next, tenant.shards);
        let limit = gate::limit(&tenant.settings.limits, ChangeKind::Persona);
        if set.moved > limit.few && set.moved * 100 > set.people * limit.percent {
            // The world is not the one that somebody looked at: the rest is decided anew.
            set.place = None;
            close(decider, set, SetState::Replaced, later).await?;
            return Ok(true);
        }
        save(decider, set).await?;
    }
    if set.whole {
        let mut cursor = shell.store.cursor(&tenant.id).await?;
        cursor.decided_with.clone_from(&set.decided_with);
        cursor.decided_rules = set.rules;
        cursor.decided_at = Some(shell.clock.now());
        let moved = shell.store.move_cursor(&tenant.id, &mut cursor, Vec::new());
        moved.await?.or_stop()?;
    }
    shell.store.forget_authors(&tenant.id, &set.authors).await?;
    set.state = SetState::Done;
    save(decider, set).await?;
    Ok(true)
}

async fn save(decider: &Decider<'_>, set: &mut ChangeSet) -> Result<()> {
    if decider
        .shell
        .store
        .save_change_set(&decider.tenant.id, set)
        .await?
    {
        return Ok(());
    }
    Err(Error::new(
        Kind::OutOfTime,
        "another worker applies this change set",
    ))
}

async fn apply_rows(
    decider: &Decider<'_>,
    set: &mut ChangeSet,
    rows: Vec<PlannedChange>,
    later: &mut BTreeSet<UserId>,
) -> Result<()> {
    let Decider {
        shell,
        tenant,
        book,
        ..
    } = *decider;
    let ids: Vec<UserId> = rows.iter().map(|row| row.person.clone()).collect();
    let mut people = shell.store.some_people(tenant, &ids).await?;
    let mut commitments = Vec::new();
    let mut moved = Vec::new();
    for row in rows {
        let Some(person) = people.remove(&row.person) else {
            moved.push(row.person);
            continue;
        };
        if person.decided.as_ref() == Some(&digest(&row.wanted)) {
            // By a worker that died before it could say so.
            set.applied += 1;
            continue;
        }
        match book.decide(&person) {
            Decision::Provision { wanted, digest }
                if *wanted == row.wanted && order::belonging(&person) == row.before =>
            {
                commitments.push(commitment(decider, person, *wanted, digest).await?);
            }
            Decision::Provision { .. } | Decision::Leave(_) => moved.push(person.id),
        }
    }
    let planned = commitments.len();
    let overtaken = send(decider, commitments).await?;
    set.applied += u64::try_from(planned - overtaken.len()).unwrap_or_default();
    moved.extend(overtaken);
    set.moved += u64::try_from(moved.len()).unwrap_or_default();
    put_off(decider, later, moved).await
}
