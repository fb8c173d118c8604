//! What ends a step that the world does not agree with, whatever is asked or waited for.

use crate::config;
use crate::model::ask::{Answer, Ask, Verb};
use crate::model::group::GroupId;
use crate::model::job::Waits;
use crate::model::microsoft::{DirectoryUser, Refusal};
use crate::model::step::{Note, Obstacle, Stands, Step};
use crate::model::tenant::{Capability, OffboardLicences};
use crate::model::time::Time;
use crate::plan::holds::{Glance, Seen, licence_groups};
use crate::plan::licences::{Deed, Groups, Verdict, verdict};

use super::looks::Patience;
use super::{Circumstances, Move, last_of};

/// A missing permission, a licence group, or a refusal for good. Only asked once it is known that the step does not hold: then it
/// matters. `waits` = how long, and since when, the step may wait.
pub(super) fn over(
    step: &Step,
    verbs: &[Verb],
    asks: &[&Ask],
    seen: &Seen,
    around: &Circumstances<'_>,
    waits: (Patience, Time),
) -> Option<Move> {
    match deed(step) {
        Some(deed) => by_table(deed, seen, around, waits),
        None => not_permitted(step, around),
    }
    .or_else(|| refused(step, verbs, asks, around.now))
}

/// What a step does about direct licences, if that is what it is for.
const fn deed(step: &Step) -> Option<Deed> {
    match step {
        Step::Licences { .. } => Some(Deed::Onboard { names_some: true }),
        Step::ClearLicences => Some(Deed::Offboard {
            licences: OffboardLicences::Remove,
        }),
        Step::UsageLocation { .. }
        | Step::Groups { .. }
        | Step::HoldNumber { .. }
        | Step::KeepNumber { .. }
        | Step::EmergencyLocation { .. }
        | Step::AssignNumber { .. }
        | Step::NoNumbers
        | Step::BlockSignIn
        | Step::RevokeSessions
        | Step::AwaitTeams
        | Step::Policies { .. }
        | Step::ClearPolicies
        | Step::OnlyPolicies { .. }
        | Step::LeaveGroups { .. }
        | Step::Place { .. }
        | Step::Role { .. } => None,
    }
}

/// What the licence decision table says of it.
fn by_table(
    deed: Deed,
    seen: &Seen,
    around: &Circumstances<'_>,
    (patience, since): (Patience, Time),
) -> Option<Move> {
    let Glance::Present(user) = &seen.user else {
        return None;
    };
    let may = !around.missing.contains(&Capability::AssignLicences);
    let (groups, group) = licensed_by(user, around);
    let over = match verdict(deed, may, groups) {
        Verdict::Nothing | Verdict::Inert => Move::Finish(Stands::AlreadySo),
        Verdict::NoPermission => {
            return Some(Move::Finish(Stands::Skipped(Note::NoPermission)));
        }
        Verdict::GroupLicensed => Move::Finish(Stands::Skipped(Note::GroupLicensed(group))),
        Verdict::Blocked => Move::GiveUp(Stands::Blocked(Obstacle::LicenceGroup(group))),
        Verdict::RemoveAfterGroups if around.now >= patience.end(since) => {
            Move::GiveUp(Stands::Blocked(Obstacle::LicenceGroup(group)))
        }
        Verdict::RemoveAfterGroups => Move::Wait {
            until: patience.look_again(since, around.now),
            waits: None,
        },
        Verdict::Replace | Verdict::Remove | Verdict::Attempt => return None,
    };
    Some(around.distrust().unwrap_or(over))
}

/// How it stands with licences from groups, and the group to name: one that stays, if any does.
fn licensed_by(user: &DirectoryUser, around: &Circumstances<'_>) -> (Groups, String) {
    let groups = licence_groups(user);
    let stays = |group: &&GroupId| !around.left.iter().any(|left| left.same(group));
    let staying = groups
        .iter()
        .find(stays)
        .or(around.inherits.first().map(|(group, _)| group));
    match (staying, groups.first()) {
        (Some(group), _) => (Groups::SomeStay, group.0.clone()),
        (None, Some(group)) => (Groups::AllGo, group.0.clone()),
        (None, None) => (Groups::None, String::new()),
    }
}

/// Without the permission nothing is asked for (design.md section 4, *Permissions*). Whoever leaves is not kept waiting because they
/// cannot be locked out: that step fails, and says so.
pub(super) fn not_permitted(step: &Step, around: &Circumstances<'_>) -> Option<Move> {
    let capability = step.capability()?;
    if !around.missing.contains(&capability) {
        return None;
    }
    if step.contradicts_nothing() {
        let cause = format!("the permission {} is missing", capability.permission());
        return Some(Move::GiveUp(Stands::Failed(cause)));
    }
    Some(Move::Wait {
        until: around.now + config::WAITING_LOOK,
        waits: Some(Waits::Permission),
    })
}

/// What Microsoft refused in a way that repeating does not change. Of several groups each is a matter of its own: the step is over
/// when there is nothing left to hope for.
fn refused(step: &Step, verbs: &[Verb], asks: &[&Ask], now: Time) -> Option<Move> {
    let of_groups = matches!(step, Step::Groups { .. } | Step::LeaveGroups { .. });
    let mut refusals = verbs.iter().map(|verb| refusal(step, verb, asks, now));
    if of_groups {
        refusals.collect::<Option<Vec<Move>>>()?.into_iter().next()
    } else {
        refusals.find_map(|refusal| refusal)
    }
}

/// How Microsoft refused one thing for good, if it did.
pub(super) fn refusal(step: &Step, verb: &Verb, asks: &[&Ask], now: Time) -> Option<Move> {
    let closed = last_of(verb, asks)?.closed.as_ref()?;
    match &closed.answer {
        Answer::Denied if matches!(step, Step::ClearLicences) => {
            Some(Move::Finish(Stands::Ignored(Note::LicencesStay)))
        }
        // An older one was waited for, and the permission is there now: it is asked again.
        Answer::Denied if now < closed.at + config::WAITING_LOOK => {
            Some(Move::GiveUp(Stands::Blocked(match verb {
                Verb::JoinGroup(group) | Verb::LeaveGroup(group) => {
                    Obstacle::Group(group.0.clone())
                }
                Verb::SetUsageLocation
                | Verb::ChangeLicences
                | Verb::AssignPolicies
                | Verb::UnassignPolicies
                | Verb::BlockSignIn
                | Verb::RevokeSessions
                | Verb::AssignNumber(_)
                | Verb::UnassignNumber(_)
                | Verb::LocateNumber(_) => Obstacle::ProtectedAccount,
            })))
        }
        Answer::Invalid(said) => Some(Move::GiveUp(Stands::Failed(format!(
            "Microsoft refused it: {said}"
        )))),
        Answer::Refused(
            refusal @ (Refusal::ConflictingPlans
            | Refusal::MissingDependency
            | Refusal::FromGroup
            | Refusal::Number(_)),
        ) => Some(Move::GiveUp(Stands::Failed(format!(
            "Microsoft refused it: {refusal}"
        )))),
        Answer::Accepted
        | Answer::NotNow
        | Answer::Denied
        | Answer::Missing
        | Answer::SeenLater
        | Answer::NotSeenLater
        | Answer::NeverEnded
        | Answer::Refused(Refusal::NoSeats | Refusal::UsageLocation) => None,
    }
}
