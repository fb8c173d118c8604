//! The table itself, as text: for each situation the one move.

use expect_test::{Expect, expect};

use super::*;

/// What was asked, what came of it, what is seen now: the same situations for every step.
fn situations(step: &Step) -> String {
    let all = |ago, answer: Option<Answer>| {
        let verbs = verbs(step).into_iter();
        verbs
            .map(move |verb| asked(verb, ago, answer.clone()))
            .collect::<Vec<_>>()
    };
    let after = |ago, answer: Option<Answer>| {
        given(step, |g| {
            g.asks = all(ago, answer);
            g.since = Some(NOW - minutes(ago));
        })
    };
    let mut rows = vec![
        (
            "unread".to_owned(),
            given(step, |g| g.seen = Seen::default()),
        ),
        ("holds".to_owned(), given(step, |g| g.seen = agreeing(step))),
        ("lacks".to_owned(), given(step, |_| ())),
        ("absent".to_owned(), given(step, |g| g.seen = gone())),
        ("open 1 min".to_owned(), after(1, None)),
        ("open 5 min".to_owned(), after(5, None)),
        ("open 5 min, seen".to_owned(), {
            let mut open = after(5, None);
            open.seen = agreeing(step);
            open
        }),
    ];
    for ago in [0, 1, 5, 15, 60, 24 * 60] {
        rows.push((
            format!("accepted {ago} min ago"),
            after(ago, Some(Answer::Accepted)),
        ));
    }
    let mut rows: Vec<_> = rows
        .into_iter()
        .map(|(what, given)| (what, given.says()))
        .collect();
    let licences = matches!(step, Step::Licences { .. } | Step::ClearLicences);
    for answer in answers() {
        if answer == Answer::Accepted || matches!(answer, Answer::Refused(_)) && !licences {
            continue;
        }
        let [at_once, later] = [0, 2].map(|ago| after(ago, Some(answer.clone())).says());
        let later = if later == at_once {
            String::new()
        } else {
            format!("; 2 min later {later}")
        };
        let short: String = answer.to_string().chars().take(32).collect();
        rows.push((short, at_once + &later));
    }
    table(rows)
}

fn check(step: &Step, expected: Expect) {
    expected.assert_eq(&situations(step));
}

