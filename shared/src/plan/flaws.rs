//! What is wrong with a persona: it names what is not there, or what must not be touched (F76, R121, R122, R124).

use std::collections::BTreeSet;
use std::fmt;

use crate::model::group::{Group, GroupId, GroupObstacle};
use crate::model::inventory::{NumberRange, RangeId};
use crate::model::microsoft::{PlanId, PolicyName, PolicyType, Sku, SkuId, UserId};
use crate::model::persona::{LocationSource, Persona};
use crate::model::tenant::Protected;

use super::{countries, written};

/// What is known to exist at Microsoft, and what was looked for in vain. About everything else nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Estate {
    /// Licence products.
    pub skus: Vec<Sku>,
    /// Groups that personas name.
    pub groups: Vec<Group>,
    /// Teams policies.
    pub policies: Vec<PolicyName>,
    /// Ranges of telephone numbers; all of them, because they are ours.
    pub ranges: Vec<NumberRange>,
}

/// One thing that is wrong with a persona. Nobody is provisioned with one that has any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Its id or name is empty, too long, or could forge a key.
    Name,
    /// The usage location is no country.
    Country(String),
    /// More than [`Persona::MOST_POLICIES`].
    TooManyPolicies(usize),
    /// More than [`Persona::MOST_GROUPS`].
    TooManyGroups(usize),
    /// A type is named twice.
    TwoPolicies(PolicyType),
    /// The tenant does not own this product.
    NoSku(SkuId),
    /// This product is not given to users.
    NotForUsers(SkuId),
    /// A product has no such service plan.
    NoPlan(SkuId, PlanId),
    /// Service plans are switched off of a product that the persona does not give.
    PlansWithoutLicence(SkuId),
    /// There is no such group.
    NoGroup(GroupId),
    /// Nobody can be added to this group by us.
    Group(GroupId, GroupObstacle),
    /// This group is protected (F132).
    ProtectedGroup(GroupId),
    /// There is no such range of numbers.
    NoRange(RangeId),
    /// There is no such policy.
    NoPolicy(PolicyType, String),
}

/// What of a persona nobody could have: it is not even looked up. Ids that are none, and names that no policy has.
pub fn malformed(persona: &Persona) -> Vec<Flaw> {
    let mut found = Vec::new();
    if !is_name(&persona.reference.id) || written::name(&persona.name).is_err() {
        found.push(Flaw::Name);
    }
    let is_guid = |id: &str| UserId(id.to_owned()).is_guid();
    let leaving = &persona.offboarding;
    let groups = persona.groups.iter().chain(&leaving.leave);
    let groups = groups.filter(|id| !is_guid(&id.0)).cloned();
    found.extend(groups.map(Flaw::NoGroup));
    let products = persona.licences.iter().chain(persona.disabled.keys());
    let products = products.filter(|id| !is_guid(&id.0)).cloned();
    found.extend(products.map(Flaw::NoSku));
    let policies = persona.policies.iter().chain(&leaving.policies);
    let could_be = |kind: &PolicyType, name: &str| {
        is_type(&kind.0) && written::name(name).is_ok() && !name.chars().any(char::is_control)
    };
    let policies = policies.filter(|(kind, name)| !could_be(kind, name));
    found.extend(policies.map(|(kind, name)| Flaw::NoPolicy(kind.clone(), name.clone())));
    let inherited = persona.inherit.iter().filter(|kind| !is_type(&kind.0));
    found.extend(inherited.map(|kind| Flaw::NoPolicy(kind.clone(), String::new())));
    found
}

