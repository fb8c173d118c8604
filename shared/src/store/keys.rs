//! Every key and every question on one page.
//!
//! | question | answered by |
//! |---|---|
//! | who is this customer | `T#<t>` · `TENANT` |
//! | its rules, personas, profiles, tree | `T#<t>` · `RULES` and `RULES#<digest>#<part>`, `PERSONA#<id>#<v>`, `PROFILE#<name>`, `NODE#<path>` |
//! | what roles may do to fields of people | `T#<t>` · `FIELDS#<role>#<node>` |
//! | what the installation sets for all | `PROVIDER` · `VALUES` |
//! | its ranges of numbers | `T#<t>` · `RANGE#<id>` |
//! | its licence products, groups, policy names | `T#<t>` · `SKU#<sku>`, `GROUP#<group>`, `POLICY#<type>#<name>` |
//! | which seats are kept for whom | `T#<t>` · `SEAT#<sku>#<job>` |
//! | who works in a lane, and what is asked of it | `T#<t>` · `LANE#<lane>` |
//! | how far has sync read | `T#<t>` · `CURSOR#people`, `CURSOR#numbers`, `CURSOR#accounts` |
//! | who changed, on which page; who could not be decided; who is to be read again | `T#<t>#PAGES` · `<cursor>`, `later#<fence>`, `refresh#<time>#<id>` |
//! | who is to leave, which numbers have rested, soonest first | `T#<t>#AGENDA` · `<at>#<person or number>` |
//! | which orders arrived, and what they were answered | `T#<t>` · `ONCE#<digest of caller and key>` |
//! | one person · all people | `T#<t>#U<shard>` · `USER#<id>` |
//! | one number · all numbers · where else one is | `T#<t>#N<shard>` · `NUM#<e164>`, `NUM#<e164>#AT#<node>` |
//! | what became of a number, oldest first | `T#<t>#trail#<e164>` · `<at>#<version>` |
//! | what the last audit of numbers found | `T#<t>` · `AUDIT#numbers` |
//! | which change sets there are · what one plans for somebody, for all | `T#<t>#C` · `SET#<id>`; `T#<t>#C#<id>#<shard>` · `CHANGE#<person>` |
//! | what became of somebody whom a file names | `T#<t>#C#<id>#<shard>` · `OUTCOME#<person>` |
//! | one job with its plan · its end | `T#<t>#J<shard>` · `JOB#<id>`, `JOB#<id>#PLAN` · `JOB#<id>#HISTORY` |
//! | which jobs of a lane are due | index *due*, `T#<t>#<lane>#<shard>` · `<due>#<job>` |
//! | which lanes want to be rung | index *due*, `WAKE` · `<wake_at>#<tenant>#<lane>` |
//! | which numbers of a range are free, lowest first | index *find*, `T#<t>#free#<range>` · `<e164>` |
//! | which numbers are reserved for somebody | index *find*, `T#<t>#reserved#<person>` · `<e164>` |
//! | which jobs wait, and for what, oldest first | index *find*, `T#<t>#waits#<what>` · `<created>#<job>` |
//!
//! Every partition key begins with the tenant, `PROVIDER` and `WAKE` excepted (V7). There is no scan.

use super::cursors::{Family, Refresh};
use crate::model::access::Role;
use crate::model::adoption::AdoptionId;
use crate::model::change_set::SetId;
use crate::model::departure::{Appointment, Subject};
use crate::model::group::GroupId;
use crate::model::inventory::{Entry, RangeId};
use crate::model::job::JobId;
use crate::model::lane::Lane;
use crate::model::microsoft::{PolicyType, SkuId, UserId};
use crate::model::number::E164;
use crate::model::persona::{PersonaRef, SitePath};
use crate::model::tenant::TenantId;
use crate::model::time::Time;

mod indexes;

pub use self::indexes::{
    due, due_partition, due_until, read_due, read_wake, waits, waits_partition, waits_place, wake,
};

/// The partition and sort key of one item.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

/// The name of the index of what is due.
pub const DUE: &str = "due";
/// The name of the index of everything else that is looked for.
pub const FIND: &str = "find";
/// The one cross-tenant partition: when lanes want to be rung. Keys and times only.
pub const WAKE: &str = "WAKE";

