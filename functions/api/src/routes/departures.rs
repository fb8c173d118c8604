//! When somebody is to leave: a day that is set, changed and taken back; and an offboarding that is taken back.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::model::departure::Departure;
use shared::model::job::JobId;
use shared::model::microsoft::UserId;
use shared::model::tenant::TenantId;
use shared::run::{self, Shell};
use utoipa::ToSchema;

use super::moves::{PlannedSeen, answer};
use crate::problem::{Problem, ProblemBody};
use crate::wire::{Asked, Body, DryAsked};

/// The day on which somebody is to leave.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DepartureAsked {
    /// The day, such as `2026-12-31`.
    day: String,
    /// The time of day, such as `18:00`; absent = the day begins.
    time: Option<String>,
}

/// When somebody is to leave.
#[derive(Debug, Serialize, ToSchema)]
pub struct DepartureSeen {
    /// The day.
    day: String,
    /// The time of day.
    time: String,
    /// The time zone in which both are meant: that of the site at which the person was when it was set.
    zone: String,
    /// The moment, RFC 3339, UTC.
    at: String,
}

impl From<Departure> for DepartureSeen {
    fn from(departure: Departure) -> Self {
        Self {
            day: departure.day,
            time: departure.time,
            zone: departure.zone,
            at: departure.at.to_string(),
        }
    }
}

/// Sets the day on which somebody is offboarded, in the time zone of the site where they are; replaces one that was set before.
#[utoipa::path(put, path = "/v1/tenants/{tenant}/people/{person}/departure", tag = "people", operation_id = "setDeparture",
    params(("tenant" = String, Path, description = "The tenant's id"), ("person" = String, Path, description = "Entra object id")),
    request_body = DepartureAsked,
    responses((status = 200, description = "Set", body = DepartureSeen), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn set_departure(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, id)): Path<(String, String)>,
    Body(asked): Body<DepartureAsked>,
) -> Result<Json<DepartureSeen>, Problem> {
    let time = asked.time.as_deref().unwrap_or("00:00");
    let set = run::leave_on(&shell, &tenant, &UserId(id), &asked.day, time).await?;
    Ok(Json(set.into()))
}

/// Takes back that somebody is to leave; an offboarding that has begun goes on.
#[utoipa::path(delete, path = "/v1/tenants/{tenant}/people/{person}/departure", tag = "people", operation_id = "cancelDeparture",
    params(("tenant" = String, Path, description = "The tenant's id"), ("person" = String, Path, description = "Entra object id")),
    responses((status = 204, description = "No day is set"), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn cancel_departure(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    run::stay(&shell, &tenant, &UserId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which offboarding to take back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReinstatementAsked {
    /// The offboarding's job; absent = the person's last job.
    job: Option<String>,
}

/// Takes an offboarding back, as one job: licences, groups, policies, site, persona and, if nobody had it since, the number.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/people/{person}/reinstate", tag = "people", operation_id = "reinstatePerson",
    params(("tenant" = String, Path, description = "The tenant's id"), ("person" = String, Path, description = "Entra object id"), DryAsked),
    request_body = ReinstatementAsked,
    responses((status = 200, description = "What would be done", body = PlannedSeen),
        (status = 202, description = "Ordered", body = PlannedSeen, headers(("location" = String, description = "The person's jobs"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn reinstate(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, id)): Path<(String, String)>,
    Asked(asked): Asked<DryAsked>,
    Body(order): Body<ReinstatementAsked>,
) -> Result<Response, Problem> {
    let id = UserId(id);
    let job = order.job.map(JobId);
    let planned = run::reinstate(&shell, &tenant, &id, job.as_ref(), asked.dry).await?;
    Ok(answer(&tenant, &id, planned, asked.dry))
}
