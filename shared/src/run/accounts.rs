//! Teams accounts, page by page: which policies exist, and how those in force differ from what we gave. Nothing is repaired (V15,
//! W1).

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Result;
use crate::graph::Graph;
use crate::model::microsoft::{PolicyName, TeamsUser, UserId};
use crate::model::person::{Drift, Person};
use crate::model::tenant::Tenant;
use crate::plan::decide::Policybook;
use crate::plan::holds::has_policy;
use crate::store::cursors::Family;

use super::Shell;
use super::family::{is_to_be_kept, keep, page};
use super::lease::Lease;

/// Reads all Teams accounts: keeps the names of policies, and how somebody's differ from what we gave (F14, V15). False = the time
/// is over; the place is kept.
pub(super) async fn read(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    graph: &Graph,
    book: &Policybook,
) -> Result<bool> {
    let mut place = shell.store.place(&tenant.id, Family::Accounts).await?;
    place.since.get_or_insert(lease.worker().fence);
    let mut names: BTreeSet<(String, String)> = BTreeSet::new();
    for policy in shell.store.policies(&tenant.id).await? {
        names.insert(in_small_letters(&policy));
    }
    let mut unsaved = 0;
    loop {
        let link = place.next.clone();
        let asked = graph.teams_users_page(link.as_deref());
        let page = page(shell, lease, tenant, Family::Accounts, &mut place, asked).await?;
        let Some(page) = page else {
            return Ok(false);
        };
        gather_names(shell, tenant, &page.users, &mut names).await?;
        note_drift(shell, tenant, &page.users, book).await?;
        place.next = page.next;
        unsaved += 1;
        if place.next.is_none() {
            place.since = None;
            place.ended = Some(shell.clock.now());
        }
        if place.next.is_none() || is_to_be_kept(unsaved, &place.seen) {
            unsaved = 0;
            keep(shell, tenant, Family::Accounts, &mut place).await?;
        }
        if place.next.is_none() {
            return Ok(true);
        }
    }
}

/// Keeps the names that are new.
async fn gather_names(
    shell: &Shell,
    tenant: &Tenant,
    users: &[(UserId, TeamsUser)],
    names: &mut BTreeSet<(String, String)>,
) -> Result<()> {
    for policy in users.iter().flat_map(|(_, user)| &user.policies) {
        let name = PolicyName {
            policy_type: policy.policy_type.clone(),
            name: policy.name.clone(),
            missing: false,
        };
        if !name.name.is_empty() && names.insert(in_small_letters(&name)) {
            shell.store.put_policy(&tenant.id, &name).await?;
        }
    }
    Ok(())
}

/// Records how these people's policies differ from what we gave, where that is news. Who is worked on is left out.
async fn note_drift(
    shell: &Shell,
    tenant: &Tenant,
    users: &[(UserId, TeamsUser)],
    book: &Policybook,
) -> Result<()> {
    let people = shell
        .store
        .some_people(tenant, users.iter().map(|(id, _)| id))
        .await?;
    for (id, user) in users {
        let Some(person) = people.get(id).filter(|person| person.open_job.is_none()) else {
            continue;
        };
        let found = compare(person, user, book);
        if found != person.drift {
            shell.store.record_drift(tenant, id, &found).await?;
        }
    }
    Ok(())
}

fn in_small_letters(policy: &PolicyName) -> (String, String) {
    (
        policy.policy_type.0.to_lowercase(),
        policy.name.to_lowercase(),
    )
}

/// Everybody's Teams account, page by page. `None` = the list is too long for the time that is left.
pub(super) async fn all(
    lease: &Lease<'_>,
    graph: &Graph,
) -> Result<Option<BTreeMap<UserId, TeamsUser>>> {
    let mut accounts = BTreeMap::new();
    let mut next = None;
    loop {
        if !lease.may_go_on() || lease.permit().is_err() {
            return Ok(None);
        }
        let page = graph.teams_users_page(next.as_deref()).await?;
        accounts.extend(page.users);
        next = page.next;
        if next.is_none() {
            return Ok(Some(accounts));
        }
    }
}

fn compare(person: &Person, user: &TeamsUser, book: &Policybook) -> Vec<Drift> {
    let held = person.persona.as_ref().and_then(|held| book.version(held));
    let Some(held) = held else {
        return Vec::new();
    };
    let differing = held
        .policies
        .iter()
        .filter(|(kind, name)| !has_policy(user, kind, name));
    let seen = |kind| user.policy(kind).map(|policy| policy.name.clone());
    differing
        .map(|(kind, name)| Drift {
            policy_type: kind.clone(),
            wanted: name.clone(),
            seen: seen(kind),
        })
        .collect()
}