/// The prefix of a person's sort key.
pub const USER: &str = "USER#";
/// The prefix of a number's sort key.
pub const NUMBER: &str = "NUM#";
/// The prefix of a persona version's sort key.
pub const PERSONA: &str = "PERSONA#";
/// The prefix of a node's sort key.
pub const NODE: &str = "NODE#";
/// The prefix of a licence product's sort key.
pub const SKU: &str = "SKU#";
/// The prefix of a policy's sort key.
pub const POLICY: &str = "POLICY#";

/// The prefix of a profile's sort key.
pub const PROFILE: &str = "PROFILE#";
/// The prefix of the sort key of what a role may do to fields.
pub const FIELDS: &str = "FIELDS#";
/// The prefix of a group's sort key.
pub const GROUP: &str = "GROUP#";
/// The prefix of a range's sort key.
pub const RANGE: &str = "RANGE#";
/// The prefix of the sort key of a seat that is kept for somebody.
pub const SEAT: &str = "SEAT#";
/// The prefix of a lane's sort key.
pub const LANE: &str = "LANE#";

/// What the installation sets for all tenants.
pub fn provider_values() -> Key {
    key("PROVIDER".to_owned(), "VALUES".to_owned())
}

/// The switch that halts the whole installation; there is a row while it is halted.
pub fn halt() -> Key {
    key("PROVIDER".to_owned(), "HALT".to_owned())
}

/// The list of tenants, one item each.
pub fn provider(tenant: &TenantId) -> Key {
    key("PROVIDER".to_owned(), format!("TENANT#{}", tenant.as_str()))
}

/// The partition of everything of which a tenant has few.
pub fn tenant_partition(tenant: &TenantId) -> String {
    format!("T#{}", tenant.as_str())
}

/// The tenant's own row.
pub fn tenant(tenant: &TenantId) -> Key {
    key(tenant_partition(tenant), "TENANT".to_owned())
}

/// Its two rule lists.
pub fn rules(tenant: &TenantId) -> Key {
    key(tenant_partition(tenant), "RULES".to_owned())
}

/// A part of rule lists that are too long for one row; their digest names them.
pub fn rules_part(tenant: &TenantId, digest: &str, part: usize) -> Key {
    let sk = format!("RULES#{digest}#{part:04}");
    key(tenant_partition(tenant), sk)
}

/// The prefix of the names of change sets.
pub const SET: &str = "SET#";

/// The prefix of the names of what change sets plan.
pub const CHANGE: &str = "CHANGE#";

/// The partition of the change sets of a tenant.
pub fn change_sets(tenant: &TenantId) -> String {
    format!("{}#C", tenant_partition(tenant))
}

/// The header of a change set.
pub fn change_set(tenant: &TenantId, set: &SetId) -> Key {
    key(change_sets(tenant), format!("{SET}{}", set.0))
}

/// A partition of what a change set plans.
pub fn all_planned(tenant: &TenantId, set: &SetId, shard: u8) -> String {
    format!("{}#{}#{shard}", change_sets(tenant), set.0)
}

/// What a change set plans for somebody.
pub fn planned(tenant: &TenantId, set: &SetId, shards: u8, person: &UserId) -> Key {
    let shard = shard_of(&person.0, shards);
    key(
        all_planned(tenant, set, shard),
        format!("{CHANGE}{}", person.0),
    )
}

/// What became of somebody whom a file of orders names.
pub fn outcome(tenant: &TenantId, set: &SetId, shards: u8, person: &UserId) -> Key {
    let shard = shard_of(&person.0, shards);
    key(
        all_planned(tenant, set, shard),
        format!("OUTCOME#{}", person.0),
    )
}

/// A persona version; the version is padded so that versions sort.
pub fn persona(tenant: &TenantId, reference: &PersonaRef) -> Key {
    key(
        tenant_partition(tenant),
        format!("{PERSONA}{}#{:06}", reference.id, reference.version),
    )
}

/// The prefix of the sort key of somebody whom rules leave as they are.
pub const EXCEPTION: &str = "EXCEPTION#";

/// Somebody whom rules leave as they are for a while.
pub fn exception(tenant: &TenantId, person: &UserId) -> Key {
    key(tenant_partition(tenant), format!("{EXCEPTION}{}", person.0))
}

