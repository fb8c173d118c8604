//! What people do with change sets: look, say yes or no (F130, F131, I3).

use crate::error::{Error, Kind, Result};
use crate::model::change_set::{ChangeSet, SetId, SetPlace, SetState};
use crate::model::lane::Mark;
use crate::model::tenant::{Tenant, TenantId};
pub use crate::store::change_sets::PlannedChange;

use super::tenants::ring;
use super::{Shell, sync};

/// Change sets, the oldest first, after this one, and where the next begin.
pub async fn list(
    shell: &Shell,
    tenant: &TenantId,
    after: Option<&SetId>,
    limit: i32,
) -> Result<(Vec<ChangeSet>, Option<SetId>)> {
    shell.store.change_sets(tenant, after, limit).await
}

/// One of them.
pub async fn get(shell: &Shell, tenant: &TenantId, id: &SetId) -> Result<ChangeSet> {
    let set = shell.store.change_set(tenant, id).await?;
    set.ok_or_else(|| Error::new(Kind::NotFound, format!("there is no change set {}", id.0)))
}

/// Those that wait for a yes.
pub async fn waiting(shell: &Shell, tenant: &Tenant) -> Result<Vec<ChangeSet>> {
    let mut waiting = Vec::new();
    for id in tenant.gate.open.values().chain(&tenant.files) {
        let set = shell.store.change_set(&tenant.id, id).await?;
        waiting.extend(set.filter(|set| set.state == SetState::Stopped));
    }
    Ok(waiting)
}

/// What a change set would do, person by person, and where the next page begins.
pub async fn plan(
    shell: &Shell,
    tenant: &TenantId,
    id: &SetId,
    from: SetPlace,
    limit: i32,
) -> Result<(Vec<PlannedChange>, Option<SetPlace>)> {
    let tenant = sync::tenant(shell, tenant).await?;
    get(shell, &tenant.id, id).await?;
    let mut from = Some(from);
    while let Some(place) = from {
        let page = shell.store.planned_page(&tenant.id, id, &place, limit);
        let (rows, next) = page.await?;
        from = place.next(next, tenant.shards);
        if !rows.is_empty() {
            return Ok((rows, from));
        }
    }
    Ok((Vec::new(), None))
}

/// Says yes to exactly the plans that have this hash. `Conflict` if the set does not wait any more, has another hash, or `by` is one of
/// those who edited what it was decided with.
pub async fn approve(
    shell: &Shell,
    tenant: &TenantId,
    id: &SetId,
    hash: &str,
    by: &str,
) -> Result<ChangeSet> {
    let set = stopped(shell, tenant, id, hash).await?;
    if set.authors.contains(by) {
        let why = format!(
            "{by} edited what change set {} was decided with: somebody else has to say yes",
            id.0
        );
        return Err(conflict(why));
    }
    if shell.clock.now() >= set.expires {
        let why = format!(
            "change set {} expired at {}: the next sync decides anew",
            id.0, set.expires
        );
        return Err(conflict(why));
    }
    answer(shell, tenant, set, SetState::Released, by).await
}

/// Says no: nobody in it is changed, until something about them or about the rules is.
pub async fn reject(
    shell: &Shell,
    tenant: &TenantId,
    id: &SetId,
    hash: &str,
    by: &str,
) -> Result<ChangeSet> {
    let set = stopped(shell, tenant, id, hash).await?;
    answer(shell, tenant, set, SetState::Rejected, by).await
}

async fn answer(
    shell: &Shell,
    tenant: &TenantId,
    mut set: ChangeSet,
    state: SetState,
    by: &str,
) -> Result<ChangeSet> {
    set.state = state;
    set.answered_by = Some(by.to_owned());
    if !shell.store.save_change_set(tenant, &mut set).await? {
        let why = format!(
            "somebody else was faster with change set {}: look again",
            set.id.0
        );
        return Err(conflict(why));
    }
    ring(shell, tenant, Mark::Decide).await?;
    Ok(set)
}

/// A change set that waits and is the one that was looked at.
async fn stopped(shell: &Shell, tenant: &TenantId, id: &SetId, hash: &str) -> Result<ChangeSet> {
    let tenant = sync::tenant(shell, tenant).await?;
    let set = get(shell, &tenant.id, id).await?;
    let newer = tenant.gate.open.get(&set.origin).filter(|open| *open != id);
    if let Some(newer) = newer {
        let newer = get(shell, &tenant.id, newer).await?;
        return Err(conflict(format!(
            "change set {} with {} people was replaced by {} with {}: look at that one",
            id.0, set.people, newer.id.0, newer.people
        )));
    }
    if set.state != SetState::Stopped {
        let why = format!(
            "change set {} does not wait for an answer: it is {}",
            id.0,
            set.state.name()
        );
        return Err(conflict(why));
    }
    if set.hash != hash {
        let why = format!(
            "change set {} has another hash: look at its plan again",
            id.0
        );
        return Err(conflict(why));
    }
    Ok(set)
}

fn conflict(why: String) -> Error {
    Error::new(Kind::Conflict, why)
}
