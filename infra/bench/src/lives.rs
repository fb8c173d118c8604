//! People with everything that a telephone takes: provisioned, moved, offboarded; and people who wait.

use std::time::Duration;

use local::demo;
use local::microsoft::{self, NewGroup, NewNumber, NewPerson};
use serde_json::json;
use shared::error::Result;
use shared::model::group::GroupId;
use shared::model::inventory::{NumberRange, RangeId};
use shared::model::lane::{Lane, Mark};
use shared::model::microsoft::{PolicyType, SkuId, UserId};
use shared::model::persona::{
    LocationSource, Persona, PersonaChoice, PersonaRef, Rules, SitePath, WrittenRule,
};
use shared::model::tenant::ReadinessLooks;
use shared::model::tree::{Node, NodeKind, Values};
use shared::run::inventory::{self, Written};
use shared::run::{self, MoveChoice};

use crate::directory::id;
use crate::promise::{self, Row};
use crate::world::{HOUR, MINUTE, World, steady};

const PRODUCT: &str = "06ebc4ee-1bb5-47dd-8120-11324bc54e06";
/// The service plans of Teams and of its telephone system.
const PLANS: [&str; 2] = [
    "57ff2da0-773e-42df-b2af-ffb7a2317929",
    "4828c8ec-dc2e-4779-b502-87ac9ce28ab7",
];
const GROUP: &str = "11111111-0000-4000-8000-000000000000";
const POLICIES: [(&str, &str); 3] = [
    ("TeamsMeetingPolicy", "Meetings"),
    ("TeamsCallingPolicy", "Calls"),
    ("TenantDialPlan", "Dial plan"),
];
/// The two sites, each with a range of numbers of its own.
const SITES: [(&str, &str, &str); 2] = [("here", "GB", "+4420"), ("there", "DE", "+4930")];
/// Numbers of one import.
const PER_IMPORT: usize = 10_000;
/// People who leave, or move, in one go.
const FEW: usize = 20;

/// How the licence comes to the people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Licence {
    /// Assigned to each.
    Direct,
    /// By a group.
    Group,
}

fn site(name: &str) -> SitePath {
    SitePath(name.to_owned())
}

fn person(nth: usize) -> UserId {
    UserId(id(nth))
}

fn persona(licence: Licence) -> Persona {
    let policy = |(kind, name): &(&str, &str)| (PolicyType((*kind).into()), (*name).into());
    let is_direct = licence == Licence::Direct;
    let direct = is_direct.then(|| SkuId(PRODUCT.into()));
    let group = (!is_direct).then(|| GroupId(GROUP.into()));
    Persona {
        reference: PersonaRef {
            id: "voice".into(),
            version: 1,
        },
        name: "Voice".into(),
        usage_location: Some(LocationSource::Site),
        licences: direct.into_iter().collect(),
        groups: group.into_iter().collect(),
        policies: POLICIES.iter().map(policy).collect(),
        numbers: SITES.map(|(name, _, _)| RangeId(name.into())).into(),
        ..Persona::default()
    }
}

/// Everybody is at the first site and has the persona.
fn rules() -> Rules {
    let when = "user.objectId -ne null".to_owned();
    Rules {
        version: 1,
        placement: vec![WrittenRule {
            name: "here".into(),
            description: None,
            when: when.clone(),
            then: site("here"),
        }],
        persona: vec![WrittenRule {
            name: "everybody".into(),
            description: None,
            when,
            then: PersonaChoice {
                persona: "voice".into(),
                ..PersonaChoice::default()
            },
        }],
    }
}

