//! Asking Microsoft: a request is made ready, recorded, sent, and its answer closes the ask that was recorded before it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::graph::{Bucket, Graph, Receipt};
use crate::model::ask::{Answer, Verb};
use crate::model::before::Before;
use crate::model::group::{GroupId, Membership};
use crate::model::job::Job;
use crate::model::microsoft::{PolicyType, Refusal, UserId};
use crate::model::property::Property;
use crate::model::step::{Stands, Step};
use crate::model::tenant::Capability;
use crate::plan::holds::{
    Glance, LicenceChange, Read, Seen, direct_licences, direct_policies, has_policy,
    licence_change, other_policies,
};

use super::health;
use super::work::Bench;

/// A request with everything it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    Location(String),
    Licences(LicenceChange),
    Assign(Vec<(PolicyType, String)>),
    Unassign(Vec<PolicyType>),
    Join(GroupId),
    Leave(GroupId),
    BlockSignIn,
    RevokeSessions,
}

impl Request {
    /// Whose pace it keeps.
    pub(super) const fn bucket(&self) -> Bucket {
        match self {
            Self::Location(_)
            | Self::Licences(_)
            | Self::Join(_)
            | Self::Leave(_)
            | Self::BlockSignIn
            | Self::RevokeSessions => Bucket::DirectoryWrites,
            Self::Assign(_) | Self::Unassign(_) => Bucket::Teams,
        }
    }
}

/// Why a request cannot even be made ready.
#[derive(Debug)]
pub(super) enum NotReady {
    /// It will never be: the sentence for people.
    Hopeless(String),
    /// Something it needs could not be read.
    Unread(Error),
}

