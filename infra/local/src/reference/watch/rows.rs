//! What may follow what in the rows, and what must hold between them.

use std::collections::BTreeSet;

use shared::model::inventory::{Entry, NumberState};
use shared::model::job::{Goal, Job};
use shared::model::person::Person;
use shared::model::tenant::Circuit;
use shared::model::time::Time;

use super::{Key, Model, Row, stands, tenant};
use crate::dynamodb::Written;

/// V7: a write is one tenant's, and names nothing of another's.
pub(super) fn crossings(model: &Model, written: &[Written]) -> Vec<String> {
    let mut found = Vec::new();
    let tenants: BTreeSet<&str> = written.iter().filter_map(|one| tenant(&one.pk)).collect();
    if tenants.len() > 1 {
        found.push(format!("V7: one write to {tenants:?}"));
    }
    if model.marks.len() < 2 {
        return found;
    }
    for one in written {
        let text = one.item.as_ref().map(ToString::to_string);
        let text = text.unwrap_or_default();
        let own = tenant(&one.pk);
        let foreign = model
            .marks
            .iter()
            .filter(|(of, _)| own.is_some_and(|own| own != *of));
        for (of, _) in foreign.filter(|(_, mark)| text.contains(mark.as_str())) {
            found.push(format!("V7: {} {} speaks of {of}", one.pk, one.sk));
        }
    }
    found
}

/// What is changed by a step, by kind.
#[derive(Default)]
pub(super) struct Keys {
    jobs: Vec<Key>,
    people: Vec<Key>,
    numbers: Vec<Key>,
}

impl Model {
    /// What must not follow what was.
    pub(super) fn changes(&self, rows: &[Row], worker: &str) -> Vec<String> {
        let mut found = Vec::new();
        for row in rows {
            match row {
                Row::Job(key, new) => match (self.jobs.get(key), new) {
                    (Some(old), Some(new)) => found.extend(job(old, new)),
                    (Some(old), None) => found.push(format!("V3: job {} is deleted", old.id.0)),
                    (None, _) => {}
                },
                Row::Person(key, new) => match (self.people.get(key), new) {
                    (Some(old), Some(new)) => found.extend(self.person(key, old, new, rows)),
                    (Some(old), None) => found.push(format!("V2: {} is deleted", old.id.0)),
                    (None, _) => {}
                },
                Row::Number(key, Some(new)) => {
                    if let Some(old) = self.numbers.get(key) {
                        found.extend(number(old, new));
                    }
                    found.extend(self.asked_for(key, new));
                }
                Row::Lane(key, Some(new)) => {
                    let Some(old) = self.lanes.get(key) else {
                        continue;
                    };
                    if new.fence < old.fence {
                        found.push(format!("V10: the fence of {key:?} goes back"));
                    }
                    let is_given_back = old.until.is_some() && new.until.is_none();
                    let holder = self.holders.get(key);
                    if is_given_back && holder.is_some_and(|holder| holder != worker) {
                        found.push(format!(
                            "V10: {worker} gives back {key:?}, which is {holder:?}'s"
                        ));
                    }
                }
                Row::Number(_, None)
                | Row::Lane(_, None)
                | Row::History(..)
                | Row::Tenant(..)
                | Row::Other => {}
            }
        }
        found
    }

