//! The HTTP service under the client: a plain value, so that tests put a simulated Microsoft in its place.

use std::error::Error as _;
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use tower::service_fn;
use tower::util::BoxCloneSyncService;

use crate::config;

/// Sends one request, once, and gives its whole answer.
pub type Http = BoxCloneSyncService<Request<Bytes>, Response<Bytes>, TransportError>;

/// There is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Surely nothing was sent: no connection came about.
    #[error("not sent: {0}")]
    NotSent(String),
    /// Something may have been sent and carried out.
    #[error("no answer: {0}")]
    NoAnswer(String),
}

/// Lambda freezes a function between invocations; an older connection may be dead without our knowing.
const IDLE: Duration = Duration::from_secs(20);
/// Largest answer, in bytes. A page of 999 people has 1 to 2 MB; more than this is an attack on our memory.
const LARGEST: usize = 32 * 1024 * 1024;

/// A client that is made when it is first needed, or why it cannot be.
type Client = Arc<LazyLock<Made, fn() -> Made>>;
type Made = Result<reqwest::Client, TransportError>;

/// The service that reaches the real network. It follows no redirect, because a token could go astray, and repeats nothing. Its
/// client is made on a thread of its own at once, because that reads every root certificate: whoever asks first waits for it, but
/// not the start of a function.
pub fn network() -> Http {
    let client: Client = Arc::new(LazyLock::new(|| make(reqwest::Client::builder())));
    let making = Arc::clone(&client);
    thread::spawn(move || LazyLock::force(&making).is_ok());
    over(client)
}

/// The same for a simulated tenant on this machine: a proxy that the environment names for the outside could not find it.
pub fn loopback() -> Http {
    over(Arc::new(LazyLock::new(|| {
        make(reqwest::Client::builder().no_proxy())
    })))
}

fn over(client: Client) -> Http {
    Http::new(service_fn(move |request| {
        fetch(Arc::clone(&client), request)
    }))
}

fn make(client: reqwest::ClientBuilder) -> Made {
    let client = client
        .connect_timeout(config::CONNECT)
        .timeout(config::REQUEST)
        .pool_idle_timeout(IDLE)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .user_agent(concat!("rollcall/", env!("CARGO_PKG_VERSION")))
        .build();
    Ok(client?)
}

async fn fetch(client: Client, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
    let client = client.as_ref().as_ref().map_err(TransportError::clone)?;
    let request = request.try_into().map_err(TransportError::from)?;
    let mut answer = client.execute(request).await?;
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > LARGEST {
            return Err(TransportError::NoAnswer(format!(
                "the answer is larger than {LARGEST} bytes"
            )));
        }
        body.extend_from_slice(&chunk);
    }
    let mut whole = Response::new(body.freeze());
    *whole.status_mut() = answer.status();
    *whole.headers_mut() = std::mem::take(answer.headers_mut());
    Ok(whole)
}

impl From<reqwest::Error> for TransportError {
    fn from(error: reqwest::Error) -> Self {
        let not_sent = error.is_connect() || error.is_builder();
        // Addresses may hold opaque tokens of Microsoft's paging.
        let error = error.without_url();
        let mut what = error.to_string();
        let mut beneath = error.source();
        while let Some(cause) = beneath {
            what = format!("{what}: {cause}");
            beneath = cause.source();
        }
        if not_sent {
            Self::NotSent(what)
        } else {
            Self::NoAnswer(what)
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tower::ServiceExt;

    use super::*;

    /// Listens on loopback, reads one request and answers it with these bytes.
    async fn answering(bytes: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await.unwrap();
            stream.write_all(bytes).await.unwrap();
        });
        format!("http://{address}/users?$skiptoken=opaque")
    }

    async fn get(url: &str) -> Result<Response<Bytes>, TransportError> {
        let request = Request::get(url).body(Bytes::new()).unwrap();
        network().oneshot(request).await
    }

    /// V6: a redirect is an answer like any other, nobody follows it.
    #[tokio::test]
    async fn no_redirect_is_followed() {
        let url = answering(
            b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 2\r\n\r\nno",
        )
        .await;
        let answer = get(&url).await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), answer.body().as_ref()),
            (302, b"no".as_slice())
        );
        assert_eq!(answer.headers()["location"], "http://127.0.0.1:1/");
    }

    #[tokio::test]
    async fn what_was_surely_not_sent_is_told_from_what_got_lost() {
        let refused = get("http://127.0.0.1:1/users?$skiptoken=opaque")
            .await
            .unwrap_err();
        assert!(matches!(&refused, TransportError::NotSent(_)), "{refused}");
        let lost = get(&answering(b"HTTP/1.1 204 No").await).await.unwrap_err();
        assert!(matches!(&lost, TransportError::NoAnswer(_)), "{lost}");
        assert!(!format!("{refused}{lost}").contains("opaque"));
    }

    /// Fault 39.
    #[tokio::test]
    async fn an_answer_without_end_is_cut_off() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await.unwrap();
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while stream.write_all(&[b' '; 65_536]).await.is_ok() {}
        });
        let error = get(&url).await.unwrap_err();
        assert!(error.to_string().contains("larger than"), "{error}");
    }
}
