//! What is set for a tenant as a whole, and what roles may do to the fields of its people (F35).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::model::change_set::{ChangeKind, Limit};
use shared::model::edit::{Field, FieldPolicy, FieldRule};
use shared::model::group::GroupId;
use shared::model::microsoft::{PolicyType, UserId};
use shared::model::tenant::{
    OffboardLicences, Protected, ReadinessLooks, Scope, Settings, SyncSettings, TenantId,
};
use shared::model::tree::Values;
use shared::run::configuration::{self, FieldsAt, Part};
use shared::run::{Shell, settings};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody, What};
use crate::wire::{Body, Read, ReadBefore, edited, gone, quoted, read_with};

/// The settings of a tenant. Pause, read-only and flow-through are not among them: each has a route and checks of its own.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsWritten {
    /// When staged people are looked at: `scheduled` (only when the staging schedule or a person asks) or `adaptive` (besides that after 5,
    /// 10, 20 and 40 minutes, hourly for a day, then every 4 hours).
    #[schema(value_type = String)]
    readiness: ReadinessLooks,
    /// Whether offboarding takes direct licences away, where nothing else is set: `remove` or `keep`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    offboard_licences: Option<OffboardLicences>,
    /// What a sync takes over from the directory.
    import: ImportWritten,
    /// What is set for the whole tree, unless a node says otherwise.
    #[serde(default, skip_serializing_if = "ValuesWritten::is_empty")]
    values: ValuesWritten,
    /// Countries as the directory writes them, and the ISO 3166 alpha-2 that each means.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    countries: BTreeMap<String, String>,
    /// Whom nothing that happens by itself may touch.
    #[serde(default, skip_serializing_if = "ProtectedWritten::is_empty")]
    protected: ProtectedWritten,
    /// How many changes go through in 24 hours without anybody's yes, where not as the installation says: by `onboard`, `persona`, `site`,
    /// `licence_removal`, `offboard`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, LimitWritten>)]
    limits: BTreeMap<ChangeKind, LimitWritten>,
}

/// What a sync takes over from the directory.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportWritten {
    /// Guests too.
    guests: bool,
    /// Only people for whom this condition of the rule language holds; absent = all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    only: Option<String>,
    /// Only people who are directly in one of these groups, at most 50; empty = all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<String>,
    /// People who are not known yet are taken in.
    add: bool,
    /// What changed about people who are known is taken over.
    update: bool,
    /// Who vanished is marked.
    remove: bool,
    /// Licence products are read.
    licences: bool,
    /// Telephone numbers are read.
    numbers: bool,
    /// Teams policies in force are read, and compared with what was given.
    policies: bool,
}

/// Whom nothing that happens by itself may touch.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ProtectedWritten {
    /// These people, by Entra object id, at most 500.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    people: BTreeSet<String>,
    /// Whoever is in one of these groups, at most 20.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    groups: BTreeSet<String>,
}

/// How many changes of one kind go through in 24 hours without anybody's yes.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitWritten {
    /// So few always do.
    few: u64,
    /// Beyond them, so many of 100 people in scope.
    percent: u64,
    /// More than these never do; absent = there is no such number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    many: Option<u64>,
}

/// What roles may do to the fields of people, where it is restricted.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldsList {
    /// By role and place.
    fields: Vec<FieldsSeen>,
}

/// What a role may do to fields at a node and below.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldsSeen {
    /// The role, and the node after an `@`; without one, the whole tenant: `operator@europe/berlin`.
    at: String,
    /// Names this content; to be sent with an edit in `If-Match`.
    etag: String,
    /// Fields that are not open: `hidden`, `read_only`, `open` (although a node above restricts it) or `{"prefilled": "GB"}`, by
    /// `usage_location`, `licences`, `groups`, `policies`, `member_role`.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    fields: BTreeMap<Field, FieldRule>,
}

/// What a role may do to fields, as somebody writes it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = BTreeMap<String, serde_json::Value>)]
pub struct FieldsWritten(
    /// Fields that are not open, as they are listed.
    pub(super) BTreeMap<Field, FieldRule>,
);

/// What is set at a place, for everything at and below it; what is absent is inherited from above.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ValuesWritten {
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

impl ValuesWritten {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn of(values: Values) -> Self {
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
        } = values;
        let policies = policies.into_iter();
        Self {
            usage_location,
            time_zone,
            policies: policies.map(|(kind, name)| (kind.0, name)).collect(),
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

    pub(super) fn values(self) -> Values {
        let policies = self.policies.into_iter();
        Values {
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
        }
    }
}

impl SettingsWritten {
    pub(super) fn of(settings: Settings) -> Self {
        let Settings {
            readiness,
            offboard_licences,
            sync,
            values,
            countries,
            protected,
            limits,
            paused: _,
            read_only: _,
            flow_through: _,
        } = settings;
        let limits = limits.into_iter();
        Self {
            readiness,
            offboard_licences,
            import: ImportWritten::of(sync),
            values: ValuesWritten::of(values),
            countries,
            protected: ProtectedWritten {
                people: protected.people.into_iter().map(|id| id.0).collect(),
                groups: protected.groups.into_iter().map(|id| id.0).collect(),
            },
            limits: limits
                .map(|(kind, Limit { few, percent, many })| {
                    (kind, LimitWritten { few, percent, many })
                })
                .collect(),
        }
    }

