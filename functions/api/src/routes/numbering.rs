//! What is done with single numbers of the inventory, and the audit of all of them.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::model::inventory::{Finding, RangeId};
use shared::model::microsoft::UserId;
use shared::model::persona::SitePath;
use shared::model::tenant::TenantId;
use shared::run::inventory::{self, Reservation};
use shared::run::{self, Shell, audit};
use utoipa::ToSchema;

use super::numbers::{NumberSeen, seen};
use crate::problem::{Problem, ProblemBody};
use crate::wire::{Body, accepted};

/// Why a number is kept back, and for whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReserveAsked {
    /// Why, and by whom: 1 to 200 characters.
    note: String,
    /// For so many days; absent = until somebody frees it.
    days: Option<u16>,
    /// For this person, who gets it before any other; absent = for nobody.
    person: Option<String>,
}

/// How long a number rests.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CoolAsked {
    /// For so many days, at least 1.
    days: u16,
}

/// Where a number is to belong.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RelocateAsked {
    /// The node from which it can be seen, downwards; absent = the whole tenant.
    node: Option<String>,
    /// The range it is drawn from; absent = it is never drawn.
    range: Option<String>,
}

/// What the last audit found.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditSeen {
    /// When it was over, RFC 3339.
    ended: String,
    /// Entries of the inventory that were compared with Microsoft.
    compared: usize,
    /// Of those, numbers in the hands of jobs, and numbers that settle: not judged.
    in_hand: usize,
    /// Where both did not agree, at most 200.
    findings: Vec<FindingSeen>,
    /// Findings beyond those.
    more: usize,
    /// Ids of ranges that run low.
    low: Vec<String>,
}

/// A number of which the inventory and Microsoft said different things.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingSeen {
    /// E.164.
    number: String,
    /// What it was to us.
    ours: &'static str,
    /// Whose, for us.
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<String>,
    /// Whose, at Microsoft; absent = nobody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    holder_at_microsoft: Option<String>,
    /// What it is to us since: `used` where somebody gave it in Teams, `conflict` where a person must look.
    now: &'static str,
}

/// Keeps a number back that is free, rests or is kept back already.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/numbers/{number}/reserve", tag = "numbers", operation_id = "reserveNumber",
    params(("tenant" = String, Path, description = "The tenant's id"), ("number" = String, Path, description = "E.164, the plus sign as `%2B`")),
    request_body = ReserveAsked,
    responses((status = 200, description = "Kept back", body = NumberSeen), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn reserve(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, number)): Path<(String, String)>,
    Body(asked): Body<ReserveAsked>,
) -> Result<Json<NumberSeen>, Problem> {
    let reservation = Reservation {
        person: asked.person.map(UserId),
        days: asked.days,
        note: asked.note,
    };
    let entry = inventory::reserve(&shell, &tenant, &number, &reservation).await?;
    Ok(Json(seen(entry)))
}

/// Lets a number rest that is free, rests or is kept back.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/numbers/{number}/cool", tag = "numbers", operation_id = "coolNumber",
    params(("tenant" = String, Path, description = "The tenant's id"), ("number" = String, Path, description = "E.164, the plus sign as `%2B`")),
    request_body = CoolAsked,
    responses((status = 200, description = "It rests", body = NumberSeen), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn cool(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, number)): Path<(String, String)>,
    Body(asked): Body<CoolAsked>,
) -> Result<Json<NumberSeen>, Problem> {
    let entry = inventory::cool(&shell, &tenant, &number, asked.days).await?;
    Ok(Json(seen(entry)))
}

/// Ends a reservation or a rest. A number in conflict becomes what Microsoft shows now: somebody's, or free.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/numbers/{number}/free", tag = "numbers", operation_id = "freeNumber",
    params(("tenant" = String, Path, description = "The tenant's id"), ("number" = String, Path, description = "E.164, the plus sign as `%2B`")),
    responses((status = 200, description = "As it is now", body = NumberSeen), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn free(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, number)): Path<(String, String)>,
) -> Result<Json<NumberSeen>, Problem> {
    let entry = inventory::free(&shell, &tenant, &number).await?;
    Ok(Json(seen(entry)))
}

/// Moves a number up, down or across the tree, and into a range; whoever has it keeps it.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/numbers/{number}/relocate", tag = "numbers", operation_id = "relocateNumber",
    params(("tenant" = String, Path, description = "The tenant's id"), ("number" = String, Path, description = "E.164, the plus sign as `%2B`")),
    request_body = RelocateAsked,
    responses((status = 200, description = "It belongs there", body = NumberSeen), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn relocate(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, number)): Path<(String, String)>,
    Body(asked): Body<RelocateAsked>,
) -> Result<Json<NumberSeen>, Problem> {
    let (node, range) = (asked.node.map(SitePath), asked.range.map(RangeId));
    let entry = inventory::relocate(&shell, &tenant, &number, node, range).await?;
    Ok(Json(seen(entry)))
}

/// What the last comparison of the inventory with Microsoft found.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/audit", tag = "numbers", operation_id = "getNumberAudit",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, description = "Found", body = AuditSeen), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn last_audit(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
) -> Result<Json<AuditSeen>, Problem> {
    let found = audit::last(&shell, &tenant).await?;
    let finding = |one: Finding| FindingSeen {
        number: one.number.to_string(),
        ours: one.ours.name(),
        holder: one.holder.map(|holder| holder.0),
        holder_at_microsoft: one.theirs.map(|holder| holder.0),
        now: one.now.name(),
    };
    Ok(Json(AuditSeen {
        ended: found.ended.to_string(),
        compared: found.compared,
        in_hand: found.in_hand,
        findings: found.findings.into_iter().map(finding).collect(),
        more: found.more,
        low: found.low.into_iter().map(|range| range.0).collect(),
    }))
}

/// Compares the inventory of numbers with Microsoft at once, whatever the schedule says.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/audit", tag = "numbers", operation_id = "auditNumbers",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 202, description = "Ordered", headers(("location" = String, description = "What the last one found"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn audit_now(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
) -> Result<Response, Problem> {
    run::audit_now(&shell, &tenant).await?;
    Ok(accepted(format!("/v1/tenants/{}/audit", tenant.as_str())))
}
