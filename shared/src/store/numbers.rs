//! Telephone numbers, as sync writes them: what Microsoft says of each, and nothing else.

use serde::Deserialize;

use super::keys;
use super::known::{GONE, Known};
use super::people::{Merged, NEWER_AND_NEWS};
use super::write::{Write, Written};
use super::{Store, attribute, decode, number};
use crate::error::{Error, Kind, Result};
use crate::model::digest;
use crate::model::number::{E164, Number};
use crate::model::tenant::Tenant;

impl Store {
    /// What is known of every number; what was stored before the sync with the fence `since` has a place.
    pub async fn known_numbers(&self, tenant: &Tenant, since: u64) -> Result<Known> {
        let partitions = (0..tenant.shards).map(|shard| keys::numbers(&tenant.id, shard));
        self.known_in(partitions, keys::NUMBER, since).await
    }

    /// What Microsoft last said of a number; `None` = it never spoke of it.
    pub async fn number(&self, tenant: &Tenant, number: &E164) -> Result<Option<Number>> {
        let row = self
            .get(&keys::number(&tenant.id, tenant.shards, number))
            .await?;
        Ok(row.map(decode::<Row>).transpose()?.and_then(|row| row.told))
    }

    /// Stores what Microsoft says of a number, unless a later sync already did, or nothing is new.
    pub async fn merge_number(&self, tenant: &Tenant, told: &Number, fence: u64) -> Result<Merged> {
        let write = Write::update(
            keys::number(&tenant.id, tenant.shards, &told.number),
            format!("{SYNCED}, #told = :told REMOVE #missed_in"),
        )
        .name("told")
        .name("missed_in")
        .value("told", attribute(told)?);
        self.merging_number(write, &told.number, &number_digest(told)?, fence)
            .await
    }

    /// Notes that the list which the sync with the fence `since` began did not show a number. A list that is read while it changes
    /// may skip one: it is gone when a second list in a row does not show it (`graph-api.md 5.3.1`).
    pub async fn miss_number(
        &self,
        tenant: &Tenant,
        missed: &E164,
        known: &Known,
        since: u64,
        fence: u64,
    ) -> Result<Merged> {
        let in_this = format!("{MISSED} {since}");
        if known.says(missed.as_str(), &in_this) {
            return Ok(Merged::Known);
        }
        let digest = if known.begins(missed.as_str(), MISSED) {
            GONE.to_owned()
        } else {
            in_this
        };
        let key = keys::number(&tenant.id, tenant.shards, missed);
        let write = Write::update(key, format!("{SYNCED}, #missed_in = :since"))
            .name("missed_in")
            .number("since", since);
        self.merging_number(write, missed, &digest, fence).await
    }

    async fn merging_number(
        &self,
        write: Write,
        of: &E164,
        digest: &str,
        fence: u64,
    ) -> Result<Merged> {
        let write = write
            .when(NEWER_AND_NEWS)
            .name("format")
            .number("format", super::FORMAT)
            .name("number")
            .text("number", of.as_str())
            .name("digest")
            .text("digest", digest)
            .name("sync_fence")
            .name("first_fence")
            .number("fence", fence);
        match self.write(write).await? {
            Written::Yes(_) => Ok(Merged::Stored),
            Written::Refused(Some(old))
                if number(&old, "sync_fence").is_some_and(|theirs| theirs > fence) =>
            {
                Err(Error::new(
                    Kind::OutOfTime,
                    "a later sync has written this number already",
                ))
            }
            Written::Refused(_) => Ok(Merged::Known),
        }
    }
}

/// A row, as far as it is read.
#[derive(Deserialize)]
struct Row {
    told: Option<Number>,
}

/// What every write of a sync sets.
const SYNCED: &str = "SET #format = :format, #number = :number, #digest = :digest, #sync_fence = :fence, \
                      #first_fence = if_not_exists(#first_fence, :fence)";
/// How the digest of a number begins that one list did not show.
const MISSED: &str = "missed";

/// Ten bytes of SHA-256 over everything sync stores of a number.
pub fn number_digest(told: &Number) -> Result<String> {
    let told = serde_json::to_vec(told)
        .map_err(|error| Error::new(Kind::Invalid, "reading a number").with_source(error))?;
    Ok(digest::short(&told))
}
