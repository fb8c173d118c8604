//! The inventory of numbers in the hands of administrators: kept back, resting, moved, filled up, and compared with Microsoft (F57-F66,
//! F69, R18, R19, R27).

use std::time::Duration;

use local::contoso::{self};
use local::microsoft::NewNumber;
use shared::model::inventory::{Entry, NumberRange, NumberState};
use shared::model::job::{JobState, Waits};
use shared::model::microsoft::UserId;
use shared::model::persona::SitePath;
use shared::model::tree::Values;
use shared::run::inventory::{self, Reservation, Taken};
use shared::run::{self, Choice};

use crate::desk::{Desk, LONDON, Route, persona, policies};
use crate::numbers::{SALES, desk, in_range, number, range, with_number};
use crate::theatre::{HOUR, MINUTE, play};

const DAY: Duration = Duration::from_secs(24 * 3_600);

pub fn kept(person: Option<UserId>, days: Option<u16>) -> Reservation {
    Reservation {
        person,
        days,
        note: "the board's".into(),
    }
}

impl Desk {
    pub async fn reserve(&self, nth: usize, kept: &Reservation) -> Entry {
        let (shell, tenant) = self.office();
        inventory::reserve(shell, tenant, &number(nth), kept)
            .await
            .unwrap()
    }

    pub async fn at_node(&self, path: &str, change: impl Fn(&mut Values)) {
        let (shell, tenant) = self.office();
        let mut nodes = contoso::nodes().into_iter();
        let mut node = nodes.find(|node| node.path.0 == path).unwrap();
        change(&mut node.values);
        shell.store.put_node(tenant, &node).await.unwrap();
    }
}

/// F61, F62, F60: what is kept back is given to nobody, or to one person before any other; a term ends by itself, a rest by hand or by itself.
#[test]
fn what_is_kept_back_is_nobodys_or_one_persons() {
    play(async {
        let desk = desk(3, 4, None).await;
        let (shell, tenant) = desk.office();
        desk.reserve(0, &kept(None, Some(2))).await;
        desk.reserve(1, &kept(Some(desk.id(2)), None)).await;
        inventory::cool(shell, tenant, &number(2), 30)
            .await
            .unwrap();
        for person in [0, 2] {
            desk.order(Route::Quick, &with_number(), person)
                .await
                .unwrap();
        }
        desk.settle(12 * HOUR).await;
        assert_eq!(desk.truth(0).numbers, [number(3)].into());
        assert_eq!(desk.truth(2).numbers, [number(1)].into());
        assert_eq!(desk.entry(1).note, None);
        let nobody = kept(
            Some(UserId("5c802b19-0000-0000-0000-000000000000".into())),
            None,
        );
        for (nth, reservation, why) in [
            (3, kept(None, None), "is used"),
            (0, nobody, "there is no person"),
            (
                0,
                Reservation {
                    note: " ".into(),
                    ..kept(None, None)
                },
                "has a note",
            ),
            (0, kept(None, Some(0)), "0 days"),
        ] {
            let error = inventory::reserve(shell, tenant, &number(nth), &reservation).await;
            let error = error.unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
        }

        // Somebody waits; a rest that is ended by hand serves them at once, a term that is over by itself.
        desk.order(Route::Quick, &with_number(), 1).await.unwrap();
        desk.settle(4 * HOUR).await;
        assert_eq!(desk.job(1).waits, Some(Waits::Number));
        desk.play(async {
            inventory::free(shell, tenant, &number(2)).await.unwrap();
            desk.stage.clock.sleep(5 * MINUTE).await;
        })
        .await;
        assert_ne!(desk.job(1).waits, Some(Waits::Number));
        desk.settle(12 * HOUR).await;
        assert_eq!(desk.truth(1).numbers, [number(2)].into());
        desk.play(desk.stage.clock.sleep(2 * DAY)).await;
        assert_eq!(desk.entry(0).state, NumberState::Available);
        desk.agrees();
    });
}

/// F62, V14: a job that comes to nothing gives the number back to its reservation, not to everybody.
#[test]
fn a_reservation_outlives_a_job_that_comes_to_nothing() {
    play(async {
        let desk = desk(1, 2, None).await;
        let (shell, tenant) = desk.office();
        desk.reserve(1, &kept(Some(desk.id(0)), None)).await;
        desk.order(Route::Quick, &with_number(), 0).await.unwrap();
        desk.play(async {
            while desk.entry(1).state != NumberState::Held {
                desk.stage.clock.sleep(MINUTE).await;
            }
            while desk.job(0).state != JobState::Staged {
                desk.stage.clock.sleep(MINUTE).await;
            }
        })
        .await;
        run::cancel(shell, tenant, &desk.id(0)).await.unwrap();
        let entry = desk.entry(1);
        assert_eq!(
            (entry.state, entry.holder),
            (NumberState::Reserved, Some(desk.id(0)))
        );
        assert_eq!(entry.note.as_deref(), Some("the board's"));
        assert_eq!(desk.entry(0).state, NumberState::Available);
        desk.agrees();
    });
}

