//! A tenant's tree of regions and sites, and its profiles. Each is replaced only by whoever read it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::model::microsoft::PolicyType;
use shared::model::persona::{Profile, SitePath};
use shared::model::tenant::{OffboardLicences, TenantId};
use shared::model::tree::{Node, NodeKind, Values};
use shared::run::Shell;
use shared::run::places::{self, Tag};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody};
use crate::wire::{Body, Read, edited, quoted};

/// Regions and sites.
#[derive(Debug, Serialize, ToSchema)]
pub struct NodeList {
    /// In the order of their paths.
    nodes: Vec<NodeSeen>,
}

/// A region or a site.
#[derive(Debug, Serialize, ToSchema)]
pub struct NodeSeen {
    /// Its path, such as `europe/berlin`.
    path: String,
    /// Names this content; to be sent with an edit in `If-Match`.
    etag: String,
    /// Everything that is set.
    #[serde(flatten)]
    set: NodeWritten,
}

/// What is set at a region or a site, for everything at and below it; what is absent is inherited from above.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeWritten {
    /// Its name for people, 1 to 200 characters.
    name: String,
    /// `site`: people are placed at it; `region`: it holds sites and regions.
    #[schema(value_type = String)]
    kind: NodeKind,
    /// ISO 3166 alpha-2, for personas that take it from the site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    usage_location: Option<String>,
    /// IANA name, such as `Europe/Berlin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
    /// Teams policies by type, of whoever is here and whose persona names none of the type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    policies: BTreeMap<String, String>,
    /// Whether offboarding takes direct licences away: `remove` or `keep`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    offboard_licences: Option<OffboardLicences>,
    /// Id of the emergency location of numbers that are given here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    emergency_location: Option<String>,
    /// For so many days a number rests after it was released, 3650 at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cooling_days: Option<u16>,
    /// Whoever comes with a number that belongs elsewhere does not place it here too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prevent_duplicates: Option<bool>,
    /// So few free numbers are a matter for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    low_numbers: Option<u16>,
    /// Whether offboarding keeps people from signing in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lock_out: Option<bool>,
    /// Whether offboarding leaves people at their site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retain_at_site: Option<bool>,
    /// Whether people at the tenant level may be adopted here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    adoption: Option<bool>,
    /// Names of member roles that exist here and below.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    roles: BTreeSet<String>,
}

impl NodeWritten {
    fn of(node: Node) -> Self {
        let Values {
            usage_location,
            time_zone,
            policies,
            offboard_licences,
            emergency_location,
            cooling_days,
            prevent_duplicates,
            low_numbers,
            lock_out,
            retain_at_site,
            adoption,
            roles,
        } = node.values;
        Self {
            name: node.name,
            kind: node.kind,
            usage_location,
            time_zone,
            policies: policies
                .into_iter()
                .map(|(kind, name)| (kind.0, name))
                .collect(),
            offboard_licences,
            emergency_location,
            cooling_days,
            prevent_duplicates,
            low_numbers,
            lock_out,
            retain_at_site,
            adoption,
            roles,
        }
    }

    fn at(self, path: SitePath) -> Node {
        let policies = self.policies.into_iter();
        Node {
            path,
            name: self.name,
            kind: self.kind,
            values: Values {
                usage_location: self.usage_location,
                time_zone: self.time_zone,
                policies: policies
                    .map(|(kind, name)| (PolicyType(kind), name))
                    .collect(),
                offboard_licences: self.offboard_licences,
                emergency_location: self.emergency_location,
                cooling_days: self.cooling_days,
                prevent_duplicates: self.prevent_duplicates,
                low_numbers: self.low_numbers,
                lock_out: self.lock_out,
                retain_at_site: self.retain_at_site,
                adoption: self.adoption,
                roles: self.roles,
            },
        }
    }
}

/// Profiles besides `everything`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProfileList {
    /// In the order of their names.
    profiles: Vec<ProfileSeen>,
}

/// A profile.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProfileSeen {
    /// Its name.
    name: String,
    /// Names this content; to be sent with an edit in `If-Match`.
    etag: String,
    /// Its switches.
    #[serde(flatten)]
    set: ProfileWritten,
}

