//! Who may edit what, and what an edit comes to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::*;
use crate::model::microsoft::SkuId;
use crate::model::tenant::{OffboardLicences, Settings};
use crate::model::tree::Values;

/// Somebody at `europe/berlin`, and the desk at which they are edited.
struct Given {
    person: Person,
    settings: Settings,
    policies: Vec<FieldPolicy>,
    missing: BTreeSet<Capability>,
    role: Role,
}

fn given(change: impl FnOnce(&mut Given)) -> Given {
    let person = json!({
        "id": "adele", "facts": {}, "version": 1, "site": "europe/berlin", "persona": {"id": "sales", "version": 1},
    });
    let mut given = Given {
        person: serde_json::from_value(person).unwrap(),
        settings: Settings::default(),
        policies: Vec::new(),
        missing: BTreeSet::new(),
        role: Role::Operator,
    };
    change(&mut given);
    given
}

impl Given {
    fn with<T>(&self, read: impl FnOnce(&Desk<'_>) -> T) -> T {
        let tree = Tree::new(Values::default(), &self.settings, Vec::new());
        read(&Desk {
            tree: &tree,
            policies: &self.policies,
            role: self.role,
            missing: &self.missing,
        })
    }

    fn access(&self, field: Field) -> Access {
        self.with(|desk| access(desk, &self.person, field))
    }

    fn edit(&self, edit: &Edit) -> Result<Wanted, String> {
        self.with(|desk| edited(desk, &self.person, edit).map_err(|refusal| refusal.to_string()))
    }
}

fn licences() -> Edit {
    Edit {
        licences: Some(BTreeSet::from([SkuId("e5".into())])),
        ..Edit::default()
    }
}

fn policy(node: Option<&str>, field: Field, rule: FieldRule) -> FieldPolicy {
    FieldPolicy {
        role: Role::Operator,
        node: node.map(|path| SitePath(path.into())),
        fields: BTreeMap::from([(field, rule)]),
    }
}

/// R51, R52: an edit says only what it names; persona, site and role stay.
#[test]
fn what_an_edit_does_not_name_is_left_as_it_is() {
    let edit: Edit = serde_json::from_value(json!({
        "usage_location": "de", "policies": {"TeamsMeetingPolicy": "Sales", "TeamsCallingPolicy": null},
    }))
    .unwrap();
    let wanted = given(|_| {}).edit(&edit).unwrap();
    assert_eq!(wanted.usage_location.as_deref(), Some("DE"));
    assert_eq!((wanted.policies.len(), wanted.inherit.len()), (1, 1));
    assert!(wanted.licences.is_empty() && wanted.groups.is_empty());
    assert_eq!(wanted.site, Some(SitePath("europe/berlin".into())));
    assert!(wanted.persona.is_some());
}

/// R53, R90, R91, R94: without the permission both fields are read-only, and say why.
#[test]
fn without_the_permission_location_and_licences_are_read_only() {
    let given = given(|given| given.missing = BTreeSet::from([Capability::AssignLicences]));
    let closed = Access::Closed(Closed::NoPermission(Capability::AssignLicences));
    assert_eq!(given.access(Field::UsageLocation), closed);
    assert_eq!(given.access(Field::Licences), closed);
    assert_eq!(given.access(Field::Groups), Access::Open(None));
    assert_eq!(
        given.edit(&licences()),
        Err("licences was not changed: Microsoft does not allow it: the permission LicenseAssignment.ReadWrite.All is missing".into())
    );
}

/// R92, R93: where licences are kept, an edit of them is refused and said to be inert; the usage location is not concerned (R58).
#[test]
fn where_licences_are_kept_an_edit_of_them_is_inert() {
    let given = given(|given| given.settings.offboard_licences = Some(OffboardLicences::Keep));
    assert_eq!(given.access(Field::Licences), Access::Closed(Closed::Inert));
    assert_eq!(given.access(Field::UsageLocation), Access::Open(None));
    assert!(
        given
            .edit(&licences())
            .unwrap_err()
            .contains("managed elsewhere")
    );
}

/// R96, R97, R100, R101: whoever is licensed by a group gets no direct licence, and is shown the way.
#[test]
fn a_licence_of_a_group_closes_direct_licences() {
    let given = given(|given| {
        let state = json!([{"sku": "e3", "group": "staff", "state": "Active", "error": "None"}]);
        given.person.licence_states = serde_json::from_value(state).unwrap();
    });
    let refused = given.edit(&licences()).unwrap_err();
    assert!(
        refused.contains("comes from group staff") && refused.contains("another group"),
        "{refused}"
    );
}

/// F35: the nearest node decides, for the role it names.
#[test]
fn field_policies_come_from_the_nearest_node() {
    let closed = given(|given| {
        given.policies = vec![
            policy(None, Field::Groups, FieldRule::Hidden),
            policy(Some("europe"), Field::Groups, FieldRule::ReadOnly),
            policy(
                None,
                Field::UsageLocation,
                FieldRule::Prefilled("DE".into()),
            ),
        ];
    });
    assert_eq!(
        closed.access(Field::Groups),
        Access::Closed(Closed::ReadOnly)
    );
    assert_eq!(
        closed.access(Field::UsageLocation),
        Access::Open(Some("DE".into()))
    );
    let elsewhere = given(|given| {
        given.person.site = None;
        given.policies.clone_from(&closed.policies);
    });
    assert_eq!(elsewhere.access(Field::Groups), Access::Hidden);
    let other_role = given(|given| {
        given.role = Role::Administrator;
        given.policies.clone_from(&closed.policies);
    });
    assert_eq!(other_role.access(Field::Groups), Access::Open(None));
    let opened = given(|given| {
        given.policies = [
            closed.policies.as_slice(),
            &[policy(
                Some("europe/berlin"),
                Field::Groups,
                FieldRule::Open,
            )],
        ]
        .concat();
    });
    assert_eq!(opened.access(Field::Groups), Access::Open(None));
}

/// Nothing of an edit is applied if a part of it cannot be.
#[test]
fn a_wrong_edit_is_refused_as_a_whole() {
    let refused = |edit: serde_json::Value| {
        let edit: Edit = serde_json::from_value(edit).unwrap();
        given(|_| {}).edit(&edit).unwrap_err()
    };
    assert!(refused(json!({})).contains("names nothing"));
    assert!(refused(json!({"usage_location": "UK"})).contains("\"UK\""));
    assert!(refused(json!({"licences": []})).contains("offboard"));
    assert!(refused(json!({"join": ["a"], "leave": ["a"]})).contains("at once"));
    assert!(refused(json!({"member_role": {"named": "desk"}})).contains("desk"));
    let unknown: Result<Edit, _> = serde_json::from_value(json!({"number": "+44"}));
    assert!(unknown.is_err());
}
