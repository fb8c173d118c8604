//! Who may do what to whose people: roles and the tenants they are granted for.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::persona::SitePath;
use super::tenant::TenantId;

/// What somebody who uses Rollcall may do; each may do everything that those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Orders what is done to single people.
    Operator,
    /// Releases what was stopped.
    Approver,
    /// Changes rules and settings.
    Administrator,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Self; 4] = [
        Self::Viewer,
        Self::Operator,
        Self::Approver,
        Self::Administrator,
    ];

    /// Its name in tokens and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Approver => "approver",
            Self::Administrator => "administrator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A role in one tenant, as a token carries it: `{"tenant": "contoso", "role": "viewer"}`, or at a node of it and below:
/// `{"tenant": "contoso", "role": "operator", "node": "europe/berlin"}` (F146).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The tenant.
    pub tenant: TenantId,
    /// The role.
    pub role: Role,
    /// Where; `None` = the whole tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<SitePath>,
}

/// How far somebody's role goes in a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Everywhere.
    Tenant,
    /// At these nodes and below, to the people there; what is set for the tenant is none of theirs.
    Nodes(Vec<SitePath>),
}

impl Reach {
    /// Whether it goes to a place; `None` is the tenant level.
    pub fn covers(&self, place: Option<&SitePath>) -> bool {
        match self {
            Self::Tenant => true,
            Self::Nodes(nodes) => nodes
                .iter()
                .any(|node| SitePath::is_within(place, Some(node))),
        }
    }
}
