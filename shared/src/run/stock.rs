//! Licence stock: read at every sync; who waits for a seat is woken, the longest waiting first, as many as there are seats.

use crate::config;
use crate::error::Result;
use crate::graph::Graph;
use crate::model::job::{Job, Waits};
use crate::model::lane::Lane;
use crate::model::microsoft::Sku;
use crate::model::step::Step;
use crate::model::tenant::Tenant;
use crate::store::jobs::PlanRow;

use super::Shell;
use super::lease::Lease;

/// Waiting jobs looked at in one sync, oldest first; beyond them the hourly look has to do.
const MOST: i32 = 1_000;

/// Reads the licence products, stores what changed, and wakes who can go on.
pub(super) async fn refresh(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    graph: &Graph,
) -> Result<()> {
    lease.permit()?;
    let seen = graph.subscribed_skus().await?;
    let known = shell.store.skus(&tenant.id).await?;
    for sku in &seen {
        if !known.contains(sku) {
            shell.store.put_sku(&tenant.id, sku).await?;
        }
    }
    let waiting = shell.store.waiting(tenant, &Waits::Licence, MOST).await?;
    let mut free: Vec<(&Sku, u32)> = seen
        .iter()
        .map(|sku| (sku, sku.enabled.saturating_sub(sku.consumed)))
        .collect();
    let mut ready = Vec::new();
    for id in waiting {
        let Some(job) = shell
            .store
            .job(tenant, &id)
            .await?
            .filter(|job| job.waits == Some(Waits::Licence))
        else {
            continue;
        };
        let Some(PlanRow::Known(plan)) = shell.store.plan(tenant, &id).await? else {
            continue;
        };
        let wants: Vec<_> = plan
            .steps
            .iter()
            .flat_map(|step| match step {
                Step::Licences { set } => set.as_slice(),
                Step::UsageLocation { .. }
                | Step::AwaitTeams
                | Step::Policies { .. }
                | Step::ClearPolicies
                | Step::ClearLicences
                | Step::Place { .. }
                | Step::Role { .. } => &[],
            })
            .collect();
        let seats: Vec<usize> = free
            .iter()
            .enumerate()
            .filter(|(_, (sku, _))| wants.contains(&&sku.id))
            .map(|(at, _)| at)
            .collect();
        if seats.iter().all(|at| free[*at].1 > 0) {
            for at in seats {
                free[at].1 -= 1;
            }
            ready.push(woken(job, shell));
        }
    }
    if !ready.is_empty() {
        let now = shell.clock.now();
        shell
            .store
            .hand_over(tenant, &ready, Lane::Provision, lease.worker(), now)
            .await?;
        shell.ring(&tenant.id, [Lane::Provision]).await;
    }
    Ok(())
}

/// Due at once, but not within a minute of the refusal: it would only be put off again.
fn woken(mut job: Job, shell: &Shell) -> Job {
    let refusals = job.asks.iter().filter(|ask| ask.was_put_off());
    let refused = refusals
        .filter_map(|ask| Some(ask.closed.as_ref()?.at))
        .max();
    let now = shell.clock.now();
    let due = refused.map_or(now, |at| now.max(at + config::REPEAT_AFTER));
    job.move_to(Lane::Provision, due);
    job
}