/// An order that is carried out once; named by who gave it, and the key they gave.
pub fn once(tenant: &TenantId, name: &str) -> Key {
    key(tenant_partition(tenant), format!("ONCE#{name}"))
}

/// People who were adopted together.
pub fn adoption(tenant: &TenantId, id: &AdoptionId) -> Key {
    key(tenant_partition(tenant), format!("ADOPTION#{}", id.0))
}

/// A site.
pub fn node(tenant: &TenantId, path: &SitePath) -> Key {
    key(tenant_partition(tenant), format!("{NODE}{}", path.0))
}

/// A profile.
pub fn profile(tenant: &TenantId, name: &str) -> Key {
    key(tenant_partition(tenant), format!("{PROFILE}{name}"))
}

/// What a role may do to the fields of people at a node.
pub fn fields(tenant: &TenantId, role: Role, node: Option<&SitePath>) -> Key {
    let node = node.map_or("", |path| path.0.as_str());
    key(tenant_partition(tenant), format!("{FIELDS}{role}#{node}"))
}

/// A group that a persona names.
pub fn group(tenant: &TenantId, group: &GroupId) -> Key {
    let id = group.0.to_lowercase();
    key(tenant_partition(tenant), format!("{GROUP}{id}"))
}

/// A seat of a product that is kept for whom a job is about.
pub fn seat(tenant: &TenantId, sku: &SkuId, job: &JobId) -> Key {
    key(
        tenant_partition(tenant),
        format!("{SEAT}{}#{}", sku.0, job.0),
    )
}

/// A licence product.
pub fn sku(tenant: &TenantId, sku: &SkuId) -> Key {
    key(tenant_partition(tenant), format!("{SKU}{}", sku.0))
}

/// A Teams policy that exists, by type and name in small letters. Both are Microsoft's and may be long: a key holds 1,024 bytes.
pub fn policy(tenant: &TenantId, policy_type: &PolicyType, name: &str) -> Key {
    let part = |text: &str| -> String { text.to_lowercase().chars().take(100).collect() };
    key(
        tenant_partition(tenant),
        format!("{POLICY}{}#{}", part(&policy_type.0), part(name)),
    )
}

/// A lane's lease row.
pub fn lane(tenant: &TenantId, lane: Lane) -> Key {
    key(tenant_partition(tenant), format!("{LANE}{lane}"))
}

/// How far sync has read the people.
pub fn cursor(tenant: &TenantId) -> Key {
    key(tenant_partition(tenant), "CURSOR#people".to_owned())
}

/// How far sync has read another family.
pub fn family_cursor(tenant: &TenantId, family: Family) -> Key {
    let name = match family {
        Family::Numbers => "numbers",
        Family::Accounts => "accounts",
        Family::Groups => "groups",
    };
    key(tenant_partition(tenant), format!("CURSOR#{name}"))
}

/// The partition of the lists of changed ids.
pub fn pages(tenant: &TenantId) -> String {
    format!("{}#PAGES", tenant_partition(tenant))
}

/// The list of changed ids of one page; named by the version of the cursor that passed it.
pub fn page(tenant: &TenantId, version: u64) -> Key {
    key(pages(tenant), format!("{version:012}"))
}

/// The list of people whom the sync with this fence could not decide; sorts after all pages.
pub fn later_page(tenant: &TenantId, fence: u64) -> Key {
    key(pages(tenant), format!("later#{fence:012}"))
}

/// A list of people whom the next sync decides for, by the name of what handed them over; before the lists of all syncs.
pub fn handed_page(tenant: &TenantId, name: &str) -> Key {
    key(pages(tenant), format!("later#{:012}#{name}", 0))
}

/// The prefix of the names of people who are to be read again; they sort after all lists.
pub const REFRESH: &str = "refresh#";

/// Somebody who is to be read again.
pub fn refresh(tenant: &TenantId, order: &Refresh) -> Key {
    let (ordered, person) = (order.ordered.sortable(), &order.person.0);
    key(pages(tenant), format!("{REFRESH}{ordered}#{person}"))
}

/// The partition of what is to happen, soonest first.
pub fn agenda(tenant: &TenantId) -> String {
    format!("{}#AGENDA", tenant_partition(tenant))
}

