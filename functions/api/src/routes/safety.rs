//! What keeps automation from going too far: readiness, flow-through, exceptions of single people, the halt of everything.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::model::microsoft::UserId;
use shared::model::safety::{Exception, Halt};
use shared::model::tenant::{OffboardLicences, TenantId};
use shared::model::time::Time;
use shared::run::safety::{self, Point};
use shared::run::{Shell, look};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody, What};
use crate::wire::Body;

/// How far a tenant is set up.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadinessSeen {
    /// `flow_through`: rules decide for everybody; `to_tenant`: people stay at the tenant level until they are adopted.
    mode: &'static str,
    /// Before the first sync.
    tenant: Vec<PointSeen>,
    /// Before people are adopted.
    adoption: Vec<PointSeen>,
    /// Before rules decide for everybody.
    flow_through: Vec<PointSeen>,
    /// Who turned flow-through on before everything was ready, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    overridden: Option<String>,
}

/// One thing that has to be set up.
#[derive(Debug, Serialize, ToSchema)]
pub struct PointSeen {
    /// Its name, such as `placement_rules`.
    name: &'static str,
    /// It is.
    ready: bool,
    /// How it stands, and what to do where it is not ready.
    told: String,
}

impl From<Point> for PointSeen {
    fn from(point: Point) -> Self {
        let Point { name, ready, told } = point;
        Self { name, ready, told }
    }
}

/// Turns flow-through on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowThroughOrder {
    /// Why it is turned on although not everything is ready; 1 to 200 characters. Absent = it is refused then.
    despite: Option<String>,
}

/// What offboarding does with direct licences.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OffboardingChoice {
    /// `remove` or `keep`.
    #[schema(value_type = String)]
    licences: OffboardLicences,
}

/// Somebody whom rules leave as they are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExceptionOrder {
    /// Who answers for it; 1 to 200 characters.
    owner: String,
    /// Why; 1 to 200 characters.
    reason: String,
    /// When rules decide for them again, RFC 3339; within 366 days.
    until: String,
}

/// Everybody whom rules leave as they are.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExceptionList {
    /// In the order of their ids.
    exceptions: Vec<ExceptionSeen>,
}

/// Somebody whom rules leave as they are.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExceptionSeen {
    /// Entra object id.
    person: String,
    /// Who answers for it.
    owner: String,
    /// Why.
    reason: String,
    /// When rules decide for them again, RFC 3339.
    until: String,
    /// Who made it.
    by: String,
}

/// Halts the installation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HaltOrder {
    /// Why; 1 to 200 characters.
    reason: String,
}

/// Whether the installation stands still.
#[derive(Debug, Serialize, ToSchema)]
pub struct HaltState {
    /// Why, by whom and since when; absent = it works.
    #[serde(skip_serializing_if = "Option::is_none")]
    halt: Option<HaltSeen>,
}

/// A halt.
#[derive(Debug, Serialize, ToSchema)]
pub struct HaltSeen {
    /// Why.
    reason: String,
    /// Since when, RFC 3339.
    since: String,
    /// Who ordered it.
    by: String,
}

/// How far a tenant is set up: before its first sync, before people are adopted, before rules decide for everybody.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/readiness", tag = "tenants", operation_id = "getReadiness",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, description = "Found", body = ReadinessSeen),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn readiness(
    State(shell): State<Arc<Shell>>,
    Extension(id): Extension<TenantId>,
) -> Result<Json<ReadinessSeen>, Problem> {
    let tenant = look::tenant(&shell, &id).await?;
    let ready = safety::readiness(&shell, &id).await?;
    let flow_through = tenant.settings.flow_through;
    let seen = |points: Vec<Point>| points.into_iter().map(PointSeen::from).collect();
    Ok(Json(ReadinessSeen {
        mode: if flow_through.is_some() {
            "flow_through"
        } else {
            "to_tenant"
        },
        tenant: seen(ready.tenant),
        adoption: seen(ready.adoption),
        flow_through: seen(ready.flow_through),
        overridden: flow_through.and_then(|on| Some(format!("{}: {}", on.by, on.despite?))),
    }))
}

