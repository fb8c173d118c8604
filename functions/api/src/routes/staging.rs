//! Staging: who waits and why, a look at the selected ones at once, and taking a job back (R10-R13, F96).

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::model::access::Reach;
use shared::model::job::{JobId, Waits};
use shared::model::microsoft::UserId;
use shared::model::property::Property;
use shared::model::tenant::TenantId;
use shared::model::time::Time;
use shared::run::look::{self, Waiter};
use shared::run::{self, Shell, Unstaged};
use utoipa::{IntoParams, ToSchema};

use super::jobs::reason;
use crate::problem::{Problem, ProblemBody};
use crate::wire::{Asked, Body, accepted, limit, not_a_position};

/// People named in one request, at most.
const MOST: usize = 100;

/// Which waiting people to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StagingAsked {
    /// At most so many, 1 to 100; 50 if it is not said. A page may hold fewer although there are more.
    limit: Option<u16>,
    /// `next` of the page before.
    after: Option<String>,
    /// What they wait for; the Teams account, if it is not said.
    #[param(inline)]
    waits: Option<WaitsFor>,
}

/// What somebody may wait for.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    /// The Teams account: they are staged.
    #[default]
    Teams,
    /// A licence seat.
    NoLicence,
    /// A telephone number.
    NoNumber,
    /// A permission that Microsoft does not give us.
    Permission,
    /// The open requests of the job before.
    Settling,
}

/// Some of those who wait.
#[derive(Debug, Serialize, ToSchema)]
pub struct StagingPage {
    /// The longest waiting job first.
    staged: Vec<StagedPerson>,
    /// Give it as `after` to go on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Somebody who waits.
#[derive(Debug, Serialize, ToSchema)]
pub struct StagedPerson {
    /// Entra object id.
    person: String,
    /// Their name; hostile until escaped.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The job that waits.
    job: String,
    /// What it waits for.
    reason: String,
    /// Since when, RFC 3339.
    since: String,
    /// For so many seconds by now.
    age_seconds: u64,
    /// Looks without success so far.
    attempts: u16,
    /// When it is looked at next, RFC 3339. While only the schedule looks, it is when the wait is given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_try: Option<String>,
    /// When the wait is given up, RFC 3339; absent = never.
    #[serde(skip_serializing_if = "Option::is_none")]
    gives_up: Option<String>,
}

/// Whom to look at now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnstageOrder {
    /// Entra object ids, 1 to 100.
    #[schema(min_items = 1, max_items = 100)]
    people: Vec<String>,
}

/// What became of it, for each.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnstageAnswer {
    /// In the order of the request, each person once.
    people: Vec<UnstageResult>,
}

/// What became of the order for one person.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnstageResult {
    /// Entra object id.
    person: String,
    /// How it went.
    result: UnstageOutcome,
}

/// How an order to look at somebody went.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnstageOutcome {
    /// Their turn is now.
    Due,
    /// They are not staged.
    NotStaged,
    /// There is no such person.
    Unknown,
    /// Their job changes too fast: try again.
    Busy,
}

/// Lists who waits, the longest waiting job first.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/staging", tag = "staging", operation_id = "listStaging",
    params(("tenant" = String, Path, description = "The tenant's id"), StagingAsked),
    responses((status = 200, description = "Found", body = StagingPage), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn staging(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(reach): Extension<Reach>,
    Asked(asked): Asked<StagingAsked>,
) -> Result<Json<StagingPage>, Problem> {
    let limit = limit(asked.limit)?;
    let after = asked.after.as_deref().map(position).transpose()?;
    let waits = match asked.waits.unwrap_or_default() {
        WaitsFor::Teams => Waits::Teams(String::new()),
        WaitsFor::NoLicence => Waits::Licence,
        WaitsFor::NoNumber => Waits::Number,
        WaitsFor::Permission => Waits::Permission,
        WaitsFor::Settling => Waits::Settling,
    };
    let page = look::waiting(&shell, &tenant, &waits, after, limit).await?;
    let now = shell.clock.now();
    let next = page.next;
    let seen = page.items.iter();
    let seen = seen.filter(|one| reach.covers(one.person.site.as_ref()));
    Ok(Json(StagingPage {
        staged: seen.map(|one| staged(one, now)).collect(),
        next: next.map(|(created, id)| format!("{}.{}", created.millis(), id.0)),
    }))
}

/// Looks at the selected people's Teams accounts now, and at nobody else's, whatever the schedule says.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/staging/unstage", tag = "staging", operation_id = "unstage",
    params(("tenant" = String, Path, description = "The tenant's id")), request_body = UnstageOrder,
    responses((status = 202, description = "Ordered", body = UnstageAnswer), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn unstage(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Body(order): Body<UnstageOrder>,
) -> Result<(StatusCode, Json<UnstageAnswer>), Problem> {
    let count = order.people.len();
    if !(1..=MOST).contains(&count) {
        let sentence = format!("people has {count} ids: it must have 1 to {MOST}");
        return Err(Problem::invalid("people", sentence));
    }
    let people: Vec<UserId> = order.people.into_iter().map(UserId).collect();
    let answers = run::unstage(&shell, &tenant, &people).await?;
    let people = answers.into_iter().map(|(person, became)| UnstageResult {
        person: person.0,
        result: match became {
            Unstaged::Due => UnstageOutcome::Due,
            Unstaged::NotStaged => UnstageOutcome::NotStaged,
            Unstaged::Unknown => UnstageOutcome::Unknown,
            Unstaged::Busy => UnstageOutcome::Busy,
        },
    });
    let people = people.collect();
    Ok((StatusCode::ACCEPTED, Json(UnstageAnswer { people })))
}

/// Takes the job of somebody who is staged back. What it has done stays. Refused while a request that was sent for them may
/// still take effect.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/staging/{person}/cancel", tag = "staging", operation_id = "cancelStaging",
    params(("tenant" = String, Path, description = "The tenant's id"), ("person" = String, Path, description = "Entra object id")),
    responses((status = 202, description = "Taken back", headers(("location" = String, description = "The job"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn cancel(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let job = run::cancel(&shell, &tenant, &UserId(id)).await?;
    Ok(accepted(format!(
        "/v1/tenants/{}/jobs/{}",
        tenant.as_str(),
        job.0
    )))
}

/// Reads `after` of the list.
fn position(text: &str) -> Result<(Time, JobId), Problem> {
    let read = text.split_once('.').and_then(|(created, id)| {
        let created: i64 = created.parse().ok()?;
        let fits = created >= 0 && look::is_id(id);
        fits.then(|| (Time::from_millis(created), JobId(id.to_owned())))
    });
    read.ok_or_else(not_a_position)
}

fn staged(waiter: &Waiter, now: Time) -> StagedPerson {
    let (person, job) = (&waiter.person, &waiter.job);
    let standing = waiter.standing();
    let since = standing.and_then(|standing| standing.since);
    let since = since.unwrap_or(job.created);
    StagedPerson {
        person: person.id.0.clone(),
        name: person.facts.text(Property::DisplayName).map(str::to_owned),
        job: job.id.0.clone(),
        reason: job.waits.as_ref().map(reason).unwrap_or_default(),
        since: since.to_string(),
        age_seconds: now.since(since).as_secs(),
        attempts: standing.map_or(0, |standing| standing.looks),
        next_try: job.due.map(|due| due.to_string()),
        gives_up: waiter.gives_up.map(|at| at.to_string()),
    }
}
