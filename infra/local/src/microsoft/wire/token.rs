//! `POST /{tenant}/oauth2/v2.0/token`: client credentials with a secret or a certificate (`graph-api.md 1`).

use http::StatusCode;
use serde_json::json;

use super::answer::{Answer, Body, Correlation, format};
use super::assertion;
use super::gate::TOKEN_SECONDS;
use super::request::{Query, Request};
use crate::microsoft::state::world::World;

/// An error of the token endpoint: status, OAuth error, AADSTS number, sentence.
struct Rejection(StatusCode, &'static str, u32, String);

impl World {
    /// A token, or why there is none.
    pub(crate) fn token(
        &mut self,
        tenant: &str,
        request: &Request,
        correlation: &Correlation,
    ) -> Answer {
        self.gate.count("token");
        let now = self.now();
        let form = Query::parse(&String::from_utf8_lossy(&request.body));
        match self.check(tenant, &form) {
            Ok(()) => {
                let token = self.gate.issue(now, self.options.roles.clone());
                Answer::ok(json!({
                    "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "ext_expires_in": TOKEN_SECONDS, "access_token": token,
                }))
            }
            Err(Rejection(status, error, number, sentence)) => {
                let stamp = format(now, "%Y-%m-%d %H:%M:%SZ");
                let Correlation {
                    request: trace,
                    client,
                } = correlation;
                let body = json!({
                    "error": error,
                    "error_description":
                        format!("AADSTS{number}: {sentence} Trace ID: {trace} Correlation ID: {client} Timestamp: {stamp}"),
                    "error_codes": [number],
                    "timestamp": stamp,
                    "trace_id": trace,
                    "correlation_id": client,
                    "error_uri": format!("https://login.microsoftonline.com/error?code={number}"),
                });
                Answer {
                    status,
                    headers: Vec::new(),
                    body: Body::Json(body),
                }
            }
        }
    }

    fn check(&self, tenant: &str, form: &Query) -> Result<(), Rejection> {
        let bad = |error, number, sentence: String| {
            Err(Rejection(StatusCode::BAD_REQUEST, error, number, sentence))
        };
        let options = &self.options;
        if !tenant.eq_ignore_ascii_case(&options.tenant_id) {
            return bad(
                "invalid_request",
                90_002,
                format!(
                    "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
                ),
            );
        }
        if form.get("grant_type") != Some("client_credentials") {
            return bad(
                "unsupported_grant_type",
                70_003,
                "The app requested an unsupported grant type.".into(),
            );
        }
        if !form
            .get("scope")
            .is_some_and(|scope| scope.ends_with("/.default"))
        {
            return bad(
                "invalid_scope",
                70_011,
                "The provided value for the input parameter 'scope' is not valid.".into(),
            );
        }
        let client = form.get("client_id").unwrap_or_default();
        if !client.eq_ignore_ascii_case(&options.client_id) {
            let sentence = format!(
                "Application with identifier '{client}' was not found in the directory '{tenant}'."
            );
            return bad("unauthorized_client", 700_016, sentence);
        }
        if form.get("client_assertion_type") == Some(assertion::TYPE) {
            let said = form.get("client_assertion").unwrap_or_default();
            let seconds = self.now().millis() / 1_000;
            return assertion::check(options, said, seconds).map_err(|(number, sentence)| {
                let status = StatusCode::UNAUTHORIZED;
                Rejection(status, "invalid_client", number, sentence.into())
            });
        }
        if form.get("client_secret") != Some(&options.client_secret) {
            let sentence = "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
                            not the client secret ID.";
            return Err(Rejection(
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                7_000_215,
                sentence.into(),
            ));
        }
        Ok(())
    }
}
