//! A step: a postcondition plus a verb. It is done when the world agrees, never because a call returned.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::group::GroupId;
use super::inventory::RangeId;
use super::microsoft::{PlanId, PolicyType, SkuId};
use super::number::E164;
use super::persona::{MemberRole, PersonaRef, SitePath};
use super::tenant::Capability;
use super::time::Time;

/// What shall hold. The variants are the format of stored plans: add, never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The usage location is this country (R50).
    UsageLocation {
        /// ISO 3166 alpha-2.
        country: String,
    },
    /// The direct licences are exactly this set and active (R63).
    Licences {
        /// The set; never empty (R57).
        set: Vec<SkuId>,
        /// Service plans that are off, of the products whose plans matter (F54).
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        disabled: BTreeMap<SkuId, BTreeSet<PlanId>>,
    },
    /// The person is a direct member of these groups, among others (R64, R65).
    Groups {
        /// The groups.
        join: Vec<GroupId>,
    },
    /// The Teams account exists and can take policies (R4).
    AwaitTeams,
    /// These policies are in force, and none of the other types is assigned directly.
    Policies {
        /// Name by type.
        assign: BTreeMap<PolicyType, String>,
        /// Types that fall back to the group's or the Global one.
        unassign: Vec<PolicyType>,
    },
    /// A telephone number of one of these ranges is kept for the person, in their order (R125).
    HoldNumber {
        /// The ranges.
        ranges: Vec<RangeId>,
        /// Another one than the person has (a move, R104).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        another: bool,
    },
    /// The person has this number and keeps it; when the job is over it belongs where the site can see it (a move, R110-R112).
    KeepNumber {
        /// Which.
        number: E164,
        /// Where they go; `None` = the tenant level.
        site: Option<SitePath>,
    },
    /// Microsoft has this emergency location for the number (a move, `graph-api.md 5.3.6`).
    EmergencyLocation {
        /// Which number.
        number: E164,
        /// Its id; `None` = none.
        location: Option<String>,
    },
    /// The person has the number that is kept for them; enterprise voice comes with it (`graph-api.md 5.3.4`).
    AssignNumber {
        /// Id of the emergency location that comes with it (F68).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        location: Option<String>,
    },
    /// The person has no telephone number; enterprise voice goes with it (offboarding, R77).
    NoNumbers,
    /// The account cannot sign in (offboarding, `graph-api.md 2.7`).
    BlockSignIn,
    /// Whoever is signed in with the account has to sign in again (offboarding).
    RevokeSessions,
    /// No policy is assigned directly (offboarding).
    ClearPolicies,
    /// These policies are in force, and no other is assigned directly (offboarding, R78).
    OnlyPolicies {
        /// Name by type.
        assign: BTreeMap<PolicyType, String>,
    },
    /// The person is no direct member of these groups (offboarding, R86).
    LeaveGroups {
        /// The groups.
        leave: Vec<GroupId>,
    },
    /// No licence is assigned directly (R81).
    ClearLicences,
    /// Our record: the person belongs here; `None` = the tenant level (R72).
    Place {
        /// The site.
        site: Option<SitePath>,
        /// The persona they now hold; `None` = none any more.
        persona: Option<PersonaRef>,
    },
    /// Our record: the member role (R88).
    Role {
        /// The role.
        role: MemberRole,
    },
}

