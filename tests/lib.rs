//! Tests of the whole system; each kind is a test binary of its own beside this file. Stories are told by two of them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a story that cannot be told is a failed test"
)]

pub mod stories;
