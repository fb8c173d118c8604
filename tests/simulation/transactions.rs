//! The log of jobs: taken back, done again, followed for good (F122-F125, F153).

use std::time::Duration;

use shared::error::Kind;
use shared::model::inventory::NumberState;
use shared::model::job::{Goal, JobId, JobState};
use shared::model::lane::Lane;
use shared::run::jobs::{self, JobFilter};
use shared::run::letters;

use crate::desk::{Desk, Route};
use crate::numbers::{desk, number, with_number};
use crate::theatre::{HOUR, MINUTE, play};

const BY: &str = "olga";

async fn take_back(desk: &Desk, number: usize) -> Result<(), shared::error::Error> {
    let (shell, tenant) = desk.office();
    let id = desk.job(number).id;
    jobs::take_back(shell, tenant, &id, BY).await.map(|_| ())
}

/// F124: whenever a job is taken back, nothing more is asked, what was asked is followed to its end, and what was kept for it goes.
#[test]
fn a_job_is_taken_back_whenever_that_is() {
    let mut taken_back = 0;
    for minutes in [0, 1, 2, 5, 12, 20, 30, 45, 60, 90] {
        play(async {
            let desk = desk(1, 1, None).await;
            desk.order(Route::Quick, &with_number(), 0).await.unwrap();
            desk.play(desk.stage.clock.sleep(minutes * MINUTE)).await;
            if desk.state(0).is_final() {
                let error = take_back(&desk, 0).await.unwrap_err();
                assert!(error.to_string().contains("is over"), "{error}");
                return;
            }
            taken_back += 1;
            let asked = desk.job(0).asks.len();
            take_back(&desk, 0).await.unwrap();
            desk.sent();
            desk.settle(6 * HOUR).await;
            let job = desk.job(0);
            assert_eq!(
                job.state,
                JobState::Cancelled,
                "after {minutes} min: {job:#?}"
            );
            assert_eq!(job.cancelled_by.as_deref(), Some(BY));
            assert_eq!(job.asks.len(), asked, "{:#?}", job.asks);
            assert!(!job.has_open_asks(), "{:#?}", job.asks);
            assert_eq!(desk.sent(), Vec::<String>::new());
            let entry = desk.entry(0);
            let has_it = desk.truth(0).numbers.contains(&number(0));
            let state = if has_it {
                NumberState::Used
            } else {
                NumberState::Available
            };
            assert_eq!(
                (entry.state, entry.job),
                (state, None),
                "after {minutes} min"
            );
            desk.agrees();
            let again = take_back(&desk, 0).await.unwrap_err();
            assert_eq!(*again.kind(), Kind::Conflict);
        });
    }
    assert!(taken_back >= 4, "{taken_back}");
}

/// F123, F122: what was taken back is done again, planned on what there is by then; only the last job of a person.
#[test]
fn a_job_is_done_again_on_what_there_is_now() {
    play(async {
        let desk = desk(1, 1, None).await;
        let (shell, tenant) = desk.office();
        desk.order(Route::Quick, &with_number(), 0).await.unwrap();
        let first = desk.job(0).id;
        let open = jobs::replay(shell, tenant, &first).await.unwrap_err();
        assert!(open.to_string().contains("nothing to repeat"), "{open}");
        desk.play(desk.stage.clock.sleep(2 * MINUTE)).await;
        take_back(&desk, 0).await.unwrap();
        desk.settle(HOUR).await;
        assert_eq!(desk.state(0), JobState::Cancelled);

        let whose = jobs::replay(shell, tenant, &first).await.unwrap();
        assert_eq!(whose, desk.id(0));
        desk.settle(12 * HOUR).await;
        assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
        assert_eq!(desk.truth(0).numbers, [number(0)].into());
        let stale = jobs::replay(shell, tenant, &first).await.unwrap_err();
        assert!(stale.to_string().contains("not the last"), "{stale}");

        // What is so already is not asked again.
        desk.sent();
        let second = desk.job(0).id;
        jobs::replay(shell, tenant, &second).await.unwrap();
        desk.settle(12 * HOUR).await;
        assert_eq!(desk.state(0), JobState::Done, "{}", desk.ended(0));
        assert_eq!(desk.sent(), Vec::<String>::new());

        desk.offboard(0).await;
        desk.settle(12 * HOUR).await;
        let ids: Vec<JobId> = chain(&desk, 2).await;
        assert_eq!(ids.len(), 4, "{ids:?}");
        assert_eq!(
            (&ids[0], &ids[2], &ids[3]),
            (&desk.job(0).id, &second, &first)
        );

        // F122: what became of the number, for good.
        let (events, next) = jobs::trail(shell, tenant, &number(0), None, 100)
            .await
            .unwrap();
        let states: Vec<NumberState> = events.iter().map(|event| event.state).collect();
        assert_eq!(
            states,
            [
                NumberState::Available,
                NumberState::Used,
                NumberState::Available
            ]
        );
        assert_eq!(events[1].holder, Some(desk.id(0)));
        assert_eq!(next, None);
    });
}

