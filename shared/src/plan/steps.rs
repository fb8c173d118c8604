//! The planners: what is wanted, as ordered steps. What already holds is found out when the job starts (W3).

use crate::model::persona::{MemberRole, Persona, Wanted};
use crate::model::step::{Standing, Step};
use crate::model::tenant::{OffboardLicences, Settings};

/// The steps that give somebody what is wanted. `before` is the persona version they hold now: policies that it set and the new
/// one does not are unassigned; what no persona mentions is not touched.
pub fn provision(wanted: &Wanted, before: Option<&Persona>) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some(country) = &wanted.usage_location {
        steps.push(Step::UsageLocation {
            country: country.clone(),
        });
    }
    if !wanted.licences.is_empty() {
        let mut set = wanted.licences.clone();
        set.sort();
        set.dedup();
        steps.push(Step::Licences { set });
    }
    let unassign: Vec<_> = before
        .into_iter()
        .flat_map(|persona| persona.policies.keys())
        .filter(|kind| !wanted.policies.keys().any(|wanted| wanted.same(kind)))
        .cloned()
        .collect();
    if !wanted.policies.is_empty() || !unassign.is_empty() {
        steps.push(Step::AwaitTeams);
        steps.push(Step::Policies {
            assign: wanted.policies.clone(),
            unassign,
        });
    }
    steps.push(Step::Place {
        site: wanted.site.clone(),
        persona: Some(wanted.persona.clone()),
    });
    steps.push(Step::Role {
        role: wanted.role.clone(),
    });
    steps
}

/// The steps that take everything of ours away. The usage location stays as it is (R73). Policies go before licences, while the
/// account still takes them.
pub fn offboard(settings: &Settings, role: &MemberRole) -> Vec<Step> {
    let mut steps = vec![Step::ClearPolicies];
    match settings.offboard_licences {
        OffboardLicences::Remove => steps.push(Step::ClearLicences),
        OffboardLicences::Keep => {}
    }
    steps.push(Step::Place {
        site: None,
        persona: None,
    });
    steps.push(Step::Role {
        role: role_after_leaving(role),
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
    match steps.get(at)? {
        Step::AwaitTeams => failed(|step| matches!(step, Step::Licences { .. })),
        Step::Policies { .. } => failed(|step| matches!(step, Step::AwaitTeams)),
        Step::Place {
            persona: Some(_), ..
        } => failed(|step| {
            matches!(
                step,
                Step::Licences { .. } | Step::AwaitTeams | Step::Policies { .. }
            )
        }),
        Step::Role { .. } => failed(|step| matches!(step, Step::Place { .. })),
        Step::UsageLocation { .. }
        | Step::Licences { .. }
        | Step::ClearPolicies
        | Step::ClearLicences
        | Step::Place { persona: None, .. } => None,
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
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::microsoft::{PolicyType, SkuId};
    use crate::model::persona::{PersonaRef, SitePath};

    fn given(change: impl FnOnce(&mut Wanted)) -> Wanted {
        let mut wanted = Wanted {
            persona: PersonaRef {
                id: "sales".into(),
                version: 2,
            },
            site: Some(SitePath("europe/london".into())),
            role: MemberRole::SelfService,
            usage_location: Some("GB".into()),
            licences: vec![SkuId("e5".into())],
            policies: BTreeMap::from([(PolicyType("TeamsMeetingPolicy".into()), "Sales".into())]),
        };
        change(&mut wanted);
        wanted
    }

    fn check(steps: &[Step], expected: &str) {
        let text: Vec<String> = steps.iter().map(Step::to_string).collect();
        assert_eq!(text.join(" · "), expected);
    }

    /// R50, R63, R3: location first, then licences, then what needs a Teams account, our own records last.
    #[test]
    fn a_joiner_gets_everything_in_order() {
        check(
            &provision(&given(|_| {}), None),
            "usage location GB · licences exactly e5 · await Teams · policies TeamsMeetingPolicy=\"Sales\" · place at europe/london · member role self-service",
        );
    }

    /// R51, R57, R60: nothing named means nothing touched, not "clear".
    #[test]
    fn what_the_persona_does_not_name_is_not_a_step() {
        let wanted = given(|w| {
            w.usage_location = None;
            w.licences.clear();
        });
        check(
            &provision(&wanted, None),
            "await Teams · policies TeamsMeetingPolicy=\"Sales\" · place at europe/london · member role self-service",
        );
        let bare = given(|w| {
            w.usage_location = None;
            w.licences.clear();
            w.policies.clear();
        });
        check(
            &provision(&bare, None),
            "place at europe/london · member role self-service",
        );
    }

    #[test]
    fn a_change_of_persona_unassigns_what_the_old_one_set_and_the_new_one_does_not() {
        let old = Persona {
            reference: PersonaRef {
                id: "old".into(),
                version: 1,
            },
            name: "Old".into(),
            usage_location: None,
            licences: vec![],
            policies: BTreeMap::from([
                (PolicyType("teamsMeetingPolicy".into()), "Old".into()),
                (PolicyType("TeamsCallingPolicy".into()), "Old".into()),
            ]),
        };
        let wanted = given(|w| w.usage_location = None);
        check(
            &provision(&wanted, Some(&old)),
            "licences exactly e5 · await Teams · policies TeamsMeetingPolicy=\"Sales\" TeamsCallingPolicy=inherit · place at europe/london · member role self-service",
        );
    }

    /// R72, R73, R81, R84, R88.
    #[test]
    fn a_leaver_loses_policies_then_licences_and_keeps_the_usage_location() {
        let mut settings = Settings::default();
        check(
            &offboard(&settings, &MemberRole::Named("desk".into())),
            "no direct policies · no direct licences · place at the tenant level · member role self-service",
        );
        settings.offboard_licences = OffboardLicences::Keep;
        check(
            &offboard(&settings, &MemberRole::None),
            "no direct policies · place at the tenant level · no member role",
        );
    }
}
