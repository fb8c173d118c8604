//! A whole installation in this process: the embedded cloud, the functions as they are deployed, tenants and their schedules.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use serde_json::Value;
use shared::app::{self, Clients};
use shared::clock::Clock;
use shared::config::{self, Config};
use shared::error::{Kind, Result};
use shared::graph::{Http, TransportError};
use shared::lambda;
use shared::model::change_set::Gate;
use shared::model::lane::{Lane, Mark};
use shared::model::schedule::{Schedule, ScheduleKind};
use shared::model::tenant::{Connection, Settings, Tenant, TenantId};
use shared::model::time::Time;
use shared::run::{self, Shell};

use crate::cloud::{self, Cloud};
use crate::dynamodb::Place;
use crate::fate::Hook;
use crate::faulty::faulty;
use crate::lambda::{Failure, Function, Handler, Timer};
use crate::seed::draw;
use crate::sqs::{self, Redrive};

const TABLE: &str = "rollcall";

/// How an installation is set up.
#[derive(Clone)]
pub struct Options {
    /// The one clock of everything.
    pub clock: Clock,
    /// Where all chance comes from.
    pub seed: u64,
    /// Where the table lives.
    pub place: Place,
    /// How long an index may be behind a write.
    pub index_lag: Duration,
    /// Chooses the fate of requests.
    pub hook: Option<Hook>,
    /// The schedules.
    pub schedules: Schedules,
    /// The clock of each process of a function is wrong by up to this, ahead and behind in turn.
    pub clock_error: Duration,
    /// Invocations of a lane at a time; `None` = as it is deployed.
    pub workers: Option<usize>,
}

impl Options {
    /// A table in memory, the default schedules, nothing in the way.
    pub fn new(clock: Clock, seed: u64) -> Self {
        Self {
            clock,
            seed,
            place: Place::Memory,
            index_lag: Duration::ZERO,
            hook: None,
            schedules: Schedules::default(),
            clock_error: Duration::ZERO,
            workers: None,
        }
    }
}

/// The schedules of the tenant; `None` = off.
#[derive(Clone, Copy, Debug)]
pub struct Schedules {
    /// `UserSync`: hourly by default (R139).
    pub sync: Option<Duration>,
    /// `ScheduleMSTeamsOnlineTargetUserSync`: off by default, every 4 hours when on (R7, R8).
    pub staging: Option<Duration>,
    /// `Probe`: the test of the connection, and the comparison of policies with what was given; daily by default.
    pub probe: Option<Duration>,
    /// `NumberAudit`: every telephone number; nightly by default.
    pub numbers: Option<Duration>,
    /// `FullSync`: the whole directory again; weekly by default (F11).
    pub full: Option<Duration>,
}

impl Default for Schedules {
    fn default() -> Self {
        Self {
            sync: Some(Duration::from_secs(3_600)),
            staging: None,
            probe: Some(Duration::from_secs(24 * 3_600)),
            numbers: Some(Duration::from_secs(24 * 3_600)),
            full: Some(Duration::from_secs(7 * 24 * 3_600)),
        }
    }
}

impl Schedules {
    /// None at all: only what is asked for by hand happens.
    pub const NONE: Self = Self {
        sync: None,
        staging: None,
        probe: None,
        numbers: None,
        full: None,
    };

    fn all(self) -> [(ScheduleKind, Option<Duration>); 5] {
        [
            (ScheduleKind::UserSync, self.sync),
            (ScheduleKind::FullSync, self.full),
            (ScheduleKind::NumberAudit, self.numbers),
            (ScheduleKind::Probe, self.probe),
            (ScheduleKind::Staging, self.staging),
        ]
    }
}

/// The Microsoft 365 tenant to work with.
#[derive(Clone)]
pub struct Customer {
    /// Its id in this installation.
    pub id: TenantId,
    /// Its name for people.
    pub name: String,
    /// The Entra tenant id.
    pub directory: String,
    /// The application id.
    pub client: String,
    /// The client secret.
    pub secret: String,
    /// Base URL of the token endpoint.
    pub authority: String,
    /// Base URL of Graph.
    pub graph: String,
    /// What is set.
    pub settings: Settings,
    /// Over how many partitions its people are spread.
    pub shards: u8,
    /// Somebody has said yes to the first decision of flow-through.
    pub has_flowed: bool,
}

/// A running installation.
pub struct Installation {
    /// The embedded cloud.
    pub cloud: Arc<Cloud>,
    /// The shell of whoever administers it, outside of all functions.
    pub admin: Shell,
    /// Its first tenant.
    pub tenant: TenantId,
    site: Site,
    functions: Vec<Function>,
    timers: Vec<Timer>,
}

