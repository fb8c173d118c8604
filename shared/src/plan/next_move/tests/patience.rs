//! What time, trust and refusals do to a step.

use expect_test::expect;

use super::*;

/// Fault 33: who was denied is judged a minute later, when it is known whether the others were too; who waited for the
/// permission is asked for again once it is there.
#[test]
fn a_denial_is_the_persons_or_the_permissions() {
    let row = |ago, missing: bool| {
        given(&usage_location(), |g| {
            g.asks = vec![asked(Verb::SetUsageLocation, ago, Some(Answer::Denied))];
            g.missing = missing
                .then_some(Capability::WriteUsers)
                .into_iter()
                .collect();
        })
        .says()
    };
    expect![[r#"
        just now                           wait 1 min
        just now, permission missing       wait 1 min
        a minute ago                       give up: blocked: Microsoft refuses changes to this account (protected account)
        a minute ago, permission missing   wait 60 min for a permission
        hours ago, permission missing      wait 60 min for a permission
        hours ago, permission back         ask: set usage location
    "#]].assert_eq(&table([
        ("just now", row(0, false)),
        ("just now, permission missing", row(0, true)),
        ("a minute ago", row(1, false)),
        ("a minute ago, permission missing", row(1, true)),
        ("hours ago, permission missing", row(600, true)),
        ("hours ago, permission back", row(600, false)),
    ]));
}

