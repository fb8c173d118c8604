//! The map of the API: which request is which, what it needs and what it costs.

use std::collections::BTreeSet;

use http::{Method, StatusCode};

use super::answer::{Family, Refusal};
use super::request::Query;

/// Everything that can be asked below `/v1.0`, with the ids that stand in the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint<'a> {
    ListUsers,
    CountUsers,
    UsersDelta,
    GetUser(&'a str),
    UpdateUser(&'a str),
    AssignLicence(&'a str),
    ListSkus,
    ListTeamsUsers,
    GetTeamsUser(&'a str),
    /// With the function and its arguments.
    GetPolicyId(&'a str),
    AssignPolicies,
    UnassignPolicies,
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
            (
                "POST",
                [
                    "users",
                    id,
                    "assignLicense" | "microsoft.graph.assignLicense",
                ],
            ) => Ok(Self::AssignLicence(id)),
            ("GET", ["subscribedSkus"]) => Ok(Self::ListSkus),
            (method, ["admin", "teams", path @ ..]) => Self::find_teams(method, path),
            (_, path) => Err(no_segment(path.first().unwrap_or(&""))),
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
            (_, [] | ["policy" | "telephoneNumberManagement"]) => {
                let message = "This API is not supported for AAD accounts (no addressUrl for Microsoft.IC3.TeamsAdminGateway).";
                Err(Refusal::new(StatusCode::BAD_REQUEST, "BadRequest", message))
            }
            (_, path) => Err(no_segment(path.last().unwrap_or(&""))),
        }
    }

    /// Its name in the counts.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ListUsers => "list users",
            Self::CountUsers => "count users",
            Self::UsersDelta => "users delta",
            Self::GetUser(_) => "get user",
            Self::UpdateUser(_) => "update user",
            Self::AssignLicence(_) => "assign licence",
            Self::ListSkus => "list skus",
            Self::ListTeamsUsers => "list teams users",
            Self::GetTeamsUser(_) => "get teams user",
            Self::GetPolicyId(_) => "get policy id",
            Self::AssignPolicies => "assign policies",
            Self::UnassignPolicies => "unassign policies",
        }
    }

    /// Any one of these application permissions will do (`graph-api.md 12`).
    pub(crate) const fn roles(self) -> &'static [&'static str] {
        match self {
            Self::ListUsers | Self::CountUsers | Self::UsersDelta | Self::GetUser(_) => {
                &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All"]
            }
            Self::UpdateUser(_) => &["User.ReadWrite.All"],
            Self::AssignLicence(_) => &["LicenseAssignment.ReadWrite.All"],
            Self::ListSkus => &[
                "LicenseAssignment.Read.All",
                "LicenseAssignment.ReadWrite.All",
                "Organization.Read.All",
            ],
            Self::ListTeamsUsers | Self::GetTeamsUser(_) => &["TeamsUserConfiguration.Read.All"],
            Self::GetPolicyId(_) | Self::AssignPolicies | Self::UnassignPolicies => {
                &["TeamsPolicyUserAssign.ReadWrite.All"]
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
            | Self::ListSkus => Family::Directory,
            Self::ListTeamsUsers
            | Self::GetTeamsUser(_)
            | Self::GetPolicyId(_)
            | Self::AssignPolicies
            | Self::UnassignPolicies => Family::Teams,
        }
    }

    /// Counts against the directory write budget.
    pub(crate) const fn writes_directory(self) -> bool {
        matches!(self, Self::UpdateUser(_) | Self::AssignLicence(_))
    }

    /// Resource units (`graph-api.md 7.2`).
    pub(crate) fn units(self, query: &Query) -> u64 {
        let plain: u64 = match self {
            Self::ListUsers | Self::UsersDelta => 2,
            Self::ListSkus => 3,
            Self::CountUsers | Self::GetUser(_) | Self::UpdateUser(_) | Self::AssignLicence(_) => 1,
            Self::ListTeamsUsers
            | Self::GetTeamsUser(_)
            | Self::GetPolicyId(_)
            | Self::AssignPolicies
            | Self::UnassignPolicies => 0,
        };
        let selected = u64::from(query.get("$select").is_some());
        let short = u64::from(
            query
                .get("$top")
                .and_then(|top| top.parse::<u64>().ok())
                .is_some_and(|top| top < 20),
        );
        plain.saturating_sub(selected + short).max(plain.min(1))
    }
}

fn no_segment(segment: &str) -> Refusal {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        "BadRequest",
        format!("Resource not found for the segment '{segment}'."),
    )
}
