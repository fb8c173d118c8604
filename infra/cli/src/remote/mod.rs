//! The commands that ask an installation's HTTP API, whoever runs it. They use nothing else.
//!
//! | file | holds |
//! |---|---|
//! | `client` | a request and its answer; what went wrong, and which exit code that is |
//! | `login` | where the installation is, and who asks |
//! | `show` | tables for people, JSON for programs |
//! | `people` | `users` |
//! | `bulk` | `staging`, `files`: several people at once |
//! | `work` | `jobs`, `numbers` |
//! | `govern` | `tenants`, `changes`, `schedules`, `openapi` |
//! | `config`, `folder` | `config`: a folder of YAML files, compared with an installation |

use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use shared::clock::Clock;

pub mod bulk;
pub mod client;
pub mod config;
mod folder;
pub mod govern;
pub mod login;
pub mod people;
pub mod show;
pub mod work;

use client::{Client, Failure};
use show::Show;

/// Where the installation is, who asks, and how the answer is shown.
#[derive(Clone, Debug, clap::Args)]
pub struct Remote {
    /// Address of the API, with its /v1; otherwise that of `rollcall login`
    #[arg(long, global = true, env = "ROLLCALL_API", value_name = "URL")]
    api: Option<String>,
    /// A token for it; otherwise that of `rollcall login`
    #[arg(long, global = true, env = "ROLLCALL_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The tenant; otherwise the only one that the token is for
    #[arg(long, global = true, env = "ROLLCALL_TENANT", value_name = "ID")]
    tenant: Option<String>,
    /// JSON for programs instead of tables for people
    #[arg(long, global = true)]
    json: bool,
}

/// An installation, and how its answers are shown.
pub struct Desk {
    /// Asks.
    pub client: Client,
    /// Shows.
    pub show: Show,
    tenant: Option<String>,
}

impl Desk {
    /// The path of something in the tenant: `/tenants/contoso/people`.
    pub async fn path(&self, rest: &str) -> Result<String, Failure> {
        let tenant = match &self.tenant {
            Some(tenant) => tenant.clone(),
            None => self.only_tenant().await?,
        };
        Ok(format!("/tenants/{}/{rest}", client::segment(&tenant)))
    }

    async fn only_tenant(&self) -> Result<String, Failure> {
        let known = self.client.get("/tenants").await?.body;
        let ids = known["tenants"].as_array().into_iter().flatten();
        let ids: Vec<&str> = ids.filter_map(|tenant| tenant["id"].as_str()).collect();
        match ids[..] {
            [only] => Ok(only.to_owned()),
            [] => Err(Failure::NotAllowed(
                "your token is for no tenant".to_owned(),
            )),
            _ => Err(Failure::Usage(format!(
                "say which tenant with --tenant: {}",
                ids.join(", ")
            ))),
        }
    }
}

/// Runs a command against the installation that `remote` names; its exit code is that of the failure.
pub fn run<F: Future<Output = Result<ExitCode, Failure>>>(
    remote: &Remote,
    command: impl FnOnce(Desk) -> F,
) -> ExitCode {
    let done = login::client(remote.api.as_deref(), remote.token.as_deref()).and_then(
        |(client, known)| {
            let desk = Desk {
                client,
                show: Show { json: remote.json },
                tenant: remote.tenant.clone().or(known),
            };
            block_on(command(desk))
        },
    );
    end(done)
}

/// What a command ends with.
pub fn end(done: Result<ExitCode, Failure>) -> ExitCode {
    done.unwrap_or_else(|failure| {
        eprintln!("rollcall: {}", show::clean(&failure.to_string()));
        failure.code()
    })
}

/// Waits.
async fn pause(span: Duration) {
    Clock::system().sleep(span).await;
}

fn block_on<T>(story: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Broken(error.to_string()))?;
    runtime.block_on(story)
}
