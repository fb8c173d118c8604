//! F20, F22, R26: regions, sites and profiles are read with a tag, and replaced only by whoever read them.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use shared::model::access::Role;

use super::{Answer, House, TENANT, people, play};

impl House {
    /// Stores something in the place of what was read; `*` = as something new.
    pub(super) async fn store(&self, path: &str, read: Option<&str>, body: &Value) -> Answer {
        let mut request = Request::put(format!("{TENANT}/{path}"))
            .header("content-type", "application/json")
            .header(
                "authorization",
                format!("Bearer {}", self.token(Role::Administrator)),
            );
        request = match read {
            Some("*") => request.header("if-none-match", "*"),
            Some(tag) => request.header("if-match", tag),
            None => request,
        };
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    async fn node(&self, path: &str) -> Value {
        let nodes = self.get(&format!("{TENANT}/nodes")).await.body;
        let mut nodes = nodes["nodes"].as_array().unwrap().clone().into_iter();
        nodes.find(|node| node["path"] == path).unwrap()
    }
}

pub(super) fn tag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().unwrap().to_owned()
}

#[test]
fn a_site_is_made_read_and_replaced_only_by_whoever_read_it() {
    play(async {
        let house = House::of(people(1)).await;
        let path = "nodes/europe%2Foslo";
        let oslo = json!({"name": "Oslo", "kind": "site", "values": {"usage_location": "no", "adoption": true}});
        let blind = house.store(path, None, &oslo).await;
        assert!(blind.is_problem(428, "unconditional"), "{blind:?}");
        let made = house.store(path, Some("*"), &oslo).await;
        assert_eq!(made.status, 200, "{made:?}");
        assert_eq!(made.body["values"]["usage_location"], "NO");
        let again = house.store(path, Some("*"), &oslo).await;
        assert!(again.is_problem(412, "changed"), "{again:?}");
        let read = house.node("europe/oslo").await;
        assert_eq!(read["etag"], tag(&made));
        assert_eq!(read["values"]["adoption"], true);
        let mut edit = oslo.clone();
        edit["values"]["cooling_days"] = json!(30);
        let stored = house.store(path, Some(&tag(&made)), &edit).await;
        assert_eq!(stored.status, 200, "{stored:?}");
        assert_ne!(tag(&stored), tag(&made));
        let late = house.store(path, Some(&tag(&made)), &oslo).await;
        assert!(late.is_problem(412, "changed"), "{late:?}");
        assert_eq!(
            house.node("europe/oslo").await["values"]["cooling_days"],
            30
        );
        let bare = house.store(path, Some("0123"), &oslo).await;
        assert!(bare.is_problem(422, "invalid"), "{bare:?}");
    });
}

#[test]
fn what_does_not_fit_the_tree_is_refused() {
    play(async {
        let house = House::of(people(1)).await;
        let site = json!({"name": "Site", "kind": "site"});
        let with = |name: &str, value: Value| {
            let mut site = site.clone();
            site[name] = value;
            site
        };
        for (path, body, told) in [
            ("nodes/Europe", site.clone(), "small letters"),
            (
                "nodes/europe%2Flondon%2Fbank",
                site.clone(),
                "europe/london is a site",
            ),
            (
                "nodes/europe%2Fx",
                with("name", json!(" ")),
                "1 to 200 characters",
            ),
            (
                "nodes/europe%2Fx",
                with("values", json!({"usage_location": "UK"})),
                "ISO 3166",
            ),
            (
                "nodes/europe%2Fx",
                with("values", json!({"time_zone": "Berlin"})),
                "IANA",
            ),
            (
                "nodes/europe%2Fx",
                with("values", json!({"cooling_days": 4000})),
                "3650",
            ),
            (
                "nodes/europe%2Fx",
                with("values", json!({"policies": {"": "x"}})),
                "a type and a name",
            ),
            (
                "profiles/everything",
                json!({"location": true, "licences": true, "groups": true, "policies": true, "number": true}),
                "not `everything`",
            ),
        ] {
            let refused = house.store(path, Some("*"), &body).await;
            assert!(refused.is_problem(409, "conflict"), "{path}: {refused:?}");
            assert!(refused.detail().contains(told), "{path}: {refused:?}");
        }
        let london = house.node("europe/london").await;
        let region = json!({"name": "London", "kind": "region"});
        let etag = london["etag"].as_str().unwrap();
        let refused = house
            .store("nodes/europe%2Flondon", Some(etag), &region)
            .await;
        assert!(
            refused.detail().contains("places people here"),
            "{refused:?}"
        );
        let unknown = house
            .store("nodes/europe%2Fx", Some("*"), &with("floor", json!(3)))
            .await;
        assert!(unknown.is_problem(422, "invalid"), "{unknown:?}");
        let up = json!({"name": "Europe", "kind": "site"});
        let europe = house.get(&format!("{TENANT}/nodes")).await.body;
        let has_region = europe["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .any(|node| node["path"] == "europe");
        let read = if has_region {
            house.node("europe").await["etag"]
                .as_str()
                .unwrap()
                .to_owned()
        } else {
            "*".to_owned()
        };
        let refused = house.store("nodes/europe", Some(&read), &up).await;
        assert!(refused.detail().contains("it is a region"), "{refused:?}");
    });
}

#[test]
fn a_profile_is_made_and_replaced_only_by_whoever_read_it() {
    play(async {
        let house = House::of(people(1)).await;
        let profile = |number: bool| json!({"location": true, "licences": true, "groups": true, "policies": true, "number": number});
        let made = house
            .store("profiles/desk", Some("*"), &profile(true))
            .await;
        assert_eq!(made.status, 200, "{made:?}");
        let listed = house.get(&format!("{TENANT}/profiles")).await.body;
        assert_eq!(listed["profiles"][0]["name"], "desk");
        assert_eq!(listed["profiles"][0]["etag"], tag(&made));
        let stored = house
            .store("profiles/desk", Some(&tag(&made)), &profile(false))
            .await;
        assert_eq!(stored.body["number"], false, "{stored:?}");
        let late = house
            .store("profiles/desk", Some(&tag(&made)), &profile(true))
            .await;
        assert!(late.is_problem(412, "changed"), "{late:?}");
    });
}
