//! The whole cloud in one value: engines, the way to them, and the settings that every SDK client needs for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config as dynamodb;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::Value;
use shared::clock::Clock;
use shared::error::{Error, Kind, Result};
use shared::model::time::Time;

use crate::dynamodb::{Items, Place, Table, Usage};
use crate::fate::{Hook, Outside};
use crate::lambda::{Function, Invocations, Lambda, Timer};
use crate::scheduler::{self, Scheduler};
use crate::secrets::{self, Secrets};
use crate::seed::{draw, uuid};
use crate::sqs::{Queue, Settings, Sqs};
use crate::wire::{self, Engines};

/// How a cloud is set up.
#[derive(Clone)]
pub struct Options {
    /// The one clock of everything.
    pub clock: Clock,
    /// Where all chance comes from.
    pub seed: u64,
    /// The table's name.
    pub table: String,
    /// Where the table lives.
    pub place: Place,
    /// How long an index may be behind a write, at most; zero = never.
    pub index_lag: Duration,
    /// Chooses the fate of requests; without it all are delivered.
    pub hook: Option<Hook>,
    /// The queues, dead letters included.
    pub queues: Vec<Settings>,
}

impl Options {
    /// A table in memory without lag, no faults, no queues.
    pub fn new(clock: Clock, seed: u64) -> Self {
        Self {
            clock,
            seed,
            table: "rollcall".to_owned(),
            place: Place::Memory,
            index_lag: Duration::ZERO,
            hook: None,
            queues: Vec::new(),
        }
    }
}

/// What the cloud was used for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// The table: requests and units by operation.
    pub dynamodb: Usage,
    /// The queues: requests of our code by operation. Polls of the event source mapping are not among them.
    pub sqs: BTreeMap<String, u64>,
    /// The functions, by name.
    pub lambda: BTreeMap<String, Invocations>,
}

/// A cloud as it stood at a moment when nobody was at work.
#[derive(Clone)]
pub struct Past {
    items: Items,
    queues: (Vec<(String, Queue)>, u64),
    schedules: BTreeMap<String, scheduler::Entry>,
    secrets: secrets::State,
    tokens_given: u64,
    elapsed: Duration,
    now: Time,
}

impl Past {
    /// The same, with the items of an earlier moment.
    #[must_use]
    pub fn with_table_of(self, earlier: &Self) -> Self {
        let items = earlier.items.clone();
        Self { items, ..self }
    }

    /// A clock that goes on from there.
    pub fn clock(&self) -> Clock {
        let began = self.now - self.elapsed;
        Clock::steered(began, 1).begun_before(self.elapsed)
    }

    /// Where its table is found again.
    pub fn place(&self) -> Place {
        Place::Copy(self.items.clone())
    }
}

/// The embedded AWS.
#[derive(Debug)]
pub struct Cloud {
    clock: Clock,
    seed: u64,
    outside: Outside,
    engines: Engines,
    lambda: Lambda,
    tokens_given: Arc<AtomicU64>,
}

impl Cloud {
    /// Starts it.
    ///
    /// # Errors
    /// `Unavailable` if the table's file cannot be opened; `Invalid` if dead letters have no queue.
    pub fn new(options: Options) -> Result<Self> {
        let exists = |name: &str| options.queues.iter().any(|q| q.name == name);
        let redrives = options.queues.iter().filter_map(|q| q.redrive.as_ref());
        if let Some(lost) = redrives.map(|r| &r.dead_letters).find(|name| !exists(name)) {
            let text = format!("there is no queue {lost} for dead letters");
            return Err(Error::new(Kind::Invalid, text));
        }
        let (clock, seed) = (options.clock, options.seed);
        let place = &options.place;
        let table = Table::open(
            &options.table,
            place,
            clock,
            draw(seed, 0),
            options.index_lag,
        )?;
        let sqs = Arc::new(Sqs::new(clock, draw(seed, 1), options.queues));
        let file = match place {
            Place::Memory | Place::Copy(_) => None,
            Place::File(table) => Some(table.with_file_name("schedules.json")),
        };
        Ok(Self {
            clock,
            seed,
            outside: Outside::new(clock, options.hook),
            tokens_given: Arc::default(),
            lambda: Lambda::new(clock, draw(seed, 2), Arc::clone(&sqs)),
            engines: Engines {
                table: Arc::new(table),
                scheduler: Arc::new(Scheduler::new(clock, Arc::clone(&sqs), file)),
                sqs,
                secrets: Arc::new(Secrets::new(clock, draw(seed, 3))),
            },
        })
    }

