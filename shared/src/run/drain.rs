//! Works off what is due in a tenant's lane, 32 people at once, until nothing is left or the time is over.

use futures::FutureExt;
use futures::future::Either;
use futures::stream::{FuturesUnordered, StreamExt};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::AssertUnwindSafe;

use crate::config;
use crate::error::{Kind, Result};
use crate::model::job::{Job, JobId};
use crate::model::lane::{Lane, LaneRow, Mark};
use crate::model::tenant::Tenant;
use crate::model::time::Time;

use super::health::{self, Health};
use super::lease::Lease;
use super::work::{Bench, Turn, Worked};
use super::{Shell, sync};

/// Jobs of one hand-over: a transaction holds 100 items, one of them the lane row.
const HAND_OVER: usize = 90;

/// What a drain has done and must remember.
#[derive(Default)]
struct Memory {
    /// The due time each job was handled at: index rows that are not newer are late (L5).
    handled: BTreeMap<JobId, Time>,
    /// Due times this drain wrote itself: the index may not show them yet (L4).
    own: BTreeMap<JobId, Time>,
    /// The next due time the index showed.
    indexed: Option<Time>,
    /// Jobs that belong to another lane now.
    moved: Vec<Job>,
    /// Lanes that were rung and want a doorbell.
    rung: BTreeSet<Lane>,
    /// Jobs that a worker died with: last of all.
    suspects: Vec<(Time, JobId)>,
}

/// Works off a lane of jobs under its lease, and gives the lease back.
pub(super) async fn drain(shell: &Shell, lease: &Lease<'_>, tenant: Tenant) -> Result<()> {
    let careful = lease.row().crashes > 1;
    let mut memory = Memory::default();
    let mut tenant = tenant;
    loop {
        let seen = lease.row();
        let began = shell.clock.now();
        let wait = match health::of(&tenant, began) {
            Health::Fine => None,
            Health::NotBefore(at) => Some(at),
            // The sync lane probes for all.
            Health::Probe => Some(began + config::SWEEP),
        };
        let wake_at = match wait {
            Some(at) => Some(at),
            None => {
                let everybody = lease.lane() == Lane::Staging && seen.marks.contains(&Mark::Poll);
                let due = find_due(shell, lease, &tenant, &mut memory, everybody).await?;
                if !due.is_empty() {
                    let graph = shell.graph(&tenant).await?;
                    graph.set_share(share(shell, &tenant, lease.lane()).await?);
                    let missing = health::missing(&tenant, began);
                    let bench = Bench {
                        shell,
                        lease,
                        tenant: &tenant,
                        graph,
                        missing,
                        careful,
                    };
                    let ended = pass(&bench, due, everybody, &mut memory).await;
                    hand_over(shell, lease, &tenant, &mut memory).await?;
                    match ended {
                        Ok(true) => {}
                        Ok(false) => return over(shell, lease, &tenant, &mut memory).await,
                        Err(error) if *error.kind() == Kind::Unauthorised => {
                            health::open_circuit(shell, &tenant, &error, shell.clock.now()).await?;
                        }
                        Err(error) => return Err(error),
                    }
                    tenant = sync::tenant(shell, &tenant.id).await?;
                    if !everybody {
                        continue;
                    }
                }
                next_look(&memory, &seen, began)
            }
        };
        let done = if wait.is_none() {
            seen.marks.clone()
        } else {
            BTreeSet::new()
        };
        if lease.release(&seen, &done, wake_at).await? {
            shell
                .ring(&tenant.id, std::mem::take(&mut memory.rung))
                .await;
            return Ok(());
        }
    }
}

/// The time is over: the lane is due at once for whoever comes next.
async fn over(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    memory: &mut Memory,
) -> Result<()> {
    let now = shell.clock.now();
    loop {
        if lease
            .release(&lease.row(), &BTreeSet::new(), Some(now))
            .await?
        {
            memory.rung.insert(lease.lane());
            shell
                .ring(&tenant.id, std::mem::take(&mut memory.rung))
                .await;
            return Ok(());
        }
    }
}

/// L4: the earliest of what the index shows, what this drain wrote, and a second look after the last ring.
fn next_look(memory: &Memory, seen: &LaneRow, began: Time) -> Option<Time> {
    let second = seen
        .rung_at
        .map(|at| at + config::SECOND_LOOK)
        .filter(|at| began <= *at);
    [memory.indexed, memory.own.values().min().copied(), second]
        .into_iter()
        .flatten()
        .min()
}

