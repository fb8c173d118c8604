//! A job: one person, one goal, its steps, asks, outcomes and due time.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ask::{Answer, Ask, Closed, Verb};
use super::before::Before;
use super::inventory::Line;
use super::lane::Lane;
use super::microsoft::{SkuId, UserId};
use super::step::{Obstacle, Standing, Stands, Step};
use super::time::Time;

/// A ULID: sorts by the moment of the commit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub String);

/// What a job is to achieve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// The person has what their persona says.
    Provision,
    /// The person has nothing of it any more.
    Offboard,
    /// The person has at another site what their persona says there (F106).
    Move,
}

impl Goal {
    /// The lane in which its jobs begin.
    pub const fn lane(self) -> Lane {
        match self {
            Self::Provision | Self::Move => Lane::Provision,
            Self::Offboard => Lane::Offboard,
        }
    }
}

/// Who started it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A rule, at a sync.
    Rule,
    /// A person.
    Person,
}

/// The header of a job. Its steps are a row of their own, written once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Whom it is about.
    pub person: UserId,
    /// To what end.
    pub goal: Goal,
    /// Started by whom.
    pub origin: Origin,
    /// When it was committed.
    pub created: Time,
    /// In which lane it is worked on.
    pub lane: Lane,
    /// Derived from everything else at every write by [`Job::derive`].
    pub state: JobState,
    /// When it is looked at next; `None` = final.
    pub due: Option<Time>,
    /// Raised at every write; every write is conditional on the one that was read.
    pub version: u64,
    /// Of the worker that wrote last (J1).
    #[serde(default)]
    pub fence: u64,
    /// Worker crashes with this job in hand.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub crashes: u8,
    /// A worker says that it has it in hand; only written after crashes in its lane.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_hand: bool,
    /// What it waits for; kept with the due time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<Waits>,
    /// When the Teams account was last looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked: Option<Time>,
    /// Where each step stands, in the order of the plan.
    pub standings: Vec<Standing>,
    /// Every request that was or may have been sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asks: Vec<Ask>,
    /// The telephone numbers that it has to do with: the one that it keeps for the person, or those that it takes away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
    /// Seats kept for the person until the job ends, beside those that Microsoft has counted already (I4).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seats: Vec<SkuId>,
    /// What there was before the requests of this job (F105).
    #[serde(default, skip_serializing_if = "Before::is_empty")]
    pub before: Before,
    /// Reads before this moment may still show the world from before the person's last job (W3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_from: Option<Time>,
    /// A newer job wants to take over (J2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<JobId>,
    /// The job this one takes over from, until that one is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<JobId>,
    /// The job of the person before this one: what was ever done to them can be followed back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<JobId>,
    /// Somebody took it back: nothing more is asked, what was asked is followed to its end, what was kept for it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_by: Option<String>,
}

/// What an open job waits for besides time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waits {
    /// The Teams account; why it is not ready, for the staging page (F93).
    Teams(String),
    /// A licence seat.
    Licence,
    /// A telephone number.
    Number,
    /// A permission that Microsoft does not give us.
    Permission,
    /// The open asks of the job before it.
    Settling,
}

/// The state of a job (design.md section 4). A function of its steps; see [`Job::derive`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// To be worked on when its time comes.
    Due,
    /// In a worker's hand.
    Running,
    /// Waits for stock, a permission or an older job.
    Waiting,
    /// Waits for the Teams account.
    Staged,
    /// Everything holds.
    Done,
    /// Everything that matters holds; something was ignored or skipped by rule.
    DoneWithNotes,
    /// Something does not hold, and waiting will not help.
    Failed,
    /// Taken back by a person.
    Cancelled,
    /// A newer job took over.
    Superseded,
    /// Put aside after it crashed its worker five times.
    Poisoned,
}

impl JobState {
    /// Nothing more will happen to it (V3).
    pub const fn is_final(self) -> bool {
        match self {
            Self::Due | Self::Running | Self::Waiting | Self::Staged => false,
            Self::Done
            | Self::DoneWithNotes
            | Self::Failed
            | Self::Cancelled
            | Self::Superseded
            | Self::Poisoned => true,
        }
    }

    /// Its name in rows, tables and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Staged => "staged",
            Self::Done => "done",
            Self::DoneWithNotes => "done_with_notes",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Superseded => "superseded",
            Self::Poisoned => "poisoned",
        }
    }
}

impl Job {
    /// A new job, due now.
    pub fn new(
        id: JobId,
        person: UserId,
        goal: Goal,
        origin: Origin,
        steps: &[Step],
        now: Time,
    ) -> Self {
        Self {
            id,
            person,
            goal,
            origin,
            created: now,
            lane: goal.lane(),
            state: JobState::Due,
            due: Some(now),
            version: 1,
            fence: 0,
            crashes: 0,
            in_hand: false,
            waits: None,
            looked: None,
            standings: vec![Standing::default(); steps.len()],
            asks: Vec::new(),
            lines: Vec::new(),
            seats: Vec::new(),
            before: Before::default(),
            trust_from: None,
            superseded_by: None,
            supersedes: None,
            previous: None,
            cancelled_by: None,
        }
    }

