//! What a tenant has few of: its personas, and what is wrong with them; its licences, and how many seats are left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::model::group::GroupId;
use shared::model::inventory::RangeId;
use shared::model::microsoft::{PlanId, PolicyType, SkuId};
use shared::model::persona::{LocationSource, OffboardingProfile, Persona, PersonaRef};
use shared::model::tenant::{OffboardLicences, TenantId};
use shared::run::configuration::{self, Part};
use shared::run::offer::{self, Stock};
use shared::run::places::Tag;
use shared::run::{self, Shell};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody, What};
use crate::wire::{Body, Read, ReadBefore, edited, gone, quoted, read_with};

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
    /// Names this content; to be sent with an edit in `If-Match`.
    etag: String,
    /// Its name for people.
    name: String,
    /// Why nobody can be given it, in sentences; empty = it can be given.
    flaws: Vec<String>,
}

/// A persona in its newest version, with everything that it gives.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonaSeen {
    /// Its id.
    id: String,
    /// Its newest version.
    version: u32,
    /// Why nobody can be given it, in sentences; empty = it can be given.
    flaws: Vec<String>,
    /// Everything that is written of it.
    #[serde(flatten)]
    written: PersonaWritten,
}

/// A persona as somebody writes it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonaWritten {
    /// Its name for people.
    name: String,
    /// ISO 3166 alpha-2, `site` or `country`; absent = it is not touched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    usage_location: Option<String>,
    /// Direct licences, as one set that replaces what is there; empty = they are not touched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    licences: Vec<String>,
    /// Service plans that are off, by licence.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    disabled_plans: BTreeMap<String, BTreeSet<String>>,
    /// Groups that the person is added to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<String>,
    /// Ranges from which they get a telephone number, in this order; empty = no number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    numbers: Vec<String>,
    /// Teams policies: a name by type, or null for the group's or the Global one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    policies: BTreeMap<String, Option<String>>,
    /// What happens when its holder leaves.
    #[serde(default, skip_serializing_if = "OffboardingWritten::is_empty")]
    offboarding: OffboardingWritten,
}

/// What happens when the holder of a persona leaves.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OffboardingWritten {
    /// `remove` or `keep`; absent = as it is set where the person is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    licences: Option<OffboardLicences>,
    /// Whether they are kept from signing in, and signed out everywhere; absent = as it is set where the person is.
    #[serde(skip_serializing_if = "Option::is_none")]
    lock_out: Option<bool>,
    /// Groups that they are taken out of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    leave: Vec<String>,
    /// Policies that they get in the place of those they had, by type.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
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
    let personas = personas.map(|(persona, flaws)| {
        Ok(PersonaSummary {
            etag: quoted(&Tag::of(&persona)?),
            id: persona.reference.id,
            version: persona.reference.version,
            name: persona.name,
            flaws: flaws.iter().map(ToString::to_string).collect(),
        })
    });
    Ok(Json(Personas {
        personas: personas.collect::<Result<_, Problem>>()?,
    }))
}

