//! Schedules: what is done by itself, how often, and whether at all (R9, F117).

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::model::schedule::{Daily, Day, Schedule, ScheduleKind, When};
use shared::model::tenant::TenantId;
use shared::run::places::Tag;
use shared::run::{self, Shell};
use utoipa::ToSchema;

use crate::problem::{Problem, ProblemBody, What};
use crate::wire::{Body, ReadIfSaid, quoted, stale};

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
    /// Names what it says; an edit that sends it in `If-Match` replaces nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    /// Whether it runs, and when; absent if it was deleted in AWS. Setting it makes it again.
    #[serde(flatten)]
    set: Option<ScheduleChange>,
    /// The next five runs; empty = it does not run.
    next: Vec<NextRun>,
}

/// A run that is to come.
#[derive(Debug, Serialize, ToSchema)]
pub struct NextRun {
    /// RFC 3339, UTC. It begins up to five minutes later, so that tenants do not come all at once.
    utc: String,
    /// As the clocks show it where the schedule is meant, or at the tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    local: Option<String>,
}

/// Switch and time, which are set together: either `minutes`, or `at` with `time_zone`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "Times", into = "Times")]
#[schema(as = ScheduleChange, value_type = Times)]
pub struct ScheduleChange(pub(super) Schedule);

/// Switch and time of a schedule.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Times {
    /// Whether it runs.
    active: bool,
    /// Minutes from one run to the next, 5 to 44,640.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    minutes: Option<u32>,
    /// The time of day, such as `06:30`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// Only on these days: `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`; empty = every day.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(value_type = Vec<String>)]
    days: BTreeSet<Day>,
    /// Where that time of day is meant, as an IANA name such as `Europe/Berlin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
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
    let schedules = found.into_iter().map(seen).collect();
    Ok(Json(ScheduleList { schedules }))
}

/// Changes switch and time of a schedule together.
#[utoipa::path(put, path = "/v1/tenants/{tenant}/schedules/{schedule}", tag = "schedules", operation_id = "setSchedule",
    params(("tenant" = String, Path, description = "The tenant's id"), ("schedule" = String, Path, description = "The schedule's name"),
        ("if-match" = Option<String>, Header, description = "The etag that was read; without it whatever is there is replaced")),
    request_body = ScheduleChange,
    responses((status = 200, description = "Changed", body = ScheduleSeen), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn set_schedule(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, name)): Path<(String, String)>,
    ReadIfSaid(read): ReadIfSaid,
    Body(change): Body<ScheduleChange>,
) -> Result<Json<ScheduleSeen>, Problem> {
    let Some(kind) = ScheduleKind::named(&name) else {
        let names = ScheduleKind::ALL.map(ScheduleKind::name).join(", ");
        let sentence = format!("there is no schedule {name}; there are {names}");
        return Err(Problem::new(What::NotFound, sentence));
    };
    let schedule = change.0;
    if !schedule.is_possible() {
        let sentence = format!(
            "minutes must be {} to {}",
            Schedule::SHORTEST,
            Schedule::LONGEST
        );
        return Err(Problem::invalid("minutes", sentence));
    }
    if let Some(read) = read {
        let known = run::schedules(&shell, &tenant).await?;
        let known = known.into_iter().find(|known| known.kind == kind);
        let known = known.and_then(|known| known.schedule);
        if known.map(|known| Tag::of(&known)).transpose()? != Some(read) {
            return Err(stale());
        }
    }
    let set = run::set_schedule(&shell, &tenant, kind, &schedule).await?;
    Ok(Json(seen(set)))
}

impl TryFrom<Times> for ScheduleChange {
    type Error = String;

    fn try_from(times: Times) -> Result<Self, String> {
        let Times {
            active,
            minutes,
            at,
            days,
            time_zone,
        } = times;
        let when = match (minutes, at, time_zone) {
            (Some(minutes), None, None) if days.is_empty() => When::Every(minutes),
            (None, Some(at), Some(zone)) => {
                let wrong = || format!("at is {at:?}: write it like 06:30");
                let (hour, minute) = Daily::read(&at).ok_or_else(wrong)?;
                When::At(Daily {
                    hour,
                    minute,
                    days,
                    zone,
                })
            }
            (Some(_) | None, _, _) => {
                let why = "a schedule has either minutes, or at and time_zone and perhaps days";
                return Err(why.to_owned());
            }
        };
        Ok(Self(Schedule { active, when }))
    }
}

impl From<ScheduleChange> for Times {
    fn from(ScheduleChange(schedule): ScheduleChange) -> Self {
        let active = schedule.active;
        match schedule.when {
            When::Every(minutes) => Self {
                active,
                minutes: Some(minutes),
                ..Self::default()
            },
            When::At(daily) => Self {
                active,
                minutes: None,
                at: Some(daily.at()),
                days: daily.days,
                time_zone: Some(daily.zone),
            },
        }
    }
}

fn seen(seen: run::ScheduleSeen) -> ScheduleSeen {
    let next = seen.runs().map(|(utc, local)| NextRun {
        utc: utc.to_string(),
        local,
    });
    ScheduleSeen {
        next: next.collect(),
        name: seen.kind.name(),
        etag: seen
            .schedule
            .as_ref()
            .and_then(|schedule| Tag::of(schedule).ok())
            .map(|tag| quoted(&tag)),
        set: seen.schedule.map(ScheduleChange),
    }
}
