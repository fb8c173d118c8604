//! What personas name at Microsoft, as far as it is known: Teams policies and groups.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;
use shared::model::tenant::TenantId;
use shared::run::Shell;
use shared::run::offer;
use utoipa::ToSchema;

use crate::problem::{Problem, ProblemBody};

/// Teams policies.
#[derive(Debug, Serialize, ToSchema)]
pub struct Policies {
    /// By type and name.
    policies: Vec<PolicySeen>,
}

/// A Teams policy.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicySeen {
    /// Its type, such as `TeamsMeetingPolicy`.
    policy_type: String,
    /// Its name; hostile until escaped.
    name: String,
    /// There is none of this name.
    missing: bool,
}

/// Groups.
#[derive(Debug, Serialize, ToSchema)]
pub struct Groups {
    /// By id.
    groups: Vec<GroupSeen>,
}

/// A group.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupSeen {
    /// Entra object id.
    id: String,
    /// Its name; hostile until escaped.
    name: String,
    /// The licence products that it gives.
    licences: Vec<String>,
    /// There is no such group.
    missing: bool,
}

/// The Teams policies that personas name, and whether they are there.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/policies", tag = "catalogue", operation_id = "listPolicies",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, description = "Found", body = Policies), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn policies(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
) -> Result<Json<Policies>, Problem> {
    let found = offer::policies(&shell, &tenant).await?.into_iter();
    let policies = found.map(|policy| PolicySeen {
        policy_type: policy.policy_type.0,
        name: policy.name,
        missing: policy.missing,
    });
    Ok(Json(Policies {
        policies: policies.collect(),
    }))
}

/// The groups that personas name, as the last sync saw them.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/groups", tag = "catalogue", operation_id = "listGroups",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, description = "Found", body = Groups), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn groups(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
) -> Result<Json<Groups>, Problem> {
    let found = offer::groups(&shell, &tenant).await?.into_iter();
    let groups = found.map(|group| GroupSeen {
        id: group.id.0,
        name: group.name,
        licences: group.licences.into_iter().map(|sku| sku.0).collect(),
        missing: group.missing,
    });
    Ok(Json(Groups {
        groups: groups.collect(),
    }))
}
