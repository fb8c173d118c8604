//! Pulls people: everything the first time and when Microsoft has forgotten our place, what changed otherwise.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt};

use crate::config;
use crate::error::{Error, Kind, Result};
use crate::graph::Graph;
use crate::graph::{DeltaNext, UsersFrom};
use crate::model::job::Waits;
use crate::model::microsoft::{Change, DirectoryUser, UserId};
use crate::model::person::Presence;
use crate::model::tenant::Tenant;
use crate::store::cursors::{Cursor, Moved, Pass, Reading};
use crate::store::people::{Digests, digest};

use super::lease::Lease;
use super::{Shell, order};

/// Reads people until nothing is left to read. False = the time is over; the cursor knows where to go on.
pub(super) async fn pull(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    graph: &Graph,
    full: bool,
) -> Result<bool> {
    let mut cursor = shell.store.cursor(&tenant.id).await?;
    // A pass under way is the second half of the last full run: it is finished first.
    if full && cursor.pass.is_none() && !matches!(cursor.reading, Reading::Full { .. }) {
        cursor.reading = Reading::Nothing;
    }
    if let Reading::Full { .. } | Reading::Nothing = cursor.reading
        && !whole_directory(shell, lease, tenant, graph, &mut cursor).await?
    {
        return Ok(false);
    }
    match changes(shell, lease, tenant, graph, &mut cursor).await {
        Err(error) if *error.kind() == Kind::Resync => {
            tracing::warn!(tenant = tenant.id.as_str(), %error, "Microsoft has forgotten where we were; reading everything again");
            cursor.reading = Reading::Nothing;
            if !whole_directory(shell, lease, tenant, graph, &mut cursor).await? {
                return Ok(false);
            }
            changes(shell, lease, tenant, graph, &mut cursor).await
        }
        other => other,
    }
}

/// The whole directory: first the place from which changes are read afterwards, then every page, so that nothing is lost in
/// between.
async fn whole_directory(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    graph: &Graph,
    cursor: &mut Cursor,
) -> Result<bool> {
    if !matches!(cursor.reading, Reading::Full { .. }) {
        lease.permit()?;
        let latest = graph.delta_latest().await?;
        cursor.reading = Reading::Full { latest, next: None };
        move_cursor(shell, tenant, cursor, Vec::new()).await?;
    }
    let known = shell.store.digests(tenant).await?;
    while let Reading::Full { latest, next } = cursor.reading.clone() {
        if !lease.may_go_on() {
            return Ok(false);
        }
        lease.permit()?;
        let from = next.map_or(UsersFrom::First, UsersFrom::Next);
        let followed = matches!(from, UsersFrom::Next(_));
        let page = match graph.users_page(from).await {
            // The link has died while we were away: the list is read from its beginning.
            Err(error)
                if followed
                    && matches!(error.kind(), Kind::Resync | Kind::Invalid | Kind::NotFound) =>
            {
                tracing::warn!(tenant = tenant.id.as_str(), %error, "the list of people cannot be gone on with; beginning again");
                cursor.reading = Reading::Full { latest, next: None };
                move_cursor(shell, tenant, cursor, Vec::new()).await?;
                return Ok(false);
            }
            page => page?,
        };
        store_people(shell, lease, tenant, page.people, Some(&known)).await?;
        cursor.reading = match page.next {
            Some(next) => Reading::Full {
                latest,
                next: Some(next),
            },
            None => {
                cursor.pass = Some(Pass::default());
                cursor.full_at = Some(shell.clock.now());
                Reading::Changes { link: latest }
            }
        };
        move_cursor(shell, tenant, cursor, Vec::new()).await?;
    }
    Ok(true)
}

/// What changed since, page by page; each page's people are stored before the cursor passes it (V11). Everybody on a page is
/// decided, news or not: who was stored by a worker that died is news to nobody else.
async fn changes(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    graph: &Graph,
    cursor: &mut Cursor,
) -> Result<bool> {
    while let Reading::Changes { link } = cursor.reading.clone() {
        if !lease.may_go_on() {
            return Ok(false);
        }
        lease.permit()?;
        let page = graph.delta_page(&link).await?;
        let mut changed = BTreeSet::new();
        let mut present = Vec::new();
        for change in page.changes {
            match change {
                Change::Present(user) => {
                    changed.insert(user.id.clone());
                    present.push(user);
                }
                Change::Removed { id, soft } => {
                    // The order within a page counts: what came before a removal is stored before it.
                    store_people(shell, lease, tenant, std::mem::take(&mut present), None).await?;
                    let presence = if soft {
                        Presence::GoneSoft
                    } else {
                        Presence::GoneHard
                    };
                    shell
                        .store
                        .vanished(tenant, &id, presence, lease.worker().fence)
                        .await?;
                    wake_staged(shell, lease, tenant, &id).await?;
                    changed.insert(id);
                }
            }
        }
        store_people(shell, lease, tenant, present, None).await?;
        let (link, done) = match page.next {
            DeltaNext::Page(link) => (link, false),
            DeltaNext::Done(link) => (link, true),
        };
        cursor.reading = Reading::Changes { link };
        move_cursor(shell, tenant, cursor, changed.into_iter().collect()).await?;
        if done {
            break;
        }
    }
    Ok(true)
}

/// Stores people, many at once; later entries of the same person win.
async fn store_people(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    people: Vec<DirectoryUser>,
    known: Option<&Digests>,
) -> Result<()> {
    let mut last = BTreeMap::new();
    for user in people {
        last.insert(user.id.clone(), user);
    }
    let mut news = Vec::new();
    for user in last.into_values() {
        let is_known = match known.and_then(|known| known.get(&user.id)) {
            Some(stored) => *stored == digest(&user)?,
            None => false,
        };
        if !is_known {
            news.push(user);
        }
    }
    let fence = lease.worker().fence;
    let mut storing = stream::iter(news)
        .map(|user| async move { shell.store.merge(tenant, &user, fence).await })
        .buffer_unordered(config::AT_ONCE);
    while let Some(merged) = storing.next().await {
        merged?;
    }
    Ok(())
}

/// Who waits for a Teams account and has vanished waits in vain: the job has a look at once, and ends if the directory says so too.
async fn wake_staged(shell: &Shell, lease: &Lease<'_>, tenant: &Tenant, id: &UserId) -> Result<()> {
    let Some(person) = shell.store.person(tenant, id).await? else {
        return Ok(());
    };
    let Some(mut job) = order::open_job(shell, tenant, &person).await? else {
        return Ok(());
    };
    if !matches!(job.waits, Some(Waits::Teams(_))) {
        return Ok(());
    }
    let (lane, now) = (job.goal.lane(), shell.clock.now());
    job.move_to(lane, now);
    shell
        .store
        .hand_over(tenant, &[job], lane, lease.worker(), now)
        .await?;
    shell.ring(&tenant.id, [lane]).await;
    Ok(())
}

async fn move_cursor(
    shell: &Shell,
    tenant: &Tenant,
    cursor: &mut Cursor,
    changed: Vec<UserId>,
) -> Result<()> {
    match shell.store.move_cursor(&tenant.id, cursor, changed).await? {
        Moved::Yes => Ok(()),
        Moved::Overtaken => Err(Error::new(
            Kind::OutOfTime,
            "another sync has moved the cursor",
        )),
    }
}