impl Step {
    /// Its name in logs, histories and tables.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::UsageLocation { .. } => "usage location",
            Self::Licences { .. } => "licences",
            Self::Groups { .. } => "groups",
            Self::AwaitTeams => "await Teams",
            Self::HoldNumber { .. } => "hold number",
            Self::KeepNumber { .. } => "keep number",
            Self::EmergencyLocation { .. } => "emergency location",
            Self::AssignNumber { .. } => "assign number",
            Self::NoNumbers => "take numbers",
            Self::BlockSignIn => "block sign-in",
            Self::RevokeSessions => "revoke sessions",
            Self::Policies { .. } => "policies",
            Self::ClearPolicies => "clear policies",
            Self::OnlyPolicies { .. } => "replacement policies",
            Self::LeaveGroups { .. } => "leave groups",
            Self::ClearLicences => "clear licences",
            Self::Place { .. } => "place",
            Self::Role { .. } => "member role",
        }
    }

    /// It contradicts nothing that may have been asked for before (J2): it is not kept waiting for that.
    pub const fn contradicts_nothing(&self) -> bool {
        matches!(self, Self::BlockSignIn | Self::RevokeSessions)
    }

    /// What Microsoft must allow us for it.
    pub const fn capability(&self) -> Option<Capability> {
        match self {
            Self::UsageLocation { .. } => Some(Capability::WriteUsers),
            Self::Licences { .. } | Self::ClearLicences => Some(Capability::AssignLicences),
            Self::Groups { .. } | Self::LeaveGroups { .. } => Some(Capability::ManageGroups),
            Self::Policies { .. } | Self::ClearPolicies | Self::OnlyPolicies { .. } => {
                Some(Capability::AssignPolicies)
            }
            Self::BlockSignIn => Some(Capability::BlockSignIn),
            Self::RevokeSessions => Some(Capability::RevokeSessions),
            Self::AssignNumber { .. } | Self::NoNumbers | Self::EmergencyLocation { .. } => {
                Some(Capability::AssignNumbers)
            }
            Self::HoldNumber { .. }
            | Self::KeepNumber { .. }
            | Self::AwaitTeams
            | Self::Place { .. }
            | Self::Role { .. } => None,
        }
    }
}

/// One line of a plan, as people read it.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UsageLocation { country } => write!(f, "usage location {country}"),
            Self::Licences { set, disabled } => {
                let name = |sku: &SkuId| match disabled.get(sku) {
                    Some(plans) => format!("{} without {}", sku.0, ids(plans, |plan| &plan.0)),
                    None => sku.0.clone(),
                };
                let names: Vec<String> = set.iter().map(name).collect();
                write!(f, "licences exactly {}", names.join(", "))
            }
            Self::Groups { join } => write!(f, "in the groups {}", ids(join, |group| &group.0)),
            Self::AwaitTeams => f.write_str("await Teams"),
            Self::Policies { assign, unassign } => {
                f.write_str("policies")?;
                for (kind, name) in assign {
                    write!(f, " {}={name:?}", kind.0)?;
                }
                for kind in unassign {
                    write!(f, " {}=inherit", kind.0)?;
                }
                Ok(())
            }
            Self::HoldNumber { ranges, another } => {
                let other = if *another { "another" } else { "a" };
                write!(f, "{other} number of {}", ids(ranges, |range| &range.0))
            }
            Self::KeepNumber { .. } => f.write_str("the number kept"),
            Self::EmergencyLocation {
                location: Some(location),
                ..
            } => write!(f, "the number at the emergency location {location}"),
            Self::EmergencyLocation { location: None, .. } => {
                f.write_str("the number at no emergency location")
            }
            Self::AssignNumber { .. } => f.write_str("the number assigned"),
            Self::NoNumbers => f.write_str("no number"),
            Self::BlockSignIn => f.write_str("no sign-in"),
            Self::RevokeSessions => f.write_str("no session goes on"),
            Self::ClearPolicies => f.write_str("no direct policies"),
            Self::OnlyPolicies { assign } => {
                f.write_str("no direct policies but")?;
                for (kind, name) in assign {
                    write!(f, " {}={name:?}", kind.0)?;
                }
                Ok(())
            }
            Self::LeaveGroups { leave } => {
                write!(f, "not in the groups {}", ids(leave, |group| &group.0))
            }
            Self::ClearLicences => f.write_str("no direct licences"),
            Self::Place {
                site: Some(site), ..
            } => write!(f, "place at {}", site.0),
            Self::Place { site: None, .. } => f.write_str("place at the tenant level"),
            Self::Role { role } => match role {
                MemberRole::None => f.write_str("no member role"),
                MemberRole::SelfService => f.write_str("member role self-service"),
                MemberRole::Named(name) => write!(f, "member role {name:?}"),
            },
        }
    }
}

fn ids<'a, T: 'a>(
    all: impl IntoIterator<Item = &'a T>,
    id: impl Fn(&'a T) -> &'a String,
) -> String {
    let ids: Vec<&str> = all.into_iter().map(|one| id(one).as_str()).collect();
    ids.join(", ")
}

/// Where a step stands (I7).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stands {
    /// Not begun.
    #[default]
    Todo,
    /// Asked for or waited for.
    Pending,
    /// The world agrees, and we asked for it; a note where something is left to be seen.
    Done(Option<Note>),
    /// The world agreed before we asked.
    AlreadySo,
    /// Microsoft refused it and a rule says that this does not matter (R83).
    Ignored(Note),
    /// Not attempted, because a rule says so (R96).
    Skipped(Note),
    /// Something stands in the way that waiting does not remove.
    Blocked(Obstacle),
    /// Tried and given up.
    Failed(String),
    /// It cannot be known whether it took effect.
    Unknown(String),
}

