//! A tenant's schedules: made once, then an administrator's.

use crate::error::{Error, Kind, Result};
use crate::model::schedule::{Schedule, ScheduleKind, When};
use crate::model::tenant::{Tenant, TenantId};
use crate::model::time::Time;
use crate::plan::{calendar, written};
use crate::queue::Kept;

use super::{Shell, basis, sync};

/// So many runs are shown of a schedule.
const SHOWN: usize = 5;

/// Makes the default schedules of a tenant that never had any (R21, R33). Who deletes one later means it.
pub(super) async fn make_once(shell: &Shell, tenant: &Tenant) -> Result<()> {
    if tenant.has_schedules {
        return Ok(());
    }
    for kind in ScheduleKind::ALL {
        shell
            .schedules
            .create(&tenant.id, kind, &kind.default_schedule())
            .await?;
    }
    shell.store.mark_schedules(&tenant.id).await
}

/// A schedule of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleSeen {
    /// Which.
    pub kind: ScheduleKind,
    /// What it says; `None` = it was deleted.
    pub schedule: Option<Schedule>,
    /// When it runs next, soonest first; empty = it does not (F118).
    pub next: Vec<Time>,
    /// The time zone in which people read that: its own, or the tenant's.
    pub zone: String,
}

impl ScheduleSeen {
    /// The next runs in UTC and as the clocks of its place show them.
    pub fn runs(&self) -> impl Iterator<Item = (Time, Option<String>)> {
        let next = self.next.iter();
        next.map(|run| (*run, calendar::local(*run, &self.zone)))
    }
}

/// The schedules of a tenant.
pub async fn schedules(shell: &Shell, tenant: &TenantId) -> Result<Vec<ScheduleSeen>> {
    let tenant = sync::tenant(shell, tenant).await?;
    let tree = basis::tree(shell, &tenant).await?;
    let home = tree.time_zone(None).value;
    let mut found = Vec::with_capacity(ScheduleKind::ALL.len());
    for kind in ScheduleKind::ALL {
        let kept = shell.schedules.get(&tenant.id, kind).await?;
        found.push(seen(shell, kind, kept, &home));
    }
    Ok(found)
}

fn seen(shell: &Shell, kind: ScheduleKind, kept: Option<Kept>, home: &str) -> ScheduleSeen {
    let now = shell.clock.now();
    let on = kept.as_ref().filter(|kept| kept.schedule.active);
    let next = on.map(|kept| {
        let changed = kept.changed.unwrap_or(now);
        calendar::next_runs(&kept.schedule.when, changed, now, SHOWN)
    });
    let zone = match kept.as_ref().map(|kept| &kept.schedule.when) {
        Some(When::At(daily)) => daily.zone.clone(),
        Some(When::Every(_)) | None => home.to_owned(),
    };
    ScheduleSeen {
        kind,
        schedule: kept.map(|kept| kept.schedule),
        next: next.unwrap_or_default(),
        zone,
    }
}

/// Changes switch and time together (R9). One that was deleted, or never made, is made. `Conflict` if it cannot run so.
pub async fn set_schedule(
    shell: &Shell,
    tenant: &TenantId,
    kind: ScheduleKind,
    schedule: &Schedule,
) -> Result<ScheduleSeen> {
    let refused = |why| Error::new(Kind::Conflict, why);
    written::schedule(kind, schedule).map_err(refused)?;
    let tenant = sync::tenant(shell, tenant).await?;
    make_once(shell, &tenant).await?;
    match shell.schedules.update(&tenant.id, kind, schedule).await {
        Err(error) if *error.kind() == Kind::NotFound => {
            shell.schedules.create(&tenant.id, kind, schedule).await?;
        }
        changed => changed?,
    }
    let home = basis::tree(shell, &tenant).await?.time_zone(None).value;
    let kept = Kept {
        schedule: schedule.clone(),
        changed: Some(shell.clock.now()),
    };
    Ok(seen(shell, kind, Some(kept), &home))
}
