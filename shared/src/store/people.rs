//! People, as sync writes them: directory facts and nothing else (a put would wipe the open job).

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;

use super::keys;
use super::known::{GONE, Known};
use super::write::{Write, Written};
use super::{Store, attribute, decode, number};
use crate::error::{Error, Kind, Result};
use crate::model::digest;
use crate::model::group::GroupId;
use crate::model::microsoft::{DirectoryUser, LicenceState, UserId};
use crate::model::person::{Drift, Person, Presence};
use crate::model::tenant::Tenant;
use crate::planted::{self, Bug};

/// What became of a person's row at a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merged {
    /// It is news.
    Stored,
    /// The row says so already.
    Known,
}

/// What became of the word that somebody is in a group or is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InGroup {
    /// It is news.
    Stored,
    /// The row says so already.
    Known,
    /// There is no row yet to say it.
    Unknown,
}

/// Why a group is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Followed {
    /// The import scope names it.
    ForScope,
    /// Rules name it.
    ForRules,
}

impl Followed {
    /// Where a person's row says who is in it.
    const fn attribute(self) -> &'static str {
        match self {
            Self::ForScope => "groups",
            Self::ForRules => "member_of",
        }
    }
}

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
        let after = after.map(|id| id.0.as_str());
        let page = self.page_after(&partition, keys::USER, after, limit);
        let (people, next) = page.await?;
        Ok((people, next.map(UserId)))
    }

    /// What is known of everybody; who was stored before the sync with the fence `since` has a place.
    pub async fn known(&self, tenant: &Tenant, since: u64) -> Result<Known> {
        let partitions = (0..tenant.shards).map(|shard| keys::people(&tenant.id, shard));
        self.known_in(partitions, keys::USER, since).await
    }

    /// These people's rows, as far as there are any. Eventually consistent: for what is only compared or shown.
    pub async fn some_people(
        &self,
        tenant: &Tenant,
        ids: impl IntoIterator<Item = &UserId>,
    ) -> Result<BTreeMap<UserId, Person>> {
        let key = |id: &UserId| keys::person(&tenant.id, tenant.shards, id);
        let items = self.get_many(ids.into_iter().map(key).collect()).await?;
        let mut people = BTreeMap::new();
        for item in items {
            let person: Person = decode(item)?;
            people.insert(person.id.clone(), person);
        }
        Ok(people)
    }

    /// Stores what the directory says of somebody, unless a later sync already did (V11), nothing is new, or the tenant's settings
    /// do not want it (F13).
    pub async fn merge(
        &self,
        tenant: &Tenant,
        user: &DirectoryUser,
        in_scope: bool,
        fence: u64,
    ) -> Result<Merged> {
        let wanted = &tenant.settings.sync;
        if !wanted.add && !wanted.update {
            return Ok(Merged::Known);
        }
        let followed @ [by_groups, for_rules] = tenant.follows_groups();
        let digest = digest(user, in_scope, followed)?;
        let mut set = format!("{SYNCED}, #facts = :facts, #in_scope = :in_scope");
        if by_groups {
            // Whoever is new is in none of them until the groups are read.
            set.push_str(", #groups = if_not_exists(#groups, :no_groups)");
        }
        if for_rules {
            set.push_str(", #member_of = if_not_exists(#member_of, :no_groups)");
        }
        let states = told_states(user);
        if user.assigned_licences.is_some() {
            set.push_str(", #licences = :licences");
        }
        if states.is_some() {
            set.push_str(", #licence_states = :states");
        }
        let mut removed = match followed {
            [true, true] => Vec::new(),
            [true, false] => vec!["#member_of"],
            [false, true] => vec!["#groups"],
            [false, false] => vec!["#groups", "#member_of"],
        };
        if planted::is(Bug::PutPeople) {
            removed.extend(["open_job", "persona", "site"]);
        }
        if !removed.is_empty() {
            set.push_str(&format!(" REMOVE {}", removed.join(", ")));
        }
        let mut write = Write::update(
            keys::person(&tenant.id, tenant.shards, &user.id),
            format!("{set} ADD #version :one"),
        )
        .name("groups")
        .name("member_of")
        .when(match (wanted.add, wanted.update) {
            (true, true) if planted::is(Bug::NoSyncFence) => {
                "attribute_not_exists(#sync_fence) OR #sync_fence <> :fence OR #digest <> :digest"
                    .to_owned()
            }
            (true, true) => NEWER_AND_NEWS.to_owned(),
            (true, false) => "attribute_not_exists(#sync_fence)".to_owned(),
            (false, _) => format!("attribute_exists(#sync_fence) AND ({NEWER_AND_NEWS})"),
        })
        .name("facts")
        .name("in_scope")
        .value("facts", attribute(&user.facts)?)
        .value("in_scope", AttributeValue::Bool(in_scope))
        .value("presence", attribute(&Presence::Present)?);
        if by_groups || for_rules {
            write = write.value("no_groups", AttributeValue::M(HashMap::new()));
        }
        if let Some(licences) = &user.assigned_licences {
            write = write
                .name("licences")
                .value("licences", attribute(licences)?);
        }
        if let Some(states) = states {
            write = write
                .name("licence_states")
                .value("states", attribute(&states)?);
        }
        self.merging(write, &user.id, &digest, fence).await
    }

    /// Marks somebody as vanished from the directory, if the tenant's settings want that (F13); nothing else happens to them (F17).
    pub async fn vanished(
        &self,
        tenant: &Tenant,
        id: &UserId,
        presence: Presence,
        fence: u64,
    ) -> Result<Merged> {
        if !tenant.settings.sync.remove {
            return Ok(Merged::Known);
        }
        let digest = format!("{GONE} {presence:?}");
        let write = Write::update(
            keys::person(&tenant.id, tenant.shards, id),
            format!("{SYNCED}, #facts = if_not_exists(#facts, :none) ADD #version :one"),
        )
        .when(NEWER_AND_NEWS)
        .name("facts")
        .value("none", attribute(&crate::model::facts::Facts::default())?)
        .value("presence", attribute(&presence)?);
        self.merging(write, id, &digest, fence).await
    }

    /// Keeps, as the sync with this fence was told, that somebody is in a group that the import scope names, or that they are not.
    pub async fn set_group(
        &self,
        tenant: &Tenant,
        id: &UserId,
        group: &GroupId,
        of: Followed,
        is_in: bool,
        fence: u64,
    ) -> Result<InGroup> {
        let change = if is_in {
            "SET #groups.#group = :fence ADD #version :one"
        } else {
            "REMOVE #groups.#group ADD #version :one"
        };
        let news = if is_in {
            "attribute_not_exists(#groups.#group) OR #groups.#group < :fence"
        } else {
            "#groups.#group <= :fence"
        };
        let key = keys::person(&tenant.id, tenant.shards, id);
        let write = Write::update(key, change)
            .when(format!("attribute_exists(#groups) AND ({news})"))
            .called("groups", of.attribute())
            .called("group", &group.0)
            .name("version")
            .number("fence", fence)
            .number("one", 1);
        Ok(match self.write(write).await? {
            Written::Yes(_) => InGroup::Stored,
            Written::Refused(Some(old)) if old.contains_key(of.attribute()) => InGroup::Known,
            Written::Refused(_) => InGroup::Unknown,
        })
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
            .name("first_fence")
            .name("version")
            .text("id", &id.0)
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

/// What every write of a sync sets.
const SYNCED: &str = "SET #format = :format, #id = :id, #presence = :presence, #digest = :digest, #sync_fence = :fence, \
                      #first_fence = if_not_exists(#first_fence, :fence)";

/// Not an older sync's word, and not what the row says already.
pub(super) const NEWER_AND_NEWS: &str = "attribute_not_exists(#sync_fence) OR #sync_fence < :fence OR (#sync_fence = :fence AND #digest <> :digest)";

/// The states of licences that are worth their place in a row, in an order of ours; `None` = they were not asked for.
fn told_states(user: &DirectoryUser) -> Option<Vec<&LicenceState>> {
    let states = user.licence_states.as_ref()?.iter();
    let mut told: Vec<&LicenceState> = states.filter(|state| state.tells_more()).collect();
    told.sort();
    Some(told)
}

/// Bytes of nearly everybody's facts, written down.
const USUAL_LENGTH: usize = 4_096;

/// Ten bytes of SHA-256 over everything sync stores of a person.
///
/// `followed` says whether the tenant follows groups for its import scope, and for its rules.
pub fn digest(user: &DirectoryUser, in_scope: bool, followed: [bool; 2]) -> Result<String> {
    let [by_groups, for_rules] = followed;
    let told = (
        &user.facts,
        &user.assigned_licences,
        told_states(user),
        in_scope,
        by_groups,
    );
    let mut written = Vec::with_capacity(USUAL_LENGTH);
    let done = if for_rules {
        serde_json::to_writer(&mut written, &(told, for_rules))
    } else {
        serde_json::to_writer(&mut written, &told)
    };
    done.map_err(|error| {
        Error::new(Kind::Invalid, format!("reading person {}", user.id.0)).with_source(error)
    })?;
    Ok(digest::short(&written))
}
