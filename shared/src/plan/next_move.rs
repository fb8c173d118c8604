//! What to do about one step: one pure table over what was asked, what is seen, and what time it is.

use std::collections::BTreeSet;

use crate::config;
use crate::model::ask::{Answer, Ask, Verb};
use crate::model::group::GroupId;
use crate::model::inventory::Line;
use crate::model::job::Waits;
use crate::model::microsoft::{Readiness, Refusal, SkuId, TeamsUser, UserId};
use crate::model::step::{Note, Standing, Stands, Step};
use crate::model::tenant::{Capability, ReadinessLooks};
use crate::model::time::Time;
use crate::planted::{self, Bug};

use super::holds::{Glance, Read, Seen, View, group_licence_problem, view};

mod inherited;
mod lines;
mod looks;
mod over;
#[cfg(test)]
mod tests;

use inherited::inherited;
pub use lines::{WITH_SOMEBODY_ELSE, under_way};
use looks::Patience;

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
    /// Whoever has no Teams account is looked for in the directory too, not only in Teams.
    pub ask_directory: bool,
    /// What Microsoft was found not to let us do.
    pub missing: &'a BTreeSet<Capability>,
    /// Groups that this job has taken the person out of: licences that still come from them are on their way out (R98).
    pub left: &'a [GroupId],
    /// The licences that the groups of this job give, whether Microsoft shows them yet or not (R59).
    pub inherits: &'a [(GroupId, SkuId)],
    /// Whom it is about.
    pub person: &'a UserId,
    /// The telephone numbers in the hands of the job.
    pub lines: &'a [Line],
    /// Reads before this moment may still show the world as it was before the person's last job (W3): nothing is concluded from
    /// them, though what they show may be acted on.
    pub trust_from: Option<Time>,
}

impl Circumstances<'_> {
    fn is_trusted(&self) -> bool {
        self.distrust().is_none()
    }

    /// The wait until what is read can be believed, if there is one.
    fn distrust(&self) -> Option<Move> {
        let until = self.trust_from.filter(|from| self.now < *from)?;
        Some(Move::Wait { until, waits: None })
    }
}

/// The table. `asks` are those of this step, oldest first.
pub fn next_move(
    step: &Step,
    standing: &Standing,
    asks: &[&Ask],
    seen: &Seen,
    around: &Circumstances<'_>,
) -> Move {
    let Some(patience) = Patience::with(step) else {
        return Move::Finish(Stands::Done(None));
    };
    if matches!(step, Step::AwaitTeams) {
        return await_teams(standing, patience, seen, around);
    }
    if matches!(step, Step::RevokeSessions) && asks.iter().any(|ask| ask.was_taken()) {
        return Move::Finish(Stands::Done(None));
    }
    if planted::is(Bug::SkipReadBack)
        && let Some(last) = asks.last()
    {
        let lost = matches!(
            last.closed.as_ref().map(|closed| &closed.answer),
            Some(Answer::SeenLater)
        );
        if last.is_open() {
            return Move::Close(vec![last.number], Answer::SeenLater);
        } else if lost {
            return Move::Finish(Stands::Done(None));
        }
    }
    if matches!(step, Step::AssignNumber { .. } | Step::NoNumbers) {
        return lines::number_move(step, standing, asks, seen, patience, around);
    }
    if let Some(wait) = too_early_to_look(step, asks, patience, around.now) {
        return wait;
    }
    let view = view(step, seen);
    if let Some(close) = close_lost(asks, &view) {
        return close;
    }
    match view {
        View::Unread(read) => Move::Read(read),
        View::Holds => inherited(step, standing, asks, seen, patience, around)
            .unwrap_or_else(|| holds(step, asks, around)),
        View::Absent => absent(step, standing, patience, around.now),
        View::Lacks(verbs) => lacks(step, standing, asks, seen, &verbs, patience, around),
    }
}

/// A request whose answer is missing proves nothing before SETTLE; one that was just answered shows its effect a minute later; one
/// that was put off is tried again after a while.
fn too_early_to_look(step: &Step, asks: &[&Ask], patience: Patience, now: Time) -> Option<Move> {
    let (until, waits) = asks
        .iter()
        .filter_map(|ask| not_before(step, ask, asks, patience, now))
        .max_by_key(|wait| wait.0)?;
    (now < until).then_some(Move::Wait { until, waits })
}

