//! What must hold at any moment of a job and of a number, beside the rows that they name.

use shared::model::inventory::{Entry, NumberState};
use shared::model::job::Job;
use shared::model::person::Person;
use shared::store::ends::History;

/// Of a job, beside its person and what is kept of it (V2-V5, A2).
pub(super) fn job(job: &Job, person: Option<&Person>, history: Option<&History>) -> Vec<String> {
    let mut broken = Vec::new();
    let (id, is_final) = (&job.id.0, job.state.is_final());
    if job.state != job.derive() {
        broken.push(format!(
            "V3: job {id} says {} and amounts to {}",
            job.state,
            job.derive()
        ));
    }
    if is_final != job.due.is_none() {
        broken.push(format!(
            "V4: job {id} is {} and due {:?}",
            job.state, job.due
        ));
    }
    let is_named = person
        .and_then(|person| person.open_job.as_ref())
        .is_some_and(|open| open.id == job.id);
    if !is_final {
        if job.superseded_by.is_none() && !is_named {
            broken.push(format!("V2: open job {id} is not that of its person"));
        }
        return broken;
    }
    match history {
        None => broken.push(format!("V5: job {id} is final and has no history")),
        Some(history) if history.asks != job.asks => {
            broken.push(format!("V5: the history of job {id} is another"));
        }
        Some(_) => {}
    }
    if job.has_open_asks() {
        broken.push(format!("A2: job {id} is final with open asks"));
    }
    if is_named {
        broken.push(format!(
            "V3: job {id} is final and still open for its person"
        ));
    }
    broken
}

/// Of a number, beside the job that has it in hand (V1 (a)).
pub(super) fn number(entry: &Entry, job: Option<&Job>) -> Vec<String> {
    use NumberState::{Assigning, Held, Releasing, Used};
    let mut broken = Vec::new();
    let number = &entry.number;
    let is_worked_on = matches!(entry.state, Held | Assigning | Releasing);
    if is_worked_on != entry.job.is_some() {
        broken.push(format!(
            "V1: {number} is {} and in the hands of {:?}",
            entry.state, entry.job
        ));
    }
    if (is_worked_on || entry.state == Used) && entry.holder.is_none() {
        broken.push(format!("V1: {number} is {} and has no holder", entry.state));
    }
    if let Some(job) = job
        && (job.state.is_final() || entry.holder.as_ref() != Some(&job.person))
    {
        broken.push(format!(
            "V1: {number} is in the hands of job {}, which is {}",
            job.id.0, job.state
        ));
    }
    broken
}
