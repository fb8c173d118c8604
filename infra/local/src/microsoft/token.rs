//! The token endpoint (`graph-api.md 1`) and who may do what.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use serde_json::json;
use shared::model::time::Time;

use super::Call;
use super::answer::{Answer, error, ok, query};
use super::world::World;
use crate::seed::draw;

/// How long a token is good for.
const LIFE: Duration = Duration::from_secs(3_599);
/// The directory's write quota: so many a window (`graph-api.md 7.1`).
const WRITES: usize = 3_000;
const WINDOW: Duration = Duration::from_secs(150);

/// A token that was issued.
#[derive(Clone, Debug)]
pub(super) struct Issued {
    pub until: Time,
    pub roles: BTreeSet<String>,
}

impl World {
    /// `POST /{tenant}/oauth2/v2.0/token`.
    pub fn token(&mut self, call: &Call<'_>) -> Answer {
        let form = query(&String::from_utf8_lossy(call.body));
        let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        let options = &self.options;
        if !call.path.trim_start_matches('/').starts_with(&format!("{}/", options.directory)) {
            return refused(400, "invalid_request", 90_002, "Tenant not found.");
        }
        if field("client_id") != options.client {
            return refused(400, "unauthorized_client", 700_016, "Application was not found in the directory.");
        }
        if field("client_secret") != options.secret {
            return refused(401, "invalid_client", 7_000_215, "Invalid client secret provided.");
        }
        if field("grant_type") != "client_credentials" || field("scope") != format!("{}/.default", options.base_url) {
            return refused(400, "invalid_scope", 1_002_012, "The provided value for scope is not valid.");
        }
        let roles = options.roles.clone();
        let token = format!("sim-{:016x}", draw(options.seed ^ 0x70_6b, self.issued));
        self.issued += 1;
        self.tokens.insert(token.clone(), Issued { until: self.clock.now() + LIFE, roles });
        ok(json!({"token_type": "Bearer", "expires_in": LIFE.as_secs(), "ext_expires_in": LIFE.as_secs(), "access_token": token}))
    }

    /// What the bearer of a token may do; `None` = it is not good.
    pub fn roles_of(&self, authorization: &str) -> Option<BTreeSet<String>> {
        let issued = self.tokens.get(authorization.strip_prefix("Bearer ")?)?;
        (self.clock.now() < issued.until).then(|| issued.roles.clone())
    }

    /// 429 where a limit is passed, or for no reason at all.
    pub fn throttle(&mut self, directory_write: bool) -> Option<Answer> {
        let now = self.clock.now();
        self.requests += 1;
        let chance = draw(self.options.seed ^ 0x42_39, self.requests) % 1_000;
        let over = directory_write && writes_in_window(&mut self.writes, now) >= WRITES;
        if over || chance < self.options.throttle_permille {
            self.counts.throttled += 1;
            let answer = error(429, "TooManyRequests", "Too many requests.");
            // A refusal without the header happens too.
            return Some(if chance % 5 == 4 { answer } else { answer.with("retry-after", "2.128") });
        }
        if directory_write {
            self.writes.push_back(now);
        }
        None
    }
}

fn writes_in_window(writes: &mut VecDeque<Time>, now: Time) -> usize {
    while writes.front().is_some_and(|at| *at + WINDOW <= now) {
        writes.pop_front();
    }
    writes.len()
}

fn refused(status: u16, name: &str, code: u64, message: &str) -> Answer {
    let description = format!("AADSTS{code}: {message}");
    let mut answer = error(status, name, message);
    answer.body = Some(json!({"error": name, "error_description": description, "error_codes": [code]}));
    answer
}
