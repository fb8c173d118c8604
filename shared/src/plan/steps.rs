//! The planners: what is wanted, as ordered steps. What already holds is found out when the job starts (W3).

use std::collections::BTreeSet;

use crate::model::microsoft::PolicyType;
use crate::model::number::E164;
use crate::model::persona::{MemberRole, OffboardingProfile, Persona, SitePath, Wanted};
use crate::model::step::{Standing, Step};
use crate::model::tenant::OffboardLicences;

use super::licences::{Deed, Groups, Verdict, verdict};

/// What somebody has by us already.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held<'a> {
    /// The persona version.
    pub persona: Option<&'a Persona>,
    /// Types of the policies that they were given, by that persona or by their site.
    pub given: Option<&'a BTreeSet<PolicyType>>,
    /// The telephone number.
    pub number: Option<&'a E164>,
    /// The member role.
    pub role: Option<&'a MemberRole>,
}

/// The steps that give somebody what is wanted. Policies that they were given before and that are not wanted any more are unassigned;
/// groups that the old persona named are kept; what no persona mentions is not touched.
pub fn provision(wanted: &Wanted, held: Held<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some(country) = &wanted.usage_location {
        steps.push(Step::UsageLocation {
            country: country.clone(),
        });
    }
    // Before anything that costs: whoever gets no number takes no licence. Who has one keeps it.
    let wants_number = !wanted.numbers.is_empty() && held.number.is_none();
    if wants_number {
        steps.push(Step::HoldNumber {
            ranges: wanted.numbers.clone(),
            another: false,
        });
    }
    if !wanted.leave.is_empty() {
        steps.push(Step::LeaveGroups {
            leave: wanted.leave.clone(),
        });
    }
    // Before direct licences: whoever is licensed by a group gets none (R59).
    if !wanted.groups.is_empty() {
        steps.push(Step::Groups {
            join: each_once(&wanted.groups),
        });
    }
    let names_some = !wanted.licences.is_empty();
    if verdict(Deed::Onboard { names_some }, true, Groups::None) != Verdict::Nothing {
        steps.push(Step::Licences {
            set: each_once(&wanted.licences),
            disabled: wanted.disabled.clone(),
        });
    }
    let by_persona = held.persona.into_iter().flat_map(|old| old.policies.keys());
    let given = held.given.into_iter().flatten();
    let mut unassign: Vec<PolicyType> = Vec::new();
    for kind in by_persona.chain(given).chain(&wanted.inherit) {
        let is_wanted = wanted.policies.keys().any(|wanted| wanted.same(kind));
        if !is_wanted && !unassign.iter().any(|known| known.same(kind)) {
            unassign.push(kind.clone());
        }
    }
    unassign.sort();
    let has_policies = !wanted.policies.is_empty() || !unassign.is_empty();
    if has_policies || wants_number {
        steps.push(Step::AwaitTeams);
    }
    if has_policies {
        steps.push(Step::Policies {
            assign: wanted.policies.clone(),
            unassign,
        });
    }
    if wants_number {
        steps.push(Step::AssignNumber {
            location: wanted.emergency_location.clone(),
        });
    }
    steps.push(Step::Place {
        site: wanted.site.clone(),
        persona: wanted.persona.clone(),
    });
    steps.push(Step::Role {
        role: role_on_arrival(&wanted.role, held.role),
    });
    steps
}

/// In order, so that the same wish makes the same plan.
fn each_once<T: Clone + Ord>(all: &[T]) -> Vec<T> {
    let set: BTreeSet<T> = all.iter().cloned().collect();
    set.into_iter().collect()
}

/// How somebody leaves.
#[derive(Clone, Debug)]
pub struct Leaving<'a> {
    /// What the persona that they hold says of it, then the one that they are being given. They are taken out of the groups that any
    /// of them names; of everything else the first that says something counts.
    pub profiles: &'a [&'a OffboardingProfile],
    /// What is set where they are, if no profile says.
    pub licences: OffboardLicences,
    /// Whether they are locked out where they are, if no profile says.
    pub lock_out: bool,
    /// The site at which they stay; `None` = they go to the tenant level (R72, R87).
    pub stays_at: Option<&'a SitePath>,
    /// Their member role.
    pub role: &'a MemberRole,
}

