//! What makes a token valid: RS256 by a key of an accepted issuer, meant for us, in force now. Anything else is nobody.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, dangerous};
use serde::Deserialize;
use shared::app::Documents;
use shared::clock::Clock;
use shared::config::{self, Access, Issuer};
use shared::error::{Error, Kind, Result};
use shared::model::access::{Grant, Reach, Role};
use shared::model::persona::SitePath;
use shared::model::tenant::TenantId;
use tokio::sync::Mutex;

/// A longer token is nobody's, and not worth the time to read it.
const LONGEST: usize = 16 * 1024;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The issuer's id for them.
    pub subject: String,
    /// Their name for people; empty if the token has none.
    pub name: String,
    /// What they may do, and where.
    pub grants: Vec<Grant>,
}

impl Caller {
    /// Their highest role in a tenant, at some node of it at least; `None` = for them there is no such tenant.
    pub fn role_in(&self, tenant: &TenantId) -> Option<Role> {
        self.grants_in(tenant).map(|grant| grant.role).max()
    }

    /// How far their grants of this role, or a higher one, go in a tenant; `None` = they have none.
    pub fn reach(&self, tenant: &TenantId, least: Role) -> Option<Reach> {
        let mut nodes = Vec::new();
        for grant in self.grants_in(tenant).filter(|grant| grant.role >= least) {
            match &grant.node {
                None => return Some(Reach::Tenant),
                Some(node) => nodes.push(node.clone()),
            }
        }
        (!nodes.is_empty()).then_some(Reach::Nodes(nodes))
    }

    /// Their highest role at a place of a tenant, or in all of it.
    pub fn role_at(&self, tenant: &TenantId, place: Option<&SitePath>) -> Option<Role> {
        let here = |node: &SitePath| SitePath::is_within(place, Some(node));
        let grants = self.grants_in(tenant);
        let grants = grants.filter(|grant| grant.node.as_ref().is_none_or(here));
        grants.map(|grant| grant.role).max()
    }

    fn grants_in(&self, tenant: &TenantId) -> impl Iterator<Item = &Grant> {
        let grants = self.grants.iter();
        grants.filter(move |grant| grant.tenant == *tenant)
    }

    /// Their highest role in the installation as a whole: a grant for the tenant `*`, which is no tenant's id.
    pub fn role_in_all(&self) -> Option<Role> {
        let all = self.grants.iter();
        let all = all.filter(|grant| grant.tenant.as_str() == "*" && grant.node.is_none());
        all.map(|grant| grant.role).max()
    }
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    #[serde(default)]
    name: String,
    exp: u64,
    #[serde(default)]
    nbf: Option<u64>,
    #[serde(default)]
    grants: Vec<Grant>,
}

#[derive(Deserialize)]
struct Issued {
    iss: String,
}

/// The keys of an issuer as they were last read.
#[derive(Default)]
struct Keys {
    by_id: BTreeMap<String, DecodingKey>,
    /// When they were last asked for, by the monotonic clock; also when the answer was no answer.
    asked: Option<Duration>,
    /// When they were last read.
    read: Option<Duration>,
}

/// Tells callers from nobody.
pub struct Verifier {
    access: Access,
    documents: Documents,
    clock: Clock,
    keys: Mutex<BTreeMap<String, Keys>>,
}

impl Verifier {
    /// Accepts these issuers, whose keys are among `documents`. The clock is that of the callers, not a simulated one.
    pub fn new(access: Access, documents: Documents, clock: Clock) -> Self {
        Self {
            access,
            documents,
            clock,
            keys: Mutex::default(),
        }
    }

    /// Who a token speaks for. `None` = nobody; why is not told. `Unavailable` if the issuer's keys cannot be read.
    pub async fn caller(&self, token: &str) -> Result<Option<Caller>> {
        let Some((issuer, id)) = self.signed_by(token) else {
            return Ok(None);
        };
        let Some(key) = self.key(issuer, &id).await? else {
            return Ok(None);
        };
        Ok(self.verified(token, issuer, &key))
    }

