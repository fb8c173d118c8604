//! What becomes of Microsoft's answers, and how they are stored.

use serde_json::{Value, json};
use serde_json_borrow::Value as Borrowed;

use super::*;

/// Everything is asked for that is there.
fn from_graph(user: &Value) -> Facts {
    let names = user.as_object().unwrap().keys().map(String::as_str);
    let user = Borrowed::from(user);
    Selection::of(names).read(user.as_object().unwrap())
}

/// D7, D26 and `rule-language.md 5`: names that differ, nested ones, first entries, and what is no value.
#[test]
fn a_user_of_graph_becomes_facts() {
    let facts = from_graph(&json!({
        "@odata.type": "#microsoft.graph.user",
        "id": "87d349ed-44d7-43e1-9a83-5f2406dee5bd",
        "accountEnabled": true,
        "onPremisesSyncEnabled": null,
        "city": "Köln",
        "department": "",
        "jobTitle": 42,
        "userType": ["Member"],
        "officeLocation": "18/2111",
        "onPremisesExtensionAttributes": {"extensionAttribute1": "P-042", "extensionAttribute2": null},
        "imAddresses": ["adele@contoso.com", "second@contoso.com"],
        "businessPhones": [],
        "aboutMe": "unknown to rules",
    }));
    let read: Vec<_> = facts.iter().map(|(property, _)| property.name()).collect();
    let expected = [
        "accountEnabled",
        "city",
        "extensionAttribute1",
        "objectId",
        "physicalDeliveryOfficeName",
        "sipProxyAddress",
    ];
    assert_eq!(read, expected);
    assert_eq!(facts.flag(Property::AccountEnabled), Some(true));
    assert_eq!(facts.text(Property::ExtensionAttribute1), Some("P-042"));
    assert_eq!(
        facts.text(Property::SipProxyAddress),
        Some("adele@contoso.com")
    );
    assert_eq!(facts.text(Property::AccountEnabled), None);
    assert_eq!(facts.text(Property::Department), None);
}

/// Fault 39: huge names, control characters and lists where objects belong do no harm.
#[test]
fn hostile_values_are_capped_and_kept_as_they_are() {
    let facts = from_graph(&json!({
        "displayName": "ü".repeat(10 * 1024 * 1024),
        "city": "\u{0}\u{1b}[2J\u{202e}=cmd|' /C calc'!A0",
        "onPremisesExtensionAttributes": ["extensionAttribute1"],
        "imAddresses": [{"0": "x"}],
        "businessPhones": "425",
    }));
    assert_eq!(
        facts.text(Property::DisplayName),
        Some("ü".repeat(256).as_str())
    );
    assert!(facts.is_cut(Property::DisplayName));
    assert_eq!(
        facts.text(Property::City),
        Some("\u{0}\u{1b}[2J\u{202e}=cmd|' /C calc'!A0")
    );
    assert!(!facts.is_cut(Property::City));
    assert_eq!(facts.iter().count(), 2);
}

#[test]
fn a_value_is_replaced_and_taken_away_with_its_cut() {
    let mut facts = Facts::default();
    facts.insert_text(Property::City, &"x".repeat(257));
    assert!(facts.is_cut(Property::City));
    facts.insert_text(Property::City, &"x".repeat(256));
    assert!(facts.has(Property::City) && !facts.is_cut(Property::City));
    facts.insert_text(Property::City, "");
    facts.insert_text(Property::AccountEnabled, "true");
    facts.insert_flag(Property::Mail, true);
    assert_eq!(facts, Facts::default());
}

/// `rule-language.md 5`, D28: dates, collections, service plans and directory extensions, each in one stored form.
#[test]
fn dates_collections_and_extensions_become_facts() {
    let facts = from_graph(&json!({
        "employeeHireDate": "2026-03-01T02:00:00.1234567+02:00",
        "otherMails": ["b@x.com", "", 7, "a@x.com", "b@x.com"],
        "proxyAddresses": "SMTP:x",
        "assignedPlans": [
            {"assignedDateTime": "2026-03-02T10:11:12Z", "capabilityStatus": "Enabled", "service": "exchange", "servicePlanId": "p"},
            "no plan",
            {"capabilityStatus": 7},
        ],
        "extension_0123456789abcdef0123456789abcdef_costCentre": 42,
        "extension_0123456789abcdef0123456789abcdef_list": ["x"],
    }));
    let stored = json!({
        "employeeHireDate": "2026-03-01T00:00:00.1234567Z",
        "otherMails": ["a@x.com", "b@x.com"],
        "assignedPlans": [["", "", ""], ["Enabled", "exchange", "p"]],
        "extension_0123456789abcdef0123456789abcdef_costCentre": "42",
    });
    assert_eq!(serde_json::to_value(&facts).unwrap(), stored);
    assert_eq!(serde_json::from_value::<Facts>(stored).unwrap(), facts);
    let name = "extension_0123456789ABCDEF0123456789abcdef_COSTCENTRE";
    assert_eq!(facts.extension(name), Some("42"));
    assert!(!facts.has(Property::ProxyAddresses));
    let many: Vec<String> = (0..300).map(|nth| format!("{nth}@x.com")).collect();
    let facts = from_graph(&json!({"otherMails": many}));
    assert!(facts.is_cut(Property::OtherMails));
}

#[test]
fn facts_are_stored_as_a_flat_map() {
    let mut facts = Facts::default();
    facts.insert_flag(Property::AccountEnabled, false);
    facts.insert_text(Property::City, "Köln");
    let stored = json!({"accountEnabled": false, "city": "Köln"});
    assert_eq!(serde_json::to_value(&facts).unwrap(), stored);
    assert_eq!(serde_json::from_value::<Facts>(stored).unwrap(), facts);

    facts.insert_text(Property::DisplayName, &"x".repeat(300));
    let stored = serde_json::to_value(&facts).unwrap();
    assert_eq!(stored["cut"], json!(["displayName"]));
    assert_eq!(serde_json::from_value::<Facts>(stored).unwrap(), facts);
}

/// V16: rows of a newer version stay readable, in DynamoDB's form too.
#[test]
fn what_a_newer_version_stored_is_passed_over() {
    let newer = json!({"city": "Köln", "shoeSize": 43, "mail": {"x": 1}, "state": ["x"], "cut": ["shoeSize", "mail"]});
    let facts: Facts = serde_json::from_value(newer.clone()).unwrap();
    assert_eq!(
        serde_json::to_value(&facts).unwrap(),
        json!({"city": "Köln"})
    );

    let item: serde_dynamo::Item = serde_dynamo::to_item(newer).unwrap();
    assert_eq!(serde_dynamo::from_item::<_, Facts>(item).unwrap(), facts);
}
