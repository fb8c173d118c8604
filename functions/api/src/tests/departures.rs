//! F98: a day on which somebody leaves is set, shown, changed and taken back.

use std::time::Duration;

use serde_json::{Value, json};
use shared::model::lane::{Lane, Mark};

use super::{House, people, play};

#[test]
fn a_day_is_set_shown_changed_and_taken_back() {
    play(async {
        let house = House::of(people(20)).await;
        let installation = &house.stage.installation;
        installation.ask(Lane::Sync, Mark::Pull).await.unwrap();
        let hour = Duration::from_secs(3_600);
        house
            .beside(async {
                house.stage.clock.sleep(31 * hour).await;
                installation.ask(Lane::Staging, Mark::Poll).await.unwrap();
                house.stage.clock.sleep(10 * hour).await;
            })
            .await;
        let berlin = "/v1/tenants/contoso/people?state=provisioned&site=europe/berlin";
        let listed = house.get(berlin).await;
        let one = &listed.body["people"][0];
        let path = format!("/v1/tenants/contoso/people/{}", one["id"].as_str().unwrap());
        let departure = format!("{path}/departure");
        let shown = async || house.get(&path).await.body["departure"].clone();
        assert_eq!(shown().await, Value::Null);

        let set = house
            .put(&departure, r#"{"day": "2026-07-31", "time": "18:00"}"#)
            .await;
        let expected = json!({
            "day": "2026-07-31", "time": "18:00", "zone": "Europe/Berlin", "at": "2026-07-31T16:00:00.000Z"
        });
        assert_eq!(
            (set.status.as_u16(), &set.body),
            (200, &expected),
            "{set:?}"
        );
        assert_eq!(shown().await, expected);
        let changed = house.put(&departure, r#"{"day": "2026-12-31"}"#).await;
        assert_eq!(changed.body["at"], "2026-12-30T23:00:00.000Z");
        assert_eq!(shown().await, changed.body);

        for (body, why) in [
            (r#"{"day": "tomorrow"}"#, "is no day"),
            (
                r#"{"day": "2026-12-31", "time": "6 pm"}"#,
                "is no time of day",
            ),
            (r#"{"day": "1999-12-31"}"#, "is over"),
        ] {
            let refused = house.put(&departure, body).await;
            assert!(refused.is_problem(409, "conflict"), "{refused:?}");
            assert!(refused.detail().contains(why), "{refused:?}");
        }
        assert_eq!(shown().await, changed.body);
        for _ in 0..2 {
            assert_eq!(house.delete(&departure).await.status, 204);
        }
        assert_eq!(shown().await, Value::Null);
        let offboarded = house.post(&format!("{path}/offboard"), "").await;
        assert_eq!(offboarded.status, 202);
        let late = house.put(&departure, r#"{"day": "2026-12-31"}"#).await;
        assert!(late.detail().contains("has left already"), "{late:?}");
    });
}
