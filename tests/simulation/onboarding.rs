//! Onboarding in full: the scenarios by every route, groups, site values, adoption, what is protected and what is gone.

use local::microsoft::GroupKind;
use local::microsoft::NewGroup;
use shared::model::edit::Edit;
use shared::model::job::JobState;
use shared::model::microsoft::PolicyType;
use shared::model::persona::{LocationSource, MemberRole, Persona, PersonaRef, SitePath};
use shared::model::tenant::Protected;
use shared::run;

use crate::desk::{
    Desk, E5, F3, FRONT, LICENSED, LONDON, PLAIN, ROUTES, Route, group, persona, policies, sku,
};
use crate::theatre::{HOUR, play, pull};

/// What a template says of the account, and the requests that follow.
struct Scenario {
    name: &'static str,
    persona: fn(&mut Persona),
    sent: &'static [&'static str],
}

const SALES: (&str, &str) = ("TeamsMeetingPolicy", "Sales meetings");

/// What is sent for each, policies left aside.
const SCENARIOS: [Scenario; 4] = [
    Scenario {
        name: "nothing on the account",
        persona: |_| {},
        sent: &[],
    },
    Scenario {
        name: "usage location only",
        persona: |persona| persona.usage_location = Some(LocationSource::Site),
        sent: &["PATCH /users/0"],
    },
    Scenario {
        name: "usage location and direct licences",
        persona: |persona| {
            persona.usage_location = Some(LocationSource::Site);
            persona.licences = vec![sku(E5)];
        },
        sent: &[
            "PATCH /users/0",
            "POST /users/0/assignLicense +SPE_E5 -SPE_F1",
        ],
    },
    Scenario {
        name: "usage location and groups",
        persona: |persona| {
            persona.usage_location = Some(LocationSource::Site);
            persona.groups = vec![group(LICENSED), group(PLAIN)];
        },
        sent: &[
            "PATCH /users/0",
            "POST /groups/aaaaaaaa-0000-4000-8000-000000000001/members/$ref",
            "POST /groups/aaaaaaaa-0000-4000-8000-000000000003/members/$ref",
        ],
    },
];

/// Somebody who has a Teams licence by hand, and is in a group.
fn at_work(stage: &local::demo::Stage) {
    let id = &stage.employees[0].id;
    stage.microsoft.give_licence(id, F3);
    stage.microsoft.move_member_by_hand(FRONT, id, false);
}

/// R55, R56, R57, R58, R60, R61, R62, R63, R66, R67, R68, R69, R71: four scenarios by every route; exactly what the template says is sent, and an hour later nothing.
#[test]
fn every_scenario_by_every_route() {
    for scenario in &SCENARIOS {
        for route in ROUTES {
            play(async {
                let desk = Desk::with(1, None, at_work).await;
                let wanted = persona(|persona| {
                    (scenario.persona)(persona);
                    persona.policies = policies(&[SALES]);
                });
                desk.add(&wanted).await;
                desk.import().await;
                desk.order(route, &wanted, 0).await.unwrap();
                desk.settle(8 * HOUR).await;
                let told = || format!("{}, {route:?}:\n{}", scenario.name, desk.ended(0));
                assert_eq!(desk.state(0), JobState::Done, "{}", told());
                let sent = desk.sent();
                let of_account: Vec<&String> = sent
                    .iter()
                    .filter(|line| !line.contains("/teams/"))
                    .collect();
                assert_eq!(of_account, scenario.sent, "{}", told());
                let truth = desk.truth(0);
                assert_eq!(truth.policies[SALES.0], SALES.1, "{}", told());
                let person = &desk.stage.ledger().unwrap().people[&desk.id(0).0];
                assert_eq!(person.persona.is_some(), route != Route::Edit, "{}", told());
                desk.rests().await;
            });
        }
    }
}

