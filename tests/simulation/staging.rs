//! Staging, from the first sync to the last policy: what waits, who looks when, and what is kept meanwhile (R1-R15, F89-F94).

use local::contoso::{self, Fate as Life};
use local::demo::{Setting, Stage};
use local::microsoft::Truth;
use local::reference;
use shared::model::job::JobState;
use shared::model::microsoft::{PolicyType, UserId};
use shared::model::persona::SitePath;
use shared::model::tenant::ReadinessLooks;
use shared::run;

use crate::theatre::{HOUR, MINUTE, beside, cast, play, pull, quiet, setting};

/// Eight of the sales, whom no sync disturbs; only the staging schedule looks, if anything does.
fn eight(staging: bool) -> Setting {
    let mut setting = setting(cast(Some("sales"), Life::Stays, 8), None);
    setting.readiness = ReadinessLooks::Scheduled;
    setting.schedules.sync = None;
    setting.schedules.staging = staging.then_some(4 * HOUR);
    setting
}

/// Whether somebody has the policies of the first version of their persona.
fn has_all(truth: &Truth) -> bool {
    let sales = contoso::personas().swap_remove(0);
    let has = |kind: &PolicyType, name: &String| truth.policies.get(&kind.0) == Some(name);
    sales.policies.iter().all(|(kind, name)| has(kind, name))
}

/// People by state, looks at Teams accounts, reads of the directory's lists.
fn seen(stage: &Stage) -> (usize, u64, u64) {
    let states = stage.ledger().unwrap().people_by_state();
    let requests = stage.microsoft.counts().requests;
    let asked = |names: &[&str]| names.iter().filter_map(|name| requests.get(*name)).sum();
    let staged = states.get("staged").copied().unwrap_or_default();
    let looks = asked(&["get teams user", "list teams users"]);
    (staged, looks, asked(&["list users", "users delta"]))
}

/// R1-R8, F89, F90, F92, F94: they come without a licence and get one from us; then they are staged, because Microsoft needs time, and
/// keep the licence. Nothing looks before the schedule's four hours are over. The tick looks at the staged and reads nobody else's
/// anything; they leave staging, get what Teams gives them in the same job, and are complete.
#[test]
fn the_staging_schedule_takes_the_ready_out_and_the_same_job_completes_them() {
    play(async {
        let stage = Stage::set(eight(true)).await.unwrap();
        let truth = |id: &str| stage.microsoft.truth(id).unwrap();
        let everybody = || stage.employees.iter().map(|employee| truth(&employee.id));
        assert!(everybody().all(|person| person.direct_licences.is_empty()));
        let story = async {
            pull(&stage).await;
            stage.clock.sleep(HOUR).await;
            let early = seen(&stage);
            assert_eq!(
                early.0,
                8,
                "{:?}",
                stage.ledger().unwrap().people_by_state()
            );
            assert!(
                everybody().all(|person| person.direct_licences.len() == 1 && !has_all(&person))
            );
            let seats = stage.microsoft.seats();
            stage.clock.sleep(2 * HOUR + 30 * MINUTE).await;
            // Everybody is ready by now; nobody has looked.
            assert!(everybody().all(|person| person.ready));
            assert_eq!(seen(&stage), early);
            assert_eq!(stage.microsoft.seats(), seats);
            stage.clock.sleep(HOUR).await;
            let (staged, _, lists) = seen(&stage);
            assert_eq!((staged, lists), (0, early.2), "no sync is needed for it");
            quiet(&stage, 10 * HOUR).await;
        };
        beside(&stage, story).await;
        let ledger = stage.ledger().unwrap();
        assert_eq!(ledger.jobs.len(), 8, "one job each, for all of it");
        assert!(
            ledger.jobs.values().all(|job| job.state == JobState::Done),
            "{:#?}",
            ledger.jobs
        );
        assert!(everybody().all(|person| has_all(&person)));
        let problems = reference::problems(&ledger, &stage.employees, &stage.microsoft);
        assert!(problems.is_empty(), "{problems:#?}");
    });
}

