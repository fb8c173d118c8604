//! The inventory of numbers, compared with Microsoft and with what is wanted of it (F57, F64, F66, V15).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use local::contoso::Fate as Life;
use local::demo::Stage;
use local::fate::{Fate, Hook};
use local::microsoft::OrderFate;
use shared::error::Kind;
use shared::model::inventory::{Audit, NumberRange, NumberState};
use shared::model::job::Waits;
use shared::model::persona::SitePath;
use shared::model::tenant::OffboardLicences;
use shared::run::inventory::{self, Taken};
use shared::run::{self, audit};

use crate::desk::{Desk, LONDON, Route};
use crate::inventory::kept;
use crate::numbers::{desk, e164, number, range, with_number};
use crate::theatre::{HOUR, MINUTE, beside, cast, play, pull, setting};

impl Desk {
    pub async fn audited(&self) -> Audit {
        let (shell, tenant) = self.office();
        self.play(async {
            run::audit_now(shell, tenant).await.unwrap();
            self.stage.clock.sleep(10 * MINUTE).await;
        })
        .await;
        audit::last(shell, tenant).await.unwrap()
    }
}

/// F57, F66: gaps are filled and nothing else is touched; a range that runs low is named, by its own measure or by that of a node above.
#[test]
fn gaps_are_filled_and_low_ranges_are_named() {
    play(async {
        let desk = desk(1, 3, None).await;
        let (shell, tenant) = desk.office();
        let fill = async |first: &str, last: &str, dry| {
            inventory::fill(shell, tenant, &range("london"), first, last, dry).await
        };
        for dry in [true, false] {
            let taken = fill(&number(1), &number(5), dry).await.unwrap();
            let new = taken.iter().filter(|one| **one == Taken::New);
            assert_eq!(new.count(), 3);
        }
        let again = fill(&number(0), &number(5), false).await.unwrap();
        assert!(again.iter().all(|one| *one == Taken::Known));
        for (first, last, why) in [
            (number(5), number(1), "does not come behind"),
            (number(0), "+4420719999999".into(), "does not come behind"),
            (number(0), "nonsense".into(), "must be numbers"),
            (number(0), number(10_000), "too many"),
        ] {
            let error = fill(&first, &last, false).await.unwrap_err();
            assert_eq!(*error.kind(), Kind::Conflict);
            assert!(error.to_string().contains(why), "{error}");
        }

        assert_eq!(desk.audited().await.low, []);
        // Each replaces what is there.
        let tag = async |shell| {
            let known = inventory::ranges(shell, tenant).await.unwrap();
            let mut known = known
                .into_iter()
                .filter(|one| one.range.id == range("london"));
            known.next().map(|one| one.tag().unwrap())
        };
        let low = NumberRange {
            id: range("london"),
            name: "London".into(),
            node: Some(SitePath(LONDON.into())),
            low: Some(7),
        };
        inventory::save_range(
            shell,
            tenant,
            low.clone(),
            tag(shell).await.as_ref(),
            "olga",
        )
        .await
        .unwrap();
        assert_eq!(desk.audited().await.low, [range("london")]);
        let high = NumberRange {
            low: Some(6),
            ..low
        };
        inventory::save_range(shell, tenant, high, tag(shell).await.as_ref(), "olga")
            .await
            .unwrap();
        assert_eq!(desk.audited().await.low, []);
        desk.at_node("europe", |values| values.low_numbers = Some(7))
            .await;
        assert_eq!(desk.audited().await.low, [range("london")]);
    });
}

