//! Every request that the reference shows as an example, and the shape of its answer (`graph-api.md 2` to `6`).

mod teams;

use super::*;

const GROUP: &str = "d8ebfa45-0f28-4d2d-9bcc-b158a49e2d17";
const BEN: &str = "5c802b19-3600-83f1-1767-7b9edc7f38ab";
const FREE: &str = "+12052582895";
const HELD: &str = "+13235533696";
const TEAMS: &str = "/admin/teams/telephoneNumberManagement";

/// A tenant in which everything that the examples ask for is there.
async fn furnished() -> Client {
    let mut options = Options::calm();
    for more in [
        "Directory.Read.All",
        "User.EnableDisableAccount.All",
        "User.RevokeSessions.All",
        "User.DeleteRestore.All",
        "ConfigurationMonitoring.ReadWrite.All",
    ] {
        options.roles.insert(more.into());
    }
    let client = Client::of(options).await;
    let tenant = &client.tenant;
    tenant.set_seats(E5, 50);
    tenant.add_policy("TeamsMeetingPolicy", "AllOn");
    tenant.add_policy("TenantDialPlan", "DE-Berlin");
    let mut ben = person(BEN, "ben@contoso.com");
    ben.facts.insert("usageLocation".into(), json!("US"));
    ben.facts.insert("manager".into(), json!(ADELE));
    ben.licences = vec![E5.into()];
    ben.teams_ready = true;
    tenant.add_person(ben);
    tenant.assign_policy_by_hand(BEN, "TeamsMeetingPolicy", Some("AllOn"));
    let mut group = NewGroup::new(GROUP, "LIC-TeamsPhone");
    group.members = vec![BEN.into()];
    tenant.add_group(group);
    tenant.add_number(NewNumber::new(FREE, "directRouting"));
    let mut held = NewNumber::new(HELD, "directRouting");
    held.holder = Some(BEN.into());
    tenant.add_number(held);
    tenant.add_person(person("left", "left@contoso.com"));
    tenant.delete_person("left", true);
    client
}

/// A request, its status, and what must stand in the answer: JSON pointers, each with a type.
type Example<'a> = (
    &'a str,
    String,
    Option<Value>,
    u16,
    &'a [(&'a str, &'a str)],
);

fn kind(value: Option<&Value>) -> &'static str {
    match value {
        None => "missing",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "bool",
        Some(Value::Number(_)) => "number",
        Some(Value::String(_)) => "text",
        Some(Value::Array(_)) => "list",
        Some(Value::Object(_)) => "object",
    }
}

async fn check(client: &Client, examples: Vec<Example<'_>>) {
    for (method, path, body, status, shape) in examples {
        let reply = client.ask(method, &path, body).await;
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.body);
        for (pointer, expected) in shape {
            let found = kind(reply.body.pointer(pointer));
            assert_eq!(
                found, *expected,
                "{method} {path} {pointer}: {}",
                reply.body
            );
        }
        assert!(!reply.header("request-id").is_empty(), "{method} {path}");
    }
}

