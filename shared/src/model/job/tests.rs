//! The one state of a job, derived from its steps at every write.

use std::collections::BTreeMap;

use expect_test::expect;

use super::*;
use crate::model::persona::MemberRole;
use crate::model::step::Note;

const NOW: Time = Time::from_millis(1_000);

/// A job of steps that stand like this; with one change.
fn given(stands: &[Stands], change: impl FnOnce(&mut Job)) -> Job {
    let steps: Vec<Step> = stands
        .iter()
        .map(|_| Step::Role {
            role: MemberRole::None,
        })
        .collect();
    let (id, person) = (JobId("1".into()), UserId("adele".into()));
    let mut job = Job::new(id, person, Goal::Provision, Origin::Rule, &steps, NOW);
    for (standing, stands) in job.standings.iter_mut().zip(stands) {
        standing.stands = stands.clone();
    }
    change(&mut job);
    job
}

fn every_stand() -> Vec<Stands> {
    vec![
        Stands::Todo,
        Stands::Pending,
        Stands::Done(None),
        Stands::AlreadySo,
        Stands::Done(Some(Note::NotVisibleYet)),
        Stands::Ignored(Note::LicencesStay),
        Stands::Skipped(Note::GroupLicensed("staff".into())),
        Stands::Skipped(Note::NoPermission),
        Stands::Skipped(Note::AccountGone),
        Stands::Blocked(Obstacle::LicenceGroup("staff".into())),
        Stands::Blocked(Obstacle::ProtectedAccount),
        Stands::Blocked(Obstacle::EarlierStep("licences".into())),
        Stands::Failed("no such policy".into()),
        Stands::Unknown("the answer is lost".into()),
    ]
}

