//! Tenants: which there are for the caller, how each fares, and a sync at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::{Extension, Json};
use serde::Serialize;
use shared::error::Kind;
use shared::model::lane::{Lane, LaneRow, Mark};
use shared::model::tenant::{Circuit, Tenant, TenantId};
use shared::run::{self, Shell, look};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody};
use crate::wire::accepted;

/// The tenants of the caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantList {
    /// In the order of their ids.
    tenants: Vec<TenantSummary>,
}

/// A customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantSummary {
    /// Its id.
    id: String,
    /// Its name for people.
    name: String,
    /// The caller's role in it: `viewer`, `operator`, `approver` or `administrator`.
    role: &'static str,
}

/// A customer and how it fares.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantHealth {
    /// Its id.
    id: String,
    /// Its name for people.
    name: String,
    /// The kill switch: nothing is sent, nothing is decided.
    paused: bool,
    /// Since when Microsoft does not accept our identity, RFC 3339; nothing is sent but one probe an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    circuit_open_since: Option<String>,
    /// What stands between us and Microsoft.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<TroubleSeen>,
    /// The permissions of Microsoft that were found missing.
    missing_permissions: Vec<String>,
    /// How far a sync is that was asked for.
    sync: SyncSeen,
}

/// What is wrong, and what to do.
#[derive(Debug, Serialize, ToSchema)]
pub struct TroubleSeen {
    /// Since when, RFC 3339.
    since: String,
    /// For an administrator.
    sentence: String,
}

/// The sync lane.
#[derive(Debug, Serialize, ToSchema)]
pub struct SyncSeen {
    /// A sync is asked for and not done yet.
    asked: bool,
    /// Somebody is at it.
    running: bool,
}

/// The tenants that the caller has a grant for.
#[utoipa::path(get, path = "/v1/tenants", tag = "tenants", operation_id = "listTenants",
    responses((status = 200, description = "Found", body = TenantList), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn tenants(
    State(shell): State<Arc<Shell>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<TenantList>, Problem> {
    let ids: BTreeSet<&TenantId> = caller.grants.iter().map(|grant| &grant.tenant).collect();
    let mut tenants = Vec::new();
    for id in ids {
        // What a token says is no id before it is read as one (V7).
        let (Some(id), Some(role)) = (TenantId::parse(id.as_str()), caller.role_in(id)) else {
            continue;
        };
        match look::tenant(&shell, &id).await {
            Ok(tenant) => tenants.push(TenantSummary {
                id: tenant.id.as_str().to_owned(),
                name: tenant.name,
                role: role.name(),
            }),
            Err(error) if *error.kind() == Kind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Json(TenantList { tenants }))
}

/// One tenant and how it fares.
#[utoipa::path(get, path = "/v1/tenants/{tenant}", tag = "tenants", operation_id = "getTenant",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, description = "Found", body = TenantHealth), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn tenant(
    State(shell): State<Arc<Shell>>,
    Extension(id): Extension<TenantId>,
) -> Result<Json<TenantHealth>, Problem> {
    let tenant = look::tenant(&shell, &id).await?;
    let sync = look::lane(&shell, &id, Lane::Sync).await?;
    Ok(Json(health(tenant, &sync, shell.clock.now())))
}

/// Syncs at once, whatever the schedule says. The tenant shows when it is done.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/sync", tag = "tenants", operation_id = "syncTenant",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 202, description = "Ordered", headers(("location" = String, description = "The tenant"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn sync_now(
    State(shell): State<Arc<Shell>>,
    Extension(id): Extension<TenantId>,
) -> Result<Response, Problem> {
    run::sync_now(&shell, &id).await?;
    Ok(accepted(format!("/v1/tenants/{}", id.as_str())))
}

fn health(tenant: Tenant, sync: &LaneRow, now: shared::model::time::Time) -> TenantHealth {
    let since = match &tenant.circuit {
        Circuit::Closed => None,
        Circuit::Open { since, .. } => Some(since.to_string()),
    };
    let missing = tenant.refusals.iter();
    let missing = missing.filter(|(_, refusals)| refusals.missing_since.is_some());
    TenantHealth {
        id: tenant.id.as_str().to_owned(),
        name: tenant.name,
        paused: tenant.settings.paused,
        circuit_open_since: since,
        trouble: tenant.trouble.map(|trouble| TroubleSeen {
            since: trouble.since.to_string(),
            sentence: trouble.sentence,
        }),
        missing_permissions: missing
            .map(|(capability, _)| capability.permission().to_owned())
            .collect(),
        sync: SyncSeen {
            asked: sync
                .marks
                .iter()
                .any(|mark| matches!(mark, Mark::Pull | Mark::Full)),
            running: sync.is_held(now),
        },
    }
}