/// `graph-api.md 2`.
#[tokio::test(start_paused = true)]
async fn users() {
    let mut client = furnished().await;
    let select = "id,userPrincipalName,displayName,givenName,surname,mail,accountEnabled,userType,jobTitle,department,companyName,country,\
        city,state,officeLocation,employeeId,employeeType,usageLocation,preferredLanguage,onPremisesSyncEnabled,\
        onPremisesExtensionAttributes,createdDateTime,assignedLicenses,licenseAssignmentStates,assignedPlans,provisionedPlans,\
        serviceProvisioningErrors";
    let user: &[(&str, &str)] = &[
        ("/value/0/id", "text"),
        ("/value/0/accountEnabled", "bool"),
        ("/value/0/assignedLicenses/0/skuId", "text"),
        ("/value/0/assignedLicenses/0/disabledPlans", "list"),
        ("/value/0/licenseAssignmentStates/0/assignedByGroup", "null"),
        ("/value/0/licenseAssignmentStates/0/state", "text"),
        ("/value/0/licenseAssignmentStates/0/error", "text"),
        (
            "/value/0/licenseAssignmentStates/0/lastUpdatedDateTime",
            "text",
        ),
        ("/value/0/assignedPlans/0/servicePlanId", "text"),
        ("/value/0/assignedPlans/0/capabilityStatus", "text"),
        (
            "/value/0/onPremisesExtensionAttributes/extensionAttribute15",
            "null",
        ),
        ("/@odata.nextLink", "missing"),
    ];
    check(&client, vec![
        ("GET", format!("/users?$select={select}&$top=999"), None, 200, user),
        ("GET", "/users?$top=1".into(), None, 200, &[("/@odata.nextLink", "text"), ("/value/0/businessPhones", "list"), ("/value/0/department", "missing")]),
        ("GET", "/users?$select=id&$expand=manager($select=id)".into(), None, 200, &[("/value/0/manager/id", "text"), ("/value/1/manager", "null")]),
        ("GET", "/users?$filter=department eq 'Sales'&$select=id".replace(' ', "%20"), None, 200, &[("/value/1/id", "text")]),
        ("GET", format!("/users/{BEN}?$select=id,usageLocation"), None, 200, &[("/usageLocation", "text"), ("/@odata.context", "text")]),
        ("GET", "/users/ben@contoso.com?$select=id".into(), None, 200, &[("/id", "text")]),
        ("GET", "/users/delta?$select=id,usageLocation".into(), None, 200, &[("/@odata.deltaLink", "text"), ("/value/0/id", "text")]),
        ("GET", "/users/delta?$deltatoken=latest&$select=id".into(), None, 200, &[("/@odata.deltaLink", "text"), ("/value/0", "missing")]),
        ("POST", "/directoryObjects/getByIds?$select=id".into(), Some(json!({"ids": [BEN, ADELE, GROUP, "nobody"], "types": ["user"]})), 200, &[("/value/1/id", "text"), ("/value/2", "missing"), ("/value/0/@odata.type", "text")]),
        ("GET", "/directory/deletedItems/microsoft.graph.user?$select=id,userPrincipalName,deletedDateTime".into(), None, 200, &[("/value/0/deletedDateTime", "text"), ("/value/1", "missing")]),
        ("POST", "/directory/deletedItems/left/restore".into(), Some(json!({})), 200, &[("/id", "text")]),
        ("PATCH", format!("/users/{BEN}"), Some(json!({"usageLocation": "DE"})), 204, &[]),
        ("PATCH", format!("/users/{BEN}"), Some(json!({"accountEnabled": false})), 204, &[]),
        ("POST", format!("/users/{BEN}/revokeSignInSessions"), Some(json!({})), 200, &[("/value", "bool")]),
        ("GET", "/users/$count".into(), None, 400, &[("/error/code", "text")]),
    ]).await;
    client.eventual = true;
    let candidates = "/users?$count=true&$select=id,assignedPlans&$filter=assignedPlans/any(p:p/servicePlanId eq 57ff2da0-773e-42df-b2af-ffb7a2317929 and p/capabilityStatus eq 'Enabled')";
    check(
        &client,
        vec![(
            "GET",
            candidates.replace(' ', "%20"),
            None,
            200,
            &[
                ("/@odata.count", "number"),
                ("/value/0/assignedPlans", "list"),
                ("/value/1", "missing"),
            ],
        )],
    )
    .await;
    let count = client.get("/users/$count").await;
    assert_eq!(
        (
            count.status,
            count.body.clone(),
            count.header("content-type")
        ),
        (200, json!(3), "text/plain")
    );
    let truth = client.tenant.truth(BEN).unwrap();
    assert_eq!(
        (truth.usage_location.as_deref(), truth.enabled),
        (Some("DE"), false)
    );
}

/// `graph-api.md 3`.
#[tokio::test(start_paused = true)]
async fn licences() {
    let client = furnished().await;
    let plans = "/value/0/servicePlans/0";
    let of_sku: Vec<(String, &str)> = [
        "servicePlanId",
        "servicePlanName",
        "provisioningStatus",
        "appliesTo",
    ]
    .map(|name| (format!("{plans}/{name}"), "text"))
    .into();
    let skus: Vec<(&str, &str)> = of_sku
        .iter()
        .map(|(pointer, kind)| (pointer.as_str(), *kind))
        .chain([
            ("/value/0/prepaidUnits/enabled", "number"),
            ("/value/0/prepaidUnits/warning", "number"),
            ("/value/0/consumedUnits", "number"),
            ("/value/0/skuPartNumber", "text"),
            ("/value/0/appliesTo", "text"),
            ("/value/0/capabilityStatus", "text"),
            ("/value/0/subscriptionIds/0", "text"),
        ])
        .collect();
    let order =
        json!({"addLicenses": [{"skuId": E5, "disabledPlans": [TEAMS1]}], "removeLicenses": []});
    let give_back = json!({"addLicenses": [], "removeLicenses": [E5]});
    check(&client, vec![
        ("GET", "/subscribedSkus".into(), None, 200, &skus),
        ("POST", format!("/users/{BEN}/assignLicense"), Some(order.clone()), 200, &[("/id", "text")]),
        ("GET", format!("/users/{BEN}?$select=id,licenseAssignmentStates,assignedPlans"), None, 200, &[("/licenseAssignmentStates/0/disabledPlans/0", "text"), ("/assignedPlans/0", "object")]),
        ("GET", format!("/users/{BEN}/licenseDetails"), None, 200, &[("/value/0/skuPartNumber", "text"), ("/value/0/servicePlans/0/provisioningStatus", "text")]),
        ("GET", format!("/users/{BEN}/licenseDetails/getTeamsLicensingDetails()"), None, 200, &[("/hasTeamsLicense", "bool")]),
        ("GET", "/groups?$select=id,displayName,assignedLicenses,groupTypes,membershipRule,onPremisesSyncEnabled,mailEnabled,securityEnabled,isAssignableToRole".into(), None, 200, &[("/value/0/groupTypes", "list"), ("/value/0/assignedLicenses", "list"), ("/value/0/membershipRule", "null"), ("/value/0/isAssignableToRole", "bool")]),
        ("POST", format!("/groups/{GROUP}/assignLicense"), Some(order.clone()), 202, &[("/id", "text"), ("/assignedLicenses/0/skuId", "text")]),
        ("GET", format!("/groups/{GROUP}?$select=assignedLicenses,licenseProcessingState"), None, 200, &[("/licenseProcessingState/state", "text")]),
        ("GET", format!("/groups/{GROUP}/membersWithLicenseErrors"), None, 200, &[("/value", "list"), ("/value/0", "missing")]),
        ("POST", format!("/users/{BEN}/reprocessLicenseAssignment"), None, 200, &[("/id", "text")]),
        ("POST", format!("/groups/{GROUP}/assignLicense"), Some(give_back), 202, &[("/assignedLicenses/0", "missing")]),
        ("POST", format!("/groups/{GROUP}/assignLicense"), Some(json!({"addLicenses": []})), 400, &[("/error/message", "text")]),
    ]).await;
}