/// R50, R54; graph-api.md 10, rule a: what was accepted is not asked again.
#[test]
fn usage_location_table() {
    check(
        &usage_location(),
        expect![[r#"
            unread                             read the user
            holds                              finish: already so
            lacks                              ask: set usage location
            absent                             wait 1 min
            open 1 min                         wait 4 min
            open 5 min                         close [1]: answer lost, no effect seen
            open 5 min, seen                   close [1]: answer lost, effect seen later
            accepted 0 min ago                 wait 1 min
            accepted 1 min ago                 wait 4 min
            accepted 5 min ago                 wait 10 min
            accepted 15 min ago                wait 15 min
            accepted 60 min ago                give up: failed: not there in time; the last answer was: accepted
            accepted 1440 min ago              give up: failed: not there in time; the last answer was: accepted
            not now                            wait 1 min; 2 min later ask: set usage location
            denied                             wait 1 min; 2 min later give up: blocked: Microsoft refuses changes to this account (protected account)
            not found                          wait 1 min; 2 min later ask: set usage location
            refused: no such policy            give up: failed: Microsoft refused it: no such policy
            answer lost, effect seen later     wait 1 min; 2 min later wait 3 min
            answer lost, no effect seen        wait 1 min; 2 min later ask: set usage location
        "#]],
    );
}

/// R56, R63; no seats: hourly, and again when woken.
#[test]
fn licences_table() {
    check(
        &licences(),
        expect![[r#"
            unread                             read the user
            holds                              finish: already so
            lacks                              ask: change licences
            absent                             wait 1 min
            open 1 min                         wait 4 min
            open 5 min                         close [1]: answer lost, no effect seen
            open 5 min, seen                   close [1]: answer lost, effect seen later
            accepted 0 min ago                 wait 1 min
            accepted 1 min ago                 wait 4 min
            accepted 5 min ago                 wait 10 min
            accepted 15 min ago                wait 45 min
            accepted 60 min ago                wait 60 min
            accepted 1440 min ago              give up: failed: not there in time; the last answer was: accepted
            not now                            wait 1 min; 2 min later ask: change licences
            denied                             wait 1 min; 2 min later give up: blocked: Microsoft refuses changes to this account (protected account)
            not found                          wait 1 min; 2 min later ask: change licences
            refused: no such policy            give up: failed: Microsoft refused it: no such policy
            answer lost, effect seen later     wait 1 min; 2 min later wait 3 min
            answer lost, no effect seen        wait 1 min; 2 min later ask: change licences
            refused: no licence seat is free   wait 60 min for a licence; 2 min later ask: change licences
            refused: the usage location is m   wait 1 min; 2 min later ask: change licences
            refused: two service plans exclu   give up: failed: Microsoft refused it: two service plans exclude each other
            refused: a service plan needs an   give up: failed: Microsoft refused it: a service plan needs another one
            refused: the licence comes from    give up: failed: Microsoft refused it: the licence comes from a group
        "#]],
    );
}

/// Accepted for an hour and not visible: done with a note.
#[test]
fn policies_table() {
    check(
        &policies(),
        expect![[r#"
            unread                             read the Teams user
            holds                              finish: already so
            lacks                              ask: assign policies, unassign policies
            absent                             wait 1 min
            open 1 min                         wait 4 min
            open 5 min                         close [1, 2]: answer lost, no effect seen
            open 5 min, seen                   close [1, 2]: answer lost, effect seen later
            accepted 0 min ago                 wait 1 min
            accepted 1 min ago                 wait 4 min
            accepted 5 min ago                 wait 10 min
            accepted 15 min ago                wait 45 min
            accepted 60 min ago                finish: done, accepted, not visible yet
            accepted 1440 min ago              finish: done, accepted, not visible yet
            not now                            wait 1 min; 2 min later ask: assign policies, unassign policies
            denied                             wait 1 min; 2 min later give up: blocked: Microsoft refuses changes to this account (protected account)
            not found                          wait 1 min; 2 min later ask: assign policies, unassign policies
            refused: no such policy            give up: failed: Microsoft refused it: no such policy
            answer lost, effect seen later     wait 1 min; 2 min later wait 3 min
            answer lost, no effect seen        wait 1 min; 2 min later ask: assign policies, unassign policies
        "#]],
    );
}

/// R81, R83: a refusal is ignored, the licences stay.
#[test]
fn clear_licences_table() {
    check(
        &Step::ClearLicences,
        expect![[r#"
            unread                             read the user
            holds                              finish: already so
            lacks                              ask: change licences
            absent                             wait 1 min
            open 1 min                         wait 4 min
            open 5 min                         close [1]: answer lost, no effect seen
            open 5 min, seen                   close [1]: answer lost, effect seen later
            accepted 0 min ago                 wait 1 min
            accepted 1 min ago                 wait 4 min
            accepted 5 min ago                 wait 10 min
            accepted 15 min ago                wait 45 min
            accepted 60 min ago                wait 60 min
            accepted 1440 min ago              give up: failed: not there in time; the last answer was: accepted
            not now                            wait 1 min; 2 min later ask: change licences
            denied                             finish: ignored by rule: Microsoft did not let us change the licences, they stay as they were
            not found                          wait 1 min; 2 min later ask: change licences
            refused: no such policy            give up: failed: Microsoft refused it: no such policy
            answer lost, effect seen later     wait 1 min; 2 min later wait 3 min
            answer lost, no effect seen        wait 1 min; 2 min later ask: change licences
            refused: no licence seat is free   wait 60 min for a licence; 2 min later ask: change licences
            refused: the usage location is m   wait 1 min; 2 min later ask: change licences
            refused: two service plans exclu   give up: failed: Microsoft refused it: two service plans exclude each other
            refused: a service plan needs an   give up: failed: Microsoft refused it: a service plan needs another one
            refused: the licence comes from    give up: failed: Microsoft refused it: the licence comes from a group
        "#]],
    );
}

/// What a leaver may do until then does not wait for a permission.
#[test]
fn lock_out_tables() {
    check(
        &Step::BlockSignIn,
        expect![[r#"
        unread                             read the user
        holds                              finish: already so
        lacks                              ask: block sign-in
        absent                             wait 1 min
        open 1 min                         wait 4 min
        open 5 min                         close [1]: answer lost, no effect seen
        open 5 min, seen                   close [1]: answer lost, effect seen later
        accepted 0 min ago                 wait 1 min
        accepted 1 min ago                 wait 4 min
        accepted 5 min ago                 wait 10 min
        accepted 15 min ago                wait 15 min
        accepted 60 min ago                give up: failed: not there in time; the last answer was: accepted
        accepted 1440 min ago              give up: failed: not there in time; the last answer was: accepted
        not now                            wait 1 min; 2 min later ask: block sign-in
        denied                             wait 1 min; 2 min later give up: blocked: Microsoft refuses changes to this account (protected account)
        not found                          wait 1 min; 2 min later ask: block sign-in
        refused: no such policy            give up: failed: Microsoft refused it: no such policy
        answer lost, effect seen later     wait 1 min; 2 min later wait 3 min
        answer lost, no effect seen        wait 1 min; 2 min later ask: block sign-in
    "#]],
    );
    let revoke = |asks: Vec<Ask>| {
        let seen = agreeing(&Step::RevokeSessions);
        let revoke = given(&Step::RevokeSessions, |g| (g.asks, g.seen) = (asks, seen));
        revoke.says()
    };
    let asked = |ago, answer| vec![asked(Verb::RevokeSessions, ago, answer)];
    for (asks, expected) in [
        (Vec::new(), "ask: revoke sessions"),
        (asked(0, Some(Answer::Accepted)), "finish: done"),
        (asked(1, None), "wait 4 min"),
        (asked(5, None), "close [1]: answer lost, no effect seen"),
        (asked(5, Some(Answer::NotSeenLater)), "ask: revoke sessions"),
    ] {
        assert_eq!(revoke(asks.clone()), expected, "{asks:?}");
    }
}

/// R78.
#[test]
fn clear_policies_table() {
    check(
        &Step::ClearPolicies,
        expect![[r#"
            unread                             read the Teams user
            holds                              finish: already so
            lacks                              ask: unassign policies
            absent                             finish: already so
            open 1 min                         wait 4 min
            open 5 min                         close [1]: answer lost, no effect seen
            open 5 min, seen                   close [1]: answer lost, effect seen later
            accepted 0 min ago                 wait 1 min
            accepted 1 min ago                 wait 4 min
            accepted 5 min ago                 wait 10 min
            accepted 15 min ago                wait 45 min
            accepted 60 min ago                finish: done, accepted, not visible yet
            accepted 1440 min ago              finish: done, accepted, not visible yet
            not now                            wait 1 min; 2 min later ask: unassign policies
            denied                             wait 1 min; 2 min later give up: blocked: Microsoft refuses changes to this account (protected account)
            not found                          wait 1 min; 2 min later ask: unassign policies
            refused: no such policy            give up: failed: Microsoft refused it: no such policy
            answer lost, effect seen later     wait 1 min; 2 min later wait 3 min
            answer lost, no effect seen        wait 1 min; 2 min later ask: unassign policies
        "#]],
    );
}

/// Rows of ours hold by themselves; they are written with the job's end.
#[test]
fn our_own_records_need_nothing() {
    let place = Step::Place {
        site: None,
        persona: None,
    };
    let role = Step::Role {
        role: crate::model::persona::MemberRole::None,
    };
    for step in [place, role] {
        let nothing = Given {
            seen: Seen::default(),
            ..given(&usage_location(), |_| ())
        };
        assert_eq!(Given { step, ..nothing }.says(), "finish: done");
    }
}

/// R4, R7, R8, F95: staged people wait for the schedule, or are looked at more and more rarely; 72 h are the end.
#[test]
fn await_teams_table() {
    let step = Step::AwaitTeams;
    let hours = |h: u64, readiness, teams: Glance<TeamsUser>| {
        given(&step, |g| {
            g.seen.teams = teams;
            g.since = Some(NOW - minutes(60 * h));
            g.looks = u16::from(h > 0);
            g.readiness = readiness;
        })
        .says()
    };
    let mut ineligible = teams(&[]);
    ineligible.account_type = "ineligibleUser".into();
    let mut bare = teams(&[]);
    bare.feature_types.clear();
    let mut guest = teams(&[]);
    guest.account_type = "guest".into();
    let mut rows = vec![
        (
            "unread".to_owned(),
            hours(0, ReadinessLooks::Scheduled, Glance::Unread),
        ),
        (
            "ready at once".to_owned(),
            hours(0, ReadinessLooks::Scheduled, Glance::Present(teams(&[]))),
        ),
        (
            "ready after a wait".to_owned(),
            hours(1, ReadinessLooks::Scheduled, Glance::Present(teams(&[]))),
        ),
        (
            "ineligible".to_owned(),
            hours(0, ReadinessLooks::Adaptive, Glance::Present(ineligible)),
        ),
        (
            "without the feature".to_owned(),
            hours(0, ReadinessLooks::Adaptive, Glance::Present(bare)),
        ),
        (
            "guest".to_owned(),
            hours(0, ReadinessLooks::Adaptive, Glance::Present(guest)),
        ),
    ];
    for h in [0, 1, 23, 24, 71, 72] {
        for (name, readiness) in [
            ("scheduled", ReadinessLooks::Scheduled),
            ("adaptive", ReadinessLooks::Adaptive),
        ] {
            rows.push((
                format!("absent for {h} h, {name}"),
                hours(h, readiness, Glance::Absent),
            ));
        }
    }
    expect![[r#"
        unread                             read the Teams user
        ready at once                      finish: already so
        ready after a wait                 finish: done
        ineligible                         wait 5 min for Teams: Teams account not eligible yet
        without the feature                wait 5 min for Teams: Teams account without the Teams feature
        guest                              give up: failed: this account cannot become a Teams user by waiting: its type is guest
        absent for 0 h, scheduled          wait 4320 min for Teams: no Teams account yet
        absent for 0 h, adaptive           wait 5 min for Teams: no Teams account yet
        absent for 1 h, scheduled          wait 4260 min for Teams: no Teams account yet
        absent for 1 h, adaptive           wait 60 min for Teams: no Teams account yet
        absent for 23 h, scheduled         wait 2940 min for Teams: no Teams account yet
        absent for 23 h, adaptive          wait 60 min for Teams: no Teams account yet
        absent for 24 h, scheduled         wait 2880 min for Teams: no Teams account yet
        absent for 24 h, adaptive          wait 240 min for Teams: no Teams account yet
        absent for 71 h, scheduled         wait 60 min for Teams: no Teams account yet
        absent for 71 h, adaptive          wait 60 min for Teams: no Teams account yet
        absent for 72 h, scheduled         give up: failed: no Teams account yet after 72 hours; check the licence in the Microsoft 365 admin centre
        absent for 72 h, adaptive          give up: failed: no Teams account yet after 72 hours; check the licence in the Microsoft 365 admin centre
    "#]].assert_eq(&table(rows));
}
