//! The simulated Microsoft 365 tenant: an HTTP service that speaks the subset of Graph v1.0 in `graph-api.md`, token endpoint
//! included, and behaves as the real one does: late, stale, short of seats, throttled.
//!
//! | file | holds |
//! |---|---|
//! | `world` | the state: people, products, policies; what is true and what is shown yet |
//! | `answer` | answers and error bodies in Microsoft's shapes |
//! | `token` | the token endpoint and who may do what |
//! | `directory` | users: list, changes, one, usage location |
//! | `licences` | products and direct assignment |
//! | `teams` | Teams accounts in stages, policies |
//! | `keep` | a SQLite file: a change is answered only after it is stored |

mod answer;
mod directory;
mod keep;
mod licences;
mod teams;
mod token;
mod world;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use serde_json::{Map, Value};
use shared::clock::Clock;
use shared::error::{Error, Kind, Result};
use shared::graph::{Http, TransportError};
use tower::service_fn;

use self::answer::{Answer, error};
use self::keep::Keep;
pub use self::world::{Counts, Recorded, TEAMS1, Truth};
use self::world::{Deleted, Product, World};

/// How the tenant behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Base URL under which it is reached; every link it gives begins with it.
    pub base_url: String,
    /// Its Entra tenant id.
    pub directory: String,
    /// The one application it knows.
    pub client: String,
    /// That application's secret.
    pub secret: String,
    /// The permissions an administrator consented to.
    pub roles: BTreeSet<String>,
    /// Where all chance comes from.
    pub seed: u64,
    /// From a licence to an eligible Teams account: least and most (`graph-api.md 10`: minutes to hours, up to 24 h official).
    pub readiness: (Duration, Duration),
    /// Reads may show somebody as they were so long after a change.
    pub staleness: Duration,
    /// Assigned policies show so long after, at most.
    pub policy_delay: Duration,
    /// The licence service learns of a usage location so long after, at most.
    pub location_lag: Duration,
    /// So many requests in a thousand are answered 429 for no reason we know.
    pub throttle_permille: u64,
}

/// The permissions of the provisioning level (`graph-api.md 12`) as far as the endpoints here need them.
pub const ROLES: [&str; 6] = [
    "User.Read.All",
    "User.ReadWrite.All",
    "LicenseAssignment.Read.All",
    "LicenseAssignment.ReadWrite.All",
    "TeamsUserConfiguration.Read.All",
    "TeamsPolicyUserAssign.ReadWrite.All",
];

impl Default for Options {
    fn default() -> Self {
        Self {
            base_url: "http://graph.contoso.local".to_owned(),
            directory: "3ee94420-e0a8-4e3b-8b94-2b3b4c1c9f11".to_owned(),
            client: "0a1b2c3d-0000-4000-8000-0123456789ab".to_owned(),
            secret: "contoso-secret".to_owned(),
            roles: ROLES.iter().map(|role| (*role).to_owned()).collect(),
            seed: 1,
            readiness: (Duration::from_secs(600), Duration::from_secs(6 * 3_600)),
            staleness: Duration::from_secs(40),
            policy_delay: Duration::from_secs(180),
            location_lag: Duration::from_secs(90),
            throttle_permille: 5,
        }
    }
}

/// The tenant. Clones are the same one.
#[derive(Clone)]
pub struct Microsoft {
    world: Arc<Mutex<World>>,
}

/// Somebody new in the directory.
#[derive(Clone, Debug, Default)]
pub struct NewPerson {
    /// Entra object id.
    pub id: String,
    /// Properties by their names in Graph, `accountEnabled` and `userType` among them.
    pub properties: Map<String, Value>,
}

impl Microsoft {
    /// A tenant in memory, empty.
    pub fn in_memory(options: Options, clock: Clock) -> Self {
        Self { world: Arc::new(Mutex::new(World::new(options, clock, None))) }
    }

    /// A tenant kept in a SQLite file, as it was left.
    ///
    /// # Errors
    /// `Unavailable` if the file cannot be opened or read.
    pub fn open(path: &Path, options: Options, clock: Clock) -> Result<Self> {
        let keep = Keep::open(path)?;
        let kept = keep.read()?;
        let mut world = World::new(options, clock, Some(keep));
        world.restore(kept)?;
        Ok(Self { world: Arc::new(Mutex::new(world)) })
    }

    /// The tenant as the HTTP service under the Graph client: no socket, the answer is there at once.
    pub fn http(&self) -> Http {
        let tenant = self.clone();
        Http::new(service_fn(move |request: Request<Bytes>| {
            let answer = tenant.answer(&request);
            async move { Ok::<_, TransportError>(answer) }
        }))
    }

