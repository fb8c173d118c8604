//! The whole tenant in memory, and the few ways in which it changes.

mod due;
mod storage;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use shared::clock::Clock;
use shared::model::time::Time;

use super::catalogue::{Policies, Policy, Product, TEAMS1};
use super::disk::Disk;
use super::feed::{Entry, Feed};
use super::group::Groups;
use super::number::Number;
use super::order::Orders;
use super::person::{Directory, Life, Person};
use super::record::Recorded;
use super::snapshot::Snapshot;
use crate::microsoft::chance::Chance;
use crate::microsoft::options::Options;
use crate::microsoft::wire::gate::Gate;
use due::Due;
use storage::Dirty;

/// The tenant.
pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) chance: Chance,
    pub(crate) people: BTreeMap<String, Person>,
    pub(crate) products: BTreeMap<String, Product>,
    pub(crate) policies: Policies,
    pub(crate) groups: Groups,
    pub(crate) numbers: BTreeMap<String, Number>,
    /// The numbers that people hold or once held, by person: where to look.
    pub(crate) held: BTreeMap<String, BTreeSet<String>>,
    pub(crate) orders: Orders,
    pub(crate) snapshots: BTreeMap<String, Snapshot>,
    pub(crate) feed: Feed,
    pub(crate) gate: Gate,
    pub(crate) history: Vec<Recorded>,
    clock: Clock,
    /// By which the clock was put forward.
    ahead: Duration,
    /// What Microsoft still has to do, by the moment at which it does.
    due: BTreeSet<(Time, Due)>,
    /// The moment of what is being done now, if that is in the past.
    acting: Option<Time>,
    /// Lower-case user principal name to id, of those present.
    names: BTreeMap<String, String>,
    /// Everybody who has or is getting a Teams user.
    teams_users: BTreeSet<String>,
    present: usize,
    disk: Option<Disk>,
    /// What the disk does not hold yet.
    dirty: BTreeSet<Dirty>,
}

impl World {
    /// An empty tenant in memory.
    pub(crate) fn new(options: Options, clock: Clock) -> Self {
        let chance = Chance::new(options.seed);
        Self {
            gate: Gate::new(chance, &options),
            chance,
            options,
            people: BTreeMap::new(),
            products: BTreeMap::new(),
            policies: Policies::default(),
            groups: Groups::default(),
            numbers: BTreeMap::new(),
            held: BTreeMap::new(),
            orders: Orders::default(),
            snapshots: BTreeMap::new(),
            feed: Feed::restored(Vec::new()),
            history: Vec::new(),
            clock,
            ahead: Duration::ZERO,
            due: BTreeSet::new(),
            acting: None,
            names: BTreeMap::new(),
            teams_users: BTreeSet::new(),
            present: 0,
            disk: None,
            dirty: BTreeSet::new(),
        }
    }

    /// The same tenant in memory, by another clock.
    pub(crate) fn copy(&self, clock: Clock) -> Self {
        Self {
            options: self.options.clone(),
            chance: self.chance,
            people: self.people.clone(),
            products: self.products.clone(),
            policies: self.policies.clone(),
            groups: self.groups.clone(),
            numbers: self.numbers.clone(),
            held: self.held.clone(),
            orders: self.orders.clone(),
            snapshots: self.snapshots.clone(),
            feed: self.feed.clone(),
            gate: self.gate.clone(),
            history: self.history.clone(),
            clock,
            ahead: self.ahead,
            due: self.due.clone(),
            acting: self.acting,
            names: self.names.clone(),
            teams_users: self.teams_users.clone(),
            present: self.present,
            disk: None,
            dirty: BTreeSet::new(),
        }
    }

    pub(crate) fn now(&self) -> Time {
        self.acting.unwrap_or_else(|| self.clock.now() + self.ahead)
    }

    /// Puts the clock forward, and does what was due until then.
    pub(crate) fn advance(&mut self, by: Duration) {
        self.ahead += by;
        self.settle();
    }

