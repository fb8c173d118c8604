//! Whoever is to leave on a day leaves on that day, whatever happens until then and at that moment (F98).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use local::fate::{Fate, Hook};
use shared::model::departure::Departure;
use shared::model::job::{Goal, JobState};
use shared::model::persona::{LocationSource, Persona, SitePath};
use shared::model::tenant::Mode;
use shared::run::{self, Choice};

use crate::desk::{Desk, E5, LONDON, persona, sku};
use crate::theatre::{HOUR, MINUTE, play, pull};

const DAY: Duration = Duration::from_secs(24 * 3_600);

fn licensed() -> Persona {
    persona(|persona| {
        persona.usage_location = Some(LocationSource::Site);
        persona.licences = vec![sku(E5)];
    })
}

/// So many people who hold a licence at London.
async fn holders(people: usize, hook: Option<Hook>) -> Desk {
    let desk = Desk::with(people, hook, |_| {}).await;
    desk.add(&licensed()).await;
    desk.import().await;
    for number in 0..people {
        let choice = Choice {
            persona: "test".into(),
            site: Some(SitePath(LONDON.into())),
            ..Choice::default()
        };
        let (shell, tenant) = house(&desk);
        let id = desk.id(number);
        let given = run::provision(shell, tenant, &id, &choice);
        given.await.unwrap();
    }
    desk.settle(12 * HOUR).await;
    for number in 0..people {
        assert_eq!(desk.state(number), JobState::Done, "{}", desk.ended(number));
    }
    desk
}

fn house(desk: &Desk) -> (&run::Shell, &shared::model::tenant::TenantId) {
    let installation = &desk.stage.installation;
    (&installation.admin, &installation.tenant)
}

async fn leave_on(desk: &Desk, number: usize, day: &str, time: &str) -> Departure {
    let (shell, tenant) = house(desk);
    let id = desk.id(number);
    let set = run::leave_on(shell, tenant, &id, day, time);
    set.await.unwrap()
}

/// Until so long before or after a moment.
async fn until(desk: &Desk, departure: &Departure, after: Duration, before: Duration) {
    let end = departure.at + after - before;
    desk.play(desk.stage.clock.sleep(end.since(desk.stage.clock.now())))
        .await;
}

fn has_left(desk: &Desk, number: usize) -> bool {
    desk.job(number).goal == Goal::Offboard
}

/// R144: whoever is to leave has a notice before: a day, which people see and can take back. It is kept to the minute in the time of London, syncs and other changes in between; whoever stays after all is not touched,
/// and a later day replaces an earlier one.
#[test]
fn everybody_leaves_on_their_day() {
    play(async {
        let desk = holders(4, None).await;
        // Summer time: an hour before midnight in Greenwich.
        let first = leave_on(&desk, 0, "2026-04-01", "00:00").await;
        assert_eq!(first.at.to_string(), "2026-03-31T23:00:00.000Z");
        leave_on(&desk, 1, "2026-03-20", "12:00").await;
        let later = leave_on(&desk, 1, "2026-04-02", "12:00").await;
        leave_on(&desk, 2, "2026-04-01", "00:00").await;
        leave_on(&desk, 3, "2026-04-03", "00:00").await;
        let (shell, tenant) = house(&desk);
        run::stay(shell, tenant, &desk.id(2)).await.unwrap();
        desk.offboard(3).await;

        until(&desk, &first, Duration::ZERO, 2 * MINUTE).await;
        assert!([0, 1, 2].iter().all(|number| !has_left(&desk, *number)));
        until(&desk, &first, 3 * MINUTE, Duration::ZERO).await;
        assert!(has_left(&desk, 0) && !has_left(&desk, 1) && !has_left(&desk, 2));
        until(&desk, &later, 3 * MINUTE, Duration::ZERO).await;
        assert!(has_left(&desk, 1));
        desk.settle(12 * HOUR).await;
        desk.play(desk.stage.clock.sleep(3 * DAY)).await;
        for number in [0, 1, 3] {
            assert!(desk.truth(number).direct_licences.is_empty());
        }
        assert!(!has_left(&desk, 2) && desk.truth(2).direct_licences.contains(E5));
        let ledger = desk.stage.ledger().unwrap();
        assert!(ledger.people.values().all(|one| one.departure.is_none()));
        let offboardings = ledger.jobs.values();
        let offboardings = offboardings.filter(|job| job.goal == Goal::Offboard);
        assert_eq!(offboardings.count(), 3, "nobody leaves twice");
    });
}

/// F6: while the tenant is paused nobody leaves; whoever should have does so when it goes on.
#[test]
fn who_should_have_left_while_the_tenant_stood_still_leaves_afterwards() {
    play(async {
        let desk = holders(1, None).await;
        let day = leave_on(&desk, 0, "2026-03-01", "08:00").await;
        let (shell, tenant) = house(&desk);
        run::set_mode(shell, tenant, Mode::Paused).await.unwrap();
        until(&desk, &day, DAY, Duration::ZERO).await;
        assert!(!has_left(&desk, 0));
        run::set_mode(shell, tenant, Mode::Active).await.unwrap();
        desk.play(desk.stage.clock.sleep(3 * MINUTE)).await;
        assert!(has_left(&desk, 0));
    });
}

/// Faults 1, 2, V1-V16: the worker dies at any request of the sync that offboards somebody on their day; they leave, once.
#[test]
fn a_departure_survives_every_crash() {
    let run_with = |kill: Option<(usize, Fate)>| {
        let armed = Arc::new(AtomicBool::new(false));
        let count = Arc::new(AtomicUsize::new(0));
        let (is_armed, counter) = (Arc::clone(&armed), Arc::clone(&count));
        let hook: Hook = Arc::new(move |request| {
            if !is_armed.load(Ordering::SeqCst) || !request.worker.starts_with("sync") {
                return Fate::Deliver;
            }
            let at = counter.fetch_add(1, Ordering::SeqCst);
            kill.filter(|(killed, _)| *killed == at)
                .map_or(Fate::Deliver, |(_, fate)| fate)
        });
        play(async {
            let desk = holders(2, Some(hook)).await;
            let day = leave_on(&desk, 0, "2026-01-05", "23:30").await;
            leave_on(&desk, 1, "2026-01-05", "23:30").await;
            until(&desk, &day, Duration::ZERO, MINUTE).await;
            armed.store(true, Ordering::SeqCst);
            desk.play(desk.stage.clock.sleep(5 * MINUTE)).await;
            armed.store(false, Ordering::SeqCst);
            desk.settle(12 * HOUR).await;
            desk.play(pull(&desk.stage)).await;
            let jobs = desk.stage.ledger().unwrap().jobs;
            let left = jobs.values().filter(|job| job.goal == Goal::Offboard);
            assert_eq!(left.count(), 2, "{kill:?}");
            for number in 0..2 {
                assert_eq!(desk.state(number), JobState::Done, "{}", desk.ended(number));
                assert!(desk.truth(number).direct_licences.is_empty());
            }
        });
        count.load(Ordering::SeqCst)
    };
    let requests = run_with(None);
    assert!(requests >= 8, "{requests}");
    for at in 0..requests {
        for fate in [Fate::CrashBefore, Fate::CrashAfter] {
            run_with(Some((at, fate)));
        }
    }
}
