//! Schedules: seen by everybody, changed by administrators, and what cannot be is said.

use serde_json::json;

use super::{Answer, House, people, play};

async fn put(house: &House, name: &str, body: &str) -> Answer {
    let path = format!("/v1/tenants/contoso/schedules/{name}");
    house.put(&path, body).await
}

/// R7, R8, R9, R139: the staging schedule is off and four-hourly until somebody switches it on; switch and interval change together.
#[test]
fn the_staging_schedule_is_switched_on_and_shown() {
    play(async {
        let house = House::of(people(2)).await;
        let path = "/v1/tenants/contoso/schedules";
        let staging = "ScheduleMSTeamsOnlineTargetUserSync";
        let listed = house.get(path).await.body;
        let hourly = &listed["schedules"][0];
        assert_eq!(
            (&hourly["name"], &hourly["active"], &hourly["minutes"]),
            (&json!("UserSync"), &json!(true), &json!(60))
        );
        assert_eq!(hourly["next"].as_array().unwrap().len(), 5, "{hourly}");
        assert_eq!(
            listed["schedules"][4],
            json!({"name": staging, "etag": listed["schedules"][4]["etag"], "active": false, "minutes": 240, "next": []})
        );
        let changed = put(&house, staging, r#"{"active": true, "minutes": 120}"#).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        assert_eq!(
            (&changed.body["active"], &changed.body["minutes"]),
            (&json!(true), &json!(120))
        );
        assert_eq!(house.get(path).await.body["schedules"][4], changed.body);
    });
}

#[test]
fn what_cannot_be_a_schedule_is_refused_with_the_field() {
    play(async {
        let house = House::of(people(2)).await;
        let unknown = put(&house, "Nightly", r#"{"active": true, "minutes": 60}"#).await;
        assert!(unknown.is_problem(404, "not-found"));
        assert!(unknown.detail().contains("UserSync"), "{unknown:?}");
        for minutes in [0, 4, 44_641] {
            let body = format!(r#"{{"active": true, "minutes": {minutes}}}"#);
            let refused = put(&house, "UserSync", &body).await;
            assert!(refused.is_problem(422, "invalid"), "{refused:?}");
            assert_eq!(refused.body["field"], "minutes");
        }
        let more = r#"{"active": true, "minutes": 60, "cron": "* * * * *"}"#;
        let refused = put(&house, "UserSync", more).await;
        assert!(refused.is_problem(422, "invalid"), "{refused:?}");
        assert!(refused.detail().contains("cron"), "{refused:?}");
    });
}

/// F118: a time of day is meant somewhere, and the next runs are shown there and in UTC.
#[test]
fn a_schedule_runs_at_a_time_of_day_somewhere() {
    play(async {
        let house = House::of(people(2)).await;
        let nightly = r#"{"active": true, "at": "02:15", "days": ["sat", "sun"], "time_zone": "Europe/Berlin"}"#;
        let set = put(&house, "NumberAudit", nightly).await;
        assert_eq!(set.status, 200, "{set:?}");
        assert_eq!(set.body["days"], json!(["sat", "sun"]));
        let first = &set.body["next"][0];
        let shown = |name: &str| first[name].as_str().unwrap().to_owned();
        assert!(shown("local").contains("T02:15:00+0"), "{first}");
        assert!(shown("utc").ends_with("Z"), "{first}");
        for (wrong, told) in [
            (
                r#"{"active": true, "at": "2:15", "time_zone": "Europe/Berlin"}"#,
                "06:30",
            ),
            (r#"{"active": true, "at": "02:15"}"#, "time_zone"),
            (
                r#"{"active": true, "minutes": 60, "days": ["sat"]}"#,
                "either minutes",
            ),
        ] {
            let refused = put(&house, "NumberAudit", wrong).await;
            assert!(refused.is_problem(422, "invalid"), "{refused:?}");
            assert!(refused.detail().contains(told), "{refused:?}");
        }
        let nowhere = r#"{"active": true, "at": "02:15", "time_zone": "Berlin"}"#;
        let refused = put(&house, "NumberAudit", nowhere).await;
        assert!(refused.is_problem(409, "conflict"), "{refused:?}");
    });
}

/// F144: whoever says what they read replaces nothing else.
#[test]
fn a_schedule_that_was_changed_meanwhile_is_not_replaced() {
    play(async {
        let house = House::of(people(1)).await;
        let listed = house.get("/v1/tenants/contoso/schedules").await.body;
        let read = listed["schedules"][0]["etag"].as_str().unwrap();
        let set = async |minutes: u32| {
            let change = json!({"active": true, "minutes": minutes});
            house.store("schedules/UserSync", Some(read), &change).await
        };
        assert_eq!(set(30).await.status, 200);
        let late = set(45).await;
        assert!(late.is_problem(412, "changed"), "{late:?}");
        let told = house.get("/v1/tenants/contoso/schedules").await.body;
        assert_eq!(told["schedules"][0]["minutes"], 30);
    });
}
