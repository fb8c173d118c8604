//! Numbers in the hands of jobs: which one is kept for whom, what its row says while Microsoft is asked, and what becomes of it when the
//! job ends (I5, V1).

use std::sync::Mutex;

use crate::error::Result;
use crate::graph::Graph;
use crate::model::inventory::{Entry, Line, NumberState, RangeId};
use crate::model::job::{Job, JobId, Waits};
use crate::model::lane::{Lane, Worker};
use crate::model::number::{E164, Number};
use crate::model::persona::SitePath;
use crate::model::step::Step;
use crate::model::tenant::Tenant;
use crate::model::time::Time;
use crate::plan::inventory::{Event, after};
use crate::plan::relocate::needs_location;
use crate::planted::{self, Bug};
use crate::store::jobs::{Plan, PlanRow, Saved};

use super::Shell;
use super::request::Request;
use super::stock::woken;
use super::work::Bench;

mod ends;

pub(super) use ends::at_end;

/// Waiting jobs looked at, oldest first; beyond them the hourly look has to do.
const MOST: i32 = 1_000;

/// What came of looking for a number.
pub(super) enum Hold {
    /// One is kept for the person now, and the job says which.
    Held,
    /// None is free, or others have waited longer for it.
    None,
    /// What Microsoft shows with the person cannot be believed before this moment.
    NotBefore(Time),
    /// The person has a number that is not theirs to have: the sentence for people.
    Refused(String),
    /// Somebody else wrote the job.
    Overtaken,
}

/// Who waits for a number, the longest waiting first, and of which ranges.
pub(super) type Queue = Vec<((Time, JobId), Vec<RangeId>)>;

