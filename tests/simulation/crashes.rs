//! Every single crash, before and after the effect of each request of every function (faults 1, 2; V1-V5).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use local::demo::Stage;
use local::fate::{Fate, Hook, Request};

use crate::theatre::{HOUR, MINUTE, Record, play, setting, small_cast, to_the_end};

/// Plays the small story to its end; how many invocations crashed on the way.
fn run_with(hook: Hook) -> u64 {
    play(async {
        let stage = Stage::set(setting(small_cast(), Some(hook))).await.unwrap();
        to_the_end(&stage, 40 * MINUTE, 30 * HOUR).await;
        no_effect_twice(&stage);
        stage
            .installation
            .cloud
            .counts()
            .lambda
            .values()
            .map(|invocations| invocations.crashed)
            .sum()
    })
}

/// Whatever crashed, nothing was done to anybody twice: every change of one kind took effect once.
fn no_effect_twice(stage: &Stage) {
    let mut effects: Vec<(String, String, String)> = stage
        .microsoft
        .history()
        .into_iter()
        .filter(|change| change.before != change.after)
        .map(|change| (change.person, change.request, change.after.to_string()))
        .collect();
    let all = effects.len();
    effects.sort();
    effects.dedup();
    assert_eq!(
        effects.len(),
        all,
        "an effect came twice: {:#?}",
        stage.microsoft.history()
    );
}

/// The requests that are worth a crash: the sweep's look at the clock is the same 300 times over.
fn counts(request: &Request<'_>) -> bool {
    !request.worker.is_empty() && !request.worker.starts_with("sweep")
}

fn crash_at(point: usize, fate: Fate) -> Hook {
    let seen = Arc::new(AtomicUsize::new(0));
    Arc::new(move |request| {
        if !counts(request) {
            return Fate::Deliver;
        }
        if seen.fetch_add(1, Ordering::SeqCst) == point {
            fate
        } else {
            Fate::Deliver
        }
    })
}

/// V1-V5: sync, staging, provision and offboard crash once at every request, before its effect.
#[test]
fn a_crash_before_any_request_loses_nobody() {
    crash_everywhere(Fate::CrashBefore);
}

/// V1-V5, V9: the same right after its effect, before the answer is heard.
#[test]
fn a_crash_after_any_request_loses_nobody() {
    crash_everywhere(Fate::CrashAfter);
}

fn crash_everywhere(fate: Fate) {
    let record = Record::default();
    assert_eq!(run_with(record.hook()), 0);
    let lines: Vec<String> = record
        .lines()
        .into_iter()
        .filter(|line| !line.starts_with("sweep"))
        .collect();
    for lane in ["sync#", "staging#", "provision#", "offboard#"] {
        assert!(
            lines.iter().any(|line| line.starts_with(lane)),
            "{lane} never ran"
        );
    }
    let points = lines.len();
    for (point, line) in lines.iter().enumerate() {
        let ran = std::panic::catch_unwind(|| run_with(crash_at(point, fate)));
        assert!(
            matches!(ran, Ok(1)),
            "{fate:?} at request {point} of {points}: {line}: {ran:?}"
        );
    }
    println!("{fate:?}: requests covered {points}/{points}; lost = 0, duplicated effects = 0");
}
