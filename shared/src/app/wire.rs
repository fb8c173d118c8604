//! The AWS SDK's way out: the HTTP client that Microsoft is reached by as well, because each client is milliseconds of a cold start.

use std::fmt;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::graph::Http;

/// An HTTP client for any AWS SDK client. What gets no answer is an I/O error, which the SDK repeats where it may.
pub fn wire(http: Http) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(Wire(http));
    http_client_fn(move |_, _| connector.clone())
}

struct Wire(Http);

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let http = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request = in_memory(request).await?;
            let answer = http.oneshot(request).await;
            let answer = answer.map_err(|error| ConnectorError::io(error.into()))?;
            let answer: Response<SdkBody> = answer.map(SdkBody::from);
            HttpResponse::try_from(answer).map_err(|error| ConnectorError::user(error.into()))
        })
    }
}

async fn in_memory(request: HttpRequest) -> Result<Request<Bytes>, ConnectorError> {
    let request = request.try_into_http1x();
    let request = request.map_err(|error| ConnectorError::user(error.into()))?;
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(ConnectorError::user)?;
    Ok(Request::from_parts(head, body.to_bytes()))
}
