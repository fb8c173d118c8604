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
    /// Writes to Microsoft and DynamoDB: the connection breaks, and the request takes effect this much later, whoever gave up on it.
    Land(Duration),
    /// Batches to Microsoft: everything is carried out, and the answer is spoilt.
    Spoil(Spoilt),
}

/// What is wrong with the answer to a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoilt {
    /// One part is answered with this status, as if something else had gone wrong with it; which one, counted from the first.
    PartFails(usize, u16),
    /// One part is not answered at all.
    PartMissing(usize),
    /// The parts come in the reverse order.
    Reversed,
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
    /// Whether it is to change something in the table.
    pub fn is_write(&self) -> bool {
        const WRITES: [&str; 4] = ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"];
        self.service == Service::DynamoDb && WRITES.contains(&self.operation)
    }

    fn can_conflict(&self) -> bool {
        let reads = self.service == Service::DynamoDb && self.operation == "TransactGetItems";
        reads || self.is_write()
    }

    /// Whether it asks Microsoft to change something about somebody.
    pub fn is_order(&self) -> bool {
        const CALLS: [&str; 7] = [
            "assignLicense",
            "revokeSignInSessions",
            "assign",
            "unassign",
            "assignNumber",
            "unassignNumber",
            "updateNumber",
        ];
        let (method, address) = self.operation.split_once(' ').unwrap_or_default();
        let path = address.split('?').next().unwrap_or_default();
        let call = path.rsplit(['/', '.']).next().unwrap_or_default();
        self.service == Service::Microsoft
            && match method {
                "PATCH" => path.starts_with("/v1.0/users/") || path.starts_with("/v1.0/groups/"),
                "DELETE" => path.ends_with("/$ref"),
                _ => method == "POST" && (CALLS.contains(&call) || path.ends_with("/members/$ref")),
            }
    }

    fn is_batch(&self) -> bool {
        self.service == Service::Microsoft && self.operation.contains("/$batch")
    }

    fn is_send(&self) -> bool {
        self.service == Service::Sqs && self.operation.starts_with("SendMessage")
    }
}

/// Chooses the fate of every request.
pub type Hook = Arc<dyn Fn(&Request<'_>) -> Fate + Send + Sync>;

/// Lets every answer take as long as a real one, by a model: 0.3 s of Microsoft, 5 ms of the table, 10 ms of anything else.
pub fn latency() -> Hook {
    Arc::new(|request| {
        Fate::Delay(Duration::from_millis(match request.service {
            Service::Microsoft => 300,
            Service::DynamoDb => 5,
            Service::Sqs | Service::Scheduler | Service::Secrets => 10,
        }))
    })
}

/// An answer that the other side did not give; each service says it in its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead<A> {
    /// Refused.
    Refused(Refusal),
    /// The connection broke before the answer arrived.
    Lost,
    /// "Sent", although it was not.
    Dropped,
    /// Another transaction holds the item.
    Conflict,
    /// The connection broke; the request is to take effect so much later.
    Landing(Duration),
    /// The answer, to be spoilt.
    Spoilt(Spoilt, A),
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

    /// The clock of everything.
    pub fn clock(&self) -> Clock {
        self.clock
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
        instead: impl FnOnce(Instead<A>) -> A,
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
            Fate::Land(span) => instead(Instead::Landing(span)),
            Fate::Spoil(how) => {
                let answer = deliver.await;
                instead(Instead::Spoilt(how, answer))
            }
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
            || matches!(fate, Fate::DropSend) && !request.is_send()
            || matches!(fate, Fate::Land(_)) && !(request.is_order() || request.is_write())
            || matches!(fate, Fate::Spoil(_)) && !request.is_batch();
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

/// The invocation in which this runs, such as `provision#7`; empty outside of all.
pub fn worker() -> String {
    current().map_or_else(String::new, |invocation| invocation.label.clone())
}

/// The name of the function in whose invocation this runs; empty outside of all.
pub(crate) fn function() -> String {
    let label = worker();
    let name = label.split_once('#');
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

/// Lets what an invocation has sent take effect later, whatever became of it meanwhile.
pub(crate) fn later<T>(
    clock: Clock,
    span: Duration,
    work: impl Future<Output = T> + Send + 'static,
) {
    let label = worker();
    tokio::spawn(async move {
        clock.sleep(span).await;
        invocation(label, work).await;
    });
}

/// Never returns. Outside of an invocation there is nobody to end, and the caller waits for ever.
async fn crash<A>() -> A {
    if let Some(invocation) = current() {
        invocation.dead.store(true, Ordering::Relaxed);
        invocation.crashed.notify_one();
    }
    pending().await
}
