//! What a drain has done and must remember until it gives the lane back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::config;
use crate::error::{Kind, Result};
use crate::model::job::{Job, JobId, JobState};
use crate::model::lane::{Lane, LaneRow};
use crate::model::time::Time;
use crate::planted::{self, Bug};

use super::super::work::Worked;

/// What a drain has done and must remember.
#[derive(Default)]
pub(super) struct Memory {
    /// The due time each job was handled at: index rows that are not newer are late (L5).
    pub(super) handled: BTreeMap<JobId, Time>,
    /// Due times this drain wrote itself: the index may not show them yet (L4).
    pub(super) own: BTreeMap<JobId, Time>,
    /// The next due time the index showed.
    pub(super) indexed: Option<Time>,
    /// Jobs that belong to another lane now.
    pub(super) moved: Vec<Job>,
    /// Lanes that were rung and want a doorbell.
    pub(super) rung: BTreeSet<Lane>,
    /// Jobs that a worker died with: last of all.
    pub(super) suspects: Vec<(Time, JobId)>,
    /// Somebody could not have their turn now: what was asked for everybody is not done yet.
    pub(super) put_off: bool,
    /// So many in a row had to be put off because Microsoft, or our own pace, is slow: the rest would fare no better.
    pub(super) throttled: usize,
    /// The longest that one of them would have to wait.
    pub(super) slow_for: Duration,
    /// Microsoft did not accept our identity; the secret was read again since.
    pub(super) refused: bool,
    /// Jobs that ended, and how many of them failed.
    ended: u32,
    failed: u32,
    /// So many failed that the rest was kept from it.
    broken: bool,
}

impl Memory {
    /// Why nobody else should be touched for a while: too many fail (F134). Said once.
    pub(super) fn breaks(&mut self) -> Option<String> {
        let (ended, failed) = (self.ended, self.failed);
        let is_bad =
            ended >= config::BREAKER_ENDED && failed * 100 > ended * config::BREAKER_PERCENT;
        if !is_bad || std::mem::replace(&mut self.broken, true) {
            return None;
        }
        Some(format!(
            "{failed} of {ended} jobs in a row failed: look at them before more people are touched"
        ))
    }

    /// L4: the earliest of what the index shows, what this drain wrote, and a second look after the last ring, or after a worker died:
    /// it may have written something that the index does not show. A wake-up to come that an earlier holder knew of stays.
    pub(super) fn next_look(&self, seen: &LaneRow, began: Time) -> Option<Time> {
        let second = seen
            .rung_at
            .map(|at| at + config::SECOND_LOOK)
            .filter(|at| began <= *at && !planted::is(Bug::NoSecondLook));
        let after_crash = (seen.crashes > 1).then(|| began + config::SECOND_LOOK);
        let known_before = seen.wake_at.filter(|at| *at > began);
        let own = self.own.values().min().copied();
        let own = own.filter(|_| !planted::is(Bug::ForgetOwnWrites));
        [self.indexed, own, second, after_crash, known_before]
            .into_iter()
            .flatten()
            .min()
    }

    /// What a turn means for the drain. An error of one job delays that job; only what concerns everybody stops the drain.
    pub(super) fn turn(
        &mut self,
        (due, id): (Time, JobId),
        worked: Result<Worked>,
        now: Time,
    ) -> Result<()> {
        self.own.remove(&id);
        if worked.is_ok() {
            self.throttled = 0;
            self.slow_for = Duration::ZERO;
        }
        match worked {
            Ok(Worked::Nothing) => {}
            Ok(Worked::Ended(state)) => {
                self.ended += 1;
                self.failed += u32::from(state == JobState::Failed);
                tracing::debug!(job = id.0, state = state.name(), "ended");
            }
            Ok(Worked::Again(at)) => {
                self.own.insert(id.clone(), at);
            }
            Ok(Worked::Moved(job)) => self.moved.push(*job),
            Ok(Worked::Suspect) => {
                self.suspects.push((due, id));
                return Ok(());
            }
            Ok(Worked::Newer(error)) => {
                tracing::error!(job = id.0, %error, "planned by a newer version; left alone");
                self.own.insert(id.clone(), now + config::WAITING_LOOK);
            }
            Err(error) => match error.kind() {
                Kind::Unauthorised | Kind::ReadOnly | Kind::OutOfTime => return Err(error),
                Kind::NotFound
                | Kind::Conflict
                | Kind::Invalid
                | Kind::Refused(_)
                | Kind::Denied
                | Kind::Throttled(_)
                | Kind::Unavailable
                | Kind::UnknownOutcome
                | Kind::Resync => {
                    let mut wait = config::REPEAT_AFTER;
                    if let Kind::Throttled(Some(named)) = error.kind() {
                        wait = *named;
                        self.throttled += 1;
                        self.slow_for = self.slow_for.max(wait);
                    }
                    tracing::warn!(job = id.0, %error, "put off");
                    self.put_off = true;
                    let again = now + wait;
                    self.own.insert(id.clone(), again);
                }
            },
        }
        self.handled.insert(id, due);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_look_is_owed_after_a_ring_until_a_pass_began_later() {
        let ring = Time::from_millis(1_000_000);
        let seen = LaneRow {
            rung_at: Some(ring),
            ..LaneRow::default()
        };
        let memory = Memory::default();
        let second = ring + Duration::from_secs(60);
        assert_eq!(memory.next_look(&seen, ring), Some(second));
        assert_eq!(memory.next_look(&seen, second), Some(second));
        assert_eq!(
            memory.next_look(&seen, second + Duration::from_millis(1)),
            None
        );
    }

    /// F134: few failures, or as many that came well, break nothing; more do, and it is said once.
    #[test]
    fn too_many_failures_break_the_circuit_once() {
        let after = |failed: u32, done: u32| {
            let mut memory = Memory::default();
            for nth in 0..failed + done {
                let id = JobId(nth.to_string());
                let state = if nth < failed {
                    JobState::Failed
                } else {
                    JobState::Done
                };
                let now = Time::from_millis(1);
                memory
                    .turn((now, id), Ok(Worked::Ended(state)), now)
                    .unwrap();
            }
            [memory.breaks().is_some(), memory.breaks().is_some()]
        };
        assert_eq!(after(19, 0), [false, false]);
        assert_eq!(after(10, 10), [false, false]);
        assert_eq!(after(11, 9), [true, false]);
        assert_eq!(after(40, 0), [true, false]);
    }

    #[test]
    fn a_release_takes_the_earliest_of_what_is_known() {
        let mut memory = Memory {
            indexed: Some(Time::from_millis(50)),
            ..Memory::default()
        };
        assert_eq!(
            memory.next_look(&LaneRow::default(), Time::from_millis(0)),
            Some(Time::from_millis(50))
        );
        memory.own.insert(JobId("a".into()), Time::from_millis(40));
        assert_eq!(
            memory.next_look(&LaneRow::default(), Time::from_millis(0)),
            Some(Time::from_millis(40))
        );
    }
}