/// I7, R83: what one step makes of a job whose other steps are done.
#[test]
fn one_step_decides_the_outcome() {
    let line = |stands: Stands| {
        let job = given(
            &[Stands::Done(None), stands.clone(), Stands::AlreadySo],
            |_| (),
        );
        let text: String = stands.to_string().chars().take(40).collect();
        format!("{text:<42} {}\n", job.derive())
    };
    expect![[r#"
        todo                                       due
        pending                                    due
        done                                       done
        already so                                 done
        done, accepted, not visible yet            done_with_notes
        ignored by rule: Microsoft did not let u   done_with_notes
        skipped by rule: a licence comes from gr   done_with_notes
        skipped by rule: the permission LicenseA   done_with_notes
        skipped by rule: the account is gone fro   done_with_notes
        blocked: a licence still comes from grou   done_with_notes
        blocked: Microsoft refuses changes to th   failed
        blocked: the step "licences" did not com   failed
        failed: no such policy                     failed
        unknown: the answer is lost                failed
    "#]]
    .assert_eq(&every_stand().into_iter().map(line).collect::<String>());
}

/// I7: the worst step counts, wherever it stands, and no order makes a success of it.
#[test]
fn the_worst_step_decides() {
    for first in every_stand() {
        for second in every_stand() {
            let state = given(&[first.clone(), second.clone()], |_| ()).derive();
            let turned = given(&[second.clone(), first.clone()], |_| ()).derive();
            assert_eq!(state, turned, "{first} · {second}");
            let of = |stands: &Stands| given(std::slice::from_ref(stands), |_| ()).derive();
            let worst = of(&first).max(of(&second));
            if first.is_final() && second.is_final() {
                assert_eq!(state, worst, "{first} · {second}");
                assert!(state.is_final());
            } else {
                assert_eq!(state, JobState::Due, "{first} · {second}");
            }
        }
    }
}

/// V3: what an open job is, and what ends it besides its steps.
#[test]
fn everything_else_that_decides_the_state() {
    let open = [Stands::Done(None), Stands::Pending];
    let over = [Stands::Done(None), Stands::AlreadySo];
    let newer = || Some(JobId("2".into()));
    let at =
        |stands: &[Stands], change: &dyn Fn(&mut Job)| given(stands, |job| change(job)).derive();
    let table = [
        ("to be worked on", at(&open, &|_| ())),
        ("in hand", at(&open, &|job| job.in_hand = true)),
        (
            "waits for Teams",
            at(&open, &|job| {
                job.waits = Some(Waits::Teams("no account".into()))
            }),
        ),
        (
            "waits for a seat",
            at(&open, &|job| job.waits = Some(Waits::Licence)),
        ),
        (
            "waits for a permission",
            at(&open, &|job| job.waits = Some(Waits::Permission)),
        ),
        (
            "waits for the job before",
            at(&open, &|job| job.waits = Some(Waits::Settling)),
        ),
        (
            "in hand while it waits",
            at(&open, &|job| {
                job.waits = Some(Waits::Licence);
                job.in_hand = true;
            }),
        ),
        (
            "superseded, asks open",
            at(&open, &|job| job.superseded_by = newer()),
        ),
        (
            "superseded while waiting",
            at(&open, &|job| {
                job.superseded_by = newer();
                job.waits = Some(Waits::Licence);
            }),
        ),
        (
            "superseded, closed",
            at(&open, &|job| {
                job.superseded_by = newer();
                job.due = None;
            }),
        ),
        (
            "superseded when all was done",
            at(&over, &|job| {
                job.superseded_by = newer();
                job.due = None;
            }),
        ),
        (
            "cancelled",
            at(&open, &|job| job.state = JobState::Cancelled),
        ),
        (
            "poisoned",
            at(&open, &|job| {
                job.state = JobState::Poisoned;
                job.superseded_by = newer();
            }),
        ),
        (
            "all done, not yet written so",
            at(&over, &|job| job.state = JobState::Running),
        ),
    ];
    let line = |(what, state): (&str, JobState)| {
        let end = if state.is_final() { " (final)" } else { "" };
        format!("{what:<30} {state}{end}\n")
    };
    expect![[r#"
        to be worked on                due
        in hand                        running
        waits for Teams                staged
        waits for a seat               waiting
        waits for a permission         waiting
        waits for the job before       waiting
        in hand while it waits         running
        superseded, asks open          due
        superseded while waiting       due
        superseded, closed             superseded (final)
        superseded when all was done   superseded (final)
        cancelled                      cancelled (final)
        poisoned                       poisoned (final)
        all done, not yet written so   done (final)
    "#]]
    .assert_eq(&table.into_iter().map(line).collect::<String>());
}

/// Deriving again changes nothing: a stored state is the derived one.
#[test]
fn derived_once_is_derived_for_good() {
    for stands in every_stand() {
        for waits in [
            None,
            Some(Waits::Licence),
            Some(Waits::Teams(String::new())),
        ] {
            for superseded in [None, Some(JobId("2".into()))] {
                let mut job = given(std::slice::from_ref(&stands), |job| {
                    job.waits = waits.clone();
                    job.superseded_by = superseded.clone();
                });
                job.state = job.derive();
                assert_eq!(job.state, job.derive());
            }
        }
    }
}

/// A1, A2: asks are numbered within the job, closed once, and belong to their step.
#[test]
fn asks_are_recorded_and_closed_once() {
    let mut job = given(&[Stands::Todo, Stands::Todo], |_| ());
    job.record(0, &[Verb::SetUsageLocation], NOW);
    job.record(1, &[Verb::AssignPolicies, Verb::UnassignPolicies], NOW);
    assert!(job.has_open_asks());
    job.close(2, NOW, Answer::Accepted, Some("first".into()));
    job.close(2, NOW, Answer::NotNow, Some("second".into()));
    job.close(9, NOW, Answer::NotNow, None);
    let asks: BTreeMap<u16, (u8, Option<String>)> = job
        .asks
        .iter()
        .map(|ask| {
            let said = ask
                .closed
                .as_ref()
                .and_then(|closed| closed.request_id.clone());
            (ask.number, (ask.step, said))
        })
        .collect();
    let expected = [
        (1, (0, None)),
        (2, (1, Some("first".to_owned()))),
        (3, (1, None)),
    ];
    assert_eq!(asks, BTreeMap::from(expected));
    assert_eq!(job.asks_of(1).count(), 2);
}

/// Between lanes fences mean nothing: a job that is handed over begins anew.
#[test]
fn a_lane_counts_its_own_fences() {
    let moved = |lane| {
        let mut job = given(&[Stands::Pending], |job| {
            job.fence = 7;
            job.in_hand = true;
            job.waits = Some(Waits::Licence);
        });
        job.move_to(lane, NOW);
        assert!(!job.in_hand && job.waits.is_none() && job.due == Some(NOW));
        job.fence
    };
    assert_eq!((moved(Lane::Provision), moved(Lane::Staging)), (7, 0));
}
