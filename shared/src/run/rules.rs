//! What an administrator does with rules: both lists as one, stored at once or tried on everybody first (F37, F38, F41).

use crate::error::{Error, Kind, Result};
use crate::model::lane::Mark;
use crate::model::person::Person;
use crate::model::persona::Rules;
use crate::model::tenant::{Tenant, TenantId};
use crate::plan::decide::Policybook;
use crate::plan::laboratory::Laboratory;
pub use crate::plan::laboratory::{Change, Findings, Idle};
use crate::plan::metadata::Metadata;
pub use crate::plan::metadata::{PropertyQuality, Quality, SiteQuality};
use crate::plan::written::{self, MOST_RULES};

use super::tenants::ring;
use super::{Shell, basis, look, sync};

/// So many people are looked at when a draft is tried, or metadata judged; the answer says if there are more.
const LOOKED_AT: usize = 50_000;

/// So many groups are followed for rules.
const MOST_GROUPS: usize = 50;

/// Rules that were stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The version that they became.
    pub version: u32,
    /// What they make syncs do that they did not do so far.
    pub costs: Vec<String>,
    /// The names of rules, and what surprises people about them.
    pub warnings: Vec<(String, String)>,
}

/// The stored rules.
pub async fn rules(shell: &Shell, tenant: &TenantId) -> Result<Rules> {
    let tenant = sync::tenant(shell, tenant).await?;
    shell.store.rules(&tenant.id).await
}

/// Stores both lists in the place of those with the version that the draft names, and says which version they became; the next sync
/// decides with them, or one that begins now if `apply` says so; `by` may not say yes to what it changes. `Conflict` if somebody stored others meanwhile, or a rule cannot be used:
/// then nothing is stored.
pub async fn save_rules(
    shell: &Shell,
    tenant: &TenantId,
    mut draft: Rules,
    apply: bool,
    by: &str,
) -> Result<Stored> {
    let tenant = sync::tenant(shell, tenant).await?;
    let book = book(shell, &tenant, draft.clone()).await?;
    let costs = costs(&tenant, &book)?;
    let warnings = book.warnings();
    let read = draft.version;
    draft.version = read.saturating_add(1);
    // First: a decision with these rules must not miss who wrote them.
    shell.store.add_author(&tenant.id, by).await?;
    if !shell.store.replace_rules(&tenant.id, &draft, read).await? {
        let why = format!("the rules are not those of version {read} any more: read them again");
        return Err(Error::new(Kind::Conflict, why));
    }
    if apply {
        ring(shell, &tenant.id, Mark::Decide).await?;
    }
    Ok(Stored {
        version: draft.version,
        costs,
        warnings,
    })
}

/// What the rules make the next sync do besides: whatever they read that was not read yet takes the whole directory. `Conflict` if they
/// name more groups than are followed.
fn costs(tenant: &Tenant, book: &Policybook) -> Result<Vec<String>> {
    let (beyond, read) = (book.reads().beyond(), &tenant.read_for_rules);
    if beyond.groups.len() > MOST_GROUPS {
        let count = beyond.groups.len();
        let why = format!("rules name {count} groups: {MOST_GROUPS} are followed at most");
        return Err(Error::new(Kind::Conflict, why));
    }
    let properties = beyond.properties.difference(&read.properties).cloned();
    let groups = beyond.groups.difference(&read.groups);
    let groups = groups.map(|group| format!("the members of group {}", group.0));
    let mut costs: Vec<String> = properties
        .chain(groups)
        .map(|what| format!("{what} was not read so far: the next sync reads the whole directory"))
        .collect();
    if book.reads().clock {
        costs.push("rules read the clock: everybody is decided once a day".to_owned());
    }
    Ok(costs)
}

/// Tries draft lists on people as they are now. False = there are more people than were looked at.
pub async fn try_rules(shell: &Shell, tenant: &TenantId, draft: Rules) -> Result<(Findings, bool)> {
    let tenant = sync::tenant(shell, tenant).await?;
    let stored = shell.store.rules(&tenant.id).await?;
    let stored = book(shell, &tenant, stored).await?;
    let draft = book(shell, &tenant, draft).await?;
    let mut laboratory = Laboratory::new(&stored, &draft);
    let see = |person: Person| laboratory.add(&person);
    let is_all = look::everybody(shell, &tenant, LOOKED_AT, see).await?;
    Ok((laboratory.end(), is_all))
}

/// How good what the directory says of people is, for the rules in force (R130). False = there are more people than were looked at.
pub async fn metadata(shell: &Shell, tenant: &TenantId) -> Result<(Quality, bool)> {
    let tenant = sync::tenant(shell, tenant).await?;
    let stored = shell.store.rules(&tenant.id).await?;
    let book = book(shell, &tenant, stored).await?;
    let mut metadata = Metadata::new(&book);
    let see = |person: Person| metadata.add(&person);
    let is_all = look::everybody(shell, &tenant, LOOKED_AT, see).await?;
    Ok((metadata.end(), is_all))
}

/// Whether lists can be used at all, and everything that decisions depend on with them.
async fn book(shell: &Shell, tenant: &Tenant, rules: Rules) -> Result<Policybook> {
    let refused = |why: String| Error::new(Kind::Conflict, why);
    let count = rules.placement.len() + rules.persona.len();
    if count > MOST_RULES {
        return Err(refused(format!(
            "{count} rules are too many: {MOST_RULES} at most"
        )));
    }
    let named = |(place, why): (usize, String)| refused(format!("rule {}: {why}", place + 1));
    written::rules(&rules.placement).map_err(named)?;
    written::rules(&rules.persona).map_err(named)?;
    let mut basis = basis::basis(shell, tenant).await?;
    basis.rules = rules;
    Policybook::new(basis).map_err(|problem| refused(problem.to_string()))
}
