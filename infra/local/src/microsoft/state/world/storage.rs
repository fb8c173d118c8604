//! The tenant to its file and back.

use serde::Serialize;
use shared::error::{Error, Kind, Result};

use super::World;
use crate::microsoft::state::catalogue::Policy;
use crate::microsoft::state::disk::{Disk, Row};
use crate::microsoft::state::feed::{Entry, Feed};
use crate::microsoft::state::person::{Life, Person};

/// Something that the disk does not hold yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dirty {
    Person(String),
    Product(String),
    Policy(String),
    Change(u64),
}

impl World {
    /// Reads back what the file holds, and writes to it from now on.
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
        let changes = disk.load::<Entry>("change")?.into_iter();
        self.feed = Feed::restored(
            changes
                .filter_map(|(id, entry)| Some((id.parse().ok()?, entry)))
                .collect(),
        );
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
                let oldest = change_id(self.feed.first());
                if let Some(disk) = &mut self.disk {
                    disk.write(&rows, &oldest)?;
                }
            }
            self.dirty.clear();
        }
        Ok(())
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
            Dirty::Change(number) => self
                .feed
                .entry(*number)
                .map(|entry| row("change", change_id(*number), entry)),
        }
        .transpose()
    }
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
