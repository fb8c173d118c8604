//! Lambda: functions called by the event source mapping of a queue, or by a timer.
//!
//! Everything runs inside one future. A crash drops the handler's future where it stands; so does the function's timeout. What
//! the event source mapping itself asks of SQS does not pass the hook: it is Amazon's, not ours.

mod event;

use std::any::Any;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::clock::Clock;
use shared::model::time::Time;

use crate::fate::invocation;
use crate::seed::uuid;
use crate::sqs::{Message, Sqs};

/// What a function fails with.
pub type Failure = Box<dyn Error + Send + Sync>;

/// A function as Lambda sees it: a JSON event and a deadline in, JSON or a failure out.
pub type Handler =
    Arc<dyn Fn(Value, Time) -> BoxFuture<'static, Result<Value, Failure>> + Send + Sync>;

/// Makes a handler of a typed function. Event and answer pass through JSON, as on the real wire; an event that does not fit the
/// type fails the invocation.
pub fn typed<E, A, W>(function: impl Fn(E, Time) -> W + Send + Sync + 'static) -> Handler
where
    E: DeserializeOwned,
    A: Serialize,
    W: Future<Output = Result<A, Failure>> + Send + 'static,
{
    Arc::new(
        move |event, deadline| match serde_json::from_value::<E>(event) {
            Ok(event) => {
                let work = function(event, deadline);
                async move { Ok(serde_json::to_value(work.await?)?) }.boxed()
            }
            Err(error) => async move { Err(error.into()) }.boxed(),
        },
    )
}

/// A function that a queue calls.
#[derive(Clone)]
pub struct Function {
    /// Its name; its invocations are labelled `name#1`, `name#2`, …
    pub name: String,
    /// The queue of its event source mapping.
    pub queue: String,
    /// After this an invocation is ended.
    pub timeout: Duration,
    /// Messages an invocation, at most.
    pub batch_size: usize,
    /// Invocations at a time, at most.
    pub maximum_concurrency: usize,
    /// What it does. Answers an `SqsBatchResponse`.
    pub handler: Handler,
}

/// A function that time calls, whether or not its last call is over.
#[derive(Clone)]
pub struct Timer {
    /// The name of the schedule, and of its invocations.
    pub name: String,
    /// The first call comes after one such span.
    pub every: Duration,
    /// After this an invocation is ended.
    pub timeout: Duration,
    /// What it does. Its answer is ignored.
    pub handler: Handler,
}

/// How one invocation ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// With an answer.
    Answered(Value),
    /// With an error or a panic; its text.
    Failed(String),
    /// Its process died.
    Crashed,
    /// Its time was over.
    TimedOut,
}

/// How the invocations of one function ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Invocations {
    /// Begun, those that still run included.
    pub started: u64,
    /// How long those took that are over, together, by the cloud's clock.
    pub busy: Duration,
    /// With an answer.
    pub answered: u64,
    /// With an error or a panic.
    pub failed: u64,
    /// Their process died.
    pub crashed: u64,
    /// Their time was over.
    pub timed_out: u64,
}

/// The functions' side of the cloud.
pub struct Lambda {
    clock: Clock,
    seed: u64,
    sqs: Arc<Sqs>,
    invocations: Mutex<BTreeMap<String, Invocations>>,
}

impl Lambda {
    /// Functions for these queues.
    pub fn new(clock: Clock, seed: u64, sqs: Arc<Sqs>) -> Self {
        Self {
            clock,
            seed,
            sqs,
            invocations: Mutex::default(),
        }
    }

    /// Serves queues and timers for as long as it is polled. Dropping it ends every invocation.
    pub async fn run(&self, functions: &[Function], timers: &[Timer]) {
        let mut sources: FuturesUnordered<BoxFuture<'_, ()>> = FuturesUnordered::new();
        sources.extend(functions.iter().map(|f| self.serve_queue(f).boxed()));
        sources.extend(timers.iter().map(|t| self.serve_timer(t).boxed()));
        while sources.next().await.is_some() {}
        std::future::pending().await
    }