/// R18, R19, F63: whoever comes to a site with a number that belongs elsewhere places it there too, flagged as a duplicate, and only there: the number
/// stays one person's. Where that is prevented the person is linked to the entry that is there.
#[test]
fn a_number_that_comes_along_is_a_second_place_or_none() {
    for prevented in [None, Some(true)] {
        play(async {
            let desk = desk(2, 1, None).await;
            let (shell, tenant) = desk.office();
            let theirs = "+493071000000";
            desk.stage.microsoft.add_number(NewNumber {
                holder: Some(desk.id(0).0),
                ..NewNumber::new(theirs, "directRouting")
            });
            let berlin = NumberRange {
                id: range("berlin"),
                name: "Berlin".into(),
                node: Some(SitePath("europe/berlin".into())),
                low: None,
            };
            inventory::save_range(shell, tenant, berlin, None, "olga")
                .await
                .unwrap();
            desk.play(async {
                let row = in_range(theirs, "berlin");
                let taken = inventory::import(shell, tenant, &[row], false, false).await;
                assert_eq!(taken.unwrap(), [Taken::New]);
            })
            .await;
            desk.at_node(LONDON, |values| values.prevent_duplicates = prevented)
                .await;
            desk.order(Route::Quick, &with_number(), 0).await.unwrap();
            desk.settle(12 * HOUR).await;
            assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
            let places = inventory::number_with_places(shell, tenant, theirs).await;
            let (entry, places) = places.unwrap();
            assert_eq!(
                (entry.state, entry.holder),
                (NumberState::Used, Some(desk.id(0)))
            );
            assert_eq!(entry.node, Some(SitePath("europe/berlin".into())));
            let at: Vec<&str> = places.iter().map(|place| place.node.0.as_str()).collect();
            assert_eq!(entry.duplicated, prevented.is_none());
            assert_eq!(
                at,
                if prevented.is_none() {
                    vec![LONDON]
                } else {
                    vec![]
                }
            );
            desk.agrees();

            desk.play(desk.stage.clock.sleep(2 * HOUR)).await;
            desk.offboard(0).await;
            desk.settle(12 * HOUR).await;
            let places = inventory::number_with_places(shell, tenant, theirs).await;
            let (entry, places) = places.unwrap();
            assert_eq!(entry.state, NumberState::Available);
            assert!(places.is_empty() && !entry.duplicated);
        });
    }
}

/// R18, R19: whoever is given a persona at another site, and is not moved there, brings their number as a second place, and takes it along
/// again.
#[test]
fn a_number_that_is_brought_to_another_site_is_flagged_there() {
    play(async {
        let desk = desk(1, 1, None).await;
        let (shell, tenant) = desk.office();
        desk.order(Route::Quick, &with_number(), 0).await.unwrap();
        desk.settle(12 * HOUR).await;
        let places = async || {
            let places = inventory::number_with_places(shell, tenant, &number(0)).await;
            let (entry, places) = places.unwrap();
            assert_eq!(entry.holder, Some(desk.id(0)));
            assert_eq!(entry.node, Some(SitePath(LONDON.into())));
            assert_eq!(entry.duplicated, !places.is_empty());
            places
                .into_iter()
                .map(|place| place.node.0)
                .collect::<Vec<_>>()
        };
        for (site, expected) in [
            ("europe/berlin", vec!["europe/berlin"]),
            ("europe/london", vec![]),
        ] {
            desk.play(desk.stage.clock.sleep(2 * HOUR)).await;
            let there = Choice {
                persona: with_number().reference.id,
                site: Some(SitePath(site.into())),
                ..Choice::default()
            };
            run::provision(shell, tenant, &desk.id(0), &there)
                .await
                .unwrap();
            desk.settle(12 * HOUR).await;
            assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
            assert_eq!(places().await, expected);
            assert_eq!(desk.truth(0).numbers, [number(0)].into());
            desk.agrees();
        }
    });
}

