//! Orders to assign and unassign numbers, carried out some time after they were accepted (`graph-api.md 5.3`).

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::model::time::Time;

use super::number::Holder;

/// What becomes of an order, whatever it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderFate {
    /// It fails with this text.
    Denied(String),
    /// It runs for ever.
    Stuck,
    /// Its operation is not found, and nothing comes of it.
    Lost,
    /// Its operation is not found, yet it is carried out.
    Forgotten,
    /// It is carried out after so long.
    Late(Duration),
}

/// An accepted order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) number: String,
    /// `numberType` as ordered.
    pub(crate) kind: String,
    /// Who shall get the number; `None` = it shall go back to the pool.
    pub(crate) to: Option<Holder>,
    /// The emergency location that comes with it.
    pub(crate) location: Option<String>,
    /// Method and path, for the history.
    pub(crate) request: String,
    pub(crate) created: Time,
    /// From here on it runs.
    pub(crate) starts: Time,
    /// Here it is carried out.
    pub(crate) due: Time,
    pub(crate) fate: Option<OrderFate>,
    /// `None` = not carried out yet; then why it failed, if it did.
    pub(crate) outcome: Option<Outcome>,
}

/// What came of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Outcome {
    Done,
    /// `statusDetail`.
    Failed(String),
}

/// All orders by operation id, and what awaits the next ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Orders {
    pub(crate) all: BTreeMap<String, Order>,
    /// Not stored: it is said anew at every start.
    pub(crate) fates: VecDeque<OrderFate>,
}

impl Order {
    /// Whether it is still to be carried out.
    pub(crate) fn is_open(&self) -> bool {
        let never = matches!(self.fate, Some(OrderFate::Stuck | OrderFate::Lost));
        self.outcome.is_none() && !never
    }

    /// `status` and `statusDetail`.
    pub(crate) fn status(&self, now: Time) -> (&'static str, Option<&str>) {
        match &self.outcome {
            Some(Outcome::Done) => ("succeeded", None),
            Some(Outcome::Failed(why)) => ("failed", Some(why)),
            None if now < self.starts => ("notStarted", None),
            None => ("running", None),
        }
    }
}
