//! What the outside does to one request, and how an invocation dies of it (`faults.md 3`).

use std::fmt;
use std::future::{Future, pending};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use shared::clock::Clock;
use tokio::sync::Notify;

/// What becomes of one request. A fate that makes no sense for a request (a conflict on a read, a lost message that is none)
/// delivers it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// Nothing special.
    #[default]
    Deliver,
    /// Refused; nothing was applied.
    RefuseBefore(Refusal),
    /// Applied; then the connection breaks.
    LoseAnswer,
    /// The invocation dies; nothing was applied.
    CrashBefore,
    /// Applied; then the invocation dies.
    CrashAfter,
    /// Delivered after this much of the clock's time: others run first. A caller that gives up meanwhile was never heard.
    Delay(Duration),
    /// SQS sends: answered as sent, and lost.
    DropSend,
    /// DynamoDB writes: another transaction holds the item.
    Conflict,
}

/// How a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Too many requests.
    Throttled,
    /// Too many requests; Microsoft says when to come again.
    ThrottledFor(Duration),
    /// The service is not able to answer now.
    Unavailable,
}

/// The other side of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// The table.
    DynamoDb,
    /// The queues.
    Sqs,
    /// The schedules.
    Scheduler,
    /// The secret store.
    Secrets,
    /// Microsoft Graph and its token endpoint.
    Microsoft,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DynamoDb => "DynamoDB",
            Self::Sqs => "SQS",
            Self::Scheduler => "Scheduler",
            Self::Secrets => "SecretsManager",
            Self::Microsoft => "Microsoft",
        })
    }
}

/// One request as the hook sees it, at the moment it would take effect.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// To whom.
    pub service: Service,
    /// `UpdateItem`, `SendMessage`, …; for Microsoft the method and the path with its query.
    pub operation: &'a str,
    /// The invocation that sends it; empty outside of one.
    pub worker: &'a str,
    /// Its place among all requests to all services, from 0.
    pub sequence: u64,
    /// Its body.
    pub body: &'a [u8],
}

impl Request<'_> {
    fn can_conflict(&self) -> bool {
        const WRITES: [&str; 5] = [
            "PutItem",
            "UpdateItem",
            "DeleteItem",
            "TransactWriteItems",
            "TransactGetItems",
        ];
        self.service == Service::DynamoDb && WRITES.contains(&self.operation)
    }

    fn is_send(&self) -> bool {
        self.service == Service::Sqs && self.operation.starts_with("SendMessage")
    }
}

/// Chooses the fate of every request.
pub type Hook = Arc<dyn Fn(&Request<'_>) -> Fate + Send + Sync>;

/// An answer that the other side did not give; each service says it in its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// Refused.
    Refused(Refusal),
    /// The connection broke before the answer arrived.
    Lost,
    /// "Sent", although it was not.
    Dropped,
    /// Another transaction holds the item.
    Conflict,
}

/// The way to the outside: every request passes here once. Cloning shares the hook and the numbering.
#[derive(Clone)]
pub struct Outside {
    clock: Clock,
    hook: Option<Hook>,
    sent: Arc<AtomicU64>,
}

impl Outside {
    /// A way with this hook; without one everything is delivered.
    pub fn new(clock: Clock, hook: Option<Hook>) -> Self {
        Self {
            clock,
            hook,
            sent: Arc::default(),
        }
    }

    /// How many requests have passed.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Lets one request meet its fate. `deliver` does nothing before it is first polled; `instead` words the answers it did not
    /// give. No request is answered in the poll that sent it: whoever else is ready runs in between.
    pub async fn pass<A>(
        &self,
        service: Service,
        operation: &str,
        body: &[u8],
        deliver: impl Future<Output = A>,
        instead: impl FnOnce(Instead) -> A,
    ) -> A {
        tokio::task::yield_now().await;
        if current().is_some_and(|i| i.dead.load(Ordering::Relaxed)) {
            // Others of the same invocation, polled beside the request that killed it: a dead process sends nothing.
            return pending().await;
        }
        match self.fate(service, operation, body) {
            Fate::Deliver => deliver.await,
            Fate::Delay(span) => {
                self.clock.sleep(span).await;
                deliver.await
            }
            Fate::RefuseBefore(refusal) => instead(Instead::Refused(refusal)),
            Fate::LoseAnswer => {
                deliver.await;
                instead(Instead::Lost)
            }
            Fate::CrashBefore => crash().await,
            Fate::CrashAfter => {
                deliver.await;
                crash().await
            }
            Fate::DropSend => instead(Instead::Dropped),
            Fate::Conflict => instead(Instead::Conflict),
        }
    }

    fn fate(&self, service: Service, operation: &str, body: &[u8]) -> Fate {
        let sequence = self.sent.fetch_add(1, Ordering::Relaxed);
        let Some(hook) = &self.hook else {
            return Fate::Deliver;
        };
        let current = current();
        let request = Request {
            service,
            operation,
            worker: current.as_ref().map_or("", |i| &i.label),
            sequence,
            body,
        };
        let fate = hook(&request);
        let cannot_be = matches!(fate, Fate::Conflict) && !request.can_conflict()
            || matches!(fate, Fate::DropSend) && !request.is_send();
        if cannot_be { Fate::Deliver } else { fate }
    }
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside")
            .field("sent", &self.sent())
            .finish_non_exhaustive()
    }
}

/// The invocation that the current task works for.
struct Invocation {
    label: String,
    dead: AtomicBool,
    crashed: Notify,
}

tokio::task_local! {
    static INVOCATION: Arc<Invocation>;
}

fn current() -> Option<Arc<Invocation>> {
    INVOCATION.try_with(Arc::clone).ok()
}

/// The name of the function in whose invocation this runs; empty outside of all.
pub(crate) fn function() -> String {
    let label = current().map(|invocation| invocation.label.clone());
    let name = label.as_deref().and_then(|label| label.split_once('#'));
    name.map_or_else(String::new, |(name, _)| name.to_owned())
}

/// Runs `work` as an invocation of this label: its requests carry the label, and a crash ends it. `None`: it crashed, and the
/// future was dropped where it stood, which is what Lambda does to a process.
pub async fn invocation<T>(label: impl Into<String>, work: impl Future<Output = T>) -> Option<T> {
    let invocation = Arc::new(Invocation {
        label: label.into(),
        dead: AtomicBool::new(false),
        crashed: Notify::new(),
    });
    tokio::select! {
        biased;
        () = invocation.crashed.notified() => None,
        done = INVOCATION.scope(Arc::clone(&invocation), work) => Some(done),
    }
}

/// Never returns. Outside of an invocation there is nobody to end, and the caller waits for ever.
async fn crash<A>() -> A {
    if let Some(invocation) = current() {
        invocation.dead.store(true, Ordering::Relaxed);
        invocation.crashed.notify_one();
    }
    pending().await
}
