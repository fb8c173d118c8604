//! A quota over a sliding window (`graph-api.md 7.1`).

use std::collections::VecDeque;
use std::time::Duration;

use shared::model::time::Time;

/// How many requests there were in the last `span`. Refused ones count too (`graph-api.md 7.3`).
#[derive(Debug)]
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

    /// Counts one request.
    pub(crate) fn spend(&mut self, now: Time) -> Spent {
        while let Some((_, count)) = self.spent.pop_front_if(|(at, _)| *at + self.span <= now) {
            self.used -= count;
        }
        let fits = self.used < self.limit;
        self.used += 1;
        match self.spent.back_mut() {
            Some((at, count)) if *at == now => *count += 1,
            Some(_) | None => self.spent.push_back((now, 1)),
        }
        if fits {
            Spent::Fits(f64::from(self.used) / f64::from(self.limit))
        } else {
            Spent::Over(self.wait(now))
        }
    }

    /// Until so many have left the window that one more fits, if nobody sends any in the meantime.
    fn wait(&self, now: Time) -> Duration {
        let mut left = self.used;
        for (at, count) in &self.spent {
            left -= count;
            if left < self.limit {
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
        assert_eq!(budget.spend(at(0)), Spent::Fits(0.5));
        assert_eq!(budget.spend(at(10)), Spent::Fits(1.0));
        assert_eq!(budget.spend(at(20)), Spent::Over(Duration::from_secs(140)));
        assert_eq!(budget.spend(at(165)), Spent::Fits(1.0));
    }
}
