//! What to do about one step: one pure table over what was asked, what is seen, and what time it is.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::config;
use crate::model::ask::{Answer, Ask, Closed, Verb};
use crate::model::job::Waits;
use crate::model::microsoft::{Readiness, Refusal, TeamsUser};
use crate::model::step::{Note, Obstacle, Standing, Stands, Step};
use crate::model::tenant::{Capability, ReadinessLooks};
use crate::model::time::Time;

use super::holds::{Glance, Read, Seen, View, licence_group, view};

/// What to do next about a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// Read this, then ask again.
    Read(Read),
    /// Close these asks, whose answers were lost: the read at hand proves what became of them (A2).
    Close(Vec<u16>, Answer),
    /// The step is over, well or by rule.
    Finish(Stands),
    /// Record these asks, then send them (A1).
    Ask(Vec<Verb>),
    /// Look again then.
    Wait {
        /// When.
        until: Time,
        /// For what besides time.
        waits: Option<Waits>,
    },
    /// The step is over, badly.
    GiveUp(Stands),
}

/// What the table needs to know besides the step.
#[derive(Clone, Debug)]
pub struct Circumstances<'a> {
    /// The moment.
    pub now: Time,
    /// When staged people are looked at.
    pub readiness: ReadinessLooks,
    /// What Microsoft was found not to let us do.
    pub missing: &'a BTreeSet<Capability>,
    /// Reads before this moment may still show the world as it was before the person's last job (W3): nothing is concluded from
    /// them, though what they show may be acted on.
    pub trust_from: Option<Time>,
}

impl Circumstances<'_> {
    fn is_trusted(&self) -> bool {
        self.trust_from.is_none_or(|from| self.now >= from)
    }
}

/// When a step is looked at after it was asked for, and when it is given up.
struct Patience {
    looks: &'static [Duration],
    give_up: Duration,
}

/// The table. `asks` are those of this step, oldest first.
pub fn next_move(
    step: &Step,
    standing: &Standing,
    asks: &[&Ask],
    seen: &Seen,
    around: &Circumstances<'_>,
) -> Move {
    let Some(patience) = patience(step) else {
        return Move::Finish(Stands::Done(None));
    };
    if matches!(step, Step::AwaitTeams) {
        return await_teams(standing, seen, around);
    }
    if let Some(wait) = too_early_to_look(asks, &patience, around.now) {
        return wait;
    }
    if let Some(over) = over_without_looking(step, asks, around) {
        return over;
    }
    match view(step, seen) {
        View::Unread(read) => Move::Read(read),
        View::Holds => holds(asks, around),
        View::Absent => absent(step, standing, &patience, around.now),
        View::Lacks(verbs) => lacks(step, standing, asks, seen, &verbs, &patience, around),
    }
}

/// `None` for the steps that are rows of ours: they hold when the job's end is written.
fn patience(step: &Step) -> Option<Patience> {
    let (looks, give_up) = match step {
        Step::UsageLocation { .. } => {
            (config::LOOKS_USAGE_LOCATION, config::USAGE_LOCATION_GIVE_UP)
        }
        Step::Licences { .. } | Step::ClearLicences => {
            (config::LOOKS_LICENCES, config::LICENCE_GIVE_UP)
        }
        Step::AwaitTeams => (config::LOOKS_TEAMS, config::AWAIT_TEAMS),
        Step::Policies { .. } | Step::ClearPolicies => {
            (config::LOOKS_POLICIES, config::POLICY_GIVE_UP)
        }
        Step::Place { .. } | Step::Role { .. } => return None,
    };
    Some(Patience { looks, give_up })
}

