//! Plan, apply, plan again = nothing; fail at every step: whole jobs against a small Microsoft that is perfect but for one fault.

use expect_test::expect;

use super::story::{Reply, Truth, perfect, play};
use super::*;
use crate::model::job::JobState;
use crate::model::persona::{MemberRole, PersonaRef, SitePath, Wanted};
use crate::model::tenant::OffboardLicences;
use crate::plan::steps::{Held, Leaving, offboard, provision};

fn joining() -> Vec<Step> {
    let wanted = Wanted {
        persona: Some(PersonaRef {
            id: "sales".into(),
            version: 1,
        }),
        site: Some(SitePath("europe/london".into())),
        role: MemberRole::SelfService,
        usage_location: Some("GB".into()),
        licences: vec![SkuId("e5".into())],
        policies: BTreeMap::from([(PolicyType("TeamsMeetingPolicy".into()), "Sales".into())]),
        ..Wanted::default()
    };
    provision(&wanted, Held::default())
}

fn leaving() -> Vec<Step> {
    leave(false)
}

fn leaving_locked_out() -> Vec<Step> {
    leave(true)
}

fn leave(lock_out: bool) -> Vec<Step> {
    offboard(&Leaving {
        profiles: &[],
        licences: OffboardLicences::Remove,
        lock_out,
        stays_at: None,
        role: &MemberRole::SelfService,
    })
}

/// Somebody with other licences and policies than they should have.
fn joiner() -> Truth {
    Truth {
        location: None,
        licences: vec![SkuId("old".into())],
        policies: BTreeMap::from([(PolicyType("TeamsMeetingPolicy".into()), "Other".into())]),
        groups: BTreeSet::new(),
        locked_out: false,
    }
}

fn leaver() -> Truth {
    play(joining(), joiner(), perfect).truth
}