    /// Calls a function once.
    pub async fn invoke(
        &self,
        name: &str,
        timeout: Duration,
        handler: &Handler,
        event: Value,
    ) -> Outcome {
        let number = self.count(name, |i| {
            i.started += 1;
            i.started
        });
        let begun = self.clock.elapsed();
        let deadline = self.clock.now() + timeout;
        let work = AssertUnwindSafe(async { handler(event, deadline).await }).catch_unwind();
        let outcome = tokio::select! {
            biased;
            ended = invocation(format!("{name}#{number}"), work) => match ended {
                Some(Ok(Ok(answer))) => Outcome::Answered(answer),
                Some(Ok(Err(error))) => Outcome::Failed(error.to_string()),
                Some(Err(panic)) => Outcome::Failed(text(panic.as_ref())),
                None => Outcome::Crashed,
            },
            () = self.clock.sleep(timeout) => Outcome::TimedOut,
        };
        let took = self.clock.elapsed().saturating_sub(begun);
        self.count(name, |i| {
            i.busy += took;
            match &outcome {
                Outcome::Answered(_) => i.answered += 1,
                Outcome::Failed(_) => i.failed += 1,
                Outcome::Crashed => i.crashed += 1,
                Outcome::TimedOut => i.timed_out += 1,
            }
        });
        tracing::debug!(function = name, number, ?outcome, "invocation ended");
        outcome
    }

    /// How the invocations ended, by function.
    pub fn invocations(&self) -> BTreeMap<String, Invocations> {
        self.lock().clone()
    }

    async fn serve_queue(&self, function: &Function) {
        let mut running = FuturesUnordered::new();
        loop {
            let free = running.len() < function.maximum_concurrency.max(1);
            tokio::select! {
                biased;
                Some(()) = running.next() => {}
                () = self.sqs.visible(&function.queue), if free => {
                    let messages = self.sqs.receive(&function.queue, function.batch_size.max(1), None);
                    if let Some(messages) = messages.filter(|m| !m.is_empty()) {
                        running.push(self.work_off(function, messages));
                    }
                }
            }
        }
    }

    /// Hands a batch over and deletes what was worked off; the rest comes back when its visibility ends.
    async fn work_off(&self, function: &Function, messages: Vec<Message>) {
        let event = event::batch(&function.queue, &messages);
        let outcome = self
            .invoke(&function.name, function.timeout, &function.handler, event)
            .await;
        let Outcome::Answered(answer) = outcome else {
            return;
        };
        let Some(failed) = event::failures(&answer, &messages) else {
            return;
        };
        for message in messages.iter().filter(|m| !failed.contains(&m.id)) {
            self.sqs.delete(&function.queue, &message.receipt());
        }
    }

    async fn serve_timer(&self, timer: &Timer) {
        let every = timer.every.max(Duration::from_millis(1));
        let mut next = self.clock.elapsed() + every;
        let mut ticks = 0;
        let mut running = FuturesUnordered::new();
        loop {
            let wait = next.saturating_sub(self.clock.elapsed());
            tokio::select! {
                biased;
                Some(_) = running.next() => {}
                () = self.clock.sleep(wait) => {
                    // A process that was suspended skips the ticks it slept through.
                    while next <= self.clock.elapsed() {
                        next += every;
                    }
                    let event = event::tick(&timer.name, &uuid(self.seed, ticks), self.clock.now());
                    ticks += 1;
                    running.push(self.invoke(&timer.name, timer.timeout, &timer.handler, event));
                }
            }
        }
    }

    fn count<T>(&self, name: &str, change: impl FnOnce(&mut Invocations) -> T) -> T {
        change(self.lock().entry(name.to_owned()).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Invocations>> {
        self.invocations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Lambda {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lambda")
    }
}

/// What a panic said.
fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panicked: {}", text.unwrap_or("without a word"))
}
