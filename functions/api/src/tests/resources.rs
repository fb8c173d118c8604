//! What is answered: tenants, people in pages, jobs; what is refused, and how it is said.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use shared::model::lane::{Lane, Mark};

use super::{House, people, play};

const HOUR: Duration = Duration::from_secs(3_600);

/// A house after its first sync and `hours` more.
pub(super) async fn lived_in(count: usize, hours: u32) -> House {
    let house = House::of(people(count)).await;
    let installation = &house.stage.installation;
    installation.ask(Lane::Sync, Mark::Pull).await.unwrap();
    house.beside(house.stage.clock.sleep(hours * HOUR)).await;
    house
}

/// Every page of a list, from the first to the last.
async fn pages(house: &House, path: &str, list: &str) -> Vec<Vec<Value>> {
    let (mut pages, mut after) = (Vec::new(), String::new());
    loop {
        let answer = house.get(&format!("{path}{after}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        pages.push(answer.body[list].as_array().unwrap().clone());
        match answer.body["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return pages,
        }
        assert!(pages.len() < 1_000, "paging never ends");
    }
}

fn ids(pages: &[Vec<Value>], name: &str) -> Vec<String> {
    let ids = pages
        .iter()
        .flatten()
        .map(|one| one[name].as_str().unwrap());
    ids.map(str::to_owned).collect()
}

/// F144: every person is on exactly one page, in one order, whatever the size of the pages, with and without a filter.
#[test]
fn paging_shows_everybody_once() {
    play(async {
        let house = lived_in(90, 1).await;
        let path = "/v1/tenants/contoso/people";
        let whole = ids(
            &pages(&house, &format!("{path}?limit=100"), "people").await,
            "id",
        );
        let distinct: BTreeSet<&String> = whole.iter().collect();
        let known = house.stage.ledger().unwrap().people.len();
        assert_eq!((distinct.len(), whole.len()), (known, known));
        assert!(known > 70, "{known}");
        for limit in [1, 7, 23, 50] {
            let pages = pages(&house, &format!("{path}?limit={limit}"), "people").await;
            assert!(pages.iter().all(|page| page.len() <= limit));
            assert_eq!(ids(&pages, "id"), whole, "limit {limit}");
        }
        let all = pages(&house, &format!("{path}?limit=100"), "people").await;
        let staged: Vec<String> = all
            .iter()
            .flatten()
            .filter(|person| person["state"] == "staged")
            .map(|person| person["id"].as_str().unwrap().to_owned())
            .collect();
        assert!(staged.len() > 10, "{}", staged.len());
        let filtered = pages(&house, &format!("{path}?limit=7&state=staged"), "people").await;
        assert_eq!(ids(&filtered, "id"), staged);
        let nobody = pages(&house, &format!("{path}?site=nowhere"), "people").await;
        assert_eq!(ids(&nobody, "id"), [""; 0]);
    });
}

/// One person from list to job to history, once they are provisioned; those at their site.
#[test]
fn a_person_leads_to_their_job_and_its_history() {
    play(async {
        let house = lived_in(20, 1).await;
        let installation = &house.stage.installation;
        house
            .beside(async {
                house.stage.clock.sleep(30 * HOUR).await;
                installation.ask(Lane::Staging, Mark::Poll).await.unwrap();
                house.stage.clock.sleep(10 * HOUR).await;
            })
            .await;
        let path = "/v1/tenants/contoso/people";
        let listed = house
            .get(&format!("{path}?state=provisioned&limit=1"))
            .await;
        let person = &listed.body["people"][0];
        let (id, site) = (
            person["id"].as_str().unwrap(),
            person["site"].as_str().unwrap(),
        );
        let at_site = pages(&house, &format!("{path}?site={site}"), "people").await;
        assert!(ids(&at_site, "id").contains(&id.to_owned()));
        assert!(
            at_site
                .iter()
                .flatten()
                .all(|person| person["site"] == site)
        );

        let detail = house.get(&format!("{path}/{id}")).await;
        assert_eq!(detail.body["state"], "provisioned");
        assert_eq!(detail.body["facts"]["displayName"], person["name"]);
        let jobs = house.get(&format!("{path}/{id}/jobs")).await;
        assert!(jobs.body.get("open").is_none(), "{jobs:?}");
        let job = jobs.body["last"]["id"].as_str().unwrap();
        let detail = house.get(&format!("/v1/tenants/contoso/jobs/{job}")).await;
        assert_eq!(detail.body["person"], id);
        let steps = detail.body["steps"].as_array().unwrap();
        assert!(
            steps.iter().all(|step| step["is_final"] == true),
            "{detail:?}"
        );
        let asks = |step: &Value| step["asks"].as_array().unwrap().clone();
        let asks: Vec<Value> = steps.iter().flat_map(asks).collect();
        assert!(!asks.is_empty() && asks.iter().all(|ask| ask["closed"].is_string()));
        let history = house
            .get(&format!("/v1/tenants/contoso/jobs/{job}/history"))
            .await;
        assert_eq!(history.body["state"], jobs.body["last"]["state"]);
        assert_eq!(history.body["steps"].as_array().unwrap().len(), steps.len());
        assert_eq!(history.body["asks"].as_array().unwrap().len(), asks.len());
    });
}

/// R72, J3: an offboarding that a person orders takes over and is shown; ordered twice it is refused.
#[test]
fn somebody_is_offboarded() {
    play(async {
        let house = lived_in(20, 1).await;
        let path = "/v1/tenants/contoso/people";
        let listed = house.get(&format!("{path}?state=staged&limit=1")).await;
        let id = listed.body["people"][0]["id"].as_str().unwrap();
        let ordered = house.post(&format!("{path}/{id}/offboard"), "").await;
        assert_eq!(ordered.status, 202, "{ordered:?}");
        let place = ordered.headers["location"].to_str().unwrap();
        let jobs = house.get(place).await;
        assert_eq!(jobs.body["open"]["goal"], "offboard");
        assert_eq!(jobs.body["open"]["origin"], "person");
        let again = house.post(&format!("{path}/{id}/offboard"), "").await;
        assert!(again.is_problem(409, "conflict"), "{again:?}");
        house.beside(house.stage.clock.sleep(3 * HOUR)).await;
        let person = house.get(&format!("{path}/{id}")).await;
        assert_eq!(person.body["state"], "offboarded");
        assert_eq!(person.body["left"], true);
    });
}

/// A sync is ordered for all, or on account of one person, and shown until it is done; what changed meanwhile is seen.
#[test]
fn a_sync_is_ordered_and_shown() {
    play(async {
        let house = lived_in(20, 1).await;
        let (tenant, people) = ("/v1/tenants/contoso", "/v1/tenants/contoso/people");
        let asked = async || house.get(tenant).await.body["sync"]["asked"].clone();
        assert_eq!(asked().await, false);
        let listed = house.get(&format!("{people}?limit=1")).await;
        let id = listed.body["people"][0]["id"].as_str().unwrap();
        for path in [format!("{tenant}/sync"), format!("{people}/{id}/refresh")] {
            let ordered = house.post(&path, "").await;
            assert_eq!(ordered.status, 202, "{ordered:?}");
            assert_eq!(asked().await, true);
            let name = Value::from(format!("after {path}"));
            house
                .stage
                .microsoft
                .set_property(id, "displayName", Some(name.clone()));
            house.beside(house.stage.clock.sleep(HOUR / 4)).await;
            assert_eq!(asked().await, false);
            let person = house.get(&format!("{people}/{id}")).await;
            assert_eq!(person.body["name"], name);
        }
        let unknown = house.post(&format!("{people}/nobody/refresh"), "").await;
        assert!(unknown.is_problem(404, "not-found"), "{unknown:?}");
        assert_eq!(asked().await, false);
    });
}

/// What is wrong is refused with the name of the field.
#[test]
fn what_is_wrong_is_named() {
    play(async {
        let house = House::of(people(2)).await;
        let people = "/v1/tenants/contoso/people";
        let staging = "/v1/tenants/contoso/staging";
        for (path, field) in [
            (format!("{people}?limit=0"), "limit"),
            (format!("{people}?limit=101"), "limit"),
            (format!("{people}?limit=many"), "limit"),
            (format!("{people}?state=happy"), "state"),
            (format!("{people}?tenant=fabrikam"), "tenant"),
            (format!("{staging}?after=1"), "after"),
            (format!("{staging}?after=1.%23PLAN"), "after"),
            (format!("{staging}?waits=luck"), "waits"),
        ] {
            let answer = house.get(&path).await;
            assert!(answer.is_problem(422, "invalid"), "{path}: {answer:?}");
            assert_eq!(answer.body["field"], field, "{path}: {answer:?}");
        }
        let unstage = format!("{staging}/unstage");
        let many = format!(r#"{{"people": [{}"x"]}}"#, r#""x","#.repeat(100));
        for (body, field) in [
            (r#"{"people": ["x"], "tenant": "fabrikam"}"#, "tenant"),
            (r#"{"peple": ["x"]}"#, "peple"),
            ("{}", "people"),
            (r#"{"people": []}"#, "people"),
            (many.as_str(), "people"),
            (r#"{"people": [7]}"#, "people[0]"),
        ] {
            let answer = house.post(&unstage, body).await;
            assert!(answer.is_problem(422, "invalid"), "{body}: {answer:?}");
            assert_eq!(answer.body["field"], field, "{body}: {answer:?}");
        }
        let broken = house.post(&unstage, r#"{"people": "#).await;
        assert!(broken.is_problem(422, "invalid"), "{broken:?}");
        let large = format!(r#"{{"people": ["{}"]}}"#, "x".repeat(256 * 1024));
        let large = house.post(&unstage, &large).await;
        assert!(large.is_problem(413, "too-large"), "{large:?}");
        // V7: no id reaches another row.
        for path in [
            format!("{people}/a%23b"),
            format!("{people}/{}", "x".repeat(2_000)),
            format!("{people}?after=a%23b"),
            "/v1/tenants/contoso/jobs/01HZZZZZZZZZZZZZZZZZZZZZZZ%23PLAN".to_owned(),
            "/v1/tenants/contoso/jobs/%00/history".to_owned(),
        ] {
            let answer = house.get(&path).await;
            let refused = [404, 422].contains(&answer.status.as_u16());
            assert!(refused, "{path}: {answer:?}");
        }
    });
}

/// F50, F76, F87, R91: what can be given is listed with what is wrong with it, a person is given it by hand, and fields say why they are
/// closed.
#[test]
fn what_can_be_given_is_told_and_given() {
    play(async {
        let house = lived_in(30, 1).await;
        let tenant = "/v1/tenants/contoso";
        let personas = house.get(&format!("{tenant}/personas")).await.body;
        let sales = &personas["personas"][2];
        assert_eq!(
            (sales["id"].as_str(), &sales["flaws"]),
            (Some("sales"), &json!([]))
        );
        let licences = house.get(&format!("{tenant}/licences")).await.body;
        let of = licences["licences"].as_array().unwrap();
        assert_eq!(of.len(), 3);
        for one in of {
            let number = |name: &str| one[name].as_u64().unwrap();
            assert_eq!(
                number("seats"),
                number("taken") + number("kept") + number("free")
            );
        }
        let people = house
            .get(&format!("{tenant}/people?state=imported"))
            .await
            .body;
        let id = people["people"][0]["id"].as_str().unwrap().to_owned();
        let person = format!("{tenant}/people/{id}");
        let fields = house.get(&format!("{person}/fields")).await.body;
        assert_eq!(
            fields["fields"][0],
            json!({"name": "usage_location", "open": true})
        );
        let post = async |what: &str, body: serde_json::Value| {
            house
                .post(&format!("{person}/{what}"), &body.to_string())
                .await
        };
        let unknown = post("provision", json!({"persona": "pilots"})).await;
        assert_eq!(unknown.status, 409, "{unknown:?}");
        let nothing = post("edit", json!({})).await;
        assert_eq!(nothing.status, 409, "{nothing:?}");
        let given = post(
            "provision",
            json!({"persona": "sales", "site": "europe/london"}),
        )
        .await;
        assert_eq!(given.status, 202, "{given:?}");
        house.beside(house.stage.clock.sleep(30 * HOUR)).await;
        let held = house.get(&person).await.body;
        // The staging schedule is off: the licence is there, and Teams is waited for.
        assert_eq!(held["state"], "staged", "{held}");
        assert_eq!(held["licences"].as_array().map(Vec::len), Some(1), "{held}");
        let edited = post("edit", json!({"usage_location": "de"})).await;
        assert_eq!(edited.status, 202, "{edited:?}");
        house.beside(house.stage.clock.sleep(3 * HOUR)).await;
        let truth = house.stage.microsoft.truth(&id).unwrap();
        assert_eq!(truth.usage_location.as_deref(), Some("DE"));
        // F105: what there was before is on record.
        let last = house.get(&format!("{person}/jobs")).await.body;
        let job = last["last"]["id"].as_str().unwrap();
        let history = house
            .get(&format!("{tenant}/jobs/{job}/history"))
            .await
            .body;
        assert_eq!(
            history["before"],
            json!({"usage_location": "GB"}),
            "{history}"
        );
    });
}

/// F29, F76, R117, R122: a persona is stored as a new version once all that it names is there; what is not is named, all of it at once.
#[test]
fn a_persona_is_stored_when_all_that_it_names_is_there() {
    play(async {
        let house = lived_in(10, 1).await;
        let put = async |id: &str, body: Value| {
            let known = house
                .get(&format!("/v1/tenants/contoso/personas/{id}"))
                .await;
            let read = known.headers.get("etag").map(|tag| tag.to_str().unwrap());
            let path = format!("personas/{id}");
            house.store(&path, Some(read.unwrap_or("*")), &body).await
        };
        let wrong = json!({
            "name": "Pilots", "usage_location": "UK", "licences": ["11111111-0000-4000-8000-000000000001"],
            "groups": ["22222222-0000-4000-8000-000000000001"], "policies": {"TeamsMeetingPolicy": "Deleted"},
        });
        let refused = put("pilots", wrong).await;
        assert_eq!(refused.status, 409, "{refused:?}");
        let detail = refused.body["detail"].as_str().unwrap();
        let named = [
            "\"UK\"",
            "does not own",
            "no group",
            "no policy \"Deleted\"",
        ];
        assert!(named.iter().all(|flaw| detail.contains(flaw)), "{detail}");
        let good = || {
            json!({
                "name": "Sales", "usage_location": "site", "licences": ["06EBC4EE-1bb5-47dd-8120-11324bc54e06"],
                "policies": {"TeamsMeetingPolicy": "sales meetings", "TeamsCallingPolicy": null},
                "offboarding": {"licences": "keep"},
            })
        };
        let first = put("pilots", good()).await;
        assert_eq!(
            (first.status.as_u16(), &first.body),
            (200, &json!({"id": "pilots", "version": 1}))
        );
        let second = put("sales", good()).await;
        assert_eq!(second.body, json!({"id": "sales", "version": 2}));
        let forged = put("a%23b", good()).await;
        assert_eq!(forged.status, 409, "{forged:?}");
        let unknown = put("pilots", json!({"name": "Pilots", "number": "+44"})).await;
        assert_eq!(unknown.status, 422, "{unknown:?}");
    });
}
