//! A tenant's schedules: made once, then an administrator's.

use crate::error::{Error, Kind, Result};
use crate::model::schedule::{Schedule, ScheduleKind};
use crate::model::tenant::{Tenant, TenantId};

use super::{Shell, sync};

/// Makes the default schedules of a tenant that never had any (R21, R33). Who deletes one later means it.
pub(super) async fn make_once(shell: &Shell, tenant: &Tenant) -> Result<()> {
    if tenant.has_schedules {
        return Ok(());
    }
    for kind in ScheduleKind::ALL {
        shell
            .schedules
            .create(&tenant.id, kind, kind.default_schedule())
            .await?;
    }
    shell.store.mark_schedules(&tenant.id).await
}

/// The schedules of a tenant; `None` = deleted.
pub async fn schedules(
    shell: &Shell,
    tenant: &TenantId,
) -> Result<Vec<(ScheduleKind, Option<Schedule>)>> {
    let tenant = sync::tenant(shell, tenant).await?;
    let mut found = Vec::with_capacity(ScheduleKind::ALL.len());
    for kind in ScheduleKind::ALL {
        found.push((kind, shell.schedules.get(&tenant.id, kind).await?));
    }
    Ok(found)
}

/// Changes switch and interval together (R9). One that was deleted, or never made, is made.
pub async fn set_schedule(
    shell: &Shell,
    tenant: &TenantId,
    kind: ScheduleKind,
    schedule: Schedule,
) -> Result<()> {
    if !schedule.is_possible() {
        return Err(Error::new(
            Kind::Invalid,
            format!(
                "{kind} cannot run every {} minutes: {} to {} are possible",
                schedule.minutes,
                Schedule::SHORTEST,
                Schedule::LONGEST
            ),
        ));
    }
    let tenant = sync::tenant(shell, tenant).await?;
    make_once(shell, &tenant).await?;
    match shell.schedules.update(&tenant.id, kind, schedule).await {
        Err(error) if *error.kind() == Kind::NotFound => {
            shell.schedules.create(&tenant.id, kind, schedule).await
        }
        changed => changed,
    }
}
