//! Moments, to the millisecond, as the rows store them: a number that sorts.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment in UTC: milliseconds since 1970. Stored as a DynamoDB number, so that conditions compare it as a number.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Time(i64);

impl Time {
    /// The moment `millis` milliseconds after 1970-01-01T00:00:00Z.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The moment that RFC 3339 writes so, with an offset; fractions of a millisecond are dropped. `None` = it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let stamp: jiff::Timestamp = text.parse().ok()?;
        Some(Self(stamp.as_millisecond()))
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// Thirteen digits, so that keys made of it sort as the moments do (until the year 2286).
    pub fn sortable(self) -> String {
        format!("{:013}", self.0)
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

impl Sub<Duration> for Time {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

/// RFC 3339, UTC, to the millisecond.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(stamp) => write!(f, "{stamp:.3}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_prints_as_rfc_3339_and_sorts_as_text() {
        let early = Time::from_millis(999);
        let late = early + Duration::from_secs(1_700_000_000);
        assert_eq!(early.to_string(), "1970-01-01T00:00:00.999Z");
        assert_eq!(Time::parse("1970-01-01T01:00:00.9994+01:00"), Some(early));
        assert_eq!(Time::parse("soon"), None);
        assert!(early.sortable() < late.sortable());
        assert_eq!(late.since(early), Duration::from_secs(1_700_000_000));
        assert_eq!(early.since(late), Duration::ZERO);
    }
}
