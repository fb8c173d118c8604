//! How jobs end: the header, the person's row, the numbers they had to do with and the history, in one transaction (J1, V5).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::jobs::{Belonging, Plan, Saved};
use super::keys;
use super::write::{Committed, Write};
use super::{Store, attribute, encode};
use crate::error::Result;
use crate::model::ask::Ask;
use crate::model::before::Before;
use crate::model::inventory::{Duplicate, Entry};
use crate::model::job::{Goal, Job, JobId, JobState, Origin};
use crate::model::lane::Worker;
use crate::model::microsoft::{PolicyType, UserId};
use crate::model::number::E164;
use crate::model::person::JobResult;
use crate::model::persona::{MemberRole, PersonaRef, SitePath, Wanted};
use crate::model::tenant::Tenant;
use crate::model::time::Time;
use crate::planted::{self, Bug};

/// What is kept for good of an ended job (V5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// The job.
    pub job: JobId,
    /// Whom it was about.
    pub person: UserId,
    /// To what end.
    pub goal: Goal,
    /// Started by whom.
    pub origin: Origin,
    /// When it was committed.
    pub created: Time,
    /// When it ended.
    pub ended: Time,
    /// How.
    pub state: JobState,
    /// Its steps as people read them, and where each ended.
    pub steps: Vec<(String, String)>,
    /// Every request that changed or may have changed something.
    pub asks: Vec<Ask>,
    /// What there was before them (F105).
    #[serde(default, skip_serializing_if = "Before::is_empty")]
    pub before: Before,
    /// Where the person was, what they held and which role they had before; `None` in rows of an older version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Belonging>,
    /// What the person was to have afterwards (F125); `None` = nothing, or an older version made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Wanted>,
}

/// What a job that ends leaves on the person's row, besides its result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// Where the person belongs now and what they hold; `None` = as before.
    pub place: Option<(Option<SitePath>, Option<PersonaRef>)>,
    /// The member role; `None` = as before.
    pub role: Option<MemberRole>,
    /// Types of the policies that persona and site give them, written with the place; `None` = as before.
    pub given: Option<BTreeSet<PolicyType>>,
    /// The telephone number that they have by us; `None` = as before.
    pub number: Option<Option<E164>>,
    /// The rows of the numbers that the job had to do with, as they shall be.
    pub entries: Vec<Entry>,
    /// Second places of numbers that come, and those that go.
    pub duplicates: Vec<Second>,
}

/// A second place of a number, at the end of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Second {
    /// It is new.
    New(Duplicate),
    /// It is one no more.
    Gone(E164, SitePath),
}

impl Store {
    /// An ended job's history.
    pub async fn history(&self, tenant: &Tenant, id: &JobId) -> Result<Option<History>> {
        self.get_as(&keys::history(&tenant.id, tenant.shards, id))
            .await
    }

    /// Ends a job: its header, the person's row and the history in one transaction.
    pub async fn end(
        &self,
        tenant: &Tenant,
        job: &mut Job,
        plan: &Plan,
        placement: &Placement,
        worker: Worker,
        now: Time,
    ) -> Result<Saved> {
        job.due = None;
        job.waits = None;
        job.in_hand = false;
        let header = self.saving(tenant, job, worker)?;
        let history = History {
            job: job.id.clone(),
            person: job.person.clone(),
            goal: job.goal,
            origin: job.origin,
            created: job.created,
            ended: now,
            state: job.state,
            steps: plan
                .steps
                .iter()
                .zip(&job.standings)
                .map(|(step, at)| (step.to_string(), at.stands.to_string()))
                .collect(),
            asks: job.asks.clone(),
            before: job.before.clone(),
            from: plan.from.clone(),
            after: plan.wanted.clone(),
        };
        let kept = Write::put(
            keys::history(&tenant.id, tenant.shards, &job.id),
            encode(&history)?,
        );
        let mut writes = vec![header, kept];
        let seats = job.seats.iter();
        writes.extend(seats.map(|sku| Write::delete(keys::seat(&tenant.id, sku, &job.id))));
        for entry in &placement.entries {
            writes.extend(self.entering(tenant, entry)?);
        }
        for second in &placement.duplicates {
            let key = |number, node| keys::duplicate(&tenant.id, tenant.shards, number, node);
            writes.push(match second {
                Second::New(new) => Write::put(key(&new.number, &new.node), encode(new)?),
                Second::Gone(number, node) => Write::delete(key(number, node)),
            });
        }
        if job.superseded_by.is_none() && !planted::is(Bug::EndByHalves) {
            writes.push(self.leaving(tenant, job, placement, now)?);
        }
        match self
            .transact(&format!("ending job {}", job.id.0), writes)
            .await?
        {
            Committed::Yes => Ok(Saved::Yes),
            Committed::Refused(_) => Ok(Saved::Overtaken),
        }
    }

    /// The part of a job's end that is written to the person's row (J1).
    fn leaving(
        &self,
        tenant: &Tenant,
        job: &Job,
        placement: &Placement,
        now: Time,
    ) -> Result<Write> {
        let result = JobResult {
            job: job.id.clone(),
            goal: job.goal,
            state: job.state,
            at: now,
        };
        let mut set = vec!["#result = :result"];
        let mut remove = vec!["#open_job"];
        let mut write_place = None;
        if let Some((site, persona)) = &placement.place {
            for (name, there, setting) in [
                ("#site", site.is_some(), "#site = :site"),
                ("#persona", persona.is_some(), "#persona = :persona"),
            ] {
                if there {
                    set.push(setting)
                } else {
                    remove.push(name)
                }
            }
            write_place = Some((site, persona));
            match &placement.given {
                None => {}
                Some(given) if given.is_empty() => remove.push("#given"),
                Some(_) => set.push("#given = :given"),
            }
        }
        if placement.role.is_some() {
            set.push("#role = :role");
        }
        match &placement.number {
            None => {}
            Some(None) => remove.push("#line"),
            Some(Some(_)) => set.push("#line = :line"),
        }
        let expression = format!(
            "SET {} REMOVE {} ADD #version :one",
            set.join(", "),
            remove.join(", ")
        );
        let mut write = Write::update(
            keys::person(&tenant.id, tenant.shards, &job.person),
            expression,
        )
        .when("#open_job.#id = :job")
        .name("result")
        .name("open_job")
        .name("id")
        .name("version")
        .number("one", 1)
        .text("job", &job.id.0)
        .value("result", attribute(&result)?);
        if let Some((site, persona)) = write_place {
            write = write.name("site").name("persona");
            if let Some(given) = &placement.given {
                write = write.name("given");
                if !given.is_empty() {
                    write = write.value("given", attribute(given)?);
                }
            }
            if let Some(site) = site {
                write = write.text("site", &site.0);
            }
            if let Some(persona) = persona {
                write = write.value("persona", attribute(persona)?);
            }
        }
        if let Some(number) = &placement.number {
            write = write.called("line", "number");
            if let Some(number) = number {
                write = write.text("line", number.as_str());
            }
        }
        if let Some(role) = &placement.role {
            write = write.name("role").value("role", attribute(role)?);
        }
        Ok(write)
    }
}