    /// Takes the rows in; says which.
    pub(super) fn take_in(&mut self, rows: Vec<Row>, worker: &str, now: Time) -> Keys {
        let mut keys = Keys::default();
        for row in rows {
            match row {
                Row::Job(key, Some(job)) => {
                    self.touched.insert(key.clone(), now);
                    if job.has_open_asks() && !job.state.is_final() {
                        self.asking.insert(key.clone());
                    } else {
                        self.asking.remove(&key);
                    }
                    self.jobs.insert(key.clone(), job);
                    keys.jobs.push(key);
                }
                Row::Person(key, Some(person)) => {
                    self.people.insert(key.clone(), person);
                    keys.people.push(key);
                }
                Row::Number(key, Some(entry)) => {
                    self.numbers.insert(key.clone(), entry);
                    keys.numbers.push(key);
                }
                Row::Lane(key, Some(row)) => {
                    let old = self.lanes.get(&key).map_or(0, |old| old.fence);
                    if row.fence > old {
                        self.holders.insert(key.clone(), worker.to_owned());
                    }
                    self.lanes.insert(key, row);
                }
                Row::History(key, Some(history)) => drop(self.histories.insert(key, history)),
                Row::Tenant(id, Circuit::Open { probe_at, .. }) => {
                    self.stopped.insert(id, probe_at);
                }
                Row::Tenant(id, Circuit::Closed) => {
                    // It stood still until now.
                    if let Some(until) = self.stopped.get_mut(&id) {
                        *until = (*until).min(now);
                    }
                }
                Row::Job(_, None)
                | Row::Person(_, None)
                | Row::Number(_, None)
                | Row::Lane(_, None)
                | Row::History(_, None)
                | Row::Other => {}
            }
        }
        keys
    }

    /// What must hold of these rows and of those they name.
    pub(super) fn stands(&self, keys: &Keys) -> Vec<String> {
        let mut found = Vec::new();
        for key in &keys.jobs {
            found.extend(
                self.jobs
                    .get(key)
                    .into_iter()
                    .flat_map(|job| self.job_stands(key, job)),
            );
        }
        for key in &keys.people {
            let Some(open) = self.people.get(key).and_then(|one| one.open_job.as_ref()) else {
                continue;
            };
            let job = self.jobs.get(&(key.0.clone(), open.id.0.clone()));
            if job.is_none_or(|job| job.state.is_final()) {
                found.push(format!("V2: {} is in the hands of no open job", key.1));
            }
        }
        for key in &keys.numbers {
            let entry = self.numbers.get(key);
            found.extend(
                entry
                    .into_iter()
                    .flat_map(|entry| self.number_stands(key, entry)),
            );
        }
        found
    }

    fn job_stands(&self, key: &Key, job: &Job) -> Vec<String> {
        let of = |name: &str| (key.0.clone(), name.to_owned());
        let person = self.people.get(&of(&job.person.0));
        let mut found = stands::job(job, person, self.histories.get(key));
        let keeps = !job.state.is_final() && job.goal != Goal::Offboard && job.supersedes.is_none();
        for line in job.lines.iter().take(1).filter(|line| keeps && !line.had) {
            let entry = self.numbers.get(&of(line.number.as_str()));
            if entry.is_some_and(|entry| entry.state == NumberState::Available) {
                found.push(format!(
                    "V1: job {} says it keeps {}, which is free",
                    job.id.0, line.number
                ));
            }
        }
        found
    }

    fn number_stands(&self, key: &Key, entry: &Entry) -> Vec<String> {
        let job = entry.job.as_ref();
        let job = job.and_then(|job| self.jobs.get(&(key.0.clone(), job.0.clone())));
        stands::number(entry, job)
    }

    /// V1 (c), A4: nobody gets a number for which anybody still asks.
    fn asked_for(&self, key: &Key, new: &Entry) -> Vec<String> {
        use NumberState::{Available, Cooling, Held};
        if !matches!(new.state, Available | Cooling | Held) {
            return Vec::new();
        }
        let asks = |job: &&Job| {
            let mut open = job.asks.iter().filter(|ask| ask.is_open());
            open.any(|ask| ask.verb.number() == Some(&new.number))
        };
        let keys = self.asking.iter().filter(|(tenant, _)| *tenant == key.0);
        let jobs = keys.filter_map(|key| self.jobs.get(key)).filter(asks);
        // A job that ends closes its asks in the same write, which is not taken in yet.
        jobs.filter(|job| new.job.is_some() && new.job.as_ref() != Some(&job.id))
            .map(|job| {
                format!(
                    "A4: {} is {} while job {} asks for it",
                    new.number, new.state, job.id.0
                )
            })
            .collect()
    }

