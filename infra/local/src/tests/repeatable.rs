//! One seed is one run.

use std::sync::Mutex;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};

use super::*;
use crate::fate::Refusal;
use crate::lambda::{Failure, Function, typed};
use crate::seed::draw;

/// Four workers and twenty doorbells with every kind of fault: each request as it passed, and the table at the end.
async fn story(seed: u64) -> (Vec<String>, Vec<serde_json::Value>) {
    let trace: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&trace);
    let clock = options().clock;
    let hook = move |request: &Request<'_>| {
        let fate = match draw(seed, request.sequence) % 12 {
            0 => Fate::CrashBefore,
            1 => Fate::CrashAfter,
            2 => Fate::LoseAnswer,
            3 => Fate::RefuseBefore(Refusal::Throttled),
            4 => Fate::Conflict,
            delay => Fate::Delay(Duration::from_millis(100 * delay)),
        };
        let (worker, operation) = (request.worker, request.operation);
        log.lock()
            .unwrap()
            .push(format!("{} {worker} {operation} {fate:?}", clock.now()));
        fate
    };
    let cloud = Cloud::new(Options {
        seed,
        clock,
        index_lag: Duration::from_secs(30),
        hook: Some(Arc::new(hook)),
        ..options()
    })
    .unwrap();
    let client = dynamodb(&cloud);
    let handler = typed(move |event: SqsEvent, deadline: Time| {
        let client = client.clone();
        async move {
            for record in event.records {
                let row = key(&record.body.unwrap_or_default());
                let update = client.update_item().table_name(TABLE).set_key(Some(row));
                let update = update.update_expression("SET deadline = :d ADD rung :one");
                let update = update.expression_attribute_values(":one", n(1));
                let update = update.expression_attribute_values(":d", s(&deadline.to_string()));
                update.send().await?;
            }
            Ok::<_, Failure>(SqsBatchResponse::default())
        }
    });
    let functions = [Function {
        name: "provision".to_owned(),
        queue: "provision".to_owned(),
        timeout: Duration::from_secs(10),
        batch_size: 2,
        maximum_concurrency: 4,
        handler,
    }];
    for bell in 0..20 {
        let body = format!("LANE#{}", bell % 7);
        cloud
            .sqs()
            .send("provision", &body, Duration::from_millis(bell * 30))
            .unwrap();
    }
    tokio::select! {
        () = cloud.run(&functions, &[]) => {}
        () = pass(Duration::from_secs(1000)) => {}
    }
    let trace = trace.lock().unwrap().clone();
    (trace, cloud.items().unwrap())
}

/// In a runtime of its own, so that each run begins at the same moment.
fn run(seed: u64) -> (Vec<String>, Vec<serde_json::Value>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(story(seed))
}

#[test]
fn one_seed_is_one_run_and_another_seed_another() {
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).0, run(2).0);
    assert!(run(1).0.len() > 20);
}
