//! What has to be set up before people are brought in, adopted, or placed by rules alone (R16, R31, R36-R41).

use std::collections::BTreeSet;

use super::decide::{Basis, newest, profile_of};
use super::flaws::said;
use crate::model::persona::{LocationSource, Persona};
use crate::model::probe::Probe;
use crate::model::tenant::{Capability, Tenant};

/// One thing that has to be set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Its name.
    pub name: &'static str,
    /// It is.
    pub ready: bool,
    /// How it stands, and what to do where it is not ready.
    pub told: String,
}

/// How far a tenant is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// Before the first sync, in both modes (R16, R39, R44).
    pub tenant: Vec<Point>,
    /// Before people are adopted (R23-R27, R36).
    pub adoption: Vec<Point>,
    /// Before rules decide for everybody: the seven (R31).
    pub flow_through: Vec<Point>,
}

/// What is not ready, in one sentence; `None` = all of it is.
pub fn missing<'a>(points: impl IntoIterator<Item = &'a Point>) -> Option<String> {
    let open: Vec<&str> = points
        .into_iter()
        .filter(|point| !point.ready)
        .map(|point| point.told.as_str())
        .collect();
    (!open.is_empty()).then(|| open.join("; "))
}

/// The last test of the connection went well, and people can be read.
pub fn is_connected(tenant: &Tenant) -> bool {
    connection(tenant.probe.as_ref()).ready
}

/// What has to be set up before the first sync.
pub fn tenant(tenant: &Tenant, basis: &Basis) -> Vec<Point> {
    let choice = basis
        .grounds
        .tree
        .effective(None, |values| values.offboard_licences);
    vec![
        connection(tenant.probe.as_ref()),
        point(
            "offboarding",
            choice.is_some(),
            "it is chosen what offboarding does with licences",
            "choose whether offboarding removes or keeps licences: unless you do, it removes them",
        ),
    ]
}

/// How far a tenant is set up; `has_synced` = the whole directory was read.
pub fn readiness(tenant_row: &Tenant, basis: &Basis, has_synced: bool) -> Readiness {
    let checklist = tenant(tenant_row, basis);
    let placed = point(
        "placement_rules",
        !basis.rules.placement.is_empty(),
        "there are placement rules",
        "write placement rules: they say which site somebody belongs to",
    );
    let chosen = point(
        "persona_rules",
        !basis.rules.persona.is_empty(),
        "there are persona rules",
        "write persona rules: they say which persona somebody gets",
    );
    let (personas, profile) = (personas(basis), profile(basis));
    let adopting = basis.grounds.tree.nodes().filter(|node| {
        let site = basis.grounds.tree.site(&node.path);
        site.is_some_and(|site| basis.grounds.tree.adopts(&site.path).value)
    });
    let adoption = vec![
        point(
            "full_sync",
            has_synced,
            "the directory was read",
            "sync the tenant first: people are adopted from the tenant level",
        ),
        placed.clone(),
        chosen.clone(),
        personas.clone(),
        profile.clone(),
        point(
            "site",
            adopting.count() > 0,
            "adoption is switched on for a site",
            "switch adoption on for a site: without it the site receives nobody",
        ),
        numbers(basis),
    ];
    let flow_through = vec![
        placed,
        site_defaults(basis),
        personas,
        profile,
        connected(tenant_row, basis, &checklist),
        chosen,
        point(
            "switch",
            tenant_row.settings.flow_through.is_some(),
            "flow-through is on",
            "turn flow-through on",
        ),
    ];
    Readiness {
        tenant: checklist,
        adoption,
        flow_through,
    }
}

fn point(name: &'static str, ready: bool, good: &str, bad: &str) -> Point {
    let told = if ready { good } else { bad };
    Point {
        name,
        ready,
        told: told.to_owned(),
    }
}

fn told(name: &'static str, problem: Option<String>, good: &str) -> Point {
    Point {
        name,
        ready: problem.is_none(),
        told: problem.unwrap_or_else(|| good.to_owned()),
    }
}

fn connection(probe: Option<&Probe>) -> Point {
    let problem = match probe {
        None => Some("the connection to Microsoft was not tested yet".to_owned()),
        Some(probe) => match (&probe.failure, probe.may.get(&Capability::ReadUsers)) {
            (Some(failure), _) => Some(format!("the connection to Microsoft failed: {failure}")),
            (None, Some(false)) => Some(format!(
                "grant {}: people cannot be read",
                Capability::ReadUsers.permission()
            )),
            (None, Some(true) | None) => None,
        },
    };
    told("connection", problem, "Microsoft accepts us")
}

