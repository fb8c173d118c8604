//! Who we are: client credentials and the bearer token they buy (`graph-api.md 1`).

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response, Uri};
use serde::Deserialize;
use tokio::sync::Mutex;
use tower::ServiceExt;

use super::address::{Base, encode};
use super::answer::retry_after;
use super::http::Http;
use super::secret::Secret;
use crate::clock::Clock;
use crate::error::{Error, Kind, Result};
use crate::model::time::Time;

/// As whom, and where, we speak to one customer's Microsoft 365 tenant.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The Entra tenant id, or a verified domain; never `common`.
    pub tenant: String,
    /// The application (client) id.
    pub client: String,
    /// The client secret, or the certificate.
    pub secret: Secret,
    /// Base address of the token endpoint, such as `https://login.microsoftonline.com`.
    pub authority: String,
    /// Base address of Graph without version, such as `https://graph.microsoft.com`. Tokens go to its host only.
    pub graph: String,
}

/// A token is renewed this long before it ends, so that none ends on its way.
const MARGIN: Duration = Duration::from_secs(300);
/// No token is believed to live longer.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 3600);

/// Bearer tokens of one connection, each used until shortly before its end.
#[derive(Debug)]
pub(super) struct Tokens {
    endpoint: Uri,
    client: String,
    scope: String,
    secret: Secret,
    /// Held while a token is fetched, so that thirty people who need one cause one request.
    token: Mutex<Option<Token>>,
}

#[derive(Debug)]
struct Token {
    /// `Bearer …`, marked sensitive: it prints as nothing.
    bearer: HeaderValue,
    /// Until when it is used, by [`Clock::elapsed`].
    until: Duration,
}

impl Tokens {
    /// Tokens for Graph at `graph`, bought from the connection's authority. [`Kind::Invalid`] if its address is not usable.
    pub(super) fn new(connection: &Connection, graph: &Base) -> Result<Self> {
        let authority = Base::parse(&connection.authority, "the token endpoint")?;
        let endpoint = format!(
            "{}/{}/oauth2/v2.0/token",
            authority.as_str(),
            encode(&connection.tenant)
        );
        Ok(Self {
            endpoint: endpoint.parse().map_err(|error| {
                Error::new(Kind::Invalid, "the address of the token endpoint").with_source(error)
            })?,
            client: connection.client.clone(),
            scope: format!("{}/.default", graph.as_str()),
            secret: connection.secret.clone(),
            token: Mutex::new(None),
        })
    }

    /// The same with another secret and no token yet.
    pub(super) fn with_secret(&self, secret: Secret) -> Self {
        Self {
            endpoint: self.endpoint.clone(),
            client: self.client.clone(),
            scope: self.scope.clone(),
            secret,
            token: Mutex::new(None),
        }
    }

    /// When the credential stops to be accepted, as far as it says so.
    pub(super) fn credential_ends(&self) -> Option<Time> {
        self.secret.ends()
    }

    /// The `Authorization` header to send; never again the one that was `rejected`.
    pub(super) async fn bearer(
        &self,
        http: &Http,
        clock: &Clock,
        rejected: Option<&HeaderValue>,
    ) -> Result<HeaderValue> {
        let mut held = self.token.lock().await;
        if let Some(token) = &*held
            && token.until > clock.elapsed()
            && Some(&token.bearer) != rejected
        {
            return Ok(token.bearer.clone());
        }
        *held = None;
        let token = self.fetch(http, clock).await?;
        let bearer = token.bearer.clone();
        *held = Some(token);
        Ok(bearer)
    }

    async fn fetch(&self, http: &Http, clock: &Clock) -> Result<Token> {
        let now = clock.elapsed();
        let endpoint = self.endpoint.to_string();
        let proof = self
            .secret
            .form(&endpoint, &self.client, clock.now(), now)?;
        let form = format!(
            "client_id={}&scope={}&{proof}&grant_type=client_credentials",
            encode(&self.client),
            encode(&self.scope)
        );
        let request = Request::post(self.endpoint.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(form))
            .map_err(|_| Error::new(Kind::Invalid, "asking for a token"))?;
        let answer = http.clone().oneshot(request).await.map_err(|error| {
            Error::new(Kind::Unavailable, "asking for a token").with_source(error)
        })?;
        if !answer.status().is_success() {
            return Err(refused(&answer));
        }
        // Nothing of this answer may show in an error: it holds the token.
        let unreadable = || {
            Error::new(
                Kind::Unavailable,
                "asking for a token: the answer cannot be read",
            )
        };
        let granted: Granted = serde_json::from_slice(answer.body()).map_err(|_| unreadable())?;
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", granted.access_token))
            .map_err(|_| unreadable())?;
        bearer.set_sensitive(true);
        let life = Duration::from_secs(granted.expires_in).min(LONGEST_LIFE);
        Ok(Token {
            bearer,
            until: now + life.saturating_sub(MARGIN.min(life / 2)),
        })
    }
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: u64,
}

