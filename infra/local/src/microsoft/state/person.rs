//! A person of the tenant: the directory's side, the licences, the Teams side.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::model::time::Time;

use super::lagged::Lagged;

/// Whether somebody is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Life {
    Present,
    /// Can be restored for 30 days.
    SoftDeleted,
    Gone,
}

/// Everything about one person.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) created: Time,
    pub(crate) life: Life,
    /// When they were put into the recycle bin.
    #[serde(default)]
    pub(crate) deleted: Option<Time>,
    /// An administrator, whom the app may not touch.
    pub(crate) protected: bool,
    pub(crate) directory: Lagged<Directory>,
    /// From when on the licence service knows a usage location; `None` = it knows none.
    pub(crate) licensable_from: Option<Time>,
    pub(crate) teams: Teams,
    /// Direct policies by lower-case type.
    pub(crate) policies: Lagged<BTreeMap<String, Assigned>>,
    /// Telephone numbers, as the Teams user shows them.
    #[serde(default)]
    pub(crate) lines: Lagged<Vec<Line>>,
    /// How often all their sessions were ended.
    #[serde(default)]
    pub(crate) revocations: u32,
    /// How many changes came in over the API: each has a lag of its own.
    pub(crate) writes: u64,
}

/// What the directory knows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Directory {
    /// By the name in Graph; a property that is not set is absent.
    pub(crate) properties: Map<String, Value>,
    pub(crate) licences: Vec<Licence>,
}

/// One line of `licenseAssignmentStates`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Licence {
    pub(crate) sku: String,
    /// The group it is inherited from; `None` = direct.
    pub(crate) group: Option<String>,
    pub(crate) disabled_plans: Vec<String>,
    pub(crate) since: Time,
    /// Why it gives nothing, as Microsoft names it, such as `CountViolation`; only what is inherited fails this late.
    #[serde(default)]
    pub(crate) error: Option<String>,
}

/// When the Teams user appears and what it can do (`graph-api.md 10`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Teams {
    /// From here on there is a Teams user, if only an ineligible one.
    pub(crate) listed_from: Option<Time>,
    /// From here on it is a `user` with the feature `Teams`.
    pub(crate) eligible_from: Option<Time>,
    /// From here on its voice features show.
    pub(crate) voice_from: Option<Time>,
    /// From here on the last change of its policies shows.
    pub(crate) policies_from: Option<Time>,
    /// From here on the last change of its telephone numbers shows.
    #[serde(default)]
    pub(crate) numbers_from: Option<Time>,
}

/// A telephone number at a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) number: String,
    /// `primary`, `private` or `alternate`.
    pub(crate) category: String,
}

/// A policy assigned to a person directly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Assigned {
    pub(crate) policy_type: String,
    pub(crate) name: String,
}

impl Directory {
    /// The text of a property that is set.
    pub(crate) fn text(&self, property: &str) -> Option<&str> {
        self.properties.get(property).and_then(Value::as_str)
    }

    /// The licences that give something.
    pub(crate) fn working(&self) -> impl Iterator<Item = &Licence> {
        self.licences
            .iter()
            .filter(|licence| licence.error.is_none())
    }

    /// Every product, direct or inherited, once.
    pub(crate) fn products(&self) -> BTreeSet<&str> {
        self.working().map(|licence| licence.sku.as_str()).collect()
    }

    /// The products assigned directly.
    pub(crate) fn direct(&self) -> BTreeSet<&str> {
        self.licences
            .iter()
            .filter(|licence| licence.group.is_none())
            .map(|licence| licence.sku.as_str())
            .collect()
    }
}

impl Teams {
    /// There is a Teams user.
    pub(crate) fn is_listed(self, now: Time) -> bool {
        self.listed_from.is_some_and(|from| from <= now)
    }

    /// It can receive policies (`graph-api.md 5.1.4`).
    pub(crate) fn is_eligible(self, now: Time) -> bool {
        self.eligible_from.is_some_and(|from| from <= now)
    }
}