/// V9; planning twice is the first test: plan, apply, plan again = nothing but our own records.
#[test]
fn planning_again_asks_nothing() {
    let first = play(joining(), joiner(), perfect);
    expect![[r#"
        usage location                     done
        licences                           done
        await Teams                        already so
        policies                           done
        place                              done
        member role                        done
                                           3 asks, done
    "#]]
    .assert_eq(&first.lines());
    let again = play(joining(), first.truth.clone(), perfect);
    expect![[r#"
        usage location                     already so
        licences                           already so
        await Teams                        already so
        policies                           already so
        place                              done
        member role                        done
                                           0 asks, done
    "#]]
    .assert_eq(&again.lines());
    assert_eq!(again.truth, first.truth);
}

/// R72, R73, R77, R81, R89: whoever left has nothing but the usage location, leaves again without a request, and can come back.
#[test]
fn leaving_twice_and_coming_back() {
    let first = play(leaving(), leaver(), perfect);
    expect![[r#"
        take numbers                       already so
        clear policies                     done
        clear licences                     done
        place                              done
        member role                        done
                                           2 asks, done
    "#]]
    .assert_eq(&first.lines());
    let only_location = Truth {
        location: Some("GB".into()),
        ..Truth::default()
    };
    assert_eq!(first.truth, only_location);
    expect![[r#"
        take numbers                       already so
        clear policies                     already so
        clear licences                     already so
        place                              done
        member role                        done
                                           0 asks, done
    "#]]
    .assert_eq(&play(leaving(), first.truth.clone(), perfect).lines());
    assert_eq!(
        play(joining(), first.truth, perfect).job.state,
        JobState::Done
    );
}

/// Every request of a job gets every reply once, all others are answered well.
fn once(steps: fn() -> Vec<Step>, truth: &Truth) -> String {
    let asks = play(steps(), truth.clone(), perfect).job.asks.len();
    let rows = Reply::all().into_iter().map(|reply| {
        let ends = (0..asks).map(|at| {
            let one = |n| if n == at { reply.clone() } else { perfect(n) };
            let story = play(steps(), truth.clone(), one);
            story.is_honest();
            assert!(
                story.job.state.is_final(),
                "{reply:?} at {at}: {}",
                story.job.state
            );
            format!("{} after {} h", story.job.state, story.hours)
        });
        let ends: Vec<String> = ends.collect();
        (reply.name(), ends.join(", "))
    });
    table(rows)
}

/// V3, I7, faults 1-3, 10: one fault at every request of a joiner's job.
#[test]
fn a_joiner_with_one_fault_at_every_request() {
    expect![[r#"
        accepted                           done after 0 h, done after 0 h, done after 0 h
        not now                            done after 0 h, done after 0 h, done after 0 h
        denied                             failed after 0 h, failed after 0 h, failed after 0 h
        not found                          done after 0 h, done after 0 h, done after 0 h
        refused: no such policy            failed after 0 h, failed after 0 h, failed after 0 h
        refused: no licence seat is free   done after 1 h, done after 1 h, done after 1 h
        refused: the usage location is m   done after 0 h, done after 0 h, done after 0 h
        refused: two service plans exclu   failed after 0 h, failed after 0 h, failed after 0 h
        refused: a service plan needs an   failed after 0 h, failed after 0 h, failed after 0 h
        refused: the licence comes from    failed after 0 h, failed after 0 h, failed after 0 h
        done, answer lost                  done after 0 h, done after 0 h, done after 0 h
        request lost                       done after 0 h, done after 0 h, done after 0 h
        accepted, never seen               failed after 1 h, failed after 24 h, done_with_notes after 1 h
    "#]].assert_eq(&once(joining, &joiner()));
}

/// The same for a leaver.
#[test]
fn a_leaver_with_one_fault_at_every_request() {
    expect![[r#"
        accepted                           done after 0 h, done after 0 h
        not now                            done after 0 h, done after 0 h
        denied                             failed after 0 h, done_with_notes after 0 h
        not found                          done after 0 h, done after 0 h
        refused: no such policy            failed after 0 h, failed after 0 h
        refused: no licence seat is free   done after 1 h, done after 1 h
        refused: the usage location is m   done after 0 h, done after 0 h
        refused: two service plans exclu   failed after 0 h, failed after 0 h
        refused: a service plan needs an   failed after 0 h, failed after 0 h
        refused: the licence comes from    failed after 0 h, failed after 0 h
        done, answer lost                  done after 0 h, done after 0 h
        request lost                       done after 0 h, done after 0 h
        accepted, never seen               done_with_notes after 1 h, failed after 24 h
    "#]]
    .assert_eq(&once(leaving, &leaver()));
}

/// The same for a leaver who is locked out: what Microsoft does about that keeps nothing else from being taken away.
#[test]
fn a_leaver_who_is_locked_out_with_one_fault_at_every_request() {
    expect![[r#"
        accepted                           done after 0 h, done after 0 h, done after 0 h, done after 0 h
        not now                            done after 0 h, done after 0 h, done after 0 h, done after 0 h
        denied                             failed after 0 h, failed after 0 h, failed after 0 h, done_with_notes after 0 h
        not found                          done after 0 h, done after 0 h, done after 0 h, done after 0 h
        refused: no such policy            failed after 0 h, failed after 0 h, failed after 0 h, failed after 0 h
        refused: no licence seat is free   done after 1 h, done after 1 h, done after 1 h, done after 1 h
        refused: the usage location is m   done after 0 h, done after 0 h, done after 0 h, done after 0 h
        refused: two service plans exclu   failed after 0 h, failed after 0 h, failed after 0 h, failed after 0 h
        refused: a service plan needs an   failed after 0 h, failed after 0 h, failed after 0 h, failed after 0 h
        refused: the licence comes from    failed after 0 h, failed after 0 h, failed after 0 h, failed after 0 h
        done, answer lost                  done after 0 h, done after 0 h, done after 0 h, done after 0 h
        request lost                       done after 0 h, done after 0 h, done after 0 h, done after 0 h
        accepted, never seen               failed after 1 h, done after 0 h, done_with_notes after 1 h, failed after 24 h
    "#]].assert_eq(&once(leaving_locked_out, &leaver()));
    for refused in 0..2 {
        let one = |n| {
            let denied = Reply::Answers(Answer::Denied);
            if n == refused { denied } else { perfect(n) }
        };
        let story = play(leaving_locked_out(), leaver(), one);
        assert!(story.truth.policies.is_empty() && story.truth.licences.is_empty());
        assert_eq!(story.truth.locked_out, refused == 1, "{}", story.lines());
    }
}

/// Every request gets the same bad reply for ever.
fn always(steps: fn() -> Vec<Step>, truth: &Truth) -> String {
    let rows = Reply::all().into_iter().map(|reply| {
        let story = play(steps(), truth.clone(), |_| reply.clone());
        story.is_honest();
        let (sent, kept) = (story.sent, story.job.asks.len());
        let end = format!(
            "{} after {} h, {sent} sent, {kept} kept",
            story.job.state, story.hours
        );
        (reply.name(), end)
    });
    table(rows)
}

/// V3, V4, V13: whatever Microsoft does, the job ends or says what it waits for, and does not ask without end.
#[test]
fn a_joiner_whom_microsoft_never_lets() {
    expect![[r#"
        accepted                           done after 0 h, 3 sent, 3 kept
        not now                            failed after 48 h, 125 sent, 6 kept
        denied                             failed after 0 h, 2 sent, 2 kept
        not found                          failed after 25 h, 33 sent, 33 kept
        refused: no such policy            failed after 0 h, 2 sent, 2 kept
        refused: no licence seat is free   waiting after 101 h, 101 sent, 3 kept
        refused: the usage location is m   failed after 25 h, 33 sent, 33 kept
        refused: two service plans exclu   failed after 0 h, 2 sent, 2 kept
        refused: a service plan needs an   failed after 0 h, 2 sent, 2 kept
        refused: the licence comes from    failed after 0 h, 2 sent, 2 kept
        done, answer lost                  done after 0 h, 3 sent, 3 kept
        request lost                       failed after 48 h, 125 sent, 6 kept
        accepted, never seen               failed after 25 h, 2 sent, 2 kept
    "#]]
    .assert_eq(&always(joining, &joiner()));
}

/// The same for a leaver; R83: a refusal of the licences is ignored.
#[test]
fn a_leaver_whom_microsoft_never_lets() {
    expect![[r#"
        accepted                           done after 0 h, 2 sent, 2 kept
        not now                            failed after 49 h, 37 sent, 6 kept
        denied                             failed after 0 h, 2 sent, 2 kept
        not found                          failed after 49 h, 37 sent, 37 kept
        refused: no such policy            failed after 0 h, 2 sent, 2 kept
        refused: no licence seat is free   waiting after 101 h, 101 sent, 3 kept
        refused: the usage location is m   failed after 49 h, 37 sent, 37 kept
        refused: two service plans exclu   failed after 0 h, 2 sent, 2 kept
        refused: a service plan needs an   failed after 0 h, 2 sent, 2 kept
        refused: the licence comes from    failed after 0 h, 2 sent, 2 kept
        done, answer lost                  done after 0 h, 2 sent, 2 kept
        request lost                       failed after 49 h, 37 sent, 6 kept
        accepted, never seen               failed after 25 h, 2 sent, 2 kept
    "#]]
    .assert_eq(&always(leaving, &leaver()));
}
