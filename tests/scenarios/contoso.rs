//! The demo as a test: everybody ends where the rules say, and the same seed gives the same run.

use local::demo::{Report, demo};

fn played(users: usize, seed: u64) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(demo(users, seed)).unwrap()
}

/// R6, R56, R63, R72, R133, R141, F42: licensed, staged, given policies, offboarded; nobody lost, nobody touched by surprise.
#[test]
fn contoso_ends_where_the_rules_say() {
    for seed in 1..=3 {
        let report = played(80, seed);
        assert_eq!(report.problems, Vec::<String>::new(), "seed {seed}");
        assert!(
            report.people["provisioned"] > 40,
            "seed {seed}: {:?}",
            report.people
        );
    }
}

/// One thread, one clock, one seed: a run is a function of its inputs, to the last request.
#[test]
fn the_same_seed_gives_the_same_run() {
    let [one, two] =
        [played(60, 5), played(60, 5)].map(|report| serde_json::to_string(&report).unwrap());
    assert_eq!(one, two);
    assert_ne!(one, serde_json::to_string(&played(60, 6)).unwrap());
}
