//! Groups that the import scope names: who is in them. They are followed by their changes; a round from scratch begins when others
//! are named, with every full run, and when Microsoft has forgotten our place (F12, `graph-api.md 4.3`).

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt};

use crate::config;
use crate::error::{Error, Kind, Result};
use crate::graph::{DeltaNext, Graph, GroupDeltaPage, MOST_FOLLOWED};
use crate::model::group::GroupId;
use crate::model::microsoft::UserId;
use crate::model::tenant::Tenant;
use crate::store::cursors::{Family, Place};
use crate::store::people::{Followed, InGroup};

use super::Shell;
use super::family::{is_dead_link, keep};
use super::lease::Lease;
use super::pull::Pull;

/// So many people are looked at between two looks at the time.
const PAGE: i32 = 500;

/// Where and for whom groups are read.
struct Reader<'a> {
    shell: &'a Shell,
    lease: &'a Lease<'a>,
    tenant: &'a Tenant,
    graph: &'a Graph,
    groups: &'a [GroupId],
}

impl Reader<'_> {
    /// Why a group is followed: for one reason, or for both.
    fn reasons(&self, group: &GroupId) -> impl Iterator<Item = Followed> {
        let Tenant {
            settings,
            read_for_rules,
            ..
        } = self.tenant;
        let for_scope = settings.sync.scope.groups.iter().any(|one| one.same(group));
        let for_rules = read_for_rules.groups.iter().any(|one| one.same(group));
        let both = [
            (for_scope, Followed::ForScope),
            (for_rules, Followed::ForRules),
        ];
        both.into_iter()
            .filter_map(|(is_so, why)| is_so.then_some(why))
    }
}

/// Reads who came into the groups and who left; each of them is decided afterwards. False = the time is over; the place is kept.
pub(super) async fn read(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    graph: &Graph,
) -> Result<bool> {
    let mut groups = tenant.settings.sync.scope.groups.clone();
    for group in &tenant.read_for_rules.groups {
        if !groups.iter().any(|known| known.same(group)) {
            groups.push(group.clone());
        }
    }
    if groups.is_empty() {
        return Ok(true);
    }
    if groups.len() > MOST_FOLLOWED {
        return Err(Error::new(
            Kind::Invalid,
            format!(
                "the import scope and the rules name {} groups, nobody is decided; at most {MOST_FOLLOWED} are possible",
                groups.len()
            ),
        ));
    }
    let reader = Reader {
        shell,
        lease,
        tenant,
        graph,
        groups: &groups,
    };
    let mut place = shell.store.place(&tenant.id, Family::Groups).await?;
    let asked = groups
        .iter()
        .map(|group| group.0.as_str())
        .collect::<Vec<_>>();
    let asked = asked.join(" ");
    // After a full read of the directory, once.
    let full_at = shell.store.cursor(&tenant.id).await?.full_at;
    if place.asked != asked || place.since.is_none() && place.ended < full_at {
        place.next = None;
        place.since = None;
        place.asked = asked;
    }
    match reader.round(&mut place).await {
        Err(error) if place.next.is_some() && is_dead_link(&error) => {
            tracing::warn!(tenant = tenant.id.as_str(), %error, "the changes of groups cannot be gone on with; beginning again");
            place.next = None;
            place.since = None;
            reader.round(&mut place).await
        }
        read => read,
    }
}

