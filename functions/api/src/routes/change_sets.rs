//! Change sets: what a decision would do to many people, and the yes or no to it (F130, F131, I1, I3).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::model::change_set::{ChangeKind, ChangeSet, SetId, SetOrigin, SetPlace};
use shared::model::microsoft::UserId;
use shared::model::tenant::TenantId;
use shared::run::Shell;
use shared::run::change_sets::{self, PlannedChange};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody, What};
use crate::wire::{Asked, Body, PageAsked};

/// Rows of a page unless the caller asks for fewer.
const PAGE: u16 = 100;

/// A change set.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeSetSeen {
    /// Its id.
    id: String,
    /// `sync`: people changed, or time did; `edit`: rules, personas, sites or settings were edited; `file`: somebody gave in orders.
    origin: &'static str,
    /// `deciding`, `stopped`, `released`, `applying`, `done`, `rejected`, `expired` or `replaced`.
    state: &'static str,
    /// Names exactly these plans; a yes or no repeats it.
    hash: String,
    /// So many people would be changed.
    people: u64,
    /// Of so many in scope.
    in_scope: u64,
    /// In which way: `onboard`, `persona`, `site`, `licence_removal`, `offboard`; somebody may count more than once.
    counts: BTreeMap<&'static str, u64>,
    /// Why it was stopped.
    reason: String,
    /// Who edited what it was decided with: none of them may say yes.
    authors: Vec<String>,
    /// When it was stopped, or the first of those whose place it took, RFC 3339.
    since: String,
    /// When nobody can say yes any more, RFC 3339.
    expires: String,
    /// Who said yes or no.
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_by: Option<String>,
    /// So many plans became jobs.
    applied: u64,
    /// So many people were set aside: what they would get by now is not what somebody said yes to.
    moved: u64,
}

/// Some change sets.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeSetPage {
    /// The oldest first.
    change_sets: Vec<ChangeSetSeen>,
    /// Where the next page begins; absent = there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What would be done to somebody.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlannedSeen {
    /// Entra object id.
    person: String,
    /// In which way they would be changed.
    kinds: Vec<&'static str>,
    /// What they have: site, persona, member role, number.
    #[schema(value_type = Object)]
    before: Value,
    /// What they would get.
    #[schema(value_type = Object)]
    wanted: Value,
    /// What a file orders for them; absent = rules decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    order: Option<Value>,
}

/// Some of the plans.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanPage {
    /// In the order in which the hash is made.
    plans: Vec<PlannedSeen>,
    /// Where the next page begins; absent = there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A yes or no.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The hash of the change set that was looked at.
    hash: String,
}