    fn person(&self, key: &Key, old: &Person, new: &Person, rows: &[Row]) -> Vec<String> {
        let mut found = Vec::new();
        let id = &new.id.0;
        if new.sync_fence < old.sync_fence {
            found.push(format!("V11: an older sync wrote {id}"));
        }
        if new.version < old.version {
            found.push(format!("J1: {id} was overwritten"));
        }
        let in_step = |wanted: &str| {
            rows.iter().find_map(|row| match row {
                Row::Job((tenant, id), Some(job)) if *tenant == key.0 && id == wanted => Some(job),
                Row::Job(..)
                | Row::Person(..)
                | Row::Number(..)
                | Row::Lane(..)
                | Row::History(..)
                | Row::Tenant(..)
                | Row::Other => None,
            })
        };
        let (was, is) = (&old.open_job, &new.open_job);
        if was.as_ref().map(|open| &open.id) == is.as_ref().map(|open| &open.id) {
            return found;
        }
        if let Some(was) = was {
            let over = in_step(&was.id.0);
            let gives_way = |job: &Job| job.state.is_final() || job.superseded_by.is_some();
            if !over.is_some_and(gives_way) {
                found.push(format!("V2: {id} lost job {}", was.id.0));
            }
        }
        if let Some(is) = is
            && in_step(&is.id.0).is_none()
        {
            found.push(format!(
                "V2: {id} is in the hands of job {}, which is not new",
                is.id.0
            ));
        }
        found
    }
}

/// A job from one write to the next.
fn job(old: &Job, new: &Job) -> Vec<String> {
    let mut found = Vec::new();
    let id = &new.id.0;
    if old.state.is_final() && old != new {
        found.push(format!(
            "V3: job {id} was {} and is {}",
            old.state, new.state
        ));
    }
    if new.version != old.version + 1 {
        found.push(format!(
            "J1: job {id} was written over: {} follows {}",
            new.version, old.version
        ));
    }
    if new.lane == old.lane && new.fence < old.fence {
        found.push(format!(
            "V10: job {id} was written with the fence {} after {}",
            new.fence, old.fence
        ));
    }
    for ask in old.asks.iter().filter(|ask| ask.is_open()) {
        if !new.asks.iter().any(|one| one.number == ask.number) {
            found.push(format!("V5: ask {} of job {id} is forgotten", ask.number));
        }
    }
    for ask in old.asks.iter().filter(|ask| !ask.is_open()) {
        let now = new.asks.iter().find(|one| one.number == ask.number);
        if now.is_some_and(|now| now.closed != ask.closed) {
            found.push(format!(
                "V5: ask {} of job {id} has another answer now",
                ask.number
            ));
        }
    }
    found
}

/// A number from one write to the next: the table of what may become of it, told once more.
fn number(old: &Entry, new: &Entry) -> Option<String> {
    use NumberState::{
        Assigning, Available, Conflict, Cooling, Held, Releasing, Reserved, Settling, Used,
        UsedUtility,
    };
    let (was, is) = (old.state, new.state);
    let by_job = match was {
        Available => matches!(is, Held),
        Held => matches!(
            is,
            Assigning | Available | Reserved | Settling | Used | Conflict
        ),
        Assigning => matches!(is, Assigning | Used | Settling | Conflict),
        Used => matches!(is, Held | Releasing),
        Releasing => {
            matches!(
                is,
                Releasing | Available | Cooling | Used | Reserved | Settling | Conflict
            )
        }
        Settling => matches!(is, Available | Cooling | Reserved),
        Cooling | Reserved => matches!(is, Available | Held),
        Conflict | UsedUtility => false,
    };
    // By people, and by the audit, where no job has it in hand.
    let is_idle = old.job.is_none() && new.job.is_none();
    if was != is && !by_job && !is_idle {
        return Some(format!("V1: {} was {was} and is {is}", new.number));
    }
    let from_hand_to_hand =
        old.holder.is_some() && new.holder.is_some() && old.holder != new.holder;
    if from_hand_to_hand && !is_idle {
        return Some(format!(
            "V1: {} went from {:?} to {:?}",
            new.number, old.holder, new.holder
        ));
    }
    None
}
