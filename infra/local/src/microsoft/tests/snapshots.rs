//! Configuration snapshots, the only list of policies (`graph-api.md 5.5`).

use super::*;

const ROOT: &str = "/admin/configurationManagement";

fn order(name: &str, resources: &[&str]) -> Value {
    json!({"displayName": name, "description": "policy names for personas", "resources": resources})
}

async fn create(client: &Client, body: Value) -> Reply {
    client
        .post(
            &format!("{ROOT}/configurationSnapshots/createSnapshot"),
            body,
        )
        .await
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_lists_policies_after_a_while() {
    let mut options = Options::calm();
    options
        .roles
        .insert("ConfigurationMonitoring.ReadWrite.All".into());
    let client = Client::of(options).await;
    client.tenant.add_policy("TenantDialPlan", "DE-Berlin");
    client.tenant.add_policy("OnlineVoiceRoutingPolicy", "DE");
    let wanted = [
        "microsoft.teams.tenantdialplan",
        "microsoft.teams.voiceroutingpolicy",
        "microsoft.teams.meetingpolicy",
    ];
    let reply = create(&client, order("teams-catalogue-20261001", &wanted)).await;
    assert_eq!(
        (reply.status, &reply.body["status"]),
        (200, &json!("notStarted"))
    );
    let id = reply.body["id"].as_str().unwrap().to_owned();
    let job = format!(
        "{ROOT}/configurationSnapshotJobs/{id}?$select=id,status,resourceLocation,errorDetails,resources"
    );
    client.pass(30).await;
    let running = client.get(&job).await.body;
    assert_eq!(
        (&running["status"], &running["resourceLocation"]),
        (&json!("running"), &json!(""))
    );
    assert_eq!(
        client
            .get(&format!("{ROOT}/configurationSnapshots/{id}"))
            .await
            .status,
        404
    );
    client.pass(30).await;
    let done = client.get(&job).await.body;
    assert_eq!(
        (&done["status"], done.get("displayName")),
        (&json!("succeeded"), None)
    );
    let content = client
        .get(done["resourceLocation"].as_str().unwrap())
        .await
        .body;
    let mut names: Vec<(&str, &str)> = content["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["resourceType"].as_str().unwrap(),
                one["properties"]["Identity"].as_str().unwrap(),
            )
        })
        .collect();
    names.sort_unstable();
    let expected = [
        ("microsoft.teams.meetingpolicy", "All On"),
        ("microsoft.teams.tenantdialplan", "DE-Berlin"),
        ("microsoft.teams.voiceroutingpolicy", "DE"),
    ];
    assert_eq!(names, expected);
}

#[tokio::test(start_paused = true)]
async fn there_are_twelve_jobs_at_most_and_only_with_permission() {
    let mut options = Options::calm();
    let refused = create(
        &Client::of(options.clone()).await,
        order("a", &["microsoft.teams.meetingpolicy"]),
    )
    .await;
    assert_eq!((refused.status, refused.refusal().1), (403, "forbidden"));
    options
        .roles
        .insert("ConfigurationMonitoring.ReadWrite.All".into());
    let client = Client::of(options).await;
    for (name, resources) in [
        ("", vec!["microsoft.teams.x"]),
        (&*"n".repeat(33), vec!["microsoft.teams.x"]),
        ("a", vec![]),
        ("a", vec!["microsoft.intune.x"]),
    ] {
        assert_eq!(
            create(&client, order(name, &resources)).await.status,
            400,
            "{name} {resources:?}"
        );
    }
    let mut last = String::new();
    for _ in 0..12 {
        let reply = create(&client, order("same", &["microsoft.teams.meetingpolicy"])).await;
        assert_eq!(reply.status, 200);
        last = reply.body["id"].as_str().unwrap().to_owned();
    }
    let one_more = || create(&client, order("same", &["microsoft.teams.meetingpolicy"]));
    assert_eq!(one_more().await.status, 400);
    let path = format!("{ROOT}/configurationSnapshotJobs/{last}");
    assert_eq!(client.ask("DELETE", &path, None).await.status, 204);
    assert_eq!(
        (client.get(&path).await.status, one_more().await.status),
        (404, 200)
    );
    let jobs = client
        .get(&format!("{ROOT}/configurationSnapshotJobs"))
        .await;
    assert_eq!(jobs.body["value"].as_array().unwrap().len(), 12);
}
