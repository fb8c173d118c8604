//! The day on which somebody is to leave (F98).

use serde::{Deserialize, Serialize};

use super::microsoft::UserId;
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

/// An entry of a tenant's agenda: somebody is to leave then, if their own row still says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appointment {
    /// When.
    pub at: Time,
    /// Who.
    pub person: UserId,
}
