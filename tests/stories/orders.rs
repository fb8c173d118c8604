//! What administrators order.

use bytes::Bytes;
use http::{Request, header};
use local::contoso::F3;
use serde_json::json;
use shared::model::access::Role;

use super::scene::Scene;

/// R29, R55: whom no rule names gets a persona, and a site, by hand; a sync that follows leaves it so.
pub async fn a_persona_is_given_by_hand(scene: Scene) {
    scene.until_known().await;
    let asked = json!({"persona": "frontline", "site": "europe/berlin"});
    let dry = scene.order_for(0, "provision?dry=true", &asked).await;
    let steps = dry.body["steps"].as_array().unwrap();
    assert!(steps.len() > 2, "{dry:?}");
    assert_eq!(scene.changes(0), 0, "a dry run changed somebody");
    let ordered = scene.order_for(0, "provision", &asked).await;
    assert_eq!(ordered.status, 202, "{ordered:?}");
    scene.until_is(0, "provisioned").await;
    scene.assert_licences(0, &["F3"]);
    let truth = scene.truth(0);
    scene.sync().await;
    scene.a_while().await;
    assert_eq!(scene.truth(0), truth);
    let person = scene.person(0).await;
    assert_eq!(person["persona"]["id"], "frontline", "{person}");
    assert_eq!(person["site"], "europe/berlin", "{person}");
}

/// R43: a move is one job, and what comes of the site is that of the new one.
pub async fn a_move_brings_what_the_site_gives(scene: Scene) {
    scene.until_provisioned(0).await;
    assert_eq!(scene.truth(0).usage_location.as_deref(), Some("GB"));
    let asked = json!({"site": "europe/berlin"});
    scene.order_for(0, "move", &asked).await;
    scene
        .until("they are in Berlin", async || {
            let person = scene.person(0).await;
            person["site"] == "europe/berlin" && person["state"] == "provisioned"
        })
        .await;
    let truth = scene.truth(0);
    assert_eq!(truth.usage_location.as_deref(), Some("DE"), "{truth:?}");
    scene.assert_licences(0, &["E3"]);
}

/// An edit changes what it names and nothing else.
pub async fn an_edit_changes_one_thing(scene: Scene) {
    scene.until_provisioned(0).await;
    let mut wanted = scene.truth(0);
    let (kind, name) = ("TeamsMeetingPolicy", "No recordings");
    let asked = json!({"policies": {kind: name}});
    scene.order_for(0, "edit", &asked).await;
    wanted.policies.insert(kind.into(), name.into());
    scene
        .until("the policy is theirs", async || scene.truth(0) == wanted)
        .await;
    scene.until_is(0, "provisioned").await;
    assert_eq!(scene.truth(0), wanted);
}

/// F144: a client that did not hear the answer asks again with the same key, and nothing is done twice.
pub async fn an_order_that_comes_twice_is_carried_out_once(scene: Scene) {
    scene.microsoft.give_licence(scene.id(0), F3);
    scene.until_known().await;
    let jobs = format!("people/{}/jobs", scene.id(0));
    let count = async || scene.get(&jobs).await["jobs"].as_array().unwrap().len();
    let before = count().await;
    let order = async |key: &str| {
        let request = Request::post(scene.path(&format!("people/{}/offboard", scene.id(0))))
            .header(header::AUTHORIZATION, scene.token(Role::Operator))
            .header("idempotency-key", key)
            .body(Bytes::new());
        scene.send(request.unwrap()).await
    };
    let first = order("monday").await.good();
    let again = order("monday").await.good();
    assert!(!first.is_replayed && again.is_replayed, "{again:?}");
    assert_eq!(
        (&first.location, &first.body),
        (&again.location, &again.body)
    );
    scene.until_is(0, "offboarded").await;
    assert_eq!(count().await, before + 1);
}

/// F112, F114: a file of orders is checked whole before any of it is done, and every row can be followed to its end.
pub async fn a_file_of_orders_is_followed_to_its_end(scene: Scene) {
    scene.until_known().await;
    let rows = [0, 1].map(|nth| format!("{},persona,europe/london,frontline\n", scene.id(nth)));
    let good = format!("person,order,site,persona\n{}", rows.concat());
    let bad = format!("{good}nobody@example.com,offboard,,\n");
    let refused = scene.hand_in(Role::Operator, "files", bad).await;
    assert_eq!(refused.status, 200, "{refused:?}");
    assert_eq!(refused.body["rows"][2]["line"], 4, "{refused:?}");
    assert_eq!((scene.changes(0), scene.changes(1)), (0, 0));
    let given = scene.hand_in(Role::Operator, "files", good).await;
    let location = given.location.unwrap();
    let (_, set) = location.rsplit_once('/').unwrap();
    for nth in [0, 1] {
        scene.until_is(nth, "provisioned").await;
        scene.assert_licences(nth, &["F3"]);
    }
    let first = scene
        .get(&format!("change-sets/{set}/outcomes?limit=1"))
        .await;
    assert_eq!(first["people"][0]["outcome"], "ordered", "{first}");
    let set = scene.get(&format!("change-sets/{set}")).await;
    assert_eq!(
        (&set["state"], &set["applied"]),
        (&json!("done"), &json!(2))
    );
}
