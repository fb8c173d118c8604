//! A request to the API and its answer.

use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Method, StatusCode};
use serde_json::Value;

/// A request lives so long: the API itself ends one after 30 s.
const LONGEST: Duration = Duration::from_secs(60);
/// So often a request is made that found nobody, or nobody who had time.
const TRIES: u32 = 4;
/// The longest wait between two of them.
const LONGEST_WAIT: u64 = 20;

/// Why a command did not do what it was asked to. Each has its exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// 1: nobody answers, or something is broken.
    Broken(String),
    /// 3: the installation refuses it, with the reason.
    Refused {
        /// The reason.
        why: String,
        /// The field at fault, if one is.
        field: Option<String>,
    },
    /// 4: nobody is signed in, or their role is too low.
    NotAllowed(String),
    /// 5: there is no such thing.
    NotFound(String),
    /// 64: the command was not written as it has to be.
    Usage(String),
}

impl Failure {
    /// The exit code of the process.
    pub fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Broken(_) => 1,
            Self::Refused { .. } => 3,
            Self::NotAllowed(_) => 4,
            Self::NotFound(_) => 5,
            Self::Usage(_) => 64,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Broken(why)
        | Self::Refused { why, .. }
        | Self::NotAllowed(why)
        | Self::NotFound(why)
        | Self::Usage(why)) = self;
        f.write_str(why)
    }
}

/// An installation's API.
#[derive(Debug)]
pub struct Client {
    base: String,
    token: String,
    http: reqwest::Client,
}

/// What it answered.
#[derive(Debug)]
pub struct Answer {
    /// The body; null if there is none.
    pub body: Value,
}

/// What is sent.
#[derive(Clone, Debug, Default)]
pub struct Request {
    headers: Vec<(&'static str, String)>,
    body: Option<String>,
}

impl Request {
    /// With a body of JSON.
    pub fn json(body: &Value) -> Self {
        Self::text("application/json", body.to_string())
    }

    /// With another body.
    pub fn text(kind: &str, body: String) -> Self {
        Self {
            headers: vec![("content-type", kind.to_owned())],
            body: Some(body),
        }
    }

    /// With one more header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl Client {
    /// The API at an address, asked with a token.
    pub fn new(base: &str, token: &str) -> Result<Self, Failure> {
        let http = reqwest::Client::builder().timeout(LONGEST).build();
        Ok(Self {
            base: base.trim_end_matches('/').to_owned(),
            token: token.to_owned(),
            http: http.map_err(|error| Failure::Broken(error.to_string()))?,
        })
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Result<Answer, Failure> {
        self.ask(Method::GET, path, Request::default()).await
    }

    /// Orders: repeated with the same key, it is carried out once.
    pub async fn post(&self, path: &str, request: Request) -> Result<Answer, Failure> {
        #[expect(
            clippy::disallowed_methods,
            reason = "what a person types is not repeated from a seed"
        )]
        let key = ulid::Ulid::generate().to_string();
        let request = request.with("idempotency-key", key);
        self.ask(Method::POST, path, request).await
    }

    /// Replaces.
    pub async fn put(&self, path: &str, request: Request) -> Result<Answer, Failure> {
        self.ask(Method::PUT, path, request).await
    }

    /// The first item of a list: a page may be empty although there are more.
    pub async fn first(&self, path: &str, list: &str) -> Result<Option<Value>, Failure> {
        let mut after = String::new();
        loop {
            let page = self.page(path, &after).await?;
            match (page[list].get(0), page["next"].as_str()) {
                (Some(first), _) => return Ok(Some(first.clone())),
                (None, Some(next)) => after = format!("&after={}", segment(next)),
                (None, None) => return Ok(None),
            }
        }
    }

    async fn page(&self, path: &str, after: &str) -> Result<Value, Failure> {
        let sign = if path.contains('?') { '&' } else { '?' };
        Ok(self
            .get(&format!("{path}{sign}limit=100{after}"))
            .await?
            .body)
    }

