//! The same hook in front of an HTTP service, for the requests to Microsoft.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceExt};

use crate::fate::{self, Instead, Outside, Refusal};

/// Lets every request to `service` pass `outside` first. `lost` makes the error of a connection that broke before the answer.
pub fn faulty<S, E>(
    service: S,
    outside: Outside,
    lost: impl Fn() -> E + Clone + Send + Sync + 'static,
) -> BoxCloneSyncService<Request<Bytes>, Response<Bytes>, E>
where
    S: Service<Request<Bytes>, Response = Response<Bytes>, Error = E>,
    S: Clone + Send + Sync + 'static,
    S::Future: Send,
    E: Send + 'static,
{
    BoxCloneSyncService::new(tower::service_fn(move |request: Request<Bytes>| {
        let (service, outside, lost) = (service.clone(), outside.clone(), lost.clone());
        async move {
            let path = request.uri().path_and_query().map_or("/", |p| p.as_str());
            let operation = format!("{} {path}", request.method());
            let body = request.body().clone();
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
