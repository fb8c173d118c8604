//! An edit of rules, personas or sites that would change many people at once waits for somebody's yes (F16).

use local::contoso::{self, Employee, Fate as Life};
use local::demo::Stage;
use shared::error::{Error, Kind};
use shared::model::change_set::{ChangeKind, ChangeSet, Counts, SetOrigin, SetPlace, SetState};
use shared::run::change_sets;

use crate::theatre::{HOUR, MINUTE, beside, cast, play, pull, quiet, setting};

/// Sixty people of whom all have what the rules of Contoso say.
async fn settled() -> Stage {
    let people = [
        cast(Some("sales"), Life::Stays, 30),
        cast(Some("frontline"), Life::Stays, 30),
    ]
    .concat();
    let stage = Stage::set(setting(people, None)).await.unwrap();
    let story = async {
        pull(&stage).await;
        quiet(&stage, 30 * HOUR).await;
    };
    beside(&stage, story).await;
    stage
}

/// A new version of a persona, without its last policy.
async fn edit(stage: &Stage, persona: &str, version: u32) {
    let personas = contoso::personas().into_iter();
    let mut edited = personas
        .clone()
        .find(|one| one.reference.id == persona)
        .unwrap();
    edited.reference.version = version;
    let keep = edited.policies.len() + 1 - usize::try_from(version).unwrap();
    let kept = edited.policies.into_iter().take(keep);
    edited.policies = kept.collect();
    let (store, tenant) = (&stage.installation.admin.store, &stage.installation.tenant);
    store.add_persona(tenant, &edited).await.unwrap();
}

/// The change sets that wait.
async fn waiting(stage: &Stage) -> Vec<ChangeSet> {
    let (shell, tenant) = (&stage.installation.admin, &stage.installation.tenant);
    let row = shell.store.tenant(tenant).await.unwrap().unwrap();
    change_sets::waiting(shell, &row).await.unwrap()
}

/// The only one that does.
pub async fn one_waiting(stage: &Stage) -> ChangeSet {
    let mut sets = waiting(stage).await;
    assert_eq!(sets.len(), 1);
    sets.pop().unwrap()
}

async fn get(stage: &Stage, set: &ChangeSet) -> ChangeSet {
    let (shell, tenant) = (&stage.installation.admin, &stage.installation.tenant);
    change_sets::get(shell, tenant, &set.id).await.unwrap()
}

/// Somebody's yes.
async fn approve(stage: &Stage, set: &ChangeSet, hash: &str, by: &str) -> Result<(), Error> {
    let (shell, tenant) = (&stage.installation.admin, &stage.installation.tenant);
    let answered = change_sets::approve(shell, tenant, &set.id, hash, by).await;
    answered.map(|_| ())
}

async fn refused(stage: &Stage, set: &ChangeSet, hash: &str, by: &str, because: &str) {
    let error = approve(stage, set, hash, by).await.unwrap_err();
    assert_eq!(*error.kind(), Kind::Conflict, "{error}");
    assert!(error.to_string().contains(because), "{error}");
}

