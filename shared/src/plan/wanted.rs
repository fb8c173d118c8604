//! What somebody should have, made from a persona, a profile, the tree and what the directory says of them: alike for every route.

use std::collections::BTreeMap;

use crate::model::facts::Facts;
use crate::model::inventory::{NumberRange, RangeId};
use crate::model::persona::{LocationSource, MemberRole, Persona, Profile, SitePath, Wanted};
use crate::model::property::Property;
use crate::model::tree::Tree;

use super::countries;

/// Why it cannot be said what somebody should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoLocation {
    /// The persona takes the usage location from the site, and neither the site nor anything above it has one.
    Site,
    /// The persona takes it from the person's country, and the tenant's table does not know that.
    Country(Option<String>),
}

/// What is laid down for everybody of a tenant.
#[derive(Clone, Debug, Default)]
pub struct Grounds {
    /// Regions, sites, and what is set at them.
    pub tree: Tree,
    /// What countries are meant by which words.
    pub countries: BTreeMap<String, String>,
    /// Ranges of telephone numbers.
    pub ranges: Vec<NumberRange>,
}

impl Grounds {
    /// What a persona, seen through a profile, means for somebody at a site (R55, R71).
    pub fn wanted(
        &self,
        persona: &Persona,
        profile: &Profile,
        site: Option<&SitePath>,
        role: &MemberRole,
        facts: &Facts,
    ) -> Result<Wanted, NoLocation> {
        let mut wanted = Wanted {
            persona: Some(persona.reference.clone()),
            site: site.cloned(),
            role: role.clone(),
            ..Wanted::default()
        };
        if profile.location {
            wanted.usage_location = match &persona.usage_location {
                None => None,
                Some(source) => Some(self.location(source, site, facts)?),
            };
        }
        if profile.licences {
            wanted.licences.clone_from(&persona.licences);
            wanted.disabled.clone_from(&persona.disabled);
        }
        if profile.groups {
            wanted.groups.clone_from(&persona.groups);
        }
        if profile.policies {
            wanted.policies.clone_from(&persona.policies);
            wanted.inherit.clone_from(&persona.inherit);
            for (kind, policy) in self.tree.policies(site) {
                let named = wanted.policies.keys().chain(&wanted.inherit);
                if !named.into_iter().any(|known| known.same(&kind)) {
                    wanted.policies.insert(kind, policy.value);
                }
            }
        }
        if profile.number {
            wanted.numbers = self.seen_from(&persona.numbers, site);
            let location = self
                .tree
                .effective(site, |values| values.emergency_location.clone());
            let location = location.filter(|_| !wanted.numbers.is_empty());
            wanted.emergency_location = location.map(|location| location.value);
        }
        Ok(wanted)
    }

    /// The ranges that can be seen from a site: those of the nodes above it, and its own.
    fn seen_from(&self, ranges: &[RangeId], site: Option<&SitePath>) -> Vec<RangeId> {
        let is_seen = |id: &&RangeId| {
            let range = self.ranges.iter().find(|range| range.id == **id);
            range.is_some_and(|range| SitePath::is_within(site, range.node.as_ref()))
        };
        ranges.iter().filter(is_seen).cloned().collect()
    }

    fn location(
        &self,
        source: &LocationSource,
        site: Option<&SitePath>,
        facts: &Facts,
    ) -> Result<String, NoLocation> {
        match source {
            LocationSource::Literal(country) => Ok(country.clone()),
            LocationSource::Site => {
                // Whoever is placed nowhere has no site to take it from, whatever the tenant says.
                let of_site = site.and_then(|site| self.tree.usage_location(Some(site)));
                of_site.map(|found| found.value).ok_or(NoLocation::Site)
            }
            LocationSource::Country => {
                let written = facts.text(Property::Country).map(str::trim);
                let meant = written.and_then(|written| {
                    let known = self.countries.get(&written.to_lowercase());
                    known.cloned().or_else(|| countries::code(written))
                });
                meant.ok_or_else(|| NoLocation::Country(written.map(str::to_owned)))
            }
        }
    }
}

