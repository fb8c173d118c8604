//! Adoption: people at the tenant level are handed over to the rules of a site.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::model::adoption::{Adoption, AdoptionId};
use shared::model::microsoft::UserId;
use shared::model::persona::SitePath;
use shared::model::tenant::TenantId;
use shared::run::look::PersonSeen;
use shared::run::{Shell, adoption};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody};
use crate::wire::Body;

/// Whom to adopt where.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdoptionOrder {
    /// The site, such as `europe/berlin`; adoption has to be on there.
    site: String,
    /// Entra object ids, 1 to 500; absent = everybody at the tenant level whom placement rules put there, 500 at a time.
    people: Option<BTreeSet<String>>,
}

/// An adoption, person by person.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdoptionSeen {
    /// Its id.
    id: String,
    /// The site.
    site: String,
    /// When it was ordered, RFC 3339.
    at: String,
    /// By whom.
    by: String,
    /// So many were adopted.
    adopted: usize,
    /// Everybody in it.
    people: Vec<AdopteeSeen>,
}

/// Somebody who was to be adopted.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdopteeSeen {
    /// Entra object id.
    person: String,
    /// Rules decide for them.
    adopted: bool,
    /// Why they were not adopted.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The state they are in now, such as `staged`; absent in the answer to the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    /// How their last job ended, such as `done`.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'static str>,
}

fn shown(adoption: Adoption, now: &BTreeMap<UserId, PersonSeen>) -> AdoptionSeen {
    let people: Vec<AdopteeSeen> = adoption
        .people
        .into_iter()
        .map(|one| {
            let seen = now.get(&one.person);
            AdopteeSeen {
                state: seen.map(|seen| seen.state().name()),
                result: seen
                    .and_then(|seen| seen.person.result.as_ref())
                    .map(|result| result.state.name()),
                adopted: one.refused.is_none(),
                person: one.person.0,
                reason: one.refused,
            }
        })
        .collect();
    AdoptionSeen {
        id: adoption.id.0,
        site: adoption.site.0,
        at: adoption.at.to_string(),
        by: adoption.by,
        adopted: people.iter().filter(|one| one.adopted).count(),
        people,
    }
}

/// Adopts people at a site: from now on rules decide for them, first at a sync that begins now. Says of everybody whether they were
/// adopted, or why not. Refused with everything that has to be set up before.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/adoptions", tag = "people", operation_id = "adoptPeople",
    params(("tenant" = String, Path, description = "The tenant's id")),
    request_body = AdoptionOrder,
    responses((status = 202, description = "Adopted", body = AdoptionSeen, headers(("location" = String, description = "The adoption"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn adopt(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    Body(order): Body<AdoptionOrder>,
) -> Result<Response, Problem> {
    let people = order
        .people
        .map(|people| people.into_iter().map(UserId).collect());
    let site = SitePath(order.site);
    let adoption = adoption::adopt(&shell, &tenant, &site, people, &caller.subject).await?;
    let at = format!(
        "/v1/tenants/{}/adoptions/{}",
        tenant.as_str(),
        adoption.id.0
    );
    let body = Json(shown(adoption, &BTreeMap::new()));
    Ok((StatusCode::ACCEPTED, [(LOCATION, at)], body).into_response())
}

/// An adoption, and how everybody in it fares.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/adoptions/{adoption}", tag = "people", operation_id = "getAdoption",
    params(("tenant" = String, Path, description = "The tenant's id"), ("adoption" = String, Path, description = "Its id")),
    responses((status = 200, description = "Found", body = AdoptionSeen), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn adoption(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<AdoptionSeen>, Problem> {
    let (adoption, now) = adoption::adoption(&shell, &tenant, &AdoptionId(id)).await?;
    Ok(Json(shown(adoption, &now)))
}
