use super::*;
use crate::model::persona::{Persona, PersonaChoice, SitePath, WrittenRule};
use crate::model::safety::FlowThrough;
use crate::model::tenant::OffboardLicences;
use crate::model::time::Time;
use crate::model::tree::{Node, NodeKind, Tree, Values};
use crate::plan::flaws::Flaw;

fn rule<T>(then: T) -> WrittenRule<T> {
    WrittenRule {
        name: "all".into(),
        description: None,
        when: "user.department -ne null".into(),
        then,
    }
}

fn choice(profile: Option<&str>) -> PersonaChoice {
    PersonaChoice {
        persona: "sales".into(),
        profile: profile.map(str::to_owned),
        ..PersonaChoice::default()
    }
}

/// A tenant with everything in its place.
fn set_up() -> (Tenant, Basis) {
    let mut tenant: Tenant = serde_json::from_value(serde_json::json!({
        "id": "contoso", "name": "Contoso", "shards": 1, "settings": {},
        "connection": {
            "directory": "d", "client": "c", "secret_name": "s", "authority": "https://a", "graph": "https://g",
        },
    }))
    .unwrap();
    tenant.probe = Some(Probe {
        at: Time::from_millis(0),
        failure: None,
        may: Capability::ALL.map(|one| (one, true)).into(),
        credential_ends: None,
    });
    tenant.settings.offboard_licences = Some(OffboardLicences::Keep);
    tenant.settings.flow_through = Some(FlowThrough {
        since: Time::from_millis(0),
        by: "olga".into(),
        despite: None,
    });
    let site = SitePath("berlin".into());
    let node = Node {
        path: site.clone(),
        name: "Berlin".into(),
        kind: NodeKind::Site,
        values: Values {
            usage_location: Some("DE".into()),
            adoption: Some(true),
            ..Values::default()
        },
    };
    let mut persona = Persona::empty("sales", 1);
    persona.usage_location = Some(LocationSource::Site);
    let mut basis = Basis {
        personas: vec![persona],
        ..Basis::default()
    };
    basis.rules.placement = vec![rule(site)];
    basis.rules.persona = vec![rule(choice(None))];
    basis.grounds.tree = Tree::new(Values::default(), &tenant.settings, vec![node]);
    (tenant, basis)
}

fn open(points: &[Point]) -> Vec<&'static str> {
    let open = points.iter().filter(|point| !point.ready);
    open.map(|point| point.name).collect()
}

/// R16, R31, R39, R44: everything in its place is ready, and the report names all seven, in both modes with the tenant's own list.
#[test]
fn a_tenant_with_everything_in_its_place_is_ready() {
    let (tenant, basis) = set_up();
    let ready = readiness(&tenant, &basis, true);
    for points in [&ready.tenant, &ready.adoption, &ready.flow_through] {
        assert_eq!(open(points), [""; 0], "{points:?}");
        assert_eq!(missing(points), None);
    }
    let names: Vec<_> = ready.flow_through.iter().map(|point| point.name).collect();
    assert_eq!(
        names,
        [
            "placement_rules",
            "site_defaults",
            "personas",
            "profile",
            "tenant",
            "persona_rules",
            "switch"
        ]
    );
}

/// R23, R24, R25, R26, R27, R31, R36, R38, R41: each thing that is missing is named, and nothing else.
#[test]
fn each_thing_that_is_missing_is_named() {
    type Change = fn(&mut Tenant, &mut Basis);
    type Open = &'static [&'static str];
    let checks: [(&str, Change, [Open; 3]); 12] = [
        (
            "untested",
            |tenant, _| tenant.probe = None,
            [&["connection"], &[], &["tenant"]],
        ),
        (
            "refused",
            |tenant, _| tenant.probe.as_mut().unwrap().failure = Some("no".into()),
            [&["connection"], &[], &["tenant"]],
        ),
        (
            "unreadable",
            |tenant, _| {
                let may = &mut tenant.probe.as_mut().unwrap().may;
                may.insert(Capability::ReadUsers, false);
            },
            [&["connection"], &[], &["tenant"]],
        ),
        (
            "may not place",
            |tenant, _| {
                let may = &mut tenant.probe.as_mut().unwrap().may;
                may.insert(Capability::WriteUsers, false);
            },
            [&[], &[], &["tenant"]],
        ),
        (
            "no choice",
            |tenant, basis| {
                tenant.settings.offboard_licences = None;
                basis.grounds.tree.tenant.offboard_licences = None;
            },
            [&["offboarding"], &[], &["tenant"]],
        ),
        (
            "no placement",
            |_, basis| basis.rules.placement.clear(),
            [&[], &["placement_rules"], &["placement_rules"]],
        ),
        (
            "no rules",
            |_, basis| basis.rules.persona.clear(),
            [&[], &["persona_rules"], &["persona_rules"]],
        ),
        (
            "no persona",
            |_, basis| basis.personas.clear(),
            [&[], &["personas"], &["personas"]],
        ),
        (
            "flawed persona",
            |_, basis| {
                drop(
                    basis
                        .flawed
                        .insert("sales".into(), vec![Flaw::TooManyPolicies(39)]),
                )
            },
            [&[], &["personas"], &["personas"]],
        ),
        (
            "unknown profile",
            |_, basis| basis.rules.persona = vec![rule(choice(Some("voice")))],
            [&[], &["profile"], &["profile"]],
        ),
        (
            "no ranges",
            |_, basis| {
                let range = crate::model::inventory::RangeId("berlin".into());
                basis.personas[0].numbers = vec![range];
            },
            [&[], &["numbers"], &[]],
        ),
        (
            "switched off",
            |tenant, _| tenant.settings.flow_through = None,
            [&[], &[], &["switch"]],
        ),
    ];
    for (what, change, [at_first, adopting, flowing]) in checks {
        let (mut tenant, mut basis) = set_up();
        change(&mut tenant, &mut basis);
        let ready = readiness(&tenant, &basis, true);
        assert_eq!(open(&ready.tenant), at_first, "{what}");
        assert_eq!(open(&ready.adoption), adopting, "{what}");
        assert_eq!(open(&ready.flow_through), flowing, "{what}");
    }
    let (tenant, basis) = set_up();
    assert_eq!(
        open(&readiness(&tenant, &basis, false).adoption),
        ["full_sync"]
    );
}

/// R24: a site without the flag adopts nobody. R31: a site without a usage location has no defaults for a persona that takes it.
#[test]
fn a_site_says_what_its_people_take_from_it() {
    let (tenant, mut basis) = set_up();
    let bare = Node {
        path: SitePath("berlin".into()),
        name: "Berlin".into(),
        kind: NodeKind::Site,
        values: Values::default(),
    };
    basis.grounds.tree = Tree::new(Values::default(), &tenant.settings, vec![bare]);
    let ready = readiness(&tenant, &basis, true);
    assert_eq!(open(&ready.adoption), ["site"]);
    assert_eq!(open(&ready.flow_through), ["site_defaults"]);
    let told = missing(&ready.flow_through).unwrap();
    assert_eq!(told, "set the usage location of berlin");
    basis.personas[0].usage_location = Some(LocationSource::Literal("DE".into()));
    assert_eq!(
        open(&readiness(&tenant, &basis, true).flow_through),
        [""; 0]
    );
}
