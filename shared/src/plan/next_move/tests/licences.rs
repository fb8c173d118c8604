//! The licence decision table (the licence decision table): groups, permission, seats, the usage location.

use expect_test::expect;

use super::*;

/// R96, R97, R99, 1.5: a licence group ends every attempt at direct licences; nothing is asked.
#[test]
fn licence_groups_are_respected() {
    let licensed = |direct: bool| {
        let mut states = vec![("e3", Some("all-staff"), "Active")];
        states.extend(direct.then_some(("old", None, "Active")));
        seen(user(Some("GB"), &states), teams(&[]))
    };
    let row = |step: &Step, direct| given(step, |g| g.seen = licensed(direct)).says();
    expect![[r#"
        onboard, group                     finish: skipped by rule: a licence comes from group all-staff, so direct licences are not touched; use another group instead
        onboard, group and direct          finish: skipped by rule: a licence comes from group all-staff, so direct licences are not touched; use another group instead
        offboard, group                    finish: already so
        offboard, group and direct         give up: blocked: a licence still comes from group all-staff
    "#]].assert_eq(&table([
        ("onboard, group", row(&licences(), false)),
        ("onboard, group and direct", row(&licences(), true)),
        ("offboard, group", row(&Step::ClearLicences, false)),
        (
            "offboard, group and direct",
            row(&Step::ClearLicences, true),
        ),
    ]));
}

/// 1.5, fault 33: without the permission licences are skipped at onboarding, attempted at offboarding; the rest waits, unless it
/// holds already (R54).
#[test]
fn missing_capabilities() {
    let row = |step: &Step, seen: Seen| {
        given(step, |g| {
            g.seen = seen;
            g.missing = BTreeSet::from([
                Capability::WriteUsers,
                Capability::AssignLicences,
                Capability::AssignPolicies,
            ]);
        })
        .says()
    };
    let lacking = asking().map(|step| (step.name().to_owned(), row(&step, differing(&step))));
    let holding = asking().map(|step| {
        (
            format!("{}, holds", step.name()),
            row(&step, agreeing(&step)),
        )
    });
    expect![[r#"
        usage location                     wait 60 min for a permission
        licences                           finish: skipped by rule: the permission LicenseAssignment.ReadWrite.All is missing
        policies                           wait 60 min for a permission
        clear licences                     ask: change licences
        clear policies                     wait 60 min for a permission
        usage location, holds              finish: already so
        licences, holds                    finish: already so
        policies, holds                    finish: already so
        clear licences, holds              finish: already so
        clear policies, holds              finish: already so
    "#]].assert_eq(&table(lacking.into_iter().chain(holding)));
}

/// graph-api.md 3.2: "invalid usage location" repeats the licence, not the location; each time later, for a day.
#[test]
fn invalid_usage_location_repeats_the_licence() {
    let refused = |agos: &[u64]| {
        given(&licences(), |g| {
            let refusal = Some(Answer::Refused(Refusal::UsageLocation));
            let asks = agos
                .iter()
                .map(|ago| asked(Verb::ChangeLicences, *ago, refusal.clone()));
            g.asks = asks.collect();
        })
        .says()
    };
    expect![[r#"
        first refusal                      wait 1 min
        a minute later                     ask: change licences
        second refusal                     wait 5 min
        third                              wait 15 min
        fourth                             wait 60 min
        fifth                              wait 60 min
        for 24 h                           give up: failed: not there in time; the last answer was: refused: the usage location is missing or not yet known to the licence service
    "#]].assert_eq(&table([
        ("first refusal", refused(&[0])),
        ("a minute later", refused(&[1])),
        ("second refusal", refused(&[1, 0])),
        ("third", refused(&[6, 5, 0])),
        ("fourth", refused(&[21, 20, 15, 0])),
        ("fifth", refused(&[81, 80, 75, 60, 0])),
        ("for 24 h", refused(&[1_500, 1_499, 1_494, 1_479, 60])),
    ]));
}

/// R96, 1.5; V14: a seat is waited for without end; asked for again when woken, and once an hour besides.
#[test]
fn seats_are_waited_for_without_end() {
    let refused = |agos: &[u64]| {
        given(&licences(), |g| {
            let refusal = Some(Answer::Refused(Refusal::NoSeats));
            let asks = agos
                .iter()
                .map(|ago| asked(Verb::ChangeLicences, *ago, refusal.clone()));
            g.asks = asks.collect();
            g.since = Some(NOW - minutes(100_000));
        })
        .says()
    };
    expect![[r#"
        refused                            wait 60 min for a licence
        woken after 10 min                 ask: change licences
        after an hour                      ask: change licences
        refused again after a month        wait 60 min for a licence
    "#]]
    .assert_eq(&table([
        ("refused", refused(&[0])),
        ("woken after 10 min", refused(&[10])),
        ("after an hour", refused(&[60])),
        ("refused again after a month", refused(&[43_200, 43_140, 0])),
    ]));
}

/// graph-api.md 3.3: a licence that is assigned and not in force has nothing to be asked for.
#[test]
fn an_inactive_licence_is_waited_for_not_asked_again() {
    let row = |since| {
        given(&licences(), |g| {
            g.seen = seen(user(Some("GB"), &[("e5", None, "Error")]), teams(&[]));
            g.since = Some(NOW - minutes(since));
        })
        .says()
    };
    expect![[r#"
        just found                         wait 1 min
        for an hour                        wait 60 min
        for a day                          give up: failed: not there in time
    "#]]
    .assert_eq(&table([
        ("just found", row(0)),
        ("for an hour", row(60)),
        ("for a day", row(1_440)),
    ]));
}