/// What is due by now and was not handled, soonest first; everybody, if everybody is asked for.
async fn find_due(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    memory: &mut Memory,
    everybody: bool,
) -> Result<Vec<(Time, JobId)>> {
    let now = shell.clock.now();
    let enough = usize::try_from(config::DUE_PER_PASS).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    memory.indexed = None;
    for shard in 0..tenant.shards {
        let (mut from, mut taken) = (None, 0);
        'shard: loop {
            let (page, next) = shell
                .store
                .due_page(tenant, lease.lane(), shard, from)
                .await?;
            for (due, id) in page {
                if memory
                    .handled
                    .get(&id)
                    .is_some_and(|handled| due <= *handled)
                {
                    continue;
                }
                if !everybody && (due > now || taken == enough) {
                    memory.indexed = Some(memory.indexed.map_or(due, |first| first.min(due)));
                    break 'shard;
                }
                taken += 1;
                found.push((due, id));
            }
            from = next;
            if from.is_none() {
                break;
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Gives each of these jobs its turn, many at once, renewing the lease beside them. False = the time is over.
async fn pass(
    bench: &Bench<'_>,
    due: Vec<(Time, JobId)>,
    early: bool,
    memory: &mut Memory,
) -> Result<bool> {
    let at_once = if bench.careful { 1 } else { config::AT_ONCE };
    let mut queue: VecDeque<((Time, JobId), Turn)> = due
        .into_iter()
        .map(|entry| (entry, Turn { early, last: false }))
        .collect();
    let mut working = FuturesUnordered::new();
    let mut renewal = Box::pin(bench.shell.clock.sleep(config::RENEWAL));
    let mut failure = None;
    loop {
        while failure.is_none() && working.len() < at_once && bench.lease.may_go_on() {
            if queue.is_empty() && working.is_empty() {
                let suspects = std::mem::take(&mut memory.suspects);
                queue.extend(
                    suspects
                        .into_iter()
                        .map(|entry| (entry, Turn { early, last: true })),
                );
            }
            let Some(((due, id), turn)) = queue.pop_front() else {
                break;
            };
            working.push(async move {
                let worked = AssertUnwindSafe(bench.work(&id, turn)).catch_unwind().await;
                ((due, id), worked)
            });
        }
        if working.is_empty() {
            break;
        }
        match futures::future::select(working.next(), renewal.as_mut()).await {
            Either::Left((Some((entry, Ok(worked))), _)) => {
                if let Err(error) = remember(bench, memory, entry, worked) {
                    failure.get_or_insert(error);
                }
            }
            Either::Left((Some(((due, id), Err(_))), _)) => {
                tracing::error!(job = id.0, "a worker panicked with this job in hand");
                let again = bench.shell.clock.now() + config::REPEAT_AFTER;
                mark_panicked(bench, &id).await?;
                memory.handled.insert(id.clone(), due);
                memory.own.insert(id, again);
            }
            Either::Left((None, _)) => break,
            Either::Right(_) => {
                renewal = Box::pin(bench.shell.clock.sleep(config::RENEWAL));
                if let Err(error) = bench.lease.renew().await {
                    failure.get_or_insert(error);
                } else {
                    let paused = sync::tenant(bench.shell, &bench.tenant.id)
                        .await?
                        .settings
                        .paused;
                    if paused {
                        queue.clear();
                    }
                    bench
                        .graph
                        .set_share(share(bench.shell, bench.tenant, bench.lease.lane()).await?);
                }
            }
        }
    }
    match failure {
        Some(error) if *error.kind() == Kind::OutOfTime => Ok(false),
        Some(error) => Err(error),
        None => Ok(queue.is_empty() && memory.suspects.is_empty()),
    }
}

/// What a turn means for the drain. An error of one job delays that job; only what concerns everybody stops the drain.
fn remember(
    bench: &Bench<'_>,
    memory: &mut Memory,
    entry: (Time, JobId),
    worked: Result<Worked>,
) -> Result<()> {
    let (due, id) = entry;
    memory.own.remove(&id);
    match worked {
        Ok(Worked::Nothing) => {}
        Ok(Worked::Ended(state)) => {
            tracing::debug!(job = id.0, state = state.name(), "ended");
        }
        Ok(Worked::Again(at)) => {
            memory.own.insert(id.clone(), at);
        }
        Ok(Worked::Moved(job)) => memory.moved.push(*job),
        Ok(Worked::Suspect) => {
            memory.suspects.push((due, id));
            return Ok(());
        }
        Ok(Worked::Newer(error)) => {
            tracing::error!(job = id.0, %error, "planned by a newer version; left alone");
            memory
                .own
                .insert(id.clone(), bench.shell.clock.now() + config::WAITING_LOOK);
        }
        Err(error) => match error.kind() {
            Kind::Unauthorised | Kind::OutOfTime => return Err(error),
            Kind::NotFound
            | Kind::Conflict
            | Kind::Invalid
            | Kind::Refused(_)
            | Kind::Denied
            | Kind::Throttled(_)
            | Kind::Unavailable
            | Kind::UnknownOutcome
            | Kind::Resync => {
                let wait = match error.kind() {
                    Kind::Throttled(Some(wait)) => (*wait).max(config::REPEAT_AFTER),
                    _ => config::REPEAT_AFTER,
                };
                tracing::warn!(job = id.0, %error, "put off");
                memory
                    .own
                    .insert(id.clone(), bench.shell.clock.now() + wait);
            }
        },
    }
    memory.handled.insert(id, due);
    Ok(())
}

/// A panic counts as a worker that died with the job in hand.
async fn mark_panicked(bench: &Bench<'_>, id: &JobId) -> Result<()> {
    let Some(mut job) = bench.shell.store.job(bench.tenant, id).await? else {
        return Ok(());
    };
    if job.state.is_final() || job.lane != bench.lease.lane() {
        return Ok(());
    }
    job.in_hand = true;
    job.due = Some(bench.shell.clock.now() + config::REPEAT_AFTER);
    bench
        .shell
        .store
        .save(bench.tenant, &mut job, bench.lease.worker())
        .await
        .map(|_| ())
}

/// Hands the jobs over that belong to other lanes now, each lane's in one transaction with its ring (L2).
async fn hand_over(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    memory: &mut Memory,
) -> Result<()> {
    let mut by_lane: BTreeMap<Lane, Vec<Job>> = BTreeMap::new();
    for job in memory.moved.drain(..) {
        by_lane.entry(job.lane).or_default().push(job);
    }
    for (lane, jobs) in by_lane {
        for some in jobs.chunks(HAND_OVER) {
            shell
                .store
                .hand_over(
                    tenant,
                    some.to_vec(),
                    lane,
                    lease.worker(),
                    shell.clock.now(),
                )
                .await?;
        }
        memory.rung.insert(lane);
    }
    Ok(())
}

/// This lane's share of the tenant's pace in per mille, with those of the lanes that are idle.
async fn share(shell: &Shell, tenant: &Tenant, lane: Lane) -> Result<u32> {
    let now = shell.clock.now();
    let mut share = 1_000;
    for other in Lane::ALL.into_iter().filter(|other| *other != lane) {
        if shell.store.lane(&tenant.id, other).await?.is_held(now) {
            share -= config::lane(other).share;
        }
    }
    Ok(share)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_second_look_is_owed_after_a_ring_until_a_pass_began_later() {
        let ring = Time::from_millis(1_000_000);
        let seen = LaneRow {
            rung_at: Some(ring),
            ..LaneRow::default()
        };
        let memory = Memory::default();
        let second = ring + Duration::from_secs(60);
        assert_eq!(next_look(&memory, &seen, ring), Some(second));
        assert_eq!(next_look(&memory, &seen, second), Some(second));
        assert_eq!(
            next_look(&memory, &seen, second + Duration::from_millis(1)),
            None
        );
    }

    #[test]
    fn a_release_takes_the_earliest_of_what_is_known() {
        let mut memory = Memory {
            indexed: Some(Time::from_millis(50)),
            ..Memory::default()
        };
        assert_eq!(
            next_look(&memory, &LaneRow::default(), Time::from_millis(0)),
            Some(Time::from_millis(50))
        );
        memory.own.insert(JobId("a".into()), Time::from_millis(40));
        assert_eq!(
            next_look(&memory, &LaneRow::default(), Time::from_millis(0)),
            Some(Time::from_millis(40))
        );
    }
}