/// Why a step ended other than plainly done, said for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// Microsoft accepted it an hour ago and does not show it yet; the nightly check looks again.
    NotVisibleYet,
    /// Offboarding: Microsoft does not let us change licences; they stay (R83).
    LicencesStay,
    /// Onboarding: `LicenseAssignment.ReadWrite.All` is missing, nothing was attempted.
    NoPermission,
    /// A licence comes from this group, so no direct one is touched (R96); another group is the way to add more (R101).
    GroupLicensed(String),
    /// The account is gone from the directory.
    AccountGone,
    /// Microsoft does not let us read telephone numbers; we gave the person none.
    NumbersUnread,
}

/// What blocks a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// Microsoft refuses changes to this one account.
    ProtectedAccount,
    /// Direct licences stay while a licence group remains (R99).
    LicenceGroup(String),
    /// Microsoft does not let us change who is in this group.
    Group(String),
    /// The person, or a group that they are in, is left alone by everything that happens by itself (F132).
    Protected(String),
    /// An earlier step of this job did not come about.
    EarlierStep(String),
}

impl Stands {
    /// Nothing more will happen to it.
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Todo | Self::Pending => false,
            Self::Done(_)
            | Self::AlreadySo
            | Self::Ignored(_)
            | Self::Skipped(_)
            | Self::Blocked(_)
            | Self::Failed(_)
            | Self::Unknown(_) => true,
        }
    }

    /// A later step may build on it.
    pub const fn carries(&self) -> bool {
        match self {
            Self::Done(_) | Self::AlreadySo | Self::Ignored(_) | Self::Skipped(_) => true,
            Self::Todo | Self::Pending | Self::Blocked(_) | Self::Failed(_) | Self::Unknown(_) => {
                false
            }
        }
    }
}

impl fmt::Display for Stands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Todo => f.write_str("todo"),
            Self::Pending => f.write_str("pending"),
            Self::Done(None) => f.write_str("done"),
            Self::Done(Some(note)) => write!(f, "done, {note}"),
            Self::AlreadySo => f.write_str("already so"),
            Self::Ignored(note) => write!(f, "ignored by rule: {note}"),
            Self::Skipped(note) => write!(f, "skipped by rule: {note}"),
            Self::Blocked(obstacle) => write!(f, "blocked: {obstacle}"),
            Self::Failed(cause) => write!(f, "failed: {cause}"),
            Self::Unknown(cause) => write!(f, "unknown: {cause}"),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotVisibleYet => f.write_str("accepted, not visible yet"),
            Self::LicencesStay => {
                f.write_str("Microsoft did not let us change the licences, they stay as they were")
            }
            Self::NoPermission => {
                f.write_str("the permission LicenseAssignment.ReadWrite.All is missing")
            }
            Self::GroupLicensed(group) => {
                write!(
                    f,
                    "a licence comes from group {group}, so direct licences are not touched; use another group instead"
                )
            }
            Self::AccountGone => f.write_str("the account is gone from the directory"),
            Self::NumbersUnread => f.write_str(
                "Microsoft does not let us read telephone numbers, and the person was given none here",
            ),
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProtectedAccount => {
                f.write_str("Microsoft refuses changes to this account (protected account)")
            }
            Self::LicenceGroup(group) => write!(
                f,
                "a licence still comes from group {group}, so direct licences stay; let offboarding remove that group too"
            ),
            Self::Group(group) => write!(f, "Microsoft refuses to change who is in group {group}"),
            Self::Protected(why) => write!(f, "{why}"),
            Self::EarlierStep(step) => write!(f, "the step \"{step}\" did not come about"),
        }
    }
}

/// Where one step of a job stands, and how often it was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Standing {
    /// Where it stands.
    #[serde(rename = "s")]
    pub stands: Stands,
    /// When it was first worked on; the time to give up counts from here.
    #[serde(rename = "t", skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// Looks without success since then.
    #[serde(rename = "n", skip_serializing_if = "is_zero")]
    pub looks: u16,
}

fn is_zero(n: &u16) -> bool {
    *n == 0
}
