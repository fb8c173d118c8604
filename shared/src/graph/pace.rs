//! How fast requests may go: one bucket a quota of Microsoft's (`graph-api.md 7`), evenly spaced, so that no window of time ever
//! holds more than its quota.

use std::time::Duration;

/// A quota of its own at Microsoft, per app and tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// Resource units of directory reads: 8,000 in 10 s.
    DirectoryReads,
    /// Directory writes: 3,000 in 150 s.
    DirectoryWrites,
    /// Everything under `/admin/teams`: no limit is published, 25 a second is our start.
    Teams,
}

/// Who would have to wait longer gets [`Kind::Throttled`](crate::error::Kind::Throttled) instead: nobody sleeps on paid time.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// One, in the units of shares and brakes.
const FULL: u32 = 1_000;
/// The brake is never stronger than this, per mille.
const SLOWEST: u32 = 30;
/// The brake gives way by this, per mille, every [`EASING`].
const EASE: u32 = 50;
/// After a halving the full pace is back in 100 s.
const EASING: Duration = Duration::from_secs(10);
/// From this part of a limit on we slow down before we are told to, to [`NEARLY`]: our own requests alone bring a published limit there.
const NEAR: f64 = 0.8;
/// The pace near a limit, per mille.
const NEARLY: u32 = 950;
/// At the limit somebody else must be asking too: a quarter of the pace is left to them.
const FULLY_USED: f64 = 1.0;
/// Without a named wait: this, doubled with each throttled answer in a row. No jitter is needed, because the bucket spaces
/// out whatever follows.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest unnamed wait.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// The pace of one client. Moments are those of [`Clock::elapsed`](crate::clock::Clock::elapsed).
#[derive(Clone, Debug)]
pub(super) struct Pace {
    /// Our part of each quota, per mille.
    share: u32,
    reads: Lane,
    writes: Lane,
    teams: Lane,
}

/// The state of one bucket.
#[derive(Clone, Copy, Debug)]
struct Lane {
    /// Time per unit at full pace.
    spacing: Duration,
    /// When the next request may go, by the spacing.
    next: Duration,
    /// Nothing may go before, because an answer said so.
    held: Duration,
    /// Part of the pace that is left after throttling, per mille.
    brake: u32,
    /// When the brake was last put on; answers to what was sent earlier are no news.
    braked: Duration,
    /// When the brake last gave way.
    eased: Duration,
    /// Throttled answers in a row.
    row: u32,
}

impl Pace {
    /// The full pace.
    pub(super) fn new() -> Self {
        let lane = |units: u32, span: u64| Lane {
            spacing: Duration::from_secs(span) / units,
            next: Duration::ZERO,
            held: Duration::ZERO,
            brake: FULL,
            braked: Duration::ZERO,
            eased: Duration::ZERO,
            row: 0,
        };
        Self {
            share: FULL,
            reads: lane(8_000, 10),
            writes: lane(3_000, 150),
            teams: lane(25, 1),
        }
    }

    /// Our part of each quota from now on, per mille; the rest belongs to the tenant's other lanes.
    pub(super) fn set_share(&mut self, permille: u32) {
        self.share = permille.clamp(1, FULL);
    }

    /// How long a request of `units` has to wait. Its place is taken, unless the wait is longer than [`PATIENCE`].
    pub(super) fn reserve(&mut self, bucket: Bucket, units: u32, now: Duration) -> Duration {
        let share = self.share;
        let lane = self.lane(bucket);
        lane.ease(now);
        let start = lane.next.max(lane.held).max(now);
        let wait = start - now;
        if wait <= PATIENCE {
            lane.next = start + lane.room(units, share);
        }
        wait
    }

    /// How many requests at once find a place within [`PATIENCE`] in the slowest bucket, at least one.
    pub(super) fn fits_at_once(&self) -> usize {
        let rooms = [&self.reads, &self.writes, &self.teams].map(|lane| lane.room(1, self.share));
        let slowest = rooms.into_iter().max().unwrap_or(PATIENCE);
        let fit = PATIENCE.as_nanos() / slowest.as_nanos().max(1);
        usize::try_from(fit).unwrap_or(usize::MAX).max(1)
    }

    /// How long the bucket is still held; who has slept since taking a place asks once more before sending.
    pub(super) fn held(&mut self, bucket: Bucket, now: Duration) -> Duration {
        self.lane(bucket).held.saturating_sub(now)
    }

