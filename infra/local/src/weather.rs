//! Bad weather: faults by name, each with its odds, drawn from a seed for every request. One weather may be a single fault, or all at once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use shared::clock::Clock;

use crate::fate::{Fate, Hook, Refusal, Request, Service, Spoilt};
use crate::microsoft::{Microsoft, OrderFate};
use crate::seed::draw;

macro_rules! faults {
    ($($(#[doc = $what:literal])+ $fault:ident = $name:literal,)+) => {
        /// A fault of the outside.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $($(#[doc = $what])+ $fault,)+
        }

        impl Fault {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$fault),+];

            /// Its name in reports.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$fault => $name,)+
                }
            }
        }
    };
}

faults! {
    /// The worker dies before a request has an effect.
    CrashBefore = "crash before",
    /// The worker dies after it.
    CrashAfter = "crash after",
    /// The worker panics where it would send a request.
    Panic = "panic",
    /// A request takes effect, and its answer is lost.
    AnswerLost = "answer lost",
    /// An order takes effect long after its sender gave up.
    LandsLate = "lands late",
    /// A write to the table takes effect when its sender has long tried again.
    WriteLate = "write late",
    /// A request is slow: others run meanwhile.
    Slow = "slow",
    /// Everything that a worker sends from now on waits until its lease is over.
    Frozen = "frozen",
    /// Too many requests.
    Throttled = "throttled",
    /// Too many requests, and when to come again.
    ThrottledFor = "throttled for",
    /// The service cannot answer.
    Unavailable = "unavailable",
    /// Another transaction holds the item.
    Conflict = "conflict",
    /// A doorbell is lost that was to be heard at once.
    DoorbellLost = "doorbell lost",
    /// A doorbell of the sweep is lost.
    SweepUnheard = "sweep unheard",
    /// A part of a batch fails.
    PartFails = "part fails",
    /// A part of a batch is not answered.
    PartMissing = "part missing",
    /// The parts of a batch are answered in another order.
    PartsReversed = "parts reversed",
    /// An order is taken, and neither found nor carried out.
    OrderLost = "order lost",
    /// An order is taken and carried out, and not found.
    OrderForgotten = "order forgotten",
    /// An order is carried out long after it was taken.
    OrderLate = "order late",
    /// All tokens are void.
    TokenVoid = "token void",
}

/// The weather over an installation. Copies are the same weather.
#[derive(Clone)]
pub struct Weather {
    seed: u64,
    clock: Clock,
    until: Duration,
    /// Each with its odds in 10,000.
    odds: Vec<(Fault, u64)>,
    tenants: Arc<OnceLock<Vec<Microsoft>>>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Until when all requests of a worker wait.
    frozen: BTreeMap<String, Duration>,
    met: BTreeMap<Fault, u64>,
}

/// How long an order about a number may be on its way, at most; every other order may be a quarter of it.
const LATEST: Duration = Duration::from_secs(480);

impl Weather {
    /// Faults with their odds in 10,000, until the clock has measured `until`.
    pub fn new(seed: u64, clock: Clock, until: Duration, odds: &[(Fault, u64)]) -> Self {
        Self {
            seed,
            clock,
            until,
            odds: odds.to_vec(),
            tenants: Arc::default(),
            state: Arc::default(),
        }
    }

    /// The tenants whose orders and tokens it may spoil.
    pub fn over(&self, tenants: Vec<Microsoft>) {
        self.tenants.set(tenants).ok();
    }

    /// How often each fault was met.
    pub fn met(&self) -> BTreeMap<Fault, u64> {
        let state = self.state.lock();
        state.unwrap_or_else(PoisonError::into_inner).met.clone()
    }

    /// The hook that lets every request of a worker meet it, and the doorbells of everybody.
    pub fn hook(&self) -> Hook {
        let weather = self.clone();
        Arc::new(move |request| weather.meet(request))
    }

    fn meet(&self, request: &Request<'_>) -> Fate {
        let now = self.clock.elapsed();
        if now > self.until || request.worker.is_empty() && request.service != Service::Sqs {
            return Fate::Deliver;
        }
        let dice = draw(self.seed, request.sequence);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = state.frozen.get(request.worker) {
            return Fate::Delay(until.saturating_sub(now));
        }
        let mut left = dice % 10_000;
        let met = self.odds.iter().find(|(_, odds)| {
            let is_met = left < *odds;
            left = left.saturating_sub(*odds);
            is_met
        });
        let Some(fault) = met.map(|(fault, _)| *fault) else {
            return Fate::Deliver;
        };
        let Some(fate) = self.fate(fault, request, dice >> 16, now, &mut state) else {
            return Fate::Deliver;
        };
        *state.met.entry(fault).or_default() += 1;
        drop(state);
        if fault == Fault::Panic {
            die();
        }
        fate
    }

