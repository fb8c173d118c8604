//! The examples of the Teams administration and of batches (`graph-api.md 5.1` to `5.3`, `6`).

use super::*;

/// `graph-api.md 5.1` and `5.2`.
#[tokio::test(start_paused = true)]
async fn teams_users_and_policies() {
    let mut client = furnished().await;
    client.prefer = Some("include-unknown-enum-members");
    let select = "id,userPrincipalName,accountType,featureTypes,isEnterpriseVoiceEnabled,telephoneNumbers,effectivePolicyAssignments,modifiedDateTime";
    let id = client
        .get("/admin/teams/policy/getPolicyId(type='TeamsMeetingPolicy',name='AllOn')")
        .await
        .body["value"][0]["policyId"]
        .clone();
    let element = |policy: Value| {
        json!({"value": [{"@odata.type": "#microsoft.graph.teamsAdministration.teamsPolicyUserAssignment",
        "userId": BEN, "policyType": "TeamsMeetingPolicy", "policyId": policy}]})
    };
    let list = "/admin/teams/userConfigurations";
    check(&client, vec![
        ("GET", format!("{list}?$select={select}&$top=999"), None, 200, &[
            ("/value/0/accountType", "text"), ("/value/0/featureTypes/0", "text"), ("/value/0/isEnterpriseVoiceEnabled", "bool"),
            ("/value/0/telephoneNumbers/0/telephoneNumber", "text"), ("/value/0/telephoneNumbers/0/assignmentCategory", "text"),
            ("/value/0/effectivePolicyAssignments/0/policyType", "text"),
            ("/value/0/effectivePolicyAssignments/0/policyAssignment/displayName", "text"),
            ("/value/0/effectivePolicyAssignments/0/policyAssignment/groupId", "null"), ("/value/0/tenantId", "missing"),
        ]),
        ("GET", format!("{list}?$filter=isEnterpriseVoiceEnabled%20eq%20true"), None, 200, &[("/value/0/id", "text")]),
        ("GET", format!("{list}?$filter=telephoneNumbers/any(t:%20t/assignmentCategory%20eq%20'private')"), None, 200, &[("/value/0", "missing")]),
        ("GET", format!("{list}/{BEN}?$expand=user"), None, 200, &[("/value/id", "text"), ("/value/tenantId", "text"), ("/value/user/displayName", "text"), ("/value/createdDateTime", "text")]),
        ("GET", format!("{list}/{ADELE}"), None, 404, &[("/error/code", "text")]),
        ("GET", "/admin/teams/policy/getPolicyId(type='TeamsMeetingPolicy',name='AllOn')".into(), None, 200, &[("/value/0/@odata.type", "text"), ("/value/0/name", "text"), ("/value/0/policyId", "text"), ("/value/1", "missing")]),
        ("POST", "/admin/teams/policy/userAssignments/assign".into(), Some(element(id.clone())), 204, &[]),
        ("POST", "/admin/teams/policy/userAssignments/microsoft.graph.teamsAdministration.assign".into(), Some(element(id)), 204, &[]),
        ("POST", "/admin/teams/policy/userAssignments/unassign".into(), Some(element(Value::Null)), 204, &[]),
        ("GET", "/admin/teams/policy/userAssignments".into(), None, 404, &[("/error/message", "text")]),
        ("GET", "/admin/teams".into(), None, 400, &[("/error/message", "text")]),
        ("GET", "/admin/teams/policy".into(), None, 400, &[]),
        ("GET", TEAMS.into(), None, 400, &[]),
    ]).await;
}

