//! People who come, wait, leave and return.

use std::time::Duration;

use http::Method;
use local::contoso::{E3, F3};
use serde_json::{Value, json};
use shared::model::access::Role;
use shared::model::time::Time;
use shared::plan::calendar;

use super::scene::Scene;

const MEETINGS: &str = "TeamsMeetingPolicy";

/// R6, R56, R63, R133: an account appears in the directory, and without anybody's hand it ends licensed, ready and with its policies; the
/// history says how.
pub async fn somebody_gets_what_their_persona_gives(scene: Scene) {
    scene.until_provisioned(0).await;
    let truth = scene.truth(0);
    scene.assert_licences(0, &["E3"]);
    assert_eq!(truth.usage_location.as_deref(), Some("GB"));
    assert!(truth.ready, "{truth:?}");
    assert_eq!(truth.policies[MEETINGS], "Office meetings");
    assert_eq!(truth.policies["TeamsMessagingPolicy"], "Office messaging");
    let person = scene.person(0).await;
    assert_eq!(person["persona"]["id"], "office", "{person}");
    assert_eq!(person["site"], "europe/london", "{person}");
    let jobs = scene.get(&format!("people/{}/jobs", scene.id(0))).await;
    assert_eq!(jobs["last"]["state"], "done", "{jobs}");
    let job = jobs["last"]["id"].as_str().unwrap();
    let history = scene.get(&format!("jobs/{job}/history")).await;
    assert_eq!(history["person"], scene.id(0), "{history}");
}

/// F42, R133: whom no rule names, and guests, are read and left alone.
pub async fn nobody_is_touched_whom_no_rule_names(scene: Scene) {
    scene.until_provisioned(0).await;
    for nth in [1, 2] {
        assert_eq!(scene.changes(nth), 0, "person {nth}");
        scene.assert_licences(nth, &[]);
    }
    assert_eq!(scene.state(1).await, "imported");
    assert_eq!(scene.state(2).await, "out_of_scope");
}

/// Without a seat somebody waits, and is seen to; the seat that is bought is theirs.
pub async fn who_waits_for_a_seat_gets_the_one_that_is_bought(scene: Scene) {
    scene.microsoft.set_seats(E3, 0);
    scene.sync().await;
    scene.until_is(0, "waiting").await;
    scene.assert_licences(0, &[]);
    scene.microsoft.set_seats(E3, 1);
    scene.until_provisioned(0).await;
    scene.assert_licences(0, &["E3"]);
}

/// R72, F97: who is offboarded cannot sign in and has no licence; their colleague keeps everything, and no sync brings the
/// one back.
pub async fn who_leaves_loses_all_and_nobody_else_does(scene: Scene) {
    let settings = scene.amend("settings", |settings| {
        settings["values"]["lock_out"] = true.into()
    });
    settings.await;
    for nth in [0, 1] {
        scene.microsoft.give_licence(scene.id(nth), F3);
    }
    scene.until_known().await;
    scene.order_for(0, "offboard", &Value::Null).await;
    scene.until_is(0, "offboarded").await;
    assert!(!scene.truth(0).enabled);
    scene.assert_licences(0, &[]);
    let changes = scene.changes(0);
    scene.sync().await;
    scene.a_while().await;
    assert_eq!(scene.state(0).await, "offboarded");
    assert_eq!((scene.changes(0), scene.changes(1)), (changes, 0));
    scene.assert_licences(1, &["F3"]);
}

/// F17: a deleted account is gone and its job with it; restored, it is somebody again.
pub async fn a_deleted_account_is_gone_until_it_is_restored(scene: Scene) {
    scene.until_provisioned(0).await;
    scene.microsoft.delete_person(scene.id(0), true);
    scene.sync().await;
    scene.until_is(0, "gone_soft").await;
    scene.microsoft.restore_person(scene.id(0));
    scene.sync().await;
    scene
        .until("they are back", async || {
            scene.state(0).await != "gone_soft"
        })
        .await;
    let person = scene.person(0).await;
    assert_eq!(person["left"], false, "{person}");
}

/// F98: a day and a minute are set, in the time zone of the site; then, and not before, they are offboarded.
pub async fn who_leaves_on_a_day_leaves_at_its_minute(scene: Scene) {
    scene.until_provisioned(0).await;
    let at = scene.clock.now() + Duration::from_secs(120);
    let london = calendar::local(at, "Europe/London").unwrap();
    let rest = format!("people/{}/departure", scene.id(0));
    let asked = json!({"day": london[..10], "time": london[11..16]});
    let set = scene.ask(Role::Operator, Method::PUT, &rest, &asked);
    let set = set.await.good().body;
    assert_eq!(set["zone"], "Europe/London", "{set}");
    let at = Time::parse(set["at"].as_str().unwrap()).unwrap();
    assert!(scene.clock.now() < at, "{set}");
    scene.until_is(0, "offboarded").await;
    assert!(scene.clock.now() >= at);
    scene.assert_licences(0, &[]);
}
