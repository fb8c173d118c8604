//! The Teams administration behind `/admin/teams`.

mod policies;
mod users;
