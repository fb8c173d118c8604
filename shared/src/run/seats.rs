//! Licence seats: who may take one now. Seats are free that nobody has taken as Microsoft counts, and that are kept for nobody;
//! whoever has waited longer comes first (I4, F51).

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::error::{Kind, Result};
use crate::graph::Graph;
use crate::model::group::{Group, given_by};
use crate::model::job::{Job, JobId, Waits};
use crate::model::microsoft::{Sku, SkuId};
use crate::model::step::Step;
use crate::model::tenant::Tenant;
use crate::model::time::Time;
use crate::store::jobs::PlanRow;

use super::Shell;

/// Waiting jobs looked at, oldest first; beyond them the hourly look has to do.
const MOST: i32 = 1_000;

/// Somebody who waits for seats.
#[derive(Clone, Debug)]
pub(super) struct Waiter {
    /// Their job.
    pub job: Job,
    /// The products of which they need a seat.
    pub needs: Vec<SkuId>,
}

/// The stock of a tenant at one moment, less what is taken from it since.
#[derive(Debug)]
pub(super) struct Seats(Mutex<Stock>);

#[derive(Debug)]
struct Stock {
    free: BTreeMap<SkuId, u32>,
    /// When those were committed who wait for a seat of a product and have not got it yet.
    waiting: BTreeMap<SkuId, Vec<(Time, JobId)>>,
}

impl Seats {
    /// Reads the stock, now, and who waits for it.
    pub async fn read(
        shell: &Shell,
        tenant: &Tenant,
        graph: &Graph,
        groups: &[Group],
    ) -> Result<Self> {
        let skus = match graph.subscribed_skus().await {
            // Then it is Microsoft's to refuse.
            Err(error) if *error.kind() == Kind::Denied => Vec::new(),
            skus => skus?,
        };
        let mut waiting: BTreeMap<SkuId, Vec<(Time, JobId)>> = BTreeMap::new();
        for waiter in waiters(shell, tenant, groups).await? {
            for sku in waiter.needs {
                let queue = waiting.entry(sku).or_default();
                queue.push((waiter.job.created, waiter.job.id.clone()));
            }
        }
        Ok(Self(Mutex::new(Stock {
            free: free(shell, tenant, &skus).await?,
            waiting,
        })))
    }

    /// Takes a seat of each of these products, if there is one of each for this job. A product that the tenant does not own is
    /// Microsoft's to refuse.
    pub fn take(&self, job: &Job, skus: &[SkuId]) -> bool {
        let Ok(mut stock) = self.0.lock() else {
            return false;
        };
        let Stock { free, waiting } = &mut *stock;
        let place = (job.created, job.id.clone());
        let there_is = |sku: &SkuId| {
            let before = waiting.get(sku).map_or(0, |queue| {
                queue.iter().filter(|waiter| **waiter < place).count()
            });
            free.get(sku)
                .is_none_or(|free| usize::try_from(*free).unwrap_or(usize::MAX) > before)
        };
        if !skus.iter().all(there_is) {
            return false;
        }
        for sku in skus {
            if let Some(free) = free.get_mut(sku) {
                *free = free.saturating_sub(1);
            }
        }
        // Whoever has got a seat is in nobody's way any more.
        for queue in waiting.values_mut() {
            queue.retain(|waiter| *waiter != place);
        }
        true
    }

    /// Microsoft says that there is none left, whatever was counted.
    pub fn none_left(&self, skus: &[SkuId]) {
        if let Ok(mut stock) = self.0.lock() {
            for sku in skus {
                stock.free.insert(sku.clone(), 0);
            }
        }
    }
}

/// Free seats by product.
pub(super) async fn free(
    shell: &Shell,
    tenant: &Tenant,
    skus: &[Sku],
) -> Result<BTreeMap<SkuId, u32>> {
    let kept = shell.store.kept_seats(&tenant.id).await?;
    let free = |sku: &Sku| {
        let kept = kept.get(&sku.id).copied().unwrap_or_default();
        (sku.id.clone(), sku.unused().saturating_sub(kept))
    };
    Ok(skus.iter().map(free).collect())
}

/// Who waits for seats, the longest waiting first.
pub(super) async fn waiters(
    shell: &Shell,
    tenant: &Tenant,
    groups: &[Group],
) -> Result<Vec<Waiter>> {
    let mut found = Vec::new();
    for id in shell.store.waiting(tenant, &Waits::Licence, MOST).await? {
        let job = shell.store.job(tenant, &id).await?;
        let Some(job) = job.filter(|job| job.waits == Some(Waits::Licence) && job.seats.is_empty())
        else {
            continue;
        };
        let Some(PlanRow::Known(plan)) = shell.store.plan(tenant, &id).await? else {
            continue;
        };
        let open = plan.steps.iter().zip(&job.standings);
        let open = open.filter(|(_, standing)| !standing.stands.is_final());
        let needs = open.flat_map(|(step, _)| needs(step, groups)).collect();
        found.push(Waiter { job, needs });
    }
    found.sort_by(|a, b| (a.job.created, &a.job.id).cmp(&(b.job.created, &b.job.id)));
    Ok(found)
}

/// The products of which a step needs a seat.
fn needs(step: &Step, groups: &[Group]) -> Vec<SkuId> {
    match step {
        Step::Licences { set, .. } => set.clone(),
        Step::Groups { join } => given_by(join, groups).map(|(_, sku)| sku.clone()).collect(),
        Step::UsageLocation { .. }
        | Step::AwaitTeams
        | Step::HoldNumber { .. }
        | Step::KeepNumber { .. }
        | Step::EmergencyLocation { .. }
        | Step::AssignNumber { .. }
        | Step::NoNumbers
        | Step::BlockSignIn
        | Step::RevokeSessions
        | Step::Policies { .. }
        | Step::ClearPolicies
        | Step::OnlyPolicies { .. }
        | Step::LeaveGroups { .. }
        | Step::ClearLicences
        | Step::Place { .. }
        | Step::Role { .. } => Vec::new(),
    }
}
