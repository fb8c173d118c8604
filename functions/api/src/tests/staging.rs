//! Who is staged, looked at, taken back (R10-R13, F93, F96).

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use shared::model::ask::Verb;
use shared::model::job::JobId;
use shared::model::lane::{Lane, Mark, Worker};
use shared::model::tenant::TenantId;
use shared::run::look;

use super::{House, people, play};

const MINUTE: Duration = Duration::from_secs(60);
/// Somebody who works in no lane of jobs.
const OUTSIDE: Worker = Worker {
    lane: Lane::Sync,
    fence: 0,
};
const STAGING: &str = "/v1/tenants/contoso/staging";

/// A house an hour after its first sync: many are staged, and no schedule looks at them.
async fn with_staged() -> House {
    let house = House::of(people(40)).await;
    let installation = &house.stage.installation;
    installation.ask(Lane::Sync, Mark::Pull).await.unwrap();
    house.beside(house.stage.clock.sleep(60 * MINUTE)).await;
    house
}

/// Everybody who is staged, by id.
async fn staged(house: &House) -> BTreeMap<String, Value> {
    let mut staged = BTreeMap::new();
    let mut after = String::new();
    loop {
        let page = house.get(&format!("{STAGING}?limit=7{after}")).await;
        for one in page.body["staged"].as_array().unwrap() {
            let id = one["person"].as_str().unwrap().to_owned();
            assert_eq!(
                staged.insert(id, one.clone()),
                None,
                "somebody is listed twice"
            );
        }
        match page.body["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return staged,
        }
    }
}

fn attempts(staged: &BTreeMap<String, Value>) -> BTreeMap<&str, u64> {
    let attempts = staged.iter();
    attempts
        .map(|(id, one)| (id.as_str(), one["attempts"].as_u64().unwrap()))
        .collect()
}

/// R13, F93: who, why, since when, how often, when next, until when; the same people as the list of people shows.
#[test]
fn the_list_says_who_is_staged_and_why() {
    play(async {
        let house = with_staged().await;
        let staged = staged(&house).await;
        let people = house
            .get("/v1/tenants/contoso/people?state=staged&limit=100")
            .await;
        assert_eq!(
            people.body["people"].as_array().unwrap().len(),
            staged.len()
        );
        assert!(staged.len() > 10, "{}", staged.len());
        for one in staged.values() {
            assert!(!one["reason"].as_str().unwrap().is_empty(), "{one}");
            let age = one["age_seconds"].as_u64().unwrap();
            assert!((1..=3_600).contains(&age), "{one}");
            assert!(one["attempts"].as_u64().unwrap() >= 1, "{one}");
            // Without a schedule the next look is the last one.
            assert_eq!(one["next_try"], one["gives_up"], "{one}");
            let job = house
                .get(&format!(
                    "/v1/tenants/contoso/jobs/{}",
                    one["job"].as_str().unwrap()
                ))
                .await;
            assert_eq!(job.body["state"], "staged", "{job:?}");
            assert_eq!(job.body["waits"], one["reason"]);
        }
    });
}

/// R10-R12, F91, F92: the selected people are looked at at once although no schedule is active, and nobody else is; each id has its answer.
#[test]
fn the_selected_people_are_looked_at_and_nobody_else() {
    play(async {
        let house = with_staged().await;
        let before = staged(&house).await;
        let mut ids = before.keys().cloned();
        let (first, second) = (ids.next().unwrap(), ids.next().unwrap());
        let all = house.get("/v1/tenants/contoso/people?limit=100").await;
        let other = all.body["people"].as_array().unwrap().iter();
        let other = other
            .clone()
            .find(|person| person["state"] != "staged")
            .unwrap();
        let order = json!({"people": [first, "nobody", second, other["id"], first, "a#b"]});
        let answer = house
            .post(&format!("{STAGING}/unstage"), &order.to_string())
            .await;
        assert_eq!(answer.status, 202);
        assert_eq!(
            answer.body["people"],
            json!([
                {"person": first, "result": "due"},
                {"person": "nobody", "result": "unknown"},
                {"person": second, "result": "due"},
                {"person": other["id"], "result": "not_staged"},
                {"person": "a#b", "result": "unknown"},
            ])
        );
        house.beside(house.stage.clock.sleep(3 * MINUTE)).await;
        let after = staged(&house).await;
        let (before, after) = (attempts(&before), attempts(&after));
        for (id, looks) in &before {
            let selected = [&first, &second].contains(&&(*id).to_owned());
            match (selected, after.get(id)) {
                // Ready by now, and gone from the list, or looked at once more.
                (true, now) => assert!(now.is_none_or(|now| *now == looks + 1), "{id}"),
                (false, now) => assert_eq!(now, Some(looks), "{id}"),
            }
        }
    });
}

