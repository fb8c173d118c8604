//! People as Microsoft tells them, and as somebody hostile might.

use serde_json::json;

use super::super::script::{ADELE, graph, refuse, reply};
use super::*;
use crate::model::property::Property;

const NEXT: &str = "https://graph.example/v1.0/users?$skiptoken=a";
const DELTA: &str = "https://graph.example/v1.0/users/delta?$deltatoken=b";

fn adele() -> UserId {
    UserId(ADELE.to_owned())
}

#[tokio::test(start_paused = true)]
async fn the_list_of_people_is_read_page_by_page() {
    let (graph, log) = graph(|before| {
        let user = json!({
            "id": ADELE, "displayName": "Adele", "accountEnabled": true, "jobTitle": "not asked for",
            "assignedLicenses": [{"skuId": "06ebc4ee-1bb5-47dd-8120-11324bc54e06", "disabledPlans": []}],
        });
        Ok(match before {
            0 => reply(200, &json!({"value": [], "@odata.nextLink": NEXT})),
            _ => reply(200, &json!({"value": [user]})),
        })
    });
    let first = graph.users_page(UsersFrom::First).await.unwrap();
    assert_eq!(
        first,
        UsersPage {
            people: vec![],
            skipped: 0,
            next: Some(NEXT.to_owned())
        }
    );
    let last = graph
        .users_page(UsersFrom::Next(NEXT.to_owned()))
        .await
        .unwrap();
    assert_eq!((last.people.len(), last.next), (1, None));
    let person = &last.people[0];
    assert_eq!(person.facts.text(Property::DisplayName), Some("Adele"));
    assert_eq!(person.facts.flag(Property::AccountEnabled), Some(true));
    assert_eq!(person.facts.text(Property::JobTitle), None);
    assert_eq!(person.assigned_licences.as_ref().unwrap().len(), 1);
    assert_eq!(person.licence_states, None);
    let select = "accountEnabled,assignedLicenses,displayName,id";
    let sent = [
        format!("GET /v1.0/users?$top=999&$select={select},licenseAssignmentStates"),
        "GET /v1.0/users?$skiptoken=a".to_owned(),
    ];
    assert_eq!(log.graph(), sent);
}

/// Fault 18.
#[tokio::test(start_paused = true)]
async fn a_page_that_leads_to_itself_ends_the_reading() {
    let (graph, _) = graph(|_| Ok(reply(200, &json!({"value": [], "@odata.nextLink": NEXT}))));
    let error = graph
        .users_page(UsersFrom::Next(NEXT.to_owned()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &Kind::Invalid);
    assert_eq!(
        graph.delta_page(NEXT).await.unwrap_err().kind(),
        &Kind::Invalid
    );
}

/// `graph-api.md 2.4`; fault 16.
#[tokio::test(start_paused = true)]
async fn changes_come_with_removals_and_end_with_a_link() {
    let (graph, log) = graph(|before| match before {
        0 => Ok(reply(200, &json!({"value": [], "@odata.deltaLink": DELTA}))),
        1 => Ok(reply(
            200,
            &json!({"@odata.nextLink": NEXT, "value": [
                {"id": ADELE, "displayName": "Adele", "department": null},
                {"id": "gone-1", "@removed": {"reason": "changed"}},
                {"id": "gone-2", "@removed": {"reason": "deleted"}},
                {"id": "gone-3", "@removed": 7},
                {"@removed": {"reason": "deleted"}},
            ]}),
        )),
        2 => Ok(reply(200, &json!({"value": []}))),
        3 => Ok(reply(410, &json!({}))),
        _ => refuse(400, "SyncStateNotFound", "the token is too old"),
    });
    assert_eq!(graph.delta_latest().await.unwrap(), DELTA);
    let page = graph.delta_page(DELTA).await.unwrap();
    assert_eq!(
        (page.skipped, page.next),
        (1, DeltaNext::Page(NEXT.to_owned()))
    );
    let removed = |id: &str, soft| Change::Removed {
        id: UserId(id.to_owned()),
        soft,
    };
    assert_eq!(
        page.changes[1..],
        [
            removed("gone-1", true),
            removed("gone-2", false),
            removed("gone-3", true)
        ]
    );
    let Change::Present(person) = &page.changes[0] else {
        panic!("Adele is present")
    };
    assert_eq!(person.assigned_licences, None);
    let endless = graph.delta_page(DELTA).await.unwrap_err();
    assert_eq!(
        endless.kind(),
        &Kind::Unavailable,
        "a page without any link is not the end"
    );
    for _ in 0..2 {
        assert_eq!(
            graph.delta_page(DELTA).await.unwrap_err().kind(),
            &Kind::Resync
        );
    }
    let select = "accountEnabled,assignedLicenses,displayName,id";
    assert_eq!(
        log.graph()[0],
        format!("GET /v1.0/users/delta?$deltatoken=latest&$select={select}")
    );
}

#[tokio::test(start_paused = true)]
async fn one_person_is_read_with_licence_states() {
    let (graph, log) = graph(|before| match before {
        0 => Ok(reply(
            200,
            &json!({"id": ADELE.to_uppercase(), "usageLocation": "DE", "licenseAssignmentStates": [
                {"skuId": "a", "assignedByGroup": null, "state": "Active", "error": "None"},
                {"skuId": "a", "assignedByGroup": "g", "state": "Error", "error": "CountViolation"},
                {"skuId": "b", "assignedByGroup": 7, "state": "Active"},
                {"skuId": "../c"},
            ]}),
        )),
        1 => refuse(404, "Request_ResourceNotFound", "Resource does not exist"),
        2 => refuse(404, "UnknownError", "from a gateway"),
        _ => Ok(reply(200, &json!({"id": "somebody-else"}))),
    });
    let person = graph.user(&adele()).await.unwrap().unwrap();
    let states = person.licence_states.unwrap();
    assert_eq!(
        states
            .iter()
            .map(|state| (state.is_direct(), state.is_active()))
            .collect::<Vec<_>>(),
        [(true, true), (false, false)]
    );
    assert_eq!(person.facts.text(Property::UsageLocation), Some("DE"));
    assert_eq!(graph.user(&adele()).await.unwrap(), None);
    assert_eq!(
        graph.user(&adele()).await.unwrap_err().kind(),
        &Kind::NotFound,
        "not proven to be gone"
    );
    assert_eq!(
        graph.user(&adele()).await.unwrap_err().kind(),
        &Kind::Unavailable
    );
    let select =
        "accountEnabled,assignedLicenses,displayName,id,licenseAssignmentStates,usageLocation";
    assert_eq!(
        log.graph()[0],
        format!("GET /v1.0/users/{ADELE}?$select={select}")
    );
}

/// Fault 39, V12: the others on the page are read as if nothing were.
#[tokio::test(start_paused = true)]
async fn a_hostile_person_harms_nobody_else_on_the_page() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let huge = "x".repeat(10 * 1024 * 1024);
    let body = format!(
        r#"{{"value":[7,null,{{}},{{"id":""}},{{"id":"a/../b"}},{{"id":{{}}}},{{"id":"{ADELE}","displayName":"{huge}","accountEnabled":"yes","assignedLicenses":{deep}}},
        {{"id":"b","displayName":"\ud83d","accountEnabled":false,"assignedLicenses":[7,{{"skuId":"s"}}],"x":{deep}}}]}}"#
    );
    let (graph, _) = graph(move |_| {
        let mut answer = reply(200, &json!(null));
        *answer.body_mut() = body.clone().into();
        Ok(answer)
    });
    let page = graph.users_page(UsersFrom::First).await.unwrap();
    assert_eq!((page.people.len(), page.skipped), (2, 6));
    assert!(page.people[0].facts.is_cut(Property::DisplayName));
    assert_eq!(page.people[0].facts.flag(Property::AccountEnabled), None);
    assert_eq!(page.people[0].assigned_licences, Some(vec![]));
    assert_eq!(
        page.people[1].facts.flag(Property::AccountEnabled),
        Some(false)
    );
    assert_eq!(
        page.people[1].assigned_licences,
        Some(vec![SkuId("s".to_owned())])
    );
}

