//! The embedded cloud on a socket, for functions in processes of their own: the services of AWS, and the Runtime API of Lambda.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures::FutureExt;
use http_body_util::BodyExt;
use serde_json::Value;
use shared::model::time::Time;
use tokio::sync::{mpsc, oneshot};

use crate::cloud::Cloud;
use crate::lambda::{Failure, Handler};

/// Every service of a cloud; the endpoint that `AWS_ENDPOINT_URL` names.
pub fn aws(cloud: &Cloud) -> Router {
    Router::new().fallback(carry).with_state(cloud.connector())
}

async fn carry(State(wire): State<SharedHttpConnector>, request: Request<Body>) -> Response {
    match carried(&wire, request).await {
        Ok(answer) => answer,
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

async fn carried(wire: &SharedHttpConnector, request: Request<Body>) -> Result<Response, Failure> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let request = HttpRequest::try_from(Request::from_parts(head, SdkBody::from(body)))?;
    let answer = wire.call(request).await?;
    Ok(answer.try_into_http1x()?.map(Body::new).into_response())
}

/// An invocation that waits for its process.
struct Invocation {
    event: Value,
    deadline: Time,
    answer: oneshot::Sender<Result<Value, Failure>>,
}

/// Lambda's side of a function that runs as a process of its own.
pub struct Process {
    waiting: mpsc::UnboundedSender<Invocation>,
    api: Arc<Api>,
}

/// How many were begun, and who waits for those that are not over.
type Running = (
    u64,
    BTreeMap<String, oneshot::Sender<Result<Value, Failure>>>,
);

struct Api {
    next: tokio::sync::Mutex<mpsc::UnboundedReceiver<Invocation>>,
    running: Mutex<Running>,
}

impl Default for Process {
    fn default() -> Self {
        let (waiting, next) = mpsc::unbounded_channel();
        let api = Arc::new(Api {
            next: tokio::sync::Mutex::new(next),
            running: Mutex::default(),
        });
        Self { waiting, api }
    }
}

impl Process {
    /// A handler whose invocations the process carries out, one after the other.
    pub fn handler(&self) -> Handler {
        let waiting = self.waiting.clone();
        Arc::new(move |event, deadline| {
            let (answer, answered) = oneshot::channel();
            let invocation = Invocation {
                event,
                deadline,
                answer,
            };
            let is_sent = waiting.send(invocation).is_ok();
            async move {
                if !is_sent {
                    return Err("there is no process".into());
                }
                answered.await?
            }
            .boxed()
        })
    }

    /// What `AWS_LAMBDA_RUNTIME_API` names.
    pub fn runtime_api(&self) -> Router {
        const INVOCATION: &str = "/2018-06-01/runtime/invocation";
        Router::new()
            .route(&format!("{INVOCATION}/next"), get(next))
            .route(&format!("{INVOCATION}/{{id}}/response"), post(answered))
            .route(&format!("{INVOCATION}/{{id}}/error"), post(failed))
            .with_state(Arc::clone(&self.api))
    }
}

async fn next(State(api): State<Arc<Api>>) -> Response {
    let Some(invocation) = api.next.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let id = {
        let mut running = api.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.0 += 1;
        let id = format!("00000000-0000-4000-8000-{:012}", running.0);
        running.1.insert(id.clone(), invocation.answer);
        id
    };
    let deadline = invocation.deadline.millis().to_string();
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:process".to_owned();
    let headers = [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline),
        ("lambda-runtime-invoked-function-arn", arn),
    ];
    (headers, invocation.event.to_string()).into_response()
}

impl Api {
    fn end(&self, id: &str, outcome: Result<Value, Failure>) -> StatusCode {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match running.1.remove(id) {
            // Whoever waited may have given up.
            Some(answer) => answer
                .send(outcome)
                .map_or(StatusCode::GONE, |()| StatusCode::ACCEPTED),
            None => StatusCode::NOT_FOUND,
        }
    }
}

async fn answered(State(api): State<Arc<Api>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    api.end(&id, serde_json::from_slice(&body).map_err(Into::into))
}

async fn failed(State(api): State<Arc<Api>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    let why = String::from_utf8_lossy(&body).into_owned();
    api.end(&id, Err(why.into()))
}
