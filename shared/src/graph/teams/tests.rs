//! The Teams user in every wrapping, policies by name, and what is sent.

use serde_json::json;
use tokio::time::advance;

use super::super::script::{ADELE, graph, refuse, reply};
use super::*;
use crate::error::Kind;

fn adele() -> UserId {
    UserId(ADELE.to_owned())
}

fn meeting() -> PolicyType {
    PolicyType("TeamsMeetingPolicy".to_owned())
}

/// `graph-api.md 5.1.2`.
#[tokio::test(start_paused = true)]
async fn a_teams_user_is_read_bare_and_wrapped() {
    let user = json!({
        "id": ADELE, "accountType": "user", "featureTypes": ["Teams", 7, "PhoneSystem"], "isEnterpriseVoiceEnabled": null,
        "effectivePolicyAssignments": [
            {"policyType": "TeamsCallingPolicy", "policyAssignment": {"displayName": "AllOn", "assignmentType": "group"}},
            {"policyType": "TeamsMeetingPolicy", "policyAssignment": {"displayName": "Tag:Custom", "assignmentType": "Direct"}},
            {"policyType": "TeamsAppSetupPolicy"},
            "odd",
        ],
    });
    let (graph, log) = graph(move |before| {
        Ok(match before {
            0 => reply(200, &user),
            1 => reply(200, &json!({"value": user})),
            2 => reply(200, &json!({"value": [user]})),
            3 => reply(200, &json!({"value": []})),
            4 => reply(404, &json!({})),
            5 => reply(
                200,
                &json!({"value": {"id": "somebody-else", "accountType": "user"}}),
            ),
            _ => reply(200, &json!([user])),
        })
    });
    let read = async || graph.teams_user(&adele()).await;
    let policy = |policy_type: &str, name: &str, direct| EffectivePolicy {
        policy_type: PolicyType(policy_type.to_owned()),
        name: name.to_owned(),
        direct,
    };
    let expected = TeamsUser {
        account_type: "user".to_owned(),
        feature_types: vec!["Teams".to_owned(), "PhoneSystem".to_owned()],
        policies: vec![
            policy("TeamsCallingPolicy", "AllOn", false),
            policy("TeamsMeetingPolicy", "Custom", true),
        ],
    };
    for _ in 0..3 {
        assert_eq!(read().await.unwrap(), Some(expected.clone()));
    }
    for _ in 0..2 {
        assert_eq!(read().await.unwrap(), None);
    }
    for _ in 0..2 {
        assert_eq!(read().await.unwrap_err().kind(), &Kind::Unavailable);
    }
    let select = "id,accountType,featureTypes,effectivePolicyAssignments";
    assert_eq!(
        log.graph()[0],
        format!("GET /v1.0/admin/teams/userConfigurations/{ADELE}?$select={select}")
    );
}

/// `graph-api.md 5.2.1`.
#[tokio::test(start_paused = true)]
async fn the_id_of_a_policy_is_remembered_for_an_hour() {
    let found = |entries: Value| Ok(reply(200, &json!({"value": entries})));
    let (graph, log) = graph(move |before| match before {
        0..3 => found(
            json!([{"name": "Tag:Anna's Büro", "policyId": "p1"}, {"name": "Anna's Büro 2", "policyId": "p2"}]),
        ),
        3 => found(
            json!([{"name": "X", "policyId": "p1"}, {"name": "Tag:x", "policyId": "p2"}, {"name": 7}]),
        ),
        4 => found(json!([])),
        _ => refuse(404, "UnknownError", "no such policy"),
    });
    let ask = async || graph.policy_id(&meeting(), "Anna's Büro").await.unwrap();
    for _ in 0..3 {
        assert_eq!(ask().await.as_deref(), Some("p1"));
    }
    assert_eq!(
        log.graph(),
        [
            "GET /v1.0/admin/teams/policy/getPolicyId(type='TeamsMeetingPolicy',name='Anna%27%27s%20B%C3%BCro')"
        ]
    );
    advance(REMEMBERED).await;
    ask().await;
    graph.forget_policy_ids();
    ask().await;
    assert_eq!(log.graph().len(), 3);
    for why in [
        "two",
        "none",
        "404",
        "404 again: a missing policy is not remembered",
    ] {
        assert_eq!(
            graph.policy_id(&meeting(), "X").await.unwrap(),
            None,
            "{why}"
        );
    }
    assert_eq!(log.graph().len(), 7);
}

/// `graph-api.md 5.2.2, 5.2.3`.
#[tokio::test(start_paused = true)]
async fn policies_are_assigned_and_unassigned_in_one_request() {
    let (graph, log) = graph(|before| match before {
        0 | 1 => Ok(reply(204, &json!(null))),
        _ => refuse(403, "forbidden", "Insufficient permission(s)"),
    });
    let dial_plan = PolicyType("TenantDialPlan".to_owned());
    let policies = [
        (meeting(), "p1".to_owned()),
        (dial_plan.clone(), "p2".to_owned()),
    ];
    assert_eq!(
        graph
            .assign_policies(&adele(), &policies)
            .await
            .unwrap()
            .request_id
            .as_deref(),
        Some("ms-1")
    );
    graph
        .unassign_policies(&adele(), &[dial_plan])
        .await
        .unwrap();
    assert_eq!(
        graph
            .unassign_policies(&adele(), &[])
            .await
            .unwrap_err()
            .kind(),
        &Kind::Denied
    );
    let path = "POST /v1.0/admin/teams/policy/userAssignments";
    assert_eq!(
        log.graph()[..2],
        [format!("{path}/assign"), format!("{path}/unassign")]
    );
    let kind = "#microsoft.graph.teamsAdministration.teamsPolicyUserAssignment";
    assert_eq!(
        log.bodies()[..2],
        [
            json!({"value": [
                {"@odata.type": kind, "userId": ADELE, "policyType": "TeamsMeetingPolicy", "policyId": "p1"},
                {"@odata.type": kind, "userId": ADELE, "policyType": "TenantDialPlan", "policyId": "p2"},
            ]}),
            json!({"value": [{"@odata.type": kind, "userId": ADELE, "policyType": "TenantDialPlan"}]}),
        ]
    );
    assert_eq!(
        graph.counts().directory_writes,
        0,
        "Teams has a quota of its own"
    );
}

#[tokio::test(start_paused = true)]
async fn all_teams_accounts_are_read_page_by_page() {
    let next = "https://graph.example/v1.0/admin/teams/userConfigurations?$skiptoken=a";
    let (graph, log) = graph(move |before| {
        let value = json!([{"id": ADELE, "accountType": "guest"}, {"accountType": "user"}, 7]);
        Ok(match before {
            0 => reply(200, &json!({"value": value, "@odata.nextLink": next})),
            _ => reply(200, &json!({"value": []})),
        })
    });
    let first = graph.teams_users_page(None).await.unwrap();
    assert_eq!((first.users.len(), first.next.as_deref()), (1, Some(next)));
    assert_eq!(
        (&first.users[0].0, first.users[0].1.account_type.as_str()),
        (&adele(), "guest")
    );
    let last = graph.teams_users_page(Some(next)).await.unwrap();
    assert_eq!((last.users.len(), last.next), (0, None));
    assert_eq!(log.headers("prefer"), ["include-unknown-enum-members"; 2]);
}