    /// What a fault does to a request; `None` = nothing, it is none of its kind.
    fn fate(
        &self,
        fault: Fault,
        request: &Request<'_>,
        dice: u64,
        now: Duration,
        state: &mut State,
    ) -> Option<Fate> {
        let seconds = |most: u64| Duration::from_secs(dice % most);
        let is_number = request.operation.contains("Number");
        let is_batch = request.operation.contains("/$batch");
        let nth = usize::try_from(dice % 20).unwrap_or_default();
        if request.worker.is_empty() && fault != Fault::DoorbellLost {
            return None;
        }
        let order = |fate: OrderFate| {
            let is_order = request.is_order() && is_number && !request.operation.contains("update");
            let tenant = is_order.then(|| self.tenant(request)).flatten()?;
            tenant.decide_next_order(fate);
            Some(Fate::Deliver)
        };
        match fault {
            Fault::CrashBefore => Some(Fate::CrashBefore),
            Fault::CrashAfter => Some(Fate::CrashAfter),
            Fault::Panic => (request.service == Service::Microsoft).then_some(Fate::Deliver),
            Fault::AnswerLost => Some(Fate::LoseAnswer),
            Fault::LandsLate => {
                let most = if is_number { LATEST } else { LATEST / 4 };
                request
                    .is_order()
                    .then(|| Fate::Land(seconds(most.as_secs())))
            }
            Fault::WriteLate => request.is_write().then(|| Fate::Land(seconds(120))),
            Fault::Slow => Some(Fate::Delay(seconds(45))),
            Fault::Frozen => {
                let until = now + Duration::from_secs(60) + seconds(90);
                state.frozen.insert(request.worker.to_owned(), until);
                Some(Fate::Delay(until.saturating_sub(now)))
            }
            Fault::Throttled => Some(Fate::RefuseBefore(Refusal::Throttled)),
            Fault::ThrottledFor => {
                let span = Duration::from_secs(1) + seconds(120);
                let is_theirs = request.service == Service::Microsoft;
                is_theirs.then_some(Fate::RefuseBefore(Refusal::ThrottledFor(span)))
            }
            Fault::Unavailable => Some(Fate::RefuseBefore(Refusal::Unavailable)),
            Fault::Conflict => Some(Fate::Conflict),
            Fault::DoorbellLost | Fault::SweepUnheard => {
                let by_sweep = request.worker.starts_with("sweep");
                let fits = by_sweep == (fault == Fault::SweepUnheard);
                (fits && request.service == Service::Sqs).then_some(Fate::DropSend)
            }
            Fault::PartFails => is_batch.then_some(Fate::Spoil(Spoilt::PartFails(
                nth,
                [429, 503, 424][nth % 3],
            ))),
            Fault::PartMissing => is_batch.then_some(Fate::Spoil(Spoilt::PartMissing(nth))),
            Fault::PartsReversed => is_batch.then_some(Fate::Spoil(Spoilt::Reversed)),
            Fault::OrderLost => order(OrderFate::Lost),
            Fault::OrderForgotten => order(OrderFate::Forgotten),
            Fault::OrderLate => order(OrderFate::Late(seconds(LATEST.as_secs()))),
            Fault::TokenVoid => {
                let tenant = self.tenant(request)?;
                tenant.revoke_tokens();
                Some(Fate::Deliver)
            }
        }
    }

    /// Whose request it is, by who asks; tenants take turns where that is not known.
    fn tenant(&self, request: &Request<'_>) -> Option<&Microsoft> {
        let tenants = self.tenants.get()?;
        let body = String::from_utf8_lossy(request.body);
        let knows = |tenant: &&Microsoft| {
            let numbers = tenant.numbers();
            let mut numbers = numbers.keys();
            numbers.any(|number| body.contains(number.trim_start_matches('+')))
        };
        if request.is_order() {
            return tenants.iter().find(knows);
        }
        let turn = usize::try_from(request.sequence).unwrap_or_default() % tenants.len().max(1);
        tenants.get(turn)
    }
}

#[expect(clippy::panic, reason = "that is the fault")]
fn die() {
    panic!("injected: the worker panics")
}
