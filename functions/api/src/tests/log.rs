//! F122-F125, F153: the log of jobs, page by page and as lines; jobs taken back and done again; dead letters.

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use shared::model::access::Role;
use shared::model::lane::{Lane, Mark};
use std::time::Duration;
use tower::ServiceExt;

use super::resources::lived_in;
use super::{House, TENANT, people, play};

#[test]
fn jobs_are_listed_filtered_and_followed() {
    play(async {
        let house = lived_in(6, 3).await;
        let whole = house.get(&format!("{TENANT}/jobs?limit=100")).await;
        let jobs = whole.body["jobs"].as_array().unwrap();
        assert!(jobs.len() > 2, "{whole:?}");
        let created: Vec<&str> = jobs
            .iter()
            .map(|job| job["created"].as_str().unwrap())
            .collect();
        assert!(created.is_sorted_by(|a, b| a >= b), "{created:?}");
        let first = house.get(&format!("{TENANT}/jobs?limit=1")).await;
        assert_eq!(first.body["jobs"][0], jobs[0]);
        let next = first.body["next"].as_str().unwrap();
        let second = house
            .get(&format!("{TENANT}/jobs?limit=1&after={next}"))
            .await;
        assert_eq!(second.body["jobs"][0], jobs[1]);
        let state = jobs[0]["state"].as_str().unwrap();
        let same = house
            .get(&format!(
                "{TENANT}/jobs?state={state}&goal=provision&origin=rule"
            ))
            .await;
        let states = same.body["jobs"].as_array().unwrap();
        assert!(!states.is_empty() && states.iter().all(|job| job["state"] == state));
        for (wrong, field) in [
            ("state=odd", "state"),
            ("since=yesterday", "since"),
            ("after=a%23b", "after"),
            ("limit=101", "limit"),
            ("sort=up", "sort"),
        ] {
            let refused = house.get(&format!("{TENANT}/jobs?{wrong}")).await;
            assert!(refused.is_problem(422, "invalid"), "{refused:?}");
            assert_eq!(refused.body["field"], field, "{refused:?}");
        }
        let person = jobs[0]["person"].as_str().unwrap();
        let of = house.get(&format!("{TENANT}/people/{person}/jobs")).await;
        assert_eq!(of.body["jobs"][0], jobs[0], "{of:?}");
    });
}

/// What is kept of ended jobs goes out as one JSON object a line, and says what there was before and what there was to be.
#[test]
fn history_goes_out_as_lines() {
    play(async {
        let house = lived_in(6, 1).await;
        let story = async {
            let staged = house.get(&format!("{TENANT}/jobs?state=staged")).await.body;
            for job in &staged["jobs"].as_array().unwrap()[..2] {
                let path = format!("{TENANT}/jobs/{}/cancel", job["id"].as_str().unwrap());
                assert_eq!(house.post(&path, "").await.status, 202);
            }
            house.stage.clock.sleep(Duration::from_secs(1_200)).await;
        };
        house.beside(story).await;
        let pages = house.get(&format!("{TENANT}/history?limit=100")).await;
        let kept = pages.body["history"].as_array().unwrap();
        assert!(!kept.is_empty(), "{pages:?}");
        assert!(
            kept.iter()
                .all(|one| one["before"].is_object() && one["after"].is_object())
        );
        let lines = async |path: &str| {
            let request = Request::get(path)
                .header(
                    "authorization",
                    format!("Bearer {}", house.token(Role::Viewer)),
                )
                .header("accept", "application/x-ndjson")
                .body(Body::empty());
            let answer = house
                .router
                .clone()
                .oneshot(request.unwrap())
                .await
                .unwrap();
            assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
            let link = answer
                .headers()
                .get("link")
                .map(|link| link.to_str().unwrap().to_owned());
            let text = answer.into_body().collect().await.unwrap().to_bytes();
            let text = String::from_utf8(text.to_vec()).unwrap();
            let read = text.lines().map(|line| serde_json::from_str(line).unwrap());
            (read.collect::<Vec<Value>>(), link)
        };
        let (all, _) = lines(&format!("{TENANT}/history?limit=100")).await;
        assert_eq!(all, *kept);
        let (one, link) = lines(&format!("{TENANT}/history?limit=1")).await;
        assert_eq!(one.len(), 1);
        let link = link.unwrap();
        let path = link
            .strip_prefix('<')
            .unwrap()
            .split('>')
            .next()
            .unwrap()
            .to_owned();
        let (next, _) = lines(&path).await;
        assert_eq!(next[0], kept[1]);
    });
}

#[test]
fn a_job_is_taken_back_and_done_again() {
    play(async {
        let house = lived_in(6, 1).await;
        let story = async {
            let staged = house.get(&format!("{TENANT}/jobs?state=staged")).await;
            let job = staged.body["jobs"][0]["id"].as_str().unwrap().to_owned();
            let path = format!("{TENANT}/jobs/{job}");
            let open = house.post(&format!("{path}/replay"), "").await;
            assert!(open.is_problem(409, "conflict"), "{open:?}");
            let back = house.post(&format!("{path}/cancel"), "").await;
            assert_eq!(back.status, 202, "{back:?}");
            assert_eq!(back.headers["location"], path);
            house.stage.clock.sleep(Duration::from_secs(1_200)).await;
            let seen = house.get(&path).await.body;
            assert_eq!(seen["state"], "cancelled", "{seen}");
            assert_eq!(seen["cancelled_by"], "demo-operator");
            let again = house.post(&format!("{path}/replay"), "").await;
            assert_eq!(again.status, 202, "{again:?}");
            let jobs = house
                .get(again.headers["location"].to_str().unwrap())
                .await
                .body;
            assert_eq!(jobs["jobs"][1]["id"], job.as_str(), "{jobs}");
            assert_eq!(jobs["jobs"][0]["state"], "due");
        };
        house.beside(story).await;
    });
}

/// Dead letters are the installation's: no grant for one tenant shows or rings them.
#[test]
fn dead_letters_are_for_whoever_runs_the_installation() {
    play(async {
        let house = House::of(people(1)).await;
        let none = house.get("/v1/dead-letters").await;
        assert!(none.is_problem(403, "forbidden"), "{none:?}");
        let contoso = &house.stage.installation.tenant;
        let mut claims = local::issuer::claims(Role::Operator, contoso, house.stage.clock.now());
        claims["grants"] = json!([{"tenant": "*", "role": "operator"}]);
        let all = house.issuer.sign(&claims).unwrap();
        let sqs = house.stage.installation.cloud.sqs();
        sqs.send("sync-dead", r#"{"tenant": "contoso"}"#, Duration::ZERO)
            .unwrap();
        let ask = async |method: &str, path: &str| {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header("authorization", format!("Bearer {all}"));
            house.send(request.body(Body::empty()).unwrap()).await
        };
        let seen = ask("GET", "/v1/dead-letters").await.body;
        assert_eq!(seen["dead_letters"][0]["lane"], "sync");
        assert_eq!(seen["dead_letters"][0]["count"], 1);
        assert!(seen["dead_letters"][0]["oldest"].is_string());
        let rung = ask("POST", "/v1/dead-letters/ring").await;
        assert_eq!(rung.body, json!({"rung": 1}));
        house
            .stage
            .installation
            .ask(Lane::Sync, Mark::Pull)
            .await
            .unwrap();
    });
}