    /// As it stands now; invocations that run are not part of it.
    ///
    /// # Errors
    /// `Unavailable` if the database fails.
    pub fn past(&self) -> Result<Past> {
        Ok(Past {
            items: self.table().copy()?,
            queues: self.sqs().state(),
            schedules: self.scheduler().state(),
            secrets: self.secrets().state(),
            tokens_given: self.tokens_given.load(Ordering::Relaxed),
            elapsed: self.clock.elapsed(),
            now: self.clock.now(),
        })
    }

    /// Takes over everything of it but the table, which is where [`Past::place`] says.
    pub fn restore(&self, past: &Past) {
        self.sqs().restore(past.queues.clone());
        self.scheduler().restore(past.schedules.clone());
        self.secrets().restore(past.secrets.clone());
        self.tokens_given
            .store(past.tokens_given, Ordering::Relaxed);
    }

    /// Settings for every SDK client: this cloud behind the wire, its clock, no retries, no timeouts.
    pub fn sdk_config(&self) -> SdkConfig {
        let credentials = Credentials::from_keys("local", "local", None);
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .identity_cache(IdentityCache::no_cache())
            .http_client(wire::client(self.engines.clone(), self.outside.clone()))
            .time_source(SdkClock(self.clock))
            .sleep_impl(SdkClock(self.clock))
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build()
    }

    /// The same for DynamoDB, with idempotency tokens from the seed.
    pub fn dynamodb_config(&self) -> dynamodb::Config {
        dynamodb::Builder::from(&self.sdk_config())
            .interceptor(Tokens {
                seed: draw(self.seed, 4),
                given: Arc::clone(&self.tokens_given),
            })
            .build()
    }

    /// What carries a request of the SDK to the engines.
    pub(crate) fn connector(&self) -> SharedHttpConnector {
        wire::connector(self.engines.clone(), self.outside.clone())
    }

    /// The way to the outside, for [`crate::faulty::faulty`].
    pub fn outside(&self) -> Outside {
        self.outside.clone()
    }

    /// DynamoDB.
    pub fn table(&self) -> &Table {
        &self.engines.table
    }

    /// SQS.
    pub fn sqs(&self) -> &Sqs {
        &self.engines.sqs
    }

    /// EventBridge Scheduler.
    pub fn scheduler(&self) -> &Scheduler {
        &self.engines.scheduler
    }

    /// Secrets Manager.
    pub fn secrets(&self) -> &Secrets {
        &self.engines.secrets
    }

    /// Lambda.
    pub fn lambda(&self) -> &Lambda {
        &self.lambda
    }

    /// Every item of the table, in the order of its keys.
    ///
    /// # Errors
    /// `Unavailable` if the database fails.
    pub fn items(&self) -> Result<Vec<Value>> {
        self.table().items()
    }

    /// What it was used for so far.
    pub fn counts(&self) -> Counts {
        Counts {
            dynamodb: self.table().usage(),
            sqs: self.sqs().requests(),
            lambda: self.lambda.invocations(),
        }
    }

    /// Serves queues, timers and schedules for as long as it is polled; it never ends by itself.
    pub async fn run(&self, functions: &[Function], timers: &[Timer]) {
        tokio::join!(
            self.lambda.run(functions, timers),
            self.engines.scheduler.run()
        );
    }
}

/// Our clock as the SDK wants it.
#[derive(Clone, Copy, Debug)]
struct SdkClock(Clock);

impl TimeSource for SdkClock {
    fn now(&self) -> SystemTime {
        let millis = u64::try_from(self.0.now().millis()).unwrap_or_default();
        UNIX_EPOCH + Duration::from_millis(millis)
    }
}

impl AsyncSleep for SdkClock {
    fn sleep(&self, duration: Duration) -> Sleep {
        let clock = self.0;
        Sleep::new(async move { clock.sleep(duration).await })
    }
}

/// Gives each transaction without a token one from the seed. The SDK's own provider would not do: it is cloned for every request,
/// and its clone is a random one.
#[derive(Debug)]
struct Tokens {
    seed: u64,
    /// Shared by all clients of the cloud: no two transactions have the same token.
    given: Arc<AtomicU64>,
}

impl Intercept for Tokens {
    fn name(&self) -> &'static str {
        "Tokens"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        if let Some(transaction) = context
            .input_mut()
            .downcast_mut::<TransactWriteItemsInput>()
            && transaction.client_request_token.is_none()
        {
            let token = uuid(self.seed, self.given.fetch_add(1, Ordering::Relaxed));
            transaction.client_request_token = Some(token);
        }
        Ok(())
    }
}
