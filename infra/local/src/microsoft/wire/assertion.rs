//! Client assertions: who asks for a token proves it with a signed statement instead of a secret (`graph-api.md 1.2`).

use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::base64;
use crate::microsoft::options::{Certificate, Options};

/// What `client_assertion_type` says.
pub(super) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    #[serde(rename = "x5t#S256")]
    thumbprint: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Claims {
    aud: String,
    iss: String,
    sub: String,
    /// Seconds of the epoch.
    exp: i64,
    nbf: Option<i64>,
}

/// Why an assertion is not believed: the AADSTS number and a sentence.
pub(super) type Doubt = (u32, &'static str);

/// Believes an assertion at this moment, in seconds of the epoch, or says why not.
pub(super) fn check(options: &Options, assertion: &str, now: i64) -> Result<(), Doubt> {
    let parts: Vec<&str> = assertion.split('.').collect();
    let [head, claims, signature] = parts[..] else {
        return Err((50_027, "JWT token is invalid or malformed."));
    };
    let malformed = (50_027, "JWT token is invalid or malformed.");
    let header: Header = read(head).ok_or(malformed)?;
    let said: Claims = read(claims).ok_or(malformed)?;
    let unknown = (
        700_027,
        "The certificate with identifier used to sign the client assertion is not registered on application.",
    );
    let certificate = options
        .certificate
        .as_ref()
        .filter(|known| header.thumbprint.as_ref() == Some(&known.thumbprint))
        .ok_or(unknown)?;
    let signed = &assertion[..head.len() + 1 + claims.len()];
    if header.alg != "PS256" || !certificate.signed(signed, signature) {
        return Err((700_027, "Client assertion failed signature validation."));
    }
    let mine = |id: &str| id.eq_ignore_ascii_case(&options.client_id);
    if !mine(&said.iss) || !mine(&said.sub) {
        return Err((
            700_021,
            "Client assertion application identifier doesn't match 'client_id' parameter.",
        ));
    }
    if !audiences(options).contains(&said.aud) {
        return Err((
            700_023,
            "Client assertion audience claim does not match Realm issuer.",
        ));
    }
    if said.exp <= now || said.nbf.is_some_and(|from| from > now) {
        return Err((
            700_024,
            "Client assertion is not within its valid time range.",
        ));
    }
    Ok(())
}

/// The token endpoint by Microsoft's name and by ours.
fn audiences(options: &Options) -> [String; 2] {
    ["https://login.microsoftonline.com", &options.base_url]
        .map(|authority| format!("{authority}/{}/oauth2/v2.0/token", options.tenant_id))
}

impl Certificate {
    /// Whether the certificate's key made this signature; true where the key is not known.
    fn signed(&self, text: &str, signature: &str) -> bool {
        self.public_key.as_ref().is_none_or(|key| {
            base64::decode(signature).is_some_and(|signature| {
                UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key)
                    .verify(text.as_bytes(), &signature)
                    .is_ok()
            })
        })
    }
}

fn read<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&base64::decode(part)?).ok()
}