/// F24, V9: for every persona of Contoso: plan, apply, plan again = nothing is asked; and whoever has all of it already is
/// recognised, not rewritten.
#[test]
fn every_persona_planned_again_asks_nothing() {
    let with_groups = persona(|persona| {
        persona.usage_location = Some(LocationSource::Site);
        persona.groups = vec![group(LICENSED), group(PLAIN)];
        persona.policies = policies(&[SALES, ("TenantDialPlan", "Kontor's dial plan")]);
        persona
            .inherit
            .insert(PolicyType("TeamsCallingPolicy".into()));
    });
    let personas = local::contoso::personas();
    for wanted in personas.iter().chain([&with_groups]) {
        play(async {
            let desk = Desk::of(1).await;
            if wanted == &with_groups {
                desk.add(wanted).await;
            }
            desk.import().await;
            desk.order(Route::Quick, wanted, 0).await.unwrap();
            desk.settle(12 * HOUR).await;
            assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
            // Past the hour in which reads are not trusted.
            desk.play(desk.stage.clock.sleep(2 * HOUR)).await;
            desk.sent();
            desk.order(Route::Quick, wanted, 0).await.unwrap();
            desk.settle(4 * HOUR).await;
            assert_eq!(desk.sent(), Vec::<String>::new(), "{}", desk.ended(0));
            assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
        });
    }
}

/// R64, R65, R102: groups are added beside those that are there, for licences or not, with direct licences or without.
#[test]
fn groups_are_added_beside_those_that_are_there() {
    play(async {
        let desk = Desk::with(1, None, |stage| {
            let id = &stage.employees[0].id;
            stage.microsoft.move_member_by_hand(PLAIN, id, true);
        })
        .await;
        let first = persona(|persona| {
            persona.usage_location = Some(LocationSource::Literal("GB".into()));
            persona.groups = vec![group(LICENSED)];
        });
        let second = persona(|persona| {
            persona.reference.id = "second".into();
            persona.groups = vec![group(PLAIN)];
        });
        desk.add(&first).await;
        desk.add(&second).await;
        desk.import().await;
        desk.order(Route::Quick, &first, 0).await.unwrap();
        desk.settle(8 * HOUR).await;
        desk.order(Route::Quick, &second, 0).await.unwrap();
        desk.settle(8 * HOUR).await;
        let truth = desk.truth(0);
        assert!(
            truth.groups.contains(PLAIN) && truth.groups.contains(LICENSED),
            "{truth:?}"
        );
        assert!(
            desk.ended(0)
                .contains(&format!("in the groups {PLAIN}: already so"))
        );
    });
}

/// F54: service plans are switched off as the persona says, also of a licence that is there already.
#[test]
fn service_plans_are_switched_off() {
    play(async {
        let desk = Desk::of(1).await;
        let plan = shared::model::microsoft::PlanId(local::contoso::TEAMS1.into());
        let with = persona(|persona| {
            persona.usage_location = Some(LocationSource::Site);
            persona.licences = vec![sku(E5)];
        });
        let without = persona(|persona| {
            persona.reference = PersonaRef {
                id: "without".into(),
                version: 1,
            };
            persona.licences = vec![sku(E5)];
            persona.disabled = [(sku(E5), [plan].into())].into();
        });
        desk.add(&with).await;
        desk.add(&without).await;
        desk.import().await;
        desk.order(Route::Quick, &with, 0).await.unwrap();
        desk.settle(4 * HOUR).await;
        desk.order(Route::Quick, &without, 0).await.unwrap();
        desk.settle(8 * HOUR).await;
        let sent = desk.licence_requests();
        let expected = ["+SPE_E5", "+SPE_E5 without 1"];
        let expected = expected.map(|change| format!("POST /users/0/assignLicense {change}"));
        assert_eq!(sent, expected, "{}", desk.ended(0));
        desk.rests().await;
    });
}