/// R6, R10: who is ready when looked at goes on to provisioning and gets there.
#[test]
fn whoever_is_ready_goes_on() {
    play(async {
        let house = with_staged().await;
        // By then Microsoft has made every account.
        house
            .beside(house.stage.clock.sleep(30 * 60 * MINUTE))
            .await;
        let before = staged(&house).await;
        let ids: Vec<&String> = before.keys().take(3).collect();
        let order = json!({"people": ids}).to_string();
        let answer = house.post(&format!("{STAGING}/unstage"), &order).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        house
            .beside(house.stage.clock.sleep(10 * 60 * MINUTE))
            .await;
        let after = staged(&house).await;
        assert_eq!(after.len(), before.len() - ids.len());
        for id in ids {
            let person = house.get(&format!("/v1/tenants/contoso/people/{id}")).await;
            assert_eq!(person.body["state"], "provisioned", "{person:?}");
        }
    });
}

/// J1: a job that somebody wrote meanwhile is left out and named, so that its person can be tried again; the others are made due.
#[test]
fn whoever_was_overtaken_is_named() {
    play(async {
        let house = with_staged().await;
        let staged = staged(&house).await;
        let admin = &house.stage.installation.admin;
        let tenant = TenantId::parse("contoso").unwrap();
        let tenant = look::tenant(admin, &tenant).await.unwrap();
        let mut jobs = Vec::new();
        for entry in staged.values().take(3) {
            let id = JobId(entry["job"].as_str().unwrap().to_owned());
            jobs.push(admin.store.job(&tenant, &id).await.unwrap().unwrap());
        }
        let (outside, now) = (OUTSIDE, house.stage.clock.now());
        let mut written = jobs[1].clone();
        admin
            .store
            .save(&tenant, &mut written, outside)
            .await
            .unwrap();
        jobs.iter_mut().for_each(|job| job.due = Some(now));
        let left_out = admin
            .store
            .hand_over(&tenant, &jobs, Lane::Staging, outside, now)
            .await
            .unwrap();
        assert_eq!(left_out, [jobs[1].id.clone()]);
        for (job, is_due) in jobs.iter().zip([true, false, true]) {
            let row = admin.store.job(&tenant, &job.id).await.unwrap().unwrap();
            assert_eq!(row.due == Some(now), is_due);
        }
    });
}

/// F96, A2: while a request that was sent may still take effect, the job is not taken back, and stays as it is.
#[test]
fn nothing_is_taken_back_while_a_request_is_open() {
    play(async {
        let house = with_staged().await;
        let before = staged(&house).await;
        let (id, entry) = before.first_key_value().unwrap();
        let admin = &house.stage.installation.admin;
        let tenant = TenantId::parse("contoso").unwrap();
        let tenant = look::tenant(admin, &tenant).await.unwrap();
        let job = JobId(entry["job"].as_str().unwrap().to_owned());
        let mut job = admin.store.job(&tenant, &job).await.unwrap().unwrap();
        job.record(0, &[Verb::SetUsageLocation], house.stage.clock.now());
        admin.store.save(&tenant, &mut job, OUTSIDE).await.unwrap();
        let refused = house.post(&format!("{STAGING}/{id}/cancel"), "").await;
        assert!(refused.is_problem(409, "conflict"), "{refused:?}");
        assert!(refused.detail().contains("not answered yet"), "{refused:?}");
        assert!(staged(&house).await.contains_key(id));
    });
}

/// F96: the job of somebody who is staged is taken back, once; nothing brings it back; whoever is not staged has none to take.
#[test]
fn a_staged_job_is_taken_back() {
    play(async {
        let house = with_staged().await;
        let before = staged(&house).await;
        let (id, entry) = before.first_key_value().unwrap();
        let cancelled = house.post(&format!("{STAGING}/{id}/cancel"), "").await;
        assert_eq!(cancelled.status, 202, "{cancelled:?}");
        let place = cancelled.headers["location"].to_str().unwrap();
        assert!(place.ends_with(entry["job"].as_str().unwrap()), "{place}");
        assert_eq!(house.get(place).await.body["state"], "cancelled");
        let history = house.get(&format!("{place}/history")).await;
        assert_eq!(history.body["state"], "cancelled", "{history:?}");
        assert!(!staged(&house).await.contains_key(id));
        let again = house.post(&format!("{STAGING}/{id}/cancel"), "").await;
        assert!(again.is_problem(409, "conflict"), "{again:?}");
        let unknown = house.post(&format!("{STAGING}/nobody/cancel"), "").await;
        assert!(unknown.is_problem(404, "not-found"), "{unknown:?}");

        let installation = &house.stage.installation;
        installation.ask(Lane::Staging, Mark::Poll).await.unwrap();
        house
            .beside(house.stage.clock.sleep(30 * 60 * MINUTE))
            .await;
        let person = house.get(&format!("/v1/tenants/contoso/people/{id}")).await;
        assert_eq!(person.body["state"], "imported", "{person:?}");
    });
}
