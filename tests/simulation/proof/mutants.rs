//! Bugs on purpose, one at a time: who finds each of them (faults.md 3).
//!
//! To try another: a line in `shared::planted` and its place in the code. Whoever is expected to find it may be named here, so that it
//! is asked first; if nobody is, or it does not, everybody is asked.

use shared::planted::{self, Bug};

use super::exhaustive::Rehearsed;
use super::flows::FLOWS;
use super::quiet::quietly;
use super::storm::storm;
use crate::{doorbells, encounters, numbers, peace, scarce};

/// Somebody who may find a bug: a test by its name, a flow by its crashes, or a storm by its seed.
#[derive(Clone, Copy, Debug)]
enum Catcher {
    Test(&'static str, fn()),
    Crashes(&'static str),
    Storm(u64),
}

/// Storms that are asked, if nobody else has found it.
const STORMS: u64 = 70;

macro_rules! test {
    ($test:path) => {
        Catcher::Test(stringify!($test), $test)
    };
}

const TESTS: &[Catcher] = &[
    test!(
        doorbells::without_doorbells_and_with_lagging_indexes_nothing_waits_longer_than_210_seconds
    ),
    test!(encounters::a_stale_page_overwrites_nothing),
    test!(encounters::a_sync_that_wakes_up_after_its_lease_changes_nothing_any_more),
    test!(encounters::an_offboarding_wins_over_an_assignment_whose_answer_was_lost),
    test!(encounters::an_offboarding_committed_during_an_assignment_wins),
    test!(numbers::a_number_comes_last_and_goes_first),
    test!(peace::over_a_hundred_syncs_nothing_is_brought_back_and_nothing_is_repaired),
    test!(scarce::an_order_whose_answer_was_lost_is_found),
    test!(scarce::a_number_is_nobody_elses_while_an_order_is_under_way),
    test!(scarce::a_forgotten_order_is_found_or_ordered_again),
];

/// Who is asked first, where it is known who is quick to find it.
const FIRST: &[(Bug, Catcher)] = &[
    (Bug::NoFence, Catcher::Storm(2)),
    (Bug::ReleaseAlways, Catcher::Storm(6)),
    (Bug::NoSecondLook, Catcher::Storm(4)),
    (Bug::ClaimClearsWake, Catcher::Storm(0)),
    (Bug::CursorBeforeRows, Catcher::Crashes("move by rule")),
    (
        Bug::NoSyncFence,
        test!(encounters::a_stale_page_overwrites_nothing),
    ),
    (Bug::FreeTooEarly, Catcher::Storm(9)),
    (Bug::PickSettling, Catcher::Storm(23)),
    (Bug::AcceptedIsDone, Catcher::Storm(3)),
    (Bug::SkipReadBack, Catcher::Storm(1)),
    (Bug::ConcludeEarly, Catcher::Storm(23)),
    (Bug::ForgetHold, Catcher::Storm(0)),
    (Bug::Seizure, Catcher::Storm(6)),
    (Bug::AutomationFirst, Catcher::Storm(0)),
    (
        Bug::RepairDrift,
        test!(peace::over_a_hundred_syncs_nothing_is_brought_back_and_nothing_is_repaired),
    ),
    (Bug::EndByHalves, Catcher::Storm(0)),
];

impl Catcher {
    fn name(self) -> String {
        match self {
            Self::Test(name, _) => name.to_owned(),
            Self::Crashes(flow) => format!("crashes of {flow}"),
            Self::Storm(seed) => format!("storm {seed}"),
        }
    }

    /// What it complains of.
    fn complaint(self) -> Option<String> {
        match self {
            Self::Test(_, test) => quietly(test).err(),
            Self::Crashes(name) => {
                let flow = FLOWS.iter().find(|flow| flow.name == name)?;
                let rehearsed = match Rehearsed::new(flow) {
                    Ok(rehearsed) => rehearsed,
                    Err(why) => return Some(why),
                };
                let mut singles = rehearsed.effects();
                singles.find_map(|at| rehearsed.single(at).err())
            }
            Self::Storm(seed) => match quietly(|| storm(seed, false)) {
                Ok(outcome) => outcome.problems.into_iter().next(),
                Err(why) => Some(why),
            },
        }
    }
}

/// Plants a bug and asks, one after the other, until somebody complains: who, and of what. `None` = nobody has found it.
pub fn caught(bug: Bug) -> Option<(String, String)> {
    planted::plant(Some(bug));
    let crashes = FLOWS.iter().map(|flow| Catcher::Crashes(flow.name));
    let storms = (0..STORMS).map(Catcher::Storm);
    let few = (0..7).map(Catcher::Storm);
    let first = FIRST.iter().filter(|(of, _)| *of == bug);
    let all = first
        .map(|(_, catcher)| *catcher)
        .chain(TESTS.iter().copied())
        .chain(few)
        .chain(crashes)
        .chain(storms);
    let mut asked = Vec::new();
    let mut found = None;
    for catcher in all {
        if asked.contains(&catcher.name()) {
            continue;
        }
        asked.push(catcher.name());
        if let Some(complaint) = catcher.complaint() {
            found = Some((catcher.name(), complaint));
            break;
        }
    }
    planted::plant(None);
    found
}
