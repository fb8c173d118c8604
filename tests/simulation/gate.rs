//! An edit of rules, personas or sites that would change many people at once waits for somebody's yes (F16).

use local::contoso::{self, Fate as Life};
use local::demo::Stage;
use shared::error::Kind;
use shared::model::tenant::Held;
use shared::run;

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

async fn held(stage: &Stage) -> Option<Held> {
    let (store, tenant) = (&stage.installation.admin.store, &stage.installation.tenant);
    store.tenant(tenant).await.unwrap().unwrap().gate.held
}

/// F16: half of all people would be changed: nothing is planned and nothing is asked of Microsoft, over many syncs, until somebody
/// says yes to exactly that; a yes to what is not there any more is refused.
#[test]
fn an_edit_that_changes_many_waits_for_a_yes() {
    play(async {
        let stage = settled().await;
        let (shell, tenant) = (&stage.installation.admin, &stage.installation.tenant);
        let (jobs, changes) = (
            stage.ledger().unwrap().jobs.len(),
            stage.microsoft.history().len(),
        );
        edit(&stage, "sales", 2).await;
        beside(&stage, stage.clock.sleep(5 * HOUR)).await;
        let first = held(&stage).await.unwrap();
        assert_eq!((first.changed, first.in_scope), (30, 60));
        assert_eq!(stage.ledger().unwrap().jobs.len(), jobs);
        assert_eq!(stage.microsoft.history().len(), changes);

        // The edit is edited: what was looked at is not what waits any more.
        edit(&stage, "sales", 3).await;
        beside(&stage, stage.clock.sleep(2 * HOUR)).await;
        let refused = run::release(shell, tenant, &first.decision)
            .await
            .unwrap_err();
        assert_eq!(*refused.kind(), Kind::Conflict, "{refused}");
        let second = held(&stage).await.unwrap();
        run::release(shell, tenant, &second.decision).await.unwrap();
        let story = async {
            stage.clock.sleep(MINUTE).await;
            quiet(&stage, 30 * HOUR).await;
        };
        beside(&stage, story).await;
        assert_eq!(held(&stage).await, None);
        let ledger = stage.ledger().unwrap();
        assert_eq!(ledger.jobs.len(), jobs + 30);
        let version = |id: &str| ledger.people[id].persona.as_ref().unwrap().version;
        let versions = stage.employees.iter().map(|employee| version(&employee.id));
        assert_eq!(versions.filter(|version| *version == 3).count(), 30);
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
        assert_eq!(held(&stage).await, None);
        let people = stage.ledger().unwrap().people;
        assert!(
            people
                .values()
                .all(|person| person.persona.as_ref().unwrap().version == 2)
        );
    });
}
