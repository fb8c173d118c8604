//! What the control side may know: the truth, the history, the counts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::model::time::Time;

/// What really is about a person, whatever readers are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    /// `usageLocation`.
    pub usage_location: Option<String>,
    /// Products assigned directly.
    pub direct_licences: BTreeSet<String>,
    /// Products inherited, each with its group.
    pub group_licences: BTreeSet<(String, String)>,
    /// Can receive Teams policies now.
    pub ready: bool,
    /// Direct Teams policies: type to name.
    pub policies: BTreeMap<String, String>,
    /// Telephone numbers.
    pub numbers: BTreeSet<String>,
    /// The groups they are in directly.
    pub groups: BTreeSet<String>,
    /// `accountEnabled`.
    pub enabled: bool,
    /// Deleted, restorable or not.
    pub deleted: bool,
}

/// One change of one person that came in over the API and was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// When.
    pub at: Time,
    /// Method and path.
    pub request: String,
    /// Whose; of a number, the new holder or else the one before.
    pub person: String,
    /// The changed part before.
    pub before: Value,
    /// The changed part after; equal to `before` where the request changed nothing.
    pub after: Value,
}

/// What was asked of the tenant since it was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests by kind of endpoint, refused ones included; `token` is the token endpoint.
    pub requests: BTreeMap<&'static str, u64>,
    /// Requests that counted against the directory write budget.
    pub directory_writes: u64,
    /// Requests that counted against the budget of the Teams administration.
    pub teams_requests: u64,
    /// 429s answered, for whatever reason.
    pub throttled: u64,
    /// Resource units of the directory spent (`graph-api.md 7.2`).
    pub resource_units: u64,
}
