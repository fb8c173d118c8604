//! A change set: what one decision would do to many people, kept back until somebody says yes to exactly that (I1, I3, F130, F131).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::microsoft::UserId;
use super::persona::SitePath;
use super::time::Time;

/// A ULID: sorts by the moment it was made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SetId(pub String);

/// Where a decision came from; of each there is one open change set at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetOrigin {
    /// People changed, or time did.
    Sync,
    /// Rules, personas, sites or settings were edited.
    Edit,
    /// Somebody gave in a file of orders. There may be several of these.
    File,
}

/// What a file orders for somebody (F113).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileOrder {
    /// They are offboarded.
    Offboard,
    /// They go to another site.
    Move {
        /// Where.
        site: SitePath,
        /// The persona there; `None` = the one that they hold.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        persona: Option<String>,
        /// The profile; `None` = everything.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        profile: Option<String>,
        /// Their number goes with them.
        keep_number: bool,
    },
    /// They get a persona.
    Persona {
        /// Which.
        persona: String,
        /// The profile; `None` = everything.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        profile: Option<String>,
        /// Where; `None` = where they are.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site: Option<SitePath>,
    },
    /// Their Teams account is looked for now.
    Unstage,
}

impl FileOrder {
    /// Its name in a file.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Offboard => "offboard",
            Self::Move { .. } => "move",
            Self::Persona { .. } => "persona",
            Self::Unstage => "unstage",
        }
    }
}

/// How far a change set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetState {
    /// It is not weighed yet.
    Deciding,
    /// Waits for somebody's yes; nothing of it is done, and it holds nothing.
    Stopped,
    /// Somebody said yes.
    Released,
    /// Its plans become jobs.
    Applying,
    /// All of them did, whoever was set aside excepted.
    Done,
    /// Somebody said no.
    Rejected,
    /// Nobody said anything in time.
    Expired,
    /// A newer decision took its place.
    Replaced,
}

/// What is done to somebody, as the gate counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// They get their first persona.
    Onboard,
    /// They get another persona, or another version of it.
    Persona,
    /// They go to another site.
    Site,
    /// They lose a licence.
    LicenceRemoval,
    /// They are offboarded.
    Offboard,
}

/// So many people, by what is done to them; somebody may count more than once.
pub type Counts = BTreeMap<ChangeKind, u64>;

/// The header of a change set. Its state is the only switch: plan rows say what would be done and never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeSet {
    /// Its key.
    pub id: SetId,
    /// Where it came from.
    pub origin: SetOrigin,
    /// How far it is.
    pub state: SetState,
    /// SHA-256 over its plan rows in the order of partition and person, 64 hexadecimal digits: what is said yes to.
    pub hash: String,
    /// Names the rules, personas and sites that it was decided with.
    pub decided_with: String,
    /// The version of those rules.
    pub rules: u32,
    /// Everybody was decided; otherwise only those who changed.
    pub whole: bool,
    /// So many plan rows.
    pub people: u64,
    /// Of so many whom rules may concern.
    pub in_scope: u64,
    /// What is done to them.
    pub counts: Counts,
    /// Why it was stopped, for people.
    pub reason: String,
    /// Who edited what it was decided with: none of them may say yes.
    #[serde(default)]
    pub authors: BTreeSet<String>,
    /// When it was stopped, or the first of those whose place it took.
    pub first_stopped: Time,
    /// When nobody can say yes any more.
    pub expires: Time,
    /// Who said yes or no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<String>,
    /// So many plans became jobs.
    #[serde(default)]
    pub applied: u64,
    /// So many people were set aside, because what they would get by now is not what somebody said yes to.
    #[serde(default)]
    pub moved: u64,
    /// How far its plans have become jobs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<SetPlace>,
    /// Raised at every write; every write is conditional on the one that was read.
    pub version: u64,
}

/// The last plan row that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetPlace {
    /// The partition.
    pub shard: u8,
    /// The person; `None` = the partition begins.
    pub after: Option<UserId>,
}

impl SetPlace {
    /// Before everything.
    pub const BEGIN: Self = Self {
        shard: 0,
        after: None,
    };

    /// Where it goes on after a page that ended at this person, or was the last of its partition; `None` = that was all.
    pub fn next(&self, after: Option<UserId>, shards: u8) -> Option<Self> {
        let shard = self.shard + u8::from(after.is_none());
        (shard < shards).then_some(Self { shard, after })
    }
}

/// What the gate remembers of a tenant. Only the sync lane writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gate {
    /// The open change set of each origin.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub open: BTreeMap<SetOrigin, SetId>,
    /// Names what an edit that was refused was decided with: it is not decided again until something is edited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected: Option<String>,
    /// Since when the flow-through is on whose first run somebody said yes to (R32).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flowed: Option<Time>,
    /// What went through without anybody's yes, of the last 24 hours.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed: Vec<Passed>,
}

/// What went through at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// When.
    pub at: Time,
    /// What.
    pub counts: Counts,
}

impl Gate {
    /// Nothing is remembered.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl SetState {
    /// Its name in tables and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deciding => "deciding",
            Self::Stopped => "stopped",
            Self::Released => "released",
            Self::Applying => "applying",
            Self::Done => "done",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Replaced => "replaced",
        }
    }
}

impl ChangeKind {
    /// As a sentence names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Onboard => "onboardings",
            Self::Persona => "changes of persona",
            Self::Site => "changes of site",
            Self::LicenceRemoval => "removals of licences",
            Self::Offboard => "offboardings",
        }
    }
}

/// How many changes of one kind go through in 24 hours without anybody's yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// So few always do.
    pub few: u64,
    /// Beyond them, so many of 100 people in scope, of the tenant and of every site with 20 or more.
    pub percent: u64,
    /// More than these never do, whatever their part of the whole; `None` = there is no such number.
    pub many: Option<u64>,
}

impl Limit {
    /// What the installation says of a kind.
    pub const fn usual(kind: ChangeKind) -> Self {
        let (few, percent, many) = match kind {
            ChangeKind::Offboard | ChangeKind::LicenceRemoval => (10, 5, Some(500)),
            ChangeKind::Persona | ChangeKind::Site => (25, 10, Some(2_000)),
            ChangeKind::Onboard => (200, 25, None),
        };
        Self { few, percent, many }
    }
}
