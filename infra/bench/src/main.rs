//! What each flow costs, in counts that do not depend on the machine: requests to Graph and their resource units, directory writes, units
//! of the table, doorbells, invocations, dollars; beside what it may cost (`budget.md 4`). The embedded cloud counts, as AWS bills.
//!
//! `bench [--json] [PEOPLE…]`: 500 and 50,000 if nothing is said. Exit 1 if a count is over its budget; `--json` for machines.

#![expect(clippy::print_stdout, reason = "a table is what it is for")]

use std::ops::Sub;
use std::process::ExitCode;
use std::time::Duration;

use local::contoso::{self, Employee, Fate};
use local::demo::{self, EPOCH};
use local::installation::{Customer, Installation, Options, Schedules};
use local::microsoft::{self, Microsoft, NewNumber, NewPerson};
use serde::Serialize;
use serde_json::json;
use shared::clock::Clock;
use shared::error::Result;
use shared::model::lane::{Lane, Mark};
use shared::model::microsoft::UserId;
use shared::model::tenant::ReadinessLooks;
use shared::run;
use tokio::runtime::Builder;

const SWEEP: &str = "sweep";
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
/// People on a page of the list; numbers on one of theirs.
const PAGE: u64 = 999;
const PAGE_OF_NUMBERS: u64 = 1_000;
/// People of the flows that work on people one by one.
const WAVE: usize = 500;

/// What was asked of the services.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Cost {
    /// Requests to Graph, the parts of a batch each.
    graph: f64,
    /// Resource units of the directory.
    resource_units: f64,
    /// Directory writes.
    directory_writes: f64,
    /// Read request units of the table.
    rru: f64,
    /// Write request units of the table, indexes included.
    wru: f64,
    /// Requests to SQS.
    sqs: f64,
    /// Invocations.
    invocations: f64,
}

impl Cost {
    fn so_far(installation: &Installation, microsoft: &Microsoft) -> Self {
        let (counts, graph) = (installation.cloud.counts(), microsoft.counts());
        // The sweep is no flow's: it comes every minute, whatever there is to do.
        let table = counts.dynamodb.of(|function, _| function != SWEEP);
        let requests: u64 = graph.requests.values().sum();
        let flows = counts.lambda.iter().filter(|(name, _)| *name != SWEEP);
        let started: u64 = flows.map(|(_, one)| one.started).sum();
        let sqs: u64 = counts.sqs.values().sum();
        Self {
            graph: requests as f64,
            resource_units: graph.resource_units as f64,
            directory_writes: graph.directory_writes as f64,
            rru: table.reads,
            wru: table.writes,
            sqs: sqs as f64,
            invocations: started as f64,
        }
    }

    fn map(self, change: impl Fn(f64) -> f64) -> Self {
        Self {
            graph: change(self.graph),
            resource_units: change(self.resource_units),
            directory_writes: change(self.directory_writes),
            rru: change(self.rru),
            wru: change(self.wru),
            sqs: change(self.sqs),
            invocations: change(self.invocations),
        }
    }

    /// Table, queues and invocations at list price, without Lambda's time.
    fn dollars(self) -> f64 {
        0.625e-6 * self.wru + 0.125e-6 * self.rru + 0.40e-6 * self.sqs + 0.20e-6 * self.invocations
    }
}

impl Sub for Cost {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            graph: self.graph - before.graph,
            resource_units: self.resource_units - before.resource_units,
            directory_writes: self.directory_writes - before.directory_writes,
            rru: self.rru - before.rru,
            wru: self.wru - before.wru,
            sqs: self.sqs - before.sqs,
            invocations: self.invocations - before.invocations,
        }
    }
}

/// What a flow may cost; what is not named may cost anything.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Budget {
    graph: Option<f64>,
    rru: Option<f64>,
    wru: Option<f64>,
    sqs: Option<f64>,
    invocations: Option<f64>,
}

/// A flow that was measured.
#[derive(Clone, Copy, Debug, Serialize)]
struct Row {
    flow: &'static str,
    people: usize,
    /// Of the whole flow, or of each person where the flow works on people.
    cost: Cost,
    budget: Budget,
}

