//! The way to Microsoft for all tenants: one HTTP service, one secret store, a client for each connection.

use std::collections::BTreeSet;
use std::fmt;

use sha2::{Digest, Sha256};

use super::client::Graph;
use super::http::Http;
use super::secret::Secret;
use super::token;
use crate::clock::Clock;
use crate::error::{Error, Kind, Result};
use crate::model::property::Property;
use crate::model::tenant::Connection;

/// Reads client secrets from Secrets Manager.
#[derive(Clone, Debug)]
pub struct Secrets {
    client: aws_sdk_secretsmanager::Client,
}

impl Secrets {
    /// The secrets that this client can read.
    pub fn new(client: aws_sdk_secretsmanager::Client) -> Self {
        Self { client }
    }

    async fn read(&self, name: &str) -> Result<Secret> {
        let answer = self.client.get_secret_value().secret_id(name).send().await;
        let secret = answer.map_err(|error| {
            let kind = match error.as_service_error() {
                Some(service) if service.is_resource_not_found_exception() => Kind::Unauthorised,
                Some(_) | None => Kind::Unavailable,
            };
            Error::new(kind, format!("reading the client secret {name:?}")).with_source(error)
        })?;
        let text = secret.secret_string().unwrap_or_default();
        if text.trim().is_empty() {
            return Err(Error::new(
                Kind::Unauthorised,
                format!("the client secret {name:?} is empty; store its value"),
            ));
        }
        Secret::read(text)
    }
}

/// The way to Microsoft.
#[derive(Clone)]
pub struct Microsoft {
    http: Http,
    secrets: Secrets,
}

impl Microsoft {
    /// Over this HTTP service, with these secrets.
    pub fn new(http: Http, secrets: Secrets) -> Self {
        Self { http, secrets }
    }

    /// A client of one tenant, with its secret as it is stored now. `beyond` names properties that are asked of users besides
    /// those that always are.
    pub async fn connect(
        &self,
        connection: &Connection,
        beyond: &BTreeSet<String>,
        clock: Clock,
    ) -> Result<Graph> {
        let secret = self.secrets.read(&connection.secret_name).await?;
        let connection = token::Connection {
            tenant: connection.directory.clone(),
            client: connection.client.clone(),
            secret,
            authority: connection.authority.clone(),
            graph: connection.graph.clone(),
        };
        Graph::new(
            self.http.clone(),
            clock,
            &connection,
            &selected(beyond),
            first_id(&connection, clock),
        )
    }
}

impl fmt::Debug for Microsoft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Microsoft")
            .field("secrets", &self.secrets)
            .finish_non_exhaustive()
    }
}

/// What is asked of every user: whatever a rule can name and is not large, so that few rules need the whole directory again.
fn selected(beyond: &BTreeSet<String>) -> Vec<String> {
    let always = Property::ALL
        .iter()
        .filter(|property| property.is_always_read());
    let always = always.map(|property| property.graph_name().to_owned());
    let mut names: Vec<String> = always.chain(beyond.iter().cloned()).collect();
    names.sort();
    names.dedup();
    names
}

/// Where the `client-request-id`s of a client begin: apart for tenants and moments, without a random generator.
fn first_id(connection: &token::Connection, clock: Clock) -> u128 {
    let hash = Sha256::digest(
        format!(
            "{}#{}#{:?}",
            connection.tenant,
            clock.now().millis(),
            clock.elapsed()
        )
        .as_bytes(),
    );
    hash.iter()
        .take(12)
        .fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte))
        << 32
}
