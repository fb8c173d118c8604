//! What people lay over rules: an exception of one person, a halt of everything, an offboarding that is taken back.

use shared::error::Kind;
use shared::model::inventory::NumberState;
use shared::model::persona::{LocationSource, Persona};
use shared::model::safety::Exception;
use shared::run::{self, inventory, look, safety};

use crate::desk::{Desk, E3, PLAIN, group, leaving, persona, policies, sku};
use crate::numbers::SALES;
use crate::theatre::{HOUR, MINUTE, play, pull};

fn licensed(version: u32) -> Persona {
    persona(|persona| {
        persona.reference.version = version;
        persona.usage_location = Some(LocationSource::Literal("GB".into()));
        persona.licences = vec![sku(E3)];
        if version > 1 {
            persona.policies = policies(&[SALES]);
        }
    })
}

async fn version(desk: &Desk, number: usize) -> u32 {
    let (shell, tenant) = desk.office();
    let seen = look::person(shell, tenant, &desk.id(number)).await.unwrap();
    seen.person.persona.unwrap().version
}

/// F116: rules leave somebody as they are who has an owner, a reason and an end; at the end, or before it by hand, they decide again by
/// themselves.
#[test]
fn an_exception_keeps_somebody_as_they_are_until_its_end() {
    play(async {
        let desk = Desk::of(3).await;
        desk.add(&licensed(1)).await;
        desk.everybody(false).await;
        desk.import().await;
        desk.settle(30 * HOUR).await;
        let (shell, tenant) = desk.office();
        let exception = |number: usize, hours: u32| Exception {
            person: desk.id(number),
            owner: "Olga".into(),
            reason: "on trial".into(),
            until: desk.stage.clock.now() + HOUR * hours,
            by: "olga".into(),
        };
        for refused in [
            Exception {
                owner: " ".into(),
                ..exception(0, 48)
            },
            Exception {
                reason: String::new(),
                ..exception(0, 48)
            },
            exception(0, 0),
            exception(0, 24 * 400),
        ] {
            let error = safety::except(shell, tenant, &refused).await.unwrap_err();
            assert_eq!(*error.kind(), Kind::Conflict, "{error}");
        }
        safety::except(shell, tenant, &exception(0, 48))
            .await
            .unwrap();
        safety::except(shell, tenant, &exception(1, 200))
            .await
            .unwrap();
        desk.add(&licensed(2)).await;
        desk.play(desk.stage.clock.sleep(6 * HOUR)).await;
        desk.settle(12 * HOUR).await;
        let versions = async || {
            [
                version(&desk, 0).await,
                version(&desk, 1).await,
                version(&desk, 2).await,
            ]
        };
        assert_eq!(versions().await, [1, 1, 2]);
        let why = run::explain::explain(shell, tenant, &desk.id(0))
            .await
            .unwrap();
        assert!(
            why.next().contains("an exception of them until"),
            "{}",
            why.next()
        );
        assert_eq!(safety::exceptions(shell, tenant).await.unwrap().len(), 2);
        desk.play(desk.stage.clock.sleep(48 * HOUR)).await;
        desk.settle(12 * HOUR).await;
        assert_eq!(versions().await, [2, 1, 2]);
        safety::end_exception(shell, tenant, &desk.id(1))
            .await
            .unwrap();
        desk.play(desk.stage.clock.sleep(10 * MINUTE)).await;
        desk.settle(12 * HOUR).await;
        assert_eq!(versions().await, [2, 2, 2]);
        assert!(safety::exceptions(shell, tenant).await.unwrap().is_empty());
    });
}

