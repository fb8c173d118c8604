//! [`Graph`]: one customer's Microsoft 365 tenant. Every request passes the one `send`, with its guards, pace and counters.

mod send;

use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::Response;

pub(super) use self::send::{Call, Target};
use super::address::Base;
use super::answer::request_id;
use super::http::Http;
use super::pace::Pace;
use super::secret::Secret;
use super::teams::PolicyIds;
use super::token::{Connection, Tokens};
use crate::clock::Clock;
use crate::error::{Error, Kind, Result};
use crate::model::facts::Selection;
use crate::model::time::Time;

/// One customer's Microsoft 365 tenant. Clones share token, pace, counters and what is remembered.
#[derive(Clone)]
pub struct Graph {
    http: Http,
    clock: Clock,
    base: Arc<Base>,
    /// The top-level properties asked of every user, joined by commas.
    select: Arc<str>,
    selection: Arc<Selection>,
    tokens: Arc<Tokens>,
    state: Arc<Mutex<State>>,
    /// The place of the next request was taken before (see [`Graph::in_turn`]).
    has_place: Arc<AtomicBool>,
    /// Whatever would change something is refused before it is sent.
    is_read_only: bool,
    /// Microsoft lets us put many people into a group at once, as far as we know.
    pub(super) adds_many: Arc<AtomicBool>,
    /// So many people's policies are assigned in one request; 0 = one person's, for good.
    pub(super) assigned_at_once: Arc<AtomicUsize>,
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Graph")
    }
}

/// Never held across an `await`.
struct State {
    pace: Pace,
    counts: Counts,
    policy_ids: PolicyIds,
    /// The next `client-request-id`.
    next_id: u128,
    /// No request starts later than this, by [`Clock::elapsed`].
    last_start: Duration,
}

/// What was sent since the client was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests to Graph; those for tokens not included.
    pub requests: u64,
    /// Among them those that count against the directory's write quota.
    pub directory_writes: u64,
    /// Resource units, as Microsoft counted them, or by the published costs where it did not say.
    pub resource_units: u64,
    /// Answers with 429.
    pub throttled: u64,
}

/// Microsoft took a change. That is not yet its effect: reads show it later (`graph-api.md 10`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Microsoft's id of the request, for their support.
    pub request_id: Option<String>,
}

impl Receipt {
    pub(super) fn of(answer: &Response<Bytes>) -> Self {
        Self {
            request_id: request_id(answer.headers()),
        }
    }
}

impl Graph {
    /// A client of one tenant. `select` names the top-level properties of Graph that are asked of every user; `first_id` is the
    /// `client-request-id` of the first request, the next ones count up from it. [`Kind::Invalid`] if an address or a property
    /// cannot be used.
    pub fn new(
        http: Http,
        clock: Clock,
        connection: &Connection,
        select: &[String],
        first_id: u128,
    ) -> Result<Self> {
        let base = Base::parse(&connection.graph, "Graph")?;
        let select = super::users::select(select)?;
        Ok(Self {
            http,
            clock,
            // A single person is asked for the usage location too, whatever else is.
            selection: Selection::of(select.split(',').chain(["usageLocation"])).into(),
            select: select.into(),
            tokens: Arc::new(Tokens::new(connection, &base)?),
            base: Arc::new(base),
            state: Arc::new(Mutex::new(State {
                pace: Pace::new(),
                counts: Counts::default(),
                policy_ids: PolicyIds::default(),
                next_id: first_id,
                last_start: Duration::MAX,
            })),
            has_place: Arc::default(),
            is_read_only: false,
            adds_many: Arc::new(AtomicBool::new(true)),
            assigned_at_once: Arc::new(AtomicUsize::new(1)),
        })
    }

    /// The same client with another secret, after it was read again from its store. Pace and counters stay shared.
    pub fn with_secret(&self, secret: Secret) -> Self {
        Self {
            tokens: Arc::new(self.tokens.with_secret(secret)),
            ..self.clone()
        }
    }

    /// The same client, but what would change something is refused with [`Kind::ReadOnly`] and never sent (F6).
    pub fn read_only(&self) -> Self {
        Self {
            is_read_only: true,
            ..self.clone()
        }
    }

    /// When our credential stops to be accepted, as far as it says so.
    pub fn credential_ends(&self) -> Option<Time> {
        self.tokens.credential_ends()
    }

    /// Our part of the tenant's quotas from now on, per mille; the rest belongs to its other lanes.
    pub fn set_share(&self, permille: u32) {
        self.state().pace.set_share(permille);
    }

    /// No request starts later than this moment of [`Clock::elapsed`], waiting for the pace included (L6); later ones fail with
    /// [`Kind::OutOfTime`]. Set anew at each renewal of a lease.
    pub fn set_last_start(&self, moment: Duration) {
        self.state().last_start = moment;
    }

    /// How many requests at once fit the pace that is left, so that none of them would have to wait too long; at least one.
    pub fn fits_at_once(&self) -> usize {
        self.state().pace.fits_at_once()
    }

    /// What was sent so far.
    pub fn counts(&self) -> Counts {
        self.state().counts
    }

    /// Forgets the ids of policies, for instance because one was refused: a policy that is made again has a new id.
    pub fn forget_policy_ids(&self) {
        self.state().policy_ids = PolicyIds::default();
    }

    /// The properties asked of every user.
    pub(crate) fn select(&self) -> &str {
        &self.select
    }

    /// How they are read.
    pub(super) fn selection(&self) -> &Selection {
        &self.selection
    }

    pub(super) fn now(&self) -> Duration {
        self.clock.elapsed()
    }

    /// A link to go on with: refused if it leads to another host (fault 19), or to the page that was just read, because that
    /// would never end (fault 18).
    pub(super) fn onward(&self, followed: Option<&str>, link: String) -> Result<String> {
        self.base.link(&link)?;
        if followed == Some(link.as_str()) {
            return Err(Error::new(
                Kind::Invalid,
                "Microsoft gave a page that leads to itself: not followed",
            ));
        }
        Ok(link)
    }

    /// The path of a link that Microsoft gave; refused if it leads to another host.
    pub(super) fn link_path(&self, link: &str) -> Result<String> {
        Ok(self.base.link(link)?.path().to_owned())
    }

    pub(super) fn with_policy_ids<T>(&self, use_them: impl FnOnce(&mut PolicyIds) -> T) -> T {
        use_them(&mut self.state().policy_ids)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