impl Reader<'_> {
    /// Reads on from the place to the end of the round.
    async fn round(&self, place: &mut Place) -> Result<bool> {
        if place.next.is_none() {
            place.since = Some(self.lease.worker().fence);
        }
        loop {
            if !self.lease.may_go_on() {
                return Ok(false);
            }
            self.lease.permit()?;
            let page = match &place.next {
                Some(link) => self.graph.group_delta_page(link).await?,
                None => self.graph.groups_delta(self.groups).await?,
            };
            let (next, done) = match &page.next {
                DeltaNext::Page(link) => (link.clone(), false),
                DeltaNext::Done(link) => (link.clone(), true),
            };
            let changed = self.store(&page).await?;
            self.decide_later(changed).await?;
            if done && let Some(since) = place.since {
                if !self.sweep(since).await? {
                    return Ok(false);
                }
                place.since = None;
                place.ended = Some(self.shell.clock.now());
            }
            place.next = Some(next);
            keep(self.shell, self.tenant, Family::Groups, place).await?;
            if done {
                return Ok(true);
            }
        }
    }

    /// Stores a page; the last word on somebody in a group counts. Answers for whom it was news.
    async fn store(&self, page: &GroupDeltaPage) -> Result<BTreeSet<UserId>> {
        let mut last = BTreeMap::new();
        for change in &page.changes {
            let Some(group) = self
                .groups
                .iter()
                .find(|group| group.0.eq_ignore_ascii_case(&change.group.0))
            else {
                continue;
            };
            for (id, is_in) in &change.members {
                for why in self.reasons(group) {
                    last.insert((id.clone(), group.clone(), why), *is_in);
                }
            }
        }
        let mut changed = BTreeSet::new();
        let mut unknown = Vec::new();
        let mut setting = stream::iter(last)
            .map(|((id, group, why), is_in)| async move {
                let became = self.set(&id, &group, why, is_in).await?;
                Ok::<_, Error>((id, (group, why), is_in, became))
            })
            .buffer_unordered(config::AT_ONCE);
        while let Some(set) = setting.next().await {
            let (id, group, is_in, became) = set?;
            match became {
                InGroup::Stored => drop(changed.insert(id)),
                InGroup::Known => {}
                // Somebody who is not there, and in no group either.
                InGroup::Unknown if !is_in => {}
                InGroup::Unknown => unknown.push((id, group)),
            }
        }
        // In a group before the list of people showed them: a person, or something else that can be in a group.
        let ids: BTreeSet<UserId> = unknown.iter().map(|(id, _)| id.clone()).collect();
        let ids: Vec<UserId> = ids.into_iter().collect();
        if !ids.is_empty() {
            let pull = Pull::new(self.shell, self.lease, self.tenant, self.graph)?;
            for some in ids.chunks(config::LOOKED_FOR) {
                pull.look_for(some).await?;
            }
        }
        for (id, (group, why)) in unknown {
            if self.set(&id, &group, why, true).await? == InGroup::Stored {
                changed.insert(id);
            }
        }
        Ok(changed)
    }

    async fn set(
        &self,
        id: &UserId,
        group: &GroupId,
        why: Followed,
        is_in: bool,
    ) -> Result<InGroup> {
        let fence = self.lease.worker().fence;
        self.shell
            .store
            .set_group(self.tenant, id, group, why, is_in, fence)
            .await
    }

    /// After a round from scratch: whoever it did not show in a group is not in it any more. False = the time is over.
    async fn sweep(&self, since: u64) -> Result<bool> {
        for shard in 0..self.tenant.shards {
            let mut after: Option<UserId> = None;
            loop {
                if !self.lease.may_go_on() {
                    return Ok(false);
                }
                self.lease.permit()?;
                let (people, next) = self
                    .shell
                    .store
                    .people_page(self.tenant, shard, after.as_ref(), PAGE)
                    .await?;
                let mut changed = BTreeSet::new();
                for person in &people {
                    let mut over = Vec::new();
                    for (why, groups) in [
                        (Followed::ForScope, &person.groups),
                        (Followed::ForRules, &person.member_of),
                    ] {
                        let old = groups.iter().flatten().filter(|(_, seen)| **seen < since);
                        over.extend(old.map(|(group, _)| (why, group)));
                    }
                    for (why, group) in over {
                        if self.set(&person.id, group, why, false).await? == InGroup::Stored {
                            changed.insert(person.id.clone());
                        }
                    }
                }
                self.decide_later(changed).await?;
                after = next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(true)
    }

    /// Puts people on the list of those who changed, before the place passes them (V11).
    async fn decide_later(&self, changed: BTreeSet<UserId>) -> Result<()> {
        if changed.is_empty() {
            return Ok(());
        }
        let mut cursor = self.shell.store.cursor(&self.tenant.id).await?;
        let changed = changed.into_iter().collect();
        let store = &self.shell.store;
        let moved = store.move_cursor(&self.tenant.id, &mut cursor, changed);
        moved.await?.or_stop()
    }
}
