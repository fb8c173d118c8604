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
    /// What it had measured before that.
    before: Duration,
    /// How wrong the clock is set.
    error: Option<Swing>,
}

/// A clock that is set wrong: ahead by `by`, and after `every` behind by as much, in turn.
#[derive(Clone, Copy, Debug)]
struct Swing {
    by: Duration,
    every: Duration,
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
            before: Duration::ZERO,
            error: None,
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
            before: Duration::ZERO,
            error: None,
        }
    }

    /// The same clock, begun so much earlier.
    pub fn begun_before(self, span: Duration) -> Self {
        Self {
            before: span,
            ..self
        }
    }

    /// The same clock, set wrong: ahead by `by`, after `every` behind by as much, then ahead again. What it measures between two
    /// moments, and how long it sleeps, stays right.
    pub fn swinging(self, by: Duration, every: Duration) -> Self {
        let every = every.max(Duration::from_millis(1));
        Self {
            error: Some(Swing { by, every }),
            ..self
        }
    }

    /// The moment, as people and rows know it. May jump when the machine's clock is set.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the system clock"
    )]
    pub fn now(&self) -> Time {
        let right = match self.source {
            Source::System => Time::from_millis(Timestamp::now().as_millisecond()),
            Source::Steered { epoch, .. } => epoch + self.elapsed(),
        };
        let Some(Swing { by, every }) = self.error else {
            return right;
        };
        let is_ahead = (self.elapsed().as_millis() / every.as_millis()).is_multiple_of(2);
        if is_ahead { right + by } else { right - by }
    }

    /// Time since this clock was made; never jumps and never runs backwards. Leases are measured with it.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the system clock"
    )]
    pub fn elapsed(&self) -> Duration {
        let real = Instant::now().saturating_duration_since(self.start);
        self.before
            + match self.source {
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
