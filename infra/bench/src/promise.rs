//! What each flow may cost. *Floor*: it cannot be lower with this data model. *Budget*: what is promised; where it is more than the floor,
//! the difference is counted beside it.

use serde::Serialize;

use crate::count::Cost;

/// People on a page of the list; numbers on one of theirs; changes on one of theirs.
const PAGE: f64 = 999.0;
const PAGE_OF_NUMBERS: f64 = 1_000.0;
const PAGE_OF_CHANGES: f64 = 200.0;
/// KB of the least that has to be read of a person to compare them, half price because it may be stale.
const LEAST: f64 = 0.35;
/// KB of a person's row and of a number's, as they are read: whole, and consistently, because a pass that misses a row misses a person.
/// 4 KB are a unit.
const PERSON: f64 = 0.54;
const NUMBER: f64 = 0.40;
/// What every sync costs besides its people: four lanes are claimed (1 WRU), looked through (4 partitions) and given back (1), the mark of
/// whoever asked is set and the cursor moved; tenant, sites, personas, rules and what is known of Microsoft are read. A sync ends by
/// ringing the three other lanes: should a lane ever be wrong about what is due, the next sync mends it.
const SYNC_RRU: f64 = 40.0;
const SYNC_WRU: f64 = 14.0;
/// Sent: one by whoever asks and three by the sync; each of the four is received and deleted.
const SYNC_SQS: f64 = 12.0;
const SYNC_INVOCATIONS: f64 = 4.0;

/// A count that is held to a floor and a budget.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Promise {
    /// One of [`Cost::named`].
    pub what: &'static str,
    pub floor: f64,
    pub budget: f64,
}

/// A flow that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub flow: &'static str,
    pub people: usize,
    pub cost: Cost,
    pub promises: Vec<Promise>,
}