/// R15, R76, F22, F78, R104: the site's policies come with the site; what is not wanted any more goes back to the group's or Global one;
/// the self-service role stays.
#[test]
fn the_site_brings_its_policies_and_they_go_with_it() {
    play(async {
        let desk = Desk::with(1, None, at_work).await;
        let store = &desk.stage.installation.admin.store;
        let tenant = &desk.stage.installation.tenant;
        let office = ("TeamsMessagingPolicy", "Office messaging");
        let mut nodes = local::contoso::nodes();
        let london = nodes.iter_mut().find(|node| node.path.0 == LONDON).unwrap();
        london.values.policies = policies(&[office]);
        store.put_node(tenant, london).await.unwrap();
        let wanted = persona(|persona| persona.policies = policies(&[SALES]));
        desk.add(&wanted).await;
        desk.import().await;
        let choice = |site: &str| run::Choice {
            persona: "test".into(),
            site: Some(SitePath(site.into())),
            role: Some(MemberRole::SelfService),
            ..run::Choice::default()
        };
        let give = async |site: &str| {
            let shell = &desk.stage.installation.admin;
            run::provision(shell, tenant, &desk.id(0), &choice(site))
                .await
                .unwrap();
            desk.settle(4 * HOUR).await;
            desk.play(desk.stage.clock.sleep(2 * HOUR)).await;
        };
        give(LONDON).await;
        assert_eq!(
            desk.truth(0).policies,
            [SALES, office].map(|(a, b)| (a.into(), b.into())).into()
        );
        give("europe/berlin").await;
        assert_eq!(
            desk.truth(0).policies,
            [SALES].map(|(a, b)| (a.into(), b.into())).into()
        );
        let person = &desk.stage.ledger().unwrap().people[&desk.id(0).0];
        assert_eq!(person.role, MemberRole::SelfService);
    });
}

/// F132: protected people, and whoever is in a protected group, are left alone by rules; a person's order goes on.
#[test]
fn rules_leave_protected_people_alone() {
    play(async {
        let desk = Desk::with(2, None, |stage| {
            let id = &stage.employees[1].id;
            stage.microsoft.move_member_by_hand(PLAIN, id, true);
        })
        .await;
        let wanted = persona(|persona| persona.usage_location = Some(LocationSource::Site));
        desk.add(&wanted).await;
        desk.import().await;
        let protected = Protected {
            people: [desk.id(0)].into(),
            groups: [group(PLAIN)].into(),
        };
        desk.settings(|settings| settings.protected = protected)
            .await;
        desk.order(Route::Rule, &wanted, 0).await.unwrap();
        assert!(desk.stage.ledger().unwrap().jobs.is_empty());
        desk.order(Route::Rule, &wanted, 1).await.unwrap();
        desk.settle(HOUR).await;
        assert!(
            desk.ended(1).contains("in the protected group"),
            "{}",
            desk.ended(1)
        );
        assert_eq!(desk.sent(), Vec::<String>::new());
        desk.order(Route::Quick, &wanted, 0).await.unwrap();
        desk.settle(HOUR).await;
        assert_eq!(desk.sent(), ["PATCH /users/0"]);
    });
}

