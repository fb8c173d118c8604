//! The log of jobs: looked at, taken back, done again (F122-F125, F153).

use crate::error::{Error, Kind, Result};
use crate::model::inventory::NumberEvent;
use crate::model::job::{Goal, Job, JobId, JobState, Origin};
use crate::model::microsoft::UserId;
use crate::model::tenant::TenantId;
use crate::model::time::Time;
use crate::plan::steps;
use crate::store::ends::History;
use crate::store::jobs::{Plan, PlanRow};

use super::look::{self, Page};
use super::moves::{self, MoveChoice};
use super::order::{OUTSIDE, TRIES, belonging, held, offboard, order, version};
use super::{Shell, basis, inventory, sync};

/// A page examines so many jobs at most, however few of them a filter lets through.
const EXAMINED: usize = 500;

/// Which jobs are to be listed; `None` = whichever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Those in this state.
    pub state: Option<JobState>,
    /// Those to this end.
    pub goal: Option<Goal>,
    /// Those started by a rule, or a person.
    pub origin: Option<Origin>,
    /// Those committed at this moment or later.
    pub since: Option<Time>,
    /// Those committed before this moment.
    pub until: Option<Time>,
    /// Only those that are over.
    pub ended: bool,
}

impl JobFilter {
    fn holds(&self, job: &Job) -> bool {
        self.state.is_none_or(|state| job.state == state)
            && self.goal.is_none_or(|goal| job.goal == goal)
            && self.origin.is_none_or(|origin| job.origin == origin)
            && (!self.ended || job.state.is_final())
            && self.until.is_none_or(|until| job.created < until)
    }
}

/// Jobs, the newest first, from behind one of them. A page may hold fewer than `limit` although there are more, because it examines only so
/// many.
pub async fn jobs(
    shell: &Shell,
    tenant: &TenantId,
    filter: &JobFilter,
    after: Option<JobId>,
    limit: usize,
) -> Result<Page<Job, JobId>> {
    let tenant = sync::tenant(shell, tenant).await?;
    // Ids begin with their moment: what is later than asked for is not even read.
    let latest = filter.until.map(first_id_of);
    let mut after = match (after, latest) {
        (Some(after), Some(latest)) => Some(after.min(latest)),
        (after, latest) => after.or(latest),
    };
    let (mut items, mut examined) = (Vec::new(), 0);
    loop {
        let (found, next) = shell
            .store
            .jobs_page(&tenant, after.as_ref(), limit)
            .await?;
        for job in found {
            if filter.since.is_some_and(|since| job.created < since) {
                return Ok(Page { items, next: None });
            }
            examined += 1;
            after = Some(job.id.clone());
            if filter.holds(&job) {
                items.push(job);
            }
            if items.len() == limit || examined == EXAMINED {
                return Ok(Page { items, next: after });
            }
        }
        match next {
            None => return Ok(Page { items, next: None }),
            next => after = next,
        }
    }
}

/// What was ever done to somebody, the newest first, from behind one of them. `NotFound` if there is no such person.
pub async fn jobs_of(
    shell: &Shell,
    tenant: &TenantId,
    person: &UserId,
    after: Option<&JobId>,
    limit: usize,
) -> Result<Page<Job, JobId>> {
    let tenant = sync::tenant(shell, tenant).await?;
    let person = look::find(shell, &tenant, person).await?;
    let mut next = match after {
        Some(after) => {
            let job = shell.store.job(&tenant, after).await?;
            let job = job.filter(|job| job.person == person.id);
            let none = || Error::new(Kind::NotFound, format!("there is no job {}", after.0));
            job.ok_or_else(none)?.previous
        }
        None => {
            let open = person.open_job.map(|open| open.id);
            open.or_else(|| person.result.map(|result| result.job))
        }
    };
    let mut items: Vec<Job> = Vec::new();
    while let Some(id) = next.take() {
        if items.len() == limit {
            let last = items.last().map(|job| job.id.clone());
            return Ok(Page { items, next: last });
        }
        let Some(job) = shell.store.job(&tenant, &id).await? else {
            break;
        };
        next.clone_from(&job.previous);
        items.push(job);
    }
    Ok(Page { items, next: None })
}

/// What became of a number, oldest first, after one of them. `NotFound` if the inventory does not know it.
pub async fn trail(
    shell: &Shell,
    tenant: &TenantId,
    number: &str,
    after: Option<&str>,
    limit: i32,
) -> Result<(Vec<NumberEvent>, Option<String>)> {
    let entry = inventory::number(shell, tenant, number).await?;
    shell.store.trail(tenant, &entry.number, after, limit).await
}

