//! SQS doorbells, and the EventBridge schedules that ring them. A doorbell names a tenant and a lane and carries no work: lost, late, repeated, reordered and redriven ones are
//! harmless.

mod schedules;

pub use schedules::{Kept, Schedules, read};

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use serde::{Deserialize, Serialize};

use crate::config::{self, Config};
use crate::error::{Error, Kind, Result, place};
use crate::model::lane::{Lane, Mark};
use crate::model::tenant::TenantId;
use crate::model::time::Time;

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
        let bell: Self = serde_json::from_str(body).map_err(|error| {
            Error::new(Kind::Invalid, "reading a doorbell").with_source(place(&error))
        })?;
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
        self.ring_in(tenant, lane, Duration::ZERO).await
    }

    /// Rings a lane after a while, in whole seconds and no longer than SQS keeps a message back.
    pub async fn ring_in(&self, tenant: &TenantId, lane: Lane, after: Duration) -> Result<()> {
        let seconds = after.min(config::LONGEST_DELAY).as_millis().div_ceil(1_000);
        let delay = i32::try_from(seconds).ok().filter(|seconds| *seconds > 0);
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
            .set_delay_seconds(delay)
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

/// What lies among the dead letters of a lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeadLetters {
    /// So many, as SQS counts them: about.
    pub count: u64,
    /// When the oldest of those that were looked at was sent; `None` = there is none.
    pub oldest: Option<Time>,
}

/// Dead letters taken at once.
const AT_ONCE: i32 = 10;
/// Rounds of them that are rung at once; there are more only where something is very wrong.
const ROUNDS: usize = 100;
/// Nobody else takes them for so long.
const HIDDEN: i32 = 30;

impl Queue {
    /// How many dead letters a lane has, and how old they are. They stay where they are.
    pub async fn dead_letters(&self, lane: Lane) -> Result<DeadLetters> {
        let url = self.config.dead_letters(lane);
        let failed = || format!("reading the dead letters of {lane}");
        let told = self
            .client
            .get_queue_attributes()
            .queue_url(&url)
            .attribute_names(QueueAttributeName::ApproximateNumberOfMessages)
            .send()
            .await
            .map_err(|error| Error::new(Kind::Unavailable, failed()).with_source(error))?;
        let told = told.attributes.unwrap_or_default();
        let count = told.get(&QueueAttributeName::ApproximateNumberOfMessages);
        let count = count.and_then(|count| count.parse().ok()).unwrap_or(0);
        let mut oldest = None;
        if count > 0 {
            let seen = self.take(&url, 0).await?;
            let sent = seen.iter().filter_map(|letter| letter.sent);
            oldest = sent.min();
        }
        Ok(DeadLetters { count, oldest })
    }

    /// Rings the dead letters of a lane once more; how many. One that cannot be rung stays.
    pub async fn ring_dead_letters(&self, lane: Lane) -> Result<usize> {
        let url = self.config.dead_letters(lane);
        let failed = || {
            Error::new(
                Kind::Unavailable,
                format!("ringing the dead letters of {lane}"),
            )
        };
        let mut rung = 0;
        for _ in 0..ROUNDS {
            let letters = self.take(&url, HIDDEN).await?;
            if letters.is_empty() {
                break;
            }
            for letter in letters {
                let queue = self.config.queue(lane);
                let sent = self.client.send_message().queue_url(queue);
                let sent = sent.message_body(letter.body).send().await;
                sent.map_err(|error| failed().with_source(error))?;
                let gone = self.client.delete_message().queue_url(&url);
                let gone = gone.receipt_handle(letter.receipt).send().await;
                gone.map_err(|error| failed().with_source(error))?;
                rung += 1;
            }
        }
        Ok(rung)
    }

    async fn take(&self, url: &str, hidden: i32) -> Result<Vec<Letter>> {
        let taken = self
            .client
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(AT_ONCE)
            .visibility_timeout(hidden)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .send()
            .await
            .map_err(|error| {
                Error::new(Kind::Unavailable, "reading dead letters").with_source(error)
            })?;
        let letters = taken.messages.unwrap_or_default().into_iter();
        let letter = |message: Message| {
            let attributes = message.attributes.unwrap_or_default();
            let sent = attributes.get(&MessageSystemAttributeName::SentTimestamp);
            let sent = sent.and_then(|millis| millis.parse().ok());
            Some(Letter {
                body: message.body?,
                receipt: message.receipt_handle?,
                sent: sent.map(Time::from_millis),
            })
        };
        Ok(letters.filter_map(letter).collect())
    }
}

struct Letter {
    body: String,
    receipt: String,
    sent: Option<Time>,
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
