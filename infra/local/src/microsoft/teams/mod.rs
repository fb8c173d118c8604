//! The Teams administration behind `/admin/teams`.

mod numbers;
mod orders;
mod policies;
mod users;
