//! Moves between sites.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::model::access::Reach;
use shared::model::microsoft::UserId;
use shared::model::persona::{MemberRole, SitePath};
use shared::model::tenant::{OffboardLicences, TenantId};
use shared::run::{self, MoveChoice, Planned, Shell};
use utoipa::ToSchema;

use super::people::address;
use crate::problem::{Problem, ProblemBody, What};
use crate::wire::{Asked, Body, DryAsked};

/// A move.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveAsked {
    /// The new site, such as `europe/berlin`.
    site: String,
    /// The persona there; absent = the one that they hold, in its newest version.
    persona: Option<String>,
    /// A profile of the tenant; absent = everything.
    profile: Option<String>,
    /// `none`, `self_service` or `{"named": "desk"}`; absent = the one they have.
    #[schema(value_type = Option<serde_json::Value>)]
    member_role: Option<MemberRole>,
    /// The number goes with the person; otherwise they get one of the new site, if it has any.
    #[serde(default)]
    keep_number: bool,
    /// `remove` takes direct licences away where the persona names none; absent = they stay.
    #[schema(value_type = Option<String>)]
    licences: Option<OffboardLicences>,
}

/// What an order does.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlannedSeen {
    /// Its steps, in their order.
    steps: Vec<String>,
    /// What to know of it, such as what cannot be given back.
    notes: Vec<String>,
}

/// Moves somebody to another site, as one job: licences, policies and the number are those of the new site, or the number is kept.
/// Refused as a whole, with everything that stands in its way.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/people/{person}/move", tag = "people", operation_id = "movePerson",
    params(("tenant" = String, Path, description = "The tenant's id"), ("person" = String, Path, description = "Entra object id"), DryAsked),
    request_body = MoveAsked,
    responses((status = 200, description = "What would be done", body = PlannedSeen),
        (status = 202, description = "Ordered", body = PlannedSeen, headers(("location" = String, description = "The person's jobs"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn move_person(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(reach): Extension<Reach>,
    Path((_, id)): Path<(String, String)>,
    Asked(asked): Asked<DryAsked>,
    Body(order): Body<MoveAsked>,
) -> Result<Response, Problem> {
    goes_there(&reach, Some(&order.site))?;
    let choice = MoveChoice {
        site: SitePath(order.site),
        persona: order.persona,
        profile: order.profile,
        role: order.member_role,
        keep_number: order.keep_number,
        licences: order.licences,
    };
    let id = UserId(id);
    let planned = run::move_to(&shell, &tenant, &id, &choice, asked.dry).await?;
    Ok(answer(&tenant, &id, planned, asked.dry))
}

/// Nobody is brought to a place where whoever asks has no say.
pub(super) fn goes_there(reach: &Reach, site: Option<&String>) -> Result<(), Problem> {
    let site = site.map(|site| SitePath(site.clone()));
    if site.is_none() || reach.covers(site.as_ref()) {
        return Ok(());
    }
    let sentence = "your role does not go to this site";
    Err(Problem::new(What::Forbidden, sentence))
}

/// What was asked for, or ordered.
pub(super) fn answer(tenant: &TenantId, id: &UserId, planned: Planned, dry: bool) -> Response {
    let body = Json(PlannedSeen {
        steps: planned.steps.iter().map(ToString::to_string).collect(),
        notes: planned.notes,
    });
    if dry {
        return body.into_response();
    }
    let at = format!("{}/jobs", address(tenant, id));
    (StatusCode::ACCEPTED, [(LOCATION, at)], body).into_response()
}
