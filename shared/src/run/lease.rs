//! A lease on a tenant's lane: the proof that nobody else works there. Only [`Lease::claim`] makes one.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::config;
use crate::error::{Error, Kind, Result};
use crate::graph::Graph;
use crate::model::lane::{Lane, LaneRow, Mark, Worker};
use crate::model::tenant::TenantId;
use crate::model::time::Time;
use crate::store::lanes::Released;

use super::{Deadline, Shell};

/// A claimed lane.
#[derive(Debug)]
pub struct Lease<'a> {
    shell: &'a Shell,
    tenant: TenantId,
    lane: Lane,
    fence: u64,
    deadline: Deadline,
    /// The row as last returned by a claim, a renewal or a refused release.
    row: Mutex<LaneRow>,
    /// Ends at this reading of the monotonic clock, in milliseconds.
    good_until: AtomicU64,
    lost: AtomicBool,
}

impl<'a> Lease<'a> {
    /// Takes the lane, if nobody has it (L1).
    pub async fn claim(
        shell: &'a Shell,
        tenant: &TenantId,
        lane: Lane,
        deadline: Deadline,
    ) -> Result<Option<Self>> {
        let (good_until, until) = term(shell, deadline);
        let Some(row) = shell
            .store
            .claim(tenant, lane, shell.clock.now(), until)
            .await?
        else {
            return Ok(None);
        };
        Ok(Some(Self {
            shell,
            tenant: tenant.clone(),
            lane,
            fence: row.fence,
            deadline,
            row: Mutex::new(row),
            good_until: AtomicU64::new(millis(good_until)),
            lost: AtomicBool::new(false),
        }))
    }

    /// Keeps the lane. After this fails the lane is lost and every permit is refused.
    pub async fn renew(&self) -> Result<()> {
        let (good_until, until) = term(self.shell, self.deadline);
        match self
            .shell
            .store
            .renew(&self.tenant, self.lane, self.fence, until)
            .await?
        {
            Some(row) => {
                self.set_row(row);
                self.good_until.store(millis(good_until), Ordering::SeqCst);
                Ok(())
            }
            None => {
                self.lost.store(true, Ordering::SeqCst);
                Err(self.out_of_time("the lease was lost"))
            }
        }
    }

    /// Gives the lane back unless somebody rang since `seen` was read (L3). True = it is given back, or lost.
    pub async fn release(
        &self,
        seen: &LaneRow,
        done: &BTreeSet<Mark>,
        wake_at: Option<Time>,
    ) -> Result<bool> {
        match self
            .shell
            .store
            .release(&self.tenant, self.lane, seen, done, wake_at)
            .await?
        {
            Released::Yes | Released::Lost => Ok(true),
            Released::Rung(row) => {
                self.set_row(*row);
                Ok(false)
            }
        }
    }

    /// Gives the lane back before it is worked off, whoever rang meanwhile: it is due again at that moment.
    pub async fn give_back(&self, at: Time) -> Result<()> {
        while !self
            .release(&self.row(), &BTreeSet::new(), Some(at))
            .await?
        {}
        Ok(())
    }

    /// Leave to send one request to Microsoft: enough of the lease is left for it to end before the lease does (L6).
    pub fn permit(&self) -> Result<()> {
        let left = Duration::from_millis(self.good_until.load(Ordering::SeqCst))
            .saturating_sub(self.shell.clock.elapsed());
        match (
            self.lost.load(Ordering::SeqCst),
            left >= config::LEASE_MARGIN,
        ) {
            (false, true) => Ok(()),
            (true, _) => Err(self.out_of_time("the lease was lost")),
            (false, false) => Err(self.out_of_time("too little of the lease is left")),
        }
    }

    /// Tells a client how far it may go until the next renewal: when its last request may start (L6), and its lane's share of the
    /// tenant's pace, with those of the lanes that are idle and, unless somebody rings them, stay so until then.
    pub async fn guide(&self, graph: &Graph) -> Result<()> {
        graph.set_last_start(self.last_start());
        let now = self.shell.clock.now();
        let next_look = now + config::RENEWAL;
        let mut share = 1_000;
        for (other, row) in self.shell.store.lanes(&self.tenant).await? {
            if other != self.lane && !row.is_idle(now, next_look) {
                share -= config::lane(other).share;
            }
        }
        graph.set_share(share);
        Ok(())
    }

    fn last_start(&self) -> Duration {
        Duration::from_millis(self.good_until.load(Ordering::SeqCst))
            .saturating_sub(config::LEASE_MARGIN)
    }

    /// Leave to take new work: the function's end is far enough.
    pub fn may_go_on(&self) -> bool {
        let stop = self
            .deadline
            .0
            .saturating_sub(config::lane(self.lane).stop_before);
        !self.lost.load(Ordering::SeqCst) && self.shell.clock.elapsed() < stop
    }

    /// The row as last read.
    pub fn row(&self) -> LaneRow {
        self.row.lock().map(|row| row.clone()).unwrap_or_default()
    }

    /// The lane.
    pub fn lane(&self) -> Lane {
        self.lane
    }

    /// Who writes under this lease.
    pub fn worker(&self) -> Worker {
        Worker {
            lane: self.lane,
            fence: self.fence,
        }
    }

    fn set_row(&self, new: LaneRow) {
        if let Ok(mut row) = self.row.lock() {
            *row = new;
        }
    }

    fn out_of_time(&self, why: &str) -> Error {
        Error::new(
            Kind::OutOfTime,
            format!("{} of {}: {why}", self.lane, self.tenant.as_str()),
        )
    }
}

/// When a lease taken now ends: by the monotonic clock, read before the request is sent, and by the wall clock for the row. Never
/// much beyond the function's deadline, so that a killed function frees its lane soon.
fn term(shell: &Shell, deadline: Deadline) -> (Duration, Time) {
    let elapsed = shell.clock.elapsed();
    let good_until = (elapsed + config::LEASE).min(deadline.0 + config::LEASE_BEYOND_DEADLINE);
    (
        good_until,
        shell.clock.now() + good_until.saturating_sub(elapsed),
    )
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
