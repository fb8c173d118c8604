//! A job's state is a function of its steps.

use shared::model::job::{Goal, Job, JobId, JobState, Origin, Waits};
use shared::model::microsoft::UserId;
use shared::model::step::{Note, Obstacle, Standing, Stands};
use shared::model::time::Time;

/// One of each, and each note and obstacle once.
fn all() -> Vec<Stands> {
    let cause = || "a reason".to_owned();
    vec![
        Stands::Todo,
        Stands::Pending,
        Stands::Done(None),
        Stands::Done(Some(Note::NotVisibleYet)),
        Stands::AlreadySo,
        Stands::Ignored(Note::LicencesStay),
        Stands::Ignored(Note::AccountGone),
        Stands::Skipped(Note::NoPermission),
        Stands::Skipped(Note::GroupLicensed(cause())),
        Stands::Blocked(Obstacle::ProtectedAccount),
        Stands::Blocked(Obstacle::EarlierStep(cause())),
        Stands::Blocked(Obstacle::LicenceGroup(cause())),
        Stands::Blocked(Obstacle::Group(cause())),
        Stands::Blocked(Obstacle::Protected(cause())),
        Stands::Failed(cause()),
        Stands::Unknown(cause()),
    ]
}

/// What one step makes of a job at best. Exhaustive: whoever adds a standing says here what it may amount to.
fn at_best(stands: &Stands) -> Option<JobState> {
    match stands {
        Stands::Todo | Stands::Pending => None,
        Stands::Done(None) | Stands::AlreadySo => Some(JobState::Done),
        // R99: where a licence group stays, direct licences stay by rule; that is a note, and nobody's failure.
        Stands::Done(Some(_))
        | Stands::Ignored(_)
        | Stands::Skipped(_)
        | Stands::Blocked(Obstacle::LicenceGroup(_)) => Some(JobState::DoneWithNotes),
        Stands::Blocked(
            Obstacle::ProtectedAccount
            | Obstacle::EarlierStep(_)
            | Obstacle::Group(_)
            | Obstacle::Protected(_),
        )
        | Stands::Failed(_)
        | Stands::Unknown(_) => Some(JobState::Failed),
    }
}

/// Every job of up to three steps, in every circumstance.
fn jobs() -> impl Iterator<Item = Job> {
    let mut rows: Vec<Vec<Stands>> = vec![Vec::new()];
    for length in 0..3 {
        let longer = rows.iter().filter(|row| row.len() == length);
        let longer: Vec<Vec<Stands>> = longer
            .flat_map(|row| {
                all()
                    .into_iter()
                    .map(|last| [row.clone(), vec![last]].concat())
            })
            .collect();
        rows.extend(longer);
    }
    let circumstances = [
        None,
        Some(Waits::Teams(String::new())),
        Some(Waits::Licence),
        Some(Waits::Permission),
        Some(Waits::Settling),
    ];
    rows.into_iter().skip(1).flat_map(move |row| {
        circumstances.clone().into_iter().flat_map(move |waits| {
            let row = row.clone();
            (0..8_u8).map(move |bits| {
                job(
                    &row,
                    waits.clone(),
                    bits & 1 != 0,
                    bits & 2 != 0,
                    bits & 4 != 0,
                )
            })
        })
    })
}

fn job(row: &[Stands], waits: Option<Waits>, in_hand: bool, due: bool, superseded: bool) -> Job {
    let now = Time::from_millis(1);
    let mut job = Job::new(
        JobId("1".into()),
        UserId("u".into()),
        Goal::Provision,
        Origin::Rule,
        &[],
        now,
    );
    job.standings = row
        .iter()
        .map(|stands| Standing {
            stands: stands.clone(),
            ..Standing::default()
        })
        .collect();
    job.waits = waits;
    job.in_hand = in_hand;
    job.due = due.then_some(now);
    job.superseded_by = superseded.then(|| JobId("2".into()));
    job
}

/// I7: no path yields success for a step that does not hold, nor an end for a step that has not come to one.
#[test]
fn a_job_is_never_better_than_its_worst_step() {
    let mut seen = 0;
    for job in jobs() {
        seen += 1;
        let state = job.derive();
        let best: Option<Vec<JobState>> = job
            .standings
            .iter()
            .map(|standing| at_best(&standing.stands))
            .collect();
        let worst = best.and_then(|states| states.into_iter().max());
        if job.superseded_by.is_some() {
            assert_eq!(state.is_final(), job.due.is_none(), "{job:?}");
            assert!(
                matches!(state, JobState::Due | JobState::Superseded),
                "{job:?}"
            );
        } else if let Some(worst) = worst {
            assert_eq!(state, worst, "{job:?}");
        } else {
            assert!(!state.is_final(), "{job:?}");
        }
    }
    assert_eq!(seen, 40 * (16 + 16 * 16 + 16 * 16 * 16));
}

/// V3: what a person or five crashes ended stays ended, whatever the steps say.
#[test]
fn final_is_final() {
    for mut job in jobs() {
        for end in [JobState::Cancelled, JobState::Poisoned] {
            job.state = end;
            assert_eq!(job.derive(), end);
        }
    }
}

/// Storing what was derived and deriving again changes nothing.
#[test]
fn deriving_twice_is_deriving_once() {
    for mut job in jobs() {
        job.state = job.derive();
        assert_eq!(job.derive(), job.state, "{job:?}");
    }
}
