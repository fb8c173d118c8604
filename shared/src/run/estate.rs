//! What personas name, looked up at Microsoft: groups at every sync, policies daily and when they are new (F76, F73).

use std::collections::BTreeSet;

use crate::error::{Kind, Result};
use crate::graph::Graph;
use crate::model::group::{Group, GroupId};
use crate::model::microsoft::{PolicyName, PolicyType};
use crate::model::persona::Persona;
use crate::model::tenant::{Capability, Tenant};

use super::lease::Lease;
use super::{Shell, health, sync};

/// Looks all groups up that these personas name, and the policies that were never looked up; all of those if it is time. `Denied` =
/// Microsoft does not let us read them: they stay as they are known. False = the time is over; what was found is kept.
pub(super) async fn refresh(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    graph: &Graph,
    personas: &[Persona],
    all: bool,
) -> Result<bool> {
    Ok(groups(shell, lease, tenant, graph, personas).await?
        && policies(shell, lease, tenant, graph, personas, all).await?)
}

/// Whatever version of a persona somebody holds, its groups matter.
async fn groups(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    graph: &Graph,
    personas: &[Persona],
) -> Result<bool> {
    let named: BTreeSet<&GroupId> = personas.iter().flat_map(named_groups).collect();
    if named.is_empty() {
        return Ok(true);
    }
    let known = shell.store.groups(&tenant.id).await?;
    for id in named {
        if !lease.may_go_on() {
            return Ok(false);
        }
        lease.permit()?;
        look_up_group(shell, tenant, graph, &known, id).await?;
    }
    Ok(true)
}

fn named_groups(persona: &Persona) -> impl Iterator<Item = &GroupId> {
    persona.groups.iter().chain(&persona.offboarding.leave)
}

fn named_policies(persona: &Persona) -> impl Iterator<Item = (&PolicyType, &String)> {
    persona.policies.iter().chain(&persona.offboarding.policies)
}

/// Looks everything up that one persona names, before it is stored. What Microsoft does not let us read is not known.
pub(super) async fn look_up(
    shell: &Shell,
    tenant: &Tenant,
    graph: &Graph,
    persona: &Persona,
) -> Result<()> {
    let known = shell.store.groups(&tenant.id).await?;
    for id in named_groups(persona) {
        readable(look_up_group(shell, tenant, graph, &known, id).await)?;
    }
    let known = shell.store.policies(&tenant.id).await?;
    for (policy_type, name) in named_policies(persona) {
        let before = policy_in(&known, policy_type, name);
        readable(look_up_policy(shell, tenant, graph, before, policy_type, name).await)?;
    }
    Ok(())
}

fn readable(looked: Result<()>) -> Result<()> {
    match looked {
        Err(error) if *error.kind() == Kind::Denied => Ok(()),
        looked => looked,
    }
}

async fn look_up_group(
    shell: &Shell,
    tenant: &Tenant,
    graph: &Graph,
    known: &[Group],
    id: &GroupId,
) -> Result<()> {
    let before = known.iter().find(|group| group.id.same(id));
    let gone = || {
        let never_seen = || Group {
            id: id.clone(),
            name: String::new(),
            licences: BTreeSet::new(),
            obstacle: None,
            missing: true,
        };
        Group {
            missing: true,
            ..before.cloned().unwrap_or_else(never_seen)
        }
    };
    let seen = graph.group(id).await?.unwrap_or_else(gone);
    if before != Some(&seen) {
        shell.store.put_group(&tenant.id, &seen).await?;
    }
    Ok(())
}

fn policy_in<'a>(
    known: &'a [PolicyName],
    policy_type: &PolicyType,
    name: &str,
) -> Option<&'a PolicyName> {
    known
        .iter()
        .find(|one| one.policy_type.same(policy_type) && one.name.eq_ignore_ascii_case(name))
}

async fn look_up_policy(
    shell: &Shell,
    tenant: &Tenant,
    graph: &Graph,
    before: Option<&PolicyName>,
    policy_type: &PolicyType,
    name: &str,
) -> Result<()> {
    let missing = graph.policy_id(policy_type, name).await?.is_none();
    if before.is_none_or(|before| before.missing != missing) {
        let found = PolicyName {
            policy_type: policy_type.clone(),
            name: name.to_owned(),
            missing,
        };
        shell.store.put_policy(&tenant.id, &found).await?;
    }
    Ok(())
}

async fn policies(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    graph: &Graph,
    personas: &[Persona],
    all: bool,
) -> Result<bool> {
    let mut open: BTreeSet<_> = personas.iter().flat_map(named_policies).collect();
    let known = shell.store.policies(&tenant.id).await?;
    open.retain(|(kind, name)| all || policy_in(&known, kind, name).is_none());
    if open.is_empty() {
        return Ok(true);
    }
    // A test of the connection in this very run may have learnt that it is not allowed.
    let tenant = &sync::tenant(shell, &tenant.id).await?;
    let missing = health::missing(tenant, shell.clock.now());
    if missing.contains(&Capability::AssignPolicies) {
        return Ok(true);
    }
    for (kind, name) in open {
        if !lease.may_go_on() {
            return Ok(false);
        }
        lease.permit()?;
        let before = policy_in(&known, kind, name);
        look_up_policy(shell, tenant, graph, before, kind, name).await?;
    }
    Ok(true)
}
