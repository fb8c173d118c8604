//! What keeps automation from going further than people want it to: the switch that lets rules decide for everybody, exceptions of
//! single people, pauses (F116, F133, R32, R145).

use serde::{Deserialize, Serialize};

use super::microsoft::UserId;
use super::time::Time;

/// Rules decide for everybody in scope, not only for those who were adopted (R17, R30, R32).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowThrough {
    /// Since when.
    pub since: Time,
    /// Who turned it on.
    pub by: String,
    /// Why it was turned on before everything was ready; `None` = everything was, and has to be at the first run (R41).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub despite: Option<String>,
}

/// Somebody whom rules leave as they are for a while (F116).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// Whom it is about.
    pub person: UserId,
    /// Who answers for it, for people.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Rules decide for them again from then on.
    pub until: Time,
    /// Who made it.
    pub by: String,
}

/// A pause of risky work that somebody ordered for a tenant, with an end (R145).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Why, for people: such as the number of Microsoft's incident.
    pub reason: String,
    /// Work goes on by itself from then on.
    pub until: Time,
    /// Who ordered it.
    pub by: String,
}

/// Kill switch of the whole installation: nothing is sent and nothing decided for any tenant (F133).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Halt {
    /// Why, for people.
    pub reason: String,
    /// Since when.
    pub since: Time,
    /// Who ordered it.
    pub by: String,
}
