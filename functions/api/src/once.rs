//! `Idempotency-Key`: an order that comes twice with the same key is carried out once, and answered the same (F144).

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use shared::config;
use shared::model::tenant::TenantId;
use shared::run::Shell;
use shared::run::once::{self, Answered, Arrived};

use crate::auth::Caller;
use crate::problem::{Problem, What};

/// The header with the caller's key.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer is the one that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The longest key.
const LONGEST: usize = 128;
/// An answer that is longer is not kept whole: the row has 400 KB.
const LONGEST_ANSWER: usize = 300_000;

/// Stands behind the gate, before what carries orders out.
pub async fn once(State(shell): State<Arc<Shell>>, request: Request, next: Next) -> Response {
    match handled(&shell, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn handled(shell: &Shell, request: Request, next: Next) -> Result<Response, Problem> {
    let Some(key) = request.headers().get(KEY).cloned() else {
        return Ok(next.run(request).await);
    };
    let key = key.to_str().unwrap_or_default().to_owned();
    if key.is_empty() || key.len() > LONGEST {
        let sentence = format!("Idempotency-Key has 1 to {LONGEST} letters, digits and signs");
        return Err(Problem::invalid("Idempotency-Key", sentence));
    }
    let extensions = request.extensions();
    let (Some(tenant), Some(caller)) = (
        extensions.get::<TenantId>().cloned(),
        extensions.get::<Caller>().cloned(),
    ) else {
        return Ok(next.run(request).await);
    };
    let (head, body) = request.into_parts();
    let body = to_bytes(body, config::LARGEST_FILE)
        .await
        .map_err(|_| Problem::new(What::TooLarge, "the body is too large, or was cut off"))?;
    let uri = head.uri.to_string();
    let order = [head.method.as_str().as_bytes(), uri.as_bytes(), &body];
    let arrived = once::arrived(shell, &tenant, &caller.subject, &key, &order).await?;
    let begun = match arrived {
        Arrived::New(begun) => begun,
        Arrived::Again(answer) => return again(answer),
        Arrived::Running => {
            let sentence = "this order is being carried out: ask again in a moment";
            return Err(Problem::new(What::Conflict, sentence));
        }
        Arrived::Other => {
            let sentence = "this key was used for another order: a new order needs a new one";
            return Err(Problem::invalid("Idempotency-Key", sentence));
        }
    };
    let response = next.run(Request::from_parts(head, Body::from(body))).await;
    let (head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&body).into_owned();
    // Nothing was changed: it may be tried again with the same key.
    let is_over = head.status != StatusCode::SERVICE_UNAVAILABLE && text.len() <= LONGEST_ANSWER;
    let headers = [CONTENT_TYPE, LOCATION, ETAG]
        .into_iter()
        .filter_map(|name| {
            let value = head.headers.get(&name)?.to_str().ok()?;
            Some((name.to_string(), value.to_owned()))
        });
    let answer = Answered {
        status: head.status.as_u16(),
        headers: headers.collect(),
        body: text,
    };
    let answer = is_over.then_some(answer);
    if let Err(error) = once::ended(shell, &tenant, begun, answer).await {
        // It was done; only a repetition would be told to wait.
        tracing::error!(%error, "the answer to an order was not kept");
    }
    Ok(Response::from_parts(head, Body::from(body)))
}

fn again(answer: Answered) -> Result<Response, Problem> {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, answer.body).into_response();
    let headers = response.headers_mut();
    headers.remove(CONTENT_TYPE);
    for (name, value) in answer.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}
