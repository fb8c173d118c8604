//! EventBridge Scheduler through the real SDK: made once, changed, deleted, kept, and on time.

use std::time::Duration;

use shared::clock::Clock;
use shared::model::lane::Lane;
use shared::model::schedule::{Daily, Schedule, ScheduleKind, When};
use shared::model::tenant::ReadinessLooks;
use shared::run::{self, ScheduleSeen};

use crate::demo::{EPOCH, customer};
use crate::dynamodb::Place;
use crate::installation::{Installation, Options};
use crate::microsoft::{self, Microsoft};

const HOUR: Duration = Duration::from_secs(3_600);

async fn installation(clock: Clock, place: Place) -> Installation {
    let tenant = microsoft::Options::calm();
    let options = Options {
        place,
        ..Options::new(clock, 1)
    };
    let customer = customer(&tenant, ReadinessLooks::Scheduled);
    let microsoft = Microsoft::in_memory(tenant, clock);
    Installation::start(options, customer, microsoft.http())
        .await
        .unwrap()
}

async fn shown(installation: &Installation) -> Vec<Option<(bool, u32)>> {
    let found = run::schedules(&installation.admin, &installation.tenant).await;
    let shown = |one: ScheduleSeen| match one.schedule? {
        Schedule {
            active,
            when: When::Every(minutes),
        } => Some((active, minutes)),
        daily => panic!("{daily:?}"),
    };
    found.unwrap().into_iter().map(shown).collect()
}

/// R7, R8, R9, R21, R139, F117: five schedules, made once; switch and interval are changed together; what an administrator
/// deletes stays deleted over syncs.
#[tokio::test(start_paused = true)]
async fn schedules_are_made_once_and_then_an_administrators() {
    let clock = Clock::steered(EPOCH, 1);
    let installation = installation(clock, Place::Memory).await;
    let (admin, tenant) = (&installation.admin, &installation.tenant);
    let defaults = [
        Some((true, 60)),
        Some((true, 10_080)),
        Some((true, 1_440)),
        Some((true, 1_440)),
        Some((false, 240)),
    ];
    assert_eq!(shown(&installation).await, defaults);

    let often = Schedule::every(true, 30);
    run::set_schedule(admin, tenant, ScheduleKind::Staging, &often)
        .await
        .unwrap();
    let engine = installation.cloud.scheduler();
    let deleted = engine.answer("DELETE", "contoso.FullSync", serde_json::Value::Null);
    assert_eq!(deleted.status, 200);
    tokio::select! {
        () = clock.sleep(3 * HOUR) => {}
        () = installation.run() => {}
    }
    let now = [
        defaults[0],
        None,
        defaults[2],
        defaults[3],
        Some((true, 30)),
    ];
    assert_eq!(shown(&installation).await, now);

    for minutes in [0, 4, 1_000_000] {
        let wrong = Schedule::every(true, minutes);
        let refused = run::set_schedule(admin, tenant, ScheduleKind::UserSync, &wrong).await;
        let sentence = refused.unwrap_err().to_string();
        assert!(sentence.contains("5 to 44640 are possible"), "{sentence}");
    }
}

/// R139, F121: an hourly schedule runs every hour; one that is off never does; what was missed while nothing ran is made up once.
#[tokio::test(start_paused = true)]
async fn a_schedule_rings_on_time_and_survives_a_restart() {
    let folder = std::env::temp_dir().join(format!("rollcall-schedules-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let place = || Place::File(folder.join("table.sqlite"));
    let clock = Clock::steered(EPOCH, 1);
    let calls = |installation: &Installation, lane: Lane| {
        let counts = installation.cloud.counts().lambda;
        counts
            .get(lane.name())
            .map_or(0, |function| function.started)
    };
    let first = installation(clock, place()).await;
    tokio::select! {
        () = clock.sleep(3 * HOUR + HOUR / 2) => {}
        () = first.run() => {}
    }
    assert_eq!(
        calls(&first, Lane::Sync),
        4,
        "when registered, and every hour"
    );
    drop(first);

    clock.sleep(10 * HOUR).await;
    let second = installation(clock, place()).await;
    tokio::select! {
        () = clock.sleep(HOUR / 4) => {}
        () = second.run() => {}
    }
    assert_eq!(
        calls(&second, Lane::Sync),
        2,
        "for the connection, and once, not ten times, for what was missed"
    );
    std::fs::remove_dir_all(&folder).unwrap();
}

/// F118: a schedule that is meant somewhere runs at that time of day there, when it says that it will.
#[tokio::test(start_paused = true)]
async fn a_daily_schedule_rings_by_the_clocks_of_its_place() {
    let clock = Clock::steered(EPOCH, 1);
    let installation = installation(clock, Place::Memory).await;
    let (admin, tenant) = (&installation.admin, &installation.tenant);
    for kind in ScheduleKind::ALL {
        let off = Schedule::every(false, 60);
        run::set_schedule(admin, tenant, kind, &off).await.unwrap();
    }
    let daily = Schedule {
        active: true,
        when: When::At(Daily {
            hour: 6,
            minute: 30,
            days: Default::default(),
            zone: "Asia/Kolkata".to_owned(),
        }),
    };
    let set = run::set_schedule(admin, tenant, ScheduleKind::UserSync, &daily).await;
    let set = set.unwrap();
    assert_eq!(set.next.len(), 5);
    let read = run::schedules(admin, tenant).await.unwrap();
    assert_eq!(read[0], set);
    let local: Vec<String> = set.runs().map(|(_, local)| local.unwrap()).collect();
    assert!(
        local.iter().all(|at| at.ends_with("T06:30:00+05:30")),
        "{local:?}"
    );
    let runs = |installation: &Installation| {
        let counts = installation.cloud.counts().lambda;
        counts.get(Lane::Sync.name()).map_or(0, |sync| sync.started)
    };
    let until_before = set.next[0].since(clock.now()) - Duration::from_secs(60);
    tokio::select! {
        () = clock.sleep(until_before) => {}
        () = installation.run() => {}
    }
    let before = runs(&installation);
    tokio::select! {
        () = clock.sleep(Duration::from_secs(120)) => {}
        () = installation.run() => {}
    }
    assert_eq!(runs(&installation), before + 1);
}
