//! What keeps automation from going too far, as callers see it: readiness, flow-through, exceptions, adoption, the halt; and what helps to
//! judge metadata.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use shared::model::access::Role;
use shared::model::lane::{Lane, Mark};

use super::{Answer, House, TENANT, people, play};

const HOUR: Duration = Duration::from_secs(3_600);

/// Everybody is there, and has what rules say.
async fn settled() -> House {
    let house = House::of(people(12)).await;
    let installation = &house.stage.installation;
    installation.ask(Lane::Sync, Mark::Pull).await.unwrap();
    let clock = house.stage.clock;
    house.beside(clock.sleep(31 * HOUR)).await;
    installation.ask(Lane::Staging, Mark::Poll).await.unwrap();
    house.beside(clock.sleep(10 * HOUR)).await;
    house
}

async fn somebody(house: &House) -> String {
    let listed = house
        .get(&format!("{TENANT}/people?state=provisioned"))
        .await;
    listed.body["people"][0]["id"].as_str().unwrap().to_owned()
}

fn names(points: &Value) -> Vec<&str> {
    let points = points.as_array().unwrap().iter();
    points
        .map(|point| point["name"].as_str().unwrap())
        .collect()
}

/// R17, R31, R32, R41: readiness names the seven points; flow-through goes off and on, with a reason where not everything is ready.
#[test]
fn readiness_is_shown_and_flow_through_is_switched() {
    play(async {
        let house = settled().await;
        let readiness = format!("{TENANT}/readiness");
        let shown = house.get(&readiness).await.body;
        assert_eq!(shown["mode"], "flow_through", "{shown}");
        assert_eq!(names(&shown["flow_through"]).len(), 7);
        assert_eq!(names(&shown["tenant"]), ["connection", "offboarding"]);
        let path = format!("{TENANT}/flow-through");
        let nothing = json!({});
        let gone = house.ask_as(Role::Administrator, "DELETE", &path, &nothing);
        assert_eq!(gone.await.status, 204);
        let off = house.get(&readiness).await.body;
        assert_eq!(off["mode"], "to_tenant");
        assert!(off.get("overridden").is_none());
        let rules = house.get(&format!("{TENANT}/rules")).await.body;
        let none = json!({"version": rules["version"], "placement": [], "persona": []});
        let rules_path = format!("{TENANT}/rules");
        assert_eq!(house.put(&rules_path, &none.to_string()).await.status, 200);
        let refused = house.put(&path, "{}").await;
        assert!(refused.is_problem(409, "conflict"), "{refused:?}");
        assert!(
            refused.detail().contains("write placement rules"),
            "{refused:?}"
        );
        let on = house
            .put(&path, r#"{"despite": "rules come tomorrow"}"#)
            .await;
        assert_eq!(on.body["mode"], "flow_through", "{on:?}");
        assert_eq!(
            on.body["overridden"],
            "demo-administrator: rules come tomorrow"
        );
        let choice = format!("{TENANT}/offboarding");
        let chosen = house.put(&choice, r#"{"licences": "keep"}"#).await;
        assert_eq!(chosen.status, 200, "{chosen:?}");
        assert!(
            house
                .put(&choice, r#"{"licences": "some"}"#)
                .await
                .is_problem(422, "invalid")
        );
    });
}

/// F116: an exception is made, listed, explained and ended.
#[test]
fn an_exception_is_made_and_ended() {
    play(async {
        let house = settled().await;
        let id = somebody(&house).await;
        let path = format!("{TENANT}/people/{id}/exception");
        let until = house.stage.clock.now() + 24 * HOUR;
        let order = json!({"owner": "Olga", "reason": "on trial", "until": until.to_string()});
        let made = house.ask_as(Role::Operator, "PUT", &path, &order).await;
        assert_eq!(made.status, 204, "{made:?}");
        let listed = house.get(&format!("{TENANT}/exceptions")).await.body;
        assert_eq!(
            listed["exceptions"],
            json!([{"person": id, "owner": "Olga", "reason": "on trial", "until": until.to_string(), "by": "demo-operator"}])
        );
        let explained = house
            .get(&format!("{TENANT}/people/{id}/explanation"))
            .await
            .body;
        assert!(
            explained.to_string().contains("an exception of them until"),
            "{explained}"
        );
        for wrong in [
            json!({"owner": "Olga", "reason": "on trial", "until": "soon"}),
            json!({"owner": "Olga", "reason": "on trial", "until": until.to_string(), "person": "x"}),
        ] {
            let answer = house.ask_as(Role::Operator, "PUT", &path, &wrong).await;
            assert!(answer.is_problem(422, "invalid"), "{answer:?}");
        }
        assert_eq!(house.delete(&path).await.status, 204);
        let listed = house.get(&format!("{TENANT}/exceptions")).await.body;
        assert_eq!(listed["exceptions"], json!([]));
    });
}

/// F115, R24, R36: adoption is refused with what is missing, and told person by person.
#[test]
fn people_are_adopted_and_everybodys_outcome_is_told() {
    play(async {
        let house = settled().await;
        let path = format!("{TENANT}/adoptions");
        let order = json!({"site": "europe/london"});
        let on = house.ask_as(Role::Operator, "POST", &path, &order).await;
        assert!(on.detail().starts_with("flow-through is on"), "{on:?}");
        let switch = format!("{TENANT}/flow-through");
        house
            .ask_as(Role::Administrator, "DELETE", &switch, &json!({}))
            .await;
        let off = house.ask_as(Role::Operator, "POST", &path, &order).await;
        assert!(
            off.detail().contains("switch adoption on for a site"),
            "{off:?}"
        );
        let installation = &house.stage.installation;
        let (store, tenant) = (&installation.admin.store, &installation.tenant);
        for mut node in local::contoso::nodes() {
            node.values.adoption = Some(true);
            store.put_node(tenant, &node).await.unwrap();
        }
        let id = somebody(&house).await;
        let nobody = "00000000-0000-4000-8000-00000000dead";
        let order = json!({"site": "europe/london", "people": [nobody, id]});
        let taken = house.ask_as(Role::Operator, "POST", &path, &order).await;
        assert_eq!(taken.status, 202, "{taken:?}");
        let people = taken.body["people"].as_array().unwrap();
        assert_eq!(people.len(), 2);
        assert_eq!(people[0]["reason"], "there is no such person");
        let at = format!("{path}/{}", taken.body["id"].as_str().unwrap());
        let shown = house.get(&at).await.body;
        assert_eq!(shown["people"][1]["state"], "provisioned", "{shown}");
        assert_eq!(shown["by"], "demo-operator");
        let unknown = house
            .get(&format!("{path}/01ARZ3NDEKTSV4RRFFQ69G5FAV"))
            .await;
        assert!(unknown.is_problem(404, "not-found"), "{unknown:?}");
        let nowhere = json!({"site": "nowhere"});
        let refused = house.ask_as(Role::Operator, "POST", &path, &nowhere).await;
        assert!(refused.detail().contains("there is no site"), "{refused:?}");
    });
}

/// F133: only who has a grant for the whole installation halts it; everybody with a token sees that it stands.
#[test]
fn the_installation_is_halted_by_whoever_may() {
    play(async {
        let house = settled().await;
        let tenant = &house.stage.installation.tenant;
        let ask = async |grants: Value, method: &str, body: &'static str| -> Answer {
            let now = house.stage.clock.now();
            let mut claims = local::issuer::claims(Role::Viewer, tenant, now);
            claims["grants"] = grants;
            let token = house.issuer.sign(&claims).unwrap();
            let request = Request::builder().method(method).uri("/v1/halt");
            let request = request
                .header("content-type", "application/json")
                .header("authorization", format!("Bearer {token}"));
            house.send(request.body(Body::from(body)).unwrap()).await
        };
        let all = |role: &str| json!([{"tenant": "*", "role": role}]);
        let one = json!([{"tenant": "contoso", "role": "administrator"}]);
        let order = r#"{"reason": "a drill"}"#;
        for grants in [one.clone(), all("approver"), json!([])] {
            let refused = ask(grants, "PUT", order).await;
            assert!(refused.is_problem(403, "forbidden"), "{refused:?}");
        }
        let halted = ask(all("administrator"), "PUT", order).await;
        assert_eq!(halted.body["halt"]["reason"], "a drill", "{halted:?}");
        assert_eq!(ask(one.clone(), "GET", "").await.body, halted.body);
        assert_eq!(house.get(TENANT).await.body["mode"], "paused");
        let tenants = house.get("/v1/tenants").await.body;
        assert_eq!(tenants["tenants"].as_array().unwrap().len(), 1);
        assert_eq!(ask(all("administrator"), "DELETE", "").await.status, 204);
        assert_eq!(ask(one, "GET", "").await.body, json!({}));
        assert_eq!(house.get(TENANT).await.body["mode"], "active");
    });
}

/// R130: blanks and unmatched people are told by property and by site. I6: a dry reinstatement of somebody who is there is refused.
#[test]
fn metadata_is_judged_and_nobody_is_reinstated_who_is_there() {
    play(async {
        let house = settled().await;
        let report = house.get(&format!("{TENANT}/metadata")).await.body;
        assert_eq!(report["complete"], true, "{report}");
        let people = report["people"].as_u64().unwrap();
        assert!(people > 0);
        let sites = report["sites"].as_array().unwrap();
        let sum: u64 = sites
            .iter()
            .map(|site| site["people"].as_u64().unwrap())
            .sum();
        assert_eq!(sum, people);
        let properties = names(&report["properties"]);
        for name in [
            "jobTitle",
            "department",
            "country",
            "physicalDeliveryOfficeName",
            "city",
        ] {
            assert!(properties.contains(&name), "{properties:?}");
        }
        let id = somebody(&house).await;
        let path = format!("{TENANT}/people/{id}/reinstate?dry=true");
        let refused = house.post(&path, "{}").await;
        assert!(refused.detail().contains("has not left"), "{refused:?}");
        house
            .post(&format!("{TENANT}/people/{id}/offboard"), "{}")
            .await;
        house.beside(house.stage.clock.sleep(12 * HOUR)).await;
        let dry = house.post(&path, "{}").await;
        assert_eq!(dry.status, 200, "{dry:?}");
        assert!(!dry.body["steps"].as_array().unwrap().is_empty());
        let path = format!("{TENANT}/people/{id}/reinstate");
        assert_eq!(house.post(&path, "{}").await.status, 202);
        house.beside(house.stage.clock.sleep(40 * HOUR)).await;
        let back = house.get(&format!("{TENANT}/people/{id}")).await.body;
        // Somebody else may have taken the seat meanwhile.
        let state = back["state"].as_str().unwrap();
        assert!(["provisioned", "waiting"].contains(&state), "{back}");
        assert_eq!(back["left"], false);
    });
}
