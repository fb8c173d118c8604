//! Tenants come in, and are connected anew (F1, F4): a matter of whoever runs the installation, because a connection names a secret.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use shared::model::tenant::{Cloud, Connection, TenantId};
use shared::run::{self, Shell};
use utoipa::ToSchema;

use crate::problem::{Problem, ProblemBody, What};
use crate::wire::{Body, accepted};

/// A tenant that comes in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantWritten {
    /// Its id here, for good: 1 to 64 letters, digits and hyphens.
    id: String,
    /// Its name for people.
    name: String,
    /// Where and as whom Microsoft is spoken to.
    connection: ConnectionWritten,
    /// About so many people it has, or will have: how its rows are spread is fixed by that.
    people: u32,
}

/// Where and as whom Microsoft is spoken to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectionWritten {
    /// `global`, `us_government`, `us_defense` or `china`.
    #[schema(value_type = String)]
    cloud: Cloud,
    /// The Entra tenant id.
    directory: String,
    /// The application (client) id.
    client: String,
    /// The secret in AWS Secrets Manager that holds its credential.
    secret_name: String,
}

/// A tenant that came in.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantRegistered {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
}

impl ConnectionWritten {
    fn connection(self) -> Connection {
        Connection::in_cloud(self.cloud, self.directory, self.client, self.secret_name)
    }
}

/// Registers a tenant, and tries its connection at once. It is not synced before its connection works and somebody chose what offboarding
/// does with licences.
#[utoipa::path(post, path = "/v1/tenants", tag = "installation", operation_id = "registerTenant",
    request_body = TenantWritten,
    responses((status = 201, description = "Registered", body = TenantRegistered, headers(("location" = String, description = "The tenant"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn register(
    State(shell): State<Arc<Shell>>,
    Body(written): Body<TenantWritten>,
) -> Result<Response, Problem> {
    let id = TenantId::parse(&written.id)
        .ok_or_else(|| Problem::invalid("id", "an id has 1 to 64 letters, digits and hyphens"))?;
    let connection = written.connection.connection();
    let tenant = run::register_new(&shell, id, written.name, connection, written.people).await?;
    let at = format!("/v1/tenants/{}", tenant.id.as_str());
    let body = TenantRegistered {
        id: tenant.id.as_str().to_owned(),
        name: tenant.name,
    };
    Ok((StatusCode::CREATED, [(LOCATION, at)], Json(body)).into_response())
}

/// Connects a tenant anew, and tries the connection at once.
#[utoipa::path(put, path = "/v1/tenants/{tenant}/connection", tag = "installation", operation_id = "connectTenant",
    params(("tenant" = String, Path, description = "The tenant's id")),
    request_body = ConnectionWritten,
    responses((status = 202, description = "It is being tried", headers(("location" = String, description = "The tenant, which shows what came of it"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn connect(
    State(shell): State<Arc<Shell>>,
    Path(tenant): Path<String>,
    Body(written): Body<ConnectionWritten>,
) -> Result<Response, Problem> {
    let none = || Problem::new(What::NotFound, format!("there is no tenant {tenant}"));
    let id = TenantId::parse(&tenant).ok_or_else(none)?;
    run::connect(&shell, &id, &written.connection()).await?;
    Ok(accepted(format!("/v1/tenants/{}", id.as_str())))
}
