//! One rule is edited, and a third of five thousand people would change.

use std::collections::BTreeSet;

use local::microsoft::NewPerson;
use shared::error::Kind;
use shared::model::change_set::{ChangeKind, ChangeSet, Limit, SetPlace, SetState};
use shared::model::microsoft::UserId;
use shared::model::persona::{
    LocationSource, Persona, PersonaChoice, PersonaRef, Rules, WrittenRule,
};
use shared::run::change_sets::{self, PlannedChange};
use shared::run::rules::save_rules;

use crate::desk::Desk;
use crate::gate::one_waiting;
use crate::theatre::{HOUR, MINUTE, play, pull};

const PEOPLE: usize = 5_000;

/// Everybody gets one persona; whoever has one of these properties gets another.
fn rules(version: u32, first: &[(&str, &str)]) -> Rules {
    let rule = |when: &str, persona: &str| WrittenRule {
        name: format!("{when} gets {persona}"),
        description: None,
        when: when.into(),
        then: PersonaChoice {
            persona: persona.into(),
            ..PersonaChoice::default()
        },
    };
    let first = first.iter().map(|(when, persona)| rule(when, persona));
    let rest = rule("user.objectId -ne null", "plain");
    Rules {
        version,
        placement: Vec::new(),
        persona: first.chain([rest]).collect(),
    }
}

fn persona(id: &str, location: Option<&str>) -> Persona {
    Persona {
        reference: PersonaRef {
            id: id.into(),
            version: 1,
        },
        name: id.into(),
        usage_location: location.map(|code| LocationSource::Literal(code.into())),
        ..Persona::default()
    }
}

const fn limit(few: u64) -> Limit {
    Limit {
        few,
        percent: 0,
        many: None,
    }
}

/// A sync, and time for what follows from it.
async fn sync(desk: &Desk) {
    desk.play(async {
        pull(&desk.stage).await;
        desk.stage.clock.sleep(5 * MINUTE).await;
    })
    .await;
}

async fn plans(desk: &Desk, set: &ChangeSet) -> Vec<PlannedChange> {
    let (shell, tenant) = desk.office();
    let mut plans = Vec::new();
    let mut from = Some(SetPlace::BEGIN);
    while let Some(place) = from {
        let page = change_sets::plan(shell, tenant, &set.id, place, 100);
        let (rows, next) = page.await.unwrap();
        plans.extend(rows);
        from = next;
    }
    plans
}

/// F16, F131, I1, I3, R138: 30 % of 5,000 people would change: no request changes anything until a second person says yes to that hash,
/// then there are exactly the planned ones; the author and a replaced hash are refused; who changed meanwhile is set aside; and the same
/// people and rules make the same plan, byte by byte.
#[test]
fn a_third_of_five_thousand_people_waits_for_a_second_person() {
    play(async {
        let desk = Desk::of(0).await;
        let id = |number: usize| {
            format!(
                "{:04x}{number:04x}-0000-4000-8000-000000000000",
                number * 13 % 0x1_0000
            )
        };
        let ids: Vec<UserId> = (0..PEOPLE).map(|number| UserId(id(number))).collect();
        for id in &ids {
            let person = NewPerson::new(&id.0, format!("{}@contoso.com", id.0), "Somebody");
            desk.stage.microsoft.add_person(person);
        }
        for (id, location) in [
            ("plain", None),
            ("kiwi", Some("NZ")),
            ("aussie", Some("AU")),
        ] {
            desk.add(&persona(id, location)).await;
        }
        let (shell, tenant) = desk.office();
        let everybody = (ChangeKind::Onboard, limit(1_000_000));
        desk.settings(|settings| settings.limits.extend([everybody]))
            .await;
        save_rules(shell, tenant, rules(2, &[]), false, "ada")
            .await
            .unwrap();
        sync(&desk).await;
        desk.settle(30 * HOUR).await;
        assert!(desk.sent().is_empty());

        let third = "user.objectId -match \"^[0-4]\"";
        let is_in = |id: &&UserId| ('0'..='4').any(|first| id.0.starts_with(first));
        let concerned: BTreeSet<&UserId> = ids.iter().filter(is_in).collect();
        save_rules(shell, tenant, rules(3, &[(third, "kiwi")]), true, "ada")
            .await
            .unwrap();
        sync(&desk).await;
        let first = one_waiting(&desk.stage).await;
        assert_eq!(first.people, concerned.len() as u64);
        assert!(first.people > 1_400 && first.in_scope == PEOPLE as u64);
        let planned = plans(&desk, &first).await;
        assert_eq!(
            planned
                .iter()
                .map(|plan| &plan.person)
                .collect::<BTreeSet<_>>(),
            concerned
        );

        // Another edit takes its place; the one before it is back with the next, and with it the same plan.
        save_rules(shell, tenant, rules(4, &[(third, "aussie")]), true, "grace")
            .await
            .unwrap();
        sync(&desk).await;
        let second = one_waiting(&desk.stage).await;
        assert_ne!(second.hash, first.hash);
        save_rules(shell, tenant, rules(5, &[(third, "kiwi")]), true, "grace")
            .await
            .unwrap();
        sync(&desk).await;
        let third = one_waiting(&desk.stage).await;
        assert_eq!(third.hash, first.hash);
        assert_eq!(plans(&desk, &third).await, planned);
        for (set, by) in [
            (&first, "eve"),
            (&second, "eve"),
            (&third, "ada"),
            (&third, "grace"),
        ] {
            let refused = change_sets::approve(shell, tenant, &set.id, &set.hash, by).await;
            assert_eq!(*refused.unwrap_err().kind(), Kind::Conflict);
        }

        // Two of them leave the company meanwhile.
        let gone: Vec<&UserId> = concerned.iter().copied().take(2).collect();
        for id in &gone {
            let no = Some(false.into());
            desk.stage
                .microsoft
                .set_property(&id.0, "accountEnabled", no);
        }
        sync(&desk).await;
        assert!(desk.sent().is_empty(), "{:?}", desk.sent());
        change_sets::approve(shell, tenant, &third.id, &third.hash, "eve")
            .await
            .unwrap();
        desk.settle(30 * HOUR).await;
        let done = change_sets::get(shell, tenant, &third.id).await.unwrap();
        assert_eq!((done.state, done.moved), (SetState::Done, 2));
        assert_eq!(done.applied, third.people - 2);
        let sent: Vec<String> = desk.sent();
        let mut expected: Vec<String> = concerned
            .iter()
            .filter(|id| !gone.contains(*id))
            .map(|id| format!("PATCH /users/{}", id.0))
            .collect();
        let mut told = sent.clone();
        told.sort();
        told.dedup();
        expected.sort();
        assert_eq!(told, expected);
    });
}
