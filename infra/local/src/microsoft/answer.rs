//! Answers and error bodies in Microsoft's shapes (`graph-api.md 5.4, 9`).

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};

/// An answer before it has its request id.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub status: u16,
    pub body: Option<Value>,
    pub text: Option<String>,
    pub headers: Vec<(&'static str, String)>,
}

/// 200 with a JSON body.
pub(super) fn ok(body: Value) -> Answer {
    Answer { status: 200, body: Some(body), text: None, headers: Vec::new() }
}

/// 204.
pub(super) fn no_content() -> Answer {
    Answer { status: 204, body: None, text: None, headers: Vec::new() }
}

/// Plain text, as `$count` gives.
pub(super) fn plain(text: String) -> Answer {
    Answer { status: 200, body: None, text: Some(text), headers: Vec::new() }
}

/// An error as the directory words it.
pub(super) fn error(status: u16, code: &str, message: &str) -> Answer {
    let body = json!({"error": {"code": code, "message": message, "innerError": {}}});
    Answer { status, body: Some(body), text: None, headers: Vec::new() }
}

/// 404 of the directory.
pub(super) fn not_found(id: &str) -> Answer {
    let message = format!(
        "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
    );
    error(404, "Request_ResourceNotFound", &message)
}

/// 403 as the directory words it.
pub(super) fn denied() -> Answer {
    error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
}

/// 403 as the Teams service words it.
pub(super) fn forbidden(roles: &str) -> Answer {
    let message = format!("Insufficient permission(s) to call this API. API requires any of {roles}");
    let body = json!({"error": {"code": "forbidden", "message": message, "innerError": {"code": "Forbidden"}}});
    Answer { status: 403, body: Some(body), text: None, headers: Vec::new() }
}

impl Answer {
    /// The same with a header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The answer on the wire.
    pub fn into_response(self, request_id: String) -> Response<Bytes> {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = status;
        let mut put = |name: &'static str, value: &str| {
            if let Ok(value) = value.parse() {
                response.headers_mut().insert(name, value);
            }
        };
        put("request-id", &request_id);
        if self.body.is_some() {
            put("content-type", "application/json");
        } else if self.text.is_some() {
            put("content-type", "text/plain");
        }
        for (name, value) in &self.headers {
            put(name, value);
        }
        *response.body_mut() = match (self.body, self.text) {
            (Some(mut body), _) => {
                if let Some(inner) = body.pointer_mut("/error/innerError").and_then(Value::as_object_mut) {
                    inner.insert("request-id".to_owned(), json!(request_id));
                }
                Bytes::from(body.to_string())
            }
            (None, Some(text)) => Bytes::from(text),
            (None, None) => Bytes::new(),
        };
        response
    }
}

/// The parameters of a query, decoded.
pub(super) fn query(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}

/// Undoes percent-encoding.
pub(super) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = |rest: &mut std::str::Bytes<'_>| {
            let pair = [rest.next()?, rest.next()?];
            u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()
        };
        match byte {
            b'%' => bytes.push(hex(&mut rest).unwrap_or(b'%')),
            b'+' => bytes.push(b' '),
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
