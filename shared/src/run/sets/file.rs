//! Files of orders: weighed when they are new, and carried out person by person once nobody has to say yes, or somebody did (F113).

use std::collections::BTreeMap;

use crate::error::{Error, Kind, Result};
use crate::model::change_set::{ChangeKind, ChangeSet, Gate, SetId, SetPlace, SetState};
use crate::model::microsoft::UserId;
use crate::model::person::Person;
use crate::plan::decide::Basis;
use crate::plan::gate::Tally;
use crate::run::decide::Decider;
use crate::run::files::Ordered;
use crate::run::{basis, unstage};
use crate::run::{moves, order};
use crate::store::change_sets::{FileOutcome, PlannedChange};
use crate::store::jobs::PlanRow;

use super::walk::{Shown, Walk, Whom};
use super::{let_through, over};

/// Rows that are carried out between two looks at the time.
const ROWS: i32 = 100;

/// Weighs and carries out what was given in. False = the time is over.
pub(super) async fn settle(decider: &Decider<'_>, gate: &mut Gate) -> Result<bool> {
    let (store, tenant) = (&decider.shell.store, decider.tenant);
    for id in &tenant.files {
        let Some(mut set) = store.change_set(&tenant.id, id).await? else {
            store.close_file(&tenant.id, id).await?;
            continue;
        };
        if set.state == SetState::Deciding && !weigh(decider, gate, &mut set).await? {
            return Ok(false);
        }
        match set.state {
            SetState::Released | SetState::Applying => {
                if !carry_out(decider, &mut set).await? {
                    return Ok(false);
                }
            }
            SetState::Stopped if decider.shell.clock.now() >= set.expires => {
                set.state = SetState::Expired;
                save(decider, &mut set).await?;
            }
            SetState::Deciding | SetState::Stopped => continue,
            SetState::Done | SetState::Rejected | SetState::Expired | SetState::Replaced => {}
        }
        store.close_file(&tenant.id, id).await?;
    }
    Ok(true)
}

/// Whether somebody has to say yes to it. False = the time is over.
async fn weigh(decider: &Decider<'_>, gate: &mut Gate, set: &mut ChangeSet) -> Result<bool> {
    let mut kinds: BTreeMap<UserId, Vec<ChangeKind>> = BTreeMap::new();
    let mut from = Some(SetPlace::BEGIN);
    while let Some(place) = from {
        let (store, tenant) = (&decider.shell.store, decider.tenant);
        let page = store.planned_page(&tenant.id, &set.id, &place, ROWS);
        let (rows, next) = page.await?;
        kinds.extend(rows.into_iter().map(|row| (row.person, row.kinds)));
        from = place.next(next, tenant.shards);
    }
    let mut tally = Tally::default();
    for kinds in kinds.values() {
        tally.add_beyond(kinds);
    }
    let limits = &decider.tenant.settings.limits;
    if tally.is_more_than_few(limits, gate, decider.shell.clock.now()) {
        // How much it is of the whole matters by now.
        match of_everybody(decider, &kinds).await? {
            Some(of_all) => tally = of_all,
            None => return Ok(false),
        }
    }
    set.counts.clone_from(&tally.counts);
    set.in_scope = tally.in_scope;
    match over(decider, &tally, gate) {
        Some(reason) => {
            set.state = SetState::Stopped;
            set.reason = reason;
        }
        None => {
            let_through(decider, gate, &tally).await?;
            set.state = SetState::Released;
        }
    }
    save(decider, set).await?;
    Ok(true)
}

/// What is done to those whom a file names, among everybody. `None` = the time is over.
async fn of_everybody(
    decider: &Decider<'_>,
    kinds: &BTreeMap<UserId, Vec<ChangeKind>>,
) -> Result<Option<Tally>> {
    let mut tally = Tally::default();
    let mut walk = Walk::default();
    loop {
        match walk.next(decider, &Whom::Everybody).await? {
            Shown::People(people) => {
                for person in &people {
                    count(&mut tally, person, kinds.get(&person.id));
                }
            }
            Shown::All => return Ok(Some(tally)),
            Shown::OutOfTime => return Ok(None),
        }
    }
}

fn count(tally: &mut Tally, person: &Person, kinds: Option<&Vec<ChangeKind>>) {
    let before = tally.in_scope;
    let kinds = kinds.map(Vec::as_slice).unwrap_or_default();
    tally.add(person, kinds);
    if tally.in_scope == before {
        tally.add_beyond(kinds);
    }
}