/// All jobs of the only person, from the newest, read in pages.
async fn chain(desk: &Desk, limit: usize) -> Vec<JobId> {
    let (shell, tenant) = desk.office();
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let person = desk.id(0);
        let page = jobs::jobs_of(shell, tenant, &person, after.as_ref(), limit);
        let page = page.await.unwrap();
        ids.extend(page.items.into_iter().map(|job| job.id));
        after = page.next;
        if after.is_none() {
            return ids;
        }
    }
}

/// F122, F144: every job is on exactly one page, the newest first, whatever the size of a page; filters leave the others out.
#[test]
fn the_log_has_every_job_once() {
    play(async {
        let desk = desk(12, 12, None).await;
        let (shell, tenant) = desk.office();
        for nth in 0..12 {
            desk.order(Route::Quick, &with_number(), nth).await.unwrap();
            desk.stage.clock.sleep(Duration::from_millis(3)).await;
        }
        desk.settle(12 * HOUR).await;
        for nth in 0..4 {
            desk.offboard(nth).await;
        }
        desk.settle(12 * HOUR).await;
        let all = |filter: JobFilter, limit: usize| async move {
            let (mut ids, mut after) = (Vec::new(), None);
            loop {
                let page = jobs::jobs(shell, tenant, &filter, after, limit)
                    .await
                    .unwrap();
                assert!(page.items.len() <= limit);
                ids.extend(page.items.into_iter().map(|job| job.id));
                after = page.next;
                if after.is_none() {
                    return ids;
                }
            }
        };
        let known = desk.stage.ledger().unwrap().jobs;
        let mut expected: Vec<JobId> = known.keys().map(|id| JobId(id.clone())).collect();
        expected.reverse();
        for limit in [1, 3, 7, 100] {
            assert_eq!(all(JobFilter::default(), limit).await, expected, "{limit}");
        }
        let leaving = JobFilter {
            goal: Some(Goal::Offboard),
            ..JobFilter::default()
        };
        assert_eq!(all(leaving.clone(), 3).await, expected[..4]);
        let from = known[&expected[3].0].created;
        let early = JobFilter {
            until: Some(from),
            ..JobFilter::default()
        };
        let late = JobFilter {
            since: Some(from),
            ..JobFilter::default()
        };
        let (early, late) = (all(early, 5).await, all(late, 5).await);
        assert_eq!([late.clone(), early].concat(), expected);
        assert!(late.len() >= 4);
        let failed = JobFilter {
            state: Some(JobState::Failed),
            ..JobFilter::default()
        };
        let failed = all(failed, 2).await;
        let is_failed = |id: &&JobId| known[&id.0].state == JobState::Failed;
        assert!(
            failed.iter().eq(expected.iter().filter(is_failed)),
            "{failed:?}"
        );
        let kept = jobs::ended(shell, tenant, &leaving, None, 100)
            .await
            .unwrap();
        assert_eq!(kept.items.len(), 4);
        // F125: what there was, and what there was to be.
        assert!(
            kept.items
                .iter()
                .all(|one| !one.before.is_empty() && one.after.is_none())
        );
        let given = jobs::ended(shell, tenant, &JobFilter::default(), None, 100)
            .await
            .unwrap();
        assert!(given.items[4].after.is_some());
    });
}

/// F153: doorbells that nobody could answer are counted, and rung again.
#[test]
fn dead_letters_are_counted_and_rung_again() {
    play(async {
        let desk = Desk::of(1).await;
        let (shell, _) = desk.office();
        let sqs = desk.stage.installation.cloud.sqs();
        let bell = r#"{"tenant": "contoso"}"#;
        let sent = desk.stage.clock.now();
        for _ in 0..13 {
            sqs.send("offboard-dead", bell, Duration::ZERO).unwrap();
        }
        let seen = letters::dead_letters(shell).await.unwrap();
        let of = |lane: Lane| seen.iter().find(|(one, _)| *one == lane).unwrap().1;
        assert_eq!(
            (of(Lane::Offboard).count, of(Lane::Offboard).oldest),
            (13, Some(sent))
        );
        assert_eq!((of(Lane::Sync).count, of(Lane::Sync).oldest), (0, None));
        assert_eq!(letters::ring_dead_letters(shell).await.unwrap(), 13);
        assert_eq!(sqs.messages("offboard-dead"), []);
        assert_eq!(sqs.messages("offboard").len(), 13);
        desk.settle(HOUR).await;
    });
}
