//! The reference: who must be where, told without asking the system under test; and what must hold of its rows at any time.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::error::Result;
use shared::model::inventory::Entry;
use shared::model::job::{Goal, Job, JobState, Waits};
use shared::model::lane::LaneRow;
use shared::model::person::{Person, PersonState, Presence};
use shared::model::tenant::TenantId;
use shared::store::ends::History;

mod numbers;
mod row;
mod stands;
pub mod watch;

pub use numbers::disagreements;
use row::Row;

use crate::contoso::{self, Employee, Fate};
use crate::dynamodb::{Table, Written};
use crate::microsoft::{Microsoft, Truth};

/// The rows of one tenant, as they are.
#[derive(Debug, Default)]
pub struct Ledger {
    /// People by id.
    pub people: BTreeMap<String, Person>,
    /// Jobs by id.
    pub jobs: BTreeMap<String, Job>,
    /// What is kept of ended jobs, by job.
    pub histories: BTreeMap<String, History>,
    /// Numbers of the inventory.
    pub entries: BTreeMap<String, Entry>,
    /// Lanes by name.
    pub lanes: BTreeMap<String, LaneRow>,
}

impl Ledger {
    /// Reads the rows off the table; of several tenants those of one is what makes sense.
    pub fn read(table: &Table) -> Result<Self> {
        Self::read_those(table, |_| true)
    }

    /// Reads the rows of one tenant.
    pub fn read_of(table: &Table, tenant: &TenantId) -> Result<Self> {
        let is_own = |pk: &str| row::tenant(pk) == Some(tenant.as_str());
        Self::read_those(table, is_own)
    }

    /// Takes the rows of one tenant as they come from anywhere, such as a deployed table: items in DynamoDB's JSON.
    pub fn of(items: impl IntoIterator<Item = Value>, tenant: &TenantId) -> Result<Self> {
        let mut ledger = Self::default();
        for item in items {
            let written = Written::of(item);
            if row::tenant(&written.pk) == Some(tenant.as_str()) {
                ledger.take_in(row::read(&written)?);
            }
        }
        Ok(ledger)
    }

    fn read_those(table: &Table, wanted: impl Fn(&str) -> bool) -> Result<Self> {
        let mut ledger = Self::default();
        let mut failure = None;
        table.each(|item| {
            let written = Written::of(item);
            if wanted(&written.pk) {
                match row::read(&written) {
                    Ok(row) => ledger.take_in(row),
                    Err(error) => drop(failure.get_or_insert(error)),
                }
            }
        })?;
        match failure {
            Some(error) => Err(error),
            None => Ok(ledger),
        }
    }

    fn take_in(&mut self, row: Row) {
        match row {
            Row::Person((_, id), Some(person)) => drop(self.people.insert(id, person)),
            Row::Number((_, number), Some(entry)) => drop(self.entries.insert(number, entry)),
            Row::Lane((_, lane), Some(row)) => drop(self.lanes.insert(lane, row)),
            Row::Job((_, id), Some(job)) => drop(self.jobs.insert(id, job)),
            Row::History((_, id), Some(history)) => drop(self.histories.insert(id, history)),
            Row::Person(_, None)
            | Row::Number(_, None)
            | Row::Lane(_, None)
            | Row::Job(_, None)
            | Row::History(_, None)
            | Row::Tenant(..)
            | Row::Other => {}
        }
    }

    /// People whose provisioning ended well, whatever came after.
    pub fn provisioned(&self) -> usize {
        let well = |job: &&Job| {
            job.goal == Goal::Provision
                && matches!(job.state, JobState::Done | JobState::DoneWithNotes)
        };
        self.jobs
            .values()
            .filter(well)
            .map(|job| &job.person)
            .collect::<BTreeSet<_>>()
            .len()
    }

    /// What steps failed of, and how often.
    pub fn failures(&self) -> BTreeMap<String, usize> {
        let mut causes = BTreeMap::new();
        let failed = self
            .histories
            .values()
            .filter(|history| history.state == JobState::Failed);
        for (step, stands) in failed.flat_map(|history| &history.steps) {
            if stands.starts_with("failed") || stands.starts_with("blocked: Microsoft") {
                let kind = step.split_whitespace().next().unwrap_or_default();
                *causes.entry(format!("{kind}: {stands}")).or_insert(0) += 1;
            }
        }
        causes
    }

    /// The state of one person.
    pub fn state(&self, person: &Person) -> PersonState {
        let open = person
            .open_job
            .as_ref()
            .and_then(|open| self.jobs.get(&open.id.0));
        person.state(open.map(|job| job.state))
    }

    /// People by state.
    pub fn people_by_state(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for person in self.people.values() {
            *counts.entry(self.state(person).name()).or_insert(0) += 1;
        }
        counts
    }

    /// Jobs by state.
    pub fn jobs_by_state(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for job in self.jobs.values() {
            *counts.entry(job.state.name().to_owned()).or_insert(0) += 1;
        }
        counts
    }

    /// Nobody is at work, and nobody waits for anything but licences and numbers that are not there.
    pub fn is_quiet(&self) -> bool {
        let waits = |job: &Job| matches!(job.waits, Some(Waits::Licence | Waits::Number));
        self.jobs
            .values()
            .all(|job| job.state.is_final() || waits(job))
    }

