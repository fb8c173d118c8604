//! Why somebody has what they have.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::model::microsoft::UserId;
use shared::model::tenant::TenantId;
use shared::run::Shell;
use shared::run::explain::{self, Near, Reason, Tried, Verdict};
use utoipa::ToSchema;

use super::jobs::StepEnded;
use super::numbers::{NumberSeen, seen};
use crate::problem::{Problem, ProblemBody};
use crate::wire::Body;

/// Why somebody has what they have.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplanationSeen {
    /// The one state they are in.
    state: &'static str,
    /// The placement rules, as they say now which site.
    placement: TriedSeen,
    /// The persona rules, as they say now which persona.
    persona: TriedSeen,
    /// What the person is to have by that; absent = rules leave them alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<serde_json::Value>)]
    wanted: Option<Value>,
    /// What the next sync does about it, in a sentence.
    next: String,
    /// Their telephone number: the range that it was drawn from, where it belongs.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<NumberSeen>,
    /// How the steps of their last job stand: why a licence was not given, or a number not yet.
    last_job: Vec<StepEnded>,
}

/// A list of rules, tried in its order until one matched.
#[derive(Debug, Serialize, ToSchema)]
pub struct TriedSeen {
    /// Those that did not match, in their order.
    failed: Vec<VerdictSeen>,
    /// The one that did; absent = none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    matched: Option<VerdictSeen>,
    /// What follows from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<serde_json::Value>)]
    then: Option<Value>,
}

/// A rule, and what decided it.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerdictSeen {
    /// Its name.
    rule: String,
    /// The comparisons because of which it matched, or did not.
    because: Vec<ReasonSeen>,
}

/// A comparison, and the value that it met.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReasonSeen {
    /// The comparison.
    comparison: String,
    /// The person's value; absent = none. Hostile until escaped.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// Whether it holds.
    holds: bool,
    /// It would hold if the value were written like this: only blanks, or one letter, are different.
    #[serde(skip_serializing_if = "Option::is_none")]
    nearly: Option<String>,
}

/// Why somebody has what they have: every rule that was tried with what decided it, what follows, and what came of it.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/people/{person}/explanation", tag = "people", operation_id = "explainPerson",
    params(("tenant" = String, Path, description = "The tenant's id"), ("person" = String, Path, description = "Entra object id")),
    responses((status = 200, description = "Found", body = ExplanationSeen), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn explanation(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<ExplanationSeen>, Problem> {
    let told = explain::explain(&shell, &tenant, &UserId(id)).await?;
    let next = told.next();
    let why = told.explanation;
    Ok(Json(ExplanationSeen {
        state: told.seen.state().name(),
        placement: tried(why.placement),
        persona: tried(why.persona),
        wanted: why
            .wanted
            .ok()
            .and_then(|wanted| serde_json::to_value(wanted).ok()),
        next,
        number: told.entry.map(seen),
        last_job: told
            .steps
            .into_iter()
            .map(|(step, stands)| StepEnded { step, stands })
            .collect(),
    }))
}

/// A condition and somebody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleTest {
    /// The condition, in the language of rules.
    when: String,
    /// Entra object id.
    person: String,
}

/// Whether a condition is true of somebody.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleTested {
    /// It is.
    matches: bool,
    /// The comparisons because of which it is, or is not.
    because: Vec<ReasonSeen>,
}

/// Tests one condition on one person; nothing is stored.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/rules/test", tag = "rules", operation_id = "testRule",
    params(("tenant" = String, Path, description = "The tenant's id")),
    request_body = RuleTest,
    responses((status = 200, description = "Tested", body = RuleTested), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn test_rule(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Body(asked): Body<RuleTest>,
) -> Result<Json<RuleTested>, Problem> {
    let person = UserId(asked.person);
    let (matches, reasons) = explain::test(&shell, &tenant, &asked.when, &person).await?;
    let because = reasons.into_iter().map(reason).collect();
    Ok(Json(RuleTested { matches, because }))
}

fn tried<T: Serialize>(list: Tried<T>) -> TriedSeen {
    let (matched, then) = list.matched.unzip();
    TriedSeen {
        failed: list.failed.into_iter().map(verdict).collect(),
        matched: matched.map(verdict),
        then: then.and_then(|then| serde_json::to_value(then).ok()),
    }
}

fn reason(reason: Reason) -> ReasonSeen {
    ReasonSeen {
        comparison: reason.comparison,
        value: reason.value,
        holds: reason.holds,
        nearly: reason.near.map(|near| match near {
            Near::Blanks(text) | Near::Letter(text) => text,
        }),
    }
}

fn verdict(verdict: Verdict) -> VerdictSeen {
    VerdictSeen {
        rule: verdict.rule,
        because: verdict.reasons.into_iter().map(reason).collect(),
    }
}
