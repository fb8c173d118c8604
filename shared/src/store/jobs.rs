//! Jobs, their plans and their ends (J1-J6).

use serde::{Deserialize, Serialize};

use super::keys;
use super::write::{Committed, Write, Written};
use super::{Item, Query, Range, Store, decode, encode};
use crate::config;
use crate::error::{Error, Result};
use crate::model::change_set::SetId;
use crate::model::inventory::Entry;
use crate::model::job::{Job, JobId, Waits};
use crate::model::lane::{Lane, Worker};
use crate::model::number::E164;
use crate::model::persona::{MemberRole, PersonaRef, SitePath, Wanted};
use crate::model::step::Step;
use crate::model::tenant::Tenant;
use crate::model::time::Time;
use crate::planted::{self, Bug};

/// What a job was committed to do; written once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The ordered steps.
    pub steps: Vec<Step>,
    /// What they were planned from; `None` for an offboarding.
    #[serde(default)]
    pub wanted: Option<Wanted>,
    /// It is an edit by hand, not what a persona says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_edit: bool,
    /// Where the person belonged when it was planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Belonging>,
    /// What people should know of it, as sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The file of orders that it was ordered by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<SetId>,
}

/// A plan as it stands in the table. A step of a newer version is not an error of this one (J6).
#[derive(Debug)]
pub enum PlanRow {
    /// Every step is known.
    Known(Box<Plan>),
    /// At least one is not: this version leaves the job alone.
    Newer(Error),
}

impl PlanRow {
    fn of(item: Item) -> Self {
        match decode(item) {
            Ok(plan) => Self::Known(Box::new(plan)),
            Err(error) => Self::Newer(error),
        }
    }
}

/// Where somebody belongs, as our own records say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Belonging {
    /// The site; `None` = the tenant level.
    pub site: Option<SitePath>,
    /// The persona.
    pub persona: Option<PersonaRef>,
    /// The member role.
    pub role: MemberRole,
    /// The telephone number that we gave them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<E164>,
}

/// Jobs of one hand-over: a transaction holds 100 items, one of them the lane row.
const HAND_OVER: usize = 90;

/// What became of a write that was conditional on nobody having been faster.
#[derive(Debug, PartialEq, Eq)]
pub enum Saved {
    /// Stored.
    Yes,
    /// Somebody else wrote the job since it was read: look at it again.
    Overtaken,
}

impl Store {
    /// A job's header, read consistently.
    pub async fn job(&self, tenant: &Tenant, id: &JobId) -> Result<Option<Job>> {
        self.get_as(&keys::job(&tenant.id, tenant.shards, id)).await
    }

    /// Jobs of all partitions, the newest first, from behind one of them; and behind which more follow. Every page is read from every
    /// partition: it is for people who look.
    pub async fn jobs_page(
        &self,
        tenant: &Tenant,
        before: Option<&JobId>,
        limit: usize,
    ) -> Result<(Vec<Job>, Option<JobId>)> {
        // A job has a header, a plan and a history.
        let rows = i32::try_from(limit * 3).unwrap_or(i32::MAX);
        let pages = (0..tenant.shards).map(|shard| self.newest_jobs(tenant, shard, before, rows));
        let pages = futures::future::try_join_all(pages).await?;
        // Below where a partition was left, others may not be shown either.
        let floor = pages.iter().filter_map(|(_, left)| left.clone()).max();
        let mut jobs: Vec<Job> = pages.into_iter().flat_map(|(jobs, _)| jobs).collect();
        jobs.sort_by(|a, b| b.id.cmp(&a.id));
        let shown = |job: &Job| floor.as_ref().is_none_or(|floor| job.id >= *floor);
        let more = floor.is_some() || jobs.len() > limit;
        jobs.retain(shown);
        jobs.truncate(limit);
        let next = jobs.last().map(|job| job.id.clone()).or(floor);
        Ok((jobs, next.filter(|_| more)))
    }

