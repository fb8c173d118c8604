//! Configuration as code: everything that is written down of a tenant as one document, planned before it is applied (I10, F145).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::IF_MATCH;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::error::{Error, Kind};
use shared::model::inventory::RangeId;
use shared::model::persona::SitePath;
use shared::model::schedule::ScheduleKind;
use shared::model::tenant::TenantId;
use shared::run::Shell;
use shared::run::configuration::{
    self, Applied, Configuration, Difference, FieldsAt, Objection, Part,
};
use utoipa::ToSchema;

use super::catalogue::PersonaWritten;
use super::places::{NodeWritten, ProfileWritten};
use super::ranges::RangeWritten;
use super::rules::{PersonaRule, PlacementRule, RulesTried, tried};
use super::schedules::ScheduleChange;
use super::settings::{FieldsWritten, SettingsWritten};
use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody, What};
use crate::wire::Body;

/// Everything that is written down of a tenant. A section that is absent is not spoken of and stays as it is; what is absent from a section
/// that is there is taken away. Schedules are never taken away.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigurationDocument {
    /// The settings of the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settings: Option<SettingsWritten>,
    /// Regions and sites, by path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nodes: Option<BTreeMap<String, NodeWritten>>,
    /// Profiles besides `everything`, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    profiles: Option<BTreeMap<String, ProfileWritten>>,
    /// Personas, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    personas: Option<BTreeMap<String, PersonaWritten>>,
    /// What roles may do to fields of people, by role and place, such as `operator@europe/berlin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, FieldsWritten>>)]
    fields: Option<BTreeMap<FieldsAt, FieldsWritten>>,
    /// Ranges of telephone numbers, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ranges: Option<BTreeMap<String, RangeWritten>>,
    /// Both lists of rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rules: Option<RuleLists>,
    /// Schedules, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, ScheduleChange>>)]
    schedules: Option<BTreeMap<ScheduleKind, ScheduleChange>>,
}

/// Both lists of rules, without a version.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleLists {
    /// Which site.
    placement: Vec<PlacementRule>,
    /// Which persona.
    persona: Vec<PersonaRule>,
}

/// What applying a document would do.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConfigurationPlan {
    /// Names what is in force and the document: applying takes it in `If-Match`, in quotes.
    hash: String,
    /// Everything in which they differ; empty = nothing would change.
    changes: Vec<ConfigurationChange>,
    /// Why it cannot be applied; empty = it can.
    objections: Vec<ConfigurationObjection>,
    /// What it would change for people by the next decision; absent if it cannot be applied, or nothing differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    people: Option<RulesTried>,
}

/// An entry in which a document differs from what is in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConfigurationChange {
    /// Its section of the document.
    section: &'static str,
    /// Its name in the section; absent = the section.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// `added`, `changed` or `removed`.
    how: &'static str,
    /// What is in force; absent = nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<serde_json::Value>)]
    before: Option<Value>,
    /// What the document says; absent = nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<serde_json::Value>)]
    after: Option<Value>,
}

/// Why a document cannot be applied.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConfigurationObjection {
    /// The section of the document.
    section: &'static str,
    /// The entry in the section; absent = the section.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The rule in a list, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<usize>,
    /// What is wrong and what to do.
    why: String,
}

/// A document that was applied.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConfigurationApplied {
    /// What was stored, in this order.
    stored: Vec<ConfigurationChange>,
}

impl ConfigurationDocument {
    fn of(whole: &Configuration) -> Self {
        let Configuration {
            settings,
            nodes,
            profiles,
            personas,
            fields,
            ranges,
            placement,
            persona,
            schedules,
        } = whole.clone();
        let lists = placement.zip(persona);
        Self {
            settings: settings.map(SettingsWritten::of),
            nodes: nodes.map(|all| each(all, |path| path.0, NodeWritten::of)),
            profiles: profiles.map(|all| each(all, |name| name, ProfileWritten::of)),
            personas: personas.map(|all| each(all, |id| id, PersonaWritten::of)),
            fields: fields.map(|all| each(all, |at| at, FieldsWritten)),
            ranges: ranges.map(|all| each(all, |id| id.0, RangeWritten::of)),
            rules: lists.map(|(placement, persona)| RuleLists {
                placement: placement.into_iter().map(PlacementRule::from).collect(),
                persona: persona.into_iter().map(PersonaRule::from).collect(),
            }),
            schedules: schedules.map(|all| each(all, |kind| kind, ScheduleChange)),
        }
    }

    fn configuration(self) -> Configuration {
        let (placement, persona) = match self.rules {
            None => (None, None),
            Some(lists) => (
                Some(lists.placement.into_iter().map(Into::into).collect()),
                Some(lists.persona.into_iter().map(Into::into).collect()),
            ),
        };
        Configuration {
            settings: self.settings.map(SettingsWritten::settings),
            nodes: self.nodes.map(|all| {
                let nodes = all.into_iter().map(|(path, node)| node.at(SitePath(path)));
                nodes.map(|node| (node.path.clone(), node)).collect()
            }),
            profiles: self.profiles.map(|all| {
                let profiles = all
                    .into_iter()
                    .map(|(name, one)| (name.clone(), one.named(name)));
                profiles.collect()
            }),
            personas: self.personas.map(|all| {
                let personas = all
                    .into_iter()
                    .map(|(id, one)| (id.clone(), one.persona(id)));
                personas.collect()
            }),
            fields: self.fields.map(|all| each(all, |at| at, |fields| fields.0)),
            ranges: self.ranges.map(|all| {
                let ranges = all
                    .into_iter()
                    .map(|(id, one)| (RangeId(id.clone()), one.range(id)));
                ranges.collect()
            }),
            placement,
            persona,
            schedules: self
                .schedules
                .map(|all| each(all, |kind| kind, |change| change.0)),
        }
    }

