//! An ask: one request that changes something at Microsoft, recorded before it is sent (A1).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::group::GroupId;
use super::microsoft::Refusal;
use super::number::E164;
use super::time::Time;

/// One request that changes something. Kept on the job's row; short names, because the row is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Its number within the job, from 1.
    #[serde(rename = "n")]
    pub number: u16,
    /// Which step of the job it serves.
    #[serde(rename = "i")]
    pub step: u8,
    /// What was asked.
    #[serde(rename = "v")]
    pub verb: Verb,
    /// How often the same request was put off in between, since the ask before this one (see [`Ask::was_put_off`]).
    #[serde(rename = "x", default, skip_serializing_if = "is_zero")]
    pub earlier: u16,
    /// The order that Microsoft made of it: it is carried out later, and only then answered (`graph-api.md 5.3.7`).
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// When it was recorded, just before it was sent.
    #[serde(rename = "t")]
    pub sent: Time,
    /// How and when it was closed; `None` = its outcome is not known yet (A2).
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
}

/// What is asked of Microsoft, and of what where that is not the person alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// `PATCH /users/{id}`.
    SetUsageLocation,
    /// `POST /users/{id}/assignLicense`.
    ChangeLicences,
    /// `POST …/userAssignments/assign`.
    AssignPolicies,
    /// `POST …/userAssignments/unassign`.
    UnassignPolicies,
    /// `POST /groups/{id}/members/$ref`.
    JoinGroup(GroupId),
    /// `DELETE /groups/{id}/members/{id}/$ref`.
    LeaveGroup(GroupId),
    /// `PATCH /users/{id}`.
    BlockSignIn,
    /// `POST /users/{id}/revokeSignInSessions`.
    RevokeSessions,
    /// `POST …/numberAssignments/assignNumber`.
    AssignNumber(E164),
    /// `POST …/numberAssignments/unassignNumber`.
    UnassignNumber(E164),
    /// `POST …/numberAssignments/updateNumber`.
    LocateNumber(E164),
}

/// The end of an ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// When.
    #[serde(rename = "t")]
    pub at: Time,
    /// How.
    #[serde(rename = "a")]
    pub answer: Answer,
    /// Microsoft's request id, for their support.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// What an ask came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// 2xx: Microsoft took it.
    Accepted,
    /// It surely was not carried out and may be tried again: throttled, unavailable before sending, a passing conflict.
    NotNow,
    /// 403.
    Denied,
    /// A licence request was refused for a known reason.
    Refused(Refusal),
    /// 404: the target is not there, or not there yet.
    Missing,
    /// Any other 4xx, with what Microsoft said.
    Invalid(String),
    /// The answer got lost; a read at least SETTLE later shows the effect.
    SeenLater,
    /// The answer got lost; a read at least SETTLE later does not show the effect.
    NotSeenLater,
    /// An order that Microsoft has neither carried out nor refused for so long that a person must look: it still may be.
    NeverEnded,
}

fn is_zero(n: &u16) -> bool {
    *n == 0
}

impl Ask {
    /// Sent, or perhaps sent, and not closed.
    pub const fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    /// It changed nothing, and time alone may help: no seat was free, Microsoft's limits stood in the way, or its answer got lost and
    /// no effect was seen. Of many such tries in a row the first and the last are kept and the others counted, because this may
    /// go on for days.
    pub fn was_put_off(&self) -> bool {
        let answer = self.closed.as_ref().map(|closed| &closed.answer);
        matches!(
            answer,
            Some(Answer::Refused(Refusal::NoSeats) | Answer::NotNow | Answer::NotSeenLater)
        )
    }

    /// Microsoft took it: it said so, or its effect was seen.
    pub fn was_taken(&self) -> bool {
        self.closed
            .as_ref()
            .is_some_and(|closed| matches!(closed.answer, Answer::Accepted | Answer::SeenLater))
    }
}

impl Verb {
    /// The telephone number that it is about, if it is about one.
    pub const fn number(&self) -> Option<&E164> {
        match self {
            Self::AssignNumber(number)
            | Self::UnassignNumber(number)
            | Self::LocateNumber(number) => Some(number),
            Self::SetUsageLocation
            | Self::ChangeLicences
            | Self::AssignPolicies
            | Self::UnassignPolicies
            | Self::JoinGroup(_)
            | Self::LeaveGroup(_)
            | Self::BlockSignIn
            | Self::RevokeSessions => None,
        }
    }

    /// Its name in logs and histories.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SetUsageLocation => "set usage location",
            Self::ChangeLicences => "change licences",
            Self::AssignPolicies => "assign policies",
            Self::UnassignPolicies => "unassign policies",
            Self::JoinGroup(_) => "join group",
            Self::LeaveGroup(_) => "leave group",
            Self::BlockSignIn => "block sign-in",
            Self::RevokeSessions => "revoke sessions",
            Self::AssignNumber(_) => "assign number",
            Self::UnassignNumber(_) => "unassign number",
            Self::LocateNumber(_) => "locate number",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::JoinGroup(group) | Self::LeaveGroup(group) => write!(f, " {}", group.0),
            // A whole number is nobody's business but its row's (V6).
            Self::AssignNumber(_)
            | Self::UnassignNumber(_)
            | Self::LocateNumber(_)
            | Self::SetUsageLocation
            | Self::ChangeLicences
            | Self::AssignPolicies
            | Self::UnassignPolicies
            | Self::BlockSignIn
            | Self::RevokeSessions => Ok(()),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("accepted"),
            Self::NotNow => f.write_str("not now"),
            Self::Denied => f.write_str("denied"),
            Self::Refused(refusal) => write!(f, "refused: {refusal}"),
            Self::Missing => f.write_str("not found"),
            Self::Invalid(said) => write!(f, "refused: {said}"),
            Self::SeenLater => f.write_str("answer lost, effect seen later"),
            Self::NotSeenLater => f.write_str("answer lost, no effect seen"),
            Self::NeverEnded => f.write_str("taken, and neither carried out nor refused since"),
        }
    }
}
