//! Why somebody has what they have (I2): what rules say of them now, and what came of it the last time.

use crate::error::{Error, Kind, Result};
use crate::model::inventory::Entry;
use crate::model::microsoft::UserId;
use crate::model::tenant::TenantId;
use crate::plan::decide::{Decision, Policybook};
pub use crate::plan::explain::{Explanation, Tried, Verdict};
use crate::plan::rule::Rule;
pub use crate::plan::rule::{Near, Reason};

use super::look::PersonSeen;
use super::{Shell, basis, look, sync};

/// Everything that there is to say about why.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// What rules make of them now.
    pub explanation: Explanation,
    /// Where they are, and what is open for them.
    pub seen: PersonSeen,
    /// Their number in the inventory: the range it was drawn from tells why it is this one.
    pub entry: Option<Entry>,
    /// How the steps of the last job ended, open or not: a licence that was not given says why there.
    pub steps: Vec<(String, String)>,
}

impl Explained {
    /// What the next sync does about them, in a sentence.
    pub fn next(&self) -> String {
        match &self.explanation.decision {
            Decision::Leave(leave) => leave.to_string(),
            Decision::Provision { .. } => "what they are to have is given to them".to_owned(),
        }
    }
}

/// Explains one person. `NotFound` if there is none, `Conflict` if the rules cannot be used.
pub async fn explain(shell: &Shell, tenant: &TenantId, person: &UserId) -> Result<Explained> {
    let seen = look::person(shell, tenant, person).await?;
    let tenant = sync::tenant(shell, tenant).await?;
    let basis = basis::basis(shell, &tenant).await?;
    let book = Policybook::new(basis).map_err(|problem| {
        Error::new(Kind::Conflict, "the rules cannot be used").with_source(problem)
    })?;
    let entry = match &seen.person.number {
        Some(number) => shell.store.entry(&tenant, number).await?,
        None => None,
    };
    let steps = match (&seen.job, &seen.person.result) {
        (Some(job), _) => {
            let open = look::job(shell, &tenant.id, &job.id).await?;
            let steps = open.steps.unwrap_or_default().into_iter();
            let stands = job.standings.iter().map(|one| one.stands.to_string());
            steps.map(|step| step.to_string()).zip(stands).collect()
        }
        (None, Some(last)) => {
            let kept = shell.store.history(&tenant, &last.job).await?;
            kept.map(|kept| kept.steps).unwrap_or_default()
        }
        (None, None) => Vec::new(),
    };
    Ok(Explained {
        explanation: book.explain(&seen.person),
        seen,
        entry,
        steps,
    })
}

/// Tests one condition on one person: whether it is true, and what decided that. `NotFound` if there is no such person, `Conflict` if the
/// condition, or the stored rules, cannot be used.
pub async fn test(
    shell: &Shell,
    tenant: &TenantId,
    when: &str,
    person: &UserId,
) -> Result<(bool, Vec<Reason>)> {
    let refused = |why: String| Error::new(Kind::Conflict, why);
    let rule = Rule::parse(when).map_err(|problem| refused(problem.to_string()))?;
    let tenant = sync::tenant(shell, tenant).await?;
    let person = look::find(shell, &tenant, person).await?;
    let basis = basis::basis(shell, &tenant).await?;
    let book = Policybook::new(basis).map_err(|problem| refused(problem.to_string()))?;
    Ok(book.test(&rule, &person))
}
