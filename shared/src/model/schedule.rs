//! Schedules: what is done by itself, how often, and whether at all (R9, R139, F117).

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

/// How often, and whether at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// Off = it exists and does nothing.
    pub active: bool,
    /// Minutes from one run to the next.
    pub minutes: u32,
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
        Schedule {
            active,
            minutes: hours * 60,
        }
    }
}

impl Schedule {
    /// Shorter would only be a burden to Microsoft: a run may take longer.
    pub const SHORTEST: u32 = 5;
    /// A month.
    pub const LONGEST: u32 = 31 * 24 * 60;

    /// Whether it can run so often.
    pub fn is_possible(self) -> bool {
        (Self::SHORTEST..=Self::LONGEST).contains(&self.minutes)
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

    /// R7, R8, R9, R139: the names and defaults that administrators know.
    #[test]
    fn the_main_sync_is_hourly_and_on_and_staging_is_four_hourly_and_off() {
        let of = |kind: ScheduleKind| (kind.name(), kind.default_schedule());
        let schedule = |active, minutes| Schedule { active, minutes };
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
