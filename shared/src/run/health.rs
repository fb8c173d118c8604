//! What stands between a tenant and Microsoft: the circuit (401), trouble for people to read, missing permissions (403).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use crate::config;
use crate::error::{Error, Kind, Result};
use crate::model::ask::Answer;
use crate::model::lane::Lane;
use crate::model::microsoft::UserId;
use crate::model::safety::Incident;
use crate::model::tenant::{Capability, Circuit, Mode, Refusals, Tenant, Trouble};
use crate::model::time::Time;
use crate::telemetry::{self, Figure};

use super::{Shell, sync};

/// Whether a tenant's lanes may work now.
#[derive(Clone, Copy)]
pub(super) enum Health {
    /// They may.
    Fine,
    /// They may not before this moment.
    NotBefore(Time),
    /// One probe may be made.
    Probe,
}

/// Reads it off the tenant's row. A tenant that is only read is synced, and nothing else; during an incident nobody is provisioned or
/// offboarded.
pub(super) fn of(tenant: &Tenant, lane: Lane, now: Time) -> Health {
    let may_work = match tenant.mode() {
        Mode::Active => true,
        Mode::ReadOnly => lane == Lane::Sync,
        Mode::Paused => false,
    };
    let until = tenant.incident.as_ref().map(|incident| incident.until);
    let is_risky = matches!(lane, Lane::Provision | Lane::Offboard);
    match (&tenant.circuit, until) {
        _ if !may_work => Health::NotBefore(now + config::WAITING_LOOK),
        (_, Some(until)) if is_risky && now < until => Health::NotBefore(until),
        (Circuit::Closed, _) => Health::Fine,
        (Circuit::Open { probe_at, .. }, _) if now < *probe_at => Health::NotBefore(*probe_at),
        (Circuit::Open { .. }, _) => Health::Probe,
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
    tracing::error!(tenant = tenant.id.as_str(), %error, "Microsoft does not accept our identity; the tenant stops");
    let trouble = Trouble {
        since,
        sentence: error.to_string(),
    };
    shell.store.set_trouble(&tenant.id, Some(&trouble)).await?;
    let open = Circuit::Open { since, probe_at };
    shell
        .store
        .set_circuit(&tenant.id, &tenant.circuit, &open)
        .await?;
    tell(&open, now);
    Ok(probe_at)
}

/// Counts whether a tenant's circuit is open, at each of its syncs (F151).
pub(super) fn tell(circuit: &Circuit, now: Time) {
    let open = match circuit {
        Circuit::Open { .. } => 1.0,
        Circuit::Closed => 0.0,
    };
    telemetry::tell(now.millis(), Figure::CircuitsOpen, open);
}

/// Says that all is well, if the row says otherwise.
pub(super) async fn all_well(shell: &Shell, tenant: &Tenant) -> Result<()> {
    if tenant.trouble.is_some() {
        shell.store.set_trouble(&tenant.id, None).await?;
    }
    if tenant.circuit != Circuit::Closed {
        shell
            .store
            .set_circuit(&tenant.id, &tenant.circuit, &Circuit::Closed)
            .await?;
    }
    Ok(())
}

/// Says what is wrong without stopping anything: Microsoft could not be reached, or refuses to be read.
pub(super) async fn note_trouble(
    shell: &Shell,
    tenant: &Tenant,
    error: &Error,
    now: Time,
) -> Result<()> {
    let since = tenant.trouble.as_ref().map_or(now, |trouble| trouble.since);
    let sentence = sentence(error);
    shell
        .store
        .set_trouble(&tenant.id, Some(&Trouble { since, sentence }))
        .await
}

/// What went wrong, for an administrator.
pub(super) fn sentence(error: &Error) -> String {
    if *error.kind() == Kind::Denied {
        return format!(
            "{error}. Grant the permission and consent to it in the Entra admin centre"
        );
    }
    error.to_string()
}

/// What the answers of one pass have taught about permissions.
#[derive(Debug, Default)]
pub(super) struct Lessons {
    allowed: BTreeSet<Capability>,
    refused: BTreeMap<Capability, Refusals>,
}

/// Learns from an answer what Microsoft lets us do. True = the capability is missing for the whole tenant: three different people
/// were refused in a row, and nobody was let through in this pass.
pub(super) async fn note_answer(
    shell: &Shell,
    tenant: &Tenant,
    lessons: &Mutex<Lessons>,
    capability: Capability,
    person: &UserId,
    answer: &Answer,
) -> Result<bool> {
    let now = shell.clock.now();
    let news = match lessons.lock() {
        Ok(mut lessons) => lessons.learn(tenant, capability, person, answer, now),
        Err(_) => None,
    };
    let Some(refusals) = news else {
        return Ok(false);
    };
    let missing = refusals
        .as_ref()
        .is_some_and(|refusals| refusals.missing_since.is_some());
    if missing {
        tracing::warn!(
            tenant = tenant.id.as_str(),
            ?capability,
            "permission missing"
        );
    }
    shell
        .store
        .set_refusals(tenant, capability, refusals)
        .await?;
    Ok(missing)
}

impl Lessons {
    /// What is news for the tenant's row: refusals so far, or (`Some(None)`) that it works after all.
    fn learn(
        &mut self,
        tenant: &Tenant,
        capability: Capability,
        person: &UserId,
        answer: &Answer,
        now: Time,
    ) -> Option<Option<Refusals>> {
        match answer {
            Answer::Denied if self.allowed.contains(&capability) => None,
            Answer::Denied => {
                let known = || {
                    tenant
                        .refusals
                        .get(&capability)
                        .cloned()
                        .unwrap_or_default()
                };
                let refusals = self.refused.entry(capability).or_insert_with(known);
                refusals.people.insert(person.0.clone());
                if refusals.people.len() >= Refusals::MISSING_AFTER {
                    refusals.missing_since = Some(now);
                }
                while refusals.people.len() > Refusals::MISSING_AFTER {
                    refusals.people.pop_first();
                }
                Some(Some(refusals.clone()))
            }
            Answer::Accepted => {
                self.allowed.insert(capability);
                let was_refused = self.refused.remove(&capability).is_some()
                    || tenant.refusals.contains_key(&capability);
                was_refused.then_some(None)
            }
            Answer::NotNow
            | Answer::Refused(_)
            | Answer::Missing
            | Answer::Invalid(_)
            | Answer::SeenLater
            | Answer::NotSeenLater
            | Answer::NeverEnded => None,
        }
    }
}

/// So many jobs fail that nobody else is provisioned or offboarded for a while, as in an incident that somebody declares (F134, R145).
/// One that is under way already stays as it is.
pub(super) async fn too_many_fail(shell: &Shell, tenant: &Tenant, reason: String) -> Result<()> {
    let now = shell.clock.now();
    let tenant = sync::tenant(shell, &tenant.id).await?;
    if tenant.incident.is_some_and(|incident| now < incident.until) {
        return Ok(());
    }
    tracing::error!(tenant = tenant.id.as_str(), reason, "paused");
    let incident = Incident {
        reason,
        until: now + config::BREAKER_PAUSE,
        by: "rollcall".to_owned(),
    };
    shell.store.set_incident(&tenant.id, Some(&incident)).await
}