/// `graph-api.md 5.3`.
#[tokio::test(start_paused = true)]
async fn numbers() {
    let client = furnished().await;
    let list = format!("{TEAMS}/numberAssignments");
    let number: &[(&str, &str)] = &[
        ("/value/0/id", "text"),
        ("/value/0/telephoneNumber", "text"),
        ("/value/0/operatorId", "text"),
        ("/value/0/numberType", "text"),
        ("/value/0/activationState", "text"),
        ("/value/0/assignmentStatus", "text"),
        ("/value/0/assignmentTargetId", "null"),
        ("/value/0/capabilities/0", "text"),
        ("/value/0/numberSource", "text"),
        ("/value/0/portInStatus", "null"),
        ("/value/0/reverseNumberLookupOptions", "list"),
        ("/value/0/supportedCustomerActions/0", "text"),
        ("/@odata.nextLink", "missing"),
    ];
    let free = "assignmentStatus%20eq%20'unassigned'%20and%20capabilities/any(c:c%20eq%20'userAssignment')";
    let id = client
        .get(&format!(
            "{list}?$filter=telephoneNumber%20eq%20'%2B12052582895'"
        ))
        .await
        .body["value"][0]["id"]
        .clone();
    let assign = json!({"telephoneNumber": FREE, "assignmentTargetId": BEN, "numberType": "directRouting", "assignmentCategory": "private", "locationId": "l"});
    check(&client, vec![
        ("GET", format!("{list}?$top=1000&$skip=0"), None, 200, number),
        ("GET", format!("{list}?$top=1000&$skip=2"), None, 200, &[("/value/0", "missing")]),
        ("GET", format!("{list}?$filter={free}&$top=1000"), None, 200, &[("/value/0/telephoneNumber", "text"), ("/value/1", "missing")]),
        ("GET", format!("{list}?$filter=assignmentTargetId%20eq%20'{BEN}'"), None, 200, &[("/value/0/assignmentTargetId", "text")]),
        ("GET", format!("{list}/{}", id.as_str().unwrap()), None, 200, &[("/value/telephoneNumber", "text")]),
        ("POST", format!("{list}/updateNumber"), Some(json!({"telephoneNumber": HELD, "locationId": "l", "networkSiteId": "s", "reverseNumberLookupOptions": ["skipInternalVoip"]})), 200, &[]),
    ]).await;
    let orders = [
        ("assignNumber", assign),
        (
            "unassignNumber",
            json!({"telephoneNumber": HELD, "numberType": "directRouting"}),
        ),
    ];
    for (verb, order) in orders {
        let reply = client.post(&format!("{list}/{verb}"), order).await;
        let location = reply.header("location").to_owned();
        assert_eq!((reply.status, reply.body.as_str()), (202, Some("")));
        assert!(location.contains("/operations('"), "{location}");
        client.pass(1).await;
        for path in [
            location.clone(),
            location.replace("('", "/").replace("')", ""),
        ] {
            let reply = client.get(&path).await;
            assert_eq!(reply.status, 200);
            for (pointer, expected) in [
                ("/value/id", "text"),
                ("/value/createdDateTime", "text"),
                ("/value/numbers/0/resourceLocation", "text"),
                ("/value/numbers/0/statusDetail", "null"),
            ] {
                assert_eq!(
                    kind(reply.body.pointer(pointer)),
                    expected,
                    "{}",
                    reply.body
                );
            }
            assert_eq!(reply.body["value"]["status"], "succeeded");
        }
    }
    assert_eq!(client.tenant.numbers()[FREE].as_deref(), Some(BEN));
    assert_eq!(client.tenant.numbers()[HELD], None);
}

/// `graph-api.md 6`: the example of the reference, its answers in any order.
#[tokio::test(start_paused = true)]
async fn a_batch() {
    let client = furnished().await;
    let typed = json!({"Content-Type": "application/json"});
    let batch = json!({"requests": [
        {"id": "1", "method": "PATCH", "url": format!("/users/{BEN}"), "headers": typed, "body": {"usageLocation": "DE"}},
        {"id": "2", "dependsOn": ["1"], "method": "POST", "url": format!("/users/{BEN}/assignLicense"), "headers": typed,
         "body": {"addLicenses": [{"skuId": E5, "disabledPlans": []}], "removeLicenses": []}},
        {"id": "3", "method": "GET", "url": "/users?$count=true&$filter=companyName eq 'X'", "headers": {"ConsistencyLevel": "eventual"}},
    ]});
    let reply = client.post("/$batch", batch).await;
    assert_eq!(reply.status, 200);
    let answer = |id: &str| {
        reply.body["responses"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["id"] == id)
            .unwrap()
            .clone()
    };
    assert_eq!(
        (&answer("1")["status"], &answer("1")["body"]),
        (&json!(204), &Value::Null)
    );
    assert_eq!(
        (
            &answer("2")["status"],
            kind(answer("2").pointer("/body/id"))
        ),
        (&json!(200), "text")
    );
    assert_eq!(answer("3")["body"]["@odata.count"], 0);
    assert!(answer("3")["headers"]["request-id"].is_string());
}
