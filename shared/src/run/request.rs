//! Requests that change something: what each takes, how it is sent, and what its answer means.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::graph::{Bucket, Graph, NumberUpdate, Ordered, Policies, Receipt};
use crate::model::ask::{Answer, Verb};
use crate::model::before::Before;
use crate::model::group::{GroupId, Membership};
use crate::model::inventory::Line;
use crate::model::microsoft::{PolicyType, UserId};
use crate::model::number::E164;
use crate::model::property::Property;
use crate::model::step::Step;
use crate::plan::holds::{
    Glance, LicenceChange, Seen, direct_licences, direct_policies, has_policy, licence_change,
    other_policies,
};

use super::together::Together;

/// A request with everything it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    Location(String),
    Licences(LicenceChange),
    Assign(Policies),
    Unassign(Vec<PolicyType>),
    Join(GroupId),
    Leave(GroupId),
    BlockSignIn,
    RevokeSessions,
    /// Which, with the emergency location.
    AssignNumber(Line, Option<String>),
    UnassignNumber(Line),
    /// Which, and the emergency location; `None` = none.
    LocateNumber(E164, Option<String>),
}

impl Request {
    /// Whether it may go together with those of others: then its place in the pace is taken when it is known how many share it.
    pub(super) const fn is_shared(&self) -> bool {
        matches!(self, Self::Join(_) | Self::Assign(_))
    }

    /// Whose pace it keeps.
    pub(super) const fn bucket(&self) -> Bucket {
        match self {
            Self::Location(_)
            | Self::Licences(_)
            | Self::Join(_)
            | Self::Leave(_)
            | Self::BlockSignIn
            | Self::RevokeSessions => Bucket::DirectoryWrites,
            Self::Assign(_)
            | Self::Unassign(_)
            | Self::AssignNumber(..)
            | Self::UnassignNumber(_)
            | Self::LocateNumber(..) => Bucket::Teams,
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
    /// The order that Microsoft made of it; then its answer is missing until the order is carried out.
    pub order: Option<String>,
    /// `None` = the answer is missing; the ask stays open (A2).
    pub answer: Option<Answer>,
    pub request_id: Option<String>,
    /// Microsoft asks to wait so long.
    pub wait: Option<Duration>,
    /// Something that concerns more than this request: no identity, no time.
    pub stop: Option<Error>,
}

/// Makes ready what `verb` needs for `step`; reads policy ids, changes nothing.
pub(super) async fn ready(
    graph: &Graph,
    step: &Step,
    verb: &Verb,
    lines: &[Line],
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
        (Verb::AssignNumber(number), Step::AssignNumber { location }, _, _) => {
            let line = lines.iter().find(|line| line.number == number);
            let line = line.cloned().ok_or_else(missing)?;
            Ok(Request::AssignNumber(line, location.clone()))
        }
        (Verb::UnassignNumber(number), Step::NoNumbers, _, _) => match &seen.line {
            Glance::Present(line) if line.number == number => Ok(Request::UnassignNumber(Line {
                number,
                kind: line.kind.clone(),
                had: true,
            })),
            Glance::Present(_) | Glance::Absent | Glance::Unread => Err(missing()),
        },
        (Verb::LocateNumber(number), Step::EmergencyLocation { location, .. }, _, _) => {
            Ok(Request::LocateNumber(number, location.clone()))
        }
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
            | Verb::RevokeSessions
            | Verb::AssignNumber(_)
            | Verb::UnassignNumber(_)
            | Verb::LocateNumber(_),
            Step::UsageLocation { .. }
            | Step::HoldNumber { .. }
            | Step::KeepNumber { .. }
            | Step::EmergencyLocation { .. }
            | Step::AssignNumber { .. }
            | Step::NoNumbers
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
pub(super) async fn send(
    graph: &Graph,
    together: &Together,
    person: &UserId,
    request: &Request,
) -> Sent {
    let result = match request {
        Request::Location(country) => graph.set_usage_location(person, country).await,
        Request::Licences(change) => {
            graph
                .assign_licences(person, &change.add, &change.remove)
                .await
        }
        Request::Assign(ids) => together.assign_policies(person, ids).await,
        Request::Unassign(kinds) => graph.unassign_policies(person, kinds).await,
        Request::Join(group) => together.add_member(group, person).await.map(receipt),
        Request::Leave(group) => graph.remove_member(group, person).await.map(receipt),
        Request::BlockSignIn => graph.block_sign_in(person).await,
        Request::RevokeSessions => graph.revoke_sessions(person).await,
        Request::AssignNumber(line, location) => {
            let order = graph
                .assign_number(
                    &line.number,
                    &line.kind,
                    person,
                    "primary",
                    location.as_deref(),
                )
                .await;
            return ordered(order);
        }
        Request::UnassignNumber(line) => return unassign(graph, person, line).await,
        Request::LocateNumber(number, location) => {
            // An empty text clears.
            let update = NumberUpdate {
                location: Some(location.clone().unwrap_or_default()),
                ..NumberUpdate::default()
            };
            graph.update_number(number, &update).await
        }
    };
    match result {
        Ok(receipt) => Sent {
            order: None,
            answer: Some(Answer::Accepted),
            request_id: receipt.request_id,
            wait: None,
            stop: None,
        },
        Err(error) => refused(error),
    }
}

/// Orders that a number be taken away, after one more look at who has it: the order names no holder, and would take it from whoever
/// has it by now (`graph-api.md 5.3.5`).
async fn unassign(graph: &Graph, person: &UserId, line: &Line) -> Sent {
    let found = match graph.number(&line.number).await {
        Ok(found) => found,
        Err(error) => return unsent(error),
    };
    if !found.is_some_and(|found| found.is_held_by(person)) {
        let moved = "the number is not the person's any more; nothing was sent";
        return unsent(Error::new(Kind::Conflict, moved));
    }
    ordered(graph.unassign_number(&line.number, &line.kind).await)
}

/// Nothing was sent: that is definite, whatever the error.
fn unsent(error: Error) -> Sent {
    Sent {
        answer: Some(Answer::NotNow),
        ..refused(error)
    }
}

/// An order is taken, not carried out: its ask stays open.
fn ordered(order: Result<Ordered>) -> Sent {
    match order {
        Ok(order) => Sent {
            order: order.operation,
            answer: None,
            request_id: order.receipt.request_id,
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
pub(super) fn note_before(before: &mut Before, request: &Request, seen: &Seen) {
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
        (Request::UnassignNumber(line), _, _) => {
            before.numbers.insert(line.number.clone());
        }
        (
            Request::Location(_)
            | Request::Licences(_)
            | Request::Assign(_)
            | Request::Unassign(_)
            | Request::RevokeSessions
            | Request::AssignNumber(..)
            | Request::LocateNumber(..),
            _,
            _,
        ) => {}
    }
}

/// What an error means for the ask (graph-api.md 14): closed by what is definite, left open by what is not.
pub(super) fn refused(error: Error) -> Sent {
    let mut sent = Sent {
        order: None,
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