    /// Somebody present, by id or user principal name.
    pub(crate) fn person(&self, key: &str) -> Option<&Person> {
        let id = self
            .names
            .get(&key.to_lowercase())
            .map_or(key, String::as_str);
        self.people
            .get(id)
            .filter(|person| person.life == Life::Present)
    }

    /// How many are present.
    pub(crate) const fn present(&self) -> usize {
        self.present
    }

    /// Those with a Teams user after `after`, by id.
    pub(crate) fn teams_users(&self, after: &str) -> impl Iterator<Item = &Person> {
        let now = self.now();
        super::after(after, &self.teams_users)
            .filter_map(|id| self.people.get(id))
            .filter(move |person| person.life == Life::Present && person.teams.is_listed(now))
    }

    /// A newcomer, or the replacement of somebody known.
    pub(crate) fn add(&mut self, person: Person) {
        let id = person.id.clone();
        self.leave(&id);
        self.index(person);
        self.count_seats(&id, 1);
        self.follow_teams(&id);
        self.announce(&id, self.now(), &[]);
    }

    /// Somebody goes or comes back; their seats go and come with them.
    pub(crate) fn set_life(&mut self, id: &str, life: Life) {
        self.leave(id);
        let Some(mut person) = self.people.remove(id) else {
            return;
        };
        person.life = life;
        person.deleted = (life == Life::SoftDeleted).then(|| self.now());
        self.index(person);
        match life {
            Life::Present => self.count_seats(id, 1),
            Life::SoftDeleted => {}
            Life::Gone => self.leave_groups(id),
        }
        self.announce(id, self.now(), &[]);
    }

    /// Changes what the directory knows of somebody; readers and delta see it after `lag`. `properties`: what changes.
    pub(crate) fn change_directory(
        &mut self,
        id: &str,
        lag: Duration,
        properties: &[&str],
        change: impl FnOnce(&mut Directory),
    ) {
        let now = self.now();
        let had: BTreeSet<String> = self.products_of(id);
        let Some(person) = self.people.get_mut(id) else {
            return;
        };
        let name = person
            .directory
            .truth()
            .text("userPrincipalName")
            .map(str::to_lowercase);
        let visible = person.directory.change(now, lag, change);
        let renamed = person
            .directory
            .truth()
            .text("userPrincipalName")
            .map(str::to_lowercase);
        if name != renamed && person.life == Life::Present {
            name.map(|old| self.names.remove(&old));
            renamed.map(|new| self.names.insert(new, id.to_owned()));
        }
        if person.life == Life::Present {
            let has = self.products_of(id);
            has.difference(&had)
                .for_each(|sku| self.move_seats(sku, lag, 1));
            had.difference(&has)
                .for_each(|sku| self.move_seats(sku, lag, -1));
        }
        self.follow_teams(id);
        self.announce(id, visible, properties);
    }

    /// The lag of the next write on somebody: 0 to `longest`, each write with its own.
    pub(crate) fn lag(&mut self, id: &str, longest: Duration) -> Duration {
        let Some(person) = self.people.get_mut(id) else {
            return Duration::ZERO;
        };
        person.writes += 1;
        self.chance
            .span(Duration::ZERO, longest, "lag", id, person.writes)
    }

    /// Changes somebody in a way that the directory does not show.
    pub(crate) fn touch(&mut self, id: &str, change: impl FnOnce(&mut Person)) {
        if let Some(person) = self.people.get_mut(id) {
            change(person);
            self.dirty.insert(Dirty::Person(id.to_owned()));
        }
    }

    pub(crate) fn put_product(&mut self, product: Product) {
        self.dirty.insert(Dirty::Product(product.id.clone()));
        self.products.insert(product.id.clone(), product);
    }

    pub(crate) fn put_policy(&mut self, policy: Policy) {
        self.dirty.insert(Dirty::Policy(policy.id.clone()));
        self.policies.insert(policy);
    }

