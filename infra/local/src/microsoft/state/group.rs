//! Groups, who is in them, and the licences that members inherit (`graph-api.md 3.4`, `4`).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::model::time::Time;

use super::feed::{Entry, Feed};
use super::lagged::Lagged;
use super::person::{Licence, Life};
use super::world::World;

/// What kind of group it is; only the first two take members over the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GroupKind {
    /// A security group of the cloud.
    Security,
    /// A Microsoft 365 group.
    Unified,
    /// Its members come by this rule.
    Dynamic(String),
    /// Mastered on premises.
    Synced,
    /// A mail-enabled security group or a distribution list.
    MailEnabled,
    /// Can carry Entra roles.
    RoleAssignable,
}

/// A group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kind: GroupKind,
    /// What its members inherit.
    pub(crate) products: Vec<String>,
    pub(crate) created: Time,
    /// By id of the member, a person or another group. Each is a row of its own in the file.
    #[serde(skip)]
    pub(crate) members: BTreeMap<String, Membership>,
}

/// Whether somebody is in a group.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Membership {
    pub(crate) there: Lagged<bool>,
    /// When the licence service gets to it, if it has to.
    pub(crate) licences_due: Option<Time>,
    /// How often somebody came or went: each has a delay of its own.
    pub(crate) moves: u64,
}

/// All groups, found by id and by member.
#[derive(Clone, Debug)]
pub(crate) struct Groups {
    all: BTreeMap<String, Group>,
    /// Of everybody who is or was a member of something.
    of_member: BTreeMap<String, BTreeSet<String>>,
    pub(crate) feed: Feed,
}

impl Default for Groups {
    fn default() -> Self {
        Self {
            all: BTreeMap::new(),
            of_member: BTreeMap::new(),
            feed: Feed::restored(Vec::new()),
        }
    }
}

impl Group {
    /// Whether somebody really is a member.
    pub(crate) fn has(&self, member: &str) -> bool {
        self.members
            .get(member)
            .is_some_and(|membership| *membership.there.truth())
    }

    /// Whether readers are shown somebody as a member.
    pub(crate) fn shows(&self, member: &str, now: Time) -> bool {
        self.members
            .get(member)
            .is_some_and(|membership| *membership.there.seen(now))
    }
}

impl Groups {
    pub(crate) fn insert(&mut self, group: Group) {
        self.all.insert(group.id.clone(), group);
    }

    pub(crate) fn insert_member(&mut self, group: &str, member: &str, membership: Membership) {
        if let Some(group) = self.all.get_mut(group) {
            group.members.insert(member.to_owned(), membership);
            self.of_member
                .entry(member.to_owned())
                .or_default()
                .insert(group.id.clone());
        }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Group> {
        self.all.get(id)
    }

    pub(crate) fn membership(&self, group: &str, member: &str) -> Option<&Membership> {
        self.all.get(group)?.members.get(member)
    }

    /// All groups by id, from that after `after` on.
    pub(crate) fn after(&self, after: &str) -> impl Iterator<Item = &Group> {
        use std::ops::Bound;
        self.all
            .range::<str, _>((Bound::Excluded(after), Bound::Unbounded))
            .map(|(_, group)| group)
    }

    /// The groups that somebody is in by `is`, directly.
    pub(crate) fn of<'a>(
        &'a self,
        member: &'a str,
        is: impl Fn(&Group, &str) -> bool + 'a,
    ) -> impl Iterator<Item = &'a Group> {
        let ids = self.of_member.get(member).into_iter().flatten();
        ids.filter_map(|id| self.all.get(id))
            .filter(move |group| is(group, member))
    }

    /// The groups that readers are shown somebody in, directly or through other groups.
    pub(crate) fn all_of(&self, member: &str, now: Time) -> BTreeMap<&str, &Group> {
        let mut found = BTreeMap::new();
        let mut open = vec![member];
        while let Some(member) = open.pop() {
            let ids = self.of_member.get(member).into_iter().flatten();
            for group in ids.filter_map(|id| self.all.get(id)) {
                if group.shows(member, now) && found.insert(group.id.as_str(), group).is_none() {
                    open.push(&group.id);
                }
            }
        }
        found
    }
}

impl World {
    /// A new group, or another shape of one that is there.
    pub(crate) fn put_group(&mut self, mut group: Group) {
        let now = self.now();
        if let Some(known) = self.groups.all.get_mut(&group.id) {
            group.members = std::mem::take(&mut known.members);
        }
        let id = group.id.clone();
        self.groups.insert(group);
        let entry = Entry {
            visible: now,
            whose: id.clone(),
            properties: Vec::new(),
        };
        let change = self.groups.feed.push(now, entry);
        self.group_changed(&id);
        self.group_feed_changed(change);
    }

