//! Watches every write to the table as it happens, and every order to Microsoft before it arrives: a model of who is where and who
//! holds which number, told by nobody but the rows, and compared with what may follow what (V1-V3, V5, V7, V10, V11).
//!
//! What is found is kept and told at the end; the story goes on.

mod orders;
mod rows;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::clock::Clock;
use shared::error::Result;
use shared::model::inventory::Entry;
use shared::model::job::Job;
use shared::model::lane::LaneRow;
use shared::model::person::Person;
use shared::model::time::Time;
use shared::store::ends::History;

use super::row::{Key, Row, read, tenant};
use super::stands;
use crate::dynamodb::{Table, Written};
use crate::fate::{self, Fate, Hook, Refusal, Request, Service};

/// So many problems are kept: the first tell what is wrong.
const MOST: usize = 20;

/// What is known of every tenant.
#[derive(Debug, Default)]
struct Model {
    jobs: BTreeMap<Key, Job>,
    people: BTreeMap<Key, Person>,
    numbers: BTreeMap<Key, Entry>,
    lanes: BTreeMap<Key, LaneRow>,
    histories: BTreeMap<Key, History>,
    /// Which invocation took a lane last.
    holders: BTreeMap<Key, String>,
    /// The open jobs with open asks: what is under way is looked for often, and they are few.
    asking: BTreeSet<Key>,
    /// When each open job was last written.
    touched: BTreeMap<Key, Time>,
    /// Until when a tenant's lanes stand still, because Microsoft does not accept our identity.
    stopped: BTreeMap<String, Time>,
    /// A text that must only be in the rows of this tenant (V7).
    marks: BTreeMap<String, String>,
}

/// The watch. Copies are the same watch.
#[derive(Clone)]
pub struct Watch {
    clock: Clock,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    model: Model,
    problems: Vec<String>,
    /// Kept only where somebody wants to read it.
    trace: Option<Vec<String>>,
    /// A moment until which something was in the way of everybody, by a fault.
    disturbed: Option<Time>,
    oldest: Duration,
    longest_waiting: Option<Job>,
}

impl Watch {
    /// A watch that knows nothing yet.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            inner: Arc::default(),
        }
    }

    /// Writes down from now on who did what to whom.
    pub fn keep_trace(&self) {
        self.lock().trace.get_or_insert_default();
    }

    /// What was written down.
    pub fn trace(&self) -> Vec<String> {
        self.lock().trace.clone().unwrap_or_default()
    }

    /// Where this text is found there are this tenant's rows and no other's (V7).
    pub fn mark(&self, tenant: &str, text: &str) {
        let mut inner = self.lock();
        inner.model.marks.insert(tenant.to_owned(), text.to_owned());
    }

    /// Follows a table, from what it holds now.
    ///
    /// # Errors
    /// `Unavailable` if the table cannot be read, `Invalid` if a row of it cannot.
    pub fn follow(&self, table: &Table) -> Result<()> {
        let mut rows = Vec::new();
        for item in table.items()? {
            rows.push(read(&Written::of(item))?);
        }
        self.lock().model.take_in(rows, "", self.clock.now());
        let watch = self.clone();
        table.observe(Arc::new(move |written| watch.step(written)));
        Ok(())
    }

    /// Stands before a hook: sees every request and its fate.
    pub fn before(&self, hook: Option<Hook>) -> Hook {
        let watch = self.clone();
        Arc::new(move |request| {
            let fate = hook.as_ref().map_or(Fate::Deliver, |hook| hook(request));
            watch.request(request, fate);
            fate
        })
    }

    /// What should not have been, in the order in which it came.
    pub fn problems(&self) -> Vec<String> {
        self.lock().problems.clone()
    }

    /// The longest that a due job was left alone, as long as no fault but a lost doorbell stood in its way (V4).
    pub fn oldest(&self) -> Duration {
        self.lock().oldest
    }

    /// The job that was left alone the longest, as it was then.
    pub fn longest_waiting(&self) -> Option<Job> {
        self.lock().longest_waiting.clone()
    }

    /// The jobs that are open.
    pub fn open_jobs(&self) -> Vec<Job> {
        let inner = self.lock();
        let jobs = inner.model.jobs.values();
        jobs.filter(|job| !job.state.is_final()).cloned().collect()
    }

    /// Somebody looks how long the oldest due job has waited; to be called often.
    pub fn look_at_the_clock(&self) {
        let now = self.clock.now();
        let mut inner = self.lock();
        let inner = &mut *inner;
        for (key, job) in &inner.model.jobs {
            let Some(due) = job.due.filter(|due| *due <= now) else {
                continue;
            };
            let touched = inner.model.touched.get(key).copied();
            let stopped = inner.model.stopped.get(&key.0).copied();
            let since = [Some(due), touched, inner.disturbed, stopped];
            let since = since.into_iter().flatten().max().unwrap_or(due);
            if now.since(since) > inner.oldest {
                inner.oldest = now.since(since);
                inner.longest_waiting = Some(job.clone());
            }
        }
    }

    fn request(&self, request: &Request<'_>, fate: Fate) {
        let now = self.clock.now();
        let mut inner = self.lock();
        let inner = &mut *inner;
        let until = match fate {
            Fate::DropSend if request.worker.starts_with("sweep") => Some(now),
            Fate::Deliver | Fate::DropSend | Fate::Spoil(_) => None,
            Fate::Delay(span)
            | Fate::Land(span)
            | Fate::RefuseBefore(Refusal::ThrottledFor(span)) => Some(now + span),
            Fate::RefuseBefore(Refusal::Throttled | Refusal::Unavailable)
            | Fate::LoseAnswer
            | Fate::CrashBefore
            | Fate::CrashAfter
            | Fate::Conflict => Some(now),
        };
        inner.disturbed = inner.disturbed.max(until);
        if request.is_order() {
            inner
                .problems
                .extend(orders::unrecorded(&inner.model, request));
        }
        if request.service == Service::Sqs {
            inner.problems.extend(orders::too_much_said(request));
        }
        if let Some(trace) = &mut inner.trace {
            trace.extend(told::request(
                &inner.model,
                self.clock.elapsed(),
                request,
                fate,
            ));
        }
    }

    fn step(&self, written: &[Written]) {
        let mut inner = self.lock();
        let inner = &mut *inner;
        let worker = fate::worker();
        let mut problems = rows::crossings(&inner.model, written);
        let mut rows = Vec::new();
        for one in written {
            match read(one) {
                Ok(row) => rows.push(row),
                Err(error) => problems.push(format!("a row cannot be read: {error}")),
            }
        }
        if let Some(trace) = &mut inner.trace {
            trace.extend(told::rows(
                &inner.model,
                self.clock.elapsed(),
                &worker,
                &rows,
            ));
        }
        problems.extend(inner.model.changes(&rows, &worker));
        let keys = inner.model.take_in(rows, &worker, self.clock.now());
        problems.extend(inner.model.stands(&keys));
        let room = MOST.saturating_sub(inner.problems.len());
        for problem in problems.into_iter().take(room) {
            if let Some(trace) = &mut inner.trace {
                trace.push(format!(
                    "{:>12} !!! {problem}",
                    told::at(self.clock.elapsed())
                ));
            }
            inner.problems.push(problem);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
