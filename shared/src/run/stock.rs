//! Licence stock: read at every sync; who waits for a seat is woken, the longest waiting first, as many as there are seats.

use std::collections::BTreeSet;

use crate::config;
use crate::error::Result;
use crate::graph::Graph;
use crate::model::job::{Job, Waits};
use crate::model::lane::Lane;
use crate::model::microsoft::Sku;
use crate::model::tenant::Tenant;

use super::lease::Lease;
use super::{Shell, seats};

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
    let owned: BTreeSet<_> = seen.iter().map(|sku| &sku.id).collect();
    for sku in known {
        if !owned.contains(&sku.id) && !sku.missing {
            let missing = Sku {
                missing: true,
                enabled: 0,
                consumed: 0,
                ..sku
            };
            shell.store.put_sku(&tenant.id, &missing).await?;
        }
    }
    let groups = shell.store.groups(&tenant.id).await?;
    let waiters = seats::waiters(shell, tenant, &groups).await?;
    if waiters.is_empty() {
        return Ok(());
    }
    let mut free = seats::free(shell, tenant, &seen).await?;
    let mut ready = Vec::new();
    for waiter in waiters {
        let needs: BTreeSet<_> = waiter.needs.iter().collect();
        let is_free = |sku: &&_| free.get(*sku).is_none_or(|free| *free > 0);
        if needs.iter().all(is_free) {
            for sku in needs {
                free.entry(sku.clone())
                    .and_modify(|free| *free = free.saturating_sub(1));
            }
            ready.push(woken(waiter.job, Waits::Licence, shell));
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

/// Due at once, or as soon as every index shows what is free; but not within a minute of the refusal: it would only be put off again.
pub(super) fn woken(mut job: Job, waits: Waits, shell: &Shell) -> Job {
    let refusals = job.asks.iter().filter(|ask| ask.was_put_off());
    let refused = refusals
        .filter_map(|ask| Some(ask.closed.as_ref()?.at))
        .max();
    let now = shell.clock.now();
    let soon = match waits {
        // What is free is looked for in an index, which may lag.
        Waits::Number => now + config::SECOND_LOOK,
        Waits::Licence | Waits::Permission | Waits::Settling | Waits::Teams(_) => now,
    };
    let due = refused.map_or(soon, |at| soon.max(at + config::REPEAT_AFTER));
    job.move_to(Lane::Provision, due);
    // It keeps its place before those who have waited less, until it has what it waits for.
    job.waits = Some(waits);
    job
}