/// When the step may be looked at as far as this ask is concerned.
fn not_before(
    step: &Step,
    ask: &Ask,
    asks: &[&Ask],
    patience: Patience,
    now: Time,
) -> Option<(Time, Option<Waits>)> {
    let Some(closed) = &ask.closed else {
        let settles = if planted::is(Bug::ConcludeEarly) {
            config::SETTLE / 300
        } else {
            config::SETTLE
        };
        return Some((ask.sent + settles, None));
    };
    let is_latest = last_of(&ask.verb, asks).is_some_and(|last| last.number == ask.number);
    let again = || patience.after(tries(&ask.verb, asks).saturating_sub(1));
    match &closed.answer {
        Answer::Accepted => Some((ask.sent + patience.first(), None)),
        Answer::NotNow | Answer::Missing | Answer::Refused(Refusal::UsageLocation) if is_latest => {
            Some((closed.at + again(), None))
        }
        Answer::NotSeenLater if is_latest => Some((ask.sent + again(), None)),
        // Woken by a free seat it looks at once; but not at the very refusal.
        Answer::Refused(Refusal::NoSeats)
            if is_latest && now < closed.at + config::REPEAT_AFTER =>
        {
            Some((closed.at + config::WAITING_LOOK, Some(Waits::Licence)))
        }
        // By then others were refused too, if it is the permission that is missing.
        Answer::Denied if is_latest && !matches!(step, Step::ClearLicences) => {
            Some((closed.at + config::REPEAT_AFTER, None))
        }
        Answer::NotNow
        | Answer::Missing
        | Answer::Refused(_)
        | Answer::Denied
        | Answer::Invalid(_)
        | Answer::SeenLater
        | Answer::NotSeenLater
        | Answer::NeverEnded => None,
    }
}

/// A2: what is seen at last proves what became of the asks whose answers were lost.
fn close_lost(asks: &[&Ask], view: &View) -> Option<Move> {
    let shows = |ask: &Ask| match view {
        View::Holds => true,
        View::Lacks(verbs) => !verbs.contains(&ask.verb),
        View::Absent | View::Unread(_) => false,
    };
    if matches!(view, View::Unread(_)) {
        return None;
    }
    [(true, Answer::SeenLater), (false, Answer::NotSeenLater)]
        .into_iter()
        .find_map(|(shown, answer)| {
            let lost = asks
                .iter()
                .filter(|ask| ask.is_open() && shows(ask) == shown);
            let lost: Vec<u16> = lost.map(|ask| ask.number).collect();
            (!lost.is_empty()).then_some(Move::Close(lost, answer))
        })
}

/// The world agrees. Whose doing it is depends on whether we ever asked. No job lets anybody sign in again: that they cannot is
/// believed whatever their last job did.
fn holds(step: &Step, asks: &[&Ask], around: &Circumstances<'_>) -> Move {
    if !step.contradicts_nothing()
        && let Some(wait) = around.distrust()
    {
        return wait;
    }
    Move::Finish(if asks.is_empty() {
        Stands::AlreadySo
    } else {
        Stands::Done(None)
    })
}

const NOT_IN_DIRECTORY: &str = "the account is not in the directory";

/// The account is not there: at once after its creation, or after its deletion.
fn absent(step: &Step, standing: &Standing, patience: Patience, now: Time) -> Move {
    let since = standing.since.unwrap_or(now);
    let takes_away = matches!(
        step,
        Step::BlockSignIn | Step::RevokeSessions | Step::ClearLicences | Step::LeaveGroups { .. }
    );
    if takes_away && now >= since + patience.first() {
        return Move::Finish(Stands::Skipped(Note::AccountGone));
    }
    if now >= patience.end(since) {
        return Move::GiveUp(Stands::Failed(NOT_IN_DIRECTORY.to_owned()));
    }
    Move::Wait {
        until: patience.look_again(since, now),
        waits: None,
    }
}

/// The world does not agree yet. What was refused for good counts only now that it is known to matter.
fn lacks(
    step: &Step,
    standing: &Standing,
    asks: &[&Ask],
    seen: &Seen,
    verbs: &[Verb],
    patience: Patience,
    around: &Circumstances<'_>,
) -> Move {
    let begun = standing.since.unwrap_or(around.now);
    if let Some(over) = over::over(step, verbs, asks, seen, around, (patience, begun)) {
        return over;
    }
    let to_ask: Vec<Verb> = verbs
        .iter()
        .filter(|verb| may_ask(verb, asks, around))
        .filter(|verb| over::refusal(step, verb, asks, around.now).is_none())
        .cloned()
        .collect();
    let taken = asks.iter().rev().find(|ask| ask.was_taken());
    let since = taken
        .or(since_it_waited(asks).first())
        .map(|ask| ask.sent)
        .or(standing.since.filter(|_| asks.is_empty()))
        .unwrap_or(around.now);
    // Limits and outages tell nothing about the person.
    let put_off = since_it_waited(asks).iter().any(|ask| ask.was_put_off());
    let patience = if put_off {
        patience.for_put_off()
    } else {
        patience
    };
    let is_over = around.is_trusted() && around.now >= patience.end(since);
    if !to_ask.is_empty() {
        let tried = to_ask.iter().map(|verb| tries(verb, asks)).max();
        return if is_over && tried >= Some(patience.tries()) {
            Move::GiveUp(Stands::Failed(last_word(asks)))
        } else {
            Move::Ask(to_ask)
        };
    }
    let is_policies = matches!(
        step,
        Step::Policies { .. } | Step::ClearPolicies | Step::OnlyPolicies { .. }
    );
    if let (true, Some(taken)) = (is_policies, taken)
        && around.is_trusted()
        && around.now >= taken.sent + config::POLICY_NOTE
    {
        return Move::Finish(Stands::Done(Some(Note::NotVisibleYet)));
    }
    if is_over {
        return Move::GiveUp(Stands::Failed(last_word(asks)));
    }
    let look = patience.next_look(since, around.now);
    let ends = [Some(patience.end(since)), around.trust_from];
    let ends = ends.into_iter().flatten().filter(|end| *end > around.now);
    Move::Wait {
        until: ends.fold(look, Time::min),
        waits: None,
    }
}

