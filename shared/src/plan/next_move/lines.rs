//! What to do about a step that gives a telephone number or takes it away: orders are taken at once and carried out later
//! (`graph-api.md 5.3`), and a number is believed where it is only when the list by number and the list by person both say so.

use crate::config;
use crate::model::ask::{Answer, Ask, Verb};
use crate::model::microsoft::{Refusal, UserId};
use crate::model::number::{E164, Number, NumberRefusal, Operation};
use crate::model::step::{Standing, Stands, Step};
use crate::model::time::Time;
use crate::plan::holds::{Glance, Read, Seen};
use crate::planted::{self, Bug};

use super::looks::Patience;
use super::{Circumstances, Move, last_of, last_word, over, since_it_waited, tries};

/// Why a number is not given that somebody else has by now.
pub const WITH_SOMEBODY_ELSE: &str = "Microsoft shows the number with somebody else";

/// The table. `asks` are those of this step, oldest first.
pub(super) fn number_move(
    step: &Step,
    standing: &Standing,
    asks: &[&Ask],
    seen: &Seen,
    patience: Patience,
    around: &Circumstances<'_>,
) -> Move {
    if planted::is(Bug::AcceptedIsDone)
        && let Some(ask) = asks.iter().find(|ask| ask.order.is_some())
    {
        return if ask.is_open() {
            Move::Close(vec![ask.number], Answer::Accepted)
        } else {
            Move::Finish(Stands::Done(None))
        };
    }
    if let Some(ask) = asks.iter().find(|ask| ask.is_open()) {
        return under_way(ask, seen, around.person, around.now);
    }
    let Glance::Present(held) = &seen.lines else {
        return match seen.lines {
            Glance::Unread => Move::Read(Read::Lines),
            // The list of somebody's numbers is empty, not absent.
            Glance::Absent | Glance::Present(_) => {
                Move::GiveUp(failed("the numbers cannot be read"))
            }
        };
    };
    let given = !matches!(step, Step::NoNumbers);
    let target = if given {
        around.lines.first().map(|line| &line.number)
    } else {
        held.iter().map(|line| &line.number).min()
    };
    // The list by person may not show what was just taken, or given: the number itself must say so too.
    let last = || around.lines.last().map(|line| &line.number);
    let Some(number) = target.or_else(last) else {
        return if given {
            Move::GiveUp(failed("no number is kept for the person"))
        } else {
            holds(asks, around)
        };
    };
    let itself = match &seen.line {
        Glance::Unread => return Move::Read(Read::Line(number.clone())),
        Glance::Absent => None,
        Glance::Present(line) if line.number != *number => {
            return Move::Read(Read::Line(number.clone()));
        }
        Glance::Present(line) => Some(line),
    };
    let is_theirs = itself.is_some_and(|line| line.is_held_by(around.person));
    let is_listed = held.iter().any(|line| line.number == *number);
    let verb = if given {
        Verb::AssignNumber(number.clone())
    } else {
        Verb::UnassignNumber(number.clone())
    };
    let wanting = match (given, is_theirs, is_listed) {
        (true, true, true) => return holds(asks, around),
        (true, false, false) => why_not(number, itself, held, around),
        (false, true, true) => on_premises(itself),
        // The two lists do not agree yet.
        (_, true, false) | (_, false, true) => {
            return catch_up(standing, asks, &verb, patience, around);
        }
        (false, false, false) => return holds(asks, around),
    };
    if let Some(why) = wanting {
        return around
            .distrust()
            .unwrap_or(Move::GiveUp(Stands::Failed(why)));
    }
    lacks(step, standing, asks, &verb, patience, around)
}

/// What to do about an open request for a number: an order is under way, or nobody knows whether it is. It is read, closed, or waited
/// for; also for whoever only wants to know what became of it (J2).
pub fn under_way(ask: &Ask, seen: &Seen, person: &UserId, now: Time) -> Move {
    let age = now.since(ask.sent);
    if let Some(order) = &ask.order {
        let next = config::LOOKS_ORDER.iter().map(|look| ask.sent + *look);
        let next = next.filter(|look| *look > now).min();
        let last = config::LOOKS_ORDER
            .last()
            .copied()
            .unwrap_or(config::REPEAT_AFTER);
        let wait = Move::Wait {
            until: next.unwrap_or(now + last),
            waits: None,
        };
        let first = config::LOOKS_ORDER.first().copied().unwrap_or_default();
        match &seen.order {
            Glance::Unread if age < first => return wait,
            Glance::Unread => return Move::Read(Read::Order(order.clone())),
            // However long it takes: it may be carried out at any moment, so nothing is concluded and nobody else gets the number.
            Glance::Present(Operation::Pending) if age < config::NUMBER_GIVE_UP => return wait,
            Glance::Present(Operation::Pending) => {
                return Move::Close(vec![ask.number], Answer::NeverEnded);
            }
            Glance::Present(Operation::Succeeded) => {
                return Move::Close(vec![ask.number], Answer::Accepted);
            }
            Glance::Present(Operation::Failed(why, said)) => {
                let answer = why.map_or_else(
                    || Answer::Invalid(said.clone()),
                    |why| Answer::Refused(Refusal::Number(why)),
                );
                return Move::Close(vec![ask.number], answer);
            }
            // Only the number itself tells, when it has settled.
            Glance::Absent => {}
        }
    }
    let settled = if planted::is(Bug::ConcludeEarly) {
        ask.sent
    } else {
        ask.sent + config::SETTLE_NUMBER
    };
    if now < settled {
        return Move::Wait {
            until: settled,
            waits: None,
        };
    }
    let Some(number) = ask.verb.number() else {
        return Move::Close(vec![ask.number], Answer::NotSeenLater);
    };
    let given = matches!(ask.verb, Verb::AssignNumber(_));
    let is_theirs = match &seen.line {
        Glance::Present(line) if line.number == *number => line.is_held_by(person),
        Glance::Absent => false,
        Glance::Present(_) | Glance::Unread => {
            return Move::Read(Read::Line(number.clone()));
        }
    };
    let answer = if is_theirs == given {
        Answer::SeenLater
    } else {
        Answer::NotSeenLater
    };
    Move::Close(vec![ask.number], answer)
}