/// A refusal of the token endpoint (`graph-api.md 1.5`). Its description is not repeated: it may hold what we sent.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refused {
    error: String,
    error_codes: Vec<u64>,
}

fn refused(answer: &Response<Bytes>) -> Error {
    let said: Refused = serde_json::from_slice(answer.body()).unwrap_or_default();
    let status = answer.status().as_u16();
    let (kind, what) = match (status, said.error.as_str()) {
        (429, _) => (
            Kind::Throttled(retry_after(answer.headers())),
            "too many requests",
        ),
        (500.., _) | (_, "temporarily_unavailable" | "server_error") => {
            (Kind::Unavailable, "not available")
        }
        (400 | 401, error) => (Kind::Unauthorised, reason(error, &said.error_codes)),
        (_, _) => (
            Kind::Invalid,
            "an unexpected answer: check the address of the token endpoint",
        ),
    };
    let codes = said
        .error_codes
        .iter()
        .take(3)
        .map(|code| format!(" AADSTS{code}"))
        .collect::<String>();
    Error::new(
        kind,
        format!("asking for a token: {what} ({status}{codes})"),
    )
}

/// What an administrator has to know.
fn reason(error: &str, codes: &[u64]) -> &'static str {
    for code in codes {
        match code {
            7_000_215 => {
                return "the client secret is wrong; often its id was pasted instead of its value";
            }
            7_000_222 => return "the client secret has expired; create a new one and store it",
            700_016 => {
                return "the application is not known in this tenant; an administrator has to consent to it";
            }
            90_002 => return "the tenant does not exist; check its id",
            _ => {}
        }
    }
    match error {
        "invalid_client" => "the client id or its secret is not accepted",
        "unauthorized_client" => {
            "the application may not sign in to this tenant; an administrator has to consent to it"
        }
        _ => "the tenant does not accept our identity",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(status: u16, body: &str) -> Error {
        refused(
            &Response::builder()
                .status(status)
                .body(Bytes::copy_from_slice(body.as_bytes()))
                .unwrap(),
        )
    }

    /// Faults 32 and 33; V6: what the endpoint echoes stays out.
    #[test]
    fn a_refusal_is_a_sentence_for_an_administrator() {
        for (status, error, code, sentence) in [
            (401, "invalid_client", 7_000_215, "secret is wrong"),
            (401, "invalid_client", 7_000_222, "secret has expired"),
            (400, "unauthorized_client", 700_016, "has to consent"),
            (400, "invalid_request", 90_002, "tenant does not exist"),
            (401, "invalid_client", 1, "not accepted"),
            (400, "unauthorized_client", 1, "has to consent"),
            (400, "something_new", 1, "does not accept our identity"),
        ] {
            let body = json!({"error": error, "error_codes": [code], "error_description": "echo of c4nary"});
            let refused = refusal(status, &body.to_string());
            assert_eq!(refused.kind(), &Kind::Unauthorised);
            let text = refused.to_string();
            assert!(
                text.contains(sentence) && text.contains(&format!("AADSTS{code}")),
                "{text}"
            );
            assert!(!format!("{refused:?}{text}").contains("c4nary"));
        }
    }

    #[test]
    fn an_endpoint_that_cannot_answer_does_not_open_the_circuit() {
        for (status, body) in [
            (503, "<html>"),
            (500, ""),
            (400, r#"{"error":"temporarily_unavailable"}"#),
        ] {
            assert_eq!(
                refusal(status, body).kind(),
                &Kind::Unavailable,
                "{status} {body}"
            );
        }
        assert_eq!(refusal(429, "").kind(), &Kind::Throttled(None));
        assert_eq!(refusal(404, "").kind(), &Kind::Invalid);
        assert_eq!(refusal(401, r#"{"error":7}"#).kind(), &Kind::Unauthorised);
    }

    #[test]
    fn secrets_print_as_nothing() {
        let connection = Connection {
            tenant: "t".to_owned(),
            client: "c".to_owned(),
            secret: Secret::new(" c4nary\n"),
            authority: "https://login.example".to_owned(),
            graph: "https://graph.example".to_owned(),
        };
        let tokens = Tokens::new(
            &connection,
            &Base::parse(&connection.graph, "Graph").unwrap(),
        )
        .unwrap();
        assert!(!format!("{connection:?}{tokens:?}").contains("c4nary"));
    }
}
