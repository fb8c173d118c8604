//! Storing a draft, part by part: each replaces exactly what was compared.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::{Error, Kind, Result};
use crate::model::configuration::{Configuration, FieldsAt, Part};
use crate::model::edit::{Field, FieldPolicy, FieldRule};
use crate::model::lane::Mark;
use crate::model::tenant::{Tenant, TenantId};
use crate::plan::configuration::{Difference, Objection, in_order};
use crate::plan::decide::{latest, next_version};
use crate::run::tenants::ring;
use crate::run::{Shell, schedule, sync};
use crate::store::edits::Tag;

use super::{Known, Planned, compare, judge, read, retired, rules};

/// What became of an order to apply a draft.
#[derive(Clone, Debug)]
pub enum Applied {
    /// This is different now, of what was planned.
    Yes(Box<Planned>, Vec<Difference>),
    /// What is in force, or the draft, is not what was looked at; nothing was stored.
    Stale,
    /// It cannot be applied; nothing was stored.
    Refused(Vec<Objection>),
    /// Somebody else stored a part meanwhile: the first ones are stored, this one and what follows it are not.
    Partly(Vec<Difference>, Part),
}

/// Stores a draft whose plan has this hash: everything that others name first, and what is not in it is taken away last. Rules decide with
/// it at once; what that changes for many people waits for somebody's yes, and `by` may not say it.
pub async fn apply(
    shell: &Shell,
    tenant: &TenantId,
    draft: Configuration,
    hash: &str,
    by: &str,
) -> Result<Applied> {
    let tenant = sync::tenant(shell, tenant).await?;
    let known = read(shell, &tenant).await?;
    let mut planned = compare(&tenant, &known, draft)?;
    if planned.hash != hash {
        return Ok(Applied::Stale);
    }
    judge(shell, &tenant, &known, &mut planned, false).await?;
    if !planned.objections.is_empty() {
        return Ok(Applied::Refused(planned.objections));
    }
    let rest = in_order(planned.differences.clone());
    if rest.is_empty() {
        return Ok(Applied::Yes(Box::new(planned), rest));
    }
    // First: a decision with it must not miss who wrote it.
    shell.store.add_author(&tenant.id, by).await?;
    let mut stored = Vec::new();
    for one in rest {
        // Both lists are one row.
        let is_rules = |part: &Part| matches!(part, Part::Placement | Part::PersonaRules);
        let rules_are_stored = stored.iter().any(|one: &Difference| is_rules(&one.part));
        let done = is_rules(&one.part) && rules_are_stored;
        if !done && !store(shell, &tenant, &known, &planned.then, &one.part).await? {
            ring(shell, &tenant.id, Mark::Decide).await?;
            return Ok(Applied::Partly(stored, one.part));
        }
        stored.push(one);
    }
    ring(shell, &tenant.id, Mark::Decide).await?;
    Ok(Applied::Yes(Box::new(planned), stored))
}

/// Takes one part away, if it is the one that was read. False = it is another by now. `Conflict` with what is still there, or names it;
/// `NotFound` if there is no such part.
pub async fn remove(
    shell: &Shell,
    tenant: &TenantId,
    part: &Part,
    read: &Tag,
    by: &str,
) -> Result<bool> {
    let tenant = sync::tenant(shell, tenant).await?;
    let known = super::read(shell, &tenant).await?;
    let mut draft = known.now.clone();
    let tag = match part {
        Part::Node(path) => taken(&mut draft.nodes, path)?,
        Part::Range(id) => taken(&mut draft.ranges, id)?,
        Part::Profile(name) => taken(&mut draft.profiles, name)?,
        Part::Persona(id) => match taken(&mut draft.personas, id)? {
            Some(_) => latest(&known.catalogue.personas, id)
                .map(Tag::of)
                .transpose()?,
            None => None,
        },
        Part::Fields(at) => {
            let fields = draft.fields.as_mut().and_then(|all| all.remove(at));
            fields
                .map(|fields| Tag::of(&policy(at, &fields)))
                .transpose()?
        }
        Part::Settings | Part::Placement | Part::PersonaRules | Part::Schedule(_) => None,
    };
    let Some(tag) = tag else {
        return Err(Error::new(Kind::NotFound, format!("there is no {part}")));
    };
    if tag != *read {
        return Ok(false);
    }
    let mut planned = compare(&tenant, &known, draft)?;
    judge(shell, &tenant, &known, &mut planned, false).await?;
    if !planned.objections.is_empty() {
        let all = planned.objections.iter();
        let all: Vec<String> = all
            .map(|one| format!("{}: {}", one.part, one.why))
            .collect();
        return Err(Error::new(Kind::Conflict, all.join("; ")));
    }
    shell.store.add_author(&tenant.id, by).await?;
    store(shell, &tenant, &known, &planned.then, part).await
}