/// Change sets, the oldest first.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/change-sets", tag = "change sets", operation_id = "listChangeSets",
    params(("tenant" = String, Path, description = "The tenant's id"), PageAsked),
    responses((status = 200, description = "Found", body = ChangeSetPage), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn change_sets(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Asked(asked): Asked<PageAsked>,
) -> Result<Json<ChangeSetPage>, Problem> {
    let limit = limit(&asked)?;
    let after = asked.after.map(SetId);
    let (sets, next) = change_sets::list(&shell, &tenant, after.as_ref(), limit).await?;
    Ok(Json(ChangeSetPage {
        change_sets: sets.into_iter().map(ChangeSetSeen::from).collect(),
        next: next.map(|id| id.0),
    }))
}

/// One change set.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/change-sets/{set}", tag = "change sets", operation_id = "getChangeSet",
    params(("tenant" = String, Path, description = "The tenant's id"), ("set" = String, Path, description = "The change set's id")),
    responses((status = 200, description = "Found", body = ChangeSetSeen), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn change_set(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<ChangeSetSeen>, Problem> {
    let set = change_sets::get(&shell, &tenant, &SetId(id)).await?;
    Ok(Json(set.into()))
}

/// What a change set would do, person by person.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/change-sets/{set}/plan", tag = "change sets", operation_id = "getChangeSetPlan",
    params(("tenant" = String, Path, description = "The tenant's id"), ("set" = String, Path, description = "The change set's id"), PageAsked),
    responses((status = 200, description = "Found", body = PlanPage), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn plan(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, id)): Path<(String, String)>,
    Asked(asked): Asked<PageAsked>,
) -> Result<Json<PlanPage>, Problem> {
    let (from, limit) = place_asked(&asked)?;
    let (rows, next) = change_sets::plan(&shell, &tenant, &SetId(id), from, limit).await?;
    let plans = rows.into_iter().map(PlannedSeen::try_from);
    Ok(Json(PlanPage {
        plans: plans.collect::<Result<_, _>>()?,
        next: next.map(next_place),
    }))
}

/// Says yes to exactly the plans with this hash: the next sync, which begins now, turns them into jobs. Whoever edited what they were
/// decided with is refused.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/change-sets/{set}/approve", tag = "change sets", operation_id = "approveChangeSet",
    params(("tenant" = String, Path, description = "The tenant's id"), ("set" = String, Path, description = "The change set's id")),
    request_body = Answer,
    responses((status = 200, description = "Released", body = ChangeSetSeen), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn approve(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    Path((_, id)): Path<(String, String)>,
    Body(answer): Body<Answer>,
) -> Result<Json<ChangeSetSeen>, Problem> {
    let by = &caller.subject;
    let set = change_sets::approve(&shell, &tenant, &SetId(id), &answer.hash, by).await?;
    Ok(Json(set.into()))
}

/// Says no: nobody in it is changed until something about them, or about the rules, is.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/change-sets/{set}/reject", tag = "change sets", operation_id = "rejectChangeSet",
    params(("tenant" = String, Path, description = "The tenant's id"), ("set" = String, Path, description = "The change set's id")),
    request_body = Answer,
    responses((status = 200, description = "Rejected", body = ChangeSetSeen), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn reject(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    Path((_, id)): Path<(String, String)>,
    Body(answer): Body<Answer>,
) -> Result<Json<ChangeSetSeen>, Problem> {
    let by = &caller.subject;
    let set = change_sets::reject(&shell, &tenant, &SetId(id), &answer.hash, by).await?;
    Ok(Json(set.into()))
}

/// Where a page of plans begins, and how long it is.
pub(super) fn place_asked(asked: &PageAsked) -> Result<(SetPlace, i32), Problem> {
    let from = match asked.after.as_deref() {
        None => SetPlace::BEGIN,
        Some(after) => place(after).ok_or_else(|| invalid("after"))?,
    };
    Ok((from, limit(asked)?))
}

/// A place as callers give it back.
pub(super) fn next_place(SetPlace { shard, after }: SetPlace) -> String {
    let after = after.map(|person| person.0).unwrap_or_default();
    format!("{shard}.{after}")
}

fn limit(asked: &PageAsked) -> Result<i32, Problem> {
    let limit = asked.limit.unwrap_or(PAGE);
    if (1..=PAGE).contains(&limit) {
        return Ok(limit.into());
    }
    Err(invalid("limit"))
}

fn invalid(field: &str) -> Problem {
    Problem::new(
        What::Invalid,
        format!("{field} is not one that this page has"),
    )
}

/// A place as this page writes it: partition, dot, person.
fn place(written: &str) -> Option<SetPlace> {
    let (shard, person) = written.split_once('.')?;
    let shard = shard.parse().ok()?;
    let after = (!person.is_empty()).then(|| UserId(person.to_owned()));
    Some(SetPlace { shard, after })
}

const fn kind(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Onboard => "onboard",
        ChangeKind::Persona => "persona",
        ChangeKind::Site => "site",
        ChangeKind::LicenceRemoval => "licence_removal",
        ChangeKind::Offboard => "offboard",
    }
}

impl From<ChangeSet> for ChangeSetSeen {
    fn from(set: ChangeSet) -> Self {
        let counts = set.counts.into_iter();
        Self {
            id: set.id.0,
            origin: match set.origin {
                SetOrigin::Sync => "sync",
                SetOrigin::Edit => "edit",
                SetOrigin::File => "file",
            },
            state: set.state.name(),
            hash: set.hash,
            people: set.people,
            in_scope: set.in_scope,
            counts: counts.map(|(one, count)| (kind(one), count)).collect(),
            reason: set.reason,
            authors: set.authors.into_iter().collect(),
            since: set.first_stopped.to_string(),
            expires: set.expires.to_string(),
            answered_by: set.answered_by,
            applied: set.applied,
            moved: set.moved,
        }
    }
}

impl TryFrom<PlannedChange> for PlannedSeen {
    type Error = Problem;

    fn try_from(row: PlannedChange) -> Result<Self, Problem> {
        let unreadable = |_| Problem::new(What::Internal, "a plan cannot be shown");
        Ok(Self {
            person: row.person.0,
            kinds: row.kinds.into_iter().map(kind).collect(),
            before: serde_json::to_value(&row.before).map_err(unreadable)?,
            wanted: serde_json::to_value(&row.wanted).map_err(unreadable)?,
            order: row
                .order
                .map(serde_json::to_value)
                .transpose()
                .map_err(unreadable)?,
        })
    }
}
