//! SQS doorbells, and the EventBridge schedules that ring them. A doorbell names a tenant and a lane and carries no work: lost, late, repeated, reordered and redriven ones are
//! harmless.

mod schedules;

pub use schedules::{Kept, Schedules, read};

use aws_sdk_sqs::Client;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::model::lane::{Lane, Mark};
use crate::model::tenant::TenantId;

/// A message of a lane's queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doorbell {
    /// Whose lane.
    pub tenant: TenantId,
    /// What a schedule wants done once; it is left on the lane row when the bell is heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Mark>,
}

impl Doorbell {
    /// Reads a message. Fields we do not know are ignored; a tenant that cannot be one is an error.
    pub fn parse(body: &str) -> Result<Self> {
        let bell: Self = serde_json::from_str(body)
            .map_err(|error| Error::new(Kind::Invalid, "reading a doorbell").with_source(error))?;
        match TenantId::parse(bell.tenant.as_str()) {
            Some(_) => Ok(bell),
            None => Err(Error::new(
                Kind::Invalid,
                "reading a doorbell: the tenant is not an id",
            )),
        }
    }
}

/// The queues of the lanes.
#[derive(Clone, Debug)]
pub struct Queue {
    client: Client,
    config: Config,
}

impl Queue {
    /// The queues that the configuration names.
    pub fn new(client: Client, config: Config) -> Self {
        Self { client, config }
    }

    /// Rings a lane. Who rings has made the work due before, so a bell that fails only costs time: the sweep rings again.
    pub async fn ring(&self, tenant: &TenantId, lane: Lane) -> Result<()> {
        let bell = Doorbell {
            tenant: tenant.clone(),
            wanted: None,
        };
        let body = serde_json::to_string(&bell)
            .map_err(|error| Error::new(Kind::Invalid, "writing a doorbell").with_source(error))?;
        let sent = self
            .client
            .send_message()
            .queue_url(self.config.queue(lane))
            .message_body(body)
            .send()
            .await;
        sent.map(|_| ()).map_err(|error| {
            Error::new(
                Kind::Unavailable,
                format!("ringing {lane} of {}", tenant.as_str()),
            )
            .with_source(error)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fault 31: whatever is not a doorbell is an error, never a panic.
    #[test]
    fn only_doorbells_parse() {
        let bell =
            Doorbell::parse(r#"{"tenant":"contoso","wanted":"pull","later":"ignored"}"#).unwrap();
        assert_eq!(
            bell,
            Doorbell {
                tenant: TenantId::parse("contoso").unwrap(),
                wanted: Some(Mark::Pull)
            }
        );
        let deep = "[".repeat(100_000);
        for bad in [
            "",
            "{}",
            "null",
            "7",
            r#"{"tenant":"a#b"}"#,
            r#"{"tenant":7}"#,
            r#"{"tenant":"a","wanted":"x"}"#,
            &deep,
        ] {
            assert!(Doorbell::parse(bad).is_err(), "{bad:.40}");
        }
    }
}