impl Bench<'_> {
    /// Keeps a number for the person. The number's row and the job are written together, or neither is.
    pub(super) async fn hold(&self, job: &mut Job, plan: &Plan, step: &Step) -> Result<Hold> {
        if !job.lines.is_empty() {
            // A worker died between keeping it and saying so.
            return Ok(Hold::Held);
        }
        let now = self.shell.clock.now();
        if let Some(until) = job.trust_from.filter(|from| now < *from) {
            return Ok(Hold::NotBefore(until));
        }
        self.lease.permit()?;
        if let Step::HoldNumber {
            ranges,
            another: true,
        } = step
        {
            return self.hold_new(job, plan, ranges).await;
        }
        // The one that they have already (F24).
        let held = self.graph.numbers_of(&job.person).await?;
        let line = held.into_iter().find(Number::is_primary);
        if let Step::KeepNumber { number, .. } = step
            && line.as_ref().is_none_or(|line| line.number != *number)
        {
            return Ok(Hold::Refused(NOT_THEIRS_ANY_MORE.to_owned()));
        }
        let Some(line) = line else {
            let Step::HoldNumber { ranges, .. } = step else {
                return Ok(Hold::Refused(NOT_THEIRS_ANY_MORE.to_owned()));
            };
            return self.hold_new(job, plan, ranges).await;
        };
        let known = self.shell.store.entry(self.tenant, &line.number).await?;
        let site = plan.wanted.as_ref().and_then(|wanted| wanted.site.clone());
        let entry = known.unwrap_or_else(|| Entry::new(line.number.clone(), None, site));
        let hold = Event::Hold(job.person.clone(), job.id.clone());
        let Some(next) = after(&entry, hold) else {
            return Ok(Hold::Refused(format!(
                "the person has a telephone number that is {} for us; a person must look",
                entry.state
            )));
        };
        self.keep(job, next, line.kind, true).await
    }

    /// The number that is reserved for the person, else the lowest free one of the first range that has any (F59, F62).
    async fn hold_new(&self, job: &mut Job, plan: &Plan, ranges: &[RangeId]) -> Result<Hold> {
        let wanted = plan.wanted.as_ref();
        let site = wanted.and_then(|wanted| wanted.site.as_ref());
        let has_location = wanted.is_some_and(|wanted| wanted.emergency_location.is_some());
        let store = &self.shell.store;
        for number in store.reserved_for(&self.tenant.id, &job.person).await? {
            let Some(entry) = store.entry(self.tenant, &number).await? else {
                continue;
            };
            let hold = Event::Hold(job.person.clone(), job.id.clone());
            let is_visible = SitePath::is_within(site, entry.node.as_ref());
            let Some(next) = after(&entry, hold).filter(|_| is_visible) else {
                continue;
            };
            let told = self.graph.number(&number).await?;
            match told.filter(Number::is_assignable) {
                Some(line) if has_location || !needs_location(&line.kind) => {
                    return self.keep(job, next, line.kind, false).await;
                }
                Some(_) | None => {}
            }
        }
        for range in ranges {
            let before = self.before(job, range).await?;
            let free = self
                .shell
                .store
                .free_numbers(&self.tenant.id, range)
                .await?;
            let free: Vec<E164> = free.into_iter().filter(|one| !self.is_taken(one)).collect();
            if free.len() <= before {
                continue;
            }
            for number in free {
                let known = self.shell.store.entry(self.tenant, &number).await?;
                let hold = Event::Hold(job.person.clone(), job.id.clone());
                let next = known.as_ref().and_then(|entry| after(entry, hold));
                let (Some(next), true) = (next, self.take(&number)) else {
                    continue;
                };
                // In the same moment: whoever comes next counts neither the number nor the person.
                self.served(job).await?;
                self.lease.permit()?;
                // What the table calls free must be free at Microsoft too, and of what kind it is only Microsoft knows.
                let kind = match self.graph.number(&number).await? {
                    Some(line) if line.is_assignable() => {
                        if needs_location(&line.kind) && !has_location {
                            return Ok(Hold::Refused(format!(
                                "a number of the kind {} needs an emergency location, and none is set where the person is to be",
                                line.kind
                            )));
                        }
                        line.kind
                    }
                    Some(line) => {
                        let note = format!("free for us, {} at Microsoft", line.status);
                        self.contest(next, note).await?;
                        continue;
                    }
                    None => match next.told.as_ref() {
                        Some(told) => told.kind.clone(),
                        None => "directRouting".to_owned(),
                    },
                };
                // If the row or the job was changed by somebody else, the job is looked at again.
                return self.keep(job, next, kind, false).await;
            }
        }
        Ok(Hold::None)
    }

    async fn keep(&self, job: &mut Job, entry: Entry, kind: String, had: bool) -> Result<Hold> {
        job.lines = vec![Line {
            number: entry.number.clone(),
            kind,
            had,
        }];
        let entries = if planted::is(Bug::ForgetHold) {
            vec![]
        } else {
            vec![entry]
        };
        Ok(match self.save_with_entries(job, &entries).await? {
            Saved::Yes => Hold::Held,
            Saved::Overtaken => Hold::Overtaken,
        })
    }

    async fn contest(&self, mut entry: Entry, note: String) -> Result<()> {
        // It was not held yet: as it was read.
        entry.state = NumberState::Available;
        entry.holder = None;
        let Some(next) = after(&entry, Event::Contest(note)) else {
            return Ok(());
        };
        tracing::warn!(tenant = self.tenant.id.as_str(), range = ?next.range, "a free number is not free at Microsoft");
        self.shell.store.save_entry(self.tenant, &next).await?;
        Ok(())
    }

    /// Who waits for a number, as when the first of this pass needed one, less those who have got one since.
    async fn queue(&self) -> Result<&Mutex<Queue>> {
        let read = async || queue(self.shell, self.tenant).await.map(Mutex::new);
        self.numbers_wanted.get_or_try_init(read).await
    }

    /// How many have waited longer for a number of this range.
    async fn before(&self, job: &Job, range: &RangeId) -> Result<usize> {
        let mine = (job.created, job.id.clone());
        let queue = self.queue().await?.lock();
        let is_before =
            |one: &&((Time, JobId), Vec<RangeId>)| one.0 < mine && one.1.contains(range);
        Ok(queue.map_or(0, |queue| queue.iter().filter(is_before).count()))
    }

    /// The person of this job waits no longer.
    async fn served(&self, job: &Job) -> Result<()> {
        if let Ok(mut queue) = self.queue().await?.lock() {
            queue.retain(|((_, id), _)| *id != job.id);
        }
        Ok(())
    }

    fn is_taken(&self, number: &E164) -> bool {
        let taken = self.numbers_taken.lock();
        taken.is_ok_and(|taken| taken.contains(number))
    }

    /// Nobody else of this pass gets it.
    fn take(&self, number: &E164) -> bool {
        let taken = self.numbers_taken.lock();
        taken.is_ok_and(|mut taken| taken.insert(number.clone()))
    }

    /// What the rows of numbers must say before these requests are sent; the sentence for people if one must not be sent.
    pub(super) async fn entries_to_ask(
        &self,
        job: &mut Job,
        requests: &[(Request, Graph)],
    ) -> Result<std::result::Result<Vec<Entry>, String>> {
        let mut entries = Vec::new();
        for (request, _) in requests {
            let (line, event) = match request {
                Request::AssignNumber(line, _) => (line, Event::Assign),
                Request::UnassignNumber(line) => {
                    let event = Event::TakeFrom(job.person.clone(), job.id.clone());
                    (line, event)
                }
                Request::Location(_)
                | Request::Licences(_)
                | Request::Assign(_)
                | Request::Unassign(_)
                | Request::Join(_)
                | Request::Leave(_)
                | Request::LocateNumber(..)
                | Request::BlockSignIn
                | Request::RevokeSessions => continue,
            };
            let known = self.shell.store.entry(self.tenant, &line.number).await?;
            let takes = matches!(request, Request::UnassignNumber(_));
            if takes && !job.lines.iter().any(|one| one.number == line.number) {
                job.lines.push(line.clone());
            }
            let Some(entry) = known else {
                // Microsoft gave it to the person, and we never knew it.
                continue;
            };
            let is_idle = matches!(
                entry.state,
                NumberState::Available | NumberState::Cooling | NumberState::Settling
            );
            match after(&entry, event) {
                Some(next) if takes && planted::is(Bug::FreeTooEarly) => {
                    entries.extend(after(&next, Event::Release(None)));
                }
                Some(next) => entries.push(next),
                // Given by hand in Teams: taken away all the same, and its row stays as it is.
                None if takes && is_idle => {}
                None => {
                    return Ok(Err(format!(
                        "the telephone number is {} for us; a person must look",
                        entry.state
                    )));
                }
            }
        }
        Ok(Ok(entries))
    }

    /// Stores an open job together with the rows of numbers: all or nothing.
    pub(super) async fn save_with_entries(
        &self,
        job: &mut Job,
        entries: &[Entry],
    ) -> Result<Saved> {
        let store = &self.shell.store;
        store
            .save_with_entries(self.tenant, job, entries, self.lease.worker())
            .await
    }
}

