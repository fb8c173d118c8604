//! What tests and the demo may ask about the tenant: the truth, not what readers are shown.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Microsoft;
use super::state::group::Group;
use super::state::person::Life;
use super::state::record::{Counts, Recorded, Truth};

impl Microsoft {
    /// What really is about somebody; `None` for a person who never was.
    pub fn truth(&self, id: &str) -> Option<Truth> {
        let world = self.lock();
        let person = world.people.get(id)?;
        let directory = person.directory.truth();
        let inherited = directory
            .working()
            .filter_map(|licence| Some((licence.sku.clone(), licence.group.clone()?)));
        Some(Truth {
            usage_location: directory.text("usageLocation").map(String::from),
            direct_licences: directory.direct().into_iter().map(String::from).collect(),
            group_licences: inherited.collect(),
            ready: person.life == Life::Present && person.teams.is_eligible(world.now()),
            policies: person
                .policies
                .truth()
                .values()
                .map(|policy| (policy.policy_type.clone(), policy.name.clone()))
                .collect(),
            numbers: person
                .lines
                .truth()
                .iter()
                .map(|line| line.number.clone())
                .collect(),
            groups: world
                .groups
                .of(id, Group::has)
                .map(|group| group.id.clone())
                .collect(),
            enabled: directory.properties.get("accountEnabled") == Some(&Value::Bool(true)),
            deleted: person.life != Life::Present,
        })
    }

    /// The ids of everybody present, ascending.
    pub fn people(&self) -> Vec<String> {
        let world = self.lock();
        world
            .people
            .values()
            .filter(|person| person.life == Life::Present)
            .map(|person| person.id.clone())
            .collect()
    }

    /// Seats that there are and seats really taken, by product.
    pub fn seats(&self) -> BTreeMap<String, (u32, u32)> {
        let world = self.lock();
        world
            .products
            .values()
            .map(|product| {
                (
                    product.id.clone(),
                    (product.enabled, *product.consumed.truth()),
                )
            })
            .collect()
    }

    /// Every telephone number and who really holds it.
    pub fn numbers(&self) -> BTreeMap<String, Option<String>> {
        let world = self.lock();
        let numbers = world.numbers.values();
        numbers
            .map(|entry| {
                let holder = entry.holder.truth().as_ref();
                (entry.number.clone(), holder.map(|holder| holder.id.clone()))
            })
            .collect()
    }

    /// Every change that came in over the API since the tenant was opened, oldest first.
    pub fn history(&self) -> Vec<Recorded> {
        self.lock().history.clone()
    }

    /// What was asked so far.
    pub fn counts(&self) -> Counts {
        self.lock().gate.counts.clone()
    }
}
