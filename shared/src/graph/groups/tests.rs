//! Groups: what they are, who is in them, twenty at once and one by one.

use http::Response;

use super::super::script::{ADELE, graph, refuse, reply};
use super::*;

const GROUP: &str = "d8ebfa45-0f28-4d2d-9bcc-b158a49e2d17";
const IS_IN: &str = "One or more added object references already exist for the following modified properties: 'members'.";

fn group_id() -> GroupId {
    GroupId(GROUP.to_owned())
}

fn people(many: usize) -> Vec<UserId> {
    (0..many)
        .map(|number| UserId(format!("p{number}")))
        .collect()
}

fn no_content() -> Response<bytes::Bytes> {
    Response::builder()
        .status(204)
        .body(bytes::Bytes::new())
        .unwrap()
}

/// `graph-api.md 4.1`: what cannot be changed is known before it is tried.
#[tokio::test(start_paused = true)]
async fn groups_are_read_with_what_stands_in_the_way() {
    let cases = [
        (json!({}), None),
        (
            json!({"groupTypes": ["Unified"], "mailEnabled": true}),
            None,
        ),
        (
            json!({"groupTypes": ["DynamicMembership"], "onPremisesSyncEnabled": true}),
            Some(GroupObstacle::Dynamic),
        ),
        (
            json!({"onPremisesSyncEnabled": true, "mailEnabled": true}),
            Some(GroupObstacle::OnPremises),
        ),
        (
            json!({"mailEnabled": true}),
            Some(GroupObstacle::MailEnabled),
        ),
        (
            json!({"isAssignableToRole": true}),
            Some(GroupObstacle::RoleAssignable),
        ),
        (json!({"mailEnabled": null, "groupTypes": [7]}), None),
    ];
    let mut groups: Vec<Value> = cases
        .iter()
        .map(|(group, _)| {
            let mut group = group.clone();
            group["id"] = json!(GROUP);
            group["displayName"] = json!("LIC-TeamsPhone");
            group["assignedLicenses"] =
                json!([{"skuId": "AB-1", "disabledPlans": []}, {"skuId": 7}, "odd"]);
            group
        })
        .collect();
    groups.extend([json!({"id": "../x"}), json!(7)]);
    let (graph, log) = graph(move |before| {
        Ok(match before {
            0 => reply(200, &json!({"value": groups})),
            1 => reply(200, &groups[0]),
            2 => return refuse(404, "Request_ResourceNotFound", ""),
            3 => return refuse(404, "x", ""),
            _ => reply(200, &json!({"id": "another"})),
        })
    });
    let page = graph.groups_page(None).await.unwrap();
    let obstacles: Vec<_> = page.groups.iter().map(|group| group.obstacle).collect();
    assert_eq!(obstacles, cases.map(|(_, obstacle)| obstacle));
    assert_eq!(
        page.groups[0].licences,
        BTreeSet::from([SkuId("ab-1".to_owned())])
    );
    assert_eq!(
        graph.group(&group_id()).await.unwrap().unwrap(),
        page.groups[0]
    );
    assert_eq!(graph.group(&group_id()).await.unwrap(), None);
    assert_eq!(
        graph.group(&group_id()).await.unwrap_err().kind(),
        &Kind::NotFound
    );
    assert_eq!(
        graph.group(&group_id()).await.unwrap_err().kind(),
        &Kind::Unavailable
    );
    assert_eq!(
        log.graph()[1],
        format!("GET /v1.0/groups/{GROUP}?$select={SELECT}")
    );
}

