//! The same hook in front of an HTTP service, for the requests to Microsoft.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use serde_json::{Value, json};
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceExt};

use crate::fate::{self, Instead, Outside, Refusal, Spoilt};

/// Lets every request to `service` pass `outside` first. `lost` makes the error of a connection that broke before the answer.
pub fn faulty<S, E>(
    service: S,
    outside: Outside,
    lost: impl Fn() -> E + Clone + Send + Sync + 'static,
) -> BoxCloneSyncService<Request<Bytes>, Response<Bytes>, E>
where
    S: Service<Request<Bytes>, Response = Response<Bytes>, Error = E>,
    S: Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    E: Send + 'static,
{
    BoxCloneSyncService::new(tower::service_fn(move |request: Request<Bytes>| {
        let (service, outside, lost) = (service.clone(), outside.clone(), lost.clone());
        async move {
            let path = request.uri().path_and_query().map_or("/", |p| p.as_str());
            let operation = format!("{} {path}", request.method());
            let body = request.body().clone();
            let (clock, late) = (outside.clock(), (service.clone(), request.clone()));
            outside
                .pass(
                    fate::Service::Microsoft,
                    &operation,
                    &body,
                    service.oneshot(request),
                    |instead| match instead {
                        Instead::Refused(Refusal::Throttled) => {
                            Ok(bare(StatusCode::TOO_MANY_REQUESTS))
                        }
                        Instead::Refused(Refusal::ThrottledFor(wait)) => {
                            let mut answer = bare(StatusCode::TOO_MANY_REQUESTS);
                            let seconds = HeaderValue::from(wait.as_secs());
                            answer.headers_mut().insert(header::RETRY_AFTER, seconds);
                            Ok(answer)
                        }
                        Instead::Refused(Refusal::Unavailable) => {
                            Ok(bare(StatusCode::SERVICE_UNAVAILABLE))
                        }
                        Instead::Landing(after) => {
                            let (service, request) = late;
                            fate::later(clock, after, service.oneshot(request));
                            Err(lost())
                        }
                        Instead::Spoilt(how, answer) => answer.map(|answer| spoil(how, answer)),
                        Instead::Lost | Instead::Dropped | Instead::Conflict => Err(lost()),
                    },
                )
                .await
        }
    }))
}

/// A refusal without body.
fn bare(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

/// Spoils the answer to a batch.
fn spoil(how: Spoilt, answer: Response<Bytes>) -> Response<Bytes> {
    let (head, body) = answer.into_parts();
    let mut told: Value = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(parts) = told["responses"]
        .as_array_mut()
        .filter(|all| !all.is_empty())
    {
        let count = parts.len();
        match how {
            Spoilt::PartFails(nth, status) => {
                let part = &mut parts[nth % count];
                part["status"] = status.into();
                let error = json!({"code": "injected", "message": "injected: the part failed"});
                part["body"] = json!({"error": error});
            }
            Spoilt::PartMissing(nth) => drop(parts.remove(nth % count)),
            Spoilt::Reversed => parts.reverse(),
        }
    }
    let body = Bytes::from(told.to_string());
    let mut answer = Response::from_parts(head, body);
    answer.headers_mut().remove(header::CONTENT_LENGTH);
    answer
}
