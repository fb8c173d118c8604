//! The only place that reads a clock. Everything else is handed a [`Clock`].
//!
//! All three clocks sleep on tokio's timer, so under a paused tokio runtime virtual time passes by itself as soon as nobody has
//! work left: that is the whole discrete-event simulation.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::model::time::Time;

/// A source of time that can be copied into every part of the system.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    source: Source,
    /// Where the monotonic reading begins.
    start: Instant,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    /// The machine's clock.
    System,
    /// `epoch` plus what tokio's clock has advanced since, `speed` times as fast.
    Steered { epoch: Time, speed: u32 },
}

impl Clock {
    /// The machine's own clock.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the system clock"
    )]
    pub fn system() -> Self {
        Self {
            source: Source::System,
            start: Instant::now(),
        }
    }

    /// A clock that reads `epoch` now and runs `speed` times as fast as tokio's. With speed 1 under a paused runtime it is the
    /// virtual clock of the simulation; with speed 60 under a running one an hour passes in a minute.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the system clock"
    )]
    pub fn steered(epoch: Time, speed: u32) -> Self {
        Self {
            source: Source::Steered {
                epoch,
                speed: speed.max(1),
            },
            start: Instant::now(),
        }
    }

    /// The moment, as people and rows know it. May jump when the machine's clock is set.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the system clock"
    )]
    pub fn now(&self) -> Time {
        match self.source {
            Source::System => Time::from_millis(Timestamp::now().as_millisecond()),
            Source::Steered { epoch, .. } => epoch + self.elapsed(),
        }
    }

    /// Time since this clock was made; never jumps and never runs backwards. Leases are measured with it.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the system clock"
    )]
    pub fn elapsed(&self) -> Duration {
        let real = Instant::now().saturating_duration_since(self.start);
        match self.source {
            Source::System => real,
            Source::Steered { speed, .. } => real.saturating_mul(speed),
        }
    }

    /// Waits until this much of this clock's time has passed.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that waits"
    )]
    pub async fn sleep(&self, span: Duration) {
        let real = match self.source {
            Source::System => span,
            Source::Steered { speed, .. } => span / speed,
        };
        tokio::time::sleep(real).await;
    }
}
