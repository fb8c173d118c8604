//! Compares everybody's Teams policies with what we gave them, and records the difference. Nothing is repaired (V15, W1).

use std::collections::BTreeMap;

use crate::error::Result;
use crate::graph::Graph;
use crate::model::microsoft::{TeamsUser, UserId};
use crate::model::person::{Drift, Person};
use crate::model::tenant::Tenant;
use crate::plan::decide::Policybook;
use crate::plan::holds::has_policy;

use super::Shell;
use super::lease::Lease;

const PAGE: i32 = 500;

/// Reads all Teams users and compares. False = the time is over; it begins again then.
pub(super) async fn report(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    graph: &Graph,
    book: &Policybook,
) -> Result<bool> {
    if !lease.may_go_on() {
        return Ok(false);
    }
    let Some(users) = all_accounts(lease, graph).await? else {
        return Ok(false);
    };
    for shard in 0..tenant.shards {
        let mut after = None;
        loop {
            let (people, next) = shell
                .store
                .people_page(tenant, shard, after.as_ref(), PAGE)
                .await?;
            for person in people.iter().filter(|person| person.open_job.is_none()) {
                let found = compare(person, users.get(&person.id), book);
                if found != person.drift {
                    shell.store.record_drift(tenant, &person.id, &found).await?;
                }
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(true)
}

/// Everybody's Teams account, page by page. `None` = the list is too long for the time that is left.
pub(super) async fn all_accounts(
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

fn compare(person: &Person, user: Option<&TeamsUser>, book: &Policybook) -> Vec<Drift> {
    let (Some(user), Some(held)) = (
        user,
        person.persona.as_ref().and_then(|held| book.version(held)),
    ) else {
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