/// Fault 39: half of a surrogate pair takes nothing with it but its own field, however deep it stands.
#[tokio::test(start_paused = true)]
async fn a_bad_letter_hides_neither_a_licence_nor_a_removal() {
    let body = format!(
        r#"{{"value":[
        {{"id":"b","assignedLicenses":[{{"skuId":"s","x":"\ud83d"}}],
          "licenseAssignmentStates":[{{"skuId":"s","disabledPlans":["p","\ud83d"]}},{{"skuId":"t","disabledPlans":7}}]}},
        {{"id":"c","@removed":{{"reason":"changed","x":"\ud83d"}}}}, {{"id":"d","@removed":"\ud83d"}},
        {{"id":"e","\u0040removed":{{"reason":"\ud83d"}}}}],"@odata.deltaLink":"{DELTA}"}}"#
    );
    let (graph, _) = graph(move |_| {
        let mut answer = reply(200, &json!(null));
        *answer.body_mut() = body.clone().into();
        Ok(answer)
    });
    let page = graph.delta_page(NEXT).await.unwrap();
    let [Change::Present(person), removed @ ..] = page.changes.as_slice() else {
        panic!("{:?}", page.changes);
    };
    let product = SkuId("s".to_owned());
    assert_eq!(person.assigned_licences, Some(vec![product.clone()]));
    let states = person.licence_states.as_ref().unwrap();
    assert_eq!((states.len(), &states[0].sku), (1, &product));
    assert_eq!(states[0].disabled, [PlanId("p".to_owned())].into());
    let gone = |id: &str| Change::Removed {
        id: UserId(id.to_owned()),
        soft: true,
    };
    assert_eq!(removed, [gone("c"), gone("d")]);
    assert_eq!(page.skipped, 1, "whether that is a removal cannot be said");
}

#[tokio::test(start_paused = true)]
async fn people_are_counted_and_placed() {
    let (graph, log) = graph(|before| {
        let mut answer = reply(200, &json!(null));
        *answer.body_mut() = if before == 0 {
            "\u{feff}500000"
        } else {
            "<html>"
        }
        .into();
        Ok(answer)
    });
    assert_eq!(graph.users_count().await.unwrap(), 500_000);
    assert_eq!(
        graph.users_count().await.unwrap_err().kind(),
        &Kind::Unavailable
    );
    graph.set_usage_location(&adele(), "de").await.unwrap();
    assert_eq!(
        graph
            .set_usage_location(&adele(), "Germany")
            .await
            .unwrap_err()
            .kind(),
        &Kind::Invalid
    );
    assert_eq!(
        log.headers("consistencylevel"),
        ["eventual", "eventual", ""]
    );
    assert_eq!(log.bodies()[2], json!({"usageLocation": "DE"}));
}

#[test]
fn only_names_of_properties_are_selected() {
    let select = |names: &[&str]| {
        super::select(
            &names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(
        select(&["id", "city", "city"]).unwrap(),
        "assignedLicenses,city,id"
    );
    for bad in ["", "a,b", "a&$top=1", "ü"] {
        assert!(select(&[bad]).is_err(), "{bad}");
    }
}