/// What is kept of ended jobs, the newest first: those that a filter lets through.
pub async fn ended(
    shell: &Shell,
    tenant: &TenantId,
    filter: &JobFilter,
    after: Option<JobId>,
    limit: usize,
) -> Result<Page<History, JobId>> {
    let row = sync::tenant(shell, tenant).await?;
    let filter = JobFilter {
        ended: true,
        ..filter.clone()
    };
    let Page { items, next } = jobs(shell, tenant, &filter, after, limit).await?;
    let mut kept = Vec::new();
    for job in &items {
        kept.extend(shell.store.history(&row, &job.id).await?);
    }
    Ok(Page { items: kept, next })
}

/// Takes a job back: nothing more is asked of Microsoft for it, what was asked is followed to its end, and what is kept for it goes
/// (F124). What it has done stays. `Conflict` if it is over, or a newer one takes over from it already.
pub async fn take_back(shell: &Shell, tenant: &TenantId, id: &JobId, by: &str) -> Result<Job> {
    let tenant = sync::tenant(shell, tenant).await?;
    for _ in 0..TRIES {
        let mut job = look::find_job(shell, &tenant, id).await?;
        let refused = |why: String| Err(Error::new(Kind::Conflict, why));
        if job.state.is_final() {
            return refused(format!("job {} is over: it is {}", id.0, job.state));
        }
        if job.superseded_by.is_some() || job.cancelled_by.is_some() {
            return refused(format!("job {} is being ended already", id.0));
        }
        let now = shell.clock.now();
        let lane = job.lane;
        job.cancelled_by = Some(by.to_owned());
        job.move_to(lane, now);
        let left_out = shell
            .store
            .hand_over(&tenant, &[job.clone()], lane, OUTSIDE, now)
            .await?;
        if left_out.is_empty() {
            tracing::info!(tenant = tenant.id.as_str(), job = id.0, by, "taken back");
            shell.ring(&tenant.id, [lane]).await;
            return look::find_job(shell, &tenant, id).await;
        }
    }
    let why = format!("job {} changes too fast; try again", id.0);
    Err(Error::new(Kind::Conflict, why))
}

/// Orders what an ended job was to achieve once more, planned anew on what there is now (F123). `Conflict` if it is open, or not the
/// last one of its person: what came later counts.
pub async fn replay(shell: &Shell, tenant: &TenantId, id: &JobId) -> Result<UserId> {
    let row = sync::tenant(shell, tenant).await?;
    let job = look::find_job(shell, &row, id).await?;
    let refused = |why: String| Err(Error::new(Kind::Conflict, why));
    if !job.state.is_final() {
        return refused(format!(
            "job {} is still {}: there is nothing to repeat",
            id.0, job.state
        ));
    }
    let person = look::find(shell, &row, &job.person).await?;
    let last = person.result.as_ref().map(|result| &result.job);
    if person.open_job.is_some() || last != Some(id) {
        return refused(format!(
            "job {} is not the last of person {}: what came later counts",
            id.0, person.id.0
        ));
    }
    if job.goal == Goal::Offboard {
        offboard(shell, tenant, &person.id).await?;
        return Ok(person.id);
    }
    let Some(PlanRow::Known(plan)) = shell.store.plan(&row, id).await? else {
        return refused(format!("this version cannot read the plan of job {}", id.0));
    };
    let Some(wanted) = plan.wanted else {
        return refused(format!(
            "the plan of job {} does not say what was wanted",
            id.0
        ));
    };
    if job.goal == Goal::Move
        && let Some(site) = wanted
            .site
            .clone()
            .filter(|site| person.site.as_ref() != Some(site))
    {
        let choice = MoveChoice {
            site,
            persona: wanted.persona.as_ref().map(|persona| persona.id.clone()),
            profile: None,
            role: Some(wanted.role.clone()),
            keep_number: wanted.numbers.is_empty() && person.number.is_some(),
            licences: None,
        };
        moves::move_to(shell, tenant, &person.id, &choice, false).await?;
        return Ok(person.id);
    }
    let basis = basis::basis(shell, &row).await?;
    order(shell, &row, &person.id, |person, _| {
        let before = version(&basis, person);
        let held = if plan.is_edit {
            steps::Held::default()
        } else {
            held(person, before)
        };
        let plan = Plan {
            steps: steps::provision(&wanted, held),
            wanted: Some(wanted.clone()),
            is_edit: plan.is_edit,
            from: Some(belonging(person)),
            ..Plan::default()
        };
        Ok((Goal::Provision, plan))
    })
    .await?;
    Ok(person.id)
}

/// Before every id of this moment or later, and after all earlier ones.
fn first_id_of(moment: Time) -> JobId {
    let millis = u64::try_from(moment.millis()).unwrap_or(0);
    JobId(ulid::Ulid::from_parts(millis, 0).to_string())
}
