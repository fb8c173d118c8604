//! One standard queue: visibility, delay, redelivery, dead letters.

use std::collections::BTreeMap;
use std::time::Duration;

use shared::model::time::Time;

/// How a queue is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its name; the last part of its URL and ARN.
    pub name: String,
    /// How long a received message stays hidden.
    pub visibility: Duration,
    /// After how many receives a message goes to the dead letters instead of being received again.
    pub redrive: Option<Redrive>,
}

/// Where messages go that are received again and again.
#[derive(Clone, Debug)]
pub struct Redrive {
    /// `maxReceiveCount`.
    pub max_receive_count: u32,
    /// The name of the other queue.
    pub dead_letters: String,
}

/// A message in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id; kept when it goes to the dead letters.
    pub id: String,
    /// What was sent.
    pub body: String,
    /// When it was sent.
    pub sent: Time,
    /// When it was first received.
    pub first_received: Option<Time>,
    /// How often it was received.
    pub received: u32,
}

impl Message {
    /// The handle of its latest receive; earlier ones are void.
    pub fn receipt(&self) -> String {
        format!("{}#{}", self.id, self.received)
    }
}

/// Messages in the order in which they become visible, then of their sending.
type Place = (Duration, u64);

#[derive(Clone)]
pub(crate) struct Queue {
    pub(super) settings: Settings,
    messages: BTreeMap<Place, Message>,
    places: BTreeMap<String, Place>,
    arrivals: u64,
}

/// What a receive has found.
pub(super) struct Received {
    pub(super) messages: Vec<Message>,
    /// Received too often already: these belong to the dead letters now.
    pub(super) dead: Vec<Message>,
}

impl Queue {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            messages: BTreeMap::new(),
            places: BTreeMap::new(),
            arrivals: 0,
        }
    }

    pub(super) fn put(&mut self, visible: Duration, message: Message) {
        let place = (visible, self.arrivals);
        self.arrivals += 1;
        self.places.insert(message.id.clone(), place);
        self.messages.insert(place, message);
    }

    pub(super) fn receive(
        &mut self,
        most: usize,
        now: Duration,
        wall: Time,
        visibility: Option<Duration>,
    ) -> Received {
        let visibility = visibility.unwrap_or(self.settings.visibility);
        let mut found = Received {
            messages: Vec::new(),
            dead: Vec::new(),
        };
        while found.messages.len() < most {
            let Some(mut message) = self.take_visible(now) else {
                break;
            };
            let redrive = self.settings.redrive.as_ref();
            if redrive.is_some_and(|r| message.received >= r.max_receive_count) {
                found.dead.push(message);
                continue;
            }
            message.received += 1;
            message.first_received.get_or_insert(wall);
            found.messages.push(message);
        }
        for message in &found.messages {
            self.put(now + visibility, message.clone());
        }
        found
    }

    fn take_visible(&mut self, now: Duration) -> Option<Message> {
        let entry = self.messages.first_entry().filter(|e| e.key().0 <= now)?;
        let message = entry.remove();
        self.places.remove(&message.id);
        Some(message)
    }

    /// Takes a message out by the handle of its latest receive.
    pub(super) fn take(&mut self, receipt: &str) -> Option<Message> {
        let (id, _) = receipt.split_once('#')?;
        let place = *self.places.get(id)?;
        if self.messages.get(&place)?.receipt() != receipt {
            return None;
        }
        self.places.remove(id);
        self.messages.remove(&place)
    }

    /// When the next message is or becomes visible.
    pub(super) fn next_visible(&self) -> Option<Duration> {
        self.messages.keys().next().map(|place| place.0)
    }

    pub(super) fn count(&self, now: Duration) -> (usize, usize) {
        let visible = self.messages.keys().take_while(|p| p.0 <= now).count();
        (visible, self.messages.len() - visible)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Message> {
        self.messages.values()
    }

    pub(super) fn drain(&mut self) -> Vec<Message> {
        self.places.clear();
        std::mem::take(&mut self.messages).into_values().collect()
    }
}
