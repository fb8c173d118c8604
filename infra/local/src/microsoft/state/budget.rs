//! A quota over a sliding window (`graph-api.md 7.1`).

use std::collections::VecDeque;
use std::time::Duration;

use shared::model::time::Time;

/// How many requests there were in the last `span`. Refused ones count too (`graph-api.md 7.3`).
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    limit: u32,
    span: Duration,
    /// One entry a millisecond at most, oldest first.
    spent: VecDeque<(Time, u32)>,
    used: u32,
}

/// What a request finds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Spent {
    /// It fits; the share of the budget now used.
    Fits(f64),
    /// It does not; when to come back.
    Over(Duration),
}

impl Budget {
    pub(crate) const fn new(limit: u32, span: Duration) -> Self {
        Self {
            limit,
            span,
            spent: VecDeque::new(),
            used: 0,
        }
    }

    /// Counts one request of this cost.
    pub(crate) fn spend(&mut self, now: Time, cost: u32) -> Spent {
        while let Some((_, count)) = self.spent.pop_front_if(|(at, _)| *at + self.span <= now) {
            self.used -= count;
        }
        let fits = self.used.saturating_add(cost) <= self.limit;
        self.used = self.used.saturating_add(cost);
        match self.spent.back_mut() {
            Some((at, count)) if *at == now => *count += cost,
            Some(_) | None => self.spent.push_back((now, cost)),
        }
        if fits {
            Spent::Fits(f64::from(self.used) / f64::from(self.limit))
        } else {
            Spent::Over(self.wait(now, cost))
        }
    }

    /// Until so many have left the window that this one fits, if nobody sends any in the meantime.
    fn wait(&self, now: Time, cost: u32) -> Duration {
        let mut left = self.used;
        for (at, count) in &self.spent {
            left -= count;
            if left + cost <= self.limit {
                return (*at + self.span).since(now);
            }
        }
        self.span
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides() {
        let at = |s: i64| Time::from_millis(s * 1_000);
        let mut budget = Budget::new(2, Duration::from_secs(150));
        assert_eq!(budget.spend(at(0), 1), Spent::Fits(0.5));
        assert_eq!(budget.spend(at(10), 1), Spent::Fits(1.0));
        assert_eq!(
            budget.spend(at(20), 1),
            Spent::Over(Duration::from_secs(140))
        );
        assert_eq!(budget.spend(at(165), 1), Spent::Fits(1.0));
    }
}
