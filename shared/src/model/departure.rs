//! What is to happen on a day: somebody leaves (F98), a number has rested (F60).

use serde::{Deserialize, Serialize};

use super::microsoft::UserId;
use super::number::E164;
use super::time::Time;

/// When somebody is to be offboarded: as a person said it, and the moment that it means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// The day, such as `2026-12-31`.
    pub day: String,
    /// The time of day, such as `18:00`.
    pub time: String,
    /// The time zone in which both are meant: that of the person's site when it was ordered.
    pub zone: String,
    /// The moment.
    pub at: Time,
}

/// An entry of a tenant's agenda: something happens then, if the row that it is about still says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appointment {
    /// When.
    pub at: Time,
    /// To whom, or to what.
    #[serde(flatten)]
    pub of: Subject,
}

/// What an entry of the agenda is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// This person leaves.
    Person(UserId),
    /// This number has rested.
    Number(E164),
}