/// R5, R7, R12, F90, F91: while the schedule is off nobody looks, for days; whoever is taken out by hand is looked at and completed.
#[test]
fn while_the_schedule_is_off_only_a_hand_takes_somebody_out() {
    play(async {
        let stage = Stage::set(eight(false)).await.unwrap();
        let (shell, tenant) = (&stage.installation.admin, &stage.installation.tenant);
        let chosen = UserId(stage.employees[0].id.clone());
        let story = async {
            pull(&stage).await;
            stage.clock.sleep(HOUR).await;
            let early = seen(&stage);
            stage.clock.sleep(48 * HOUR).await;
            assert_eq!(seen(&stage), early);
            run::unstage(shell, tenant, std::slice::from_ref(&chosen))
                .await
                .unwrap();
            stage.clock.sleep(3 * HOUR).await;
        };
        beside(&stage, story).await;
        let ledger = stage.ledger().unwrap();
        assert_eq!(ledger.people_by_state()["staged"], 7);
        assert_eq!(
            ledger.state(&ledger.people[&chosen.0]).name(),
            "provisioned"
        );
    });
}

/// R14, R15: what was planned is kept with the job: whoever is staged while an administrator writes another persona version and moves
/// the site to another country gets what was planned, the site's values included.
#[test]
fn whoever_is_staged_gets_what_was_planned() {
    play(async {
        let stage = Stage::set(eight(true)).await.unwrap();
        let (store, tenant) = (&stage.installation.admin.store, &stage.installation.tenant);
        let story = async {
            pull(&stage).await;
            stage.clock.sleep(HOUR).await;
            assert_eq!(seen(&stage).0, 8);
            let mut other = contoso::personas().swap_remove(0);
            other.reference.version = 2;
            other.policies.clear();
            store.add_persona(tenant, &other).await.unwrap();
            for mut node in contoso::nodes() {
                node.values.usage_location = Some("JP".to_owned());
                store.put_node(tenant, &node).await.unwrap();
            }
            quiet(&stage, 20 * HOUR).await;
        };
        beside(&stage, story).await;
        let ledger = stage.ledger().unwrap();
        for employee in &stage.employees {
            let truth = stage.microsoft.truth(&employee.id).unwrap();
            assert!(has_all(&truth), "{truth:?}");
            assert_ne!(truth.usage_location.as_deref(), Some("JP"));
            let person = &ledger.people[&employee.id];
            assert_eq!(person.persona.as_ref().unwrap().version, 1);
            assert!(matches!(&person.site, Some(SitePath(_))));
        }
    });
}

/// F93: looks without success are counted and told, and after 72 hours it is given up, with a reason, and not tried for ever.
#[test]
fn an_account_that_never_comes_is_given_up() {
    play(async {
        let mut setting = eight(true);
        setting.microsoft.readiness = (1_000 * HOUR, 1_000 * HOUR);
        let stage = Stage::set(setting).await.unwrap();
        let story = async {
            pull(&stage).await;
            stage.clock.sleep(20 * HOUR + 30 * MINUTE).await;
            let ledger = stage.ledger().unwrap();
            let looks =
                |job: &shared::model::job::Job| job.standings.iter().map(|one| one.looks).max();
            assert!(
                ledger.jobs.values().all(|job| looks(job) >= Some(5)),
                "{:#?}",
                ledger.jobs
            );
            stage.clock.sleep(60 * HOUR).await;
        };
        beside(&stage, story).await;
        let ledger = stage.ledger().unwrap();
        assert!(
            ledger
                .jobs
                .values()
                .all(|job| job.state == JobState::Failed),
            "{:#?}",
            ledger.jobs
        );
        assert_eq!(ledger.people_by_state().get("staged"), None);
    });
}
