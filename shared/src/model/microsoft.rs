//! What Microsoft tells us, in the words of its API (`graph-api.md 2, 3, 5`). Enumerations are open: unknown members stay text.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::facts::Facts;
use super::number::NumberRefusal;

/// An Entra object id of a person: the anchor of everything (R47). Also the id of the Teams user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub String);

impl UserId {
    /// Written as Microsoft writes the ids that it gives: five groups of hexadecimal digits.
    pub fn is_guid(&self) -> bool {
        let groups: Vec<&str> = self.0.split('-').collect();
        let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]) && groups.into_iter().all(hex)
    }
}

/// A licence product, by its GUID (`graph-api.md 3.7`); read in small letters, because people and portals write GUIDs either way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct SkuId(pub String);

impl From<String> for SkuId {
    fn from(id: String) -> Self {
        Self(id.to_ascii_lowercase())
    }
}

/// A service plan of a product, by its GUID (`graph-api.md 3.6`); read in small letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct PlanId(pub String);

impl From<String> for PlanId {
    fn from(id: String) -> Self {
        Self(id.to_ascii_lowercase())
    }
}

/// The type of a Teams policy, such as `TeamsMeetingPolicy`: data, not code (R124). Compared without case by [`PolicyType::same`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PolicyType(pub String);

/// A person as the directory shows them: the properties rules read, and what steps need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryUser {
    /// Entra object id.
    pub id: UserId,
    /// The selected properties.
    pub facts: Facts,
    /// Direct and inherited products together; `None` where they were not asked for.
    pub assigned_licences: Option<Vec<SkuId>>,
    /// Each licence with its origin and state; `None` where it was not asked for (delta never tells it).
    pub licence_states: Option<Vec<LicenceState>>,
}

/// One line of `licenseAssignmentStates` (`graph-api.md 3.3`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LicenceState {
    /// The product.
    pub sku: SkuId,
    /// The group it is inherited from; `None` = assigned directly.
    pub group: Option<String>,
    /// `Active`, `ActiveWithError`, `Disabled`, `Error`, or a newer word.
    pub state: String,
    /// `None`, `CountViolation`, … or a newer word.
    pub error: String,
    /// Service plans of the product that are switched off (F54).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub disabled: BTreeSet<PlanId>,
}

impl LicenceState {
    /// Assigned directly, not through a group.
    pub fn is_direct(&self) -> bool {
        self.group.is_none()
    }

    /// Whether there is more to say than that the product is assigned: it comes from a group, or is not simply in force.
    pub fn tells_more(&self) -> bool {
        !(self.is_direct() && self.is_active() && self.problem().is_none())
    }

    /// It gives nothing because all seats are taken.
    pub fn lacks_a_seat(&self) -> bool {
        self.error.eq_ignore_ascii_case("CountViolation")
    }

    /// Why it gives nothing, or not everything, said for people (F52, `graph-api.md 3.3`).
    pub fn problem(&self) -> Option<&str> {
        Some(match self.error.as_str() {
            "None" | "none" | "" => return None,
            "CountViolation" => "no seat is free",
            "MutuallyExclusiveViolation" => "its service plans exclude those of another product",
            "DependencyViolation" => {
                "a service plan needs another one, or is needed by another one"
            }
            "ProhibitedInUsageLocationViolation" => "it is not offered at this usage location",
            "UniquenessViolation" => "somebody else has the same mail address",
            other => other,
        })
    }

    /// In force.
    pub fn is_active(&self) -> bool {
        self.state.eq_ignore_ascii_case("Active")
    }
}

/// What happened to a person between two syncs (`graph-api.md 2.4`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Created or changed; all selected properties that are set come along.
    Present(DirectoryUser),
    /// Deleted: `soft` can be restored for 30 days.
    Removed {
        /// Whom.
        id: UserId,
        /// Restorable.
        soft: bool,
    },
}

/// A Teams policy that exists. Microsoft lists none: names are gathered from what is in force (`graph-api.md 5.5`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyName {
    /// Its type.
    pub policy_type: PolicyType,
    /// Its name.
    pub name: String,
    /// It was looked for, and is not there any more (F76).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missing: bool,
}

