//! Dates and `system.now` (`rule-language.md 4`, D18, D19).

use std::fmt::{self, Display, Formatter};

use jiff::{SignedDuration, Timestamp};

use crate::model::time::Time;

/// The longest span that may be added to `system.now` or taken from it, in days (D19).
const MOST_DAYS: i64 = 36_500;

/// What a date is asked.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum DateTest {
    /// It is this instant.
    Is(Timestamp),
    /// It is this instant or a later one.
    AtLeast(When),
    /// It is this instant or an earlier one.
    AtMost(When),
}

/// An instant, or one so many seconds after the moment of evaluation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum When {
    At(Timestamp),
    Now(i64),
}

impl DateTest {
    /// Whether an instant meets it.
    pub fn is_met_by(&self, date: Timestamp, now: Time) -> bool {
        match self {
            Self::Is(wanted) => date == *wanted,
            Self::AtLeast(when) => when.at(now).is_none_or(|when| date >= when),
            Self::AtMost(when) => when.at(now).is_none_or(|when| date <= when),
        }
    }

    /// Whether the moment of evaluation matters.
    pub fn reads_the_clock(&self) -> bool {
        matches!(
            self,
            Self::AtLeast(When::Now(_)) | Self::AtMost(When::Now(_))
        )
    }
}

impl When {
    fn at(self, now: Time) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(at),
            Self::Now(seconds) => Timestamp::from_millisecond(now.millis())
                .ok()?
                .checked_add(SignedDuration::from_secs(seconds))
                .ok(),
        }
    }
}

impl Display for When {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self {
            Self::At(at) => at.fmt(f),
            Self::Now(0) => f.write_str("system.now"),
            Self::Now(seconds) => {
                let sign = if seconds < 0 { "minus" } else { "plus" };
                write!(f, "system.now -{sign} {}", Span(seconds.unsigned_abs()))
            }
        }
    }
}

/// Seconds as ISO 8601 writes them, without parts that are zero.
struct Span(u64);

impl Display for Span {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (days, rest) = (self.0 / 86_400, self.0 % 86_400);
        f.write_str("P")?;
        if days > 0 {
            write!(f, "{days}D")?;
        }
        if rest > 0 {
            f.write_str("T")?;
        }
        let parts = [(rest / 3_600, 'H'), (rest / 60 % 60, 'M'), (rest % 60, 'S')];
        for (count, unit) in parts.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, "{count}{unit}")?;
        }
        Ok(())
    }
}

/// Reads an instant: date, `T`, hours and minutes, seconds and a fraction if need be, then `Z` or an offset (D18).
///
/// # Errors
/// What is missing, with the completed form.
pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    let upper = text.to_ascii_uppercase();
    if upper.is_ascii()
        && upper.len() == 10
        && format!("{upper}T00:00Z").parse::<Timestamp>().is_ok()
    {
        return Err(format!(
            "a date has a time and an offset: write {text}T00:00:00Z"
        ));
    }
    let time = upper.split_once('T').map(|(_, time)| time);
    let has_minutes = time.is_some_and(|time| time.as_bytes().get(2) == Some(&b':'));
    match upper.parse::<Timestamp>() {
        Ok(instant) if has_minutes && !upper.contains('[') => Ok(instant),
        Err(_) if format!("{upper}Z").parse::<Timestamp>().is_ok() => {
            Err(format!("a date has an offset: write {text}Z"))
        }
        Ok(_) | Err(_) => Err("this is no date: write one such as 2026-03-01T00:00:00Z".to_owned()),
    }
}

/// Reads a span of days, hours, minutes and seconds, such as `P7DT3H`, in seconds.
///
/// # Errors
/// What it should look like.
pub(super) fn span(text: &str) -> Result<i64, String> {
    let upper = text.to_ascii_uppercase();
    let read = || {
        let (days, time) = match upper.strip_prefix('P')?.split_once('T') {
            Some((_, "")) => return None,
            Some((days, time)) => (days, time),
            None => (upper.strip_prefix('P')?, ""),
        };
        let mut seconds = 0_i64;
        let mut parts = 0;
        for (mut text, units) in [
            (days, &[('D', 86_400)][..]),
            (time, &[('H', 3_600), ('M', 60), ('S', 1)][..]),
        ] {
            for (unit, length) in units {
                if let Some((count, rest)) = text.split_once(*unit) {
                    let count: u32 = count.parse().ok().filter(|_| !count.starts_with('+'))?;
                    seconds = seconds.saturating_add(i64::from(count) * length);
                    text = rest;
                    parts += 1;
                }
            }
            if !text.is_empty() {
                return None;
            }
        }
        (parts > 0).then_some(seconds)
    };
    match read() {
        Some(seconds) if seconds <= MOST_DAYS * 86_400 => Ok(seconds),
        Some(_) => Err(format!("a span is at most {MOST_DAYS} days")),
        None => {
            Err("a span has days, hours, minutes and seconds: P30D, P7DT3H or PT90M".to_owned())
        }
    }
}