/// Lets rules decide for everybody from now on. Refused with everything that is not ready, unless it is said why not to wait for it. The
/// first decision waits for the yes of somebody else.
#[utoipa::path(put, path = "/v1/tenants/{tenant}/flow-through", tag = "tenants", operation_id = "turnFlowThroughOn",
    params(("tenant" = String, Path, description = "The tenant's id")),
    request_body = FlowThroughOrder,
    responses((status = 200, description = "On", body = ReadinessSeen),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn turn_on(
    State(shell): State<Arc<Shell>>,
    Extension(id): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    Body(order): Body<FlowThroughOrder>,
) -> Result<Json<ReadinessSeen>, Problem> {
    safety::turn_on(&shell, &id, order.despite, &caller.subject).await?;
    readiness(State(shell), Extension(id)).await
}

/// Rules decide only for those who were adopted, from now on; whoever has something keeps it.
#[utoipa::path(delete, path = "/v1/tenants/{tenant}/flow-through", tag = "tenants", operation_id = "turnFlowThroughOff",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 204, description = "Off"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn turn_off(
    State(shell): State<Arc<Shell>>,
    Extension(id): Extension<TenantId>,
) -> Result<StatusCode, Problem> {
    safety::turn_off(&shell, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Chooses what offboarding does with direct licences, wherever a site or persona says nothing else. The first sync waits for this choice.
#[utoipa::path(put, path = "/v1/tenants/{tenant}/offboarding", tag = "tenants", operation_id = "chooseOffboarding",
    params(("tenant" = String, Path, description = "The tenant's id")),
    request_body = OffboardingChoice,
    responses((status = 200, description = "Chosen", body = ReadinessSeen),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn choose_offboarding(
    State(shell): State<Arc<Shell>>,
    Extension(id): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    Body(choice): Body<OffboardingChoice>,
) -> Result<Json<ReadinessSeen>, Problem> {
    safety::choose_offboarding(&shell, &id, choice.licences, &caller.subject).await?;
    readiness(State(shell), Extension(id)).await
}

/// Everybody whom rules leave as they are now.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/exceptions", tag = "people", operation_id = "listExceptions",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, description = "Found", body = ExceptionList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn exceptions(
    State(shell): State<Arc<Shell>>,
    Extension(id): Extension<TenantId>,
) -> Result<Json<ExceptionList>, Problem> {
    let all = safety::exceptions(&shell, &id).await?;
    let seen = all.into_iter().map(|exception| ExceptionSeen {
        person: exception.person.0,
        owner: exception.owner,
        reason: exception.reason,
        until: exception.until.to_string(),
        by: exception.by,
    });
    Ok(Json(ExceptionList {
        exceptions: seen.collect(),
    }))
}

/// Makes rules leave somebody as they are until then, whatever they say. What people order for them is done all the same.
#[utoipa::path(put, path = "/v1/tenants/{tenant}/people/{person}/exception", tag = "people", operation_id = "exceptPerson",
    params(("tenant" = String, Path, description = "The tenant's id"), ("person" = String, Path, description = "Entra object id")),
    request_body = ExceptionOrder,
    responses((status = 204, description = "Set"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn except(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    Path((_, id)): Path<(String, String)>,
    Body(order): Body<ExceptionOrder>,
) -> Result<StatusCode, Problem> {
    let until = Time::parse(&order.until).ok_or_else(|| {
        let sentence = "until is no moment such as 2026-03-01T12:00:00Z";
        Problem::new(What::Invalid, sentence)
    })?;
    let exception = Exception {
        person: UserId(id),
        owner: order.owner,
        reason: order.reason,
        until,
        by: caller.subject,
    };
    safety::except(&shell, &tenant, &exception).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets rules decide for somebody again, at once.
#[utoipa::path(delete, path = "/v1/tenants/{tenant}/people/{person}/exception", tag = "people", operation_id = "endException",
    params(("tenant" = String, Path, description = "The tenant's id"), ("person" = String, Path, description = "Entra object id")),
    responses((status = 204, description = "There is none"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn end_exception(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    safety::end_exception(&shell, &tenant, &UserId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether the whole installation stands still.
#[utoipa::path(get, path = "/v1/halt", tag = "installation", operation_id = "getHalt",
    responses((status = 200, description = "Found", body = HaltState),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn halted(State(shell): State<Arc<Shell>>) -> Result<Json<HaltState>, Problem> {
    let halt = safety::halted(&shell).await?;
    Ok(Json(HaltState {
        halt: halt.map(|Halt { reason, since, by }| HaltSeen {
            reason,
            since: since.to_string(),
            by,
        }),
    }))
}

/// Halts the whole installation: within half a minute nothing is sent and nothing decided for any tenant.
#[utoipa::path(put, path = "/v1/halt", tag = "installation", operation_id = "halt",
    request_body = HaltOrder,
    responses((status = 200, description = "Halted", body = HaltState),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn halt(
    State(shell): State<Arc<Shell>>,
    Extension(caller): Extension<Caller>,
    Body(order): Body<HaltOrder>,
) -> Result<Json<HaltState>, Problem> {
    safety::halt(&shell, &order.reason, &caller.subject).await?;
    halted(State(shell)).await
}

/// Lets the installation work again: every tenant goes on where it stood.
#[utoipa::path(delete, path = "/v1/halt", tag = "installation", operation_id = "resume",
    responses((status = 204, description = "It works"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn resume(
    State(shell): State<Arc<Shell>>,
    Extension(caller): Extension<Caller>,
) -> Result<StatusCode, Problem> {
    safety::resume(&shell, &caller.subject).await?;
    Ok(StatusCode::NO_CONTENT)
}
