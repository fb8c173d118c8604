//! Named interleavings: what meets what at the worst moment (faults 10, 26, 27, 29; V1, V2, V10, V11).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use local::contoso::Fate as Life;
use local::demo::Stage;
use local::fate::{Fate, Hook, Request, Service};
use local::reference;
use shared::model::lane::{Lane, Mark};
use shared::model::property::Property;
use tokio::sync::Notify;

use crate::theatre::{HOUR, MINUTE, beside, cast, offboard, play, pull, quiet, setting};

fn is_assignment(request: &Request<'_>) -> bool {
    request.service == Service::Microsoft && request.operation.contains("/assignLicense")
}

/// The first licence request meets `fate`; `met` tells that it is on its way.
fn at_the_assignment(fate: Fate, met: Arc<Notify>) -> Hook {
    let first = AtomicBool::new(true);
    Arc::new(move |request| {
        if is_assignment(request) && first.swap(false, Ordering::SeqCst) {
            met.notify_one();
            return fate;
        }
        Fate::Deliver
    })
}

fn offboarding_meets_an_assignment(fate: Fate) {
    play(async {
        let met = Arc::new(Notify::new());
        let people = cast(Some("sales"), Life::Leaves, 1);
        let hook = at_the_assignment(fate, Arc::clone(&met));
        let stage = Stage::set(setting(people, Some(hook))).await.unwrap();
        let story = async {
            pull(&stage).await;
            met.notified().await;
            offboard(&stage, &stage.employees[0].id).await;
            quiet(&stage, 30 * HOUR).await;
            // Four more syncs: nothing brings the licence back.
            stage.clock.sleep(4 * HOUR).await;
        };
        beside(&stage, story).await;
        let ledger = stage.ledger().unwrap();
        let problems = reference::problems(&ledger, &stage.employees, &stage.microsoft);
        assert!(problems.is_empty(), "{problems:#?}\n{:#?}", ledger.jobs);
        assert_eq!(
            ledger.jobs_by_state().get("superseded"),
            Some(&1),
            "{:#?}",
            ledger.jobs
        );
    });
}

/// Fault 29, J2, A3: the offboarding is committed while the licence request is under way and is carried out 10 s later.
#[test]
pub fn an_offboarding_committed_during_an_assignment_wins() {
    offboarding_meets_an_assignment(Fate::Delay(Duration::from_secs(10)));
}

/// Fault 10: the same, and the answer to the licence request is lost.
#[test]
pub fn an_offboarding_wins_over_an_assignment_whose_answer_was_lost() {
    offboarding_meets_an_assignment(Fate::LoseAnswer);
}

/// Fault 2: the same, and the worker dies right after the request took effect.
#[test]
fn an_offboarding_wins_over_an_assignment_whose_worker_died() {
    offboarding_meets_an_assignment(Fate::CrashAfter);
}

/// Fault 29: the same, and the worker dies before the request is sent.
#[test]
fn an_offboarding_wins_over_an_assignment_that_was_never_sent() {
    offboarding_meets_an_assignment(Fate::CrashBefore);
}

/// Holds every request of the invocation that makes the `nth` request of this kind, for so long: a worker that is frozen.
fn freeze(kind: &'static str, worker: &'static str, nth: u64, span: Duration) -> Hook {
    let seen = AtomicU64::new(0);
    let frozen = std::sync::Mutex::new(None::<String>);
    Arc::new(move |request| {
        let mut frozen = frozen.lock().unwrap();
        if frozen.as_deref() == Some(request.worker) {
            return Fate::Delay(span);
        }
        let fits = request.worker.starts_with(worker) && request.operation.contains(kind);
        if fits && frozen.is_none() && seen.fetch_add(1, Ordering::SeqCst) == nth {
            *frozen = Some(request.worker.to_owned());
            return Fate::Delay(span);
        }
        Fate::Deliver
    })
}

