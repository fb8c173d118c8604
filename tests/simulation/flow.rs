//! Both ways in: to the tenant level and adopted from there, or straight to the sites by flow-through (R16-R45).

use std::collections::BTreeSet;

use local::contoso;
use local::microsoft::NewPerson;
use shared::error::{Error, Kind};
use shared::model::change_set::Gate;
use shared::model::microsoft::UserId;
use shared::model::persona::{LocationSource, Persona, Rules, SitePath};
use shared::model::schedule::{Schedule, ScheduleKind};
use shared::model::tenant::OffboardLicences;
use shared::run::{self, adoption, change_sets, look, safety};

use crate::desk::{Desk, E3, LONDON, Route, persona, policies, sku};
use crate::gate::one_waiting;
use crate::numbers::SALES;
use crate::theatre::{HOUR, MINUTE, play, pull};

const BY: &str = "olga";

fn site() -> SitePath {
    SitePath(LONDON.into())
}

/// A usage location, a licence and a policy.
pub fn full() -> Persona {
    persona(|persona| {
        persona.usage_location = Some(LocationSource::Site);
        persona.licences = vec![sku(E3)];
        persona.policies = policies(&[SALES]);
    })
}

/// Nothing is set up but the connection.
pub async fn bare(people: usize) -> Desk {
    let desk = Desk::of(people).await;
    desk.members();
    desk.settings(|settings| settings.flow_through = None).await;
    let (shell, tenant) = desk.office();
    shell
        .store
        .set_gate(tenant, &Gate::default())
        .await
        .unwrap();
    desk
}

pub async fn adoption_on(desk: &Desk) {
    let (shell, tenant) = desk.office();
    for mut node in contoso::nodes() {
        if node.path == site() {
            node.values.adoption = Some(true);
            shell.store.put_node(tenant, &node).await.unwrap();
        }
    }
}

async fn adopt(
    desk: &Desk,
    people: Option<&[usize]>,
) -> Result<shared::model::adoption::Adoption, Error> {
    let (shell, tenant) = desk.office();
    let id = |number: &usize| desk.id(*number);
    let ids = people.map(|people| people.iter().map(id).collect());
    adoption::adopt(shell, tenant, &site(), ids, BY).await
}

async fn state(desk: &Desk, number: usize) -> &'static str {
    let (shell, tenant) = desk.office();
    let seen = look::person(shell, tenant, &desk.id(number)).await.unwrap();
    seen.state().name()
}

fn refusal<T>(result: Result<T, Error>) -> String {
    let error = result.err().unwrap();
    assert_eq!(*error.kind(), Kind::Conflict, "{error}");
    error.to_string()
}

async fn trouble(desk: &Desk) -> String {
    let (shell, tenant) = desk.office();
    let row = look::tenant(shell, tenant).await.unwrap();
    row.trouble
        .map_or_else(String::new, |trouble| trouble.sentence)
}

async fn ticks(desk: &Desk) {
    desk.play(desk.stage.clock.sleep(3 * HOUR)).await;
}

/// R16, R39, R44: the first sync waits until offboarding has been thought of, and says so; then it runs by itself.
#[test]
fn the_first_sync_waits_for_the_checklist() {
    play(async {
        let desk = bare(3).await;
        desk.settings(|settings| settings.offboard_licences = None)
            .await;
        desk.play(async {
            pull(&desk.stage).await;
            desk.stage.clock.sleep(2 * HOUR).await;
        })
        .await;
        assert!(desk.stage.ledger().unwrap().people.is_empty());
        let told = trouble(&desk).await;
        assert!(
            told.contains("the first sync waits: choose whether"),
            "{told}"
        );
        let (shell, tenant) = desk.office();
        let choice = OffboardLicences::Keep;
        safety::choose_offboarding(shell, tenant, choice, BY)
            .await
            .unwrap();
        ticks(&desk).await;
        assert_eq!(desk.stage.ledger().unwrap().people.len(), 3);
        assert_eq!(trouble(&desk).await, "");
    });
}

