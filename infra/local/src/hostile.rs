//! Makes hostile input out of good input: bytes are changed, cut, doubled, swapped between samples, all drawn from a seed. A fuzzer for
//! stable Rust; what it found once belongs into the samples.

use crate::seed::draw;

/// What parsers stumble over.
const NASTY: [&[u8]; 16] = [
    b"\0",
    b"\"",
    b"{",
    b"[",
    b"\\u0000",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    "\u{202e}".as_bytes(),
    b"1e999",
    b"-0",
    b"18446744073709551616",
    b"null",
    b"=cmd|'/c'!A1",
    b"((((((((((((((((",
    b"\r\n,,;\"",
    b"https://evil.example/?",
];

/// How many variants to try: as `ROLLCALL_FUZZ` says, or a few.
pub fn tries(few: u64) -> u64 {
    let wanted = std::env::var("ROLLCALL_FUZZ").ok();
    wanted.and_then(|text| text.parse().ok()).unwrap_or(few)
}

/// The `nth` hostile variant of these samples; the same for the same seed. One in eight is a sample as it is.
pub fn variant(samples: &[Vec<u8>], seed: u64, nth: u64) -> Vec<u8> {
    let mut position = 0;
    let mut dice = |bound: usize| {
        position += 1;
        let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
        usize::try_from(draw(draw(seed, nth), position) % bound).unwrap_or_default()
    };
    let sample = |at: usize| samples.get(at).cloned().unwrap_or_default();
    let mut bytes = sample(dice(samples.len()));
    for _ in 0..dice(8) {
        let at = dice(bytes.len() + 1);
        match dice(7) {
            0 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << dice(8);
                }
            }
            1 => bytes.truncate(at),
            2 => {
                let end = (at + dice(16)).min(bytes.len());
                bytes.drain(at.min(end)..end);
            }
            3 => {
                let nasty = NASTY[dice(NASTY.len())];
                bytes.splice(at..at, nasty.iter().copied());
            }
            4 => {
                let end = (at + dice(64)).min(bytes.len());
                let part = bytes[at.min(end)..end].repeat(1 + dice(40));
                bytes.splice(at..at, part);
            }
            5 => {
                let other = sample(dice(samples.len()));
                let from = dice(other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => {
                let nasty = NASTY[dice(NASTY.len())].repeat(1 + dice(300));
                bytes.splice(at..at, nasty);
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn variants_differ_and_can_be_made_again() {
        let samples = [b"{\"a\":1}".to_vec(), b"[1,2,3]".to_vec()];
        let made = |seed| {
            (0..500)
                .map(|nth| variant(&samples, seed, nth))
                .collect::<Vec<_>>()
        };
        assert_eq!(made(1), made(1));
        assert_ne!(made(1), made(2));
        let different: BTreeSet<_> = made(1).into_iter().collect();
        assert!(different.len() > 250, "{}", different.len());
        assert!(samples.iter().all(|sample| different.contains(sample)));
    }
}