/// A request whose answer is missing proves nothing before SETTLE; one that was just answered shows its effect a minute later.
fn too_early_to_look(asks: &[&Ask], patience: &Patience, now: Time) -> Option<Move> {
    let open = asks
        .iter()
        .filter(|ask| ask.is_open())
        .map(|ask| ask.sent + config::SETTLE)
        .max();
    let accepted = asks
        .iter()
        .filter(|ask| ask.was_taken())
        .map(|ask| ask.sent + patience.looks[0])
        .max();
    let refused = asks
        .last()
        .and_then(|ask| Some((ask, ask.closed.as_ref()?)))
        .and_then(|(ask, closed)| {
            let wait = match &closed.answer {
                Answer::NotNow | Answer::Missing | Answer::Refused(Refusal::UsageLocation) => {
                    let tries = usize::from(ask.earlier) + 1;
                    (
                        closed.at + nth(patience.looks, tries.saturating_sub(1)),
                        None,
                    )
                }
                Answer::Refused(Refusal::NoSeats) if now < closed.at + config::REPEAT_AFTER => {
                    (closed.at + config::WAITING_LOOK, Some(Waits::Licence))
                }
                Answer::Accepted
                | Answer::SeenLater
                | Answer::NotSeenLater
                | Answer::Denied
                | Answer::Invalid(_)
                | Answer::Refused(_) => return None,
            };
            Some(wait)
        });
    let (until, waits) = [
        open.map(|t| (t, None)),
        accepted.map(|t| (t, None)),
        refused,
    ]
    .into_iter()
    .flatten()
    .max_by_key(|w| w.0)?;
    (now < until).then_some(Move::Wait { until, waits })
}

/// What a refusal or a missing permission decides, whatever a look would show.
fn over_without_looking(step: &Step, asks: &[&Ask], around: &Circumstances<'_>) -> Option<Move> {
    let missing = step
        .capability()
        .is_some_and(|capability| around.missing.contains(&capability));
    let last = asks.last().and_then(|ask| ask.closed.as_ref());
    match last.map(|closed| &closed.answer) {
        Some(Answer::Denied) => Some(denied(step, missing, around.now)),
        Some(Answer::Invalid(said)) => Some(Move::GiveUp(Stands::Failed(format!(
            "Microsoft refused it: {said}"
        )))),
        Some(Answer::Refused(
            refusal @ (Refusal::ConflictingPlans | Refusal::MissingDependency | Refusal::FromGroup),
        )) => Some(Move::GiveUp(Stands::Failed(format!(
            "Microsoft refused it: {refusal}"
        )))),
        Some(
            Answer::Accepted
            | Answer::NotNow
            | Answer::Missing
            | Answer::SeenLater
            | Answer::NotSeenLater
            | Answer::Refused(Refusal::NoSeats | Refusal::UsageLocation),
        )
        | None => (missing && asks.is_empty())
            .then(|| denied(step, missing, around.now))
            .filter(|_| asks_nothing_when_missing(step)),
    }
}

/// Offboarding attempts its licence step even without permission: the decision table says "attempt, ignore" (R83).
fn asks_nothing_when_missing(step: &Step) -> bool {
    !matches!(step, Step::ClearLicences)
}

/// A 403 is the person's; where the capability is missing altogether it is the tenant's (design.md section 4, *Permissions*).
fn denied(step: &Step, missing: bool, now: Time) -> Move {
    match (step, missing) {
        (Step::ClearLicences, _) => Move::Finish(Stands::Ignored(Note::LicencesStay)),
        (Step::Licences { .. }, true) => Move::Finish(Stands::Skipped(Note::NoPermission)),
        (_, true) => Move::Wait {
            until: now + config::WAITING_LOOK,
            waits: Some(Waits::Permission),
        },
        (_, false) => Move::GiveUp(Stands::Blocked(Obstacle::ProtectedAccount)),
    }
}

/// The world agrees. Whose doing it is depends on whether we ever asked.
fn holds(asks: &[&Ask], around: &Circumstances<'_>) -> Move {
    let lost: Vec<u16> = asks
        .iter()
        .filter(|ask| ask.is_open())
        .map(|ask| ask.number)
        .collect();
    if !lost.is_empty() {
        return Move::Close(lost, Answer::SeenLater);
    }
    if let Some(until) = around.trust_from.filter(|from| around.now < *from) {
        return Move::Wait { until, waits: None };
    }
    Move::Finish(if asks.is_empty() {
        Stands::AlreadySo
    } else {
        Stands::Done(None)
    })
}

