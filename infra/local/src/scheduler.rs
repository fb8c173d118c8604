//! EventBridge Scheduler: schedules with a rate that send to a queue, kept in a file if there is one.
//!
//! A schedule runs first one span after it was made, changed or switched on. The flexible window is not waited for, and what was
//! missed while nothing ran is made up for once.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::model::time::Time;
use tokio::sync::Notify;

use crate::sqs::Sqs;
use crate::wire::{Answer, unknown_operation};

/// The schedules of the account.
pub struct Scheduler {
    clock: Clock,
    sqs: Arc<Sqs>,
    file: Option<PathBuf>,
    schedules: Mutex<BTreeMap<String, Entry>>,
    changed: Notify,
}

/// One schedule.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    /// As it was made or changed.
    request: Value,
    minutes: u32,
    next: Time,
}

impl Entry {
    fn is_on(&self) -> bool {
        self.request["State"] != "DISABLED"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(u64::from(self.minutes) * 60)
    }
}

impl Scheduler {
    /// The schedules of `file`, or none.
    pub fn new(clock: Clock, sqs: Arc<Sqs>, file: Option<PathBuf>) -> Self {
        let kept = file.as_ref().and_then(|file| fs::read(file).ok());
        let schedules = kept.and_then(|kept| serde_json::from_slice(&kept).ok());
        Self {
            clock,
            sqs,
            file,
            schedules: Mutex::new(schedules.unwrap_or_default()),
            changed: Notify::new(),
        }
    }

    /// Answers one request: its method, the name in its path, its body.
    pub fn answer(&self, method: &str, name: &str, request: Value) -> Answer {
        let exists = self.lock().contains_key(name);
        match (method, exists) {
            ("POST", true) => refusal(409, "ConflictException", name, "exists already"),
            ("GET" | "PUT" | "DELETE", false) => {
                refusal(404, "ResourceNotFoundException", name, "does not exist")
            }
            ("POST" | "PUT", _) => self.put(name, request),
            ("GET", true) => {
                let found = self.lock().get(name).map(|entry| entry.request.clone());
                Answer::ok(found.unwrap_or_default())
            }
            ("DELETE", true) => {
                self.lock().remove(name);
                self.keep();
                Answer::ok(json!({}))
            }
            (method, _) => unknown_operation(method),
        }
    }

    fn put(&self, name: &str, mut request: Value) -> Answer {
        let minutes = request["ScheduleExpression"].as_str().and_then(minutes);
        let Some(minutes) = minutes.filter(|minutes| *minutes > 0) else {
            return refusal(
                400,
                "ValidationException",
                name,
                "needs a ScheduleExpression of the form rate(n minutes)",
            );
        };
        if !request["Target"]["Arn"].is_string() || !request["Target"]["RoleArn"].is_string() {
            return refusal(
                400,
                "ValidationException",
                name,
                "needs a target and a role",
            );
        }
        let arn = format!("arn:aws:scheduler:us-east-1:000000000000:schedule/rollcall/{name}");
        request["Name"] = json!(name);
        request["Arn"] = json!(arn);
        let mut entry = Entry {
            request,
            minutes,
            next: self.clock.now(),
        };
        entry.next = entry.next + entry.every();
        self.lock().insert(name.to_owned(), entry);
        self.keep();
        self.changed.notify_one();
        Answer::ok(json!({ "ScheduleArn": arn }))
    }

    /// Sends what is due for as long as it is polled.
    pub async fn run(&self) {
        loop {
            let next = self
                .lock()
                .values()
                .filter(|entry| entry.is_on())
                .map(|entry| entry.next)
                .min();
            let wait = next.map(|next| next.since(self.clock.now()));
            tokio::select! {
                biased;
                () = self.changed.notified() => {}
                () = async {
                    match wait {
                        Some(wait) => self.clock.sleep(wait).await,
                        None => std::future::pending().await,
                    }
                } => self.send_due(),
            }
        }
    }

    fn send_due(&self) {
        let now = self.clock.now();
        let mut due = Vec::new();
        for entry in self.lock().values_mut() {
            if !entry.is_on() || entry.next > now {
                continue;
            }
            while entry.next <= now {
                entry.next = entry.next + entry.every();
            }
            due.push(entry.request["Target"].clone());
        }
        self.keep();
        for target in due {
            let arn = target["Arn"].as_str().unwrap_or_default();
            let queue = arn.rsplit(':').next().unwrap_or_default();
            let input = target["Input"].as_str().unwrap_or_default();
            if self.sqs.send(queue, input, Duration::ZERO).is_none() {
                tracing::error!(arn, "a schedule has no such queue to send to");
            }
        }
    }

    /// Writes the file anew and puts it in the place of the old one.
    fn keep(&self) {
        let Some(file) = &self.file else {
            return;
        };
        let kept = serde_json::to_vec(&*self.lock()).unwrap_or_default();
        let new = file.with_extension("new");
        if let Err(error) = fs::write(&new, kept).and_then(|()| fs::rename(&new, file)) {
            tracing::error!(%error, "the schedules could not be kept");
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.schedules
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scheduler")
    }
}

fn minutes(expression: &str) -> Option<u32> {
    let rate = expression.strip_prefix("rate(")?.strip_suffix(')')?;
    let (number, unit) = rate.split_once(' ')?;
    (unit.trim_end_matches('s') == "minute").then(|| number.parse().ok())?
}

fn refusal(status: u16, code: &str, name: &str, what: &str) -> Answer {
    Answer::error(status, code, format!("Schedule {name} {what}."))
}
