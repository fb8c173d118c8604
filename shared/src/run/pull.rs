//! Pulls people: everything the first time and when Microsoft has forgotten our place, what changed otherwise.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt};

use crate::config;
use crate::error::{Error, Kind, Result};
use crate::graph::{DeltaNext, Graph};
use crate::model::job::Waits;
use crate::model::microsoft::{Change, DirectoryUser, UserId};
use crate::model::person::Presence;
use crate::model::tenant::Tenant;
use crate::plan::scope::ImportScope;
use crate::store::cursors::{Cursor, Moved, Reading};
use crate::store::people::{Known, digest};

use super::lease::Lease;
use super::{Shell, order};

mod whole;

/// Where and for whom people are read.
struct Pull<'a> {
    shell: &'a Shell,
    lease: &'a Lease<'a>,
    tenant: &'a Tenant,
    graph: &'a Graph,
    scope: ImportScope,
}

/// Reads people until nothing is left to read. False = the time is over; the cursor knows where to go on.
pub(super) async fn pull(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    graph: &Graph,
    full: bool,
) -> Result<bool> {
    let settings = &tenant.settings.sync;
    let scope = ImportScope::new(&settings.scope).map_err(|problem| {
        Error::new(
            Kind::Invalid,
            "the condition of the import scope cannot be used, nobody is read",
        )
        .with_source(problem)
    })?;
    let pull = Pull {
        shell,
        lease,
        tenant,
        graph,
        scope,
    };
    let mut cursor = shell.store.cursor(&tenant.id).await?;
    // A token is frozen to what was asked for, and rows say whether their person was in scope.
    let asked = format!("{} {:?}", graph.select(), settings.scope);
    let asks_anew = !cursor.asked.is_empty() && cursor.asked != asked;
    cursor.asked = asked;
    // A pass under way is the second half of the last full run: it is finished first.
    let again = full && cursor.pass.is_none() && !matches!(cursor.reading, Reading::Full { .. });
    if again || asks_anew {
        cursor.reading = Reading::Nothing;
    }
    if let Reading::Full { .. } | Reading::Nothing = cursor.reading
        && !pull.whole_directory(&mut cursor).await?
    {
        return Ok(false);
    }
    match pull.changes(&mut cursor).await {
        Err(error) if *error.kind() == Kind::Resync => {
            tracing::warn!(tenant = tenant.id.as_str(), %error, "Microsoft has forgotten where we were; reading everything again");
            cursor.reading = Reading::Nothing;
            if !pull.whole_directory(&mut cursor).await? {
                return Ok(false);
            }
            pull.changes(&mut cursor).await
        }
        other => other,
    }
}

impl Pull<'_> {
    /// What changed since, page by page; each page's people are stored before the cursor passes it (V11). Everybody on a page is
    /// decided, news or not: who was stored by a worker that died is news to nobody else.
    async fn changes(&self, cursor: &mut Cursor) -> Result<bool> {
        while let Reading::Changes { link } = cursor.reading.clone() {
            if !self.lease.may_go_on() {
                return Ok(false);
            }
            self.lease.permit()?;
            let page = self.graph.delta_page(&link).await?;
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
                        self.store_people(std::mem::take(&mut present), None)
                            .await?;
                        let presence = if soft {
                            Presence::GoneSoft
                        } else {
                            Presence::GoneHard
                        };
                        self.vanished(&id, presence).await?;
                        changed.insert(id);
                    }
                }
            }
            self.store_people(present, None).await?;
            let (link, done) = match page.next {
                DeltaNext::Page(link) => (link, false),
                DeltaNext::Done(link) => (link, true),
            };
            cursor.reading = Reading::Changes { link };
            self.move_cursor(cursor, changed.into_iter().collect())
                .await?;
            if done {
                break;
            }
        }
        Ok(true)
    }

    /// Stores people, many at once; later entries of the same person win.
    async fn store_people(&self, people: Vec<DirectoryUser>, known: Option<&Known>) -> Result<()> {
        let mut last = BTreeMap::new();
        for user in people {
            last.insert(user.id.clone(), user);
        }
        let mut news = Vec::new();
        for user in last.into_values() {
            let in_scope = self.scope.holds(&user.facts);
            let is_known = match known {
                Some(known) => known.says(&user.id, &digest(&user, in_scope)?),
                None => false,
            };
            if !is_known {
                news.push((user, in_scope));
            }
        }
        let (store, fence) = (&self.shell.store, self.lease.worker().fence);
        let mut storing = stream::iter(news)
            .map(|(user, in_scope)| async move {
                store.merge(self.tenant, &user, in_scope, fence).await
            })
            .buffer_unordered(config::AT_ONCE);
        while let Some(merged) = storing.next().await {
            merged?;
        }
        Ok(())
    }

    /// Marks somebody as vanished, and looks at once at a job that waits for their Teams account.
    async fn vanished(&self, id: &UserId, presence: Presence) -> Result<()> {
        let fence = self.lease.worker().fence;
        self.shell
            .store
            .vanished(self.tenant, id, presence, fence)
            .await?;
        self.wake_staged(id).await
    }

    /// Who waits for a Teams account and has vanished waits in vain: the job has a look at once, and ends if the directory says so too.
    async fn wake_staged(&self, id: &UserId) -> Result<()> {
        let Some(person) = self.shell.store.person(self.tenant, id).await? else {
            return Ok(());
        };
        let Some(mut job) = order::open_job(self.shell, self.tenant, &person).await? else {
            return Ok(());
        };
        if !matches!(job.waits, Some(Waits::Teams(_))) {
            return Ok(());
        }
        let (lane, now) = (job.goal.lane(), self.shell.clock.now());
        job.move_to(lane, now);
        self.shell
            .store
            .hand_over(self.tenant, &[job], lane, self.lease.worker(), now)
            .await?;
        self.shell.ring(&self.tenant.id, [lane]).await;
        Ok(())
    }

    async fn move_cursor(&self, cursor: &mut Cursor, changed: Vec<UserId>) -> Result<()> {
        match self
            .shell
            .store
            .move_cursor(&self.tenant.id, cursor, changed)
            .await?
        {
            Moved::Yes => Ok(()),
            Moved::Overtaken => Err(Error::new(
                Kind::OutOfTime,
                "another sync has moved the cursor",
            )),
        }
    }
}
