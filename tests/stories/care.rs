//! What keeps people from being changed by surprise, and administrators from being surprised.

use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};
use shared::model::access::Role;

use super::scene::Scene;

/// Without a token, with a role that does not suffice or with a grant for another tenant nothing is read or ordered.
pub async fn who_may_not_order_orders_nothing(scene: Scene) {
    scene.until_known().await;
    let rest = format!("people/{}/offboard", scene.id(0));
    let nobody = Request::post(scene.path(&rest)).body(Bytes::new()).unwrap();
    assert_eq!(scene.send(nobody).await.status, 401);
    let viewer = scene.ask(Role::Viewer, Method::POST, &rest, &Value::Null);
    assert_eq!(viewer.await.status, 403);
    let elsewhere = Request::get("/v1/tenants/fabrikam/people")
        .header("authorization", scene.token(Role::Administrator))
        .body(Bytes::new());
    assert_eq!(scene.send(elsewhere.unwrap()).await.status, 404);
    scene.a_while().await;
    assert!(scene.truth(0).enabled);
    assert_ne!(scene.state(0).await, "offboarded");
}

async fn set_mode(scene: &Scene, mode: &str) {
    let body = json!({"mode": mode});
    let set = scene.ask(Role::Administrator, Method::PUT, "mode", &body);
    assert_eq!(set.await.good().body["mode"], mode);
}

/// F6: of a tenant that is only read everything is known and nothing is changed; switched on, what the rules say is done.
pub async fn a_tenant_that_is_only_read_is_not_changed(scene: Scene) {
    set_mode(&scene, "read_only").await;
    scene.until_known().await;
    scene.a_while().await;
    assert_eq!(scene.changes(0), 0);
    set_mode(&scene, "active").await;
    scene.until_provisioned(0).await;
    scene.assert_licences(0, &["F3"]);
}

/// I3, F130: what concerns more people than is allowed waits; who set it up may not let it pass, somebody else may.
pub async fn a_decision_about_too_many_waits_for_a_yes(scene: Scene) {
    let nobody = json!({"few": 0, "percent": 0, "many": 0});
    scene
        .amend("settings", |settings| {
            settings["limits"]["onboard"] = nobody;
        })
        .await;
    scene.sync().await;
    let sets = async || scene.get("change-sets").await["change_sets"].clone();
    scene
        .until("a change set is stopped", async || {
            sets().await[0]["state"] == "stopped"
        })
        .await;
    let set = sets().await[0].clone();
    assert_eq!(set["counts"]["onboard"], 2, "{set}");
    assert_eq!((scene.changes(0), scene.changes(1)), (0, 0));
    let approve = format!("change-sets/{}/approve", set["id"].as_str().unwrap());
    let yes = json!({"hash": set["hash"]});
    let author = scene.ask(Role::Administrator, Method::POST, &approve, &yes);
    let refused = author.await;
    assert!(refused.status.is_client_error(), "{refused:?}");
    let approver = scene.ask(Role::Approver, Method::POST, &approve, &yes);
    assert_eq!(approver.await.good().body["state"], "released");
    for nth in [0, 1] {
        scene.until_is(nth, "provisioned").await;
    }
}

/// What somebody changed by hand in the portal is shown as drift, and not undone.
pub async fn a_policy_changed_by_hand_is_shown_and_stays(scene: Scene) {
    scene.until_provisioned(0).await;
    let (kind, name) = ("TeamsMeetingPolicy", "No recordings");
    let microsoft = &scene.microsoft;
    microsoft.assign_policy_by_hand(scene.id(0), kind, Some(name));
    scene.order("probe", &Value::Null).await;
    scene
        .until("the drift is shown", async || {
            let person = scene.person(0).await;
            person["drift"][0]["seen"] == name
        })
        .await;
    let drift = &scene.person(0).await["drift"][0];
    assert_eq!(drift["wanted"], "Office meetings", "{drift}");
    scene.sync().await;
    scene.a_while().await;
    assert_eq!(scene.truth(0).policies[kind], name);
}

/// F117, F118, R139: a schedule is set with its time zone, and says in both times when it runs next.
pub async fn a_schedule_names_its_next_runs(scene: Scene) {
    let times = json!({"active": true, "at": "06:30", "time_zone": "Europe/Berlin"});
    let set = scene.ask(
        Role::Administrator,
        Method::PUT,
        "schedules/UserSync",
        &times,
    );
    set.await.good();
    let schedules = scene.get("schedules").await;
    let mut all = schedules["schedules"].as_array().unwrap().iter();
    let sync = all.find(|one| one["name"] == "UserSync").unwrap();
    let next = sync["next"].as_array().unwrap();
    assert_eq!(next.len(), 5, "{sync}");
    for run in next {
        let local = run["local"].as_str().unwrap();
        assert!(local.contains("06:30"), "{run}");
        assert!(!run["utc"].as_str().unwrap().contains("06:30"), "{run}");
    }
}

/// A Microsoft that says "not now" is asked again later; nobody fails of it.
pub async fn a_busy_microsoft_is_waited_for(scene: Scene) {
    scene.microsoft.set_throttling(60);
    for nth in [0, 1] {
        scene.until_provisioned(nth).await;
    }
    scene.assert_licences(0, &["F3"]);
    scene.assert_licences(1, &["E3"]);
    let throttled = scene.microsoft.counts().throttled;
    assert!(throttled > 0, "Microsoft was never busy");
}

/// F4: with a wrong secret the tenant stops and says since when; the right one, tried, opens it again.
pub async fn a_wrong_secret_stops_the_tenant_until_it_is_right(scene: Scene) {
    scene.until_provisioned(0).await;
    scene.microsoft.set_secret("another");
    scene.microsoft.revoke_tokens();
    scene.sync().await;
    let stopped = async || {
        let rest = scene.ask(Role::Viewer, Method::GET, "", &Value::Null);
        rest.await.good().body["circuit_open_since"].is_string()
    };
    scene.until("the tenant is stopped", stopped).await;
    scene.microsoft.set_secret("rollcall-local-secret");
    scene.order("probe", &Value::Null).await;
    scene
        .until("the tenant works", async || !stopped().await)
        .await;
}
