//! F57: ranges and numbers through the API; a file with mistakes says where.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use shared::model::access::Role;

use super::{Answer, House, people, play};

async fn import(house: &House, query: &str, file: &str) -> Answer {
    let request = Request::post(format!("/v1/tenants/contoso/numbers/import{query}"))
        .header(
            "authorization",
            format!("Bearer {}", house.token(Role::Administrator)),
        )
        .header("content-type", "text/csv")
        .body(Body::from(file.to_owned()));
    house.send(request.unwrap()).await
}

#[test]
fn numbers_come_in_as_a_file() {
    play(async {
        let house = House::of(people(1)).await;
        let ranges = "/v1/tenants/contoso/ranges";
        let lost = house
            .store(
                "ranges/paris",
                Some("*"),
                &json!({"name": "Paris", "node": "europe/paris"}),
            )
            .await;
        assert!(lost.is_problem(409, "conflict"), "{lost:?}");
        assert!(lost.detail().contains("no node"), "{lost:?}");
        let stored = house
            .store(
                "ranges/london",
                Some("*"),
                &json!({"name": "London", "node": "europe/london"}),
            )
            .await;
        assert_eq!(stored.status, 200, "{stored:?}");

        let file = "number,range,golden\n+44 20 7100 0001,london,\n+442071000002,london,true\n+442071000003;ext=12,,\n";
        let dry = import(&house, "?dry=true", file).await;
        assert_eq!(
            dry.body,
            json!({"stored": false, "new": 3, "known": 0, "refused": []})
        );
        for (new, known) in [(3, 0), (0, 3)] {
            let told = import(&house, "", file).await;
            assert_eq!(
                told.body,
                json!({"stored": true, "new": new, "known": known, "refused": []})
            );
        }
        let listed = house.get(ranges).await;
        let london = json!({"id": "london", "etag": stored.body["etag"], "name": "London", "node": "europe/london", "free": 1});
        assert_eq!(listed.body, json!({"ranges": [london]}));
        let one = house
            .get("/v1/tenants/contoso/numbers/%2B442071000002")
            .await;
        assert_eq!(
            one.body,
            json!({"number": "+442071000002", "state": "available", "range": "london", "node": "europe/london", "golden": true, "duplicated": false})
        );
        let none = house.get("/v1/tenants/contoso/numbers/%2B49").await;
        assert!(none.is_problem(404, "not-found"), "{none:?}");

        let wrong = "number,range\n+442071000004,london\n0207,london\n+442071000005,rome\n";
        let refused = json!([
            {"row": 2, "reason": "\"0207\" is no telephone number in E.164"},
            {"row": 3, "reason": "there is no range \"rome\""},
        ]);
        let told = import(&house, "", wrong).await;
        assert_eq!(
            told.body,
            json!({"stored": false, "new": 1, "known": 0, "refused": refused})
        );
        let told = import(&house, "?partly=true", wrong).await;
        assert_eq!(
            told.body,
            json!({"stored": true, "new": 1, "known": 0, "refused": refused})
        );
        for (file, why) in [
            ("telephone\n+4420\n", "line 2"),
            ("number,colour\n+4420,red\n", "colour"),
            ("number,golden\n+4420,perhaps\n", "`true` or `false`"),
            ("number\n+4420,extra\n", "line 2"),
        ] {
            let told = import(&house, "", file).await;
            assert!(told.is_problem(422, "invalid"), "{told:?}");
            assert!(told.detail().contains(why), "{told:?}");
        }
        let many: String = (0..10_001).map(|n| format!("+4420{n:06}\n")).collect();
        let told = import(&house, "", &format!("number\n{many}")).await;
        assert!(told.detail().contains("more than 10000 rows"), "{told:?}");
    });
}

/// F60-F66: what an administrator does with numbers, through the API.
#[test]
fn numbers_are_filled_up_kept_back_moved_and_compared() {
    play(async {
        let house = House::of(people(1)).await;
        let post = async |path: &str, body: &'static str| {
            let request = Request::post(path)
                .header(
                    "authorization",
                    format!("Bearer {}", house.token(Role::Administrator)),
                )
                .header("content-type", "application/json")
                .body(Body::from(body));
            house.send(request.unwrap()).await
        };
        let at = |path: &str| format!("/v1/tenants/contoso/{path}");
        let london = json!({"name": "London", "node": "europe/london", "low": 5});
        let stored = house.store("ranges/london", Some("*"), &london).await;
        assert_eq!(stored.status, 200, "{stored:?}");
        let span = r#"{"first": "+442071000000", "last": "+442071000003"}"#;
        for new in [4, 0] {
            let filled = post(&at("ranges/london/fill"), span).await;
            assert_eq!(filled.body["new"], new, "{filled:?}");
        }
        let one = |nth: usize| at(&format!("numbers/%2B44207100000{nth}"));
        let reserved = post(
            &format!("{}/reserve", one(0)),
            r#"{"note": "for the board"}"#,
        )
        .await;
        assert_eq!(reserved.body["state"], "reserved", "{reserved:?}");
        let cooled = post(&format!("{}/cool", one(1)), r#"{"days": 30}"#).await;
        assert_eq!(cooled.body["state"], "cooling", "{cooled:?}");
        let freed = post(&format!("{}/free", one(1)), "").await;
        assert_eq!(freed.body["state"], "available", "{freed:?}");
        let again = post(&format!("{}/free", one(1)), "").await;
        assert!(again.is_problem(409, "conflict"), "{again:?}");
        let moved = post(
            &format!("{}/relocate", one(2)),
            r#"{"node": "europe", "range": "london"}"#,
        )
        .await;
        assert_eq!(moved.body["node"], "europe", "{moved:?}");
        let nowhere = post(&format!("{}/relocate", one(2)), r#"{"node": "asia"}"#).await;
        assert!(nowhere.is_problem(409, "conflict"), "{nowhere:?}");
        let listed = house.get(&at("numbers?state=reserved&range=london")).await;
        assert_eq!(listed.body["numbers"][0]["note"], "for the board");
        assert_eq!(listed.body["numbers"].as_array().unwrap().len(), 1);
        let mut all = Vec::new();
        let mut next = at("numbers?limit=3");
        loop {
            let page = house.get(&next).await;
            let numbers = page.body["numbers"].as_array().unwrap();
            all.extend(numbers.iter().map(|one| one["number"].to_string()));
            let Some(after) = page.body["next"].as_str() else {
                break;
            };
            next = at(&format!(
                "numbers?limit=3&after={}",
                after.replace('+', "%2B")
            ));
        }
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 4);
        let none = house.get(&at("audit")).await;
        assert!(none.is_problem(404, "not-found"), "{none:?}");
        let ordered = post(&at("audit"), "").await;
        assert_eq!(ordered.status, 202, "{ordered:?}");
    });
}
