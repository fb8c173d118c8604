//! Everything at once, from seeds: two tenants in one installation, some twenty jobs, three workers a lane with clocks of their own that
//! are wrong, orders by rules and by hand that cross each other, and every fault that the weather knows. Then it is calm, and everything
//! must be where a model of a few lines says (V1-V16).

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use local::contoso;
use local::demo::{self, EPOCH};
use local::fate::Hook;
use local::installation::{Installation, Options, Schedules};
use local::microsoft::{self, Microsoft, NewGroup, NewNumber, NewPerson};
use local::reference::watch::Watch;
use local::reference::{self, Ledger};
use local::seed::draw;
use local::weather::{Fault, Weather};
use shared::clock::Clock;
use shared::config;
use shared::graph::Http;
use shared::model::inventory::{Entry, NumberRange, NumberState};
use shared::model::job::{Job, JobState, Waits};
use shared::model::lane::{Lane, Mark};
use shared::model::microsoft::UserId;
use shared::model::persona::{Persona, PersonaChoice, Rules, SitePath, WrittenRule};
use shared::model::tenant::{ReadinessLooks, TenantId};
use shared::run::{self, Choice, MoveChoice, inventory};
use tower::{ServiceExt, service_fn};

use super::quiet::quietly;
use crate::desk::{E5, LONDON, PLAIN, group};
use crate::moves::BERLIN;
use crate::numbers::{PHONE_SYSTEM, SALES, in_range, range, with_number};
use crate::theatre::{HOUR, MINUTE, play};

mod climate;
mod model;
mod town;

use climate::climate;
use model::{Wanted, twice};
use town::persona;

/// Faults come for so long.
const STORM: Duration = Duration::from_secs(100 * 60);
/// What is ordered is ordered by then.
const ORDERED: Duration = Duration::from_secs(2 * 3_600);
/// By then it must be quiet.
const LONGEST: Duration = Duration::from_secs(100 * 3_600);
const PEOPLE: u64 = 7;
/// The first of them have what rules say.
const BY_RULE: u64 = 3;
const WORKERS: usize = 3;

/// What a storm came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What does not hold.
    pub problems: Vec<String>,
    /// People who are not where they must be.
    pub lost: usize,
    /// Effects that came twice.
    pub duplicated: usize,
    /// Numbers taken from somebody else.
    pub thefts: usize,
    /// The longest that a due job was left alone beyond what was in its way.
    pub oldest: Duration,
    /// What it may have been.
    pub bound: Duration,
    /// Requests of everybody.
    pub requests: u64,
    /// How often each fault was met.
    pub met: BTreeMap<Fault, u64>,
    /// Who did what to whom, if it was kept.
    pub trace: Vec<String>,
}

/// Something that is ordered, or happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Provision,
    Offboard,
    Move { keep_number: bool },
    TakeBack,
    Delete,
    NewVersion,
    Rename,
    Ring(Lane),
}

struct Tenant {
    id: TenantId,
    microsoft: Microsoft,
    people: Vec<UserId>,
    wanted: RefCell<Vec<Wanted>>,
    /// Workers die in this weather: a job may be put aside.
    dies: bool,
}

struct Town {
    installation: Installation,
    clock: Clock,
    seed: u64,
    tenants: [Tenant; 2],
    watch: Watch,
    weather: Weather,
}

impl Town {
    /// What happens when, to whom: a person each has a story of their own.
    fn story(&self) -> Vec<(Duration, usize, usize, Event)> {
        let mut events = Vec::new();
        let mut position = 0;
        let mut dice = |bound: u64| {
            position += 1;
            draw(self.seed ^ 0x5707, position) % bound
        };
        for of in 0..2 {
            for nth in 0..usize::try_from(PEOPLE).unwrap() {
                let mut at = Duration::from_secs(dice(2_400));
                let then =
                    |events: &mut Vec<_>, at: Duration, event| events.push((at, of, nth, event));
                if (3..6).contains(&nth) {
                    then(&mut events, at, Event::Provision);
                }
                let soon = at + Duration::from_secs(dice(2_400));
                match nth {
                    5 if self.seed.is_multiple_of(2) => then(&mut events, soon, Event::Delete),
                    5 => then(&mut events, soon, Event::TakeBack),
                    6 => then(&mut events, at, Event::Rename),
                    _ => {
                        if of == 0 && dice(3) == 0 {
                            at += Duration::from_secs(dice(2_400));
                            let keep_number = dice(2) == 0;
                            then(&mut events, at, Event::Move { keep_number });
                        }
                        if dice(2) == 0 {
                            at += Duration::from_secs(dice(2_400));
                            then(&mut events, at, Event::Offboard);
                            if dice(2) == 0 {
                                at += Duration::from_secs(dice(1_800));
                                then(&mut events, at, Event::Provision);
                            }
                        }
                    }
                }
            }
            for lane in Lane::ALL {
                for _ in 0..3 {
                    let at = Duration::from_secs(dice(6_000));
                    events.extend([(at, of, 0, Event::Ring(lane)); WORKERS]);
                }
            }
        }
        events.push((Duration::from_secs(dice(6_000)), 1, 0, Event::NewVersion));
        events.sort_by_key(|(at, of, nth, _)| (*at, *of, *nth));
        events.retain(|(at, ..)| *at < ORDERED);
        events
    }

