//! What somebody orders for one person by hand: a persona, or an edit; and which fields are open to them.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::model::access::{Reach, Role};
use shared::model::edit::Edit;
use shared::model::microsoft::UserId;
use shared::model::persona::{MemberRole, SitePath};
use shared::model::tenant::TenantId;
use shared::run::offer::{self, Access};
use shared::run::{self, Choice, Shell};
use utoipa::ToSchema;

use super::moves::{PlannedSeen, answer, goes_there};
use super::people::address;
use crate::problem::{Problem, ProblemBody};
use crate::wire::{Asked, Body, DryAsked, accepted};

/// A persona for one person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProvisionAsked {
    /// The persona's id; its newest version is given.
    persona: String,
    /// A profile of the tenant; absent = everything.
    profile: Option<String>,
    /// The site, such as `europe/berlin`; absent = where the person is.
    site: Option<String>,
    /// `none`, `self_service` or `{"named": "desk"}`; absent = the one they have.
    #[schema(value_type = Option<serde_json::Value>)]
    member_role: Option<MemberRole>,
}

/// What of a person can be edited by whoever asks.
#[derive(Debug, Serialize, ToSchema)]
pub struct Fields {
    /// Hidden ones are left out.
    fields: Vec<FieldAccess>,
}

/// A field of a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldAccess {
    /// `usage_location`, `licences`, `groups`, `policies` or `member_role`.
    name: &'static str,
    /// Whether an edit may name it.
    open: bool,
    /// What is offered to begin with.
    #[serde(skip_serializing_if = "Option::is_none")]
    prefilled: Option<String>,
    /// Why it is not open.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Gives somebody a persona, as a rule would, whatever is open for them.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/people/{person}/provision", tag = "people", operation_id = "provisionPerson",
    params(("tenant" = String, Path, description = "The tenant's id"), ("person" = String, Path, description = "Entra object id"), DryAsked),
    request_body = ProvisionAsked,
    responses((status = 200, description = "What would be done", body = PlannedSeen),
        (status = 202, description = "Ordered", headers(("location" = String, description = "The person's jobs"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn provision(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(reach): Extension<Reach>,
    Path((_, id)): Path<(String, String)>,
    Asked(DryAsked { dry }): Asked<DryAsked>,
    Body(asked): Body<ProvisionAsked>,
) -> Result<Response, Problem> {
    goes_there(&reach, asked.site.as_ref())?;
    let choice = Choice {
        persona: asked.persona,
        profile: asked.profile,
        site: asked.site.map(SitePath),
        role: asked.member_role,
    };
    let id = UserId(id);
    if dry {
        let planned = run::provisioning(&shell, &tenant, &id, &choice).await?;
        return Ok(answer(&tenant, &id, planned, dry));
    }
    run::provision(&shell, &tenant, &id, &choice).await?;
    Ok(accepted(format!("{}/jobs", address(&tenant, &id))))
}

/// Edits somebody by hand: `usage_location`, `licences` (one set that replaces the direct ones), `join` and `leave` (groups),
/// `policies` (a name by type, or null for the group's or the Global one), `member_role`. Applied as a whole or refused as a whole.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/people/{person}/edit", tag = "people", operation_id = "editPerson",
    params(("tenant" = String, Path, description = "The tenant's id"), ("person" = String, Path, description = "Entra object id")),
    request_body(content = Object),
    responses((status = 202, description = "Ordered", headers(("location" = String, description = "The person's jobs"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn edit(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(role): Extension<Role>,
    Path((_, id)): Path<(String, String)>,
    Body(edit): Body<Edit>,
) -> Result<Response, Problem> {
    let id = UserId(id);
    run::edit(&shell, &tenant, &id, &edit, role).await?;
    Ok(accepted(format!("{}/jobs", address(&tenant, &id))))
}

/// Which fields of somebody are open to whoever asks, and why others are not.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/people/{person}/fields", tag = "people", operation_id = "getPersonFields",
    params(("tenant" = String, Path, description = "The tenant's id"), ("person" = String, Path, description = "Entra object id")),
    responses((status = 200, description = "Found", body = Fields), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn fields(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(role): Extension<Role>,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<Fields>, Problem> {
    let fields = offer::fields(&shell, &tenant, &UserId(id), role).await?;
    let shown = fields.into_iter().filter_map(|(field, access)| {
        let (open, prefilled, reason) = match access {
            Access::Hidden => return None,
            Access::Open(prefilled) => (true, prefilled, None),
            Access::Closed(why) => (false, None, Some(why.to_string())),
        };
        Some(FieldAccess {
            name: field.name(),
            open,
            prefilled,
            reason,
        })
    });
    Ok(Json(Fields {
        fields: shown.collect(),
    }))
}
