//! Tries a tenant's connection: whether Microsoft accepts us, what it lets us do, and how long our credential is good.

use std::collections::BTreeMap;

use crate::error::{Kind, Result};
use crate::model::probe::Probe;
use crate::model::tenant::{Capability, Refusals, Tenant};
use crate::model::time::Time;

use super::{Shell, health};

/// Makes the test and keeps what it found (F2, F4, F5). An error is kept as well, and returned.
pub(super) async fn probe(shell: &Shell, tenant: &Tenant) -> Result<()> {
    // With the credential as it is stored now, and with a new token: a permission shows in tokens that are newer than the consent.
    shell.forget_graph(&tenant.id);
    let now = shell.clock.now();
    let before = tenant.probe.as_ref();
    let mut probe = Probe {
        at: now,
        failure: None,
        may: BTreeMap::new(),
        credential_ends: before.and_then(|before| before.credential_ends),
    };
    let attempt = attempt(shell, tenant, &mut probe).await;
    match &attempt {
        Err(error) if *error.kind() == Kind::OutOfTime => return attempt,
        Err(error) => probe.failure = Some(health::sentence(error)),
        Ok(()) => {}
    }
    warn(tenant, &probe, now);
    shell.store.set_probe(&tenant.id, &probe).await?;
    attempt?;
    learn(shell, tenant, &probe.may, now).await?;
    health::all_well(shell, tenant).await
}

/// One token and one read.
async fn attempt(shell: &Shell, tenant: &Tenant, probe: &mut Probe) -> Result<()> {
    let graph = shell.graph(tenant).await?;
    probe.credential_ends = graph.credential_ends();
    let permissions = graph.permissions().await?;
    let told = |capability: Capability| Some((capability, permissions.allow(capability)?));
    probe.may = Capability::ALL.into_iter().filter_map(told).collect();
    graph.users_count().await.map(|_| ())
}

/// What the token says of a permission is believed at once: the daily test finds a consent that was given since (F5).
async fn learn(
    shell: &Shell,
    tenant: &Tenant,
    may: &BTreeMap<Capability, bool>,
    now: Time,
) -> Result<()> {
    for (capability, may) in may {
        let known = tenant.refusals.get(capability);
        let is_missing = known.is_some_and(|refusals| refusals.missing_since.is_some());
        let news = match (may, is_missing) {
            (true, true) => None,
            (false, _) => Some(Refusals {
                missing_since: Some(now),
                ..known.cloned().unwrap_or_default()
            }),
            (true, false) => continue,
        };
        shell.store.set_refusals(tenant, *capability, news).await?;
    }
    Ok(())
}

/// One line each time that less is left than the next of 30, 14, 3 and 0 days.
fn warn(tenant: &Tenant, probe: &Probe, now: Time) {
    let warned = tenant
        .probe
        .as_ref()
        .and_then(|before| before.warning(before.at));
    let (Some(days), Some(sentence)) = (probe.warning(now), probe.warning_sentence(now)) else {
        return;
    };
    if warned != Some(days) {
        tracing::error!(tenant = tenant.id.as_str(), days, "{sentence}");
    }
}
