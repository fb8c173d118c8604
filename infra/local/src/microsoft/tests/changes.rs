//! Delta.

use std::collections::BTreeSet;
use std::time::Duration;

use super::*;

const SELECT: &str = "/users/delta?$select=id,department,assignedLicenses,licenseAssignmentStates";

async fn crowd(options: Options) -> Client {
    let client = Client::of(options).await;
    for n in 0..900 {
        client
            .tenant
            .add_person(person(&format!("p{n:03}"), &format!("p{n}@contoso.com")));
    }
    client
}

#[tokio::test(start_paused = true)]
async fn a_first_round_brings_everybody_some_of_them_twice() {
    let client = crowd(Options {
        repeat_permille: 1_000,
        empty_page_permille: 1_000,
        ..Options::calm()
    })
    .await;
    client.tenant.delete_person("p000", true);
    let (pages, link) = client.pages(SELECT).await;
    let all: Vec<&str> = pages.iter().flat_map(|page| ids(page)).collect();
    let distinct: BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(distinct.len(), 901);
    assert!(
        all.len() > 901
            && pages.iter().any(Vec::is_empty)
            && pages.iter().all(|page| page.len() <= 200)
    );
    let removed = pages
        .iter()
        .flatten()
        .find(|user| user["id"] == "p000")
        .unwrap();
    assert_eq!(
        removed,
        &json!({"id": "p000", "@removed": {"reason": "changed"}})
    );
    let present = pages
        .iter()
        .flatten()
        .find(|user| user["id"] == "p001")
        .unwrap();
    assert_eq!(
        present,
        &json!({"id": "p001", "department": "Sales", "assignedLicenses": []}),
        "states never come"
    );
    assert_eq!(
        client.pages(&link.unwrap()).await.0.concat(),
        Vec::<Value>::new()
    );
}

#[tokio::test(start_paused = true)]
async fn later_rounds_bring_what_changed_among_the_selected() {
    let client = crowd(Options::calm()).await;
    let (pages, link) = client.pages(&format!("{SELECT}&$deltatoken=latest")).await;
    assert!(pages.concat().is_empty());
    client.tenant.set_property("p001", "department", None);
    client
        .tenant
        .set_property("p002", "jobTitle", Some(json!("Chef")));
    client.tenant.give_licence("p003", E5);
    client.tenant.delete_person("p004", true);
    client.tenant.delete_person("p005", false);
    client.tenant.add_person(person("q000", "q@contoso.com"));
    let (pages, link) = client.pages(&link.unwrap()).await;
    let expected = json!([
        {"id": "p001", "department": null, "assignedLicenses": []},
        {"id": "p003", "department": "Sales", "assignedLicenses": [{"skuId": E5, "disabledPlans": []}]},
        {"id": "p004", "@removed": {"reason": "changed"}},
        {"id": "p005", "@removed": {"reason": "deleted"}},
        {"id": "q000", "department": "Sales", "assignedLicenses": []},
    ]);
    assert_eq!(json!(pages.concat()), expected);
    client.tenant.restore_person("p004");
    let (pages, _) = client.pages(&link.unwrap()).await;
    assert_eq!(
        json!(pages.concat()),
        json!([{"id": "p004", "department": "Sales", "assignedLicenses": []}])
    );
}

#[tokio::test(start_paused = true)]
async fn changes_come_in_pages_with_repeats() {
    let client = crowd(Options {
        repeat_permille: 1_000,
        ..Options::calm()
    })
    .await;
    let (_, link) = client.pages(&format!("{SELECT}&$deltatoken=latest")).await;
    for n in 0..450 {
        client
            .tenant
            .set_property(&format!("p{n:03}"), "department", Some(json!("Moved")));
    }
    let (pages, _) = client.pages(&link.unwrap()).await;
    assert_eq!(
        pages.iter().map(Vec::len).collect::<Vec<_>>(),
        [200, 200, 52]
    );
    assert_eq!(pages[0].last(), pages[1].first());
    assert!(
        pages
            .concat()
            .iter()
            .all(|user| user["department"] == "Moved")
    );
}

#[tokio::test(start_paused = true)]
async fn a_write_shows_in_delta_no_earlier_than_in_reads() {
    let client = Client::of(Options {
        staleness: Duration::from_secs(60),
        ..Options::calm()
    })
    .await;
    let (_, link) = client
        .pages("/users/delta?$select=id,usageLocation&$deltatoken=latest")
        .await;
    client.locate(ADELE, "DE").await;
    let (pages, link) = client.pages(&link.unwrap()).await;
    assert!(pages.concat().is_empty());
    client.pass(60).await;
    let (pages, _) = client.pages(&link.unwrap()).await;
    assert_eq!(
        json!(pages.concat()),
        json!([{"id": ADELE, "usageLocation": "DE"}])
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_older_than_seven_days_is_gone() {
    let mut client = Client::calm().await;
    let (_, link) = client.pages(SELECT).await;
    let link = link.unwrap();
    client.pass(7 * 24 * 3_600).await;
    client.renew().await;
    assert_eq!(client.get(&link).await.status, 200);
    client.pass(1).await;
    let reply = client.get(&link).await;
    assert_eq!(
        (reply.refusal().0, reply.refusal().1),
        (410, "syncStateNotFound")
    );
    assert_eq!(
        reply.header("location"),
        "http://graph.local/v1.0/users/delta?$deltatoken="
    );
    assert_eq!(
        client
            .pages(reply.header("location"))
            .await
            .0
            .concat()
            .len(),
        1
    );
    assert_eq!(
        client.get("/users/delta?$deltatoken=nonsense").await.status,
        400
    );
}
