//! Microsoft does not accept us, does not let us, does not answer (faults 12, 13, 32-34; V4, V12, I7).

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use local::contoso::Fate as Life;
use local::demo::{EPOCH, Stage};
use local::fate::{Fate, Hook, Refusal, Service};
use local::reference;
use shared::clock::Clock;
use shared::model::job::JobState;
use shared::model::lane::{Lane, Mark};
use shared::model::tenant::{Capability, Circuit, Tenant};

use crate::theatre::{
    HOUR, MINUTE, beside, cast, play, pull, quiet, setting, small_cast, to_the_end,
};

async fn tenant(stage: &Stage) -> Tenant {
    stage
        .installation
        .admin
        .store
        .tenant(&stage.installation.tenant)
        .await
        .unwrap()
        .unwrap()
}

/// Faults 32, 33: a wrong secret opens the circuit, the tenant says so, and after it is mended everybody gets where they belong.
#[test]
fn a_wrong_secret_stops_the_tenant_and_loses_nobody() {
    play(async {
        let stage = Stage::set(setting(small_cast(), None)).await.unwrap();
        stage.microsoft.set_secret("another one");
        let story = async {
            pull(&stage).await;
            stage.clock.sleep(3 * HOUR).await;
            let row = tenant(&stage).await;
            assert!(matches!(row.circuit, Circuit::Open { .. }));
            assert!(
                row.trouble
                    .unwrap()
                    .sentence
                    .contains("the client secret is wrong")
            );
            let tokens = stage.microsoft.counts().requests["token"];
            assert!(
                tokens <= 8,
                "one probe an hour, not {tokens} in three hours"
            );
            stage
                .installation
                .cloud
                .secrets()
                .set("rollcall/contoso", "another one");
        };
        beside(&stage, story).await;
        to_the_end(&stage, 2 * HOUR, 30 * HOUR).await;
        assert_eq!(tenant(&stage).await.trouble, None);
        assert_eq!(tenant(&stage).await.circuit, Circuit::Closed);
    });
}

/// Fault 32: the secret is rotated in the middle of everything.
#[test]
fn a_secret_that_rotates_stops_nobody_for_long() {
    play(async {
        let stage = Stage::set(setting(small_cast(), None)).await.unwrap();
        let rotate = async {
            stage.clock.sleep(7 * MINUTE).await;
            stage.microsoft.set_secret("rotated");
            stage.microsoft.revoke_tokens();
            stage
                .installation
                .cloud
                .secrets()
                .set("rollcall/contoso", "rotated");
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            () = to_the_end(&stage, 40 * MINUTE, 30 * HOUR) => {}
            () = rotate => {}
        }
        assert_eq!(tenant(&stage).await.circuit, Circuit::Closed);
    });
}

/// Faults 13, V4: Microsoft answers nothing for three hours.
#[test]
fn an_outage_of_microsoft_loses_nobody() {
    play(async {
        let down = Arc::new(AtomicBool::new(false));
        let switch = Arc::clone(&down);
        let hook: Hook = Arc::new(move |request| {
            if request.service == Service::Microsoft && switch.load(Ordering::SeqCst) {
                return Fate::RefuseBefore(Refusal::Unavailable);
            }
            Fate::Deliver
        });
        let stage = Stage::set(setting(small_cast(), Some(hook))).await.unwrap();
        let weather = async {
            stage.clock.sleep(Duration::from_secs(90)).await;
            down.store(true, Ordering::SeqCst);
            stage.clock.sleep(3 * HOUR).await;
            assert!(
                tenant(&stage).await.trouble.is_some(),
                "the tenant's row says that Microsoft does not answer"
            );
            down.store(false, Ordering::SeqCst);
            std::future::pending::<()>().await;
        };
        let story = async {
            to_the_end(&stage, 40 * MINUTE, 60 * HOUR).await;
            // The next sync that Microsoft answers says that it does again.
            beside(&stage, stage.clock.sleep(4 * HOUR)).await;
        };
        tokio::select! {
            biased;
            () = story => {}
            () = weather => {}
        }
        assert_eq!(tenant(&stage).await.trouble, None);
    });
}

/// Fault 34: Microsoft names an hour, once. Nobody asks it again before, in whatever process, and nobody fails of it.
#[test]
fn a_long_retry_after_is_kept_by_all_processes() {
    play(async {
        let watch = Clock::steered(EPOCH, 1);
        let told: Arc<Mutex<Option<Duration>>> = Arc::default();
        let (first, early) = (Arc::clone(&told), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&early);
        let hook: Hook = Arc::new(move |request| {
            let reads_one = request.service == Service::Microsoft
                && request.operation.starts_with("GET /v1.0/users/")
                && !request.operation.contains("delta");
            if !reads_one {
                return Fate::Deliver;
            }
            let mut told = first.lock().unwrap();
            match *told {
                None => {
                    *told = Some(watch.elapsed());
                    Fate::RefuseBefore(Refusal::ThrottledFor(HOUR))
                }
                Some(at) if watch.elapsed() < at + HOUR => {
                    counted.fetch_add(1, Ordering::SeqCst);
                    Fate::Deliver
                }
                Some(_) => Fate::Deliver,
            }
        });
        let people = cast(Some("sales"), Life::Stays, 1);
        let stage = Stage::set(setting(people, Some(hook))).await.unwrap();
        to_the_end(&stage, MINUTE, 30 * HOUR).await;
        assert!(told.lock().unwrap().is_some());
        assert_eq!(
            early.load(Ordering::SeqCst),
            0,
            "asked before the hour was over"
        );
    });
}

