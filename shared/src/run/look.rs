//! What a person may see: tenants, people, who is staged and why, jobs. Nothing here changes anything.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt, TryStreamExt};

use crate::config;
use crate::error::{Error, Kind, Result};
use crate::model::access::Reach;
use crate::model::job::{Job, JobId, Waits};
use crate::model::lane::{Lane, LaneRow};
use crate::model::microsoft::UserId;
use crate::model::person::{Person, PersonState};
use crate::model::persona::SitePath;
use crate::model::property::Property;
use crate::model::step::{Standing, Step};
use crate::model::tenant::{Tenant, TenantId};
use crate::model::time::Time;
pub use crate::store::ends::History;
use crate::store::jobs::PlanRow;
use crate::store::keys;

use super::{Shell, sync};

/// A page examines so many people at most, however few of them a filter lets through.
const EXAMINED: usize = 500;
/// Rows read at once for a page.
const AT_ONCE: usize = 16;

/// Some of many, and behind which the next begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T, P> {
    /// These.
    pub items: Vec<T>,
    /// `None` = these were the last.
    pub next: Option<P>,
}

/// Somebody with the job that is open for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonSeen {
    /// Their row.
    pub person: Person,
    /// Their open job.
    pub job: Option<Job>,
}

impl PersonSeen {
    /// The one state they are in (V2).
    pub fn state(&self) -> PersonState {
        self.person.state(self.job.as_ref().map(|job| job.state))
    }
}

/// Who is to be listed; `None` = whoever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those in this state.
    pub state: Option<PersonState>,
    /// Those at this site.
    pub site: Option<SitePath>,
    /// Who signs in so, in small letters.
    pub sign_in: Option<String>,
    /// Those to whom somebody's role goes.
    pub reach: Option<Reach>,
}

/// Somebody whose open job waits (R13, F93).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiter {
    /// Their row.
    pub person: Person,
    /// The job.
    pub job: Job,
    /// When it is given up; `None` = never for what it waits for.
    pub gives_up: Option<Time>,
}

impl Waiter {
    /// Where the step stands that waits.
    pub fn standing(&self) -> Option<&Standing> {
        standing(&self.job)
    }
}

/// A job with everything that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct JobSeen {
    /// Its header.
    pub job: Job,
    /// Its steps; `None` = a newer version planned it, and this one cannot read them (J6).
    pub steps: Option<Vec<Step>>,
    /// What people should know of its plan.
    pub notes: Vec<String>,
}

/// A tenant's own row. `NotFound` if there is none.
pub async fn tenant(shell: &Shell, id: &TenantId) -> Result<Tenant> {
    sync::tenant(shell, id).await
}

/// The row of one of its lanes.
pub async fn lane(shell: &Shell, tenant: &TenantId, lane: Lane) -> Result<LaneRow> {
    shell.store.lane(tenant, lane).await
}

/// One person. `NotFound` if there is none.
pub async fn person(shell: &Shell, tenant: &TenantId, id: &UserId) -> Result<PersonSeen> {
    let tenant = sync::tenant(shell, tenant).await?;
    let person = find(shell, &tenant, id).await?;
    with_job(shell, &tenant, person).await
}

/// People in the order of partition and id, which never changes, from behind one of them. A page may hold fewer than `limit`
/// although there are more, because it examines only so many; the last one may be empty.
pub async fn people(
    shell: &Shell,
    tenant: &TenantId,
    filter: &Filter,
    after: Option<UserId>,
    limit: usize,
) -> Result<Page<PersonSeen, UserId>> {
    let tenant = &sync::tenant(shell, tenant).await?;
    let (mut items, mut examined) = (Vec::new(), 0);
    let shard_of = |id: &UserId| keys::shard_of(&id.0, tenant.shards);
    let mut shard = after.as_ref().map_or(0, shard_of);
    let mut last = after.clone();
    let mut after = after;
    while shard < tenant.shards {
        let size = i32::try_from(limit).unwrap_or(i32::MAX);
        let (people, next) = shell
            .store
            .people_page(tenant, shard, after.as_ref(), size)
            .await?;
        let seen: Vec<PersonSeen> = stream::iter(people)
            .map(|person| with_job(shell, tenant, person))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        for one in seen {
            if items.len() == limit || examined == EXAMINED {
                return Ok(Page { items, next: last });
            }
            examined += 1;
            last = Some(one.person.id.clone());
            let at = one.person.site.as_ref();
            let is_reached = filter.reach.as_ref().is_none_or(|reach| reach.covers(at));
            let here = is_reached && (filter.site.is_none() || one.person.site == filter.site);
            let signs_in = one.person.facts.text(Property::UserPrincipalName);
            let is_named = |name: &String| signs_in.is_some_and(|own| own.to_lowercase() == *name);
            if here
                && filter.sign_in.as_ref().is_none_or(is_named)
                && filter.state.is_none_or(|state| state == one.state())
            {
                items.push(one);
            }
        }
        if next.is_none() {
            shard += 1;
        }
        after = next;
        if items.len() == limit && shard < tenant.shards {
            return Ok(Page { items, next: last });
        }
    }
    Ok(Page { items, next: None })
}

/// People read at once by a walk past all of them.
const PAGE: i32 = 500;

