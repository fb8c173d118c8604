//! What holds of the table for every combination of up to two asks and every view, and of longer histories at random.

use expect_test::expect;
use proptest::prelude::*;

use super::*;

/// Sent so many minutes ago; beyond every look and every time to give up.
const AGES: [u64; 6] = [0, 2, 6, 61, 25 * 60, 80 * 60];
/// Trust begins so many minutes from now, if it is in doubt.
const TRUSTS: [Option<i64>; 4] = [None, Some(30), Some(-3), Some(-70)];

fn views(step: &Step) -> [Seen; 4] {
    [Seen::default(), agreeing(step), differing(step), gone()]
}

fn trust(minutes: Option<i64>) -> Option<Time> {
    minutes.map(|n| Time::from_millis(NOW.millis() + n * 60_000))
}

fn closings() -> Vec<Option<Answer>> {
    std::iter::once(None)
        .chain(answers().into_iter().map(Some))
        .collect()
}

/// Every ask that this step can have had.
fn possible(step: &Step) -> Vec<Ask> {
    let mut asks = Vec::new();
    for verb in verbs(step) {
        for ago in AGES {
            asks.extend(
                closings()
                    .into_iter()
                    .map(|answer| asked(verb.clone(), ago, answer)),
            );
        }
    }
    asks
}

fn check(case: &Given) {
    let next = case.next();
    let told = || {
        let asks: Vec<String> = case
            .asks
            .iter()
            .map(|ask| {
                let answer = ask.closed.as_ref().map(|closed| closed.answer.to_string());
                let ago = NOW.since(ask.sent).as_secs() / 60;
                format!("{} {ago} min ago: {answer:?}", ask.verb.name())
            })
            .collect();
        let (seen, trust) = (view(&case.step, &case.seen), case.trust_from);
        format!(
            "{}: {asks:?}, sees {seen:?}, trusts from {trust:?}, misses {:?} -> {}",
            case.step,
            case.missing,
            say(&next, NOW)
        )
    };
    if let Err(law) = obeys(case, &next) {
        panic!("{law}\n{}", told());
    }
}

/// The laws; the one that is broken.
fn obeys(case: &Given, next: &Move) -> Result<(), &'static str> {
    let law = |holds: bool, law: &'static str| if holds { Ok(()) } else { Err(law) };
    let open = || case.asks.iter().filter(|ask| ask.is_open());
    let seen = view(&case.step, &case.seen);
    let trusted = case.trust_from.is_none_or(|from| NOW >= from);
    let last = |verb: &Verb| case.asks.iter().rev().find(|ask| ask.verb == *verb);
    let answer = |verb: &Verb| last(verb).and_then(|ask| ask.closed.as_ref());
    match next {
        Move::Ask(asked) => {
            law(
                open().next().is_none(),
                "A3: nothing is asked while an ask is open",
            )?;
            let View::Lacks(lacking) = &seen else {
                return Err("only what is seen to be lacking is asked for");
            };
            law(!asked.is_empty(), "something is asked")?;
            law(
                asked.iter().all(|verb| lacking.contains(verb)),
                "only what is lacking is asked for",
            )?;
            for ask in asked.iter().filter_map(last) {
                let doubted = case.trust_from.is_some_and(|from| ask.sent < from) && trusted;
                law(
                    !ask.was_taken() || doubted,
                    "rule a: what was taken is not asked again",
                )?;
            }
            for closed in asked.iter().filter_map(answer) {
                law(
                    !is_for_good(&closed.answer),
                    "what is refused for good is not asked again",
                )?;
                law(
                    closed.answer != Answer::NotNow || NOW >= closed.at + config::REPEAT_AFTER,
                    "A3: a repetition comes a minute later",
                )?;
            }
            Ok(())
        }
        Move::Wait { until, .. } => law(*until > NOW, "a wait ends in the future"),
        Move::Read(_) => law(
            matches!(seen, View::Unread(_)),
            "only what is unread is read",
        ),
        Move::Close(numbers, _) => {
            law(
                !matches!(seen, View::Unread(_)),
                "A2: a lost ask is closed by a read",
            )?;
            let closed = |n: &u16| open().any(|a| a.number == *n && NOW >= a.sent + config::SETTLE);
            law(
                numbers.iter().all(closed),
                "A2: open asks are closed after SETTLE",
            )
        }
        Move::Finish(stands) | Move::GiveUp(stands) => {
            law(open().next().is_none(), "a step ends with every ask closed")?;
            law(stands.is_final(), "an end is an end")?;
            match stands {
                Stands::Done(None) | Stands::AlreadySo => {
                    law(seen == View::Holds, "I7: done is what holds")?;
                    law(
                        trusted || case.step.contradicts_nothing(),
                        "W3: done is what is seen to hold by a read to be trusted",
                    )?;
                    law(matches!(next, Move::Finish(_)), "success is no giving up")
                }
                Stands::Done(Some(_)) => {
                    let View::Lacks(verbs) = &seen else {
                        return Err("the note is for what is not seen yet");
                    };
                    let hour = |verb: &Verb| {
                        last(verb)
                            .is_some_and(|ask| ask.was_taken() && NOW >= ask.sent + minutes(60))
                    };
                    law(
                        trusted && verbs.iter().all(hour),
                        "the note needs an hour after Microsoft took it",
                    )
                }
                Stands::Failed(_) => {
                    let refused = case.asks.iter().any(|ask| {
                        ask.closed
                            .as_ref()
                            .is_some_and(|closed| is_for_good(&closed.answer))
                    });
                    let began = case.asks.iter().map(|ask| ask.sent).chain(case.since).min();
                    let patience =
                        Patience::with(&case.step).ok_or("only what is asked for fails")?;
                    let patient = began.is_some_and(|began| NOW >= patience.end(began));
                    let may_not = case.step.contradicts_nothing() && !case.missing.is_empty();
                    law(
                        refused || patient || may_not,
                        "failed is refused for good, out of time, or may not be waited for",
                    )?;
                    law(seen != View::Holds, "I7: what holds has not failed")
                }
                Stands::Blocked(_) => {
                    let denied = case.asks.iter().any(|ask| {
                        ask.closed
                            .as_ref()
                            .is_some_and(|closed| closed.answer == Answer::Denied)
                    });
                    law(denied, "blocked was denied")
                }
                Stands::Ignored(_) => law(
                    matches!(case.step, Step::ClearLicences),
                    "R83 is for leavers",
                ),
                Stands::Skipped(Note::NoPermission) => {
                    law(!case.missing.is_empty(), "the permission is missing")
                }
                Stands::Skipped(_) => law(seen == View::Absent, "the account is gone"),
                Stands::Todo | Stands::Pending | Stands::Unknown(_) => Err("no end"),
            }
        }
    }
}