impl Installation {
    /// Sets it up for a first tenant. `microsoft` answers the requests of all.
    pub async fn start(options: Options, customer: Customer, microsoft: Http) -> Result<Self> {
        let schedules = options.schedules;
        let installation = Self::build(options, customer.id.clone(), microsoft)?;
        installation.register(customer, schedules).await?;
        Ok(installation)
    }

    /// Goes on from where another one stood: its table, queues, schedules and secrets are there again. The clock must be
    /// [`cloud::Past::clock`].
    pub fn resume(
        options: Options,
        past: &cloud::Past,
        tenant: TenantId,
        microsoft: Http,
    ) -> Result<Self> {
        let place = past.place();
        let installation = Self::build(Options { place, ..options }, tenant, microsoft)?;
        installation.cloud.restore(past);
        Ok(installation)
    }

    fn build(options: Options, tenant: TenantId, microsoft: Http) -> Result<Self> {
        let clock = options.clock;
        let cloud = Arc::new(Cloud::new(cloud::Options {
            table: TABLE.to_owned(),
            place: options.place,
            index_lag: options.index_lag,
            hook: options.hook,
            queues: Lane::ALL.into_iter().flat_map(queues).collect(),
            ..cloud::Options::new(clock, options.seed)
        })?);
        let lost = || TransportError::NoAnswer("the connection broke".to_owned());
        let site = Site {
            cloud: Arc::clone(&cloud),
            clock,
            clock_error: options.clock_error,
            seed: options.seed,
            processes: Arc::default(),
            http: faulty(microsoft, cloud.outside(), lost),
        };
        let handlers: Vec<(Lane, Handler)> = Lane::ALL
            .iter()
            .map(|lane| (*lane, site.handler(*lane)))
            .collect();
        let functions = handlers
            .iter()
            .map(|(lane, handler)| function(*lane, handler, options.workers))
            .collect();
        Ok(Self {
            admin: site.shell(clock),
            tenant,
            timers: vec![sweep(&handlers)],
            functions,
            cloud,
            site,
        })
    }

    /// Registers a tenant, keeps its secret and sets its schedules. Of a tenant that the table knows already only the connection is
    /// taken over.
    pub async fn register(&self, customer: Customer, schedules: Schedules) -> Result<()> {
        let tenant = customer.id.clone();
        self.cloud
            .secrets()
            .set(&secret_name(&tenant), &customer.secret);
        let registration = registration(customer);
        match run::register(&self.admin, &registration).await {
            Err(error) if *error.kind() == Kind::Conflict => {
                run::connect(&self.admin, &tenant, &registration.connection).await?
            }
            registered => registered?,
        }
        let row = self.admin.store.tenant(&tenant).await?;
        if row.is_some_and(|row| !row.has_schedules) {
            for (kind, every) in schedules.all() {
                let mut schedule = kind.default_schedule();
                schedule.active = every.is_some();
                if let Some(every) = every {
                    let minutes = u32::try_from(every.as_secs() / 60).unwrap_or(u32::MAX);
                    schedule = Schedule::every(true, minutes);
                }
                run::set_schedule(&self.admin, &tenant, kind, &schedule).await?;
            }
        }
        Ok(())
    }

    /// Serves queues, schedules and the sweep for as long as it is polled.
    pub async fn run(&self) {
        self.cloud.run(&self.functions, &self.timers).await;
    }

    /// Lets somebody else carry out what a lane's function is called for, such as a process of its own.
    pub fn hand_to(&mut self, lane: Lane, handler: &Handler) {
        let functions = self.functions.iter_mut();
        for function in functions.filter(|function| function.name == lane.name()) {
            function.handler = Arc::clone(handler);
        }
    }

    /// A shell of its own for one more function, such as the API.
    pub fn shell(&self) -> Shell {
        self.site.shell(self.site.clock)
    }

    /// Asks for one run of a lane of the first tenant.
    pub async fn ask(&self, lane: Lane, mark: Mark) -> Result<()> {
        self.ask_for(&self.tenant, lane, mark).await
    }

    /// Asks for one run of a lane, as the API does: the mark first, the doorbell after it.
    pub async fn ask_for(&self, tenant: &TenantId, lane: Lane, mark: Mark) -> Result<()> {
        self.admin
            .store
            .ring(tenant, lane, Some(mark), self.admin.clock.now())
            .await?;
        self.admin.queue.ring(tenant, lane).await
    }
}

impl fmt::Debug for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Installation")
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

/// What every function of the installation is made of.
#[derive(Clone)]
struct Site {
    cloud: Arc<Cloud>,
    clock: Clock,
    clock_error: Duration,
    seed: u64,
    /// How many processes were started.
    processes: Arc<AtomicU64>,
    http: Http,
}

