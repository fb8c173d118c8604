//! Secrets Manager: names and their current values, in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::model::time::Time;

use crate::seed::uuid;
use crate::wire::{Answer, unknown_operation};

/// The secret store of the account.
pub struct Secrets {
    clock: Clock,
    seed: u64,
    state: Mutex<State>,
}

/// What it holds.
#[derive(Clone, Default)]
pub(crate) struct State {
    secrets: BTreeMap<String, Secret>,
    versions: u64,
}

#[derive(Clone)]
struct Secret {
    value: String,
    version: String,
    created: Time,
}

impl Secrets {
    /// An empty store.
    pub fn new(clock: Clock, seed: u64) -> Self {
        Self {
            clock,
            seed,
            state: Mutex::default(),
        }
    }

    pub(crate) fn state(&self) -> State {
        self.lock().clone()
    }

    pub(crate) fn restore(&self, state: State) {
        *self.lock() = state;
    }

    /// Sets a secret past the hook: a new version, the old one is gone.
    pub fn set(&self, name: &str, value: &str) {
        let mut state = self.lock();
        let version = uuid(self.seed, state.versions);
        state.versions += 1;
        let secret = Secret {
            value: value.to_owned(),
            version,
            created: self.clock.now(),
        };
        state.secrets.insert(name.to_owned(), secret);
    }

    /// Answers one request.
    pub fn answer(&self, operation: &str, request: &Value) -> Answer {
        let text = |field: &str| request[field].as_str();
        match operation {
            "GetSecretValue" => self.get(text("SecretId").unwrap_or_default()),
            "CreateSecret" => {
                let name = text("Name").unwrap_or_default();
                if self.lock().secrets.contains_key(name) {
                    let message = format!("the secret {name} already exists");
                    return Answer::error(400, "ResourceExistsException", message);
                }
                self.put(name, text("SecretString"))
            }
            "PutSecretValue" => {
                let name = name(text("SecretId").unwrap_or_default());
                if !self.lock().secrets.contains_key(name) {
                    return not_found();
                }
                self.put(name, text("SecretString"))
            }
            _ => unknown_operation(operation),
        }
    }

    fn get(&self, id: &str) -> Answer {
        let name = name(id);
        match self.lock().secrets.get(name) {
            Some(secret) => Answer::ok(json!({
                "ARN": arn(name),
                "Name": name,
                "VersionId": secret.version,
                "SecretString": secret.value,
                "VersionStages": ["AWSCURRENT"],
                "CreatedDate": secret.created.millis() / 1000,
            })),
            None => not_found(),
        }
    }

    fn put(&self, name: &str, value: Option<&str>) -> Answer {
        let Some(value) = value else {
            let message = "only a SecretString can be stored here";
            return Answer::error(400, "InvalidParameterException", message);
        };
        self.set(name, value);
        let state = self.lock();
        let version = state.secrets.get(name).map(|s| s.version.as_str());
        Answer::ok(json!({"ARN": arn(name), "Name": name, "VersionId": version}))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

const ARNS: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:";

fn arn(name: &str) -> String {
    format!("{ARNS}{name}")
}

/// A secret is named by its name or its ARN.
fn name(id: &str) -> &str {
    id.strip_prefix(ARNS).unwrap_or(id)
}

fn not_found() -> Answer {
    let message = "Secrets Manager can't find the specified secret.";
    Answer::error(400, "ResourceNotFoundException", message)
}
