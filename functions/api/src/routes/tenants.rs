//! Tenants: which there are for the caller, how each fares, and a sync at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::error::Kind;
use shared::model::access::{Reach, Role};
use shared::model::change_set::ChangeSet;
use shared::model::lane::{Lane, LaneRow, Mark};
use shared::model::probe::Probe;
use shared::model::safety::Incident;
use shared::model::tenant::{Capability, Circuit, Mode, Tenant, TenantId};
use shared::model::time::Time;
use shared::run::{self, Shell, change_sets, look};
use utoipa::ToSchema;

use super::change_sets::ChangeSetSeen;
use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody, What};
use crate::wire::{Body, accepted};

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
    /// The nodes to which your roles go, each with what is below it; absent = the whole tenant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    nodes: Vec<String>,
}

/// A customer and how it fares.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantHealth {
    /// Its id.
    id: String,
    /// Its name for people.
    name: String,
    /// How much of its work is done: `active`; `read_only`: all is read and shown, nothing is decided or changed; `paused`: nothing.
    mode: &'static str,
    /// What the last test of the connection found; absent before the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<ConnectionSeen>,
    /// Since when Microsoft does not accept our identity, RFC 3339; nothing is sent but one probe an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    circuit_open_since: Option<String>,
    /// What stands between us and Microsoft.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<TroubleSeen>,
    /// Nobody is provisioned or offboarded for a while.
    #[serde(skip_serializing_if = "Option::is_none")]
    incident: Option<IncidentSeen>,
    /// Change sets that wait for somebody's yes, because they would change many people at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waiting: Vec<ChangeSetSeen>,
    /// The permissions of Microsoft that were found missing.
    missing_permissions: Vec<String>,
    /// How far a sync is that was asked for.
    sync: SyncSeen,
}

/// What the last test of the connection found.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConnectionSeen {
    /// When it was made, RFC 3339.
    tested: String,
    /// Why it failed, and what to do; absent = Microsoft accepts us, and people can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    /// What Microsoft lets us do, as far as our token says so.
    capabilities: Vec<CapabilitySeen>,
    /// When the credential stops to be accepted, RFC 3339; absent = it does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    credential_ends: Option<String>,
    /// The credential ends in 30, 14 or 3 days or less, or has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
}

/// Something that Microsoft lets us do or not.
#[derive(Debug, Serialize, ToSchema)]
pub struct CapabilitySeen {
    /// Its name, such as `assign_licences`.
    name: &'static str,
    /// Whether our token allows it.
    allowed: bool,
    /// The permission to grant for it.
    permission: &'static str,
}

/// How much of its work is to be done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModeChange {
    /// `active`, `read_only` or `paused`.
    #[schema(value_type = String)]
    mode: Mode,
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
                nodes: match caller.reach(&id, Role::Viewer) {
                    Some(Reach::Nodes(nodes)) => nodes.into_iter().map(|node| node.0).collect(),
                    Some(Reach::Tenant) | None => Vec::new(),
                },
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
    let waiting = change_sets::waiting(&shell, &tenant).await?;
    Ok(Json(health(tenant, waiting, &sync, shell.clock.now())))
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

/// Tries the connection to Microsoft at once, also while the tenant is paused or stopped. The tenant shows what was found.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/probe", tag = "tenants", operation_id = "probeTenant",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 202, description = "Ordered", headers(("location" = String, description = "The tenant"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn probe(
    State(shell): State<Arc<Shell>>,
    Extension(id): Extension<TenantId>,
) -> Result<Response, Problem> {
    run::probe_now(&shell, &id).await?;
    Ok(accepted(format!("/v1/tenants/{}", id.as_str())))
}

