//! F37, F41, R117, R133, R134: rules through the API: stored as one document, refused as a whole, tried on everybody first.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use shared::model::access::Role;
use shared::model::lane::{Lane, Mark};

use super::resources::lived_in;
use super::{Answer, House, TENANT, people, play};

const RULES: &str = "/v1/tenants/contoso/rules";

impl House {
    async fn save(&self, document: &Value) -> Answer {
        let request = Request::put(RULES)
            .header(
                "authorization",
                format!("Bearer {}", self.token(Role::Administrator)),
            )
            .header("content-type", "application/json")
            .body(Body::from(document.to_string()));
        self.send(request.unwrap()).await
    }
}

#[test]
fn both_lists_are_stored_as_one_document() {
    play(async {
        let house = House::of(people(1)).await;
        let read = house.get(RULES).await;
        let names = |document: &Value| -> Vec<String> {
            let rules = document["persona"].as_array().unwrap().iter();
            rules.map(|rule| rule["name"].to_string()).collect()
        };
        assert_eq!(
            names(&read.body),
            ["\"Nurses and drivers\"", "\"Sales\"", "\"Office\""]
        );
        let mut draft = read.body.clone();
        draft["persona"].as_array_mut().unwrap().reverse();
        draft["persona"][0]["description"] = json!("whoever sits at a desk");
        let stored = house.save(&draft).await;
        let told = json!({"version": 2, "costs": [], "warnings": []});
        assert_eq!(stored.body, told, "{stored:?}");
        let again = house.get(RULES).await;
        assert_eq!(again.body["persona"], draft["persona"]);
        // Whoever read the version before is told to read again, and nothing is stored.
        let late = house.save(&draft).await;
        assert!(late.is_problem(409, "conflict"), "{late:?}");
        assert!(late.detail().contains("read them again"), "{late:?}");

        let refusals = [
            (
                json!("user.jobTitel -eq \"x\""),
                json!("sales"),
                "did you mean jobTitle?",
            ),
            (json!("user.city -eq"), json!("sales"), "Sales"),
            (
                json!("user.city -eq \"x\""),
                json!("nobody"),
                "there is no persona \"nobody\"",
            ),
        ];
        for (when, persona, why) in refusals {
            let mut wrong = again.body.clone();
            wrong["persona"][1]["when"] = when;
            wrong["persona"][1]["then"]["persona"] = persona;
            let refused = house.save(&wrong).await;
            assert!(refused.is_problem(409, "conflict"), "{refused:?}");
            assert!(refused.detail().contains(why), "{refused:?}");
        }
        let mut twins = again.body.clone();
        twins["persona"][1]["name"] = twins["persona"][0]["name"].clone();
        let refused = house.save(&twins).await;
        assert!(refused.detail().contains("two rules"), "{refused:?}");
        assert_eq!(house.get(RULES).await.body, again.body);

        // More than a row holds, and more than there may be.
        let mut many = again.body.clone();
        let rule = many["placement"][0].clone();
        let filled = |count: usize| -> Vec<Value> {
            let rules = (0..count).map(|nth| {
                let mut rule = rule.clone();
                rule["name"] = json!(format!("rule {nth}"));
                rule
            });
            rules.collect()
        };
        many["placement"] = json!(filled(9_997));
        let stored = house.save(&many).await;
        assert_eq!(stored.body["version"], 3, "{stored:?}");
        assert_eq!(house.get(RULES).await.body["placement"], many["placement"]);
        many["placement"] = json!(filled(9_998));
        many["version"] = json!(3);
        let refused = house.save(&many).await;
        assert!(refused.detail().contains("10000 at most"), "{refused:?}");
    });
}

