//! Change sets: shown, read person by person, approved by somebody else, rejected.

use std::time::Duration;

use serde_json::{Value, json};
use shared::model::access::Role;
use shared::model::change_set::{ChangeKind, Limit};

use super::{House, TENANT, people, play};

const HOUR: Duration = Duration::from_secs(3_600);

/// Everybody's onboarding waits: the limit is set to nobody.
async fn house() -> House {
    let house = House::of(people(3)).await;
    let installation = &house.stage.installation;
    let (store, tenant) = (&installation.admin.store, &installation.tenant);
    let mut settings = store.tenant(tenant).await.unwrap().unwrap().settings;
    let nobody = Limit {
        few: 0,
        percent: 0,
        many: Some(0),
    };
    settings.limits.insert(ChangeKind::Onboard, nobody);
    store.set_settings(tenant, &settings).await.unwrap();
    house.beside(house.stage.clock.sleep(3 * HOUR)).await;
    house
}

/// F130, F131, I1, I3: a change set is found with the tenant and in the list, its plan is read in pages, and somebody's yes names its hash.
#[test]
fn a_change_set_is_read_and_approved() {
    play(async {
        let house = house().await;
        let set = house.get(TENANT).await.body["waiting"][0].clone();
        assert_eq!(
            (&set["state"], &set["origin"]),
            (&json!("stopped"), &json!("sync"))
        );
        let people = set["people"].as_u64().unwrap();
        assert!(people > 1, "{set}");
        assert_eq!(set["counts"]["onboard"], people);
        let sets = format!("{TENANT}/change-sets");
        assert_eq!(house.get(&sets).await.body["change_sets"][0], set);
        let path = format!("{sets}/{}", set["id"].as_str().unwrap());
        assert_eq!(house.get(&path).await.body, set);

        let mut plans: Vec<Value> = Vec::new();
        let mut page = house.get(&format!("{path}/plan?limit=1")).await.body;
        loop {
            plans.extend(page["plans"].as_array().unwrap().iter().cloned());
            let Some(next) = page["next"].as_str() else {
                break;
            };
            page = house
                .get(&format!("{path}/plan?limit=1&after={next}"))
                .await
                .body;
        }
        assert_eq!(plans.len() as u64, people);
        assert_eq!(plans[0]["kinds"], json!(["onboard"]));
        assert!(plans[0]["wanted"]["persona"].is_object(), "{}", plans[0]);
        for wrong in ["plan?limit=0", "plan?limit=101", "plan?after=x"] {
            let answer = house.get(&format!("{path}/{wrong}")).await;
            assert!(answer.is_problem(422, "invalid"), "{answer:?}");
        }

        let approve = async |hash: &Value| {
            let path = format!("{path}/approve");
            let body = json!({ "hash": hash });
            house.ask_as(Role::Approver, "POST", &path, &body).await
        };
        let other = approve(&json!("another")).await;
        assert!(other.is_problem(409, "conflict"), "{other:?}");
        let released = approve(&set["hash"]).await;
        assert_eq!(released.body["state"], "released", "{released:?}");
        assert!(approve(&set["hash"]).await.is_problem(409, "conflict"));
        house.beside(house.stage.clock.sleep(3 * HOUR)).await;
        let done = house.get(&path).await.body;
        assert_eq!(
            (&done["state"], &done["applied"]),
            (&json!("done"), &set["people"])
        );
        assert!(house.get(TENANT).await.body.get("waiting").is_none());
    });
}

/// I3: a no is as exact as a yes; and who edited rules may not say yes to what comes of it.
#[test]
fn a_change_set_is_rejected_and_authors_do_not_approve() {
    play(async {
        let house = house().await;
        let set = house.get(TENANT).await.body["waiting"][0].clone();
        let sets = format!("{TENANT}/change-sets");
        let path = format!("{sets}/{}", set["id"].as_str().unwrap());
        let body = json!({"hash": set["hash"]});
        let reject = format!("{path}/reject");
        let rejected = house.ask_as(Role::Approver, "POST", &reject, &body).await;
        assert_eq!(rejected.body["state"], "rejected", "{rejected:?}");

        let rules = house.get(&format!("{TENANT}/rules")).await.body;
        let rules_path = format!("{TENANT}/rules");
        let saved = house.put(&rules_path, &rules.to_string()).await;
        assert_eq!(saved.status, 200, "{saved:?}");
        house.beside(house.stage.clock.sleep(3 * HOUR)).await;
        let set = house.get(TENANT).await.body["waiting"][0].clone();
        let author = set["authors"][0].as_str().unwrap().to_owned();
        let approve = format!("{sets}/{}/approve", set["id"].as_str().unwrap());
        let body = json!({"hash": set["hash"]});
        let refused = house
            .ask_as(Role::Administrator, "POST", &approve, &body)
            .await;
        assert!(refused.is_problem(409, "conflict"), "{refused:?}");
        let told = refused.body.to_string();
        assert!(told.contains(&author), "{told}");
    });
}
