//! Rule lists: in one row while they fit, else in parts that are written before the row that names them.

use serde::{Deserialize, Serialize};

use super::keys;
use super::write::{Write, Written};
use super::{Store, encode};
use crate::error::{Error, Kind, Result};
use crate::model::digest;
use crate::model::persona::Rules;
use crate::model::tenant::TenantId;

/// Bytes of one part: a row holds 400 KB.
const PART: usize = 300_000;
/// Both lists together have at most so many bytes, as they are stored.
const MOST: usize = 12 * PART;
/// So often lists are read again that were replaced while they were read.
const TRIES: usize = 5;

/// The row of the lists.
#[derive(Debug, Deserialize)]
struct Row {
    #[serde(default)]
    parts: usize,
    /// Names the parts.
    #[serde(default)]
    digest: String,
    #[serde(flatten)]
    rules: Rules,
}

/// The same, where the lists are elsewhere.
#[derive(Debug, Serialize)]
struct Header {
    version: u32,
    parts: usize,
    digest: String,
    placement: [(); 0],
    persona: [(); 0],
}

/// A part of the lists' text.
#[derive(Debug, Serialize, Deserialize)]
struct Part {
    text: String,
}

impl Store {
    /// Both rule lists; empty ones if none were stored yet.
    pub async fn rules(&self, tenant: &TenantId) -> Result<Rules> {
        for _ in 0..TRIES {
            let row: Option<Row> = self.get_as(&keys::rules(tenant)).await?;
            let Some(row) = row else {
                return Ok(Rules::default());
            };
            if row.parts == 0 {
                return Ok(row.rules);
            }
            let mut text = String::new();
            let mut is_whole = true;
            for part in 0..row.parts {
                let key = keys::rules_part(tenant, &row.digest, part);
                match self.get_as::<Part>(&key).await? {
                    Some(part) => text.push_str(&part.text),
                    // A newer version has taken its place meanwhile.
                    None => is_whole = false,
                }
            }
            if is_whole {
                let unreadable = |error| {
                    Error::new(Kind::Invalid, "reading the rules of a tenant").with_source(error)
                };
                return serde_json::from_str(&text).map_err(unreadable);
            }
        }
        Err(Error::new(
            Kind::Unavailable,
            "the rules change too fast to be read",
        ))
    }

    /// Stores both rule lists, whatever was there.
    pub async fn put_rules(&self, tenant: &TenantId, rules: &Rules) -> Result<()> {
        self.replace(tenant, rules, None).await.map(|_| ())
    }

    /// Stores both rule lists as one, in the place of those of this version (0 = none yet). False = there are others by now, and nothing is
    /// changed. `Conflict` if they are too long.
    pub async fn replace_rules(&self, tenant: &TenantId, rules: &Rules, read: u32) -> Result<bool> {
        self.replace(tenant, rules, Some(read)).await
    }

    async fn replace(&self, tenant: &TenantId, rules: &Rules, read: Option<u32>) -> Result<bool> {
        let text = serde_json::to_string(rules)
            .map_err(|error| Error::new(Kind::Invalid, "storing rules").with_source(error))?;
        if text.len() > MOST {
            let why = format!(
                "the rules are too long: {} bytes, of {MOST} at most",
                text.len()
            );
            return Err(Error::new(Kind::Conflict, why));
        }
        let old: Option<Row> = self.get_as(&keys::rules(tenant)).await?;
        let parts = if text.len() > PART {
            split(&text)
        } else {
            Vec::new()
        };
        let digest = digest::short(text.as_bytes());
        for (nth, text) in parts.iter().enumerate() {
            let part = Part {
                text: (*text).to_owned(),
            };
            let key = keys::rules_part(tenant, &digest, nth);
            self.write(Write::put(key, encode(&part)?)).await?;
        }
        let row = if parts.is_empty() {
            encode(rules)?
        } else {
            encode(&Header {
                version: rules.version,
                parts: parts.len(),
                digest: digest.clone(),
                placement: [],
                persona: [],
            })?
        };
        let mut write = Write::put(keys::rules(tenant), row);
        if let Some(read) = read {
            write = if read == 0 {
                write.when("attribute_not_exists(#version)").name("version")
            } else {
                let write = write.when("#version = :read").name("version");
                write.number("read", read)
            };
        }
        if let Written::Refused(_) = self.write(write).await? {
            let is_theirs = old.is_some_and(|old| old.digest == digest);
            if !is_theirs {
                self.forget(tenant, &digest, parts.len()).await?;
            }
            return Ok(false);
        }
        if let Some(old) = old.filter(|old| old.digest != digest) {
            self.forget(tenant, &old.digest, old.parts).await?;
        }
        Ok(true)
    }

    async fn forget(&self, tenant: &TenantId, digest: &str, parts: usize) -> Result<()> {
        for part in 0..parts {
            let key = keys::rules_part(tenant, digest, part);
            self.write(Write::delete(key)).await?;
        }
        Ok(())
    }
}

/// Parts of at most [`PART`] bytes, no character torn.
fn split(mut text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    while !text.is_empty() {
        let (part, rest) = text.split_at(text.floor_char_boundary(PART));
        parts.push(part);
        text = rest;
    }
    parts
}