    pub(crate) fn put_snapshot(&mut self, snapshot: Snapshot) {
        self.dirty.insert(Dirty::Snapshot(snapshot.id.clone()));
        self.snapshots.insert(snapshot.id.clone(), snapshot);
    }

    /// Remembers a change that came in over the API.
    pub(crate) fn record(&mut self, recorded: Recorded) {
        if self.options.keep_history {
            self.history.push(recorded);
        }
    }

    /// Puts a person where lookups find them.
    fn index(&mut self, person: Person) {
        if person.life == Life::Present {
            self.present += 1;
            if let Some(name) = person.directory.truth().text("userPrincipalName") {
                self.names.insert(name.to_lowercase(), person.id.clone());
            }
        }
        if person.teams.listed_from.is_some() {
            self.teams_users.insert(person.id.clone());
        }
        self.people.insert(person.id.clone(), person);
    }

    /// Undoes what the presence of somebody brought: the count, the name, the seats.
    fn leave(&mut self, id: &str) {
        let Some(person) = self
            .people
            .get(id)
            .filter(|person| person.life == Life::Present)
        else {
            return;
        };
        self.present -= 1;
        if let Some(name) = person.directory.truth().text("userPrincipalName") {
            self.names.remove(&name.to_lowercase());
        }
        self.count_seats(id, -1);
    }

    fn announce(&mut self, id: &str, visible: Time, properties: &[&str]) {
        let properties = properties
            .iter()
            .map(|property| (*property).to_owned())
            .collect();
        let number = self.feed.push(
            self.now(),
            Entry {
                visible,
                whose: id.to_owned(),
                properties,
            },
        );
        self.dirty.insert(Dirty::Change(number));
        self.dirty.insert(Dirty::Person(id.to_owned()));
    }

    fn products_of(&self, id: &str) -> BTreeSet<String> {
        self.people
            .get(id)
            .map(|p| {
                p.directory
                    .truth()
                    .products()
                    .into_iter()
                    .map(String::from)
                    .collect()
            })
            .unwrap_or_default()
    }

    fn count_seats(&mut self, id: &str, by: i32) {
        self.products_of(id)
            .iter()
            .for_each(|sku| self.move_seats(sku, Duration::ZERO, by));
    }

    fn move_seats(&mut self, sku: &str, lag: Duration, by: i32) {
        let now = self.now();
        if let Some(product) = self.products.get_mut(sku) {
            product
                .consumed
                .change(now, lag, |taken| *taken = taken.saturating_add_signed(by));
        }
    }

    /// Starts or ends somebody's life in Teams as their licences say (`graph-api.md 10`).
    fn follow_teams(&mut self, id: &str) {
        let now = self.now();
        let (least, longest) = self.options.readiness;
        let Some(person) = self.people.get_mut(id) else {
            return;
        };
        let licensed = person.directory.truth().working().any(|licence| {
            let off = licence.disabled_plans.iter().any(|plan| plan == TEAMS1);
            !off && self
                .products
                .get(&licence.sku)
                .is_some_and(|product| product.plans.iter().any(|plan| plan == TEAMS1))
        });
        let teams = &mut person.teams;
        match (licensed, teams.eligible_from) {
            (true, None) => {
                let delay = self.chance.span(least, longest, "ready", id, 0);
                teams.listed_from.get_or_insert(now + delay / 2);
                teams.eligible_from = Some(now + delay);
                teams.voice_from = Some(now + delay + delay / 4);
                self.teams_users.insert(id.to_owned());
            }
            (false, Some(_)) => {
                (teams.eligible_from, teams.voice_from) = (None, None);
                if !teams.is_listed(now) {
                    teams.listed_from = None;
                    self.teams_users.remove(id);
                }
            }
            (true, Some(_)) | (false, None) => {}
        }
    }
}
