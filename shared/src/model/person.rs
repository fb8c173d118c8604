//! A person's row: what the directory says, what we want, what we did.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::departure::Departure;
use super::facts::Facts;
use super::group::GroupId;
use super::job::{Goal, JobId, JobState, Origin};
use super::microsoft::{LicenceState, PolicyType, SkuId, UserId};
use super::number::E164;
use super::persona::{MemberRole, PersonaRef, SitePath};
use super::time::Time;

/// A person of a customer's directory (R47). Sync writes the first block and nothing else; jobs write the second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Entra object id.
    pub id: UserId,
    /// What the directory says.
    pub facts: Facts,
    /// Products assigned, direct and inherited together, as the last sync saw them; for display only (W3).
    #[serde(default)]
    pub licences: Vec<SkuId>,
    /// What Microsoft tells of those beyond the product: which come from a group, which are in error; as the last sync saw them.
    #[serde(default)]
    pub licence_states: Vec<LicenceState>,
    /// Whether the directory still has them.
    #[serde(default)]
    pub presence: Presence,
    /// Whether rules may concern them, as the import scope said when they were last stored; `None` = it was not asked.
    #[serde(default)]
    pub in_scope: Option<bool>,
    /// Which of the groups that the import scope names they are in, each with the fence of the sync that said so last; `None` = the
    /// scope names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<BTreeMap<GroupId, u64>>,
    /// Which of the groups that rules name they are in, likewise; `None` = rules name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_of: Option<BTreeMap<GroupId, u64>>,
    /// Of the sync that wrote last.
    #[serde(default)]
    pub sync_fence: u64,
    /// Of the sync that stored them first.
    #[serde(default)]
    pub first_fence: u64,

    /// Raised at every write to this row (J4).
    pub version: u64,
    /// They were adopted: rules decide for them where they do not decide for everybody (R28).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adopted: bool,
    /// What was last decided for them: a digest of the wanted side (W1).
    #[serde(default)]
    pub decided: Option<String>,
    /// The one open job (J1).
    #[serde(default)]
    pub open_job: Option<OpenJob>,
    /// How the last job ended.
    #[serde(default)]
    pub result: Option<JobResult>,
    /// The persona they hold.
    #[serde(default)]
    pub persona: Option<PersonaRef>,
    /// The site; `None` = the tenant level.
    #[serde(default)]
    pub site: Option<SitePath>,
    /// Types of the Teams policies that their persona and site have given them: what is not wanted any more is taken back.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub given: BTreeSet<PolicyType>,
    /// The telephone number that we gave them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<E164>,
    /// The member role.
    #[serde(default)]
    pub role: MemberRole,
    /// When they are to be offboarded, if a day is set (F98).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departure: Option<Departure>,
    /// Offboarding was ordered: no rule wants them until a person says otherwise (W2).
    #[serde(default)]
    pub left: bool,
    /// Policies that somebody changed by hand since we set them: shown, never repaired (W1).
    #[serde(default)]
    pub drift: Vec<Drift>,
}

/// Whether the directory has somebody (F17).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It does.
    #[default]
    Present,
    /// Deleted, restorable for 30 days.
    GoneSoft,
    /// Deleted for good.
    GoneHard,
}

/// The open job as far as others must know it to order themselves (J3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenJob {
    /// Which.
    pub id: JobId,
    /// To what end.
    pub goal: Goal,
    /// Started by whom.
    pub origin: Origin,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobResult {
    /// Which.
    pub job: JobId,
    /// To what end.
    pub goal: Goal,
    /// How.
    pub state: JobState,
    /// When.
    pub at: Time,
}

/// A policy that differs from what we gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// Its type.
    pub policy_type: PolicyType,
    /// The name the persona gives.
    pub wanted: String,
    /// The name that is in force; `None` = Global.
    pub seen: Option<String>,
}

/// The one state a person is in (V2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonState {
    /// Seen, but not ours to touch: guests, and whom the import scope leaves out.
    OutOfScope,
    /// Known, nothing done (or nothing achieved) yet.
    Imported,
    /// A job is at work.
    InWork,
    /// Waits for the Teams account.
    Staged,
    /// Waits for stock, a permission or an older job.
    Waiting,
    /// Has what the persona says.
    Provisioned,
    /// Offboarding was ordered and is not complete.
    Offboarding,
    /// Everything of ours is taken away.
    Offboarded,
    /// Deleted in the directory, restorable.
    GoneSoft,
    /// Deleted in the directory for good.
    GoneHard,
}

impl Person {
    /// The one state that the row and the state of its open job amount to. An ended job counts as no open job.
    pub fn state(&self, open_job: Option<JobState>) -> PersonState {
        match self.presence {
            Presence::GoneSoft => return PersonState::GoneSoft,
            Presence::GoneHard => return PersonState::GoneHard,
            Presence::Present => {}
        }
        if let (Some(open), Some(state)) =
            (&self.open_job, open_job.filter(|state| !state.is_final()))
        {
            return match (open.goal, state) {
                (Goal::Offboard, _) => PersonState::Offboarding,
                (Goal::Provision | Goal::Move, JobState::Staged) => PersonState::Staged,
                (Goal::Provision | Goal::Move, JobState::Waiting) => PersonState::Waiting,
                (Goal::Provision | Goal::Move, _) => PersonState::InWork,
            };
        }
        if !self.is_in_scope() {
            return PersonState::OutOfScope;
        }
        let achieved = self
            .result
            .as_ref()
            .filter(|r| matches!(r.state, JobState::Done | JobState::DoneWithNotes))
            .map(|r| r.goal);
        match (self.left, achieved, &self.persona) {
            (true, Some(Goal::Offboard), _) => PersonState::Offboarded,
            (true, Some(Goal::Provision | Goal::Move) | None, _) => PersonState::Offboarding,
            (false, Some(Goal::Provision | Goal::Move), Some(_)) => PersonState::Provisioned,
            (false, _, _) => PersonState::Imported,
        }
    }

    /// Their offboarding is open.
    pub fn is_leaving(&self) -> bool {
        let open = self.open_job.as_ref();
        open.is_some_and(|open| open.goal == Goal::Offboard)
    }

    /// Whether rules may concern them (F12): by what the directory says of them, and by their groups where the import scope names
    /// some. Without a word of the scope guests are out; accounts without a type are old members.
    pub fn is_in_scope(&self) -> bool {
        self.in_scope.unwrap_or_else(|| !self.facts.is_guest())
            && self.groups.as_ref().is_none_or(|groups| !groups.is_empty())
    }
}

impl PersonState {
    /// Its name in tables and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OutOfScope => "out_of_scope",
            Self::Imported => "imported",
            Self::InWork => "in_work",
            Self::Staged => "staged",
            Self::Waiting => "waiting",
            Self::Provisioned => "provisioned",
            Self::Offboarding => "offboarding",
            Self::Offboarded => "offboarded",
            Self::GoneSoft => "gone_soft",
            Self::GoneHard => "gone_hard",
        }
    }
}

#[cfg(test)]
mod tests;
