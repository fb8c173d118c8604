//! What is ordered for a whole tenant: register it, connect it anew, let it work or not, try its connection, sync it.

use crate::error::Result;
use crate::model::lane::{Lane, Mark};
use crate::model::tenant::{Connection, Mode, Tenant, TenantId};

use super::{Shell, sync};

/// Registers a tenant, and tries its connection at once (F4). `Conflict` if it is registered already.
pub async fn register(shell: &Shell, tenant: &Tenant) -> Result<()> {
    shell.store.register(tenant).await?;
    ring(shell, &tenant.id, Mark::Probe).await
}

/// Gives a tenant another connection, and tries it at once (F4). `NotFound` if there is no such tenant.
pub async fn connect(shell: &Shell, tenant: &TenantId, connection: &Connection) -> Result<()> {
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
    let now = shell.clock.now();
    for lane in lanes {
        let mark = mark.filter(|_| *lane == Lane::Sync);
        shell.store.ring(tenant, *lane, mark, now).await?;
    }
    shell.ring(tenant, lanes.iter().copied()).await;
    Ok(())
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

async fn ring(shell: &Shell, tenant: &TenantId, mark: Mark) -> Result<()> {
    let now = shell.clock.now();
    shell
        .store
        .ring(tenant, Lane::Sync, Some(mark), now)
        .await?;
    shell.ring(tenant, [Lane::Sync]).await;
    Ok(())
}
