//! Reading the directory (faults 16, 27; V9, V11; F11-F13, F17): whole or by changes, killed or narrowed, the rows end the same.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use local::contoso::{self, Employee};
use local::demo::{EPOCH, customer, furnish};
use local::fate::{Fate, Hook, Request, Service};
use local::installation::{Installation, Options, Schedules};
use local::microsoft::{self, Microsoft};
use local::reference::Ledger;
use serde_json::json;
use shared::clock::Clock;
use shared::model::lane::{Lane, Mark};
use shared::model::person::{Person, PersonState};
use shared::model::tenant::{OffboardLicences, ReadinessLooks, Scope, Settings};

use crate::theatre::{HOUR, MINUTE, ends_the_same, play};

/// A tenant without rules: its people are read, and nothing else.
pub struct Directory {
    pub clock: Clock,
    pub microsoft: Microsoft,
    pub installation: Installation,
}

impl Directory {
    pub async fn of(people: &[Employee], settings: Settings, hook: Option<Hook>) -> Self {
        Self::at(microsoft::Options::default(), people, settings, hook).await
    }

    /// In a tenant of this kind, unless it throttles without a reason.
    pub async fn at(
        options: microsoft::Options,
        people: &[Employee],
        settings: Settings,
        hook: Option<Hook>,
    ) -> Self {
        let clock = Clock::steered(EPOCH, 1);
        let options = microsoft::Options {
            throttle_permille: 0,
            ..options
        };
        let mut customer = customer(&options, ReadinessLooks::Scheduled);
        // Set up as far as the first sync demands it.
        customer.settings = Settings {
            offboard_licences: Some(OffboardLicences::Remove),
            flow_through: customer.settings.flow_through.take(),
            ..settings
        };
        let microsoft = Microsoft::in_memory(options, clock);
        furnish(&microsoft, people);
        let options = Options {
            index_lag: MINUTE / 60,
            hook,
            schedules: Schedules::NONE,
            ..Options::new(clock, 5)
        };
        let installation = Installation::start(options, customer, microsoft.http())
            .await
            .unwrap();
        Self {
            clock,
            microsoft,
            installation,
        }
    }

    /// One sync, and the time that it and its repetitions need.
    pub async fn sync(&self, mark: Mark) {
        self.installation.ask(Lane::Sync, mark).await.unwrap();
        self.settle().await;
    }

    /// The time that what was ordered needs.
    pub async fn settle(&self) {
        tokio::select! {
            biased;
            () = self.clock.sleep(HOUR) => {}
            () = self.installation.run() => {}
        }
    }

    pub fn people(&self) -> BTreeMap<String, Person> {
        Ledger::read(self.installation.cloud.table())
            .unwrap()
            .people
    }

    pub fn states(&self) -> BTreeMap<&'static str, usize> {
        let ledger = Ledger::read(self.installation.cloud.table()).unwrap();
        ledger.people_by_state()
    }
}

/// What the directory says, without what tells how often it was read.
pub fn told(people: BTreeMap<String, Person>) -> Vec<Person> {
    let strip = |person: Person| Person {
        version: 0,
        sync_fence: 0,
        first_fence: 0,
        ..person
    };
    people.into_values().map(strip).collect()
}

pub fn writes_a_person(request: &Request<'_>) -> bool {
    request.service == Service::DynamoDb
        && request.operation == "UpdateItem"
        && String::from_utf8_lossy(request.body).contains("USER#")
}

/// V11, F11: three pages; the worker dies at any request to Microsoft, before or after it. The rows are those of a run that nobody
/// killed.
#[test]
fn a_first_sync_that_dies_at_any_page_ends_the_same() {
    let people = contoso::employees(2_200, 7);
    let whole = ends_the_same(|hook| {
        play(async {
            let directory = Directory::of(&people, Settings::default(), Some(hook)).await;
            directory.sync(Mark::Pull).await;
            told(directory.people())
        })
    });
    assert!(whole.len() > 2 * 999, "{} people", whole.len());
}

/// V9: nothing has changed, so the whole directory is read again without one write to a person's row.
#[test]
fn a_second_full_run_writes_nobody() {
    play(async {
        let written = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&written);
        let hook: Hook = Arc::new(move |request| {
            count.fetch_add(usize::from(writes_a_person(request)), Ordering::SeqCst);
            Fate::Deliver
        });
        let people = contoso::employees(300, 7);
        let directory = Directory::of(&people, Settings::default(), Some(hook)).await;
        directory.sync(Mark::Pull).await;
        assert_eq!(
            written.swap(0, Ordering::SeqCst),
            directory.people().len(),
            "each once"
        );
        directory.sync(Mark::Full).await;
        assert_eq!(written.load(Ordering::SeqCst), 0);
    });
}

