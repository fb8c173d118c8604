//! The connection to Microsoft: tested when it is saved, daily and on request; what it allows; a tenant that is paused or only read
//! from (F2, F4-F6).

use local::contoso::Fate as Life;
use local::demo::Stage;
use local::microsoft;
use serde_json::json;
use shared::model::lane::Mark;
use shared::model::probe::Probe;
use shared::model::tenant::{Capability, Circuit, Mode, Settings, Tenant, TenantId};
use shared::run;

use crate::directory::Directory;
use crate::theatre::{
    HOUR, MINUTE, beside, cast, play, pull, quiet, setting, small_cast, to_the_end,
};

async fn row(directory: &Directory) -> Tenant {
    let (store, id) = (
        &directory.installation.admin.store,
        &directory.installation.tenant,
    );
    store.tenant(id).await.unwrap().unwrap()
}

async fn probe(directory: &Directory) -> Probe {
    row(directory).await.probe.unwrap()
}

async fn ask_for_a_test(directory: &Directory) {
    let (shell, id) = (
        &directory.installation.admin,
        &directory.installation.tenant,
    );
    run::probe_now(shell, id).await.unwrap();
    directory.settle().await;
}

async fn set_mode(directory: &Directory, mode: Mode) {
    let (shell, id) = (
        &directory.installation.admin,
        &directory.installation.tenant,
    );
    run::set_mode(shell, id, mode).await.unwrap();
}

/// F4, F6: when it is saved, and on request, also while the tenant is paused; nothing but the test is done then.
#[test]
fn the_connection_is_tested_when_saved_and_on_request() {
    play(async {
        let directory = Directory::of(&[], Settings::default(), None).await;
        directory.settle().await;
        let saved = probe(&directory).await;
        assert_eq!(saved.failure, None);
        assert!(
            Capability::ALL
                .iter()
                .all(|capability| saved.may[capability])
        );

        set_mode(&directory, Mode::Paused).await;
        directory.sync(Mark::Pull).await;
        let before = directory.microsoft.counts().requests;
        assert_eq!(before.get("list users"), None, "{before:?}");
        ask_for_a_test(&directory).await;
        let after = directory.microsoft.counts().requests;
        assert!(probe(&directory).await.at > saved.at);
        assert_eq!(after["count users"], before["count users"] + 1);
        assert_eq!(after.get("list users"), None, "{after:?}");
        set_mode(&directory, Mode::Active).await;
        directory.sync(Mark::Pull).await;
        assert!(directory.microsoft.counts().requests["list users"] > 0);
    });
}

/// F4: a wrong secret is told in a sentence, and when it is right again a test closes the circuit at once.
#[test]
fn a_test_tells_what_is_wrong_and_closes_the_circuit() {
    play(async {
        let directory = Directory::of(&[], Settings::default(), None).await;
        directory.microsoft.set_secret("another");
        directory.microsoft.revoke_tokens();
        directory.settle().await;
        let tenant = row(&directory).await;
        let failure = tenant.probe.unwrap().failure.unwrap();
        assert!(failure.contains("client secret is wrong"), "{failure}");
        assert!(matches!(tenant.circuit, Circuit::Open { .. }));
        directory
            .microsoft
            .set_secret(&microsoft::Options::default().client_secret);
        let tokens = directory.microsoft.counts().requests["token"];
        ask_for_a_test(&directory).await;
        let tenant = row(&directory).await;
        assert_eq!((tenant.circuit, tenant.trouble), (Circuit::Closed, None));
        assert_eq!(tenant.probe.unwrap().failure, None);
        assert!(directory.microsoft.counts().requests["token"] <= tokens + 2);
    });
}

/// F4, F2: daily; and when the credential ends is told as soon as it is known.
#[test]
fn the_connection_is_tested_daily_and_tells_when_the_credential_ends() {
    play(async {
        let mut setting = setting(small_cast(), None);
        setting.schedules.probe = Some(24 * HOUR);
        let stage = Stage::set(setting).await.unwrap();
        let (store, id) = (&stage.installation.admin.store, &stage.installation.tenant);
        let probe = async || store.tenant(id).await.unwrap().unwrap().probe.unwrap();
        beside(&stage, stage.clock.sleep(HOUR)).await;
        let first = probe().await;
        assert_eq!(first.credential_ends, None);
        let secret =
            json!({"secret": microsoft::Options::default().client_secret, "ends": "2026-01-20"});
        let connection = store.tenant(id).await.unwrap().unwrap().connection;
        let secrets = stage.installation.cloud.secrets();
        secrets.set(&connection.secret_name, &secret.to_string());
        beside(&stage, stage.clock.sleep(24 * HOUR)).await;
        let second = probe().await;
        assert!(second.at > first.at + 20 * HOUR);
        assert_eq!(second.failure, None);
        assert_eq!(second.warning(stage.clock.now()), Some(14));
        let sentence = second.warning_sentence(stage.clock.now()).unwrap();
        assert!(sentence.contains("2026-01-20"), "{sentence}");
    });
}

