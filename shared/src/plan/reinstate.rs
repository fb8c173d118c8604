//! Taking an offboarding back: what somebody had before it, as far as that can be given again (I6).

use std::collections::BTreeSet;

use crate::model::before::Before;
use crate::model::inventory::{Entry, NumberState, RangeId};
use crate::model::microsoft::{PolicyName, Sku, SkuId, UserId};
use crate::model::number::E164;
use crate::model::persona::{MemberRole, Persona, PersonaRef, SitePath, Wanted};
use crate::model::step::Step;
use crate::model::time::Time;
use crate::model::tree::Tree;

use super::inventory::rests;
use super::steps::{Held, provision};

/// An offboarding, and what there is of what it took away.
#[derive(Debug)]
pub struct Taken<'a> {
    /// Whom it was about.
    pub person: &'a UserId,
    /// What the job's requests found before they changed it.
    pub before: &'a Before,
    /// The site where the person was; `None` = the tenant level.
    pub site: Option<&'a SitePath>,
    /// The persona version that they held.
    pub held: Option<&'a PersonaRef>,
    /// Their member role.
    pub role: &'a MemberRole,
    /// When it ended.
    pub ended: Time,
    /// The numbers that it took away, as they are in the inventory now; one that is not there is left out.
    pub entries: &'a [Entry],
    /// That persona version, if it is there still.
    pub persona: Option<&'a Persona>,
    /// What the tenant owns.
    pub skus: &'a [Sku],
    /// Policies that are known, and those that were looked for in vain.
    pub policies: &'a [PolicyName],
    /// The tenant's tree as it is now.
    pub tree: &'a Tree,
}

/// What gives it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reinstatement {
    /// What they are to have.
    pub wanted: Wanted,
    /// The steps to it.
    pub steps: Vec<Step>,
    /// The number that has to be kept for them first.
    pub number: Option<E164>,
    /// What cannot be given back, and why, for people.
    pub lost: Vec<String>,
}

/// The plan that takes an offboarding back. A number is given back only if nobody had it since.
pub fn reinstate(taken: &Taken<'_>) -> Reinstatement {
    let mut lost = Vec::new();
    let site = site(taken, &mut lost);
    let role = role(taken, site.as_ref(), &mut lost);
    let licences = licences(taken, &mut lost);
    let number = number(taken, site.as_ref(), &mut lost);
    let mut wanted = Wanted {
        persona: taken.persona.map(|persona| persona.reference.clone()),
        site,
        role,
        disabled: taken
            .persona
            .map(|persona| persona.disabled.clone())
            .unwrap_or_default(),
        groups: taken.before.left.iter().cloned().collect(),
        ..Wanted::default()
    };
    wanted.disabled.retain(|sku, _| licences.contains(sku));
    wanted.licences = licences.into_iter().collect();
    for (kind, name) in taken.before.policies.iter().flatten() {
        let gone = |known: &&PolicyName| known.policy_type.same(kind) && known.name == *name;
        if taken
            .policies
            .iter()
            .find(gone)
            .is_some_and(|known| known.missing)
        {
            lost.push(format!(
                "policy {name:?} of the type {} is not there any more",
                kind.0
            ));
        } else {
            wanted.policies.insert(kind.clone(), name.clone());
        }
    }
    if let (Some(held), None) = (taken.held, taken.persona) {
        lost.push(format!(
            "persona {} version {} is not there any more",
            held.id, held.version
        ));
    }
    if taken.before.could_sign_in {
        lost.push("sign-in stays blocked: allow it in Entra when the person is back".to_owned());
    }
    if number.is_some() {
        let location = taken.tree.effective(wanted.site.as_ref(), |values| {
            values.emergency_location.clone()
        });
        wanted.emergency_location = location.map(|location| location.value);
        // Of whichever range: it is kept for them, and no other is drawn.
        wanted.numbers.push(RangeId(String::new()));
    }
    let mut steps = provision(&wanted, Held::default());
    for step in &mut steps {
        if let Step::HoldNumber { ranges, .. } = step {
            // That one or none: it is kept for them.
            ranges.clear();
        }
    }
    wanted.numbers.clear();
    Reinstatement {
        wanted,
        steps,
        number,
        lost,
    }
}

fn site(taken: &Taken<'_>, lost: &mut Vec<String>) -> Option<SitePath> {
    let site = taken.site.cloned()?;
    if taken.tree.site(&site).is_none() {
        lost.push(format!(
            "there is no site {} any more: they stay at the tenant level",
            site.0
        ));
        return None;
    }
    Some(site)
}

fn role(taken: &Taken<'_>, site: Option<&SitePath>, lost: &mut Vec<String>) -> MemberRole {
    match taken.role {
        MemberRole::Named(name) if !taken.tree.knows_role(site, name) => {
            lost.push(format!("there is no member role {name:?} any more"));
            MemberRole::None
        }
        role @ (MemberRole::None | MemberRole::SelfService | MemberRole::Named(_)) => role.clone(),
    }
}

fn licences(taken: &Taken<'_>, lost: &mut Vec<String>) -> BTreeSet<SkuId> {
    let mut kept = BTreeSet::new();
    for licence in taken.before.licences.iter().flatten() {
        if taken
            .skus
            .iter()
            .any(|sku| sku.id == *licence && !sku.missing)
        {
            kept.insert(licence.clone());
        } else {
            lost.push(format!(
                "the tenant does not own licence {} any more",
                licence.0
            ));
        }
    }
    kept
}

/// The number that is to be given back.
fn number(taken: &Taken<'_>, site: Option<&SitePath>, lost: &mut Vec<String>) -> Option<E164> {
    let mut found = None;
    for number in &taken.before.numbers {
        let entry = taken.entries.iter().find(|entry| entry.number == *number);
        let Some(entry) = entry else {
            lost.push("a number of theirs is not in the inventory".to_owned());
            continue;
        };
        if found.is_some() {
            lost.push("a second number of theirs: only one is given back".to_owned());
        } else if let Some(why) = withheld(taken, entry, site) {
            lost.push(format!("a number of theirs {why}"));
        } else {
            found = Some(number.clone());
        }
    }
    found
}

/// Why a number is not given back; `None` = it is.
fn withheld(taken: &Taken<'_>, entry: &Entry, site: Option<&SitePath>) -> Option<String> {
    let is_theirs = entry.holder.as_ref() == Some(taken.person);
    if !SitePath::is_within(site, entry.node.as_ref()) {
        let node = entry.node.as_ref().map_or("", |node| node.0.as_str());
        return Some(format!("belongs to {node} now, which the site cannot see"));
    }
    match entry.state {
        NumberState::Available => None,
        NumberState::Settling if entry.holder.is_none() || is_theirs => None,
        NumberState::Reserved if is_theirs => None,
        NumberState::Cooling => {
            let days = taken
                .tree
                .effective(entry.node.as_ref(), |values| values.cooling_days);
            let rested = rests(days.map(|days| days.value), taken.ended);
            let is_later = entry.until > rested;
            is_later.then(|| "rests after somebody else had it".to_owned())
        }
        NumberState::Settling
        | NumberState::Reserved
        | NumberState::Held
        | NumberState::Assigning
        | NumberState::Used
        | NumberState::UsedUtility
        | NumberState::Releasing
        | NumberState::Conflict => Some(format!("is {} for somebody else by now", entry.state)),
    }
}

#[cfg(test)]
mod tests;