/// F16, F130, F131, I1, I3, R116: one slip is not hours of repair: half of all people would be changed: nothing is planned and nothing is asked of Microsoft, over many syncs,
/// until somebody who did not edit says yes to exactly that; a yes to what was replaced, or to another hash, is refused; who changed
/// meanwhile is set aside.
#[test]
fn an_edit_that_changes_many_waits_for_a_yes() {
    play(async {
        let stage = settled().await;
        let store = &stage.installation.admin.store;
        let tenant = &stage.installation.tenant;
        let (jobs, changes) = (
            stage.ledger().unwrap().jobs.len(),
            stage.microsoft.history().len(),
        );
        store.add_author(tenant, "ada").await.unwrap();
        edit(&stage, "sales", 2).await;
        beside(&stage, stage.clock.sleep(5 * HOUR)).await;
        let first = one_waiting(&stage).await;
        assert_eq!((first.people, first.in_scope), (30, 60));
        assert_eq!(first.counts, Counts::from([(ChangeKind::Persona, 30)]));
        assert_eq!(
            first.reason,
            "30 changes of persona in 24 hours are more than 25 and 10 % of 60 people"
        );
        assert_eq!(stage.ledger().unwrap().jobs.len(), jobs);
        assert_eq!(stage.microsoft.history().len(), changes);
        refused(&stage, &first, &first.hash, "ada", "ada edited what").await;
        refused(&stage, &first, "another", "grace", "another hash").await;

        // The edit is edited: what was looked at is not what waits any more.
        edit(&stage, "sales", 3).await;
        beside(&stage, stage.clock.sleep(2 * HOUR)).await;
        refused(
            &stage,
            &first,
            &first.hash,
            "grace",
            "with 30 people was replaced by",
        )
        .await;
        let second = one_waiting(&stage).await;
        assert_eq!(get(&stage, &first).await.state, SetState::Replaced);
        assert_eq!(second.first_stopped, first.first_stopped);
        assert_ne!(second.hash, first.hash);

        // One of them goes elsewhere meanwhile: nobody has said yes to what they get now.
        let sales = |employee: &&Employee| employee.truth.persona == Some("sales");
        let moved = stage.employees.iter().find(sales).unwrap().id.clone();
        stage
            .microsoft
            .set_property(&moved, "department", Some("Nowhere".into()));
        beside(&stage, stage.clock.sleep(2 * HOUR)).await;
        approve(&stage, &second, &second.hash, "grace")
            .await
            .unwrap();
        refused(&stage, &second, &second.hash, "grace", "it is released").await;
        let story = async {
            stage.clock.sleep(MINUTE).await;
            quiet(&stage, 30 * HOUR).await;
        };
        beside(&stage, story).await;
        assert!(waiting(&stage).await.is_empty());
        let done = get(&stage, &second).await;
        assert_eq!(
            (done.state, done.applied, done.moved),
            (SetState::Done, 29, 1)
        );
        assert_eq!(done.answered_by.as_deref(), Some("grace"));
        let ledger = stage.ledger().unwrap();
        assert_eq!(ledger.jobs.len(), jobs + 29);
        let version = |id: &str| ledger.people[id].persona.as_ref().unwrap().version;
        let versions = stage.employees.iter().map(|employee| version(&employee.id));
        assert_eq!(versions.filter(|version| *version == 3).count(), 29);
        assert_eq!(version(&moved), 1);
    });
}

/// I3: a no leaves everybody as they are, until something is edited; nobody's answer expires after a week, and the sync decides anew.
#[test]
fn a_no_and_no_answer_leave_everybody_as_they_are() {
    play(async {
        let stage = settled().await;
        let (shell, tenant) = (&stage.installation.admin, &stage.installation.tenant);
        let jobs = stage.ledger().unwrap().jobs.len();
        edit(&stage, "sales", 2).await;
        beside(&stage, stage.clock.sleep(2 * HOUR)).await;
        let first = one_waiting(&stage).await;
        change_sets::reject(shell, tenant, &first.id, &first.hash, "grace")
            .await
            .unwrap();
        beside(&stage, stage.clock.sleep(12 * HOUR)).await;
        assert!(waiting(&stage).await.is_empty());

        edit(&stage, "sales", 3).await;
        beside(&stage, stage.clock.sleep(2 * HOUR)).await;
        let second = one_waiting(&stage).await;
        beside(&stage, stage.clock.sleep(8 * 24 * HOUR)).await;
        refused(&stage, &second, &second.hash, "grace", "was replaced").await;
        assert_eq!(get(&stage, &second).await.state, SetState::Expired);
        let third = one_waiting(&stage).await;
        assert_eq!(
            third.hash, second.hash,
            "nothing has changed, and neither has the plan"
        );
        assert_eq!(stage.ledger().unwrap().jobs.len(), jobs);
    });
}

