//! What an administrator stores: personas, looked up before anybody can be given them.

use crate::error::{Error, Kind, Result};
use crate::model::persona::Persona;
use crate::model::tenant::TenantId;
use crate::plan::decide::{newest, next_version};
use crate::plan::flaws::{Flaw, flaws, malformed, said};

use super::places::{Edited, Tag, told};
use super::{Shell, basis, estate, sync};

/// Stores a persona as a new version of the one that was read, or of none, after everything that it names was looked up at Microsoft (F29, F76, R117, R122).
/// `Conflict` with everything that is wrong with it; nothing is stored then. Rules decide with it from the next sync on; `by` may not
/// say yes to what it changes.
pub async fn save_persona(
    shell: &Shell,
    tenant: &TenantId,
    persona: &Persona,
    read: Option<&Tag>,
    by: &str,
) -> Result<Edited<Persona>> {
    let tenant = sync::tenant(shell, tenant).await?;
    refuse(&malformed(persona))?;
    let graph = shell.graph(&tenant).await?;
    estate::look_up(shell, &tenant, &graph, persona).await?;
    let ranges = shell.store.ranges(&tenant.id).await?;
    let estate = basis::estate(shell, &tenant, ranges).await?;
    refuse(&flaws(persona, &estate, &tenant.settings.protected))?;
    let personas = shell.store.catalogue(&tenant.id).await?.personas;
    let known = newest(&personas, &persona.reference.id);
    if known.map(Tag::of).transpose()?.as_ref() != read {
        return Ok(Edited::Stale);
    }
    let saved = next_version(&personas, persona);
    // First: a decision with it must not miss who wrote it.
    shell.store.add_author(&tenant.id, by).await?;
    let stored = shell.store.add_persona(&tenant.id, &saved).await?;
    told(stored, saved)
}

fn refuse(flaws: &[Flaw]) -> Result<()> {
    if flaws.is_empty() {
        return Ok(());
    }
    let sentence = format!("the persona was not stored: {}", said(flaws));
    Err(Error::new(Kind::Conflict, sentence))
}
