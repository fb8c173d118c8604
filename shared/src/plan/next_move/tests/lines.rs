//! Numbers: orders that are taken at once and carried out later, and two lists that must agree.

use expect_test::expect;

use super::*;
use crate::model::number::{E164, Number, NumberRefusal, Operation};

const SECOND: u64 = 1_000;

fn e164() -> E164 {
    E164::parse("+12052582895").unwrap()
}

fn line(holder: Option<&str>) -> Number {
    Number {
        number: e164(),
        kind: "callingPlan".into(),
        activation: "activated".into(),
        status: holder.map_or("unassigned", |_| "userAssigned").into(),
        holder: holder.map(str::to_owned),
        category: holder.map(|_| "primary".into()),
        capabilities: vec!["userAssignment".into()],
        source: "online".into(),
        port_in: None,
        country: None,
        city: None,
        location: None,
    }
}

/// What the list by person says, and the list by number.
fn world(listed: bool, holder: Option<&str>) -> Seen {
    Seen {
        lines: Glance::Present(listed.then(|| line(Some("adele"))).into_iter().collect()),
        line: Glance::Present(line(holder)),
        ..Seen::default()
    }
}

fn assign() -> Step {
    Step::AssignNumber { location: None }
}

fn situation(step: &Step, seen: Seen, asks: Vec<Ask>) -> Given {
    given(step, |g| {
        g.since = asks.first().map(|ask| ask.sent);
        g.seen = seen;
        g.asks = asks;
        g.lines = vec![Line {
            number: e164(),
            kind: "callingPlan".into(),
            had: false,
        }];
    })
}

/// An order that was taken so many seconds ago and has this id, or none.
fn under_way(verb: Verb, seconds: u64, order: Option<&str>) -> Ask {
    let mut ask = asked(verb, 0, None);
    ask.sent = NOW - std::time::Duration::from_millis(seconds * SECOND);
    ask.order = order.map(str::to_owned);
    ask
}

