//! What a day and a time mean where somebody is.

use std::fmt;

use jiff::civil;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::config;
use crate::model::departure::Departure;
use crate::model::schedule::{Daily, Day, When};
use crate::model::time::Time;

/// Why a day cannot be the one on which somebody leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoDay {
    /// It is no day.
    Day(String),
    /// It is no time of day.
    Time(String),
    /// The time zone of the site does not exist.
    Zone(String),
    /// It is over.
    Past,
    /// It is further away than [`config::FURTHEST_DEPARTURE`].
    TooFar,
}

/// The moment of a day and a time of day in a time zone. A time that the clocks leave out in spring means as much later as they are
/// put forward; one that comes twice in autumn means the first.
pub fn departure(day: &str, time: &str, zone: &str, now: Time) -> Result<Departure, NoDay> {
    let on: civil::Date = day.parse().map_err(|_| NoDay::Day(day.to_owned()))?;
    let no_time = || NoDay::Time(time.to_owned());
    // Hours and minutes: anything longer would be said and not kept.
    let at = civil::Time::strptime("%H:%M", time).map_err(|_| no_time())?;
    let no_zone = || NoDay::Zone(zone.to_owned());
    let place = TimeZone::get(zone).map_err(|_| no_zone())?;
    let moment = place.to_timestamp(on.to_datetime(at));
    let moment = moment.map_err(|_| NoDay::Day(day.to_owned()))?;
    let at = Time::from_millis(moment.as_millisecond());
    if at <= now {
        return Err(NoDay::Past);
    }
    if at > now + config::FURTHEST_DEPARTURE {
        return Err(NoDay::TooFar);
    }
    Ok(Departure {
        day: on.to_string(),
        time: time.to_owned(),
        zone: zone.to_owned(),
        at,
    })
}

/// The next moments at which a schedule runs, soonest first, at most `count` (F118). A rate counts from `changed`.
pub fn next_runs(when: &When, changed: Time, now: Time, count: usize) -> Vec<Time> {
    match when {
        When::Every(minutes) => {
            let span = i64::from((*minutes).max(1)) * 60_000;
            let over = (now.millis() - changed.millis()).max(0) / span;
            let nth = |nth: i64| changed.millis() + (over + nth) * span;
            (1_i64..)
                .take(count)
                .map(|one| Time::from_millis(nth(one)))
                .collect()
        }
        When::At(daily) => daily_runs(daily, now, count).unwrap_or_default(),
    }
}

/// `None` = there is no such time zone.
fn daily_runs(daily: &Daily, now: Time, count: usize) -> Option<Vec<Time>> {
    let place = TimeZone::get(&daily.zone).ok()?;
    let hour = i8::try_from(daily.hour).ok()?;
    let time = civil::Time::new(hour, i8::try_from(daily.minute).ok()?, 0, 0).ok()?;
    let stamp = jiff::Timestamp::from_millisecond(now.millis()).ok()?;
    let mut day = place.to_datetime(stamp).date();
    let mut runs = Vec::new();
    // A week has every day, and the clocks leave a time out twice a year at most.
    for _ in 0..(count + 2) * 7 {
        let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).ok()?;
        let is_one = daily.days.is_empty()
            || Day::ALL
                .get(weekday)
                .is_some_and(|one| daily.days.contains(one));
        let moment = place.to_ambiguous_timestamp(day.to_datetime(time));
        if is_one && !matches!(moment.offset(), AmbiguousOffset::Gap { .. }) {
            // Of a time that comes twice, the first.
            let moment = moment.earlier().ok()?;
            let moment = Time::from_millis(moment.as_millisecond());
            if moment > now {
                runs.push(moment);
            }
        }
        if runs.len() == count {
            break;
        }
        day = day.tomorrow().ok()?;
    }
    Some(runs)
}

/// A moment as the clocks of a time zone show it, RFC 3339 with the offset; `None` = there is no such time zone.
pub fn local(moment: Time, zone: &str) -> Option<String> {
    let place = TimeZone::get(zone).ok()?;
    let stamp = jiff::Timestamp::from_millisecond(moment.millis()).ok()?;
    let offset = place.to_offset(stamp);
    Some(stamp.display_with_offset(offset).to_string())
}

/// Whether this is the name of a time zone, such as `Europe/Berlin`.
pub fn is_zone(name: &str) -> bool {
    TimeZone::get(name).is_ok()
}

