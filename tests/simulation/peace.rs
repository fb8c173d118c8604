//! What is settled stays settled (fault 42; V15, W1, W2).

use local::contoso::Fate as Life;
use local::demo::Stage;
use local::installation::Schedules;
use shared::model::microsoft::PolicyType;
use shared::model::person::{Drift, PersonState};

use crate::theatre::{HOUR, MINUTE, beside, cast, offboard, play, pull, quiet, setting};

/// W2, V15: over 100 syncs an offboarded person stays offboarded, whatever HR types, and a policy changed by hand is reported and
/// not touched.
#[test]
pub fn over_a_hundred_syncs_nothing_is_brought_back_and_nothing_is_repaired() {
    play(async {
        let people = [
            cast(Some("sales"), Life::Stays, 1),
            cast(Some("office"), Life::Leaves, 1),
        ]
        .concat();
        let mut setting = setting(people, None);
        setting.schedules = Schedules {
            sync: Some(HOUR),
            staging: None,
            probe: Some(12 * HOUR),
            numbers: None,
            full: None,
        };
        let stage = Stage::set(setting).await.unwrap();
        let (stays, leaves) = (stage.employees[0].id.clone(), stage.employees[1].id.clone());
        let kind = PolicyType("TeamsMeetingPolicy".to_owned());
        let story = async {
            pull(&stage).await;
            stage.clock.sleep(2 * HOUR).await;
            offboard(&stage, &leaves).await;
            quiet(&stage, 30 * HOUR).await;
            stage
                .microsoft
                .assign_policy_by_hand(&stays, &kind.0, Some("No recordings"));
            let changes = stage.microsoft.history().len();
            let jobs = stage.ledger().unwrap().jobs.len();
            for round in 0..100 {
                stage.clock.sleep(HOUR).await;
                if round % 10 == 0 {
                    let title = format!("Head of Sales {round}");
                    stage
                        .microsoft
                        .set_property(&leaves, "jobTitle", Some(title.into()));
                    stage
                        .microsoft
                        .set_property(&leaves, "department", Some("Sales".into()));
                    stage.microsoft.set_property(
                        &stays,
                        "mobilePhone",
                        Some(format!("+{round}").into()),
                    );
                }
            }
            let ledger = stage.ledger().unwrap();
            assert_eq!(
                stage.microsoft.history().len(),
                changes,
                "something was sent: {:#?}",
                stage.microsoft.history()
            );
            assert_eq!(ledger.jobs.len(), jobs, "a job was opened");
            assert_eq!(
                ledger.state(&ledger.people[&leaves]),
                PersonState::Offboarded
            );
            let person = &ledger.people[&stays];
            assert_eq!(ledger.state(person), PersonState::Provisioned);
            let drift = Drift {
                policy_type: kind.clone(),
                wanted: "Sales meetings".into(),
                seen: Some("No recordings".into()),
            };
            assert_eq!(person.drift, [drift]);
        };
        beside(&stage, story).await;
        assert!(stage.installation.cloud.counts().lambda["sync"].started >= 100);
    });
}

/// W1: somebody whose title changes moves to the other persona; the policies of the old one go, and once is enough.
#[test]
fn a_change_of_the_wanted_side_is_planned_once() {
    play(async {
        let people = cast(Some("office"), Life::Stays, 1);
        let stage = Stage::set(setting(people, None)).await.unwrap();
        let id = stage.employees[0].id.clone();
        let story = async {
            pull(&stage).await;
            stage.clock.sleep(3 * HOUR).await;
            quiet(&stage, 30 * HOUR).await;
            stage
                .microsoft
                .set_property(&id, "department", Some("Sales".into()));
            stage
                .microsoft
                .set_property(&id, "jobTitle", Some("Account Manager".into()));
            stage.clock.sleep(90 * MINUTE).await;
            quiet(&stage, 30 * HOUR).await;
            let jobs = stage.ledger().unwrap().jobs.len();
            assert_eq!(jobs, 2);
            stage.clock.sleep(5 * HOUR).await;
            assert_eq!(stage.ledger().unwrap().jobs.len(), jobs);
        };
        beside(&stage, story).await;
        let person = stage.ledger().unwrap().people[&id].clone();
        assert_eq!(person.persona.map(|held| held.id), Some("sales".to_owned()));
        let truth = stage.microsoft.truth(&id).unwrap();
        assert_eq!(
            truth
                .direct_licences
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>(),
            [local::contoso::E5]
        );
        assert_eq!(
            truth.policies.get("TeamsMessagingPolicy"),
            None,
            "{truth:?}"
        );
        assert_eq!(
            truth.policies.get("TeamsMeetingPolicy").map(String::as_str),
            Some("Sales meetings")
        );
    });
}
