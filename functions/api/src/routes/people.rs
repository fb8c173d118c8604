//! People: who they are, what is known of them, what is open for them; read again, or offboarded.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::model::access::Reach;
use shared::model::job::JobId;
use shared::model::microsoft::{LicenceState, UserId};
use shared::model::person::{JobResult, PersonState};
use shared::model::persona::{MemberRole, SitePath};
use shared::model::property::Property;
use shared::model::tenant::TenantId;
use shared::run::look::{self, Filter, PersonSeen};
use shared::run::{self, Shell, jobs};
use utoipa::{IntoParams, ToSchema};

use super::departures::DepartureSeen;
use super::jobs::{JobSummary, summary};
use super::moves::{PlannedSeen, answer};
use crate::problem::{Problem, ProblemBody};
use crate::wire::{Asked, DryAsked, GoalName, PageAsked, accepted, limit, not_a_position};

/// Which people to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PeopleAsked {
    /// At most so many, 1 to 100; 50 if it is not said. A page may hold fewer although there are more.
    limit: Option<u16>,
    /// `next` of the page before.
    after: Option<String>,
    /// Only those in this state: `out_of_scope`, `imported`, `in_work`, `staged`, `waiting`, `provisioned`, `offboarding`,
    /// `offboarded`, `gone_soft` or `gone_hard`.
    #[param(value_type = Option<String>)]
    state: Option<PersonState>,
    /// Only those at this site, such as `europe/berlin`.
    site: Option<String>,
    /// Only who signs in so, whatever the case of the letters.
    sign_in: Option<String>,
}

/// Some people.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeoplePage {
    /// In an order that never changes.
    people: Vec<PersonSummary>,
    /// Give it as `after` to go on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Somebody, in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonSummary {
    /// Entra object id.
    id: String,
    /// Their name; hostile until escaped.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// How they sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_principal_name: Option<String>,
    /// The one state they are in.
    state: &'static str,
    /// Their site; absent = the tenant level.
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<String>,
    /// The persona they hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    persona: Option<PersonaHeld>,
}

/// A version of a persona.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonaHeld {
    /// Which persona.
    id: String,
    /// Which of its versions.
    version: u32,
}

/// Somebody, with everything that is known of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonDetail {
    #[serde(flatten)]
    person: PersonSummary,
    /// Their member role: `none`, `self_service` or the name of another one.
    member_role: String,
    /// Offboarding was ordered: no rule wants them until a person says otherwise.
    left: bool,
    /// The telephone number that we gave them.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    /// When they are to be offboarded, if a day is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    departure: Option<DepartureSeen>,
    /// What the directory says, by property; hostile until escaped.
    #[schema(value_type = Object)]
    facts: Value,
    /// Licence products as the last sync saw them.
    licences: Vec<String>,
    /// Licences of which there is more to say: those from groups, and those that give nothing or not everything.
    licence_states: Vec<LicenceSeen>,
    /// Policies that somebody changed by hand since we set them.
    drift: Vec<DriftSeen>,
}

/// A licence that comes from a group, or is not simply in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct LicenceSeen {
    /// The product.
    sku: String,
    /// The group it comes from; absent = assigned directly.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    /// Microsoft's word: `Active`, `ActiveWithError`, `Disabled`, `Error` or a newer one.
    state: String,
    /// Why it gives nothing, or not everything; hostile until escaped.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// A policy that differs from what we gave.
#[derive(Debug, Serialize, ToSchema)]
pub struct DriftSeen {
    /// Its type.
    policy_type: String,
    /// The name the persona gives.
    wanted: String,
    /// The name that is in force; absent = Global.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<String>,
}

/// The jobs of one person.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonJobs {
    /// The one that is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    open: Option<JobSummary>,
    /// How the last one ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<LastJob>,
    /// All of them, the newest first.
    jobs: Vec<JobSummary>,
    /// Give it as `after` to go on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// How a job ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct LastJob {
    /// Its id.
    id: String,
    /// To what end.
    goal: GoalName,
    /// How.
    state: &'static str,
    /// When, RFC 3339.
    ended: String,
}

