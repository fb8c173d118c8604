//! What the tenant holds: plain data, no HTTP.

pub(crate) mod budget;
pub(crate) mod catalogue;
pub(crate) mod disk;
pub(crate) mod feed;
pub(crate) mod group;
pub(crate) mod lagged;
pub(crate) mod number;
pub(crate) mod order;
pub(crate) mod person;
pub(crate) mod record;
pub(crate) mod snapshot;
pub(crate) mod world;

use std::collections::BTreeSet;
use std::ops::Bound;

/// The ids after `id`, without looking at those before.
pub(crate) fn after<'a>(id: &str, ids: &'a BTreeSet<String>) -> impl Iterator<Item = &'a String> {
    ids.range::<str, _>((Bound::Excluded(id), Bound::Unbounded))
}