    pub(super) fn settings(self) -> Settings {
        let limits = self.limits.into_iter();
        Settings {
            readiness: self.readiness,
            offboard_licences: self.offboard_licences,
            sync: self.import.settings(),
            values: self.values.values(),
            countries: self.countries,
            protected: Protected {
                people: self.protected.people.into_iter().map(UserId).collect(),
                groups: self.protected.groups.into_iter().map(GroupId).collect(),
            },
            limits: limits
                .map(|(kind, LimitWritten { few, percent, many })| {
                    (kind, Limit { few, percent, many })
                })
                .collect(),
            ..Settings::default()
        }
    }
}

impl ImportWritten {
    fn of(sync: SyncSettings) -> Self {
        let groups = sync.scope.groups.into_iter();
        Self {
            guests: sync.scope.guests,
            only: sync.scope.only,
            groups: groups.map(|id| id.0).collect(),
            add: sync.add,
            update: sync.update,
            remove: sync.remove,
            licences: sync.licences,
            numbers: sync.numbers,
            policies: sync.policies,
        }
    }

    fn settings(self) -> SyncSettings {
        SyncSettings {
            scope: Scope {
                guests: self.guests,
                only: self.only,
                groups: self.groups.into_iter().map(GroupId).collect(),
            },
            add: self.add,
            update: self.update,
            remove: self.remove,
            licences: self.licences,
            numbers: self.numbers,
            policies: self.policies,
        }
    }
}

impl ProtectedWritten {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The settings of a tenant.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/settings", tag = "tenants", operation_id = "getSettings",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, description = "Found", body = SettingsWritten, headers(("etag" = String, description = "Names this content; to be sent with an edit in `If-Match`"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn get_settings(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
) -> Result<Response, Problem> {
    let (found, tag) = settings::settings(&shell, &tenant).await?;
    Ok(read_with(&tag, SettingsWritten::of(found)))
}

/// Stores settings in the place of those that were read. They are in force for the next sync; what they would change for many people waits
/// for somebody else's yes.
#[utoipa::path(put, path = "/v1/tenants/{tenant}/settings", tag = "tenants", operation_id = "saveSettings",
    params(("tenant" = String, Path, description = "The tenant's id"), ("if-match" = String, Header, description = "The etag that was read")),
    request_body = SettingsWritten,
    responses((status = 200, description = "Stored", body = SettingsWritten, headers(("etag" = String, description = "Names the new content"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn save_settings(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    ReadBefore(read): ReadBefore,
    Body(written): Body<SettingsWritten>,
) -> Result<Response, Problem> {
    let (new, by) = (written.settings(), &caller.subject);
    let stored = settings::save_settings(&shell, &tenant, new, &read, by).await?;
    edited(stored, SettingsWritten::of)
}

/// What roles may do to the fields of people, where it is restricted.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/fields", tag = "tenants", operation_id = "listFields",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, description = "Found", body = FieldsList), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn fields(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
) -> Result<Json<FieldsList>, Problem> {
    let found = settings::fields(&shell, &tenant).await?.into_iter();
    let fields = found.map(|(policy, tag)| FieldsSeen {
        at: place(&policy).to_string(),
        etag: quoted(&tag),
        fields: policy.fields,
    });
    Ok(Json(FieldsList {
        fields: fields.collect(),
    }))
}

/// Restricts what a role may do to fields at a node and below: for the first time with `If-None-Match: *`, otherwise with the etag that was
/// read in `If-Match`.
#[utoipa::path(put, path = "/v1/tenants/{tenant}/fields/{fields}", tag = "tenants", operation_id = "saveFields",
    params(("tenant" = String, Path, description = "The tenant's id"), ("fields" = String, Path, description = "The role, and the node after an `@` with `/` written as `%2F`"),
        ("if-match" = Option<String>, Header, description = "The etag that was read"),
        ("if-none-match" = Option<String>, Header, description = "`*` = it is to be new")),
    request_body = FieldsWritten,
    responses((status = 200, description = "Stored", body = FieldsWritten, headers(("etag" = String, description = "Names the new content"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn save_fields(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, at)): Path<(String, String)>,
    Read(read): Read,
    Body(written): Body<FieldsWritten>,
) -> Result<Response, Problem> {
    let at = placed(&at)?;
    let read = read.as_ref();
    let stored = settings::save_fields(&shell, &tenant, at, written.0, read).await?;
    edited(stored, |policy| FieldsWritten(policy.fields))
}

/// Lifts the restrictions of a role at a node: what is set above is in force there.
#[utoipa::path(delete, path = "/v1/tenants/{tenant}/fields/{fields}", tag = "tenants", operation_id = "deleteFields",
    params(("tenant" = String, Path, description = "The tenant's id"), ("fields" = String, Path, description = "The role, and the node after an `@` with `/` written as `%2F`"),
        ("if-match" = String, Header, description = "The etag that was read")),
    responses((status = 204, description = "They are lifted"), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn delete_fields(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    Path((_, at)): Path<(String, String)>,
    ReadBefore(read): ReadBefore,
) -> Result<Response, Problem> {
    let part = Part::Fields(placed(&at)?);
    gone(configuration::remove(&shell, &tenant, &part, &read, &caller.subject).await?)
}

fn place(policy: &FieldPolicy) -> FieldsAt {
    FieldsAt {
        role: policy.role,
        node: policy.node.clone(),
    }
}

fn placed(at: &str) -> Result<FieldsAt, Problem> {
    FieldsAt::parse(at).ok_or_else(|| {
        let sentence =
            format!("there is no role in {at:?}: write operator, or operator@europe/berlin");
        Problem::new(What::NotFound, sentence)
    })
}