/// R17, R20-R29, R36, R37, F24, F115: people come to the tenant level and stay there, whatever rules say, until several are adopted at a
/// site that has adoption on, or one is provisioned by hand; everybody's outcome is told; repeated syncs make nothing twice.
#[test]
fn people_stay_at_the_tenant_level_until_they_are_adopted() {
    play(async {
        let desk = bare(6).await;
        let early = refusal(adopt(&desk, Some(&[0, 1])).await);
        for told in [
            "sync the tenant first",
            "write placement rules",
            "write persona rules",
            "make a persona",
        ] {
            assert!(early.contains(told) || told == "make a persona", "{early}");
        }
        desk.add(&full()).await;
        desk.everybody(true).await;
        desk.import().await;
        ticks(&desk).await;
        let (shell, tenant) = desk.office();
        let schedules = run::schedules(shell, tenant).await.unwrap();
        assert!(desk.sent().is_empty(), "{:?}", desk.sent());
        assert!(desk.stage.ledger().unwrap().jobs.is_empty());
        for number in 0..6 {
            assert_eq!(state(&desk, number).await, "imported");
        }
        // Licences and policies are at the tenant level, with the people.
        assert!(!shell.store.skus(tenant).await.unwrap().is_empty());
        let known = shell.store.policies(tenant).await.unwrap();
        assert!(
            known.iter().any(|policy| policy.name == SALES.1),
            "{known:?}"
        );
        let off = refusal(adopt(&desk, Some(&[0, 1])).await);
        assert!(off.contains("switch adoption on for a site"), "{off}");
        adoption_on(&desk).await;

        let unknown = UserId("00000000-0000-4000-8000-00000000dead".into());
        let some = BTreeSet::from([desk.id(0), desk.id(1), unknown.clone()]);
        let here = site();
        let batch = adoption::adopt(shell, tenant, &here, Some(some), BY);
        let batch = batch.await.unwrap();
        let refused: Vec<_> = batch
            .people
            .iter()
            .filter(|one| one.refused.is_some())
            .collect();
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0].person, unknown);
        run::provision(
            shell,
            tenant,
            &desk.id(2),
            &run::Choice {
                persona: "test".into(),
                site: Some(site()),
                ..run::Choice::default()
            },
        )
        .await
        .unwrap();
        desk.settle(30 * HOUR).await;
        let (told, now) = adoption::adoption(shell, tenant, &batch.id).await.unwrap();
        assert_eq!(told, batch);
        assert_eq!(now.len(), 2);
        assert!(
            now.values()
                .all(|seen| seen.state().name() == "provisioned")
        );
        for number in 0..6 {
            let expected = if number < 3 {
                "provisioned"
            } else {
                "imported"
            };
            assert_eq!(state(&desk, number).await, expected, "{number}");
            assert_eq!(desk.truth(number).direct_licences.is_empty(), number >= 3);
        }
        // The persona changes: rules decide for the adopted, and for nobody else.
        let mut second = full();
        second.reference.version = 2;
        second.policies.clear();
        desk.add(&second).await;
        ticks(&desk).await;
        desk.settle(30 * HOUR).await;
        let version = async |number| {
            let seen = look::person(shell, tenant, &desk.id(number)).await.unwrap();
            seen.person.persona.map(|held| held.version)
        };
        assert_eq!(version(0).await, Some(2));
        assert_eq!(version(2).await, Some(1));
        assert_eq!(version(3).await, None);
        // The rest, also whom an order marked that died; and nobody is adopted twice.
        let row = look::tenant(shell, tenant).await.unwrap();
        let third = desk.id(3);
        let half = shell.store.mark_adopted(&row, &third);
        assert!(half.await.unwrap());
        let wrong = BTreeSet::from([UserId("a#b".into())]);
        let wrong = adoption::adopt(shell, tenant, &here, Some(wrong), BY).await;
        assert_eq!(refusal(wrong), "\"a#b\" is no Entra object id");
        let rest = adopt(&desk, None).await.unwrap();
        assert_eq!(rest.people.len(), 4);
        desk.settle(30 * HOUR).await;
        for number in 0..6 {
            assert_eq!(version(number).await, Some(2), "{number}");
        }
        assert!(adopt(&desk, None).await.unwrap().people.is_empty());
        let said = |all: Vec<run::ScheduleSeen>| -> Vec<_> {
            all.into_iter()
                .map(|one| (one.kind, one.schedule))
                .collect()
        };
        let now = run::schedules(shell, tenant).await.unwrap();
        assert_eq!(said(now), said(schedules));
    });
}

