//! The log of jobs: which there were, taken back, done again; what became of a number (F122-F125).

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE, LINK};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::model::inventory::NumberEvent;
use shared::model::job::{JobId, JobState};
use shared::model::tenant::TenantId;
use shared::model::time::Time;
use shared::run::Shell;
use shared::run::jobs::{self, JobFilter};
use shared::run::look;
use utoipa::{IntoParams, ToSchema};

use super::jobs::{JobHistory, JobSummary, summary};
use super::people::address;
use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody};
use crate::wire::{Asked, GoalName, OriginName, PageAsked, accepted, limit, not_a_position};

/// One JSON object a line.
const LINES: &str = "application/x-ndjson";

/// Which jobs, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JobsAsked {
    /// Those in this state: `due`, `running`, `waiting`, `staged`, `done`, `done_with_notes`, `failed`, `cancelled`, `superseded` or `poisoned`.
    #[param(value_type = Option<String>)]
    state: Option<JobState>,
    /// Those to this end.
    #[param(inline)]
    goal: Option<GoalName>,
    /// Those started by a rule, or by a person.
    #[param(inline)]
    origin: Option<OriginName>,
    /// Those committed at this moment or later, RFC 3339.
    since: Option<String>,
    /// Those committed before this moment, RFC 3339.
    until: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Items at most, 1 to 100.
    limit: Option<u16>,
}

impl JobsAsked {
    fn filter(&self) -> Result<JobFilter, Problem> {
        let moment = |field: &str, text: &Option<String>| match text {
            None => Ok(None),
            Some(text) => Time::parse(text).map(Some).ok_or_else(|| {
                let sentence =
                    format!("{field} is {text:?}: write a moment like 2026-12-31T18:00:00Z");
                Problem::invalid(field, sentence)
            }),
        };
        Ok(JobFilter {
            state: self.state,
            goal: self.goal.map(Into::into),
            origin: self.origin.map(Into::into),
            since: moment("since", &self.since)?,
            until: moment("until", &self.until)?,
            ended: false,
        })
    }

    fn after(&self) -> Result<Option<JobId>, Problem> {
        if self.after.as_deref().is_some_and(|id| !look::is_id(id)) {
            return Err(not_a_position());
        }
        Ok(self.after.clone().map(JobId))
    }
}

/// Some jobs.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobsPage {
    /// The newest first. A page may hold fewer than asked for although there are more.
    jobs: Vec<JobSummary>,
    /// Give it as `after` to go on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What is kept of some ended jobs.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryPage {
    /// The newest first.
    history: Vec<JobHistory>,
    /// Give it as `after` to go on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What became of a number.