/// I5, A2: nothing is concluded from one list, and nothing is asked while the lists do not agree.
#[test]
fn both_lists_must_agree() {
    let row = |step: &Step, listed, holder: Option<&str>| {
        situation(step, world(listed, holder), Vec::new()).says()
    };
    let mut rows = Vec::new();
    for (name, step) in [("give", assign()), ("take", Step::NoNumbers)] {
        for (listed, holder) in [
            (false, None),
            (true, Some("ADELE")),
            (true, None),
            (false, Some("adele")),
            (false, Some("ben")),
            (true, Some("ben")),
        ] {
            let who = holder.unwrap_or("nobody");
            let told = format!("{name}: listed {listed}, with {who}");
            rows.push((told, row(&step, listed, holder)));
        }
    }
    expect![[r#"
        give: listed false, with nobody    ask: assign number
        give: listed true, with ADELE      finish: already so
        give: listed true, with nobody     wait 1 min
        give: listed false, with adele     wait 1 min
        give: listed false, with ben       give up: failed: Microsoft shows the number with somebody else
        give: listed true, with ben        wait 1 min
        take: listed false, with nobody    finish: already so
        take: listed true, with ADELE      ask: unassign number
        take: listed true, with nobody     wait 1 min
        take: listed false, with adele     wait 1 min
        take: listed false, with ben       finish: already so
        take: listed true, with ben        wait 1 min
    "#]].assert_eq(&table(rows));
}

/// A2, fault 15: an order is asked after until it is carried out; where it is forgotten, only a read after 15 minutes tells.
#[test]
fn an_order_is_followed_to_its_end() {
    let verb = || Verb::AssignNumber(e164());
    let row = |seconds, order: Option<&str>, said: Glance<Operation>, listed, holder| {
        let seen = Seen {
            order: said,
            ..world(listed, holder)
        };
        let ask = under_way(verb(), seconds, order);
        situation(&assign(), seen, vec![ask]).says()
    };
    let failed = |why| Glance::Present(Operation::Failed(Some(why), "said".into()));
    let pending = || Glance::Present(Operation::Pending);
    let done = || Glance::Present(Operation::Succeeded);
    let unknown = Glance::Present(Operation::Failed(None, "something new".into()));
    let id = Some("id");
    let rows = [
        ("5 s", row(5, id, Glance::Unread, false, None)),
        ("10 s", row(10, id, Glance::Unread, false, None)),
        ("10 s, pending", row(10, id, pending(), false, None)),
        ("50 min, pending", row(3_000, id, pending(), false, None)),
        ("carried out", row(30, id, done(), false, None)),
        (
            "no licence",
            row(30, id, failed(NumberRefusal::Unlicensed), false, None),
        ),
        (
            "taken",
            row(30, id, failed(NumberRefusal::Taken), false, Some("ben")),
        ),
        ("something new", row(30, id, unknown, false, None)),
        ("forgotten, 30 s", row(30, id, Glance::Absent, false, None)),
        (
            "forgotten, there",
            row(900, id, Glance::Absent, true, Some("adele")),
        ),
        (
            "forgotten, not there",
            row(900, id, Glance::Absent, false, None),
        ),
        (
            "no id, 14 min",
            row(840, None, Glance::Unread, true, Some("adele")),
        ),
        (
            "no id, there",
            row(900, None, Glance::Unread, true, Some("adele")),
        ),
        (
            "no id, not there",
            row(900, None, Glance::Unread, false, None),
        ),
        ("pending, an hour", row(3_600, id, pending(), false, None)),
        ("pending, a day", row(86_400, id, pending(), false, None)),
    ];
    expect![[r#"
        5 s                                wait 0.08333333333333333 min
        10 s                               read the order
        10 s, pending                      wait 0.3333333333333333 min
        50 min, pending                    wait 10 min
        carried out                        close [1]: accepted
        no licence                         close [1]: refused: the licence that a telephone number needs is missing or not yet in force
        taken                              close [1]: refused: somebody holds the telephone number already
        something new                      close [1]: refused: something new
        forgotten, 30 s                    wait 14.5 min
        forgotten, there                   close [1]: answer lost, effect seen later
        forgotten, not there               close [1]: answer lost, no effect seen
        no id, 14 min                      wait 1 min
        no id, there                       close [1]: answer lost, effect seen later
        no id, not there                   close [1]: answer lost, no effect seen
        pending, an hour                   wait 60 min
        pending, a day                     close [1]: taken, and neither carried out nor refused since
    "#]].assert_eq(&table(rows));
}

/// `graph-api.md 10`: what passes with time is asked for again, what was accepted never is, what is refused for good ends.
#[test]
fn refusals_that_pass_and_refusals_that_do_not() {
    let row = |answer: Answer, ago, listed, holder: Option<&str>| {
        let ask = asked(Verb::AssignNumber(e164()), ago, Some(answer));
        situation(&assign(), world(listed, holder), vec![ask]).says()
    };
    let refused = |why| Answer::Refused(Refusal::Number(why));
    let rows = [
        ("accepted", row(Answer::Accepted, 1, false, None)),
        ("accepted, a day", row(Answer::Accepted, 1_440, false, None)),
        (
            "no licence",
            row(refused(NumberRefusal::Unlicensed), 0, false, None),
        ),
        (
            "no licence, 1 min",
            row(refused(NumberRefusal::Unlicensed), 1, false, None),
        ),
        (
            "taken, by nobody",
            row(refused(NumberRefusal::Taken), 1, false, None),
        ),
        (
            "taken, by ben",
            row(refused(NumberRefusal::Taken), 1, false, Some("ben")),
        ),
        (
            "taken, by adele",
            row(refused(NumberRefusal::Taken), 1, true, Some("adele")),
        ),
        (
            "not owned",
            row(refused(NumberRefusal::UnknownNumber), 1, false, None),
        ),
        ("denied", row(Answer::Denied, 1, false, None)),
        ("not now", row(Answer::NotNow, 1, false, None)),
        ("lost", row(Answer::NotSeenLater, 15, false, None)),
        (
            "wrong",
            row(Answer::Invalid("wrong country".into()), 1, false, None),
        ),
    ];
    expect![[r#"
        accepted                           wait 4 min
        accepted, a day                    give up: failed: the lists of numbers do not agree about who has the number
        no licence                         wait 1 min
        no licence, 1 min                  ask: assign number
        taken, by nobody                   ask: assign number
        taken, by ben                      give up: failed: Microsoft shows the number with somebody else
        taken, by adele                    finish: done
        not owned                          give up: failed: Microsoft refused it: the tenant does not own the telephone number
        denied                             give up: blocked: Microsoft refuses changes to this account (protected account)
        not now                            ask: assign number
        lost                               ask: assign number
        wrong                              give up: failed: Microsoft refused it: wrong country
    "#]].assert_eq(&table(rows));
    let another = Seen {
        lines: Glance::Present(vec![Number {
            number: E164::parse("+4930").unwrap(),
            ..line(Some("adele"))
        }]),
        ..world(false, None)
    };
    let told = situation(&assign(), another, Vec::new()).says();
    assert_eq!(
        told,
        "give up: failed: the person has another telephone number"
    );
    let mut porting = world(false, None);
    if let Glance::Present(line) = &mut porting.line {
        line.port_in = Some("firmOrderCommitmentAccepted".into());
    }
    let told = situation(&assign(), porting, Vec::new()).says();
    assert!(
        told.ends_with("does not give this number to people now"),
        "{told}"
    );
}
