//! What an administrator stores of a tenant's tree, and its profiles: each is replaced only by whoever read it (F20, F22, R26).

use crate::error::{Error, Kind, Result};
use crate::model::persona::Profile;
use crate::model::tenant::TenantId;
use crate::model::tree::{Node, NodeKind};
use crate::plan::written;
pub use crate::store::edits::Tag;

use super::{Shell, sync};

/// What became of an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edited<T> {
    /// This is stored, and has this tag.
    Stored(T, Tag),
    /// What was read is not what is there now; nothing was stored.
    Stale,
}

/// Regions and sites in the order of their paths, each with the tag of its content.
pub async fn nodes(shell: &Shell, tenant: &TenantId) -> Result<Vec<(Node, Tag)>> {
    let tenant = sync::tenant(shell, tenant).await?;
    let nodes = shell.store.nodes(&tenant.id).await?.into_iter();
    nodes
        .map(|node| Tag::of(&node).map(|tag| (node, tag)))
        .collect()
}

/// Profiles besides `everything`, each with the tag of its content.
pub async fn profiles(shell: &Shell, tenant: &TenantId) -> Result<Vec<(Profile, Tag)>> {
    let tenant = sync::tenant(shell, tenant).await?;
    let profiles = shell.store.profiles(&tenant.id).await?.into_iter();
    let with_tag = |profile| Tag::of(&profile).map(|tag| (profile, tag));
    profiles.map(with_tag).collect()
}

/// Stores a node in the place of the one that was read; without one, a new one. `Conflict` with what cannot be set, or does not fit the tree
/// or the rules. `by` may not say yes to what it changes.
pub async fn save_node(
    shell: &Shell,
    tenant: &TenantId,
    mut node: Node,
    read: Option<&Tag>,
    by: &str,
) -> Result<Edited<Node>> {
    let tenant = sync::tenant(shell, tenant).await?;
    let nodes = shell.store.nodes(&tenant.id).await?;
    written::node(&mut node, nodes.iter()).map_err(refused)?;
    if node.kind == NodeKind::Region {
        let rules = shell.store.rules(&tenant.id).await?;
        written::holds_nobody(&node, &rules.placement).map_err(refused)?;
    }
    let known = nodes.into_iter().find(|known| known.path == node.path);
    let known = known.map(|known| Tag::of(&known)).transpose()?;
    if known.as_ref() != read {
        return Ok(Edited::Stale);
    }
    // First: a decision with it must not miss who wrote it.
    shell.store.add_author(&tenant.id, by).await?;
    let stored = shell.store.replace_node(&tenant.id, &node, read).await?;
    told(stored, node)
}

/// Stores a profile likewise.
pub async fn save_profile(
    shell: &Shell,
    tenant: &TenantId,
    profile: Profile,
    read: Option<&Tag>,
    by: &str,
) -> Result<Edited<Profile>> {
    let tenant = sync::tenant(shell, tenant).await?;
    written::profile(&profile).map_err(refused)?;
    let profiles = shell.store.profiles(&tenant.id).await?;
    let known = profiles
        .into_iter()
        .find(|known| known.name == profile.name);
    let known = known.map(|known| Tag::of(&known)).transpose()?;
    if known.as_ref() != read {
        return Ok(Edited::Stale);
    }
    shell.store.add_author(&tenant.id, by).await?;
    let stored = shell
        .store
        .replace_profile(&tenant.id, &profile, read)
        .await?;
    told(stored, profile)
}

/// What became of an edit.
pub(super) fn told<T: serde::Serialize>(stored: bool, value: T) -> Result<Edited<T>> {
    if !stored {
        return Ok(Edited::Stale);
    }
    let tag = Tag::of(&value)?;
    Ok(Edited::Stored(value, tag))
}

/// What somebody wrote cannot be stored, and why.
pub(super) fn refused(why: String) -> Error {
    Error::new(Kind::Conflict, why)
}
