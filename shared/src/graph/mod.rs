//! MICROSOFT. One client for the subset of Microsoft Graph v1.0 that Rollcall speaks (`graph-api.md`), over one boxed HTTP service.
//!
//! | file | holds |
//! |---|---|
//! | `http` | the HTTP service, and the one that reaches the network |
//! | `secret`, `certificate`, `token` | who we are: a secret or a certificate, and the bearer tokens they buy |
//! | `address` | which addresses a token may go to, and what may stand in a path |
//! | `client`, `client/send` | [`Graph`], and the one `send` through which every request passes |
//! | `answer` | what an answer means: every status becomes a [`Kind`](crate::error::Kind) in one function |
//! | `pace` | how fast requests may go |
//! | `batch` | many requests in one, each with its own outcome |
//! | `page` | answers of many elements, read so that a bad one harms only itself |
//! | `connect` | a client for each tenant's connection |
//! | `permissions` | what the token in use allows |
//! | `users`, `deleted`, `licences`, `groups`, `teams`, `numbers` | the calls |
//!
//! Nothing here decides, repeats or stores: a request is sent once (once more only with a fresh token after 401), and whoever
//! calls learns from the error's kind what may be done next.

mod address;
mod answer;
mod batch;
mod certificate;
mod client;
mod connect;
mod deleted;
mod groups;
mod http;
mod licences;
mod numbers;
mod pace;
mod page;
mod permissions;
mod secret;
mod teams;
mod token;
mod users;

#[cfg(test)]
mod script;

pub use self::address::check_address;
pub use self::http::{Http, TransportError, loopback, network};
pub use batch::{Each, MOST as MOST_AT_ONCE};
pub use client::{Counts, Graph, Receipt};
pub use connect::{Microsoft, Secrets};
pub use groups::{Added, GroupChange, GroupDeltaPage, GroupsPage, MOST_FOLLOWED, MembersPage};
pub use numbers::{NumberUpdate, NumbersFrom, NumbersPage, Ordered};
pub use pace::Bucket;
pub use permissions::Permissions;
pub use secret::Secret;
pub use teams::{Policies, TeamsPage};
pub use token::Connection;
pub use users::{DeltaNext, DeltaPage, UsersFrom, UsersPage};
