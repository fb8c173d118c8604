//! The table through its SDK client.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};

use super::*;

fn put(sk: &str) -> TransactWriteItem {
    let put = Put::builder()
        .table_name(TABLE)
        .set_item(Some(key(sk)))
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    TransactWriteItem::builder()
        .put(put.build().unwrap())
        .build()
}

fn add(sk: &str) -> TransactWriteItem {
    let update = Update::builder()
        .table_name(TABLE)
        .set_key(Some(key(sk)))
        .update_expression("ADD rung :one")
        .expression_attribute_values(":one", n(1));
    TransactWriteItem::builder()
        .update(update.build().unwrap())
        .build()
}

#[tokio::test(start_paused = true)]
async fn a_refused_update_hands_back_the_item_that_refused_it() {
    let cloud = cloud();
    let client = dynamodb(&cloud);
    let claim = |fence: u32| {
        client
            .update_item()
            .table_name(TABLE)
            .set_key(Some(key("LANE#sync")))
            .update_expression("SET fence = :fence")
            .condition_expression("attribute_not_exists(fence) OR fence < :fence")
            .expression_attribute_values(":fence", n(fence))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
    };
    claim(2).await.unwrap();
    let Err(SdkError::ServiceError(refused)) = claim(1).await else {
        panic!("a lower fence was taken");
    };
    let UpdateItemError::ConditionalCheckFailedException(refused) = refused.into_err() else {
        panic!("refused for another reason");
    };
    assert_eq!(refused.item.unwrap()["fence"], n(2));
    assert_eq!(
        cloud.counts().dynamodb.total().writes,
        2.0,
        "a refused write costs one too"
    );
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_transaction_names_the_reason_of_each_part() {
    let cloud = cloud();
    let client = dynamodb(&cloud);
    let commit = |sk: [&'static str; 2]| {
        let parts = sk.map(put).to_vec();
        client
            .transact_write_items()
            .set_transact_items(Some(parts))
            .send()
    };
    commit(["JOB#1", "JOB#2"]).await.unwrap();
    let error = commit(["JOB#3", "JOB#2"])
        .await
        .unwrap_err()
        .into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else {
        panic!("{error:?}");
    };
    let codes: Vec<_> = cancelled
        .cancellation_reasons()
        .iter()
        .map(|r| r.code().unwrap())
        .collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed"]);
    assert_eq!(
        cancelled.cancellation_reasons()[1].item(),
        Some(&key("JOB#2"))
    );
    assert_eq!(cloud.items().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_costs_double_on_the_table_and_single_in_an_index() {
    let cloud = cloud();
    let client = dynamodb(&cloud);
    let due = item(&[
        ("pk", s("T#1#J0")),
        ("sk", s("JOB#1")),
        ("due_pk", s("T#1#provision#0")),
        ("due_sk", s("1")),
    ]);
    let part = Put::builder()
        .table_name(TABLE)
        .set_item(Some(due.clone()))
        .build()
        .unwrap();
    let part = TransactWriteItem::builder().put(part).build();
    client
        .transact_write_items()
        .transact_items(part)
        .send()
        .await
        .unwrap();
    let writes = |operation: &str| cloud.counts().dynamodb.of(|_, o| o == operation).writes;
    assert_eq!(writes("TransactWriteItems"), 3.0);
    client
        .put_item()
        .table_name(TABLE)
        .set_item(Some(due))
        .send()
        .await
        .unwrap();
    assert_eq!(writes("PutItem"), 1.0, "the index did not change");
}

#[tokio::test(start_paused = true)]
async fn the_same_token_takes_effect_once_and_refuses_other_content() {
    let cloud = cloud();
    let client = dynamodb(&cloud);
    let ring = |part: TransactWriteItem| {
        client
            .transact_write_items()
            .client_request_token("token")
            .transact_items(part)
            .send()
    };
    ring(add("LANE#sync")).await.unwrap();
    ring(add("LANE#sync")).await.unwrap();
    assert_eq!(cloud.items().unwrap()[0]["rung"]["N"], "1");
    let error = ring(add("LANE#staging"))
        .await
        .unwrap_err()
        .into_service_error();
    assert!(
        matches!(
            error,
            TransactWriteItemsError::IdempotentParameterMismatchException(_)
        ),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn tokens_come_from_the_seed_and_differ_from_each_other() {
    let run = || async {
        let bodies = Arc::new(std::sync::Mutex::new(Vec::new()));
        let seen = Arc::clone(&bodies);
        let cloud = cloud_with(move |request| {
            let body: serde_json::Value = serde_json::from_slice(request.body).unwrap();
            seen.lock()
                .unwrap()
                .push(body["ClientRequestToken"].clone());
            Fate::Deliver
        });
        let client = dynamodb(&cloud);
        for _ in 0..2 {
            client
                .transact_write_items()
                .transact_items(add("LANE#sync"))
                .send()
                .await
                .unwrap();
        }
        assert_eq!(cloud.items().unwrap()[0]["rung"]["N"], "2");
        bodies.lock().unwrap().clone()
    };
    let (first, second) = (run().await, run().await);
    assert_eq!(first, second);
    assert_ne!(first[0], first[1]);
}

#[tokio::test(start_paused = true)]
async fn a_table_in_a_file_outlives_its_cloud() {
    let path = std::env::temp_dir().join(format!("rollcall-{}.sqlite", std::process::id()));
    let open = || {
        Cloud::new(Options {
            place: crate::dynamodb::Place::File(path.clone()),
            ..options()
        })
        .unwrap()
    };
    let first = open();
    dynamodb(&first)
        .put_item()
        .table_name(TABLE)
        .set_item(Some(key("TENANT")))
        .send()
        .await
        .unwrap();
    drop(first);
    assert_eq!(open().items().unwrap().len(), 1);
    std::fs::remove_file(&path).unwrap();
}
