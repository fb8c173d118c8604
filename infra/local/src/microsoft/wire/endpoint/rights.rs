//! What each request needs and what it costs.

use std::collections::BTreeSet;

use super::Endpoint;
use crate::microsoft::wire::answer::Family;
use crate::microsoft::wire::request::Query;

impl Endpoint<'_> {
    /// Its name in the counts.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ListUsers => "list users",
            Self::CountUsers => "count users",
            Self::UsersDelta => "users delta",
            Self::GetUser(_) => "get user",
            Self::UpdateUser(_) => "update user",
            Self::AssignLicence(_) => "assign licence",
            Self::ReprocessLicences(_) => "reprocess licences",
            Self::MemberOf(_) => "member of",
            Self::TransitiveMemberOf(_) => "transitive member of",
            Self::CheckMemberGroups(_) => "check member groups",
            Self::GetMemberGroups(_) => "get member groups",
            Self::ListDeletedUsers => "list deleted users",
            Self::RestoreUser(_) => "restore user",
            Self::ListSkus => "list skus",
            Self::ListGroups => "list groups",
            Self::GroupsDelta => "groups delta",
            Self::GetGroup(_) => "get group",
            Self::ListMembers(_) => "list members",
            Self::AddMember(_) => "add member",
            Self::AddMembers(_) => "add members",
            Self::RemoveMember(..) => "remove member",
            Self::ListTeamsUsers => "list teams users",
            Self::GetTeamsUser(_) => "get teams user",
            Self::GetPolicyId(_) => "get policy id",
            Self::AssignPolicies => "assign policies",
            Self::UnassignPolicies => "unassign policies",
            Self::ListNumbers => "list numbers",
            Self::GetNumber(_) => "get number",
            Self::AssignNumber => "assign number",
            Self::UnassignNumber => "unassign number",
            Self::UpdateNumber => "update number",
            Self::GetOperation(_) => "get operation",
        }
    }

    /// Any one of these application permissions will do (`graph-api.md 12`).
    pub(crate) const fn roles(self) -> &'static [&'static str] {
        match self {
            Self::ListUsers
            | Self::CountUsers
            | Self::UsersDelta
            | Self::GetUser(_)
            | Self::ListDeletedUsers => {
                &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All"]
            }
            Self::RestoreUser(_) => &["User.DeleteRestore.All"],
            Self::UpdateUser(_) | Self::ReprocessLicences(_) => &["User.ReadWrite.All"],
            Self::AssignLicence(_) => &["LicenseAssignment.ReadWrite.All"],
            Self::ListSkus => &[
                "LicenseAssignment.Read.All",
                "LicenseAssignment.ReadWrite.All",
                "Organization.Read.All",
            ],
            Self::ListGroups
            | Self::GroupsDelta
            | Self::GetGroup(_)
            | Self::ListMembers(_)
            | Self::MemberOf(_)
            | Self::TransitiveMemberOf(_)
            | Self::CheckMemberGroups(_)
            | Self::GetMemberGroups(_) => &[
                "GroupMember.Read.All",
                "GroupMember.ReadWrite.All",
                "Group.Read.All",
                "Group.ReadWrite.All",
                "Directory.Read.All",
            ],
            Self::AddMember(_) | Self::AddMembers(_) | Self::RemoveMember(..) => {
                &["GroupMember.ReadWrite.All", "Group.ReadWrite.All"]
            }
            Self::ListTeamsUsers | Self::GetTeamsUser(_) => &["TeamsUserConfiguration.Read.All"],
            Self::GetPolicyId(_) | Self::AssignPolicies | Self::UnassignPolicies => {
                &["TeamsPolicyUserAssign.ReadWrite.All"]
            }
            Self::ListNumbers | Self::GetNumber(_) | Self::GetOperation(_) => &[
                "TeamsTelephoneNumber.Read.All",
                "TeamsTelephoneNumber.ReadWrite.All",
            ],
            Self::AssignNumber | Self::UnassignNumber | Self::UpdateNumber => {
                &["TeamsTelephoneNumber.ReadWrite.All"]
            }
        }
    }

    pub(crate) fn permits(self, roles: &BTreeSet<String>) -> bool {
        self.roles().iter().any(|role| roles.contains(*role))
    }

    pub(crate) const fn family(self) -> Family {
        match self {
            Self::ListUsers
            | Self::CountUsers
            | Self::UsersDelta
            | Self::GetUser(_)
            | Self::UpdateUser(_)
            | Self::AssignLicence(_)
            | Self::ReprocessLicences(_)
            | Self::MemberOf(_)
            | Self::TransitiveMemberOf(_)
            | Self::CheckMemberGroups(_)
            | Self::GetMemberGroups(_)
            | Self::ListDeletedUsers
            | Self::RestoreUser(_)
            | Self::ListSkus
            | Self::ListGroups
            | Self::GroupsDelta
            | Self::GetGroup(_)
            | Self::ListMembers(_)
            | Self::AddMember(_)
            | Self::AddMembers(_)
            | Self::RemoveMember(..) => Family::Directory,
            Self::ListTeamsUsers
            | Self::GetTeamsUser(_)
            | Self::GetPolicyId(_)
            | Self::AssignPolicies
            | Self::UnassignPolicies
            | Self::ListNumbers
            | Self::GetNumber(_)
            | Self::AssignNumber
            | Self::UnassignNumber
            | Self::UpdateNumber
            | Self::GetOperation(_) => Family::Teams,
        }
    }

    /// Counts against the directory write budget.
    pub(crate) const fn writes_directory(self) -> bool {
        matches!(
            self,
            Self::UpdateUser(_)
                | Self::AssignLicence(_)
                | Self::ReprocessLicences(_)
                | Self::RestoreUser(_)
                | Self::AddMember(_)
                | Self::AddMembers(_)
                | Self::RemoveMember(..)
        )
    }

    /// Resource units (`graph-api.md 7.2`).
    pub(crate) fn units(self, query: &Query) -> u32 {
        let plain: u32 = match self {
            Self::CheckMemberGroups(_) => 4,
            Self::ListSkus | Self::ListMembers(_) => 3,
            Self::ListUsers
            | Self::UsersDelta
            | Self::MemberOf(_)
            | Self::TransitiveMemberOf(_)
            | Self::GetMemberGroups(_) => 2,
            Self::CountUsers
            | Self::GetUser(_)
            | Self::UpdateUser(_)
            | Self::AssignLicence(_)
            | Self::ReprocessLicences(_)
            | Self::ListDeletedUsers
            | Self::RestoreUser(_)
            | Self::ListGroups
            | Self::GroupsDelta
            | Self::GetGroup(_)
            | Self::AddMember(_)
            | Self::AddMembers(_)
            | Self::RemoveMember(..) => 1,
            Self::ListTeamsUsers
            | Self::GetTeamsUser(_)
            | Self::GetPolicyId(_)
            | Self::AssignPolicies
            | Self::UnassignPolicies
            | Self::ListNumbers
            | Self::GetNumber(_)
            | Self::AssignNumber
            | Self::UnassignNumber
            | Self::UpdateNumber
            | Self::GetOperation(_) => 0,
        };
        let selected = u32::from(query.get("$select").is_some());
        let short = u32::from(
            query
                .get("$top")
                .and_then(|top| top.parse::<u64>().ok())
                .is_some_and(|top| top < 20),
        );
        plain.saturating_sub(selected + short).max(plain.min(1))
    }
}