    /// Of one partition; and the job at which it was left, if there are more.
    async fn newest_jobs(
        &self,
        tenant: &Tenant,
        shard: u8,
        before: Option<&JobId>,
        rows: i32,
    ) -> Result<(Vec<Job>, Option<JobId>)> {
        let partition = keys::jobs(&tenant.id, shard);
        let from = before.map(|id| super::at(&partition, &format!("{}{}", keys::JOB, id.0)));
        let page = self
            .query(Query {
                backwards: true,
                index: None,
                partition: &partition,
                range: Range::Prefix(keys::JOB),
                limit: Some(rows),
                from,
            })
            .await?;
        let is_cut = page.next.is_some();
        let is_header = |item: &Item| {
            let sk = super::text(item, "sk").and_then(|sk| sk.strip_prefix(keys::JOB));
            sk.is_some_and(|id| !id.contains('#'))
        };
        let jobs = page.items.into_iter().filter(is_header).map(decode);
        let jobs: Vec<Job> = jobs.collect::<Result<_>>()?;
        // A header comes behind what belongs to it: where none was read, nothing was passed.
        let passed = jobs.last().map(|job| job.id.clone());
        let left = passed.or_else(|| before.cloned());
        Ok((jobs, left.filter(|_| is_cut)))
    }

    /// A job's plan.
    pub async fn plan(&self, tenant: &Tenant, id: &JobId) -> Result<Option<PlanRow>> {
        let plan = self.get(&keys::plan(&tenant.id, tenant.shards, id)).await?;
        Ok(plan.map(PlanRow::of))
    }

    /// A job and its plan, in one request.
    pub async fn job_and_plan(
        &self,
        tenant: &Tenant,
        id: &JobId,
    ) -> Result<Option<(Job, Option<PlanRow>)>> {
        let job = keys::job(&tenant.id, tenant.shards, id);
        let plan = keys::plan(&tenant.id, tenant.shards, id);
        let [job, plan] = self.get_both([job, plan]).await?;
        let job = job.map(decode::<Job>).transpose()?;
        Ok(job.map(|job| (job, plan.map(PlanRow::of))))
    }

    /// Stores an open job, on condition that nobody wrote it since it was read and nobody with a higher fence ever did (J1).
    /// Raises its version and derives its state first.
    pub async fn save(&self, tenant: &Tenant, job: &mut Job, worker: Worker) -> Result<Saved> {
        let write = self.saving(tenant, job, worker)?;
        match self.write(write).await? {
            Written::Yes(_) => Ok(Saved::Yes),
            // J5: the write may have been ours, its answer lost and the request repeated by the SDK. Version and fence do not tell:
            // whoever lets another job take over raises the one and leaves the other.
            Written::Refused(Some(old)) if decode::<Job>(old.clone())? == *job => Ok(Saved::Yes),
            Written::Refused(_) => Ok(Saved::Overtaken),
        }
    }

    /// Stores an open job together with rows of numbers (V1): all or nothing.
    pub async fn save_with_entries(
        &self,
        tenant: &Tenant,
        job: &mut Job,
        entries: &[Entry],
        worker: Worker,
    ) -> Result<Saved> {
        let mut writes = vec![self.saving(tenant, job, worker)?];
        for entry in entries {
            writes.extend(self.entering(tenant, entry)?);
        }
        let what = format!("storing job {} with its numbers", job.id.0);
        Ok(match self.transact(&what, writes).await? {
            Committed::Yes => Saved::Yes,
            Committed::Refused(_) => Saved::Overtaken,
        })
    }

    /// One page of the jobs of a partition of a lane in the order of their due times, and where the next begins. The index may
    /// lag: they are hints.
    pub(crate) async fn due_page(
        &self,
        tenant: &Tenant,
        lane: Lane,
        shard: u8,
        from: Option<Item>,
    ) -> Result<(Vec<(Time, JobId)>, Option<Item>)> {
        let partition = keys::due_partition(&tenant.id, lane, shard);
        let limit = Some(config::DUE_PER_PASS);
        let query = Query {
            backwards: false,
            index: Some(keys::DUE),
            partition: &partition,
            range: Range::Until("~"),
            limit,
            from,
        };
        let page = self.query(query).await?;
        let due = page
            .items
            .iter()
            .filter_map(|item| keys::read_due(super::text(item, "due_sk")?))
            .collect();
        Ok((due, page.next))
    }

    /// The jobs that wait for something, oldest first, at most `limit`. The index may lag: they are hints.
    pub async fn waiting(&self, tenant: &Tenant, waits: &Waits, limit: i32) -> Result<Vec<JobId>> {
        let (page, _) = self.waiting_page(tenant, waits, None, limit).await?;
        Ok(page.into_iter().map(|(_, id)| id).collect())
    }

