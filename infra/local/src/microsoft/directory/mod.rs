//! Entra's directory: users, their changes, their licences.

mod delta;
mod licences;
mod location;
mod properties;
mod users;

pub(crate) use users::after;
