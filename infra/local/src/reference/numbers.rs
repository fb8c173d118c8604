//! Who holds which number: what must hold of our rows at any time, and of them and Microsoft together when nobody is at work (V1).

use std::collections::BTreeMap;

use shared::model::ask::{Ask, Verb};
use shared::model::inventory::NumberState;

use super::{Ledger, stands};
use crate::microsoft::Microsoft;

/// V1 (a), A4: a number that somebody works on is in the hands of exactly one open job, that of its holder; every other is in nobody's.
pub(super) fn broken(ledger: &Ledger) -> Vec<String> {
    let mut broken = Vec::new();
    for (number, entry) in &ledger.entries {
        let job = entry.job.as_ref().and_then(|job| ledger.jobs.get(&job.0));
        broken.extend(stands::number(entry, job));
        for job in ledger.jobs.values() {
            let of_it = |ask: &&Ask| ask.verb.number().is_some_and(|one| one.as_str() == number);
            let asks = job
                .asks
                .iter()
                .filter(|ask| ask.is_open())
                .filter(of_it)
                .count();
            let is_theirs = entry.job.as_ref() == Some(&job.id);
            if asks > 0 && !is_theirs {
                broken.push(format!(
                    "A4: job {} still asks for {number}, which is {}",
                    job.id.0, entry.state
                ));
            }
        }
    }
    broken
}

/// V1 (b), (d): at rest rows and Microsoft agree, nobody has two numbers of ours, and no request ever took a number from anybody but whom
/// its job was about.
pub fn disagreements(ledger: &Ledger, microsoft: &Microsoft) -> Vec<String> {
    let mut found = Vec::new();
    let truth = microsoft.numbers();
    let mut by_person: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, entry) in &ledger.entries {
        let really = truth.get(number).cloned().flatten();
        let ours = match entry.state {
            NumberState::Used | NumberState::UsedUtility => {
                entry.holder.as_ref().map(|id| id.0.clone())
            }
            NumberState::Available
            | NumberState::Reserved
            | NumberState::Settling
            | NumberState::Cooling => None,
            NumberState::Held
            | NumberState::Assigning
            | NumberState::Releasing
            | NumberState::Conflict => continue,
        };
        if really != ours {
            found.push(format!(
                "V1: {number} is {} for {ours:?}, and really {really:?}'s",
                entry.state
            ));
        }
        if let Some(person) = entry.holder.as_ref().filter(|_| ours.is_some()) {
            *by_person.entry(person.0.as_str()).or_insert(0) += 1;
            let says = ledger
                .people
                .get(&person.0)
                .and_then(|person| person.number.as_ref());
            if says.map(|says| says.as_str()) != Some(number.as_str()) {
                found.push(format!(
                    "V1: {} holds {number} and their row says {says:?}",
                    person.0
                ));
            }
        }
    }
    found.extend(
        by_person
            .into_iter()
            .filter(|(_, count)| *count > 1)
            .map(|(person, count)| format!("V1: {person} has {count} numbers")),
    );
    found.extend(thefts(ledger, microsoft));
    found
}

/// By the tenant's own log: who had a number before a request that was carried out, and whom our job was about.
fn thefts(ledger: &Ledger, microsoft: &Microsoft) -> Vec<String> {
    let mut found = Vec::new();
    for change in microsoft.history() {
        let (Some(number), Some(before)) = (
            change.before["number"].as_str(),
            change.before["holder"].as_str(),
        ) else {
            continue;
        };
        let asked =
            |verb: &Verb| matches!(verb, Verb::UnassignNumber(asked) if asked.as_str() == number);
        let is_theirs = ledger
            .jobs
            .values()
            .any(|job| job.person.0 == before && job.asks.iter().any(|ask| asked(&ask.verb)));
        if !is_theirs {
            found.push(format!(
                "theft: {number} was taken from {before} by {}",
                change.request
            ));
        }
    }
    found
}
