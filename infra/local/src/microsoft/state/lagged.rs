//! Eventual consistency: what is true now, and what readers see of it.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::model::time::Time;

/// A value whose changes are seen only after a while, in the order in which they were made.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Lagged<T> {
    shown: T,
    /// Oldest first, each with the moment from which it is seen.
    coming: VecDeque<(Time, T)>,
}

impl<T: Clone> Lagged<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self {
            shown: value,
            coming: VecDeque::new(),
        }
    }

    /// What really is.
    pub(crate) fn truth(&self) -> &T {
        self.coming.back().map_or(&self.shown, |(_, value)| value)
    }

    /// What a reader is shown.
    pub(crate) fn seen(&self, now: Time) -> &T {
        let visible = self.coming.partition_point(|(from, _)| *from <= now);
        visible
            .checked_sub(1)
            .and_then(|last| self.coming.get(last))
            .map_or(&self.shown, |(_, value)| value)
    }

    /// Changes the value; readers see it `lag` from now, yet never before an earlier change. Answers from when on.
    pub(crate) fn change(&mut self, now: Time, lag: Duration, change: impl FnOnce(&mut T)) -> Time {
        while self.coming.front().is_some_and(|(from, _)| *from <= now) {
            if let Some((_, value)) = self.coming.pop_front() {
                self.shown = value;
            }
        }
        let from = self
            .coming
            .back()
            .map_or(now + lag, |(last, _)| (now + lag).max(*last));
        if from <= now {
            change(&mut self.shown);
        } else {
            let mut value = self.truth().clone();
            change(&mut value);
            self.coming.push_back((from, value));
        }
        from
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_see_changes_late_and_in_order() {
        let at = |s: i64| Time::from_millis(s * 1_000);
        let mut value = Lagged::new(0);
        value.change(at(0), Duration::from_secs(10), |v| *v = 1);
        value.change(at(1), Duration::from_secs(2), |v| *v = 2);
        assert_eq!(
            (*value.truth(), *value.seen(at(9)), *value.seen(at(10))),
            (2, 0, 2)
        );
        value.change(at(11), Duration::ZERO, |v| *v += 1);
        assert_eq!(
            (*value.truth(), *value.seen(at(11)), value.coming.len()),
            (3, 3, 0)
        );
    }
}
