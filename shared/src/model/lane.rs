//! Lanes: a queue, a function and one lease row per tenant.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::time::Time;

/// One of the four kinds of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Pull what changed, store it, decide.
    Sync,
    /// Look whether Teams accounts exist.
    Staging,
    /// Give people what they should have.
    Provision,
    /// Take it away.
    Offboard,
}

impl Lane {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Sync, Self::Staging, Self::Provision, Self::Offboard];

    /// Its name in keys, messages and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Staging => "staging",
            Self::Provision => "provision",
            Self::Offboard => "offboard",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Who writes: a worker of this lane that claimed it with this fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worker {
    /// Its lane. The fence orders the workers of one lane; between lanes the version and `open_job` do.
    pub lane: Lane,
    /// Its fence.
    pub fence: u64,
}

/// What a schedule or a person asked a lane to do once, besides what is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Sync: pull what changed (the first time: everything).
    Pull,
    /// Sync: read the whole directory again.
    Full,
    /// Sync: decide for everybody, without pulling.
    Decide,
    /// Sync: read the people again whose names were left for it (F10).
    Refresh,
    /// Sync: read every telephone number (F14).
    Numbers,
    /// Sync: try whether Microsoft accepts us and what it lets us do (F4, F5); read the policies in force.
    Probe,
    /// Staging: look at everybody who is staged (`ScheduleMSTeamsOnlineTargetUserSync`, R9).
    Poll,
}

impl Mark {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Pull,
        Self::Full,
        Self::Decide,
        Self::Refresh,
        Self::Numbers,
        Self::Probe,
        Self::Poll,
    ];

    /// Its name in rows and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Full => "full",
            Self::Decide => "decide",
            Self::Refresh => "refresh",
            Self::Numbers => "numbers",
            Self::Probe => "probe",
            Self::Poll => "poll",
        }
    }
}

/// The lease row of a tenant's lane (L1-L5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LaneRow {
    /// Raised at every claim; orders the workers of this lane.
    pub fence: u64,
    /// The lease ends; `None` = nobody holds it.
    pub until: Option<Time>,
    /// The sweep rings at or after this moment; `None` = nothing is waiting.
    pub wake_at: Option<Time>,
    /// Raised by whoever makes work due now.
    pub rung: u64,
    /// When `rung` was last raised.
    pub rung_at: Option<Time>,
    /// Claims since the last orderly release. Above zero a worker died here: whoever claims works carefully.
    pub crashes: u32,
    /// When everybody who is staged was asked for: who was looked at since need not be again.
    pub poll_at: Option<Time>,
    /// What was asked for once.
    #[serde(
        skip_serializing_if = "BTreeSet::is_empty",
        deserialize_with = "known_marks"
    )]
    pub marks: BTreeSet<Mark>,
}

/// A mark of a newer version is passed over: it is nothing that this one could do (V16).
fn known_marks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<Mark>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    Ok(Mark::ALL
        .into_iter()
        .filter(|mark| names.iter().any(|name| name == mark.name()))
        .collect())
}

impl LaneRow {
    /// Somebody holds it at this moment.
    pub fn is_held(&self, now: Time) -> bool {
        self.until.is_some_and(|until| until >= now)
    }

    /// Nobody works on it, and nobody will before a later moment unless somebody rings.
    pub fn is_idle(&self, now: Time, until: Time) -> bool {
        !self.is_held(now) && self.wake_at.is_none_or(|at| at > until)
    }
}