/// What came of sending a request.
#[derive(Debug)]
pub(super) struct Sent {
    /// `None` = the answer is missing; the ask stays open (A2).
    pub answer: Option<Answer>,
    pub request_id: Option<String>,
    /// Microsoft asks to wait so long.
    pub wait: Option<Duration>,
    /// Something that concerns more than this request: no identity, no time.
    pub stop: Option<Error>,
}

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
            let request = match ready(&self.graph, step, verb, seen).await {
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
        for (request, _) in &requests {
            note_before(&mut job.before, request, seen);
        }
        let numbers = job.record(at, verbs, self.shell.clock.now());
        if let Some(standing) = job.standings.get_mut(at) {
            standing.stands = Stands::Pending;
        }
        // Microsoft counts a direct licence at once; a seat of a group has to be kept until it is seen.
        let keeps = matches!(step, Step::Groups { .. }) && !seats.is_empty();
        let overtaken = if keeps {
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
                Ok(()) => send(graph, &job.person, request).await,
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
    graph: &Graph,
    person: &UserId,
    what: Read,
    seen: &mut Seen,
) -> Result<()> {
    match what {
        Read::User => {
            seen.user = graph
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
        Read::Groups => {
            seen.groups = graph
                .groups_of(person)
                .await?
                .map_or(Glance::Absent, Glance::Present)
        }
    }
    Ok(())
}

/// Makes ready what `verb` needs for `step`; reads policy ids, changes nothing.
pub(super) async fn ready(
    graph: &Graph,
    step: &Step,
    verb: &Verb,
    seen: &Seen,
) -> std::result::Result<Request, NotReady> {
    let missing =
        || NotReady::Hopeless("the step was not looked at before it was asked for".to_owned());
    match (verb.clone(), step, &seen.user, &seen.teams) {
        (Verb::SetUsageLocation, Step::UsageLocation { country }, _, _) => {
            Ok(Request::Location(country.clone()))
        }
        (Verb::JoinGroup(group), Step::Groups { .. }, _, _) => Ok(Request::Join(group)),
        (Verb::LeaveGroup(group), Step::LeaveGroups { .. }, _, _) => Ok(Request::Leave(group)),
        (Verb::BlockSignIn, Step::BlockSignIn, _, _) => Ok(Request::BlockSignIn),
        (Verb::RevokeSessions, Step::RevokeSessions, _, _) => Ok(Request::RevokeSessions),
        (Verb::ChangeLicences, Step::Licences { set, disabled }, Glance::Present(user), _) => {
            Ok(Request::Licences(licence_change(set, disabled, user)))
        }
        (Verb::ChangeLicences, Step::ClearLicences, Glance::Present(user), _) => Ok(
            Request::Licences(licence_change(&[], &BTreeMap::new(), user)),
        ),
        (
            Verb::AssignPolicies,
            Step::Policies { assign, .. } | Step::OnlyPolicies { assign },
            _,
            Glance::Present(user),
        ) => {
            let mut ids = Vec::new();
            for (kind, name) in assign
                .iter()
                .filter(|(kind, name)| !has_policy(user, kind, name))
            {
                match graph
                    .policy_id(kind, name)
                    .await
                    .map_err(NotReady::Unread)?
                {
                    Some(id) => ids.push((kind.clone(), id)),
                    None => {
                        return Err(NotReady::Hopeless(format!(
                            "there is no policy {name:?} of type {} in Teams",
                            kind.0
                        )));
                    }
                }
            }
            Ok(Request::Assign(ids))
        }
        (Verb::UnassignPolicies, Step::Policies { unassign, .. }, _, Glance::Present(user)) => {
            let is_direct =
                |kind: &&PolicyType| direct_policies(user).any(|held| held.policy_type.same(kind));
            let kinds = unassign.iter().filter(is_direct);
            Ok(Request::Unassign(kinds.cloned().collect()))
        }
        (Verb::UnassignPolicies, Step::ClearPolicies, _, Glance::Present(user)) => {
            Ok(Request::Unassign(other_policies(&BTreeMap::new(), user)))
        }
        (Verb::UnassignPolicies, Step::OnlyPolicies { assign }, _, Glance::Present(user)) => {
            Ok(Request::Unassign(other_policies(assign, user)))
        }
        (
            Verb::SetUsageLocation
            | Verb::ChangeLicences
            | Verb::AssignPolicies
            | Verb::UnassignPolicies
            | Verb::JoinGroup(_)
            | Verb::LeaveGroup(_)
            | Verb::BlockSignIn
            | Verb::RevokeSessions,
            Step::UsageLocation { .. }
            | Step::BlockSignIn
            | Step::RevokeSessions
            | Step::Licences { .. }
            | Step::Groups { .. }
            | Step::LeaveGroups { .. }
            | Step::OnlyPolicies { .. }
            | Step::AwaitTeams
            | Step::Policies { .. }
            | Step::ClearPolicies
            | Step::ClearLicences
            | Step::Place { .. }
            | Step::Role { .. },
            _,
            _,
        ) => Err(missing()),
    }
}

/// Sends a request whose ask is recorded.
pub(super) async fn send(graph: &Graph, person: &UserId, request: &Request) -> Sent {
    let result = match request {
        Request::Location(country) => graph.set_usage_location(person, country).await,
        Request::Licences(change) => {
            graph
                .assign_licences(person, &change.add, &change.remove)
                .await
        }
        Request::Assign(ids) => graph.assign_policies(person, ids).await,
        Request::Unassign(kinds) => graph.unassign_policies(person, kinds).await,
        Request::Join(group) => graph.add_member(group, person).await.map(receipt),
        Request::Leave(group) => graph.remove_member(group, person).await.map(receipt),
        Request::BlockSignIn => graph.block_sign_in(person).await,
        Request::RevokeSessions => graph.revoke_sessions(person).await,
    };
    match result {
        Ok(receipt) => Sent {
            answer: Some(Answer::Accepted),
            request_id: receipt.request_id,
            wait: None,
            stop: None,
        },
        Err(error) => refused(error),
    }
}

/// That it was so before is as good as done.
fn receipt(membership: Membership<Receipt>) -> Receipt {
    match membership {
        Membership::Changed(receipt) => receipt,
        Membership::AlreadySo => Receipt { request_id: None },
    }
}

/// Keeps what there was before the first request about each kind of thing (F105).
fn note_before(before: &mut Before, request: &Request, seen: &Seen) {
    match (request, &seen.user, &seen.teams) {
        (Request::Location(_), Glance::Present(user), _) => {
            let location = || user.facts.text(Property::UsageLocation).map(str::to_owned);
            before.usage_location.get_or_insert_with(location);
        }
        (Request::Licences(_), Glance::Present(user), _) => {
            before.licences.get_or_insert_with(|| direct_licences(user));
        }
        (Request::Assign(_) | Request::Unassign(_), _, Glance::Present(user)) => {
            let named = direct_policies(user)
                .map(|policy| (policy.policy_type.clone(), policy.name.clone()));
            before.policies.get_or_insert_with(|| named.collect());
        }
        (Request::Join(group), _, _) => drop(before.joined.insert(group.clone())),
        (Request::Leave(group), _, _) => drop(before.left.insert(group.clone())),
        (Request::BlockSignIn, _, _) => before.could_sign_in = true,
        (
            Request::Location(_)
            | Request::Licences(_)
            | Request::Assign(_)
            | Request::Unassign(_)
            | Request::RevokeSessions,
            _,
            _,
        ) => {}
    }
}

/// What an error means for the ask (graph-api.md 14): closed by what is definite, left open by what is not.
pub(super) fn refused(error: Error) -> Sent {
    let mut sent = Sent {
        answer: None,
        request_id: None,
        wait: None,
        stop: None,
    };
    sent.answer = match error.kind() {
        Kind::NotFound => Some(Answer::Missing),
        Kind::Denied => Some(Answer::Denied),
        Kind::Refused(refusal) => Some(Answer::Refused(*refusal)),
        Kind::Invalid | Kind::Resync => Some(Answer::Invalid(
            error.to_string().chars().take(200).collect(),
        )),
        Kind::Conflict | Kind::Unavailable => Some(Answer::NotNow),
        Kind::Throttled(wait) => {
            sent.wait = *wait;
            Some(Answer::NotNow)
        }
        Kind::Unauthorised | Kind::ReadOnly | Kind::OutOfTime => Some(Answer::NotNow),
        Kind::UnknownOutcome => None,
    };
    if matches!(
        error.kind(),
        Kind::Unauthorised | Kind::ReadOnly | Kind::OutOfTime
    ) {
        sent.stop = Some(error);
    }
    sent
}