/// A licence product that the tenant owns (`graph-api.md 3.1`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sku {
    /// Its id.
    pub id: SkuId,
    /// Its name for people, such as `SPE_E5`.
    pub name: String,
    /// Seats in force, seats in grace included.
    pub enabled: u32,
    /// Seats taken, as Microsoft counts them (lags behind a burst).
    pub consumed: u32,
    /// May be given to users at all.
    pub for_users: bool,
    /// Its service plans; empty in rows of an older version, and where Microsoft did not tell.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub plans: BTreeSet<PlanId>,
    /// The tenant does not own it any more (F76).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missing: bool,
}

impl Sku {
    /// Seats that nobody has taken, as Microsoft counts them.
    pub fn unused(&self) -> u32 {
        self.enabled.saturating_sub(self.consumed)
    }
}

/// The Teams user (`graph-api.md 5.1`). A row alone does not mean that the person is ready.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TeamsUser {
    /// `user`, `resourceAccount`, `guest`, `sfbOnPremUser`, `ineligibleUser`, … or a newer word.
    pub account_type: String,
    /// `Teams`, `PhoneSystem`, … : what the licences make possible.
    pub feature_types: Vec<String>,
    /// Policies in force other than the Global ones.
    pub policies: Vec<EffectivePolicy>,
}

/// One policy in force on a person (`graph-api.md 5.1.3`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectivePolicy {
    /// Its type.
    pub policy_type: PolicyType,
    /// Its name, without a `Tag:` prefix.
    pub name: String,
    /// Assigned to the person, not through a group.
    pub direct: bool,
}

impl PolicyType {
    /// Microsoft spells the same type in different case in different places.
    pub fn same(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

/// How far Microsoft has come with creating somebody's Teams account (`graph-api.md 5.1.4`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Policies can be assigned.
    Ready,
    /// Not yet; why, in one word for the staging page.
    NotYet(&'static str),
    /// It will not become ready by waiting: homed on premises, a guest, a resource account.
    Never(String),
}

impl TeamsUser {
    /// Ready to receive policies: an eligible `user` with the feature `Teams`. Mere presence proves nothing.
    pub fn readiness(user: Option<&Self>) -> Readiness {
        let Some(user) = user else {
            return Readiness::NotYet("no Teams account yet");
        };
        match user.account_type.as_str() {
            "user" if user.feature_types.iter().any(|f| f == "Teams") => Readiness::Ready,
            "user" => Readiness::NotYet("Teams account without the Teams feature"),
            "sfbOnPremUser" | "guest" | "resourceAccount" => {
                Readiness::Never(user.account_type.clone())
            }
            _ => Readiness::NotYet("Teams account not eligible yet"),
        }
    }

    /// The policy of a type that is in force; `None` = the organisation's Global one.
    pub fn policy(&self, policy_type: &PolicyType) -> Option<&EffectivePolicy> {
        self.policies
            .iter()
            .find(|p| p.policy_type.same(policy_type))
    }
}

/// Why Microsoft refused a request about a licence or a number (`graph-api.md 3.2`, `10`); told apart only by its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// No seat is free.
    NoSeats,
    /// The usage location is missing, or was set and is not yet seen by the licence service.
    UsageLocation,
    /// Two plans exclude each other.
    ConflictingPlans,
    /// A plan needs another one, or is needed by another one.
    MissingDependency,
    /// The licence comes from a group and cannot be taken away directly.
    FromGroup,
    /// A telephone number cannot be given or taken.
    Number(NumberRefusal),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSeats => "no licence seat is free",
            Self::UsageLocation => {
                "the usage location is missing or not yet known to the licence service"
            }
            Self::ConflictingPlans => "two service plans exclude each other",
            Self::MissingDependency => "a service plan needs another one",
            Self::FromGroup => "the licence comes from a group",
            Self::Number(refusal) => return refusal.fmt(f),
        })
    }
}
