//! Schedules: what is done by itself, how often, and whether at all (R9, F117).

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::model::schedule::{Schedule, ScheduleKind};
use shared::model::tenant::TenantId;
use shared::run::{self, Shell};
use utoipa::ToSchema;

use crate::problem::{Problem, ProblemBody, What};
use crate::wire::Body;

/// A tenant's schedules.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduleList {
    /// Always the same ones, in the same order.
    schedules: Vec<ScheduleSeen>,
}

/// A schedule.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduleSeen {
    /// Its name, such as `UserSync` or `ScheduleMSTeamsOnlineTargetUserSync`.
    name: &'static str,
    /// Whether it runs.
    active: bool,
    /// Minutes from one run to the next; absent if it was deleted in AWS. Setting it makes it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    minutes: Option<u32>,
}

/// Switch and interval, which are set together.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleChange {
    /// Whether it runs.
    active: bool,
    /// Minutes from one run to the next, 5 to 44,640.
    minutes: u32,
}

/// A tenant's schedules.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/schedules", tag = "schedules", operation_id = "listSchedules",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, description = "Found", body = ScheduleList), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn schedules(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
) -> Result<Json<ScheduleList>, Problem> {
    let found = run::schedules(&shell, &tenant).await?;
    let schedules = found
        .into_iter()
        .map(|(kind, schedule)| seen(kind, schedule))
        .collect();
    Ok(Json(ScheduleList { schedules }))
}

/// Changes switch and interval of a schedule together.
#[utoipa::path(put, path = "/v1/tenants/{tenant}/schedules/{schedule}", tag = "schedules", operation_id = "setSchedule",
    params(("tenant" = String, Path, description = "The tenant's id"), ("schedule" = String, Path, description = "The schedule's name")),
    request_body = ScheduleChange,
    responses((status = 200, description = "Changed", body = ScheduleSeen), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn set_schedule(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, name)): Path<(String, String)>,
    Body(change): Body<ScheduleChange>,
) -> Result<Json<ScheduleSeen>, Problem> {
    let Some(kind) = ScheduleKind::named(&name) else {
        let names = ScheduleKind::ALL.map(ScheduleKind::name).join(", ");
        let sentence = format!("there is no schedule {name}; there are {names}");
        return Err(Problem::new(What::NotFound, sentence));
    };
    let schedule = Schedule::from(change);
    if !schedule.is_possible() {
        let sentence = format!(
            "minutes is {}: it must be {} to {}",
            schedule.minutes,
            Schedule::SHORTEST,
            Schedule::LONGEST
        );
        return Err(Problem::invalid("minutes", sentence));
    }
    run::set_schedule(&shell, &tenant, kind, schedule).await?;
    Ok(Json(seen(kind, Some(schedule))))
}

impl From<ScheduleChange> for Schedule {
    fn from(change: ScheduleChange) -> Self {
        Self {
            active: change.active,
            minutes: change.minutes,
        }
    }
}

impl From<Schedule> for ScheduleChange {
    fn from(schedule: Schedule) -> Self {
        Self {
            active: schedule.active,
            minutes: schedule.minutes,
        }
    }
}

fn seen(kind: ScheduleKind, schedule: Option<Schedule>) -> ScheduleSeen {
    ScheduleSeen {
        name: kind.name(),
        active: schedule.is_some_and(|schedule| schedule.active),
        minutes: schedule.map(|schedule| schedule.minutes),
    }
}
