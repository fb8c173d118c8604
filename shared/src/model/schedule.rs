//! Schedules: what is done by itself, how often, and whether at all (R9, R139, F117).

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::lane::{Lane, Mark};

/// One of the schedules that every tenant has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ScheduleKind {
    /// Pull what changed.
    UserSync,
    /// Read the whole directory again.
    FullSync,
    /// Read every telephone number of the tenant.
    NumberAudit,
    /// Try whether Microsoft accepts us and what it lets us do; read the policies in force, and compare them with what was given.
    Probe,
    /// Look at everybody who is staged.
    #[serde(rename = "ScheduleMSTeamsOnlineTargetUserSync")]
    Staging,
}

/// When, and whether at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// Off = it exists and does nothing.
    pub active: bool,
    /// When it runs.
    pub when: When,
}

/// When a schedule runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// So many minutes after it was last changed, and then again and again.
    Every(u32),
    /// At a time of day.
    At(Daily),
}

/// A time of day somewhere, on all or some days of the week (F118). A day on which the clocks leave that time out has no run; one on which
/// it comes twice has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Daily {
    /// The hour, 0 to 23.
    pub hour: u8,
    /// The minute, 0 to 59.
    pub minute: u8,
    /// On these days; empty = every day.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub days: BTreeSet<Day>,
    /// Where, as an IANA name such as `Europe/Berlin`.
    pub zone: String,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "they are days")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    /// All of them, from the first of the week.
    pub const ALL: [Self; 7] = [
        Self::Mon,
        Self::Tue,
        Self::Wed,
        Self::Thu,
        Self::Fri,
        Self::Sat,
        Self::Sun,
    ];

    /// As EventBridge names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mon => "MON",
            Self::Tue => "TUE",
            Self::Wed => "WED",
            Self::Thu => "THU",
            Self::Fri => "FRI",
            Self::Sat => "SAT",
            Self::Sun => "SUN",
        }
    }
}

impl Daily {
    /// The time of day, such as `06:30`.
    pub fn at(&self) -> String {
        format!("{:02}:{:02}", self.hour, self.minute)
    }

    /// Hour and minute of `06:30`; `None` = it is no time of day.
    pub fn read(at: &str) -> Option<(u8, u8)> {
        let (hour, minute) = at.split_once(':')?;
        let is_short = [hour, minute].iter().all(|part| part.len() == 2);
        let hour = hour.parse().ok().filter(|hour| *hour < 24 && is_short)?;
        let minute = minute.parse().ok().filter(|minute| *minute < 60)?;
        Some((hour, minute))
    }
}

impl ScheduleKind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::UserSync,
        Self::FullSync,
        Self::NumberAudit,
        Self::Probe,
        Self::Staging,
    ];

    /// Its name for people, and in EventBridge after the tenant's.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UserSync => "UserSync",
            Self::FullSync => "FullSync",
            Self::NumberAudit => "NumberAudit",
            Self::Probe => "Probe",
            Self::Staging => "ScheduleMSTeamsOnlineTargetUserSync",
        }
    }

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Which lane it rings.
    pub const fn lane(self) -> Lane {
        match self {
            Self::UserSync | Self::FullSync | Self::NumberAudit | Self::Probe => Lane::Sync,
            Self::Staging => Lane::Staging,
        }
    }

    /// What it wants there.
    pub const fn mark(self) -> Mark {
        match self {
            Self::UserSync => Mark::Pull,
            Self::FullSync => Mark::Full,
            Self::NumberAudit => Mark::Numbers,
            Self::Probe => Mark::Probe,
            Self::Staging => Mark::Poll,
        }
    }

    /// As it is when a tenant is new: users are synced every hour (R139), the staging schedule is off and would run every four
    /// (R7, R8).
    pub const fn default_schedule(self) -> Schedule {
        let (active, hours) = match self {
            Self::UserSync => (true, 1),
            Self::FullSync => (true, 7 * 24),
            Self::NumberAudit | Self::Probe => (true, 24),
            Self::Staging => (false, 4),
        };
        Schedule::every(active, hours * 60)
    }
}

impl Schedule {
    /// Shorter would only be a burden to Microsoft: a run may take longer.
    pub const SHORTEST: u32 = 5;
    /// A month.
    pub const LONGEST: u32 = 31 * 24 * 60;

    /// So many minutes from one run to the next.
    pub const fn every(active: bool, minutes: u32) -> Self {
        let when = When::Every(minutes);
        Self { active, when }
    }

    /// Whether it can run so often.
    pub fn is_possible(&self) -> bool {
        match &self.when {
            When::Every(minutes) => (Self::SHORTEST..=Self::LONGEST).contains(minutes),
            When::At(_) => true,
        }
    }
}

impl fmt::Display for ScheduleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_read_as_it_is_written() {
        for (at, read) in [
            ("06:30", Some((6, 30))),
            ("00:00", Some((0, 0))),
            ("24:00", None),
            ("6:30", None),
            ("06:60", None),
            ("0630", None),
            ("06:3x", None),
        ] {
            assert_eq!(Daily::read(at), read, "{at}");
        }
    }

    /// R7, R8, R9, R139: the names and defaults that administrators know.
    #[test]
    fn the_main_sync_is_hourly_and_on_and_staging_is_four_hourly_and_off() {
        let of = |kind: ScheduleKind| (kind.name(), kind.default_schedule());
        let schedule = Schedule::every;
        assert_eq!(
            ScheduleKind::ALL.map(of),
            [
                ("UserSync", schedule(true, 60)),
                ("FullSync", schedule(true, 10_080)),
                ("NumberAudit", schedule(true, 1_440)),
                ("Probe", schedule(true, 1_440)),
                ("ScheduleMSTeamsOnlineTargetUserSync", schedule(false, 240)),
            ]
        );
        for kind in ScheduleKind::ALL {
            assert_eq!(ScheduleKind::named(kind.name()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