impl Site {
    /// A process of a function, with a clock of its own.
    fn process(&self) -> Shell {
        if self.clock_error.is_zero() {
            return self.shell(self.clock);
        }
        let nth = self.processes.fetch_add(1, Ordering::Relaxed);
        let most = u64::try_from(self.clock_error.as_millis()).unwrap_or(u64::MAX);
        let by = Duration::from_millis(draw(self.seed, 2 * nth) % most.saturating_add(1));
        let every = Duration::from_secs(60 + draw(self.seed, 2 * nth + 1) % 1_200);
        self.shell(self.clock.swinging(by, every))
    }

    fn shell(&self, clock: Clock) -> Shell {
        let sdk = self.cloud.sdk_config();
        let clients = Clients {
            dynamodb: aws_sdk_dynamodb::Client::from_conf(self.cloud.dynamodb_config()),
            ..Clients::new(&sdk)
        };
        let config = Config {
            table: TABLE.to_owned(),
            queues: Lane::ALL.map(|lane| {
                format!(
                    "https://sqs.us-east-1.amazonaws.com/000000000000/{}",
                    lane.name()
                )
            }),
            schedule_group: "rollcall".to_owned(),
            queue_arns: "arn:aws:sqs:us-east-1:000000000000:".to_owned(),
            scheduler_role: "arn:aws:iam::000000000000:role/schedules".to_owned(),
        };
        app::with(clients, &config, clock, self.http.clone())
    }

    /// The handler of a lane. Invocations that overlap run in shells of their own, as Lambda runs them in processes of their own;
    /// a shell whose invocation ended is used again, one whose invocation died is gone.
    fn handler(&self, lane: Lane) -> Handler {
        let site = self.clone();
        let idle: Arc<Mutex<Vec<Arc<Shell>>>> = Arc::default();
        Arc::new(move |event: Value, deadline: Time| {
            let warm = idle.lock().ok().and_then(|mut idle| idle.pop());
            let shell = warm.unwrap_or_else(|| Arc::new(site.process()));
            let idle = Arc::clone(&idle);
            async move {
                let answer: std::result::Result<Value, Failure> =
                    lambda::handle(&shell, lane, event, deadline).await;
                if let Ok(mut idle) = idle.lock() {
                    idle.push(shell);
                }
                answer
            }
            .boxed()
        })
    }
}

/// Where a tenant's secret is kept.
pub fn secret_name(tenant: &TenantId) -> String {
    format!("rollcall/{}", tenant.as_str())
}

/// The row of a tenant that is this customer.
pub fn registration(customer: Customer) -> Tenant {
    let flowed = customer.settings.flow_through.as_ref().map(|on| on.since);
    let connection = Connection {
        directory: customer.directory,
        client: customer.client,
        secret_name: secret_name(&customer.id),
        authority: customer.authority,
        graph: customer.graph,
    };
    Tenant {
        settings: customer.settings,
        gate: Gate {
            flowed: flowed.filter(|_| customer.has_flowed),
            ..Gate::default()
        },
        ..Tenant::new(customer.id, customer.name, connection, customer.shards)
    }
}

fn queues(lane: Lane) -> [sqs::Settings; 2] {
    let dead_letters = format!("{lane}-dead");
    let visibility = config::lane(lane).visibility();
    let redrive = Redrive {
        max_receive_count: config::MAX_RECEIVES,
        dead_letters: dead_letters.clone(),
    };
    [
        sqs::Settings {
            name: lane.name().to_owned(),
            visibility,
            redrive: Some(redrive),
        },
        sqs::Settings {
            name: dead_letters,
            visibility,
            redrive: None,
        },
    ]
}

fn function(lane: Lane, handler: &Handler, workers: Option<usize>) -> Function {
    let figures = config::lane(lane);
    Function {
        name: lane.name().to_owned(),
        queue: lane.name().to_owned(),
        timeout: figures.timeout,
        batch_size: usize::try_from(config::BATCH_SIZE).unwrap_or(1),
        maximum_concurrency: workers.unwrap_or(usize::try_from(figures.concurrency).unwrap_or(1)),
        handler: Arc::clone(handler),
    }
}

/// Every minute the staging function sweeps.
fn sweep(handlers: &[(Lane, Handler)]) -> Timer {
    let staging = handlers
        .iter()
        .find(|(lane, _)| *lane == Lane::Staging)
        .map(|(_, handler)| Arc::clone(handler));
    let nothing: Handler =
        Arc::new(|_, _| async { Err(Failure::from("there is no staging function")) }.boxed());
    Timer {
        name: "sweep".to_owned(),
        every: config::SWEEP,
        timeout: config::lane(Lane::Staging).timeout,
        handler: staging.unwrap_or(nothing),
    }
}
