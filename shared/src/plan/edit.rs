//! Whether somebody may edit a field of somebody, and what an edit means (R90-R97, F35).

use std::collections::BTreeSet;
use std::fmt;

use crate::model::access::Role;
use crate::model::edit::{Edit, Field, FieldPolicy, FieldRule};
use crate::model::person::Person;
use crate::model::persona::{MemberRole, SitePath, Wanted};
use crate::model::tenant::Capability;
use crate::model::tree::Tree;

use super::countries;
use super::licences::{Deed, Groups, Verdict, verdict};

/// What an edit depends on besides the person.
#[derive(Debug)]
pub struct Desk<'a> {
    /// What nodes set.
    pub tree: &'a Tree,
    /// What roles may do to fields.
    pub policies: &'a [FieldPolicy],
    /// The role of whoever edits.
    pub role: Role,
    /// Capabilities that Microsoft was found not to give us.
    pub missing: &'a BTreeSet<Capability>,
}

/// What may be done to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// It can be changed; this is offered to begin with.
    Open(Option<String>),
    /// It is shown, and cannot be changed, for this reason.
    Closed(Closed),
    /// It is not even shown.
    Hidden,
}

/// Why a field cannot be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The field policy says so.
    ReadOnly,
    /// The permission is missing at Microsoft (R91).
    NoPermission(Capability),
    /// Licences of this tenant are managed elsewhere: an edit would not be applied (R92, R93).
    Inert,
    /// A licence comes from this group, so no direct one is touched (R96, R97).
    GroupLicensed(String),
}

/// What may be done to a field of somebody.
pub fn access(desk: &Desk<'_>, person: &Person, field: Field) -> Access {
    let at = person.site.as_ref();
    let rule = rule(desk, at, field);
    if rule == Some(&FieldRule::Hidden) {
        return Access::Hidden;
    }
    if rule == Some(&FieldRule::ReadOnly) {
        return Access::Closed(Closed::ReadOnly);
    }
    let needs = match field {
        // One permission gates both for whoever edits, although Microsoft asks for two (R53, R90).
        Field::UsageLocation => &[Capability::WriteUsers, Capability::AssignLicences][..],
        Field::Licences => return licences(desk, person, prefilled(rule)),
        Field::Groups => &[Capability::ManageGroups],
        Field::Policies => &[Capability::AssignPolicies],
        Field::MemberRole => &[],
    };
    match needs.iter().find(|needed| desk.missing.contains(needed)) {
        Some(missing) => Access::Closed(Closed::NoPermission(*missing)),
        None => Access::Open(prefilled(rule)),
    }
}

fn prefilled(rule: Option<&FieldRule>) -> Option<String> {
    match rule {
        Some(FieldRule::Prefilled(value)) => Some(value.clone()),
        Some(FieldRule::Hidden | FieldRule::ReadOnly | FieldRule::Open) | None => None,
    }
}

/// What the licence decision table says of an edit.
fn licences(desk: &Desk<'_>, person: &Person, prefill: Option<String>) -> Access {
    let group = person
        .licence_states
        .iter()
        .find_map(|state| state.group.clone());
    let deed = Deed::Edit {
        names_some: true,
        manages: desk.tree.offboard_licences(person.site.as_ref()).value,
    };
    let may = !desk.missing.contains(&Capability::AssignLicences);
    let groups = group.as_ref().map_or(Groups::None, |_| Groups::SomeStay);
    match verdict(deed, may, groups) {
        Verdict::Inert => Access::Closed(Closed::Inert),
        Verdict::NoPermission => Access::Closed(Closed::NoPermission(Capability::AssignLicences)),
        Verdict::GroupLicensed | Verdict::Blocked => {
            Access::Closed(Closed::GroupLicensed(group.unwrap_or_default()))
        }
        Verdict::Nothing
        | Verdict::Replace
        | Verdict::Remove
        | Verdict::RemoveAfterGroups
        | Verdict::Attempt => Access::Open(prefill),
    }
}

