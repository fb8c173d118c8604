//! The embedded cloud as its users see it: through the real SDK clients.

mod faults;
mod graph;
mod index_lag;
mod lambda;
mod queues;
mod repeatable;
mod schedules;
mod speed;
mod table;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::clock::Clock;
use shared::model::time::Time;

use crate::cloud::{Cloud, Options};
use crate::fate::{Fate, Request};
use crate::sqs::{Redrive, Settings};

const TABLE: &str = "rollcall";

fn options() -> Options {
    let clock = Clock::steered(Time::from_millis(1_700_000_000_000), 1);
    let queue = |name: &str, redrive| Settings {
        name: name.to_owned(),
        visibility: Duration::from_secs(60),
        redrive,
    };
    let redrive = Redrive {
        max_receive_count: 3,
        dead_letters: "provision-dead".to_owned(),
    };
    Options {
        queues: vec![
            queue("provision", Some(redrive)),
            queue("provision-dead", None),
        ],
        ..Options::new(clock, 7)
    }
}

/// Lets time pass.
async fn pass(span: Duration) {
    options().clock.sleep(span).await;
}

fn cloud() -> Cloud {
    Cloud::new(options()).unwrap()
}

/// A cloud whose requests meet the fate that `choose` names.
fn cloud_with(choose: impl Fn(&Request<'_>) -> Fate + Send + Sync + 'static) -> Cloud {
    Cloud::new(Options {
        hook: Some(Arc::new(choose)),
        ..options()
    })
    .unwrap()
}

fn dynamodb(cloud: &Cloud) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::from_conf(cloud.dynamodb_config())
}

fn sqs(cloud: &Cloud) -> aws_sdk_sqs::Client {
    aws_sdk_sqs::Client::new(&cloud.sdk_config())
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(number: u32) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn item(fields: &[(&str, AttributeValue)]) -> HashMap<String, AttributeValue> {
    let fields = fields.iter().cloned();
    fields
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn key(sk: &str) -> HashMap<String, AttributeValue> {
    item(&[("pk", s("T#1")), ("sk", s(sk))])
}
