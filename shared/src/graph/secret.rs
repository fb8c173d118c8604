//! What proves who we are: a client secret, or a certificate whose key signs a statement (`graph-api.md 1.1`, `1.2`; F2).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_types::base64;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::address::encode;
use super::certificate::{self, der};
use crate::error::{Error, Kind, Result};
use crate::model::time::Time;

/// A statement is good for so long; it is made anew for every token.
const VALID: Duration = Duration::from_secs(300);
/// What `client_assertion_type` says.
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client secret or a certificate with its key. It prints as nothing.
#[derive(Clone)]
pub struct Secret {
    proof: Proof,
    /// When it stops to be accepted, as far as it says so.
    ends: Option<Time>,
}

#[derive(Clone)]
enum Proof {
    Text(String),
    Certificate {
        /// SHA-256 of the DER certificate, base64 for URLs: its `x5t#S256`.
        thumbprint: String,
        key: Arc<EncodingKey>,
    },
}

/// What the secret store holds, where it is a document.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Certificate(StoredCertificate),
    Secret(StoredSecret),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredCertificate {
    certificate: String,
    key: String,
}

/// Microsoft shows the end of a client secret only to whoever may read all applications, so it is written beside it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredSecret {
    secret: String,
    ends: Date,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    jti: String,
    nbf: i64,
    iat: i64,
    exp: i64,
}

impl Secret {
    /// A client secret; white space around it, a common slip of copying, is dropped.
    pub fn new(text: &str) -> Self {
        Self {
            proof: Proof::Text(text.trim().to_owned()),
            ends: None,
        }
    }

    /// What the secret store holds: a client secret, `{"secret": "<value>", "ends": "2027-01-31"}`, or `{"certificate": "<PEM>",
    /// "key": "<PEM of the RSA key>"}`.
    ///
    /// # Errors
    /// [`Kind::Unauthorised`] if it is none of them; nothing of it is repeated (V6).
    pub fn read(stored: &str) -> Result<Self> {
        if !stored.trim_start().starts_with('{') {
            return Ok(Self::new(stored));
        }
        let stored = serde_json::from_str(stored).map_err(|_| {
            bad("is a JSON document neither of \"certificate\" and \"key\" nor of \"secret\" and \"ends\", a date")
        })?;
        let stored = match stored {
            Stored::Certificate(stored) => stored,
            Stored::Secret(StoredSecret { secret, ends }) => {
                let midnight = TimeZone::UTC.to_timestamp(ends.at(0, 0, 0, 0)).ok();
                return Ok(Self {
                    ends: midnight.map(|at| Time::from_millis(at.as_millisecond())),
                    ..Self::new(&secret)
                });
            }
        };
        let der = der(&stored.certificate).ok_or_else(|| {
            bad("has no certificate in PEM form, which begins with -----BEGIN CERTIFICATE-----")
        })?;
        let key = EncodingKey::from_rsa_pem(stored.key.as_bytes())
            .map_err(|_| bad("has no RSA private key in PEM form"))?;
        Ok(Self {
            ends: certificate::ends(&der),
            proof: Proof::Certificate {
                thumbprint: for_urls(&Sha256::digest(&der)),
                key: Arc::new(key),
            },
        })
    }

    /// When it stops to be accepted; `None` = it does not say.
    pub(super) fn ends(&self) -> Option<Time> {
        self.ends
    }

    /// The part of the form that proves who `client` is, towards this endpoint and at this moment. `nonce` differs each time.
    pub(super) fn form(
        &self,
        endpoint: &str,
        client: &str,
        now: Time,
        nonce: Duration,
    ) -> Result<String> {
        let (thumbprint, key) = match &self.proof {
            Proof::Text(text) => return Ok(format!("client_secret={}", encode(text))),
            Proof::Certificate { thumbprint, key } => (thumbprint, key),
        };
        let seconds = now.millis() / 1_000;
        let once = Sha256::digest(format!("{client}#{}#{nonce:?}", now.millis()).as_bytes());
        let claims = Claims {
            aud: endpoint,
            iss: client,
            sub: client,
            jti: for_urls(&once),
            nbf: seconds,
            iat: seconds,
            exp: seconds + i64::try_from(VALID.as_secs()).unwrap_or_default(),
        };
        let header = Header {
            x5t_s256: Some(thumbprint.clone()),
            ..Header::new(Algorithm::PS256)
        };
        let assertion = jsonwebtoken::encode(&header, &claims, key)
            .map_err(|_| bad("has a key that cannot sign"))?;
        Ok(format!(
            "client_assertion_type={}&client_assertion={assertion}",
            encode(ASSERTION)
        ))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

fn for_urls(bytes: &[u8]) -> String {
    base64::encode(bytes)
        .trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_")
}

fn bad(what: &str) -> Error {
    Error::new(
        Kind::Unauthorised,
        format!("the credential in the secret store {what}"),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// V6: a credential that cannot be used is told by what it lacks, never by what it holds.
    #[test]
    fn a_bad_certificate_is_refused_without_a_word_of_it() {
        let pem = "-----BEGIN CERTIFICATE-----\nYzRuYXJ5\n-----END CERTIFICATE-----";
        for (stored, sentence) in [
            ("{c4nary".to_owned(), "JSON document neither"),
            (
                json!({"certificate": "c4nary"}).to_string(),
                "JSON document neither",
            ),
            (
                json!({"certificate": pem, "key": "c4nary", "password": "c4nary"}).to_string(),
                "JSON document neither",
            ),
            (
                json!({"certificate": "c4nary", "key": "c4nary"}).to_string(),
                "no certificate",
            ),
            (
                json!({"certificate": pem, "key": "c4nary"}).to_string(),
                "no RSA private key",
            ),
        ] {
            let error = Secret::read(&stored).unwrap_err();
            assert_eq!(error.kind(), &Kind::Unauthorised);
            let text = format!("{error}{error:?}");
            assert!(
                text.contains(sentence) && !text.contains("c4nary"),
                "{text}"
            );
        }
    }

    #[test]
    fn whatever_is_no_document_is_a_client_secret() {
        let secret = Secret::read(" c4nary&x\n").unwrap();
        let form = secret.form("e", "c", Time::from_millis(0), Duration::ZERO);
        assert_eq!(form.unwrap(), "client_secret=c4nary%26x");
        assert_eq!(secret.ends(), None);
    }

    /// F2: whoever writes the end beside the secret is warned in time.
    #[test]
    fn a_client_secret_may_come_with_its_end() {
        let stored = json!({"secret": "c4nary", "ends": "2027-01-31"}).to_string();
        let secret = Secret::read(&stored).unwrap();
        assert_eq!(
            secret.ends().unwrap().to_string(),
            "2027-01-31T00:00:00.000Z"
        );
        let wrong = json!({"secret": "c4nary", "ends": "next year"}).to_string();
        let error = Secret::read(&wrong).unwrap_err().to_string();
        assert!(
            error.contains("a date") && !error.contains("c4nary"),
            "{error}"
        );
    }
}
