//! What Microsoft lets us do, as far as a token says (`graph-api.md 1.4`, `12`).

use std::collections::BTreeSet;

use serde::Deserialize;

use super::client::Graph;
use crate::error::Result;
use crate::model::tenant::Capability;

/// The application permissions of a token. Its format belongs to Graph: where it cannot be read, nothing is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permissions(Option<BTreeSet<String>>);

#[derive(Deserialize)]
struct Claims {
    roles: BTreeSet<String>,
}

impl Permissions {
    /// Whether a capability is allowed; `None` = unknown, only trying it will tell.
    pub fn allow(&self, capability: Capability) -> Option<bool> {
        let roles = self.0.as_ref()?;
        let any = capability.permissions().iter();
        Some(any.copied().any(|permission| roles.contains(permission)))
    }

    /// Reads the claims only: whether the token is genuine is for Microsoft to judge, who gave it to us.
    fn of(token: &str) -> Self {
        let claims = jsonwebtoken::dangerous::insecure_decode_claims::<Claims>(token);
        Self(claims.ok().map(|claims| claims.roles))
    }
}

impl Graph {
    /// What the token in use allows. A consent shows in tokens that are bought later.
    pub async fn permissions(&self) -> Result<Permissions> {
        let header = self.token(None).await?;
        let text = header.to_str().unwrap_or_default();
        Ok(Permissions::of(text.trim_start_matches("Bearer ")))
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, Header};
    use serde_json::{Value, json};

    use super::super::script::{graph, refuse};
    use super::*;

    fn token(claims: &Value) -> String {
        jsonwebtoken::encode(&Header::default(), claims, &EncodingKey::from_secret(b"k")).unwrap()
    }

    /// F5: what the token says is believed, what it does not say is unknown.
    #[test]
    fn the_roles_of_a_token_tell_what_is_allowed() {
        let told = Permissions::of(&token(
            &json!({"roles": ["User.ReadWrite.All", "Group.Read.All"]}),
        ));
        assert_eq!(
            told.allow(Capability::ReadUsers),
            Some(true),
            "who may write may read"
        );
        assert_eq!(told.allow(Capability::WriteUsers), Some(true));
        assert_eq!(told.allow(Capability::AssignLicences), Some(false));
        let none = Permissions::of(&token(&json!({"roles": []})));
        assert_eq!(none.allow(Capability::AssignNumbers), Some(false));
        let odd = [
            json!({}),
            json!({"roles": "User.Read.All"}),
            json!({"roles": [7]}),
        ];
        for unknown in odd
            .iter()
            .map(token)
            .chain(["opaque".into(), String::new(), "a.b.c".into()])
        {
            assert_eq!(
                Permissions::of(&unknown).allow(Capability::ReadUsers),
                None,
                "{unknown}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn asking_needs_a_token_and_no_request() {
        let (graph, log) = graph(|_| refuse(500, "x", "never asked"));
        let told = graph.permissions().await.unwrap();
        assert_eq!(told.allow(Capability::ReadUsers), None, "an opaque token");
        assert!(log.graph().is_empty());
    }
}