impl std::fmt::Display for NoLocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Site => f.write_str(
                "the persona takes the usage location from the site, and no site with one applies",
            ),
            Self::Country(None) => f.write_str(
                "the persona takes the usage location from the country, and the directory has none",
            ),
            Self::Country(Some(country)) => write!(
                f,
                "the persona takes the usage location from the country, and the tenant's table does not know {country:?}"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::group::GroupId;
    use crate::model::microsoft::{PolicyType, SkuId};
    use crate::model::persona::PersonaRef;
    use crate::model::tenant::Settings;
    use crate::model::tree::{Node, NodeKind, Values};

    fn persona() -> Persona {
        let kind = |name: &str| PolicyType(name.into());
        Persona {
            reference: PersonaRef {
                id: "sales".into(),
                version: 1,
            },
            name: "Sales".into(),
            usage_location: Some(LocationSource::Site),
            licences: vec![SkuId("e5".into())],
            policies: BTreeMap::from([(kind("TeamsMeetingPolicy"), "Sales".into())]),
            disabled: BTreeMap::new(),
            groups: vec![GroupId("g".into())],
            numbers: vec![RangeId("berlin".into()), RangeId("rome".into())],
            inherit: BTreeSet::from([kind("TeamsCallingPolicy")]),
            offboarding: Default::default(),
            retired: false,
        }
    }

    fn grounds() -> Grounds {
        let policies = ["TeamsMeetingPolicy", "teamscallingpolicy", "TenantDialPlan"];
        let values = Values {
            usage_location: Some("DE".into()),
            emergency_location: Some("reception".into()),
            policies: policies
                .map(|kind| (PolicyType(kind.into()), "Site".into()))
                .into(),
            ..Values::default()
        };
        let berlin = Node {
            path: SitePath("berlin".into()),
            name: "Berlin".into(),
            kind: NodeKind::Site,
            values,
        };
        Grounds {
            tree: Tree::new(Values::default(), &Settings::default(), vec![berlin]),
            countries: BTreeMap::from([("deutschland".into(), "DE".into())]),
            ranges: [("berlin", "berlin"), ("rome", "rome")]
                .map(|(id, node)| NumberRange {
                    id: RangeId(id.into()),
                    name: id.into(),
                    node: Some(SitePath(node.into())),
                    low: None,
                })
                .into(),
        }
    }

    fn facts(country: &str) -> Facts {
        let mut facts = Facts::default();
        facts.insert_text(Property::Country, country);
        facts
    }

    fn made(change: impl FnOnce(&mut Persona, &mut Profile)) -> Wanted {
        let (mut persona, mut profile) = (persona(), Profile::everything());
        change(&mut persona, &mut profile);
        let berlin = SitePath("berlin".into());
        grounds()
            .wanted(
                &persona,
                &profile,
                Some(&berlin),
                &MemberRole::None,
                &facts(" Deutschland "),
            )
            .unwrap()
    }

    /// R15, R70, F22, F78: the site's location and policies come in where the persona leaves room for them.
    #[test]
    fn a_site_fills_in_what_the_persona_leaves_open() {
        let wanted = made(|_, _| {});
        assert_eq!(wanted.usage_location.as_deref(), Some("DE"));
        let policies: Vec<_> = wanted
            .policies
            .iter()
            .map(|(kind, name)| format!("{} {name}", kind.0))
            .collect();
        assert_eq!(
            policies,
            ["TeamsMeetingPolicy Sales", "TenantDialPlan Site"]
        );
    }

    /// R60, R66: a profile without location and licences leaves the account alone.
    #[test]
    fn a_profile_switches_kinds_of_service_off() {
        let wanted = made(|_, profile| {
            profile.location = false;
            profile.licences = false;
        });
        assert_eq!((wanted.usage_location, wanted.licences), (None, Vec::new()));
        assert_eq!(wanted.groups.len(), 1);
        let wanted = made(|_, profile| {
            profile.groups = false;
            profile.policies = false;
        });
        assert!(
            wanted.groups.is_empty() && wanted.policies.is_empty() && wanted.inherit.is_empty()
        );
        assert_eq!(wanted.licences.len(), 1);
    }

    /// R125, F65, F68: only ranges that can be seen from the site, and its emergency location with them.
    #[test]
    fn numbers_come_from_ranges_that_the_site_can_see() {
        let wanted = made(|_, _| {});
        assert_eq!(wanted.numbers, [RangeId("berlin".into())]);
        assert_eq!(wanted.emergency_location.as_deref(), Some("reception"));
        let without = made(|_, profile| profile.number = false);
        assert!(without.numbers.is_empty() && without.emergency_location.is_none());
    }

    /// F28: the country through the tenant's table, a code as it is, anything else not at all.
    #[test]
    fn the_usage_location_may_come_from_the_country() {
        let found = |country: &str| {
            let persona = Persona {
                usage_location: Some(LocationSource::Country),
                ..persona()
            };
            let profile = Profile::everything();
            grounds()
                .wanted(&persona, &profile, None, &MemberRole::None, &facts(country))
                .map(|wanted| wanted.usage_location.unwrap_or_default())
                .map_err(|error| error.to_string())
        };
        assert_eq!(found("DEUTSCHLAND"), Ok("DE".into()));
        assert_eq!(found("fr"), Ok("FR".into()));
        assert!(found("UK").unwrap_err().contains("does not know \"UK\""));
        assert!(found("").unwrap_err().contains("has none"));
        assert!(
            made(|persona, _| persona.usage_location = None)
                .usage_location
                .is_none()
        );
    }

    #[test]
    fn nobody_without_a_site_takes_its_location() {
        let refused = grounds().wanted(
            &persona(),
            &Profile::everything(),
            None,
            &MemberRole::None,
            &facts(""),
        );
        assert_eq!(refused, Err(NoLocation::Site));
    }
}