/// The account is not there: at once after its creation, or after its deletion.
fn absent(step: &Step, standing: &Standing, patience: &Patience, now: Time) -> Move {
    let since = standing.since.unwrap_or(now);
    let leaving = matches!(step, Step::ClearLicences | Step::ClearPolicies);
    if leaving && now >= since + patience.looks[0] {
        return Move::Finish(Stands::Skipped(Note::AccountGone));
    }
    if now >= since + patience.give_up {
        return Move::GiveUp(Stands::Failed(
            "the account is not in the directory".to_owned(),
        ));
    }
    Move::Wait {
        until: next_look(patience.looks, since, now).min(since + patience.give_up),
        waits: None,
    }
}

/// The world does not agree yet.
fn lacks(
    step: &Step,
    standing: &Standing,
    asks: &[&Ask],
    seen: &Seen,
    verbs: &[Verb],
    patience: &Patience,
    around: &Circumstances<'_>,
) -> Move {
    let lost: Vec<u16> = asks
        .iter()
        .filter(|ask| ask.is_open())
        .map(|ask| ask.number)
        .collect();
    if !lost.is_empty() {
        return Move::Close(lost, Answer::NotSeenLater);
    }
    if let Some(over) = group_licensed(step, seen) {
        return over;
    }
    let since = patient_since(standing, asks, around.now);
    let accepted = asks.iter().rev().find(|ask| ask.was_taken());
    if let (Step::Policies { .. } | Step::ClearPolicies, Some(accepted)) = (step, accepted)
        && around.trust_from.is_none_or(|from| accepted.sent >= from)
        && around.now >= accepted.sent + config::POLICY_NOTE
    {
        return Move::Finish(Stands::Done(Some(Note::NotVisibleYet)));
    }
    if around.now >= since + patience.give_up {
        return Move::GiveUp(Stands::Failed(last_word(asks)));
    }
    let unasked: Vec<Verb> = verbs
        .iter()
        .copied()
        .filter(|verb| may_ask(*verb, asks, around))
        .collect();
    if !unasked.is_empty() {
        return Move::Ask(unasked);
    }
    let from = accepted.map_or(since, |ask| ask.sent);
    Move::Wait {
        until: next_look(patience.looks, from, around.now).min(since + patience.give_up),
        waits: None,
    }
}

/// R96, R99: where any licence comes from a group, direct ones are left alone, and it is said.
fn group_licensed(step: &Step, seen: &Seen) -> Option<Move> {
    let Glance::Present(user) = &seen.user else {
        return None;
    };
    let group = licence_group(user)?.to_owned();
    match step {
        Step::Licences { .. } => Some(Move::Finish(Stands::Skipped(Note::GroupLicensed(group)))),
        Step::ClearLicences => Some(Move::GiveUp(Stands::Blocked(Obstacle::LicenceGroup(group)))),
        Step::UsageLocation { .. }
        | Step::AwaitTeams
        | Step::Policies { .. }
        | Step::ClearPolicies
        | Step::Place { .. }
        | Step::Role { .. } => None,
    }
}

/// What Microsoft accepted is never asked again because a read is stale (graph-api.md 10, rule a); everything else may be. What
/// was asked on the strength of a read that could not be trusted yet may have asked for too little, and is asked once more.
fn may_ask(verb: Verb, asks: &[&Ask], around: &Circumstances<'_>) -> bool {
    let Some(last) = asks.iter().rev().find(|ask| ask.verb == verb) else {
        return true;
    };
    match &last.closed {
        Some(Closed {
            answer: Answer::Accepted | Answer::SeenLater,
            ..
        }) => around.trust_from.is_some_and(|from| last.sent < from) && around.is_trusted(),
        Some(_) | None => true,
    }
}

