//! The Teams administration behind `/admin/teams`, and its policies as configuration snapshots show them.

mod numbers;
mod orders;
mod policies;
mod snapshots;
mod users;
