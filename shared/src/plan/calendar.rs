//! What a day and a time mean where somebody is.

use std::fmt;

use jiff::civil;
use jiff::tz::TimeZone;

use crate::config;
use crate::model::departure::Departure;
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
    use super::*;

    /// 2026-01-01T00:00:00Z.
    const NOW: Time = Time::from_millis(1_767_225_600_000);

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