/// F16, I3: many people change in the directory at once: that waits too, while others are decided as ever.
#[test]
fn a_directory_that_changes_many_waits_for_a_yes() {
    play(async {
        let stage = settled().await;
        let jobs = stage.ledger().unwrap().jobs.len();
        let sales: Vec<&Employee> = stage
            .employees
            .iter()
            .filter(|employee| employee.truth.persona == Some("sales"))
            .collect();
        let target = stage
            .employees
            .iter()
            .find(|one| one.truth.persona != Some("sales"))
            .unwrap();
        for employee in &sales {
            for name in ["department", "jobTitle"] {
                let value = target.properties.get(name).cloned();
                stage.microsoft.set_property(&employee.id, name, value);
            }
        }
        beside(&stage, stage.clock.sleep(3 * HOUR)).await;
        let set = one_waiting(&stage).await;
        assert_eq!(
            (set.origin, set.people, set.whole),
            (SetOrigin::Sync, 30, false)
        );
        assert_eq!(stage.ledger().unwrap().jobs.len(), jobs);
        approve(&stage, &set, &set.hash, "grace").await.unwrap();
        let story = async {
            stage.clock.sleep(MINUTE).await;
            quiet(&stage, 30 * HOUR).await;
        };
        beside(&stage, story).await;
        let done = get(&stage, &set).await;
        assert_eq!(
            (done.state, done.applied, done.moved),
            (SetState::Done, 30, 0)
        );
        assert_eq!(stage.ledger().unwrap().jobs.len(), jobs + 30);
    });
}

/// F16: what changes few people goes through at once.
#[test]
fn an_edit_that_changes_few_needs_nobody() {
    play(async {
        let people = cast(Some("sales"), Life::Stays, 10);
        let stage = Stage::set(setting(people, None)).await.unwrap();
        let story = async {
            pull(&stage).await;
            quiet(&stage, 30 * HOUR).await;
            edit(&stage, "sales", 2).await;
            stage.clock.sleep(2 * HOUR).await;
            quiet(&stage, 30 * HOUR).await;
        };
        beside(&stage, story).await;
        assert!(waiting(&stage).await.is_empty());
        let people = stage.ledger().unwrap().people;
        assert!(
            people
                .values()
                .all(|person| person.persona.as_ref().unwrap().version == 2)
        );
    });
}

/// I1: the same people and the same configuration make the same plan to the byte: in another installation, and after the plan expired
/// and was made anew.
#[test]
fn the_same_world_makes_the_same_plan() {
    play(async {
        let mut plans = Vec::new();
        for _ in 0..2 {
            let stage = settled().await;
            edit(&stage, "sales", 2).await;
            beside(&stage, stage.clock.sleep(2 * HOUR)).await;
            let first = one_waiting(&stage).await;
            plans.push((first.hash.clone(), rows(&stage, &first).await));
            beside(&stage, stage.clock.sleep(24 * HOUR * 8)).await;
            let second = one_waiting(&stage).await;
            assert_ne!(second.id, first.id);
            assert_eq!(get(&stage, &first).await.state, SetState::Expired);
            plans.push((second.hash.clone(), rows(&stage, &second).await));
        }
        assert_eq!(plans[0].1.len(), 30);
        assert!(plans.iter().all(|plan| *plan == plans[0]), "{plans:#?}");
    });
}

/// The plan of a change set, row by row as it is stored.
async fn rows(stage: &Stage, set: &ChangeSet) -> Vec<String> {
    let (shell, tenant) = (&stage.installation.admin, &stage.installation.tenant);
    let mut rows = Vec::new();
    let mut from = Some(SetPlace::BEGIN);
    while let Some(place) = from {
        let page = change_sets::plan(shell, tenant, &set.id, place, 100);
        let (some, next) = page.await.unwrap();
        let text = |row: &change_sets::PlannedChange| serde_json::to_string(row).unwrap();
        rows.extend(some.iter().map(text));
        from = next;
    }
    rows
}
