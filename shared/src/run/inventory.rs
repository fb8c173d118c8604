//! What an administrator does with the inventory of numbers: ranges, and numbers that come in (F57, F61, F62, F71).

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt, TryStreamExt};

use crate::config;
use crate::error::{Error, Kind, Result};
use crate::model::inventory::{Duplicate, Entry, NumberRange, NumberState, RangeId};
use crate::model::number::{E164, Number};
use crate::model::persona::SitePath;
use crate::model::tenant::{Tenant, TenantId};
use crate::plan::inventory::{Event, Truth, after};
use crate::plan::written;
use crate::store::keys;

use super::look::Page;
use super::order::OUTSIDE;
use super::places::{Edited, Tag};
use super::{Shell, lines, sync};

mod one;

pub use one::{Reservation, cool, free, relocate, reserve};

const CLASH: &str = "the inventory would have the same number with and without an extension, and no resource account answers it";
/// A page examines so many numbers at most, however few of them a filter lets through.
const EXAMINED: usize = 2_000;
/// Numbers read at once for a page.
const EXAMINED_AT_ONCE: i32 = 200;
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

impl Taken {
    /// The row is wrong.
    pub const fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}

/// A range, and how many of its numbers are free, counted up to 100.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stocked {
    /// The range.
    pub range: NumberRange,
    /// Free numbers.
    pub free: usize,
}

