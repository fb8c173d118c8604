//! Groups and their members.

use std::time::Duration;

use super::*;

const GROUP: &str = "0a000000-0000-4000-8000-000000000001";
const OTHER: &str = "0a000000-0000-4000-8000-000000000002";

/// Two groups and some people beside Adele.
async fn grouped(options: Options) -> Client {
    let client = Client::of(options).await;
    for n in 0..30 {
        let id = format!("p{n:02}");
        client
            .tenant
            .add_person(person(&id, &format!("{id}@contoso.com")));
    }
    client.tenant.add_group(NewGroup::new(GROUP, "Phones"));
    let mut other = NewGroup::new(OTHER, "Everybody with a phone");
    other.members = vec![GROUP.into(), "p00".into()];
    client.tenant.add_group(other);
    client
}

fn reference(id: &str) -> Value {
    json!(format!(
        "https://graph.microsoft.com/v1.0/directoryObjects/{id}"
    ))
}

impl Client {
    async fn join(&self, group: &str, id: &str) -> Reply {
        let body = json!({"@odata.id": reference(id)});
        self.post(&format!("/groups/{group}/members/$ref"), body)
            .await
    }

    async fn join_all(&self, group: &str, ids: &[String]) -> Reply {
        let references: Vec<Value> = ids.iter().map(|id| reference(id)).collect();
        let body = json!({"members@odata.bind": references});
        self.ask("PATCH", &format!("/groups/{group}"), Some(body))
            .await
    }

    async fn leave(&self, group: &str, id: &str) -> Reply {
        let path = format!("/groups/{group}/members/{id}/$ref");
        self.ask("DELETE", &path, None).await
    }