/// The world agrees.
fn holds(asks: &[&Ask], around: &Circumstances<'_>) -> Move {
    super::holds(&Step::NoNumbers, asks, around)
}

/// Why this number cannot be given to the person, and time will not help.
fn why_not(
    number: &E164,
    itself: Option<&Number>,
    held: &[Number],
    around: &Circumstances<'_>,
) -> Option<String> {
    if itself.is_some_and(|line| line.holder.is_some()) {
        return Some(WITH_SOMEBODY_ELSE.to_owned());
    }
    if held
        .iter()
        .filter(|line| line.number != *number && line.is_primary())
        // What this job took away may still be listed.
        .any(|line| around.lines.iter().all(|own| own.number != line.number))
    {
        return Some("the person has another telephone number".to_owned());
    }
    match itself {
        Some(line) if !line.is_assignable() => {
            Some("Microsoft does not give this number to people now".to_owned())
        }
        Some(_) => None,
        None => {
            let kind = around.lines.first().map(|line| line.kind.as_str());
            let may_be_unlisted =
                kind.is_some_and(|kind| kind.eq_ignore_ascii_case("directRouting"));
            (!may_be_unlisted).then(|| "the tenant does not own the number".to_owned())
        }
    }
}

fn on_premises(line: Option<&Number>) -> Option<String> {
    let is_online = line.is_none_or(|line| line.source.eq_ignore_ascii_case("online"));
    (!is_online).then(|| "the number is mastered on premises: take it away there".to_owned())
}

/// Nothing is under way, and it is not so. What was accepted is never asked again because a read is stale.
fn lacks(
    step: &Step,
    standing: &Standing,
    asks: &[&Ask],
    verb: &Verb,
    patience: Patience,
    around: &Circumstances<'_>,
) -> Move {
    let last = last_of(verb, asks);
    let answer = last
        .and_then(|ask| ask.closed.as_ref())
        .map(|closed| &closed.answer);
    if answer == Some(&Answer::NeverEnded) {
        let cause =
            "Microsoft has neither carried the order out nor refused it: a person must look";
        return Move::GiveUp(failed(cause));
    }
    // A licence that the numbers' back end does not see yet, or an account that it does not know yet, are a matter of time; that a
    // number is taken is only believed when it is read.
    let passes = matches!(
        answer,
        Some(Answer::Refused(Refusal::Number(
            NumberRefusal::NotFound
                | NumberRefusal::Unlicensed
                | NumberRefusal::Taken
                | NumberRefusal::OnPremises
                | NumberRefusal::Transient
        )))
    );
    let refused = || over::refusal(step, verb, asks, around.now).filter(|_| !passes);
    if let Some(over) = over::not_permitted(step, around).or_else(refused) {
        return over;
    }
    if last.is_some_and(Ask::was_taken) {
        return catch_up(standing, asks, verb, patience, around);
    }
    let since = since_it_waited(asks).first().map(|ask| ask.sent);
    let since = since.or(standing.since).unwrap_or(around.now);
    let tried = tries(verb, asks);
    if around.now >= patience.end(since) && tried >= patience.tries() {
        return Move::GiveUp(Stands::Failed(last_word(asks)));
    }
    let again = last.and_then(|ask| ask.closed.as_ref());
    let again = again.map(|closed| closed.at + patience.after(tried.saturating_sub(1)));
    match again.filter(|again| around.now < *again) {
        Some(until) => Move::Wait { until, waits: None },
        None => Move::Ask(vec![verb.clone()]),
    }
}

/// Reads have to catch up.
fn catch_up(
    standing: &Standing,
    asks: &[&Ask],
    verb: &Verb,
    patience: Patience,
    around: &Circumstances<'_>,
) -> Move {
    let closed = last_of(verb, asks).and_then(|ask| ask.closed.as_ref());
    let since: Time = closed
        .map(|closed| closed.at)
        .or(standing.since)
        .unwrap_or(around.now);
    if around.is_trusted() && around.now >= patience.end(since) {
        let cause = "the lists of numbers do not agree about who has the number";
        return Move::GiveUp(failed(cause));
    }
    Move::Wait {
        until: patience.next_look(since, around.now),
        waits: None,
    }
}

fn failed(cause: &str) -> Stands {
    Stands::Failed(cause.to_owned())
}