impl fmt::Display for NoDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => write!(f, "{day:?} is no day; write it like 2026-12-31"),
            Self::Time(time) => write!(f, "{time:?} is no time of day; write it like 18:00"),
            Self::Zone(zone) => write!(f, "there is no time zone {zone:?}; correct it at the site"),
            Self::Past => f.write_str("that moment is over; offboard the person now instead"),
            Self::TooFar => write!(
                f,
                "that is more than {} days away",
                config::FURTHEST_DEPARTURE.as_secs() / 86_400
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// 2026-01-01T00:00:00Z.
    const NOW: Time = Time::from_millis(1_767_225_600_000);

    /// F118: the same time of day in summer and winter; the night in which it is left out has no run, that in which it comes twice has one.
    #[test]
    fn a_daily_schedule_runs_by_the_clocks_of_its_place() {
        let runs = |at: (u8, u8), days: &[Day], now: &str| -> Vec<String> {
            let daily = Daily {
                hour: at.0,
                minute: at.1,
                days: days.iter().copied().collect(),
                zone: "Europe/Berlin".to_owned(),
            };
            let now = Time::parse(now).unwrap();
            let runs = next_runs(&When::At(daily), now, now, 3);
            runs.into_iter()
                .map(|run| local(run, "Europe/Berlin").unwrap())
                .collect()
        };
        assert_eq!(
            runs((6, 30), &[], "2026-03-28T05:30:00Z"),
            [
                "2026-03-29T06:30:00+02:00",
                "2026-03-30T06:30:00+02:00",
                "2026-03-31T06:30:00+02:00"
            ]
        );
        assert_eq!(
            runs((2, 30), &[], "2026-03-28T00:00:00Z"),
            [
                "2026-03-28T02:30:00+01:00",
                "2026-03-30T02:30:00+02:00",
                "2026-03-31T02:30:00+02:00"
            ]
        );
        assert_eq!(
            runs((2, 30), &[], "2026-10-24T12:00:00Z"),
            [
                "2026-10-25T02:30:00+02:00",
                "2026-10-26T02:30:00+01:00",
                "2026-10-27T02:30:00+01:00"
            ]
        );
        assert_eq!(
            runs((0, 0), &[Day::Sun], "2026-01-01T00:00:00Z"),
            [
                "2026-01-04T00:00:00+01:00",
                "2026-01-11T00:00:00+01:00",
                "2026-01-18T00:00:00+01:00"
            ]
        );
    }

    #[test]
    fn a_rate_counts_from_the_last_change() {
        let hour = Duration::from_secs(3_600);
        let changed = NOW - hour * 3 / 2;
        let runs = next_runs(&When::Every(60), changed, NOW, 2);
        assert_eq!(runs, [NOW + hour / 2, NOW + hour * 3 / 2]);
        assert_eq!(next_runs(&When::Every(60), NOW, NOW, 1), [NOW + hour]);
    }

    fn means(day: &str, time: &str, zone: &str) -> String {
        match departure(day, time, zone, NOW) {
            Ok(departure) => departure.at.to_string(),
            Err(no_day) => no_day.to_string(),
        }
    }

    /// F98: summer time, both changes of the clock, and both sides of the date line.
    #[test]
    fn a_day_is_meant_where_the_person_is() {
        for (day, time, zone, moment) in [
            ("2026-12-31", "00:00", "UTC", "2026-12-31T00:00:00.000Z"),
            (
                "2026-12-31",
                "18:00",
                "Europe/Berlin",
                "2026-12-31T17:00:00.000Z",
            ),
            (
                "2026-06-30",
                "18:00",
                "Europe/Berlin",
                "2026-06-30T16:00:00.000Z",
            ),
            // Left out: the clocks go from 2 to 3.
            (
                "2026-03-29",
                "02:30",
                "Europe/Berlin",
                "2026-03-29T01:30:00.000Z",
            ),
            // Twice: the first.
            (
                "2026-10-25",
                "02:30",
                "Europe/Berlin",
                "2026-10-25T00:30:00.000Z",
            ),
            (
                "2026-07-01",
                "00:00",
                "Pacific/Auckland",
                "2026-06-30T12:00:00.000Z",
            ),
            (
                "2026-07-01",
                "00:00",
                "America/Los_Angeles",
                "2026-07-01T07:00:00.000Z",
            ),
        ] {
            assert_eq!(means(day, time, zone), moment, "{day} {time} {zone}");
        }
    }

    #[test]
    fn a_day_that_cannot_be_says_why() {
        for (day, time, zone, why) in [
            ("2026-02-30", "00:00", "UTC", "\"2026-02-30\" is no day"),
            ("31.12.2026", "00:00", "UTC", "is no day"),
            ("2026-12-31", "25:00", "UTC", "\"25:00\" is no time"),
            ("2026-12-31", "18:00:59", "UTC", "is no time"),
            ("2026-12-31", "", "UTC", "is no time"),
            (
                "2026-12-31",
                "18:00",
                "Europe/Atlantis",
                "no time zone \"Europe/Atlantis\"",
            ),
            ("2026-01-01", "01:00", "Europe/Berlin", "is over"),
            ("2126-01-01", "00:00", "UTC", "more than 731 days"),
        ] {
            let told = means(day, time, zone);
            assert!(told.contains(why), "{day} {time} {zone}: {told}");
        }
        assert!(is_zone("Europe/Berlin") && !is_zone("Berlin"));
    }
}