/// Sets how much of its work is done for a tenant. Whoever is at work stops within half a minute.
#[utoipa::path(put, path = "/v1/tenants/{tenant}/mode", tag = "tenants", operation_id = "setTenantMode",
    params(("tenant" = String, Path, description = "The tenant's id")),
    request_body = ModeChange,
    responses((status = 200, description = "Set", body = TenantHealth), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn set_mode(
    State(shell): State<Arc<Shell>>,
    Extension(id): Extension<TenantId>,
    Body(change): Body<ModeChange>,
) -> Result<Json<TenantHealth>, Problem> {
    run::set_mode(&shell, &id, change.mode).await?;
    tenant(State(shell), Extension(id)).await
}

/// A pause of risky work.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IncidentOrder {
    /// Why, such as the number of Microsoft's incident; 1 to 200 characters.
    reason: String,
    /// When work goes on by itself, RFC 3339; within 7 days.
    until: String,
}

/// A pause of risky work that was ordered.
#[derive(Debug, Serialize, ToSchema)]
pub struct IncidentSeen {
    /// Why.
    reason: String,
    /// When work goes on by itself, RFC 3339.
    until: String,
    /// Who ordered it.
    by: String,
}

/// Something is wrong at Microsoft: nobody is provisioned or offboarded until the end that is named. Syncs go on, and decide.
#[utoipa::path(put, path = "/v1/tenants/{tenant}/incident", tag = "tenants", operation_id = "beginIncident",
    params(("tenant" = String, Path, description = "The tenant's id")),
    request_body = IncidentOrder,
    responses((status = 200, description = "Set", body = TenantHealth), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn begin_incident(
    State(shell): State<Arc<Shell>>,
    Extension(id): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    Body(order): Body<IncidentOrder>,
) -> Result<Json<TenantHealth>, Problem> {
    let until = Time::parse(&order.until).ok_or_else(|| {
        Problem::new(
            What::Invalid,
            "until is no moment such as 2026-03-01T12:00:00Z",
        )
    })?;
    let incident = Incident {
        reason: order.reason,
        until,
        by: caller.subject,
    };
    run::begin_incident(&shell, &id, incident).await?;
    tenant(State(shell), Extension(id)).await
}

/// Ends the pause before its end.
#[utoipa::path(delete, path = "/v1/tenants/{tenant}/incident", tag = "tenants", operation_id = "endIncident",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 204, description = "There is no pause"), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn end_incident(
    State(shell): State<Arc<Shell>>,
    Extension(id): Extension<TenantId>,
) -> Result<StatusCode, Problem> {
    run::end_incident(&shell, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn health(tenant: Tenant, waiting: Vec<ChangeSet>, sync: &LaneRow, now: Time) -> TenantHealth {
    let since = match &tenant.circuit {
        Circuit::Closed => None,
        Circuit::Open { since, .. } => Some(since.to_string()),
    };
    let missing = tenant.refusals.iter();
    let missing = missing.filter(|(_, refusals)| refusals.missing_since.is_some());
    TenantHealth {
        id: tenant.id.as_str().to_owned(),
        mode: tenant.mode().name(),
        name: tenant.name,
        connection: tenant.probe.map(|probe| connection(probe, now)),
        circuit_open_since: since,
        trouble: tenant.trouble.map(|trouble| TroubleSeen {
            since: trouble.since.to_string(),
            sentence: trouble.sentence,
        }),
        incident: tenant
            .incident
            .filter(|incident| now < incident.until)
            .map(|incident| IncidentSeen {
                reason: incident.reason,
                until: incident.until.to_string(),
                by: incident.by,
            }),
        waiting: waiting.into_iter().map(ChangeSetSeen::from).collect(),
        missing_permissions: missing
            .map(|(capability, _)| capability.permission().to_owned())
            .collect(),
        sync: SyncSeen {
            asked: sync
                .marks
                .iter()
                .any(|mark| matches!(mark, Mark::Pull | Mark::Full | Mark::Refresh)),
            running: sync.is_held(now),
        },
    }
}

fn connection(probe: Probe, now: Time) -> ConnectionSeen {
    let warning = probe.warning_sentence(now);
    let seen = |(capability, allowed): (Capability, bool)| CapabilitySeen {
        name: capability.name(),
        allowed,
        permission: capability.permission(),
    };
    ConnectionSeen {
        tested: probe.at.to_string(),
        failure: probe.failure,
        capabilities: probe.may.into_iter().map(seen).collect(),
        credential_ends: probe.credential_ends.map(|ends| ends.to_string()),
        warning,
    }
}