impl Row {
    fn pairs(&self) -> [(&'static str, f64, Option<f64>); 5] {
        let (cost, budget) = (&self.cost, &self.budget);
        [
            ("graph", cost.graph, budget.graph),
            ("rru", cost.rru, budget.rru),
            ("wru", cost.wru, budget.wru),
            ("sqs", cost.sqs, budget.sqs),
            ("invocations", cost.invocations, budget.invocations),
        ]
    }

    /// What is over its budget, as a sentence each.
    fn excesses(&self) -> Vec<String> {
        let over = self
            .pairs()
            .into_iter()
            .filter(|(_, cost, budget)| budget.is_some_and(|most| *cost > most));
        let told = over.map(|(what, cost, most)| {
            format!(
                "{} of {}: {what} {cost:.2}, budget {:.2}",
                self.flow,
                self.people,
                most.unwrap_or_default()
            )
        });
        told.collect()
    }

    fn print(&self) {
        let figures: Vec<String> = self
            .pairs()
            .into_iter()
            .map(|(_, cost, budget)| match budget {
                Some(most) => format!("{cost:>10.2} /{most:>10.2}"),
                None => format!("{cost:>10.2} {:>11}", ""),
            })
            .collect();
        println!(
            "{:<24} {:>7} {} {:>10.6}",
            self.flow,
            self.people,
            figures.join(" "),
            self.cost.dollars()
        );
    }
}

/// An installation, and the tenant it works for.
struct World {
    clock: Clock,
    microsoft: Microsoft,
    installation: Installation,
}

impl World {
    async fn of(options: microsoft::Options, customer: Customer) -> Result<Self> {
        let clock = Clock::steered(EPOCH, 1);
        let microsoft = Microsoft::in_memory(options, clock);
        let schedules = Schedules::NONE;
        let options = Options {
            schedules,
            ..Options::new(clock, 1)
        };
        let installation = Installation::start(options, customer, microsoft.http()).await?;
        Ok(Self {
            clock,
            microsoft,
            installation,
        })
    }

    fn cost(&self) -> Cost {
        Cost::so_far(&self.installation, &self.microsoft)
    }

    /// Lets so much time go by; what it cost.
    async fn play(&self, span: Duration) -> Cost {
        let before = self.cost();
        tokio::select! {
            biased;
            () = self.clock.sleep(span) => {}
            () = self.installation.run() => {}
        }
        self.cost() - before
    }

