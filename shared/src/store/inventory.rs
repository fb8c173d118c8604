//! Numbers of the inventory: the row of a number is the only lock on it (V1). Sync writes to the same row what Microsoft says, and
//! nothing of this.

use super::keys;
use super::write::{Committed, Write, Written};
use super::{Item, Query, Range, Store, attribute, decode, encode};
use crate::error::Result;
use crate::model::departure::{Appointment, Subject};
use crate::model::inventory::{Audit, Duplicate, Entry, NumberEvent, RangeId};
use crate::model::microsoft::UserId;
use crate::model::number::E164;
use crate::model::person::Person;
use crate::model::tenant::{Tenant, TenantId};

/// Free numbers looked at, at once.
pub const CANDIDATES: i32 = 100;

impl Store {
    /// A number of the inventory, read consistently; `None` = it is none, whatever Microsoft says of it.
    pub async fn entry(&self, tenant: &Tenant, number: &E164) -> Result<Option<Entry>> {
        let key = keys::number(&tenant.id, tenant.shards, number);
        let row = self.get(&key).await?;
        row.filter(|row| row.contains_key("state"))
            .map(decode)
            .transpose()
    }

    /// Stores an entry as it shall be from now on, if nobody changed it since it was read. False = somebody did.
    pub async fn save_entry(&self, tenant: &Tenant, entry: &Entry) -> Result<bool> {
        // A transaction costs twice as much: only where there are two rows.
        Ok(
            match <[Write; 1]>::try_from(self.entering(tenant, entry)?) {
                Ok([write]) => matches!(self.write(write).await?, Written::Yes(_)),
                Err(writes) => {
                    let done = self.transact("changing a number", writes).await?;
                    matches!(done, Committed::Yes)
                }
            },
        )
    }

    /// Stores an entry as [`Store::save_entry`] does, and on the rows of these people which number they have, if nothing is open for them
    /// and nobody changed them since they were read.
    pub async fn save_truth(
        &self,
        tenant: &Tenant,
        entry: &Entry,
        people: &[(Person, Option<E164>)],
    ) -> Result<bool> {
        let mut writes = self.entering(tenant, entry)?;
        for (person, number) in people {
            let set = if number.is_some() {
                "SET #line = :line ADD #version :one"
            } else {
                "REMOVE #line ADD #version :one"
            };
            let key = keys::person(&tenant.id, tenant.shards, &person.id);
            let mut write = Write::update(key, set)
                .when("#version = :read AND attribute_not_exists(#open_job)")
                .called("line", "number")
                .name("version")
                .name("open_job")
                .number("read", person.version)
                .number("one", 1);
            if let Some(number) = number {
                write = write.text("line", number.as_str());
            }
            writes.push(write);
        }
        let done = self.transact("settling who has a number", writes).await?;
        Ok(matches!(done, Committed::Yes))
    }

    /// Some numbers of the inventory in the order of a partition, from behind one of them, and behind which the next begin. Rows that
    /// only sync wrote are passed over: a page may be empty although there are more.
    pub async fn entries_page(
        &self,
        tenant: &Tenant,
        shard: u8,
        after: Option<&E164>,
        limit: i32,
    ) -> Result<(Vec<Entry>, Option<E164>)> {
        let partition = keys::numbers(&tenant.id, shard);
        let from = after.map(|number| {
            let key = keys::number(&tenant.id, tenant.shards, number);
            // Its duplicates sort behind it.
            super::at(&partition, &format!("{}#~", key.sk))
        });
        let page = self
            .query(Query {
                backwards: false,
                index: None,
                partition: &partition,
                range: Range::Prefix(keys::NUMBER),
                limit: Some(limit),
                from,
            })
            .await?;
        let next = page.next.as_ref().and_then(|item| super::text(item, "sk"));
        let next = next.and_then(|sk| {
            let number = sk.strip_prefix(keys::NUMBER)?;
            E164::parse(number.split('#').next()?)
        });
        let is_entry = |item: &Item| item.contains_key("state");
        let entries = page.items.into_iter().filter(is_entry).map(decode);
        Ok((entries.collect::<Result<_>>()?, next))
    }

    /// The numbers of the inventory that are this one with an extension.
    pub async fn extensions(&self, tenant: &Tenant, base: &E164) -> Result<Vec<Entry>> {
        let key = keys::number(&tenant.id, tenant.shards, base);
        let page = self
            .query(Query {
                backwards: false,
                index: None,
                partition: &key.pk,
                range: Range::Prefix(&format!("{};", key.sk)),
                limit: None,
                from: None,
            })
            .await?;
        let is_entry = |item: &Item| item.contains_key("state");
        let entries = page.items.into_iter().filter(is_entry).map(decode);
        entries.collect()
    }

    /// Where else a number is.
    pub async fn duplicates(&self, tenant: &Tenant, number: &E164) -> Result<Vec<Duplicate>> {
        let key = keys::number(&tenant.id, tenant.shards, number);
        let page = self
            .query(Query {
                backwards: false,
                index: None,
                partition: &key.pk,
                range: Range::Prefix(&format!("{}#AT#", key.sk)),
                limit: None,
                from: None,
            })
            .await?;
        page.items.into_iter().map(decode).collect()
    }

