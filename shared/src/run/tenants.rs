//! What is ordered for a whole tenant: register it, connect it anew, let it work or not, try its connection, sync it.

use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::model::lane::{Lane, Mark};
use crate::model::safety::Incident;
use crate::model::tenant::{Connection, Mode, Tenant, TenantId};
use crate::plan::written;

use super::{Shell, sync};

/// So many people share a partition; a tenant's partitions are fixed when it is registered.
const PEOPLE_A_SHARD: u32 = 40_000;
/// So many partitions at most: 500,000 people are spread over 13.
const MOST_SHARDS: u32 = 16;

/// Registers a tenant that is to have about so many people, and tries its connection at once (F1, F4). `Conflict` if it is registered
/// already, or what is said of it cannot be.
pub async fn register_new(
    shell: &Shell,
    id: TenantId,
    name: String,
    connection: Connection,
    people: u32,
) -> Result<Tenant> {
    let refused = |why: String| Error::new(Kind::Conflict, why);
    written::name(&name).map_err(refused)?;
    written::connection(&connection).map_err(refused)?;
    let shards = people.div_ceil(PEOPLE_A_SHARD).clamp(1, MOST_SHARDS);
    let shards = u8::try_from(shards).unwrap_or(1);
    let tenant = Tenant::new(id, name, connection, shards);
    register(shell, &tenant).await?;
    Ok(tenant)
}

/// Registers a tenant, and tries its connection at once (F4). `Conflict` if it is registered already.
pub async fn register(shell: &Shell, tenant: &Tenant) -> Result<()> {
    shell.store.register(tenant).await?;
    ring(shell, &tenant.id, Mark::Probe).await
}

/// Gives a tenant another connection, and tries it at once (F4). `NotFound` if there is no such tenant; `Conflict` if what is said of it
/// cannot be.
pub async fn connect(shell: &Shell, tenant: &TenantId, connection: &Connection) -> Result<()> {
    let refused = |why: String| Error::new(Kind::Conflict, why);
    written::connection(connection).map_err(refused)?;
    shell.store.set_connection(tenant, connection).await?;
    ring(shell, tenant, Mark::Probe).await
}

/// Sets how much of its work is done for a tenant (F6). A drain under way stops within half a minute (L6); what has waited or
/// changed while the tenant stood still is read and decided at once when it is active again.
pub async fn set_mode(shell: &Shell, tenant: &TenantId, mode: Mode) -> Result<()> {
    shell.store.set_mode(tenant, mode).await?;
    let (lanes, mark) = match mode {
        Mode::Active => (Lane::ALL.as_slice(), Some(Mark::Pull)),
        Mode::ReadOnly => ([Lane::Sync].as_slice(), None),
        Mode::Paused => return Ok(()),
    };
    wake(shell, tenant, lanes, mark).await
}

/// The longest pause for an incident, and the longest reason, in characters.
const LONGEST_INCIDENT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const LONGEST_REASON: usize = 200;

/// Something is wrong at Microsoft: from now on nobody is provisioned or offboarded, until the end that is named (R145). Reading, deciding
/// and looking at the staged go on. A second one takes the place of the first. `Conflict` if it has no reason or no end within a week.
pub async fn begin_incident(shell: &Shell, tenant: &TenantId, incident: Incident) -> Result<()> {
    let tenant = sync::tenant(shell, tenant).await?;
    let now = shell.clock.now();
    let length = incident.reason.trim().chars().count();
    let refused = |why: &str| Err(Error::new(Kind::Conflict, why.to_owned()));
    if length == 0 || length > LONGEST_REASON {
        return refused("a pause has a reason of 1 to 200 characters");
    }
    if incident.until <= now || incident.until > now + LONGEST_INCIDENT {
        return refused("a pause ends later than now, and within 7 days");
    }
    shell.store.set_incident(&tenant.id, Some(&incident)).await
}

/// Nothing is wrong any more: what waited is done, in its order.
pub async fn end_incident(shell: &Shell, tenant: &TenantId) -> Result<()> {
    shell.store.set_incident(tenant, None).await?;
    wake(shell, tenant, &[Lane::Provision, Lane::Offboard], None).await
}

/// Orders a test of the connection, soon, also while the tenant is paused or its circuit is open (F4).
pub async fn probe_now(shell: &Shell, tenant: &TenantId) -> Result<()> {
    let tenant = sync::tenant(shell, tenant).await?;
    ring(shell, &tenant.id, Mark::Probe).await
}

/// Orders one sync, soon, whatever the schedule says (F10).
pub async fn sync_now(shell: &Shell, tenant: &TenantId) -> Result<()> {
    let tenant = sync::tenant(shell, tenant).await?;
    ring(shell, &tenant.id, Mark::Pull).await
}

/// Orders that the inventory of numbers be compared with Microsoft, soon, whatever the schedule says (F64).
pub async fn audit_now(shell: &Shell, tenant: &TenantId) -> Result<()> {
    let tenant = sync::tenant(shell, tenant).await?;
    ring(shell, &tenant.id, Mark::Numbers).await
}

/// Rings the sync lane for this.
pub(super) async fn ring(shell: &Shell, tenant: &TenantId, mark: Mark) -> Result<()> {
    wake(shell, tenant, &[Lane::Sync], Some(mark)).await
}

/// Rings these lanes, the sync lane for this.
pub(super) async fn wake(
    shell: &Shell,
    tenant: &TenantId,
    lanes: &[Lane],
    mark: Option<Mark>,
) -> Result<()> {
    let now = shell.clock.now();
    for lane in lanes {
        let mark = mark.filter(|_| *lane == Lane::Sync);
        shell.store.ring(tenant, *lane, mark, now).await?;
    }
    shell.ring(tenant, lanes.iter().copied()).await;
    Ok(())
}
