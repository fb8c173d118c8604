//! What a person orders for those who are staged: look at these now, or take their job back (R10-R12, F96).

use std::collections::BTreeSet;

use crate::error::{Error, Kind, Result};
use crate::model::job::{Job, JobId, JobState};
use crate::model::lane::Lane;
use crate::model::microsoft::UserId;
use crate::model::tenant::{Tenant, TenantId};
use crate::store::ends::Placement;
use crate::store::jobs::{PlanRow, Saved};

use super::order::{OUTSIDE, TRIES, open_job};
use super::{Shell, lines, look, sync};

/// What became of the order to look at somebody now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unstaged {
    /// Their turn is now.
    Due,
    /// They are not staged.
    NotStaged,
    /// There is no such person.
    Unknown,
    /// Their job was written by others again and again meanwhile: try again.
    Busy,
}

impl Unstaged {
    /// Why they are not looked at; `None` = they are.
    pub const fn why_not(self) -> Option<&'static str> {
        match self {
            Self::Due => None,
            Self::NotStaged => Some("they are not staged"),
            Self::Unknown => Some("there is no such person"),
            Self::Busy => Some("their job changes too fast; try again"),
        }
    }
}

/// Gives these people, and nobody else, their look for the Teams account now, whatever the schedule says (R10-R12). The answers
/// come in the order of the people, each once.
pub async fn unstage(
    shell: &Shell,
    tenant: &TenantId,
    people: &[UserId],
) -> Result<Vec<(UserId, Unstaged)>> {
    let tenant = sync::tenant(shell, tenant).await?;
    let mut seen = BTreeSet::new();
    let mut answers: Vec<(UserId, Unstaged)> = people
        .iter()
        .filter(|id| seen.insert((*id).clone()))
        .map(|id| (id.clone(), Unstaged::Busy))
        .collect();
    let mut made_due = false;
    for _ in 0..TRIES {
        let mut jobs = Vec::new();
        let now = shell.clock.now();
        for (id, answer) in &mut answers {
            if *answer != Unstaged::Busy {
                continue;
            }
            *answer = match staged(shell, &tenant, id).await {
                Ok(Some(mut job)) => {
                    job.due = Some(now);
                    jobs.push(job);
                    Unstaged::Due
                }
                Ok(None) => Unstaged::NotStaged,
                Err(error) if *error.kind() == Kind::NotFound => Unstaged::Unknown,
                Err(error) => return Err(error),
            };
        }
        if jobs.is_empty() {
            break;
        }
        let left_out: BTreeSet<JobId> = shell
            .store
            .hand_over(&tenant, &jobs, Lane::Staging, OUTSIDE, now)
            .await?
            .into_iter()
            .collect();
        made_due |= left_out.len() < jobs.len();
        let again: BTreeSet<UserId> = jobs
            .into_iter()
            .filter(|job| left_out.contains(&job.id))
            .map(|job| job.person)
            .collect();
        for (_, answer) in answers.iter_mut().filter(|(id, _)| again.contains(id)) {
            *answer = Unstaged::Busy;
        }
    }
    if made_due {
        shell.ring(&tenant.id, [Lane::Staging]).await;
    }
    Ok(answers)
}

/// Takes the job of somebody who is staged back (F96). What it has done stays; nothing more follows. `Conflict` if they are not
/// staged, or if a request that was sent for them may still take effect (A2).
pub async fn cancel(shell: &Shell, tenant: &TenantId, person: &UserId) -> Result<JobId> {
    let tenant = sync::tenant(shell, tenant).await?;
    for _ in 0..TRIES {
        let Some(mut job) = staged(shell, &tenant, person).await? else {
            return Err(Error::new(
                Kind::Conflict,
                format!("person {} is not staged", person.0),
            ));
        };
        let open = job.asks.iter().filter(|ask| ask.is_open()).count();
        if open > 0 {
            return Err(Error::new(
                Kind::Conflict,
                format!(
                    "{open} request(s) to Microsoft for person {} are not answered yet and may still take effect; \
                     the job can be taken back once they are closed",
                    person.0
                ),
            ));
        }
        let plan = match shell.store.plan(&tenant, &job.id).await? {
            Some(PlanRow::Known(plan)) => *plan,
            Some(PlanRow::Newer(_)) | None => {
                return Err(Error::new(
                    Kind::Conflict,
                    format!("this version cannot read the plan of job {}", job.id.0),
                ));
            }
        };
        job.state = JobState::Cancelled;
        let now = shell.clock.now();
        let lines = lines::at_end(shell, &tenant, &job, &plan).await?;
        let freed = lines.freed();
        let placement = Placement {
            number: lines.number,
            entries: lines.entries,
            ..Placement::default()
        };
        let ended = shell
            .store
            .end(&tenant, &mut job, &plan, &placement, OUTSIDE, now)
            .await?;
        match ended {
            Saved::Yes => {
                tracing::info!(tenant = tenant.id.as_str(), job = job.id.0, "cancelled");
                lines::wake(shell, &tenant, OUTSIDE, freed).await?;
                return Ok(job.id);
            }
            Saved::Overtaken => {}
        }
    }
    Err(Error::new(
        Kind::Conflict,
        format!("person {} changes too fast; try again", person.0),
    ))
}

/// The open job of somebody, if it waits for the Teams account. `NotFound` if there is no such person.
async fn staged(shell: &Shell, tenant: &Tenant, id: &UserId) -> Result<Option<Job>> {
    let person = look::find(shell, tenant, id).await?;
    let job = open_job(shell, tenant, &person).await?;
    Ok(job.filter(|job| job.state == JobState::Staged && job.lane == Lane::Staging))
}
