//! What ends a step that the world does not agree with, whatever is asked or waited for.

use crate::config;
use crate::model::ask::{Answer, Ask, Verb};
use crate::model::job::Waits;
use crate::model::microsoft::Refusal;
use crate::model::step::{Note, Obstacle, Stands, Step};
use crate::model::time::Time;
use crate::plan::holds::{Glance, Seen, licence_group};

use super::{Circumstances, Move, last_of};

/// A missing permission, a licence group, or a refusal for good. Only asked once it is known that the step does not hold: then it
/// matters.
pub(super) fn over(
    step: &Step,
    verbs: &[Verb],
    asks: &[&Ask],
    seen: &Seen,
    around: &Circumstances<'_>,
) -> Option<Move> {
    not_permitted(step, around)
        .or_else(|| group_licensed(step, seen, around))
        .or_else(|| refused(step, verbs, asks, around.now))
}

/// Without the permission nothing is asked for (design.md section 4, *Permissions*); only offboarding attempts it and ignores the
/// refusal (R83).
fn not_permitted(step: &Step, around: &Circumstances<'_>) -> Option<Move> {
    if !around.missing.contains(&step.capability()?) {
        return None;
    }
    match step {
        Step::ClearLicences => None,
        Step::Licences { .. } => Some(Move::Finish(Stands::Skipped(Note::NoPermission))),
        Step::UsageLocation { .. }
        | Step::AwaitTeams
        | Step::Policies { .. }
        | Step::ClearPolicies
        | Step::Place { .. }
        | Step::Role { .. } => Some(Move::Wait {
            until: around.now + config::WAITING_LOOK,
            waits: Some(Waits::Permission),
        }),
    }
}

/// R96, R99: where any licence comes from a group, direct ones are left alone, and it is said.
fn group_licensed(step: &Step, seen: &Seen, around: &Circumstances<'_>) -> Option<Move> {
    let Glance::Present(user) = &seen.user else {
        return None;
    };
    let group = licence_group(user)?.to_owned();
    let over = match step {
        Step::Licences { .. } => Move::Finish(Stands::Skipped(Note::GroupLicensed(group))),
        Step::ClearLicences => Move::GiveUp(Stands::Blocked(Obstacle::LicenceGroup(group))),
        Step::UsageLocation { .. }
        | Step::AwaitTeams
        | Step::Policies { .. }
        | Step::ClearPolicies
        | Step::Place { .. }
        | Step::Role { .. } => return None,
    };
    Some(around.distrust().unwrap_or(over))
}

/// What Microsoft refused in a way that repeating does not change.
fn refused(step: &Step, verbs: &[Verb], asks: &[&Ask], now: Time) -> Option<Move> {
    verbs.iter().find_map(|verb| {
        let closed = last_of(*verb, asks)?.closed.as_ref()?;
        match &closed.answer {
            Answer::Denied if matches!(step, Step::ClearLicences) => {
                Some(Move::Finish(Stands::Ignored(Note::LicencesStay)))
            }
            // An older one was waited for, and the permission is there now: it is asked again.
            Answer::Denied if now < closed.at + config::WAITING_LOOK => {
                Some(Move::GiveUp(Stands::Blocked(Obstacle::ProtectedAccount)))
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
            | Answer::Refused(Refusal::NoSeats | Refusal::UsageLocation) => None,
        }
    })
}
