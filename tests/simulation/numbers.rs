//! Telephone numbers: one person each, given when Microsoft says so, taken away first, and given again only when nothing that was ever
//! asked about them can take effect any more (I5, V1).

use std::time::Duration;

use local::contoso;
use local::fate::Hook;
use local::microsoft::NewNumber;
use local::reference;
use shared::model::inventory::{Entry, NumberRange, NumberState, RangeId};
use shared::model::job::{JobState, Waits};
use shared::model::number::E164;
use shared::model::persona::{LocationSource, Persona, SitePath};

use shared::run;
use shared::run::inventory::{self, Taken, Written};

use crate::desk::{Desk, E5, LONDON, Route, persona, policies, sku};
use crate::theatre::{HOUR, MINUTE, play};

pub const SALES: (&str, &str) = ("TeamsMeetingPolicy", "Sales meetings");
/// The service plan MCOEV.
pub const PHONE_SYSTEM: &str = "4828c8ec-dc2e-4779-b502-87ac9ce28ab7";
const DAY: Duration = Duration::from_secs(24 * 3_600);

pub fn number(nth: usize) -> String {
    format!("+442071{nth:06}")
}

pub fn e164(nth: usize) -> E164 {
    E164::parse(&number(nth)).unwrap()
}

pub fn range(id: &str) -> RangeId {
    RangeId(id.into())
}

/// Everything that somebody with a telephone gets.
pub fn with_number() -> Persona {
    persona(|persona| {
        persona.usage_location = Some(LocationSource::Site);
        persona.licences = vec![sku(E5)];
        persona.policies = policies(&[SALES]);
        persona.numbers = vec![range("london")];
    })
}

pub fn row(number: &str) -> Written {
    in_range(number, "london")
}

pub fn in_range(number: &str, range: &str) -> Written {
    Written {
        number: number.into(),
        range: Some(range.into()),
        golden: false,
    }
}

/// So many people, and so many numbers of London, which Microsoft and the inventory know.
pub async fn desk(people: usize, numbers: usize, hook: Option<Hook>) -> Desk {
    let desk = Desk::with(people, hook, |stage| {
        let plans = [contoso::TEAMS1, PHONE_SYSTEM];
        stage.microsoft.add_sku(E5, "SPE_E5", 1_000, &plans);
        for nth in 0..numbers {
            let new = NewNumber::new(number(nth), "directRouting");
            stage.microsoft.add_number(new);
        }
    })
    .await;
    let (shell, id) = (
        &desk.stage.installation.admin,
        &desk.stage.installation.tenant,
    );
    let of_london = NumberRange {
        id: range("london"),
        name: "London".into(),
        node: Some(SitePath(LONDON.into())),
        low: None,
    };
    inventory::save_range(shell, id, of_london, None, "olga")
        .await
        .unwrap();
    let rows: Vec<Written> = (0..numbers).map(|nth| row(&number(nth))).collect();
    let taken = inventory::import(shell, id, &rows, false, false).await;
    assert!(taken.unwrap().iter().all(|taken| *taken == Taken::New));
    desk.add(&with_number()).await;
    desk.import().await;
    desk
}

impl Desk {
    pub fn entry(&self, nth: usize) -> Entry {
        self.stage.ledger().unwrap().entries[&number(nth)].clone()
    }

    pub fn agrees(&self) {
        let ledger = self.stage.ledger().unwrap();
        let found = reference::disagreements(&ledger, &self.stage.microsoft);
        assert!(found.is_empty(), "{found:#?}");
    }
}

