//! F144: an order that comes twice with one key is carried out once, and answered the same.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use shared::model::access::Role;

use super::resources::lived_in;
use super::{Answer, House, TENANT, play};

impl House {
    async fn order(&self, path: &str, key: &str, body: &str) -> Answer {
        let token = self.token(Role::Operator);
        let request = Request::post(format!("{TENANT}/{path}"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .header("idempotency-key", key);
        self.send(request.body(Body::from(body.to_owned())).unwrap())
            .await
    }
}

#[test]
fn an_order_that_comes_twice_is_carried_out_once() {
    play(async {
        let house = lived_in(4, 1).await;
        let people = house.get(&format!("{TENANT}/people?limit=100")).await.body;
        let person = people["people"][0]["id"].as_str().unwrap();
        let path = format!("people/{person}/offboard");
        let jobs = async || {
            let told = house.get(&format!("{TENANT}/people/{person}/jobs")).await;
            told.body["jobs"].as_array().unwrap().len()
        };
        let before = jobs().await;
        let first = house.order(&path, "k1", "").await;
        assert_eq!(first.status, 202, "{first:?}");
        assert!(first.headers.get("idempotency-replayed").is_none());
        let again = house.order(&path, "k1", "").await;
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        assert_eq!(again.headers["location"], first.headers["location"]);
        assert_eq!(again.headers["idempotency-replayed"], "true");
        assert_eq!(jobs().await, before + 1);
        // Without the key it is another order, which is refused because the first is carried out.
        let other = house.post(&format!("{TENANT}/{path}"), "").await;
        assert!(other.is_problem(409, "conflict"), "{other:?}");
        // A refusal is an answer too.
        let refused = house.order(&path, "k2", "").await;
        assert!(refused.is_problem(409, "conflict"), "{refused:?}");
        let again = house.order(&path, "k2", "").await;
        assert!(again.is_problem(409, "conflict"), "{again:?}");
        assert_eq!(again.headers["idempotency-replayed"], "true");
        // The key of one order is no key of another, nor of another body.
        let mixed = house
            .order(&format!("people/{person}/refresh"), "k1", "")
            .await;
        assert!(mixed.is_problem(422, "invalid"), "{mixed:?}");
        assert_eq!(mixed.body["field"], "Idempotency-Key");
        let long = house.order(&path, &"k".repeat(129), "").await;
        assert!(long.is_problem(422, "invalid"), "{long:?}");
        // After a day it is free again.
        house
            .stage
            .clock
            .sleep(Duration::from_secs(25 * 3_600))
            .await;
        let later = house
            .order(&format!("people/{person}/refresh"), "k1", "")
            .await;
        assert_eq!(later.status, 202, "{later:?}");
    });
}