/// That somebody is to leave, or a number has rested.
pub fn appointment(tenant: &TenantId, entry: &Appointment) -> Key {
    let at = entry.at.sortable();
    let subject = match &entry.of {
        Subject::Person(person) => &person.0,
        Subject::Number(number) => number.as_str(),
    };
    key(agenda(tenant), format!("{at}#{subject}"))
}

/// A partition of people.
pub fn people(tenant: &TenantId, shard: u8) -> String {
    format!("{}#U{shard}", tenant_partition(tenant))
}

/// One person.
pub fn person(tenant: &TenantId, shards: u8, id: &UserId) -> Key {
    key(
        people(tenant, shard_of(&id.0, shards)),
        format!("{USER}{}", id.0),
    )
}

/// A partition of telephone numbers.
pub fn numbers(tenant: &TenantId, shard: u8) -> String {
    format!("{}#N{shard}", tenant_partition(tenant))
}

/// One telephone number; the only place that can say who holds it. All with the same digits before their extensions lie together.
pub fn number(tenant: &TenantId, shards: u8, number: &E164) -> Key {
    key(
        numbers(tenant, shard_of(number.base().as_str(), shards)),
        format!("{NUMBER}{number}"),
    )
}

/// A second place of a number, beside its row.
pub fn duplicate(tenant: &TenantId, shards: u8, number: &E164, node: &SitePath) -> Key {
    below(
        self::number(tenant, shards, number),
        &format!("AT#{}", node.0),
    )
}

/// The partition of what became of a number, oldest first.
pub fn trail(tenant: &TenantId, number: &E164) -> String {
    format!("{}#trail#{number}", tenant_partition(tenant))
}

/// What became of a number then, by the version that its row got.
pub fn trail_event(tenant: &TenantId, number: &E164, at: Time, version: u64) -> Key {
    let sort = format!("{}#{version:010}", at.sortable());
    key(trail(tenant, number), sort)
}

/// The partition of jobs, and of what is kept of each.
pub fn jobs(tenant: &TenantId, shard: u8) -> String {
    format!("{}#J{shard}", tenant_partition(tenant))
}

/// The prefix of the sort keys there.
pub const JOB: &str = "JOB#";

/// What the last audit of numbers found.
pub fn audit(tenant: &TenantId) -> Key {
    key(tenant_partition(tenant), "AUDIT#numbers".to_owned())
}

/// The numbers of a range that are free.
pub fn free(tenant: &TenantId, range: &RangeId) -> String {
    format!("{}#free#{}", tenant_partition(tenant), range.0)
}

/// The numbers that are reserved for somebody.
pub fn reserved_for(tenant: &TenantId, person: &UserId) -> String {
    format!("{}#reserved#{}", tenant_partition(tenant), person.0)
}

/// Where a number stands among those that are free, or reserved for somebody; `None` = it is neither.
pub fn in_queue(tenant: &TenantId, entry: &Entry) -> Option<Key> {
    let of_range = || Some(free(tenant, entry.drawn_from()?));
    let person = entry.reserved_for();
    let partition = person
        .map(|person| reserved_for(tenant, person))
        .or_else(of_range)?;
    Some(key(partition, entry.number.to_string()))
}

/// A range of numbers.
pub fn range(tenant: &TenantId, id: &RangeId) -> Key {
    key(tenant_partition(tenant), format!("{RANGE}{}", id.0))
}

/// One job's header.
pub fn job(tenant: &TenantId, shards: u8, id: &JobId) -> Key {
    let shard = shard_of(&id.0, shards);
    key(jobs(tenant, shard), format!("{JOB}{}", id.0))
}

/// Its plan.
pub fn plan(tenant: &TenantId, shards: u8, id: &JobId) -> Key {
    below(job(tenant, shards, id), "PLAN")
}

/// Its history, written with its end.
pub fn history(tenant: &TenantId, shards: u8, id: &JobId) -> Key {
    below(job(tenant, shards, id), "HISTORY")
}

/// The partition an id belongs to: FNV-1a, which never changes.
pub fn shard_of(id: &str, shards: u8) -> u8 {
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    u8::try_from(hash % u64::from(shards.max(1))).unwrap_or(0)
}

fn key(pk: String, sk: String) -> Key {
    Key { pk, sk }
}

fn below(mut key: Key, what: &str) -> Key {
    key.sk = format!("{}#{what}", key.sk);
    key
}

#[cfg(test)]
mod tests;
