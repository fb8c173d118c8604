//! Sets the stage with a handful of people, plays, and watches the invariants all the while.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use local::contoso::{self, Employee, Fate};
use local::demo::{SHARDS, Setting, Stage};
use local::fate::{self, Hook, Service};
use local::installation::Schedules;
use local::microsoft;
use local::reference;
use shared::model::lane::{Lane, Mark};
use shared::model::microsoft::UserId;
use shared::model::tenant::ReadinessLooks;
use shared::run;

pub const MINUTE: Duration = Duration::from_secs(60);
pub const HOUR: Duration = Duration::from_secs(3_600);

/// Runs a story on a paused runtime.
pub fn play<T>(story: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(story)
}

/// The first `count` employees of Contoso with this persona and fate.
pub fn cast(persona: Option<&str>, fate: Fate, count: usize) -> Vec<Employee> {
    let fits = |employee: &Employee| employee.truth.persona == persona && employee.fate == fate;
    let found: Vec<Employee> = contoso::employees(2_000, 3)
        .into_iter()
        .filter(fits)
        .take(count)
        .collect();
    assert_eq!(found.len(), count);
    found
}

/// One who stays, one who leaves, one whom no rule matches.
pub fn small_cast() -> Vec<Employee> {
    [
        cast(Some("sales"), Fate::Stays, 1),
        cast(Some("frontline"), Fate::Leaves, 1),
        cast(None, Fate::Stays, 1),
    ]
    .concat()
}

/// A quick tenant for a handful of people: ready within half an hour, adaptive looks, one sync an hour.
pub fn setting(employees: Vec<Employee>, hook: Option<Hook>) -> Setting {
    Setting {
        employees,
        seed: 11,
        index_lag: Duration::ZERO,
        hook,
        schedules: Schedules {
            sync: Some(HOUR),
            ..Schedules::NONE
        },
        readiness: ReadinessLooks::Adaptive,
        microsoft: microsoft::Options {
            readiness: (5 * MINUTE, 20 * MINUTE),
            staleness: Duration::from_secs(30),
            policy_delay: Duration::from_secs(40),
            location_lag: Duration::from_secs(30),
            throttle_permille: 0,
            ..microsoft::Options::default()
        },
        shards: SHARDS,
    }
}

/// Plays until all is quiet: first sync, leavers after `leave`, invariants watched every five minutes. Panics with what is wrong.
pub async fn to_the_end(stage: &Stage, leave: Duration, longest: Duration) {
    let story = async {
        pull(stage).await;
        stage.clock.sleep(leave).await;
        for leaver in stage.employees.iter().filter(|e| e.fate == Fate::Leaves) {
            offboard(stage, &leaver.id).await;
        }
        quiet(stage, longest).await;
    };
    beside(stage, story).await;
    let problems =
        reference::problems(&stage.ledger().unwrap(), &stage.employees, &stage.microsoft);
    assert!(
        problems.is_empty(),
        "{problems:#?}\n{:#?}",
        stage.ledger().unwrap().jobs
    );
}

/// Asks for a sync.
pub async fn pull(stage: &Stage) {
    let asked = stage.installation.ask(Lane::Sync, Mark::Pull);
    asked.await.unwrap();
}

/// Runs once in peace, then once with a death at every request to Microsoft, before and after it; every end is the same. For what is
/// read; what is done to people has its proof.
pub fn ends_the_same<T: PartialEq>(run: impl Fn(Hook) -> T) -> T {
    let (hook, asked) = killer(None);
    let whole = run(hook);
    let requests = asked.load(Ordering::SeqCst);
    assert!(requests >= 5, "{requests}");
    for at in 0..requests {
        for fate in [fate::Fate::CrashBefore, fate::Fate::CrashAfter] {
            let (hook, _) = killer(Some((at, fate)));
            assert!(run(hook) == whole, "killed at {at}: {fate:?}");
        }
    }
    whole
}

/// Kills the worker at this request to Microsoft; says how many there were.
fn killer(kill: Option<(usize, fate::Fate)>) -> (Hook, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let hook: Hook = Arc::new(move |request| {
        if request.service != Service::Microsoft || request.worker.is_empty() {
            return fate::Fate::Deliver;
        }
        let at = count.fetch_add(1, Ordering::SeqCst);
        let kill = kill.filter(|(killed, _)| *killed == at);
        kill.map_or(fate::Fate::Deliver, |(_, fate)| fate)
    });
    (hook, asked)
}

/// Lets the installation run for as long as the story takes.
pub async fn beside(stage: &Stage, story: impl Future<Output = ()>) {
    tokio::select! {
        biased;
        () = story => {}
        () = stage.installation.run() => {}
    }
    let broken = stage.watch.problems();
    assert!(broken.is_empty(), "{broken:#?}");
}

/// Waits until nobody is at work.
pub async fn quiet(stage: &Stage, longest: Duration) {
    let end = stage.clock.elapsed() + longest;
    loop {
        stage.clock.sleep(5 * MINUTE).await;
        let ledger = stage.ledger().unwrap();
        let broken = ledger.broken_invariants();
        assert!(broken.is_empty(), "{broken:#?}");
        if ledger.is_quiet()
            && ledger.people.len()
                == stage
                    .employees
                    .iter()
                    .filter(|e| e.fate != Fate::Joins)
                    .count()
        {
            return;
        }
        assert!(
            stage.clock.elapsed() < end,
            "not quiet after {longest:?}: {:#?}",
            ledger.jobs
        );
    }
}

/// An administrator offboards somebody; before the first sync has brought them there is nobody to offboard, so they wait for it.
pub async fn offboard(stage: &Stage, id: &str) {
    for _ in 0..300 {
        match run::offboard(
            &stage.installation.admin,
            &stage.installation.tenant,
            &UserId(id.to_owned()),
        )
        .await
        {
            Ok(()) => return,
            Err(error) if *error.kind() == shared::error::Kind::NotFound => {
                stage.clock.sleep(MINUTE).await
            }
            Err(error) => panic!("{error}"),
        }
    }
    panic!("{id} never came");
}
