//! An installation on virtual time, its tenant, and what was asked of both.

use std::sync::Arc;
use std::time::Duration;

use local::demo::EPOCH;
use local::fate::latency;
use local::installation::{Customer, Installation, Options, Schedules};
use local::microsoft::{self, Microsoft};
use shared::clock::Clock;
use shared::error::Result;
use shared::model::lane::{Lane, Mark};
use shared::model::tenant::TenantId;
use shared::run::Shell;

use crate::count::{Cost, Wire};

pub const MINUTE: Duration = Duration::from_secs(60);
pub const HOUR: Duration = Duration::from_secs(3_600);

/// An installation, and the tenant it works for. No schedules: what happens is asked for.
pub struct World {
    pub microsoft: Microsoft,
    clock: Clock,
    installation: Installation,
    wire: Arc<Wire>,
}

impl World {
    /// Everything in memory.
    pub async fn of(options: microsoft::Options, customer: Customer) -> Result<Self> {
        let clock = Clock::steered(EPOCH, 1);
        let microsoft = Microsoft::in_memory(options, clock);
        let wire = Arc::new(Wire::default());
        let options = Options {
            schedules: Schedules::NONE,
            hook: Some(latency()),
            ..Options::new(clock, 1)
        };
        let http = wire.around(microsoft.http());
        let installation = Installation::start(options, customer, http).await?;
        Ok(Self {
            microsoft,
            clock,
            installation,
            wire,
        })
    }

    /// Who administers it, and its tenant.
    pub fn office(&self) -> (&Shell, &TenantId) {
        (&self.installation.admin, &self.installation.tenant)
    }

    /// Everything that was asked so far.
    pub fn cost(&self) -> Cost {
        let (cloud, graph) = (self.installation.cloud.counts(), self.microsoft.counts());
        Cost::so_far(&cloud, &graph, &self.wire)
    }

    /// Lets so much time go by; what it cost.
    pub async fn play(&self, span: Duration) -> Cost {
        let before = self.cost();
        tokio::select! {
            biased;
            () = self.clock.sleep(span) => {}
            () = self.installation.run() => {}
        }
        self.cost() - before
    }

    /// One run of a lane, for which so much time is enough.
    pub async fn ask(&self, lane: Lane, mark: Mark, span: Duration) -> Result<Cost> {
        let before = self.cost();
        self.installation.ask(lane, mark).await?;
        self.play(span).await;
        Ok(self.cost() - before)
    }
}

/// Microsoft without accidents.
pub fn steady() -> microsoft::Options {
    microsoft::Options {
        throttle_permille: 0,
        repeat_permille: 0,
        empty_page_permille: 0,
        keep_history: false,
        ..microsoft::Options::default()
    }
}