/// F76, R122: a persona that names what is gone is given to nobody, by no route, and says why; when it is back, rules go on.
#[test]
fn nobody_gets_a_persona_that_names_what_is_gone() {
    let gone: [fn(&mut Persona); 3] = [
        |persona| persona.licences = vec![sku("11111111-0000-4000-8000-000000000001")],
        |persona| persona.groups = vec![group("22222222-0000-4000-8000-000000000001")],
        |persona| persona.policies = policies(&[("TeamsMeetingPolicy", "Deleted")]),
    ];
    for change in gone {
        play(async {
            let desk = Desk::of(1).await;
            let wanted = persona(change);
            desk.add(&wanted).await;
            desk.import().await;
            let refused = desk.order(Route::Quick, &wanted, 0).await.unwrap_err();
            assert!(
                refused.to_string().contains("cannot be given to anybody"),
                "{refused}"
            );
            desk.order(Route::Rule, &wanted, 0).await.unwrap();
            desk.settle(HOUR).await;
            assert!(desk.stage.ledger().unwrap().jobs.is_empty());
            assert_eq!(desk.sent(), Vec::<String>::new());
        });
    }
    play(async {
        let desk = Desk::of(1).await;
        let back = "22222222-0000-4000-8000-000000000001";
        let wanted = persona(|persona| persona.groups = vec![group(back)]);
        desk.add(&wanted).await;
        desk.import().await;
        desk.order(Route::Rule, &wanted, 0).await.unwrap();
        desk.stage.microsoft.add_group(NewGroup::new(back, "Back"));
        desk.play(async {
            pull(&desk.stage).await;
            desk.stage.clock.sleep(HOUR).await;
        })
        .await;
        assert!(desk.truth(0).groups.contains(back), "{}", desk.ended(0));
    });
}

/// `graph-api.md 4.1`: groups whose members we must not change make a persona invalid.
#[test]
fn groups_that_cannot_be_changed_are_refused() {
    let kinds = [
        GroupKind::Dynamic("user.city -eq \"x\"".into()),
        GroupKind::Synced,
        GroupKind::MailEnabled,
        GroupKind::RoleAssignable,
    ];
    play(async {
        let desk = Desk::of(1).await;
        for (number, kind) in kinds.into_iter().enumerate() {
            let id = format!("33333333-0000-4000-8000-00000000000{number}");
            desk.stage.microsoft.add_group(NewGroup {
                kind,
                ..NewGroup::new(id.clone(), "Special")
            });
            let wanted = persona(|persona| {
                persona.reference.id = format!("test-{number}");
                persona.groups = vec![group(&id)];
            });
            desk.add(&wanted).await;
        }
        desk.import().await;
        for number in 0..4 {
            let wanted = persona(|persona| persona.reference.id = format!("test-{number}"));
            let refused = desk.order(Route::Quick, &wanted, 0).await.unwrap_err();
            assert!(refused.to_string().contains("cannot be used"), "{refused}");
        }
    });
}

/// R48, R49, R95: an edit is applied as a whole or refused with a reason, never in part and never silently; there is no other way to
/// write to an account than these fields.
#[test]
fn an_edit_is_applied_as_a_whole() {
    play(async {
        let desk = Desk::with(1, None, at_work).await;
        desk.import().await;
        let edit = Edit {
            usage_location: Some("de".into()),
            join: [group(PLAIN)].into(),
            policies: [(PolicyType(SALES.0.into()), Some(SALES.1.into()))].into(),
            ..Edit::default()
        };
        desk.edit(&edit, 0).await.unwrap();
        desk.settle(4 * HOUR).await;
        let truth = desk.truth(0);
        assert_eq!(
            truth.usage_location.as_deref(),
            Some("DE"),
            "{}",
            desk.ended(0)
        );
        assert!(truth.groups.contains(PLAIN) && truth.policies.len() == 1);
        let out = Edit {
            leave: [group(PLAIN)].into(),
            policies: [(PolicyType(SALES.0.into()), None)].into(),
            ..Edit::default()
        };
        desk.edit(&out, 0).await.unwrap();
        desk.settle(8 * HOUR).await;
        let truth = desk.truth(0);
        assert!(
            truth.groups.is_empty() && truth.policies.is_empty(),
            "{}",
            desk.ended(0)
        );
        let unknown = Edit {
            usage_location: Some("ZZ".into()),
            join: [group(PLAIN)].into(),
            ..Edit::default()
        };
        desk.sent();
        assert!(desk.edit(&unknown, 0).await.is_err());
        desk.settle(HOUR).await;
        assert_eq!(desk.sent(), Vec::<String>::new());
    });
}
