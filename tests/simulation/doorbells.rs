//! The sweep is the guarantee: doorbells may all be lost, and indexes may lag (faults 4, 5, 6, 21, 30, 31; V4, V9).

use std::sync::Arc;
use std::time::Duration;

use local::contoso::Fate as Life;
use local::demo::Stage;
use local::fate::{Fate, Hook};
use shared::model::job::Job;

use crate::theatre::{HOUR, MINUTE, beside, cast, play, setting, small_cast, to_the_end};

/// A lease, two sweeps: so late a due job may be picked.
pub const LATEST: Duration = Duration::from_secs(210);

/// Every doorbell is lost but those of the sweep itself.
fn deaf() -> Hook {
    Arc::new(|request| {
        if request.worker.starts_with("sweep") {
            Fate::Deliver
        } else {
            Fate::DropSend
        }
    })
}

/// V4: without a single doorbell, and with indexes up to 30 s behind, no due job is older than 210 s.
#[test]
pub fn without_doorbells_and_with_lagging_indexes_nothing_waits_longer_than_210_seconds() {
    play(async {
        let people = [
            cast(Some("sales"), Life::Stays, 12),
            cast(Some("frontline"), Life::Leaves, 4),
        ]
        .concat();
        let mut setting = setting(people, Some(deaf()));
        setting.index_lag = Duration::from_secs(30);
        let stage = Stage::set(setting).await.unwrap();
        let watch = async {
            let mut oldest = Duration::ZERO;
            loop {
                stage.clock.sleep(Duration::from_secs(10)).await;
                let now = stage.clock.now();
                let age = |job: &Job| job.due.map_or(Duration::ZERO, |due| now.since(due));
                oldest = stage
                    .ledger()
                    .unwrap()
                    .jobs
                    .values()
                    .map(age)
                    .max()
                    .unwrap_or_default()
                    .max(oldest);
                assert!(oldest <= LATEST, "a due job is {oldest:?} old");
            }
        };
        tokio::select! {
            biased;
            () = to_the_end(&stage, 40 * MINUTE, 30 * HOUR) => {}
            () = watch => {}
        }
        assert!(stage.installation.cloud.counts().sqs["SendMessage"] > 0);
    });
}

/// V9, faults 4, 5, 30: every message that was ever sent comes three times more, days later too, and changes nothing.
#[test]
fn doorbells_that_come_again_change_nothing() {
    play(async {
        let stage = Stage::set(setting(small_cast(), None)).await.unwrap();
        to_the_end(&stage, 40 * MINUTE, 30 * HOUR).await;
        // Two more syncs see the last changes of their own making.
        beside(&stage, stage.clock.sleep(3 * HOUR)).await;
        let (before, changes) = (stage.ledger().unwrap(), stage.microsoft.history().len());
        let again = async {
            for _ in 0..3 {
                for lane in ["sync", "staging", "provision", "offboard"] {
                    for body in [
                        r#"{"tenant":"contoso"}"#,
                        r#"{"tenant":"contoso","unknown":[1]}"#,
                    ] {
                        stage
                            .installation
                            .cloud
                            .sqs()
                            .send(lane, body, Duration::ZERO)
                            .unwrap();
                    }
                }
                stage.clock.sleep(30 * HOUR).await;
            }
        };
        beside(&stage, again).await;
        let after = stage.ledger().unwrap();
        assert_eq!(stage.microsoft.history().len(), changes);
        assert_eq!(after.people, before.people);
        assert_eq!(after.jobs, before.jobs);
    });
}

/// Fault 31, V12: nonsense in the queues is dropped, delays nobody and fills no dead letters.
#[test]
fn nonsense_in_the_queues_is_dropped() {
    play(async {
        let stage = Stage::set(setting(small_cast(), None)).await.unwrap();
        let large = format!("\"{}\"", "x".repeat(200_000));
        for lane in ["sync", "staging", "provision", "offboard"] {
            for body in [
                "",
                "no",
                "{}",
                "[[[[",
                r#"{"tenant":"a#b"}"#,
                r#"{"tenant":"nobody"}"#,
                &large,
            ] {
                stage
                    .installation
                    .cloud
                    .sqs()
                    .send(lane, body, Duration::ZERO)
                    .unwrap();
            }
        }
        to_the_end(&stage, 40 * MINUTE, 30 * HOUR).await;
        for lane in ["sync", "staging", "provision", "offboard"] {
            assert_eq!(
                stage
                    .installation
                    .cloud
                    .sqs()
                    .messages(&format!("{lane}-dead")),
                []
            );
        }
    });
}
