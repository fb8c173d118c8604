//! What an answer means (`graph-api.md 14`): every status and every silence becomes a [`Kind`] here and nowhere else.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use serde_json::Value;

use super::http::TransportError;
use crate::error::{Kind, Refusal};

/// Whether a request may have changed something when its answer is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It changes nothing.
    Read,
    /// It changes something.
    Write,
}

/// An error body longer than this, in bytes, is not read.
const LONGEST_BODY: usize = 64 * 1024;
/// Characters kept of what Microsoft says.
const LONGEST_SENTENCE: usize = 300;
/// A longer word may be a token or a link, and is left out.
const LONGEST_WORD: usize = 64;
/// Nobody waits longer than this, whatever an answer names.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// What has become of a request with this effect; `Ok` = done or accepted.
pub(super) fn judge(
    effect: Effect,
    answer: Result<&Response<Bytes>, &TransportError>,
) -> Result<(), Kind> {
    let missing = match effect {
        Effect::Read => Kind::Unavailable,
        Effect::Write => Kind::UnknownOutcome,
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(TransportError::NotSent(_)) => return Err(Kind::Unavailable),
        Err(TransportError::NoAnswer(_)) => return Err(missing),
    };
    if answer.status().is_success() {
        return Ok(());
    }
    let said = Said::read(answer.body());
    Err(match answer.status().as_u16() {
        400..=410 if said.asks_for_resync() => Kind::Resync,
        400 => refusal(&said.message).map_or(Kind::Invalid, Kind::Refused),
        401 => Kind::Unauthorised,
        403 => Kind::Denied,
        404 => Kind::NotFound,
        408 => missing,
        409 | 412 | 423 | 424 => Kind::Conflict,
        410 => Kind::Resync,
        429 => Kind::Throttled(retry_after(answer.headers())),
        501 => Kind::Invalid,
        500.. => missing,
        _ => Kind::Invalid,
    })
}

/// The licence refusal that a message of a 400 speaks of (`graph-api.md 3.2`). The texts are not stable: fragments, any case.
fn refusal(message: &str) -> Option<Refusal> {
    let message = message.to_lowercase();
    let has = |fragment: &str| message.contains(fragment);
    if has("invalid usage location") {
        Some(Refusal::UsageLocation)
    } else if has("available license") {
        Some(Refusal::NoSeats)
    } else if has("inherited from") && has("group") {
        Some(Refusal::FromGroup)
    } else if has("mutually exclusive") || has("conflict") && has("service plan") {
        Some(Refusal::ConflictingPlans)
    } else if has("depends on") && has("service plan") {
        Some(Refusal::MissingDependency)
    } else {
        None
    }
}

/// The wait that an answer names: seconds, perhaps with a fraction, rounded up to whole ones.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = number(headers, "retry-after")?.ceil();
    Some(
        Duration::try_from_secs_f64(seconds)
            .unwrap_or(LONGEST_WAIT)
            .min(LONGEST_WAIT),
    )
}

/// A header that holds a finite number that is not negative.
pub(super) fn number(headers: &HeaderMap, name: &str) -> Option<f64> {
    let number: f64 = headers.get(name)?.to_str().ok()?.trim().parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number)
}

/// Microsoft's id of a request, for their support.
pub(super) fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("request-id")?.to_str().ok()?;
    Some(id.chars().take(LONGEST_WORD).collect())
}

/// An error body, as far as it can be understood (`graph-api.md 9`).
#[derive(Debug, Default)]
pub(super) struct Said {
    /// `error.code`, then those of the inner errors, outermost first.
    codes: Vec<String>,
    message: String,
}

impl Said {
    /// Reads a body. What is no error of Graph says nothing.
    pub(super) fn read(body: &[u8]) -> Self {
        let whole = body
            .get(..body.len().min(LONGEST_BODY + 1))
            .filter(|body| body.len() <= LONGEST_BODY);
        let Some(Ok(mut value)) = whole.map(serde_json::from_slice::<Value>) else {
            return Self::default();
        };
        let mut said = Self::default();
        let mut error = value.get_mut("error").map(Value::take);
        if let Some(message) = error.as_ref().and_then(|error| error["message"].as_str()) {
            said.message = message.to_owned();
        }
        while let Some(mut one) = error {
            said.codes.extend(one["code"].as_str().map(tame));
            let inner = if one.get("innerError").is_some() {
                "innerError"
            } else {
                "innererror"
            };
            error = one.get_mut(inner).map(Value::take);
        }
        said
    }

