//! Ranges of telephone numbers.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::model::inventory::{NumberRange, RangeId};
use shared::model::persona::SitePath;
use shared::model::tenant::TenantId;
use shared::run::Shell;
use shared::run::inventory::{self, Stocked};
use utoipa::ToSchema;

use super::numbers::Imported;
use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody};
use crate::wire::{Asked, Body, DryAsked};

/// The ranges of a tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ranges {
    /// By id.
    ranges: Vec<RangeSeen>,
}

/// A range of numbers.
#[derive(Debug, Serialize, ToSchema)]
pub struct RangeSeen {
    /// Its id.
    id: String,
    /// Its name for people.
    name: String,
    /// The node from which it can be seen, downwards; absent = the whole tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    /// Numbers that can be given now, counted up to 100.
    free: usize,
    /// Fewer free ones are a matter for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    low: Option<u16>,
}

/// A range as somebody writes it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RangeWritten {
    /// Its name for people.
    name: String,
    /// The node from which it can be seen, downwards; absent = the whole tenant.
    node: Option<String>,
    /// Fewer free ones are a matter for people, 1 to 100; absent = never.
    low: Option<u16>,
}

/// From where to where a range is filled.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FillAsked {
    /// The first number, E.164.
    first: String,
    /// The last one, of the same length.
    last: String,
}

/// Lists ranges.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/ranges", tag = "numbers", operation_id = "listRanges",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, description = "Found", body = Ranges), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn ranges(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
) -> Result<Json<Ranges>, Problem> {
    let stocked = inventory::ranges(&shell, &tenant).await?.into_iter();
    let ranges = stocked.map(|Stocked { range, free }| seen(range, free));
    Ok(Json(Ranges {
        ranges: ranges.collect(),
    }))
}

/// Stores a range.
#[utoipa::path(put, path = "/v1/tenants/{tenant}/ranges/{range}", tag = "numbers", operation_id = "saveRange",
    params(("tenant" = String, Path, description = "The tenant's id"), ("range" = String, Path, description = "Its id: small letters, digits, hyphens")),
    request_body = RangeWritten,
    responses((status = 200, description = "Stored", body = RangeSeen), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn save_range(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    Path((_, id)): Path<(String, String)>,
    Body(written): Body<RangeWritten>,
) -> Result<Json<RangeSeen>, Problem> {
    let range = NumberRange {
        id: RangeId(id),
        name: written.name,
        node: written.node.map(SitePath),
        low: written.low,
    };
    let free = inventory::save_range(&shell, &tenant, &range, &caller.subject).await?;
    Ok(Json(seen(range, free)))
}

/// Takes the numbers from the first to the last into a range that the inventory does not know yet, at most 10,000 at a time. Those that are
/// in another range are named and left there.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/ranges/{range}/fill", tag = "numbers", operation_id = "fillRange",
    params(("tenant" = String, Path, description = "The tenant's id"), ("range" = String, Path, description = "Its id"), DryAsked),
    request_body = FillAsked,
    responses((status = 200, description = "What became of the numbers, in their order", body = Imported), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn fill(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, id)): Path<(String, String)>,
    Asked(asked): Asked<DryAsked>,
    Body(fill): Body<FillAsked>,
) -> Result<Json<Imported>, Problem> {
    let range = RangeId(id);
    let taken =
        inventory::fill(&shell, &tenant, &range, &fill.first, &fill.last, asked.dry).await?;
    Ok(Json(Imported::of(&taken, !asked.dry)))
}

fn seen(range: NumberRange, free: usize) -> RangeSeen {
    RangeSeen {
        id: range.id.0,
        name: range.name,
        node: range.node.map(|node| node.0),
        free,
        low: range.low,
    }
}
