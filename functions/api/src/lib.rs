//! The HTTP API (F141): everything that a person, the console or another system may ask of Rollcall, and nothing else.
//!
//! | file | holds |
//! |---|---|
//! | `routes` | the table of routes, and a file for each resource |
//! | `gate` | who may pass: a valid token, a grant for the tenant, a role that suffices |
//! | `once` | an order that comes twice is carried out once |
//! | `auth` | what makes a token valid |
//! | `problem` | what goes wrong, as RFC 9457 says it |
//! | `wire` | what requests and answers are made of |
//! | `openapi` | the description file |
//!
//! [`router`] is the whole of it. Lambda, `rollcall up` and the tests serve the same one.

use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::HeaderValue;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use lambda_http::RequestExt;
use shared::clock::Clock;
use shared::config::{self, Access};
use shared::run::Shell;
use shared::{app, lambda};

pub mod auth;
mod gate;
mod once;
mod openapi;
mod problem;
mod routes;
mod wire;

pub use auth::Verifier;
pub use openapi::{DESCRIPTION, described};
pub use routes::{Endpoint, Least, Method, ROUTES, Route};

/// The whole API: `shell` does what is asked, `verifier` says who asks.
pub fn router(shell: Arc<Shell>, verifier: Arc<Verifier>) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        let mut served = routes::serve(route);
        if route.method == Method::Post && matches!(route.least, Least::Role(_)) {
            served = served.route_layer(from_fn_with_state(Arc::clone(&shell), once::once));
        }
        let guarded = match gate::Gate::of(route, &verifier, &shell) {
            Some(gate) => served.route_layer(from_fn_with_state(gate, gate::check)),
            None => served,
        };
        let is_long = matches!(
            route.endpoint,
            Endpoint::ImportNumbers
                | Endpoint::SaveRules
                | Endpoint::TryRules
                | Endpoint::PlanConfiguration
                | Endpoint::ApplyConfiguration
                | Endpoint::GiveInFile
        );
        let guarded = if is_long {
            guarded.layer(DefaultBodyLimit::max(config::LARGEST_FILE))
        } else {
            guarded
        };
        router = router.route(route.path, guarded);
    }
    router
        .fallback(problem::no_route)
        .method_not_allowed_fallback(problem::no_method)
        .layer(DefaultBodyLimit::max(config::LARGEST_BODY))
        .layer(from_fn(correlate))
        .with_state(shell)
}

/// Says by which id the log knows this request.
async fn correlate(request: Request, next: Next) -> Response {
    let context = request.lambda_context_ref();
    let id = context.and_then(|context| HeaderValue::from_str(&context.request_id).ok());
    let mut answer = next.run(request).await;
    if let Some(id) = id {
        answer.headers_mut().insert("x-correlation-id", id);
    }
    answer
}

/// Runs the function until Lambda ends it.
pub async fn serve() -> ExitCode {
    let http = app::network();
    let shell = match lambda::start(http.clone()) {
        Ok(shell) => Arc::new(shell),
        Err(code) => return code,
    };
    let access = match Access::from_env() {
        Ok(access) => access,
        Err(problems) => return lambda::misconfigured(problems),
    };
    let verifier = Verifier::new(access, app::documents(http), Clock::system());
    match lambda_http::run(router(shell, Arc::new(verifier))).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests;