/// W3: before the moment of trust what is lacking is asked for, but nothing is concluded; after it what was asked on an untrusted
/// read is asked once more, and only once.
#[test]
fn nothing_is_concluded_from_untrusted_reads() {
    let row = |step: &Step, trust: i64, asks: &[u64], lacks: bool| {
        given(step, |g| {
            g.trust_from = Some(Time::from_millis(NOW.millis() + trust * 60_000));
            g.since = Some(NOW - minutes(60));
            let verbs = verbs(step);
            g.asks = asks
                .iter()
                .flat_map(|ago| {
                    verbs
                        .iter()
                        .map(|verb| asked(verb.clone(), *ago, Some(Answer::Accepted)))
                })
                .collect();
            if !lacks {
                g.seen = agreeing(step);
            }
        })
        .says()
    };
    let location = usage_location();
    let mut rows = vec![
        ("before, holds".to_owned(), row(&location, 10, &[], false)),
        ("before, lacks".to_owned(), row(&location, 10, &[], true)),
        (
            "before, asked, holds".to_owned(),
            row(&location, 10, &[50], false),
        ),
        (
            "before, asked, lacks".to_owned(),
            row(&location, 10, &[50], true),
        ),
        (
            "before, 60 min asked, lacks".to_owned(),
            row(&location, 10, &[60], true),
        ),
        (
            "after, asked before, holds".to_owned(),
            row(&location, -1, &[60], false),
        ),
        (
            "after, asked before, lacks".to_owned(),
            row(&location, -1, &[60], true),
        ),
        (
            "after, asked again, lacks".to_owned(),
            row(&location, -15, &[60, 15], true),
        ),
        (
            "after, asked long ago, lacks".to_owned(),
            row(&location, -60, &[120, 60], true),
        ),
    ];
    for step in [policies(), Step::ClearPolicies] {
        let name = step.name();
        rows.push((format!("{name}, before"), row(&step, 10, &[60], true)));
    }
    let group = given(&licences(), |g| {
        g.trust_from = Some(NOW + minutes(10));
        g.seen.user = Glance::Present(user(None, &[("e3", Some("staff"), "Active")]));
    });
    rows.push(("licence group, before".to_owned(), group.says()));
    expect![[r#"
        before, holds                      wait 10 min
        before, lacks                      ask: set usage location
        before, asked, holds               wait 10 min
        before, asked, lacks               wait 10 min
        before, 60 min asked, lacks        wait 10 min
        after, asked before, holds         finish: done
        after, asked before, lacks         ask: set usage location
        after, asked again, lacks          wait 15 min
        after, asked long ago, lacks       give up: failed: not there in time; the last answer was: accepted
        policies, before                   wait 10 min
        clear policies, before             wait 10 min
        licence group, before              wait 10 min
    "#]].assert_eq(&table(rows));
}

/// Faults 12, 13, 34: what was only put off is tried for a day, whatever the step's own patience; and given up by time only after as
/// many tries as it has looks, because a tenant may be paused.
#[test]
fn time_alone_does_not_give_up_what_was_hardly_tried() {
    let refused = |since: u64, agos: &[u64], answer: Answer| {
        given(&usage_location(), |g| {
            g.since = Some(NOW - minutes(since));
            let asks = agos
                .iter()
                .map(|ago| asked(Verb::SetUsageLocation, *ago, Some(answer.clone())));
            g.asks = asks.collect();
        })
        .says()
    };
    let row = |since, agos: &[u64]| refused(since, agos, Answer::NotNow);
    expect![[r#"
        never asked in 2 days              ask: set usage location
        put off once, 2 h ago              ask: set usage location
        put off twice                      ask: set usage location
        put off three times                ask: set usage location
        … in a day                         give up: failed: not there in time; the last answer was: not now
        put off twice in a day             ask: set usage location
        not found three times              give up: failed: not there in time; the last answer was: not found
    "#]].assert_eq(&table([
        ("never asked in 2 days", row(2_880, &[])),
        ("put off once, 2 h ago", row(120, &[120])),
        ("put off twice", row(120, &[120, 60])),
        ("put off three times", row(120, &[120, 60, 20])),
        ("… in a day", row(1_440, &[1_440, 60, 20])),
        ("put off twice in a day", row(1_440, &[1_440, 60])),
        (
            "not found three times",
            refused(120, &[120, 60, 20], Answer::Missing),
        ),
    ]));
}

/// R81: an account that is gone has no licences; where one is expected it may only not be there yet.
#[test]
fn absent_accounts() {
    let row = |step: &Step, since| {
        given(step, |g| {
            g.seen = gone();
            g.since = Some(NOW - minutes(since));
        })
        .says()
    };
    let rows = asking().into_iter().flat_map(|step| {
        [0, 1, 60, 1_440].map(|since| {
            (
                format!("{} for {since} min", step.name()),
                row(&step, since),
            )
        })
    });
    expect![[r#"
        usage location for 0 min           wait 1 min
        usage location for 1 min           wait 4 min
        usage location for 60 min          give up: failed: the account is not in the directory
        usage location for 1440 min        give up: failed: the account is not in the directory
        groups for 0 min                   wait 1 min
        groups for 1 min                   wait 4 min
        groups for 60 min                  wait 60 min
        groups for 1440 min                give up: failed: the account is not in the directory
        licences for 0 min                 wait 1 min
        licences for 1 min                 wait 4 min
        licences for 60 min                wait 60 min
        licences for 1440 min              give up: failed: the account is not in the directory
        policies for 0 min                 wait 1 min
        policies for 1 min                 wait 4 min
        policies for 60 min                wait 180 min
        policies for 1440 min              give up: failed: the account is not in the directory
        replacement policies for 0 min     finish: already so
        replacement policies for 1 min     finish: already so
        replacement policies for 60 min    finish: already so
        replacement policies for 1440 min  finish: already so
        leave groups for 0 min             wait 1 min
        leave groups for 1 min             finish: skipped by rule: the account is gone from the directory
        leave groups for 60 min            finish: skipped by rule: the account is gone from the directory
        leave groups for 1440 min          finish: skipped by rule: the account is gone from the directory
        block sign-in for 0 min            wait 1 min
        block sign-in for 1 min            finish: skipped by rule: the account is gone from the directory
        block sign-in for 60 min           finish: skipped by rule: the account is gone from the directory
        block sign-in for 1440 min         finish: skipped by rule: the account is gone from the directory
        clear licences for 0 min           wait 1 min
        clear licences for 1 min           finish: skipped by rule: the account is gone from the directory
        clear licences for 60 min          finish: skipped by rule: the account is gone from the directory
        clear licences for 1440 min        finish: skipped by rule: the account is gone from the directory
        clear policies for 0 min           finish: already so
        clear policies for 1 min           finish: already so
        clear policies for 60 min          finish: already so
        clear policies for 1440 min        finish: already so
    "#]].assert_eq(&table(rows));
}

/// Both requests of a step count for themselves: that one was accepted does not excuse the refusal of the other (I7).
#[test]
fn one_refused_request_is_not_hidden_by_an_accepted_one() {
    let row = |ago, answer: Answer, seen: Seen| {
        given(&policies(), |g| {
            g.asks = vec![
                asked(Verb::AssignPolicies, ago, Some(answer)),
                asked(Verb::UnassignPolicies, ago, Some(Answer::Accepted)),
            ];
            g.seen = seen;
        })
        .says()
    };
    let half = || seen(user(None, &[]), teams(&[]));
    let invalid = || Answer::Invalid("no such policy".into());
    expect![[r#"
        invalid and accepted               give up: failed: Microsoft refused it: no such policy
        … an hour ago                      give up: failed: Microsoft refused it: no such policy
        put off and accepted               ask: assign policies
        … an hour ago                      ask: assign policies
        invalid, but it holds              finish: done
    "#]]
    .assert_eq(&table([
        ("invalid and accepted", row(1, invalid(), half())),
        ("… an hour ago", row(60, invalid(), half())),
        ("put off and accepted", row(1, Answer::NotNow, half())),
        ("… an hour ago", row(60, Answer::NotNow, half())),
        (
            "invalid, but it holds",
            row(1, invalid(), agreeing(&policies())),
        ),
    ]));
}
