//! What an administrator does with the inventory of numbers: ranges, and numbers that come in (F57, F61, F62, F71).

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt, TryStreamExt};

use crate::config;
use crate::error::{Error, Kind, Result};
use crate::model::inventory::{Entry, NumberRange, RangeId};
use crate::model::number::{E164, Number};
use crate::model::tenant::{Tenant, TenantId};
use crate::plan::flaws::is_name;
use crate::plan::inventory::{Event, Truth, after};

use super::order::OUTSIDE;
use super::{Shell, lines, sync};

mod one;

pub use one::{Reservation, cool, free, relocate, reserve};

/// So many numbers come in at a time.
pub const MOST: usize = 10_000;

/// A row of numbers that come in, as somebody wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// In E.164, perhaps with blanks and an extension.
    pub number: String,
    /// The range it is to be drawn from.
    pub range: Option<String>,
    /// Never drawn by itself.
    pub golden: bool,
}

/// What becomes of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is new in the inventory.
    New,
    /// The inventory says so already.
    Known,
    /// Nothing is changed, and why.
    Refused(String),
}

/// A range, and how many of its numbers are free, counted up to 100.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stocked {
    /// The range.
    pub range: NumberRange,
    /// Free numbers.
    pub free: usize,
}

/// Every range with its stock.
pub async fn ranges(shell: &Shell, tenant: &TenantId) -> Result<Vec<Stocked>> {
    let tenant = sync::tenant(shell, tenant).await?;
    let mut stocked = Vec::new();
    for range in shell.store.ranges(&tenant.id).await? {
        let free = shell.store.free_numbers(&tenant.id, &range.id).await?.len();
        stocked.push(Stocked { range, free });
    }
    Ok(stocked)
}

/// One number of the inventory. `NotFound` if it is not there, or is no number.
pub async fn number(shell: &Shell, tenant: &TenantId, number: &str) -> Result<Entry> {
    let tenant = sync::tenant(shell, tenant).await?;
    let number = E164::parse(number).ok_or_else(none)?;
    shell.store.entry(&tenant, &number).await?.ok_or_else(none)
}

fn none() -> Error {
    Error::new(
        Kind::NotFound,
        "there is no number like this in the inventory",
    )
}

/// Stores a range; says how many of its numbers are free. `Conflict` if its id or name cannot be, or its node is not there.
pub async fn save_range(shell: &Shell, tenant: &TenantId, range: &NumberRange) -> Result<usize> {
    let refused = |sentence: String| Err(Error::new(Kind::Conflict, sentence));
    let tenant = sync::tenant(shell, tenant).await?;
    if !is_name(&range.id.0) || range.name.trim().is_empty() {
        let sentence = "a range has an id of small letters, digits and hyphens, and a name";
        return refused(sentence.to_owned());
    }
    if let Some(node) = &range.node {
        let nodes = shell.store.nodes(&tenant.id).await?;
        if !nodes.iter().any(|known| known.path == *node) {
            return refused(format!("there is no node {:?}", node.0));
        }
    }
    shell.store.put_range(&tenant.id, range).await?;
    Ok(shell.store.free_numbers(&tenant.id, &range.id).await?.len())
}

/// Takes numbers into the inventory, at most [`MOST`]; each where its range belongs. Rows that are wrong are named with the reason, and
/// nothing at all is stored then, unless `partly` says that the others are to be. With `dry` nothing is stored in any case. What is
/// there already is left as it is: the same rows twice change nothing the second time.
pub async fn import(
    shell: &Shell,
    tenant: &TenantId,
    rows: &[Written],
    partly: bool,
    dry: bool,
) -> Result<Vec<Taken>> {
    let tenant = sync::tenant(shell, tenant).await?;
    if rows.len() > MOST {
        let sentence = format!(
            "{} numbers are too many at a time: {MOST} at most",
            rows.len()
        );
        return Err(Error::new(Kind::Conflict, sentence));
    }
    let ranges = shell.store.ranges(&tenant.id).await?;
    let mut seen = BTreeMap::new();
    let read: Vec<std::result::Result<Entry, String>> = rows
        .iter()
        .enumerate()
        .map(|(at, row)| entry(row, at, &ranges, &mut seen))
        .collect();
    let judged: Vec<(Taken, Option<Entry>)> = stream::iter(read)
        .map(|read| judge(shell, &tenant, read))
        .buffered(config::AT_ONCE)
        .try_collect()
        .await?;
    let is_wrong = judged
        .iter()
        .any(|(taken, _)| matches!(taken, Taken::Refused(_)));
    if dry || is_wrong && !partly {
        return Ok(judged.into_iter().map(|(taken, _)| taken).collect());
    }
    let drawn = |(_, entry): &(Taken, Option<Entry>)| entry.as_ref()?.drawn_from().cloned();
    let freed = judged.iter().filter_map(drawn).collect();
    let stored: Vec<Taken> = stream::iter(judged)
        .map(async |(taken, entry)| match entry {
            Some(entry) => Ok(match shell.store.save_entry(&tenant, &entry).await? {
                true => Taken::New,
                false => Taken::Refused("the number was changed meanwhile".to_owned()),
            }),
            None => Ok::<Taken, Error>(taken),
        })
        .buffered(config::AT_ONCE)
        .try_collect()
        .await?;
    lines::wake(shell, &tenant, OUTSIDE, freed).await?;
    Ok(stored)
}

/// The entry that a row describes.
fn entry(
    row: &Written,
    at: usize,
    ranges: &[NumberRange],
    seen: &mut BTreeMap<E164, usize>,
) -> std::result::Result<Entry, String> {
    let number = E164::parse(&row.number)
        .ok_or_else(|| format!("{:?} is no telephone number in E.164", row.number))?;
    if let Some(before) = seen.insert(number.clone(), at) {
        return Err(format!("the number is in row {} already", before + 1));
    }
    let range = match &row.range {
        None => None,
        Some(id) => {
            let known = ranges.iter().find(|range| range.id.0 == *id);
            Some(known.ok_or_else(|| format!("there is no range {id:?}"))?)
        }
    };
    let id: Option<RangeId> = range.map(|range| range.id.clone());
    let mut entry = Entry::new(number, id, range.and_then(|range| range.node.clone()));
    entry.golden = row.golden;
    Ok(entry)
}

async fn judge(
    shell: &Shell,
    tenant: &Tenant,
    read: std::result::Result<Entry, String>,
) -> Result<(Taken, Option<Entry>)> {
    let entry = match read {
        Ok(entry) => entry,
        Err(why) => return Ok((Taken::Refused(why), None)),
    };
    let known = shell.store.entry(tenant, &entry.number).await?;
    let Some(known) = known else {
        let told = shell.store.number(tenant, &entry.number).await?;
        return Ok((Taken::New, Some(told_of(entry, told.as_ref()))));
    };
    let same = known.range == entry.range && known.golden == entry.golden;
    Ok(if same {
        (Taken::Known, None)
    } else {
        let range = known.range.map_or("no range".to_owned(), |range| range.0);
        let why = format!(
            "the number is in the inventory already, in {range}, and {}",
            known.state
        );
        (Taken::Refused(why), None)
    })
}

/// A number that somebody has, as the last sync saw it, is not free: a person's stays theirs, a resource account's is never given.
fn told_of(entry: Entry, told: Option<&Number>) -> Entry {
    after(&entry, Event::Found(Truth::of(told))).unwrap_or(entry)
}
