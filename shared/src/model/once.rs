//! An order that carries a key of its caller's is carried out once, however often it arrives (F144).

use serde::{Deserialize, Serialize};

use super::time::Time;

/// An order as it arrived first, and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Once {
    /// Names what was ordered: another order with the same key is refused.
    pub digest: String,
    /// When it arrived.
    pub at: Time,
    /// What it was answered; `None` = it is being carried out, or whoever did died.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answered>,
    /// Seconds since 1970 after which the row may be deleted, for DynamoDB's time to live.
    pub ttl: i64,
}

/// An answer as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// `content-type`, `location` and `etag`, as far as there are any.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}
