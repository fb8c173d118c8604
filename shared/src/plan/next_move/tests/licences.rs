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
        offboard, group and direct         give up: blocked: a licence still comes from group all-staff, so direct licences stay; let offboarding remove that group too
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

/// F52, R59, R98: the licence of a group has to be seen; while a group is on its way out the direct licences wait.
#[test]
fn licences_of_groups_come_and_go_later() {
    let staff_e3 = |state: &str, error: &str| {
        let mut user = user(Some("GB"), &[("e3", Some("staff"), state)]);
        for one in user.licence_states.iter_mut().flatten() {
            one.error = error.into();
        }
        user
    };
    let joined = |user: DirectoryUser, since: u64| {
        given(&groups(), |g| {
            g.seen = Seen {
                groups: in_staff(true),
                ..seen(user, teams(&[]))
            };
            g.since = Some(NOW - minutes(since));
            g.inherits = vec![(staff(), SkuId("e3".into()))];
        })
        .says()
    };
    let direct = |user: DirectoryUser, left: bool, since: u64| {
        given(&Step::ClearLicences, |g| {
            g.seen = seen(user, teams(&[]));
            g.since = Some(NOW - minutes(since));
            g.left = left.then(staff).into_iter().collect();
        })
        .says()
    };
    let both = || {
        user(
            Some("GB"),
            &[("e3", Some("STAFF"), "Active"), ("e5", None, "Active")],
        )
    };
    let onboard = given(&licences(), |g| {
        g.inherits = vec![(staff(), SkuId("e3".into()))]
    });
    expect![[r#"
        not shown yet                      wait 4 min
        not shown for a day                give up: failed: the licence of group staff is not there in time
        no seat                            wait 60 min for a licence
        plans clash                        give up: failed: licence of group staff: its service plans exclude those of another product
        active                             finish: already so
        direct ones meanwhile              finish: skipped by rule: a licence comes from group staff, so direct licences are not touched; use another group instead
        leaves, group left                 wait 4 min
        leaves, group left a day ago       give up: blocked: a licence still comes from group STAFF, so direct licences stay; let offboarding remove that group too
        leaves, group stays                give up: blocked: a licence still comes from group STAFF, so direct licences stay; let offboarding remove that group too
        leaves, group gone                 ask: change licences
    "#]]
    .assert_eq(&table([
        ("not shown yet", joined(user(Some("GB"), &[]), 1)),
        ("not shown for a day", joined(user(Some("GB"), &[]), 24 * 60)),
        ("no seat", joined(staff_e3("Error", "CountViolation"), 1)),
        (
            "plans clash",
            joined(staff_e3("Error", "MutuallyExclusiveViolation"), 1),
        ),
        ("active", joined(staff_e3("Active", "None"), 1)),
        ("direct ones meanwhile", onboard.says()),
        ("leaves, group left", direct(both(), true, 1)),
        ("leaves, group left a day ago", direct(both(), true, 24 * 60)),
        ("leaves, group stays", direct(both(), false, 1)),
        (
            "leaves, group gone",
            direct(user(Some("GB"), &[("e5", None, "Active")]), true, 5),
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
        groups                             ask: join group
        licences                           finish: skipped by rule: the permission LicenseAssignment.ReadWrite.All is missing
        policies                           wait 60 min for a permission
        replacement policies               wait 60 min for a permission
        leave groups                       ask: leave group
        block sign-in                      ask: block sign-in
        clear licences                     ask: change licences
        clear policies                     wait 60 min for a permission
        usage location, holds              finish: already so
        groups, holds                      finish: already so
        licences, holds                    finish: already so
        policies, holds                    finish: already so
        replacement policies, holds        finish: already so
        leave groups, holds                finish: already so
        block sign-in, holds               finish: already so
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