/// Whether a Teams policy type can be called so.
fn is_type(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Everything that is wrong with a persona, as far as is known.
pub fn flaws(persona: &Persona, estate: &Estate, protected: &Protected) -> Vec<Flaw> {
    let mut found = Vec::new();
    if !is_name(&persona.reference.id) || persona.name.trim().is_empty() {
        found.push(Flaw::Name);
    }
    if let Some(LocationSource::Literal(country)) = &persona.usage_location
        && countries::code(country).as_ref() != Some(country)
    {
        found.push(Flaw::Country(country.clone()));
    }
    licences(persona, estate, &mut found);
    groups(persona, estate, protected, &mut found);
    policies(persona, estate, &mut found);
    let is_known = |id: &&RangeId| estate.ranges.iter().any(|range| range.id == **id);
    let unknown = persona.numbers.iter().filter(|id| !is_known(id));
    found.extend(unknown.cloned().map(Flaw::NoRange));
    found
}

/// All of them in one sentence.
pub fn said(flaws: &[Flaw]) -> String {
    let each: Vec<String> = flaws.iter().map(ToString::to_string).collect();
    each.join("; ")
}

/// Whether this can be the id of a persona or the name of a profile: 1 to 64 small letters, digits and hyphens.
pub fn is_name(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(fits)
}

fn licences(persona: &Persona, estate: &Estate, found: &mut Vec<Flaw>) {
    let known = |id: &SkuId| estate.skus.iter().find(|sku| sku.id == *id);
    for id in persona.licences.iter().collect::<BTreeSet<_>>() {
        match known(id) {
            // Before the first read nothing is known of any.
            None if estate.skus.is_empty() => {}
            None => found.push(Flaw::NoSku(id.clone())),
            Some(sku) if sku.missing => found.push(Flaw::NoSku(id.clone())),
            Some(sku) if !sku.for_users => found.push(Flaw::NotForUsers(id.clone())),
            Some(_) => {}
        }
    }
    for (id, plans) in &persona.disabled {
        if !persona.licences.contains(id) {
            found.push(Flaw::PlansWithoutLicence(id.clone()));
        }
        let Some(sku) = known(id).filter(|sku| !sku.plans.is_empty()) else {
            continue;
        };
        let unknown = plans.difference(&sku.plans).cloned();
        found.extend(unknown.map(|plan| Flaw::NoPlan(id.clone(), plan)));
    }
}

fn groups(persona: &Persona, estate: &Estate, protected: &Protected, found: &mut Vec<Flaw>) {
    let all: BTreeSet<&GroupId> = persona
        .groups
        .iter()
        .chain(&persona.offboarding.leave)
        .collect();
    let most = persona.groups.len().max(persona.offboarding.leave.len());
    if most > Persona::MOST_GROUPS {
        found.push(Flaw::TooManyGroups(most));
    }
    for id in all {
        if protected.groups.iter().any(|group| group.same(id)) {
            found.push(Flaw::ProtectedGroup(id.clone()));
        }
        let known = estate.groups.iter().find(|group| group.id.same(id));
        match known {
            Some(group) if group.missing => found.push(Flaw::NoGroup(id.clone())),
            Some(Group {
                obstacle: Some(obstacle),
                ..
            }) => found.push(Flaw::Group(id.clone(), *obstacle)),
            Some(_) | None => {}
        }
    }
}

fn policies(persona: &Persona, estate: &Estate, found: &mut Vec<Flaw>) {
    let kinds: Vec<&PolicyType> = persona.policies.keys().chain(&persona.inherit).collect();
    if kinds.len() > Persona::MOST_POLICIES {
        found.push(Flaw::TooManyPolicies(kinds.len()));
    }
    for (at, kind) in kinds.iter().enumerate() {
        if kinds.iter().take(at).any(|earlier| earlier.same(kind)) {
            found.push(Flaw::TwoPolicies((*kind).clone()));
        }
    }
    let named = persona.policies.iter().chain(&persona.offboarding.policies);
    for (kind, name) in named {
        let missing = estate.policies.iter().any(|known| {
            known.missing && known.policy_type.same(kind) && known.name.eq_ignore_ascii_case(name)
        });
        let flaw = Flaw::NoPolicy(kind.clone(), name.clone());
        if missing && !found.contains(&flaw) {
            found.push(flaw);
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str(
                "the id must be 1 to 64 small letters, digits or hyphens, and the name must not be empty",
            ),
            Self::Country(country) => write!(
                f,
                "{country:?} is no usage location: two capital letters of ISO 3166, such as GB"
            ),
            Self::TooManyPolicies(count) => write!(
                f,
                "{count} policy types; at most {} are possible",
                Persona::MOST_POLICIES
            ),
            Self::TooManyGroups(count) => write!(
                f,
                "{count} groups; at most {} are possible",
                Persona::MOST_GROUPS
            ),
            Self::TwoPolicies(kind) => write!(f, "the policy type {} is named twice", kind.0),
            Self::NoSku(sku) => write!(f, "the tenant does not own the licence {}", sku.0),
            Self::NotForUsers(sku) => write!(f, "the licence {} is not for users", sku.0),
            Self::NoPlan(sku, plan) => {
                write!(f, "the licence {} has no service plan {}", sku.0, plan.0)
            }
            Self::PlansWithoutLicence(sku) => write!(
                f,
                "service plans of {} are switched off, but the persona does not give it",
                sku.0
            ),
            Self::NoGroup(group) => write!(f, "there is no group {}", group.0),
            Self::Group(group, obstacle) => {
                write!(f, "group {} cannot be used: {obstacle}", group.0)
            }
            Self::ProtectedGroup(group) => write!(f, "group {} is protected", group.0),
            Self::NoRange(range) => write!(f, "there is no range of numbers {:?}", range.0),
            Self::NoPolicy(kind, name) => {
                write!(f, "there is no policy {name:?} of type {} in Teams", kind.0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::persona::PersonaRef;

    fn given(change: impl FnOnce(&mut Persona)) -> Persona {
        let mut persona = Persona {
            reference: PersonaRef {
                id: "sales".into(),
                version: 1,
            },
            name: "Sales".into(),
            usage_location: Some(LocationSource::Literal("GB".into())),
            licences: vec![SkuId("e5".into())],
            groups: vec![GroupId("staff".into())],
            policies: BTreeMap::from([(kind("TeamsMeetingPolicy"), "Sales".into())]),
            ..Persona::default()
        };
        change(&mut persona);
        persona
    }

    fn kind(name: &str) -> PolicyType {
        PolicyType(name.into())
    }

    fn estate() -> Estate {
        let sku = |id: &str, for_users, missing| Sku {
            id: SkuId(id.into()),
            name: id.into(),
            enabled: 1,
            consumed: 0,
            for_users,
            plans: BTreeSet::from([PlanId("teams1".into())]),
            missing,
        };
        let group = |id: &str, obstacle, missing| Group {
            id: GroupId(id.into()),
            name: id.into(),
            licences: BTreeSet::new(),
            obstacle,
            missing,
        };
        let policy = |name: &str, missing| PolicyName {
            policy_type: kind("TeamsMeetingPolicy"),
            name: name.into(),
            missing,
        };
        Estate {
            skus: vec![
                sku("e5", true, false),
                sku("rooms", false, false),
                sku("sold", true, true),
            ],
            groups: vec![
                group("staff", None, false),
                group("all", Some(GroupObstacle::Dynamic), false),
                group("old", None, true),
            ],
            policies: vec![policy("Sales", false), policy("Old", true)],
            ranges: vec![NumberRange {
                id: RangeId("london".into()),
                name: "London".into(),
                node: None,
                low: None,
            }],
        }
    }

    fn check(change: impl FnOnce(&mut Persona), expected: &[&str]) {
        let protected = Protected {
            groups: BTreeSet::from([GroupId("BOARD".into())]),
            ..Protected::default()
        };
        let found = flaws(&given(change), &estate(), &protected);
        let text: Vec<String> = found.iter().map(Flaw::to_string).collect();
        assert_eq!(text, expected);
    }

    /// R125: a persona draws from ranges that there are.
    #[test]
    fn a_range_that_is_not_there_is_named() {
        let range = |id: &str| RangeId(id.into());
        check(|persona| persona.numbers = vec![range("london")], &[]);
        check(
            |persona| persona.numbers = vec![range("london"), range("paris")],
            &["there is no range of numbers \"paris\""],
        );
    }

    /// F76, R121, R122: whatever is gone is named, each by itself.
    #[test]
    fn what_is_gone_is_named() {
        check(|_| {}, &[]);
        check(
            |persona| {
                persona.licences = vec![
                    SkuId("sold".into()),
                    SkuId("never".into()),
                    SkuId("rooms".into()),
                ];
                persona.groups = vec![GroupId("OLD".into())];
                persona
                    .policies
                    .insert(kind("teamsmeetingpolicy"), "old".into());
            },
            &[
                "the tenant does not own the licence never",
                "the licence rooms is not for users",
                "the tenant does not own the licence sold",
                "there is no group OLD",
                "the policy type teamsmeetingpolicy is named twice",
                "there is no policy \"old\" of type teamsmeetingpolicy in Teams",
            ],
        );
    }

    /// F132, and groups that nobody can be added to (`graph-api.md 4.1`).
    #[test]
    fn groups_that_must_not_be_touched_are_refused() {
        check(
            |persona| {
                persona.groups = vec![GroupId("all".into())];
                persona.offboarding.leave = vec![GroupId("board".into())];
            },
            &[
                "group all cannot be used: a rule of the group decides who is in it",
                "group board is protected",
            ],
        );
    }

    /// R124, F78: at most 38 types, those that are inherited included.
    #[test]
    fn at_most_38_policy_types() {
        let many = |count: usize| {
            move |persona: &mut Persona| {
                persona.policies.clear();
                persona.inherit = (0..count).map(|n| kind(&format!("type {n}"))).collect();
            }
        };
        check(many(38), &[]);
        check(many(39), &["39 policy types; at most 38 are possible"]);
    }

    /// F54, and what a persona is called.
    #[test]
    fn plans_belong_to_a_licence_and_countries_to_the_world() {
        let plans = |plan: &str| BTreeSet::from([PlanId(plan.into())]);
        check(
            |persona| {
                persona.reference.id = "a#b".into();
                persona.usage_location = Some(LocationSource::Literal("UK".into()));
                persona.disabled = BTreeMap::from([
                    (SkuId("e5".into()), plans("yammer")),
                    (SkuId("e3".into()), plans("teams1")),
                ]);
            },
            &[
                "the id must be 1 to 64 small letters, digits or hyphens, and the name must not be empty",
                "\"UK\" is no usage location: two capital letters of ISO 3166, such as GB",
                "service plans of e3 are switched off, but the persona does not give it",
                "the licence e5 has no service plan yammer",
            ],
        );
    }

    /// Before the first sync nothing is known, and nothing is refused for that.
    #[test]
    fn what_is_not_known_is_no_flaw() {
        let found = flaws(&given(|_| {}), &Estate::default(), &Protected::default());
        assert_eq!(found, []);
    }
}
