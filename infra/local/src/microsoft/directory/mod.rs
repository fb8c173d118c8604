//! Entra's directory: users and groups, their changes, their licences.

mod deleted;
mod delta;
mod group_delta;
mod groups;
mod licences;
mod listing;
mod location;
mod member_of;
mod membership;
mod properties;
mod users;

pub(crate) use listing::after;
