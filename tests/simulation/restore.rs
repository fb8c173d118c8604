//! The drill of a disaster: the table is restored from a backup, and knows nothing of what was done since (F160).

use shared::model::inventory::NumberState;
use shared::model::job::JobState;
use shared::model::lane::{Lane, Mark};

use crate::desk::{Desk, Route};
use crate::numbers::{desk, number, with_number};
use crate::theatre::{HOUR, play};

/// F160, V1: whoever got a number since the backup keeps it, although the restored table offers it to others; they get another one. After a
/// full sync and an audit what differs is a conflict for people to settle.
#[test]
fn a_table_restored_from_a_backup_takes_nobodys_number() {
    let (backup, later) = play(async {
        let desk = desk(3, 4, None).await;
        let backup = desk.stage.past(5).unwrap();
        desk.order(Route::Quick, &with_number(), 0).await.unwrap();
        desk.settle(12 * HOUR).await;
        assert_eq!(desk.truth(0).numbers, [number(0)].into());
        (backup, desk.stage.past(5).unwrap())
    });
    play(async {
        let desk = Desk::resume(&later.with_table_of(&backup), None);
        assert_eq!(desk.entry(0).state, NumberState::Available);
        // Before anybody has looked: the restored table would give away what somebody has.
        desk.order(Route::Quick, &with_number(), 1).await.unwrap();
        desk.settle(12 * HOUR).await;
        assert_eq!(desk.truth(0).numbers, [number(0)].into());
        assert_eq!(desk.state(1), JobState::Done, "{}", desk.ended(1));
        assert_eq!(desk.truth(1).numbers, [number(1)].into());
        for mark in [Mark::Full, Mark::Numbers] {
            let asked = desk.stage.installation.ask(Lane::Sync, mark);
            desk.play(async { asked.await.unwrap() }).await;
            desk.settle(2 * HOUR).await;
        }
        // Whose number it is, a person has to say: nobody takes it from them, nor gives them another one.
        assert_eq!(desk.entry(0).state, NumberState::Conflict);
        desk.sent();
        desk.order(Route::Quick, &with_number(), 0).await.unwrap();
        desk.settle(12 * HOUR).await;
        assert_eq!(desk.state(0), JobState::Failed);
        assert!(
            desk.ended(0)
                .contains("is conflict for us; a person must look")
        );
        assert_eq!(desk.sent(), [""; 0]);
        assert_eq!(desk.truth(0).numbers, [number(0)].into());
    });
}