/// R6, R77, R79, R125, F53, F59, F60, F105: the lowest number is given last of all and taken away first of all; then it rests as is set
/// where it belongs, and is given again.
#[test]
pub fn a_number_comes_last_and_goes_first() {
    for days in [None, Some(2)] {
        play(async {
            let desk = desk(2, 2, None).await;
            let store = &desk.stage.installation.admin.store;
            let mut nodes = contoso::nodes();
            let london = nodes.iter_mut().find(|node| node.path.0 == LONDON);
            let london = london.unwrap();
            london.values.cooling_days = days;
            let tenant = &desk.stage.installation.tenant;
            store.put_node(tenant, london).await.unwrap();
            desk.sent();
            desk.order(Route::Quick, &with_number(), 0).await.unwrap();
            desk.settle(12 * HOUR).await;
            assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
            let sent = desk.sent();
            assert!(sent.last().unwrap().contains("assignNumber"), "{sent:#?}");
            assert_eq!(desk.truth(0).numbers, [number(0)].into());
            assert_eq!(desk.entry(0).state, NumberState::Used);
            let person = &desk.stage.ledger().unwrap().people[&desk.id(0).0];
            assert_eq!(person.number, Some(e164(0)));
            desk.agrees();

            desk.play(desk.stage.clock.sleep(2 * HOUR)).await;
            desk.offboard(0).await;
            desk.settle(20 * HOUR).await;
            assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
            let sent = desk.sent();
            assert!(sent[0].contains("unassignNumber"), "{sent:#?}");
            assert!(sent.last().unwrap().contains("assignLicense"), "{sent:#?}");
            assert!(desk.truth(0).numbers.is_empty());
            assert_eq!(desk.history(0).before.numbers, [e164(0)].into());
            let resting = match days {
                Some(_) => NumberState::Cooling,
                None => NumberState::Available,
            };
            assert_eq!(desk.entry(0).state, resting);
            let person = &desk.stage.ledger().unwrap().people[&desk.id(0).0];
            assert_eq!(person.number, None);
            desk.agrees();
            desk.play(desk.stage.clock.sleep(3 * DAY)).await;
            assert_eq!(desk.entry(0).state, NumberState::Available);
            desk.order(Route::Quick, &with_number(), 1).await.unwrap();
            desk.settle(12 * HOUR).await;
            assert_eq!(desk.truth(1).numbers, [number(0)].into());
            desk.agrees();
        });
    }
}

/// Fault 35, F93: without a number nobody takes a licence; whoever has waited longest gets the first that becomes free.
#[test]
fn whoever_gets_no_number_waits_and_takes_no_licence() {
    play(async {
        let desk = desk(3, 1, None).await;
        for person in 0..3 {
            desk.order(Route::Quick, &with_number(), person)
                .await
                .unwrap();
            desk.play(desk.stage.clock.sleep(MINUTE)).await;
        }
        desk.settle(12 * HOUR).await;
        assert_eq!(desk.truth(0).numbers, [number(0)].into());
        for waiting in [1, 2] {
            assert_eq!(desk.job(waiting).waits, Some(Waits::Number));
            assert!(desk.truth(waiting).direct_licences.is_empty());
        }
        desk.play(desk.stage.clock.sleep(2 * HOUR)).await;
        desk.offboard(0).await;
        desk.settle(20 * HOUR).await;
        assert_eq!(desk.truth(1).numbers, [number(0)].into());
        assert_eq!(desk.job(2).waits, Some(Waits::Number));
        desk.agrees();
    });
}

/// Fault 35: as many as there are new numbers are served at once, not one after the other.
#[test]
fn everybody_for_whom_a_number_comes_in_is_served_at_once() {
    play(async {
        let desk = desk(6, 0, None).await;
        desk.members();
        for person in 0..6 {
            desk.order(Route::Quick, &with_number(), person)
                .await
                .unwrap();
        }
        desk.settle(4 * HOUR).await;
        for nth in 0..6 {
            let new = NewNumber::new(number(nth), "directRouting");
            desk.stage.microsoft.add_number(new);
        }
        let rows: Vec<Written> = (0..6).map(|nth| row(&number(nth))).collect();
        let (shell, id) = (
            &desk.stage.installation.admin,
            &desk.stage.installation.tenant,
        );
        desk.play(async {
            let taken = inventory::import(shell, id, &rows, false, false).await;
            assert!(taken.is_ok());
            desk.stage.clock.sleep(5 * MINUTE).await;
        })
        .await;
        for person in 0..6 {
            assert_ne!(desk.job(person).waits, Some(Waits::Number), "{person}");
        }
        desk.settle(12 * HOUR).await;
        for person in 0..6 {
            assert_eq!(
                desk.truth(person).numbers.len(),
                1,
                "{:?}",
                desk.job(person)
            );
        }
        desk.agrees();
    });
}

/// F94, F96, V14: a number stays somebody's while they are staged; if the job is taken back, or gives up, it is free at once, because
/// nothing was asked for it.
#[test]
fn a_staged_persons_number_is_kept_and_given_back() {
    play(async {
        let desk = desk(1, 1, None).await;
        desk.order(Route::Quick, &with_number(), 0).await.unwrap();
        desk.play(async {
            while desk.job(0).state != JobState::Staged {
                desk.stage.clock.sleep(MINUTE).await;
            }
        })
        .await;
        assert_eq!(desk.entry(0).state, NumberState::Held);
        assert_eq!(desk.entry(0).holder, Some(desk.id(0)));
        let (shell, tenant) = (
            &desk.stage.installation.admin,
            &desk.stage.installation.tenant,
        );
        run::cancel(shell, tenant, &desk.id(0)).await.unwrap();
        assert_eq!(desk.entry(0).state, NumberState::Available);
        assert_eq!(desk.entry(0).holder, None);
        desk.agrees();
    });
}

