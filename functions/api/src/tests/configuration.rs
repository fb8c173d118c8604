//! F129, F145, I10: everything that is written down of a tenant is one document; it is planned before it is applied.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use shared::model::access::Role;

use super::places::tag;
use super::resources::lived_in;
use super::{Answer, House, TENANT, people, play};

impl House {
    async fn export(&self) -> Value {
        let answer = self.get(&format!("{TENANT}/configuration")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    async fn plan(&self, document: &Value) -> Answer {
        let path = format!("{TENANT}/configuration/plan");
        self.ask_as(Role::Operator, "POST", &path, document).await
    }

    async fn apply(&self, document: &Value, hash: &Value) -> Answer {
        let hash = format!("{hash}");
        self.store("configuration", Some(&hash), document).await
    }

    async fn take(&self, path: &str, read: &str) -> Answer {
        let token = self.token(Role::Administrator);
        let request = Request::delete(format!("{TENANT}/{path}"))
            .header("if-match", read)
            .header("authorization", format!("Bearer {token}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }
}

#[test]
fn what_is_exported_changes_nothing_when_it_is_planned() {
    play(async {
        let house = House::of(people(3)).await;
        let whole = house.export().await;
        for section in [
            "settings",
            "nodes",
            "profiles",
            "personas",
            "fields",
            "ranges",
            "rules",
            "schedules",
        ] {
            assert!(whole[section].is_object(), "{section}: {whole}");
        }
        let planned = house.plan(&whole).await;
        assert_eq!(planned.body["changes"], json!([]), "{planned:?}");
        assert_eq!(planned.body["objections"], json!([]), "{planned:?}");
        let applied = house.apply(&whole, &planned.body["hash"]).await;
        assert_eq!(applied.body, json!({"stored": []}), "{applied:?}");
    });
}

/// What is taken away and brought in again is the same document, to the byte.
#[test]
fn what_was_wiped_comes_back_as_it_was() {
    play(async {
        let house = House::of(people(3)).await;
        let desk = json!({"location": true, "licences": true, "groups": true, "policies": true, "number": false});
        let made = house.store("profiles/desk", Some("*"), &desk).await;
        assert_eq!(made.status, 200, "{made:?}");
        let before = house.export().await;
        let wiped = json!({
            "nodes": {}, "profiles": {}, "personas": {}, "fields": {}, "ranges": {},
            "rules": {"placement": [], "persona": []},
        });
        for document in [&wiped, &before] {
            let planned = house.plan(document).await;
            assert_eq!(planned.body["objections"], json!([]), "{planned:?}");
            let applied = house.apply(document, &planned.body["hash"]).await;
            assert_eq!(applied.status, 200, "{applied:?}");
            assert!(!applied.body["stored"].as_array().unwrap().is_empty());
        }
        let after = house.export().await;
        assert_eq!(before.to_string(), after.to_string());
    });
}

#[test]
fn a_change_is_planned_with_the_people_it_concerns_and_applied_by_its_hash() {
    play(async {
        let house = lived_in(5, 1).await;
        let story = async {
            let mut draft = json!({"rules": house.export().await["rules"]});
            draft["rules"]["persona"] = json!([{
                "name": "everybody", "when": "user.userType -eq \"Member\"", "then": {"persona": "frontline", "role": "none"},
            }]);
            let planned = house.plan(&draft).await;
            let changes = &planned.body["changes"];
            assert_eq!(changes.as_array().unwrap().len(), 1, "{planned:?}");
            assert_eq!(changes[0]["section"], "rules");
            assert_eq!(changes[0]["name"], "persona");
            assert_eq!(changes[0]["how"], "changed");
            assert_eq!(changes[0]["after"], draft["rules"]["persona"]);
            let concerned = planned.body["people"]["changed"].as_array().unwrap();
            assert!(!concerned.is_empty(), "{planned:?}");
            // Something else is not what was planned; neither is the same after somebody edited.
            let late = house
                .apply(
                    &json!({"rules": {"placement": [], "persona": []}}),
                    &planned.body["hash"],
                )
                .await;
            assert!(late.is_problem(412, "changed"), "{late:?}");
            let applied = house.apply(&draft, &planned.body["hash"]).await;
            assert_eq!(applied.status, 200, "{applied:?}");
            let again = house.apply(&draft, &planned.body["hash"]).await;
            assert!(again.is_problem(412, "changed"), "{again:?}");
            assert_eq!(house.export().await["rules"], draft["rules"]);
        };
        house.beside(story).await;
    });
}

#[test]
fn what_cannot_be_applied_is_said_of_its_place_and_nothing_is_stored() {
    play(async {
        let house = House::of(people(2)).await;
        let before = house.export().await;
        let mut draft = before.clone();
        draft["nodes"]["Oslo"] = json!({"name": "Oslo", "kind": "site"});
        draft["settings"]["import"]["only"] = json!("user.department -eq");
        draft["schedules"]["UserSync"]["minutes"] = json!(1);
        let planned = house.plan(&draft).await;
        let told: Vec<(String, Value)> = planned.body["objections"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                (
                    one["section"].as_str().unwrap().to_owned(),
                    one["name"].clone(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("settings".to_owned(), Value::Null),
                ("nodes".to_owned(), json!("Oslo")),
                ("schedules".to_owned(), json!("UserSync")),
            ]
        );
        let refused = house.apply(&draft, &planned.body["hash"]).await;
        assert!(refused.is_problem(409, "conflict"), "{refused:?}");
        // A rule that names nobody's persona is found in its list.
        let mut draft = before.clone();
        draft["personas"].as_object_mut().unwrap().remove("sales");
        let planned = house.plan(&draft).await;
        let objection = &planned.body["objections"][0];
        assert_eq!(
            (&objection["section"], &objection["name"]),
            (&json!("rules"), &json!("persona"))
        );
        assert!(objection["rule"].is_number(), "{planned:?}");
        let unknown = house
            .plan(&json!({"nodes": {"oslo": {"name": "Oslo", "kind": "site", "floor": 3}}}))
            .await;
        assert!(unknown.is_problem(422, "invalid"), "{unknown:?}");
        assert_eq!(unknown.body["field"], "nodes.oslo.floor", "{unknown:?}");
        assert_eq!(house.export().await, before);
    });
}

#[test]
fn one_entry_is_taken_away_only_by_whoever_read_it_and_while_nothing_needs_it() {
    play(async {
        let house = House::of(people(2)).await;
        let oslo = json!({"name": "Oslo", "kind": "site"});
        let made = house.store("nodes/oslo", Some("*"), &oslo).await;
        let late = house.take("nodes/oslo", "\"never\"").await;
        assert!(late.is_problem(412, "changed"), "{late:?}");
        let range = json!({"name": "Oslo", "node": "oslo"});
        let drawn = house.store("ranges/oslo", Some("*"), &range).await;
        assert_eq!(drawn.status, 200, "{drawn:?}");
        let needed = house.take("nodes/oslo", &tag(&made)).await;
        assert!(needed.is_problem(409, "conflict"), "{needed:?}");
        assert!(needed.detail().contains("ranges oslo"), "{needed:?}");
        for (path, etag) in [("ranges/oslo", tag(&drawn)), ("nodes/oslo", tag(&made))] {
            let gone = house.take(path, &etag).await;
            assert_eq!(gone.status, 204, "{gone:?}");
            let again = house.take(path, &etag).await;
            assert!(again.is_problem(404, "not-found"), "{again:?}");
        }
        let blind = house.delete(&format!("{TENANT}/people/x/exception")).await;
        assert!(!blind.status.is_server_error(), "{blind:?}");
    });
}

/// Settings are replaced by whoever read them; pause and flow-through are not among them.
#[test]
fn settings_and_rights_over_fields_are_read_and_replaced() {
    play(async {
        let house = House::of(people(2)).await;
        let read = house.get(&format!("{TENANT}/settings")).await;
        let mut settings = read.body.clone();
        settings["countries"] = json!({" Germany ": "de"});
        settings["limits"] = json!({"offboard": {"few": 3, "percent": 1, "many": 10}});
        let stored = house.store("settings", Some(&tag(&read)), &settings).await;
        assert_eq!(stored.status, 200, "{stored:?}");
        assert_eq!(stored.body["countries"], json!({"germany": "DE"}));
        let late = house.store("settings", Some(&tag(&read)), &settings).await;
        assert!(late.is_problem(412, "changed"), "{late:?}");
        // What is chosen beside the document is another content of it.
        let chosen = house
            .put(&format!("{TENANT}/offboarding"), r#"{"licences": "keep"}"#)
            .await;
        assert!(chosen.status.is_success(), "{chosen:?}");
        let read = house.get(&format!("{TENANT}/settings")).await;
        assert_eq!(read.body["offboard_licences"], "keep");
        let stored = house.store("settings", Some(&tag(&read)), &settings).await;
        assert_eq!(stored.status, 200, "{stored:?}");
        let rights = json!({"licences": "hidden", "usage_location": {"prefilled": "GB"}});
        let made = house
            .store("fields/viewer@europe%2Flondon", Some("*"), &rights)
            .await;
        assert_eq!((made.status.as_u16(), &made.body), (200, &rights));
        let listed = house.get(&format!("{TENANT}/fields")).await.body;
        assert_eq!(listed["fields"][0]["at"], "viewer@europe/london");
        let gone = house
            .take("fields/viewer@europe%2Flondon", &tag(&made))
            .await;
        assert_eq!(gone.status, 204, "{gone:?}");
        let nobody = house.store("fields/boss", Some("*"), &rights).await;
        assert!(nobody.is_problem(404, "not-found"), "{nobody:?}");
    });
}
