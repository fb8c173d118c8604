//! A job that kills its worker is put aside, and one that a newer version planned is left alone (faults 8, 41; V12, J6).

use std::collections::HashMap;
use std::sync::Arc;

use local::contoso::Fate as Life;
use local::demo::Stage;
use local::fate::{Fate, Hook, Service};
use shared::model::job::JobState;

use crate::theatre::{HOUR, MINUTE, beside, cast, play, pull, quiet, setting};

/// Whoever asks Microsoft about the first of five people meets `end`.
fn poisoned_by(end: fn() -> Fate) {
    let people = cast(Some("sales"), Life::Stays, 5);
    let victim = people[0].id.clone();
    play(async {
        let poison = format!("/users/{victim}");
        let hook: Hook = Arc::new(move |request| {
            if request.service == Service::Microsoft && request.operation.contains(&poison) {
                end()
            } else {
                Fate::Deliver
            }
        });
        let stage = Stage::set(setting(people, Some(hook))).await.unwrap();
        let story = async {
            pull(&stage).await;
            quiet(&stage, 60 * HOUR).await;
        };
        beside(&stage, story).await;
        let ledger = stage.ledger().unwrap();
        let mut states: Vec<(bool, JobState)> = ledger
            .jobs
            .values()
            .map(|job| (job.person.0 == victim, job.state))
            .collect();
        states.sort();
        let done = (false, JobState::Done);
        assert_eq!(
            states,
            [done, done, done, done, (true, JobState::Poisoned)],
            "{:#?}",
            ledger.jobs
        );
        assert_eq!(ledger.people[&victim].open_job, None);
    });
}

/// Fault 8: the worker panics with the job in hand, five times.
#[test]
fn a_job_that_makes_its_worker_panic_is_put_aside() {
    poisoned_by(|| panic!("a poisoned answer"));
}

/// Fault 8: the whole process dies with the job in hand, again and again.
#[test]
fn a_job_that_kills_its_process_is_put_aside() {
    poisoned_by(|| Fate::CrashAfter);
}

/// J6, fault 41: a plan with a step that this version does not know is left as it is, and everybody else goes on.
#[test]
fn a_job_of_a_newer_version_is_left_alone() {
    play(async {
        let stage = Stage::set(setting(cast(Some("sales"), Life::Stays, 3), None))
            .await
            .unwrap();
        let story = async {
            pull(&stage).await;
            let job = loop {
                stage.clock.sleep(MINUTE / 60).await;
                if let Some(job) = stage.ledger().unwrap().jobs.values().next() {
                    break job.clone();
                }
            };
            let items = stage.installation.cloud.items().unwrap();
            let plan = items
                .iter()
                .find(|item| item["sk"]["S"] == format!("JOB#{}#PLAN", job.id.0))
                .unwrap();
            rewrite_first_step(&stage, plan).await;
            stage.clock.sleep(6 * HOUR).await;
            let ledger = stage.ledger().unwrap();
            let left = &ledger.jobs[&job.id.0];
            assert!(
                !left.state.is_final() && left.asks.len() == job.asks.len(),
                "{left:#?}"
            );
            let others = ledger.jobs.values().filter(|other| other.id != job.id);
            assert!(
                others.clone().count() == 2
                    && others.clone().all(|other| other.state == JobState::Done)
            );
        };
        beside(&stage, story).await;
    });
}

/// Writes a step of tomorrow into a plan, as a newer version would have.
async fn rewrite_first_step(stage: &Stage, plan: &serde_json::Value) {
    use aws_sdk_dynamodb::types::AttributeValue;
    let client = aws_sdk_dynamodb::Client::from_conf(stage.installation.cloud.dynamodb_config());
    let key = |name: &str| AttributeValue::S(plan[name]["S"].as_str().unwrap().to_owned());
    let tomorrow = HashMap::from([("hologram".to_owned(), AttributeValue::M(HashMap::new()))]);
    client
        .update_item()
        .table_name("rollcall")
        .key("pk", key("pk"))
        .key("sk", key("sk"))
        .update_expression("SET steps[0] = :step")
        .expression_attribute_values(":step", AttributeValue::M(tomorrow))
        .send()
        .await
        .unwrap();
}
