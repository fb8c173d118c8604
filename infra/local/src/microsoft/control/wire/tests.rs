//! The list of what can be done, and that all of it can.

use axum::body::Body;
use http::Request;
use shared::clock::Clock;
use shared::model::time::Time;
use tower::ServiceExt;

use super::*;
use crate::microsoft::Options;

async fn ask(tenant: &Microsoft, method: &str, path: &str, body: &str) -> (u16, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .body(Body::from(body.to_owned()));
    let response = tenant.router().oneshot(request.unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

fn tenant() -> Microsoft {
    Microsoft::in_memory(
        Options::calm(),
        Clock::steered(Time::from_millis(1_790_000_000_000), 1),
    )
}

/// The list describes what there is, and every example in it works.
#[tokio::test(start_paused = true)]
async fn every_route_of_the_list_does_something() {
    let tenant = tenant();
    let (status, list) = ask(&tenant, "GET", "/control", "").await;
    assert_eq!(
        (status, list.as_array().unwrap().len()),
        (200, ROUTES.len())
    );
    for (method, path, what, example) in ROUTES {
        let path = path
            .replace("{id}", "adele")
            .replace("{sku}", "e5")
            .replace("{group}", "sales");
        let path = path
            .replace("{number}", "+4930123")
            .replace("{type}", "TeamsMeetingPolicy")
            .replace("{name}", "All%20On");
        let (status, answer) = ask(&tenant, method, &format!("/control{path}"), example).await;
        assert_eq!(status, 200, "{method} {path} ({what}): {answer}");
    }
    let (_, truth) = ask(&tenant, "GET", "/control/people/adele", "").await;
    assert_eq!(
        (&truth["deleted"], &truth["usage_location"]),
        (&json!(false), &json!("DE"))
    );
    assert!(tenant.numbers().contains_key("+4930123"));
    assert_eq!(tenant.roles(), BTreeSet::from(["User.Read.All".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_is_said_in_a_sentence() {
    let tenant = tenant();
    let cases = [
        ("GET", "/control/nothing", "", 404, "GET /control lists"),
        (
            "GET",
            "/control/people/nobody",
            "",
            404,
            "there is nobody with the id nobody",
        ),
        ("PATCH", "/control/people", "", 404, "nothing for PATCH"),
        (
            "PUT",
            "/control/people/x",
            "{}",
            400,
            "missing field `userPrincipalName`",
        ),
        (
            "PUT",
            "/control/permissions",
            "nonsense",
            400,
            "the body cannot be used",
        ),
        (
            "POST",
            "/control/clock",
            r#"{"back": 1}"#,
            400,
            "unknown field",
        ),
    ];
    for (method, path, body, status, piece) in cases {
        let (found, answer) = ask(&tenant, method, path, body).await;
        let sentence = answer["error"].as_str().unwrap_or_default();
        assert!(
            found == status && sentence.contains(piece),
            "{method} {path}: {found} {answer}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_clock_goes_forward_and_what_was_due_is_done() {
    let tenant = tenant();
    let before = tenant.now();
    ask(
        &tenant,
        "POST",
        "/control/clock",
        r#"{"advance_seconds": 3600}"#,
    )
    .await;
    assert_eq!(tenant.now().since(before), Duration::from_secs(3_600));
}
