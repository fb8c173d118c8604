//! Who signs tokens on this machine: in place of Entra ID, a key of our own and four people of the demo, one for each role.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_smithy_types::base64;
use bytes::Bytes;
use futures::FutureExt;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use shared::app::Documents;
use shared::config::{self, Access};
use shared::error::{Error, Kind, Result};
use shared::model::access::Role;
use shared::model::tenant::TenantId;
use shared::model::time::Time;

/// The `iss` of its tokens. Nobody outside this machine accepts it.
pub const ISSUER: &str = "https://issuer.rollcall.invalid";
/// The `aud` of its tokens.
pub const AUDIENCE: &str = "rollcall";
/// Where its keys would be read; [`Issuer::documents`] answers whatever is asked.
const KEYS: &str = "https://issuer.rollcall.invalid/keys";
/// A token is good for a working day.
pub const VALID: Duration = Duration::from_secs(8 * 3_600);
/// How a PEM file of a private key begins and ends (RFC 7468).
const PEM: [&str; 2] = ["-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"];
/// Characters in a line of it.
const PEM_LINE: usize = 64;

/// An issuer with a key of its own.
pub struct Issuer {
    pem: String,
    key: EncodingKey,
    key_id: String,
    keys: Bytes,
}

impl Issuer {
    /// An issuer with a new key.
    pub fn new() -> Result<Self> {
        let made = KeyPair::generate(KeySize::Rsa2048).and_then(|key| key.as_der());
        let der = made.map_err(|error| broken("making a key").with_source(error))?;
        let text = base64::encode(der.as_ref());
        let lines = text.as_bytes().chunks(PEM_LINE);
        let lines: Vec<_> = lines.map(|line| String::from_utf8_lossy(line)).collect();
        Self::of_pem(&format!("{}\n{}\n{}\n", PEM[0], lines.join("\n"), PEM[1]))
    }

    /// The issuer whose key was kept.
    ///
    /// # Errors
    /// `Invalid` if it is no RSA key.
    pub fn of_pem(pem: &str) -> Result<Self> {
        let key = EncodingKey::from_rsa_pem(pem.as_bytes());
        let key = key.map_err(|error| broken("reading the key").with_source(error))?;
        let public = Jwk::from_encoding_key(&key, Algorithm::RS256);
        let mut public = public.map_err(|error| broken("reading the key").with_source(error))?;
        let key_id = public.thumbprint(ThumbprintHash::SHA256);
        let key_id = key_id.map_err(|error| broken("naming the key").with_source(error))?;
        public.common.key_id = Some(key_id.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        let keys = serde_json::to_vec(&JwkSet { keys: vec![public] });
        let keys = keys.map_err(|error| broken("writing the key set").with_source(error))?;
        Ok(Self {
            pem: pem.to_owned(),
            key,
            key_id,
            keys: keys.into(),
        })
    }

    /// The private key, to be kept where nobody else reads it.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The key set (RFC 7517).
    pub fn keys(&self) -> &Bytes {
        &self.keys
    }

    /// The id of its key.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// What the API needs to accept its tokens.
    pub fn access() -> Access {
        Access {
            audience: AUDIENCE.to_owned(),
            issuers: vec![config::Issuer {
                name: ISSUER.to_owned(),
                keys: KEYS.to_owned(),
            }],
        }
    }

    /// Answers with its key set.
    pub fn documents(&self) -> Documents {
        let keys = self.keys.clone();
        Arc::new(move |_| std::future::ready(Ok(keys.clone())).boxed())
    }

    /// A token of the demo's person with this role, for one tenant.
    pub fn token(&self, role: Role, tenant: &TenantId, now: Time) -> Result<String> {
        self.sign(&claims(role, tenant, now))
    }

    /// Signs whatever it is given.
    pub fn sign(&self, claims: &Value) -> Result<String> {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.key_id.clone());
        jsonwebtoken::encode(&header, claims, &self.key)
            .map_err(|error| broken("signing a token").with_source(error))
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// What a token of the demo's person with this role says.
pub fn claims(role: Role, tenant: &TenantId, now: Time) -> Value {
    let seconds = |at: Time| at.millis() / 1_000;
    json!({
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": format!("demo-{role}"),
        "name": name(role),
        "iat": seconds(now),
        "nbf": seconds(now),
        "exp": seconds(now + VALID),
        "grants": [{"tenant": tenant, "role": role}],
    })
}

/// The demo's person with this role.
pub const fn name(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Vera Vogt",
        Role::Operator => "Oskar Olsen",
        Role::Approver => "Ada Amato",
        Role::Administrator => "Anton Adler",
    }
}

fn broken(what: &str) -> Error {
    Error::new(Kind::Invalid, format!("the local issuer: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key that was kept signs the same tokens: they hold over a restart.
    #[test]
    fn a_kept_key_is_the_same_issuer() {
        let issuer = Issuer::new().unwrap();
        let again = Issuer::of_pem(issuer.pem()).unwrap();
        assert_eq!(
            (again.key_id(), again.keys()),
            (issuer.key_id(), issuer.keys())
        );
        let tenant = TenantId::parse("contoso").unwrap();
        let token = |issuer: &Issuer| {
            issuer
                .token(Role::Viewer, &tenant, Time::from_millis(0))
                .unwrap()
        };
        assert_eq!(token(&issuer), token(&again));
        assert!(
            !format!("{issuer:?}").contains("BEGIN")
                && !issuer.keys().windows(4).any(|w| w == b"\"d\":")
        );
        assert!(Issuer::of_pem("no key").is_err());
    }
}