/// A tenant in which so many people are about to be found, with a number for each at either site.
async fn company(
    people: usize,
    licence: Licence,
    readiness: Duration,
    looks: ReadinessLooks,
) -> Result<World> {
    let options = microsoft::Options {
        // Nobody is there before the first look, and everybody at it.
        readiness: (readiness, 2 * readiness),
        staleness: MINUTE / 2,
        policy_delay: MINUTE / 2,
        location_lag: MINUTE / 2,
        group_licence_delay: (MINUTE / 4, MINUTE / 2),
        number_delay: (Duration::from_secs(1), Duration::from_secs(8)),
        ..steady()
    };
    let customer = demo::customer(&options, looks);
    let world = World::of(options, customer).await?;
    let microsoft = &world.microsoft;
    microsoft.add_sku(PRODUCT, "SPE_E5", 10_000_000, &PLANS);
    microsoft.add_group(NewGroup {
        products: vec![PRODUCT.into()],
        ..NewGroup::new(GROUP, "Voice")
    });
    for (kind, name) in POLICIES {
        microsoft.add_policy(kind, name);
    }
    let (shell, tenant) = world.office();
    for (name, country, prefix) in SITES {
        let node = Node {
            path: site(name),
            name: name.into(),
            kind: NodeKind::Site,
            values: Values {
                usage_location: Some(country.into()),
                ..Values::default()
            },
        };
        shell.store.put_node(tenant, &node).await?;
        let range = NumberRange {
            id: RangeId(name.into()),
            name: name.into(),
            node: Some(site(name)),
            low: None,
        };
        inventory::save_range(shell, tenant, range, None, "bench").await?;
        let rows: Vec<Written> = (0..people)
            .map(|nth| Written {
                number: format!("{prefix}{nth:07}"),
                range: Some(name.into()),
                golden: false,
            })
            .collect();
        for row in &rows {
            microsoft.add_number(NewNumber::new(row.number.clone(), "directRouting"));
        }
        for some in rows.chunks(PER_IMPORT) {
            inventory::import(shell, tenant, some, false, false).await?;
        }
    }
    shell.store.add_persona(tenant, &persona(licence)).await?;
    shell.store.put_rules(tenant, &rules()).await?;
    for nth in 0..people {
        let (mail, name) = (format!("p{nth}@contoso.com"), format!("Person {nth}"));
        let mut new = NewPerson::new(person(nth).0, mail, name);
        new.user_type = "Member".into();
        new.facts.insert("userType".into(), json!("Member"));
        microsoft.add_person(new);
    }
    Ok(world)
}

/// Everybody is provisioned at once, by direct licences or by a group; then some are moved, with their number and without, and some
/// are offboarded.
pub async fn lives(people: usize, licence: Licence) -> Result<Vec<Row>> {
    let world = company(people, licence, 3 * MINUTE, ReadinessLooks::Adaptive).await?;
    let before = world.cost();
    // An hour for every 5,000, and one for whoever is last.
    let hours = u32::try_from(people / 2_500).unwrap_or(u32::MAX) + 6;
    world.ask(Lane::Sync, Mark::Pull, hours * HOUR).await?;
    let wave = (world.cost() - before).each(people);
    let mut rows = vec![match (people, licence) {
        (1, _) => promise::one(wave),
        (_, Licence::Direct) => promise::wave(people, wave),
        (_, Licence::Group) => promise::wave_by_group(people, wave),
    }];
    if people < 3 * FEW {
        return Ok(rows);
    }
    // Past the hour in which reads are not trusted.
    world.play(2 * HOUR).await;
    let (shell, tenant) = world.office();
    for (first, keep_number) in [(0, true), (FEW, false)] {
        let before = world.cost();
        for nth in first..first + FEW {
            let choice = MoveChoice {
                site: site("there"),
                persona: None,
                profile: None,
                role: None,
                keep_number,
                licences: None,
            };
            run::move_to(shell, tenant, &person(nth), &choice, false).await?;
        }
        world.play(3 * HOUR).await;
        let cost = (world.cost() - before).each(FEW);
        rows.push(promise::moving(FEW, cost, keep_number));
    }
    let before = world.cost();
    for nth in 2 * FEW..3 * FEW {
        run::offboard(shell, tenant, &person(nth)).await?;
    }
    world.play(3 * HOUR).await;
    rows.push(promise::offboarding(FEW, (world.cost() - before).each(FEW)));
    Ok(rows)
}

/// So many people wait for Microsoft to make their Teams account, and are looked at once.
pub async fn staged(people: usize) -> Result<Vec<Row>> {
    let world = company(
        people,
        Licence::Group,
        1_000 * HOUR,
        ReadinessLooks::Scheduled,
    )
    .await?;
    let hours = u32::try_from(people / 2_500).unwrap_or(u32::MAX) + 1;
    world
        .ask(Lane::Sync, Mark::Pull, hours * HOUR + MINUTE * 25)
        .await?;
    let cost = world.ask(Lane::Staging, Mark::Poll, 5 * MINUTE).await?;
    Ok(vec![promise::polling(people, cost.each(people))])
}
