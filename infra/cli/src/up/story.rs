//! What happens in Contoso while `rollcall up` runs: people join, leave and are deleted.
//!
//! Everything is told again from its beginning after a restart: whoever has joined, left or gone is passed over.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

use local::contoso::{Employee, Fate};
use local::demo::{EPOCH, hire};
use local::installation::Installation;
use local::microsoft::Microsoft;
use shared::clock::Clock;
use shared::error::Result;
use shared::model::job::Goal;
use shared::model::microsoft::UserId;
use shared::model::time::Time;
use shared::run;

use super::view::date;

/// Joiners come so long after the clock's beginning: well after the first sync, and before the second.
const JOINERS: Duration = Duration::from_secs(30 * 60);
/// Leavers leave, and accounts are deleted, so long after the beginning: while some are still staged, and early enough for the
/// second sync to see everything.
const LEAVERS: Duration = Duration::from_secs(50 * 60);
/// Whether something is to happen is looked at so often, in real time.
const LOOK: Duration = Duration::from_millis(500);

/// The story and how far it is told.
pub struct Story<'a> {
    pub clock: Clock,
    pub microsoft: &'a Microsoft,
    pub installation: &'a Installation,
    pub employees: &'a [Employee],
    next: RefCell<Option<String>>,
}

impl<'a> Story<'a> {
    /// The story of these people.
    pub fn new(
        clock: Clock,
        microsoft: &'a Microsoft,
        installation: &'a Installation,
        employees: &'a [Employee],
    ) -> Self {
        Self {
            clock,
            microsoft,
            installation,
            employees,
            next: RefCell::new(Some("Looking who is there.".to_owned())),
        }
    }

    /// What happens next, in a sentence; `None` = the story is over.
    pub fn next(&self) -> Option<String> {
        self.next.borrow().clone()
    }

    /// Tells it to its end.
    pub async fn tell(&self) {
        let (joiners, leavers, deleted) = (
            self.with(Fate::Joins),
            self.with(Fate::Leaves),
            self.with(Fate::Deleted),
        );
        self.reach(EPOCH + JOINERS, &format!("{} people join", joiners.len()))
            .await;
        for joiner in joiners {
            hire(self.microsoft, joiner);
        }
        let what = format!(
            "{} people leave, {} accounts are deleted",
            leavers.len(),
            deleted.len()
        );
        self.reach(EPOCH + LEAVERS, &what).await;
        let mut left: VecDeque<&Employee> = leavers.into_iter().chain(deleted).collect();
        while let Some(employee) = left.pop_front() {
            let has_left = self.leaves(employee).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "has not left yet");
                false
            });
            if !has_left {
                left.push_back(employee);
                Clock::system().sleep(LOOK).await;
            }
        }
        *self.next.borrow_mut() = None;
    }

    /// Lets somebody leave, or be deleted. False = not yet: nobody leaves before we have got to know them.
    async fn leaves(&self, employee: &Employee) -> Result<bool> {
        let (admin, tenant) = (&self.installation.admin, &self.installation.tenant);
        let id = UserId(employee.id.clone());
        let Some(row) = admin.store.tenant(tenant).await? else {
            return Ok(false);
        };
        let Some(person) = admin.store.person(&row, &id).await? else {
            return Ok(false);
        };
        if employee.fate == Fate::Deleted {
            if self
                .microsoft
                .truth(&employee.id)
                .is_some_and(|truth| !truth.deleted)
            {
                self.microsoft.delete_person(&employee.id, true);
            }
        } else if !person.left
            && person
                .open_job
                .is_none_or(|open| open.goal != Goal::Offboard)
        {
            run::offboard(admin, tenant, &id).await?;
        }
        Ok(true)
    }

    /// Waits for a moment, and says meanwhile what will happen then.
    async fn reach(&self, moment: Time, what: &str) {
        while self.clock.now() < moment {
            *self.next.borrow_mut() = Some(format!("Next, at {}: {what}.", date(moment, "%H:%M")));
            Clock::system().sleep(LOOK).await;
        }
    }

    fn with(&self, fate: Fate) -> Vec<&'a Employee> {
        self.employees
            .iter()
            .filter(|employee| employee.fate == fate)
            .collect()
    }
}
