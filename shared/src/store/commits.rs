//! Decisions becoming jobs: job, plan and person together, up to 33 people a transaction (J4, V9).

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use sha2::{Digest, Sha256};

use super::jobs::{Plan, header};
use super::lanes::rung;
use super::write::{Committed, Write};
use super::{Store, attribute, encode};
use super::{agenda, keys};
use crate::config;
use crate::error::Result;
use crate::model::job::{Goal, Job, JobId, Origin};
use crate::model::lane::{Lane, Worker};
use crate::model::microsoft::UserId;
use crate::model::person::{OpenJob, Person};
use crate::model::tenant::Tenant;
use crate::model::time::Time;
use crate::planted::{self, Bug};

/// DynamoDB takes so many items in one transaction.
const MOST_ITEMS: usize = 100;

/// What became of a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitReport {
    /// These jobs are open now.
    pub opened: Vec<JobId>,
    /// These changed meanwhile and have to be decided again.
    pub overtaken: Vec<UserId>,
    /// These lanes were made due and want a doorbell.
    pub rung: BTreeSet<Lane>,
}

/// One person's job about to be committed.
#[derive(Clone, Debug)]
pub struct Commitment {
    /// The person as planned on.
    pub person: Person,
    /// To what end.
    pub goal: Goal,
    /// Started by whom.
    pub origin: Origin,
    /// The plan.
    pub plan: Plan,
    /// The digest of the wanted side; `None` for an offboarding.
    pub digest: Option<String>,
    /// The open job it takes over from, as read (J2).
    pub old: Option<Job>,
}

impl Commitment {
    /// The job: its id follows from the person's version, so that committing twice makes one job.
    fn job(&self, now: Time) -> Job {
        let id = job_id(&self.person, now);
        let mut job = Job::new(
            id,
            self.person.id.clone(),
            self.goal,
            self.origin,
            &self.plan.steps,
            now,
        );
        let last = self.person.result.as_ref().map(|result| result.at);
        let unsettled = self
            .old
            .as_ref()
            .filter(|old| !old.asks.is_empty())
            .map(|_| now);
        let inherited = self.old.as_ref().and_then(|old| old.trust_from);
        let ended = last.max(unsettled).map(|at| at + config::STALE_AFTER_JOB);
        job.trust_from = ended.max(inherited).filter(|from| *from > now);
        job.supersedes = self.old.as_ref().map(|old| old.id.clone());
        let last = self.person.result.as_ref().map(|result| &result.job);
        job.previous = job.supersedes.as_ref().or(last).cloned();
        job
    }

    fn items(&self) -> usize {
        3 + usize::from(self.old.is_some()) + usize::from(self.struck().is_some())
    }

    /// Whoever leaves now, does not leave later.
    fn struck(&self) -> Option<&Person> {
        let leaves = self.goal == Goal::Offboard && self.person.departure.is_some();
        leaves.then_some(&self.person)
    }

    fn lanes(&self) -> impl Iterator<Item = Lane> {
        std::iter::once(self.goal.lane()).chain(self.old.as_ref().map(|old| old.lane))
    }
}