/// Which kinds of service somebody gets of a persona.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileWritten {
    /// The usage location.
    location: bool,
    /// Direct licences.
    licences: bool,
    /// Groups.
    groups: bool,
    /// Teams policies.
    policies: bool,
    /// A telephone number.
    number: bool,
}

impl ProfileWritten {
    fn of(profile: Profile) -> Self {
        Self {
            location: profile.location,
            licences: profile.licences,
            groups: profile.groups,
            policies: profile.policies,
            number: profile.number,
        }
    }
}

/// Regions and sites with what is set at each.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/nodes", tag = "tree", operation_id = "listNodes",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, description = "Found", body = NodeList), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn nodes(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
) -> Result<Json<NodeList>, Problem> {
    let nodes = places::nodes(&shell, &tenant).await?.into_iter();
    let seen = |(node, tag): (Node, Tag)| NodeSeen {
        path: node.path.0.clone(),
        etag: quoted(&tag),
        set: NodeWritten::of(node),
    };
    Ok(Json(NodeList {
        nodes: nodes.map(seen).collect(),
    }))
}

/// Stores a region or a site: a new one with `If-None-Match: *`, another content with the etag that was read in `If-Match`. It is in force
/// for the next decision; what that would change at many people waits for somebody else's yes.
#[utoipa::path(put, path = "/v1/tenants/{tenant}/nodes/{node}", tag = "tree", operation_id = "saveNode",
    params(("tenant" = String, Path, description = "The tenant's id"), ("node" = String, Path, description = "Its path with `/` written as `%2F`, such as `europe%2Fberlin`"),
        ("if-match" = Option<String>, Header, description = "The etag that was read"),
        ("if-none-match" = Option<String>, Header, description = "`*` = it is to be new")),
    request_body = NodeWritten,
    responses((status = 200, description = "Stored", body = NodeWritten, headers(("etag" = String, description = "Names the new content"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn save_node(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    Path((_, path)): Path<(String, String)>,
    Read(read): Read,
    Body(written): Body<NodeWritten>,
) -> Result<Response, Problem> {
    let node = written.at(SitePath(path));
    let by = &caller.subject;
    let stored = places::save_node(&shell, &tenant, node, read.as_ref(), by).await?;
    edited(stored, NodeWritten::of)
}

/// Profiles besides `everything`, which every tenant has.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/profiles", tag = "catalogue", operation_id = "listProfiles",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, description = "Found", body = ProfileList), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn profiles(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
) -> Result<Json<ProfileList>, Problem> {
    let profiles = places::profiles(&shell, &tenant).await?.into_iter();
    let seen = |(profile, tag): (Profile, Tag)| ProfileSeen {
        name: profile.name.clone(),
        etag: quoted(&tag),
        set: ProfileWritten::of(profile),
    };
    Ok(Json(ProfileList {
        profiles: profiles.map(seen).collect(),
    }))
}

/// Stores a profile: a new one with `If-None-Match: *`, another content with the etag that was read in `If-Match`.
#[utoipa::path(put, path = "/v1/tenants/{tenant}/profiles/{profile}", tag = "catalogue", operation_id = "saveProfile",
    params(("tenant" = String, Path, description = "The tenant's id"), ("profile" = String, Path, description = "Its name: small letters, digits, hyphens"),
        ("if-match" = Option<String>, Header, description = "The etag that was read"),
        ("if-none-match" = Option<String>, Header, description = "`*` = it is to be new")),
    request_body = ProfileWritten,
    responses((status = 200, description = "Stored", body = ProfileWritten, headers(("etag" = String, description = "Names the new content"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn save_profile(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    Path((_, name)): Path<(String, String)>,
    Read(read): Read,
    Body(written): Body<ProfileWritten>,
) -> Result<Response, Problem> {
    let profile = Profile {
        name,
        location: written.location,
        licences: written.licences,
        groups: written.groups,
        policies: written.policies,
        number: written.number,
    };
    let by = &caller.subject;
    let stored = places::save_profile(&shell, &tenant, profile, read.as_ref(), by).await?;
    edited(stored, ProfileWritten::of)
}
