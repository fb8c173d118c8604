//! How to reach a customer's Microsoft 365 tenant.

use serde::{Deserialize, Serialize};

/// How to reach a customer's Microsoft 365 tenant (`graph-api.md 1`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// The Entra tenant id.
    pub directory: String,
    /// The application (client) id.
    pub client: String,
    /// The name under which the client secret is kept in the secret store.
    pub secret_name: String,
    /// Base URL of the token endpoint, such as `https://login.microsoftonline.com`.
    pub authority: String,
    /// Base URL of Graph without version, such as `https://graph.microsoft.com`.
    pub graph: String,
}

/// One of Microsoft's clouds: credentials and tokens go nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cloud {
    /// Everybody's.
    Global,
    /// The United States' government's (GCC High).
    UsGovernment,
    /// The United States' Department of Defense's.
    UsDefense,
    /// China's, which 21Vianet runs.
    China,
}

impl Connection {
    /// A connection in one of Microsoft's clouds.
    pub fn in_cloud(cloud: Cloud, directory: String, client: String, secret_name: String) -> Self {
        let (authority, graph) = match cloud {
            Cloud::Global => (
                "https://login.microsoftonline.com",
                "https://graph.microsoft.com",
            ),
            Cloud::UsGovernment => (
                "https://login.microsoftonline.us",
                "https://graph.microsoft.us",
            ),
            Cloud::UsDefense => (
                "https://login.microsoftonline.us",
                "https://dod-graph.microsoft.us",
            ),
            Cloud::China => (
                "https://login.chinacloudapi.cn",
                "https://microsoftgraph.chinacloudapi.cn",
            ),
        };
        Self {
            directory,
            client,
            secret_name,
            authority: authority.to_owned(),
            graph: graph.to_owned(),
        }
    }
}
