use std::collections::BTreeMap;

use super::*;
use crate::model::group::GroupId;
use crate::model::microsoft::{PlanId, SkuId};
use crate::model::persona::PersonaRef;

fn given(change: impl FnOnce(&mut Wanted)) -> Wanted {
    let mut wanted = Wanted {
        persona: Some(PersonaRef {
            id: "sales".into(),
            version: 2,
        }),
        site: Some(SitePath("europe/london".into())),
        role: MemberRole::SelfService,
        usage_location: Some("GB".into()),
        licences: vec![SkuId("e5".into())],
        policies: BTreeMap::from([(PolicyType("TeamsMeetingPolicy".into()), "Sales".into())]),
        disabled: BTreeMap::new(),
        groups: Vec::new(),
        ..Wanted::default()
    };
    change(&mut wanted);
    wanted
}

fn check(steps: &[Step], expected: &str) {
    let text: Vec<String> = steps.iter().map(Step::to_string).collect();
    assert_eq!(text.join(" · "), expected);
}

fn joins(wanted: &Wanted, expected: &str) {
    check(&provision(wanted, Held::default()), expected);
}

/// R50, R63, R3, R46: location first, then licences, then what needs a Teams account, our own records last.
#[test]
fn a_joiner_gets_everything_in_order() {
    joins(
        &given(|_| {}),
        "usage location GB · licences exactly e5 · await Teams · policies TeamsMeetingPolicy=\"Sales\" · place at europe/london · member role self-service",
    );
}

/// R59, R64, R69, F54: groups come after the location and before direct licences.
#[test]
fn groups_come_before_direct_licences() {
    let wanted = given(|w| {
        w.groups = vec![GroupId("staff".into()), GroupId("phone".into())];
        let off = BTreeSet::from([PlanId("yammer".into())]);
        w.disabled = BTreeMap::from([(SkuId("e5".into()), off)]);
    });
    joins(
        &wanted,
        "usage location GB · in the groups phone, staff · licences exactly e5 without yammer · await Teams · policies TeamsMeetingPolicy=\"Sales\" · place at europe/london · member role self-service",
    );
}

/// R51, R57, R60: nothing named means nothing touched, not "clear".
#[test]
fn what_the_persona_does_not_name_is_not_a_step() {
    let wanted = given(|w| {
        w.usage_location = None;
        w.licences.clear();
    });
    joins(
        &wanted,
        "await Teams · policies TeamsMeetingPolicy=\"Sales\" · place at europe/london · member role self-service",
    );
    let bare = given(|w| {
        w.usage_location = None;
        w.licences.clear();
        w.policies.clear();
    });
    joins(&bare, "place at europe/london · member role self-service");
}

/// F78: what was given and is not wanted any more is unassigned, and so is what the persona wants inherited; nothing else is.
#[test]
fn a_change_of_persona_unassigns_what_was_given_and_is_not_wanted() {
    let kind = |name: &str| PolicyType(name.into());
    let old = Persona {
        reference: PersonaRef {
            id: "old".into(),
            version: 1,
        },
        name: "Old".into(),
        usage_location: None,
        licences: vec![],
        policies: BTreeMap::from([
            (kind("teamsMeetingPolicy"), "Old".into()),
            (kind("TeamsCallingPolicy"), "Old".into()),
        ]),
        disabled: BTreeMap::new(),
        groups: vec![GroupId("kept".into())],
        numbers: Vec::new(),
        inherit: BTreeSet::from([kind("TeamsMessagingPolicy")]),
        offboarding: OffboardingProfile::default(),
        retired: false,
    };
    let site = BTreeSet::from([
        kind("TeamsEmergencyCallingPolicy"),
        kind("teamscallingpolicy"),
    ]);
    let wanted = given(|w| {
        w.usage_location = None;
        w.inherit = BTreeSet::from([kind("TeamsEventsPolicy")]);
    });
    let held = Held {
        persona: Some(&old),
        given: Some(&site),
        number: None,
        role: None,
    };
    check(
        &provision(&wanted, held),
        "licences exactly e5 · await Teams · policies TeamsMeetingPolicy=\"Sales\" TeamsCallingPolicy=inherit TeamsEmergencyCallingPolicy=inherit TeamsEventsPolicy=inherit · place at europe/london · member role self-service",
    );
}

