//! What goes wrong, as RFC 9457 says it: `application/problem+json` with a type that never changes, and the one mapping from
//! kinds of errors to HTTP.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::error::{Error, Kind};
use utoipa::ToSchema;

/// The closed list of types that callers branch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Nobody knows who asks.
    Unauthenticated,
    /// The role is too low.
    Forbidden,
    /// It is not there, or not for this caller.
    NotFound,
    /// The path is there, the method is not.
    MethodNotAllowed,
    /// It cannot be done as things stand.
    Conflict,
    /// What was read is not what is there now.
    Changed,
    /// It is not said what was read.
    Unconditional,
    /// The request is wrong and will be wrong again.
    Invalid,
    /// The body is not JSON, or is not said to be.
    NotJson,
    /// The body is too large.
    TooLarge,
    /// It cannot be answered now; nothing was changed.
    Unavailable,
    /// Nobody knows whether it was done.
    UnknownOutcome,
    /// It is our fault.
    Internal,
}

impl What {
    const fn status(self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict => StatusCode::CONFLICT,
            Self::Changed => StatusCode::PRECONDITION_FAILED,
            Self::Unconditional => StatusCode::PRECONDITION_REQUIRED,
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::UnknownOutcome | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    const fn uri(self) -> &'static str {
        match self {
            Self::Unauthenticated => "urn:rollcall:problem:unauthenticated",
            Self::Forbidden => "urn:rollcall:problem:forbidden",
            Self::NotFound => "urn:rollcall:problem:not-found",
            Self::MethodNotAllowed => "urn:rollcall:problem:method-not-allowed",
            Self::Conflict => "urn:rollcall:problem:conflict",
            Self::Changed => "urn:rollcall:problem:changed",
            Self::Unconditional => "urn:rollcall:problem:unconditional",
            Self::Invalid => "urn:rollcall:problem:invalid",
            Self::NotJson => "urn:rollcall:problem:not-json",
            Self::TooLarge => "urn:rollcall:problem:too-large",
            Self::Unavailable => "urn:rollcall:problem:unavailable",
            Self::UnknownOutcome => "urn:rollcall:problem:unknown-outcome",
            Self::Internal => "urn:rollcall:problem:internal",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Unauthenticated => "Not signed in",
            Self::Forbidden => "Not allowed",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "No such method",
            Self::Conflict => "Not possible now",
            Self::Changed => "Changed meanwhile",
            Self::Unconditional => "Say what you read",
            Self::Invalid => "Not valid",
            Self::NotJson => "Not JSON",
            Self::TooLarge => "Too large",
            Self::Unavailable => "Not available now",
            Self::UnknownOutcome => "Outcome unknown",
            Self::Internal => "Failed",
        }
    }
}

/// Something that went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    what: What,
    detail: String,
    field: Option<String>,
    retry_after: Option<u64>,
}

/// A problem as it is sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Names the kind of problem; never changes.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The kind, for people.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What went wrong this time, for people.
    detail: String,
    /// The field at fault, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

impl Problem {
    /// A problem; `detail` is for people.
    pub fn new(what: What, detail: impl Into<String>) -> Self {
        Self {
            what,
            detail: detail.into(),
            field: None,
            retry_after: None,
        }
    }

    /// A field is wrong.
    pub fn invalid(field: &str, detail: impl Into<String>) -> Self {
        Self {
            field: Some(field.to_owned()),
            ..Self::new(What::Invalid, detail)
        }
    }

    fn rejected(what: What, told: String) -> Self {
        Self {
            field: field_of(&told),
            ..Self::new(what, told)
        }
    }
}

/// The one mapping from kinds of errors. What went wrong inside is logged, and not told to the caller.
impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let (what, retry_after) = match error.kind() {
            Kind::NotFound => return Self::new(What::NotFound, error.to_string()),
            Kind::Conflict => return Self::new(What::Conflict, error.to_string()),
            Kind::Throttled(wait) => (
                What::Unavailable,
                Some(wait.map_or(1, |wait| wait.as_secs().max(1))),
            ),
            Kind::Unavailable | Kind::OutOfTime => (What::Unavailable, Some(1)),
            Kind::UnknownOutcome => (What::UnknownOutcome, None),
            // What callers send is checked before: here our own rows or rights are meant.
            Kind::Invalid
            | Kind::Refused(_)
            | Kind::Denied
            | Kind::ReadOnly
            | Kind::Unauthorised
            | Kind::Resync => (What::Internal, None),
        };
        tracing::error!(%error, "not answered");
        let detail = match what {
            What::Unavailable => "nothing was changed; try again",
            What::UnknownOutcome => "it may or may not have been done: look before it is repeated",
            What::Unauthenticated
            | What::Forbidden
            | What::NotFound
            | What::MethodNotAllowed
            | What::Conflict
            | What::Changed
            | What::Unconditional
            | What::Invalid
            | What::NotJson
            | What::TooLarge
            | What::Internal => "this is a fault of ours and was logged",
        };
        Self {
            retry_after,
            ..Self::new(what, detail)
        }
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        let what = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => What::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => What::NotJson,
            _ => What::Invalid,
        };
        Self::rejected(what, rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::rejected(What::Invalid, rejection.body_text())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.what.status();
        let body = ProblemBody {
            kind: self.what.uri(),
            title: self.what.title(),
            status: status.as_u16(),
            detail: self.detail,
            field: self.field,
        };
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        let kind = HeaderValue::from_static("application/problem+json");
        headers.insert(CONTENT_TYPE, kind);
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The answer where there is no route.
pub async fn no_route() -> Problem {
    Problem::new(What::NotFound, "there is nothing at this path")
}

/// The answer where there is a route for another method.
pub async fn no_method() -> Problem {
    Problem::new(
        What::MethodNotAllowed,
        "this path has no such method; GET /v1/openapi.json says which",
    )
}

/// The field that the sentence of a rejection blames: a path before the cause, as in `…: people[0]: …`, or "unknown field `x`".
fn field_of(told: &str) -> Option<String> {
    let is_path = |c: char| c.is_ascii_alphanumeric() || "_.[]/@-".contains(c);
    let path = told
        .split_once(": ")
        .and_then(|(_, rest)| rest.split_once(": "));
    let path = path.map(|(path, _)| path);
    let path = path.filter(|path| !path.is_empty() && path.chars().all(is_path));
    let named = || told.split_once("field `")?.1.split_once('`');
    path.or_else(|| named().map(|(name, _)| name))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_names_the_field() {
        let check = |told: &str, field: Option<&str>| {
            assert_eq!(field_of(told).as_deref(), field, "{told}");
        };
        check(
            "Failed to deserialize: unknown field `nmae`, expected `x`",
            Some("nmae"),
        );
        check(
            "Failed to …: nodes.europe/oslo.floor: unknown field `floor`, expected `name`",
            Some("nodes.europe/oslo.floor"),
        );
        check(
            "Failed to deserialize query string: limit: invalid digit",
            Some("limit"),
        );
        check(
            "Failed to …: people[0]: invalid type: integer `1`",
            Some("people[0]"),
        );
        check("Failed to buffer the request body: length limit", None);
        check("Expected request with `Content-Type`", None);
    }
}
