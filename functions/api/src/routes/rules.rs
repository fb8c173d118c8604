//! Rules: both lists as one document, stored at once, or tried on everybody first.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::model::persona::{MemberRole, PersonaChoice, Rules, SitePath, WrittenRule};
use shared::model::tenant::TenantId;
use shared::run::Shell;
use shared::run::rules::{self, Findings};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody};
use crate::wire::{Asked, Body};

/// Both lists. The order of a list is the order in which its rules are tried; the first that matches is applied.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RulesDocument {
    /// The version: stored with the version that was read, they become the next one. 0 = none were stored yet.
    version: u32,
    /// Which site: each with `name`, perhaps a `description`, `when` (the condition) and `then` (the site, such as `europe/berlin`).
    placement: Vec<PlacementRule>,
    /// Which persona: the same, with `then` as `{"persona": "sales", "profile": null, "role": "none"}`.
    persona: Vec<PersonaRule>,
}

/// A rule that says at which site somebody belongs.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlacementRule {
    /// Its name, of which there is one in the list.
    name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// The condition, in the language of rules.
    when: String,
    /// The site.
    then: String,
}

/// A rule that says which persona somebody gets.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonaRule {
    /// Its name, of which there is one in the list.
    name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// The condition, in the language of rules.
    when: String,
    /// What follows.
    then: PersonaChosen,
}

/// What a persona rule leads to.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonaChosen {
    /// The persona, in its newest version.
    persona: String,
    /// The member role: `none`, `self_service`, or `{"named": "desk"}`.
    #[serde(default)]
    #[schema(value_type = serde_json::Value)]
    role: MemberRole,
    /// The profile; absent = everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    profile: Option<String>,
}

impl From<WrittenRule<SitePath>> for PlacementRule {
    fn from(rule: WrittenRule<SitePath>) -> Self {
        Self {
            name: rule.name,
            description: rule.description,
            when: rule.when,
            then: rule.then.0,
        }
    }
}

impl From<PlacementRule> for WrittenRule<SitePath> {
    fn from(rule: PlacementRule) -> Self {
        Self {
            name: rule.name,
            description: rule.description,
            when: rule.when,
            then: SitePath(rule.then),
        }
    }
}

impl From<WrittenRule<PersonaChoice>> for PersonaRule {
    fn from(rule: WrittenRule<PersonaChoice>) -> Self {
        Self {
            name: rule.name,
            description: rule.description,
            when: rule.when,
            then: PersonaChosen {
                persona: rule.then.persona,
                role: rule.then.role,
                profile: rule.then.profile,
            },
        }
    }
}

impl From<PersonaRule> for WrittenRule<PersonaChoice> {
    fn from(rule: PersonaRule) -> Self {
        Self {
            name: rule.name,
            description: rule.description,
            when: rule.when,
            then: PersonaChoice {
                persona: rule.then.persona,
                role: rule.then.role,
                profile: rule.then.profile,
            },
        }
    }
}

/// Whether they are decided with at once.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ApplyAsked {
    /// Decide with them now, not at the next sync.
    #[serde(default)]
    apply: bool,
}

/// The version that rules became.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulesStored {
    /// The version.
    version: u32,
    /// What they make syncs do that they did not do so far, such as to read the whole directory.
    costs: Vec<String>,
    /// What is allowed, and seldom meant.
    warnings: Vec<RuleWarning>,
}

/// Something about a rule that surprises people.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleWarning {
    /// The rule's name.
    rule: String,
    /// What it does.
    told: String,
}

/// What a draft would change.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulesTried {
    /// Everybody was looked at; otherwise the first 50,000 people.
    complete: bool,
    /// People whom rules may concern.
    in_scope: usize,
    /// How many go from which persona to which, those who stay included.
    matrix: Vec<Way>,
    /// How many go to another site.
    moved: usize,
    /// Those who would get something else, at most 100.
    changed: Vec<ChangeSeen>,
    /// Beyond those.
    more: usize,
    /// Telephone numbers needed, by the first range they are drawn from.
    numbers: Vec<Need>,
    /// Seats needed, by licence.
    licences: Vec<Need>,
    /// Persona rules that are applied to nobody.
    idle: Vec<IdleSeen>,
}

