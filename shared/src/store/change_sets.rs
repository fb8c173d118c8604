//! Change sets with their plan rows (`plan::gate` says when there is one).

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::stream::{self, StreamExt};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::jobs::Belonging;
use super::keys;
use super::lanes::rung;
use super::tenants::found;
use super::write::{Write, Written};
use super::{Store, decode, encode};
use crate::config;
use crate::error::{Error, Kind, Result};
use crate::model::change_set::{ChangeKind, ChangeSet, FileOrder, Gate, SetId, SetPlace};
use crate::model::digest::hex;
use crate::model::lane::{Lane, Mark};
use crate::model::microsoft::UserId;
use crate::model::persona::Wanted;
use crate::model::tenant::{Tenant, TenantId};
use crate::model::time::Time;

/// What a change set would do to somebody; written once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedChange {
    /// Whom.
    pub person: UserId,
    /// As the gate counts it.
    pub kinds: Vec<ChangeKind>,
    /// What they have.
    pub before: Belonging,
    /// What they would get; nothing where a file orders something else.
    pub wanted: Wanted,
    /// What a file orders for them; `None` = rules decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<FileOrder>,
}

/// The hash of plan rows, in the order in which they are added: what somebody says yes to.
#[derive(Default)]
pub struct PlanHash(Sha256);

impl PlanHash {
    /// Adds rows.
    pub fn add(&mut self, rows: &[PlannedChange]) -> Result<()> {
        for row in rows {
            let text = serde_json::to_vec(row).map_err(|error| {
                Error::new(Kind::Invalid, "writing a plan row").with_source(error)
            })?;
            self.0.update(text);
        }
        Ok(())
    }

    /// 64 hexadecimal digits.
    pub fn end(self) -> String {
        hex(&self.0.finalize())
    }
}

/// What became of somebody whom a file names, once it was their turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileOutcome {
    /// Whom.
    pub person: UserId,
    /// Why nothing was ordered for them; `None` = it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aside: Option<String>,
}

impl Store {
    /// Writes plan rows; the header comes after them.
    pub async fn put_planned(
        &self,
        tenant: &Tenant,
        set: &SetId,
        rows: &[PlannedChange],
    ) -> Result<()> {
        let write = |row: &PlannedChange| {
            let key = keys::planned(&tenant.id, set, tenant.shards, &row.person);
            Ok(Write::put(key, encode(row)?))
        };
        let writes: Vec<Write> = rows.iter().map(write).collect::<Result<_>>()?;
        let mut writing = stream::iter(writes)
            .map(|write| self.write(write))
            .buffer_unordered(config::AT_ONCE);
        while let Some(written) = writing.next().await {
            written?;
        }
        Ok(())
    }

    /// Stores a file of orders, whose rows were written before, and rings for it (L2).
    pub async fn add_file(&self, tenant: &TenantId, set: &ChangeSet, now: Time) -> Result<()> {
        let new = ChangeSet {
            version: 1,
            ..set.clone()
        };
        let header = Write::put(keys::change_set(tenant, &set.id), encode(&new)?);
        let listed = Write::update(keys::tenant(tenant), "ADD #files :which")
            .when("attribute_exists(#id)")
            .name("id")
            .name("files")
            .value("which", AttributeValue::Ss(vec![set.id.0.clone()]));
        let rung = rung(tenant, Lane::Sync, Some(Mark::Decide), now);
        let writes = vec![header, listed, rung];
        self.transact("storing a file of orders", writes)
            .await
            .map(|_| ())
    }

    /// A file is done with. Only the sync lane calls this.
    pub async fn close_file(&self, tenant: &TenantId, set: &SetId) -> Result<()> {
        let write = Write::update(keys::tenant(tenant), "DELETE #files :which")
            .when("attribute_exists(#id)")
            .name("id")
            .name("files")
            .value("which", AttributeValue::Ss(vec![set.0.clone()]));
        found(self.write(write).await?, tenant)
    }

    /// Keeps what became of somebody whom a file names.
    pub async fn put_outcome(
        &self,
        tenant: &Tenant,
        set: &SetId,
        outcome: &FileOutcome,
    ) -> Result<()> {
        let key = keys::outcome(&tenant.id, set, tenant.shards, &outcome.person);
        self.write(Write::put(key, encode(outcome)?))
            .await
            .map(|_| ())
    }