    /// What the last audit found; `None` = there was none yet.
    pub async fn audit(&self, tenant: &TenantId) -> Result<Option<Audit>> {
        self.get_as(&keys::audit(tenant)).await
    }

    /// Keeps what an audit found, in the place of the one before.
    pub async fn put_audit(&self, tenant: &TenantId, audit: &Audit) -> Result<()> {
        let write = Write::put(keys::audit(tenant), encode(audit)?);
        self.write(write).await.map(|_| ())
    }

    /// The lowest free numbers of a range, at most [`CANDIDATES`]. The index may lag: they are hints.
    pub async fn free_numbers(&self, tenant: &TenantId, range: &RangeId) -> Result<Vec<E164>> {
        self.in_queue(&keys::free(tenant, range)).await
    }

    /// The numbers that are reserved for somebody. The index may lag: they are hints.
    pub async fn reserved_for(&self, tenant: &TenantId, person: &UserId) -> Result<Vec<E164>> {
        self.in_queue(&keys::reserved_for(tenant, person)).await
    }

    async fn in_queue(&self, partition: &str) -> Result<Vec<E164>> {
        let page = self
            .query(Query {
                backwards: false,
                index: Some(keys::FIND),
                partition,
                range: Range::Prefix("+"),
                limit: Some(CANDIDATES),
                from: None,
            })
            .await?;
        let number = |item| E164::parse(super::text(item, "find_sk")?);
        Ok(page.items.iter().filter_map(number).collect())
    }

    /// What became of a number, oldest first, after one of them; and where more follow.
    pub async fn trail(
        &self,
        tenant: &TenantId,
        number: &E164,
        after: Option<&str>,
        limit: i32,
    ) -> Result<(Vec<NumberEvent>, Option<String>)> {
        self.page_after(&keys::trail(tenant, number), "", after, limit)
            .await
    }

    /// The writes that make a number's row say this, on condition that it is as it was read; the version is raised. A number that
    /// rests comes with an entry of the agenda.
    pub(super) fn entering(&self, tenant: &Tenant, entry: &Entry) -> Result<Vec<Write>> {
        let key = keys::number(&tenant.id, tenant.shards, &entry.number);
        let free = keys::in_queue(&tenant.id, entry);
        let optional = [
            ("range", entry.range.as_ref().map(attribute).transpose()?),
            ("node", entry.node.as_ref().map(attribute).transpose()?),
            ("holder", entry.holder.as_ref().map(attribute).transpose()?),
            ("job", entry.job.as_ref().map(attribute).transpose()?),
            ("until", entry.until.as_ref().map(attribute).transpose()?),
            ("note", entry.note.as_ref().map(attribute).transpose()?),
            (
                "golden",
                entry.golden.then(|| attribute(&true)).transpose()?,
            ),
            (
                "duplicated",
                entry.duplicated.then(|| attribute(&true)).transpose()?,
            ),
            (
                "find_pk",
                free.as_ref().map(|key| attribute(&key.pk)).transpose()?,
            ),
            (
                "find_sk",
                free.as_ref().map(|key| attribute(&key.sk)).transpose()?,
            ),
        ];
        let mut set = "SET #format = :format, #number = :number, #state = :state, #version = :next"
            .to_owned();
        let mut remove: Vec<String> = Vec::new();
        for (name, value) in &optional {
            match value {
                Some(_) => set.push_str(&format!(", #{name} = :{name}")),
                None => remove.push(format!("#{name}")),
            }
        }
        // A number is never held, queued and golden at once: something is always to be removed.
        let expression = format!("{set} REMOVE {}", remove.join(", "));
        let mut write = Write::update(key, expression)
            .when(if entry.version == 0 {
                "attribute_not_exists(#version)"
            } else {
                "#version = :read"
            })
            .name("format")
            .number("format", super::FORMAT)
            .name("number")
            .text("number", entry.number.as_str())
            .name("state")
            .value("state", attribute(&entry.state)?)
            .name("version")
            .number("next", entry.version + 1);
        if entry.version > 0 {
            write = write.number("read", entry.version);
        }
        for (name, value) in optional {
            write = write.name(name);
            if let Some(value) = value {
                write = write.value(name, value);
            }
        }
        let mut writes = vec![write];
        // That a number came in is no news of it.
        if entry.state.is_kept_on_record() && entry.version > 0 {
            let event = NumberEvent {
                at: self.clock.now(),
                state: entry.state,
                holder: entry.holder.clone(),
                node: entry.node.clone(),
                note: entry.note.clone(),
            };
            let key = keys::trail_event(&tenant.id, &entry.number, event.at, entry.version);
            writes.push(Write::put(key, encode(&event)?));
        }
        if let Some(at) = entry.rests_until() {
            let rest = Appointment {
                at,
                of: Subject::Number(entry.number.clone()),
            };
            let key = keys::appointment(&tenant.id, &rest);
            writes.push(Write::put(key, encode(&rest)?));
        }
        Ok(writes)
    }
}