/// Lists people.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/people", tag = "people", operation_id = "listPeople",
    params(("tenant" = String, Path, description = "The tenant's id"), PeopleAsked),
    responses((status = 200, description = "Found", body = PeoplePage), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn people(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(reach): Extension<Reach>,
    Asked(asked): Asked<PeopleAsked>,
) -> Result<Json<PeoplePage>, Problem> {
    let limit = limit(asked.limit)?;
    let filter = Filter {
        state: asked.state,
        site: asked.site.map(SitePath),
        sign_in: asked.sign_in.map(|name| name.to_lowercase()),
        reach: Some(reach),
    };
    if asked.after.as_deref().is_some_and(|id| !look::is_id(id)) {
        return Err(not_a_position());
    }
    let after = asked.after.map(UserId);
    let page = look::people(&shell, &tenant, &filter, after, limit).await?;
    Ok(Json(PeoplePage {
        people: page.items.iter().map(in_list).collect(),
        next: page.next.map(|id| id.0),
    }))
}

/// One person.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/people/{person}", tag = "people", operation_id = "getPerson",
    params(("tenant" = String, Path, description = "The tenant's id"), ("person" = String, Path, description = "Entra object id")),
    responses((status = 200, description = "Found", body = PersonDetail), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn person(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<PersonDetail>, Problem> {
    let seen = look::person(&shell, &tenant, &UserId(id)).await?;
    let listed = in_list(&seen);
    let person = seen.person;
    let drift = person.drift.into_iter().map(|drift| DriftSeen {
        policy_type: drift.policy_type.0,
        wanted: drift.wanted,
        seen: drift.seen,
    });
    Ok(Json(PersonDetail {
        person: listed,
        member_role: match person.role {
            MemberRole::None => "none".to_owned(),
            MemberRole::SelfService => "self_service".to_owned(),
            MemberRole::Named(name) => name,
        },
        left: person.left,
        number: person.number.map(String::from),
        departure: person.departure.map(DepartureSeen::from),
        facts: serde_json::to_value(&person.facts).unwrap_or_default(),
        licences: person.licences.into_iter().map(|sku| sku.0).collect(),
        licence_states: person.licence_states.iter().map(licence).collect(),
        drift: drift.collect(),
    }))
}

/// One person's open job, and how the last one ended.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/people/{person}/jobs", tag = "people", operation_id = "getPersonJobs",
    params(("tenant" = String, Path, description = "The tenant's id"), ("person" = String, Path, description = "Entra object id"), PageAsked),
    responses((status = 200, description = "Found", body = PersonJobs), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn person_jobs(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, id)): Path<(String, String)>,
    Asked(asked): Asked<PageAsked>,
) -> Result<Json<PersonJobs>, Problem> {
    let limit = limit(asked.limit)?;
    if asked.after.as_deref().is_some_and(|id| !look::is_id(id)) {
        return Err(not_a_position());
    }
    let id = UserId(id);
    let seen = look::person(&shell, &tenant, &id).await?;
    let after = asked.after.map(JobId);
    let page = jobs::jobs_of(&shell, &tenant, &id, after.as_ref(), limit).await?;
    Ok(Json(PersonJobs {
        jobs: page.items.iter().map(summary).collect(),
        next: page.next.map(|id| id.0),
        open: seen.job.as_ref().map(summary),
        last: seen.person.result.map(last),
    }))
}

/// Reads this person again, and nobody else. Somebody whom the last sync has not brought yet may be named by their object id.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/people/{person}/refresh", tag = "people", operation_id = "refreshPerson",
    params(("tenant" = String, Path, description = "The tenant's id"), ("person" = String, Path, description = "Entra object id")),
    responses((status = 202, description = "Ordered", headers(("location" = String, description = "The person"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn refresh(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let id = UserId(id);
    run::refresh(&shell, &tenant, &id).await?;
    Ok(accepted(address(&tenant, &id)))
}

/// Takes everything away from somebody, whatever is open for them.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/people/{person}/offboard", tag = "people", operation_id = "offboardPerson",
    params(("tenant" = String, Path, description = "The tenant's id"), ("person" = String, Path, description = "Entra object id"), DryAsked),
    responses((status = 200, description = "What would be done", body = PlannedSeen),
        (status = 202, description = "Ordered", headers(("location" = String, description = "The person's jobs"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn offboard(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, id)): Path<(String, String)>,
    Asked(DryAsked { dry }): Asked<DryAsked>,
) -> Result<Response, Problem> {
    let id = UserId(id);
    if dry {
        let planned = run::offboarding(&shell, &tenant, &id).await?;
        return Ok(answer(&tenant, &id, planned, dry));
    }
    run::offboard(&shell, &tenant, &id).await?;
    Ok(accepted(format!("{}/jobs", address(&tenant, &id))))
}

pub(super) fn address(tenant: &TenantId, id: &UserId) -> String {
    format!("/v1/tenants/{}/people/{}", tenant.as_str(), id.0)
}

fn licence(state: &LicenceState) -> LicenceSeen {
    LicenceSeen {
        sku: state.sku.0.clone(),
        group: state.group.clone(),
        state: state.state.clone(),
        problem: state.problem().map(str::to_owned),
    }
}

fn in_list(seen: &PersonSeen) -> PersonSummary {
    let person = &seen.person;
    let fact = |property| person.facts.text(property).map(str::to_owned);
    PersonSummary {
        id: person.id.0.clone(),
        name: fact(Property::DisplayName),
        user_principal_name: fact(Property::UserPrincipalName),
        state: seen.state().name(),
        site: person.site.as_ref().map(|site| site.0.clone()),
        persona: person.persona.as_ref().map(|held| PersonaHeld {
            id: held.id.clone(),
            version: held.version,
        }),
    }
}

fn last(result: JobResult) -> LastJob {
    LastJob {
        id: result.job.0,
        goal: result.goal.into(),
        state: result.state.name(),
        ended: result.at.to_string(),
    }
}
