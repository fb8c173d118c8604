//! Where rows stand in the indexes: what is due, which lanes want to be rung, which jobs wait and for what.

use super::{Key, WAKE, key, shard_of, tenant_partition};
use crate::model::job::{Job, JobId, Waits};
use crate::model::lane::Lane;
use crate::model::tenant::TenantId;
use crate::model::time::Time;

/// Where a job stands in the index of what is due; `None` = final.
pub fn due(tenant: &TenantId, shards: u8, job: &Job) -> Option<Key> {
    let due = job.due?;
    Some(key(
        due_partition(tenant, job.lane, shard_of(&job.id.0, shards)),
        due_sort(due, &job.id),
    ))
}

/// A partition of due jobs.
pub fn due_partition(tenant: &TenantId, lane: Lane, shard: u8) -> String {
    format!("{}#{lane}#{shard}", tenant_partition(tenant))
}

pub(super) fn due_sort(due: Time, id: &JobId) -> String {
    format!("{}#{}", due.sortable(), id.0)
}

/// Sorts after everything that is due at `now` or before.
pub fn due_until(now: Time) -> String {
    format!("{}#~", now.sortable())
}

/// The due time and job of an index key.
pub fn read_due(sort: &str) -> Option<(Time, JobId)> {
    let (due, id) = sort.split_once('#')?;
    Some((Time::from_millis(due.parse().ok()?), JobId(id.to_owned())))
}

/// Where a lane stands among those that want to be rung.
pub fn wake(tenant: &TenantId, lane: Lane, at: Time) -> Key {
    key(
        WAKE.to_owned(),
        format!("{}#{}#{lane}", at.sortable(), tenant.as_str()),
    )
}

/// The tenant and lane of a wake-up.
pub fn read_wake(sort: &str) -> Option<(TenantId, Lane)> {
    let mut parts = sort.splitn(3, '#').skip(1);
    let tenant = TenantId::parse(parts.next()?)?;
    let name = parts.next()?;
    Some((
        tenant,
        Lane::ALL.into_iter().find(|lane| lane.name() == name)?,
    ))
}

/// Where a waiting job stands in the index of what is looked for.
pub fn waits(tenant: &TenantId, job: &Job) -> Option<Key> {
    let waits = job.waits.as_ref()?;
    Some(waits_place(tenant, waits, job.created, &job.id))
}

/// Where a job that was committed then stands among those that wait for one thing.
pub fn waits_place(tenant: &TenantId, waits: &Waits, created: Time, id: &JobId) -> Key {
    key(waits_partition(tenant, waits), due_sort(created, id))
}

/// The partition of the jobs that wait for one thing.
pub fn waits_partition(tenant: &TenantId, waits: &Waits) -> String {
    let what = match waits {
        Waits::Teams(_) => "teams",
        Waits::Licence => "no_licence",
        Waits::Number => "no_number",
        Waits::Permission => "permission",
        Waits::Settling => "settling",
    };
    format!("{}#waits#{what}", tenant_partition(tenant))
}
