//! What a full run knows of many rows before it reads their origin, instead of asking for them one by one.

use std::collections::BTreeMap;

use super::{Item, Query, Range, Store, number, text};
use crate::error::Result;

/// How the digest of a row begins whose origin has vanished.
pub(super) const GONE: &str = "gone";

/// The rows of some partitions, by what their sort keys name.
#[derive(Debug, Default)]
pub struct Known {
    rows: BTreeMap<String, Row>,
    /// Those that were there before the run began, in the order of their keys: their places stay the same while it lasts.
    before: Vec<String>,
}

#[derive(Debug)]
struct Row {
    digest: String,
    place: Option<u32>,
}

impl Known {
    /// Whether the table says this of somebody already.
    pub fn says(&self, id: &str, digest: &str) -> bool {
        self.rows.get(id).is_some_and(|row| row.digest == digest)
    }

    /// What the table says of it, in short.
    pub(super) fn digest(&self, id: &str) -> Option<&str> {
        Some(self.rows.get(id)?.digest.as_str())
    }

    /// The place of a row that was there before the run began.
    pub fn place(&self, id: &str) -> Option<u32> {
        self.rows.get(id)?.place
    }

    /// Those that were there before the run began, have not vanished since, and of which this does not hold.
    pub fn without(&self, seen: impl Fn(u32) -> bool) -> Vec<String> {
        let missing = self.before.iter().filter(|id| {
            self.rows.get(*id).is_some_and(|row| {
                !row.digest.starts_with(GONE) && row.place.is_some_and(|place| !seen(place))
            })
        });
        missing.cloned().collect()
    }

    fn take_in(&mut self, item: &Item, prefix: &str, since: u64) {
        let id = text(item, "sk").and_then(|sk| sk.strip_prefix(prefix));
        let (Some(id), Some(digest)) = (id, text(item, "digest")) else {
            return;
        };
        let is_old = number(item, "first_fence").unwrap_or_default() < since;
        let place = is_old
            .then(|| u32::try_from(self.before.len()).ok())
            .flatten();
        if place.is_some() {
            self.before.push(id.to_owned());
        }
        let row = Row {
            digest: digest.to_owned(),
            place,
        };
        self.rows.insert(id.to_owned(), row);
    }
}

impl Store {
    /// What is known of every row of these partitions whose sort key begins with `prefix`; what was stored before the sync with
    /// the fence `since` has a place.
    pub(super) async fn known_in(
        &self,
        partitions: impl IntoIterator<Item = String>,
        prefix: &str,
        since: u64,
    ) -> Result<Known> {
        let mut known = Known::default();
        for partition in partitions {
            let mut from = None;
            loop {
                let page = self
                    .query(Query {
                        backwards: false,
                        index: None,
                        partition: &partition,
                        range: Range::Prefix(prefix),
                        limit: None,
                        from,
                    })
                    .await?;
                for item in &page.items {
                    known.take_in(item, prefix, since);
                }
                from = page.next;
                if from.is_none() {
                    break;
                }
            }
        }
        Ok(known)
    }
}
