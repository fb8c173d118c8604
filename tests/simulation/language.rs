//! What rules may name beyond the directory's usual answer: groups, directory extensions, service plans, and the clock.

use shared::model::persona::{PersonaChoice, Rules, WrittenRule};
use shared::run;

use crate::desk::{Desk, FRONT, persona};
use crate::theatre::{HOUR, MINUTE, play, pull};

const GRADE: &str = "extension_0123456789abcdef0123456789abcdef_grade";

/// One rule that gives the persona `test`.
fn rules(version: u32, when: &str) -> Rules {
    let rule = WrittenRule {
        name: "whoever this is".into(),
        description: None,
        when: when.into(),
        then: PersonaChoice {
            persona: "test".into(),
            ..PersonaChoice::default()
        },
    };
    Rules {
        version,
        placement: Vec::new(),
        persona: vec![rule],
    }
}

/// Somebody's number among those who have the persona.
fn holders(desk: &Desk) -> Vec<usize> {
    let people = desk.stage.ledger().unwrap().people;
    let holds = |number: &usize| people[&desk.id(*number).0].persona.is_some();
    (0..people.len()).filter(holds).collect()
}

/// R131, D20, D28: a rule that names groups or a directory extension makes them read, of everybody, before anybody is decided; who
/// comes into the group later is decided then.
#[test]
fn what_a_rule_names_is_read_before_anybody_is_decided() {
    play(async {
        let desk = Desk::of(6).await;
        desk.add(&persona(|_| {})).await;
        desk.members();
        let microsoft = &desk.stage.microsoft;
        microsoft.move_member_by_hand(FRONT, &desk.id(1).0, true);
        microsoft.set_property(&desk.id(2).0, GRADE, Some(7.into()));
        desk.import().await;
        let (shell, tenant) = desk.office();
        let when =
            format!("user.memberOf -any (group.objectId -eq '{FRONT}') -or user.{GRADE} -eq 7");
        run::rules::save_rules(shell, tenant, rules(2, &when), true, "ada")
            .await
            .unwrap();
        desk.settle(30 * HOUR).await;
        assert_eq!(holders(&desk), [1, 2]);

        microsoft.move_member_by_hand(FRONT, &desk.id(4).0, true);
        desk.play(async {
            pull(&desk.stage).await;
            desk.stage.clock.sleep(MINUTE).await;
        })
        .await;
        desk.settle(30 * HOUR).await;
        assert_eq!(holders(&desk), [1, 2, 4]);
    });
}

/// D28: an extension that Microsoft does not know keeps rules from deciding, and is told; reading people goes on.
#[test]
fn an_extension_that_is_none_stops_only_the_rules() {
    play(async {
        let desk = Desk::of(2).await;
        desk.add(&persona(|_| {})).await;
        desk.members();
        desk.import().await;
        let (shell, tenant) = desk.office();
        let when = format!("user.extension_{}_x -eq null", "g".repeat(32));
        run::rules::save_rules(shell, tenant, rules(2, &when), true, "ada")
            .await
            .unwrap();
        desk.play(async {
            pull(&desk.stage).await;
            desk.stage.clock.sleep(10 * MINUTE).await;
        })
        .await;
        let trouble = shell.store.tenant(tenant).await.unwrap().unwrap().trouble;
        let told = trouble.unwrap().sentence;
        assert!(told.contains("which Microsoft does not give"), "{told}");
        assert!(holders(&desk).is_empty());

        let good = rules(3, "user.objectId -ne null");
        run::rules::save_rules(shell, tenant, good, true, "ada")
            .await
            .unwrap();
        desk.settle(30 * HOUR).await;
        assert_eq!(holders(&desk), [0, 1]);
    });
}

/// D19: what a rule says of the clock comes true by itself, within a day.
#[test]
fn a_rule_that_reads_the_clock_is_decided_daily() {
    play(async {
        let desk = Desk::of(2).await;
        desk.add(&persona(|_| {})).await;
        desk.members();
        let hired = desk.stage.clock.now() + 72 * HOUR;
        let microsoft = &desk.stage.microsoft;
        microsoft.set_property(
            &desk.id(0).0,
            "employeeHireDate",
            Some(hired.to_string().into()),
        );
        desk.import().await;
        let (shell, tenant) = desk.office();
        let when = "user.employeeHireDate -le (system.now -plus P1D)";
        run::rules::save_rules(shell, tenant, rules(2, when), true, "ada")
            .await
            .unwrap();
        let hourly = async |hours: u32| {
            desk.play(async {
                for _ in 0..hours {
                    pull(&desk.stage).await;
                    desk.stage.clock.sleep(HOUR).await;
                }
            })
            .await;
        };
        hourly(40).await;
        assert!(holders(&desk).is_empty());
        hourly(36).await;
        desk.settle(30 * HOUR).await;
        assert_eq!(holders(&desk), [0]);
    });
}