impl Stocked {
    /// The tag of the range's content.
    pub fn tag(&self) -> Result<Tag> {
        Tag::of(&self.range)
    }
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

/// The ranges that run low: those with fewer free numbers than is set for the range, and all that belong to a node, or to one below it,
/// where fewer are free together than is set for the node (F66).
pub(super) async fn low(shell: &Shell, tenant: &Tenant) -> Result<Vec<RangeId>> {
    let nodes = shell.store.nodes(&tenant.id).await?;
    let mut stocked = Vec::new();
    for range in shell.store.ranges(&tenant.id).await? {
        let free = shell.store.free_numbers(&tenant.id, &range.id).await?.len();
        stocked.push(Stocked { range, free });
    }
    let is_below = |free: usize, low: Option<u16>| low.is_some_and(|low| free < usize::from(low));
    let mut low: BTreeSet<RangeId> = stocked
        .iter()
        .filter(|one| is_below(one.free, one.range.low))
        .map(|one| one.range.id.clone())
        .collect();
    for node in nodes {
        let within =
            |one: &&Stocked| SitePath::is_within(one.range.node.as_ref(), Some(&node.path));
        let here: Vec<&Stocked> = stocked.iter().filter(within).collect();
        let free = here.iter().map(|one| one.free).sum();
        if is_below(free, node.values.low_numbers) {
            low.extend(here.iter().map(|one| one.range.id.clone()));
        }
    }
    Ok(low.into_iter().collect())
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

/// Numbers in an order that never changes, from behind one of them; only those in this state, or of this range, where that is said. A page
/// may hold fewer than `limit` although there are more, because it examines only so many.
pub async fn numbers(
    shell: &Shell,
    tenant: &TenantId,
    state: Option<NumberState>,
    range: Option<&RangeId>,
    after: Option<&str>,
    limit: usize,
) -> Result<Page<Entry, E164>> {
    let tenant = sync::tenant(shell, tenant).await?;
    let mut from = match after {
        Some(after) => Some(E164::parse(after).ok_or_else(none)?),
        None => None,
    };
    let shard_of = |number: &E164| keys::shard_of(number.base().as_str(), tenant.shards);
    let mut shard = from.as_ref().map_or(0, shard_of);
    let (mut items, mut examined, mut last) = (Vec::new(), 0, from.clone());
    while shard < tenant.shards {
        let store = &shell.store;
        let (entries, next) = store
            .entries_page(&tenant, shard, from.as_ref(), EXAMINED_AT_ONCE)
            .await?;
        for entry in entries {
            if items.len() == limit || examined == EXAMINED {
                return Ok(Page { items, next: last });
            }
            examined += 1;
            last = Some(entry.number.clone());
            let of_range = range.is_none_or(|range| entry.range.as_ref() == Some(range));
            if of_range && state.is_none_or(|state| state == entry.state) {
                items.push(entry);
            }
        }
        if next.is_none() {
            shard += 1;
        }
        from = next;
    }
    Ok(Page { items, next: None })
}

/// A number with every place where it is.
pub async fn number_with_places(
    shell: &Shell,
    tenant: &TenantId,
    written: &str,
) -> Result<(Entry, Vec<Duplicate>)> {
    let entry = number(shell, tenant, written).await?;
    let tenant = sync::tenant(shell, tenant).await?;
    let places = match entry.duplicated {
        true => shell.store.duplicates(&tenant, &entry.number).await?,
        false => Vec::new(),
    };
    Ok((entry, places))
}

/// Takes the numbers from `first` to `last` into a range that the inventory does not know yet (F57); what is there already is left as
/// it is. `Conflict` if they are no numbers of one length, or too many.
pub async fn fill(
    shell: &Shell,
    tenant: &TenantId,
    range: &RangeId,
    first: &str,
    last: &str,
    dry: bool,
) -> Result<Vec<Taken>> {
    let refused = |why: String| Err(Error::new(Kind::Conflict, why));
    let plain = |text: &str| {
        let number = E164::parse(text)?;
        let digits = number.as_str().strip_prefix('+')?.to_owned();
        digits
            .parse::<u64>()
            .ok()
            .map(|value| (value, digits.len()))
    };
    let (Some((from, length)), Some((to, same))) = (plain(first), plain(last)) else {
        return refused(format!(
            "{first:?} and {last:?} must be numbers in E.164, without extension"
        ));
    };
    if length != same || to < from {
        return refused(format!("{last:?} does not come behind {first:?}"));
    }
    let count = to - from;
    if count >= MOST as u64 {
        return refused(format!(
            "{} numbers are too many at a time: {MOST} at most",
            count + 1
        ));
    }
    let rows: Vec<Written> = (from..=to)
        .map(|value| Written {
            number: format!("+{value}"),
            range: Some(range.0.clone()),
            golden: false,
        })
        .collect();
    import(shell, tenant, &rows, true, dry).await
}

/// Stores a range in the place of the one that was read, or a new one; says how many of its numbers are free. `Conflict` if its id or name cannot be, or its node is not there.
pub async fn save_range(
    shell: &Shell,
    tenant: &TenantId,
    range: NumberRange,
    read: Option<&Tag>,
    by: &str,
) -> Result<Edited<Stocked>> {
    let tenant = sync::tenant(shell, tenant).await?;
    let nodes = shell.store.nodes(&tenant.id).await?;
    let refused = |why| Error::new(Kind::Conflict, why);
    written::range(&range, nodes.iter().map(|node| &node.path)).map_err(refused)?;
    let known = shell.store.ranges(&tenant.id).await?.into_iter();
    let known = known.filter(|known| known.id == range.id);
    let known = known.map(|known| Tag::of(&known)).next().transpose()?;
    if known.as_ref() != read {
        return Ok(Edited::Stale);
    }
    shell.store.add_author(&tenant.id, by).await?;
    if !shell.store.replace_range(&tenant.id, &range, read).await? {
        return Ok(Edited::Stale);
    }
    let free = shell.store.free_numbers(&tenant.id, &range.id).await?.len();
    let stocked = Stocked { range, free };
    let tag = stocked.tag()?;
    Ok(Edited::Stored(stocked, tag))
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
    let judged = without_clashes(judged);
    let is_wrong = judged.iter().any(|(taken, _)| taken.is_refused());
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
        if let Some(why) = clash(shell, tenant, &entry.number).await? {
            return Ok((Taken::Refused(why), None));
        }
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

/// The same between the rows of one file.
fn without_clashes(judged: Vec<(Taken, Option<Entry>)>) -> Vec<(Taken, Option<Entry>)> {
    let new = judged.iter().filter_map(|(_, entry)| entry.as_ref());
    let plain = new.filter(|entry| entry.number.base() == entry.number);
    let plain = plain.filter(|entry| entry.state != NumberState::UsedUtility);
    let plain: BTreeSet<E164> = plain.map(|entry| entry.number.clone()).collect();
    let clashes = |entry: &Entry| {
        let base = entry.number.base();
        base != entry.number && plain.contains(&base)
    };
    let judged = judged.into_iter().map(|(taken, entry)| match entry {
        Some(entry) if clashes(&entry) => (Taken::Refused(CLASH.to_owned()), None),
        entry => (taken, entry),
    });
    judged.collect()
}

/// Whether a number rings where another one of the inventory does: the number itself, and the same with an extension. Both may only be there
/// where a resource account answers for the number itself and passes calls on to the extensions (F69).
async fn clash(shell: &Shell, tenant: &Tenant, number: &E164) -> Result<Option<String>> {
    let base = number.base();
    let others = if base == *number {
        shell.store.extensions(tenant, &base).await?
    } else {
        let known = shell.store.entry(tenant, &base).await?;
        let answers = |entry: &Entry| entry.state == NumberState::UsedUtility;
        known.into_iter().filter(|entry| !answers(entry)).collect()
    };
    if others.is_empty() {
        return Ok(None);
    }
    if base == *number {
        let told = shell.store.number(tenant, number).await?;
        if matches!(Truth::of(told.as_ref()), Truth::Utility(_)) {
            return Ok(None);
        }
    }
    Ok(Some(CLASH.to_owned()))
}

/// A number that somebody has, as the last sync saw it, is not free: a person's stays theirs, a resource account's is never given.
fn told_of(entry: Entry, told: Option<&Number>) -> Entry {
    after(&entry, Event::Found(Truth::of(told))).unwrap_or(entry)
}