/// Patience counts from the first ask that Microsoft took, or may have taken, after the last time that stock, a permission or
/// their own limits stood in the way: waiting for those is not failing.
fn patient_since(standing: &Standing, asks: &[&Ask], now: Time) -> Time {
    let in_the_way = |ask: &Ask| {
        let answer = ask.closed.as_ref().map(|closed| &closed.answer);
        matches!(
            answer,
            Some(Answer::Refused(Refusal::NoSeats) | Answer::Denied | Answer::NotNow)
        )
    };
    match asks.iter().rposition(|ask| in_the_way(ask)) {
        Some(last) => asks.get(last + 1).map_or(now, |ask| ask.sent),
        None => asks
            .first()
            .map(|ask| ask.sent)
            .or(standing.since)
            .unwrap_or(now),
    }
}

fn last_word(asks: &[&Ask]) -> String {
    match asks.last().and_then(|ask| ask.closed.as_ref()) {
        Some(closed) => format!("not there in time; the last answer was: {}", closed.answer),
        None => "not there in time".to_owned(),
    }
}

/// Readiness of graph-api.md 5.1.4 (R4). The same looks whether the staging lane or the provision lane is at it.
fn await_teams(standing: &Standing, seen: &Seen, around: &Circumstances<'_>) -> Move {
    let teams = match &seen.teams {
        Glance::Unread => return Move::Read(Read::Teams),
        Glance::Absent => None,
        Glance::Present(user) => Some(user),
    };
    let since = standing.since.unwrap_or(around.now);
    let give_up = since + config::AWAIT_TEAMS;
    match TeamsUser::readiness(teams) {
        Readiness::Ready if standing.looks == 0 => Move::Finish(Stands::AlreadySo),
        Readiness::Ready => Move::Finish(Stands::Done(None)),
        Readiness::Never(kind) => Move::GiveUp(Stands::Failed(format!(
            "this account cannot become a Teams user by waiting: its type is {kind}"
        ))),
        Readiness::NotYet(reason) if around.now >= give_up => {
            Move::GiveUp(Stands::Failed(format!(
                "{reason} after {} hours; check the licence in the Microsoft 365 admin centre",
                config::AWAIT_TEAMS.as_secs() / 3_600
            )))
        }
        Readiness::NotYet(reason) => {
            let until = match around.readiness {
                ReadinessLooks::Scheduled => give_up,
                ReadinessLooks::Adaptive => next_readiness_look(since, around.now).min(give_up),
            };
            Move::Wait {
                until,
                waits: Some(Waits::Teams(reason.to_owned())),
            }
        }
    }
}

fn next_readiness_look(since: Time, now: Time) -> Time {
    const DAY: Duration = Duration::from_secs(24 * 3_600);
    let next = next_look(config::LOOKS_TEAMS, since, now);
    if next.since(since) <= DAY {
        return next;
    }
    let mut late = since + DAY;
    while late <= now {
        late = late + config::LOOKS_TEAMS_LATE;
    }
    late
}

/// The first look after `now`: at the listed times after `from`, then again and again at the distance of the last.
fn next_look(looks: &[Duration], from: Time, now: Time) -> Time {
    if let Some(look) = looks.iter().map(|look| from + *look).find(|at| *at > now) {
        return look;
    }
    let last = looks
        .last()
        .copied()
        .unwrap_or(config::REPEAT_AFTER)
        .max(config::REPEAT_AFTER);
    let beyond = now.since(from).as_millis() / last.as_millis();
    let times = u32::try_from(beyond + 1).unwrap_or(u32::MAX);
    from + last.saturating_mul(times)
}

fn nth(looks: &[Duration], n: usize) -> Duration {
    looks
        .get(n)
        .or(looks.last())
        .copied()
        .unwrap_or(config::REPEAT_AFTER)
}
