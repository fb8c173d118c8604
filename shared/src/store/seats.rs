//! Licence seats that are kept for people while Microsoft does not count them yet (I4).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::jobs::Saved;
use super::keys;
use super::write::{Committed, Write};
use super::{Range, Store, encode};
use crate::error::Result;
use crate::model::job::Job;
use crate::model::lane::Worker;
use crate::model::microsoft::SkuId;
use crate::model::tenant::{Tenant, TenantId};
use crate::model::time::Time;

/// A seat of a product that is kept for whom a job is about, until it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// The product.
    pub sku: SkuId,
    /// Since when.
    pub since: Time,
}

impl Store {
    /// Stores an open job together with the seats that are kept for its person from now on (I4): both or neither.
    pub async fn save_with_seats(
        &self,
        tenant: &Tenant,
        job: &mut Job,
        worker: Worker,
        now: Time,
    ) -> Result<Saved> {
        let mut writes = vec![self.saving(tenant, job, worker)?];
        for sku in &job.seats {
            let seat = Seat {
                sku: sku.clone(),
                since: now,
            };
            let key = keys::seat(&tenant.id, sku, &job.id);
            writes.push(Write::put(key, encode(&seat)?));
        }
        let what = format!("keeping seats for job {}", job.id.0);
        Ok(match self.transact(&what, writes).await? {
            Committed::Yes => Saved::Yes,
            Committed::Refused(_) => Saved::Overtaken,
        })
    }

    /// How many seats of each product are kept for people.
    pub async fn kept_seats(&self, tenant: &TenantId) -> Result<BTreeMap<SkuId, u32>> {
        let partition = keys::tenant_partition(tenant);
        let seats: Vec<Seat> = self
            .query_all(&partition, Range::Prefix(keys::SEAT))
            .await?;
        let mut kept = BTreeMap::new();
        for seat in seats {
            *kept.entry(seat.sku).or_insert(0) += 1;
        }
        Ok(kept)
    }
}
