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
        assert_eq!(
            listed["schedules"][0],
            json!({"name": "UserSync", "active": true, "minutes": 60})
        );
        assert_eq!(
            listed["schedules"][4],
            json!({"name": staging, "active": false, "minutes": 240})
        );
        let changed = put(&house, staging, r#"{"active": true, "minutes": 120}"#).await;
        let on = json!({"name": staging, "active": true, "minutes": 120});
        assert_eq!((changed.status.as_u16(), &changed.body), (200, &on));
        assert_eq!(house.get(path).await.body["schedules"][4], on);
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
