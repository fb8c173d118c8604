//! A simulated Microsoft 365 tenant: the part of Graph v1.0 that Rollcall speaks, token endpoint included
//! (`graph-api.md 13`). It lags, repeats, throttles and refuses as Microsoft does, each time in the same way for the same seed.
//!
//! ```text
//! wire/       in and out: requests, batches, filters, the map of endpoints, tokens, throttling, how refusals are spelt
//! directory/  /users, /groups, /subscribedSkus
//! teams/      /admin/teams
//! state/      what the tenant holds, what of it readers are shown, its SQLite file
//! control     the other side: adds people, moves licences by hand
//! insight     what really is, what was done, what was asked
//! ```

mod chance;
mod control;
mod directory;
mod insight;
mod options;
mod state;
mod teams;
#[cfg(test)]
mod tests;
mod wire;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Body as HttpBody;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{StatusCode, header};
use shared::clock::Clock;
use shared::error::Result;
use shared::graph::{Http, TransportError};
use tower::service_fn;

pub use control::{NewGroup, NewNumber, NewPerson};
pub use options::{Certificate, Options};
pub use state::group::GroupKind;
pub use state::order::OrderFate;
pub use state::record::{Counts, Recorded, Truth};

use state::disk::Disk;
use state::world::World;
use wire::answer::{Answer, Body};
use wire::request::{Query, Request};

/// The longest body that is read; Graph takes 4 MB.
const LONGEST_BODY: usize = 4 * 1024 * 1024;

/// The tenant. Copies are the same tenant.
#[derive(Clone)]
pub struct Microsoft {
    world: Arc<Mutex<World>>,
}

impl Microsoft {
    /// An empty tenant that is forgotten with the process.
    pub fn in_memory(options: Options, clock: Clock) -> Self {
        Self {
            world: Arc::new(Mutex::new(World::new(options, clock))),
        }
    }

    /// The tenant in a SQLite file, which is made if it is not there. A write is answered only after it is stored.
    ///
    /// # Errors
    /// If the file cannot be opened, or holds what this version cannot read.
    pub fn open(path: &Path, options: Options, clock: Clock) -> Result<Self> {
        let mut world = World::new(options, clock);
        world.restore(Disk::open(path)?)?;
        Ok(Self {
            world: Arc::new(Mutex::new(world)),
        })
    }

    /// Another tenant that is as this one is now, in memory, by another clock.
    pub fn copy(&self, clock: Clock) -> Self {
        let world = self.lock().copy(clock);
        Self {
            world: Arc::new(Mutex::new(world)),
        }
    }

    /// The token endpoint, Graph and the control side under one base URL.
    pub fn router(&self) -> Router {
        control::wire::router()
            .fallback(serve)
            .with_state(self.clone())
    }

    /// The same as the HTTP service under the Graph client: no socket, the answer is there at once.
    pub fn http(&self) -> Http {
        let tenant = self.clone();
        Http::new(service_fn(move |request: http::Request<Bytes>| {
            let (parts, body) = request.into_parts();
            let answer = respond(tenant.answer(&read(parts, body)));
            async move { Ok::<_, TransportError>(answer) }
        }))
    }

    fn answer(&self, request: &Request) -> Answer {
        let mut world = self.lock();
        let answer = world.answer(request);
        match world.store() {
            Ok(()) => answer,
            Err(error) => {
                tracing::error!(%error, "the simulated tenant cannot store a change");
                Answer::bare(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "serviceNotAvailable",
                    "The service is unavailable. Please try again.",
                )
            }
        }
    }

    /// The tenant, with everything done that was due by now.
    fn lock(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.settle();
        world
    }
}

async fn serve(State(tenant): State<Microsoft>, request: axum::extract::Request) -> Response {
    let (parts, body) = request.into_parts();
    let answer = match axum::body::to_bytes(body, LONGEST_BODY).await {
        Ok(body) => tenant.answer(&read(parts, body)),
        Err(_) => Answer::bare(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            "The request is too large.",
        ),
    };
    respond(answer).map(HttpBody::from)
}

fn read(parts: http::request::Parts, body: Bytes) -> Request {
    Request {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: Query::parse(parts.uri.query().unwrap_or_default()),
        headers: parts.headers,
        body,
    }
}

fn respond(answer: Answer) -> http::Response<Bytes> {
    let (kind, body) = match answer.body {
        Body::Empty => (None, Bytes::new()),
        Body::Text(text) => (Some("text/plain"), Bytes::from(text)),
        Body::Json(value) => (
            Some("application/json;odata.metadata=minimal;charset=utf-8"),
            Bytes::from(value.to_string()),
        ),
    };
    let mut response = http::Response::new(body);
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    kind.map(|kind| headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind)));
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}
