//! Users, usage location, licences.

use std::time::Duration;

use super::*;

#[tokio::test(start_paused = true)]
async fn people_come_in_pages_with_what_was_selected() {
    let client = Client::of(Options {
        empty_page_permille: 300,
        ..Options::calm()
    })
    .await;
    for n in 0..250 {
        client
            .tenant
            .add_person(person(&format!("p{n:03}"), &format!("p{n}@contoso.com")));
    }
    let (pages, _) = client
        .pages("/users?$select=id,department,usageLocation&$top=20")
        .await;
    let all: Vec<&Value> = pages.iter().flatten().collect();
    assert_eq!(all.len(), 251);
    assert_eq!(
        all[1],
        &json!({"id": "p000", "department": "Sales", "usageLocation": null})
    );
    assert!(pages.iter().any(Vec::is_empty));
    let reply = client.get("/users?$select=id&$top=20").await;
    assert_eq!(reply.header("x-ms-resource-unit"), "1");
    assert!(
        client.get("/users").await.body["@odata.nextLink"]
            .as_str()
            .unwrap()
            .starts_with("http://graph.local/v1.0/users?$skiptoken=")
    );

    assert_eq!(client.get("/users?$top=1000").await.status, 400);
    assert_eq!(
        client.get("/users?$search=x").await.refusal().1,
        "Request_UnsupportedQuery"
    );
    assert_eq!(client.get("/users?$select=shoeSize").await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn one_person_is_found_by_id_and_by_name() {
    let client = Client::calm().await;
    let reply = client.get(&format!("/users/{ADELE}")).await;
    assert_eq!(
        reply.body.as_object().unwrap().len(),
        12,
        "eleven properties and the context: {}",
        reply.body
    );
    assert_eq!(
        client.get("/users/ADELE@contoso.com?$select=id").await.body["id"],
        ADELE
    );
    assert_eq!(
        client.get("/users/nobody").await.refusal().1,
        "Request_ResourceNotFound"
    );
    client
        .tenant
        .set_property(ADELE, "extensionAttribute3", Some(json!("P-042")));
    let reply = client
        .get(&format!(
            "/users/{ADELE}?$select=onPremisesExtensionAttributes"
        ))
        .await;
    assert_eq!(
        reply.body["onPremisesExtensionAttributes"]["extensionAttribute3"],
        "P-042"
    );
    client.tenant.delete_person(ADELE, true);
    assert_eq!(client.get(&format!("/users/{ADELE}")).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn counting_needs_the_header() {
    let client = Client::calm().await;
    assert_eq!(client.get("/users/$count").await.status, 400);
    let request = Request::get("/v1.0/users/$count").header("consistencylevel", "eventual");
    let reply = client
        .send(
            request
                .header("authorization", format!("Bearer {}", client.token))
                .body(Body::empty())
                .unwrap(),
        )
        .await;
    assert_eq!(
        (reply.header("content-type"), &reply.body),
        ("text/plain", &json!(1))
    );
}

#[tokio::test(start_paused = true)]
async fn a_location_is_set_and_seen_after_a_while() {
    let client = Client::of(Options {
        staleness: Duration::from_secs(60),
        ..Options::calm()
    })
    .await;
    assert_eq!(
        client.locate(ADELE, "UK").await.refusal().1,
        "Request_BadRequest"
    );
    assert_eq!(client.locate("nobody", "DE").await.status, 404);
    assert_eq!(client.locate(ADELE, "DE").await.status, 204);
    let read = async || {
        client
            .get(&format!("/users/{ADELE}?$select=usageLocation"))
            .await
            .body["usageLocation"]
            .clone()
    };
    assert_eq!(read().await, Value::Null);
    assert_eq!(
        client
            .tenant
            .truth(ADELE)
            .unwrap()
            .usage_location
            .as_deref(),
        Some("DE")
    );
    client.pass(60).await;
    assert_eq!(read().await, "DE");
    let history = client.tenant.history();
    assert_eq!(
        (history.len(), history[0].request.clone()),
        (1, format!("PATCH /v1.0/users/{ADELE}"))
    );
    assert_eq!(
        (&history[0].before, &history[0].after),
        (
            &json!({"usageLocation": null}),
            &json!({"usageLocation": "DE"})
        )
    );
}

#[tokio::test(start_paused = true)]
async fn licences_are_refused_in_microsofts_words() {
    let client = Client::of(Options {
        location_lag: Duration::from_secs(60),
        ..Options::calm()
    })
    .await;
    let invalid = "License assignment cannot be done for user with invalid usage location.";
    assert_eq!(
        client.license(ADELE, &[E5], &[]).await.refusal(),
        (400, "Request_BadRequest", invalid)
    );
    client.locate(ADELE, "DE").await;
    assert_eq!(client.license(ADELE, &[E5], &[]).await.refusal().2, invalid);
    client.pass(60).await;
    assert_eq!(
        client.license(ADELE, &[E5], &[]).await.body["userPrincipalName"],
        "adele@contoso.com"
    );
    assert_eq!(
        client.license(ADELE, &[E5], &[]).await.status,
        200,
        "assigning again is harmless"
    );
    assert_eq!(client.tenant.seats()[E5], (2, 1));

    let mut late = person("late", "late@contoso.com");
    late.facts.insert("usageLocation".into(), json!("DE"));
    client.tenant.add_person(late);
    client.tenant.set_seats(E5, 1);
    let none = format!("Subscription with SKU {E5} does not have any available licenses.");
    assert_eq!(
        client.license("late", &[E5], &[]).await.refusal(),
        (400, "Request_BadRequest", none.as_str())
    );
    assert_eq!(
        client.license("late", &[], &[E5]).await.status,
        400,
        "never had it"
    );
    client.tenant.give_group_licence("late", E5, "g1");
    let inherited = "User license is inherited from group membership and cannot be removed directly from the user.";
    assert_eq!(
        client.license("late", &[], &[E5]).await.refusal(),
        (400, "Request_BadRequest", inherited)
    );
    let reply = client
        .post(
            &format!("/users/{ADELE}/assignLicense"),
            json!({"addLicenses": []}),
        )
        .await;
    assert_eq!(reply.status, 400, "both collections are needed");

    assert_eq!(client.license(ADELE, &[], &[E5]).await.status, 200);
    assert_eq!(client.tenant.seats()[E5], (1, 1));
}

#[tokio::test(start_paused = true)]
async fn licence_states_and_seats_lag() {
    let client = Client::of(Options {
        staleness: Duration::from_secs(60),
        ..Options::calm()
    })
    .await;
    client
        .tenant
        .set_property(ADELE, "usageLocation", Some(json!("DE")));
    assert_eq!(client.license(ADELE, &[E5], &[]).await.status, 200);
    let states = async || {
        let path = format!("/users/{ADELE}?$select=licenseAssignmentStates,assignedPlans");
        client.get(&path).await.body
    };
    let taken =
        async || client.get("/subscribedSkus").await.body["value"][0]["consumedUnits"].clone();
    assert_eq!(
        (&states().await["licenseAssignmentStates"], taken().await),
        (&json!([]), json!(0))
    );
    client.pass(60).await;
    let shown = states().await;
    let state = &shown["licenseAssignmentStates"][0];
    assert_eq!(
        (&state["skuId"], &state["state"], &state["assignedByGroup"]),
        (&json!(E5), &json!("Active"), &Value::Null)
    );
    assert_eq!(
        (&shown["assignedPlans"][0]["servicePlanId"], taken().await),
        (&json!(TEAMS1), json!(1))
    );
}