fn taken<K: Ord, V: Serialize>(part: &mut Option<BTreeMap<K, V>>, key: &K) -> Result<Option<Tag>> {
    let gone = part.as_mut().and_then(|all| all.remove(key));
    gone.map(|gone| Tag::of(&gone)).transpose()
}

fn policy(at: &FieldsAt, fields: &BTreeMap<Field, FieldRule>) -> FieldPolicy {
    FieldPolicy {
        role: at.role,
        node: at.node.clone(),
        fields: fields.clone(),
    }
}

/// Stores one part. False = it is not what was compared any more.
async fn store(
    shell: &Shell,
    tenant: &Tenant,
    known: &Known,
    then: &Configuration,
    part: &Part,
) -> Result<bool> {
    let (id, now) = (&tenant.id, &known.now);
    match part {
        Part::Settings => {
            let Some((now, then)) = now.settings.as_ref().zip(then.settings.as_ref()) else {
                return Ok(false);
            };
            let tag = Tag::of(now)?;
            shell.store.replace_settings(id, then, &tag).await
        }
        Part::Node(path) => {
            let read = tag_in(&now.nodes, path)?;
            match (in_part(&then.nodes, path), read) {
                (Some(node), read) => shell.store.replace_node(id, node, read.as_ref()).await,
                (None, Some(read)) => shell.store.remove_node(id, path, &read).await,
                (None, None) => Ok(false),
            }
        }
        Part::Range(range) => {
            let read = tag_in(&now.ranges, range)?;
            match (in_part(&then.ranges, range), read) {
                (Some(range), read) => shell.store.replace_range(id, range, read.as_ref()).await,
                (None, Some(read)) => shell.store.remove_range(id, range, &read).await,
                (None, None) => Ok(false),
            }
        }
        Part::Profile(name) => {
            let read = tag_in(&now.profiles, name)?;
            match (in_part(&then.profiles, name), read) {
                (Some(one), read) => shell.store.replace_profile(id, one, read.as_ref()).await,
                (None, Some(read)) => shell.store.remove_profile(id, name, &read).await,
                (None, None) => Ok(false),
            }
        }
        Part::Fields(at) => {
            let policy = |fields| policy(at, fields);
            let before = in_part(&now.fields, at).map(policy);
            let read = before.map(|before| Tag::of(&before)).transpose()?;
            match (in_part(&then.fields, at).map(policy), read) {
                (Some(policy), read) => {
                    shell.store.replace_fields(id, &policy, read.as_ref()).await
                }
                (None, Some(read)) => {
                    let node = at.node.as_ref();
                    shell.store.remove_fields(id, at.role, node, &read).await
                }
                (None, None) => Ok(false),
            }
        }
        Part::Persona(persona) => {
            let all = &known.catalogue.personas;
            let next = match (
                in_part(&then.personas, persona),
                in_part(&now.personas, persona),
            ) {
                (Some(draft), _) => next_version(all, draft),
                (None, Some(gone)) => retired(all, gone),
                (None, None) => return Ok(false),
            };
            shell.store.add_persona(id, &next).await
        }
        Part::Placement | Part::PersonaRules => {
            let read = known.catalogue.rules.version;
            shell
                .store
                .replace_rules(id, &rules(known, then), read)
                .await
        }
        Part::Schedule(kind) => {
            if let Some(then) = in_part(&then.schedules, kind) {
                schedule::set_schedule(shell, id, *kind, then).await?;
            }
            Ok(true)
        }
    }
}

fn in_part<'a, K: Ord, V>(part: &'a Option<BTreeMap<K, V>>, key: &K) -> Option<&'a V> {
    part.as_ref()?.get(key)
}

fn tag_in<K: Ord, V: Serialize>(part: &Option<BTreeMap<K, V>>, key: &K) -> Result<Option<Tag>> {
    in_part(part, key).map(|value| Tag::of(value)).transpose()
}
