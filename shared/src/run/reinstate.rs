//! Takes an offboarding back, as a plan of its own (I6).

use crate::error::{Error, Kind, Result};
use crate::model::inventory::NumberState;
use crate::model::job::{Goal, JobId};
use crate::model::microsoft::UserId;
use crate::model::tenant::{Tenant, TenantId};
use crate::plan::reinstate::{Reinstatement, Taken, reinstate as planned};
use crate::store::ends::History;
use crate::store::jobs::Plan;

use super::inventory::{Reservation, reserve};
use super::moves::Planned;
use super::order::{belonging, order};
use super::{Shell, basis, look, sync};

/// Orders that somebody get back what an offboarding took: their last job, or the one that is named. The plan's notes list what cannot
/// be given back; with `dry` nothing is ordered. `Conflict` if that job was no offboarding of theirs, or they are given something else
/// already.
pub async fn reinstate(
    shell: &Shell,
    tenant: &TenantId,
    person: &UserId,
    job: Option<&JobId>,
    dry: bool,
) -> Result<Planned> {
    let tenant = sync::tenant(shell, tenant).await?;
    let found = look::find(shell, &tenant, person).await?;
    let refused = |why: String| Error::new(Kind::Conflict, why);
    if !found.left || found.open_job.is_some() {
        let why =
            "the person has not left, or a job of theirs is open: there is nothing to take back";
        return Err(refused(why.to_owned()));
    }
    let last = found.result.as_ref().map(|result| &result.job);
    let job = job
        .or(last)
        .ok_or_else(|| refused("name the offboarding that is to be taken back".to_owned()))?;
    let history = look::history(shell, &tenant.id, job).await?;
    if history.goal != Goal::Offboard || history.person != *person {
        let why = format!("job {} is no offboarding of person {}", job.0, person.0);
        return Err(refused(why));
    }
    let plan = plan(shell, &tenant, &history).await?;
    let told = Planned {
        steps: plan.steps.clone(),
        notes: plan.lost.clone(),
    };
    if dry {
        return Ok(told);
    }
    if let Some(number) = &plan.number {
        keep(shell, &tenant, number.as_str(), person).await?;
    }
    order(shell, &tenant, person, |person, _| {
        if !person.left || person.open_job.is_some() {
            return Err(refused("something else was ordered meanwhile".to_owned()));
        }
        let plan = Plan {
            steps: plan.steps.clone(),
            wanted: Some(plan.wanted.clone()),
            from: Some(belonging(person)),
            notes: plan.lost.clone(),
            ..Plan::default()
        };
        Ok((Goal::Provision, plan))
    })
    .await?;
    Ok(told)
}

/// Keeps the number for the person, unless it is.
async fn keep(shell: &Shell, tenant: &Tenant, number: &str, person: &UserId) -> Result<()> {
    let entry = super::inventory::number(shell, &tenant.id, number).await?;
    let is_theirs = entry.holder.as_ref() == Some(person);
    if is_theirs && matches!(entry.state, NumberState::Reserved | NumberState::Settling) {
        return Ok(());
    }
    let reservation = Reservation {
        person: Some(person.clone()),
        days: None,
        note: "given back with an offboarding that was taken back".to_owned(),
    };
    reserve(shell, &tenant.id, number, &reservation)
        .await
        .map(|_| ())
}

async fn plan(shell: &Shell, tenant: &Tenant, history: &History) -> Result<Reinstatement> {
    let from = history.from.as_ref().ok_or_else(|| {
        let why = "an older version made this job, and did not keep where the person belonged";
        Error::new(Kind::Conflict, why)
    })?;
    let basis = basis::basis(shell, tenant).await?;
    let mut entries = Vec::new();
    for number in &history.before.numbers {
        entries.extend(shell.store.entry(tenant, number).await?);
    }
    let persona = from.persona.as_ref().and_then(|held| basis.version(held));
    Ok(planned(&Taken {
        person: &history.person,
        before: &history.before,
        site: from.site.as_ref(),
        held: from.persona.as_ref(),
        role: &from.role,
        ended: history.ended,
        entries: &entries,
        persona,
        skus: &shell.store.skus(&tenant.id).await?,
        policies: &shell.store.policies(&tenant.id).await?,
        tree: &basis.grounds.tree,
    }))
}
