//! One tenant: how its connection is, how much of its work is done, and what waits for a yes.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use shared::model::access::Role;
use shared::model::tenant::Capability;
use shared::model::tenant::Held;

use super::{Answer, House, people, play};

const TENANT: &str = "/v1/tenants/contoso";

impl House {
    async fn ask_as(&self, role: Role, method: &str, path: &str, body: &Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.token(role)))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()));
        self.send(request.unwrap()).await
    }
}

/// F2, F4, F5: what the last test found is shown, and another one is made on request.
#[test]
fn the_connection_is_shown_and_tested_on_request() {
    play(async {
        let house = House::of(people(2)).await;
        assert!(house.get(TENANT).await.body.get("connection").is_none());
        let ordered = house.post(&format!("{TENANT}/probe"), "").await;
        assert_eq!(ordered.status, 202, "{ordered:?}");
        house
            .beside(house.stage.clock.sleep(Duration::from_secs(300)))
            .await;
        let connection = house.get(TENANT).await.body["connection"].clone();
        assert!(
            connection["tested"].is_string() && connection.get("failure").is_none(),
            "{connection}"
        );
        let capabilities = connection["capabilities"].as_array().unwrap();
        assert_eq!(capabilities.len(), Capability::ALL.len());
        assert!(
            capabilities.iter().all(|one| one["allowed"] == true),
            "{connection}"
        );
        let first = &capabilities[0];
        assert_eq!(
            *first,
            json!({"name": "read_users", "allowed": true, "permission": "User.Read.All"})
        );
    });
}

/// F6: the mode is set and shown; what is no mode is refused with the name of the field.
#[test]
fn the_mode_is_set_and_shown() {
    play(async {
        let house = House::of(people(2)).await;
        let set = async |mode: &str| {
            let path = format!("{TENANT}/mode");
            house
                .ask_as(Role::Administrator, "PUT", &path, &json!({"mode": mode}))
                .await
        };
        for mode in ["read_only", "paused", "active"] {
            let answer = set(mode).await;
            assert_eq!(
                (answer.status.as_u16(), &answer.body["mode"]),
                (200, &json!(mode))
            );
            assert_eq!(house.get(TENANT).await.body["mode"], mode);
        }
        let wrong = set("asleep").await;
        assert!(wrong.is_problem(422, "invalid"), "{wrong:?}");
        assert_eq!(wrong.body["field"], "mode");
    });
}

/// F16: decisions that wait are shown with how many they would change; an approver lets exactly those through, once.
#[test]
fn decisions_that_wait_are_shown_and_let_through() {
    play(async {
        let house = House::of(people(2)).await;
        let held = Held {
            decision: "0123456789abcdef0123".to_owned(),
            changed: 700,
            in_scope: 1_000,
            since: house.stage.clock.now(),
        };
        let installation = &house.stage.installation;
        let store = &installation.admin.store;
        store.hold(&installation.tenant, Some(&held)).await.unwrap();
        let shown = house.get(TENANT).await.body["held"].clone();
        assert_eq!(
            (&shown["changed"], &shown["in_scope"]),
            (&json!(700), &json!(1_000))
        );
        let release = async |decision: &str| {
            let path = format!("{TENANT}/release");
            house
                .ask_as(
                    Role::Approver,
                    "POST",
                    &path,
                    &json!({"decision": decision}),
                )
                .await
        };
        let other = release("another").await;
        assert!(other.is_problem(409, "conflict"), "{other:?}");
        assert_eq!(release(&held.decision).await.status, 202);
        assert!(house.get(TENANT).await.body.get("held").is_none());
        assert!(release(&held.decision).await.is_problem(409, "conflict"));
    });
}