    /// The tenant as a router, to be served on a socket.
    pub fn router(&self) -> Router {
        let tenant = self.clone();
        Router::new().fallback(move |request: Request<Body>| {
            let tenant = tenant.clone();
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
                tenant.answer(&Request::from_parts(head, body)).map(Body::from)
            }
        })
    }

    /// Answers one request.
    pub fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let mut world = self.world();
        let path = request.uri().path().to_owned();
        let query = request.uri().query().unwrap_or_default();
        let call = Call {
            method: request.method().clone(),
            path: &path,
            query: answer::query(query),
            prefer: header(request, "prefer"),
            consistency: header(request, "consistencylevel"),
            body: request.body(),
        };
        let answer = if path.ends_with("/oauth2/v2.0/token") {
            world.token(&call)
        } else {
            world.graph(&call, header(request, "authorization"))
        };
        answer.into_response(world.next_request_id())
    }

    /// Adds somebody to the directory; nothing happens if the id is known.
    pub fn add_person(&self, new: NewPerson) {
        self.world().add_person(new);
    }

    /// Sets or clears a property, as an administrator or the HR system would.
    pub fn set_property(&self, id: &str, name: &str, value: Option<Value>) {
        self.world().change(id, |person| {
            match value {
                Some(value) => person.properties.insert(name.to_owned(), value),
                None => person.properties.remove(name),
            };
        });
    }

    /// Deletes somebody, restorable or for good.
    pub fn delete_person(&self, id: &str, soft: bool) {
        let deleted = if soft { Deleted::Soft } else { Deleted::Hard };
        self.world().delete(id, deleted);
    }

    /// Adds a product with so many seats and these service plans.
    pub fn add_product(&self, sku: &str, name: &str, seats: u32, plans: &[&str]) {
        self.world().add_product(Product {
            sku: sku.to_owned(),
            name: name.to_owned(),
            enabled: seats,
            plans: plans.iter().map(|plan| (*plan).to_owned()).collect(),
        });
    }

    /// Buys or returns seats.
    pub fn set_seats(&self, sku: &str, seats: u32) {
        self.world().set_seats(sku, seats);
    }

    /// Adds a Teams policy that can be assigned.
    pub fn add_policy(&self, policy_type: &str, name: &str) {
        self.world().add_policy(policy_type, name);
    }

    /// Assigns or (`None`) removes a policy by hand, visible at once.
    pub fn set_policy_by_hand(&self, id: &str, policy_type: &str, name: Option<&str>) {
        self.world().set_policy_by_hand(id, policy_type, name);
    }

    /// Gives somebody a licence through a group.
    pub fn give_group_licence(&self, id: &str, sku: &str, group: &str) {
        self.world().give_group_licence(id, sku, group);
    }

    /// Protects an account: every change of it is refused with 403.
    pub fn protect(&self, id: &str) {
        self.world().change(id, |person| person.protected = true);
    }

    /// What the administrator consents to from now on; tokens issued before keep what they had.
    pub fn set_roles(&self, roles: &[&str]) {
        self.world().options.roles = roles.iter().map(|role| (*role).to_owned()).collect();
    }

    /// Another secret, and all tokens are void.
    pub fn set_secret(&self, secret: &str) {
        let mut world = self.world();
        world.options.secret = secret.to_owned();
        world.void_tokens();
    }

    /// What really is, whatever is shown yet.
    pub fn truth(&self, id: &str) -> Option<Truth> {
        self.world().truth(id)
    }

    /// Everybody's id, the deleted included.
    pub fn people(&self) -> Vec<String> {
        self.world().people.keys().cloned().collect()
    }

    /// Seats of each product: bought, taken.
    pub fn seats(&self) -> BTreeMap<String, (u32, u32)> {
        self.world().seats()
    }

    /// Every change that came in over the wire, oldest first.
    pub fn history(&self) -> Vec<Recorded> {
        self.world().history.clone()
    }

    /// What was asked so far.
    pub fn counts(&self) -> Counts {
        self.world().counts.clone()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Microsoft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Microsoft")
    }
}

/// One request as the handlers see it.
struct Call<'a> {
    method: Method,
    path: &'a str,
    query: BTreeMap<String, String>,
    prefer: &'a str,
    consistency: &'a str,
    body: &'a Bytes,
}

impl Call<'_> {
    fn json(&self) -> std::result::Result<Value, Answer> {
        serde_json::from_slice(self.body).map_err(|_| error(400, "Request_BadRequest", "The request body is not valid JSON."))
    }
}

impl World {
    /// A request to Graph: identity, limits, then the endpoint.
    fn graph(&mut self, call: &Call<'_>, authorization: &str) -> Answer {
        let Some(roles) = self.roles_of(authorization) else {
            return error(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.");
        };
        let is_teams = call.path.starts_with("/v1.0/admin/teams");
        let writes = call.method != Method::GET;
        if let Some(answer) = self.throttle(writes && !is_teams) {
            return answer;
        }
        let Some(path) = call.path.strip_prefix("/v1.0/") else {
            return error(400, "BadRequest", "Invalid version");
        };
        let answer = match path.split_once("admin/teams/") {
            Some(("", rest)) => self.teams(call, rest, &roles),
            _ => self.directory(call, path, &roles),
        };
        self.counts.count(path, writes, is_teams);
        answer
    }
}

fn header<'a>(request: &'a Request<Bytes>, name: &str) -> &'a str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A failure of the file, in the words of the house.
fn broken(what: &str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(Kind::Unavailable, format!("the simulated tenant: {what}")).with_source(source)
}
