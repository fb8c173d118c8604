//! How good what the directory says of people is.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;
use shared::model::property::Property;
use shared::model::tenant::TenantId;
use shared::run::Shell;
use shared::run::rules::{self, Quality};
use utoipa::ToSchema;

use crate::problem::{Problem, ProblemBody};

/// Blanks and people whom no rule matches.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetadataReport {
    /// People whom rules may concern.
    people: u64,
    /// No persona rule matches them.
    unmatched: u64,
    /// False = there are more people than the 50,000 that were looked at.
    complete: bool,
    /// By the site where placement rules put people.
    sites: Vec<SiteReport>,
    /// By property: title, department, country, office, city, and what rules name.
    properties: Vec<PropertyReport>,
}

/// People of one site.
#[derive(Debug, Serialize, ToSchema)]
pub struct SiteReport {
    /// The site; absent = placement rules put them nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<String>,
    /// All of them.
    people: u64,
    /// No persona rule matches them.
    unmatched: u64,
    /// How many have nothing there, by property.
    blanks: BTreeMap<&'static str, u64>,
}

/// One property.
#[derive(Debug, Serialize, ToSchema)]
pub struct PropertyReport {
    /// Its name in rules, such as `jobTitle`.
    name: &'static str,
    /// People who have nothing there.
    blanks: u64,
    /// Those among them whom no persona rule matches.
    unmatched_blanks: u64,
    /// What those have whom no persona rule matches, the most frequent first, at most 20.
    unmatched_values: Vec<ValueSeen>,
}

/// A value, and how many have it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ValueSeen {
    /// The value.
    value: String,
    /// So many.
    people: u64,
}

/// Where the directory keeps rules from matching: blanks and unmatched people, by property and by site.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/metadata", tag = "rules", operation_id = "getMetadata",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, description = "Found", body = MetadataReport), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn metadata(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
) -> Result<Json<MetadataReport>, Problem> {
    let (quality, complete) = rules::metadata(&shell, &tenant).await?;
    let Quality {
        people,
        unmatched,
        sites,
        properties,
    } = quality;
    let named = |blanks: BTreeMap<Property, u64>| -> BTreeMap<&'static str, u64> {
        let named = blanks.into_iter().map(|(one, count)| (one.name(), count));
        named.collect()
    };
    let sites = sites.into_iter().map(|(site, seen)| SiteReport {
        site: site.map(|site| site.0),
        people: seen.people,
        unmatched: seen.unmatched,
        blanks: named(seen.blanks),
    });
    let value = |(value, people)| ValueSeen { value, people };
    let properties = properties.into_iter().map(|(one, seen)| PropertyReport {
        name: one.name(),
        blanks: seen.blanks,
        unmatched_blanks: seen.unmatched_blanks,
        unmatched_values: seen.unmatched_values.into_iter().map(value).collect(),
    });
    Ok(Json(MetadataReport {
        people,
        unmatched,
        complete,
        sites: sites.collect(),
        properties: properties.collect(),
    }))
}
