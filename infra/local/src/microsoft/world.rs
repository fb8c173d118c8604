//! The state of the tenant: what is true, and what is shown yet.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use shared::clock::Clock;
use shared::error::Result;
use shared::model::time::Time;

use super::keep::{Keep, Kept};
use super::token::Issued;
use super::{NewPerson, Options};
use crate::seed::draw;

/// The service plan that makes somebody a Teams user (`graph-api.md 3.6`).
pub const TEAMS1: &str = "57ff2da0-773e-42df-b2af-ffb7a2317929";

/// A person as the tenant knows them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Person {
    pub properties: Map<String, Value>,
    pub licences: Vec<Licence>,
    /// Direct policies: name by type.
    pub policies: BTreeMap<String, String>,
    pub deleted: Option<Deleted>,
    pub protected: bool,
    /// The Teams account is there and eligible from this moment on; `None` = no licence ever made one.
    pub ready_at: Option<Time>,
    /// When the account was first asked for by a licence.
    pub asked_at: Option<Time>,
    /// The licence service knows the usage location from this moment on.
    pub location_known_at: Option<Time>,
    /// Its place in the order of changes.
    pub changed: u64,
    /// What reads show instead, and until when.
    pub stale: Option<(Time, Map<String, Value>, Vec<Licence>)>,
    /// The policies that reads show instead, and until when.
    pub stale_policies: Option<(Time, BTreeMap<String, String>)>,
}

/// One licence of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Licence {
    pub sku: String,
    pub group: Option<String>,
    pub disabled: Vec<String>,
}

/// How somebody was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Deleted {
    Soft,
    Hard,
}

/// A licence product.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Product {
    pub sku: String,
    pub name: String,
    pub enabled: u32,
    pub plans: Vec<String>,
}

/// A Teams policy that can be assigned.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Policy {
    pub policy_type: String,
    pub name: String,
    pub id: String,
}

/// What really is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    /// The usage location.
    pub usage_location: Option<String>,
    /// Products assigned directly.
    pub direct: Vec<String>,
    /// Products inherited from groups.
    pub inherited: Vec<String>,
    /// Direct policies: name by type.
    pub policies: BTreeMap<String, String>,
    /// The Teams account can take policies.
    pub ready: bool,
    /// In the directory.
    pub present: bool,
}

/// One change that came in over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// When.
    pub at: Time,
    /// Whose.
    pub person: String,
    /// What was asked.
    pub what: String,
    /// Before.
    pub before: String,
    /// After.
    pub after: String,
}

/// What was asked so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests to Graph by kind, refused ones included, throttled ones not.
    pub requests: BTreeMap<String, u64>,
    /// Among them those that count against the directory's write quota.
    pub directory_writes: u64,
    /// Requests answered 429.
    pub throttled: u64,
}

impl Counts {
    pub(super) fn count(&mut self, path: &str, write: bool, teams: bool) {
        let place = path.split('(').next().unwrap_or_default();
        let parts: Vec<&str> = place
            .split('/')
            .map(|part| if part.len() == 36 && part.matches('-').count() == 4 { "{id}" } else { part })
            .collect();
        let method = if write { "WRITE" } else { "GET" };
        *self.requests.entry(format!("{method} /{}", parts.join("/"))).or_default() += 1;
        self.directory_writes += u64::from(write && !teams);
    }
}

/// Everything.
pub(super) struct World {
    pub options: Options,
    pub clock: Clock,
    pub people: BTreeMap<String, Person>,
    pub products: BTreeMap<String, Product>,
    pub policies: Vec<Policy>,
    /// Who changed, by place; everybody stands in it once.
    pub changes: BTreeMap<u64, String>,
    pub next_change: u64,
    pub tokens: BTreeMap<String, Issued>,
    pub issued: u64,
    pub writes: VecDeque<Time>,
    pub requests: u64,
    pub history: Vec<Recorded>,
    pub counts: Counts,
    keep: Option<Keep>,
}

