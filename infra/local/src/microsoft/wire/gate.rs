//! The gate before every request: tokens, throttling, the write budget, the counts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use shared::model::time::Time;

use super::answer::Refusal;
use super::base64;
use crate::microsoft::chance::Chance;
use crate::microsoft::options::Options;
use crate::microsoft::state::budget::{Budget, Spent};
use crate::microsoft::state::record::Counts;

/// Seconds that a token lives (`graph-api.md 1.4`).
pub(crate) const TOKEN_SECONDS: u64 = 3_599;

/// The window of the directory write budget (`graph-api.md 7.1`).
const WRITE_WINDOW: Duration = Duration::from_secs(150);

/// The window of the directory's resource units.
const UNIT_WINDOW: Duration = Duration::from_secs(10);

/// The window of the Teams administration.
const TEAMS_WINDOW: Duration = Duration::from_secs(1);

/// What happens to a request before it is understood.
#[derive(Clone)]
pub(crate) struct Gate {
    chance: Chance,
    throttle_permille: u32,
    opaque_tokens: bool,
    /// Application and tenant, as they stand in the scope of a 429.
    scope: String,
    tokens: BTreeMap<String, Grant>,
    issued: u64,
    requests: u64,
    writes: Budget,
    units: Budget,
    teams: Budget,
    pub(crate) counts: Counts,
}

/// What a token allows.
#[derive(Clone)]
struct Grant {
    expires: Time,
    roles: BTreeSet<String>,
}

impl Gate {
    pub(crate) fn new(chance: Chance, options: &Options) -> Self {
        Self {
            chance,
            throttle_permille: options.throttle_permille,
            opaque_tokens: options.opaque_tokens,
            scope: format!("{}/{}", options.client_id, options.tenant_id),
            tokens: BTreeMap::new(),
            issued: 0,
            requests: 0,
            writes: Budget::new(options.write_budget, WRITE_WINDOW),
            units: Budget::new(options.unit_budget, UNIT_WINDOW),
            teams: Budget::new(options.teams_budget, TEAMS_WINDOW),
            counts: Counts::default(),
        }
    }

    pub(crate) fn set_throttling(&mut self, permille: u32) {
        self.throttle_permille = permille;
    }

    /// The number of this request.
    pub(crate) fn enter(&mut self) -> u64 {
        self.requests += 1;
        self.requests
    }

    /// Counts a request of this kind.
    pub(crate) fn count(&mut self, kind: &'static str) {
        *self.counts.requests.entry(kind).or_default() += 1;
    }

    /// A new token with these permissions.
    pub(crate) fn issue(&mut self, now: Time, roles: BTreeSet<String>) -> String {
        self.tokens.retain(|_, grant| grant.expires > now);
        self.issued += 1;
        let token = self.text(now, &roles);
        self.tokens.insert(
            token.clone(),
            Grant {
                expires: now + Duration::from_secs(TOKEN_SECONDS),
                roles,
            },
        );
        token
    }

    /// A token as Microsoft writes it: claims that can be read, and a signature that nobody but Graph checks.
    fn text(&self, now: Time, roles: &BTreeSet<String>) -> String {
        let seconds = now.millis() / 1_000;
        let claims = json!({
            "aud": "https://graph.microsoft.com", "iat": seconds, "nbf": seconds, "exp": seconds + TOKEN_SECONDS as i64,
            "idtyp": "app", "roles": roles, "ver": "1.0",
        });
        let opaque = self
            .chance
            .opaque(64, "token", &format!("{}.{}", now.millis(), self.issued));
        if self.opaque_tokens {
            return opaque;
        }
        let header = json!({"typ": "JWT", "alg": "RS256", "kid": "local"});
        let [header, claims] = [header, claims].map(|part| base64::encode(part.to_string()));
        format!("{header}.{claims}.{opaque}")
    }

    /// Every token issued so far is unknown from now on.
    pub(crate) fn forget_tokens(&mut self) {
        self.tokens.clear();
    }

    /// The permissions of whoever asks.
    ///
    /// # Errors
    /// 401 without a token, with an unknown or with an expired one.
    pub(crate) fn authenticate(
        &self,
        authorization: Option<&str>,
        now: Time,
    ) -> Result<&BTreeSet<String>, Refusal> {
        let message = match authorization.and_then(|header| header.strip_prefix("Bearer ")) {
            None | Some("") => "Access token is empty.",
            Some(token) => match self.tokens.get(token) {
                Some(grant) if grant.expires > now => return Ok(&grant.roles),
                Some(_) => "Lifetime validation failed, the token is expired.",
                None => "Access token validation failure.",
            },
        };
        let refusal = Refusal::new(
            StatusCode::UNAUTHORIZED,
            "InvalidAuthenticationToken",
            message,
        );
        Err(refusal.with_header("www-authenticate", "Bearer realm=\"\"".into()))
    }

    /// Refuses its seeded share of requests.
    ///
    /// # Errors
    /// 429 with a fractional `Retry-After`.
    pub(crate) fn mood(&mut self, request: u64) -> Result<(), Refusal> {
        if !self
            .chance
            .happens(self.throttle_permille, "throttle", "", request)
        {
            return Ok(());
        }
        let wait = self.chance.span(
            Duration::from_millis(500),
            Duration::from_secs(5),
            "retry after",
            "",
            request,
        );
        Err(self.throttled(wait, "CPULimitExceeded"))
    }

    /// Counts a directory write; answers the share of the budget now used.
    ///
    /// # Errors
    /// 429 when the budget of the last 150 s is spent.
    pub(crate) fn spend_write(&mut self, now: Time) -> Result<f64, Refusal> {
        self.counts.directory_writes += 1;
        match self.writes.spend(now, 1) {
            Spent::Fits(share) => Ok(share),
            Spent::Over(wait) => Err(self.throttled(wait, "WriteLimitExceeded")),
        }
    }

    /// Counts resource units of the directory; answers the share of the budget now used.
    ///
    /// # Errors
    /// 429 when the budget of the last 10 s is spent.
    pub(crate) fn spend_units(&mut self, now: Time, units: u32) -> Result<f64, Refusal> {
        self.counts.resource_units += u64::from(units);
        match self.units.spend(now, units) {
            Spent::Fits(share) => Ok(share),
            Spent::Over(wait) => Err(self.throttled(wait, "ResourceUnitLimitExceeded")),
        }
    }

    /// Counts a request to the Teams administration; answers the share of the budget now used.
    ///
    /// # Errors
    /// 429 when the budget of the last second is spent.
    pub(crate) fn spend_teams(&mut self, now: Time) -> Result<f64, Refusal> {
        self.counts.teams_requests += 1;
        match self.teams.spend(now, 1) {
            Spent::Fits(share) => Ok(share),
            Spent::Over(wait) => Err(self.throttled(wait, "CPULimitExceeded")),
        }
    }

    fn throttled(&mut self, wait: Duration, why: &str) -> Refusal {
        self.counts.throttled += 1;
        let scope = format!(
            "Application/{}/{}",
            why.trim_end_matches("Exceeded"),
            self.scope
        );
        Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            "TooManyRequests",
            "Too many requests.",
        )
        .with_header("retry-after", format!("{:.3}", wait.as_secs_f64()))
        .with_header("x-ms-throttle-scope", scope)
        .with_header("x-ms-throttle-information", why.into())
    }
}
