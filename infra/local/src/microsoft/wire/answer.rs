//! Answers and refusals as Graph writes them (`graph-api.md 9`, `5.4`).

use http::StatusCode;
use serde_json::{Value, json};
use shared::model::time::Time;

/// What goes back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
}

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum Body {
    Empty,
    Text(String),
    Json(Value),
}

/// A request that is not carried out.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// Whose spelling of errors it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// Entra's directory.
    Directory,
    /// The Teams administration behind `/admin/teams`.
    Teams,
}

/// The two ids by which a request is found again.
#[derive(Clone, Debug)]
pub(crate) struct Correlation {
    pub(crate) request: String,
    pub(crate) client: String,
}

impl Answer {
    pub(crate) const fn ok(body: Value) -> Self {
        Self {
            status: StatusCode::OK,
            headers: Vec::new(),
            body: Body::Json(body),
        }
    }

    pub(crate) const fn text(body: String) -> Self {
        Self {
            status: StatusCode::OK,
            headers: Vec::new(),
            body: Body::Text(body),
        }
    }

    pub(crate) const fn no_content() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            headers: Vec::new(),
            body: Body::Empty,
        }
    }

    /// 202: the order at this address will be carried out later.
    pub(crate) fn accepted(location: String) -> Self {
        Self {
            status: StatusCode::ACCEPTED,
            headers: vec![("location", location)],
            body: Body::Empty,
        }
    }

    /// Adds a property to a JSON body.
    pub(crate) fn set(&mut self, property: &str, value: Value) {
        if let Body::Json(body) = &mut self.body {
            body[property] = value;
        }
    }

    /// An error from before or after the request was understood.
    pub(crate) fn bare(status: StatusCode, code: &str, message: &str) -> Self {
        let body = json!({"error": {"code": code, "message": message}});
        Self {
            status,
            headers: Vec::new(),
            body: Body::Json(body),
        }
    }
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            headers: Vec::new(),
        }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Request_BadRequest", message)
    }

    /// 400 for a query that the service does not support as it was asked.
    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Request_UnsupportedQuery", message)
    }

    pub(crate) fn not_found(id: &str) -> Self {
        let message = format!(
            "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
        );
        Self::new(StatusCode::NOT_FOUND, "Request_ResourceNotFound", message)
    }

    /// 403 in the spelling of the family; `roles` would do.
    pub(crate) fn denied(family: Family, roles: &[&str]) -> Self {
        match family {
            Family::Directory => Self::new(
                StatusCode::FORBIDDEN,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
            ),
            Family::Teams => {
                let message = format!(
                    "Insufficient permission(s) to perform the action. API requires any of {}",
                    roles.join(",")
                );
                Self::new(StatusCode::FORBIDDEN, "forbidden", message)
            }
        }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn into_answer(
        self,
        family: Family,
        correlation: &Correlation,
        now: Time,
    ) -> Answer {
        let mut inner = json!({
            "date": format(now, "%Y-%m-%dT%H:%M:%S"),
            "request-id": correlation.request,
            "client-request-id": correlation.client,
        });
        if family == Family::Teams && self.status == StatusCode::FORBIDDEN {
            inner["code"] = json!("Forbidden");
            inner["additionalData"] = json!({"action": "authorize"});
        }
        let body =
            json!({"error": {"code": self.code, "message": self.message, "innerError": inner}});
        Answer {
            status: self.status,
            headers: self.headers,
            body: Body::Json(body),
        }
    }
}

/// A moment as Graph writes it: RFC 3339 to the second.
pub(crate) fn stamp(time: Time) -> String {
    format(time, "%Y-%m-%dT%H:%M:%SZ")
}

/// A moment in a pattern of `strftime`; empty outside the calendar.
pub(crate) fn format(time: Time, pattern: &str) -> String {
    jiff::Timestamp::from_millisecond(time.millis())
        .map(|stamp| stamp.strftime(pattern).to_string())
        .unwrap_or_default()
}
