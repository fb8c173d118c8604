//! Everything of a tenant that people write down, as one value: what is exported, compared and applied (I10, F145).

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::access::Role;
use super::edit::{Field, FieldRule};
use super::inventory::{NumberRange, RangeId};
use super::persona::{Persona, PersonaChoice, Profile, SitePath, WrittenRule};
use super::schedule::{Schedule, ScheduleKind};
use super::tenant::Settings;
use super::tree::Node;

/// What is written down of a tenant. A part that is `None` is not spoken of, and stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// Settings, without the switches that people turn by hand ([`Settings::written`]).
    pub settings: Option<Settings>,
    /// Regions and sites.
    pub nodes: Option<BTreeMap<SitePath, Node>>,
    /// Profiles besides `everything`.
    pub profiles: Option<BTreeMap<String, Profile>>,
    /// Personas in their newest version; that version is 0 here, because it is counted where it is stored.
    pub personas: Option<BTreeMap<String, Persona>>,
    /// What roles may do to fields of people.
    pub fields: Option<BTreeMap<FieldsAt, BTreeMap<Field, FieldRule>>>,
    /// Ranges of numbers.
    pub ranges: Option<BTreeMap<RangeId, NumberRange>>,
    /// Which site.
    pub placement: Option<Vec<WrittenRule<SitePath>>>,
    /// Which persona.
    pub persona: Option<Vec<WrittenRule<PersonaChoice>>>,
    /// Schedules; one that is not among them stays as it is.
    pub schedules: Option<BTreeMap<ScheduleKind, Schedule>>,
}

/// Whose rights over fields, and where: `operator`, or `operator@europe/berlin`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct FieldsAt {
    /// Whoever has this role in the API.
    pub role: Role,
    /// Where; `None` = the whole tenant.
    pub node: Option<SitePath>,
}

impl FieldsAt {
    /// Reads what [`fmt::Display`] writes; `None` if there is no such role.
    pub fn parse(text: &str) -> Option<Self> {
        let (role, node) = match text.split_once('@') {
            Some((role, node)) => (role, Some(SitePath(node.to_owned()))),
            None => (text, None),
        };
        let role = Role::ALL.into_iter().find(|known| known.name() == role)?;
        Some(Self { role, node })
    }
}

impl From<FieldsAt> for String {
    fn from(at: FieldsAt) -> Self {
        at.to_string()
    }
}

impl TryFrom<String> for FieldsAt {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let roles = Role::ALL.map(Role::name).join(", ");
        Self::parse(&text)
            .ok_or_else(|| format!("{text:?} is none of {roles}, perhaps with @ and a node"))
    }
}

impl fmt::Display for FieldsAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node {
            Some(node) => write!(f, "{}@{}", self.role, node.0),
            None => write!(f, "{}", self.role),
        }
    }
}

/// One entry of a configuration: the smallest thing that is compared, stored and taken away as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The settings.
    Settings,
    /// A node.
    Node(SitePath),
    /// A profile.
    Profile(String),
    /// A persona.
    Persona(String),
    /// What a role may do to fields.
    Fields(FieldsAt),
    /// A range of numbers.
    Range(RangeId),
    /// The list that says which site.
    Placement,
    /// The list that says which persona.
    PersonaRules,
    /// A schedule.
    Schedule(ScheduleKind),
}

impl Part {
    /// Its section of the document, and its name in that section; `None` = it is the section.
    pub fn place(&self) -> (&'static str, Option<String>) {
        match self {
            Self::Settings => ("settings", None),
            Self::Node(path) => ("nodes", Some(path.0.clone())),
            Self::Profile(name) => ("profiles", Some(name.clone())),
            Self::Persona(id) => ("personas", Some(id.clone())),
            Self::Fields(at) => ("fields", Some(at.to_string())),
            Self::Range(id) => ("ranges", Some(id.0.clone())),
            Self::Placement => ("rules", Some("placement".to_owned())),
            Self::PersonaRules => ("rules", Some("persona".to_owned())),
            Self::Schedule(kind) => ("schedules", Some(kind.name().to_owned())),
        }
    }
}

/// As people point at it: `nodes europe/berlin`.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place() {
            (section, Some(name)) => write!(f, "{section} {name}"),
            (section, None) => f.write_str(section),
        }
    }
}

impl Settings {
    /// What is written down of the settings. Pause, read-only and flow-through are turned by people, each with its own checks, and no
    /// document turns them.
    pub fn written(self) -> Self {
        Self {
            paused: false,
            read_only: false,
            flow_through: None,
            ..self
        }
    }

    /// The same with the switches of other settings.
    pub fn with_switches_of(self, other: &Self) -> Self {
        Self {
            paused: other.paused,
            read_only: other.read_only,
            flow_through: other.flow_through.clone(),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_over_fields_are_named_by_role_and_place() {
        for text in ["viewer", "operator@europe/berlin"] {
            assert_eq!(FieldsAt::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "boss", "Viewer", "@europe"] {
            assert_eq!(FieldsAt::parse(text), None, "{text}");
        }
    }
}