/// F64, F72, V15: the audit looks at everything, whatever its state, and deletes nothing. Used here and free there is a conflict, and so is what
/// rests or is kept back and is somebody's there; what was given in Teams by hand is theirs.
#[test]
fn the_audit_finds_what_does_not_agree() {
    play(async {
        let desk = desk(3, 6, None).await;
        let (shell, tenant) = desk.office();
        let microsoft = &desk.stage.microsoft;
        desk.order(Route::Quick, &with_number(), 0).await.unwrap();
        desk.settle(12 * HOUR).await;
        assert_eq!(desk.truth(0).numbers, [number(0)].into());
        inventory::cool(shell, tenant, &number(2), 30)
            .await
            .unwrap();
        desk.reserve(3, &kept(None, None)).await;
        let whole = desk.audited().await;
        assert_eq!((whole.compared, whole.findings.len()), (6, 0), "{whole:?}");

        let (ben, attendant) = (
            &desk.stage.employees[1].id,
            "0a0a0a0a-0000-4000-8000-00000000000a",
        );
        microsoft.move_number_by_hand(&number(0), None);
        microsoft.move_number_by_hand(&number(1), Some(ben));
        microsoft.move_number_by_hand(&number(2), Some(attendant));
        microsoft.move_number_by_hand(&number(3), Some(attendant));
        microsoft.move_number_by_hand(&number(4), Some(attendant));
        let found = desk.audited().await;
        let states: Vec<NumberState> = (0..6).map(|nth| desk.entry(nth).state).collect();
        use NumberState::{Available, Conflict, Used, UsedUtility};
        assert_eq!(
            states,
            [Conflict, Used, Conflict, Conflict, UsedUtility, Available]
        );
        assert_eq!(found.findings.len(), 5, "{found:#?}");
        let of = |nth: usize| {
            let mut findings = found.findings.iter();
            findings.find(|one| one.number == e164(nth)).unwrap()
        };
        assert_eq!(
            (of(0).holder.as_ref(), of(0).theirs.as_ref()),
            (Some(&desk.id(0)), None)
        );
        assert_eq!(
            of(2).theirs.as_ref().map(|one| one.0.as_str()),
            Some(attendant)
        );
        let person = &desk.stage.ledger().unwrap().people[ben];
        assert_eq!(person.number, Some(e164(1)));

        // What is open stays on the list until a person has looked; then it is what Microsoft shows.
        assert_eq!(desk.audited().await.findings.len(), 3);
        for nth in [0, 2, 3] {
            inventory::free(shell, tenant, &number(nth)).await.unwrap();
        }
        assert_eq!(desk.entry(0).state, Available);
        assert_eq!(desk.entry(2).state, UsedUtility);
        let person = &desk.stage.ledger().unwrap().people[&desk.id(0).0];
        assert_eq!(person.number, None);
        let entries = desk.stage.ledger().unwrap().entries;
        assert_eq!(entries.len(), 6, "nothing is deleted");
        // The attendant is no person of ours.
        let whole = desk.audited().await;
        assert_eq!(whole.findings, []);
    });
}

/// F64: the audit comes every night by itself.
#[test]
fn the_audit_comes_every_night() {
    play(async {
        let mut setting = setting(cast(None, Life::Stays, 1), None);
        setting.schedules.numbers = Some(24 * HOUR);
        let stage = Stage::set(setting).await.unwrap();
        let (shell, tenant) = (&stage.installation.admin, &stage.installation.tenant);
        beside(&stage, async {
            pull(&stage).await;
            let mut last = None;
            for _ in 0..3 {
                stage.clock.sleep(25 * HOUR).await;
                let ended = audit::last(shell, tenant).await.unwrap().ended;
                assert!(last.is_none_or(|last| ended.since(last) > 20 * HOUR));
                last = Some(ended);
            }
        })
        .await;
    });
}

/// F64, fault 11, A4: the answer to an order gets lost, the person is offboarded, the answer is given up, and hours later the order is
/// carried out after all. Nobody is robbed: whoever wants the number is not given it, and the audit says who has it.
#[test]
fn an_order_that_lands_after_it_was_given_up_is_found() {
    let first = AtomicBool::new(true);
    let hook: Hook = Arc::new(move |request| {
        let is_order = request.operation.contains("assignNumber");
        if is_order && first.swap(false, Ordering::SeqCst) {
            Fate::LoseAnswer
        } else {
            Fate::Deliver
        }
    });
    play(async {
        let desk = desk(2, 1, Some(hook)).await;
        let microsoft = &desk.stage.microsoft;
        desk.settings(|settings| settings.offboard_licences = Some(OffboardLicences::Keep))
            .await;
        microsoft.decide_next_order(OrderFate::Late(5 * HOUR));
        desk.order(Route::Quick, &with_number(), 0).await.unwrap();
        desk.play(async {
            while desk.entry(0).state != NumberState::Assigning {
                desk.stage.clock.sleep(MINUTE).await;
            }
        })
        .await;
        desk.offboard(0).await;
        desk.settle(4 * HOUR).await;
        assert_eq!(desk.entry(0).state, NumberState::Available, "given up");
        desk.play(desk.stage.clock.sleep(6 * HOUR)).await;
        assert_eq!(desk.truth(0).numbers, [number(0)].into(), "it landed");
        desk.order(Route::Quick, &with_number(), 1).await.unwrap();
        desk.settle(4 * HOUR).await;
        assert_eq!(desk.job(1).waits, Some(Waits::Number));
        assert_eq!(desk.truth(0).numbers, [number(0)].into());
        assert_eq!(desk.entry(0).state, NumberState::Conflict);
        let found = desk.audited().await;
        assert_eq!(found.findings.len(), 1);
        assert_eq!(found.findings[0].theirs, Some(desk.id(0)));
    });
}
