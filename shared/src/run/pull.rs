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
use crate::planted::{self, Bug};
use crate::store::cursors::{Cursor, Reading};
use crate::store::known::Known;
use crate::store::people::digest;

use super::lease::Lease;
use super::{Shell, order};

mod whole;

/// Where and for whom people are read.
pub(super) struct Pull<'a> {
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
    let pull = Pull::new(shell, lease, tenant, graph)?;
    let mut cursor = shell.store.cursor(&tenant.id).await?;
    // A token is frozen to what was asked for, and rows say whether their person was in scope.
    let asked = asked(tenant, graph);
    let asks_anew = is_other(&cursor, &asked);
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

/// What is asked of people, by name.
fn asked(tenant: &Tenant, graph: &Graph) -> String {
    let mut asked = format!("{} {:?}", graph.select(), tenant.settings.sync.scope);
    if tenant.follows_groups()[1] {
        asked.push_str(" memberOf");
    }
    asked
}

fn is_other(cursor: &Cursor, asked: &str) -> bool {
    !cursor.asked.is_empty() && cursor.asked != asked
}

/// Whether rules or the scope want something that was not asked when people were last read: nobody is decided without it.
pub(super) async fn asks_anew(shell: &Shell, tenant: &Tenant, graph: &Graph) -> Result<bool> {
    let cursor = shell.store.cursor(&tenant.id).await?;
    Ok(is_other(&cursor, &asked(tenant, graph)))
}

/// Reads the people again whose names were left for it (F10), and nobody else; they are decided afterwards. False = the time is
/// over; the names that are left stay.
pub(super) async fn refresh(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    graph: &Graph,
) -> Result<bool> {
    let pull = Pull::new(shell, lease, tenant, graph)?;
    loop {
        let orders = shell.store.refreshes(&tenant.id).await?;
        if orders.is_empty() {
            return Ok(true);
        }
        if !lease.may_go_on() {
            return Ok(false);
        }
        let ids: BTreeSet<UserId> = orders.iter().map(|order| order.person.clone()).collect();
        let ids: Vec<UserId> = ids.into_iter().collect();
        pull.look_for(&ids).await?;
        let mut cursor = shell.store.cursor(&tenant.id).await?;
        pull.move_cursor(&mut cursor, ids).await?;
        shell.store.refreshed(&tenant.id, &orders).await?;
    }
}

impl<'a> Pull<'a> {
    pub(super) fn new(
        shell: &'a Shell,
        lease: &'a Lease<'a>,
        tenant: &'a Tenant,
        graph: &'a Graph,
    ) -> Result<Self> {
        let scope = ImportScope::new(&tenant.settings.sync.scope).map_err(|problem| {
            Error::new(
                Kind::Invalid,
                "the condition of the import scope cannot be used, nobody is read",
            )
            .with_source(problem)
        })?;
        Ok(Self {
            shell,
            lease,
            tenant,
            graph,
            scope,
        })
    }

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
                        self.store_changed(std::mem::take(&mut present)).await?;
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
            let late = if planted::is(Bug::CursorBeforeRows) {
                present
            } else {
                self.store_changed(present).await?;
                Vec::new()
            };
            let (link, done) = match page.next {
                DeltaNext::Page(link) => (link, false),
                DeltaNext::Done(link) => (link, true),
            };
            cursor.reading = Reading::Changes { link };
            self.move_cursor(cursor, changed.into_iter().collect())
                .await?;
            if planted::is(Bug::CursorBeforeRows) {
                self.store_changed(late).await?;
            }
            if done {
                break;
            }
        }
        Ok(true)
    }

    /// Stores who changed. Changes do not tell how a licence was come by nor whether it is in error: whose licences are others than
    /// those stored is read again (F11; `graph-api.md 2.4`). Only the states are taken from there: the replica that answers may know
    /// less than the change, which nobody tells again.
    async fn store_changed(&self, people: Vec<DirectoryUser>) -> Result<()> {
        let ids: BTreeSet<&UserId> = people.iter().map(|user| &user.id).collect();
        let rows = self.shell.store.some_people(self.tenant, ids).await?;
        let mut known = Vec::new();
        let mut again = BTreeSet::new();
        for mut user in people {
            let row = rows.get(&user.id);
            let now = user.assigned_licences.as_deref().unwrap_or_default();
            let before = row.map(|row| row.licences.as_slice()).unwrap_or_default();
            if now == before || !self.tenant.settings.sync.licences {
                user.licence_states = row.map(|row| row.licence_states.clone());
            } else {
                again.insert(user.id.clone());
            }
            known.push(user);
        }
        let again: Vec<UserId> = again.into_iter().collect();
        if !again.is_empty() {
            self.lease.permit()?;
            for (id, found) in self.graph.users_by_id(&again).await? {
                match found {
                    Ok(Some(read)) => {
                        let same = |user: &&mut DirectoryUser| {
                            user.id == id && user.assigned_licences == read.assigned_licences
                        };
                        for user in known.iter_mut().filter(same) {
                            user.licence_states.clone_from(&read.licence_states);
                        }
                    }
                    // Not there, or not on the replica asked: what the change said stands.
                    Ok(None) => {}
                    Err(error) if error.kind().concerns_all() => return Err(error),
                    Err(error) => {
                        tracing::warn!(tenant = self.tenant.id.as_str(), person = id.0, %error, "licences not read again");
                    }
                }
            }
        }
        self.store_people(known, None).await
    }

    /// These people as the directory has them now: there, or in its recycle bin, or gone for good (F17).
    pub(super) async fn look_for(&self, ids: &[UserId]) -> Result<()> {
        self.lease.permit()?;
        let (mut there, mut gone) = (Vec::new(), Vec::new());
        for (id, found) in self.graph.users_by_id(ids).await? {
            match found {
                Ok(Some(user)) => there.push(user),
                Ok(None) => gone.push(id),
                Err(error) if error.kind().concerns_all() => return Err(error),
                // One person who cannot be read must not stop the sync of all others (V12); nothing is concluded about them.
                Err(error) => {
                    tracing::warn!(tenant = self.tenant.id.as_str(), person = id.0, %error, "cannot be read; left as they are");
                }
            }
        }
        self.store_people(there, None).await?;
        if gone.is_empty() {
            return Ok(());
        }
        let known = self.shell.store.some_people(self.tenant, &gone).await?;
        self.lease.permit()?;
        let bin = self.graph.deleted_users().await?;
        // Of somebody whom we never knew there is nothing to say.
        for id in gone.iter().filter(|id| known.contains_key(*id)) {
            let presence = if bin.contains(id) {
                Presence::GoneSoft
            } else {
                Presence::GoneHard
            };
            self.vanished(id, presence).await?;
        }
        Ok(())
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
                Some(known) => {
                    let followed = self.tenant.follows_groups();
                    known.says(&user.id.0, &digest(&user, in_scope, followed)?)
                }
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
        let store = &self.shell.store;
        let moved = store.move_cursor(&self.tenant.id, cursor, changed);
        moved.await?.or_stop()
    }
}
