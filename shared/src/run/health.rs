//! What stands between a tenant and Microsoft: the circuit (401), trouble for people to read, missing permissions (403).

use std::collections::BTreeSet;

use crate::config;
use crate::error::{Error, Kind, Result};
use crate::model::ask::Answer;
use crate::model::microsoft::UserId;
use crate::model::tenant::{Capability, Circuit, Refusals, Tenant, Trouble};
use crate::model::time::Time;

use super::Shell;

/// Whether a tenant's lanes may work now.
pub(super) enum Health {
    /// They may.
    Fine,
    /// They may not before this moment.
    NotBefore(Time),
    /// One probe may be made.
    Probe,
}

/// Reads it off the tenant's row.
pub(super) fn of(tenant: &Tenant, now: Time) -> Health {
    match (&tenant.settings.paused, &tenant.circuit) {
        (true, _) => Health::NotBefore(now + config::WAITING_LOOK),
        (false, Circuit::Closed) => Health::Fine,
        (false, Circuit::Open { probe_at, .. }) if now < *probe_at => Health::NotBefore(*probe_at),
        (false, Circuit::Open { .. }) => Health::Probe,
    }
}

/// What Microsoft was found not to let us do.
pub(super) fn missing(tenant: &Tenant, now: Time) -> BTreeSet<Capability> {
    let believed = |refusals: &Refusals| {
        refusals
            .missing_since
            .is_some_and(|since| now < since + config::CAPABILITY_RECHECK)
    };
    tenant
        .refusals
        .iter()
        .filter(|(_, refusals)| believed(refusals))
        .map(|(capability, _)| *capability)
        .collect()
}

/// Microsoft does not accept our identity: all lanes of the tenant stop, one probe an hour is made (fault 33).
pub(super) async fn open_circuit(
    shell: &Shell,
    tenant: &Tenant,
    error: &Error,
    now: Time,
) -> Result<Time> {
    let probe_at = now + config::CIRCUIT_PROBE;
    let since = match &tenant.circuit {
        Circuit::Open { since, .. } => *since,
        Circuit::Closed => now,
    };
    shell.forget_graph(&tenant.id);
    let trouble = Trouble {
        since,
        sentence: error.to_string(),
    };
    tracing::error!(tenant = tenant.id.as_str(), %error, "Microsoft does not accept our identity; the tenant stops");
    shell
        .store
        .set_health(
            &tenant.id,
            &Circuit::Open { since, probe_at },
            Some(&trouble),
        )
        .await?;
    Ok(probe_at)
}

/// Says that all is well, if the row says otherwise.
pub(super) async fn all_well(shell: &Shell, tenant: &Tenant) -> Result<()> {
    if tenant.circuit == Circuit::Closed && tenant.trouble.is_none() {
        return Ok(());
    }
    shell
        .store
        .set_health(&tenant.id, &Circuit::Closed, None)
        .await
}

/// Says what is wrong without stopping anything: Microsoft could not be reached, or refuses to be read.
pub(super) async fn note_trouble(
    shell: &Shell,
    tenant: &Tenant,
    error: &Error,
    now: Time,
) -> Result<()> {
    let since = tenant.trouble.as_ref().map_or(now, |trouble| trouble.since);
    let sentence = match error.kind() {
        Kind::Denied => {
            format!("{error}. Grant the permission and consent to it in the Entra admin centre")
        }
        _ => error.to_string(),
    };
    shell
        .store
        .set_health(
            &tenant.id,
            &tenant.circuit,
            Some(&Trouble { since, sentence }),
        )
        .await
}

/// Learns from an answer what Microsoft lets us do. True = the capability is missing for the whole tenant: three different people
/// were refused in a row.
pub(super) async fn note_answer(
    shell: &Shell,
    tenant: &Tenant,
    capability: Capability,
    person: &UserId,
    answer: &Answer,
    now: Time,
) -> Result<bool> {
    match answer {
        Answer::Denied => {
            let fresh = shell.store.tenant(&tenant.id).await?;
            let Some(tenant) = fresh else {
                return Ok(false);
            };
            let mut refusals = tenant
                .refusals
                .get(&capability)
                .cloned()
                .unwrap_or_default();
            refusals.people.insert(person.0.clone());
            while refusals.people.len() > Refusals::MISSING_AFTER {
                refusals.people.pop_first();
            }
            let missing = refusals.people.len() >= Refusals::MISSING_AFTER;
            if missing {
                tracing::warn!(
                    tenant = tenant.id.as_str(),
                    ?capability,
                    "permission missing"
                );
                refusals.missing_since = Some(now);
            }
            shell
                .store
                .set_refusals(&tenant, capability, Some(refusals))
                .await?;
            Ok(missing)
        }
        Answer::Accepted if tenant.refusals.contains_key(&capability) => {
            shell.store.set_refusals(tenant, capability, None).await?;
            Ok(false)
        }
        Answer::Accepted
        | Answer::NotNow
        | Answer::Refused(_)
        | Answer::Missing
        | Answer::Invalid(_)
        | Answer::SeenLater
        | Answer::NotSeenLater => Ok(false),
    }
}