/// A persona in its newest version.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/personas/{persona}", tag = "catalogue", operation_id = "getPersona",
    params(("tenant" = String, Path, description = "The tenant's id"), ("persona" = String, Path, description = "Its id")),
    responses((status = 200, description = "Found", body = PersonaSeen, headers(("etag" = String, description = "Names this content; to be sent with an edit in `If-Match`"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn persona(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let mut all = offer::personas(&shell, &tenant).await?.into_iter();
    let found = all.find(|(persona, _)| persona.reference.id == id);
    let (persona, flaws) =
        found.ok_or_else(|| Problem::new(What::NotFound, format!("there is no persona {id:?}")))?;
    let tag = Tag::of(&persona)?;
    let seen = PersonaSeen {
        id,
        version: persona.reference.version,
        flaws: flaws.iter().map(ToString::to_string).collect(),
        written: PersonaWritten::of(persona),
    };
    Ok(read_with(&tag, seen))
}

/// Stores a new version of a persona, after everything it names was looked up at Microsoft: of a new persona with `If-None-Match: *`, of
/// another with the etag that was read in `If-Match`. Rules give it from the next sync on; who holds an older version changes with them.
#[utoipa::path(put, path = "/v1/tenants/{tenant}/personas/{persona}", tag = "catalogue", operation_id = "savePersona",
    params(("tenant" = String, Path, description = "The tenant's id"), ("persona" = String, Path, description = "Its id: small letters, digits, hyphens"),
        ("if-match" = Option<String>, Header, description = "The etag that was read"),
        ("if-none-match" = Option<String>, Header, description = "`*` = it is to be new")),
    request_body = PersonaWritten,
    responses((status = 200, description = "Stored", body = PersonaStored, headers(("etag" = String, description = "Names the new content"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn save_persona(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    Path((_, id)): Path<(String, String)>,
    Read(read): Read,
    Body(written): Body<PersonaWritten>,
) -> Result<Response, Problem> {
    let (persona, by) = (written.persona(id), &caller.subject);
    let stored = run::save_persona(&shell, &tenant, &persona, read.as_ref(), by).await?;
    edited(stored, |persona| PersonaStored {
        id: persona.reference.id,
        version: persona.reference.version,
    })
}

/// Retires a persona: nobody is given it any more. Refused while rules name it; its holders keep what they have until rules or people give
/// them another.
#[utoipa::path(delete, path = "/v1/tenants/{tenant}/personas/{persona}", tag = "catalogue", operation_id = "deletePersona",
    params(("tenant" = String, Path, description = "The tenant's id"), ("persona" = String, Path, description = "Its id"),
        ("if-match" = String, Header, description = "The etag that was read")),
    responses((status = 204, description = "It is retired"), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn delete_persona(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    Path((_, id)): Path<(String, String)>,
    ReadBefore(read): ReadBefore,
) -> Result<Response, Problem> {
    let part = Part::Persona(id);
    gone(configuration::remove(&shell, &tenant, &part, &read, &caller.subject).await?)
}

impl PersonaWritten {
    pub(super) fn of(persona: Persona) -> Self {
        let ids = |groups: Vec<GroupId>| groups.into_iter().map(|id| id.0).collect();
        let inherited = persona.inherit.into_iter().map(|kind| (kind.0, None));
        let given = persona.policies.into_iter();
        let disabled = persona.disabled.into_iter();
        let OffboardingProfile {
            licences,
            leave,
            lock_out,
            policies,
        } = persona.offboarding;
        Self {
            name: persona.name,
            usage_location: persona.usage_location.map(|from| match from {
                LocationSource::Site => "site".to_owned(),
                LocationSource::Country => "country".to_owned(),
                LocationSource::Literal(country) => country,
            }),
            licences: persona.licences.into_iter().map(|id| id.0).collect(),
            disabled_plans: disabled
                .map(|(sku, plans)| (sku.0, plans.into_iter().map(|id| id.0).collect()))
                .collect(),
            groups: ids(persona.groups),
            numbers: persona.numbers.into_iter().map(|id| id.0).collect(),
            policies: given
                .map(|(kind, name)| (kind.0, Some(name)))
                .chain(inherited)
                .collect(),
            offboarding: OffboardingWritten {
                licences,
                lock_out,
                leave: ids(leave),
                policies: policies
                    .into_iter()
                    .map(|(kind, name)| (kind.0, name))
                    .collect(),
            },
        }
    }

    pub(super) fn persona(self, id: String) -> Persona {
        let groups = |ids: Vec<String>| ids.into_iter().map(GroupId).collect();
        let mut persona = Persona {
            reference: PersonaRef { id, version: 0 },
            name: self.name,
            usage_location: self.usage_location.map(|from| match from.as_str() {
                "site" => LocationSource::Site,
                "country" => LocationSource::Country,
                _ => LocationSource::Literal(from),
            }),
            licences: self.licences.into_iter().map(SkuId::from).collect(),
            groups: groups(self.groups),
            numbers: self.numbers.into_iter().map(RangeId).collect(),
            offboarding: OffboardingProfile {
                licences: self.offboarding.licences,
                lock_out: self.offboarding.lock_out,
                leave: groups(self.offboarding.leave),
                policies: self
                    .offboarding
                    .policies
                    .into_iter()
                    .map(|(kind, name)| (PolicyType(kind), name))
                    .collect(),
            },
            ..Persona::default()
        };
        for (sku, plans) in self.disabled_plans {
            let plans = plans.into_iter().map(PlanId::from).collect();
            persona.disabled.insert(SkuId::from(sku), plans);
        }
        for (kind, name) in self.policies {
            match name {
                Some(name) => drop(persona.policies.insert(PolicyType(kind), name)),
                None => drop(persona.inherit.insert(PolicyType(kind))),
            }
        }
        persona
    }
}

impl OffboardingWritten {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
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
