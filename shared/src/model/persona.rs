//! What a person should have: personas, profiles, and `Wanted`, which is made from them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::group::GroupId;
use super::inventory::RangeId;
use super::microsoft::{PlanId, PolicyType, SkuId};
use super::tenant::OffboardLicences;

/// One immutable version of a persona (F29, R118).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PersonaRef {
    /// Which persona.
    pub id: String,
    /// Which of its versions, from 1.
    pub version: u32,
}

/// A set of policies, licences, groups and settings that serves a job role (R118, F27). A version never changes once it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Persona {
    /// Its id and version.
    pub reference: PersonaRef,
    /// Its name for people.
    pub name: String,
    /// Where the usage location comes from; `None` = it is not touched (R51, R52, R60).
    pub usage_location: Option<LocationSource>,
    /// The direct licences, as one set that replaces what is there (R63). Empty = no attempt at all (R57).
    pub licences: Vec<SkuId>,
    /// Teams policies by name, at most one of a type (R124).
    pub policies: BTreeMap<PolicyType, String>,
    /// Service plans that are off, for some of the licences; of the others they are left as they are (F54).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub disabled: BTreeMap<SkuId, BTreeSet<PlanId>>,
    /// Groups that the person is added to, beside those they are in (R64, R65).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupId>,
    /// Ranges from which the person gets a telephone number, in their order; empty = no number (R125).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<RangeId>,
    /// Types of which no policy is assigned directly, so that the group's or the Global one is in force; a type that is named neither
    /// here nor among the policies is left as it is (F78).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub inherit: BTreeSet<PolicyType>,
    /// What happens to its holders when they leave (F31).
    #[serde(default, skip_serializing_if = "OffboardingProfile::is_empty")]
    pub offboarding: OffboardingProfile,
    /// Nobody is given it any more: this version ends it. A later one may begin it again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
}

impl Persona {
    /// R124: so many policies of different types at most.
    pub const MOST_POLICIES: usize = 38;
    /// So many groups at most: a plan, and the record of what was asked, has to fit its row.
    pub const MOST_GROUPS: usize = 20;
}

#[cfg(test)]
impl Persona {
    /// Gives nothing.
    pub(crate) fn empty(id: &str, version: u32) -> Self {
        Self {
            reference: PersonaRef {
                id: id.into(),
                version,
            },
            name: id.into(),
            ..Self::default()
        }
    }
}

/// What happens to the holders of a persona when they leave (F31).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OffboardingProfile {
    /// Whether their direct licences are taken away; `None` = as it is set where they are (R80, R81, R84).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licences: Option<OffboardLicences>,
    /// Groups that they are taken out of, and no others (R86).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub leave: Vec<GroupId>,
    /// Whether they are kept from signing in, and signed out everywhere; `None` = as it is set where they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock_out: Option<bool>,
    /// Policies that they get in the place of those they had (R78).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub policies: BTreeMap<PolicyType, String>,
}

impl OffboardingProfile {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Where a persona takes the usage location from (F28).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocationSource {
    /// This country, ISO 3166 alpha-2.
    Literal(String),
    /// The site's (R70).
    Site,
    /// The person's `country`, through the tenant's table.
    Country,
}

/// Which kinds of service somebody gets of a persona: switches over it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// The usage location.
    pub location: bool,
    /// Direct licences.
    pub licences: bool,
    /// Groups.
    pub groups: bool,
    /// Teams policies.
    pub policies: bool,
    /// A telephone number.
    #[serde(default = "yes")]
    pub number: bool,
}

const fn yes() -> bool {
    true
}

impl Profile {
    /// The profile that every tenant has: all of it.
    pub const EVERYTHING: &'static str = "everything";

    /// All of it.
    pub fn everything() -> Self {
        Self {
            name: Self::EVERYTHING.to_owned(),
            location: true,
            licences: true,
            groups: true,
            policies: true,
            number: true,
        }
    }
}

/// A node of the tenant's tree, such as `europe/berlin`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SitePath(pub String);

/// Stored, moved and audited; grants nothing by itself (R45, R76).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberRole {
    /// None.
    #[default]
    None,
    /// The self-service role.
    SelfService,
    /// A role that a node defines.
    Named(String),
}

/// What one person should have; the only input of the planners, made alike for all three routes: a persona alone, a persona through
/// a profile, an edit by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The persona version it was made from; `None` = an edit of somebody who holds none.
    pub persona: Option<PersonaRef>,
    /// The site; `None` = the tenant level.
    pub site: Option<SitePath>,
    /// The member role.
    pub role: MemberRole,
    /// The usage location, if one is to be set.
    pub usage_location: Option<String>,
    /// The set of direct licences; empty = not touched.
    pub licences: Vec<SkuId>,
    /// Policies by type.
    pub policies: BTreeMap<PolicyType, String>,
    /// Service plans that are off.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub disabled: BTreeMap<SkuId, BTreeSet<PlanId>>,
    /// Groups to be in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupId>,
    /// Types of which no policy is assigned directly.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub inherit: BTreeSet<PolicyType>,
    /// Ranges to get a number from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<RangeId>,
    /// Id of the emergency location that comes with the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency_location: Option<String>,
    /// Groups not to be in: only an edit takes somebody out of a group without offboarding them (R65).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leave: Vec<GroupId>,
}

/// A rule as an administrator writes it; lists of them are evaluated in order, the first match is applied (R133).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenRule<T> {
    /// Its name (R134).
    pub name: String,
    /// What it is for (R134).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The condition, in the language of `rule-language.md`.
    pub when: String,
    /// What follows.
    pub then: T,
}

/// What a persona rule leads to (R45).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonaChoice {
    /// The persona; its newest version is taken.
    pub persona: String,
    /// The member role.
    #[serde(default)]
    pub role: MemberRole,
    /// The profile; `None` = everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}

/// A tenant's two ordered lists (F37, F38).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Raised with every change: what was decided under an older version is decided again (W1).
    pub version: u32,
    /// Which site somebody belongs to.
    pub placement: Vec<WrittenRule<SitePath>>,
    /// Which persona and role they get.
    pub persona: Vec<WrittenRule<PersonaChoice>>,
}
