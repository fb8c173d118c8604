//! What a full run knows of many rows before it reads their origin, instead of asking for them one by one.

use std::collections::BTreeMap;

use super::{Item, Query, Range, Store, number, text};
use crate::error::Result;

/// How the digest of a row begins whose origin has vanished.
pub(super) const GONE: &str = "gone";

/// The rows of some partitions, by what their sort keys name; half a million of them have to fit a function's memory.
#[derive(Debug, Default)]
pub struct Known {
    rows: BTreeMap<Id, Row>,
    /// How many were there before the run began.
    before: u32,
}

/// What a sort key names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Id {
    /// A GUID in small letters, as Microsoft writes it.
    Guid(u128),
    /// `+` and digits.
    Number(u64),
    Text(Box<str>),
}

#[derive(Debug)]
struct Row {
    digest: Digest,
    /// Of those that were there before the run began: which one. It stays the same while the run lasts.
    place: Option<u32>,
}

#[derive(Debug, PartialEq, Eq)]
enum Digest {
    /// Hexadecimal.
    Short([u8; 10]),
    Text(Box<str>),
}

/// The bits of a GUID in small letters.
fn guid(text: &str) -> Option<u128> {
    let mut places = text.bytes().enumerate();
    let bits = places.try_fold(0, |bits, (at, byte)| match at {
        8 | 13 | 18 | 23 => (byte == b'-').then_some(bits),
        _ => Some(bits << 4 | u128::from(digit(byte)?)),
    });
    bits.filter(|_| text.len() == 36)
}

/// The digits of a telephone number.
fn e164(text: &str) -> Option<u64> {
    let digits = text.strip_prefix('+')?;
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| is_plain)
}

/// What a hexadecimal digit says, in small letters.
fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

impl Id {
    fn of(text: &str) -> Self {
        let packed = guid(text).map(Self::Guid);
        let packed = packed.or_else(|| e164(text).map(Self::Number));
        packed.unwrap_or_else(|| Self::Text(text.into()))
    }

    fn text(&self) -> String {
        match self {
            Self::Guid(bits) => {
                let hex = format!("{bits:032x}");
                let (a, b, c, d, e) = (
                    &hex[..8],
                    &hex[8..12],
                    &hex[12..16],
                    &hex[16..20],
                    &hex[20..],
                );
                format!("{a}-{b}-{c}-{d}-{e}")
            }
            Self::Number(digits) => format!("+{digits}"),
            Self::Text(text) => text.to_string(),
        }
    }
}

impl Digest {
    fn of(text: &str) -> Self {
        let mut short = [0; 10];
        let digits = text.as_bytes().chunks_exact(2);
        let is_short = text.len() == 2 * short.len()
            && short.iter_mut().zip(digits).all(|(byte, pair)| {
                let read = pair
                    .iter()
                    .try_fold(0, |high, one| Some(high << 4 | digit(*one)?));
                read.inspect(|read| *byte = *read).is_some()
            });
        if is_short {
            Self::Short(short)
        } else {
            Self::Text(text.into())
        }
    }

    fn begins_with(&self, prefix: &str) -> bool {
        match self {
            Self::Short(_) => false,
            Self::Text(text) => text.starts_with(prefix),
        }
    }
}

impl Known {
    /// Whether the table says this of somebody already.
    pub fn says(&self, id: &str, digest: &str) -> bool {
        let row = self.rows.get(&Id::of(id));
        row.is_some_and(|row| row.digest == Digest::of(digest))
    }

    /// Whether what the table says of somebody is a word that begins so, and no digest.
    pub(super) fn begins(&self, id: &str, word: &str) -> bool {
        let row = self.rows.get(&Id::of(id));
        row.is_some_and(|row| row.digest.begins_with(word))
    }

    /// The place of a row that was there before the run began.
    pub fn place(&self, id: &str) -> Option<u32> {
        self.rows.get(&Id::of(id))?.place
    }

    /// Those that were there before the run began, have not vanished since, and of which this does not hold.
    pub fn without(&self, seen: impl Fn(u32) -> bool) -> Vec<String> {
        let is_missing = |row: &Row| {
            !row.digest.begins_with(GONE) && row.place.is_some_and(|place| !seen(place))
        };
        let missing = self.rows.iter().filter(|(_, row)| is_missing(row));
        missing.map(|(id, _)| id.text()).collect()
    }

    fn take_in(&mut self, item: &Item, prefix: &str, since: u64) {
        let id = text(item, "sk").and_then(|sk| sk.strip_prefix(prefix));
        let (Some(id), Some(digest)) = (id, text(item, "digest")) else {
            return;
        };
        let is_old = number(item, "first_fence").unwrap_or_default() < since;
        let place = is_old.then_some(self.before);
        self.before += u32::from(is_old);
        let row = Row {
            digest: Digest::of(digest),
            place,
        };
        self.rows.insert(Id::of(id), row);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_digests_come_back_as_they_were() {
        for text in [
            "0000000a-0000-4000-8000-0000000000ff",
            "0000000A-0000-4000-8000-0000000000FF",
            "00000000000040008000000000000000",
            "+493012345",
            "+0493012345",
            "+99999999999999999999",
            "alice",
            "",
        ] {
            assert_eq!(Id::of(text).text(), text);
        }
        assert!(matches!(
            Id::of("0000000a-0000-4000-8000-0000000000ff"),
            Id::Guid(_)
        ));
        assert!(matches!(Id::of("+493012345"), Id::Number(_)));
        assert!(matches!(
            Digest::of("a11dbb99da525ef91343"),
            Digest::Short(_)
        ));
        assert_eq!(Digest::of("missed 7"), Digest::Text("missed 7".into()));
        assert_ne!(
            Digest::of("A11dbb99da525ef91343"),
            Digest::of("a11dbb99da525ef91343")
        );
        assert!(Digest::of("gone SoftDeleted").begins_with(GONE));
    }
}