    /// The same with the moment each was committed, from behind one of them, and whether there are more.
    pub async fn waiting_page(
        &self,
        tenant: &Tenant,
        waits: &Waits,
        after: Option<&(Time, JobId)>,
        limit: i32,
    ) -> Result<(Vec<(Time, JobId)>, bool)> {
        let partition = keys::waits_partition(&tenant.id, waits);
        let from = after.map(|(created, id)| {
            let job = keys::job(&tenant.id, tenant.shards, id);
            let place = keys::waits_place(&tenant.id, waits, *created, id);
            let text = aws_sdk_dynamodb::types::AttributeValue::S;
            Item::from([
                ("pk".to_owned(), text(job.pk)),
                ("sk".to_owned(), text(job.sk)),
                (format!("{}_pk", keys::FIND), text(place.pk)),
                (format!("{}_sk", keys::FIND), text(place.sk)),
            ])
        });
        let query = Query {
            backwards: false,
            index: Some(keys::FIND),
            partition: &partition,
            range: Range::Until("~"),
            limit: Some(limit),
            from,
        };
        let page = self.query(query).await?;
        let key = |item: &Item| keys::read_due(super::text(item, "find_sk")?);
        Ok((
            page.items.iter().filter_map(key).collect(),
            page.next.is_some(),
        ))
    }

    /// Stores jobs that were moved to `lane`, or made due there, and rings it in the same transaction (L2), as many at a time as
    /// a transaction holds. Those that somebody wrote since they were read are left out, and returned.
    pub async fn hand_over(
        &self,
        tenant: &Tenant,
        jobs: &[Job],
        lane: Lane,
        worker: Worker,
        now: Time,
    ) -> Result<Vec<JobId>> {
        let mut left_out = Vec::new();
        for some in jobs.chunks(HAND_OVER) {
            let mut some = some.to_vec();
            while !some.is_empty() {
                let mut writes = Vec::with_capacity(some.len() + 1);
                for job in &some {
                    writes.push(self.saving(tenant, &mut job.clone(), worker)?);
                }
                writes.push(super::lanes::rung(&tenant.id, lane, None, now));
                match self.transact("making jobs due", writes).await? {
                    Committed::Yes => break,
                    Committed::Refused(places) => {
                        left_out.extend(drop_places(&mut some, &places));
                    }
                }
            }
        }
        Ok(left_out)
    }

    /// The write of a job's header, on condition that it is as it was read; raises its version, stamps the fence of a worker of
    /// its own lane, derives its state (J1).
    pub(super) fn saving(&self, tenant: &Tenant, job: &mut Job, worker: Worker) -> Result<Write> {
        let read = job.version;
        job.version += 1;
        let own = worker.lane == job.lane;
        if own {
            job.fence = worker.fence;
        }
        job.state = job.derive();
        if job.state.is_final() {
            job.due = None;
            job.waits = None;
        }
        let write = Write::put(
            keys::job(&tenant.id, tenant.shards, &job.id),
            header(tenant, job)?,
        );
        if planted::is(Bug::NoFence) {
            return Ok(write);
        }
        let write = write.name("version").number("read", read);
        Ok(if own {
            write
                .when("#version = :read AND #fence <= :fence")
                .name("fence")
                .number("fence", worker.fence)
        } else {
            write.when("#version = :read")
        })
    }
}

/// A job's header as an item with its places in the indexes.
pub(super) fn header(tenant: &Tenant, job: &Job) -> Result<Item> {
    let mut item = encode(job)?;
    let mut place = |index: &str, key: Option<keys::Key>| {
        if let Some(key) = key {
            item.insert(
                format!("{index}_pk"),
                aws_sdk_dynamodb::types::AttributeValue::S(key.pk),
            );
            item.insert(
                format!("{index}_sk"),
                aws_sdk_dynamodb::types::AttributeValue::S(key.sk),
            );
        }
    };
    place(keys::DUE, keys::due(&tenant.id, tenant.shards, job));
    place(keys::FIND, keys::waits(&tenant.id, job));
    Ok(item)
}

/// Takes the jobs at these places out; at least the last one if the places name only the lane row.
fn drop_places(jobs: &mut Vec<Job>, places: &[usize]) -> Vec<JobId> {
    let mut out = Vec::new();
    let mut place = 0;
    jobs.retain(|job| {
        let stays = !places.contains(&place);
        place += 1;
        if !stays {
            out.push(job.id.clone());
        }
        stays
    });
    if out.is_empty() {
        out.extend(jobs.pop().map(|job| job.id));
    }
    out
}
