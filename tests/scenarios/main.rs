//! Stories through the public API, in verbs of the domain.

mod contoso;
mod secrets;
