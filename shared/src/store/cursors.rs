//! How far sync has read, and who changed on the way.

use serde::{Deserialize, Serialize};

use super::keys;
use super::lanes;
use super::write::{Committed, Write, Written};
use super::{Item, Query, Range, Store, decode, encode, number, text};
use crate::error::{Error, Kind, Result};
use crate::model::bits::Bits;
use crate::model::lane::{Lane, Mark};
use crate::model::microsoft::UserId;
use crate::model::tenant::TenantId;
use crate::model::time::Time;

/// How far sync has read a tenant's people, and how far it has decided for them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cursor {
    /// Raised at every move; every move is conditional on the one that was read.
    pub version: u64,
    /// Where reading goes on.
    pub reading: Reading,
    /// The pass that decides for everybody, while one is under way.
    pub pass: Option<Pass>,
    /// The version of the rules that everybody was last decided with.
    pub decided_rules: u32,
    /// Names the rules, personas and sites that everybody was last decided with.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub decided_with: String,
    /// When everybody was last decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Time>,
    /// When the whole directory was last read to its end.
    pub full_at: Option<Time>,
    /// What is read beside people, daily, was read for the first time.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub has_families: bool,
    /// What was asked of people when the reading began; whoever asks for something else reads everything again.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub asked: String,
    /// While the whole directory is read: who of those known before was on a page, by their places.
    #[serde(skip_serializing_if = "Bits::is_empty")]
    pub seen: Bits,
}

/// Where reading goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// Nothing was read yet.
    #[default]
    Nothing,
    /// The whole directory, page by page. `latest` was taken before the first page, so that nothing is lost in between.
    Full {
        /// The delta link from which changes are read afterwards.
        latest: String,
        /// The next page; `None` = the first.
        next: Option<String>,
        /// The fence of the sync that began it: who was stored before must be on a page, or has vanished.
        #[serde(default)]
        since: u64,
        /// Every page was read; those who were on none are being looked for one by one.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        listed: bool,
    },
    /// Changes, from this link on.
    Changes {
        /// A next link or a delta link.
        link: String,
    },
}

/// How far the pass that decides for everybody has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    /// The partition.
    pub shard: u8,
    /// The last person decided in it.
    pub after: Option<UserId>,
    /// The version of the rules it began with; a newer one begins it again.
    pub rules: u32,
    /// Names the rules, personas and sites it began with; others begin it again.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub decided_with: String,
}

/// What is read page by page beside the people, each with its own rhythm and its own place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Telephone numbers.
    Numbers,
    /// Teams accounts with the policies in force.
    Accounts,
    /// Who is in the groups that the import scope names.
    Groups,
}

/// How far a list is read. It begins again when a round is over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// Raised at every move; every move is conditional on the one that was read.
    pub version: u64,
    /// What is read, where that can change; whoever reads something else begins again.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub asked: String,
    /// The next page, as the list itself names it; `None` = the first.
    pub next: Option<String>,
    /// The fence of the sync that began the round; `None` = none is under way.
    pub since: Option<u64>,
    /// Which of the rows known before were on a page, by their places.
    #[serde(skip_serializing_if = "Bits::is_empty")]
    pub seen: Bits,
    /// When a round was last over.
    pub ended: Option<Time>,
}

/// The people who changed, of one page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedPage {
    /// Its key.
    sort: String,
    /// Who.
    pub ids: Vec<UserId>,
}

/// Somebody is to be read again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refresh {
    /// When it was ordered.
    pub ordered: Time,
    /// Whom.
    pub person: UserId,
}

/// So many lists of people who changed are decided together.
const PAGES_AT_ONCE: i32 = 25;
/// So many people are read again at a time.
const REFRESHED_AT_ONCE: i32 = 100;

/// Another worker moved the cursor: this one stops (fault 27).
#[derive(Debug, PartialEq, Eq)]
pub enum Moved {
    /// The cursor is where we say.
    Yes,
    /// Somebody else was faster.
    Overtaken,
}