/// R76: the self-service role survives the next onboarding; a rule that gives another one wins.
#[test]
fn the_self_service_role_survives_the_next_site() {
    let bare = |role: MemberRole| {
        given(|w| {
            w.usage_location = None;
            w.licences.clear();
            w.policies.clear();
            w.role = role;
        })
    };
    let held = Held {
        role: Some(&MemberRole::SelfService),
        ..Held::default()
    };
    let ends = |role, expected: &str| {
        let text = format!("place at europe/london · {expected}");
        check(&provision(&bare(role), held), &text);
    };
    ends(MemberRole::None, "member role self-service");
    ends(MemberRole::Named("desk".into()), "member role \"desk\"");
}

fn leaves(
    change: impl FnOnce(&mut OffboardingProfile),
    licences: OffboardLicences,
    expected: &str,
) {
    let mut profile = OffboardingProfile::default();
    change(&mut profile);
    let steps = offboard(&Leaving {
        profiles: &[&profile],
        licences,
        lock_out: false,
        stays_at: None,
        role: &MemberRole::Named("desk".into()),
    });
    check(&steps, expected);
}

/// R72, R73, R78, R81, R84, R86, R88, R98: policies, then groups, then licences; the usage location stays.
#[test]
fn a_leaver_loses_policies_groups_licences_and_keeps_the_usage_location() {
    use OffboardLicences::{Keep, Remove};
    leaves(
        |_| {},
        Remove,
        "no number · no direct policies · no direct licences · place at the tenant level · member role self-service",
    );
    leaves(
        |_| {},
        Keep,
        "no number · no direct policies · place at the tenant level · member role self-service",
    );
    leaves(
        |profile| {
            profile.licences = Some(Remove);
            profile.lock_out = Some(true);
            profile.leave = vec![GroupId("b".into()), GroupId("a".into())];
            let kind = PolicyType("TeamsCallingPolicy".into());
            profile.policies = BTreeMap::from([(kind, "No calls".into())]);
        },
        Keep,
        "no sign-in · no session goes on · no number · no direct policies but TeamsCallingPolicy=\"No calls\" · not in the groups a, b · no direct licences · place at the tenant level · member role self-service",
    );
}

/// R86: somebody who was on the way to another persona is taken out of the groups of both.
#[test]
fn a_leaver_on_the_way_to_another_persona_leaves_the_groups_of_both() {
    let group = |id: &str| GroupId(id.into());
    let held = OffboardingProfile {
        leave: vec![group("b")],
        ..OffboardingProfile::default()
    };
    let arriving = OffboardingProfile {
        leave: vec![group("a"), group("b")],
        licences: Some(OffboardLicences::Keep),
        ..OffboardingProfile::default()
    };
    let steps = offboard(&Leaving {
        profiles: &[&held, &arriving],
        licences: OffboardLicences::Remove,
        lock_out: false,
        stays_at: None,
        role: &MemberRole::None,
    });
    check(
        &steps,
        "no number · no direct policies · not in the groups a, b · place at the tenant level · no member role",
    );
}

/// F100: who is retained stays at the site, without persona.
#[test]
fn a_leaver_may_stay_at_the_site() {
    let london = SitePath("europe/london".into());
    let steps = offboard(&Leaving {
        profiles: &[],
        licences: OffboardLicences::Keep,
        lock_out: true,
        stays_at: Some(&london),
        role: &MemberRole::None,
    });
    check(
        &steps,
        "no sign-in · no session goes on · no number · no direct policies · place at europe/london · no member role",
    );
}
