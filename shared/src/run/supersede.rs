//! One job takes over from another: a request, not a seizure (J2, A3, A5).

use crate::config;
use crate::error::Result;
use crate::model::ask::{Answer, Ask};
use crate::model::job::{Job, Waits};
use crate::plan::holds::{Seen, View, view};
use crate::plan::next_move::{Move, under_way};
use crate::planted::{self, Bug};
use crate::store::jobs::{Plan, Saved};

use super::ask;
use super::work::{Bench, Worked};

impl Bench<'_> {
    /// J2: a newer job takes over. This one only finds out what became of its asks, and ends.
    pub(super) async fn step_aside(&self, mut job: Job, plan: &Plan) -> Result<Worked> {
        let now = self.shell.clock.now();
        let settled = job
            .asks
            .iter()
            .filter(|ask| ask.is_open() && ask.verb.number().is_none())
            .map(|ask| ask.sent + config::SETTLE)
            .max();
        if let Some(until) = settled.filter(|until| now < *until) {
            return self.again(job, until, None).await;
        }
        let mut seen = Seen::default();
        let of_number = |ask: &&Ask| ask.is_open() && ask.verb.number().is_some();
        while let Some(ask) = job.asks.iter().find(of_number).cloned() {
            match under_way(&ask, &seen, &job.person, now) {
                Move::Read(what) => {
                    self.lease.permit()?;
                    ask::read(self, &job.person, what, &mut seen).await?;
                }
                Move::Close(_, answer) => {
                    job.close(ask.number, now, answer, None);
                    seen = Seen::default();
                }
                Move::Wait { until, .. } => return self.again(job, until, None).await,
                Move::Finish(_) | Move::Ask(_) | Move::GiveUp(_) => break,
            }
        }
        for ask in job.asks.clone().iter().filter(|ask| ask.is_open()) {
            let Some(step) = plan.steps.get(usize::from(ask.step)) else {
                continue;
            };
            if let View::Unread(what) = view(step, &seen) {
                self.lease.permit()?;
                ask::read(self, &job.person, what, &mut seen).await?;
            }
            let answer = match view(step, &seen) {
                View::Holds => Answer::SeenLater,
                View::Lacks(verbs) if !verbs.contains(&ask.verb) => Answer::SeenLater,
                View::Lacks(_) | View::Absent | View::Unread(_) => Answer::NotSeenLater,
            };
            job.close(ask.number, now, answer, None);
        }
        self.end(job, plan).await
    }

    /// J2, A3: while the job before has open asks, nothing is sent that could contradict them.
    pub(super) async fn wait_for_the_old_one(&self, job: &mut Job) -> Result<Option<Worked>> {
        let Some(old) = &job.supersedes else {
            return Ok(None);
        };
        if planted::is(Bug::Seizure) {
            job.supersedes = None;
            return Ok(None);
        }
        let now = self.shell.clock.now();
        let Some(old) = self.shell.store.job(self.tenant, old).await? else {
            job.supersedes = None;
            return Ok(None);
        };
        let asked = old.asks.iter().filter(|ask| ask.is_open());
        let settled = if old.supersedes.is_some() {
            Some(now + config::SETTLE)
        } else {
            let settled = asked.map(|ask| ask.sent + config::SETTLE).max();
            // What becomes of a number that it keeps is written at its end, and stands in the way until then.
            settled.or((!old.lines.is_empty()).then_some(now))
        };
        match settled.filter(|_| !old.state.is_final()) {
            Some(settled) => {
                let until = settled.max(now) + config::REPEAT_AFTER;
                self.again(job.clone(), until, Some(Waits::Settling))
                    .await
                    .map(Some)
            }
            None => {
                job.supersedes = None;
                Ok(None)
            }
        }
    }

    /// A5: whoever knows the answer to an ask may close it, also when a newer job has taken over meanwhile.
    pub(super) async fn make_way(&self, ours: &Job) -> Result<Worked> {
        let Some(mut theirs) = self.shell.store.job(self.tenant, &ours.id).await? else {
            return Ok(Worked::Nothing);
        };
        if theirs.state.is_final() || theirs.superseded_by.is_none() {
            return Ok(Worked::Nothing);
        }
        for ask in &ours.asks {
            if let Some(closed) = &ask.closed {
                theirs.close(
                    ask.number,
                    closed.at,
                    closed.answer.clone(),
                    closed.request_id.clone(),
                );
            }
        }
        let due = self.shell.clock.now();
        theirs.due = Some(due);
        match self
            .shell
            .store
            .save(self.tenant, &mut theirs, self.lease.worker())
            .await?
        {
            Saved::Yes => Ok(Worked::Again(due)),
            Saved::Overtaken => Ok(Worked::Nothing),
        }
    }
}
