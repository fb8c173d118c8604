//! Indexes that are behind their table.

use super::*;

const LAG: Duration = Duration::from_secs(30);

/// The due rows as the index shows them, page by page: when, and which item. It holds keys only.
async fn due(client: &aws_sdk_dynamodb::Client, until: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut start = None;
    loop {
        let page = client
            .query()
            .table_name(TABLE)
            .index_name("due")
            .key_condition_expression("due_pk = :lane AND due_sk <= :until")
            .expression_attribute_values(":lane", s("T#1#provision#0"))
            .expression_attribute_values(":until", s(until))
            .limit(1)
            .set_exclusive_start_key(start)
            .send()
            .await
            .unwrap();
        for row in page.items() {
            let text = |name: &str| row[name].as_s().unwrap().clone();
            found.push((text("due_sk"), text("sk")));
        }
        start = page.last_evaluated_key;
        if start.is_none() {
            return found;
        }
    }
}

async fn write(client: &aws_sdk_dynamodb::Client, job: &str, due: &str, version: u32) {
    let mut row = item(&[("pk", s("T#1#J0")), ("sk", s(job)), ("version", n(version))]);
    row.extend(item(&[
        ("due_pk", s("T#1#provision#0")),
        ("due_sk", s(due)),
    ]));
    client
        .put_item()
        .table_name(TABLE)
        .set_item(Some(row))
        .send()
        .await
        .unwrap();
}

fn row(due: &str, job: &str) -> (String, String) {
    (due.to_owned(), job.to_owned())
}

#[tokio::test(start_paused = true)]
async fn an_index_shows_the_old_image_until_the_lag_is_over() {
    let cloud = Cloud::new(Options {
        index_lag: LAG,
        ..options()
    })
    .unwrap();
    let client = dynamodb(&cloud);
    write(&client, "JOB#1", "10", 1).await;
    assert_eq!(due(&client, "50").await, [], "not yet");
    pass(LAG).await;
    assert_eq!(due(&client, "50").await, [row("10", "JOB#1")]);

    write(&client, "JOB#1", "20", 2).await;
    write(&client, "JOB#2", "15", 1).await;
    assert_eq!(
        due(&client, "50").await,
        [row("10", "JOB#1")],
        "the old place"
    );
    assert_eq!(
        cloud.items().unwrap()[0]["version"]["N"],
        "2",
        "the table itself never lags"
    );
    pass(LAG).await;
    assert_eq!(
        due(&client, "50").await,
        [row("15", "JOB#2"), row("20", "JOB#1")]
    );
    assert_eq!(due(&client, "15").await, [row("15", "JOB#2")]);

    let gone = item(&[("pk", s("T#1#J0")), ("sk", s("JOB#2"))]);
    client
        .delete_item()
        .table_name(TABLE)
        .set_key(Some(gone))
        .send()
        .await
        .unwrap();
    assert_eq!(
        due(&client, "50").await.len(),
        2,
        "a deleted row is still shown"
    );
    pass(LAG).await;
    assert_eq!(due(&client, "50").await, [row("20", "JOB#1")]);
}

#[tokio::test(start_paused = true)]
async fn a_later_write_of_an_item_never_shows_before_an_earlier_one() {
    let cloud = Cloud::new(Options {
        index_lag: LAG,
        ..options()
    })
    .unwrap();
    let client = dynamodb(&cloud);
    for version in 1..=40 {
        write(&client, "JOB#1", &format!("{version:02}"), version).await;
    }
    let mut last = 0;
    for _ in 0..=LAG.as_secs() {
        for (version, _) in due(&client, "50").await {
            let version: u32 = version.parse().unwrap();
            assert!(version >= last);
            last = version;
        }
        pass(Duration::from_secs(1)).await;
    }
    assert_eq!(last, 40);
}

#[tokio::test(start_paused = true)]
async fn without_lag_an_index_is_level() {
    let cloud = cloud();
    let client = dynamodb(&cloud);
    write(&client, "JOB#1", "10", 1).await;
    assert_eq!(due(&client, "50").await, [row("10", "JOB#1")]);
}
