//! The demo: Contoso comes, changes and goes, on the virtual clock, until everybody is where the rules say.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use shared::clock::Clock;
use shared::error::Result;
use shared::model::lane::{Lane, Mark};
use shared::model::microsoft::UserId;
use shared::model::tenant::ReadinessLooks;
use shared::model::time::Time;
use shared::run;
use shared::store::keys;

use crate::contoso::{self, Employee, Fate};
use crate::dynamodb::{self, Usage};
use crate::fate::Hook;
use crate::installation::{Customer, Installation, Options, Schedules};
use crate::microsoft::{self, Microsoft, NewPerson};
use crate::reference::watch::Watch;
use crate::reference::{self, Ledger};

mod customer;
mod past;

pub use customer::{customer, tenant};
pub use past::Past;

/// Monday, 5 January 2026, 08:00 UTC.
pub const EPOCH: Time = Time::from_millis(1_767_600_000_000);
/// As a tenant of up to 50,000 people has them.
pub const SHARDS: u8 = 4;
/// Joiners come so long after the first sync.
const JOINERS: Duration = Duration::from_secs(90 * 60);
/// Leavers leave, and accounts are deleted, so long after the first sync: while the last are still staged.
const LEAVERS: Duration = Duration::from_secs(5 * 3_600);
/// Whether all is quiet is looked at so often.
const LOOK: Duration = Duration::from_secs(3_600);
/// If it is not quiet by then, it never will be.
const LONGEST: Duration = Duration::from_secs(8 * 24 * 3_600);

/// What the demo came to.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// People of Contoso.
    pub users: usize,
    /// The seed.
    pub seed: u64,
    /// People by state.
    pub people: BTreeMap<&'static str, usize>,
    /// Jobs by state.
    pub jobs: BTreeMap<String, usize>,
    /// What steps failed of, and how often.
    pub failures: BTreeMap<String, usize>,
    /// Seats by product.
    pub licences: BTreeMap<&'static str, Seats>,
    /// How long it took.
    pub seconds: Seconds,
    /// Requests by service, polls of the event source mappings not included.
    pub requests: BTreeMap<&'static str, u64>,
    /// Units of the table by flow.
    pub table: BTreeMap<&'static str, Units>,
    /// Everything of the run, divided by the people who were provisioned.
    pub per_provisioned_person: PerPerson,
    /// What is not as it should be; empty = everybody ended where the rules say and no invariant broke.
    pub problems: Vec<String>,
}

/// Seats of one product.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Seats {
    /// Taken.
    pub used: u32,
    /// Left.
    pub free: u32,
}

/// Seconds, of both clocks.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Seconds {
    /// By the clock of the demo.
    #[serde(rename = "virtual")]
    pub simulated: u64,
    /// By the wall clock; filled in by whoever has one.
    pub real: f64,
}

/// Units of the table that one flow has used.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Units {
    /// Requests.
    pub requests: u64,
    /// Read request units.
    pub rru: f64,
    /// Write request units.
    pub wru: f64,
}

/// Cost of one provisioned person.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PerPerson {
    /// Requests to Graph.
    pub graph_requests: f64,
    /// Among them directory writes.
    pub directory_writes: f64,
    /// Read request units.
    pub rru: f64,
    /// Write request units.
    pub wru: f64,
    /// Write request units of committing, provisioning and staging alone.
    pub wru_to_provision: f64,
    /// Read request units of committing, provisioning and staging alone.
    pub rru_to_provision: f64,
    /// Doorbells sent.
    pub doorbells: f64,
}

/// Contoso in the simulated tenant, an installation beside it, and who is who.
pub struct Stage {
    /// The clock of everything.
    pub clock: Clock,
    /// The simulated tenant.
    pub microsoft: Microsoft,
    /// The installation.
    pub installation: Installation,
    /// Everybody, whether they are there yet or not.
    pub employees: Vec<Employee>,
    /// Sees everything that happens.
    pub watch: Watch,
}

/// How a stage is set.
#[derive(Clone)]
pub struct Setting {
    /// Everybody.
    pub employees: Vec<Employee>,
    /// Where all chance comes from.
    pub seed: u64,
    /// How long an index may be behind.
    pub index_lag: Duration,
    /// Chooses the fate of requests.
    pub hook: Option<Hook>,
    /// The schedules.
    pub schedules: Schedules,
    /// When staged people are looked at.
    pub readiness: ReadinessLooks,
    /// How the simulated tenant behaves.
    pub microsoft: microsoft::Options,
    /// Over how many partitions the people are spread.
    pub shards: u8,
}