/// From one persona to another.
#[derive(Debug, Serialize, ToSchema)]
pub struct Way {
    /// By the stored rules; absent = none.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// By the draft; absent = none.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// So many people.
    people: usize,
}

/// Somebody who would get something else.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeSeen {
    /// Entra object id.
    person: String,
    /// The persona by the stored rules; absent = none.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// The persona by the draft; absent = none.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
}

/// How much of something is needed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Need {
    /// Of what.
    id: String,
    /// How much.
    needed: usize,
}

/// A rule that is applied to nobody.
#[derive(Debug, Serialize, ToSchema)]
pub struct IdleSeen {
    /// Its name.
    rule: String,
    /// It is true of people, and earlier rules get all of them; otherwise it is true of nobody.
    shadowed: bool,
}

/// The stored rules.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/rules", tag = "rules", operation_id = "getRules",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, description = "Found", body = RulesDocument), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn rules(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
) -> Result<Json<RulesDocument>, Problem> {
    let Rules {
        version,
        placement,
        persona,
    } = rules::rules(&shell, &tenant).await?;
    Ok(Json(RulesDocument {
        version,
        placement: placement.into_iter().map(Into::into).collect(),
        persona: persona.into_iter().map(Into::into).collect(),
    }))
}

/// Stores both lists in the place of the version that they name: an edit, an insertion and a new order are all the same. Refused as a whole
/// if a rule cannot be used, with the place in it, or if somebody stored others meanwhile.
#[utoipa::path(put, path = "/v1/tenants/{tenant}/rules", tag = "rules", operation_id = "saveRules",
    params(("tenant" = String, Path, description = "The tenant's id"), ApplyAsked),
    request_body = RulesDocument,
    responses((status = 200, description = "Stored", body = RulesStored), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn save_rules(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    Asked(asked): Asked<ApplyAsked>,
    Body(document): Body<RulesDocument>,
) -> Result<Json<RulesStored>, Problem> {
    let by = &caller.subject;
    let stored = rules::save_rules(&shell, &tenant, document.into(), asked.apply, by).await?;
    let warnings = stored.warnings.into_iter();
    Ok(Json(RulesStored {
        version: stored.version,
        costs: stored.costs,
        warnings: warnings
            .map(|(rule, told)| RuleWarning { rule, told })
            .collect(),
    }))
}

/// Tries draft lists on people as they are now: who would go from which persona to which, what that takes, which rules are of no use.
/// Nothing is stored or changed.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/rules/try", tag = "rules", operation_id = "tryRules",
    params(("tenant" = String, Path, description = "The tenant's id")),
    request_body = RulesDocument,
    responses((status = 200, description = "What would change", body = RulesTried), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn try_rules(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Body(document): Body<RulesDocument>,
) -> Result<Json<RulesTried>, Problem> {
    let (found, complete) = rules::try_rules(&shell, &tenant, document.into()).await?;
    Ok(Json(tried(found, complete)))
}

impl From<RulesDocument> for Rules {
    fn from(document: RulesDocument) -> Self {
        Self {
            version: document.version,
            placement: document.placement.into_iter().map(Into::into).collect(),
            persona: document.persona.into_iter().map(Into::into).collect(),
        }
    }
}

pub(super) fn tried(found: Findings, complete: bool) -> RulesTried {
    let matrix = found.matrix.into_iter();
    let changed = found.changed.into_iter();
    let idle = found.idle.into_iter();
    RulesTried {
        complete,
        in_scope: found.in_scope,
        matrix: matrix
            .map(|((from, to), people)| Way { from, to, people })
            .collect(),
        moved: found.moved,
        changed: changed
            .map(|change| ChangeSeen {
                person: change.person.0,
                from: change.from,
                to: change.to,
            })
            .collect(),
        more: found.more,
        numbers: needs(
            found
                .numbers
                .into_iter()
                .map(|(range, needed)| (range.0, needed)),
        ),
        licences: needs(
            found
                .licences
                .into_iter()
                .map(|(sku, needed)| (sku.0, needed)),
        ),
        idle: idle
            .map(|idle| IdleSeen {
                rule: idle.rule,
                shadowed: idle.shadowed,
            })
            .collect(),
    }
}

fn needs(of: impl Iterator<Item = (String, usize)>) -> Vec<Need> {
    of.map(|(id, needed)| Need { id, needed }).collect()
}