    /// What members inherit is something else from now on.
    pub(crate) fn set_products(&mut self, id: &str, products: Vec<String>) {
        let Some(mut group) = self.groups.get(id).cloned() else {
            return;
        };
        let members: Vec<String> = group.members.keys().cloned().collect();
        group.products = products;
        self.put_group(group);
        for member in members {
            self.queue_inheritance(id, &member);
            self.member_changed(id, &member, None);
        }
    }

    /// Somebody comes into a group or leaves it; readers see it after `lag`, the licences follow when their service gets to it.
    pub(crate) fn set_member(&mut self, group: &str, member: &str, is: bool, lag: Duration) {
        let now = self.now();
        let Some(mut membership) = self.groups.get(group).map(|group| {
            let known = group.members.get(member);
            known.cloned().unwrap_or_default()
        }) else {
            return;
        };
        membership.moves += 1;
        let visible = membership.there.change(now, lag, |there| *there = is);
        self.groups.insert_member(group, member, membership);
        self.queue_inheritance(group, member);
        let entry = Entry {
            visible,
            whose: group.to_owned(),
            properties: vec![member.to_owned()],
        };
        let change = self.groups.feed.push(now, entry);
        self.member_changed(group, member, Some(change));
    }

    /// Who is gone for good is in no group; who can be restored still is.
    pub(crate) fn leave_groups(&mut self, id: &str) {
        for group in self.direct_groups(id) {
            self.set_member(&group, id, false, Duration::ZERO);
        }
    }

    /// Every group of somebody is looked at again.
    pub(crate) fn reprocess(&mut self, id: &str) {
        for group in self.direct_groups(id) {
            self.queue_inheritance(&group, id);
            self.member_changed(&group, id, None);
        }
    }

    /// The ids of the groups that somebody really is in.
    fn direct_groups(&self, id: &str) -> Vec<String> {
        let groups = self.groups.of(id, Group::has);
        groups.map(|group| group.id.clone()).collect()
    }

    /// The licence service gets to a membership after a while; once for however many changes until then.
    fn queue_inheritance(&mut self, group: &str, id: &str) {
        let (least, longest) = self.options.group_licence_delay;
        let now = self.now();
        if !self.people.contains_key(id) {
            return;
        }
        let inherits = self.people.get(id).is_some_and(|person| {
            let mut licences = person.directory.truth().licences.iter();
            licences.any(|licence| licence.group.as_deref() == Some(group))
        });
        let Some(entry) = self
            .groups
            .all
            .get_mut(group)
            .filter(|group| inherits || !group.products.is_empty())
        else {
            return;
        };
        if let Some(membership) = entry.members.get_mut(id)
            && membership.licences_due.is_none()
        {
            let whom = format!("{group}/{id}");
            let delay = self
                .chance
                .span(least, longest, "inherit", &whom, membership.moves);
            membership.licences_due = Some(now + delay);
            self.inheritance_due(now + delay, group, id);
        }
    }

    /// The licence service makes somebody's inherited licences what their membership says. It knows no location: who has none gets
    /// the tenant's. Without a free seat the licence is there and gives nothing.
    pub(super) fn inherit(&mut self, group: &str, id: &str) {
        let since = self.now();
        let Some(entry) = self.groups.all.get_mut(group) else {
            return;
        };
        if let Some(membership) = entry.members.get_mut(id) {
            membership.licences_due = None;
        }
        let products = if entry.has(id) {
            entry.products.clone()
        } else {
            Vec::new()
        };
        self.member_changed(group, id, None);
        let Some(person) = self
            .people
            .get(id)
            .filter(|person| person.life == Life::Present)
        else {
            return;
        };
        let directory = person.directory.truth();
        let held = directory.products();
        let had: Vec<&Licence> = directory
            .licences
            .iter()
            .filter(|licence| licence.group.as_deref() == Some(group))
            .collect();
        let wanted: Vec<Licence> = products
            .into_iter()
            .map(|sku| {
                let known = had.iter().find(|had| had.sku == sku && had.error.is_none());
                if let Some(known) = known {
                    return (*known).clone();
                }
                let free = self
                    .products
                    .get(&sku)
                    .is_some_and(|product| *product.consumed.truth() < product.enabled);
                Licence {
                    error: (!free && !held.contains(sku.as_str()))
                        .then(|| "CountViolation".to_owned()),
                    sku,
                    group: Some(group.to_owned()),
                    disabled_plans: Vec::new(),
                    since,
                }
            })
            .collect();
        if had
            .iter()
            .map(|had| (&had.sku, &had.error))
            .eq(wanted.iter().map(|wanted| (&wanted.sku, &wanted.error)))
        {
            return;
        }
        let lag = self.lag(id, self.options.staleness);
        self.change_directory(
            id,
            lag,
            &["assignedLicenses", "assignedPlans"],
            |directory| {
                directory
                    .licences
                    .retain(|licence| licence.group.as_deref() != Some(group));
                directory.licences.extend(wanted);
            },
        );
    }
}