    /// Lets it happen; what is refused is as if it had never been tried.
    async fn happens(&self, of: usize, nth: usize, event: Event) {
        let shell = &self.installation.admin;
        let tenant = &self.tenants[of];
        let (id, person) = (&tenant.id, &tenant.people[nth]);
        let site = SitePath(LONDON.into());
        let accepted = match event {
            Event::Provision => {
                let choice = Choice {
                    persona: "test".into(),
                    site: Some(site),
                    ..Choice::default()
                };
                let ordered = run::provision(shell, id, person, &choice).await;
                ordered.map(|()| Some(Wanted::At(LONDON)))
            }
            Event::Offboard => {
                let ordered = run::offboard(shell, id, person).await;
                ordered.map(|()| Some(Wanted::Left))
            }
            Event::Move { keep_number } => {
                let choice = MoveChoice {
                    site: SitePath(BERLIN.into()),
                    persona: None,
                    profile: None,
                    role: None,
                    keep_number,
                    licences: None,
                };
                let ordered = run::move_to(shell, id, person, &choice, false).await;
                ordered.map(|_| Some(Wanted::At(BERLIN)))
            }
            Event::TakeBack => {
                let ordered = run::cancel(shell, id, person).await;
                ordered.map(|_| Some(Wanted::Loose))
            }
            Event::Delete => {
                tenant.microsoft.delete_person(&person.0, true);
                Ok(Some(Wanted::Gone))
            }
            Event::Rename => {
                let name = Some("Another".into());
                tenant
                    .microsoft
                    .set_property(&person.0, "displayName", name);
                Ok(None)
            }
            Event::NewVersion => {
                let added = shell.store.add_persona(id, &persona(2)).await;
                added.map(|_| None)
            }
            Event::Ring(lane) => {
                self.ring(id, lane);
                Ok(None)
            }
        };
        if let Ok(Some(wanted)) = accepted {
            self.tenants[of].wanted.borrow_mut()[nth] = wanted;
        }
    }