    /// Every item of a list, page after page.
    pub async fn all(&self, path: &str, list: &str) -> Result<Vec<Value>, Failure> {
        let (mut items, mut after) = (Vec::new(), String::new());
        loop {
            let page = self.page(path, &after).await?;
            items.extend(page[list].as_array().into_iter().flatten().cloned());
            match page["next"].as_str() {
                Some(next) => after = format!("&after={}", segment(next)),
                None => return Ok(items),
            }
        }
    }

    async fn ask(&self, method: Method, path: &str, request: Request) -> Result<Answer, Failure> {
        let mut tries = 0;
        loop {
            tries += 1;
            let url = format!("{}{path}", self.base);
            let mut asked = self
                .http
                .request(method.clone(), &url)
                .bearer_auth(&self.token);
            for (name, value) in &request.headers {
                asked = asked.header(*name, value);
            }
            if let Some(body) = &request.body {
                asked = asked.body(body.clone());
            }
            let answer = match asked.send().await {
                Ok(answer) => answer,
                Err(error) if error.is_connect() && tries < TRIES => {
                    pause(u64::from(tries)).await;
                    continue;
                }
                Err(error) => {
                    let why = format!("{} does not answer: {error}", self.base);
                    return Err(Failure::Broken(why));
                }
            };
            let (status, headers) = (answer.status(), answer.headers().clone());
            if status == StatusCode::SERVICE_UNAVAILABLE && tries < TRIES {
                let wait = headers.get(RETRY_AFTER).and_then(|wait| wait.to_str().ok());
                let wait = wait.and_then(|wait| wait.parse().ok()).unwrap_or(1);
                pause(wait).await;
                continue;
            }
            let text = answer.text().await.map_err(|error| {
                Failure::Broken(format!("the answer of {} was cut off: {error}", self.base))
            })?;
            let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
            if status.is_success() {
                return Ok(Answer { body });
            }
            return Err(failure(status, &body));
        }
    }
}

async fn pause(seconds: u64) {
    super::pause(Duration::from_secs(seconds.min(LONGEST_WAIT))).await;
}

fn failure(status: StatusCode, problem: &Value) -> Failure {
    let detail = problem["detail"].as_str().unwrap_or("no reason was given");
    let why = match problem["field"].as_str() {
        Some(field) if !detail.contains(field) => format!("{field}: {detail}"),
        Some(_) | None => detail.to_owned(),
    };
    match status.as_u16() {
        401 => Failure::NotAllowed(format!("{why}. Sign in with `rollcall login`")),
        403 => Failure::NotAllowed(why),
        404 => Failure::NotFound(why),
        400..500 => Failure::Refused {
            why,
            field: problem["field"].as_str().map(str::to_owned),
        },
        status => Failure::Broken(format!("{why} (HTTP {status})")),
    }
}

/// A text as one segment of a path, or one value of a query.
pub fn segment(text: &str) -> String {
    let mut segment = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            segment.push(char::from(byte));
        } else {
            segment.push_str(&format!("%{byte:02X}"));
        }
    }
    segment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_one_segment() {
        assert_eq!(segment("europe/berlin"), "europe%2Fberlin");
        assert_eq!(segment("+4420 7"), "%2B4420%207");
        assert_eq!(segment("a-b_c.d~e"), "a-b_c.d~e");
    }

    #[test]
    fn a_problem_is_the_exit_code_that_is_documented() {
        let problem = |status: u16, field: Option<&str>| {
            let body = serde_json::json!({"detail": "too short", "field": field});
            failure(StatusCode::from_u16(status).unwrap(), &body)
        };
        let refused = |why: &str, field: Option<&str>| Failure::Refused {
            why: why.to_owned(),
            field: field.map(str::to_owned),
        };
        assert_eq!(problem(409, None), refused("too short", None));
        let named = problem(422, Some("name"));
        assert_eq!(named, refused("name: too short", Some("name")));
        assert_eq!(problem(404, None), Failure::NotFound("too short".into()));
        assert_eq!(problem(403, None), Failure::NotAllowed("too short".into()));
        assert!(matches!(problem(500, None), Failure::Broken(_)));
    }
}
