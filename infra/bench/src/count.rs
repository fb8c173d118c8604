//! What was asked of the services, and what it comes to at list price.

use std::ops::Sub;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use local::cloud;
use local::microsoft;
use local::prices::Used;
use serde::Serialize;
use shared::config;
use shared::graph::Http;
use shared::model::lane::Lane;
use tower::{ServiceExt, service_fn};

/// The minute sweep is no flow's: it comes whatever there is to do.
const SWEEP: &str = "sweep";
/// A message is received and deleted, besides being sent.
const PER_INVOCATION: u64 = 2;

/// What was asked of the services: of a whole flow, or of each person where a flow works on people.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Cost {
    /// Requests to Graph, the parts of a batch each.
    pub graph: f64,
    /// HTTP requests to Microsoft, a batch once, tokens included.
    pub round_trips: f64,
    /// Resource units of the directory.
    pub resource_units: f64,
    /// Directory writes.
    pub directory_writes: f64,
    /// Bytes of Microsoft's answers.
    pub bytes: f64,
    /// Read request units of the table.
    pub rru: f64,
    /// Write request units of the table, indexes included.
    pub wru: f64,
    /// Requests to SQS: sent, received and deleted.
    pub sqs: f64,
    /// Invocations.
    pub invocations: f64,
    /// Memory by time of Lambda, as modelled.
    pub gb_seconds: f64,
}

impl Cost {
    /// Everything so far.
    pub fn so_far(cloud: &cloud::Counts, graph: &microsoft::Counts, wire: &Wire) -> Self {
        let table = cloud.dynamodb.of(|function, _| function != SWEEP);
        let lanes = Lane::ALL.map(|lane| {
            let invocations = cloud.lambda.get(lane.name()).copied().unwrap_or_default();
            let gigabytes = f64::from(config::lane(lane).memory) / 1_024.0;
            (
                invocations.started,
                gigabytes * invocations.busy.as_secs_f64(),
            )
        });
        let invocations: u64 = lanes.iter().map(|(started, _)| started).sum();
        let sent: u64 = cloud.sqs.values().sum();
        let requests: u64 = graph.requests.values().sum();
        Self {
            graph: requests as f64,
            round_trips: wire.round_trips.load(Ordering::Relaxed) as f64,
            resource_units: graph.resource_units as f64,
            directory_writes: graph.directory_writes as f64,
            bytes: wire.bytes.load(Ordering::Relaxed) as f64,
            rru: table.reads,
            wru: table.writes,
            sqs: (sent + PER_INVOCATION * invocations) as f64,
            invocations: invocations as f64,
            gb_seconds: lanes.iter().map(|(_, gb_seconds)| gb_seconds).sum(),
        }
    }

    /// The same for each of so many.
    pub fn each(self, people: usize) -> Self {
        self.with(self, |total, _| total / people as f64)
    }

    /// By name, in the order of the table.
    pub fn named(self) -> [(&'static str, f64); 10] {
        [
            ("graph", self.graph),
            ("round trips", self.round_trips),
            ("resource units", self.resource_units),
            ("directory writes", self.directory_writes),
            ("bytes", self.bytes),
            ("RRU", self.rru),
            ("WRU", self.wru),
            ("SQS", self.sqs),
            ("invocations", self.invocations),
            ("GB-s", self.gb_seconds),
        ]
    }

    /// At list price, us-east-1, arm64 (README, "What it costs").
    pub fn dollars(self) -> f64 {
        let used = Used {
            rru: self.rru,
            wru: self.wru,
            sqs: self.sqs,
            invocations: self.invocations,
            gb_seconds: self.gb_seconds,
        };
        used.dollars()
    }

    /// Both, count by count.
    fn with(self, other: Self, join: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            graph: join(self.graph, other.graph),
            round_trips: join(self.round_trips, other.round_trips),
            resource_units: join(self.resource_units, other.resource_units),
            directory_writes: join(self.directory_writes, other.directory_writes),
            bytes: join(self.bytes, other.bytes),
            rru: join(self.rru, other.rru),
            wru: join(self.wru, other.wru),
            sqs: join(self.sqs, other.sqs),
            invocations: join(self.invocations, other.invocations),
            gb_seconds: join(self.gb_seconds, other.gb_seconds),
        }
    }
}

impl Sub for Cost {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        self.with(before, |now, before| now - before)
    }
}

/// What passes between the connector and Microsoft.
#[derive(Debug, Default)]
pub struct Wire {
    round_trips: AtomicU64,
    bytes: AtomicU64,
}

impl Wire {
    /// The same service, counted.
    pub fn around(self: &Arc<Self>, http: Http) -> Http {
        let wire = Arc::clone(self);
        Http::new(service_fn(move |request| {
            let (wire, http) = (Arc::clone(&wire), http.clone());
            async move {
                wire.round_trips.fetch_add(1, Ordering::Relaxed);
                let answer = http.oneshot(request).await?;
                wire.bytes
                    .fetch_add(answer.body().len() as u64, Ordering::Relaxed);
                Ok(answer)
            }
        }))
    }
}
