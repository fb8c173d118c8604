//! Kinds of weather.

use std::time::Duration;

use local::weather::Fault;

use crate::doorbells::LATEST;
use crate::theatre::HOUR;

const INDEX_LAG: Duration = Duration::from_secs(30);
/// Index lag and clocks together stay below the second look (L4): so much is promised for V4.
const CLOCK_ERROR: Duration = Duration::from_secs(12);
/// Clocks that are worse than that endanger nobody (V10); a lane may then wait for the next sync to be rung.
const CLOCK_NONSENSE: Duration = Duration::from_secs(180);

/// A kind of weather.
pub struct Climate {
    /// What it is called in reports.
    pub name: &'static str,
    pub(super) odds: &'static [(Fault, u64)],
    pub(super) index_lag: Duration,
    pub(super) clock_error: Duration,
}

impl Climate {
    pub(super) fn dies(&self) -> bool {
        let deadly = |fault| matches!(fault, Fault::CrashBefore | Fault::CrashAfter | Fault::Panic);
        self.odds.iter().any(|(fault, _)| deadly(*fault))
    }

    /// The longest that a due job may be left alone once nothing is in its way (V4).
    pub(super) fn bound(&self) -> Duration {
        let known = LATEST + self.index_lag + 2 * self.clock_error;
        let is_nonsense = self.clock_error == CLOCK_NONSENSE;
        known + if is_nonsense { HOUR } else { Duration::ZERO }
    }
}

/// Seeds take turns with these.
const CLIMATES: [Climate; 7] = [
    Climate {
        name: "everything at once",
        odds: &[
            (Fault::CrashBefore, 30),
            (Fault::CrashAfter, 30),
            (Fault::Panic, 10),
            (Fault::AnswerLost, 60),
            (Fault::LandsLate, 400),
            (Fault::WriteLate, 30),
            (Fault::Slow, 80),
            (Fault::Frozen, 15),
            (Fault::Throttled, 40),
            (Fault::ThrottledFor, 20),
            (Fault::Unavailable, 40),
            (Fault::Conflict, 200),
            (Fault::PartFails, 200),
            (Fault::PartMissing, 200),
            (Fault::PartsReversed, 300),
            (Fault::OrderLost, 300),
            (Fault::OrderForgotten, 300),
            (Fault::OrderLate, 300),
            (Fault::TokenVoid, 5),
            (Fault::DoorbellLost, 3_000),
            (Fault::SweepUnheard, 1_000),
        ],
        index_lag: INDEX_LAG,
        clock_error: CLOCK_ERROR,
    },
    Climate {
        name: "dying workers",
        odds: &[
            (Fault::CrashBefore, 100),
            (Fault::CrashAfter, 100),
            (Fault::Panic, 100),
            (Fault::Conflict, 300),
            (Fault::DoorbellLost, 3_000),
        ],
        index_lag: Duration::ZERO,
        clock_error: Duration::ZERO,
    },
    Climate {
        name: "lost and late",
        odds: &[
            (Fault::AnswerLost, 200),
            (Fault::LandsLate, 2_000),
            (Fault::WriteLate, 100),
            (Fault::OrderLost, 1_500),
            (Fault::OrderForgotten, 1_500),
            (Fault::OrderLate, 1_500),
        ],
        index_lag: Duration::ZERO,
        clock_error: Duration::ZERO,
    },
    Climate {
        name: "throttled",
        odds: &[
            (Fault::Throttled, 300),
            (Fault::ThrottledFor, 300),
            (Fault::Unavailable, 300),
            (Fault::PartFails, 3_000),
            (Fault::PartMissing, 2_000),
            (Fault::PartsReversed, 2_000),
            (Fault::TokenVoid, 50),
        ],
        index_lag: Duration::ZERO,
        clock_error: Duration::ZERO,
    },
    Climate {
        name: "deaf",
        odds: &[(Fault::DoorbellLost, 10_000)],
        index_lag: INDEX_LAG,
        clock_error: Duration::ZERO,
    },
    Climate {
        name: "frozen",
        odds: &[
            (Fault::Frozen, 60),
            (Fault::Slow, 200),
            (Fault::AnswerLost, 50),
            (Fault::CrashAfter, 30),
            (Fault::Conflict, 500),
        ],
        index_lag: INDEX_LAG,
        clock_error: CLOCK_ERROR,
    },
    Climate {
        name: "wrong clocks",
        odds: &[
            (Fault::Slow, 200),
            (Fault::AnswerLost, 100),
            (Fault::CrashBefore, 50),
            (Fault::CrashAfter, 50),
            (Fault::OrderLate, 500),
            (Fault::DoorbellLost, 1_000),
        ],
        index_lag: INDEX_LAG,
        clock_error: CLOCK_NONSENSE,
    },
];

/// The kind of weather of a seed.
pub fn climate(seed: u64) -> &'static Climate {
    let kinds = CLIMATES.len() as u64;
    &CLIMATES[usize::try_from(seed % kinds).unwrap()]
}
