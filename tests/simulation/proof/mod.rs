//! The proof that nothing is lost: every crash of every flow, every pair of crashes of those that matter most, storms from seeds, and
//! bugs on purpose that have to be found. `make test` runs the crashes and a few storms, `make sim SEEDS=n` everything.

mod exhaustive;
mod flows;
#[cfg(feature = "planted-bugs")]
mod mutants;
mod quiet;
#[cfg(feature = "planted-bugs")]
mod report;
mod storm;

use exhaustive::Rehearsed;
use flows::FLOWS;
use storm::storm;

/// Storms in an ordinary test run.
const FEW: u64 = 50;

/// The flow of this name, with its past behind it.
fn rehearsed(flow: &str) -> Rehearsed {
    let flow = FLOWS.iter().find(|one| one.name == flow).unwrap();
    Rehearsed::new(flow).unwrap_or_else(|why| panic!("{why}"))
}

/// V1-V16, faults 1, 2: a worker dies before and after every effect of a flow; it ends the same.
fn every_single_crash(flow: &str) {
    let rehearsed = rehearsed(flow);
    let mut runs = 0;
    for at in rehearsed.effects() {
        let tried = rehearsed.single(at).unwrap_or_else(|why| panic!("{why}"));
        runs += tried.runs;
    }
    assert_eq!(runs, 2 * rehearsed.effects().count());
}

/// Fault 3: the shortest of the flows that are tried in pairs; `make sim` tries them all.
#[test]
#[ignore = "takes a minute: make sim"]
fn a_move_with_the_number_survives_every_pair_of_crashes() {
    let rehearsed = rehearsed("move with the number");
    assert!(rehearsed.is_in_pairs());
    let mut pairs = 0;
    for first in rehearsed.firsts() {
        let tried = rehearsed.pairs(first).unwrap_or_else(|why| panic!("{why}"));
        pairs += tried.pairs;
    }
    assert!(pairs > 100, "{pairs}");
}

macro_rules! crashes {
    ($($test:ident: $flow:literal,)+) => {
        $(#[test]
        fn $test() {
            every_single_crash($flow);
        })+

        /// No flow is forgotten.
        #[test]
        fn every_flow_dies() {
            let tried = [$($flow),+];
            let all: Vec<&str> = FLOWS.iter().map(|flow| flow.name).collect();
            assert_eq!(all, tried);
        }
    };
}

crashes! {
    an_import_survives_every_crash: "import",
    changes_survive_every_crash: "changes",
    an_onboarding_by_rule_survives_every_crash: "onboarding by rule",
    a_provisioning_survives_every_crash: "provisioning",
    an_onboarding_with_a_licence_group_survives_every_crash: "onboarding with a licence group",
    a_change_of_persona_survives_every_crash: "change of persona",
    an_unstaging_survives_every_crash: "unstaging",
    taking_back_survives_every_crash: "taking back",
    an_edit_survives_every_crash: "edit",
    an_offboarding_survives_every_crash: "offboarding",
    an_offboarding_by_a_profile_survives_every_crash: "offboarding by a profile",
    a_departure_on_a_day_survives_every_crash: "departure on a day",
    a_return_survives_every_crash: "return",
    leaving_while_being_provisioned_survives_every_crash: "leaving while being provisioned",
    a_move_to_a_new_number_survives_every_crash: "move to a new number",
    a_move_with_the_number_survives_every_crash: "move with the number",
    a_move_by_rule_survives_every_crash: "move by rule",
    an_adoption_survives_every_crash: "adoption",
    a_change_set_survives_every_crash: "change set",
    a_file_survives_every_crash: "file",
    an_audit_survives_every_crash: "audit",
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// V1-V16, fault 43: whatever the weather, everybody ends where a model of a few lines says.
fn storms(seeds: impl Iterator<Item = u64>) {
    for seed in seeds {
        let failure = storm::failure(seed, &storm(seed, false));
        assert!(failure.is_none(), "{}", failure.unwrap_or_default());
    }
}

#[test]
fn storms_of_even_seeds_lose_nobody() {
    storms((0..FEW).step_by(2));
}

#[test]
fn storms_of_odd_seeds_lose_nobody() {
    storms((1..FEW).step_by(2));
}

/// One seed, chosen with `ROLLCALL_SEED`; it says who did what to whom, in order. With a bug on purpose, if `ROLLCALL_BUG` names one.
#[test]
fn one_storm() {
    #[cfg(feature = "planted-bugs")]
    shared::planted::plant(chosen_bug());
    let seed = number("ROLLCALL_SEED").unwrap_or(FEW);
    let outcome = storm(seed, true);
    println!("{}", outcome.trace.join("\n"));
    assert!(outcome.problems.is_empty(), "{:#?}", outcome.problems);
    assert!(outcome.trace.len() > 500);
}

/// The same seed, the same trace, to the letter.
#[test]
fn the_same_seed_leaves_the_same_trace() {
    for seed in [3, 7] {
        let (first, second) = (storm(seed, true), storm(seed, true));
        assert_eq!(first.requests, second.requests, "seed {seed}");
        for (one, other) in first.trace.iter().zip(&second.trace) {
            assert_eq!(one, other, "seed {seed}");
        }
        assert_eq!(first.trace.len(), second.trace.len());
    }
    assert_ne!(storm(3, true).trace, storm(10, true).trace);
}

/// Every kind of weather really comes: a fault that is never met proves nothing.
#[test]
fn every_fault_is_met() {
    let mut met = std::collections::BTreeMap::new();
    for seed in 0..28 {
        for (fault, times) in storm(seed, false).met {
            *met.entry(fault).or_insert(0) += times;
        }
    }
    for fault in local::weather::Fault::ALL {
        assert!(met.contains_key(fault), "{} was never met", fault.name());
    }
}

#[cfg(feature = "planted-bugs")]
fn chosen_bug() -> Option<shared::planted::Bug> {
    let name = std::env::var("ROLLCALL_BUG").ok()?;
    let bug = shared::planted::Bug::named(&name);
    Some(bug.unwrap_or_else(|| panic!("ROLLCALL_BUG={name}: there is no such bug")))
}

/// One bug on purpose, chosen by its name with `ROLLCALL_BUG`: who finds it.
#[cfg(feature = "planted-bugs")]
#[test]
#[ignore = "plants a bug: make sim"]
fn one_bug() {
    let bug = chosen_bug().expect("ROLLCALL_BUG names no bug");
    let (by, complaint) = mutants::caught(bug).expect("nobody found it");
    println!("{}: caught by {by}: {complaint}", bug.name());
}

/// Everything, for `make sim`: prints what it came to, and ends the process with 1 if a figure is not what it must be.
#[cfg(feature = "planted-bugs")]
#[test]
#[ignore = "takes its time: make sim"]
fn the_whole_proof() {
    let is_proven = report::prove(number("ROLLCALL_SEEDS").unwrap_or(FEW));
    // The last line is the report's, not the test runner's.
    std::process::exit(i32::from(!is_proven));
}