    /// A doorbell from nowhere.
    fn ring(&self, tenant: &TenantId, lane: Lane) {
        let body = format!(r#"{{"tenant":"{}"}}"#, tenant.as_str());
        let sqs = self.installation.cloud.sqs();
        sqs.send(lane.name(), &body, Duration::ZERO).unwrap();
    }

    async fn until(&self, moment: Duration) {
        while self.clock.elapsed() < moment {
            let left = moment.saturating_sub(self.clock.elapsed());
            self.clock.sleep(left.min(Duration::from_secs(15))).await;
            self.watch.look_at_the_clock();
        }
    }

    async fn pull(&self) {
        for tenant in &self.tenants {
            let asked = self
                .installation
                .ask_for(&tenant.id, Lane::Sync, Mark::Pull);
            asked.await.unwrap();
        }
    }

    /// Plays, until nobody has anything to do; true = that came in time.
    async fn play(&self) -> bool {
        self.pull().await;
        for (at, of, nth, event) in self.story() {
            self.until(at).await;
            self.happens(of, nth, event).await;
        }
        self.until(ORDERED).await;
        while self.clock.elapsed() < LONGEST {
            self.until(self.clock.elapsed() + 5 * MINUTE).await;
            if self.is_quiet() {
                // A sync that everybody is decided at; what still settles is free after it.
                self.until(self.all_is_believed()).await;
                self.pull().await;
                self.until(self.clock.elapsed() + 20 * MINUTE).await;
                if self.is_quiet() {
                    return true;
                }
            }
        }
        false
    }

    /// From then on a sync decides about everybody: what is read within an hour of somebody's job is not planned on (W3).
    fn all_is_believed(&self) -> Duration {
        let (now, elapsed) = (self.clock.now(), self.clock.elapsed());
        let table = self.installation.cloud.table();
        let ended = self.tenants.iter().flat_map(|tenant| {
            let ledger = Ledger::read_of(table, &tenant.id).unwrap();
            let ended = ledger.histories.into_values();
            ended.map(|history| history.ended)
        });
        let ago = ended.map(|ended| now.since(ended)).min();
        elapsed.saturating_sub(ago.unwrap_or_default()) + config::STALE_AFTER_JOB + MINUTE
    }

    /// Nobody is worked on, or waits for anything but a number. Who is deleted in the middle of it is given up after two days: most
    /// seeds do not wait for that.
    fn is_quiet(&self) -> bool {
        let waits_out = self.seed.is_multiple_of(16);
        let is_gone = |job: &Job| {
            let of = |tenant: &Tenant| {
                let wanted = tenant.wanted.borrow();
                let mut all = tenant.people.iter().zip(&*wanted);
                all.any(|(id, wanted)| *id == job.person && *wanted == Wanted::Gone)
            };
            self.tenants.iter().any(of)
        };
        let open = self.watch.open_jobs();
        let mut open = open.iter().filter(|job| job.waits != Some(Waits::Number));
        open.all(|job| !waits_out && is_gone(job))
    }

    /// V9, V15: everything comes again, and an administrator has changed something by hand meanwhile: nobody is touched.
    async fn comes_again(&self) -> Vec<String> {
        let before: Vec<usize> = self.orders();
        for tenant in &self.tenants {
            let id = &tenant.people[3].0;
            let truth = tenant.microsoft.truth(id);
            if truth.is_some_and(|truth| truth.policies.contains_key(SALES.0)) {
                let other = Some("No recordings");
                tenant.microsoft.assign_policy_by_hand(id, SALES.0, other);
            }
        }
        for lane in Lane::ALL {
            for tenant in &self.tenants {
                self.ring(&tenant.id, lane);
            }
        }
        self.pull().await;
        self.until(self.clock.elapsed() + 20 * MINUTE).await;
        if before == self.orders() {
            return Vec::new();
        }
        vec![format!(
            "V9: nothing had changed, and people were: {before:?} {:?}",
            self.orders()
        )]
    }

    fn orders(&self) -> Vec<usize> {
        let count = |tenant: &Tenant| tenant.microsoft.history().len();
        self.tenants.iter().map(count).collect()
    }

    fn outcome(&self) -> Outcome {
        let climate = climate(self.seed);
        let mut outcome = Outcome {
            problems: self.watch.problems(),
            oldest: self.watch.oldest(),
            bound: climate.bound(),
            requests: self.installation.cloud.outside().sent(),
            met: self.weather.met(),
            trace: self.watch.trace(),
            ..Outcome::default()
        };
        for tenant in &self.tenants {
            let table = self.installation.cloud.table();
            let ledger = Ledger::read_of(table, &tenant.id).unwrap();
            outcome.problems.extend(ledger.broken_invariants());
            let disagree = reference::disagreements(&ledger, &tenant.microsoft);
            outcome.thefts += disagree
                .iter()
                .filter(|one| one.starts_with("theft"))
                .count();
            outcome.problems.extend(disagree);
            let twice = twice(&ledger, &tenant.microsoft);
            outcome.duplicated += twice.len();
            outcome.problems.extend(twice);
            let lost = tenant.lost(&ledger);
            outcome.lost += lost.len();
            outcome.problems.extend(lost);
        }
        if outcome.oldest > outcome.bound {
            let (oldest, bound) = (outcome.oldest, outcome.bound);
            let job = self.watch.longest_waiting();
            let told = format!(
                "V4: a due job was left alone for {oldest:?}, more than {bound:?}: {job:?}"
            );
            outcome.problems.push(told);
        }
        outcome
    }
}

/// What to say of a seed that is not sound, and how to play it again; `None` = it is. Who did what to whom is printed.
pub fn failure(seed: u64, outcome: &Outcome) -> Option<String> {
    if outcome.problems.is_empty() {
        return None;
    }
    if let Ok(again) = quietly(|| storm(seed, true)) {
        println!("{}", again.trace.join("\n"));
    }
    Some(format!(
        "seed {seed} ({}): {:#?}\nplay it again with: \
         ROLLCALL_SEED={seed} cargo test --package tests --test simulation one_storm -- --nocapture",
        climate(seed).name,
        outcome.problems
    ))
}

/// Plays one seed.
pub fn storm(seed: u64, keeps_trace: bool) -> Outcome {
    play(async {
        let town = Town::set(seed, keeps_trace).await;
        let story = async {
            if town.play().await {
                town.comes_again().await
            } else {
                let open = town.watch.open_jobs();
                vec![format!("V4: it is not quiet after {LONGEST:?}: {open:#?}")]
            }
        };
        let problems = tokio::select! {
            biased;
            problems = story => problems,
            () = town.installation.run() => Vec::new(),
        };
        let mut outcome = town.outcome();
        outcome.problems.extend(problems);
        outcome
    })
}
