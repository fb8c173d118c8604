//! What a person should have: personas, and `Wanted`, which is made from one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::microsoft::{PolicyType, SkuId};

/// One immutable version of a persona (F29, R118).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PersonaRef {
    /// Which persona.
    pub id: String,
    /// Which of its versions, from 1.
    pub version: u32,
}

/// A set of policies, licences and settings that serves a job role (R118). A version never changes once it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Persona {
    /// Its id and version.
    pub reference: PersonaRef,
    /// Its name for people.
    pub name: String,
    /// Where the usage location comes from; `None` = it is not touched (R51, R60).
    pub usage_location: Option<LocationSource>,
    /// The direct licences, as one set that replaces what is there (R63). Empty = no attempt at all (R57).
    pub licences: Vec<SkuId>,
    /// Teams policies by name, at most one of a type (R124).
    pub policies: BTreeMap<PolicyType, String>,
}

impl Persona {
    /// R124: so many policies of different types at most.
    pub const MOST_POLICIES: usize = 38;
}

/// Where a persona takes the usage location from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocationSource {
    /// This country, ISO 3166 alpha-2.
    Literal(String),
    /// The site's (R70).
    Site,
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

/// What one person should have; the only input of the planners.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The persona version it was made from.
    pub persona: PersonaRef,
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
}

/// A rule as an administrator writes it; lists of them are evaluated in order, the first match is applied (R133).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenRule<T> {
    /// Its name (R134).
    pub name: String,
    /// The condition, in the language of `rule-language.md`.
    pub when: String,
    /// What follows.
    pub then: T,
}

/// What a persona rule leads to (R45).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonaChoice {
    /// The persona; its newest version is taken.
    pub persona: String,
    /// The member role.
    #[serde(default)]
    pub role: MemberRole,
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
