//! The tenant to its file and back.

use serde::Serialize;
use shared::error::{Error, Kind, Result};

use super::World;
use crate::microsoft::state::catalogue::Policy;
use crate::microsoft::state::disk::{Disk, Row};
use crate::microsoft::state::feed::{Entry, Feed};
use crate::microsoft::state::group::{Group, Membership};
use crate::microsoft::state::order::Order;
use crate::microsoft::state::person::{Life, Person};

/// Something that the disk does not hold yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dirty {
    Person(String),
    Product(String),
    Policy(String),
    Group(String),
    /// Group and member.
    Member(String, String),
    Number(String),
    Order(String),
    Snapshot(String),
    Change(u64),
    GroupChange(u64),
}

impl World {
    /// Reads back what the file holds, goes on with what was under way, and writes to the file from now on.
    pub(crate) fn restore(&mut self, disk: Disk) -> Result<()> {
        self.products = disk.load("sku")?.into_iter().collect();
        disk.load::<Policy>("policy")?
            .into_iter()
            .for_each(|(_, policy)| self.policies.insert(policy));
        for (id, person) in disk.load::<Person>("person")? {
            let present = person.life == Life::Present;
            self.index(person);
            if present {
                self.count_seats(&id, 1);
            }
        }
        self.feed = feed(&disk, "change")?;
        self.numbers = disk.load("number")?.into_iter().collect();
        let now = self.now();
        for (number, entry) in &self.numbers {
            let holders = [entry.holder.seen(now), entry.holder.truth()];
            for holder in holders.into_iter().flatten() {
                let held = self.held.entry(holder.id.clone()).or_default();
                held.insert(number.clone());
            }
        }
        self.snapshots = disk.load("snapshot")?.into_iter().collect();
        for (id, order) in disk.load::<Order>("order")? {
            if order.is_open() {
                self.order_due(order.due, &id);
            }
            self.orders.all.insert(id, order);
        }
        for (_, group) in disk.load::<Group>("group")? {
            self.groups.insert(group);
        }
        for (id, membership) in disk.load::<Membership>("member")? {
            let Some((group, member)) = id.split_once('/') else {
                continue;
            };
            if let Some(at) = membership.licences_due {
                self.inheritance_due(at, group, member);
            }
            self.groups.insert_member(group, member, membership);
        }
        self.groups.feed = feed(&disk, "group change")?;
        self.disk = Some(disk);
        Ok(())
    }

    /// Stores everything that changed since the last time. What could not be stored is tried again with the next write.
    pub(crate) fn store(&mut self) -> Result<()> {
        if !self.dirty.is_empty() {
            if self.disk.is_some() {
                let rows = self
                    .dirty
                    .iter()
                    .filter_map(|dirty| self.row(dirty).transpose())
                    .collect::<Result<Vec<_>>>()?;
                let oldest = [
                    ("change", change_id(self.feed.first())),
                    ("group change", change_id(self.groups.feed.first())),
                ];
                if let Some(disk) = &mut self.disk {
                    disk.write(&rows, &oldest)?;
                }
            }
            self.dirty.clear();
        }
        Ok(())
    }

    pub(crate) fn number_changed(&mut self, number: &str) {
        self.dirty.insert(Dirty::Number(number.to_owned()));
    }

    pub(crate) fn order_changed(&mut self, id: &str) {
        self.dirty.insert(Dirty::Order(id.to_owned()));
    }

    pub(crate) fn group_changed(&mut self, id: &str) {
        self.dirty.insert(Dirty::Group(id.to_owned()));
    }

    pub(crate) fn group_feed_changed(&mut self, change: u64) {
        self.dirty.insert(Dirty::GroupChange(change));
    }

    /// With the number of the change in the log of the groups, if it stands there.
    pub(crate) fn member_changed(&mut self, group: &str, member: &str, change: Option<u64>) {
        self.dirty
            .insert(Dirty::Member(group.to_owned(), member.to_owned()));
        self.dirty.extend(change.map(Dirty::GroupChange));
    }

    fn row(&self, dirty: &Dirty) -> Result<Option<Row>> {
        match dirty {
            Dirty::Person(id) => self
                .people
                .get(id)
                .map(|person| row("person", id.clone(), person)),
            Dirty::Product(id) => self
                .products
                .get(id)
                .map(|product| row("sku", id.clone(), product)),
            Dirty::Policy(id) => self
                .policies
                .by_id(id)
                .map(|policy| row("policy", id.clone(), policy)),
            Dirty::Group(id) => self
                .groups
                .get(id)
                .map(|group| row("group", id.clone(), group)),
            Dirty::Member(group, member) => self
                .groups
                .membership(group, member)
                .map(|membership| row("member", format!("{group}/{member}"), membership)),
            Dirty::Number(number) => self
                .numbers
                .get(number)
                .map(|entry| row("number", number.clone(), entry)),
            Dirty::Order(id) => self
                .orders
                .all
                .get(id)
                .map(|order| row("order", id.clone(), order)),
            Dirty::Snapshot(id) => self
                .snapshots
                .get(id)
                .map(|snapshot| row("snapshot", id.clone(), snapshot)),
            Dirty::Change(number) => self
                .feed
                .entry(*number)
                .map(|entry| row("change", change_id(*number), entry)),
            Dirty::GroupChange(number) => self
                .groups
                .feed
                .entry(*number)
                .map(|entry| row("group change", change_id(*number), entry)),
        }
        .transpose()
    }
}

fn feed(disk: &Disk, kind: &str) -> Result<Feed> {
    let changes = disk.load::<Entry>(kind)?.into_iter();
    Ok(Feed::restored(
        changes
            .filter_map(|(id, entry)| Some((id.parse().ok()?, entry)))
            .collect(),
    ))
}

fn row(kind: &'static str, id: String, value: &impl Serialize) -> Result<Row> {
    let json = serde_json::to_string(value)
        .map_err(|e| Error::new(Kind::Invalid, format!("{kind} {id}")).with_source(e))?;
    Ok(Row { kind, id, json })
}

/// Twenty digits, so that the text sorts as the numbers do.
fn change_id(number: u64) -> String {
    format!("{number:020}")
}
