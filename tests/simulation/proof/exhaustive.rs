//! Every single crash of a flow, and every pair of them (faults 1-3; V1-V16).
//!
//! A crash drops the worker's future at one request: before it has an effect, or after it. A request that only reads has no effect, so
//! before and after it are one moment to everybody outside; and so is everything between one effect and the next. Singles and pairs are
//! tried at every effect.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use local::demo::Past;
use local::fate::{Fate, Hook, Request, Service};

use super::flows::Flow;
use super::quiet::quietly;
use crate::theatre::play;

/// What was tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests before and after which a worker died, or at the same moment to everybody outside.
    pub covered: usize,
    /// Runs with two deaths.
    pub pairs: usize,
    /// Runs.
    pub runs: usize,
    /// Requests of all runs.
    pub sent: u64,
}

impl Tally {
    /// Both.
    #[cfg(feature = "planted-bugs")]
    pub fn with(self, other: Self) -> Self {
        Self {
            covered: self.covered + other.covered,
            pairs: self.pairs + other.pairs,
            runs: self.runs + other.runs,
            sent: self.sent + other.sent,
        }
    }
}

/// A flow whose past is lived through, and how it ends when nobody dies.
pub struct Rehearsed {
    flow: &'static Flow,
    past: Past,
    ending: String,
    /// Whether each request of the workers has an effect.
    requests: Vec<bool>,
}

/// Requests of workers; the sweep's look at an idle clock is the same a hundred times over.
fn counts(request: &Request<'_>) -> bool {
    let idles = request.worker.starts_with("sweep") && request.operation == "Query";
    !request.worker.is_empty() && !idles
}

fn has_effect(request: &Request<'_>) -> bool {
    match request.service {
        Service::Microsoft => request.is_order(),
        Service::DynamoDb => request.is_write(),
        Service::Sqs | Service::Scheduler => true,
        Service::Secrets => false,
    }
}

/// A death, at a request by its number among those that count, or after so many effects.
#[derive(Clone, Copy, Debug)]
enum Death {
    Before(usize),
    After(usize),
    AfterEffect(usize),
}

/// Lets workers die; says how many of the deaths came.
fn killer(deaths: Vec<Death>, sent: &Arc<AtomicUsize>) -> (Hook, Arc<AtomicUsize>) {
    let died = Arc::new(AtomicUsize::new(0));
    let (count, all) = (Arc::clone(&died), Arc::clone(sent));
    let seen: Mutex<(usize, usize)> = Mutex::default();
    let hook: Hook = Arc::new(move |request| {
        all.fetch_add(1, Ordering::Relaxed);
        if !counts(request) {
            return Fate::Deliver;
        }
        let mut seen = seen.lock().unwrap();
        let (at, effects) = *seen;
        let is_effect = has_effect(request);
        *seen = (at + 1, effects + usize::from(is_effect));
        let fate = deaths.iter().find_map(|death| match death {
            Death::Before(number) => (*number == at).then_some(Fate::CrashBefore),
            Death::After(number) => (*number == at).then_some(Fate::CrashAfter),
            Death::AfterEffect(number) => {
                (is_effect && *number == effects).then_some(Fate::CrashAfter)
            }
        });
        count.fetch_add(usize::from(fate.is_some()), Ordering::Relaxed);
        fate.unwrap_or_default()
    });
    (hook, died)
}

impl Rehearsed {
    /// Lives through the past, and tells the story once in peace.
    pub fn new(flow: &'static Flow) -> Result<Self, String> {
        let past = quietly(|| play(async { flow.past().await.stage.past(11).unwrap() }))?;
        let requests = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&requests);
        let hook: Hook = Arc::new(move |request| {
            if counts(request) {
                told.lock().unwrap().push(has_effect(request));
            }
            Fate::Deliver
        });
        let ending = quietly(|| play(flow.play(&past, Some(hook))))?;
        let requests = requests.lock().unwrap().clone();
        if requests.iter().filter(|effect| **effect).count() < 2 {
            return Err(format!("{}: there is nothing to it", flow.name));
        }
        Ok(Self {
            flow,
            past,
            ending,
            requests,
        })
    }

    /// Whether every pair of crashes is to be tried.
    pub fn is_in_pairs(&self) -> bool {
        self.flow.in_pairs
    }

    /// How many requests there are.
    #[cfg(feature = "planted-bugs")]
    pub fn requests(&self) -> usize {
        self.requests.len()
    }

    /// The requests with an effect, each by its number.
    pub fn effects(&self) -> impl Iterator<Item = usize> {
        let all = 0..self.requests.len();
        all.filter(|at| self.requests[*at])
    }

    /// A crash before and after a request with an effect: at the one moment, that is, that everything read since the effect before it is
    /// to everybody outside. So all those reads are covered by it, and what is read after the last effect by the last of all.
    pub fn single(&self, at: usize) -> Result<Tally, String> {
        let reads = self.requests[..at].iter().rev();
        let mut covered = 1 + reads.take_while(|effect| !**effect).count();
        if self.effects().last() == Some(at) {
            covered = self.requests.len() + covered - at - 1;
        }
        let mut tally = Tally {
            covered,
            ..Tally::default()
        };
        self.dies(vec![Death::Before(at)], &mut tally)?;
        self.dies(vec![Death::After(at)], &mut tally)?;
        Ok(tally)
    }

    /// The places of first crashes of pairs: each a number of an effect.
    pub fn firsts(&self) -> impl Iterator<Item = usize> {
        0..self.effects().count()
    }

    /// A crash after one effect, and another after every later one, until the story ends before the second comes.
    pub fn pairs(&self, first: usize) -> Result<Tally, String> {
        let mut tally = Tally::default();
        for second in first + 1.. {
            let deaths = vec![Death::AfterEffect(first), Death::AfterEffect(second)];
            if self.dies(deaths, &mut tally)? < 2 {
                return Ok(tally);
            }
            tally.pairs += 1;
        }
        Ok(tally)
    }

    /// Tells the story with these deaths; it must end the same. How many came.
    fn dies(&self, deaths: Vec<Death>, tally: &mut Tally) -> Result<usize, String> {
        let sent = Arc::default();
        let (hook, died) = killer(deaths.clone(), &sent);
        let ended = quietly(|| play(self.flow.play(&self.past, Some(hook))));
        tally.runs += 1;
        tally.sent += u64::try_from(sent.load(Ordering::Relaxed)).unwrap_or(u64::MAX);
        let name = self.flow.name;
        let ended = ended.map_err(|why| format!("{name}, {deaths:?}: {why}"))?;
        if ended != self.ending {
            let (before, after) = (lines(&self.ending), lines(&ended));
            let news: Vec<&&str> = after.difference(&before).collect();
            let missing: Vec<&&str> = before.difference(&after).collect();
            return Err(format!(
                "{name}, {deaths:?}: it ends otherwise: {news:#?} instead of {missing:#?}"
            ));
        }
        Ok(died.load(Ordering::Relaxed))
    }
}

fn lines(text: &str) -> BTreeSet<&str> {
    text.lines().collect()
}
