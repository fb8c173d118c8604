//! What an administrator sets for a tenant as a whole, and what roles may do to the fields of its people (F35): each is replaced only by
//! whoever read it.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::model::configuration::FieldsAt;
use crate::model::edit::{Field, FieldPolicy, FieldRule};
use crate::model::tenant::{Settings, TenantId};
use crate::plan::written;

use super::places::{Edited, Tag, refused, told};
use super::{Shell, sync};

/// What is written down of a tenant's settings, with the tag of its content.
pub async fn settings(shell: &Shell, tenant: &TenantId) -> Result<(Settings, Tag)> {
    let tenant = sync::tenant(shell, tenant).await?;
    let settings = tenant.settings.written();
    let tag = Tag::of(&settings)?;
    Ok((settings, tag))
}

/// Stores settings in the place of those that were read; the switches that people turn by hand stay as they are. `Conflict` with what
/// cannot be set. `by` may not say yes to what it changes.
pub async fn save_settings(
    shell: &Shell,
    tenant: &TenantId,
    settings: Settings,
    read: &Tag,
    by: &str,
) -> Result<Edited<Settings>> {
    let tenant = sync::tenant(shell, tenant).await?;
    let mut settings = settings.written();
    written::settings(&mut settings).map_err(refused)?;
    if Tag::of(&tenant.settings.clone().written())? != *read {
        return Ok(Edited::Stale);
    }
    // First: a decision with it must not miss who wrote it.
    shell.store.add_author(&tenant.id, by).await?;
    let stored = shell
        .store
        .replace_settings(&tenant.id, &settings, read)
        .await?;
    told(stored, settings)
}

/// What roles may do to fields where it is restricted, each with the tag of its content.
pub async fn fields(shell: &Shell, tenant: &TenantId) -> Result<Vec<(FieldPolicy, Tag)>> {
    let tenant = sync::tenant(shell, tenant).await?;
    let policies = shell.store.field_policies(&tenant.id).await?.into_iter();
    let with_tag = |policy| Tag::of(&policy).map(|tag| (policy, tag));
    policies.map(with_tag).collect()
}

/// Stores what a role may do to fields in the place of what was read, or for the first time.
pub async fn save_fields(
    shell: &Shell,
    tenant: &TenantId,
    at: FieldsAt,
    fields: BTreeMap<Field, FieldRule>,
    read: Option<&Tag>,
) -> Result<Edited<FieldPolicy>> {
    let tenant = sync::tenant(shell, tenant).await?;
    let nodes = shell.store.nodes(&tenant.id).await?;
    written::fields(&at, &fields, nodes.iter().map(|node| &node.path)).map_err(refused)?;
    let FieldsAt { role, node } = at;
    let policy = FieldPolicy { role, node, fields };
    let known = shell.store.field_policies(&tenant.id).await?;
    let mut known = known.into_iter();
    let known = known.find(|known| known.role == policy.role && known.node == policy.node);
    if known.map(|known| Tag::of(&known)).transpose()?.as_ref() != read {
        return Ok(Edited::Stale);
    }
    let stored = shell
        .store
        .replace_fields(&tenant.id, &policy, read)
        .await?;
    told(stored, policy)
}
