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
            Self::GetByIds => "get by ids",
            Self::RevokeSessions(_) => "revoke sessions",
            Self::LicenceDetails(_) => "licence details",
            Self::TeamsLicensing(_) => "teams licensing",
            Self::ListDeletedUsers => "list deleted users",
            Self::RestoreUser(_) => "restore user",
            Self::ListSkus => "list skus",
            Self::ListGroups => "list groups",
            Self::GroupsDelta => "groups delta",
            Self::GetGroup(_) => "get group",
            Self::ListMembers(_) => "list members",
            Self::TransitiveMembers(_) => "transitive members",
            Self::MembersWithLicenceErrors(_) => "members with licence errors",
            Self::AssignGroupLicence(_) => "assign group licence",
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
            Self::CreateSnapshot => "create snapshot",
            Self::ListSnapshotJobs => "list snapshot jobs",
            Self::GetSnapshotJob(_) => "get snapshot job",
            Self::DeleteSnapshotJob(_) => "delete snapshot job",
            Self::GetSnapshot(_) => "get snapshot",
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
            Self::GetByIds => &["Directory.Read.All"],
            // The second does for `accountEnabled` alone.
            Self::UpdateUser(_) => &["User.ReadWrite.All", "User.EnableDisableAccount.All"],
            Self::ReprocessLicences(_) => &["User.ReadWrite.All"],
            Self::RevokeSessions(_) => &["User.RevokeSessions.All"],
            Self::TeamsLicensing(_) => &["User.ReadWrite.All"],
            Self::AssignLicence(_) | Self::AssignGroupLicence(_) => {
                &["LicenseAssignment.ReadWrite.All"]
            }
            Self::CreateSnapshot | Self::DeleteSnapshotJob(_) => {
                &["ConfigurationMonitoring.ReadWrite.All"]
            }
            Self::ListSnapshotJobs | Self::GetSnapshotJob(_) | Self::GetSnapshot(_) => &[
                "ConfigurationMonitoring.Read.All",
                "ConfigurationMonitoring.ReadWrite.All",
            ],
            Self::ListSkus | Self::LicenceDetails(_) => &[
                "LicenseAssignment.Read.All",
                "LicenseAssignment.ReadWrite.All",
                "Organization.Read.All",
            ],
            Self::ListGroups
            | Self::GroupsDelta
            | Self::GetGroup(_)
            | Self::ListMembers(_)
            | Self::TransitiveMembers(_)
            | Self::MembersWithLicenceErrors(_)
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
            | Self::GetByIds
            | Self::RevokeSessions(_)
            | Self::LicenceDetails(_)
            | Self::TeamsLicensing(_)
            | Self::ListDeletedUsers
            | Self::RestoreUser(_)
            | Self::ListSkus
            | Self::TransitiveMembers(_)
            | Self::MembersWithLicenceErrors(_)
            | Self::AssignGroupLicence(_)
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
            | Self::GetOperation(_)
            | Self::CreateSnapshot
            | Self::ListSnapshotJobs
            | Self::GetSnapshotJob(_)
            | Self::DeleteSnapshotJob(_)
            | Self::GetSnapshot(_) => Family::Teams,
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
                | Self::RevokeSessions(_)
                | Self::AssignGroupLicence(_)
                | Self::AddMember(_)
                | Self::AddMembers(_)
                | Self::RemoveMember(..)
        )
    }

    /// Resource units (`graph-api.md 7.2`).
    pub(crate) fn units(self, query: &Query) -> u32 {
        let plain: u32 = match self {
            Self::TransitiveMembers(_) => 5,
            // 5, and 2 of properties that are named.
            Self::GetByIds if query.get("$select").is_some() => 3,
            Self::GetByIds => 5,
            Self::CheckMemberGroups(_) => 4,
            Self::ListSkus | Self::ListMembers(_) => 3,
            Self::ListUsers
            | Self::LicenceDetails(_)
            | Self::UsersDelta
            | Self::MemberOf(_)
            | Self::TransitiveMemberOf(_)
            | Self::GetMemberGroups(_) => 2,
            Self::CountUsers
            | Self::GetUser(_)
            | Self::UpdateUser(_)
            | Self::AssignLicence(_)
            | Self::ReprocessLicences(_)
            | Self::RevokeSessions(_)
            | Self::TeamsLicensing(_)
            | Self::MembersWithLicenceErrors(_)
            | Self::AssignGroupLicence(_)
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
            | Self::GetOperation(_)
            | Self::CreateSnapshot
            | Self::ListSnapshotJobs
            | Self::GetSnapshotJob(_)
            | Self::DeleteSnapshotJob(_)
            | Self::GetSnapshot(_) => 0,
        };
        let selected = u32::from(query.get("$select").is_some());
        let expanded = u32::from(query.get("$expand").is_some());
        let short = u32::from(
            query
                .get("$top")
                .and_then(|top| top.parse::<u64>().ok())
                .is_some_and(|top| top < 20),
        );
        (plain + expanded.min(plain))
            .saturating_sub(selected + short)
            .max(plain.min(1))
    }
}