/// `graph-api.md 4`.
#[tokio::test(start_paused = true)]
async fn groups() {
    let mut client = furnished().await;
    let object = |id: &str| {
        json!(format!(
            "https://graph.microsoft.com/v1.0/directoryObjects/{id}"
        ))
    };
    let delta = format!(
        "/groups/delta?$select=id,displayName,assignedLicenses,members&$filter=id eq '{GROUP}'"
    );
    check(
        &client,
        vec![
            (
                "POST",
                format!("/groups/{GROUP}/members/$ref"),
                Some(json!({"@odata.id": object(ADELE)})),
                204,
                &[],
            ),
            (
                "POST",
                format!("/groups/{GROUP}/members/$ref"),
                Some(json!({"@odata.id": object(ADELE)})),
                400,
                &[("/error/code", "text")],
            ),
            (
                "GET",
                format!("/groups/{GROUP}/members?$select=id&$top=999"),
                None,
                200,
                &[("/value/1/@odata.type", "text"), ("/value/1/id", "text")],
            ),
            (
                "GET",
                format!("/groups/{GROUP}/transitiveMembers"),
                None,
                200,
                &[("/value/1/id", "text")],
            ),
            (
                "GET",
                format!("/users/{BEN}/memberOf?$select=id,displayName"),
                None,
                200,
                &[("/value/0/displayName", "text")],
            ),
            (
                "POST",
                format!("/users/{BEN}/checkMemberGroups"),
                Some(json!({"groupIds": [GROUP, "other"]})),
                200,
                &[("/value/0", "text"), ("/value/1", "missing")],
            ),
            (
                "POST",
                format!("/users/{BEN}/getMemberGroups"),
                Some(json!({"securityEnabledOnly": false})),
                200,
                &[("/value/0", "text")],
            ),
            (
                "GET",
                delta.replace(' ', "%20"),
                None,
                200,
                &[
                    ("/value/0/members@delta/1/id", "text"),
                    ("/value/0/members@delta/0/@odata.type", "text"),
                    ("/@odata.deltaLink", "text"),
                ],
            ),
            (
                "DELETE",
                format!("/groups/{GROUP}/members/{ADELE}/$ref"),
                None,
                204,
                &[],
            ),
            (
                "DELETE",
                format!("/groups/{GROUP}/members/{ADELE}/$ref"),
                None,
                404,
                &[("/error/code", "text")],
            ),
            (
                "PATCH",
                format!("/groups/{GROUP}"),
                Some(json!({"members@odata.bind": [object(ADELE)]})),
                204,
                &[],
            ),
            (
                "GET",
                format!("/groups/{GROUP}/members/microsoft.graph.user?$count=true"),
                None,
                400,
                &[("/error/code", "text")],
            ),
        ],
    )
    .await;
    client.eventual = true;
    check(
        &client,
        vec![
            (
                "GET",
                format!("/groups/{GROUP}/members/microsoft.graph.user?$count=true&$select=id"),
                None,
                200,
                &[("/@odata.count", "number"), ("/value/1/id", "text")],
            ),
            (
                "GET",
                format!(
                    "/users/{BEN}/transitiveMemberOf/microsoft.graph.group?$select=id&$count=true"
                ),
                None,
                200,
                &[("/value/0/id", "text")],
            ),
        ],
    )
    .await;
}