#[derive(Debug, Serialize, ToSchema)]
pub struct Trail {
    /// Oldest first.
    events: Vec<EventSeen>,
    /// Give it as `after` to go on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Something that became of a number.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventSeen {
    /// When, RFC 3339.
    at: String,
    /// What it was from then on: `available`, `used`, `used_utility`, `reserved`, `cooling` or `conflict`.
    state: &'static str,
    /// Who had it, or for whom it was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<String>,
    /// Where it belonged; absent = the tenant level.
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// Lists jobs, the newest first.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/jobs", tag = "jobs", operation_id = "listJobs",
    params(("tenant" = String, Path, description = "The tenant's id"), JobsAsked),
    responses((status = 200, description = "Found", body = JobsPage), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn list(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Asked(asked): Asked<JobsAsked>,
) -> Result<Json<JobsPage>, Problem> {
    let (filter, after, limit) = (asked.filter()?, asked.after()?, limit(asked.limit)?);
    let page = jobs::jobs(&shell, &tenant, &filter, after, limit).await?;
    Ok(Json(JobsPage {
        jobs: page.items.iter().map(summary).collect(),
        next: page.next.map(|id| id.0),
    }))
}

/// What is kept of ended jobs, the newest first; as one JSON object a line if `Accept: application/x-ndjson` asks for it, with the next page
/// in the header `Link`.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/history", tag = "jobs", operation_id = "listHistory",
    params(("tenant" = String, Path, description = "The tenant's id"), JobsAsked),
    responses((status = 200, description = "Found", content((HistoryPage = "application/json"), (String = "application/x-ndjson")), headers(("link" = String, description = "Where the next page is, if there is one"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn history(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    headers: HeaderMap,
    Asked(asked): Asked<JobsAsked>,
) -> Result<Response, Problem> {
    let (filter, after, limit) = (asked.filter()?, asked.after()?, limit(asked.limit)?);
    let page = jobs::ended(&shell, &tenant, &filter, after, limit).await?;
    let kept: Vec<JobHistory> = page.items.into_iter().map(JobHistory::from).collect();
    let next = page.next.map(|id| id.0);
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    if !accept.is_some_and(|accept| accept.contains(LINES)) {
        let history = kept;
        return Ok(Json(HistoryPage { history, next }).into_response());
    }
    let mut text = String::new();
    for one in &kept {
        text.push_str(&serde_json::to_string(one).unwrap_or_default());
        text.push('\n');
    }
    let mut response = (StatusCode::OK, text).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(LINES));
    let link = next.map(|next| {
        let path = format!("/v1/tenants/{}/history", tenant.as_str());
        HeaderValue::from_str(&format!(
            "<{path}?after={next}&limit={limit}>; rel=\"next\""
        ))
    });
    if let Some(Ok(link)) = link {
        headers.insert(LINK, link);
    }
    Ok(response)
}

/// Takes a job back: nothing more is asked of Microsoft for it, what was asked is followed to its end, what is kept for it goes. What it has
/// done stays.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/jobs/{job}/cancel", tag = "jobs", operation_id = "cancelJob",
    params(("tenant" = String, Path, description = "The tenant's id"), ("job" = String, Path, description = "The job's id")),
    responses((status = 202, description = "Ordered", headers(("location" = String, description = "The job"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn cancel(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let job = jobs::take_back(&shell, &tenant, &JobId(id), &caller.subject).await?;
    let path = format!("/v1/tenants/{}/jobs/{}", tenant.as_str(), job.id.0);
    Ok(accepted(path))
}

/// Orders what an ended job was to achieve once more, planned anew on what there is now. Only the last job of a person.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/jobs/{job}/replay", tag = "jobs", operation_id = "replayJob",
    params(("tenant" = String, Path, description = "The tenant's id"), ("job" = String, Path, description = "The job's id")),
    responses((status = 202, description = "Ordered", headers(("location" = String, description = "The person's jobs"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn replay(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let person = jobs::replay(&shell, &tenant, &JobId(id)).await?;
    Ok(accepted(format!("{}/jobs", address(&tenant, &person))))
}

/// What became of a number, oldest first, for good.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/numbers/{number}/trail", tag = "numbers", operation_id = "getNumberTrail",
    params(("tenant" = String, Path, description = "The tenant's id"), ("number" = String, Path, description = "E.164, the plus sign as `%2B`"), PageAsked),
    responses((status = 200, description = "Found", body = Trail), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn trail(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, number)): Path<(String, String)>,
    Asked(asked): Asked<PageAsked>,
) -> Result<Json<Trail>, Problem> {
    let limit = i32::try_from(limit(asked.limit)?).unwrap_or(i32::MAX);
    let after = asked.after.as_deref();
    if after.is_some_and(|after| !after.bytes().all(|b| b.is_ascii_digit() || b == b'#')) {
        return Err(not_a_position());
    }
    let (events, next) = jobs::trail(&shell, &tenant, &number, after, limit).await?;
    Ok(Json(Trail {
        events: events.into_iter().map(EventSeen::from).collect(),
        next,
    }))
}

impl From<NumberEvent> for EventSeen {
    fn from(event: NumberEvent) -> Self {
        Self {
            at: event.at.to_string(),
            state: event.state.name(),
            holder: event.holder.map(|holder| holder.0),
            node: event.node.map(|node| node.0),
            note: event.note,
        }
    }
}
