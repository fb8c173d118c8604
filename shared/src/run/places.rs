//! What an administrator stores of a tenant's tree, and its profiles: each is replaced only by whoever read it (F20, F22, R26).

use crate::error::{Error, Kind, Result};
use crate::model::persona::Profile;
use crate::model::tenant::TenantId;
use crate::model::tree::{Node, NodeKind, Values};
use crate::plan::calendar::is_zone;
use crate::plan::countries;
use crate::plan::flaws::is_name;
pub use crate::store::edits::Tag;

use super::{Shell, sync};

/// The longest name for people, in characters.
const LONGEST: usize = 200;
/// So many policies and member roles are set at a node.
const MOST: usize = 50;
/// A number rests so many days at most: ten years.
const LONGEST_REST: u16 = 3_650;

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
    if !node.path.is_well_formed() {
        return refused(
            "a path is words of small letters, digits and hyphens with slashes between",
        );
    }
    named(&node.name)?;
    settle(&mut node.values)?;
    let nodes = shell.store.nodes(&tenant.id).await?;
    fits(&node, &nodes)?;
    if node.kind == NodeKind::Region {
        let rules = shell.store.rules(&tenant.id).await?;
        let places = rules.placement.iter().find(|rule| rule.then == node.path);
        if let Some(rule) = places {
            return refused(&format!(
                "rule {:?} places people here: a region holds no people",
                rule.name
            ));
        }
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
    if !is_name(&profile.name) || profile.name == Profile::EVERYTHING {
        return refused(
            "a profile has a name of small letters, digits and hyphens, and not `everything`",
        );
    }
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

fn told<T: serde::Serialize>(stored: bool, value: T) -> Result<Edited<T>> {
    if !stored {
        return Ok(Edited::Stale);
    }
    let tag = Tag::of(&value)?;
    Ok(Edited::Stored(value, tag))
}

/// Values as they are stored: countries in capitals; anything that cannot be set is refused.
fn settle(values: &mut Values) -> Result<()> {
    if let Some(written) = &values.usage_location {
        let Some(code) = countries::code(written) else {
            return refused("usage_location is two letters of ISO 3166, such as GB");
        };
        values.usage_location = Some(code);
    }
    if values
        .time_zone
        .as_deref()
        .is_some_and(|zone| !is_zone(zone))
    {
        return refused("time_zone is a name of the IANA list, such as Europe/Berlin");
    }
    if values.cooling_days.is_some_and(|days| days > LONGEST_REST) {
        return refused("cooling_days are 3650 at most");
    }
    if values.policies.len() > MOST || values.roles.len() > MOST {
        return refused("50 policies and 50 member roles at most are set at a node");
    }
    for (kind, name) in &values.policies {
        if kind.0.trim().is_empty() || name.trim().is_empty() {
            return refused("a policy has a type and a name");
        }
    }
    values.roles.iter().try_for_each(|role| named(role))
}

/// Sites hold nothing below them.
fn fits(node: &Node, nodes: &[Node]) -> Result<()> {
    let mut above = node.path.above();
    while let Some(path) = above {
        let site = nodes.iter().find(|known| known.path == path);
        if site.is_some_and(|known| known.kind == NodeKind::Site) {
            return refused(&format!("{} is a site: nothing lies below it", path.0));
        }
        above = path.above();
    }
    let below = format!("{}/", node.path.0);
    let holds = nodes.iter().any(|known| known.path.0.starts_with(&below));
    if node.kind == NodeKind::Site && holds {
        return refused("there are nodes below it: it is a region");
    }
    Ok(())
}

fn named(name: &str) -> Result<()> {
    if (1..=LONGEST).contains(&name.trim().chars().count()) {
        return Ok(());
    }
    refused("a name has 1 to 200 characters")
}

fn refused<T>(why: &str) -> Result<T> {
    Err(Error::new(Kind::Conflict, why.to_owned()))
}