/// Who waits for a number.
async fn queue(shell: &Shell, tenant: &Tenant) -> Result<Queue> {
    let mut found = Vec::new();
    for id in shell.store.waiting(tenant, &Waits::Number, MOST).await? {
        if let Some((job, wanted)) = waiter(shell, tenant, &id).await? {
            found.push(((job.created, id), wanted));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

/// Somebody who waits for a number, if they still do, and of which ranges.
async fn waiter(shell: &Shell, tenant: &Tenant, id: &JobId) -> Result<Option<(Job, Vec<RangeId>)>> {
    let job = shell.store.job(tenant, id).await?;
    let Some(job) = job.filter(|job| job.waits == Some(Waits::Number)) else {
        return Ok(None);
    };
    let Some(PlanRow::Known(plan)) = shell.store.plan(tenant, id).await? else {
        return Ok(None);
    };
    let mut wanted = Vec::new();
    for step in &plan.steps {
        if let Step::HoldNumber { ranges, .. } = step {
            wanted.extend(ranges.iter().cloned());
        }
    }
    Ok(Some((job, wanted)))
}

/// Numbers of these ranges are free now, one for each time that a range is named: for each, whoever has waited longest for one of it is
/// made due.
pub(super) async fn wake(
    shell: &Shell,
    tenant: &Tenant,
    worker: Worker,
    mut freed: Vec<RangeId>,
) -> Result<()> {
    if freed.is_empty() {
        return Ok(());
    }
    let mut ready = Vec::new();
    for id in shell.store.waiting(tenant, &Waits::Number, MOST).await? {
        if freed.is_empty() {
            break;
        }
        let Some((job, wanted)) = waiter(shell, tenant, &id).await? else {
            continue;
        };
        if let Some(at) = freed.iter().position(|range| wanted.contains(range)) {
            freed.swap_remove(at);
            ready.push(woken(job, Waits::Number, shell));
        }
    }
    if ready.is_empty() {
        return Ok(());
    }
    let now = shell.clock.now();
    let lane = Lane::Provision;
    shell
        .store
        .hand_over(tenant, &ready, lane, worker, now)
        .await?;
    shell.ring(&tenant.id, [lane]).await;
    Ok(())
}

/// Lets a number be given again that has settled or cooled; says of which range one is free now. Something else may have become of it.
pub(super) async fn rested(
    shell: &Shell,
    tenant: &Tenant,
    number: &E164,
    now: Time,
) -> Result<Option<RangeId>> {
    let Some(entry) = shell.store.entry(tenant, number).await? else {
        return Ok(None);
    };
    let Some(next) = after(&entry, Event::Rested(now)) else {
        return Ok(None);
    };
    let is_free = shell.store.save_entry(tenant, &next).await?;
    Ok(next.drawn_from().filter(|_| is_free).cloned())
}

const NOT_THEIRS_ANY_MORE: &str =
    "the person does not have the number any more that was to be kept";