impl Setting {
    /// The demo's: hourly sync, the staging schedule on, a tenant that behaves as real ones do.
    pub fn demo(employees: Vec<Employee>, seed: u64) -> Self {
        Self {
            employees,
            seed,
            index_lag: Duration::ZERO,
            hook: None,
            schedules: Schedules {
                staging: Some(Duration::from_secs(4 * 3_600)),
                ..Schedules::default()
            },
            readiness: ReadinessLooks::Scheduled,
            microsoft: microsoft::Options {
                seed,
                ..microsoft::Options::default()
            },
            shards: SHARDS,
        }
    }
}

impl Stage {
    /// Sets the stage; nothing runs yet.
    pub async fn set(setting: Setting) -> Result<Self> {
        let clock = Clock::steered(EPOCH, 1);
        let microsoft = Microsoft::in_memory(setting.microsoft.clone(), clock);
        furnish(&microsoft, &setting.employees);
        let watch = Watch::new(clock);
        let options = Options {
            index_lag: setting.index_lag,
            hook: Some(watch.before(setting.hook)),
            schedules: setting.schedules,
            ..Options::new(clock, setting.seed)
        };
        let customer = Customer {
            shards: setting.shards,
            ..customer(&setting.microsoft, setting.readiness)
        };
        let installation = Installation::start(options, customer, microsoft.http()).await?;
        contoso::configure(&installation.admin.store, &installation.tenant).await?;
        watch.follow(installation.cloud.table())?;
        Ok(Self {
            clock,
            microsoft,
            installation,
            employees: setting.employees,
            watch,
        })
    }

