//! What comes several times, at once, or in masses: changes, orders to sync, people who vanish (F15, F18, F19).

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use local::contoso::{self, Fate as Life};
use local::demo::Stage;
use local::fate::{Fate, Hook, Service};
use local::microsoft;
use shared::model::lane::{Lane, Mark};
use shared::model::tenant::Settings;
use shared::run;

use crate::directory::{Directory, told};
use crate::theatre::{HOUR, MINUTE, beside, cast, play, setting, to_the_end};

/// F18: changes that come several times and in odd pages leave the rows that they would leave if each came once.
#[test]
fn changes_that_are_repeated_leave_the_same_rows() {
    let people = contoso::employees(400, 7);
    let run = |repeat_permille, empty_page_permille| {
        play(async {
            let options = microsoft::Options {
                repeat_permille,
                empty_page_permille,
                ..microsoft::Options::default()
            };
            let directory = Directory::at(options, &people, Settings::default(), None).await;
            directory.sync(Mark::Pull).await;
            let ids = directory.microsoft.people();
            for (number, id) in ids.iter().enumerate().take(300) {
                let title = format!("Title {number}");
                directory
                    .microsoft
                    .set_property(id, "jobTitle", Some(title.into()));
            }
            ids[300..310]
                .iter()
                .for_each(|id| directory.microsoft.delete_person(id, true));
            directory.microsoft.restore_person(&ids[305]);
            directory.sync(Mark::Pull).await;
            told(directory.people())
        })
    };
    assert!(run(0, 0) == run(1_000, 500));
}

/// F19: however often a sync is asked for at once, few run, and none beside another.
#[test]
fn syncs_of_a_tenant_do_not_overlap() {
    play(async {
        let people = contoso::employees(300, 7);
        let workers: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = Arc::clone(&workers);
        let hook: Hook = Arc::new(move |request| {
            let mut seen = seen.lock().unwrap();
            let reads = request.service == Service::Microsoft && !request.worker.is_empty();
            if reads && seen.last().is_none_or(|last| last != request.worker) {
                seen.push(request.worker.to_owned());
            }
            Fate::Deliver
        });
        let directory = Directory::of(&people, Settings::default(), Some(hook)).await;
        directory.sync(Mark::Pull).await;
        let rounds = || directory.microsoft.counts().requests["users delta"];
        let before = rounds();
        let (shell, tenant) = (
            &directory.installation.admin,
            &directory.installation.tenant,
        );
        let story = async {
            for _ in 0..20 {
                run::sync_now(shell, tenant).await.unwrap();
            }
        };
        tokio::select! {
            biased;
            () = story => {}
            () = directory.installation.run() => {}
        }
        directory.settle().await;
        let rounds = rounds() - before;
        assert!(
            (1..=6).contains(&rounds),
            "{rounds} for twenty orders at once"
        );
        let workers = workers.lock().unwrap();
        let different: BTreeSet<&String> = workers.iter().collect();
        assert_eq!(
            different.len(),
            workers.len(),
            "nobody reads again after another has begun"
        );
    });
}

/// F15, F17: however many vanish at once, they are only marked: nothing is planned, and nothing is asked of Microsoft for them.
#[test]
fn however_many_vanish_they_are_only_marked() {
    play(async {
        let stage = Stage::set(setting(cast(Some("sales"), Life::Stays, 20), None))
            .await
            .unwrap();
        to_the_end(&stage, MINUTE, 30 * HOUR).await;
        let (jobs, history) = (
            stage.ledger().unwrap().jobs.len(),
            stage.microsoft.history().len(),
        );
        for employee in &stage.employees[..15] {
            stage.microsoft.delete_person(&employee.id, true);
        }
        let story = async {
            stage
                .installation
                .ask(Lane::Sync, Mark::Full)
                .await
                .unwrap();
            stage.clock.sleep(30 * HOUR).await;
        };
        beside(&stage, story).await;
        let ledger = stage.ledger().unwrap();
        assert_eq!(ledger.people_by_state()["gone_soft"], 15);
        assert_eq!(
            (ledger.jobs.len(), stage.microsoft.history().len()),
            (jobs, history)
        );
    });
}
