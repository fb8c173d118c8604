//! Chance without a random generator: every draw is a hash of the seed and of what it is drawn for.

use std::time::Duration;

/// The tenant's chance. The same question always has the same answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance {
    seed: u64,
}

impl Chance {
    pub(super) const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The draw number `nth` made for `purpose` on behalf of `whom`.
    pub(super) fn number(self, purpose: &str, whom: &str, nth: u64) -> u64 {
        // FNV-1a over the text, then the finaliser of SplitMix64, so that neighbours differ in every bit.
        let mut hash = 0xcbf2_9ce4_8422_2325 ^ mix(self.seed);
        for byte in purpose.bytes().chain([0]).chain(whom.bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        mix(hash ^ mix(nth))
    }

    /// True `permille` times in 1,000.
    pub(super) fn happens(self, permille: u32, purpose: &str, whom: &str, nth: u64) -> bool {
        permille > 0 && self.number(purpose, whom, nth) % 1_000 < u64::from(permille)
    }

    /// A span from `least` to `longest`, both included, to the millisecond.
    pub(super) fn span(
        self,
        least: Duration,
        longest: Duration,
        purpose: &str,
        whom: &str,
        nth: u64,
    ) -> Duration {
        let room = u64::try_from(longest.saturating_sub(least).as_millis()).unwrap_or(u64::MAX - 1);
        least + Duration::from_millis(self.number(purpose, whom, nth) % (room + 1))
    }

    /// A GUID in the usual spelling.
    pub(super) fn guid(self, purpose: &str, whom: &str, nth: u64) -> String {
        let (a, b) = (
            self.number(purpose, whom, nth),
            mix(self.number(whom, purpose, nth)),
        );
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            a >> 32,
            a >> 16 & 0xffff,
            a & 0xfff,
            b >> 48 & 0xfff,
            b & 0xffff_ffff_ffff
        )
    }

    /// `length` characters that mean nothing.
    pub(super) fn opaque(self, length: usize, purpose: &str, whom: &str) -> String {
        const LETTERS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        (0_u64..)
            .take(length)
            .map(|nth| char::from(LETTERS[(self.number(purpose, whom, nth) % 64) as usize]))
            .collect()
    }
}

fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_question_has_the_same_answer_and_shares_are_kept() {
        let chance = Chance::new(7);
        assert_eq!(
            chance.number("a", "b", 1),
            Chance::new(7).number("a", "b", 1)
        );
        assert_ne!(chance.number("a", "b", 1), chance.number("a", "b", 2));
        assert_ne!(
            chance.number("a", "b", 1),
            Chance::new(8).number("a", "b", 1)
        );
        let hits = (0..10_000)
            .filter(|n| chance.happens(100, "share", "x", *n))
            .count();
        assert!((900..1_100).contains(&hits), "{hits}");
        assert_eq!(chance.guid("id", "x", 0).len(), 36);
        let span = chance.span(Duration::from_secs(5), Duration::from_secs(6), "s", "x", 0);
        assert!((5_000..=6_000).contains(&span.as_millis()));
    }
}