/// The steps that take everything of ours away; whoever is locked out is before anything else. The usage location stays as it is (R73). Policies go before licences, while the
/// account still takes them (R77, R78), the number before all of them (F53); groups go before direct licences, which stay while a licence group does (R98).
pub fn offboard(leaving: &Leaving<'_>) -> Vec<Step> {
    let profiles = leaving.profiles;
    let mut steps = Vec::new();
    let lock_out = profiles.iter().find_map(|profile| profile.lock_out);
    if lock_out.unwrap_or(leaving.lock_out) {
        steps.extend([Step::BlockSignIn, Step::RevokeSessions]);
    }
    steps.push(Step::NoNumbers);
    let replaced = profiles.iter().map(|profile| &profile.policies);
    steps.push(match replaced.into_iter().find(|some| !some.is_empty()) {
        None => Step::ClearPolicies,
        Some(assign) => Step::OnlyPolicies {
            assign: assign.clone(),
        },
    });
    let left = profiles.iter().flat_map(|profile| &profile.leave);
    let left: Vec<_> = left.cloned().collect();
    if !left.is_empty() {
        steps.push(Step::LeaveGroups {
            leave: each_once(&left),
        });
    }
    let licences = profiles.iter().find_map(|profile| profile.licences);
    let licences = licences.unwrap_or(leaving.licences);
    if verdict(Deed::Offboard { licences }, true, Groups::None) != Verdict::Nothing {
        steps.push(Step::ClearLicences);
    }
    steps.push(Step::Place {
        site: leaving.stays_at.cloned(),
        persona: None,
    });
    steps.push(Step::Role {
        role: role_after_leaving(leaving.role),
    });
    steps
}

/// The earlier step that this one needs and that did not come about, if there is one; everything else goes on (F86).
pub fn obstacle<'a>(steps: &'a [Step], standings: &[Standing], at: usize) -> Option<&'a Step> {
    let failed = |needed: fn(&Step) -> bool| {
        let earlier = steps.iter().zip(standings).take(at);
        earlier
            .filter(|(step, _)| needed(step))
            .find(|(_, standing)| !standing.stands.carries())
            .map(|(step, _)| step)
    };
    // Whoever has not the number that they were to keep is left as they are.
    if let Some(kept) = failed(|step| matches!(step, Step::KeepNumber { .. })) {
        return Some(kept);
    }
    match steps.get(at)? {
        Step::AwaitTeams => {
            failed(|step| matches!(step, Step::Licences { .. } | Step::Groups { .. }))
        }
        Step::Policies { .. } => failed(|step| matches!(step, Step::AwaitTeams)),
        Step::AssignNumber { .. } => failed(|step| {
            matches!(
                step,
                Step::HoldNumber { .. } | Step::AwaitTeams | Step::NoNumbers
            )
        }),
        // In a move: they keep the old one until everything else has come about.
        Step::NoNumbers => failed(|step| {
            matches!(
                step,
                Step::HoldNumber { .. }
                    | Step::Licences { .. }
                    | Step::Groups { .. }
                    | Step::AwaitTeams
                    | Step::Policies { .. }
            )
        }),
        // What holds a number keeps its licence (F53).
        Step::ClearLicences => failed(|step| matches!(step, Step::NoNumbers)),
        Step::Place {
            persona: Some(_), ..
        } => failed(|step| {
            matches!(
                step,
                Step::Licences { .. }
                    | Step::Groups { .. }
                    | Step::AwaitTeams
                    | Step::Policies { .. }
                    | Step::AssignNumber { .. }
                    | Step::NoNumbers
                    | Step::EmergencyLocation { .. }
            )
        }),
        Step::Role { .. } => failed(|step| matches!(step, Step::Place { .. })),
        Step::UsageLocation { .. }
        | Step::Licences { .. }
        | Step::Groups { .. }
        | Step::HoldNumber { .. }
        | Step::KeepNumber { .. }
        | Step::EmergencyLocation { .. }
        | Step::BlockSignIn
        | Step::RevokeSessions
        | Step::ClearPolicies
        | Step::OnlyPolicies { .. }
        | Step::LeaveGroups { .. }
        | Step::Place { persona: None, .. } => None,
    }
}

/// R76: whoever kept the self-service role keeps it where they come to, unless they get another one there.
fn role_on_arrival(wanted: &MemberRole, held: Option<&MemberRole>) -> MemberRole {
    match (wanted, held) {
        (MemberRole::None, Some(MemberRole::SelfService)) => MemberRole::SelfService,
        (wanted, _) => wanted.clone(),
    }
}

/// R76, R88: the self-service role survives; any other becomes none.
fn role_after_leaving(role: &MemberRole) -> MemberRole {
    match role {
        MemberRole::SelfService | MemberRole::Named(_) => MemberRole::SelfService,
        MemberRole::None => MemberRole::None,
    }
}

#[cfg(test)]
mod tests;