/// The rule of the nearest node, going up, for the role.
fn rule<'a>(desk: &Desk<'a>, at: Option<&SitePath>, field: Field) -> Option<&'a FieldRule> {
    let of = |node: Option<&SitePath>| {
        let mut fitting = desk
            .policies
            .iter()
            .filter(|policy| policy.role == desk.role);
        fitting.find_map(|policy| {
            let is_here = policy.node.as_ref() == node;
            is_here.then(|| policy.fields.get(&field)).flatten()
        })
    };
    let mut at = at.cloned();
    while let Some(node) = at {
        if let Some(found) = of(Some(&node)) {
            return Some(found);
        }
        at = node.above();
    }
    of(None)
}

/// Why an edit is refused; nothing of it is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditRefusal {
    /// It names nothing.
    Nothing,
    /// A field is hidden from this role.
    Hidden(Field),
    /// A field cannot be changed.
    Closed(Field, Closed),
    /// The usage location is no country.
    Country(String),
    /// An empty set of licences.
    NoLicences,
    /// A group is to be joined and left.
    BothWays(String),
    /// No node knows a member role of this name.
    NoRole(String),
}

/// What an edit means for somebody: everything that it does not name is left as it is. Refused as a whole where a part of it cannot
/// be applied: never half of an edit.
pub fn edited(desk: &Desk<'_>, person: &Person, edit: &Edit) -> Result<Wanted, EditRefusal> {
    let fields = edit.fields();
    if fields.is_empty() {
        return Err(EditRefusal::Nothing);
    }
    for field in fields {
        match access(desk, person, field) {
            Access::Open(_) => {}
            Access::Hidden => return Err(EditRefusal::Hidden(field)),
            Access::Closed(why) => return Err(EditRefusal::Closed(field, why)),
        }
    }
    let usage_location = match &edit.usage_location {
        None => None,
        Some(written) => match countries::code(written) {
            Some(country) => Some(country),
            None => return Err(EditRefusal::Country(written.clone())),
        },
    };
    if edit.licences.as_ref().is_some_and(|set| set.is_empty()) {
        return Err(EditRefusal::NoLicences);
    }
    if let Some(both) = edit.join.iter().find(|group| edit.leave.contains(group)) {
        return Err(EditRefusal::BothWays(both.0.clone()));
    }
    if let Some(MemberRole::Named(name)) = &edit.member_role
        && !desk.tree.knows_role(person.site.as_ref(), name)
    {
        return Err(EditRefusal::NoRole(name.clone()));
    }
    let mut wanted = Wanted {
        persona: person.persona.clone(),
        site: person.site.clone(),
        role: edit
            .member_role
            .clone()
            .unwrap_or_else(|| person.role.clone()),
        usage_location,
        licences: edit.licences.iter().flatten().cloned().collect(),
        groups: edit.join.iter().cloned().collect(),
        leave: edit.leave.iter().cloned().collect(),
        ..Wanted::default()
    };
    for (kind, name) in &edit.policies {
        match name {
            Some(name) => drop(wanted.policies.insert(kind.clone(), name.clone())),
            None => drop(wanted.inherit.insert(kind.clone())),
        }
    }
    Ok(wanted)
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadOnly => f.write_str("it is read-only for your role"),
            Self::NoPermission(capability) => write!(
                f,
                "Microsoft does not allow it: the permission {} is missing",
                capability.permission()
            ),
            Self::Inert => f.write_str(
                "licences of this tenant are managed elsewhere (offboarding keeps them), so the edit would not be applied",
            ),
            Self::GroupLicensed(group) => write!(
                f,
                "a licence comes from group {group}, so direct licences are not touched; add the person to another group instead"
            ),
        }
    }
}

impl fmt::Display for EditRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("the edit names nothing to change"),
            Self::Hidden(field) => write!(f, "there is no field {}", field.name()),
            Self::Closed(field, why) => write!(f, "{} was not changed: {why}", field.name()),
            Self::Country(country) => write!(
                f,
                "{country:?} is no usage location: two letters of ISO 3166, such as GB"
            ),
            Self::NoLicences => f.write_str(
                "an empty set of licences is not applied; offboard the person to take their licences away",
            ),
            Self::BothWays(group) => {
                write!(f, "group {group} is to be joined and left at once")
            }
            Self::NoRole(role) => write!(f, "no node knows the member role {role:?}"),
        }
    }
}

#[cfg(test)]
mod tests;
