//! One job, one turn: its steps as far as they go now, every request recorded before it is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use crate::config;
use tokio::sync::OnceCell;

use crate::error::{Error, Kind, Result};
use crate::graph::Graph;
use crate::model::ask::{Answer, Ask};
use crate::model::group::{Group, GroupId};
use crate::model::job::{Job, JobId, JobState, Waits};
use crate::model::lane::Lane;
use crate::model::microsoft::{TeamsUser, UserId};
use crate::model::number::E164;
use crate::model::step::{Note, Obstacle, Stands, Step};
use crate::model::tenant::{Capability, Tenant};
use crate::model::time::Time;
use crate::plan::holds::{Glance, Read, Seen};
use crate::plan::next_move::{Circumstances, Move, next_move};
use crate::plan::steps::obstacle;
use crate::store::jobs::{Plan, PlanRow};

use super::ask::{self, Asked};
use super::known::left;
use super::lease::Lease;
use super::lines::{Hold, Queue};
use super::seats::Seats;
use super::together::Together;
use super::{Shell, health};

/// What became of a turn.
#[derive(Debug)]
pub(super) enum Worked {
    /// There was nothing to do: the index was late, or somebody else wrote the job.
    Nothing,
    /// The job is final.
    Ended(JobState),
    /// It is looked at again in this lane.
    Again(Time),
    /// It belongs to another lane now; to be handed over with others (L2).
    Moved(Box<Job>),
    /// A worker died with it in hand: it comes last.
    Suspect,
    /// A newer version planned it: this one leaves it alone (J6).
    Newer(Error),
}

/// Where and as whom jobs are worked on.
pub(super) struct Bench<'a> {
    pub shell: &'a Shell,
    pub lease: &'a Lease<'a>,
    pub tenant: &'a Tenant,
    pub graph: Graph,
    /// What is asked together with others.
    pub together: Together,
    pub missing: BTreeSet<Capability>,
    pub lessons: Mutex<health::Lessons>,
    /// A worker died in this lane: stamp every job before touching it.
    pub careful: bool,
    /// Everybody who was not looked at since this moment has a turn, due or not (R10, R11).
    pub everybody_since: Option<Time>,
    /// The groups that personas name, read when somebody gets into one.
    pub groups: OnceCell<Vec<Group>>,
    /// Those of them that no sync has read yet, as far as they were asked for; `None` = there is none, or it may not be read.
    pub new_groups: tokio::sync::Mutex<BTreeMap<GroupId, Option<Group>>>,
    /// The licence stock, read when somebody needs a seat.
    pub seats: OnceCell<Seats>,
    /// Who waits for a telephone number, read when somebody needs one.
    pub numbers_wanted: OnceCell<Mutex<Queue>>,
    /// Numbers that somebody of this pass has got, or was not given.
    pub numbers_taken: Mutex<BTreeSet<E164>>,
    /// The Teams accounts of everybody, where so many are asked for that one list is cheaper.
    pub accounts: Option<BTreeMap<UserId, TeamsUser>>,
}