/// F133: while the installation is halted nothing is sent, for any tenant; afterwards all goes on by itself.
#[test]
fn a_halt_stops_everything_until_it_is_taken_back() {
    play(async {
        let desk = Desk::of(4).await;
        desk.add(&licensed(1)).await;
        desk.everybody(false).await;
        let (shell, tenant) = desk.office();
        safety::halt(shell, "a drill", "olga").await.unwrap();
        desk.play(async {
            pull(&desk.stage).await;
            desk.stage.clock.sleep(5 * HOUR).await;
        })
        .await;
        assert!(desk.stage.ledger().unwrap().people.is_empty());
        let halted = safety::halted(shell).await.unwrap().unwrap();
        assert_eq!(
            (halted.reason.as_str(), halted.by.as_str()),
            ("a drill", "olga")
        );
        let row = look::tenant(shell, tenant).await.unwrap();
        assert_eq!(row.mode().name(), "paused");
        assert_eq!(row.settings.mode().name(), "active");
        safety::resume(shell, "olga").await.unwrap();
        desk.settle(30 * HOUR).await;
        for number in 0..4 {
            assert_eq!(version(&desk, number).await, 1);
        }
        // With work in hand: what is under way ends, and nothing begins.
        desk.add(&licensed(2)).await;
        safety::halt(shell, "another drill", "olga").await.unwrap();
        desk.play(desk.stage.clock.sleep(MINUTE)).await;
        desk.sent();
        desk.play(desk.stage.clock.sleep(5 * HOUR)).await;
        assert_eq!(desk.sent(), [""; 0]);
        safety::resume(shell, "olga").await.unwrap();
        desk.settle(30 * HOUR).await;
        assert_eq!(version(&desk, 0).await, 2);
    });
}

/// I6: an offboarding is taken back: what it took is there again as before, the number too; what cannot come back is listed, and the
/// plan shows the same before anything is ordered.
#[test]
fn an_offboarding_is_taken_back() {
    play(async {
        let desk = crate::numbers::desk(2, 2, None).await;
        let mut held = crate::numbers::with_number();
        held.groups = vec![group(PLAIN)];
        held.offboarding = leaving(&[PLAIN]);
        held.reference.version = 2;
        desk.add(&held).await;
        desk.order(crate::desk::Route::Quick, &held, 0)
            .await
            .unwrap();
        desk.settle(30 * HOUR).await;
        let (shell, tenant) = desk.office();
        let before = (
            desk.truth(0),
            look::person(shell, tenant, &desk.id(0))
                .await
                .unwrap()
                .person,
        );
        let number = before.1.number.clone().unwrap();
        let nothing = run::reinstate(shell, tenant, &desk.id(0), None, true)
            .await
            .unwrap_err();
        assert!(nothing.to_string().contains("has not left"), "{nothing}");
        desk.offboard(0).await;
        desk.settle(30 * HOUR).await;
        let gone = look::person(shell, tenant, &desk.id(0)).await.unwrap();
        assert_eq!(gone.state().name(), "offboarded");
        assert_eq!(gone.person.number, None);
        desk.sent();
        let dry = run::reinstate(shell, tenant, &desk.id(0), None, true)
            .await
            .unwrap();
        assert_eq!(desk.sent(), [""; 0]);
        let ordered = run::reinstate(shell, tenant, &desk.id(0), None, false)
            .await
            .unwrap();
        assert_eq!(dry, ordered);
        assert!(ordered.notes.is_empty(), "{:?}", ordered.notes);
        desk.settle(60 * HOUR).await;
        let after = (
            desk.truth(0),
            look::person(shell, tenant, &desk.id(0)).await.unwrap(),
        );
        assert_eq!(after.1.state().name(), "provisioned", "{}", desk.ended(0));
        let person = after.1.person;
        assert_eq!(person.number, Some(number.clone()));
        assert_eq!(
            (&person.persona, &person.site, &person.role),
            (&before.1.persona, &before.1.site, &before.1.role)
        );
        assert_eq!(after.0.direct_licences, before.0.direct_licences);
        assert_eq!(after.0.policies, before.0.policies);
        assert_eq!(after.0.groups, before.0.groups);

        // Once more, and somebody else has the number by then.
        desk.offboard(0).await;
        desk.settle(30 * HOUR).await;
        inventory::free(shell, tenant, number.as_str()).await.ok();
        let entry = inventory::number(shell, tenant, number.as_str())
            .await
            .unwrap();
        assert_ne!(entry.state, NumberState::Used);
        let mine = inventory::Reservation {
            person: Some(desk.id(1)),
            days: None,
            note: "for the other".into(),
        };
        inventory::reserve(shell, tenant, number.as_str(), &mine)
            .await
            .unwrap();
        let partial = run::reinstate(shell, tenant, &desk.id(0), None, false)
            .await
            .unwrap();
        assert_eq!(
            partial.notes,
            ["a number of theirs is reserved for somebody else by now"]
        );
        desk.settle(60 * HOUR).await;
        let last = look::person(shell, tenant, &desk.id(0)).await.unwrap();
        assert_eq!(last.person.number, None);
        assert_eq!(desk.truth(0).direct_licences, before.0.direct_licences);
    });
}