impl World {
    pub fn new(options: Options, clock: Clock, keep: Option<Keep>) -> Self {
        Self {
            options,
            clock,
            people: BTreeMap::new(),
            products: BTreeMap::new(),
            policies: Vec::new(),
            changes: BTreeMap::new(),
            next_change: 1,
            tokens: BTreeMap::new(),
            issued: 0,
            writes: VecDeque::new(),
            requests: 0,
            history: Vec::new(),
            counts: Counts::default(),
            keep,
        }
    }

    pub fn restore(&mut self, kept: Kept) -> Result<()> {
        for (id, person) in kept.people {
            self.next_change = self.next_change.max(person.changed + 1);
            self.changes.insert(person.changed, id.clone());
            self.people.insert(id, person);
        }
        self.products = kept.products.into_iter().map(|product| (product.sku.clone(), product)).collect();
        self.policies = kept.policies;
        Ok(())
    }

    pub fn next_request_id(&mut self) -> String {
        crate::seed::uuid(self.options.seed ^ 0x72_69, self.requests)
    }

    pub fn add_person(&mut self, new: NewPerson) {
        if self.people.contains_key(&new.id) {
            return;
        }
        self.people.insert(new.id.clone(), Person { properties: new.properties, ..Person::default() });
        self.change(&new.id, |_| {});
    }

    /// A change that shows at once and in the order of changes.
    pub fn change(&mut self, id: &str, change: impl FnOnce(&mut Person)) {
        let place = self.next_change;
        let Some(person) = self.people.get_mut(id) else { return };
        change(person);
        if let Some((_, properties, _)) = &mut person.stale {
            *properties = person.properties.clone();
        }
        self.changes.remove(&person.changed);
        person.changed = place;
        self.changes.insert(place, id.to_owned());
        self.next_change += 1;
        self.store(id);
    }

    /// A change that came in over the wire: reads may show the person as before for a while.
    pub fn change_over_the_wire(&mut self, id: &str, what: &str, change: impl FnOnce(&mut Person)) {
        let now = self.clock.now();
        let lag = self.within(id, 1, self.options.staleness);
        let place = self.next_change;
        let Some(person) = self.people.get_mut(id) else { return };
        let before = summary(person);
        if person.stale.as_ref().is_none_or(|(until, ..)| *until <= now) {
            person.stale = Some((now + lag, person.properties.clone(), person.licences.clone()));
        }
        change(person);
        self.changes.remove(&person.changed);
        person.changed = place;
        self.changes.insert(place, id.to_owned());
        self.next_change += 1;
        let after = summary(person);
        self.record(id, what, before, after);
        self.store(id);
    }

    pub fn record(&mut self, id: &str, what: &str, before: String, after: String) {
        let at = self.clock.now();
        self.history.push(Recorded { at, person: id.to_owned(), what: what.to_owned(), before, after });
    }

    pub fn delete(&mut self, id: &str, how: Deleted) {
        self.change(id, |person| {
            person.deleted = Some(how);
            person.licences.clear();
        });
    }

    pub fn add_product(&mut self, product: Product) {
        self.keep_row("product", &product.sku, json!(product));
        self.products.insert(product.sku.clone(), product);
    }

    pub fn set_seats(&mut self, sku: &str, seats: u32) {
        if let Some(mut product) = self.products.get(sku).cloned() {
            product.enabled = seats;
            self.add_product(product);
        }
    }

    pub fn add_policy(&mut self, policy_type: &str, name: &str) {
        let id = format!("{:016x}", draw(self.options.seed ^ 0x70_6f, self.policies.len() as u64));
        let policy = Policy { policy_type: policy_type.to_owned(), name: name.to_owned(), id };
        self.keep_row("policy", &format!("{policy_type}/{name}"), json!(policy));
        self.policies.push(policy);
    }

    pub fn set_policy_by_hand(&mut self, id: &str, policy_type: &str, name: Option<&str>) {
        self.change(id, |person| {
            person.stale_policies = None;
            match name {
                Some(name) => person.policies.insert(policy_type.to_owned(), name.to_owned()),
                None => person.policies.remove(policy_type),
            };
        });
    }

