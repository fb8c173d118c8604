//! What a person orders for somebody: provision, offboard, read again. A person may supersede anything (J3).

use crate::error::{Error, Kind, Result};
use crate::model::job::{Goal, Job, Origin};
use crate::model::lane::{Lane, Worker};
use crate::model::microsoft::UserId;
use crate::model::person::Person;
use crate::model::persona::Wanted;
use crate::model::step::Step;
use crate::model::tenant::{Tenant, TenantId};
use crate::plan::steps;
use crate::store::commits::Commitment;
use crate::store::cursors::Refresh;
use crate::store::jobs::Plan;

use super::{Shell, look, sync};

/// So often an order is planned again because the person's row changed meanwhile.
pub(super) const TRIES: usize = 5;

/// A person's order comes from outside the lanes; only the versions order it.
pub(super) const OUTSIDE: Worker = Worker {
    lane: Lane::Sync,
    fence: 0,
};

/// Orders that somebody be offboarded, whatever is open for them (R72, J3).
pub async fn offboard(shell: &Shell, tenant: &TenantId, person: &UserId) -> Result<()> {
    let tenant = sync::tenant(shell, tenant).await?;
    order(shell, &tenant, person, |person| {
        if person
            .open_job
            .as_ref()
            .is_some_and(|open| open.goal == Goal::Offboard)
        {
            return Err(Error::new(
                Kind::Conflict,
                format!("person {} is being offboarded already", person.id.0),
            ));
        }
        let steps = steps::offboard(&tenant.settings, &person.role);
        Ok((Goal::Offboard, steps, None))
    })
    .await
}

/// Orders that somebody get what is wanted, also if they had left before (R89, W2).
pub async fn provision(
    shell: &Shell,
    tenant: &TenantId,
    person: &UserId,
    wanted: &Wanted,
) -> Result<()> {
    let tenant = sync::tenant(shell, tenant).await?;
    let catalogue = shell.store.catalogue(&tenant.id).await?;
    order(shell, &tenant, person, |person| {
        let held = person.persona.as_ref();
        let before = catalogue
            .personas
            .iter()
            .find(|persona| Some(&persona.reference) == held);
        Ok((
            Goal::Provision,
            steps::provision(wanted, before),
            Some(wanted.clone()),
        ))
    })
    .await
}

/// Orders that one person be read again, and nobody else (F10); also somebody whom no sync has brought yet, if the id is one that
/// Microsoft could have given.
pub async fn refresh(shell: &Shell, tenant: &TenantId, person: &UserId) -> Result<()> {
    let tenant = sync::tenant(shell, tenant).await?;
    if !person.is_guid() {
        look::find(shell, &tenant, person).await?;
    }
    let order = Refresh {
        ordered: shell.clock.now(),
        person: person.clone(),
    };
    shell.store.order_refresh(&tenant.id, &order).await?;
    shell.ring(&tenant.id, [Lane::Sync]).await;
    Ok(())
}

async fn order(
    shell: &Shell,
    tenant: &Tenant,
    id: &UserId,
    plan: impl Fn(&Person) -> Result<(Goal, Vec<Step>, Option<Wanted>)>,
) -> Result<()> {
    for _ in 0..TRIES {
        let person = look::find(shell, tenant, id).await?;
        let (goal, steps, wanted) = plan(&person)?;
        let old = open_job(shell, tenant, &person).await?;
        let commitment = Commitment {
            goal,
            origin: Origin::Person,
            // What the rules last said stays what they last said: a person's choice is not news to them (W1).
            digest: None,
            plan: Plan { steps, wanted },
            old,
            person,
        };
        let report = shell
            .store
            .commit(tenant, vec![commitment], OUTSIDE, shell.clock.now())
            .await?;
        if report.overtaken.is_empty() {
            shell.ring(&tenant.id, report.rung).await;
            return Ok(());
        }
    }
    Err(Error::new(
        Kind::Conflict,
        format!("person {} changes too fast; try again", id.0),
    ))
}

/// The job that is open for somebody, to be superseded.
pub(super) async fn open_job(
    shell: &Shell,
    tenant: &Tenant,
    person: &Person,
) -> Result<Option<Job>> {
    let Some(open) = &person.open_job else {
        return Ok(None);
    };
    let job = shell.store.job(tenant, &open.id).await?;
    Ok(job.filter(|job| !job.state.is_final()))
}
