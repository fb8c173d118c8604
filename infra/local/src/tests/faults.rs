//! Every fate that a request can meet.

use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::{PutItemError, PutItemOutput};

use super::*;
use crate::fate::{Refusal, invocation};

async fn put(cloud: &Cloud) -> Result<PutItemOutput, SdkError<PutItemError>> {
    dynamodb(cloud)
        .put_item()
        .table_name(TABLE)
        .set_item(Some(key("A")))
        .send()
        .await
}

fn rows(cloud: &Cloud) -> usize {
    cloud.items().unwrap().len()
}

#[tokio::test(start_paused = true)]
async fn a_refused_request_is_not_applied_and_says_why() {
    for (fate, code) in [
        (
            Fate::RefuseBefore(Refusal::Throttled),
            "ThrottlingException",
        ),
        (
            Fate::RefuseBefore(Refusal::Unavailable),
            "ServiceUnavailable",
        ),
        (Fate::Conflict, "TransactionConflictException"),
    ] {
        let cloud = cloud_with(move |_| fate);
        let error = put(&cloud).await.unwrap_err().into_service_error();
        assert_eq!(error.code(), Some(code));
        assert_eq!(rows(&cloud), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_a_dispatch_failure_of_a_write_that_was_applied() {
    let cloud = cloud_with(|_| Fate::LoseAnswer);
    let error = put(&cloud).await.unwrap_err();
    assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
    assert_eq!(rows(&cloud), 1);
}

#[tokio::test(start_paused = true)]
async fn a_crash_ends_the_invocation_before_or_after_the_effect() {
    for (fate, applied) in [(Fate::CrashBefore, 0), (Fate::CrashAfter, 1)] {
        let cloud = cloud_with(move |request| {
            assert_eq!(request.worker, "provision#1");
            fate
        });
        assert!(invocation("provision#1", put(&cloud)).await.is_none());
        assert_eq!(rows(&cloud), applied);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_invocation_sends_nothing_more_and_its_neighbour_goes_on() {
    let asked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&asked);
    let cloud = cloud_with(move |request| match request.worker {
        "dead" if counter.fetch_add(1, Ordering::Relaxed) == 0 => Fate::CrashBefore,
        _ => Fate::Deliver,
    });
    let both = async { tokio::join!(put(&cloud), put(&cloud)) };
    let neighbour = async {
        sqs(&cloud)
            .send_message()
            .queue_url("https://sqs/0/provision")
            .message_body("a")
            .send()
            .await
    };
    let (dead, alive) = tokio::join!(invocation("dead", both), invocation("alive", neighbour));
    assert!(dead.is_none());
    assert!(alive.unwrap().is_ok());
    assert_eq!((asked.load(Ordering::Relaxed), rows(&cloud)), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_delayed_request_lets_another_worker_run_first() {
    let cloud = cloud_with(|request| match request.worker {
        "slow" => Fate::Delay(Duration::from_secs(100)),
        _ => Fate::Deliver,
    });
    let write = |worker: &'static str| {
        let update = dynamodb(&cloud)
            .update_item()
            .table_name(TABLE)
            .set_key(Some(key("A")))
            .update_expression("SET last_writer = :worker")
            .expression_attribute_values(":worker", s(worker));
        invocation(worker, update.send())
    };
    let (slow, quick) = tokio::join!(write("slow"), write("quick"));
    assert!(slow.unwrap().is_ok() && quick.unwrap().is_ok());
    assert_eq!(cloud.items().unwrap()[0]["last_writer"]["S"], "slow");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_send_looks_like_one_that_arrived() {
    let cloud = cloud_with(|_| Fate::DropSend);
    let send = sqs(&cloud)
        .send_message()
        .queue_url("https://sqs/0/provision")
        .message_body("a");
    assert!(send.send().await.unwrap().message_id().is_some());
    assert!(cloud.sqs().messages("provision").is_empty());
    put(&cloud).await.unwrap();
    assert_eq!(rows(&cloud), 1, "the fate of a send is none for a write");
}

#[tokio::test(start_paused = true)]
async fn a_transaction_in_conflict_is_cancelled_with_that_reason() {
    let cloud = cloud_with(|_| Fate::Conflict);
    let client = dynamodb(&cloud);
    let check = aws_sdk_dynamodb::types::ConditionCheck::builder()
        .table_name(TABLE)
        .set_key(Some(key("A")))
        .condition_expression("attribute_not_exists(pk)")
        .build()
        .unwrap();
    let part = aws_sdk_dynamodb::types::TransactWriteItem::builder()
        .condition_check(check)
        .build();
    let sent = client
        .transact_write_items()
        .transact_items(part.clone())
        .transact_items(part);
    let error = sent.send().await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(
        cancelled,
    ) = error
    else {
        panic!("{error:?}");
    };
    let codes: Vec<_> = cancelled
        .cancellation_reasons()
        .iter()
        .map(|r| r.code().unwrap())
        .collect();
    assert_eq!(codes, ["TransactionConflict", "None"]);
}

#[tokio::test(start_paused = true)]
async fn the_same_hook_stands_before_an_http_service() {
    use bytes::Bytes;
    use tower::ServiceExt;

    let hook: crate::fate::Hook = Arc::new(|request| match request.sequence {
        0 => Fate::LoseAnswer,
        1 => Fate::RefuseBefore(Refusal::Throttled),
        _ => {
            assert_eq!(request.operation, "GET /v1.0/users?$top=1");
            Fate::Deliver
        }
    });
    let outside = crate::fate::Outside::new(options().clock, Some(hook));
    let tenant = tower::service_fn(|_: http::Request<Bytes>| async {
        Ok::<_, &str>(http::Response::new(Bytes::from_static(b"hello")))
    });
    let service = crate::faulty::faulty(tenant, outside, || "reset");
    let get = || {
        let request = http::Request::get("https://graph.microsoft.com/v1.0/users?$top=1");
        service.clone().oneshot(request.body(Bytes::new()).unwrap())
    };
    assert_eq!(get().await.unwrap_err(), "reset");
    assert_eq!(get().await.unwrap().status(), 429);
    assert_eq!(get().await.unwrap().body(), "hello");
}
