//! A tenant's tree of regions and sites, and its profiles. Each is replaced only by whoever read it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::model::persona::{Profile, SitePath};
use shared::model::tenant::TenantId;
use shared::model::tree::{Node, NodeKind};
use shared::run::Shell;
use shared::run::configuration::{self, Part};
use shared::run::places::{self, Tag};
use utoipa::ToSchema;

use super::settings::ValuesWritten;
use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody};
use crate::wire::{Body, Read, ReadBefore, edited, gone, quoted};

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

/// A region or a site as somebody writes it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeWritten {
    /// Its name for people, 1 to 200 characters.
    name: String,
    /// `site`: people are placed at it; `region`: it holds sites and regions.
    #[schema(value_type = String)]
    kind: NodeKind,
    /// What is set here, for everything at and below it; what is absent is inherited from above.
    #[serde(default, skip_serializing_if = "ValuesWritten::is_empty")]
    values: ValuesWritten,
}

impl NodeWritten {
    pub(super) fn of(node: Node) -> Self {
        Self {
            name: node.name,
            kind: node.kind,
            values: ValuesWritten::of(node.values),
        }
    }

    pub(super) fn at(self, path: SitePath) -> Node {
        Node {
            path,
            name: self.name,
            kind: self.kind,
            values: self.values.values(),
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
    pub(super) fn of(profile: Profile) -> Self {
        Self {
            location: profile.location,
            licences: profile.licences,
            groups: profile.groups,
            policies: profile.policies,
            number: profile.number,
        }
    }

    pub(super) fn named(self, name: String) -> Profile {
        Profile {
            name,
            location: self.location,
            licences: self.licences,
            groups: self.groups,
            policies: self.policies,
            number: self.number,
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
    let profile = written.named(name);
    let by = &caller.subject;
    let stored = places::save_profile(&shell, &tenant, profile, read.as_ref(), by).await?;
    edited(stored, ProfileWritten::of)
}

/// Takes a region or a site away. Refused while people or numbers are there, nodes lie below it, or rules or ranges name it.
#[utoipa::path(delete, path = "/v1/tenants/{tenant}/nodes/{node}", tag = "tree", operation_id = "deleteNode",
    params(("tenant" = String, Path, description = "The tenant's id"), ("node" = String, Path, description = "Its path with `/` written as `%2F`"),
        ("if-match" = String, Header, description = "The etag that was read")),
    responses((status = 204, description = "It is gone"), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn delete_node(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    Path((_, path)): Path<(String, String)>,
    ReadBefore(read): ReadBefore,
) -> Result<Response, Problem> {
    let part = Part::Node(SitePath(path));
    gone(configuration::remove(&shell, &tenant, &part, &read, &caller.subject).await?)
}

/// Takes a profile away. Refused while rules name it.
#[utoipa::path(delete, path = "/v1/tenants/{tenant}/profiles/{profile}", tag = "catalogue", operation_id = "deleteProfile",
    params(("tenant" = String, Path, description = "The tenant's id"), ("profile" = String, Path, description = "Its name"),
        ("if-match" = String, Header, description = "The etag that was read")),
    responses((status = 204, description = "It is gone"), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn delete_profile(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    Path((_, name)): Path<(String, String)>,
    ReadBefore(read): ReadBefore,
) -> Result<Response, Problem> {
    let part = Part::Profile(name);
    gone(configuration::remove(&shell, &tenant, &part, &read, &caller.subject).await?)
}
