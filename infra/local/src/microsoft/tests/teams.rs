//! Teams users and their policies.

use std::time::Duration;

use super::*;

fn slow() -> Options {
    Options {
        readiness: (Duration::from_secs(1_000), Duration::from_secs(1_000)),
        ..Options::calm()
    }
}

async fn licensed(options: Options) -> Client {
    let client = Client::of(options).await;
    client
        .tenant
        .set_property(ADELE, "usageLocation", Some(json!("DE")));
    assert_eq!(client.license(ADELE, &[E5], &[]).await.status, 200);
    client
}

async fn policy_id(client: &Client, policy_type: &str, name: &str) -> Value {
    let reply = client
        .get(&format!(
            "/admin/teams/policy/getPolicyId(type='{policy_type}',name='{name}')"
        ))
        .await;
    assert_eq!(reply.status, 200);
    reply.body["value"].clone()
}

async fn assign(client: &Client, how: &str, elements: &[(&str, &Value)]) -> Reply {
    let value: Vec<Value> = elements
        .iter()
        .map(|(policy_type, id)| {
            let mut element = json!({"userId": ADELE, "policyType": policy_type, "policyId": id});
            element["@odata.type"] =
                json!("#microsoft.graph.teamsAdministration.teamsPolicyUserAssignment");
            element
        })
        .collect();
    client
        .post(
            &format!("/admin/teams/policy/userAssignments/{how}"),
            json!({"value": value}),
        )
        .await
}

