//! People, as sync writes them: directory facts and nothing else (a put would wipe the open job).

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use sha2::{Digest, Sha256};

use super::keys;
use super::write::{Write, Written};
use super::{Item, Query, Range, Store, attribute, decode, number, text};
use crate::error::{Error, Kind, Result};
use crate::model::microsoft::{DirectoryUser, UserId};
use crate::model::person::{Drift, Person, Presence};
use crate::model::tenant::Tenant;

/// What became of a person's row at a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merged {
    /// It is news.
    Stored,
    /// The row says so already.
    Known,
}

/// Somebody's digest as the table has it: what a full run compares with instead of reading people one by one.
pub type Digests = BTreeMap<UserId, String>;

impl Store {
    /// One person, read consistently.
    pub async fn person(&self, tenant: &Tenant, id: &UserId) -> Result<Option<Person>> {
        self.get_as(&keys::person(&tenant.id, tenant.shards, id))
            .await
    }

    /// Some people of one partition in key order, and where the next begin. Eventually consistent.
    pub async fn people_page(
        &self,
        tenant: &Tenant,
        shard: u8,
        after: Option<&UserId>,
        limit: i32,
    ) -> Result<(Vec<Person>, Option<UserId>)> {
        let partition = keys::people(&tenant.id, shard);
        let from = after.map(|id| {
            let key = keys::person(&tenant.id, tenant.shards, id);
            Item::from([
                ("pk".to_owned(), AttributeValue::S(key.pk)),
                ("sk".to_owned(), AttributeValue::S(key.sk)),
            ])
        });
        let range = Range::Prefix(keys::USER);
        let page = self
            .query(Query {
                index: None,
                partition: &partition,
                range,
                limit: Some(limit),
                from,
            })
            .await?;
        let next = page
            .next
            .as_ref()
            .and_then(|item| text(item, "sk"))
            .and_then(|sk| sk.strip_prefix(keys::USER));
        let next = next.map(|id| UserId(id.to_owned()));
        Ok((
            page.items.into_iter().map(decode).collect::<Result<_>>()?,
            next,
        ))
    }

    /// The digests of all people.
    pub async fn digests(&self, tenant: &Tenant) -> Result<Digests> {
        let mut digests = Digests::new();
        for shard in 0..tenant.shards {
            let partition = keys::people(&tenant.id, shard);
            let mut from = None;
            loop {
                let range = Range::Prefix(keys::USER);
                let page = self
                    .query(Query {
                        index: None,
                        partition: &partition,
                        range,
                        limit: None,
                        from,
                    })
                    .await?;
                digests.extend(page.items.iter().filter_map(|item| {
                    Some((
                        UserId(text(item, "id")?.to_owned()),
                        text(item, "digest")?.to_owned(),
                    ))
                }));
                from = page.next;
                if from.is_none() {
                    break;
                }
            }
        }
        Ok(digests)
    }

    /// Stores what the directory says of somebody, unless a later sync already did (V11) or nothing is new.
    pub async fn merge(&self, tenant: &Tenant, user: &DirectoryUser, fence: u64) -> Result<Merged> {
        let digest = digest(user)?;
        let mut set = "SET #format = :format, #id = :id, #facts = :facts, #presence = :presence, #digest = :digest, #sync_fence = :fence".to_owned();
        if user.assigned_licences.is_some() {
            set.push_str(", #licences = :licences");
        }
        let mut write = Write::update(
            keys::person(&tenant.id, tenant.shards, &user.id),
            format!("{set} ADD #version :one"),
        )
        .when(NEWER_AND_NEWS)
        .name("facts")
        .text("id", &user.id.0)
        .value("facts", attribute(&user.facts)?)
        .value("presence", attribute(&Presence::Present)?);
        if let Some(licences) = &user.assigned_licences {
            write = write
                .name("licences")
                .value("licences", attribute(licences)?);
        }
        self.merging(write, &user.id, &digest, fence).await
    }

    /// Marks somebody as vanished from the directory; nothing else happens to them (F17).
    pub async fn vanished(
        &self,
        tenant: &Tenant,
        id: &UserId,
        presence: Presence,
        fence: u64,
    ) -> Result<Merged> {
        let digest = format!("gone {presence:?}");
        let write = Write::update(
            keys::person(&tenant.id, tenant.shards, id),
            "SET #format = :format, #id = :id, #facts = if_not_exists(#facts, :none), #presence = :presence, #digest = :digest, \
             #sync_fence = :fence ADD #version :one",
        )
        .when(NEWER_AND_NEWS)
        .name("facts")
        .text("id", &id.0)
        .value("none", attribute(&crate::model::facts::Facts::default())?)
        .value("presence", attribute(&presence)?);
        self.merging(write, id, &digest, fence).await
    }

    /// Records how somebody's policies differ from what we gave them (V15). Nothing else is changed.
    pub async fn record_drift(&self, tenant: &Tenant, id: &UserId, drift: &[Drift]) -> Result<()> {
        let write = Write::update(
            keys::person(&tenant.id, tenant.shards, id),
            "SET #drift = :drift",
        )
        .when("attribute_exists(#version)")
        .name("drift")
        .name("version")
        .value("drift", attribute(&drift)?);
        self.write(write).await.map(|_| ())
    }

    async fn merging(&self, write: Write, id: &UserId, digest: &str, fence: u64) -> Result<Merged> {
        let write = write
            .name("id")
            .name("presence")
            .name("digest")
            .name("format")
            .number("format", super::FORMAT)
            .name("sync_fence")
            .name("version")
            .text("digest", digest)
            .number("fence", fence)
            .number("one", 1);
        match self.write(write).await? {
            Written::Yes(_) => Ok(Merged::Stored),
            Written::Refused(Some(old))
                if number(&old, "sync_fence").is_some_and(|theirs| theirs > fence) =>
            {
                Err(Error::new(
                    Kind::OutOfTime,
                    format!("a later sync has written person {} already", id.0),
                ))
            }
            Written::Refused(_) => Ok(Merged::Known),
        }
    }
}

const NEWER_AND_NEWS: &str = "attribute_not_exists(#sync_fence) OR #sync_fence < :fence OR (#sync_fence = :fence AND #digest <> :digest)";

/// Ten bytes of SHA-256 over everything sync stores of a person.
pub fn digest(user: &DirectoryUser) -> Result<String> {
    let told = serde_json::to_vec(&(&user.facts, &user.assigned_licences)).map_err(|error| {
        Error::new(Kind::Invalid, format!("reading person {}", user.id.0)).with_source(error)
    })?;
    Ok(Sha256::digest(&told)
        .iter()
        .take(10)
        .map(|byte| format!("{byte:02x}"))
        .collect())
}
