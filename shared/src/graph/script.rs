//! Tests only: a Microsoft that answers by a closure and remembers what it was sent.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use tower::service_fn;

use super::token::Connection;
use super::{Graph, Http, Secret, TransportError};
use crate::clock::Clock;
use crate::model::time::Time;

/// An id that a person may have.
pub(super) const ADELE: &str = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
/// The secret that must show nowhere.
pub(super) const CANARY: &str = "c4nary/secret";

/// What a scripted Microsoft does with a request to Graph.
pub(super) type Outcome = Result<Response<Bytes>, TransportError>;

/// What was sent, tokens included.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<Request<String>>>>);

impl Log {
    /// `METHOD path?query` of every request to Graph.
    pub(super) fn graph(&self) -> Vec<String> {
        self.requests("graph.example", |request| {
            format!(
                "{} {}",
                request.method(),
                request.uri().path_and_query().unwrap()
            )
        })
    }

    /// The body of every request for a token.
    pub(super) fn tokens(&self) -> Vec<String> {
        self.requests("login.example", |request| request.body().clone())
    }

    /// A header of every request to Graph.
    pub(super) fn headers(&self, name: &str) -> Vec<String> {
        let text = |request: &Request<String>| {
            request
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        self.requests("graph.example", |request| text(request).unwrap_or_default())
    }

    /// The body of every request to Graph.
    pub(super) fn bodies(&self) -> Vec<Value> {
        self.requests("graph.example", |request| {
            serde_json::from_str(request.body()).unwrap_or_default()
        })
    }

    fn requests<T>(&self, host: &str, what: impl Fn(&Request<String>) -> T) -> Vec<T> {
        let all = self.0.lock().unwrap();
        all.iter()
            .filter(|request| request.uri().host() == Some(host))
            .map(what)
            .collect()
    }
}

/// A client of a Microsoft whose Graph answers by `answer`, told how many requests to Graph came before. Its token endpoint
/// grants `token-1`, `token-2`, … for an hour each.
pub(super) fn graph(answer: impl Fn(usize) -> Outcome + Send + Sync + 'static) -> (Graph, Log) {
    let log = Log::default();
    let heard = log.clone();
    let answer = Arc::new(answer);
    let http = Http::new(service_fn(move |request: Request<Bytes>| {
        let (heard, answer) = (heard.clone(), answer.clone());
        async move {
            let to_graph = request.uri().host() == Some("graph.example");
            let before = heard.graph().len();
            heard
                .0
                .lock()
                .unwrap()
                .push(request.map(|body| String::from_utf8(body.to_vec()).unwrap()));
            if to_graph {
                return answer(before);
            }
            let token = format!("token-{}", heard.tokens().len());
            Ok(reply(
                200,
                &json!({"token_type": "Bearer", "expires_in": 3599, "access_token": token}),
            ))
        }
    }));
    let connection = Connection {
        tenant: "contoso.example".to_owned(),
        client: "app".to_owned(),
        secret: Secret::new(CANARY),
        authority: "https://login.example".to_owned(),
        graph: "https://graph.example".to_owned(),
    };
    let select = ["displayName", "accountEnabled"].map(str::to_owned);
    let clock = Clock::steered(Time::from_millis(0), 1);
    (
        Graph::new(http, clock, &connection, &select, 0xA0).unwrap(),
        log,
    )
}

/// An answer with a JSON body.
pub(super) fn reply(status: u16, body: &Value) -> Response<Bytes> {
    Response::builder()
        .status(status)
        .header("request-id", "ms-1")
        .body(Bytes::from(body.to_string()))
        .unwrap()
}

/// An answer that is an error of Graph.
pub(super) fn refuse(status: u16, code: &str, message: &str) -> Outcome {
    Ok(reply(
        status,
        &json!({"error": {"code": code, "message": message}}),
    ))
}
