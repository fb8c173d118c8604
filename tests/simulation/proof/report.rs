//! Runs everything on all cores, and says in one line what it came to.

use std::fmt::Display;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use shared::clock::Clock;
use shared::planted::Bug;

use super::exhaustive::{Rehearsed, Tally};
use super::flows::FLOWS;
use super::mutants;
use super::quiet::quietly;
use super::storm::{self, storm};
use crate::doorbells::LATEST;

/// What can be done beside everything else.
#[derive(Clone, Copy)]
enum Task {
    Bug(Bug),
    Pairs(usize, usize),
    Single(usize, usize),
    Seed(u64),
}

#[derive(Default)]
struct Sums {
    tally: Tally,
    caught: usize,
    lost: usize,
    duplicated: usize,
    thefts: usize,
    oldest: Duration,
    seeds: u64,
    sent: u64,
    failures: usize,
}

/// Does tasks on all cores, the long ones first.
fn on_all_cores<T: Copy + Sync>(tasks: &[T], work: impl Fn(T) + Sync) {
    let next = AtomicUsize::new(0);
    let cores = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(*task);
                }
            });
        }
    });
}

/// Proves it with so many seeds; false = it is not proven.
pub fn prove(seeds: u64) -> bool {
    let clock = Clock::system();
    let sums = Mutex::new(Sums::default());
    let flows: Vec<Mutex<Option<Rehearsed>>> = FLOWS.iter().map(|_| Mutex::default()).collect();
    let numbers: Vec<usize> = (0..FLOWS.len()).collect();
    on_all_cores(&numbers, |nth| match Rehearsed::new(&FLOWS[nth]) {
        Ok(rehearsed) => *flows[nth].lock().unwrap() = Some(rehearsed),
        Err(why) => fail(&sums, why),
    });
    let flows: Vec<Rehearsed> = flows
        .into_iter()
        .filter_map(|flow| flow.into_inner().unwrap())
        .collect();
    let mut tasks: Vec<Task> = Bug::ALL.iter().map(|bug| Task::Bug(*bug)).collect();
    for (nth, flow) in flows.iter().enumerate() {
        if flow.is_in_pairs() {
            tasks.extend(flow.firsts().map(|first| Task::Pairs(nth, first)));
        }
    }
    for (nth, flow) in flows.iter().enumerate() {
        tasks.extend(flow.effects().map(|at| Task::Single(nth, at)));
    }
    tasks.extend((0..seeds).map(Task::Seed));
    on_all_cores(&tasks, |task| match task {
        Task::Bug(bug) => hunt(bug, &sums),
        Task::Pairs(nth, first) => add(&sums, flows[nth].pairs(first)),
        Task::Single(nth, at) => add(&sums, flows[nth].single(at)),
        Task::Seed(seed) => weather(seed, &sums),
    });
    let sums = sums.into_inner().unwrap();
    let seconds = clock.elapsed().as_secs_f64().max(0.001);
    let requests: usize = flows.iter().map(Rehearsed::requests).sum();
    let (covered, pairs) = (sums.tally.covered, sums.tally.pairs);
    let bugs = Bug::ALL.len();
    let rate = (sums.sent + sums.tally.sent) as f64 / seconds;
    println!("took {seconds:.0} s");
    println!(
        "simulation: requests covered {covered}/{requests}, pairs {pairs}, seeds {}, mutants caught {}/{bugs}, lost {}, duplicated {}, \
         thefts {}, oldest due job {:.0} s (virtual), {rate:.0} requests/s",
        sums.seeds,
        sums.caught,
        sums.lost,
        sums.duplicated,
        sums.thefts,
        sums.oldest.as_secs_f64(),
    );
    let figures = [
        covered == requests && flows.len() == FLOWS.len(),
        pairs > 0,
        sums.seeds == seeds,
        sums.caught == bugs,
        sums.lost + sums.duplicated + sums.thefts == 0,
        sums.failures == 0,
    ];
    figures.into_iter().all(|is_so| is_so)
}

/// Says it at once: nobody should have to wait for the end to know.
fn fail(sums: &Mutex<Sums>, why: impl Display) {
    println!("FAILED: {why}");
    sums.lock().unwrap().failures += 1;
}

fn add(sums: &Mutex<Sums>, tried: Result<Tally, String>) {
    match tried {
        Ok(tally) => {
            let mut sums = sums.lock().unwrap();
            sums.tally = sums.tally.with(tally);
        }
        Err(why) => fail(sums, why),
    }
}

fn hunt(bug: Bug, sums: &Mutex<Sums>) {
    match mutants::caught(bug) {
        Some((by, complaint)) => {
            let short: String = complaint.lines().collect::<Vec<_>>().join(" ");
            let short: String = short.chars().take(140).collect();
            println!("mutant {}: caught by {by}: {short}", bug.name());
            sums.lock().unwrap().caught += 1;
        }
        None => fail(sums, format!("mutant {}: nobody found it", bug.name())),
    }
}

fn weather(seed: u64, sums: &Mutex<Sums>) {
    let outcome = match quietly(|| storm(seed, false)) {
        Ok(outcome) => outcome,
        Err(why) => return fail(sums, format!("seed {seed}: {why}")),
    };
    let failure = storm::failure(seed, &outcome);
    let is_sound = failure.is_none();
    if let Some(why) = failure {
        fail(sums, why);
    }
    let mut sums = sums.lock().unwrap();
    sums.seeds += u64::from(is_sound);
    sums.lost += outcome.lost;
    sums.duplicated += outcome.duplicated;
    sums.thefts += outcome.thefts;
    sums.sent += outcome.requests;
    // Beyond what is added on purpose: index lag and wrong clocks.
    let added = outcome.bound.saturating_sub(LATEST);
    sums.oldest = sums.oldest.max(outcome.oldest.saturating_sub(added));
}
