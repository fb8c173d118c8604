//! SQS: a few standard queues in memory, on the JSON protocol of the SDK. Doorbells may be lost by design, so nothing is kept on disk.
//!
//! Answers carry no MD5: the Rust SDK does not check it.

mod protocol;
mod queue;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::clock::Clock;
use tokio::sync::Notify;

pub(crate) use self::protocol::{arn, attributes, sent_and_lost};
pub(crate) use self::queue::Queue;
pub use self::queue::{Message, Redrive, Settings};
use crate::seed::uuid;

/// All queues of the account.
pub struct Sqs {
    clock: Clock,
    seed: u64,
    state: Mutex<State>,
}

struct State {
    queues: BTreeMap<String, Entry>,
    sent: u64,
    requests: BTreeMap<String, u64>,
}

struct Entry {
    queue: Queue,
    changed: Arc<Notify>,
}

impl Sqs {
    /// Empty queues. A queue named as the dead letters of another must be among them.
    pub fn new(clock: Clock, seed: u64, queues: Vec<Settings>) -> Self {
        let queues = queues.into_iter().map(|settings| {
            let entry = Entry {
                queue: Queue::new(settings.clone()),
                changed: Arc::default(),
            };
            (settings.name, entry)
        });
        let state = State {
            queues: queues.collect(),
            sent: 0,
            requests: BTreeMap::new(),
        };
        Self {
            clock,
            seed,
            state: Mutex::new(state),
        }
    }

    /// The queues, and how many messages were ever sent.
    pub(crate) fn state(&self) -> (Vec<(String, Queue)>, u64) {
        let state = self.lock();
        let queues = state.queues.iter();
        let queues = queues.map(|(name, entry)| (name.clone(), entry.queue.clone()));
        (queues.collect(), state.sent)
    }

    pub(crate) fn restore(&self, (queues, sent): (Vec<(String, Queue)>, u64)) {
        let mut state = self.lock();
        state.sent = sent;
        for (name, queue) in queues {
            if let Some(entry) = state.queues.get_mut(&name) {
                entry.queue = queue;
                entry.changed.notify_one();
            }
        }
    }

    /// Puts a message into a queue past the hook; its id. `None`: no such queue.
    pub fn send(&self, queue: &str, body: &str, delay: Duration) -> Option<String> {
        let mut state = self.lock();
        let id = uuid(self.seed, state.sent);
        state.sent += 1;
        let entry = state.queues.get_mut(queue)?;
        let message = Message {
            id: id.clone(),
            body: body.to_owned(),
            sent: self.clock.now(),
            first_received: None,
            received: 0,
        };
        entry.put(self.clock.elapsed() + delay, message);
        Some(id)
    }

    /// Every message of a queue, hidden ones included, in the order in which they become visible.
    pub fn messages(&self, queue: &str) -> Vec<Message> {
        let state = self.lock();
        let entry = state.queues.get(queue).into_iter();
        entry.flat_map(|e| e.queue.all()).cloned().collect()
    }

    /// Moves everything from one queue to another, as an operator redrives dead letters; how many.
    pub fn redrive(&self, from: &str, to: &str) -> usize {
        let mut state = self.lock();
        let messages = state.queues.get_mut(from).map(|e| e.queue.drain());
        let now = self.clock.elapsed();
        let (Some(messages), Some(target)) = (messages, state.queues.get_mut(to)) else {
            return 0;
        };
        let moved = messages.len();
        for mut message in messages {
            message.received = 0;
            target.put(now, message);
        }
        moved
    }

    /// How often each operation was asked for on the wire.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        self.lock().requests.clone()
    }

    /// Receives up to `most` visible messages and hides them; what was received too often goes to the dead letters.
    pub(crate) fn receive(
        &self,
        queue: &str,
        most: usize,
        visibility: Option<Duration>,
    ) -> Option<Vec<Message>> {
        let mut state = self.lock();
        let now = self.clock.elapsed();
        let entry = state.queues.get_mut(queue)?;
        let received = entry.queue.receive(most, now, self.clock.now(), visibility);
        let redrive = entry.queue.settings.redrive.clone();
        if let Some(redrive) = redrive
            && let Some(dead_letters) = state.queues.get_mut(&redrive.dead_letters)
        {
            for message in received.dead {
                dead_letters.put(now, message);
            }
        }
        Some(received.messages)
    }

    /// Removes a message by its latest receipt; whether it was there. `None`: no such queue.
    pub(crate) fn delete(&self, queue: &str, receipt: &str) -> Option<bool> {
        let mut state = self.lock();
        let entry = state.queues.get_mut(queue)?;
        Some(entry.queue.take(receipt).is_some())
    }

    /// Hides a message for this long from now; whether it was there. `None`: no such queue.
    pub(crate) fn hide(&self, queue: &str, receipt: &str, span: Duration) -> Option<bool> {
        let mut state = self.lock();
        let entry = state.queues.get_mut(queue)?;
        let message = entry.queue.take(receipt);
        let found = message.is_some();
        if let Some(message) = message {
            entry.put(self.clock.elapsed() + span, message);
        }
        Some(found)
    }

    /// Visible messages and hidden ones. `None`: no such queue.
    pub(crate) fn count(&self, queue: &str) -> Option<(usize, usize)> {
        let state = self.lock();
        Some(state.queues.get(queue)?.queue.count(self.clock.elapsed()))
    }

    /// Waits until a message of the queue is visible. One caller a queue; for ever where there is no such queue.
    pub(crate) async fn visible(&self, queue: &str) {
        loop {
            let (changed, next) = {
                let state = self.lock();
                let entry = state.queues.get(queue);
                let next = entry.and_then(|e| e.queue.next_visible());
                (entry.map(|e| Arc::clone(&e.changed)), next)
            };
            let Some(changed) = changed else {
                return std::future::pending().await;
            };
            let now = self.clock.elapsed();
            match next {
                Some(at) if at <= now => return,
                Some(at) => tokio::select! {
                    biased;
                    () = changed.notified() => {}
                    () = self.clock.sleep(at - now) => {}
                },
                None => changed.notified().await,
            }
        }
    }

    fn count_request(&self, operation: &str) {
        *self
            .lock()
            .requests
            .entry(operation.to_owned())
            .or_default() += 1;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn put(&mut self, visible: Duration, message: Message) {
        self.queue.put(visible, message);
        self.changed.notify_one();
    }
}

impl fmt::Debug for Sqs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sqs")
    }
}
