//! Chooses the real clients and makes the shell around them.

use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, StatusCode};
use tower::ServiceExt;

use crate::clock::Clock;
use crate::config::Config;
use crate::error::{self, Error, Kind};
use crate::graph::{Http, Microsoft, Secrets, network};
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

/// Makes the shell of a deployed function from its environment.
pub async fn from_env() -> Result<Shell, Box<dyn std::error::Error + Send + Sync>> {
    let config = Config::from_env()?;
    let sdk = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let clients = Clients {
        dynamodb: aws_sdk_dynamodb::Client::new(&sdk),
        sqs: aws_sdk_sqs::Client::new(&sdk),
        scheduler: aws_sdk_scheduler::Client::new(&sdk),
        secrets: aws_sdk_secretsmanager::Client::new(&sdk),
    };
    Ok(with(clients, &config, Clock::system(), network()?))
}

/// Reads a public document, such as an issuer's keys, by its address.
pub type Documents = Arc<dyn Fn(String) -> BoxFuture<'static, error::Result<Bytes>> + Send + Sync>;

/// Documents of the real network. Redirects are not followed.
pub fn documents() -> error::Result<Documents> {
    let http = network()?;
    Ok(Arc::new(move |address| {
        read_document(http.clone(), address).boxed()
    }))
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
