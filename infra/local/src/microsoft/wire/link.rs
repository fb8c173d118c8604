//! The opaque tokens inside `nextLink` and `deltaLink`: everything needed to go on, so that the tenant remembers nothing.

use http::StatusCode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::answer::Refusal;

/// Where a list goes on.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct After {
    /// The last id that was shown.
    pub(crate) id: String,
    /// The page before was an empty one, so that this one is not.
    pub(crate) rested: bool,
}

/// A token that means nothing to its reader.
pub(crate) fn seal(content: &impl Serialize) -> String {
    let json = serde_json::to_vec(content).unwrap_or_default();
    json.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a token says.
///
/// # Errors
/// 400 if it is not one of ours.
pub(crate) fn unseal<T: DeserializeOwned>(token: &str) -> Result<T, Refusal> {
    let bytes: Option<Vec<u8>> = token
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    bytes
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| {
            Refusal::new(
                StatusCode::BAD_REQUEST,
                "Request_BadRequest",
                "Badly formed token.",
            )
        })
}
