//! An edit of one person by hand, and what a tenant lets whom edit: the third route to a person's settings.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::access::Role;
use super::group::GroupId;
use super::microsoft::{PolicyType, SkuId};
use super::persona::{MemberRole, SitePath};

/// What somebody changes about one person. What is not named is left as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Edit {
    /// The usage location, ISO 3166 alpha-2.
    pub usage_location: Option<String>,
    /// The direct licences, as one set that replaces what is there.
    pub licences: Option<BTreeSet<SkuId>>,
    /// Groups to be in.
    pub join: BTreeSet<GroupId>,
    /// Groups not to be in.
    pub leave: BTreeSet<GroupId>,
    /// Teams policies: a name, or `null` for the group's or the Global one (F78).
    pub policies: BTreeMap<PolicyType, Option<String>>,
    /// The member role.
    pub member_role: Option<MemberRole>,
}

/// What of a person can be edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The usage location.
    UsageLocation,
    /// Direct licences.
    Licences,
    /// Groups.
    Groups,
    /// Teams policies.
    Policies,
    /// The member role.
    MemberRole,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::UsageLocation,
        Self::Licences,
        Self::Groups,
        Self::Policies,
        Self::MemberRole,
    ];

    /// Its name in the API and in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UsageLocation => "usage_location",
            Self::Licences => "licences",
            Self::Groups => "groups",
            Self::Policies => "policies",
            Self::MemberRole => "member_role",
        }
    }
}

impl Edit {
    /// The fields that it names.
    pub fn fields(&self) -> BTreeSet<Field> {
        let named = [
            (Field::UsageLocation, self.usage_location.is_some()),
            (Field::Licences, self.licences.is_some()),
            (
                Field::Groups,
                !self.join.is_empty() || !self.leave.is_empty(),
            ),
            (Field::Policies, !self.policies.is_empty()),
            (Field::MemberRole, self.member_role.is_some()),
        ];
        let named = named.into_iter().filter(|(_, is_named)| *is_named);
        named.map(|(field, _)| field).collect()
    }
}

/// What one role may do to the fields of people at a node and below (F35).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldPolicy {
    /// Whoever has this role in the API.
    pub role: Role,
    /// Where; `None` = the whole tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<SitePath>,
    /// Fields that are not open.
    pub fields: BTreeMap<Field, FieldRule>,
}

/// How a field is restricted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldRule {
    /// Neither shown nor changed.
    Hidden,
    /// Shown and not changed.
    ReadOnly,
    /// Open, with this offered to begin with.
    Prefilled(String),
    /// Open, although a node above restricts it.
    Open,
}