/// What Microsoft accepted is never asked again because a read is stale (graph-api.md 10, rule a); everything else may be. What
/// was asked on the strength of a read that could not be trusted yet may have asked for too little, and is asked once more.
fn may_ask(verb: &Verb, asks: &[&Ask], around: &Circumstances<'_>) -> bool {
    match last_of(verb, asks) {
        Some(last) if last.was_taken() => {
            around.is_trusted() && around.trust_from.is_some_and(|from| last.sent < from)
        }
        Some(_) | None => true,
    }
}

/// The asks after the last time that stock or permission was what was missing: patience counts from there.
fn since_it_waited<'a, 'b>(asks: &'b [&'a Ask]) -> &'b [&'a Ask] {
    let waited = asks.iter().rposition(|ask| {
        ask.closed.as_ref().is_some_and(|closed| {
            matches!(
                closed.answer,
                Answer::Refused(Refusal::NoSeats) | Answer::Denied
            )
        })
    });
    waited.map_or(asks, |last| asks.get(last + 1..).unwrap_or_default())
}

fn last_of<'a>(verb: &Verb, asks: &[&'a Ask]) -> Option<&'a Ask> {
    asks.iter().rev().find(|ask| ask.verb == *verb).copied()
}

/// How often something was asked for in vain, since it waited.
fn tries(verb: &Verb, asks: &[&Ask]) -> usize {
    let of = since_it_waited(asks).iter().filter(|ask| ask.verb == *verb);
    of.filter(|ask| !ask.was_taken())
        .map(|ask| 1 + usize::from(ask.earlier))
        .sum()
}

fn last_word(asks: &[&Ask]) -> String {
    match asks.last().and_then(|ask| ask.closed.as_ref()) {
        Some(closed) => format!("not there in time; the last answer was: {}", closed.answer),
        None => "not there in time".to_owned(),
    }
}

/// Readiness of graph-api.md 5.1.4 (R4). The same looks whether the staging lane or the provision lane is at it.
fn await_teams(
    standing: &Standing,
    patience: Patience,
    seen: &Seen,
    around: &Circumstances<'_>,
) -> Move {
    let teams = match &seen.teams {
        Glance::Unread => return Move::Read(Read::Teams),
        Glance::Absent => None,
        Glance::Present(user) => Some(user),
    };
    let since = standing.since.unwrap_or(around.now);
    let give_up = patience.end(since);
    let readiness = TeamsUser::readiness(teams);
    // Whoever is given up is looked at once more: a licence that gives nothing is the likeliest reason.
    let asks_directory = around.ask_directory || around.now >= give_up;
    if let (Readiness::NotYet(_), true) = (&readiness, asks_directory) {
        match seen.user {
            Glance::Unread => return Move::Read(Read::User),
            Glance::Absent if around.now >= since + config::SETTLE => {
                return Move::GiveUp(Stands::Failed(NOT_IN_DIRECTORY.to_owned()));
            }
            // Just created, or just deleted: once more, and in this lane.
            Glance::Absent => {
                return Move::Wait {
                    until: since + config::SETTLE,
                    waits: None,
                };
            }
            Glance::Present(_) => {}
        }
    }
    match readiness {
        Readiness::Ready if standing.looks == 0 => Move::Finish(Stands::AlreadySo),
        Readiness::Ready => Move::Finish(Stands::Done(None)),
        Readiness::Never(kind) => Move::GiveUp(Stands::Failed(format!(
            "this account cannot become a Teams user by waiting: its type is {kind}"
        ))),
        Readiness::NotYet(reason) if around.now >= give_up => {
            Move::GiveUp(Stands::Failed(format!(
                "{} after {} hours; check the licence in the Microsoft 365 admin centre",
                told(reason, seen),
                config::AWAIT_TEAMS.as_secs() / 3_600
            )))
        }
        Readiness::NotYet(reason) => {
            let look = match around.readiness {
                ReadinessLooks::Scheduled => give_up,
                ReadinessLooks::Adaptive => patience.next_readiness_look(since, around.now),
            };
            Move::Wait {
                until: look.min(give_up),
                waits: Some(Waits::Teams(told(reason, seen))),
            }
        }
    }
}

/// Why there is no Teams account yet; a licence that gives nothing explains it better (F52).
fn told(reason: &str, seen: &Seen) -> String {
    let problem = match &seen.user {
        Glance::Present(user) => group_licence_problem(user),
        Glance::Unread | Glance::Absent => None,
    };
    problem.unwrap_or_else(|| reason.to_owned())
}
