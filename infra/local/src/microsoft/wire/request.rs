//! A request as Graph understands it, apart from HTTP, so that a part of a batch can be one too.

use axum::body::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

use super::answer::Refusal;

/// One request.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The path as sent.
    pub(crate) path: String,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Decoded parameters, in order.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Request {
    /// The segments of the path, decoded one by one, so that an encoded slash stays inside its segment.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| decode(segment, false))
            .collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether `Prefer` names this.
    pub(crate) fn prefers(&self, what: &str) -> bool {
        let mut values = self
            .headers
            .get_all("prefer")
            .iter()
            .filter_map(|value| value.to_str().ok());
        values.any(|value| {
            value
                .split(',')
                .any(|one| one.trim().eq_ignore_ascii_case(what))
        })
    }

    /// Method and path, as the history has it.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The body of a write.
    ///
    /// # Errors
    /// 400 without a JSON content type or with a body that is not JSON.
    pub(crate) fn json(&self) -> Result<Value, Refusal> {
        if !self
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/json"))
        {
            let message = "Write requests (excluding DELETE) must contain the Content-Type header declaration.";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "BadRequest", message));
        }
        serde_json::from_slice(&self.body).map_err(|_| {
            let message = "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of \
                           valid JSON format.";
            Refusal::new(StatusCode::BAD_REQUEST, "BadRequest", message)
        })
    }
}

impl Query {
    /// Parameters as they stand in a URL or a form.
    pub(crate) fn parse(raw: &str) -> Self {
        let pairs = raw.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (decode(name, true), decode(value, true))
                })
                .collect(),
        )
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// All parameters, in order.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The names in `$select`.
    pub(crate) fn select(&self) -> Option<Vec<String>> {
        let text = self.get("$select")?;
        Some(
            text.split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(String::from)
                .collect(),
        )
    }

    /// `$top`, from 1 to `longest`.
    ///
    /// # Errors
    /// 400 outside that range.
    pub(crate) fn top(&self, usual: usize, longest: usize) -> Result<usize, Refusal> {
        let Some(text) = self.get("$top") else {
            return Ok(usual);
        };
        text.parse().ok().filter(|top| (1..=longest).contains(top)).ok_or_else(|| {
            Refusal::bad_request(format!("Invalid page size specified: '{text}'. Must be between 1 and {longest} inclusive."))
        })
    }

    /// Refuses every option that is not named here: silence would hide a client's mistake.
    ///
    /// # Errors
    /// 400 `Request_UnsupportedQuery`.
    pub(crate) fn only(&self, options: &[&str]) -> Result<(), Refusal> {
        match self
            .0
            .iter()
            .find(|(name, _)| !options.contains(&name.as_str()))
        {
            None => Ok(()),
            Some((name, _)) => {
                let message = format!(
                    "The query specified in the URI is not valid. Query option '{name}' is not supported here."
                );
                Err(Refusal::unsupported(message))
            }
        }
    }
}

fn decode(text: &str, plus_is_space: bool) -> String {
    let mut rest = text.as_bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let [byte, after @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, ..] => char::from(*high)
                .to_digit(16)
                .zip(char::from(*low).to_digit(16)),
            _ => None,
        };
        let (plain, left) = match escaped {
            Some((high, low)) => ((high * 16 + low) as u8, &rest[3..]),
            None if plus_is_space && *byte == b'+' => (b' ', after),
            None => (*byte, after),
        };
        decoded.push(plain);
        rest = left;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded() {
        let query = Query::parse("%24select=id,%20mail&$top=7&name=a%2Bb+c%");
        assert_eq!(query.select(), Some(vec!["id".into(), "mail".into()]));
        assert_eq!(query.top(100, 999).ok(), Some(7));
        assert_eq!(query.get("name"), Some("a+b c%"));
        assert!(query.top(100, 5).is_err() && query.only(&["$select", "$top"]).is_err());
    }
}