impl Row {
    fn of(
        flow: &'static str,
        people: usize,
        cost: Cost,
        promises: &[(&'static str, f64, f64)],
    ) -> Self {
        let promises = promises.iter();
        Self {
            flow,
            people,
            cost,
            promises: promises
                .map(|(what, floor, budget)| Promise {
                    what,
                    floor: *floor,
                    budget: *budget,
                })
                .collect(),
        }
    }

    /// Each promise with what was measured.
    pub fn held(&self) -> impl Iterator<Item = (f64, &Promise)> {
        self.promises.iter().map(|promise| {
            let mut named = self.cost.named().into_iter();
            let found = named.find(|(name, _)| *name == promise.what);
            (found.map_or(f64::INFINITY, |(_, count)| count), promise)
        })
    }

    /// What is over its budget, as a sentence each.
    pub fn excesses(&self) -> Vec<String> {
        let over = self
            .held()
            .filter(|(count, promise)| *count > promise.budget);
        over.map(|(count, promise)| {
            format!(
                "{} of {}: {} {count:.2}, budget {:.2}",
                self.flow, self.people, promise.what, promise.budget
            )
        })
        .collect()
    }
}

/// The promises of reading so many people, each with a number.
pub struct Reading {
    pub people: usize,
}

impl Reading {
    /// A pass over everybody keeps its place every few pages, and renews its lease.
    fn places(&self) -> f64 {
        self.people as f64 / 500.0
    }

    fn pages(&self) -> f64 {
        let people = self.people as f64;
        (people / PAGE).ceil() + (people / PAGE_OF_NUMBERS).ceil()
    }

    /// Nothing is known yet: everybody and every number is written once.
    pub fn first(&self, cost: Cost) -> Row {
        let rows = 2.0 * self.people as f64;
        let cursors = (self.pages() / 10.0).ceil() + 2.0;
        // Products, groups, Teams accounts, the test of the connection and what it tries.
        let graph = 1.05 * self.pages() + 16.0;
        // Besides a sync: what is learnt of the tenant, and the places of four families.
        let own = rows + cursors + SYNC_WRU + 16.0;
        let promises = [
            ("graph", self.pages() + 2.0, graph),
            ("WRU", rows + cursors, own + self.places()),
        ];
        Row::of("first sync", self.people, cost, &promises)
    }

    /// Everybody is read again, compared and decided, and nothing is written: every row is read twice.
    pub fn full(&self, cost: Cost) -> Row {
        let people = self.people as f64;
        let pages = (people / PAGE).ceil();
        let cursors = (pages / 10.0).ceil() + 2.0;
        let graph = pages + 6.0;
        let promises = [
            ("graph", pages + 2.0, graph),
            (
                "RRU",
                half(LEAST * people),
                2.0 * PERSON * people / 4.0 + SYNC_RRU + 20.0,
            ),
            ("WRU", cursors, cursors + SYNC_WRU + 10.0 + self.places()),
        ];
        Row::of("full sync, unchanged", self.people, cost, &promises)
    }

    /// Nothing changed.
    pub fn idle(&self, cost: Cost) -> Row {
        let promises = [
            ("graph", 2.0, 4.0),
            ("RRU", 1.0, SYNC_RRU),
            ("WRU", 1.0, SYNC_WRU),
            ("SQS", 1.0, SYNC_SQS),
            ("invocations", 1.0, SYNC_INVOCATIONS),
        ];
        Row::of("delta, unchanged", self.people, cost, &promises)
    }

    /// One in a hundred changed: only they are written (1), and read by themselves, consistently, to be compared (1) and to be decided (1).
    pub fn delta(&self, cost: Cost) -> Row {
        let changed = (self.people as f64 / 100.0).ceil();
        let pages = (changed / PAGE_OF_CHANGES).ceil();
        let promises = [
            ("graph", pages + 1.0, 2.0 * pages + 4.0),
            ("RRU", 0.5 * changed, 2.3 * changed + SYNC_RRU),
            ("WRU", changed, 1.2 * changed + SYNC_WRU + 5.0),
            ("SQS", 1.0, SYNC_SQS),
            ("invocations", 1.0, SYNC_INVOCATIONS),
        ];
        Row::of("delta, 1 % changed", self.people, cost, &promises)
    }

    /// Every number is read again, and nothing is written.
    pub fn audit(&self, cost: Cost) -> Row {
        let people = self.people as f64;
        let most = NUMBER * people / 4.0 * 1.2 + SYNC_RRU + 40.0;
        let promises = [("RRU", half(LEAST * people), most)];
        Row::of("number audit", self.people, cost, &promises)
    }

    /// What Microsoft lets us do is tried.
    pub fn test(&self, cost: Cost) -> Row {
        let promises = [("RRU", 1.0, SYNC_RRU), ("WRU", 1.0, SYNC_WRU)];
        Row::of("connection test", self.people, cost, &promises)
    }
}

/// Units for so many KB that may be stale.
fn half(kilobytes: f64) -> f64 {
    (kilobytes / 4.0).ceil() * 0.5
}

/// WRU of the parts of a life. A job's row and its place in the index of what is due: a save costs 1, one that moves it in time 3, in a
/// transaction 2 and 4. With five requests on record it passes 1 KB, and its history 1 KB from the beginning.
const OPENED: f64 = 7.0 + 1.0;
const ASKED_AND_LOOKED: f64 = 1.0 + 3.0;
const HELD: f64 = 4.0 + 4.0;
const STAGED: f64 = 3.0 + 3.0 + 5.0;
const NUMBER_ORDERED: f64 = 4.0 + 4.0;
const LOOK: f64 = 3.0;
const ENDED: f64 = 4.0 + 4.0 + 2.0 + 4.0 + 2.0;
/// What drains cost besides: claimed, renewed and given back, shared by all who are due.
const DRAINS: f64 = 2.0;

/// One person, alone: nothing is shared.
pub fn one(cost: Cost) -> Row {
    Row::of(
        "provision one",
        1,
        cost,
        &[("graph", 6.0, 60.0), ("WRU", 24.0, 190.0)],
    )
}

/// A person and two numbers found, a usage location, a number held, a licence, the wait for Teams, three policies, the number given, looked at
/// until it shows. Microsoft refuses the first order of it until the licence counts: one order and two looks more.
const PROVISIONED: f64 = 3.0
    + OPENED
    + ASKED_AND_LOOKED
    + HELD
    + ASKED_AND_LOOKED
    + STAGED
    + ASKED_AND_LOOKED
    + NUMBER_ORDERED
    + 2.0 * LOOK
    + ENDED
    + DRAINS;

/// Each of many at once, with a licence of their own.
pub fn wave(people: usize, cost: Cost) -> Row {
    let drains = 100.0 / people as f64;
    let promises = [
        ("graph", 6.0, 20.0),
        ("directory writes", 1.0, 2.0),
        ("WRU", 24.0, PROVISIONED),
        ("SQS", 0.0, 0.9 + 3.0 * drains),
        ("invocations", 0.0, 0.3 + drains),
    ];
    Row::of("provision, each", people, cost, &promises)
}

/// The same with the licence of a group, into which many get at once; the seat is kept until the licence shows (3 + 2), which takes one look
/// more.
pub fn wave_by_group(people: usize, cost: Cost) -> Row {
    let promises = [
        ("graph", 6.0, 23.0),
        ("directory writes", 0.05, 1.3),
        ("WRU", 24.0, PROVISIONED + 5.0 + LOOK),
    ];
    Row::of("provision by group, each", people, cost, &promises)
}

/// Each of those who move: policies and usage location; with another number, the old one is taken and the new one given besides.
pub fn moving(people: usize, cost: Cost, keeps_number: bool) -> Row {
    let kept = OPENED + ASKED_AND_LOOKED + ENDED + DRAINS + LOOK;
    if keeps_number {
        return Row::of(
            "move with number, each",
            people,
            cost,
            &[("WRU", 18.0, kept)],
        );
    }
    let renumbered = kept + HELD + 2.0 * (NUMBER_ORDERED + LOOK) + 2.0 * LOOK;
    Row::of(
        "move to new number, each",
        people,
        cost,
        &[("WRU", 30.0, renumbered)],
    )
}

/// Each of those who leave: locked out, signed out, without number, policies, licence.
pub fn offboarding(people: usize, cost: Cost) -> Row {
    let most = OPENED + 2.0 * ASKED_AND_LOOKED + NUMBER_ORDERED + LOOK + ENDED + DRAINS;
    Row::of(
        "offboard, each",
        people,
        cost,
        &[("graph", 6.0, 16.0), ("WRU", 18.0, most)],
    )
}

/// Each of those who wait and are looked at.
pub fn polling(people: usize, cost: Cost) -> Row {
    let promises = [
        ("graph", if people > 1_000 { 0.001 } else { 1.0 }, 1.1),
        ("WRU", 1.0, 3.0),
    ];
    Row::of("staging poll, each", people, cost, &promises)
}