/// V1, J2: somebody is offboarded, and while their number is being taken away they are given a persona again: they have a number at the end,
/// whatever the offboarding came to.
#[test]
fn whoever_comes_back_while_leaving_has_a_number() {
    for minutes in [1_u32, 2, 3, 5, 10, 30] {
        play(async {
            let desk = desk(1, 2, None).await;
            desk.order(Route::Quick, &with_number(), 0).await.unwrap();
            desk.settle(12 * HOUR).await;
            assert_eq!(desk.truth(0).numbers, [number(0)].into());
            desk.play(desk.stage.clock.sleep(2 * HOUR)).await;
            desk.offboard(0).await;
            desk.play(desk.stage.clock.sleep(MINUTE * minutes)).await;
            desk.order(Route::Quick, &with_number(), 0).await.unwrap();
            desk.settle(24 * HOUR).await;
            assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
            assert_eq!(desk.truth(0).numbers.len(), 1, "after {minutes} minutes");
            desk.agrees();
        });
    }
}

/// F24: somebody has a number already, which the inventory does not know: it is theirs, and nothing is sent about it.
#[test]
fn a_number_that_somebody_has_is_kept() {
    play(async {
        let desk = desk(1, 1, None).await;
        let theirs = "+442079460000";
        desk.stage.microsoft.add_number(NewNumber {
            holder: Some(desk.id(0).0),
            ..NewNumber::new(theirs, "directRouting")
        });
        desk.sent();
        desk.order(Route::Quick, &with_number(), 0).await.unwrap();
        desk.settle(12 * HOUR).await;
        assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
        let sent = desk.sent();
        assert!(
            !sent.iter().any(|line| line.contains("Number")),
            "{sent:#?}"
        );
        let person = &desk.stage.ledger().unwrap().people[&desk.id(0).0];
        assert_eq!(person.number, E164::parse(theirs));
        assert_eq!(desk.entry(0).state, NumberState::Available);
        desk.agrees();
    });
}

/// F57, F71: numbers come in once, however often they are sent; a file with mistakes says where and why, and only the sound rows are taken,
/// if that is asked for; a dry check stores nothing.
#[test]
fn numbers_come_in_once_and_mistakes_are_named() {
    play(async {
        let desk = desk(1, 0, None).await;
        let (shell, id) = (
            &desk.stage.installation.admin,
            &desk.stage.installation.tenant,
        );
        let known = async || desk.stage.ledger().unwrap().entries.len();
        let mut rows: Vec<Written> = (0..10_000).map(|nth| row(&number(nth))).collect();
        rows[7].golden = true;
        let import = async |rows: &[Written], partly, dry| {
            let taken = inventory::import(shell, id, rows, partly, dry).await;
            taken.unwrap()
        };
        assert!(
            import(&rows, false, true)
                .await
                .iter()
                .all(|one| *one == Taken::New)
        );
        assert_eq!(known().await, 0, "a dry check stores nothing");
        assert!(
            import(&rows, false, false)
                .await
                .iter()
                .all(|one| *one == Taken::New)
        );
        assert_eq!(known().await, 10_000);
        let before = desk.stage.ledger().unwrap().entries;
        assert!(
            import(&rows, false, false)
                .await
                .iter()
                .all(|one| *one == Taken::Known)
        );
        assert_eq!(desk.stage.ledger().unwrap().entries, before);

        let mut wrong: Vec<Written> = (10_000..10_010).map(|nth| row(&number(nth))).collect();
        wrong[2].number = "020 7946 0000".into();
        wrong[5].range = Some("paris".into());
        wrong[8] = wrong[1].clone();
        let told = |taken: &[Taken]| -> Vec<(usize, String)> {
            let refused = taken.iter().enumerate().filter_map(|(at, one)| match one {
                Taken::Refused(why) => Some((at, why.clone())),
                Taken::New | Taken::Known => None,
            });
            refused.collect()
        };
        let mistakes = [
            (
                2,
                "\"020 7946 0000\" is no telephone number in E.164".to_owned(),
            ),
            (5, "there is no range \"paris\"".to_owned()),
            (8, "the number is in row 2 already".to_owned()),
        ];
        assert_eq!(told(&import(&wrong, false, false).await), mistakes);
        assert_eq!(known().await, 10_000, "nothing is taken by halves");
        assert_eq!(told(&import(&wrong, true, false).await), mistakes);
        assert_eq!(known().await, 10_007);
        let again = told(
            &import(
                &[Written {
                    range: None,
                    ..row(&number(0))
                }],
                true,
                false,
            )
            .await,
        );
        assert!(
            again[0].1.contains("already, in london, and available"),
            "{again:?}"
        );
    });
}
