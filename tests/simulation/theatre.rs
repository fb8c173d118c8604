//! Sets the stage with a handful of people, plays, and watches the invariants all the while.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use local::contoso::{self, Employee, Fate};
use local::demo::{Setting, Stage};
use local::fate::{self, Hook, Request, Service};
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
            staging: None,
            probe: None,
            numbers: None,
            full: None,
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

/// When deaths begin to be counted: a story may have a past that nobody dies in.
#[derive(Clone, Default)]
pub struct Switch(Arc<AtomicBool>);

impl Switch {
    /// From now on.
    pub fn on(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Kills the worker at these requests to Microsoft, or to the table, counted while the switch is on; says how many there were.
fn killer(
    of: Service,
    kills: Vec<(usize, fate::Fate)>,
    switch: &Switch,
) -> (Hook, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let (count, switch) = (Arc::clone(&asked), switch.clone());
    let hook: Hook = Arc::new(move |request| {
        let is_on = switch.0.load(Ordering::SeqCst);
        if request.service != of || request.worker.is_empty() || !is_on {
            return fate::Fate::Deliver;
        }
        let at = count.fetch_add(1, Ordering::SeqCst);
        let kill = kills.iter().find(|(killed, _)| *killed == at);
        kill.map_or(fate::Fate::Deliver, |(_, fate)| *fate)
    });
    (hook, asked)
}

const DEATHS: [fate::Fate; 2] = [fate::Fate::CrashBefore, fate::Fate::CrashAfter];

/// Runs once in peace, then once with a death at every request to Microsoft, before and after it; every end is the same.
pub fn ends_the_same<T: PartialEq>(run: impl Fn(Hook) -> T) -> T {
    ends_the_same_since(|hook, switch| {
        switch.on();
        run(hook)
    })
}

/// The same, with deaths only since the story throws the switch.
pub fn ends_the_same_since<T: PartialEq>(run: impl Fn(Hook, &Switch) -> T) -> T {
    once_at_each(Service::Microsoft, run)
}

/// The same, with a death at every request to the table.
pub fn ends_the_same_at_the_table<T: PartialEq>(run: impl Fn(Hook, &Switch) -> T) -> T {
    once_at_each(Service::DynamoDb, run)
}

fn once_at_each<T: PartialEq>(of: Service, run: impl Fn(Hook, &Switch) -> T) -> T {
    let (whole, requests) = in_peace(of, &run);
    for at in 0..requests {
        for fate in DEATHS {
            dies(of, &run, &whole, vec![(at, fate)]);
        }
    }
    whole
}

/// The same, with a second death at every request after the first.
pub fn ends_the_same_twice<T: PartialEq>(run: impl Fn(Hook, &Switch) -> T) -> T {
    let of = Service::Microsoft;
    let (whole, requests) = in_peace(of, &run);
    for first in 0..requests {
        for fate in DEATHS {
            // What was asked before the first death is asked again, and a little more to find out what became of it.
            for second in first + 1..requests + 3 {
                for again in DEATHS {
                    dies(of, &run, &whole, vec![(first, fate), (second, again)]);
                }
            }
        }
    }
    whole
}

fn in_peace<T>(of: Service, run: &impl Fn(Hook, &Switch) -> T) -> (T, usize) {
    let switch = Switch::default();
    let (hook, asked) = killer(of, Vec::new(), &switch);
    let whole = run(hook, &switch);
    let requests = asked.load(Ordering::SeqCst);
    assert!(requests >= 5, "{requests}");
    (whole, requests)
}

fn dies<T: PartialEq>(
    of: Service,
    run: &impl Fn(Hook, &Switch) -> T,
    whole: &T,
    kills: Vec<(usize, fate::Fate)>,
) {
    let switch = Switch::default();
    let (hook, _) = killer(of, kills.clone(), &switch);
    assert!(run(hook, &switch) == *whole, "killed at {kills:?}");
}

/// Lets the installation run for as long as the story takes.
pub async fn beside(stage: &Stage, story: impl Future<Output = ()>) {
    tokio::select! {
        biased;
        () = story => {}
        () = stage.installation.run() => {}
    }
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

/// What passed by, for a trace.
#[derive(Clone, Default)]
pub struct Record(Arc<Mutex<Vec<String>>>);

impl Record {
    /// A hook that writes down every request of an invocation and delivers it.
    pub fn hook(&self) -> Hook {
        let record = self.clone();
        Arc::new(move |request: &Request<'_>| {
            if !request.worker.is_empty() {
                record.0.lock().unwrap().push(format!(
                    "{} {} {}",
                    request.worker, request.service, request.operation
                ));
            }
            fate::Fate::Deliver
        })
    }

    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}
