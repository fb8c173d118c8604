//! Tokens, permissions, throttling.

use std::collections::BTreeSet;

use super::*;

#[tokio::test(start_paused = true)]
async fn the_token_endpoint_says_what_is_wrong() {
    let client = Client::calm().await;
    let tenant = client.options.tenant_id.clone();
    let check = async |tenant: &str, form: String, status: u16, error: &str, number: u32| {
        let reply = client.ask_token(tenant, &form).await;
        assert_eq!(
            (
                reply.status,
                reply.body["error"].as_str(),
                &reply.body["error_codes"]
            ),
            (status, Some(error), &json!([number]))
        );
        assert!(
            reply.body["error_description"]
                .as_str()
                .unwrap()
                .starts_with(&format!("AADSTS{number}: "))
        );
    };
    check(
        &tenant,
        client.form().replace("local-secret", "other"),
        401,
        "invalid_client",
        7_000_215,
    )
    .await;
    check(
        &tenant,
        client.form().replace(&client.options.client_id, "nobody"),
        400,
        "unauthorized_client",
        700_016,
    )
    .await;
    check("elsewhere", client.form(), 400, "invalid_request", 90_002).await;
}

#[tokio::test(start_paused = true)]
async fn a_token_lives_an_hour_and_keeps_its_permissions() {
    let mut client = Client::calm().await;
    client.tenant.set_roles(BTreeSet::new());
    client.pass(3_598).await;
    assert_eq!(client.get("/users").await.status, 200);
    client.pass(1).await;
    assert_eq!(
        client.get("/users").await.refusal().1,
        "InvalidAuthenticationToken"
    );
    client.renew().await;
    assert_eq!(client.get("/users").await.status, 403);
    client.token = "made up".into();
    assert_eq!(client.get("/users").await.status, 401);
}

#[tokio::test(start_paused = true)]
async fn a_missing_permission_is_spelt_in_two_ways() {
    let mut client = Client::calm().await;
    client.tenant.set_roles(["User.Read.All".to_owned()].into());
    client.renew().await;
    assert_eq!(
        client.locate(ADELE, "DE").await.refusal().1,
        "Authorization_RequestDenied"
    );
    let reply = client
        .get(&format!("/admin/teams/userConfigurations/{ADELE}"))
        .await;
    assert_eq!((reply.refusal().0, reply.refusal().1), (403, "forbidden"));
    assert!(
        reply
            .refusal()
            .2
            .contains("TeamsUserConfiguration.Read.All")
    );
    assert_eq!(reply.body["error"]["innerError"]["code"], "Forbidden");
    assert_eq!(
        reply.body["error"]["innerError"]["request-id"],
        reply.header("request-id")
    );
}

#[tokio::test(start_paused = true)]
async fn a_protected_account_cannot_be_written() {
    let client = Client::calm().await;
    client.tenant.protect(ADELE, true);
    assert_eq!(
        client.locate(ADELE, "DE").await.refusal().1,
        "Authorization_RequestDenied"
    );
    assert_eq!(client.license(ADELE, &[E5], &[]).await.status, 403);
    let order = json!({"value": [{"userId": ADELE, "policyType": "TeamsMeetingPolicy"}]});
    assert_eq!(
        client
            .post("/admin/teams/policy/userAssignments/unassign", order)
            .await
            .refusal()
            .1,
        "forbidden"
    );
    assert_eq!(client.get(&format!("/users/{ADELE}")).await.status, 200);
    assert_eq!(client.tenant.history(), []);
}