    /// An answer with 429 to a request sent at `sent`: halves the pace and holds the bucket. Returns for how long.
    pub(super) fn throttled(
        &mut self,
        bucket: Bucket,
        named: Option<Duration>,
        sent: Duration,
        now: Duration,
    ) -> Duration {
        let lane = self.lane(bucket);
        if lane.slow_to(lane.brake / 2, sent, now) {
            lane.row += 1;
        }
        let doubled = FIRST_WAIT.saturating_mul(1 << lane.row.saturating_sub(1).min(16));
        let wait = named.unwrap_or(doubled.min(LONGEST_WAIT)).max(FIRST_WAIT);
        lane.held = lane.held.max(now + wait);
        wait
    }

    /// Any other answer to a request sent at `sent`, with the part of the limit that is used up and the wait it names, if any.
    pub(super) fn answered(
        &mut self,
        bucket: Bucket,
        used: Option<f64>,
        named: Option<Duration>,
        sent: Duration,
        now: Duration,
    ) {
        let lane = self.lane(bucket);
        if sent >= lane.braked {
            lane.row = 0;
        }
        match used {
            Some(used) if used >= FULLY_USED => drop(lane.slow_to(lane.brake * 3 / 4, sent, now)),
            Some(used) if used >= NEAR => drop(lane.slow_to(lane.brake.min(NEARLY), sent, now)),
            Some(_) | None => {}
        }
        if let Some(wait) = named {
            lane.held = lane.held.max(now + wait);
        }
    }

    fn lane(&mut self, bucket: Bucket) -> &mut Lane {
        match bucket {
            Bucket::DirectoryReads => &mut self.reads,
            Bucket::DirectoryWrites => &mut self.writes,
            Bucket::Teams => &mut self.teams,
        }
    }
}

impl Lane {
    /// Brakes, once for all requests that were under way together.
    fn slow_to(&mut self, brake: u32, sent: Duration, now: Duration) -> bool {
        let news = sent >= self.braked;
        if news {
            self.brake = brake.max(SLOWEST);
            self.braked = now;
            self.eased = now;
        }
        news
    }

    /// The time that a request of `units` takes up, rounded up so that the quota is never exceeded by a hair.
    fn room(&self, units: u32, share: u32) -> Duration {
        let full =
            self.spacing.as_nanos() * u128::from(units) * u128::from(FULL) * u128::from(FULL);
        let slowed = full.div_ceil(u128::from(share) * u128::from(self.brake));
        Duration::from_nanos(u64::try_from(slowed).unwrap_or(u64::MAX))
    }

