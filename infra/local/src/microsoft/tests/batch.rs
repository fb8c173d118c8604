//! Many requests in one.

use std::collections::BTreeMap;

use super::*;

impl Client {
    async fn batch(&self, requests: Value) -> Reply {
        self.post("/$batch", json!({"requests": requests})).await
    }

    /// Answers by id.
    async fn answers(&self, requests: Value) -> BTreeMap<String, Value> {
        let reply = self.batch(requests).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let responses = reply.body["responses"].as_array().unwrap();
        responses
            .iter()
            .map(|it| (it["id"].as_str().unwrap().to_owned(), it.clone()))
            .collect()
    }
}

fn get(id: usize) -> Value {
    json!({"id": id.to_string(), "method": "GET", "url": format!("/users/{ADELE}?$select=id")})
}

fn locate(id: &str, location: &str, depends_on: &[&str]) -> Value {
    json!({
        "id": id, "method": "PATCH", "url": format!("/users/{ADELE}"), "headers": {"Content-Type": "application/json"},
        "body": {"usageLocation": location}, "dependsOn": depends_on,
    })
}

#[tokio::test(start_paused = true)]
async fn parts_are_answered_each_for_itself_and_out_of_order() {
    let client = Client::calm().await;
    let reply = client.batch((1..=20).map(get).collect()).await;
    let order: Vec<&str> = reply.body["responses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].as_str().unwrap())
        .collect();
    let sent: Vec<String> = (1..=20).map(|id| id.to_string()).collect();
    assert_eq!(order.len(), 20);
    assert_ne!(order, sent);
    let answers = client
        .answers(json!([
            get(1),
            locate("2", "DE", &[]),
            {"id": "3", "method": "GET", "url": "/users/nobody"},
            {"id": "4", "method": "PATCH", "url": format!("/users/{ADELE}"), "body": {"usageLocation": "FR"}},
            {"id": "5", "method": "GET", "url": "/users/$count", "headers": {"ConsistencyLevel": "eventual"}},
            {"id": "6", "method": "POST", "url": "/$batch", "headers": {"Content-Type": "application/json"}, "body": {"requests": []}},
        ]))
        .await;
    let states: Vec<&Value> = answers.values().map(|it| &it["status"]).collect();
    assert_eq!(states, [200, 204, 404, 400, 200, 400]);
    assert_eq!(answers["1"]["body"]["id"], ADELE);
    assert_eq!(answers["2"]["body"], Value::Null);
    assert_eq!(
        answers["3"]["body"]["error"]["code"],
        "Request_ResourceNotFound"
    );
    assert_eq!(answers["5"]["body"], "1");
    assert_eq!(
        client
            .tenant
            .truth(ADELE)
            .unwrap()
            .usage_location
            .as_deref(),
        Some("DE")
    );
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_failure_fails() {
    let client = Client::calm().await;
    let answers = client
        .answers(json!([
            locate("1", "DE", &[]),
            locate("2", "nowhere", &["1"]),
            locate("3", "FR", &["2"]),
            locate("4", "FR", &["3"]),
        ]))
        .await;
    let states: Vec<&Value> = answers.values().map(|it| &it["status"]).collect();
    assert_eq!(states, [204, 400, 424, 424]);
    assert_eq!(answers["4"]["body"]["error"]["code"], "FailedDependency");
    assert_eq!(client.tenant.counts().directory_writes, 2);
}

#[tokio::test(start_paused = true)]
async fn an_envelope_that_cannot_be_is_refused_whole() {
    let client = Client::calm().await;
    for requests in [
        json!([]),
        (0..21).map(get).collect(),
        json!([locate("1", "DE", &[]), locate("1", "FR", &[])]),
        json!([locate("1", "DE", &["2"]), locate("2", "FR", &[])]),
        json!([
            locate("1", "DE", &[]),
            locate("2", "DE", &[]),
            locate("3", "DE", &["1", "2"])
        ]),
    ] {
        assert_eq!(client.batch(requests).await.status, 400);
    }
    assert_eq!(client.tenant.history(), []);
    let requests = json!([
        locate("1", "DE", &[]),
        locate("2", "FR", &["1"]),
        locate("3", "FR", &["1"])
    ]);
    assert_eq!(client.batch(requests).await.status, 200, "all on one");
    let mut client = client;
    client.token = "made up".into();
    assert_eq!(client.batch(json!([get(1)])).await.status, 401);
}

#[tokio::test(start_paused = true)]
async fn each_part_counts_and_is_throttled_alone() {
    let client = Client::of(Options {
        write_budget: 2,
        ..Options::calm()
    })
    .await;
    let parts = json!([
        locate("1", "DE", &[]),
        locate("2", "FR", &[]),
        locate("3", "IT", &[]),
        get(4)
    ]);
    let answers = client.answers(parts).await;
    let states: Vec<&Value> = answers.values().map(|it| &it["status"]).collect();
    assert_eq!(states, [204, 204, 429, 200]);
    assert_eq!(answers["3"]["headers"]["Retry-After"], "150.000");
    assert_eq!(answers["3"]["body"]["error"]["code"], "TooManyRequests");
    assert_eq!(
        answers["2"]["headers"]["x-ms-throttle-limit-percentage"],
        "1.00"
    );
    let counts = client.tenant.counts();
    assert_eq!(
        (
            counts.directory_writes,
            counts.requests["update user"],
            counts.requests["batch"]
        ),
        (3, 3, 1)
    );
}
