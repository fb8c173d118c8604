//! What Microsoft lets us do, and what refusals have taught us of it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::time::Time;

/// Something Microsoft may allow us or not (F5). Each step that writes needs one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// To read people and their licences.
    ReadUsers,
    /// To set the usage location.
    WriteUsers,
    /// To give and take direct licences.
    AssignLicences,
    /// To change who is in a group.
    ManageGroups,
    /// To give and take telephone numbers.
    AssignNumbers,
    /// To assign Teams policies, dial plans and voice routing policies among them.
    AssignPolicies,
    /// To keep somebody from signing in.
    BlockSignIn,
    /// To end the sessions in which somebody is signed in.
    RevokeSessions,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::ReadUsers,
        Self::WriteUsers,
        Self::AssignLicences,
        Self::ManageGroups,
        Self::AssignNumbers,
        Self::AssignPolicies,
        Self::BlockSignIn,
        Self::RevokeSessions,
    ];

    /// Its name in rows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadUsers => "read_users",
            Self::WriteUsers => "write_users",
            Self::AssignLicences => "assign_licences",
            Self::ManageGroups => "manage_groups",
            Self::AssignNumbers => "assign_numbers",
            Self::AssignPolicies => "assign_policies",
            Self::BlockSignIn => "block_sign_in",
            Self::RevokeSessions => "revoke_sessions",
        }
    }

    /// Any of these application permissions will do, as Microsoft names them; the first is the least (`graph-api.md 12`).
    pub const fn permissions(self) -> &'static [&'static str] {
        match self {
            Self::ReadUsers => &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All"],
            Self::WriteUsers => &["User.ReadWrite.All"],
            Self::AssignLicences => &["LicenseAssignment.ReadWrite.All"],
            Self::ManageGroups => &["GroupMember.ReadWrite.All", "Group.ReadWrite.All"],
            Self::AssignNumbers => &["TeamsTelephoneNumber.ReadWrite.All"],
            Self::AssignPolicies => &["TeamsPolicyUserAssign.ReadWrite.All"],
            Self::BlockSignIn => &["User.EnableDisableAccount.All", "User.ReadWrite.All"],
            Self::RevokeSessions => &["User.RevokeSessions.All"],
        }
    }

    /// The permission to ask an administrator's consent for.
    pub const fn permission(self) -> &'static str {
        self.permissions()[0]
    }
}

/// The 403 answers for one capability since it last worked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusals {
    /// The people for whom it was refused, at most [`Refusals::MISSING_AFTER`].
    pub people: BTreeSet<String>,
    /// When the capability was found missing; the finding holds for a day, then the next person is tried again.
    pub missing_since: Option<Time>,
}

impl Refusals {
    /// So many different people refused in a row mean that the permission is missing, not that one account is protected.
    pub const MISSING_AFTER: usize = 3;
}