#[test]
fn a_draft_is_tried_before_it_is_stored() {
    play(async {
        let house = House::of(people(60)).await;
        let pulled = house.stage.installation.ask(Lane::Sync, Mark::Pull);
        pulled.await.unwrap();
        let minute = std::time::Duration::from_secs(60);
        house.beside(house.stage.clock.sleep(30 * minute)).await;
        let read = house.get(RULES).await;
        let same = house
            .post(&format!("{RULES}/try"), &read.body.to_string())
            .await;
        assert_eq!(same.status, 200, "{same:?}");
        assert_eq!(
            (&same.body["complete"], &same.body["changed"]),
            (&json!(true), &json!([]))
        );
        let total = |answer: &Answer| -> u64 {
            let ways = answer.body["matrix"].as_array().unwrap().iter();
            ways.map(|way| way["people"].as_u64().unwrap()).sum()
        };
        assert_eq!(same.body["in_scope"], total(&same));

        let mut draft = read.body.clone();
        let everybody =
            json!({"name": "All", "when": "user.objectId -ne null", "then": {"persona": "office"}});
        draft["persona"]
            .as_array_mut()
            .unwrap()
            .insert(1, everybody);
        let tried = house
            .post(&format!("{RULES}/try"), &draft.to_string())
            .await;
        let changed = tried.body["changed"].as_array().unwrap();
        assert!(!changed.is_empty());
        assert!(
            changed.iter().all(|change| change["to"] == "office"),
            "{tried:?}"
        );
        let idle = tried.body["idle"].as_array().unwrap();
        let names: Vec<&str> = idle
            .iter()
            .filter_map(|idle| idle["rule"].as_str())
            .collect();
        assert_eq!(names, ["Sales", "Office"]);
        assert!(!tried.body["licences"].as_array().unwrap().is_empty());
        assert_eq!(house.get(RULES).await.body, read.body, "nothing is stored");
    });
}

/// R138: a rule that reads what was not read so far says what that costs; one that is seldom meant says why; too many groups are refused.
#[test]
fn what_rules_cost_is_said_when_they_are_stored() {
    play(async {
        let house = House::of(people(1)).await;
        let mut draft = house.get(RULES).await.body;
        draft["persona"][0]["when"] = json!(
            "user.department -ne \"Nurse\" -or user.employeeHireDate -ge system.now -or user.assignedPlans -any (assignedPlan.capabilityStatus -eq \"Enabled\")"
        );
        let stored = house.save(&draft).await;
        let costs = stored.body["costs"].to_string();
        for cost in [
            "assignedPlans was not read so far: the next sync reads the whole directory",
            "rules read the clock: everybody is decided once a day",
        ] {
            assert!(costs.contains(cost), "{stored:?}");
        }
        let warnings = stored.body["warnings"].as_array().unwrap();
        assert_eq!(warnings.len(), 1, "{stored:?}");
        assert_eq!(warnings[0]["rule"], draft["persona"][0]["name"]);
        let told = warnings[0]["told"].as_str().unwrap();
        assert!(told.contains("everybody without a value, too"), "{told}");

        let id = |nth: usize| format!("'{nth:08x}-0000-4000-8000-000000000000'");
        let groups: Vec<String> = (0..51).map(id).collect();
        let when = format!(
            "user.memberOf -any (group.objectId -in [{}])",
            groups.join(", ")
        );
        draft["version"] = json!(2);
        draft["persona"][0]["when"] = json!(when);
        let refused = house.save(&draft).await;
        assert!(refused.is_problem(409, "conflict"), "{refused:?}");
        assert!(refused.detail().contains("51 groups"), "{refused:?}");
    });
}

/// F40: one condition is tested on one person, with what decided it.
#[test]
fn one_condition_is_tested_on_one_person() {
    play(async {
        let house = lived_in(4, 1).await;
        let people = house.get(&format!("{TENANT}/people?limit=100")).await.body;
        let person = &people["people"][0]["id"];
        let test = async |when: &str, person: &Value| {
            let body = json!({"when": when, "person": person});
            house
                .post(&format!("{TENANT}/rules/test"), &body.to_string())
                .await
        };
        let seen = test("user.objectId -ne null", person).await;
        assert_eq!(seen.body["matches"], true, "{seen:?}");
        let not = test("user.department -eq \"Atlantis\"", person).await;
        assert_eq!(not.body["matches"], false, "{not:?}");
        assert_eq!(not.body["because"][0]["holds"], false, "{not:?}");
        let wrong = test("user.departement -eq 1", person).await;
        assert!(wrong.is_problem(409, "conflict"), "{wrong:?}");
        assert!(
            wrong.detail().contains("did you mean department"),
            "{wrong:?}"
        );
        let nobody = test("user.objectId -ne null", &json!("nobody")).await;
        assert!(nobody.is_problem(404, "not-found"), "{nobody:?}");
        let policies = house.get(&format!("{TENANT}/policies")).await.body;
        assert!(
            policies["policies"].as_array().unwrap().len() > 2,
            "{policies}"
        );
        let groups = house.get(&format!("{TENANT}/groups")).await.body;
        assert!(groups["groups"].is_array(), "{groups}");
    });
}
