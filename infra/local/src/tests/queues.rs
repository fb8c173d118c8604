//! Queues and secrets through their SDK clients.

use super::*;

const URL: &str = "https://sqs.us-east-1.amazonaws.com/000000000000/provision";

async fn receive(client: &aws_sdk_sqs::Client) -> Vec<aws_sdk_sqs::types::Message> {
    let request = client
        .receive_message()
        .queue_url(URL)
        .max_number_of_messages(10);
    request.send().await.unwrap().messages.unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_message_comes_back_until_it_is_deleted_or_dead() {
    let cloud = cloud();
    let client = sqs(&cloud);
    client
        .send_message()
        .queue_url(URL)
        .message_body("a")
        .delay_seconds(5)
        .send()
        .await
        .unwrap();
    assert!(receive(&client).await.is_empty(), "delayed");
    pass(Duration::from_secs(5)).await;
    for _ in 0..3 {
        assert_eq!(receive(&client).await[0].body(), Some("a"));
        assert!(receive(&client).await.is_empty(), "hidden");
        pass(Duration::from_secs(60)).await;
    }
    assert!(
        receive(&client).await.is_empty(),
        "received three times is enough"
    );
    assert_eq!(cloud.sqs().messages("provision-dead").len(), 1);

    assert_eq!(cloud.sqs().redrive("provision-dead", "provision"), 1);
    let message = receive(&client).await.remove(0);
    let receipt = message.receipt_handle.unwrap();
    client
        .delete_message()
        .queue_url(URL)
        .receipt_handle(receipt)
        .send()
        .await
        .unwrap();
    assert!(cloud.sqs().messages("provision").is_empty());
}

#[tokio::test(start_paused = true)]
async fn visibility_can_be_changed_and_an_old_receipt_is_void() {
    let cloud = cloud();
    let client = sqs(&cloud);
    let entry = |id: &str| {
        aws_sdk_sqs::types::SendMessageBatchRequestEntry::builder()
            .id(id)
            .message_body(id)
            .build()
            .unwrap()
    };
    let sent = client
        .send_message_batch()
        .queue_url(URL)
        .entries(entry("a"))
        .entries(entry("b"));
    assert_eq!(sent.send().await.unwrap().successful().len(), 2);
    let receipts: Vec<String> = receive(&client)
        .await
        .into_iter()
        .map(|m| m.receipt_handle.unwrap())
        .collect();
    let release = client
        .change_message_visibility()
        .queue_url(URL)
        .visibility_timeout(0);
    release.receipt_handle(&receipts[0]).send().await.unwrap();
    assert_eq!(receive(&client).await[0].body(), Some("a"));
    client
        .delete_message()
        .queue_url(URL)
        .receipt_handle(&receipts[0])
        .send()
        .await
        .unwrap();
    assert_eq!(
        cloud.sqs().messages("provision").len(),
        2,
        "that receipt was not the latest"
    );

    let url = client
        .get_queue_url()
        .queue_name("provision")
        .send()
        .await
        .unwrap();
    assert_eq!(url.queue_url(), Some(URL));
    let missing = client
        .get_queue_url()
        .queue_name("nowhere")
        .send()
        .await
        .unwrap_err();
    assert!(missing.into_service_error().is_queue_does_not_exist());
    assert_eq!(cloud.counts().sqs["SendMessageBatch"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_secret_can_be_stored_read_and_rotated() {
    let cloud = cloud();
    let client = aws_sdk_secretsmanager::Client::new(&cloud.sdk_config());
    let read = || client.get_secret_value().secret_id("graph").send();
    assert!(
        read()
            .await
            .unwrap_err()
            .into_service_error()
            .is_resource_not_found_exception()
    );
    client
        .create_secret()
        .name("graph")
        .secret_string("one")
        .send()
        .await
        .unwrap();
    let first = read().await.unwrap();
    assert_eq!(first.secret_string(), Some("one"));
    client
        .put_secret_value()
        .secret_id(first.arn().unwrap())
        .secret_string("two")
        .send()
        .await
        .unwrap();
    let second = read().await.unwrap();
    assert_eq!(second.secret_string(), Some("two"));
    assert_ne!(first.version_id(), second.version_id());
}