/// Shows everybody to `see`, partition by partition in the order of ids, until so many were seen. False = there are more.
pub(super) async fn everybody(
    shell: &Shell,
    tenant: &Tenant,
    most: usize,
    mut see: impl FnMut(Person),
) -> Result<bool> {
    let mut seen = 0;
    for shard in 0..tenant.shards {
        let mut after = None;
        loop {
            if seen >= most {
                return Ok(false);
            }
            let page = shell.store.people_page(tenant, shard, after.as_ref(), PAGE);
            let (people, next) = page.await?;
            seen += people.len();
            people.into_iter().for_each(&mut see);
            after = next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(true)
}

/// Who waits for something, oldest first, from behind one of them (R13). Whoever stopped waiting since the index was written is
/// left out.
pub async fn waiting(
    shell: &Shell,
    tenant: &TenantId,
    waits: &Waits,
    after: Option<(Time, JobId)>,
    limit: usize,
) -> Result<Page<Waiter, (Time, JobId)>> {
    let tenant = &sync::tenant(shell, tenant).await?;
    let size = i32::try_from(limit).unwrap_or(i32::MAX);
    let (found, more) = shell
        .store
        .waiting_page(tenant, waits, after.as_ref(), size)
        .await?;
    let next = found.last().filter(|_| more).cloned();
    let waiters: Vec<Option<Waiter>> = stream::iter(found)
        .map(|(_, id)| waiter(shell, tenant, waits, id))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let items = waiters.into_iter().flatten().collect();
    Ok(Page { items, next })
}

/// One job with its steps. `NotFound` if there is none.
pub async fn job(shell: &Shell, tenant: &TenantId, id: &JobId) -> Result<JobSeen> {
    let tenant = sync::tenant(shell, tenant).await?;
    let job = find_job(shell, &tenant, id).await?;
    let (steps, notes) = match shell.store.plan(&tenant, id).await? {
        Some(PlanRow::Known(plan)) => (Some(plan.steps), plan.notes),
        Some(PlanRow::Newer(_)) | None => (None, Vec::new()),
    };
    Ok(JobSeen { job, steps, notes })
}

/// What is kept for good of an ended job. `NotFound` while it is open.
pub async fn history(shell: &Shell, tenant: &TenantId, id: &JobId) -> Result<History> {
    let tenant = sync::tenant(shell, tenant).await?;
    let none = || {
        let sentence = format!("there is no ended job {}", id.0);
        Error::new(Kind::NotFound, sentence)
    };
    if !is_id(&id.0) {
        return Err(none());
    }
    shell.store.history(&tenant, id).await?.ok_or_else(none)
}

/// The one state that each of these people is in, as far as they are known.
pub async fn states(
    shell: &Shell,
    tenant: &TenantId,
    people: &[UserId],
) -> Result<BTreeMap<UserId, PersonState>> {
    let tenant = sync::tenant(shell, tenant).await?;
    let mut states = BTreeMap::new();
    for (id, person) in shell.store.some_people(&tenant, people).await? {
        states.insert(id, with_job(shell, &tenant, person).await?.state());
    }
    Ok(states)
}

/// One person's row. `NotFound` if there is none.
pub(super) async fn find(shell: &Shell, tenant: &Tenant, id: &UserId) -> Result<Person> {
    let found = if is_id(&id.0) {
        shell.store.person(tenant, id).await?
    } else {
        None
    };
    found.ok_or_else(|| Error::new(Kind::NotFound, format!("there is no person {}", id.0)))
}

/// One job's header. `NotFound` if there is none.
pub(super) async fn find_job(shell: &Shell, tenant: &Tenant, id: &JobId) -> Result<Job> {
    let found = if is_id(&id.0) {
        shell.store.job(tenant, id).await?
    } else {
        None
    };
    found.ok_or_else(|| Error::new(Kind::NotFound, format!("there is no job {}", id.0)))
}

/// Whether `text` can be an id of ours or of Microsoft's: anything else could forge a key (V7).
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

pub(super) async fn with_job(shell: &Shell, tenant: &Tenant, person: Person) -> Result<PersonSeen> {
    let job = match &person.open_job {
        Some(open) => shell.store.job(tenant, &open.id).await?,
        None => None,
    };
    let job = job.filter(|job| !job.state.is_final());
    Ok(PersonSeen { person, job })
}

async fn waiter(
    shell: &Shell,
    tenant: &Tenant,
    waits: &Waits,
    id: JobId,
) -> Result<Option<Waiter>> {
    let kind = std::mem::discriminant(waits);
    let job = shell.store.job(tenant, &id).await?;
    let job = job.filter(|job| job.waits.as_ref().map(std::mem::discriminant) == Some(kind));
    let Some(job) = job else {
        return Ok(None);
    };
    let Some(person) = shell.store.person(tenant, &job.person).await? else {
        return Ok(None);
    };
    let gives_up = match waits {
        Waits::Teams(_) => standing(&job)
            .and_then(|standing| standing.since)
            .map(|since| since + config::AWAIT_TEAMS),
        // Time spent waiting for these does not count as failing.
        Waits::Licence | Waits::Number | Waits::Permission | Waits::Settling => None,
    };
    Ok(Some(Waiter {
        person,
        job,
        gives_up,
    }))
}

/// Where the step stands that is worked on: the first that is not final.
fn standing(job: &Job) -> Option<&Standing> {
    job.standings
        .iter()
        .find(|standing| !standing.stands.is_final())
}