fn is_for_good(answer: &Answer) -> bool {
    match answer {
        Answer::Invalid(_) => true,
        Answer::Refused(refusal) => !matches!(refusal, Refusal::NoSeats | Refusal::UsageLocation),
        Answer::Accepted
        | Answer::NotNow
        | Answer::Denied
        | Answer::Missing
        | Answer::SeenLater
        | Answer::NotSeenLater
        | Answer::NeverEnded => false,
    }
}

/// A2, A3, I7, W3, graph-api.md 10 rule a: all of it, about a million situations.
#[test]
fn every_history_of_up_to_two_asks_obeys() {
    for step in asking() {
        let possible = possible(&step);
        let mut histories = vec![Vec::new()];
        histories.extend(possible.iter().map(|ask| vec![ask.clone()]));
        for first in &possible {
            let later = possible.iter().filter(|ask| ask.sent >= first.sent);
            histories.extend(later.map(|ask| vec![first.clone(), ask.clone()]));
        }
        let capability: BTreeSet<Capability> = step.capability().into_iter().collect();
        for asks in histories {
            let since = asks.first().map_or(NOW, |ask| ask.sent);
            let mut case = given(&step, |g| {
                g.asks = asks;
                g.since = Some(since);
            });
            for seen in views(&step) {
                case.seen = seen;
                for minutes in TRUSTS {
                    case.trust_from = trust(minutes);
                    for missing in [BTreeSet::new(), capability.clone()] {
                        case.missing = missing;
                        check(&case);
                    }
                }
            }
        }
    }
}

/// The same step by step for staging: ready, never, or a wait in the future (R4).
#[test]
fn waiting_for_teams_always_waits_or_ends() {
    for hours in 0..100 {
        for readiness in [ReadinessLooks::Scheduled, ReadinessLooks::Adaptive] {
            let next = given(&Step::AwaitTeams, |g| {
                g.seen.teams = Glance::Absent;
                g.since = Some(NOW - minutes(60 * hours));
                g.readiness = readiness;
            })
            .next();
            let waits = matches!(next, Move::Wait { until, .. } if until > NOW);
            let gives_up = matches!(next, Move::GiveUp(_));
            assert!(
                waits == (hours < 72) && gives_up == (hours >= 72),
                "{hours} h: {next:?}"
            );
        }
    }
}

/// An account that is deleted while its owner is staged ends the wait, once the directory was asked and had time to know it.
#[test]
fn whoever_is_not_in_the_directory_is_not_awaited() {
    let row = |since, ask_directory, user| {
        given(&Step::AwaitTeams, |g| {
            g.seen = Seen {
                user,
                teams: Glance::Absent,
                ..Seen::default()
            };
            g.since = Some(NOW - minutes(since));
            g.ask_directory = ask_directory;
        })
        .says()
    };
    expect![[r#"
        not looked for                     read the user
        just created                       wait 1 min
        deleted                            give up: failed: the account is not in the directory
        deleted, staging lane              wait 60 min for Teams: no Teams account yet
    "#]]
    .assert_eq(&table([
        ("not looked for", row(60, true, Glance::Unread)),
        ("just created", row(4, true, Glance::Absent)),
        ("deleted", row(60, true, Glance::Absent)),
        ("deleted, staging lane", row(60, false, Glance::Unread)),
    ]));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Longer histories, in any order of verbs and answers.
    #[test]
    fn longer_histories_obey(
        kind in 0_usize..5,
        picks in prop::collection::vec((any::<prop::sample::Index>(), 0_u64..5_000), 3..9),
        seen in 0_usize..4,
        trusts in 0_usize..4,
        is_missing: bool,
    ) {
        let step = asking()[kind].clone();
        let possible = possible(&step);
        let mut asks: Vec<Ask> = picks
            .into_iter()
            .map(|(pick, ago)| {
                let like = pick.get(&possible);
                asked(like.verb.clone(), ago, like.closed.as_ref().map(|closed| closed.answer.clone()))
            })
            .collect();
        asks.sort_by_key(|ask| ask.sent);
        let case = given(&step, |g| {
            g.since = asks.first().map(|ask| ask.sent);
            g.asks = asks;
            g.seen = views(&step)[seen].clone();
            g.trust_from = trust(TRUSTS[trusts]);
            g.missing = step.capability().filter(|_| is_missing).into_iter().collect();
        });
        check(&case);
    }
}
