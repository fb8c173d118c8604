//! The API as its callers meet it, in front of a whole installation in this process.
//!
//! | file | holds |
//! |---|---|
//! | `tokens` | who is nobody |
//! | `roles` | who may do what, where |
//! | `resources` | what is answered |
//! | `tenants` | how a tenant is connected, how much is done for it, what waits for a yes |
//! | `change_sets` | what waits for a yes, and who may say it |
//! | `configuration` | what is written down, as one document |
//! | `files` | orders for many people |
//! | `log` | jobs, listed, taken back and done again |
//! | `once` | an order that comes twice |
//! | `staging` | who is staged, looked at, taken back |
//! | `schedules` | what is done by itself |
//! | `description` | the description file |
//! | `fuzz` | requests made up from the description |
//! | `gateway` | how Lambda is called |

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use local::contoso::{self, Employee};
use local::demo::{Setting, Stage};
use local::installation::Schedules;
use local::issuer::Issuer;
use serde_json::Value;
use shared::model::access::Role;
use shared::model::tenant::TenantId;
use tower::ServiceExt;

use crate::{Verifier, router};

mod change_sets;
mod configuration;
mod departures;
mod description;
mod explanation;
mod files;
mod fuzz;
mod gateway;
mod log;
mod numbers;
mod once;
mod places;
mod resources;
mod roles;
mod rules;
mod safety;
mod schedules;
mod staging;
mod template;
mod tenants;
mod tokens;

/// The tenant of the tests.
const TENANT: &str = "/v1/tenants/contoso";

/// An installation, the API before it, and who signs its tokens.
struct House {
    stage: Stage,
    issuer: Issuer,
    router: Router,
}

/// An answer.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl House {
    /// With some people of Contoso; no schedule looks at the staged.
    async fn of(employees: Vec<Employee>) -> Self {
        let mut setting = Setting::demo(employees, 1);
        setting.schedules = Schedules {
            staging: None,
            ..Schedules::default()
        };
        let stage = Stage::set(setting).await.unwrap();
        let issuer = Issuer::new().unwrap();
        let verifier = Verifier::new(Issuer::access(), issuer.documents(), stage.clock);
        let shell = Arc::new(stage.installation.shell());
        Self {
            router: router(shell, Arc::new(verifier)),
            issuer,
            stage,
        }
    }

    fn token(&self, role: Role) -> String {
        let tenant = TenantId::parse("contoso").unwrap();
        self.issuer
            .token(role, &tenant, self.stage.clock.now())
            .unwrap()
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let (head, body) = self
            .router
            .clone()
            .oneshot(request)
            .await
            .unwrap()
            .into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: head.status,
            headers: head.headers,
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path)
            .header(
                "authorization",
                format!("Bearer {}", self.token(Role::Viewer)),
            )
            .body(Body::empty());
        self.send(request.unwrap()).await
    }

    async fn post(&self, path: &str, body: &str) -> Answer {
        let request = Request::post(path)
            .header(
                "authorization",
                format!("Bearer {}", self.token(Role::Operator)),
            )
            .header("content-type", "application/json")
            .body(Body::from(body.to_owned()));
        self.send(request.unwrap()).await
    }

    async fn put(&self, path: &str, body: &str) -> Answer {
        let request = Request::put(path)
            .header(
                "authorization",
                format!("Bearer {}", self.token(Role::Administrator)),
            )
            .header("content-type", "application/json")
            .body(Body::from(body.to_owned()));
        self.send(request.unwrap()).await
    }

    async fn ask_as(&self, role: Role, method: &str, path: &str, body: &Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.token(role)))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()));
        self.send(request.unwrap()).await
    }

    async fn delete(&self, path: &str) -> Answer {
        let request = Request::delete(path)
            .header(
                "authorization",
                format!("Bearer {}", self.token(Role::Operator)),
            )
            .body(Body::empty());
        self.send(request.unwrap()).await
    }

    /// Requests to the table so far.
    fn table_requests(&self) -> u64 {
        self.stage
            .installation
            .cloud
            .counts()
            .dynamodb
            .total()
            .requests
    }

    /// The functions run beside a story, and no longer.
    async fn beside<T>(&self, story: impl Future<Output = T>) -> T {
        tokio::select! {
            biased;
            told = story => told,
            () = self.stage.installation.run() => unreachable!("the functions never end"),
        }
    }
}

impl Answer {
    fn detail(&self) -> &str {
        self.body["detail"].as_str().unwrap_or_default()
    }

    /// A problem as RFC 9457 says it.
    fn is_problem(&self, status: u16, kind: &str) -> bool {
        self.headers["content-type"] == "application/problem+json"
            && self.status.as_u16() == status
            && self.body["status"] == status
            && self.body["type"] == format!("urn:rollcall:problem:{kind}")
            && self.body["title"].is_string()
            && !self.detail().is_empty()
    }
}

/// Somebody of Contoso.
fn people(count: usize) -> Vec<Employee> {
    contoso::employees(count, 1)
}

/// Plays on the virtual clock.
fn play<T>(story: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(story)
}