    fn ease(&mut self, now: Duration) {
        while self.brake < FULL && now >= self.eased + EASING {
            self.brake = (self.brake + EASE).min(FULL);
            self.eased += EASING;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// How many requests of `bucket` go between `from` and `to`, one after the other.
    fn sent(pace: &mut Pace, bucket: Bucket, units: u32, from: Duration, to: Duration) -> u32 {
        let mut now = from;
        let mut count = 0;
        loop {
            let wait = pace.reserve(bucket, units, now);
            now += wait;
            if now >= to {
                return count;
            }
            count += u32::from(wait <= PATIENCE);
        }
    }

    /// V8: no window ever holds more than the share of a quota, not even the first one.
    #[test]
    fn each_bucket_keeps_its_quota_and_share() {
        let mut pace = Pace::new();
        assert_eq!(
            sent(
                &mut pace,
                Bucket::DirectoryWrites,
                1,
                Duration::ZERO,
                150 * S
            ),
            3_000
        );
        assert_eq!(
            sent(&mut pace, Bucket::Teams, 1, Duration::ZERO, 10 * S),
            250
        );
        assert_eq!(
            sent(&mut pace, Bucket::DirectoryReads, 2, Duration::ZERO, 10 * S),
            4_000
        );
        pace.set_share(700);
        assert_eq!(
            sent(&mut pace, Bucket::DirectoryWrites, 1, 200 * S, 350 * S),
            2_100
        );
        pace.set_share(0);
        assert!(
            sent(&mut pace, Bucket::Teams, 1, 400 * S, 500 * S) <= 3,
            "a share is never nothing"
        );
    }

    #[test]
    fn places_are_taken_one_after_the_other_until_patience_ends() {
        let mut pace = Pace::new();
        let waits: Vec<_> = (0..3)
            .map(|_| pace.reserve(Bucket::DirectoryWrites, 1, S))
            .collect();
        assert_eq!(waits, [ms(0), ms(50), ms(100)]);
        let waits: Vec<_> = (0..200)
            .map(|_| pace.reserve(Bucket::DirectoryWrites, 1, S))
            .collect();
        assert_eq!(waits[97], PATIENCE);
        assert!(
            waits[98..].iter().all(|wait| *wait == ms(5_050)),
            "what does not wait takes no place"
        );
    }

    /// Faults 12 and 34.
    #[test]
    fn a_throttled_bucket_is_held_and_halved_once_for_all_that_was_under_way() {
        let mut pace = Pace::new();
        let named = Some(10 * S);
        for _ in 0..32 {
            assert_eq!(pace.throttled(Bucket::Teams, named, S, 2 * S), 10 * S);
        }
        assert_eq!(pace.reserve(Bucket::Teams, 1, 3 * S), 9 * S);
        assert_eq!(pace.held(Bucket::Teams, 3 * S), 9 * S);
        assert_eq!(
            pace.reserve(Bucket::DirectoryWrites, 1, 3 * S),
            Duration::ZERO,
            "the others go on"
        );
        assert_eq!(pace.held(Bucket::Teams, 12 * S), Duration::ZERO);
        let half = sent(&mut pace, Bucket::Teams, 1, 12 * S, 22 * S);
        assert!(
            (125..=140).contains(&half),
            "half of 250 and one easing, {half}"
        );
        let whole = sent(&mut pace, Bucket::Teams, 1, 200 * S, 210 * S);
        assert_eq!(whole, 250);
    }

    #[test]
    fn without_a_named_wait_it_doubles_up_to_five_minutes() {
        let mut pace = Pace::new();
        let mut now = S;
        let waits: Vec<_> = (0..11)
            .map(|_| {
                let wait = pace.throttled(Bucket::Teams, None, now, now);
                now += wait;
                wait.as_secs()
            })
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        pace.answered(Bucket::Teams, None, None, now, now);
        assert_eq!(
            pace.throttled(Bucket::Teams, None, now, now),
            S,
            "a good answer ends the row"
        );
        assert_eq!(
            pace.throttled(Bucket::Teams, Some(Duration::ZERO), now, now),
            S,
            "never spin"
        );
    }

    #[test]
    fn fewer_at_once_when_the_pace_is_slow() {
        let mut pace = Pace::new();
        assert_eq!(pace.fits_at_once(), 100, "20 writes a second for 5 s");
        pace.set_share(50);
        assert_eq!(pace.fits_at_once(), 5);
        pace.throttled(Bucket::Teams, None, S, S);
        assert_eq!(pace.fits_at_once(), 3, "25 a second, a 20th of it, halved");
        pace.set_share(1);
        assert_eq!(pace.fits_at_once(), 1, "never nobody");
    }

    #[test]
    fn near_the_limit_we_slow_down_before_we_are_told() {
        let mut pace = Pace::new();
        pace.answered(Bucket::DirectoryReads, Some(0.79), None, S, S);
        assert_eq!(sent(&mut pace, Bucket::DirectoryReads, 1, S, 2 * S), 800);
        for second in 1..6 {
            let (sent, now) = (second * S, (second + 1) * S);
            pace.answered(Bucket::DirectoryReads, Some(0.9), None, sent, now);
        }
        assert_eq!(
            sent(&mut pace, Bucket::DirectoryReads, 1, 7 * S, 8 * S),
            760,
            "near the limit it goes on nearly as before, however often we are told"
        );
        for _ in 0..5 {
            pace.answered(Bucket::DirectoryReads, Some(1.0), None, 8 * S, 9 * S);
        }
        assert_eq!(
            sent(&mut pace, Bucket::DirectoryReads, 1, 10 * S, 11 * S),
            570,
            "at the limit a quarter less, once"
        );
        pace.answered(Bucket::DirectoryReads, None, Some(4 * S), 12 * S, 12 * S);
        assert_eq!(
            pace.reserve(Bucket::DirectoryReads, 1, 12 * S),
            4 * S,
            "a 503 may name a wait too"
        );
    }
}
