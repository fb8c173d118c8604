//! What Contoso's administrators have set up: two sites, three personas, two rule lists.

use shared::error::Result;
use shared::model::microsoft::{PolicyType, SkuId};
use shared::model::persona::{
    LocationSource, MemberRole, Persona, PersonaChoice, PersonaRef, Rules, SitePath, WrittenRule,
};
use shared::model::tenant::{Settings, TenantId};
use shared::model::tree::{Node, NodeKind, Tree, Values};
use shared::plan::decide::Basis;
use shared::plan::wanted::Grounds;
use shared::store::Store;

use super::{E3, E5, F3, POLICIES};

/// Writes Contoso's sites, personas and rules.
pub async fn configure(store: &Store, tenant: &TenantId) -> Result<()> {
    for node in nodes() {
        store.put_node(tenant, &node).await?;
    }
    for persona in personas() {
        store.add_persona(tenant, &persona).await?;
    }
    store.put_rules(tenant, &rules()).await
}

/// Europe, and in it London and Berlin.
pub fn nodes() -> Vec<Node> {
    let region = Node {
        path: SitePath("europe".into()),
        name: "Europe".into(),
        kind: NodeKind::Region,
        values: Values::default(),
    };
    let sites = [
        ("europe/london", "London", "GB", "Europe/London"),
        ("europe/berlin", "Berlin", "DE", "Europe/Berlin"),
    ]
    .map(|(path, name, location, zone)| Node {
        path: SitePath(path.into()),
        name: name.into(),
        kind: NodeKind::Site,
        values: Values {
            usage_location: Some(location.into()),
            time_zone: Some(zone.into()),
            ..Values::default()
        },
    });
    [region].into_iter().chain(sites).collect()
}

/// Everything that decisions depend on.
pub fn basis() -> Basis {
    Basis {
        rules: rules(),
        personas: personas(),
        grounds: Grounds {
            tree: Tree::new(Values::default(), &Settings::default(), nodes()),
            ..Grounds::default()
        },
        ..Basis::default()
    }
}

/// Sales, office and front line.
pub fn personas() -> Vec<Persona> {
    let persona =
        |id: &str, name: &str, location: LocationSource, sku: &str, policies: &[usize]| Persona {
            reference: PersonaRef {
                id: id.into(),
                version: 1,
            },
            name: name.into(),
            usage_location: Some(location),
            licences: vec![SkuId(sku.into())],
            policies: policies
                .iter()
                .map(|n| (PolicyType(POLICIES[*n].0.into()), POLICIES[*n].1.into()))
                .collect(),
            ..Persona::default()
        };
    vec![
        persona("sales", "Sales", LocationSource::Site, E5, &[0, 3, 7]),
        persona("office", "Office worker", LocationSource::Site, E3, &[1, 4]),
        persona(
            "frontline",
            "Front line",
            LocationSource::Literal("GB".into()),
            F3,
            &[2, 5, 6],
        ),
    ]
}

/// Placement by city, persona by title and department.
pub fn rules() -> Rules {
    let place = |name: &str, when: &str, site: &str| WrittenRule {
        name: name.into(),
        description: None,
        when: when.into(),
        then: SitePath(site.into()),
    };
    let choose = |name: &str, when: &str, persona: &str, role: MemberRole| WrittenRule {
        name: name.into(),
        description: None,
        when: when.into(),
        then: PersonaChoice {
            persona: persona.into(),
            role,
            profile: None,
        },
    };
    Rules {
        version: 1,
        placement: vec![
            place("London", r#"user.city -match "\blondon$""#, "europe/london"),
            place(
                "Berlin and around",
                r#"user.city -in ["Berlin", "Potsdam"]"#,
                "europe/berlin",
            ),
        ],
        persona: vec![
            choose(
                "Nurses and drivers",
                r#"user.jobTitle -contains "nurse" -or user.jobTitle -contains "driver""#,
                "frontline",
                MemberRole::None,
            ),
            choose(
                "Sales",
                r#"user.department -startsWith "Sales" -and user.jobTitle -ne null"#,
                "sales",
                MemberRole::SelfService,
            ),
            choose(
                "Office",
                r#"user.department -in ["Finance", "HR", "IT", "Engineering"] -and -not (user.jobTitle -eq "Contractor")"#,
                "office",
                MemberRole::SelfService,
            ),
        ],
    }
}