/// R27: where nobody has a telephone an empty inventory is no obstacle to anything.
#[test]
fn without_telephones_no_inventory_is_needed() {
    play(async {
        let desk = Desk::of(1).await;
        let silent = persona(|persona| persona.policies = policies(&[SALES]));
        desk.add(&silent).await;
        desk.import().await;
        desk.stage
            .microsoft
            .give_licence(&desk.id(0).0, crate::desk::E5);
        desk.order(Route::Quick, &silent, 0).await.unwrap();
        desk.settle(30 * HOUR).await;
        assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
        assert!(desk.stage.ledger().unwrap().entries.is_empty());
        desk.play(desk.stage.clock.sleep(2 * HOUR)).await;
        desk.offboard(0).await;
        desk.settle(12 * HOUR).await;
        assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
        assert_eq!(desk.audited().await.compared, 0);
    });
}

/// F58: kinds are Microsoft's own words, passed on as they are; one that Microsoft does not take yet is refused in its words, and the number
/// is given back.
#[test]
fn kinds_of_numbers_are_an_open_list() {
    for (kind, ends) in [
        ("operatorConnect", JobState::Done),
        ("teamsPhoneMobile", JobState::Failed),
    ] {
        play(async {
            let desk = desk(1, 0, None).await;
            let (shell, tenant) = desk.office();
            let new = NewNumber::new(number(0), kind);
            desk.stage.microsoft.add_number(new);
            let rows = [in_range(&number(0), "london")];
            let taken = inventory::import(shell, tenant, &rows, false, false).await;
            assert_eq!(taken.unwrap(), [Taken::New]);
            desk.order(Route::Quick, &with_number(), 0).await.unwrap();
            desk.settle(12 * HOUR).await;
            assert_eq!(desk.state(0), ends, "{}", desk.ended(0));
            if ends == JobState::Failed {
                assert!(desk.ended(0).contains("Invalid number type"));
                desk.play(desk.stage.clock.sleep(HOUR)).await;
                assert_eq!(desk.entry(0).state, NumberState::Available);
            } else {
                assert_eq!(desk.truth(0).numbers, [number(0)].into());
            }
            desk.agrees();
        });
    }
}

/// F68: a number of a kind that needs an emergency location is not given where none is set, and that is said before anything is asked for.
#[test]
fn a_calling_plan_number_needs_an_emergency_location() {
    play(async {
        let desk = desk(2, 0, None).await;
        let (shell, tenant) = desk.office();
        desk.stage.microsoft.add_number(NewNumber {
            country: Some("GB".into()),
            ..NewNumber::new(number(0), "callingPlan")
        });
        let rows = [in_range(&number(0), "london")];
        let taken = inventory::import(shell, tenant, &rows, false, false).await;
        assert_eq!(taken.unwrap(), [Taken::New]);
        desk.sent();
        desk.order(Route::Quick, &with_number(), 0).await.unwrap();
        desk.settle(4 * HOUR).await;
        assert_eq!(desk.state(0), JobState::Failed);
        let ended = desk.ended(0);
        assert!(ended.contains("needs an emergency location"), "{ended}");
        assert_eq!(desk.entry(0).state, NumberState::Available);
        assert!(desk.truth(0).numbers.is_empty());
    });
}

/// F69: the same digits with and without an extension ring in one place: both are only taken where a resource account answers and passes on.
#[test]
fn numbers_that_share_their_digits_do_not_get_in_each_others_way() {
    play(async {
        let desk = desk(1, 1, None).await;
        let (shell, tenant) = desk.office();
        let attendant = "0a0a0a0a-0000-4000-8000-00000000000a";
        desk.stage.microsoft.add_number(NewNumber {
            holder: Some(attendant.into()),
            ..NewNumber::new(number(7), "directRouting")
        });
        desk.audited().await;
        let import = async |numbers: &[String]| {
            let rows: Vec<_> = numbers.iter().map(|one| in_range(one, "london")).collect();
            let taken = inventory::import(shell, tenant, &rows, true, false).await;
            let taken = taken.unwrap();
            taken
                .iter()
                .map(|one| !one.is_refused())
                .collect::<Vec<_>>()
        };
        let with = |nth: usize, extension: usize| format!("{};ext={extension}", number(nth));
        // The first is in the inventory already, the others come in one file.
        assert_eq!(
            import(&[with(0, 1), number(5), with(5, 1), with(6, 1), with(6, 2)]).await,
            [false, true, false, true, true]
        );
        assert_eq!(import(&[number(6)]).await, [false]);
        assert_eq!(
            import(&[number(7), with(7, 1), with(7, 2)]).await,
            [true, true, true]
        );
        assert_eq!(desk.entry(7).state, NumberState::UsedUtility);
    });
}