    /// The accepted issuer that a token names, and the id of the key: nothing of this is believed yet.
    fn signed_by(&self, token: &str) -> Option<(&Issuer, String)> {
        if token.len() > LONGEST {
            return None;
        }
        let header = jsonwebtoken::decode_header(token).ok()?;
        if header.alg != Algorithm::RS256 {
            return None;
        }
        let issued: Issued = dangerous::insecure_decode_claims(token).ok()?;
        let mut accepted = self.access.issuers.iter();
        let issuer = accepted.find(|issuer| issuer.name == issued.iss)?;
        Some((issuer, header.kid?))
    }

    /// Times are judged here and not by the library, which would read a clock of its own.
    fn verified(&self, token: &str, issuer: &Issuer, key: &DecodingKey) -> Option<Caller> {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[&issuer.name]);
        validation.set_audience(&[&self.access.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let claims: Claims = jsonwebtoken::decode(token, key, &validation).ok()?.claims;
        let now = u64::try_from(self.clock.now().millis() / 1_000).ok()?;
        let skew = config::CLOCK_SKEW.as_secs();
        let over = claims.exp.saturating_add(skew) <= now;
        let early = claims
            .nbf
            .is_some_and(|from| from > now.saturating_add(skew));
        (!over && !early && !claims.sub.is_empty()).then_some(Caller {
            subject: claims.sub,
            name: claims.name,
            grants: claims.grants,
        })
    }

    /// The issuer's key with this id. Keys are read again when they are old, and when a token names an unknown one, but however
    /// many such tokens come, no more than once a minute. The lock is held meanwhile, so that all wait for one answer. Keys that
    /// could not be read again for too long are believed no more: the issuer may have taken one back.
    async fn key(&self, issuer: &Issuer, id: &str) -> Result<Option<DecodingKey>> {
        let mut keys = self.keys.lock().await;
        let keys = keys.entry(issuer.name.clone()).or_default();
        let now = self.clock.elapsed();
        let is_older = |keys: &Keys, than| keys.read.is_none_or(|read| now - read >= than);
        let may_ask = keys
            .asked
            .is_none_or(|asked| now - asked >= config::KEYS_AGAIN);
        if (is_older(keys, config::KEYS_AGE) || !keys.by_id.contains_key(id)) && may_ask {
            keys.asked = Some(now);
            match self.read(issuer).await {
                Ok(by_id) => {
                    keys.by_id = by_id;
                    keys.read = Some(now);
                }
                Err(error) => {
                    tracing::error!(issuer = issuer.name, %error, "the issuer's keys cannot be read");
                }
            }
        }
        if is_older(keys, config::KEYS_BELIEVED) {
            return Err(Error::new(
                Kind::Unavailable,
                format!("the keys of {} cannot be read now", issuer.name),
            ));
        }
        Ok(keys.by_id.get(id).cloned())
    }

    async fn read(&self, issuer: &Issuer) -> Result<BTreeMap<String, DecodingKey>> {
        let text = (self.documents)(issuer.keys.clone()).await?;
        let set: JwkSet = serde_json::from_slice(&text).map_err(|error| {
            let sentence = format!("{} holds no key set", issuer.keys);
            Error::new(Kind::Unavailable, sentence).with_source(error)
        })?;
        Ok(set.keys.iter().filter_map(usable).collect())
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}

/// An RSA key that may sign with RS256, with its id. Entra names no algorithm with its keys.
fn usable(key: &Jwk) -> Option<(String, DecodingKey)> {
    let is_rsa = matches!(key.algorithm, AlgorithmParameters::RSA(_));
    let signs = matches!(
        key.common.public_key_use,
        None | Some(PublicKeyUse::Signature)
    );
    let fits = matches!(key.common.key_algorithm, None | Some(KeyAlgorithm::RS256));
    if !is_rsa || !signs || !fits {
        return None;
    }
    Some((key.common.key_id.clone()?, DecodingKey::from_jwk(key).ok()?))
}