    /// An entry as it stands in the document.
    fn entry(document: &Value, part: &Part) -> Option<Value> {
        let (section, name) = part.place();
        let section = document.get(section)?;
        match name {
            None => Some(section.clone()),
            Some(name) => section.get(name).cloned(),
        }
    }
}

fn each<K: Ord, L: Ord, V, W>(
    all: BTreeMap<K, V>,
    key: impl Fn(K) -> L,
    value: impl Fn(V) -> W,
) -> BTreeMap<L, W> {
    let all = all.into_iter();
    all.map(|(name, one)| (key(name), value(one))).collect()
}

/// Everything that is written down of a tenant, in its canonical form: the same configuration is the same text.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/configuration", tag = "configuration", operation_id = "getConfiguration",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, description = "Found", body = ConfigurationDocument), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn export(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
) -> Result<Json<ConfigurationDocument>, Problem> {
    let whole = configuration::export(&shell, &tenant).await?;
    Ok(Json(ConfigurationDocument::of(&whole)))
}

/// Says what a document would change, what stands in its way, and whom it concerns. Nothing is stored.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/configuration/plan", tag = "configuration", operation_id = "planConfiguration",
    params(("tenant" = String, Path, description = "The tenant's id")),
    request_body = ConfigurationDocument,
    responses((status = 200, description = "What it would do", body = ConfigurationPlan), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn plan(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Body(document): Body<ConfigurationDocument>,
) -> Result<Json<ConfigurationPlan>, Problem> {
    let planned = configuration::plan(&shell, &tenant, document.configuration()).await?;
    let changes = changes(&planned.now, &planned.then, planned.differences)?;
    let is_complete = planned.is_complete;
    Ok(Json(ConfigurationPlan {
        hash: planned.hash,
        changes,
        objections: planned.objections.into_iter().map(objection).collect(),
        people: planned.people.map(|found| tried(found, is_complete)),
    }))
}

/// Applies exactly the document that was planned: `If-Match` takes the hash of the plan. Rules decide with it at once; what that changes for
/// many people waits for somebody else's yes.
#[utoipa::path(put, path = "/v1/tenants/{tenant}/configuration", tag = "configuration", operation_id = "applyConfiguration",
    params(("tenant" = String, Path, description = "The tenant's id"), ("if-match" = String, Header, description = "The hash of its plan, in quotes")),
    request_body = ConfigurationDocument,
    responses((status = 200, description = "Applied", body = ConfigurationApplied), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn apply(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Body(document): Body<ConfigurationDocument>,
) -> Result<Response, Problem> {
    let hash = headers.get(IF_MATCH).and_then(|value| value.to_str().ok());
    let hash = hash
        .map(|text| text.trim().trim_matches('"'))
        .ok_or_else(|| {
            let sentence = "say which plan is applied: If-Match with its hash";
            Problem::new(What::Unconditional, sentence)
        })?;
    let (draft, by) = (document.configuration(), &caller.subject);
    match configuration::apply(&shell, &tenant, draft, hash, by).await? {
        Applied::Yes(planned, stored) => {
            let stored = changes(&planned.now, &planned.then, stored)?;
            Ok(Json(ConfigurationApplied { stored }).into_response())
        }
        Applied::Stale => {
            let sentence = "what is in force, or the document, is not what was planned: plan again";
            Err(Problem::new(What::Changed, sentence))
        }
        Applied::Refused(objections) => {
            let all = objections
                .iter()
                .map(|one| format!("{}: {}", one.part, one.why));
            let all: Vec<String> = all.collect();
            Err(Problem::new(What::Conflict, all.join("; ")))
        }
        Applied::Partly(stored, part) => {
            let stored: Vec<String> = stored.iter().map(|one| one.part.to_string()).collect();
            let stored = stored.join(", ");
            let sentence = format!(
                "somebody else stored {part} meanwhile: it and what follows it were not stored, these were: {stored}. Plan again"
            );
            Err(Problem::new(What::Conflict, sentence))
        }
    }
}

fn changes(
    now: &Configuration,
    then: &Configuration,
    differences: Vec<Difference>,
) -> Result<Vec<ConfigurationChange>, Problem> {
    let document = |whole| {
        serde_json::to_value(ConfigurationDocument::of(whole)).map_err(|error| {
            Error::new(Kind::Invalid, "showing a configuration").with_source(error)
        })
    };
    let (now, then) = (document(now)?, document(then)?);
    let change = |one: Difference| {
        let (section, name) = one.part.place();
        ConfigurationChange {
            section,
            name,
            how: one.how.name(),
            before: ConfigurationDocument::entry(&now, &one.part),
            after: ConfigurationDocument::entry(&then, &one.part),
        }
    };
    Ok(differences.into_iter().map(change).collect())
}

fn objection(objection: Objection) -> ConfigurationObjection {
    let (section, name) = objection.part.place();
    ConfigurationObjection {
        section,
        name,
        rule: objection.rule,
        why: objection.why,
    }
}
