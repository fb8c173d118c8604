//! The SDK's way out: one HTTP client that answers from the engines in this process, by the `x-amz-target` of a request.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use crate::dynamodb::Table;
use crate::fate::{self, Instead, Outside, Refusal, Service};
use crate::iam;
use crate::scheduler::Scheduler;
use crate::secrets::Secrets;
use crate::sqs::Sqs;

/// An answer of one of the engines, before it becomes HTTP.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON document.
    pub body: Value,
}

impl Answer {
    /// Status 200.
    pub fn ok(body: Value) -> Self {
        Self { status: 200, body }
    }

    /// A refusal with the code that the SDK branches on.
    pub fn error(status: u16, code: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            status,
            body: json!({"__type": code, "message": message}),
        }
    }
}

/// The engines behind the wire.
#[derive(Clone, Debug)]
pub struct Engines {
    /// DynamoDB.
    pub table: Arc<Table>,
    /// SQS.
    pub sqs: Arc<Sqs>,
    /// EventBridge Scheduler.
    pub scheduler: Arc<Scheduler>,
    /// Secrets Manager.
    pub secrets: Arc<Secrets>,
}

/// An HTTP client for any AWS SDK client: no socket, no thread, everything in the caller's poll.
pub fn client(engines: Engines, outside: Outside) -> SharedHttpClient {
    let connector = connector(engines, outside);
    http_client_fn(move |_, _| connector.clone())
}

/// What carries its requests.
pub fn connector(engines: Engines, outside: Outside) -> SharedHttpConnector {
    SharedHttpConnector::new(Wire { engines, outside })
}

#[derive(Clone)]
struct Wire {
    engines: Engines,
    outside: Outside,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl Wire {
    /// Lets a write to the table take effect later.
    fn lands(&self, after: Duration, operation: &str, body: &[u8]) {
        let (engines, operation, body) =
            (self.engines.clone(), operation.to_owned(), body.to_owned());
        fate::later(self.outside.clock(), after, async move {
            engines.answer(Service::DynamoDb, &operation, &body)
        });
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let wire = self.clone();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default();
            let scheduled = target.is_empty().then(|| schedule(&request)).flatten();
            let Some((service, operation)) = scheduled
                .as_deref()
                .map(|operation| (Service::Scheduler, operation))
                .or_else(|| route(target))
            else {
                return respond(&unknown_operation(target));
            };
            // Our SDK clients always send a body that is in memory.
            let body = request.body().bytes().unwrap_or_default();
            let answer = wire
                .outside
                .pass(
                    service,
                    operation,
                    body,
                    async { Some(wire.engines.answer(service, operation, body)) },
                    |instead| {
                        if let Instead::Landing(after) = instead {
                            wire.lands(after, operation, body);
                        }
                        word(service, operation, body, instead)
                    },
                )
                .await;
            match answer {
                Some(answer) => respond(&answer),
                None => Err(ConnectorError::io("connection reset by peer".into())),
            }
        })
    }
}

impl Engines {
    fn answer(&self, service: Service, operation: &str, body: &[u8]) -> Answer {
        let request = match serde_json::from_slice(body) {
            Ok(request) => request,
            // Reading a schedule has no body.
            Err(_) if service == Service::Scheduler => Value::Null,
            Err(_) => {
                return Answer::error(400, "SerializationException", "the body is not JSON");
            }
        };
        if let Some(refusal) = iam::refusal(service, operation, &request) {
            return refusal;
        }
        match service {
            Service::DynamoDb => self.table.answer(operation, request),
            Service::Sqs => self.sqs.answer(operation, &request),
            Service::Secrets => self.secrets.answer(operation, &request),
            Service::Scheduler => {
                let (method, name) = operation.split_once(' ').unwrap_or_default();
                self.scheduler.answer(method, name, request)
            }
            Service::Microsoft => unknown_operation(operation),
        }
    }
}

/// Method and name of a request to EventBridge Scheduler, which alone has paths: `/schedules/{name}`.
fn schedule(request: &HttpRequest) -> Option<String> {
    let uri = request.uri().parse::<http::Uri>().ok()?;
    let name = uri.path().strip_prefix("/schedules/")?;
    Some(format!("{} {name}", request.method()))
}

fn route(target: &str) -> Option<(Service, &str)> {
    let (prefix, operation) = target.split_once('.')?;
    let service = match prefix {
        "DynamoDB_20120810" => Service::DynamoDb,
        "AmazonSQS" => Service::Sqs,
        "secretsmanager" => Service::Secrets,
        _ => return None,
    };
    Some((service, operation))
}

pub(crate) fn unknown_operation(operation: &str) -> Answer {
    Answer::error(
        400,
        "UnknownOperationException",
        format!("{operation} is not part of the embedded cloud"),
    )
}

/// Words an injected answer as the service would; `None` is no answer at all.
fn word(
    service: Service,
    operation: &str,
    body: &[u8],
    instead: Instead<Option<Answer>>,
) -> Option<Answer> {
    Some(match instead {
        Instead::Lost | Instead::Landing(_) => return None,
        Instead::Spoilt(_, answer) => return answer,
        Instead::Dropped => crate::sqs::sent_and_lost(operation, body),
        Instead::Conflict => crate::dynamodb::conflict(operation, body),
        Instead::Refused(Refusal::Unavailable) => {
            Answer::error(503, "ServiceUnavailable", "injected: unavailable")
        }
        Instead::Refused(Refusal::Throttled | Refusal::ThrottledFor(_)) => match service {
            Service::DynamoDb => crate::dynamodb::throttled(operation, body),
            Service::Sqs | Service::Scheduler | Service::Secrets | Service::Microsoft => {
                Answer::error(400, "ThrottlingException", "injected: throttled")
            }
        },
    })
}

fn respond(answer: &Answer) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(answer.status).map_err(|e| ConnectorError::user(e.into()))?;
    let body = serde_json::to_vec(&answer.body).map_err(|e| ConnectorError::user(e.into()))?;
    Ok(HttpResponse::new(status, SdkBody::from(body)))
}
