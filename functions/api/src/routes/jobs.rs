//! Jobs: what is done to somebody, step by step, request by request; and what is kept of it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::Serialize;
use serde_json::Value;
use shared::model::ask::Ask;
use shared::model::job::{Job, JobId, Waits};
use shared::model::tenant::TenantId;
use shared::run::Shell;
use shared::run::look::{self, History, JobSeen};
use utoipa::ToSchema;

use crate::problem::{Problem, ProblemBody};
use crate::wire::{GoalName, OriginName};

/// A job as others refer to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobSummary {
    /// Its id.
    id: String,
    /// Whom it is about.
    person: String,
    /// To what end.
    goal: GoalName,
    /// Started by whom.
    origin: OriginName,
    /// `due`, `running`, `waiting`, `staged`, `done`, `done_with_notes`, `failed`, `cancelled`, `superseded` or `poisoned`.
    state: &'static str,
    /// When it was committed, RFC 3339.
    created: String,
    /// When it is looked at next, RFC 3339; absent if it is final.
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    /// What it waits for besides time.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits: Option<String>,
}

/// A job with everything that is known of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobDetail {
    #[serde(flatten)]
    job: JobSummary,
    /// In the order in which they are done.
    steps: Vec<StepSeen>,
    /// What people should know of its plan.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    /// Who took it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled_by: Option<String>,
    /// The job that takes over from this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    superseded_by: Option<String>,
}

/// A step.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepSeen {
    /// What shall hold, as people read it.
    step: String,
    /// Where it stands, as people read it.
    stands: String,
    /// Nothing more will happen to it.
    is_final: bool,
    /// Looks without success since it was begun.
    looks: u16,
    /// The requests that were made for it.
    asks: Vec<AskSeen>,
}

/// A request to Microsoft that changes something.
#[derive(Debug, Serialize, ToSchema)]
pub struct AskSeen {
    /// Its number within the job.
    number: u16,
    /// What was asked, and of which group where it is about one.
    verb: String,
    /// When it was sent, RFC 3339.
    sent: String,
    /// How often the same was put off before it, since the one listed before.
    put_off_before: u16,
    /// When it was closed, RFC 3339; absent while its outcome is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<String>,
    /// What it came to.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    /// Microsoft's request id, for their support.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

/// What is kept for good of an ended job.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobHistory {
    /// Its id.
    id: String,
    /// Whom it was about.
    person: String,
    /// To what end.
    goal: GoalName,
    /// Started by whom.
    origin: OriginName,
    /// When it was committed, RFC 3339.
    created: String,
    /// When it ended, RFC 3339.
    ended: String,
    /// How: `done`, `done_with_notes`, `failed`, `cancelled`, `superseded` or `poisoned`.
    state: &'static str,
    /// Its steps and where each ended.
    steps: Vec<StepEnded>,
    /// Every request that changed or may have changed something.
    asks: Vec<AskSeen>,
    /// What there was before them, as far as they changed it: `usage_location` (empty = none), `licences` and `policies` (direct ones),
    /// groups that were `left` and `joined`.
    #[schema(value_type = Object)]
    before: Value,
    /// Where the person was, what they held and which role they had; absent in jobs of an older version.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    from: Option<Value>,
    /// What the person was to have after them, in the same words; absent after an offboarding, which leaves nothing, and in what an older
    /// version kept. The steps say how far that came about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
}

/// A step of an ended job.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepEnded {
    /// What should hold, as people read it.
    pub step: String,
    /// Where it ended.
    pub stands: String,
}

/// One job with its steps and the requests that were made for each.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/jobs/{job}", tag = "jobs", operation_id = "getJob",
    params(("tenant" = String, Path, description = "The tenant's id"), ("job" = String, Path, description = "The job's id")),
    responses((status = 200, description = "Found", body = JobDetail), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn job(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<JobDetail>, Problem> {
    let JobSeen { job, steps, notes } = look::job(&shell, &tenant, &JobId(id)).await?;
    let names = steps.map(|steps| steps.iter().map(ToString::to_string).collect::<Vec<_>>());
    let standings = job.standings.iter().enumerate();
    let steps = standings.map(|(place, standing)| StepSeen {
        step: names
            .as_ref()
            .and_then(|names| names.get(place).cloned())
            .unwrap_or_else(|| "planned by a newer version".to_owned()),
        stands: standing.stands.to_string(),
        is_final: standing.stands.is_final(),
        looks: standing.looks,
        asks: job.asks_of(place).map(ask).collect(),
    });
    Ok(Json(JobDetail {
        steps: steps.collect(),
        notes,
        cancelled_by: job.cancelled_by.clone(),
        superseded_by: job.superseded_by.as_ref().map(|id| id.0.clone()),
        job: summary(&job),
    }))
}

/// What is kept of an ended job.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/jobs/{job}/history", tag = "jobs", operation_id = "getJobHistory",
    params(("tenant" = String, Path, description = "The tenant's id"), ("job" = String, Path, description = "The job's id")),
    responses((status = 200, description = "Found", body = JobHistory), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn history(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<JobHistory>, Problem> {
    let kept = look::history(&shell, &tenant, &JobId(id)).await?;
    Ok(Json(kept.into()))
}

impl From<History> for JobHistory {
    fn from(kept: History) -> Self {
        let steps = kept.steps.into_iter();
        Self {
            id: kept.job.0,
            person: kept.person.0,
            goal: kept.goal.into(),
            origin: kept.origin.into(),
            created: kept.created.to_string(),
            ended: kept.ended.to_string(),
            state: kept.state.name(),
            steps: steps
                .map(|(step, stands)| StepEnded { step, stands })
                .collect(),
            asks: kept.asks.iter().map(ask).collect(),
            before: serde_json::to_value(&kept.before).unwrap_or_default(),
            from: kept.from.and_then(|from| serde_json::to_value(from).ok()),
            after: kept
                .after
                .and_then(|after| serde_json::to_value(after).ok()),
        }
    }
}

/// A job as others refer to it.
pub fn summary(job: &Job) -> JobSummary {
    JobSummary {
        id: job.id.0.clone(),
        person: job.person.0.clone(),
        goal: job.goal.into(),
        origin: job.origin.into(),
        state: job.state.name(),
        created: job.created.to_string(),
        due: job.due.map(|due| due.to_string()),
        waits: job.waits.as_ref().map(reason),
    }
}

/// What a job waits for, said for people.
pub fn reason(waits: &Waits) -> String {
    match waits {
        Waits::Teams(why) => why.clone(),
        Waits::Licence => "no licence seat is free".to_owned(),
        Waits::Number => "no telephone number is free".to_owned(),
        Waits::Permission => "Microsoft does not give us a permission that it takes".to_owned(),
        Waits::Settling => "requests of the job before it may still take effect".to_owned(),
    }
}

fn ask(ask: &Ask) -> AskSeen {
    let closed = ask.closed.as_ref();
    AskSeen {
        number: ask.number,
        verb: ask.verb.to_string(),
        sent: ask.sent.to_string(),
        put_off_before: ask.earlier,
        closed: closed.map(|closed| closed.at.to_string()),
        answer: closed.map(|closed| closed.answer.to_string()),
        request_id: closed.and_then(|closed| closed.request_id.clone()),
    }
}
