//! The change log that delta reads: what changed, in which properties, in order. Users and groups have one each.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::model::time::Time;

/// How long a delta token lives (`graph-api.md 2.4`); nobody can ask for older changes.
pub(crate) const TOKEN_LIFE: Duration = Duration::from_secs(7 * 24 * 3_600);

/// One change of one person or group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// From when on delta shows it; never earlier than the entry before.
    pub(crate) visible: Time,
    #[serde(alias = "person")]
    pub(crate) whose: String,
    /// What changed, of a group: which members; empty = the object came, went or came back.
    pub(crate) properties: Vec<String>,
}

/// All changes younger than a token can be, numbered from 1.
#[derive(Clone, Debug)]
pub(crate) struct Feed {
    first: u64,
    entries: VecDeque<Entry>,
}

impl Feed {
    /// The log as it was stored: numbers without a gap, ascending.
    pub(crate) fn restored(entries: Vec<(u64, Entry)>) -> Self {
        let first = entries.first().map_or(1, |(number, _)| *number);
        Self {
            first,
            entries: entries.into_iter().map(|(_, entry)| entry).collect(),
        }
    }

    /// Adds a change; answers its number.
    pub(crate) fn push(&mut self, now: Time, mut entry: Entry) -> u64 {
        while self.entries.len() > 1
            && self
                .entries
                .pop_front_if(|old| old.visible + TOKEN_LIFE * 2 < now)
                .is_some()
        {
            self.first += 1;
        }
        if let Some(last) = self.entries.back() {
            entry.visible = entry.visible.max(last.visible);
        }
        self.entries.push_back(entry);
        self.first + self.entries.len() as u64 - 1
    }

    /// The number of the oldest change kept.
    pub(crate) const fn first(&self) -> u64 {
        self.first
    }

    /// The number of the last change that delta shows by now; 0 if there is none.
    pub(crate) fn head(&self, now: Time) -> u64 {
        self.first - 1 + self.entries.partition_point(|entry| entry.visible <= now) as u64
    }

    /// The changes after number `after` that delta shows by now, each with its number.
    pub(crate) fn since(&self, after: u64, now: Time) -> impl Iterator<Item = (u64, &Entry)> {
        let skip = usize::try_from((after + 1).saturating_sub(self.first)).unwrap_or(usize::MAX);
        (self.first.max(after + 1)..)
            .zip(self.entries.range(skip.min(self.entries.len())..))
            .take_while(move |(_, e)| e.visible <= now)
    }

    /// One change by its number.
    pub(crate) fn entry(&self, number: u64) -> Option<&Entry> {
        self.entries
            .get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }
}