    pub fn give_group_licence(&mut self, id: &str, sku: &str, group: &str) {
        let licence = Licence { sku: sku.to_owned(), group: Some(group.to_owned()), disabled: Vec::new() };
        self.change(id, |person| person.licences.push(licence));
        self.licensed(id);
    }

    /// A licence with Teams starts the creation of a Teams account, once.
    pub fn licensed(&mut self, id: &str) {
        let (least, most) = self.options.readiness;
        let wait = least + self.within(id, 2, most.saturating_sub(least));
        let now = self.clock.now();
        let has_teams = self.people.get(id).is_some_and(|person| self.has_teams(person));
        if let Some(person) = self.people.get_mut(id)
            && has_teams
            && person.ready_at.is_none()
        {
            person.asked_at = Some(now);
            person.ready_at = Some(now + wait);
        }
        self.store(id);
    }

    pub fn has_teams(&self, person: &Person) -> bool {
        person.licences.iter().any(|licence| {
            let product = self.products.get(&licence.sku);
            product.is_some_and(|product| product.plans.iter().any(|plan| plan == TEAMS1 && !licence.disabled.contains(plan)))
        })
    }

    pub fn seats(&self) -> BTreeMap<String, (u32, u32)> {
        let mut seats: BTreeMap<String, (u32, u32)> =
            self.products.values().map(|product| (product.sku.clone(), (product.enabled, 0))).collect();
        for person in self.people.values() {
            let mut skus: Vec<&String> = person.licences.iter().map(|licence| &licence.sku).collect();
            skus.sort();
            skus.dedup();
            for sku in skus {
                if let Some((_, taken)) = seats.get_mut(sku) {
                    *taken += 1;
                }
            }
        }
        seats
    }

    pub fn truth(&self, id: &str) -> Option<Truth> {
        let person = self.people.get(id)?;
        let skus = |direct: bool| {
            let mut skus: Vec<String> =
                person.licences.iter().filter(|l| l.group.is_none() == direct).map(|l| l.sku.clone()).collect();
            skus.sort();
            skus
        };
        Some(Truth {
            usage_location: person.properties.get("usageLocation").and_then(Value::as_str).map(str::to_owned),
            direct: skus(true),
            inherited: skus(false),
            policies: person.policies.clone(),
            ready: self.is_ready(person),
            present: person.deleted.is_none(),
        })
    }

    pub fn is_ready(&self, person: &Person) -> bool {
        self.has_teams(person) && person.ready_at.is_some_and(|at| at <= self.clock.now())
    }

    pub fn void_tokens(&mut self) {
        self.tokens.clear();
    }

    /// A span up to `most`, drawn for this person, this purpose and this moment of their history.
    pub fn within(&self, id: &str, purpose: u64, most: Duration) -> Duration {
        let hash = id.bytes().fold(purpose, |hash, byte| draw(hash, u64::from(byte)));
        let changed = self.people.get(id).map_or(0, |person| person.changed);
        let millis = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(draw(self.options.seed ^ hash, changed) % millis.saturating_add(1))
    }

    /// Stored before it is answered.
    pub fn store(&mut self, id: &str) {
        if self.keep.is_some()
            && let Some(person) = self.people.get(id)
        {
            let row = json!(person);
            self.keep_row("person", id, row);
        }
    }

    fn keep_row(&mut self, kind: &str, id: &str, row: Value) {
        if let Some(keep) = &self.keep
            && let Err(error) = keep.write(kind, id, &row)
        {
            tracing::error!(%error, "the simulated tenant could not store a change");
        }
    }
}

/// A person's licences, location and policies in a line, for the history.
fn summary(person: &Person) -> String {
    let location = person.properties.get("usageLocation").and_then(Value::as_str).unwrap_or("-");
    let licences: Vec<&str> = person.licences.iter().map(|licence| licence.sku.as_str()).collect();
    format!("{location} [{}] {:?}", licences.join(","), person.policies)
}