#[tokio::test(start_paused = true)]
async fn the_write_budget_warns_refuses_and_comes_back() {
    let client = Client::of(Options {
        write_budget: 5,
        ..Options::calm()
    })
    .await;
    for share in ["", "", "", "0.80", "1.00"] {
        let reply = client.locate(ADELE, "DE").await;
        assert_eq!(
            (reply.status, reply.header("x-ms-throttle-limit-percentage")),
            (204, share)
        );
    }
    client.pass(30).await;
    let reply = client.locate(ADELE, "FR").await;
    assert_eq!(
        (
            reply.refusal().0,
            reply.refusal().1,
            reply.header("retry-after")
        ),
        (429, "TooManyRequests", "120.000")
    );
    assert_eq!(
        reply.header("x-ms-throttle-information"),
        "WriteLimitExceeded"
    );
    assert_eq!(client.get("/users").await.status, 200);
    client.pass(120).await;
    assert_eq!(client.locate(ADELE, "FR").await.status, 204);
    assert_eq!(
        (
            client.tenant.counts().directory_writes,
            client.tenant.counts().throttled
        ),
        (7, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn some_requests_are_throttled_for_no_reason_and_the_same_ones_again() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let client = Client::of(Options {
            throttle_permille: 300,
            ..Options::calm()
        })
        .await;
        let mut run = Vec::new();
        for _ in 0..50 {
            let reply = client.get("/users?$select=id").await;
            run.push((reply.status, reply.header("retry-after").to_owned()));
        }
        runs.push(run);
    }
    assert_eq!(runs[0], runs[1]);
    let waits: Vec<_> = runs[0]
        .iter()
        .filter(|(status, _)| *status == 429)
        .collect();
    assert!(
        (5..25).contains(&waits.len())
            && waits
                .iter()
                .all(|(_, wait)| wait.parse::<f64>().unwrap() >= 0.5)
    );
}

#[tokio::test(start_paused = true)]
async fn roots_and_strangers_are_refused() {
    let client = Client::calm().await;
    assert_eq!(client.get("/admin/teams").await.refusal().1, "BadRequest");
    assert_eq!(client.get("/admin/teams/policy").await.status, 400);
    assert_eq!(
        client
            .get("/admin/teams/policy/userAssignments")
            .await
            .refusal()
            .1,
        "UnknownError"
    );
    assert_eq!(client.get("/wonders").await.status, 400);
    assert_eq!(
        client
            .ask("DELETE", &format!("/users/{ADELE}"), None)
            .await
            .status,
        400
    );
    assert!(!client.tenant.truth(ADELE).unwrap().deleted);
}

#[tokio::test(start_paused = true)]
async fn the_directory_has_its_resource_units() {
    let client = Client::of(Options {
        unit_budget: 10,
        ..Options::calm()
    })
    .await;
    let shares = ["", "", "", "0.80", "1.00"];
    for share in shares {
        let reply = client.get("/users").await;
        assert_eq!(
            (
                reply.status,
                reply.header("x-ms-resource-unit"),
                reply.header("x-ms-throttle-limit-percentage")
            ),
            (200, "2", share)
        );
    }
    client.pass(4).await;
    let reply = client.get("/users").await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, "6.000"));
    assert_eq!(
        reply.header("x-ms-throttle-information"),
        "ResourceUnitLimitExceeded"
    );
    assert!(
        reply
            .header("x-ms-throttle-scope")
            .starts_with("Application/ResourceUnitLimit/")
    );
    assert_eq!(
        client.get("/admin/teams/userConfigurations").await.status,
        200,
        "a budget of its own"
    );
    client.pass(6).await;
    assert_eq!(client.get("/users").await.status, 200);
    assert_eq!(client.tenant.counts().resource_units, 14);
}

#[tokio::test(start_paused = true)]
async fn teams_takes_so_many_requests_a_second() {
    let client = Client::of(Options {
        teams_budget: 30,
        ..Options::calm()
    })
    .await;
    let ask = async || client.get("/admin/teams/userConfigurations").await;
    for nth in 1..=30 {
        let reply = ask().await;
        let warned = !reply.header("x-ms-throttle-limit-percentage").is_empty();
        assert_eq!((reply.status, warned), (200, nth >= 24), "{nth}");
    }
    let reply = ask().await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, "1.000"));
    client.pass(1).await;
    assert_eq!(ask().await.status, 200);
}
