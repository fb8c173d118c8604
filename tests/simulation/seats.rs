//! Fewer seats than people: nobody gets one that is not there, whoever has waited longest is next.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use local::fate::{Fate, Hook, Service};
use shared::model::job::{Job, JobState, Waits};
use shared::model::persona::{LocationSource, Persona};

use crate::desk::{Desk, E3, E5, LICENSED, group, persona, sku};
use crate::theatre::{HOUR, MINUTE, play, pull};

const PEOPLE: usize = 100;
const SEATS: u32 = 60;

/// Kills the worker at about one of 60 requests to Microsoft or to the table, before or after it; not while `rests`.
fn clumsy(seed: u64, rests: &Arc<AtomicBool>) -> Hook {
    let count = Arc::new(AtomicU64::new(0));
    let rests = Arc::clone(rests);
    Arc::new(move |request| {
        if rests.load(Ordering::SeqCst) {
            return Fate::Deliver;
        }
        let at = count.fetch_add(1, Ordering::SeqCst);
        let dice = at.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(seed) >> 32;
        let is_work = !request.worker.is_empty()
            && matches!(request.service, Service::Microsoft | Service::DynamoDb);
        match dice % 120 {
            0 if is_work => Fate::CrashBefore,
            1 if is_work => Fate::CrashAfter,
            _ => Fate::Deliver,
        }
    })
}

/// I4, F51, R64, V14: 100 at once want one of 60 seats, directly or by a group, while workers die: exactly 60 get one, 40 wait and say
/// for what. Ten more are for the ten who have waited longest.
#[test]
fn a_hundred_people_and_sixty_seats() {
    let direct: fn(&mut Persona) = |persona| persona.licences = vec![sku(E5)];
    let by_group: fn(&mut Persona) = |persona| persona.groups = vec![group(LICENSED)];
    for (licence, product) in [(direct, E5), (by_group, E3)] {
        for seed in [None, Some(1), Some(2)] {
            play(shortage(licence, product, seed));
        }
    }
}

async fn shortage(licence: fn(&mut Persona), product: &str, seed: Option<u64>) {
    let rests = Arc::new(AtomicBool::new(false));
    let hook = seed.map(|seed| clumsy(seed, &rests));
    let desk = Desk::with(PEOPLE, hook, |stage| {
        stage.microsoft.set_seats(product, SEATS);
    })
    .await;
    let wanted = persona(|persona| {
        persona.usage_location = Some(LocationSource::Literal("GB".into()));
        licence(persona);
    });
    desk.add(&wanted).await;
    desk.everybody(false).await;
    let store = &desk.stage.installation.admin.store;
    let tenant = &desk.stage.installation.tenant;
    let everybody: BTreeSet<usize> = (0..PEOPLE).collect();
    desk.play(async {
        pull(&desk.stage).await;
        desk.stage.clock.sleep(9 * HOUR).await;
        rests.store(true, Ordering::SeqCst);
        desk.stage.clock.sleep(HOUR).await;
    })
    .await;
    let licensed = licensed(&desk, product);
    assert_eq!(licensed.len(), 60, "{product}, seed {seed:?}");
    let (taken, _) = seats(&desk, product);
    assert_eq!(taken, 60, "no more than there are");
    let mut waiting = waiting(&desk);
    let waiters: BTreeSet<usize> = waiting.iter().map(|(number, _)| *number).collect();
    let others: BTreeSet<usize> = everybody.difference(&licensed).copied().collect();
    assert_eq!(waiters, others, "everybody else waits for a licence");
    let kept = store.kept_seats(tenant).await.unwrap();
    assert!(kept.is_empty(), "V14: {kept:?} are kept for nobody");

    // The ten who have waited longest, and nobody else.
    waiting.sort_by(|(_, a), (_, b)| (a.created, &a.id).cmp(&(b.created, &b.id)));
    let next: BTreeSet<usize> = waiting[..10].iter().map(|(number, _)| *number).collect();
    desk.stage.microsoft.set_seats(product, SEATS + 10);
    rests.store(false, Ordering::SeqCst);
    if seed.is_none() {
        // All of them after the next sync, not some after each.
        desk.play(desk.stage.clock.sleep(70 * MINUTE)).await;
        let now = self::licensed(&desk, product);
        assert_eq!(now.len(), 70, "{product}");
    }
    desk.play(async {
        desk.stage.clock.sleep(3 * HOUR).await;
        rests.store(true, Ordering::SeqCst);
        desk.stage.clock.sleep(HOUR).await;
    })
    .await;
    let now = self::licensed(&desk, product);
    let woken: BTreeSet<usize> = now.difference(&licensed).copied().collect();
    assert_eq!(woken, next, "{product}, seed {seed:?}");
    assert_eq!(self::waiting(&desk).len(), 30);
}

fn licensed(desk: &Desk, product: &str) -> BTreeSet<usize> {
    let has = |number: &usize| {
        let truth = desk.truth(*number);
        let inherited = truth.group_licences.iter().any(|(sku, _)| sku == product);
        inherited || truth.direct_licences.contains(product)
    };
    (0..PEOPLE).filter(has).collect()
}

/// Seats taken, and seats that there are.
fn seats(desk: &Desk, product: &str) -> (u32, u32) {
    let (enabled, consumed) = desk.stage.microsoft.seats()[product];
    (consumed, enabled)
}

fn waiting(desk: &Desk) -> Vec<(usize, Job)> {
    let jobs = desk.stage.ledger().unwrap().jobs;
    let open = jobs.into_values().filter(|job| !job.state.is_final());
    let numbered = open.map(|job| {
        assert_eq!(
            (job.state, &job.waits),
            (JobState::Waiting, &Some(Waits::Licence))
        );
        let number = (0..PEOPLE).find(|number| desk.id(*number) == job.person);
        (number.unwrap(), job)
    });
    numbered.collect()
}

/// I4, F96: a seat that is kept for somebody is given back when they leave before they have it; whoever waits for it is next.
#[test]
fn a_kept_seat_is_given_back() {
    play(async {
        let desk = Desk::with(2, None, |stage| {
            stage.microsoft.set_seats(E3, 1);
        })
        .await;
        let wanted = persona(|persona| {
            persona.usage_location = Some(LocationSource::Literal("GB".into()));
            persona.groups = vec![group(LICENSED)];
            persona.offboarding = crate::desk::leaving(&[LICENSED]);
        });
        desk.add(&wanted).await;
        desk.import().await;
        use crate::desk::Route;
        desk.order(Route::Quick, &wanted, 0).await.unwrap();
        desk.play(desk.stage.clock.sleep(MINUTE)).await;
        desk.order(Route::Quick, &wanted, 1).await.unwrap();
        desk.play(desk.stage.clock.sleep(30 * MINUTE)).await;
        assert_eq!(desk.job(1).waits, Some(Waits::Licence));
        desk.settle(4 * HOUR).await;
        desk.offboard(0).await;
        desk.play(desk.stage.clock.sleep(8 * HOUR)).await;
        assert!(desk.truth(0).groups.is_empty(), "{}", desk.ended(0));
        assert!(
            !desk.truth(1).group_licences.is_empty(),
            "{}",
            desk.ended(1)
        );
    });
}