/// Fault 33, R2, R90: licences are given from here if the permission is there; here it is missing. Onboarding skips it and says so, offboarding goes on.
#[test]
fn a_missing_permission_is_learnt_and_told_and_never_taken_for_success() {
    play(async {
        let people = [
            cast(Some("frontline"), Life::Stays, 5),
            cast(Some("sales"), Life::Leaves, 1),
        ]
        .concat();
        let mut setting = setting(people, None);
        setting
            .microsoft
            .roles
            .remove("LicenseAssignment.ReadWrite.All");
        let stage = Stage::set(setting).await.unwrap();
        let story = async {
            pull(&stage).await;
            quiet(&stage, 100 * HOUR).await;
        };
        beside(&stage, story).await;
        let ledger = stage.ledger().unwrap();
        assert_eq!(ledger.broken_invariants(), Vec::<String>::new());
        assert!(
            ledger
                .jobs
                .values()
                .all(|job| job.state == JobState::Failed),
            "{:#?}",
            ledger.jobs
        );
        let denied = stage.microsoft.counts().requests.clone();
        assert!(
            tenant(&stage)
                .await
                .refusals
                .values()
                .any(|refusals| refusals.missing_since.is_some()),
            "{denied:?}"
        );
    });
}

/// Fault 33, V12: one protected account is blocked and named; everybody else goes on.
#[test]
fn a_protected_account_is_blocked_and_all_others_go_on() {
    play(async {
        let people = cast(Some("sales"), Life::Stays, 4);
        let stage = Stage::set(setting(people, None)).await.unwrap();
        stage.microsoft.protect(&stage.employees[0].id, true);
        let story = async {
            pull(&stage).await;
            quiet(&stage, 100 * HOUR).await;
        };
        beside(&stage, story).await;
        let ledger = stage.ledger().unwrap();
        let problems = reference::problems(&ledger, &stage.employees[1..], &stage.microsoft);
        // The reference counts the fifth seat that nobody took; people are what matters here.
        let people: Vec<&String> = problems
            .iter()
            .filter(|p| !p.contains("people wait"))
            .collect();
        assert!(people.is_empty(), "{people:#?}");
        let failed: Vec<_> = ledger
            .jobs
            .values()
            .filter(|job| job.state == JobState::Failed)
            .collect();
        assert_eq!(failed.len(), 1, "{:#?}", ledger.jobs);
        assert_eq!(failed[0].person.0, stage.employees[0].id);
    });
}

/// Fault 33: the permission for policies is missing. Even their ids cannot be looked up; it is learnt and told, nobody spins, and a
/// consent lets everybody go on.
#[test]
fn a_missing_permission_for_policies_is_waited_for_without_spinning() {
    // Where the token tells what it allows, nothing is tried in vain.
    for (opaque, tries) in [(false, 0..1), (true, 1..60)] {
        without_policies(opaque, tries);
    }
}

fn without_policies(opaque: bool, tries: Range<u64>) {
    play(async {
        let people = cast(Some("sales"), Life::Stays, 4);
        let mut setting = setting(people, None);
        setting.microsoft.opaque_tokens = opaque;
        let all = setting.microsoft.roles.clone();
        let policies = "TeamsPolicyUserAssign.ReadWrite.All";
        setting.microsoft.roles.remove(policies);
        let stage = Stage::set(setting).await.unwrap();
        let story = async {
            let asked = stage.installation.ask(Lane::Sync, Mark::Pull).await;
            asked.unwrap();
            stage.clock.sleep(10 * HOUR).await;
            let jobs = stage.ledger().unwrap().jobs_by_state();
            assert_eq!(jobs["waiting"], 4, "{jobs:?}");
            let missing = tenant(&stage).await.refusals;
            assert!(missing[&Capability::AssignPolicies].missing_since.is_some());
            let requests = stage.microsoft.counts().requests;
            let looked_up = requests.get("get policy id").copied().unwrap_or_default();
            assert!(tries.contains(&looked_up), "{looked_up} in ten hours");
            stage.microsoft.set_roles(all.clone());
            stage.microsoft.revoke_tokens();
            quiet(&stage, 100 * HOUR).await;
        };
        beside(&stage, story).await;
        let problems =
            reference::problems(&stage.ledger().unwrap(), &stage.employees, &stage.microsoft);
        assert!(problems.is_empty(), "{problems:#?}");
    });
}
