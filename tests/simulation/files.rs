//! Files of orders: one change set each, weighed, and carried out once (F112-F114).

use shared::error::Kind;
use shared::model::change_set::{ChangeKind, ChangeSet, Limit, SetState};
use shared::model::job::{Goal, JobState};
use shared::model::persona::{LocationSource, Persona, SitePath};
use shared::run::files::{self, FileOrder, Given, Row};
use shared::run::{self, Choice, change_sets};

use crate::desk::{Desk, E3, LONDON, persona, sku};
use crate::gate::one_waiting;
use crate::theatre::{HOUR, MINUTE, play};

const BY: &str = "olga";

fn licensed() -> Persona {
    persona(|persona| {
        persona.usage_location = Some(LocationSource::Site);
        persona.licences = vec![sku(E3)];
    })
}

fn other() -> Persona {
    let mut other = licensed();
    other.reference.id = "other".into();
    other
}

/// So many people who have a persona at London.
async fn desk(people: usize) -> Desk {
    let desk = Desk::of(people).await;
    desk.members();
    desk.add(&licensed()).await;
    desk.add(&other()).await;
    desk.import().await;
    let (shell, tenant) = desk.office();
    for nth in 0..people {
        let choice = Choice {
            persona: "test".into(),
            site: Some(SitePath(LONDON.into())),
            ..Choice::default()
        };
        run::provision(shell, tenant, &desk.id(nth), &choice)
            .await
            .unwrap();
    }
    desk.settle(12 * HOUR).await;
    for nth in 0..people {
        assert_eq!(desk.state(nth), JobState::Done, "{}", desk.ended(nth));
    }
    desk
}

async fn give_in(desk: &Desk, rows: &[Row], dry: bool) -> Given {
    let (shell, tenant) = desk.office();
    files::give_in(shell, tenant, rows, false, dry, BY)
        .await
        .unwrap()
}

fn row(desk: &Desk, nth: usize, order: FileOrder) -> Row {
    let person = desk.id(nth).0;
    Row { person, order }
}

fn to(persona: &str) -> FileOrder {
    FileOrder::Persona {
        persona: persona.into(),
        profile: None,
        site: None,
    }
}

async fn set(desk: &Desk, given: &Given) -> ChangeSet {
    let (shell, tenant) = desk.office();
    let id = given.set.as_ref().unwrap();
    change_sets::get(shell, tenant, id).await.unwrap()
}

/// F112, F114: every row is answered; with one that is wrong, or if it is only asked, nobody is touched.
#[test]
fn a_file_is_checked_row_by_row_before_anybody_is_touched() {
    play(async {
        let desk = desk(2).await;
        let nobody = Row {
            person: "87d349ed-44d7-43e1-9a83-5f2406dee5bd".into(),
            order: FileOrder::Offboard,
        };
        let name = &desk.stage.employees[1].properties["userPrincipalName"];
        let name = name.as_str().unwrap().to_uppercase();
        let move_to = |site: &str| FileOrder::Move {
            site: SitePath(site.into()),
            persona: None,
            profile: None,
            keep_number: true,
        };
        let rows = [
            row(&desk, 0, to("other")),
            Row {
                person: name,
                order: move_to("europe/berlin"),
            },
            nobody,
            row(&desk, 0, FileOrder::Offboard),
            row(&desk, 1, FileOrder::Unstage),
        ];
        for dry in [true, false] {
            let given = give_in(&desk, &rows, dry).await;
            let told: Vec<Option<&str>> = given
                .rows
                .iter()
                .map(|row| row.refused.as_deref())
                .collect();
            assert_eq!(
                told,
                [
                    None,
                    None,
                    Some("there is no such person"),
                    Some("an earlier row names them too"),
                    Some("an earlier row names them too"),
                ]
            );
            assert_eq!(given.rows[1].person, Some(desk.id(1)));
            assert_eq!(given.set, None);
        }
        for (order, why) in [
            (to("nothing"), "there is no persona"),
            (move_to(LONDON), "already"),
            (move_to("europe/atlantis"), "there is no site"),
            (FileOrder::Unstage, "they are not staged"),
        ] {
            let given = give_in(&desk, &[row(&desk, 0, order)], false).await;
            let refused = given.rows[0].refused.as_deref().unwrap();
            assert!(refused.contains(why), "{refused}");
        }
        let (shell, tenant) = desk.office();
        for rows in [vec![], vec![row(&desk, 0, to("other")); files::MOST + 1]] {
            let error = files::give_in(shell, tenant, &rows, false, false, BY).await;
            assert_eq!(*error.unwrap_err().kind(), Kind::Conflict);
        }
    });
}

