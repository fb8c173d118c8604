//! One tenant: how its connection is, how much of its work is done, and what waits for a yes.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use shared::model::access::Role;
use shared::model::tenant::{Capability, TenantId};

use super::{House, TENANT, people, play};

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

/// R145: during an incident nobody is provisioned, with a reason that is shown, and work goes on by itself at its end, or when somebody
/// says that it is over.
#[test]
fn an_incident_pauses_risky_work_until_its_end() {
    play(async {
        let house = House::of(people(4)).await;
        let path = format!("{TENANT}/incident");
        let hours = |hours: u64| Duration::from_secs(hours * 3_600);
        let begin = async |length: Duration, reason: &str| {
            let until = house.stage.clock.now() + length;
            let body = json!({"reason": reason, "until": until.to_string()});
            house.ask_as(Role::Operator, "PUT", &path, &body).await
        };
        for (length, reason) in [(hours(0), "TM1"), (hours(169), "TM1"), (hours(1), " ")] {
            let refused = begin(length, reason).await;
            assert!(refused.is_problem(409, "conflict"), "{refused:?}");
        }
        let begun = begin(hours(10), "TM123456: calls fail").await;
        assert_eq!(begun.body["incident"]["reason"], "TM123456: calls fail");
        let writes = || house.stage.microsoft.history().len();
        let before = writes();
        house.beside(house.stage.clock.sleep(hours(9))).await;
        assert_eq!(writes(), before);
        assert!(
            house.stage.ledger().unwrap().jobs.len() > 1,
            "decided all the same"
        );
        house.beside(house.stage.clock.sleep(hours(3))).await;
        assert!(writes() > before);
        assert!(house.get(TENANT).await.body.get("incident").is_none());

        begin(hours(10), "again").await;
        assert_eq!(house.delete(&path).await.status, 204);
        assert!(house.get(TENANT).await.body.get("incident").is_none());
    });
}

/// F1, F4: a tenant comes in through whoever runs the installation, in one of Microsoft's clouds and nowhere else.
#[test]
fn a_tenant_is_registered_and_connected_anew() {
    play(async {
        let house = House::of(people(1)).await;
        let tenant = &house.stage.installation.tenant;
        let now = house.stage.clock.now();
        let mut claims = local::issuer::claims(Role::Administrator, tenant, now);
        claims["grants"] = json!([
            {"tenant": "*", "role": "administrator"},
            {"tenant": "fabrikam", "role": "viewer"},
        ]);
        let token = house.issuer.sign(&claims).unwrap();
        let ask = async |method: &str, path: &str, body: &Value| {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header("content-type", "application/json")
                .header("authorization", format!("Bearer {token}"));
            house
                .send(request.body(Body::from(body.to_string())).unwrap())
                .await
        };
        let guid = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
        let connection = json!({"cloud": "global", "directory": guid, "client": guid, "secret_name": "rollcall/fabrikam"});
        let fabrikam = json!({"id": "fabrikam", "name": "Fabrikam", "people": 90_000, "connection": connection});
        let made = ask("POST", "/v1/tenants", &fabrikam).await;
        assert_eq!(made.status, 201, "{made:?}");
        assert_eq!(made.headers["location"], "/v1/tenants/fabrikam");
        let seen = ask("GET", "/v1/tenants/fabrikam", &json!({})).await;
        assert_eq!(seen.body["name"], "Fabrikam", "{seen:?}");
        let store = &house.stage.installation.admin.store;
        let id = TenantId::parse("fabrikam").unwrap();
        let row = store.tenant(&id).await.unwrap().unwrap();
        assert_eq!(
            (row.shards, row.connection.graph.as_str()),
            (3, "https://graph.microsoft.com")
        );
        let twice = ask("POST", "/v1/tenants", &fabrikam).await;
        assert!(twice.is_problem(409, "conflict"), "{twice:?}");
        for (name, value, status) in [
            ("id", json!("fabri#kam"), 422),
            ("id", json!("*"), 422),
            ("name", json!(" "), 409),
            ("graph", json!("https://evil.example"), 422),
        ] {
            let mut wrong = fabrikam.clone();
            wrong[name] = value;
            let refused = ask("POST", "/v1/tenants", &wrong).await;
            assert_eq!(refused.status, status, "{refused:?}");
        }
        let mut anew = connection.clone();
        anew["cloud"] = json!("china");
        let tried = ask("PUT", "/v1/tenants/fabrikam/connection", &anew).await;
        assert_eq!(tried.status, 202, "{tried:?}");
        let row = store.tenant(&id).await.unwrap().unwrap();
        assert!(row.connection.graph.ends_with("chinacloudapi.cn"));
        anew["client"] = json!("me");
        let refused = ask("PUT", "/v1/tenants/fabrikam/connection", &anew).await;
        assert!(refused.is_problem(409, "conflict"), "{refused:?}");
        let nowhere = ask("PUT", "/v1/tenants/nowhere/connection", &connection).await;
        assert!(nowhere.is_problem(404, "not-found"), "{nowhere:?}");
    });
}