/// Orders what the file says, one person after the other; whoever is not where the file found them is set aside. False = the time is over.
async fn carry_out(decider: &Decider<'_>, set: &mut ChangeSet) -> Result<bool> {
    let (store, tenant) = (&decider.shell.store, decider.tenant);
    if set.state == SetState::Released {
        set.state = SetState::Applying;
        set.place = Some(SetPlace::BEGIN);
        save(decider, set).await?;
    }
    let basis = basis::basis(decider.shell, tenant).await?;
    while let Some(place) = set.place.clone() {
        let page = store.planned_page(&tenant.id, &set.id, &place, ROWS);
        let (rows, next) = page.await?;
        let ids: Vec<UserId> = rows.iter().map(|row| row.person.clone()).collect();
        let known = store.outcomes(tenant, &set.id, &ids).await?;
        let mut outcomes: BTreeMap<UserId, Option<String>> = known
            .into_iter()
            .map(|outcome| (outcome.person, outcome.aside))
            .collect();
        for row in rows {
            if outcomes.contains_key(&row.person) {
                // By a worker that died before it could say so.
                continue;
            }
            if !decider.lease.may_go_on() {
                return Ok(false);
            }
            decider.lease.permit()?;
            let aside = match carried_out(decider, &basis, &set.id, &row).await {
                Ok(aside) => aside,
                Err(error) if matches!(error.kind(), Kind::Conflict | Kind::NotFound) => {
                    Some(error.to_string())
                }
                Err(error) => return Err(error),
            };
            let outcome = FileOutcome {
                person: row.person.clone(),
                aside: aside.clone(),
            };
            store.put_outcome(tenant, &set.id, &outcome).await?;
            outcomes.insert(row.person, aside);
        }
        let aside = outcomes.values().flatten().count();
        let ordered = outcomes.len() - aside;
        set.applied += u64::try_from(ordered).unwrap_or_default();
        set.moved += u64::try_from(aside).unwrap_or_default();
        set.place = place.next(next, tenant.shards);
        save(decider, set).await?;
    }
    set.state = SetState::Done;
    save(decider, set).await?;
    Ok(true)
}

/// Why nothing is ordered for somebody; `None` = it is, or was by a worker that died.
async fn carried_out(
    decider: &Decider<'_>,
    basis: &Basis,
    set: &SetId,
    row: &PlannedChange,
) -> Result<Option<String>> {
    let (shell, tenant) = (decider.shell, decider.tenant);
    let Some(person) = shell.store.person(tenant, &row.person).await? else {
        return Ok(Some("there is no such person any more".to_owned()));
    };
    let open = person.open_job.as_ref().map(|open| &open.id);
    let last = open.or(person.result.as_ref().map(|result| &result.job));
    if let Some(job) = last
        && let Some(PlanRow::Known(plan)) = shell.store.plan(tenant, job).await?
        && plan.file.as_ref() == Some(set)
    {
        return Ok(None);
    }
    if order::belonging(&person) != row.before {
        return Ok(Some(
            "they are not what and where they were when the file was given in".to_owned(),
        ));
    }
    let (id, file) = (&row.person, Some(set));
    let Some(order) = &row.order else {
        return Ok(Some("nothing is ordered for them".to_owned()));
    };
    match Ordered::from(order) {
        Ordered::Offboard if person.is_leaving() => {}
        Ordered::Offboard => order::offboard_by(shell, tenant, basis, id, file).await?,
        Ordered::Move(choice) => {
            moves::move_by(shell, tenant, basis, id, &choice, false, file).await?;
        }
        Ordered::Persona(choice) => {
            order::provision_by(shell, tenant, basis, id, &choice, file).await?;
        }
        Ordered::Unstage => {
            let told = unstage::unstage(shell, &tenant.id, std::slice::from_ref(id)).await?;
            let aside = told.first().and_then(|(_, told)| told.why_not());
            return Ok(aside.map(str::to_owned));
        }
    }
    Ok(None)
}

async fn save(decider: &Decider<'_>, set: &mut ChangeSet) -> Result<()> {
    let store = &decider.shell.store;
    if store.save_change_set(&decider.tenant.id, set).await? {
        return Ok(());
    }
    let why = "another worker, or somebody's answer, was faster with a file of orders";
    Err(Error::new(Kind::OutOfTime, why))
}