impl Bench<'_> {
    /// People at once: as many as the pace lets through without long waits; one, where a worker died.
    pub fn at_once(&self) -> usize {
        if self.careful {
            1
        } else {
            self.graph.fits_at_once().min(config::AT_ONCE)
        }
    }

    /// Gives one job its turn. A job that a worker died with has it last of all.
    pub async fn work(&self, id: &JobId, is_last: bool) -> Result<Worked> {
        let now = self.shell.clock.now();
        let found = self.shell.store.job_and_plan(self.tenant, id).await?;
        let Some((mut job, plan)) = found else {
            return Ok(Worked::Nothing);
        };
        let asked_for = self
            .everybody_since
            .is_some_and(|since| job.looked.is_none_or(|looked| looked < since));
        let due = job.due.is_some_and(|due| asked_for || due <= now);
        if job.state.is_final() || job.lane != self.lease.lane() {
            return Ok(Worked::Nothing);
        }
        if !due {
            // Known exactly now, whatever the index shows (L4).
            return Ok(job.due.map_or(Worked::Nothing, Worked::Again));
        }
        let plan = match plan {
            Some(PlanRow::Known(plan)) => *plan,
            Some(PlanRow::Newer(error)) => return Ok(Worked::Newer(error)),
            None => {
                // Plan and job are written together: no second look will find it.
                tracing::error!(job = id.0, "has no plan; parked");
                return self.park(job, &Plan::default()).await;
            }
        };
        if job.crashes >= config::CRASHES_TO_PARK {
            return self.park(job, &plan).await;
        }
        if !self.careful && !job.in_hand {
            return self.turn(job, &plan).await;
        }
        if job.in_hand && !is_last {
            return Ok(Worked::Suspect);
        }
        if let Some(over) = self.take_in_hand(&mut job, &plan).await? {
            return Ok(over);
        }
        let worked = self.turn(job, &plan).await;
        if worked.is_err() {
            self.let_go(id).await;
        }
        worked
    }

    /// Whatever is to be done about a job now.
    async fn turn(&self, mut job: Job, plan: &Plan) -> Result<Worked> {
        if job.superseded_by.is_none() && job.cancelled_by.is_none() {
            return self.go_on(job, plan).await;
        }
        // Who is superseded in turn must not end, and be forgotten, while the job before is unsettled.
        match self.wait_for_the_old_one(&mut job).await? {
            Some(wait) => Ok(wait),
            None => self.step_aside(job, plan).await,
        }
    }

    /// An error is no crash: the worker lives, and the next one must not count it. If this cannot be written, it is counted.
    async fn let_go(&self, id: &JobId) {
        let Ok(Some(mut job)) = self.shell.store.job(self.tenant, id).await else {
            return;
        };
        if job.in_hand && !job.state.is_final() && job.lane == self.lease.lane() {
            job.in_hand = false;
            if let Err(error) = self.save(&mut job).await {
                tracing::warn!(job = id.0, %error, "still in hand");
            }
        }
    }

    /// Counts the worker that died with this job, if one did, and says that we have it now.
    async fn take_in_hand(&self, job: &mut Job, plan: &Plan) -> Result<Option<Worked>> {
        if job.in_hand {
            job.crashes = job.crashes.saturating_add(1);
        }
        if job.crashes >= config::CRASHES_TO_PARK {
            return self.park(job.clone(), plan).await.map(Some);
        }
        job.in_hand = true;
        self.save(job).await
    }

    /// Puts a job aside that kills its workers, but not before what it asked for can have no effect any more: whoever comes next
    /// for this person may ask for the opposite (A3).
    async fn park(&self, mut job: Job, plan: &Plan) -> Result<Worked> {
        let open = job.asks.iter().filter(|ask| ask.is_open());
        let settles = |ask: &Ask| match ask.verb.number() {
            Some(_) => config::SETTLE_NUMBER,
            None => config::SETTLE,
        };
        let settled = open.map(|ask| ask.sent + settles(ask)).max();
        if let Some(until) = settled.filter(|until| self.shell.clock.now() < *until) {
            return self.again(job, until, Some(Waits::Settling)).await;
        }
        // Nobody will find out what became of them (A2): a person must look.
        let now = self.shell.clock.now();
        let open: Vec<u16> = job
            .asks
            .iter()
            .filter(|ask| ask.is_open())
            .map(|ask| ask.number)
            .collect();
        for number in open {
            job.close(number, now, Answer::NeverEnded, None);
        }
        job.state = JobState::Poisoned;
        self.end(job, plan).await
    }

    /// The steps, as far as they go now.
    async fn go_on(&self, mut job: Job, plan: &Plan) -> Result<Worked> {
        match self.protected(&job).await {
            Ok(None) => {}
            Ok(Some(why)) => {
                let open = job.standings.iter_mut();
                for standing in open.filter(|standing| !standing.stands.is_final()) {
                    standing.stands = Stands::Blocked(Obstacle::Protected(why.clone()));
                }
                return self.end(job, plan).await;
            }
            Err(error) => return self.put_off(job, error).await,
        }
        let mut seen = Seen::default();
        let mut missing = self.missing.clone();
        let mut not_before: Option<Time> = None;
        loop {
            let now = self.shell.clock.now();
            let Some(at) = job
                .standings
                .iter()
                .position(|standing| !standing.stands.is_final())
            else {
                return self.end(job, plan).await;
            };
            let Some(step) = plan.steps.get(at) else {
                return Err(Error::new(
                    Kind::Invalid,
                    format!("the plan of job {} has too few steps", job.id.0),
                ));
            };
            if !step.contradicts_nothing()
                && let Some(wait) = self.wait_for_the_old_one(&mut job).await?
            {
                return Ok(wait);
            }
            if let Some(earlier) = obstacle(&plan.steps, &job.standings, at) {
                settle(
                    &mut job,
                    at,
                    Stands::Blocked(Obstacle::EarlierStep(earlier.name().to_owned())),
                );
                continue;
            }
            if self.lease.lane() == Lane::Staging && *step != Step::AwaitTeams {
                // Ready: the rest is not this lane's.
                job.move_to(job.goal.lane(), now);
                return Ok(Worked::Moved(Box::new(job)));
            }
            if let Some(standing) = job.standings.get_mut(at) {
                standing.since.get_or_insert(now);
            }
            if matches!(step, Step::HoldNumber { .. } | Step::KeepNumber { .. }) {
                match self.hold(&mut job, plan, step).await {
                    Ok(Hold::Held) => settle(&mut job, at, Stands::Done(None)),
                    Ok(Hold::Refused(why)) => settle(&mut job, at, Stands::Failed(why)),
                    Ok(Hold::NotBefore(until)) => return self.again(job, until, None).await,
                    Ok(Hold::None) => {
                        let until = now + config::WAITING_LOOK;
                        return self.again(job, until, Some(Waits::Number)).await;
                    }
                    Ok(Hold::Overtaken) => return self.make_way(&job).await,
                    Err(error) if *error.kind() == Kind::Denied => {
                        let until = now + config::WAITING_LOOK;
                        return self.again(job, until, Some(Waits::Permission)).await;
                    }
                    Err(error) => return self.put_off(job, error).await,
                }
                continue;
            }
            let left = left(plan, &job);
            let inherits = match self.inherits(plan, step).await {
                Ok(inherits) => inherits,
                Err(error) => return self.put_off(job, error).await,
            };
            let around = Circumstances {
                now,
                readiness: self.tenant.settings.readiness,
                // The staging lane looks at many, and often; whoever vanishes is sent back to the other by the sync.
                ask_directory: self.lease.lane() != Lane::Staging,
                missing: &missing,
                left: &left,
                inherits: &inherits,
                person: &job.person,
                lines: &job.lines,
                trust_from: job.trust_from,
            };
            let asks: Vec<_> = job.asks_of(at).collect();
            match next_move(step, &job.standings[at], &asks, &seen, &around) {
                Move::Read(what) => match self.read(&job.person, what, &mut seen).await {
                    Ok(()) => {}
                    // Whoever was given no number by us is not kept because numbers cannot be read.
                    Err(error)
                        if *error.kind() == Kind::Denied
                            && *step == Step::NoNumbers
                            && had_no_number(plan) =>
                    {
                        settle(&mut job, at, Stands::Skipped(Note::NumbersUnread));
                    }
                    Err(error) if *error.kind() == Kind::Denied => {
                        return self
                            .again(job, now + config::WAITING_LOOK, Some(Waits::Permission))
                            .await;
                    }
                    Err(error) => return self.put_off(job, error).await,
                },
                Move::Close(numbers, answer) => {
                    for number in numbers {
                        job.close(number, now, answer.clone(), None);
                    }
                }
                Move::Finish(stands) | Move::GiveUp(stands) => settle(&mut job, at, stands),
                Move::Wait { until, waits } => {
                    if let Some(standing) = job.standings.get_mut(at) {
                        standing.looks = standing.looks.saturating_add(1);
                        standing.stands = Stands::Pending;
                    }
                    let until = not_before.map_or(until, |earliest| until.max(earliest));
                    return self.again(job, until, waits).await;
                }
                Move::Ask(verbs) => match self.ask(&mut job, at, step, &verbs, &seen).await? {
                    Asked::Overtaken => return Ok(Worked::Nothing),
                    Asked::Hopeless(why) => settle(&mut job, at, Stands::Failed(why)),
                    Asked::NotYet(error) => return self.put_off(job, error).await,
                    Asked::NoSeats => {
                        let until = now + config::WAITING_LOOK;
                        return self.again(job, until, Some(Waits::Licence)).await;
                    }
                    Asked::NotPermitted => {
                        let until = now + config::WAITING_LOOK;
                        return self.again(job, until, Some(Waits::Permission)).await;
                    }
                    Asked::Answered { wait, refused } => {
                        not_before = wait
                            .map(|span| self.shell.clock.now() + span)
                            .or(not_before);
                        if let Some(capability) = refused {
                            missing.insert(capability);
                        }
                        seen = Seen::default();
                    }
                    Asked::Stopped(error) => {
                        // What was not sent is recorded as not sent. Whoever comes next goes on from here, in this lane.
                        job.due = Some(self.shell.clock.now());
                        self.save(&mut job).await?;
                        return Err(error);
                    }
                },
            }
        }
    }

    /// Reads what a step needs to know; off the list, where one was read for all.
    async fn read(&self, person: &UserId, what: Read, seen: &mut Seen) -> Result<()> {
        match (&self.accounts, what) {
            (Some(accounts), Read::Teams) => {
                seen.teams = accounts
                    .get(person)
                    .cloned()
                    .map_or(Glance::Absent, Glance::Present);
                Ok(())
            }
            (
                Some(_) | None,
                what @ (Read::User | Read::Groups | Read::Lines | Read::Line(_) | Read::Order(_)),
            )
            | (None, what @ Read::Teams) => {
                self.lease.permit()?;
                ask::read(self, person, what, seen).await
            }
        }
    }
}

/// The person had no number of ours when this was planned.
fn had_no_number(plan: &Plan) -> bool {
    plan.from.as_ref().is_none_or(|from| from.number.is_none())
}

fn settle(job: &mut Job, at: usize, stands: Stands) {
    if let Some(standing) = job.standings.get_mut(at) {
        standing.stands = stands;
    }
}
