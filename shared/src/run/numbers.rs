//! Telephone numbers: all that the tenant has, and what Microsoft says of each (F14).

use futures::stream::{self, StreamExt};

use crate::config;
use crate::error::Result;
use crate::graph::{Graph, NumbersFrom};
use crate::model::number::{E164, Number};
use crate::model::tenant::Tenant;
use crate::store::cursors::{Family, Place};
use crate::store::known::Known;
use crate::store::numbers::number_digest;

use super::Shell;
use super::family::{is_to_be_kept, keep, page};
use super::lease::Lease;

/// Reads the list of numbers to its end and stores what is new; what is on no page is noted. False = the time is over; the place
/// is kept.
pub(super) async fn read(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    graph: &Graph,
) -> Result<bool> {
    let mut place = shell.store.place(&tenant.id, Family::Numbers).await?;
    let since = *place.since.get_or_insert(lease.worker().fence);
    let known = shell.store.known_numbers(tenant, since).await?;
    let mut unsaved = 0;
    loop {
        let from = place
            .next
            .clone()
            .map_or(NumbersFrom::First, NumbersFrom::Next);
        let asked = graph.numbers_page(from);
        let page = page(shell, lease, tenant, Family::Numbers, &mut place, asked).await?;
        let Some(page) = page else {
            return Ok(false);
        };
        for told in &page.numbers {
            if let Some(at) = known.place(told.number.as_str()) {
                place.seen.insert(at);
            }
        }
        store(shell, lease, tenant, &known, page.numbers).await?;
        place.next = page.next;
        if place.next.is_none() {
            break;
        }
        unsaved += 1;
        if is_to_be_kept(unsaved, &place.seen) {
            unsaved = 0;
            keep(shell, tenant, Family::Numbers, &mut place).await?;
        }
    }
    let fence = lease.worker().fence;
    for missed in known.without(|at| place.seen.contains(at)) {
        let Some(missed) = E164::parse(&missed) else {
            continue;
        };
        shell
            .store
            .miss_number(tenant, &missed, &known, since, fence)
            .await?;
    }
    place = Place {
        version: place.version,
        ended: Some(shell.clock.now()),
        ..Place::default()
    };
    keep(shell, tenant, Family::Numbers, &mut place).await?;
    Ok(true)
}

/// Stores what is new of these numbers, many at once.
async fn store(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    known: &Known,
    numbers: Vec<Number>,
) -> Result<()> {
    let fence = lease.worker().fence;
    let mut news = Vec::new();
    for told in numbers {
        if !known.says(told.number.as_str(), &number_digest(&told)?) {
            news.push(told);
        }
    }
    let mut storing = stream::iter(news)
        .map(|told| async move { shell.store.merge_number(tenant, &told, fence).await })
        .buffer_unordered(config::AT_ONCE);
    while let Some(merged) = storing.next().await {
        merged?;
    }
    Ok(())
}