    /// What must hold at any time (V2, V3, V5; one open job per person).
    pub fn broken_invariants(&self) -> Vec<String> {
        let mut broken = numbers::broken(self);
        for person in self.people.values() {
            let open = person.open_job.as_ref();
            if let Some(open) = open.filter(|open| !self.jobs.contains_key(&open.id.0)) {
                broken.push(format!(
                    "V3: person {} names job {} that is not there",
                    person.id.0, open.id.0
                ));
            }
        }
        let mut open_jobs: BTreeMap<&str, usize> = BTreeMap::new();
        for job in self.jobs.values() {
            let person = self.people.get(&job.person.0);
            broken.extend(stands::job(job, person, self.histories.get(&job.id.0)));
            if !job.state.is_final() && job.superseded_by.is_none() {
                *open_jobs.entry(job.person.0.as_str()).or_insert(0) += 1;
            }
        }
        broken.extend(
            open_jobs
                .iter()
                .filter(|(_, n)| **n > 1)
                .map(|(person, n)| format!("J1: person {person} has {n} open jobs")),
        );
        broken
    }
}

/// Everything that is not as it should be at the end.
pub fn problems(ledger: &Ledger, employees: &[Employee], microsoft: &Microsoft) -> Vec<String> {
    let mut problems = ledger.broken_invariants();
    let mut waiting: BTreeMap<&str, u32> = BTreeMap::new();
    for employee in employees {
        let truth = microsoft.truth(&employee.id);
        let (Some(person), Some(truth)) = (ledger.people.get(&employee.id), truth) else {
            problems.push(format!("V2: {} is lost", employee.id));
            continue;
        };
        match expected(employee, person, ledger.state(person), &truth) {
            Ok(Some(sku)) => *waiting.entry(sku).or_insert(0) += 1,
            Ok(None) => {}
            Err(problem) => {
                problems.push(format!("{} ({:?}): {problem}", employee.id, employee.fate))
            }
        }
    }
    let demand = contoso::demand(employees);
    for (sku, seats) in contoso::seats(employees) {
        let short = demand
            .get(sku)
            .copied()
            .unwrap_or_default()
            .saturating_sub(seats);
        let found = waiting.get(sku).copied().unwrap_or_default();
        if found != short {
            problems.push(format!("{found} people wait for {sku}, {short} must"));
        }
    }
    problems
}

/// Whether somebody is where they must be; the licence they wait for, if that is where.
fn expected(
    employee: &Employee,
    person: &Person,
    state: PersonState,
    truth: &Truth,
) -> std::result::Result<Option<&'static str>, String> {
    let is = |wanted: PersonState| {
        if state == wanted {
            Ok(None)
        } else {
            Err(format!("is {}, must be {}", state.name(), wanted.name()))
        }
    };
    match employee.fate {
        Fate::Deleted => is(if person.presence == Presence::GoneHard {
            PersonState::GoneHard
        } else {
            PersonState::GoneSoft
        }),
        Fate::Leaves => {
            is(PersonState::Offboarded)?;
            if !truth.direct_licences.is_empty() || !truth.policies.is_empty() {
                return Err(format!(
                    "still has {:?} {:?}",
                    truth.direct_licences, truth.policies
                ));
            }
            if person.site.is_some() || person.persona.is_some() {
                return Err("has left and is still placed".to_owned());
            }
            Ok(None)
        }
        Fate::Stays | Fate::Joins => match employee.truth.persona {
            None => untouched(employee, state, truth),
            Some(persona) => stays(employee, persona, person, state, truth),
        },
    }
}

fn untouched(
    employee: &Employee,
    state: PersonState,
    truth: &Truth,
) -> std::result::Result<Option<&'static str>, String> {
    if !matches!(state, PersonState::Imported | PersonState::OutOfScope) {
        return Err(format!("matches no rule and is {}", state.name()));
    }
    let by_hand = employee
        .by_hand
        .map(|(kind, name)| (kind.to_owned(), name.to_owned()));
    if !truth.direct_licences.is_empty() || truth.policies != by_hand.into_iter().collect() {
        return Err(format!(
            "matches no rule and was given {:?} {:?}",
            truth.direct_licences, truth.policies
        ));
    }
    Ok(None)
}

fn stays(
    employee: &Employee,
    persona: &'static str,
    person: &Person,
    state: PersonState,
    truth: &Truth,
) -> std::result::Result<Option<&'static str>, String> {
    let sku = contoso::licence(persona).unwrap_or_default();
    if state == PersonState::Waiting && truth.direct_licences.is_empty() {
        return Ok(Some(sku));
    }
    if state != PersonState::Provisioned {
        return Err(format!("is {}, must be provisioned", state.name()));
    }
    let Some(wanted) = contoso::personas()
        .into_iter()
        .find(|p| p.reference.id == persona)
    else {
        return Err(format!("no persona {persona}"));
    };
    if person.persona.as_ref() != Some(&wanted.reference)
        || person.site.as_ref().map(|s| s.0.as_str()) != employee.truth.site
    {
        return Err(format!("holds {:?} at {:?}", person.persona, person.site));
    }
    if !truth.direct_licences.iter().eq([sku]) {
        return Err(format!("has the licences {:?}", truth.direct_licences));
    }
    let location = match employee.truth.site {
        Some("europe/berlin") if persona != "frontline" => "DE",
        Some(_) | None => "GB",
    };
    if truth.usage_location.as_deref() != Some(location) {
        return Err(format!(
            "is located in {:?}, must be in {location}",
            truth.usage_location
        ));
    }
    for (kind, name) in &wanted.policies {
        if truth.policies.get(&kind.0) != Some(name) {
            return Err(format!(
                "has {:?} for {}",
                truth.policies.get(&kind.0),
                kind.0
            ));
        }
    }
    Ok(None)
}
