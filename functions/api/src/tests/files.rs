//! F112-F114: a file of orders comes in as CSV, and every row is answered.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use shared::model::access::Role;

use super::resources::lived_in;
use super::{Answer, House, TENANT, play};

impl House {
    async fn file(&self, query: &str, file: &str) -> Answer {
        let token = self.token(Role::Operator);
        let request = Request::post(format!("{TENANT}/files{query}"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "text/csv");
        self.send(request.body(Body::from(file.to_owned())).unwrap())
            .await
    }
}

#[test]
fn a_file_is_checked_given_in_and_followed() {
    play(async {
        let house = lived_in(6, 1).await;
        let people = house.get(&format!("{TENANT}/people?limit=100")).await.body;
        let id = |nth: usize| people["people"][nth]["id"].as_str().unwrap().to_owned();
        let good = format!(
            "person,order,site,persona\n{},offboard,,\n{},persona,europe/berlin,frontline\n",
            id(0),
            id(1)
        );
        let mixed = format!("{good}nobody@example.com,offboard,,\n");
        let dry = house.file("?dry=true", &good).await;
        assert_eq!(
            (dry.status.as_u16(), &dry.body["accepted"]),
            (200, &json!(2)),
            "{dry:?}"
        );
        assert!(dry.body.get("change_set").is_none());
        let refused = house.file("", &mixed).await;
        assert_eq!(refused.status, 200, "{refused:?}");
        assert_eq!(
            refused.body["rows"][2],
            json!({"line": 4, "refused": "there is no such person"})
        );
        let given = house.file("?partly=true", &mixed).await;
        assert_eq!(given.status, 202, "{given:?}");
        let set = given.headers["location"].to_str().unwrap().to_owned();
        let seen = house.get(&set).await.body;
        assert_eq!(
            (&seen["origin"], &seen["state"]),
            (&json!("file"), &json!("deciding"))
        );
        let outcomes = house.get(&format!("{set}/outcomes")).await.body;
        assert_eq!(outcomes["people"][0]["outcome"], "waiting", "{outcomes}");
        house
            .beside(house.stage.clock.sleep(Duration::from_secs(1_800)))
            .await;
        let outcomes = house.get(&format!("{set}/outcomes")).await.body;
        let told: Vec<&str> = outcomes["people"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["outcome"].as_str().unwrap())
            .collect();
        assert_eq!(told, ["ordered", "ordered"], "{outcomes}");
        assert_eq!(house.get(&set).await.body["state"], "done");
    });
}

#[test]
fn a_file_that_is_no_table_is_refused_with_the_line() {
    play(async {
        let house = lived_in(1, 0).await;
        let head = "person,order,site,persona,profile,keep_number";
        for (file, told) in [
            ("who,what\na,b\n".to_owned(), "unknown field `who`"),
            ("order\noffboard\n".to_owned(), "missing field `person`"),
            ("person,order,colour\na,offboard,red\n".to_owned(), "colour"),
            (
                format!("{head}\na,fire,,,,\n"),
                "line 2: \"fire\" is none of",
            ),
            (
                format!("{head}\na,move,,,,\n"),
                "line 2: a move needs a site",
            ),
            (format!("{head}\na,move,x,,,perhaps\n"), "write yes or no"),
            (
                format!("{head}\na,offboard,,sales,,\n"),
                "offboard has no persona",
            ),
            (format!("{head}\na,persona,,,,\n"), "needs a persona"),
            (format!("{head}\na,offboard\n"), "line 2"),
        ] {
            let refused = house.file("", &file).await;
            assert!(refused.is_problem(422, "invalid"), "{file}: {refused:?}");
            assert!(refused.detail().contains(told), "{file}: {refused:?}");
        }
        let empty = house.file("", head).await;
        assert!(empty.is_problem(409, "conflict"), "{empty:?}");
    });
}
