//! Chooses the real clients and makes the shell around them.

mod wire;

use std::env;
use std::sync::Arc;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, StatusCode};
use tower::ServiceExt;

pub use self::wire::wire;
use crate::clock::Clock;
use crate::config::{Config, ConfigProblems};
use crate::error::{self, Error, Kind};
pub use crate::graph::network;
use crate::graph::{Http, Microsoft, Secrets};
use crate::queue::{Queue, Schedules};
use crate::run::Shell;
use crate::store::Store;

/// The AWS clients, built once for the life of the process.
#[derive(Clone, Debug)]
pub struct Clients {
    /// The table.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// The queues.
    pub sqs: aws_sdk_sqs::Client,
    /// The schedules.
    pub scheduler: aws_sdk_scheduler::Client,
    /// The secret store.
    pub secrets: aws_sdk_secretsmanager::Client,
}

impl Clients {
    /// The clients that a configuration of the SDK makes.
    pub fn new(sdk: &SdkConfig) -> Self {
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(sdk),
            sqs: aws_sdk_sqs::Client::new(sdk),
            scheduler: aws_sdk_scheduler::Client::new(sdk),
            secrets: aws_sdk_secretsmanager::Client::new(sdk),
        }
    }
}

/// Makes the shell of a deployed function from its environment; everything goes out over `http`.
pub fn from_env(http: Http) -> Result<Shell, ConfigProblems> {
    let config = Config::from_env()?;
    let clients = Clients::new(&sdk(http.clone()));
    Ok(with(clients, &config, Clock::system(), http))
}

/// What Lambda hands a function in its environment, and nothing else: the SDK's usual search through files and metadata services
/// would lengthen every cold start.
fn sdk(http: Http) -> SdkConfig {
    let credentials = EnvironmentVariableCredentialsProvider::new();
    let mut sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(wire(http));
    sdk.set_region(env::var("AWS_REGION").ok().map(Region::new));
    sdk.set_endpoint_url(env::var("AWS_ENDPOINT_URL").ok());
    sdk.build()
}

/// Reads a public document, such as an issuer's keys, by its address.
pub type Documents = Arc<dyn Fn(String) -> BoxFuture<'static, error::Result<Bytes>> + Send + Sync>;

/// Documents that are read over this client.
pub fn documents(http: Http) -> Documents {
    Arc::new(move |address| read_document(http.clone(), address).boxed())
}

async fn read_document(http: Http, address: String) -> error::Result<Bytes> {
    let unreachable = |why: String| Error::new(Kind::Unavailable, format!("{address}: {why}"));
    let request = Request::get(&address).body(Bytes::new());
    let request = request.map_err(|error| unreachable(error.to_string()))?;
    let answer = http.oneshot(request).await;
    let answer = answer.map_err(|error| unreachable(error.to_string()))?;
    if answer.status() != StatusCode::OK {
        return Err(unreachable(format!("answered {}", answer.status())));
    }
    Ok(answer.into_body())
}

/// Makes a shell of these: the seam is the wire, so tests and the embedded cloud hand in clients and an HTTP service of their own,
/// and everything above is what is deployed.
pub fn with(clients: Clients, config: &Config, clock: Clock, http: Http) -> Shell {
    let store = Store::new(clients.dynamodb, config.table.clone(), clock);
    let queue = Queue::new(clients.sqs, config.clone());
    let schedules = Schedules::new(clients.scheduler, config.clone());
    Shell::new(
        store,
        queue,
        schedules,
        clock,
        Microsoft::new(http, Secrets::new(clients.secrets)),
    )
}