/// One who is in it already fails all twenty; then one by one, and that one counts as done.
#[tokio::test(start_paused = true)]
async fn who_is_in_a_group_already_does_not_keep_others_out() {
    let (graph, log) = graph(|before| match before {
        0 => Ok(no_content()),
        1 => refuse(400, "Request_BadRequest", IS_IN),
        2 => refuse(400, "Request_BadRequest", IS_IN),
        3 => refuse(404, "Request_ResourceNotFound", ""),
        4 => refuse(403, "Authorization_RequestDenied", ""),
        _ => Ok(no_content()),
    });
    let added = graph.add_members(&group_id(), &people(25)).await.unwrap();
    let outcomes: Vec<std::result::Result<bool, Kind>> = added
        .into_iter()
        .map(|(_, outcome)| {
            outcome
                .map(|it| it != Membership::AlreadySo)
                .map_err(|error| error.kind().clone())
        })
        .collect();
    assert!(outcomes[..20].iter().all(|outcome| *outcome == Ok(true)));
    let one_by_one = [
        Ok(false),
        Err(Kind::NotFound),
        Err(Kind::Denied),
        Ok(true),
        Ok(true),
    ];
    assert_eq!(outcomes[20..], one_by_one);
    let bodies = log.bodies();
    assert_eq!(
        bodies[0]["members@odata.bind"].as_array().unwrap().len(),
        20
    );
    let object = |id: &str| format!("https://graph.example/v1.0/directoryObjects/{id}");
    assert_eq!(bodies[0]["members@odata.bind"][19], object("p19"));
    assert_eq!(bodies[2], json!({"@odata.id": object("p20")}));
    assert_eq!(
        log.graph()[2],
        format!("POST /v1.0/groups/{GROUP}/members/$ref")
    );
    assert_eq!(graph.counts().directory_writes, 7);
}

/// The permission for single members does not do for many: asked once, then never again (`graph-api.md 4.1`).
#[tokio::test(start_paused = true)]
async fn where_many_at_once_are_not_allowed_they_are_added_one_by_one() {
    let (graph, log) = graph(|before| match before {
        0 => refuse(403, "Authorization_RequestDenied", ""),
        _ => Ok(no_content()),
    });
    for _ in 0..2 {
        let added = graph
            .clone()
            .add_members(&group_id(), &people(2))
            .await
            .unwrap();
        assert!(
            added
                .iter()
                .all(|(_, outcome)| matches!(outcome, Ok(Membership::Changed(_))))
        );
    }
    let patches = log
        .graph()
        .iter()
        .filter(|line| line.starts_with("PATCH"))
        .count();
    assert_eq!((patches, log.graph().len()), (1, 5));
}

/// A lost answer: nobody of the twenty is believed to be in, and none is asked for again at once. No pace: the rest is not begun.
#[tokio::test(start_paused = true)]
async fn a_lost_answer_leaves_all_of_them_unknown() {
    let (graph, log) = graph(|before| match before {
        0 => refuse(500, "x", ""),
        _ => refuse(429, "TooManyRequests", ""),
    });
    let added = graph.add_members(&group_id(), &people(3)).await.unwrap();
    let unknown = |outcome: &Result<Membership<Receipt>>| {
        outcome.as_ref().unwrap_err().kind() == &Kind::UnknownOutcome
    };
    assert!(added.iter().all(|(_, outcome)| unknown(outcome)));
    let stopped = graph
        .add_members(&group_id(), &people(3))
        .await
        .unwrap_err();
    assert!(matches!(stopped.kind(), Kind::Throttled(Some(_))));
    assert_eq!(log.graph().len(), 2);
}

/// 404 on a removal is done, if the group is there; the request keeps its `/$ref`.
#[tokio::test(start_paused = true)]
async fn who_is_not_in_a_group_counts_as_taken_out() {
    let (graph, log) = graph(|before| match before {
        0 => Ok(no_content()),
        1 | 3 | 4 => refuse(404, "Request_ResourceNotFound", ""),
        _ => Ok(reply(200, &json!({"id": GROUP}))),
    });
    let adele = UserId(ADELE.to_owned());
    let removed = |membership: Membership<Receipt>| membership != Membership::AlreadySo;
    assert!(removed(
        graph.remove_member(&group_id(), &adele).await.unwrap()
    ));
    assert!(!removed(
        graph.remove_member(&group_id(), &adele).await.unwrap()
    ));
    let error = graph.remove_member(&group_id(), &adele).await.unwrap_err();
    assert_eq!(error.kind(), &Kind::NotFound);
    assert!(error.to_string().contains("there is no group"), "{error}");
    assert_eq!(
        log.graph()[0],
        format!("DELETE /v1.0/groups/{GROUP}/members/{ADELE}/$ref")
    );
}

