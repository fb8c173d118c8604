//! Accounts that are locked, and people who are deleted, found in the recycle bin and brought back (`graph-api.md 2.5`, `2.7`).

use super::*;

const BIN: &str = "/directory/deletedItems/microsoft.graph.user";

/// F17: the recycle bin holds those who can come back, page by page, and nobody else.
#[tokio::test(start_paused = true)]
async fn the_recycle_bin_holds_those_who_can_come_back() {
    let mut options = Options::calm();
    options.roles.insert("User.DeleteRestore.All".into());
    let client = Client::of(options).await;
    for number in 0..5 {
        let id = format!("p{number}");
        client
            .tenant
            .add_person(person(&id, &format!("{id}@contoso.com")));
        client.tenant.delete_person(&id, number > 0);
    }
    let (pages, _) = client
        .pages(&format!("{BIN}?$top=3&$select=id,deletedDateTime"))
        .await;
    assert_eq!(
        pages.iter().map(|page| ids(page)).collect::<Vec<_>>(),
        [vec!["p1", "p2", "p3"], vec!["p4"]]
    );
    assert!(pages[0][0]["deletedDateTime"].is_string());
    assert_eq!(client.get("/users/p1").await.status, 404);

    let restore = async |id: &str| {
        client
            .post(&format!("/directory/deletedItems/{id}/restore"), json!({}))
            .await
            .status
    };
    assert_eq!(
        (
            restore("p1").await,
            restore("p1").await,
            restore("p0").await
        ),
        (200, 404, 404)
    );
    assert_eq!(client.get("/users/p1").await.status, 200);
    let (pages, _) = client.pages(&format!("{BIN}?$select=id")).await;
    assert_eq!(ids(&pages[0]), ["p2", "p3", "p4"]);
    let unknown = client.get(&format!("{BIN}?$select=nonsense")).await;
    assert_eq!(unknown.refusal().0, 400);
}

#[tokio::test(start_paused = true)]
async fn an_account_is_locked_with_little_permission_and_its_sessions_end() {
    let mut options = Options::calm();
    options.roles = ["User.Read.All", "User.EnableDisableAccount.All"]
        .map(String::from)
        .into();
    options.staleness = Duration::from_secs(30);
    let client = Client::of(options).await;
    let adele = format!("/users/{ADELE}");
    let lock = json!({"accountEnabled": false});
    assert_eq!(client.ask("PATCH", &adele, Some(lock)).await.status, 204);
    client.pass(30).await;
    let shown = client.get(&format!("{adele}?$select=accountEnabled")).await;
    assert_eq!(shown.body["accountEnabled"], false);
    assert_eq!(
        client.locate(ADELE, "DE").await.refusal().0,
        403,
        "that is more"
    );
    let wrong = client
        .ask("PATCH", &adele, Some(json!({"accountEnabled": "no"})))
        .await;
    assert_eq!(wrong.refusal().0, 400);
    let sessions = format!("{adele}/revokeSignInSessions");
    assert_eq!(
        client.post(&sessions, json!({})).await.refusal(),
        (
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation."
        )
    );
    let history = client.tenant.history();
    assert_eq!(history.len(), 1);
    assert_eq!(
        (&history[0].before, &history[0].after),
        (
            &json!({"accountEnabled": true}),
            &json!({"accountEnabled": false})
        )
    );
}