    /// What became of these people, as far as it was their turn.
    pub async fn outcomes(
        &self,
        tenant: &Tenant,
        set: &SetId,
        people: &[UserId],
    ) -> Result<Vec<FileOutcome>> {
        let key = |id| keys::outcome(&tenant.id, set, tenant.shards, id);
        let items = self.get_many(people.iter().map(key).collect()).await?;
        items.into_iter().map(decode).collect()
    }

    /// Some plan rows of one partition in the order of people, and where the next begin.
    pub async fn planned_page(
        &self,
        tenant: &TenantId,
        set: &SetId,
        from: &SetPlace,
        limit: i32,
    ) -> Result<(Vec<PlannedChange>, Option<UserId>)> {
        let partition = keys::all_planned(tenant, set, from.shard);
        let after = from.after.as_ref().map(|id| id.0.as_str());
        let page = self.page_after(&partition, keys::CHANGE, after, limit);
        let (rows, next) = page.await?;
        Ok((rows, next.map(UserId)))
    }

    /// Which of these people a change set plans for.
    pub async fn planned_among(
        &self,
        tenant: &Tenant,
        set: &SetId,
        people: &BTreeSet<UserId>,
    ) -> Result<BTreeSet<UserId>> {
        let key = |id| keys::planned(&tenant.id, set, tenant.shards, id);
        let items = self.get_many(people.iter().map(key).collect()).await?;
        let rows = items.into_iter().map(decode::<PlannedChange>);
        rows.map(|row| Ok(row?.person)).collect()
    }

    /// A change set by its id.
    pub async fn change_set(&self, tenant: &TenantId, id: &SetId) -> Result<Option<ChangeSet>> {
        self.get_as(&keys::change_set(tenant, id)).await
    }

    /// Change sets, the oldest first, after this one.
    pub async fn change_sets(
        &self,
        tenant: &TenantId,
        after: Option<&SetId>,
        limit: i32,
    ) -> Result<(Vec<ChangeSet>, Option<SetId>)> {
        let partition = keys::change_sets(tenant);
        let after = after.map(|id| id.0.as_str());
        let page = self.page_after(&partition, keys::SET, after, limit);
        let (sets, next) = page.await?;
        Ok((sets, next.map(SetId)))
    }

    /// Stores a header on condition that it is still the one that was read; a new one has version 0. False = somebody was faster.
    pub async fn save_change_set(&self, tenant: &TenantId, set: &mut ChangeSet) -> Result<bool> {
        let read = set.version;
        set.version += 1;
        let key = keys::change_set(tenant, &set.id);
        let condition = if read == 0 {
            "attribute_not_exists(#version)"
        } else {
            "#version = :read"
        };
        let mut write = Write::put(key, encode(set)?)
            .when(condition)
            .name("version");
        if read > 0 {
            write = write.number("read", read);
        }
        match self.write(write).await? {
            Written::Yes(_) => Ok(true),
            // The answer to our own write was lost, and it was repeated (J5).
            Written::Refused(Some(old)) => Ok(decode::<ChangeSet>(old)? == *set),
            Written::Refused(None) => Ok(false),
        }
    }

    /// What the gate remembers. Only the sync lane calls this.
    pub async fn set_gate(&self, tenant: &TenantId, gate: &Gate) -> Result<()> {
        self.set_on_tenant(tenant, "gate", Some(gate)).await
    }

    /// Somebody edited what is decided with.
    pub async fn add_author(&self, tenant: &TenantId, author: &str) -> Result<()> {
        self.authors(tenant, "ADD #authors :who", vec![author.to_owned()])
            .await
    }

    /// A decision with what these people edited went through.
    pub async fn forget_authors(
        &self,
        tenant: &TenantId,
        authors: &BTreeSet<String>,
    ) -> Result<()> {
        if authors.is_empty() {
            return Ok(());
        }
        let who = authors.iter().cloned().collect();
        self.authors(tenant, "DELETE #authors :who", who).await
    }

    async fn authors(&self, tenant: &TenantId, change: &str, who: Vec<String>) -> Result<()> {
        let write = Write::update(keys::tenant(tenant), change)
            .when("attribute_exists(#id)")
            .name("id")
            .name("authors")
            .value("who", AttributeValue::Ss(who));
        found(self.write(write).await?, tenant)
    }
}