/// F113, I3: few go through at once; whoever is not what the file found any more is set aside, and it is said why.
#[test]
fn a_small_file_is_carried_out_and_whoever_changed_is_set_aside() {
    play(async {
        let desk = desk(3).await;
        let rows = [
            row(&desk, 0, to("other")),
            row(&desk, 1, to("other")),
            row(&desk, 2, FileOrder::Offboard),
        ];
        let given = give_in(&desk, &rows, false).await;
        assert_eq!(set(&desk, &given).await.state, SetState::Deciding);
        // Somebody is given something else before their turn.
        let (shell, tenant) = desk.office();
        let elsewhere = Choice {
            persona: "other".into(),
            site: Some(SitePath("europe/berlin".into())),
            ..Choice::default()
        };
        run::provision(shell, tenant, &desk.id(1), &elsewhere)
            .await
            .unwrap();
        desk.play(desk.stage.clock.sleep(20 * MINUTE)).await;
        desk.settle(12 * HOUR).await;
        let done = set(&desk, &given).await;
        assert_eq!(done.state, SetState::Done, "{done:#?}");
        assert_eq!(done.counts[&ChangeKind::Offboard], 1);
        assert_eq!(done.applied + done.moved, 3);
        assert_eq!(
            (desk.job(0).goal, desk.state(0)),
            (Goal::Provision, JobState::Done)
        );
        assert_eq!(
            (desk.job(2).goal, desk.state(2)),
            (Goal::Offboard, JobState::Done)
        );
        assert!(desk.stage.ledger().unwrap().people[&desk.id(2).0].left);
        let ids: Vec<_> = (0..3).map(|nth| desk.id(nth)).collect();
        let outcomes = files::outcomes(shell, tenant, &done.id, &ids)
            .await
            .unwrap();
        let aside = outcomes.iter().filter(|one| one.aside.is_some()).count();
        assert_eq!(u64::try_from(aside).unwrap(), done.moved);
        let tenant = shell.store.tenant(tenant).await.unwrap().unwrap();
        assert!(tenant.files.is_empty());
    });
}

/// F113, F130, F131: offboardings beyond the limit wait for somebody else's yes; whoever gave the file in may not say it.
#[test]
fn many_offboardings_by_file_wait_for_a_yes_of_somebody_else() {
    play(async {
        let desk = desk(4).await;
        let few = Limit {
            few: 1,
            percent: 10,
            many: Some(2),
        };
        desk.settings(|settings| {
            settings.limits.insert(ChangeKind::Offboard, few);
        })
        .await;
        let rows: Vec<Row> = (0..4)
            .map(|nth| row(&desk, nth, FileOrder::Offboard))
            .collect();
        let given = give_in(&desk, &rows, false).await;
        desk.settle(2 * HOUR).await;
        desk.play(desk.stage.clock.sleep(HOUR)).await;
        let waiting = one_waiting(&desk.stage).await;
        assert_eq!(Some(&waiting.id), given.set.as_ref());
        assert!(
            waiting.reason.contains("4 offboardings"),
            "{}",
            waiting.reason
        );
        let people = desk.stage.ledger().unwrap().people;
        assert!(people.values().all(|person| !person.left));
        let (shell, tenant) = desk.office();
        let own = change_sets::approve(shell, tenant, &waiting.id, &waiting.hash, BY).await;
        assert!(own.unwrap_err().to_string().contains("somebody else"));
        change_sets::approve(shell, tenant, &waiting.id, &waiting.hash, "anna")
            .await
            .unwrap();
        desk.settle(24 * HOUR).await;
        let people = desk.stage.ledger().unwrap().people;
        assert!(people.values().all(|person| person.left), "{people:#?}");
        assert_eq!(set(&desk, &given).await.applied, 4);

        // A no ends it, and so does time.
        let at_london = FileOrder::Persona {
            persona: "other".into(),
            profile: None,
            site: Some(SitePath(LONDON.into())),
        };
        let back = [0, 1].map(|nth| row(&desk, nth, at_london.clone()));
        desk.settings(|settings| {
            let nobody = Limit {
                few: 0,
                percent: 0,
                many: Some(0),
            };
            settings.limits.insert(ChangeKind::Persona, nobody);
            settings.limits.insert(ChangeKind::Onboard, nobody);
            settings.limits.insert(ChangeKind::Site, nobody);
        })
        .await;
        let given = give_in(&desk, &back, false).await;
        desk.play(desk.stage.clock.sleep(2 * HOUR)).await;
        let waiting = one_waiting(&desk.stage).await;
        change_sets::reject(shell, tenant, &waiting.id, &waiting.hash, "anna")
            .await
            .unwrap();
        desk.play(desk.stage.clock.sleep(2 * HOUR)).await;
        assert_eq!(set(&desk, &given).await.state, SetState::Rejected);
        let row = shell.store.tenant(tenant).await.unwrap().unwrap();
        assert!(row.files.is_empty());
    });
}