/// F5: what Microsoft does not let us read is left out and told; a consent is found by the next test.
#[test]
fn what_is_not_allowed_is_left_out_until_consent() {
    play(async {
        let directory = Directory::of(&[], Settings::default(), None).await;
        let all = microsoft::Options::default().roles;
        let without = |part: &str| {
            all.iter()
                .filter(|role| !role.contains(part))
                .cloned()
                .collect()
        };
        directory.microsoft.set_roles(without("TelephoneNumber"));
        directory.sync(Mark::Pull).await;
        let tenant = row(&directory).await;
        assert_eq!(tenant.trouble, None, "people are read all the same");
        let found = tenant.probe.unwrap();
        assert!(!found.may[&Capability::AssignNumbers] && found.may[&Capability::AssignPolicies]);
        assert!(
            tenant.refusals[&Capability::AssignNumbers]
                .missing_since
                .is_some()
        );

        directory.microsoft.set_roles(all.clone());
        ask_for_a_test(&directory).await;
        let tenant = row(&directory).await;
        assert!(tenant.refusals.is_empty(), "{:?}", tenant.refusals);
        assert!(tenant.probe.unwrap().may[&Capability::AssignNumbers]);
    });
}

/// F6: a tenant that is only read from shows its people, and nothing is decided or changed; active again, what was missed is done.
#[test]
fn nothing_is_changed_in_a_tenant_that_is_only_read_from() {
    play(async {
        let stage = Stage::set(setting(small_cast(), None)).await.unwrap();
        let (shell, id) = (&stage.installation.admin, &stage.installation.tenant);
        run::set_mode(shell, id, Mode::ReadOnly).await.unwrap();
        let story = async {
            pull(&stage).await;
            stage.clock.sleep(5 * HOUR).await;
        };
        beside(&stage, story).await;
        let ledger = stage.ledger().unwrap();
        assert_eq!(ledger.people.len(), stage.employees.len());
        assert!(ledger.jobs.is_empty(), "{:?}", ledger.jobs);
        assert_eq!(stage.microsoft.history(), []);
        assert_eq!(stage.microsoft.counts().directory_writes, 0);

        run::set_mode(shell, id, Mode::Active).await.unwrap();
        to_the_end(&stage, 40 * MINUTE, 60 * HOUR).await;
    });
}

/// F6, L6: a tenant that is paused in the middle of its work stands still within half a minute, and goes on where it was.
#[test]
fn a_tenant_can_be_paused_in_the_middle_of_its_work() {
    play(async {
        let people = cast(Some("sales"), Life::Stays, 40);
        let stage = Stage::set(setting(people, None)).await.unwrap();
        let (shell, id) = (&stage.installation.admin, &stage.installation.tenant);
        let story = async {
            pull(&stage).await;
            while stage.microsoft.history().len() < 10 {
                stage.clock.sleep(MINUTE / 60).await;
            }
            run::set_mode(shell, id, Mode::Paused).await.unwrap();
            stage.clock.sleep(MINUTE).await;
            let stopped = stage.microsoft.history().len();
            stage.clock.sleep(6 * HOUR).await;
            assert_eq!(stage.microsoft.history().len(), stopped);
            run::set_mode(shell, id, Mode::Active).await.unwrap();
            quiet(&stage, 60 * HOUR).await;
        };
        beside(&stage, story).await;
        let (ledger, microsoft) = (stage.ledger().unwrap(), &stage.microsoft);
        let problems = local::reference::problems(&ledger, &stage.employees, microsoft);
        assert!(problems.is_empty(), "{problems:#?}");
    });
}

/// F1, V7: two customers in one installation: each has its own people, and one that is paused leaves the other alone.
#[test]
fn customers_of_one_installation_do_not_disturb_each_other() {
    play(async {
        let people = local::contoso::employees(20, 7);
        let directory = Directory::of(&people, Settings::default(), None).await;
        let shell = &directory.installation.admin;
        let fabrikam = Tenant {
            id: TenantId::parse("fabrikam").unwrap(),
            name: "Fabrikam".to_owned(),
            ..row(&directory).await
        };
        run::register(shell, &fabrikam).await.unwrap();
        run::set_mode(shell, &fabrikam.id, Mode::Paused)
            .await
            .unwrap();
        run::sync_now(shell, &fabrikam.id).await.unwrap();
        directory.sync(Mark::Pull).await;
        let rows = |tenant: &str| {
            let rows = directory.installation.cloud.items().unwrap().into_iter();
            let of = |row: &serde_json::Value| {
                let (pk, sk) = (row["pk"]["S"].as_str(), row["sk"]["S"].as_str());
                pk.is_some_and(|pk| pk.starts_with(&format!("T#{tenant}#")))
                    && sk.is_some_and(|sk| sk.starts_with("USER#"))
            };
            rows.filter(of).count()
        };
        let all = directory.microsoft.people().len();
        assert_eq!((rows("contoso"), rows("fabrikam")), (all, 0));
        run::set_mode(shell, &fabrikam.id, Mode::Active)
            .await
            .unwrap();
        run::sync_now(shell, &fabrikam.id).await.unwrap();
        directory.settle().await;
        assert_eq!((rows("contoso"), rows("fabrikam")), (all, all));
    });
}
