//! Snapshots of the tenant's configuration (`graph-api.md 5.5`).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::model::time::Time;

/// A snapshot, and the job that takes it: the same id names both.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    /// The types of resources that were asked for.
    pub(crate) resources: Vec<String>,
    pub(crate) created: Time,
    /// The job was deleted, or the snapshot is too old.
    #[serde(default)]
    pub(crate) gone: bool,
}

/// It starts so long after it was ordered, and is done so long after; nobody has published any figure.
const STARTS: Duration = Duration::from_secs(10);
const TAKES: Duration = Duration::from_secs(60);
/// It is kept for a week.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3_600);

impl Snapshot {
    /// The status of its job.
    pub(crate) fn status(&self, now: Time) -> &'static str {
        if now < self.created + STARTS {
            "notStarted"
        } else if now < self.done() {
            "running"
        } else {
            "succeeded"
        }
    }

    /// When its content is there.
    pub(crate) fn done(&self) -> Time {
        self.created + TAKES
    }

    /// Whether it is found.
    pub(crate) fn is_there(&self, now: Time) -> bool {
        !self.gone && now < self.created + KEPT
    }
}
