//! The deployed installation, as whoever runs it reaches it: its table and queues through the SDK, its API over HTTP.

use std::collections::BTreeMap;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use local::installation::{self, Customer};
use local::reference::Ledger;
use serde_json::{Value, json};
use shared::app::{self, Clients};
use shared::clock::Clock;
use shared::config::Config;
use shared::graph::{Http, loopback};
use shared::model::lane::{Lane, Mark};
use shared::model::tenant::TenantId;
use shared::run::{self, Shell};
use tower::{ServiceExt, service_fn};

use crate::emulator::{Emulator, KEYS, REGION};

/// A deployed stack and the ways to it.
pub struct Stack {
    /// The verbs of the house, with the rights of whoever deployed.
    pub shell: Shell,
    table: String,
    sdk: SdkConfig,
    queues: Config,
    http: Http,
    api: String,
    token: String,
}

impl Stack {
    /// Finds its parts by the outputs of the stack.
    pub async fn of(
        emulator: &Emulator,
        name: &str,
        outputs: &BTreeMap<String, String>,
        token: String,
    ) -> Self {
        let keys = Credentials::from_keys(KEYS.0, KEYS.1, None);
        let http = loopback();
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            .endpoint_url(emulator.endpoint())
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .http_client(app::wire(http.clone()))
            .build();
        let clients = Clients::new(&sdk);
        let table = outputs["TableName"].clone();
        let queues = Config {
            table: table.clone(),
            queues: Lane::ALL
                .map(|lane| format!("{}/000000000000/{name}-{lane}", emulator.endpoint())),
            queue_arns: format!("arn:aws:sqs:{REGION}:000000000000:"),
            schedule_group: name.to_owned(),
            scheduler_role: format!("arn:aws:iam::000000000000:role/{name}"),
        };
        let shell = app::with(clients, &queues, Clock::system(), http.clone());
        // https://<id>.execute-api.<region>.amazonaws.com is found by its id here.
        let (_, host) = outputs["Address"].split_once("://").unwrap();
        let (id, _) = host.split_once('.').unwrap();
        let api = format!("{}/_aws/execute-api/{id}/$default", emulator.endpoint());
        Self {
            shell,
            table,
            sdk,
            queues,
            http,
            api,
            token,
        }
    }

    /// Makes a customer one of this installation: the secret, the tenant.
    pub async fn register(&self, customer: Customer) -> TenantId {
        let id = customer.id.clone();
        let secrets = aws_sdk_secretsmanager::Client::new(&self.sdk);
        let named = secrets.create_secret().name(installation::secret_name(&id));
        named.secret_string(&customer.secret).send().await.unwrap();
        let registration = installation::registration(customer);
        run::register(&self.shell, &registration).await.unwrap();
        id
    }

    /// Asks for a sync as the API does.
    pub async fn pull(&self, tenant: &TenantId) {
        let now = self.shell.clock.now();
        let rung = self
            .shell
            .store
            .ring(tenant, Lane::Sync, Some(Mark::Pull), now);
        rung.await.unwrap();
        self.shell.queue.ring(tenant, Lane::Sync).await.unwrap();
    }

    /// Puts a doorbell among the dead letters of a lane.
    pub async fn bury(&self, tenant: &TenantId, lane: Lane) {
        let body = json!({"tenant": tenant.as_str()}).to_string();
        let sqs = aws_sdk_sqs::Client::new(&self.sdk);
        let sent = sqs.send_message().queue_url(self.queues.dead_letters(lane));
        sent.message_body(body).send().await.unwrap();
    }

    /// The rows of a tenant as they are.
    pub async fn ledger(&self, tenant: &TenantId) -> Ledger {
        let client = aws_sdk_dynamodb::Client::new(&self.sdk);
        let asked = client.scan().table_name(&self.table).consistent_read(true);
        let items = asked.into_paginator().items().send();
        let items = items.collect::<Result<Vec<_>, _>>().await.unwrap();
        let read = items
            .iter()
            .map(|item| Value::Object(item.iter().map(in_json).collect()));
        Ledger::of(read, tenant).unwrap()
    }

    /// The HTTP API; takes requests for paths.
    pub fn api(&self) -> Http {
        let (http, api) = (self.http.clone(), self.api.clone());
        Http::new(service_fn(move |mut request: Request<Bytes>| {
            let address = format!("{api}{}", request.uri());
            *request.uri_mut() = address.parse().unwrap();
            http.clone().oneshot(request)
        }))
    }

    /// Asks the HTTP API; the answer's status and body.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json");
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let request = request.body(Bytes::from(body)).unwrap();
        match self.api().oneshot(request).await {
            Ok(answer) => {
                let told = serde_json::from_slice(answer.body()).unwrap_or_default();
                (answer.status(), told)
            }
            Err(error) => (StatusCode::BAD_GATEWAY, json!(error.to_string())),
        }
    }
}

fn in_json((name, value): (&String, &AttributeValue)) -> (String, Value) {
    (name.clone(), attribute(value))
}

/// An attribute as DynamoDB writes it.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "rows hold no others, and the SDK may know more one day"
)]
fn attribute(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number}),
        AttributeValue::Bool(is_so) => json!({"BOOL": is_so}),
        AttributeValue::Null(is_so) => json!({"NULL": is_so}),
        AttributeValue::Ss(texts) => json!({"SS": texts}),
        AttributeValue::L(items) => json!({"L": items.iter().map(attribute).collect::<Vec<_>>()}),
        AttributeValue::M(fields) => {
            json!({"M": fields.iter().map(in_json).collect::<serde_json::Map<_, _>>()})
        }
        other => panic!("a row holds {other:?}"),
    }
}
