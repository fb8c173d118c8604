//! Ranges of telephone numbers.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::model::inventory::{NumberRange, RangeId};
use shared::model::persona::SitePath;
use shared::model::tenant::TenantId;
use shared::run::Shell;
use shared::run::configuration::{self, Part};
use shared::run::inventory::{self, Stocked};
use shared::run::places::{Edited, Tag};
use utoipa::ToSchema;

use super::numbers::Imported;
use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody};
use crate::wire::{Asked, Body, DryAsked, Read, ReadBefore, gone, quoted, read_with, stale};

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
    /// Names this content; to be sent with an edit in `If-Match`.
    etag: String,
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
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RangeWritten {
    /// Its name for people.
    name: String,
    /// The node from which it can be seen, downwards; absent = the whole tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    /// Fewer free ones are a matter for people, 1 to 100; absent = never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
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
    let ranges = stocked.map(|one| one.tag().map(|tag| seen(one, &tag)));
    Ok(Json(Ranges {
        ranges: ranges.collect::<Result<_, _>>()?,
    }))
}

/// Stores a range: a new one with `If-None-Match: *`, another content with the etag that was read in `If-Match`.
#[utoipa::path(put, path = "/v1/tenants/{tenant}/ranges/{range}", tag = "numbers", operation_id = "saveRange",
    params(("tenant" = String, Path, description = "The tenant's id"), ("range" = String, Path, description = "Its id: small letters, digits, hyphens"),
        ("if-match" = Option<String>, Header, description = "The etag that was read"),
        ("if-none-match" = Option<String>, Header, description = "`*` = it is to be new")),
    request_body = RangeWritten,
    responses((status = 200, description = "Stored", body = RangeSeen, headers(("etag" = String, description = "Names the new content"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn save_range(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    Path((_, id)): Path<(String, String)>,
    Read(read): Read,
    Body(written): Body<RangeWritten>,
) -> Result<Response, Problem> {
    let (range, by) = (written.range(id), &caller.subject);
    let stored = inventory::save_range(&shell, &tenant, range, read.as_ref(), by).await?;
    match stored {
        Edited::Stored(stocked, tag) => Ok(read_with(&tag, seen(stocked, &tag))),
        Edited::Stale => Err(stale()),
    }
}

/// Takes a range away. Refused while numbers belong to it, or personas draw from it.
#[utoipa::path(delete, path = "/v1/tenants/{tenant}/ranges/{range}", tag = "numbers", operation_id = "deleteRange",
    params(("tenant" = String, Path, description = "The tenant's id"), ("range" = String, Path, description = "Its id"),
        ("if-match" = String, Header, description = "The etag that was read")),
    responses((status = 204, description = "It is gone"), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn delete_range(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    Path((_, id)): Path<(String, String)>,
    ReadBefore(read): ReadBefore,
) -> Result<Response, Problem> {
    let part = Part::Range(RangeId(id));
    gone(configuration::remove(&shell, &tenant, &part, &read, &caller.subject).await?)
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

impl RangeWritten {
    pub(super) fn of(range: NumberRange) -> Self {
        Self {
            name: range.name,
            node: range.node.map(|node| node.0),
            low: range.low,
        }
    }

    pub(super) fn range(self, id: String) -> NumberRange {
        NumberRange {
            id: RangeId(id),
            name: self.name,
            node: self.node.map(SitePath),
            low: self.low,
        }
    }
}

fn seen(Stocked { range, free }: Stocked, tag: &Tag) -> RangeSeen {
    RangeSeen {
        id: range.id.0,
        etag: quoted(tag),
        name: range.name,
        node: range.node.map(|node| node.0),
        free,
        low: range.low,
    }
}
