//! Stories through the public API, in verbs of the domain.

#![expect(
    clippy::unwrap_used,
    reason = "a story that cannot be told is a failed test, also in what the tests share"
)]

mod certificate;
mod contoso;
mod secrets;
mod told;
