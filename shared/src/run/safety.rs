//! What people do to keep automation from going too far: flow-through on and off, exceptions of single people, the halt of everything.

use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::model::lane::{Lane, Mark};
use crate::model::microsoft::UserId;
use crate::model::safety::{Exception, FlowThrough, Halt};
use crate::model::tenant::{OffboardLicences, Tenant, TenantId};
use crate::plan::decide::Basis;
use crate::plan::readiness::{self, missing};
pub use crate::plan::readiness::{Point, Readiness};

use super::tenants::{ring, wake};
use super::{Shell, basis, look, sync};

/// The setting that lets rules decide for everybody.
const FLOW_THROUGH: &str = "flow_through";
/// The longest text that somebody gives as a reason or an owner, in characters.
const LONGEST: usize = 200;
/// The longest exception: whoever needs a longer one makes it again, or writes a rule.
const LONGEST_EXCEPTION: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// How far a tenant is set up (R16, R31).
pub async fn readiness(shell: &Shell, tenant: &TenantId) -> Result<Readiness> {
    let tenant = sync::tenant(shell, tenant).await?;
    let basis = basis::basis(shell, &tenant).await?;
    of(shell, &tenant, &basis).await
}

pub(super) async fn of(shell: &Shell, tenant: &Tenant, basis: &Basis) -> Result<Readiness> {
    let cursor = shell.store.cursor(&tenant.id).await?;
    Ok(readiness::readiness(
        tenant,
        basis,
        cursor.full_at.is_some(),
    ))
}

/// Lets rules decide for everybody from now on (R32); the first decision waits for somebody else's yes. `Conflict` with everything
/// that is not ready, unless `despite` says why it is to be turned on all the same (R41).
pub async fn turn_on(
    shell: &Shell,
    tenant: &TenantId,
    despite: Option<String>,
    by: &str,
) -> Result<()> {
    let tenant = sync::tenant(shell, tenant).await?;
    if let Some(why) = &despite {
        text(
            "the reason to turn flow-through on before everything is ready",
            why,
        )?;
    }
    let ready = readiness(shell, &tenant.id).await?;
    let others = ready
        .flow_through
        .iter()
        .filter(|point| point.name != "switch");
    let open = missing(others);
    if let (Some(open), None) = (&open, &despite) {
        let why = format!("flow-through is not ready: {open}");
        return Err(Error::new(Kind::Conflict, why));
    }
    let flow_through = FlowThrough {
        // Turned on twice it is the same; off in between, its first run waits again.
        since: tenant
            .settings
            .flow_through
            .as_ref()
            .map_or(shell.clock.now(), |on| on.since),
        by: by.to_owned(),
        despite,
    };
    // First: a decision with it must not miss who turned it on.
    shell.store.add_author(&tenant.id, by).await?;
    shell
        .store
        .set_setting(&tenant.id, FLOW_THROUGH, Some(&flow_through))
        .await?;
    ring(shell, &tenant.id, Mark::Decide).await
}

/// Rules decide only for those who were adopted, from now on.
pub async fn turn_off(shell: &Shell, tenant: &TenantId) -> Result<()> {
    let nothing: Option<&FlowThrough> = None;
    shell.store.set_setting(tenant, FLOW_THROUGH, nothing).await
}

/// Chooses what offboarding does with direct licences, wherever nothing else is set (R81, R84).
pub async fn choose_offboarding(
    shell: &Shell,
    tenant: &TenantId,
    licences: OffboardLicences,
    by: &str,
) -> Result<()> {
    let tenant = sync::tenant(shell, tenant).await?;
    shell.store.add_author(&tenant.id, by).await?;
    shell
        .store
        .set_setting(&tenant.id, "offboard_licences", Some(&licences))
        .await
}

/// Why the first decision about everybody must not be made yet; `None` = it may (R41).
pub(super) fn stands_in_the_way(tenant: &Tenant, basis: &Basis) -> Option<String> {
    let on = tenant.settings.flow_through.as_ref()?;
    if !tenant.is_before_first_run(&tenant.gate) || on.despite.is_some() {
        return None;
    }
    // Whether the directory was read makes no difference to flow-through.
    missing(&readiness::readiness(tenant, basis, true).flow_through)
}

/// Everybody whom rules leave as they are now.
pub async fn exceptions(shell: &Shell, tenant: &TenantId) -> Result<Vec<Exception>> {
    let tenant = sync::tenant(shell, tenant).await?;
    let mut all = shell.store.exceptions(&tenant.id).await?;
    let now = shell.clock.now();
    all.retain(|exception| now < exception.until);
    Ok(all)
}

/// Makes rules leave somebody as they are, until then (F116). `Conflict` without an owner, a reason, or an end within a year.
pub async fn except(shell: &Shell, tenant: &TenantId, exception: &Exception) -> Result<()> {
    let tenant = sync::tenant(shell, tenant).await?;
    look::find(shell, &tenant, &exception.person).await?;
    text("who answers for an exception", &exception.owner)?;
    text("the reason of an exception", &exception.reason)?;
    let now = shell.clock.now();
    if exception.until <= now || exception.until > now + LONGEST_EXCEPTION {
        let why = "an exception ends later than now, and within 366 days";
        return Err(Error::new(Kind::Conflict, why));
    }
    shell.store.put_exception(&tenant.id, exception).await
}

/// Lets rules decide for somebody again, from the next sync on, which begins now.
pub async fn end_exception(shell: &Shell, tenant: &TenantId, person: &UserId) -> Result<()> {
    let tenant = sync::tenant(shell, tenant).await?;
    shell.store.end_exception(&tenant.id, person).await?;
    ring(shell, &tenant.id, Mark::Decide).await
}

/// Why everything stands still; `None` = it does not.
pub async fn halted(shell: &Shell) -> Result<Option<Halt>> {
    shell.store.halt().await
}

/// Halts the whole installation: within half a minute nothing is sent and nothing decided for any tenant (F133).
pub async fn halt(shell: &Shell, reason: &str, by: &str) -> Result<()> {
    text("the reason of a halt", reason)?;
    let halt = Halt {
        reason: reason.to_owned(),
        since: shell.clock.now(),
        by: by.to_owned(),
    };
    tracing::warn!(by, reason, "the installation is halted");
    shell.store.set_halt(Some(&halt)).await
}

/// Lets the installation work again: every tenant goes on where it stood.
pub async fn resume(shell: &Shell, by: &str) -> Result<()> {
    shell.store.set_halt(None).await?;
    tracing::warn!(by, "the installation works again");
    for tenant in shell.store.tenants().await? {
        wake(shell, &tenant, &Lane::ALL, Some(Mark::Pull)).await?;
    }
    Ok(())
}

fn text(what: &str, given: &str) -> Result<()> {
    let length = given.trim().chars().count();
    if (1..=LONGEST).contains(&length) {
        return Ok(());
    }
    let why = format!("{what} has 1 to {LONGEST} characters");
    Err(Error::new(Kind::Conflict, why))
}
