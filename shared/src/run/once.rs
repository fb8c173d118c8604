//! An order that carries a key is carried out once, however often it arrives (F144).

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::model::digest::hex;
pub use crate::model::once::{Answered, Once};
use crate::model::tenant::TenantId;

use super::Shell;

/// So long the answer to an order is kept.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// After so long whoever carried it out is dead: no request to the API lives longer than 30 s.
const DEAD: Duration = Duration::from_secs(60);

/// What is to be done with an order that arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// It is carried out, and its end told to [`ended`].
    New(Begun),
    /// It was carried out before, and this was the answer.
    Again(Answered),
    /// It is being carried out.
    Running,
    /// The key was used for another order.
    Other,
}

/// An order that is being carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    name: String,
    once: Once,
}

/// An order arrives: `key` is the caller's, `order` all of the request that matters.
pub async fn arrived(
    shell: &Shell,
    tenant: &TenantId,
    by: &str,
    key: &str,
    order: &[&[u8]],
) -> Result<Arrived> {
    let name = digest(&[by.as_bytes(), key.as_bytes()]);
    let now = shell.clock.now();
    let once = Once {
        digest: digest(order),
        at: now,
        answer: None,
        ttl: (now + KEPT).millis() / 1_000,
    };
    let mut read: Option<Once> = None;
    loop {
        let store = &shell.store;
        let known = store
            .begin_once(tenant, &name, &once, read.as_ref())
            .await?;
        let Some(known) = known else {
            return Ok(Arrived::New(Begun { name, once }));
        };
        if read.is_some() {
            // Somebody else began it meanwhile.
            return Ok(Arrived::Running);
        }
        let age = now.since(known.at);
        if age >= KEPT {
            read = Some(known);
            continue;
        }
        if known.digest != once.digest {
            return Ok(Arrived::Other);
        }
        match known.answer {
            Some(answer) => return Ok(Arrived::Again(answer)),
            None if age < DEAD => return Ok(Arrived::Running),
            None => read = Some(known),
        }
    }
}

/// An order was carried out, and answered so; `None` = nothing was done, it may come again.
pub async fn ended(
    shell: &Shell,
    tenant: &TenantId,
    begun: Begun,
    answer: Option<Answered>,
) -> Result<()> {
    let Begun { name, mut once } = begun;
    if answer.is_none() {
        return shell.store.forget_once(tenant, &name).await;
    }
    once.answer = answer;
    shell.store.end_once(tenant, &name, &once).await
}

fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}
