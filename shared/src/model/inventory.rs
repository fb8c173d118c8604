//! Telephone numbers as we keep them: which there are to give, what may become of each, and for whom (F56).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::job::JobId;
use super::microsoft::UserId;
use super::number::{E164, Number};
use super::persona::SitePath;
use super::time::Time;

/// Names a range of numbers from which personas draw (R125).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RangeId(pub String);

/// A range: numbers that are given out together, at a node and below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberRange {
    /// Its id.
    pub id: RangeId,
    /// Its name for people.
    pub name: String,
    /// The node from which it can be seen, downwards; `None` = the whole tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<SitePath>,
    /// So few free numbers are a matter for people (F66); `None` = never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<u16>,
}

/// What a number is to us. Only the number's own row says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberState {
    /// Anybody may get it.
    Available,
    /// Kept for somebody by an open job; nothing was asked of Microsoft yet.
    Held,
    /// Microsoft was asked to give it to somebody.
    Assigning,
    /// Somebody has it.
    Used,
    /// A resource account has it; never given to people (F72).
    UsedUtility,
    /// Kept back by people, perhaps for one person (F61, F62).
    Reserved,
    /// Microsoft was asked to take it away.
    Releasing,
    /// Nobody's, but a request about it may still take effect (A4).
    Settling,
    /// Nobody's; it rests, as is set where it belongs (F60).
    Cooling,
    /// Microsoft and we do not agree about it: a person must look (I5).
    Conflict,
}

impl NumberState {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Available,
        Self::Held,
        Self::Assigning,
        Self::Used,
        Self::UsedUtility,
        Self::Reserved,
        Self::Releasing,
        Self::Settling,
        Self::Cooling,
        Self::Conflict,
    ];

    /// Its name in rows, tables and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Held => "held",
            Self::Assigning => "assigning",
            Self::Used => "used",
            Self::UsedUtility => "used_utility",
            Self::Reserved => "reserved",
            Self::Releasing => "releasing",
            Self::Settling => "settling",
            Self::Cooling => "cooling",
            Self::Conflict => "conflict",
        }
    }
}

impl fmt::Display for NumberState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A number of the inventory. Its row also holds what the last sync was told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which.
    pub number: E164,
    /// What it is to us.
    pub state: NumberState,
    /// The range it is drawn from; `None` = it is never drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<RangeId>,
    /// Where it belongs; `None` = the tenant level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<SitePath>,
    /// Who has it, is to have it, or had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<UserId>,
    /// The open job that may change it; nobody else does (J1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// When it stops to settle, to cool or to be reserved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    /// Why it is reserved, or what does not agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Never drawn by itself (F71).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub golden: bool,
    /// It is placed at other nodes too (R18).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub duplicated: bool,
    /// Raised at every change of ours; every change is conditional on the one that was read.
    #[serde(default)]
    pub version: u64,
    /// What Microsoft last said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Number>,
    /// The sync whose list did not show it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed_in: Option<u64>,
}

/// Something that became of a number, kept for good (F122).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberEvent {
    /// When.
    pub at: Time,
    /// What it was from then on.
    pub state: NumberState,
    /// Who had it, or for whom it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<UserId>,
    /// Where it belonged; `None` = the tenant level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<SitePath>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl NumberState {
    /// Whether that a number became this is kept for good; what only lasts while somebody works on it is not.
    pub const fn is_kept_on_record(self) -> bool {
        match self {
            Self::Held | Self::Assigning | Self::Releasing | Self::Settling => false,
            Self::Available
            | Self::Used
            | Self::UsedUtility
            | Self::Reserved
            | Self::Cooling
            | Self::Conflict => true,
        }
    }
}

impl Entry {
    /// A number that is new in the inventory.
    pub fn new(number: E164, range: Option<RangeId>, node: Option<SitePath>) -> Self {
        Self {
            number,
            state: NumberState::Available,
            range,
            node,
            holder: None,
            job: None,
            until: None,
            note: None,
            golden: false,
            duplicated: false,
            version: 0,
            told: None,
            missed_in: None,
        }
    }

    /// Microsoft's last list did not show it.
    pub fn is_missed(&self) -> bool {
        self.missed_in.is_some()
    }

    /// The range in whose queue it stands to be drawn.
    pub fn drawn_from(&self) -> Option<&RangeId> {
        let is_free = self.state == NumberState::Available && !self.golden;
        self.range.as_ref().filter(|_| is_free)
    }

    /// The person for whom it is reserved.
    pub fn reserved_for(&self) -> Option<&UserId> {
        let is_reserved = self.state == NumberState::Reserved;
        self.holder.as_ref().filter(|_| is_reserved)
    }

    /// When it is free again by itself.
    pub fn rests_until(&self) -> Option<Time> {
        use NumberState::{Cooling, Reserved, Settling};
        let rests = matches!(self.state, Settling | Cooling | Reserved);
        self.until.filter(|_| rests)
    }
}

/// A second place of a number, beside its entry: somebody came to this node with a number that belongs elsewhere (R18). It locks nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duplicate {
    /// Which number.
    pub number: E164,
    /// Where else it is.
    pub node: SitePath,
    /// Who brought it.
    pub person: UserId,
    /// When.
    pub since: Time,
}

/// What the last comparison of the inventory with Microsoft found (F64).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// When it was over.
    pub ended: Time,
    /// Entries that were compared, whatever their state.
    pub compared: usize,
    /// Of those, numbers in the hands of jobs, and numbers that settle: not judged.
    pub in_hand: usize,
    /// Where both do not agree, or did not; at most [`Audit::MOST`].
    pub findings: Vec<Finding>,
    /// Findings beyond those.
    pub more: usize,
    /// Ranges that run low, by their ids (F66).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub low: Vec<RangeId>,
}

impl Audit {
    /// So many findings are kept.
    pub const MOST: usize = 200;
}

/// A number of which the inventory and Microsoft said different things.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Which.
    pub number: E164,
    /// What it was to us.
    pub ours: NumberState,
    /// Whose, for us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<UserId>,
    /// Whose, at Microsoft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theirs: Option<UserId>,
    /// What it is to us since.
    pub now: NumberState,
}

/// A number in the hands of a job: what it has to know to order it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Which.
    pub number: E164,
    /// `directRouting`, `callingPlan`, `operatorConnect` or a newer word.
    pub kind: String,
    /// The person had it before the job.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub had: bool,
}
