//! EventBridge Scheduler: schedules with a rate, or a time of day somewhere, that send to a queue; kept in a file if there is one.
//!
//! A rate runs first one span after it was made, changed or switched on. The flexible window is not waited for, and what was
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
use shared::plan::calendar;
use shared::queue;
use tokio::sync::Notify;

use crate::sqs::Sqs;
use crate::wire::{Answer, unknown_operation};

/// Whatever cannot be read any more is looked at again after so long.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

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
pub(crate) struct Entry {
    /// As it was made or changed.
    request: Value,
    changed: Time,
    next: Time,
}

impl Entry {
    fn is_on(&self) -> bool {
        self.request["State"] != "DISABLED"
    }

    /// The first run after a moment; `None` = its expression is none.
    fn after(&self, moment: Time) -> Option<Time> {
        let zone = self.request["ScheduleExpressionTimezone"].as_str();
        let when = self.request["ScheduleExpression"].as_str()?;
        let when = queue::read(when, zone.unwrap_or("UTC"))?;
        let mut next = calendar::next_runs(&when, self.changed, moment, 1).into_iter();
        next.next()
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

    pub(crate) fn state(&self) -> BTreeMap<String, Entry> {
        self.lock().clone()
    }

    pub(crate) fn restore(&self, schedules: BTreeMap<String, Entry>) {
        *self.lock() = schedules;
        self.changed.notify_one();
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
        let now = self.clock.now();
        #[expect(
            clippy::cast_precision_loss,
            reason = "the wire has seconds with a fraction"
        )]
        let seconds = now.millis() as f64 / 1_000.0;
        request["LastModificationDate"] = json!(seconds);
        let mut entry = Entry {
            request,
            changed: now,
            next: now,
        };
        let Some(next) = entry.after(now) else {
            let what =
                "needs a ScheduleExpression like rate(5 minutes) or cron(30 6 ? * MON,FRI *)";
            return refusal(400, "ValidationException", name, what);
        };
        entry.next = next;
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
            entry.next = entry.after(now).unwrap_or(now + DAY);
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

fn refusal(status: u16, code: &str, name: &str, what: &str) -> Answer {
    Answer::error(status, code, format!("Schedule {name} {what}."))
}
