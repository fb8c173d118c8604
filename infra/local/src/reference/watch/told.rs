//! The trace: who did what to whom, in order, for people to read.

use std::time::Duration;

use shared::model::job::Job;

use super::{Model, Row};
use crate::fate::{Fate, Request, Service};

/// A moment since the beginning, `1:02:03.456`.
pub(super) fn at(elapsed: Duration) -> String {
    let (seconds, millis) = (elapsed.as_secs(), elapsed.subsec_millis());
    format!(
        "{}:{:02}:{:02}.{millis:03}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

fn name(worker: &str) -> &str {
    if worker.is_empty() {
        "somebody"
    } else {
        worker
    }
}

/// A person by the first letters of their id.
fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

/// An order, or what went wrong with a request; reads that went well are not worth a line.
pub(super) fn request(
    model: &Model,
    elapsed: Duration,
    request: &Request<'_>,
    fate: Fate,
) -> Option<String> {
    let what = match request.service {
        Service::Microsoft if request.is_order() => {
            let body = String::from_utf8_lossy(request.body);
            let people = model.people.keys().map(|(_, id)| id.as_str());
            let whom = people.filter(|id| request.operation.contains(id) || body.contains(id));
            let whom: Vec<&str> = whom.map(short).collect();
            format!(
                "asks Microsoft: {} ({})",
                request.operation,
                whom.join(", ")
            )
        }
        Service::Microsoft
        | Service::DynamoDb
        | Service::Sqs
        | Service::Scheduler
        | Service::Secrets => {
            if fate == Fate::Deliver {
                return None;
            }
            format!("{} {}", request.service, request.operation)
        }
    };
    let fate = if fate == Fate::Deliver {
        String::new()
    } else {
        format!(" -> {fate:?}")
    };
    Some(format!(
        "{:>12} {:<13} {what}{fate}",
        at(elapsed),
        name(request.worker)
    ))
}

/// What a write changes, a line for each row.
pub(super) fn rows(model: &Model, elapsed: Duration, worker: &str, rows: &[Row]) -> Vec<String> {
    let line = |what: String| format!("{:>12} {:<13} {what}", at(elapsed), name(worker));
    let told = rows.iter().filter_map(|row| match row {
        Row::Job(key, Some(new)) => Some(job(model.jobs.get(key), new)),
        Row::Person(key, Some(new)) => {
            let old = model.people.get(key);
            let fence = old.map(|old| old.sync_fence);
            let told = match (old.and_then(|old| old.open_job.as_ref()), &new.open_job) {
                (was, is) if was != is.as_ref() => match is {
                    Some(open) => format!("in the hands of job {}", open.id.0),
                    None => format!("at {:?} with {:?}", new.site, new.persona),
                },
                _ if fence != Some(new.sync_fence) => {
                    format!("as sync {} saw them", new.sync_fence)
                }
                _ => "changed".to_owned(),
            };
            Some(format!("person {} {told}", short(&key.1)))
        }
        Row::Number(key, Some(new)) => {
            let was = model.numbers.get(key).map(|old| old.state.name());
            let holder = new
                .holder
                .as_ref()
                .map_or("nobody", |holder| short(&holder.0));
            Some(format!(
                "number {} {} -> {} for {holder}",
                key.1,
                was.unwrap_or("new"),
                new.state
            ))
        }
        Row::Lane(key, Some(new)) => {
            let old = model.lanes.get(key);
            let (fence, rung) = old.map_or((0, 0), |old| (old.fence, old.rung));
            let held = |until: bool| if until { "held" } else { "free" };
            if new.fence > fence {
                Some(format!(
                    "takes lane {} of {} as {}",
                    key.1, key.0, new.fence
                ))
            } else if new.rung > rung {
                Some(format!("rings lane {} of {}", key.1, key.0))
            } else if old.is_some_and(|old| old.until.is_some()) && new.until.is_none() {
                Some(format!("gives lane {} of {} back", key.1, key.0))
            } else {
                Some(format!(
                    "keeps lane {} of {}: {}",
                    key.1,
                    key.0,
                    held(new.until.is_some())
                ))
            }
        }
        Row::Job(_, None)
        | Row::Person(_, None)
        | Row::Number(_, None)
        | Row::Lane(_, None)
        | Row::History(..)
        | Row::Tenant(..)
        | Row::Other => None,
    });
    told.map(line).collect()
}

fn job(old: Option<&Job>, new: &Job) -> String {
    let was = old.map_or("new", |old| old.state.name());
    let open = new.asks.iter().filter(|ask| ask.is_open());
    let open: Vec<String> = open.map(|ask| format!("{:?}", ask.verb)).collect();
    let mut told = format!(
        "job {} ({:?} {}) {was} -> {}",
        new.id.0,
        new.goal,
        short(&new.person.0),
        new.state
    );
    if !open.is_empty() {
        told.push_str(&format!(", asks for {}", open.join(", ")));
    }
    if let Some(by) = &new.superseded_by {
        told.push_str(&format!(", gives way to {}", by.0));
    }
    told
}