    /// The demo's story; ends when all is quiet, or never will be.
    pub async fn play(&self) -> Result<()> {
        self.installation.ask(Lane::Sync, Mark::Pull).await?;
        self.clock.sleep(JOINERS).await;
        for joiner in self.employees.iter().filter(|e| e.fate == Fate::Joins) {
            hire(&self.microsoft, joiner);
        }
        self.clock.sleep(LEAVERS.saturating_sub(JOINERS)).await;
        for employee in &self.employees {
            match employee.fate {
                Fate::Leaves => {
                    let (admin, id) = (&self.installation.admin, UserId(employee.id.clone()));
                    run::offboard(admin, &self.installation.tenant, &id).await?;
                }
                Fate::Deleted => self.microsoft.delete_person(&employee.id, true),
                Fate::Stays | Fate::Joins => {}
            }
        }
        while self.clock.elapsed() < LONGEST {
            self.clock.sleep(LOOK).await;
            if self.is_quiet()? {
                // Two more syncs: nothing may change any more.
                self.clock.sleep(2 * LOOK + LOOK / 2).await;
                if self.is_quiet()? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Nobody is at work, and nobody waits for anything but licences that are not there. Read off the indexes: cheap.
    pub fn is_quiet(&self) -> Result<bool> {
        let table = self.installation.cloud.table();
        let sorts = |keys: Vec<(String, String)>, fits: fn(&str) -> bool| -> BTreeSet<String> {
            let jobs = keys.into_iter().filter(|(partition, _)| fits(partition));
            jobs.filter_map(|(_, sort)| Some(sort.split_once('#')?.1.to_owned()))
                .collect()
        };
        let open = sorts(table.index_keys(keys::DUE)?, |partition| {
            partition != keys::WAKE
        });
        let waiting = sorts(table.index_keys(keys::FIND)?, |partition| {
            partition.ends_with("#waits#no_licence")
        });
        Ok(open == waiting)
    }

    /// What the table says now.
    pub fn ledger(&self) -> Result<Ledger> {
        Ledger::read(self.installation.cloud.table())
    }

    /// What it came to.
    pub fn report(&self, seed: u64) -> Result<Report> {
        let ledger = self.ledger()?;
        let seats = self.microsoft.seats();
        let names: BTreeMap<&str, &'static str> = contoso::SKUS.into_iter().collect();
        let licences = seats
            .iter()
            .filter_map(|(sku, (enabled, used))| {
                Some((
                    *names.get(sku.as_str())?,
                    Seats {
                        used: *used,
                        free: enabled.saturating_sub(*used),
                    },
                ))
            })
            .collect();
        let counts = self.installation.cloud.counts();
        let graph = self.microsoft.counts();
        let usage = counts.dynamodb.total();
        let table = table(&counts.dynamodb);
        let to_provision = |units: fn(&Units) -> f64| -> f64 {
            let flows = ["commit", "provision", "staging"];
            flows
                .iter()
                .filter_map(|flow| table.get(flow))
                .map(units)
                .sum()
        };
        let doorbells = counts.sqs.get("SendMessage").copied().unwrap_or_default();
        let provisioned = ledger.provisioned().max(1) as f64;
        let each = |total: f64| (total / provisioned * 100.0).round() / 100.0;
        let graph_requests: u64 = graph.requests.values().sum();
        Ok(Report {
            users: self.employees.len(),
            seed,
            people: ledger.people_by_state(),
            jobs: ledger.jobs_by_state(),
            failures: ledger.failures(),
            licences,
            seconds: Seconds {
                simulated: self.clock.elapsed().as_secs(),
                real: 0.0,
            },
            requests: BTreeMap::from([
                ("dynamodb", usage.requests),
                ("graph", graph_requests),
                ("graph_throttled", graph.throttled),
                (
                    "lambda",
                    counts
                        .lambda
                        .values()
                        .map(|invocations| invocations.started)
                        .sum(),
                ),
                ("sqs", counts.sqs.values().sum()),
            ]),
            table: table.clone(),
            per_provisioned_person: PerPerson {
                graph_requests: each(graph_requests as f64),
                directory_writes: each(graph.directory_writes as f64),
                rru: each(usage.reads),
                wru: each(usage.writes),
                wru_to_provision: each(to_provision(|units| units.wru)),
                rru_to_provision: each(to_provision(|units| units.rru)),
                doorbells: each(doorbells as f64),
            },
            problems: reference::problems(&ledger, &self.employees, &self.microsoft),
        })
    }
}

/// What each flow has used of the table. Only the sync lane's transactions commit jobs, besides the moves of its cursor.
fn table(usage: &Usage) -> BTreeMap<&'static str, Units> {
    let commits = |function: &str, operation: &str| {
        function == Lane::Sync.name() && operation == "TransactWriteItems"
    };
    let units = |used: dynamodb::Units| Units {
        requests: used.requests,
        rru: used.reads,
        wru: used.writes,
    };
    let of = |name: &'static str| {
        usage.of(|function, operation| function == name && !commits(function, operation))
    };
    let lanes = Lane::ALL.map(|lane| (lane.name(), units(of(lane.name()))));
    let rest = [
        ("commit", units(usage.of(commits))),
        ("sweep", units(of("sweep"))),
        ("administrator", units(of(""))),
    ];
    lanes.into_iter().chain(rest).collect()
}

/// The demo from beginning to end. Wants a paused runtime: time passes when nobody has work left.
pub async fn demo(users: usize, seed: u64) -> Result<Report> {
    let stage = Stage::set(Setting::demo(contoso::employees(users, seed), seed)).await?;
    tokio::select! {
        biased;
        played = stage.play() => played?,
        () = stage.installation.run() => {}
    }
    stage.report(seed)
}

/// Products, policies and everybody who is there from the beginning.
pub fn furnish(microsoft: &Microsoft, employees: &[Employee]) {
    let seats = contoso::seats(employees);
    for (sku, name) in contoso::SKUS {
        microsoft.add_sku(
            sku,
            name,
            seats.get(sku).copied().unwrap_or(1),
            &[contoso::TEAMS1],
        );
    }
    for (kind, name) in contoso::POLICIES {
        microsoft.add_policy(kind, name);
    }
    for employee in employees.iter().filter(|e| e.fate != Fate::Joins) {
        hire(microsoft, employee);
    }
}

/// Takes somebody up in the directory, once.
pub fn hire(microsoft: &Microsoft, employee: &Employee) {
    if microsoft.truth(&employee.id).is_some() {
        return;
    }
    let text = |name: &str| {
        employee
            .properties
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let mut new = NewPerson::new(&employee.id, text("userPrincipalName"), text("displayName"));
    new.account_enabled = employee.properties.get("accountEnabled") != Some(&Value::Bool(false));
    new.user_type = text("userType").to_owned();
    new.facts = employee.properties.clone();
    microsoft.add_person(new);
    if text("userType").is_empty() {
        microsoft.set_property(&employee.id, "userType", None);
    }
    if let Some((kind, name)) = employee.by_hand {
        microsoft.assign_policy_by_hand(&employee.id, kind, Some(name));
    }
}