    /// The state that the steps, the asks and the rest amount to. Nobody sets a state; every write stores this.
    pub fn derive(&self) -> JobState {
        if self.state == JobState::Cancelled || self.state == JobState::Poisoned {
            return self.state;
        }
        match (&self.superseded_by, self.due) {
            // It ends when its own worker has closed its asks; until then it only waits for that.
            (Some(_), Some(_)) => return JobState::Due,
            (Some(_), None) => return JobState::Superseded,
            (None, Some(_)) if self.cancelled_by.is_some() => return JobState::Due,
            (None, None) if self.cancelled_by.is_some() => return JobState::Cancelled,
            (None, _) if self.standings.iter().all(|s| s.stands.is_final()) => {
                return self.outcome();
            }
            (None, _) => {}
        }
        match (&self.waits, self.in_hand) {
            (_, true) => JobState::Running,
            (Some(Waits::Teams(_)), false) => JobState::Staged,
            (Some(Waits::Licence | Waits::Number | Waits::Permission | Waits::Settling), false) => {
                JobState::Waiting
            }
            (None, false) => JobState::Due,
        }
    }

    /// What the final steps amount to: no path yields success for a step that does not hold (I7).
    fn outcome(&self) -> JobState {
        let mut outcome = JobState::Done;
        for standing in &self.standings {
            let of_step = match &standing.stands {
                Stands::Done(None) | Stands::AlreadySo => JobState::Done,
                Stands::Done(Some(_))
                | Stands::Ignored(_)
                | Stands::Skipped(_)
                | Stands::Blocked(Obstacle::LicenceGroup(_)) => JobState::DoneWithNotes,
                Stands::Blocked(
                    Obstacle::ProtectedAccount
                    | Obstacle::EarlierStep(_)
                    | Obstacle::Group(_)
                    | Obstacle::Protected(_),
                )
                | Stands::Failed(_)
                | Stands::Unknown(_)
                | Stands::Todo
                | Stands::Pending => JobState::Failed,
            };
            outcome = outcome.max(of_step);
        }
        outcome
    }

    /// Some request may still take effect (A2).
    pub fn has_open_asks(&self) -> bool {
        self.asks.iter().any(Ask::is_open)
    }

    /// Records requests that are about to be sent for a step (A1). Of earlier tries in a row that were put off the same way the
    /// first and the last are kept, the others counted: the row stays small however long somebody waits.
    /// Returns the numbers of the new ones.
    pub fn record(&mut self, step: usize, verbs: &[Verb], now: Time) -> Vec<u16> {
        let mut numbers = Vec::new();
        let step = u8::try_from(step).unwrap_or(u8::MAX);
        for verb in verbs {
            let last = self.asks.iter().map(|ask| ask.number).max();
            let number = last.unwrap_or(0).saturating_add(1);
            self.count_put_off(step, verb);
            self.asks.push(Ask {
                number,
                step,
                verb: verb.clone(),
                earlier: 0,
                order: None,
                sent: now,
                closed: None,
            });
            numbers.push(number);
        }
        numbers
    }

    /// Drops the asks between the first and the last of the latest row of tries that were put off with the same answer.
    fn count_put_off(&mut self, step: u8, verb: &Verb) {
        let answer = |ask: &Ask| ask.closed.as_ref().map(|closed| closed.answer.clone());
        let of_verb = self.asks.iter().rev();
        let mut of_verb = of_verb.filter(|ask| ask.step == step && ask.verb == *verb);
        let Some(last) = of_verb.next().filter(|ask| ask.was_put_off()).cloned() else {
            return;
        };
        let mut row: Vec<(u16, u16)> = of_verb
            .take_while(|ask| answer(ask) == answer(&last))
            .map(|ask| (ask.number, ask.earlier))
            .collect();
        // The first one tells since when.
        row.pop();
        let tries: u16 = row.iter().map(|(_, earlier)| earlier + 1).sum();
        self.asks
            .retain(|ask| row.iter().all(|(number, _)| *number != ask.number));
        if let Some(kept) = self.asks.iter_mut().find(|ask| ask.number == last.number) {
            kept.earlier = kept.earlier.saturating_add(tries);
        }
    }

    /// Closes the open request with this number (A2, A5).
    pub fn close(&mut self, number: u16, at: Time, answer: Answer, request_id: Option<String>) {
        if let Some(ask) = self
            .asks
            .iter_mut()
            .find(|ask| ask.number == number && ask.is_open())
        {
            ask.closed = Some(Closed {
                at,
                answer,
                request_id,
            });
        }
    }

    /// Keeps the order that Microsoft made of an open request: it is answered when the order is carried out.
    pub fn ordered(&mut self, number: u16, order: String) {
        let mut asks = self.asks.iter_mut();
        if let Some(ask) = asks.find(|ask| ask.number == number && ask.is_open()) {
            ask.order = Some(order);
        }
    }

    /// Hands the job to another lane, whose workers count their own fences.
    pub fn move_to(&mut self, lane: Lane, due: Time) {
        if self.lane != lane {
            self.lane = lane;
            self.fence = 0;
        }
        self.due = Some(due);
        self.waits = None;
        self.in_hand = false;
    }

    /// The requests of one step, oldest first.
    pub fn asks_of(&self, step: usize) -> impl Iterator<Item = &Ask> {
        self.asks
            .iter()
            .filter(move |ask| usize::from(ask.step) == step)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn is_zero(n: &u8) -> bool {
    *n == 0
}

#[cfg(test)]
mod tests;