/// R24: adoption is per site: whom placement rules put elsewhere, or nowhere, is not adopted here.
#[test]
fn nobody_is_adopted_where_placement_does_not_put_them() {
    play(async {
        let desk = bare(2).await;
        desk.add(&full()).await;
        let (shell, tenant) = desk.office();
        shell
            .store
            .put_rules(tenant, &crate::desk::by_rule(&full(), &desk.id(0)))
            .await
            .unwrap();
        desk.import().await;
        adoption_on(&desk).await;
        let berlin = SitePath("europe/berlin".into());
        let off = adoption::adopt(shell, tenant, &berlin, None, BY).await;
        assert_eq!(
            refusal(off),
            "adoption is off at europe/berlin: switch it on there first"
        );
        let batch = adopt(&desk, Some(&[0, 1])).await.unwrap();
        let refused: Vec<_> = batch
            .people
            .iter()
            .filter(|one| one.refused.is_some())
            .collect();
        assert_eq!(refused.len(), 1, "{batch:?}");
        assert_eq!(refused[0].person, desk.id(1));
        ticks(&desk).await;
        assert!(desk.truth(1).direct_licences.is_empty());
    });
}

/// R30-R34, R41, R42, R43, F110: flow-through is refused with everything that is missing; ready, it is turned on, and its first run waits
/// for a yes that is not that of whoever turned it on; then everybody is imported, licensed, provisioned and at their site, and who comes
/// later follows by themselves (R141).
#[test]
fn flow_through_begins_when_it_is_ready_and_somebody_said_yes() {
    play(async {
        let desk = bare(30).await;
        let (shell, tenant) = desk.office();
        desk.play(desk.stage.clock.sleep(MINUTE)).await;
        let told = refusal(safety::turn_on(shell, tenant, None, BY).await);
        for missing in ["write placement rules", "write persona rules"] {
            assert!(told.contains(missing), "{told}");
        }
        desk.add(&full()).await;
        desk.everybody(true).await;
        safety::turn_on(shell, tenant, None, BY).await.unwrap();
        let ready = safety::readiness(shell, tenant).await.unwrap();
        assert!(
            ready.flow_through.iter().all(|point| point.ready),
            "{ready:?}"
        );
        desk.import().await;
        ticks(&desk).await;
        assert!(desk.sent().is_empty());
        assert!(desk.stage.ledger().unwrap().jobs.is_empty());
        let set = one_waiting(&desk.stage).await;
        assert_eq!(set.people, 30);
        assert_eq!(
            set.reason,
            "the first flow-through run always waits for a yes"
        );
        // Who comes meanwhile waits with the others, and follows after the yes.
        let late = "00000000-0000-4000-8000-00000000cafe";
        let new = NewPerson::new(late, "late@contoso.example", "Late");
        desk.stage.microsoft.add_person(new);
        ticks(&desk).await;
        assert!(desk.stage.ledger().unwrap().jobs.is_empty());
        assert_eq!(one_waiting(&desk.stage).await, set);
        let own = change_sets::approve(shell, tenant, &set.id, &set.hash, BY).await;
        assert!(refusal(own).contains("somebody else has to say yes"));
        let other = change_sets::approve(shell, tenant, &set.id, &set.hash, "grace").await;
        other.unwrap();
        desk.settle(30 * HOUR).await;
        for number in 0..30 {
            assert_eq!(state(&desk, number).await, "provisioned", "{number}");
            let truth = desk.truth(number);
            assert!(!truth.direct_licences.is_empty() && !truth.policies.is_empty());
            let seen = look::person(shell, tenant, &desk.id(number)).await.unwrap();
            assert_eq!(seen.person.site, Some(site()));
        }
        let row = look::tenant(shell, tenant).await.unwrap();
        assert!(!row.is_before_first_run(&row.gate));
        let truth = desk.stage.microsoft.truth(late).unwrap();
        assert!(!truth.direct_licences.is_empty());
        // Off and on again it begins anew.
        safety::turn_off(shell, tenant).await.unwrap();
        let mut second = full();
        second.reference.version = 2;
        second.policies.clear();
        desk.add(&second).await;
        ticks(&desk).await;
        safety::turn_on(shell, tenant, None, BY).await.unwrap();
        ticks(&desk).await;
        let again = one_waiting(&desk.stage).await;
        assert_eq!(again.reason, set.reason);
        assert_eq!(again.people, 31);
    });
}