    /// Whether one of the codes is this, in any case.
    pub(super) fn has_code(&self, code: &str) -> bool {
        self.codes.iter().any(|one| one.eq_ignore_ascii_case(code))
    }

    /// `error.message`, as it came: to be looked into, not to be shown.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// A delta token that Microsoft has forgotten, however it says so (`graph-api.md 2.4`).
    fn asks_for_resync(&self) -> bool {
        self.has_code("syncStateNotFound") || self.has_code("resyncRequired")
    }

    /// The answer in one line for people.
    pub(super) fn sentence(&self, status: StatusCode) -> String {
        let code = self.codes.first().map_or("", String::as_str);
        let message = tame(&self.message);
        let parts = [status.as_str(), code, &message];
        parts
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// A text of Microsoft's as it may stand in an error: one line, short, without addresses, phone numbers, tokens and links (V6).
pub(super) fn tame(text: &str) -> String {
    let head: String = text.chars().take(LONGEST_SENTENCE * 4).collect();
    let words = head
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty());
    let line = words.map(tame_word).collect::<Vec<_>>().join(" ");
    line.chars().take(LONGEST_SENTENCE).collect()
}

fn tame_word(word: &str) -> &str {
    let after_plus = word.split_once('+').map_or("", |(_, rest)| rest);
    if after_plus.chars().filter(char::is_ascii_digit).count() >= 6 {
        "(number)"
    } else if word
        .trim_start_matches(['\'', '"'])
        .find('@')
        .is_some_and(|at| at > 0)
    {
        "(address)"
    } else if word.chars().count() > LONGEST_WORD {
        "(…)"
    } else {
        word
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: &str) -> Response<Bytes> {
        Response::builder()
            .status(status)
            .body(Bytes::copy_from_slice(body.as_bytes()))
            .unwrap()
    }

    fn error(code: &str, message: &str) -> String {
        json!({"error": {"code": code, "message": message, "innerError": {"code": "Inner"}}})
            .to_string()
    }

    /// Every class of `graph-api.md 14`: status, body, what it means for a read, what for a write.
    #[test]
    fn every_answer_has_its_kind() {
        use Kind::*;
        let location = "License assignment cannot be done for user with invalid usage location.";
        let seats = "Subscription with SKU c7df2760 does not have any available licenses.";
        let group = "User license is inherited from group membership and cannot be removed directly from the user.";
        let depends =
            "License assignment failed because service plan x depends on the service plan(s) y";
        let clash =
            "License assignment failed because service plans x and y are mutually exclusive.";
        let conflicting = "Conflicting service plans";
        let lost = (Unavailable, UnknownOutcome);
        let both = |kind: Kind| (kind.clone(), kind);
        let request = |message| error("Request_BadRequest", message);
        let cases = [
            (400, error("BadRequest", "nothing known"), both(Invalid)),
            (400, "<html>not JSON</html>".to_owned(), both(Invalid)),
            (
                400,
                request(location),
                both(Refused(Refusal::UsageLocation)),
            ),
            (400, request(seats), both(Refused(Refusal::NoSeats))),
            (400, request(group), both(Refused(Refusal::FromGroup))),
            (
                400,
                request(depends),
                both(Refused(Refusal::MissingDependency)),
            ),
            (
                400,
                request(clash),
                both(Refused(Refusal::ConflictingPlans)),
            ),
            (
                400,
                request(conflicting),
                both(Refused(Refusal::ConflictingPlans)),
            ),
            (400, error("SyncStateNotFound", ""), both(Resync)),
            (404, error("resyncRequired", ""), both(Resync)),
            (410, String::new(), both(Resync)),
            (
                401,
                error("InvalidAuthenticationToken", ""),
                both(Unauthorised),
            ),
            (403, error("Authorization_RequestDenied", ""), both(Denied)),
            (403, error("forbidden", ""), both(Denied)),
            (404, error("Request_ResourceNotFound", ""), both(NotFound)),
            (409, String::new(), both(Conflict)),
            (412, String::new(), both(Conflict)),
            (423, String::new(), both(Conflict)),
            (424, String::new(), both(Conflict)),
            (429, error("TooManyRequests", ""), both(Throttled(None))),
            (302, String::new(), both(Invalid)),
            (405, String::new(), both(Invalid)),
            (422, String::new(), both(Invalid)),
            (501, String::new(), both(Invalid)),
            (408, String::new(), lost.clone()),
            (500, String::new(), lost.clone()),
            (502, String::new(), lost.clone()),
            (503, error("serviceNotAvailable", ""), lost.clone()),
            (504, String::new(), lost),
        ];
        for (status, body, (read, write)) in cases {
            let answer = answer(status, &body);
            assert_eq!(
                judge(Effect::Read, Ok(&answer)),
                Err(read),
                "read, {status} {body}"
            );
            assert_eq!(
                judge(Effect::Write, Ok(&answer)),
                Err(write),
                "write, {status} {body}"
            );
        }
        for done in [200, 201, 202, 204] {
            assert_eq!(judge(Effect::Write, Ok(&answer(done, ""))), Ok(()));
        }
    }

    /// Faults 10 and 13.
    #[test]
    fn a_write_without_answer_may_have_happened_unless_it_was_not_sent() {
        let (not_sent, lost) = (
            TransportError::NotSent(String::new()),
            TransportError::NoAnswer(String::new()),
        );
        assert_eq!(judge(Effect::Write, Err(&not_sent)), Err(Kind::Unavailable));
        assert_eq!(judge(Effect::Write, Err(&lost)), Err(Kind::UnknownOutcome));
        assert_eq!(judge(Effect::Read, Err(&lost)), Err(Kind::Unavailable));
    }

    /// Faults 12 and 34.
    #[test]
    fn a_named_wait_is_read_as_a_float_and_rounded_up() {
        for (header, wait) in [
            ("2.128", Some(3)),
            ("10", Some(10)),
            (" 0.2 ", Some(1)),
            ("3600", Some(3600)),
            ("1e300", Some(86_400)),
            ("-1", None),
            ("NaN", None),
            ("inf", None),
            ("Wed, 21 Oct 2026 07:28:00 GMT", None),
            ("", None),
        ] {
            let mut answer = answer(429, "");
            answer
                .headers_mut()
                .insert("retry-after", header.parse().unwrap());
            let expected = Kind::Throttled(wait.map(Duration::from_secs));
            assert_eq!(judge(Effect::Read, Ok(&answer)), Err(expected), "{header}");
        }
    }

    #[test]
    fn an_error_body_is_read_tolerantly() {
        let said = Said::read(br#"{"error":{"code":"Forbidden","innererror":{"code":"a","innerError":{"code":"B"}}}}"#);
        assert!(said.has_code("forbidden") && said.has_code("A") && said.has_code("b"));
        for odd in [
            "",
            "[]",
            "null",
            r#"{"error":"invalid_client"}"#,
            r#"{"error":{"code":7,"message":[],"innerError":3}}"#,
        ] {
            assert_eq!(
                Said::read(odd.as_bytes()).sentence(StatusCode::BAD_REQUEST),
                "400",
                "{odd}"
            );
        }
        let deep = format!(
            r#"{{"error":{}1{}}}"#,
            r#"{"innerError":"#.repeat(100_000),
            "}".repeat(100_000)
        );
        assert!(Said::read(deep.as_bytes()).codes.is_empty());
        let huge = error("x", &"y".repeat(10 * 1024 * 1024));
        assert_eq!(
            Said::read(huge.as_bytes()).sentence(StatusCode::BAD_REQUEST),
            "400"
        );
    }

    /// V6.
    #[test]
    fn what_microsoft_says_is_tamed() {
        let token = format!("eyJ{}", "x".repeat(80));
        let text = format!(
            "Resource 'adele@contoso.com'\r\n has\u{1b}[2J tel:+49(30)123456 and {token} for @odata.type"
        );
        assert_eq!(
            tame(&text),
            "Resource (address) has [2J (number) and (…) for @odata.type"
        );
        assert_eq!(tame(&"ü ".repeat(1_000_000)).chars().count(), 300);
    }
}
