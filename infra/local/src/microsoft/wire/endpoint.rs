//! The map of the API: which request is which.

mod rights;

use http::{Method, StatusCode};

use super::answer::Refusal;

/// Everything that can be asked below `/v1.0`, with the ids that stand in the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint<'a> {
    ListUsers,
    CountUsers,
    UsersDelta,
    GetUser(&'a str),
    UpdateUser(&'a str),
    AssignLicence(&'a str),
    ReprocessLicences(&'a str),
    MemberOf(&'a str),
    TransitiveMemberOf(&'a str),
    CheckMemberGroups(&'a str),
    GetMemberGroups(&'a str),
    GetByIds,
    RevokeSessions(&'a str),
    LicenceDetails(&'a str),
    TeamsLicensing(&'a str),
    ListDeletedUsers,
    RestoreUser(&'a str),
    ListSkus,
    ListGroups,
    GroupsDelta,
    GetGroup(&'a str),
    ListMembers(&'a str),
    TransitiveMembers(&'a str),
    MembersWithLicenceErrors(&'a str),
    AssignGroupLicence(&'a str),
    AddMember(&'a str),
    AddMembers(&'a str),
    /// Group and member.
    RemoveMember(&'a str, &'a str),
    ListTeamsUsers,
    GetTeamsUser(&'a str),
    /// With the function and its arguments.
    GetPolicyId(&'a str),
    AssignPolicies,
    UnassignPolicies,
    ListNumbers,
    GetNumber(&'a str),
    AssignNumber,
    UnassignNumber,
    UpdateNumber,
    GetOperation(&'a str),
    CreateSnapshot,
    ListSnapshotJobs,
    GetSnapshotJob(&'a str),
    DeleteSnapshotJob(&'a str),
    GetSnapshot(&'a str),
}

impl<'a> Endpoint<'a> {
    /// The endpoint at this path.
    ///
    /// # Errors
    /// What Graph answers where there is none: mostly 400; Teams has oddities of its own (`graph-api.md 5.4`).
    pub(crate) fn find(method: &Method, path: &[&'a str]) -> Result<Self, Refusal> {
        let [version, path @ ..] = path else {
            return Err(no_segment(""));
        };
        if *version != "v1.0" {
            return Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "BadRequest",
                format!("Invalid version: {version}."),
            ));
        }
        match (method.as_str(), path) {
            ("GET", ["users"]) => Ok(Self::ListUsers),
            ("GET", ["users", "$count"]) => Ok(Self::CountUsers),
            (
                "GET",
                [
                    "users",
                    "delta" | "delta()" | "microsoft.graph.delta" | "microsoft.graph.delta()",
                ],
            ) => Ok(Self::UsersDelta),
            ("GET", ["users", id]) => Ok(Self::GetUser(id)),
            ("PATCH", ["users", id]) => Ok(Self::UpdateUser(id)),
            ("GET", ["subscribedSkus"]) => Ok(Self::ListSkus),
            ("POST", ["directoryObjects", "getByIds" | "microsoft.graph.getByIds"]) => {
                Ok(Self::GetByIds)
            }
            (
                "GET",
                [
                    "directory",
                    "deletedItems",
                    "microsoft.graph.user" | "graph.user",
                ],
            ) => Ok(Self::ListDeletedUsers),
            ("POST", ["directory", "deletedItems", id, "restore"]) => Ok(Self::RestoreUser(id)),
            (method, ["users", id, path @ ..]) => Self::find_of_user(method, id, path),
            (method, ["groups", path @ ..]) => Self::find_group(method, path),
            (method, ["admin", "teams", path @ ..]) => Self::find_teams(method, path),
            (method, ["admin", "configurationManagement", path @ ..]) => {
                Self::find_configuration(method, path)
            }
            (_, path) => Err(no_segment(path.first().unwrap_or(&""))),
        }
    }

    fn find_of_user(method: &str, id: &'a str, path: &[&'a str]) -> Result<Self, Refusal> {
        let [first, cast @ ..] = path else {
            return Err(no_segment(id));
        };
        let plain = first.strip_prefix("microsoft.graph.").unwrap_or(first);
        match (method, plain, cast) {
            ("POST", "assignLicense", []) => Ok(Self::AssignLicence(id)),
            ("POST", "revokeSignInSessions", []) => Ok(Self::RevokeSessions(id)),
            ("GET", "licenseDetails", []) => Ok(Self::LicenceDetails(id)),
            (
                "GET",
                "licenseDetails",
                ["getTeamsLicensingDetails()" | "getTeamsLicensingDetails"],
            ) => Ok(Self::TeamsLicensing(id)),
            ("POST", "reprocessLicenseAssignment", []) => Ok(Self::ReprocessLicences(id)),
            ("GET", "memberOf", []) => Ok(Self::MemberOf(id)),
            ("GET", "transitiveMemberOf", [] | ["microsoft.graph.group" | "graph.group"]) => {
                Ok(Self::TransitiveMemberOf(id))
            }
            ("POST", "checkMemberGroups", []) => Ok(Self::CheckMemberGroups(id)),
            ("POST", "getMemberGroups", []) => Ok(Self::GetMemberGroups(id)),
            (_, unknown, _) => Err(no_segment(unknown)),
        }
    }

    fn find_group(method: &str, path: &[&'a str]) -> Result<Self, Refusal> {
        match (method, path) {
            ("GET", []) => Ok(Self::ListGroups),
            (
                "GET",
                ["delta" | "delta()" | "microsoft.graph.delta" | "microsoft.graph.delta()"],
            ) => Ok(Self::GroupsDelta),
            ("GET", [id]) => Ok(Self::GetGroup(id)),
            ("PATCH", [id]) => Ok(Self::AddMembers(id)),
            ("GET", [id, "members"] | [id, "members", "microsoft.graph.user" | "graph.user"]) => {
                Ok(Self::ListMembers(id))
            }
            ("GET", [id, "transitiveMembers"]) => Ok(Self::TransitiveMembers(id)),
            ("GET", [id, "membersWithLicenseErrors"]) => Ok(Self::MembersWithLicenceErrors(id)),
            ("POST", [id, "assignLicense" | "microsoft.graph.assignLicense"]) => {
                Ok(Self::AssignGroupLicence(id))
            }
            ("POST", [id, "members", "$ref"]) => Ok(Self::AddMember(id)),
            ("DELETE", [id, "members", member, "$ref"]) => Ok(Self::RemoveMember(id, member)),
            (_, path) => Err(no_segment(path.last().unwrap_or(&"groups"))),
        }
    }

    fn find_teams(method: &str, path: &[&'a str]) -> Result<Self, Refusal> {
        match (method, path) {
            ("GET", ["userConfigurations"]) => Ok(Self::ListTeamsUsers),
            ("GET", ["userConfigurations", id]) => Ok(Self::GetTeamsUser(id)),
            (
                "POST",
                [
                    "policy",
                    "userAssignments",
                    "assign" | "microsoft.graph.teamsAdministration.assign",
                ],
            ) => Ok(Self::AssignPolicies),
            (
                "POST",
                [
                    "policy",
                    "userAssignments",
                    "unassign" | "microsoft.graph.teamsAdministration.unassign",
                ],
            ) => Ok(Self::UnassignPolicies),
            ("GET", ["policy", "userAssignments"]) => {
                let message = r#"{"errors":[{"code":"NotFound","message":"Resource not found"}]}"#;
                Err(Refusal::new(StatusCode::NOT_FOUND, "UnknownError", message))
            }
            ("GET", ["policy", call]) => call
                .strip_prefix("microsoft.graph.teamsAdministration.")
                .unwrap_or(call)
                .strip_prefix("getPolicyId(")
                .and_then(|call| call.strip_suffix(')'))
                .map(Self::GetPolicyId)
                .ok_or_else(|| no_segment(call)),
            (method, ["telephoneNumberManagement", rest, path @ ..]) => {
                Self::find_number(method, rest, path)
            }
            (_, [] | ["policy" | "telephoneNumberManagement"]) => {
                let message = "This API is not supported for AAD accounts (no addressUrl for Microsoft.IC3.TeamsAdminGateway).";
                Err(Refusal::new(StatusCode::BAD_REQUEST, "BadRequest", message))
            }
            (_, path) => Err(no_segment(path.last().unwrap_or(&""))),
        }
    }

    fn find_configuration(method: &str, path: &[&'a str]) -> Result<Self, Refusal> {
        match (method, path) {
            (
                "POST",
                [
                    "configurationSnapshots",
                    "createSnapshot" | "microsoft.graph.createSnapshot",
                ],
            ) => Ok(Self::CreateSnapshot),
            ("GET", ["configurationSnapshotJobs"]) => Ok(Self::ListSnapshotJobs),
            ("GET", ["configurationSnapshotJobs", id]) => Ok(Self::GetSnapshotJob(id)),
            ("DELETE", ["configurationSnapshotJobs", id]) => Ok(Self::DeleteSnapshotJob(id)),
            ("GET", ["configurationSnapshots", id]) => Ok(Self::GetSnapshot(id)),
            (_, path) => Err(no_segment(
                path.last().unwrap_or(&"configurationManagement"),
            )),
        }
    }

    /// An id may stand as a segment or as a key in brackets.
    fn find_number(method: &str, first: &'a str, path: &[&'a str]) -> Result<Self, Refusal> {
        let keyed = |set: &str| {
            let key = first.strip_prefix(set)?.strip_prefix("('")?;
            key.strip_suffix("')")
        };
        match (method, first, path) {
            ("GET", "numberAssignments", []) => Ok(Self::ListNumbers),
            ("GET", "numberAssignments", [id]) => Ok(Self::GetNumber(id)),
            ("GET", "operations", [id]) => Ok(Self::GetOperation(id)),
            ("POST", "numberAssignments", [action]) => {
                match action
                    .strip_prefix("microsoft.graph.teamsAdministration.")
                    .unwrap_or(action)
                {
                    "assignNumber" => Ok(Self::AssignNumber),
                    "unassignNumber" => Ok(Self::UnassignNumber),
                    "updateNumber" => Ok(Self::UpdateNumber),
                    unknown => Err(no_segment(unknown)),
                }
            }
            ("GET", _, []) => keyed("numberAssignments")
                .map(Self::GetNumber)
                .or_else(|| keyed("operations").map(Self::GetOperation))
                .ok_or_else(|| no_segment(first)),
            (_, _, path) => Err(no_segment(path.last().unwrap_or(&first))),
        }
    }
}

pub(super) fn no_segment(segment: &str) -> Refusal {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        "BadRequest",
        format!("Resource not found for the segment '{segment}'."),
    )
}
