//! Functions called by a queue or by time.

use std::sync::Mutex;

use aws_lambda_events::eventbridge::EventBridgeEvent;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};

use super::*;
use crate::lambda::{Failure, Function, Handler, Invocations, Timer, typed};

const TIMEOUT: Duration = Duration::from_secs(10);

fn function(batch_size: usize, maximum_concurrency: usize, handler: Handler) -> Function {
    Function {
        name: "provision".to_owned(),
        queue: "provision".to_owned(),
        timeout: TIMEOUT,
        batch_size,
        maximum_concurrency,
        handler,
    }
}

fn send(cloud: &Cloud, bodies: &[&str]) {
    for body in bodies {
        cloud.sqs().send("provision", body, Duration::ZERO).unwrap();
    }
}

/// Lets a function serve its queue for this long; how its invocations ended.
async fn run(cloud: &Cloud, function: Function, span: Duration) -> Invocations {
    let functions = [function];
    tokio::select! {
        () = cloud.run(&functions, &[]) => {}
        () = pass(span) => {}
    }
    cloud
        .lambda()
        .invocations()
        .remove("provision")
        .unwrap_or_default()
}

fn bodies(event: &SqsEvent) -> Vec<String> {
    event
        .records
        .iter()
        .map(|r| r.body.clone().unwrap())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn only_the_messages_reported_as_failed_come_back() {
    let cloud = cloud();
    send(&cloud, &["good", "bad"]);
    let seen: Arc<Mutex<Vec<Vec<String>>>> = Arc::default();
    let log = Arc::clone(&seen);
    let handler = typed(move |event: SqsEvent, _| {
        log.lock().unwrap().push(bodies(&event));
        let mut response = SqsBatchResponse::default();
        for record in event
            .records
            .iter()
            .filter(|r| r.body.as_deref() == Some("bad"))
        {
            response.add_failure(record.message_id.clone().unwrap());
        }
        async { Ok::<_, Failure>(response) }
    });
    let ended = run(&cloud, function(10, 1, handler), Duration::from_secs(1000)).await;
    assert_eq!(
        *seen.lock().unwrap(),
        [vec!["good", "bad"], vec!["bad"], vec!["bad"]]
    );
    assert_eq!(ended.answered, 3);
    assert!(cloud.sqs().messages("provision").is_empty());
    assert_eq!(cloud.sqs().messages("provision-dead").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failed_panicked_timed_out_or_crashed_invocation_leaves_its_messages() {
    let cloud = cloud_with(|request| match request.worker {
        "provision#3" => Fate::CrashAfter,
        _ => Fate::Deliver,
    });
    let client = dynamodb(&cloud);
    let calls = Mutex::new(0);
    let handler = typed(move |_: SqsEvent, _| {
        let mut calls = calls.lock().unwrap();
        *calls += 1;
        let (call, client) = (*calls, client.clone());
        async move {
            match call {
                1 => return Err("broken".into()),
                2 => panic!("a bug"),
                3 => {
                    let put = client.put_item().table_name(TABLE).set_item(Some(key("A")));
                    put.send().await?;
                }
                4 => std::future::pending().await,
                _ => {}
            }
            Ok::<_, Failure>(SqsBatchResponse::default())
        }
    });
    send(&cloud, &["a", "b"]);
    let ended = run(&cloud, function(1, 1, handler), Duration::from_secs(1000)).await;
    let expected = Invocations {
        started: 6,
        answered: 2,
        failed: 2,
        crashed: 1,
        timed_out: 1,
        // Only the one that hangs takes time.
        busy: TIMEOUT,
    };
    assert_eq!(ended, expected);
    assert_eq!(
        cloud.items().unwrap().len(),
        1,
        "the crash came after the effect"
    );
    assert!(cloud.sqs().messages("provision").is_empty());
}

#[tokio::test(start_paused = true)]
async fn no_more_invocations_run_side_by_side_than_allowed() {
    let cloud = cloud();
    send(&cloud, &["a", "b", "c", "d", "e"]);
    let clock = options().clock;
    let running: Arc<Mutex<(u32, u32)>> = Arc::default();
    let counter = Arc::clone(&running);
    let handler = typed(move |_: SqsEvent, _| {
        let counter = Arc::clone(&counter);
        async move {
            {
                let mut running = counter.lock().unwrap();
                running.0 += 1;
                running.1 = running.1.max(running.0);
            }
            clock.sleep(Duration::from_secs(5)).await;
            counter.lock().unwrap().0 -= 1;
            Ok::<_, Failure>(SqsBatchResponse::default())
        }
    });
    let ended = run(&cloud, function(1, 2, handler), Duration::from_secs(14)).await;
    assert_eq!(running.lock().unwrap().1, 2);
    assert_eq!((ended.started, ended.answered), (5, 4));
}

#[tokio::test(start_paused = true)]
async fn a_send_wakes_the_function_and_its_deadline_is_its_timeout() {
    let cloud = cloud();
    let clock = options().clock;
    let seen = Arc::new(Mutex::new(None));
    let log = Arc::clone(&seen);
    let handler = typed(move |_: SqsEvent, deadline: Time| {
        *log.lock().unwrap() = Some((clock.now(), deadline));
        async { Ok::<_, Failure>(SqsBatchResponse::default()) }
    });
    let later = async {
        clock.sleep(Duration::from_secs(3)).await;
        let client = sqs(&cloud);
        client
            .send_message()
            .queue_url("https://sqs/0/provision")
            .message_body("a")
            .send()
            .await
            .unwrap();
        clock.sleep(Duration::from_secs(1)).await;
    };
    let functions = [function(1, 1, handler)];
    tokio::select! {
        () = cloud.run(&functions, &[]) => {}
        () = later => {}
    }
    let (at, deadline) = seen.lock().unwrap().unwrap();
    assert_eq!(at, Time::from_millis(1_700_000_003_000));
    assert_eq!(deadline, at + TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn a_timer_ticks_with_a_real_event() {
    let cloud = cloud();
    let ticks: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&ticks);
    let handler = typed(move |event: EventBridgeEvent, _| {
        log.lock().unwrap().push(event.time.unwrap().to_rfc3339());
        async { Ok::<_, Failure>(()) }
    });
    let timers = [Timer {
        name: "sweep".to_owned(),
        every: Duration::from_secs(60),
        timeout: TIMEOUT,
        handler,
    }];
    tokio::select! {
        () = cloud.run(&[], &timers) => {}
        () = pass(Duration::from_secs(150)) => {}
    }
    assert_eq!(
        *ticks.lock().unwrap(),
        ["2023-11-14T22:14:20+00:00", "2023-11-14T22:15:20+00:00"]
    );
}