/// Fault 27, V10, V11: a sync is frozen beyond its lease, another one runs, and the first wakes up with a stale page in hand.
#[test]
pub fn a_sync_that_wakes_up_after_its_lease_changes_nothing_any_more() {
    // Before it has read a page, and with what it has read in hand.
    let places = (0..6)
        .map(|nth| ("/users", nth))
        .chain((0..6).map(|nth| ("UpdateItem", nth)));
    for (kind, nth) in places {
        play(async {
            let people = [
                cast(Some("sales"), Life::Stays, 2),
                cast(Some("frontline"), Life::Stays, 1),
            ]
            .concat();
            let hook = freeze(kind, "sync", nth, Duration::from_secs(200));
            let stage = Stage::set(setting(people, Some(hook))).await.unwrap();
            let story = async {
                pull(&stage).await;
                stage.clock.sleep(100 * MINUTE / 60).await;
                stage.microsoft.set_property(
                    &stage.employees[0].id,
                    "mobilePhone",
                    Some("+1".into()),
                );
                stage.clock.sleep(2 * HOUR).await;
                quiet(&stage, 30 * HOUR).await;
            };
            beside(&stage, story).await;
            let ledger = stage.ledger().unwrap();
            let problems = reference::problems(&ledger, &stage.employees, &stage.microsoft);
            assert!(problems.is_empty(), "{kind} {nth}: {problems:#?}");
            let fresh = ledger.people[&stage.employees[0].id]
                .facts
                .text(Property::Mobile);
            assert_eq!(
                fresh,
                Some("+1"),
                "{kind} {nth}: a stale page overwrote a newer one"
            );
        });
    }
}

/// Faults 24, 27, V11: what a sync writes about somebody is so long on its way that another one has stored what is newer.
#[test]
pub fn a_stale_page_overwrites_nothing() {
    play(async {
        let armed = Arc::new(AtomicBool::new(false));
        let is_armed = Arc::clone(&armed);
        let hook: Hook = Arc::new(move |request| {
            let stores_somebody = request.operation == "UpdateItem"
                && request.worker.starts_with("sync")
                && String::from_utf8_lossy(request.body).contains("#facts");
            if stores_somebody && is_armed.swap(false, Ordering::SeqCst) {
                return Fate::Land(5 * MINUTE);
            }
            Fate::Deliver
        });
        let people = cast(Some("sales"), Life::Stays, 1);
        let stage = Stage::set(setting(people, Some(hook))).await.unwrap();
        let person = stage.employees[0].id.clone();
        let calls = async |number: &str| {
            let number = Some(number.into());
            stage.microsoft.set_property(&person, "mobilePhone", number);
            pull(&stage).await;
            stage.clock.sleep(2 * MINUTE).await;
        };
        let story = async {
            pull(&stage).await;
            quiet(&stage, 30 * HOUR).await;
            armed.store(true, Ordering::SeqCst);
            calls("+1").await;
            assert!(!armed.load(Ordering::SeqCst));
            calls("+2").await;
            stage.clock.sleep(2 * HOUR).await;
        };
        beside(&stage, story).await;
        let ledger = stage.ledger().unwrap();
        let stored = ledger.people[&person].facts.text(Property::Mobile);
        assert_eq!(stored, Some("+2"), "a stale page overwrote a newer one");
    });
}

/// V10, L6: a provisioning worker frozen beyond its lease sends nothing any more and writes nothing any more.
#[test]
fn a_worker_frozen_beyond_its_lease_does_no_harm() {
    for kind in ["PutItem", "/users", "TransactWriteItems", "assignLicense"] {
        for nth in 0..4 {
            play(async {
                let people = [
                    cast(Some("sales"), Life::Stays, 2),
                    cast(Some("frontline"), Life::Stays, 1),
                ]
                .concat();
                let hook = freeze(kind, "provision", nth, Duration::from_secs(100));
                let stage = Stage::set(setting(people, Some(hook))).await.unwrap();
                crate::theatre::to_the_end(&stage, MINUTE, 30 * HOUR).await;
            });
        }
    }
}

/// V3, V14: somebody is deleted while their Teams account is awaited. The next sync sees it, and the job ends and says so, instead
/// of being awaited for three days.
#[test]
fn whoever_is_deleted_while_staged_is_not_awaited() {
    play(async {
        let mut setting = setting(cast(Some("sales"), Life::Stays, 1), None);
        setting.microsoft.readiness = (100 * HOUR, 100 * HOUR);
        let stage = Stage::set(setting).await.unwrap();
        let story = async {
            let asked = stage.installation.ask(Lane::Sync, Mark::Pull).await;
            asked.unwrap();
            stage.clock.sleep(2 * HOUR).await;
            let staged = stage.ledger().unwrap().jobs_by_state();
            assert_eq!(staged["staged"], 1);
            stage.microsoft.delete_person(&stage.employees[0].id, true);
            stage.clock.sleep(2 * HOUR).await;
        };
        beside(&stage, story).await;
        let ledger = stage.ledger().unwrap();
        assert_eq!(ledger.jobs_by_state()["failed"], 1, "{:#?}", ledger.jobs);
        let why = ledger.failures().into_keys().next().unwrap();
        assert!(
            why.ends_with("the account is not in the directory"),
            "{why}"
        );
        assert_eq!(ledger.broken_invariants(), Vec::<String>::new());
    });
}