/// R41: what is not ready any more when the first run comes stops it, unless somebody said why not to wait.
#[test]
fn a_first_run_that_is_not_ready_is_not_made() {
    play(async {
        let desk = bare(3).await;
        let (shell, tenant) = desk.office();
        desk.add(&full()).await;
        desk.everybody(true).await;
        desk.play(desk.stage.clock.sleep(MINUTE)).await;
        safety::turn_on(shell, tenant, None, BY).await.unwrap();
        let none = Rules {
            version: 4,
            ..Rules::default()
        };
        shell.store.put_rules(tenant, &none).await.unwrap();
        desk.import().await;
        let told = trouble(&desk).await;
        assert!(told.contains("flow-through is on and not ready"), "{told}");
        assert!(told.contains("write placement rules"), "{told}");
        let why = Some("the rules come tomorrow".to_owned());
        safety::turn_on(shell, tenant, why, BY).await.unwrap();
        ticks(&desk).await;
        assert_eq!(trouble(&desk).await, "");
        assert!(desk.stage.ledger().unwrap().jobs.is_empty());
        let blank = safety::turn_on(shell, tenant, Some(" ".into()), BY).await;
        assert!(refusal(blank).contains("1 to 200 characters"));
    });
}

/// R115, R138, R140: fifty starters at once are provisioned by a sync by hand, with no schedule at all.
#[test]
fn a_sync_by_hand_provisions_fifty_starters() {
    play(async {
        let desk = Desk::of(50).await;
        let (shell, tenant) = desk.office();
        let kind = ScheduleKind::UserSync;
        let off = Schedule {
            active: false,
            ..kind.default_schedule()
        };
        run::set_schedule(shell, tenant, kind, &off).await.unwrap();
        desk.add(&full()).await;
        desk.everybody(true).await;
        desk.play(desk.stage.clock.sleep(3 * HOUR)).await;
        assert!(desk.stage.ledger().unwrap().jobs.is_empty());
        run::sync_now(shell, tenant).await.unwrap();
        desk.settle(30 * HOUR).await;
        for number in 0..50 {
            assert_eq!(state(&desk, number).await, "provisioned", "{number}");
        }
    });
}

/// R35: a rule in flow-through, quick provision, a profile and an edit lead to the same licences.
#[test]
fn every_route_gives_the_same_licences() {
    play(async {
        let desk = Desk::of(4).await;
        desk.members();
        desk.add(&full()).await;
        desk.import().await;
        let routes = [Route::Rule, Route::Quick, Route::Profile, Route::Edit];
        for (number, route) in routes.into_iter().enumerate() {
            desk.order(route, &full(), number).await.unwrap();
            desk.settle(30 * HOUR).await;
        }
        for number in 0..4 {
            assert_eq!(
                desk.truth(number).direct_licences,
                desk.truth(0).direct_licences,
                "{number}"
            );
        }
        assert!(!desk.truth(0).direct_licences.is_empty());
    });
}
