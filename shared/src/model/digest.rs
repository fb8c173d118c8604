//! Names for contents: two that have one are the same, but once in more tries than anybody makes.

use sha2::{Digest, Sha256};

/// Bytes of a short name: two contents share one once in 2^80.
const SHORT: usize = 10;

/// Bytes as two small hexadecimal digits each.
pub fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}

/// The SHA-256 of a content, 64 digits.
pub fn whole(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

/// The beginning of it, 20 digits: what a row says, in short.
pub fn short(content: &[u8]) -> String {
    hex(&Sha256::digest(content)[..SHORT])
}
