//! What a tenant has few of: its personas, and what is wrong with them; its licences, and how many seats are left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::model::group::GroupId;
use shared::model::inventory::RangeId;
use shared::model::microsoft::{PlanId, PolicyType, SkuId};
use shared::model::persona::{LocationSource, OffboardingProfile, Persona, PersonaRef};
use shared::model::tenant::{OffboardLicences, TenantId};
use shared::run::offer::{self, Stock};
use shared::run::{self, Shell};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody};
use crate::wire::Body;

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

/// A persona as somebody writes it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonaWritten {
    /// Its name for people.
    name: String,
    /// ISO 3166 alpha-2, `site` or `country`; absent = it is not touched.
    usage_location: Option<String>,
    /// Direct licences, as one set that replaces what is there; empty = they are not touched.
    #[serde(default)]
    licences: Vec<String>,
    /// Service plans that are off, by licence.
    #[serde(default)]
    disabled_plans: BTreeMap<String, BTreeSet<String>>,
    /// Groups that the person is added to.
    #[serde(default)]
    groups: Vec<String>,
    /// Ranges from which they get a telephone number, in this order; empty = no number.
    #[serde(default)]
    numbers: Vec<String>,
    /// Teams policies: a name by type, or null for the group's or the Global one.
    #[serde(default)]
    policies: BTreeMap<String, Option<String>>,
    /// What happens when its holder leaves.
    #[serde(default)]
    offboarding: OffboardingWritten,
}

/// What happens when the holder of a persona leaves.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OffboardingWritten {
    /// `remove` or `keep`; absent = as it is set where the person is.
    #[schema(value_type = Option<String>)]
    licences: Option<OffboardLicences>,
    /// Whether they are kept from signing in, and signed out everywhere; absent = as it is set where the person is.
    lock_out: Option<bool>,
    /// Groups that they are taken out of.
    leave: Vec<String>,
    /// Policies that they get in the place of those they had, by type.
    policies: BTreeMap<String, String>,
}

/// A version of a persona that was stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonaStored {
    /// Its id.
    id: String,
    /// The version that it became.
    version: u32,
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

/// Stores a new version of a persona, after everything it names was looked up at Microsoft. Rules give it from the next sync on; who
/// holds an older version changes with them.
#[utoipa::path(put, path = "/v1/tenants/{tenant}/personas/{persona}", tag = "catalogue", operation_id = "savePersona",
    params(("tenant" = String, Path, description = "The tenant's id"), ("persona" = String, Path, description = "Its id: small letters, digits, hyphens")),
    request_body = PersonaWritten,
    responses((status = 200, description = "Stored", body = PersonaStored), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn save_persona(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    Path((_, id)): Path<(String, String)>,
    Body(written): Body<PersonaWritten>,
) -> Result<Json<PersonaStored>, Problem> {
    let persona = persona(id, written);
    let stored = run::save_persona(&shell, &tenant, &persona, &caller.subject).await?;
    Ok(Json(PersonaStored {
        id: stored.id,
        version: stored.version,
    }))
}

fn persona(id: String, written: PersonaWritten) -> Persona {
    let groups = |ids: Vec<String>| ids.into_iter().map(GroupId).collect();
    let mut persona = Persona {
        reference: PersonaRef { id, version: 0 },
        name: written.name,
        usage_location: written.usage_location.map(|from| match from.as_str() {
            "site" => LocationSource::Site,
            "country" => LocationSource::Country,
            _ => LocationSource::Literal(from),
        }),
        licences: written.licences.into_iter().map(SkuId::from).collect(),
        groups: groups(written.groups),
        numbers: written.numbers.into_iter().map(RangeId).collect(),
        offboarding: OffboardingProfile {
            licences: written.offboarding.licences,
            lock_out: written.offboarding.lock_out,
            leave: groups(written.offboarding.leave),
            policies: written
                .offboarding
                .policies
                .into_iter()
                .map(|(kind, name)| (PolicyType(kind), name))
                .collect(),
        },
        ..Persona::default()
    };
    for (sku, plans) in written.disabled_plans {
        let plans = plans.into_iter().map(PlanId::from).collect();
        persona.disabled.insert(SkuId::from(sku), plans);
    }
    for (kind, name) in written.policies {
        match name {
            Some(name) => drop(persona.policies.insert(PolicyType(kind), name)),
            None => drop(persona.inherit.insert(PolicyType(kind))),
        }
    }
    persona
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
