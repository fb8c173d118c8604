//! What a tenant has few of: its personas, and what is wrong with them; its licences, and how many seats are left.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;
use shared::model::tenant::TenantId;
use shared::run::Shell;
use shared::run::offer::{self, Stock};
use utoipa::ToSchema;

use crate::problem::{Problem, ProblemBody};

/// The personas of a tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct Personas {
    /// By id, each in its newest version.
    personas: Vec<PersonaSummary>,
}

/// A persona in its newest version.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonaSummary {
    /// Its id.
    id: String,
    /// Its newest version.
    version: u32,
    /// Its name for people.
    name: String,
    /// Why nobody can be given it, in sentences; empty = it can be given.
    flaws: Vec<String>,
}

/// The licence products of a tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct Licences {
    /// As the last sync saw them.
    licences: Vec<LicenceStock>,
}

/// Seats of one product.
#[derive(Debug, Serialize, ToSchema)]
pub struct LicenceStock {
    /// Its id.
    sku: String,
    /// Its name, such as `SPE_E5`; hostile until escaped.
    name: String,
    /// Seats that were bought.
    seats: u32,
    /// Seats taken, as Microsoft counts them.
    taken: u32,
    /// Seats that are kept for people whose licence Microsoft does not count yet.
    kept: u32,
    /// Seats left.
    free: u32,
    /// Seats left of a hundred; absent where there are none at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent_left: Option<u32>,
    /// The tenant does not own it any more.
    missing: bool,
}

/// Lists personas.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/personas", tag = "catalogue", operation_id = "listPersonas",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, description = "Found", body = Personas), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn personas(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
) -> Result<Json<Personas>, Problem> {
    let personas = offer::personas(&shell, &tenant).await?.into_iter();
    let personas = personas.map(|(persona, flaws)| PersonaSummary {
        id: persona.reference.id,
        version: persona.reference.version,
        name: persona.name,
        flaws: flaws.iter().map(ToString::to_string).collect(),
    });
    Ok(Json(Personas {
        personas: personas.collect(),
    }))
}

/// Lists licence products with their seats.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/licences", tag = "catalogue", operation_id = "listLicences",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, description = "Found", body = Licences), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn licences(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
) -> Result<Json<Licences>, Problem> {
    let stock = offer::stock(&shell, &tenant).await?.into_iter();
    let licences = stock.map(|Stock { sku, kept }| {
        let free = sku.unused().saturating_sub(kept);
        LicenceStock {
            sku: sku.id.0,
            name: sku.name,
            seats: sku.enabled,
            taken: sku.consumed,
            kept,
            free,
            percent_left: (u64::from(free) * 100)
                .checked_div(u64::from(sku.enabled))
                .and_then(|percent| u32::try_from(percent).ok()),
            missing: sku.missing,
        }
    });
    Ok(Json(Licences {
        licences: licences.collect(),
    }))
}