/// The connection allows what the personas need.
fn connected(tenant: &Tenant, basis: &Basis, checklist: &[Point]) -> Point {
    let mut needed = BTreeSet::new();
    for persona in named(basis) {
        let needs = [
            (persona.usage_location.is_some(), Capability::WriteUsers),
            (!persona.licences.is_empty(), Capability::AssignLicences),
            (!persona.groups.is_empty(), Capability::ManageGroups),
            (!persona.policies.is_empty(), Capability::AssignPolicies),
            (!persona.numbers.is_empty(), Capability::AssignNumbers),
        ];
        needed.extend(
            needs
                .into_iter()
                .filter(|(needs, _)| *needs)
                .map(|(_, one)| one),
        );
    }
    let may = tenant.probe.as_ref().map(|probe| &probe.may);
    let refused: Vec<&str> = needed
        .into_iter()
        .filter(|one| may.is_some_and(|may| may.get(one) == Some(&false)))
        .map(Capability::permission)
        .collect();
    let lacks = (!refused.is_empty()).then(|| format!("grant {}", refused.join(", ")));
    let problem = missing(checklist).or(lacks);
    told(
        "tenant",
        problem,
        "the tenant is connected, and may do what its personas need",
    )
}

/// The personas that rules lead to.
fn named(basis: &Basis) -> impl Iterator<Item = &Persona> {
    let ids: BTreeSet<&str> = basis
        .rules
        .persona
        .iter()
        .map(|rule| rule.then.persona.as_str())
        .collect();
    ids.into_iter().filter_map(|id| newest(&basis.personas, id))
}

fn personas(basis: &Basis) -> Point {
    let flawed: Vec<String> = named(basis)
        .filter_map(|persona| {
            let flaws = basis.flawed.get(&persona.reference.id)?;
            Some(format!("persona {}: {}", persona.reference.id, said(flaws)))
        })
        .collect();
    let problem = if basis.personas.is_empty() {
        Some("make a persona: it says what somebody gets".to_owned())
    } else {
        (!flawed.is_empty()).then(|| flawed.join("; "))
    };
    told(
        "personas",
        problem,
        "every persona that rules name can be given",
    )
}

fn profile(basis: &Basis) -> Point {
    let unknown: Vec<&str> = basis
        .rules
        .persona
        .iter()
        .filter_map(|rule| rule.then.profile.as_deref())
        .filter(|name| profile_of(&basis.profiles, Some(name)).is_none())
        .collect();
    let problem = (!unknown.is_empty()).then(|| format!("make the profile {}", unknown.join(", ")));
    told(
        "profile",
        problem,
        "every profile that rules name is there; without one people get everything",
    )
}

/// Sites that rules name say the usage location, where a persona takes it from them.
fn site_defaults(basis: &Basis) -> Point {
    let from_site =
        named(basis).any(|persona| matches!(persona.usage_location, Some(LocationSource::Site)));
    let tree = &basis.grounds.tree;
    let mut lacking: BTreeSet<&str> = BTreeSet::new();
    for rule in &basis.rules.placement {
        let known = tree.site(&rule.then).is_some();
        let located = !from_site || tree.usage_location(Some(&rule.then)).is_some();
        if !known || !located {
            lacking.insert(&rule.then.0);
        }
    }
    let problem = if tree.nodes().all(|node| tree.site(&node.path).is_none()) {
        Some("make a site: people are placed at sites".to_owned())
    } else if lacking.is_empty() {
        None
    } else {
        let sites: Vec<&str> = lacking.into_iter().collect();
        Some(format!("set the usage location of {}", sites.join(", ")))
    };
    told(
        "site_defaults",
        problem,
        "every site says what its people take from it",
    )
}

/// Only where somebody is to have a number are numbers needed (R27).
fn numbers(basis: &Basis) -> Point {
    let voice: Vec<&Persona> = named(basis).filter(|one| !one.numbers.is_empty()).collect();
    if voice.is_empty() {
        return told(
            "numbers",
            None,
            "no persona gives a telephone number: none are needed",
        );
    }
    let known = |persona: &&Persona| {
        let ranges = &basis.grounds.ranges;
        persona
            .numbers
            .iter()
            .all(|id| ranges.iter().any(|range| range.id == *id))
    };
    let lacking: Vec<&str> = voice
        .into_iter()
        .filter(|persona| !known(persona))
        .map(|persona| persona.reference.id.as_str())
        .collect();
    let problem = (!lacking.is_empty()).then(|| {
        format!(
            "make the ranges that persona {} draws from",
            lacking.join(", ")
        )
    });
    told(
        "numbers",
        problem,
        "the ranges that personas draw from are there",
    )
}

#[cfg(test)]
mod tests;