/// Fault 16, F11, F17: whoever is deleted while nobody reads is on no page of the next full run, and is marked once the directory
/// was asked; everybody else stays as they are.
#[test]
fn who_vanished_while_nobody_read_is_found_by_the_full_run() {
    play(async {
        let people = contoso::employees(60, 7);
        let directory = Directory::of(&people, Settings::default(), None).await;
        directory.sync(Mark::Pull).await;
        let before = directory.people();
        let gone: Vec<String> = before.keys().take(3).cloned().collect();
        let binned: Vec<String> = before.keys().skip(3).take(3).cloned().collect();
        for id in &gone {
            directory.microsoft.delete_person(id, false);
        }
        for id in &binned {
            directory.microsoft.delete_person(id, true);
        }
        // Longer than a delta token lives.
        directory.clock.sleep(9 * 24 * HOUR).await;
        directory.sync(Mark::Pull).await;
        let after = directory.people();
        for (id, person) in &after {
            let state = person.state(None);
            if gone.contains(id) {
                assert_eq!(state, PersonState::GoneHard, "{id}");
            } else if binned.contains(id) {
                assert_eq!(state, PersonState::GoneSoft, "{id}");
            } else {
                assert_eq!(
                    told([(id.clone(), person.clone())].into()),
                    told([(id.clone(), before[id].clone())].into())
                );
            }
        }
    });
}

/// F12: the scope narrows whom rules may concern; a new scope is applied to everybody at the next sync.
#[test]
fn the_scope_of_the_import_can_be_narrowed_and_widened() {
    play(async {
        let people = contoso::employees(80, 7);
        let london = "user.city -eq \"London\"";
        let mut settings = Settings::default();
        settings.sync.scope.only = Some(london.to_owned());
        let directory = Directory::of(&people, settings.clone(), None).await;
        directory.sync(Mark::Pull).await;
        let narrow = directory.states();
        assert!(
            narrow["imported"] > 0 && narrow["out_of_scope"] > narrow["imported"],
            "{narrow:?}"
        );

        settings.sync.scope = Scope {
            guests: true,
            ..Scope::default()
        };
        let (store, id) = (
            &directory.installation.admin.store,
            &directory.installation.tenant,
        );
        store.set_settings(id, &settings).await.unwrap();
        directory.sync(Mark::Pull).await;
        assert_eq!(directory.states().get("out_of_scope"), None);

        settings.sync.scope.only = Some("user.city".to_owned());
        store.set_settings(id, &settings).await.unwrap();
        directory.sync(Mark::Pull).await;
        let trouble = store.tenant(id).await.unwrap().unwrap().trouble.unwrap();
        assert!(
            trouble.sentence.contains("import scope"),
            "{}",
            trouble.sentence
        );
    });
}

/// F13: adding, updating and marking as vanished are switched apart.
#[test]
fn additions_updates_and_removals_can_be_switched_off() {
    play(async {
        let people = contoso::employees(60, 7);
        let mut settings = Settings::default();
        let directory = Directory::of(&people[..40], settings.clone(), None).await;
        directory.sync(Mark::Pull).await;
        let before = directory.people();
        let mut ids = before.keys();
        let (changed, gone) = (ids.next().unwrap(), ids.next().unwrap());
        (
            settings.sync.add,
            settings.sync.update,
            settings.sync.remove,
        ) = (false, false, false);
        let (store, id) = (
            &directory.installation.admin.store,
            &directory.installation.tenant,
        );
        store.set_settings(id, &settings).await.unwrap();
        furnish(&directory.microsoft, &people[40..]);
        directory
            .microsoft
            .set_property(changed, "jobTitle", Some(json!("Astronaut")));
        directory.microsoft.delete_person(gone, true);
        directory.sync(Mark::Full).await;
        assert_eq!(directory.people(), before);

        (
            settings.sync.add,
            settings.sync.update,
            settings.sync.remove,
        ) = (true, false, false);
        store.set_settings(id, &settings).await.unwrap();
        directory.sync(Mark::Full).await;
        let added = directory.people();
        assert!(added.len() > before.len());
        assert!(before.iter().all(|(id, person)| added[id] == *person));

        (settings.sync.update, settings.sync.remove) = (true, true);
        store.set_settings(id, &settings).await.unwrap();
        directory.sync(Mark::Full).await;
        let after = directory.people();
        assert_ne!(after[changed].facts, before[changed].facts);
        assert_eq!(after[gone].state(None), PersonState::GoneSoft);
    });
}