    async fn members(&self, group: &str) -> Vec<String> {
        let path = format!("/groups/{group}/members?$select=id&$top=9");
        let (pages, _) = self.pages(&path).await;
        let all = pages.concat();
        all.iter()
            .map(|member| member["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn people(from: usize, to: usize) -> Vec<String> {
    (from..to).map(|n| format!("p{n:02}")).collect()
}

#[tokio::test(start_paused = true)]
async fn groups_are_listed_and_read() {
    let client = grouped(Options::calm()).await;
    let mut licensed = NewGroup::new("0b", "Licences");
    (licensed.products, licensed.kind) =
        (vec![E5.into()], GroupKind::Dynamic("user.x eq 1".into()));
    client.tenant.add_group(licensed);
    let (pages, _) = client
        .pages("/groups?$select=id,displayName,groupTypes&$top=2")
        .await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(
        pages[1][0],
        json!({"id": "0b", "displayName": "Licences", "groupTypes": ["DynamicMembership"]})
    );
    let group = client.get("/groups/0b").await.body;
    assert_eq!(
        (
            &group["assignedLicenses"][0]["skuId"],
            &group["securityEnabled"]
        ),
        (&json!(E5), &json!(true))
    );
    assert_eq!(group["membershipRule"], "user.x eq 1");
    assert_eq!(client.get("/groups/none").await.status, 404);
    assert_eq!(client.get("/groups?$select=shoeSize").await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn members_come_one_by_one_or_twenty_at_a_time_and_go() {
    let client = grouped(Options::calm()).await;
    assert_eq!(client.join(GROUP, "p00").await.status, 204);
    let already = "One or more added object references already exist for the following modified properties: 'members'.";
    assert_eq!(
        client.join(GROUP, "p00").await.refusal(),
        (400, "Request_BadRequest", already)
    );
    assert_eq!(
        client.join_all(GROUP, &people(0, 20)).await.refusal().2,
        already
    );
    assert_eq!(client.members(GROUP).await, ["p00"], "all or nothing");
    let reply = client.join_all(GROUP, &people(1, 22)).await;
    assert_eq!(
        reply.refusal().2,
        "A resource cannot contain more than 20 link changes."
    );
    assert_eq!(
        client
            .join_all(GROUP, &["p01".into(), "nobody".into()])
            .await
            .status,
        404
    );
    assert_eq!(client.join_all(GROUP, &people(1, 21)).await.status, 204);
    assert_eq!(client.members(GROUP).await, people(0, 21));

    assert_eq!(client.leave(GROUP, "p00").await.status, 204);
    assert_eq!(
        client.leave(GROUP, "p00").await.refusal().1,
        "Request_ResourceNotFound"
    );
    assert_eq!(client.join("none", "p00").await.status, 404);
    let body = json!({"@odata.id": "p00"});
    assert_eq!(
        client
            .post(&format!("/groups/{GROUP}/members/$ref"), body)
            .await
            .status,
        400
    );
    assert_eq!(client.tenant.counts().directory_writes, 10);
    let last = client.tenant.history().pop().unwrap();
    assert_eq!(
        (last.person.as_str(), &last.before["groups"]),
        ("p00", &json!([GROUP, OTHER]))
    );
    assert_eq!(last.after, json!({"groups": [OTHER]}));
    assert_eq!(
        client
            .ask("DELETE", &format!("/groups/{GROUP}/members/p01"), None)
            .await
            .status,
        400,
        "without $ref"
    );
}

#[tokio::test(start_paused = true)]
async fn a_membership_is_seen_after_a_while() {
    let client = grouped(Options {
        staleness: Duration::from_secs(60),
        ..Options::calm()
    })
    .await;
    assert_eq!(client.join(GROUP, "p01").await.status, 204);
    assert_eq!(client.members(GROUP).await, [""; 0]);
    assert_eq!(client.join(GROUP, "p01").await.status, 400, "it is true");
    client.pass(60).await;
    assert_eq!(client.members(GROUP).await, ["p01"]);
}

#[tokio::test(start_paused = true)]
async fn some_groups_take_nobody() {
    let client = grouped(Options::calm()).await;
    for (kind, status, text) in [
        (
            GroupKind::Dynamic("all".into()),
            403,
            "Insufficient privileges",
        ),
        (GroupKind::RoleAssignable, 403, "Insufficient privileges"),
        (GroupKind::Synced, 400, "on-premises mastered"),
        (
            GroupKind::MailEnabled,
            400,
            "Cannot Update a mail-enabled security groups",
        ),
    ] {
        let mut closed = NewGroup::new("closed", "Closed");
        closed.kind = kind;
        client.tenant.add_group(closed);
        let reply = client.join("closed", ADELE).await;
        let (refused, _, message) = reply.refusal();
        assert_eq!(refused, status);
        assert!(message.contains(text), "{message}");
        assert_eq!(client.leave("closed", ADELE).await.status, status);
    }
}

#[tokio::test(start_paused = true)]
async fn the_groups_of_somebody_are_found_through_groups_too() {
    let mut client = grouped(Options::calm()).await;
    client.tenant.move_member_by_hand(GROUP, ADELE, true);
    let mut unified = NewGroup::new("0c", "A team");
    (unified.kind, unified.members) = (GroupKind::Unified, vec![ADELE.into()]);
    client.tenant.add_group(unified);
    let found = async |client: &Client, path: &str| {
        let (pages, _) = client.pages(&format!("/users/{ADELE}/{path}")).await;
        let all = pages.concat();
        assert!(
            all.iter()
                .all(|group| group["@odata.type"] == "#microsoft.graph.group")
        );
        ids(&all).into_iter().map(String::from).collect::<Vec<_>>()
    };
    assert_eq!(found(&client, "memberOf?$select=id").await, [GROUP, "0c"]);
    let all = [GROUP, OTHER, "0c"];
    assert_eq!(
        found(&client, "transitiveMemberOf?$select=id&$top=2").await,
        all
    );
    let cast = "transitiveMemberOf/microsoft.graph.group?$select=id&$count=true";
    assert_eq!(
        client.get(&format!("/users/{ADELE}/{cast}")).await.status,
        400
    );
    client.eventual = true;
    assert_eq!(found(&client, cast).await, all);

    let ask =
        async |what: &str, body: Value| client.post(&format!("/users/{ADELE}/{what}"), body).await;
    let reply = ask("checkMemberGroups", json!({"groupIds": ["none", OTHER]})).await;
    assert_eq!(
        (&reply.body["value"], reply.header("x-ms-resource-unit")),
        (&json!([OTHER]), "4")
    );
    let many = vec!["x"; 21];
    assert_eq!(
        ask("checkMemberGroups", json!({"groupIds": many}))
            .await
            .status,
        400
    );
    let secure = ask("getMemberGroups", json!({"securityEnabledOnly": true})).await;
    assert_eq!(secure.body["value"], json!([GROUP, OTHER]));
    assert_eq!(client.tenant.counts().directory_writes, 0);
}

#[tokio::test(start_paused = true)]
async fn who_may_not_read_people_sees_ids() {
    let mut client = grouped(Options::calm()).await;
    let members = async |client: &Client| {
        let path = format!("/groups/{OTHER}/members?$select=id,displayName");
        client.get(&path).await.body["value"].clone()
    };
    let all = members(&client).await;
    assert_eq!(
        all,
        json!([
            {"@odata.type": "#microsoft.graph.group", "id": GROUP, "displayName": "Phones"},
            {"@odata.type": "#microsoft.graph.user", "id": "p00", "displayName": "Somebody"},
        ])
    );
    client
        .tenant
        .set_roles(["GroupMember.Read.All".to_owned()].into());
    client.renew().await;
    assert_eq!(
        members(&client).await[1],
        json!({"@odata.type": "#microsoft.graph.user", "id": "p00"})
    );
    assert_eq!(client.join(GROUP, "p00").await.status, 403);
}

#[tokio::test(start_paused = true)]
async fn delta_of_groups_brings_members_in_slices_and_then_what_changed() {
    let client = grouped(Options::calm()).await;
    for n in 0..450 {
        let id = format!("q{n:03}");
        client
            .tenant
            .add_person(person(&id, &format!("{id}@contoso.com")));
        client.tenant.move_member_by_hand(GROUP, &id, true);
    }
    let path = format!(
        "/groups/delta?$select=id,displayName,members&$filter=id%20eq%20'{GROUP}'%20or%20id%20eq%20'none'"
    );
    let (pages, link) = client.pages(&path).await;
    assert!(
        pages.len() > 2 && pages.concat().iter().all(|group| group["id"] == GROUP),
        "the group comes again"
    );
    let members: usize = pages
        .concat()
        .iter()
        .filter_map(|group| group["members@delta"].as_array().map(Vec::len))
        .sum();
    assert_eq!(members, 450);

    client.tenant.move_member_by_hand(GROUP, "q000", false);
    client.tenant.delete_person("q001", true);
    client.tenant.delete_person("q002", false);
    client.join(GROUP, ADELE).await;
    client.tenant.move_member_by_hand(OTHER, ADELE, true);
    let (pages, link) = client.pages(&link.unwrap()).await;
    let user = "#microsoft.graph.user";
    let expected = json!([{"id": GROUP, "displayName": "Phones", "members@delta": [
        {"@odata.type": user, "id": ADELE},
        {"@odata.type": user, "id": "q000", "@removed": {"reason": "deleted"}},
        {"@odata.type": user, "id": "q002", "@removed": {"reason": "deleted"}},
    ]}]);
    assert_eq!(json!(pages.concat()), expected);
    assert_eq!(
        client.pages(&link.unwrap()).await.0.concat(),
        Vec::<Value>::new()
    );
    let both = "id%20eq%20'x'%20and%20id%20eq%20'y'";
    let path = format!("/groups/delta?$filter={both}");
    assert_eq!(client.get(&path).await.status, 400);
}