/// `graph-api.md 4.2`: pages of members, people only; the question which groups somebody is in is no change.
#[tokio::test(start_paused = true)]
async fn members_are_read_and_asked_for() {
    const NEXT: &str = "https://graph.example/v1.0/groups/g/members?$skiptoken=a";
    let (graph, log) = graph(|before| {
        let user = "#microsoft.graph.user";
        Ok(match before {
            0 => reply(
                200,
                &json!({"value": [{"@odata.type": user, "id": "a"}, {"id": "b"},
                {"@odata.type": "#microsoft.graph.group", "id": "g"}, {"@odata.type": user}], "@odata.nextLink": NEXT}),
            ),
            1 => reply(200, &json!({"value": []})),
            2 => reply(200, &json!({"value": [GROUP.to_uppercase(), 7, "another"]})),
            _ => reply(200, &json!({"value": []})),
        })
    });
    let page = graph.members_page(&group_id(), None).await.unwrap();
    assert_eq!(page.people, ["a", "b"].map(|id| UserId(id.to_owned())));
    let last = graph
        .members_page(&group_id(), page.next.as_deref())
        .await
        .unwrap();
    assert_eq!((last.people.len(), last.next), (0, None));
    let mut groups: Vec<GroupId> = (0..24)
        .map(|number| GroupId(format!("g{number}")))
        .collect();
    groups.insert(0, group_id());
    let adele = UserId(ADELE.to_owned());
    let found = graph.read_only().in_groups(&adele, &groups).await.unwrap();
    assert_eq!(found, BTreeSet::from([group_id()]));
    let sizes = log.bodies()[2..]
        .iter()
        .map(|body| body["groupIds"].as_array().unwrap().len())
        .collect::<Vec<_>>();
    assert_eq!(sizes, [20, 5]);
    assert_eq!(graph.counts().directory_writes, 0);
}

/// `graph-api.md 4.3`: slices of members, who left, groups that are gone; a round ends with a link to the next.
#[tokio::test(start_paused = true)]
async fn changes_of_groups_are_followed() {
    const LINK: &str = "https://graph.example/v1.0/groups/delta?$deltatoken=a";
    let (graph, log) = graph(|before| {
        let user = "#microsoft.graph.user";
        Ok(match before {
            0 => reply(
                200,
                &json!({"value": [
                {"id": GROUP, "displayName": "x", "members@delta": [{"@odata.type": user, "id": "a"},
                    {"@odata.type": user, "id": "b", "@removed": {"reason": "deleted"}}, {"@odata.type": "#microsoft.graph.device", "id": "d"}, 7]},
                {"id": "gone", "@removed": {"reason": "changed"}}, {"members@delta": []},
            ], "@odata.nextLink": LINK}),
            ),
            1 => reply(
                200,
                &json!({"value": [], "@odata.deltaLink": LINK.replace("=a", "=b")}),
            ),
            2 => return refuse(410, "syncStateNotFound", ""),
            _ => reply(200, &json!({"value": []})),
        })
    });
    let page = graph
        .groups_delta(&[group_id(), GroupId("gone".to_owned())])
        .await
        .unwrap();
    let id = |id: &str| UserId(id.to_owned());
    let change = |group: &str, removed, members| GroupChange {
        group: GroupId(group.to_owned()),
        removed,
        members,
    };
    let expected = [
        change(GROUP, false, vec![(id("a"), true), (id("b"), false)]),
        change("gone", true, vec![]),
    ];
    assert_eq!(page.changes, expected);
    assert_eq!(page.next, DeltaNext::Page(LINK.to_owned()));
    let last = graph.group_delta_page(LINK).await.unwrap();
    assert_eq!(last.next, DeltaNext::Done(LINK.replace("=a", "=b")));
    assert_eq!(
        graph.group_delta_page(LINK).await.unwrap_err().kind(),
        &Kind::Resync
    );
    assert_eq!(
        graph.group_delta_page(LINK).await.unwrap_err().kind(),
        &Kind::Unavailable
    );
    let filter = format!("id%20eq%20%27{GROUP}%27%20or%20id%20eq%20%27gone%27");
    assert_eq!(
        log.graph()[0],
        format!("GET /v1.0/groups/delta?$select=id,displayName,members&$filter={filter}")
    );
    let many: Vec<GroupId> = (0..51)
        .map(|number| GroupId(format!("g{number}")))
        .collect();
    assert_eq!(
        graph.groups_delta(&many).await.unwrap_err().kind(),
        &Kind::Invalid
    );
}