impl Store {
    /// Commits as many as fit a transaction at a time, and rings their lanes in the same one (L2). People whose row changed since
    /// they were planned on are left out: they have to be decided again.
    pub async fn commit(
        &self,
        tenant: &Tenant,
        mut rest: Vec<Commitment>,
        worker: Worker,
        now: Time,
    ) -> Result<CommitReport> {
        let mut report = CommitReport::default();
        while !rest.is_empty() {
            let mut batch = Vec::new();
            let mut room = MOST_ITEMS - Lane::ALL.len();
            if rest.iter().all(|commitment| commitment.items() == 3) {
                room = config::PEOPLE_PER_COMMIT * 3;
            }
            while let Some(next) = rest.pop_if(|next| next.items() <= room) {
                room -= next.items();
                batch.push(next);
            }
            while !batch.is_empty() {
                let mut writes = Vec::new();
                let mut owner = Vec::new();
                let mut lanes = BTreeSet::new();
                for (place, commitment) in batch.iter().enumerate() {
                    let parts = self.parts(tenant, commitment, worker, now)?;
                    owner.extend(std::iter::repeat_n(place, parts.len()));
                    writes.extend(parts);
                    lanes.extend(commitment.lanes());
                }
                let told = lanes.iter().filter(|_| !planted::is(Bug::CommitUnrung));
                writes.extend(told.map(|lane| rung(&tenant.id, *lane, None, now)));
                match self.transact("committing plans", writes).await? {
                    Committed::Yes => {
                        let opened = batch.iter().map(|one| job_id(&one.person, now));
                        report.opened.extend(opened);
                        report.rung.extend(lanes);
                        break;
                    }
                    Committed::Refused(places) => {
                        let refused: BTreeSet<usize> = places
                            .iter()
                            .filter_map(|place| owner.get(*place).copied())
                            .collect();
                        let mut place = 0..;
                        let (out, stay): (Vec<_>, Vec<_>) = batch.into_iter().partition(|_| {
                            place.next().is_some_and(|place| refused.contains(&place))
                        });
                        report
                            .overtaken
                            .extend(out.into_iter().map(|commitment| commitment.person.id));
                        batch = stay;
                    }
                }
            }
        }
        Ok(report)
    }

    fn parts(
        &self,
        tenant: &Tenant,
        commitment: &Commitment,
        worker: Worker,
        now: Time,
    ) -> Result<Vec<Write>> {
        let job = commitment.job(now);
        let person = &commitment.person;
        let open = OpenJob {
            id: job.id.clone(),
            goal: job.goal,
            origin: job.origin,
        };
        let new = |key, item| {
            Write::put(key, item)
                .when("attribute_not_exists(#pk)")
                .name("pk")
        };
        let mut set = "SET #open_job = :open_job, #left = :left".to_owned();
        if commitment.digest.is_some() {
            set.push_str(", #decided = :decided");
        }
        let struck = commitment.struck();
        let remove = struck.map_or("", |_| " REMOVE #departure");
        let mut update = Write::update(
            keys::person(&tenant.id, tenant.shards, &person.id),
            format!("{set}{remove} ADD #version :one"),
        )
        .when("#version = :planned_on")
        .name("open_job")
        .name("left")
        .name("version")
        .value("open_job", attribute(&open)?)
        .value(
            "left",
            AttributeValue::Bool(commitment.goal == Goal::Offboard),
        )
        .number("planned_on", person.version)
        .number("one", 1);
        if let Some(digest) = &commitment.digest {
            update = update.name("decided").text("decided", digest);
        }
        if struck.is_some() {
            update = update.name("departure");
        }
        let mut parts = vec![
            new(
                keys::job(&tenant.id, tenant.shards, &job.id),
                header(tenant, &job)?,
            ),
            new(
                keys::plan(&tenant.id, tenant.shards, &job.id),
                encode(&commitment.plan)?,
            ),
            update,
        ];
        parts.extend(struck.and_then(|person| agenda::struck(&tenant.id, person)));
        if let Some(old) = &commitment.old {
            let mut old = old.clone();
            old.superseded_by = Some(job.id);
            old.move_to(old.lane, now);
            parts.push(self.saving(tenant, &mut old, worker)?);
        }
        Ok(parts)
    }
}

fn job_id(person: &Person, now: Time) -> JobId {
    JobId(ulid(&format!("{}#{}", person.id.0, person.version), now))
}

/// A ULID of a moment whose random part follows from a text: made twice, it is the same.
pub(crate) fn ulid(text: &str, now: Time) -> String {
    let hash = Sha256::digest(text.as_bytes());
    let random = hash
        .iter()
        .take(10)
        .fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
    let millis = u64::try_from(now.millis()).unwrap_or(0);
    ulid::Ulid::from_parts(millis, random).to_string()
}
