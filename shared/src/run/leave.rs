//! How a turn ends: the job is put off, looked at again, handed to another lane, or over.

use crate::config;
use crate::error::{Error, Kind, Result};
use crate::model::job::{Goal, Job, JobState, Waits};
use crate::model::lane::Lane;
use crate::model::step::{Stands, Step};
use crate::model::time::Time;
use crate::store::ends::Placement;
use crate::store::jobs::{Plan, Saved};
use crate::telemetry::{self, Figure};

use super::known::given;
use super::lines;
use super::work::{Bench, Worked};

impl Bench<'_> {
    /// What cannot be read or sent now is tried again. A long wait that Microsoft named is written down, because whoever comes next
    /// in another process must keep it too (fault 34); a short one is remembered by the drain alone.
    pub(super) async fn put_off(&self, mut job: Job, error: Error) -> Result<Worked> {
        let long = if let Kind::Throttled(wait) = error.kind() {
            wait.filter(|wait| *wait > config::REPEAT_AFTER)
        } else {
            None
        };
        let Some(wait) = long else {
            return Err(error);
        };
        let until = self.shell.clock.now() + wait;
        job.due = Some(until);
        job.in_hand = false;
        Ok(self.save(&mut job).await?.unwrap_or(Worked::Again(until)))
    }

    /// Stores an open job. Something = somebody else wrote it.
    pub(super) async fn save(&self, job: &mut Job) -> Result<Option<Worked>> {
        match self
            .shell
            .store
            .save(self.tenant, job, self.lease.worker())
            .await?
        {
            Saved::Yes => Ok(None),
            Saved::Overtaken => Ok(Some(self.make_way(job).await?)),
        }
    }

    /// The job is looked at again then, in the lane that fits what it waits for.
    pub(super) async fn again(
        &self,
        mut job: Job,
        until: Time,
        waits: Option<Waits>,
    ) -> Result<Worked> {
        let lane = match &waits {
            Some(Waits::Teams(_)) => Lane::Staging,
            Some(Waits::Licence | Waits::Number | Waits::Permission | Waits::Settling) | None => {
                job.goal.lane()
            }
        };
        job.move_to(lane, until);
        if lane == Lane::Staging {
            let now = self.shell.clock.now();
            job.looked = Some(now);
            let staged = now.since(job.created).as_secs_f64() / 3_600.0;
            telemetry::tell(now.millis(), Figure::StagedHours, staged);
        }
        job.waits = waits;
        if lane != self.lease.lane() {
            return Ok(Worked::Moved(Box::new(job)));
        }
        Ok(self.save(&mut job).await?.unwrap_or(Worked::Again(until)))
    }

    /// The job's end, in one transaction with the person's row.
    pub(super) async fn end(&self, mut job: Job, plan: &Plan) -> Result<Worked> {
        let now = self.shell.clock.now();
        let mut placement = Placement::default();
        for (step, standing) in plan.steps.iter().zip(&job.standings) {
            match (step, &standing.stands) {
                (Step::Place { site, persona }, Stands::Done(_)) => {
                    placement.place = Some((site.clone(), persona.clone()));
                    placement.given = given(plan);
                }
                (Step::Role { role }, Stands::Done(_)) => placement.role = Some(role.clone()),
                _ => {}
            }
        }
        let lines = lines::at_end(self.shell, self.tenant, &job, plan).await?;
        let freed = lines.freed();
        placement.number = lines.number;
        placement.entries = lines.entries;
        placement.duplicates = lines.duplicates;
        match self
            .shell
            .store
            .end(
                self.tenant,
                &mut job,
                plan,
                &placement,
                self.lease.worker(),
                now,
            )
            .await?
        {
            Saved::Yes => {
                tracing::info!(
                    tenant = self.tenant.id.as_str(),
                    job = job.id.0,
                    state = job.state.name(),
                    "ended"
                );
                tell(&job, now);
                lines::wake(self.shell, self.tenant, self.lease.worker(), freed).await?;
                Ok(Worked::Ended(job.state))
            }
            Saved::Overtaken => self.make_way(&job).await,
        }
    }
}

/// Counts a job that ended (F151), and how long it took where it was to make somebody ready (F154).
fn tell(job: &Job, now: Time) {
    let ended = match job.state {
        JobState::Done | JobState::DoneWithNotes => Figure::JobsDone,
        JobState::Failed | JobState::Poisoned => Figure::JobsFailed,
        JobState::Cancelled
        | JobState::Superseded
        | JobState::Due
        | JobState::Running
        | JobState::Waiting
        | JobState::Staged => return,
    };
    telemetry::tell(now.millis(), ended, 1.0);
    if ended == Figure::JobsDone && job.goal == Goal::Provision {
        let took = now.since(job.created).as_secs_f64() / 60.0;
        telemetry::tell(now.millis(), Figure::ReadyMinutes, took);
    }
}