impl Moved {
    /// An error that stops this worker, if another was faster.
    pub fn or_stop(self) -> Result<()> {
        match self {
            Self::Yes => Ok(()),
            Self::Overtaken => Err(Error::new(
                Kind::OutOfTime,
                "another worker reads this tenant, and has gone on",
            )),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct PageRow {
    ids: Vec<UserId>,
}

impl Store {
    /// The cursor as it is.
    pub async fn cursor(&self, tenant: &TenantId) -> Result<Cursor> {
        Ok(self
            .get_as(&keys::cursor(tenant))
            .await?
            .unwrap_or_default())
    }

    /// Moves the cursor by compare-and-swap, together with the list of who changed on the page just read, if anybody did. The
    /// people themselves are stored by then (V11).
    pub async fn move_cursor(
        &self,
        tenant: &TenantId,
        cursor: &mut Cursor,
        changed: Vec<UserId>,
    ) -> Result<Moved> {
        let read = cursor.version;
        cursor.version += 1;
        let write = swap(keys::cursor(tenant), encode(cursor)?, read);
        if !changed.is_empty() {
            let list = Write::put(
                keys::page(tenant, cursor.version),
                encode(&PageRow { ids: changed })?,
            );
            return match self
                .transact("moving the cursor", vec![write, list])
                .await?
            {
                Committed::Yes => Ok(Moved::Yes),
                Committed::Refused(_) => Ok(Moved::Overtaken),
            };
        }
        self.swapped(write, cursor.version, |old| {
            Ok(decode::<Cursor>(old)? == *cursor)
        })
        .await
    }

    /// Sends a swap; the item that stands there instead may be ours (J5): its answer was lost and the request repeated by the SDK.
    async fn swapped(
        &self,
        write: Write,
        version: u64,
        is_ours: impl FnOnce(Item) -> Result<bool>,
    ) -> Result<Moved> {
        match self.write(write).await? {
            Written::Yes(_) => Ok(Moved::Yes),
            Written::Refused(Some(old))
                if number(&old, "version") == Some(version) && is_ours(old.clone())? =>
            {
                Ok(Moved::Yes)
            }
            Written::Refused(_) => Ok(Moved::Overtaken),
        }
    }

    /// How far a family is read.
    pub async fn place(&self, tenant: &TenantId, family: Family) -> Result<Place> {
        let key = keys::family_cursor(tenant, family);
        Ok(self.get_as(&key).await?.unwrap_or_default())
    }

    /// Moves the place of a family by compare-and-swap.
    pub async fn move_place(
        &self,
        tenant: &TenantId,
        family: Family,
        place: &mut Place,
    ) -> Result<Moved> {
        let read = place.version;
        place.version += 1;
        let write = swap(keys::family_cursor(tenant, family), encode(place)?, read);
        self.swapped(write, place.version, |old| {
            Ok(decode::<Place>(old)? == *place)
        })
        .await
    }

    /// Keeps a list of people for the next sync, because an open job stands in the way of deciding for them now (J3).
    pub async fn put_off(&self, tenant: &TenantId, fence: u64, ids: Vec<UserId>) -> Result<()> {
        self.write(Write::put(
            keys::later_page(tenant, fence),
            encode(&PageRow { ids })?,
        ))
        .await
        .map(|_| ())
    }

    /// Hands people over to the next sync, to decide for them.
    pub(super) fn handed(&self, tenant: &TenantId, name: &str, ids: Vec<UserId>) -> Result<Write> {
        let key = keys::handed_page(tenant, name);
        Ok(Write::put(key, encode(&PageRow { ids })?))
    }

    /// Leaves somebody's name for the next sync to read them again, and rings (L2).
    pub async fn order_refresh(&self, tenant: &TenantId, order: &Refresh) -> Result<()> {
        let row = Write::put(keys::refresh(tenant, order), encode(order)?);
        let mark = Some(Mark::Refresh);
        let rung = lanes::rung(tenant, Lane::Sync, mark, order.ordered);
        self.transact("ordering a refresh", vec![row, rung])
            .await
            .map(|_| ())
    }

    /// Some of those who are to be read again, the longest waiting first.
    pub async fn refreshes(&self, tenant: &TenantId) -> Result<Vec<Refresh>> {
        let partition = keys::pages(tenant);
        let page = self
            .query(Query {
                backwards: false,
                index: None,
                partition: &partition,
                range: Range::Prefix(keys::REFRESH),
                limit: Some(REFRESHED_AT_ONCE),
                from: None,
            })
            .await?;
        page.items.into_iter().map(decode).collect()
    }

    /// Takes these orders off.
    pub async fn refreshed(&self, tenant: &TenantId, orders: &[Refresh]) -> Result<()> {
        for order in orders {
            self.write(Write::delete(keys::refresh(tenant, order)))
                .await?;
        }
        Ok(())
    }

    /// The oldest lists of people who changed and were not decided yet; what the sync with this fence put off is for the next one.
    pub async fn changed_pages(&self, tenant: &TenantId, fence: u64) -> Result<Vec<ChangedPage>> {
        let partition = keys::pages(tenant);
        let before = keys::later_page(tenant, fence.saturating_sub(1)).sk;
        let page = self
            .query(Query {
                backwards: false,
                index: None,
                partition: &partition,
                range: Range::Until(&before),
                limit: Some(PAGES_AT_ONCE),
                from: None,
            })
            .await?;
        let lists = page.items.into_iter().map(|item| {
            let sort = text(&item, "sk").unwrap_or_default().to_owned();
            let row: PageRow = decode(item)?;
            Ok(ChangedPage { sort, ids: row.ids })
        });
        lists.collect()
    }

    /// Takes a list off that was decided to its end.
    pub async fn decided(&self, tenant: &TenantId, page: &ChangedPage) -> Result<()> {
        let key = keys::Key {
            pk: keys::pages(tenant),
            sk: page.sort.clone(),
        };
        self.write(Write::delete(key)).await.map(|_| ())
    }
}

/// A put on condition that the version is still the one that was read.
fn swap(key: keys::Key, item: Item, read: u64) -> Write {
    let condition = if read == 0 {
        "attribute_not_exists(#version)"
    } else {
        "#version = :read"
    };
    let write = Write::put(key, item).when(condition).name("version");
    if read == 0 {
        return write;
    }
    write.number("read", read)
}
