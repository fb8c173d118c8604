//! Licences that come by a group.

use std::time::Duration;

use super::*;

const GROUP: &str = "0a000000-0000-4000-8000-000000000001";

/// A group that brings E5, of which there is one seat.
async fn licensed(options: Options) -> Client {
    let client = Client::of(options).await;
    client.tenant.set_seats(E5, 1);
    let mut group = NewGroup::new(GROUP, "Licences");
    group.products = vec![E5.into()];
    client.tenant.add_group(group);
    client
}

impl Client {
    async fn state(&self, id: &str) -> Value {
        let path =
            format!("/users/{id}?$select=licenseAssignmentStates,assignedPlans,assignedLicenses");
        self.get(&path).await.body
    }
}

#[tokio::test(start_paused = true)]
async fn members_inherit_after_a_while_and_lose_it_again() {
    let client = licensed(Options {
        group_licence_delay: (Duration::from_secs(600), Duration::from_secs(600)),
        ..Options::calm()
    })
    .await;
    let processing = async || {
        let path = format!("/groups/{GROUP}?$select=licenseProcessingState");
        client.get(&path).await.body["licenseProcessingState"]["state"].clone()
    };
    let body = json!({"@odata.id": format!("http://graph.local/v1.0/directoryObjects/{ADELE}")});
    let reply = client
        .post(&format!("/groups/{GROUP}/members/$ref"), body)
        .await;
    assert_eq!(reply.status, 204);
    assert_eq!(
        (
            client.state(ADELE).await["licenseAssignmentStates"].clone(),
            processing().await
        ),
        (json!([]), json!("QueuedForProcessing"))
    );
    client.pass(600).await;
    let shown = client.state(ADELE).await;
    let state = &shown["licenseAssignmentStates"][0];
    assert_eq!(
        (&state["assignedByGroup"], &state["state"], &state["error"]),
        (&json!(GROUP), &json!("Active"), &json!("None"))
    );
    assert_eq!(shown["assignedPlans"].as_array().unwrap().len(), 2);
    assert_eq!(processing().await, "ProcessingComplete");
    assert!(
        client.tenant.truth(ADELE).unwrap().ready,
        "the Teams user follows"
    );

    client.tenant.move_member_by_hand(GROUP, ADELE, false);
    assert_eq!(client.tenant.seats()[E5], (1, 1));
    client.pass(600).await;
    assert_eq!(client.tenant.seats()[E5], (1, 0));
    assert_eq!(
        client.state(ADELE).await["licenseAssignmentStates"],
        json!([])
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_seat_the_error_shows_in_the_states_only() {
    let client = licensed(Options::calm()).await;
    client.tenant.add_person(person("late", "late@contoso.com"));
    let (_, link) = client
        .pages("/users/delta?$select=id&$deltatoken=latest")
        .await;
    client.tenant.move_member_by_hand(GROUP, ADELE, true);
    client.tenant.move_member_by_hand(GROUP, "late", true);
    let shown = client.state("late").await;
    let state = &shown["licenseAssignmentStates"][0];
    assert_eq!(
        (&state["state"], &state["error"]),
        (&json!("Error"), &json!("CountViolation"))
    );
    assert_eq!(
        (&shown["assignedPlans"], &shown["assignedLicenses"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(
        client.pages(&link.unwrap()).await.0.concat(),
        Vec::<Value>::new()
    );

    client.tenant.set_seats(E5, 2);
    assert_eq!(
        client.state("late").await["licenseAssignmentStates"][0]["state"],
        "Error",
        "nobody looked again"
    );
    let reply = client
        .post("/users/late/reprocessLicenseAssignment", json!({}))
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        client.state("late").await["licenseAssignmentStates"][0]["state"],
        "Active"
    );
    assert_eq!(client.tenant.seats()[E5], (2, 2));
}

#[tokio::test(start_paused = true)]
async fn an_inherited_licence_can_be_spoilt() {
    let client = licensed(Options::calm()).await;
    client.tenant.move_member_by_hand(GROUP, ADELE, true);
    let error = "MutuallyExclusiveViolation";
    let spoil = |error| client.tenant.spoil_group_licence(ADELE, E5, GROUP, error);
    spoil(Some(error));
    assert_eq!(
        client.state(ADELE).await["licenseAssignmentStates"][0]["error"],
        error
    );
    assert!(
        client
            .tenant
            .truth(ADELE)
            .unwrap()
            .group_licences
            .is_empty()
    );
    spoil(None);
    assert_eq!(client.tenant.truth(ADELE).unwrap().group_licences.len(), 1);
}
