//! Asking Microsoft: a request is made ready, recorded, sent, and its answer closes the ask that was recorded before it.

use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::graph::Graph;
use crate::model::ask::{Answer, Verb};
use crate::model::job::Job;
use crate::model::microsoft::{Refusal, UserId};
use crate::model::step::{Stands, Step};
use crate::model::tenant::Capability;
use crate::plan::holds::{Glance, Read, Seen};
use crate::planted::{self, Bug};
use crate::store::jobs::Saved;

use super::health;
use super::request::{NotReady, Request, note_before, ready, refused, send};
use super::work::Bench;

/// What came of asking for what a step lacks.
pub(super) enum Asked {
    /// Sent; every definite answer is recorded.
    Answered {
        /// Microsoft asks to wait so long.
        wait: Option<Duration>,
        /// A permission that is missing for the whole tenant, as was learnt now.
        refused: Option<Capability>,
    },
    /// It cannot be asked for, and never will be: the sentence for people.
    Hopeless(String),
    /// Nothing is recorded and nothing sent.
    NotYet(Error),
    /// The same, because no seat is free, or others have waited longer for it.
    NoSeats,
    /// The same, because Microsoft does not let us even make it ready.
    NotPermitted,
    /// Somebody else wrote the job.
    Overtaken,
    /// No identity, or no time: what was not sent is closed.
    Stopped(Error),
}

impl Bench<'_> {
    /// Records the requests (A1), sends them, and closes those whose answer is definite (A2).
    pub(super) async fn ask(
        &self,
        job: &mut Job,
        at: usize,
        step: &Step,
        verbs: &[Verb],
        seen: &Seen,
    ) -> Result<Asked> {
        let mut requests: Vec<(Request, Graph)> = Vec::new();
        for verb in verbs {
            self.lease.permit()?;
            let request = match ready(&self.graph, step, verb, &job.lines, seen).await {
                Ok(request) => request,
                Err(NotReady::Hopeless(why)) => return Ok(Asked::Hopeless(why)),
                Err(NotReady::Unread(error)) if *error.kind() == Kind::Denied => {
                    // What it needs takes the permission of the request itself.
                    self.learn(step, &job.person, &Answer::Denied).await?;
                    return Ok(Asked::NotPermitted);
                }
                Err(NotReady::Unread(error)) if *error.kind() == Kind::Invalid => {
                    return Ok(Asked::Hopeless(
                        error.to_string().chars().take(200).collect(),
                    ));
                }
                Err(NotReady::Unread(error)) => return Ok(Asked::NotYet(error)),
            };
            if request.is_shared() {
                requests.push((request, self.graph.clone()));
                continue;
            }
            match self.graph.in_turn(request.bucket()).await {
                Ok(graph) => requests.push((request, graph)),
                Err(error) => return Ok(Asked::NotYet(error)),
            }
        }
        let seats = match self.needed_seats(job, &requests, seen).await {
            Ok(seats) => seats,
            Err(error) => return Ok(Asked::NotYet(error)),
        };
        if !seats.is_empty() && !self.seats().await?.take(job, &seats) {
            return Ok(Asked::NoSeats);
        }
        let entries = match self.entries_to_ask(job, &requests).await {
            Ok(Ok(entries)) => entries,
            Ok(Err(why)) => return Ok(Asked::Hopeless(why)),
            Err(error) => return Ok(Asked::NotYet(error)),
        };
        for (request, _) in &requests {
            note_before(&mut job.before, request, seen);
        }
        let numbers = job.record(at, verbs, self.shell.clock.now());
        if let Some(standing) = job.standings.get_mut(at) {
            standing.stands = Stands::Pending;
        }
        // Microsoft counts a direct licence at once; a seat of a group has to be kept until it is seen.
        let keeps = matches!(step, Step::Groups { .. }) && !seats.is_empty();
        let overtaken = if planted::is(Bug::AskUnrecorded) {
            None
        } else if !entries.is_empty() {
            match self.save_with_entries(job, &entries).await? {
                Saved::Yes => None,
                Saved::Overtaken => Some(self.make_way(job).await?),
            }
        } else if keeps {
            job.seats.extend(seats.iter().cloned());
            self.save_with_seats(job).await?
        } else {
            self.save(job).await?
        };
        if overtaken.is_some() {
            return Ok(Asked::Overtaken);
        }
        let (mut wait, mut missing) = (None, None);
        for (number, (request, graph)) in numbers.into_iter().zip(&requests) {
            let sent = match self.lease.permit() {
                Ok(()) => send(graph, &self.together, &job.person, request).await,
                Err(error) => refused(error),
            };
            let now = self.shell.clock.now();
            if let Some(answer) = &sent.answer {
                missing = self.learn(step, &job.person, answer).await?.or(missing);
            }
            if let (Some(Answer::Refused(Refusal::NoSeats)), Some(stock)) =
                (&sent.answer, self.seats.get())
            {
                stock.none_left(&seats);
            }
            if let Some(answer) = sent.answer {
                tracing::info!(
                    tenant = self.tenant.id.as_str(), job = job.id.0, step = step.name(), answer = %answer,
                    request_id = sent.request_id.as_deref().unwrap_or(""), "asked"
                );
                job.close(number, now, answer, sent.request_id);
            }
            if let Some(order) = sent.order {
                job.ordered(number, order);
            }
            wait = wait.max(sent.wait);
            if let Some(error) = sent.stop {
                for open in job
                    .asks
                    .clone()
                    .iter()
                    .filter(|ask| ask.number > number && ask.is_open())
                {
                    job.close(open.number, now, Answer::NotNow, None);
                }
                return Ok(Asked::Stopped(error));
            }
        }
        Ok(Asked::Answered {
            wait,
            refused: missing,
        })
    }

    /// Learns from an answer what Microsoft lets us do; names the capability that is missing for the whole tenant, as is known now.
    async fn learn(
        &self,
        step: &Step,
        person: &UserId,
        answer: &Answer,
    ) -> Result<Option<Capability>> {
        let Some(capability) = step.capability() else {
            return Ok(None);
        };
        let is_missing = health::note_answer(
            self.shell,
            self.tenant,
            &self.lessons,
            capability,
            person,
            answer,
        )
        .await?;
        Ok(is_missing.then_some(capability))
    }
}

/// Reads what a step needs to know (W3).
pub(super) async fn read(
    bench: &Bench<'_>,
    person: &UserId,
    what: Read,
    seen: &mut Seen,
) -> Result<()> {
    let (graph, together) = (&bench.graph, &bench.together);
    match what {
        Read::User => {
            seen.user = together
                .user(person)
                .await?
                .map_or(Glance::Absent, Glance::Present)
        }
        Read::Teams => {
            seen.teams = graph
                .teams_user(person)
                .await?
                .map_or(Glance::Absent, Glance::Present)
        }
        Read::Lines => seen.lines = Glance::Present(graph.numbers_of(person).await?),
        Read::Line(number) => {
            seen.line = graph
                .number(&number)
                .await?
                .map_or(Glance::Absent, Glance::Present)
        }
        Read::Order(order) => {
            seen.order = graph
                .operation(&order)
                .await?
                .map_or(Glance::Absent, Glance::Present)
        }
        Read::Groups => {
            seen.groups = graph
                .groups_of(person)
                .await?
                .map_or(Glance::Absent, Glance::Present)
        }
    }
    Ok(())
}