#[tokio::test(start_paused = true)]
async fn a_teams_user_grows_in_stages_and_stays_when_the_licence_goes() {
    let mut client = licensed(slow()).await;
    let path = format!("/admin/teams/userConfigurations/{ADELE}");
    assert_eq!(client.get(&path).await.status, 404);
    client.pass(500).await;
    assert_eq!(
        client.get(&path).await.body["value"]["accountType"],
        "unknownFutureValue"
    );
    client.prefer = Some("include-unknown-enum-members");
    let reply = client.get(&path).await;
    assert_eq!(
        (
            &reply.body["value"]["accountType"],
            &reply.body["value"]["featureTypes"]
        ),
        (&json!("ineligibleUser"), &json!([]))
    );
    assert!(!client.tenant.truth(ADELE).unwrap().ready);
    client.pass(500).await;
    let user = client.get(&path).await.body["value"].clone();
    assert_eq!(
        (&user["accountType"], &user["featureTypes"]),
        (&json!("user"), &json!(["Teams"]))
    );
    assert!(client.tenant.truth(ADELE).unwrap().ready);
    client.pass(250).await;
    assert_eq!(
        client.get(&path).await.body["value"]["featureTypes"],
        json!(["PhoneSystem", "Teams"])
    );
    client.license(ADELE, &[], &[E5]).await;
    assert_eq!(
        client.get(&path).await.body["value"]["accountType"],
        "ineligibleUser"
    );
    assert_eq!(
        client.get("/admin/teams/userConfigurations").await.body["value"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn everybody_becomes_ready_at_a_moment_of_their_own() {
    let client = Client::of(Options::default()).await;
    client.tenant.set_seats(E5, 1_000);
    for n in 0..200 {
        let mut new = person(&format!("p{n:03}"), &format!("p{n}@contoso.com"));
        new.licences = vec![E5.into()];
        client.tenant.add_person(new);
    }
    let ready = || {
        client
            .tenant
            .people()
            .iter()
            .filter(|id| client.tenant.truth(id).unwrap().ready)
            .count()
    };
    client.pass(10 * 60 - 1).await;
    assert_eq!(ready(), 0);
    client.pass(3 * 3_600).await;
    assert!((60..140).contains(&ready()), "{}", ready());
    client.pass(3 * 3_600).await;
    assert_eq!(ready(), 200);
}

#[tokio::test(start_paused = true)]
async fn teams_users_come_in_pages() {
    let client = Client::of(Options {
        empty_page_permille: 300,
        ..Options::calm()
    })
    .await;
    for n in 0..50 {
        let mut new = person(&format!("p{n:03}"), &format!("p{n}@contoso.com"));
        (new.licences, new.teams_ready) = (vec![E5.into()], true);
        client.tenant.add_person(new);
    }
    let (pages, _) = client
        .pages("/admin/teams/userConfigurations?$select=id,accountType&$top=7")
        .await;
    assert_eq!(pages.concat().len(), 50);
    assert_eq!(
        pages.concat()[0],
        json!({"id": "p000", "accountType": "user"})
    );
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_found_by_name() {
    let client = Client::calm().await;
    let found = policy_id(&client, "teamsmeetingpolicy", "All%20On").await;
    assert_eq!(
        (found.as_array().unwrap().len(), &found[0]["name"]),
        (1, &json!("Tag:All On"))
    );
    assert_eq!(found[0]["policyId"].as_str().unwrap().len(), 43);
    assert_eq!(
        policy_id(&client, "TeamsCallingPolicy", "Chef%27%27s%20choice").await[0]["name"],
        "Tag:Chef's choice"
    );
    assert_eq!(
        policy_id(&client, "TeamsMeetingPolicy", "Nothing").await,
        json!([])
    );
    assert_eq!(
        client
            .get("/admin/teams/policy/getPolicyId(type='x')")
            .await
            .status,
        400
    );
}

#[tokio::test(start_paused = true)]
async fn policies_are_assigned_and_unassigned_and_show_later() {
    let client = licensed(Options {
        policy_delay: Duration::from_secs(600),
        ..Options::calm()
    })
    .await;
    let meeting = policy_id(&client, "TeamsMeetingPolicy", "All%20On").await[0]["policyId"].clone();
    let calling =
        policy_id(&client, "TeamsCallingPolicy", "Chef''s%20choice").await[0]["policyId"].clone();
    let shown = async || {
        let user = client
            .get(&format!("/admin/teams/userConfigurations/{ADELE}"))
            .await
            .body["value"]
            .clone();
        let policies = user["effectivePolicyAssignments"]
            .as_array()
            .unwrap()
            .clone();
        policies
            .iter()
            .map(|policy| {
                policy["policyAssignment"]["displayName"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect::<Vec<_>>()
    };
    let both = [
        ("teamsMeetingPolicy", &meeting),
        ("TeamsCallingPolicy", &calling),
    ];
    assert_eq!(assign(&client, "assign", &both).await.status, 204);
    assert_eq!(shown().await, Vec::<String>::new());
    assert_eq!(client.tenant.truth(ADELE).unwrap().policies.len(), 2);
    client.pass(600).await;
    assert_eq!(shown().await, ["Chef's choice", "All On"]);
    let short = [("TeamsMeetingPolicy", &Value::Null)];
    assert_eq!(
        assign(
            &client,
            "microsoft.graph.teamsAdministration.unassign",
            &short
        )
        .await
        .status,
        204
    );
    client.pass(600).await;
    assert_eq!(shown().await, ["Chef's choice"]);
    assert_eq!(
        client.tenant.history().last().unwrap().after,
        json!({"policies": {"TeamsCallingPolicy": "Chef's choice"}})
    );
}

#[tokio::test(start_paused = true)]
async fn an_assignment_that_cannot_be_is_refused_whole() {
    let client = licensed(slow()).await;
    let meeting = policy_id(&client, "TeamsMeetingPolicy", "All%20On").await[0]["policyId"].clone();
    assert_eq!(
        assign(&client, "assign", &[("TeamsMeetingPolicy", &meeting)])
            .await
            .status,
        400,
        "not ready"
    );
    client.pass(1_000).await;
    let wrong = [
        ("TeamsMeetingPolicy", &meeting),
        ("TeamsCallingPolicy", &meeting),
    ];
    assert_eq!(
        assign(&client, "assign", &wrong).await.status,
        400,
        "the id of another type"
    );
    assert_eq!(
        assign(&client, "assign", &[("TeamsMeetingPolicy", &json!("?"))])
            .await
            .status,
        400
    );
    assert_eq!(
        client
            .post(
                "/admin/teams/policy/userAssignments/assign",
                json!({"value": []})
            )
            .await
            .status,
        400
    );
    assert!(client.tenant.truth(ADELE).unwrap().policies.is_empty());
}