    /// One run of the sync lane.
    async fn sync(&self, mark: Mark) -> Result<Cost> {
        let before = self.cost();
        self.installation.ask(Lane::Sync, mark).await?;
        self.play(HOUR).await;
        Ok(self.cost() - before)
    }
}

fn steady() -> microsoft::Options {
    microsoft::Options {
        throttle_permille: 0,
        repeat_permille: 0,
        empty_page_permille: 0,
        keep_history: false,
        ..microsoft::Options::default()
    }
}

/// People who are read and nothing else: first sync, full sync with nothing changed, one person in a hundred changed.
async fn directory(people: usize) -> Result<Vec<Row>> {
    let options = steady();
    let customer = demo::customer(&options, ReadinessLooks::Scheduled);
    let world = World::of(options, customer).await?;
    for nth in 0..people {
        let id = format!("{nth:08}-0000-4000-8000-000000000000");
        let person = NewPerson::new(id, format!("p{nth}@contoso.com"), format!("Person {nth}"));
        world.microsoft.add_person(person);
        let number = NewNumber::new(format!("+4930{nth:06}"), "directRouting");
        world.microsoft.add_number(number);
    }
    let n = people as u64;
    let pages = n.div_ceil(PAGE) + n.div_ceil(PAGE_OF_NUMBERS);
    // The list and the numbers, a token and the changes since; products, groups, Teams accounts, the test of the connection.
    let graph = (pages + 20) as f64;
    let rows = n as f64;
    let places = pages.div_ceil(10) as f64;
    let first = Budget {
        graph: Some(graph),
        wru: Some(2.0 * rows + 2.0 * places + 60.0),
        ..Budget::default()
    };
    let full = Budget {
        graph: Some(graph),
        rru: Some((0.35 * rows / 4.0).ceil() * 0.5 + 200.0),
        wru: Some(2.0 * places + 60.0),
        ..Budget::default()
    };
    let changed = (rows / 100.0).ceil();
    let delta = Budget {
        graph: Some((changed / 200.0).ceil() + 12.0),
        rru: Some(0.5 * changed + 60.0),
        wru: Some(changed + 20.0),
        invocations: Some(2.0),
        ..Budget::default()
    };
    let row = |flow, cost, budget| Row {
        flow,
        people,
        cost,
        budget,
    };
    let mut found = vec![row("first sync", world.sync(Mark::Pull).await?, first)];
    found.push(row(
        "full sync, unchanged",
        world.sync(Mark::Full).await?,
        full,
    ));
    found.push(row(
        "delta, unchanged",
        world.sync(Mark::Pull).await?,
        Budget {
            rru: Some(20.0),
            wru: Some(10.0),
            ..delta
        },
    ));
    for nth in (0..people).step_by(100) {
        let id = format!("{nth:08}-0000-4000-8000-000000000000");
        world
            .microsoft
            .set_property(&id, "department", Some(json!(format!("Department {nth}"))));
    }
    world.play(HOUR).await;
    found.push(row(
        "delta, 1 % changed",
        world.sync(Mark::Pull).await?,
        delta,
    ));
    Ok(found)
}

/// People who come at once, with everything that it takes until they can call; then one who leaves, and one who moves.
async fn lives() -> Result<Vec<Row>> {
    let all = contoso::employees(WAVE * 5, 3).into_iter();
    let is_wanted = |one: &Employee| one.truth.persona == Some("office") && one.fate == Fate::Stays;
    let people: Vec<Employee> = all.filter(is_wanted).take(WAVE).collect();
    // The first look finds everybody ready, and nobody is there before it.
    let options = microsoft::Options {
        readiness: (2 * MINUTE, 4 * MINUTE),
        staleness: MINUTE / 2,
        policy_delay: MINUTE / 2,
        location_lag: MINUTE / 2,
        ..steady()
    };
    let customer = demo::customer(&options, ReadinessLooks::Adaptive);
    let world = World::of(options, customer).await?;
    demo::furnish(&world.microsoft, &people);
    for (sku, _) in contoso::SKUS {
        world.microsoft.set_seats(sku, 100_000);
    }
    let (shell, tenant) = (&world.installation.admin, &world.installation.tenant);
    contoso::configure(&shell.store, tenant).await?;
    let each = |cost: Cost, people: usize| cost.map(|total| total / people as f64);
    let before = world.cost();
    world.sync(Mark::Pull).await?;
    world.play(12 * HOUR).await;
    let wave = Row {
        flow: "provision, each",
        people: people.len(),
        cost: each(world.cost() - before, people.len()),
        budget: Budget {
            wru: Some(33.0),
            sqs: Some(0.9),
            invocations: Some(0.3),
            ..Budget::default()
        },
    };
    // Past the hour in which reads are not trusted.
    world.play(2 * HOUR).await;
    let leavers: Vec<UserId> = people
        .iter()
        .take(10)
        .map(|one| UserId(one.id.clone()))
        .collect();
    let before = world.cost();
    for leaver in &leavers {
        run::offboard(shell, tenant, leaver).await?;
    }
    world.play(6 * HOUR).await;
    let offboard = Row {
        flow: "offboard, each",
        people: leavers.len(),
        cost: each(world.cost() - before, leavers.len()),
        budget: Budget {
            wru: Some(24.0),
            ..Budget::default()
        },
    };
    Ok(vec![wave, offboard])
}

fn main() -> ExitCode {
    let (mut sizes, mut is_json) = (Vec::new(), false);
    for argument in std::env::args().skip(1) {
        match argument.parse() {
            Ok(size) => sizes.push(size),
            Err(_) if argument == "--json" => is_json = true,
            Err(_) => {
                println!("bench [--json] [PEOPLE…]: {argument} is neither");
                return ExitCode::FAILURE;
            }
        }
    }
    if sizes.is_empty() {
        sizes = vec![500, 50_000];
    }
    match measured(&sizes) {
        Ok(rows) => tell(&rows, is_json),
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Each flow in a world and on a clock of its own.
fn measured(sizes: &[usize]) -> std::result::Result<Vec<Row>, Box<dyn std::error::Error>> {
    let runtime = || {
        Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
    };
    let mut rows = Vec::new();
    for size in sizes {
        rows.extend(runtime()?.block_on(directory(*size))?);
    }
    rows.extend(runtime()?.block_on(lives())?);
    Ok(rows)
}

fn tell(rows: &[Row], is_json: bool) -> ExitCode {
    let excesses: Vec<String> = rows.iter().flat_map(Row::excesses).collect();
    if is_json {
        println!("{}", json!({"rows": rows, "over": excesses}));
    } else {
        let heads = ["graph", "rru", "wru", "sqs", "invocations"]
            .map(|head| format!("{head:>10} /{:>10}", "budget"));
        println!(
            "{:<24} {:>7} {} {:>10}",
            "flow",
            "people",
            heads.join(" "),
            "dollars"
        );
        rows.iter().for_each(Row::print);
        excesses
            .iter()
            .for_each(|excess| println!("over budget: {excess}"));
    }
    if excesses.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
