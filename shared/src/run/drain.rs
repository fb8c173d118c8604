//! Works off what is due in a tenant's lane, 32 people at once, until nothing is left or the time is over.

use futures::FutureExt;
use futures::future::Either;
use futures::stream::{FuturesUnordered, StreamExt};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Mutex;

use tokio::sync::OnceCell;
use tracing::Instrument;

use crate::config;
use crate::error::{Error, Kind, Result};
use crate::model::job::{Job, JobId};
use crate::model::lane::{Lane, Mark};
use crate::model::tenant::{Mode, Tenant};
use crate::model::time::Time;
use crate::telemetry;

use super::health::{self, Health};
use super::lease::Lease;
use super::together::Together;
use super::work::Bench;
use super::{Shell, accounts, sync};

mod memory;

use memory::Memory;

/// How a pass over those who are due ended.
enum Ended {
    /// Everybody had their turn.
    Through,
    /// The function's time is over, or the lease's.
    OutOfTime,
    /// Microsoft's limits stand in the way of everybody.
    Slow,
}

/// Microsoft did not accept our identity. The secret is read again first, because it may have been rotated; then the circuit opens
/// (fault 32).
async fn refused(shell: &Shell, tenant: &Tenant, memory: &mut Memory, error: &Error) -> Result<()> {
    shell.forget_graph(&tenant.id);
    if std::mem::replace(&mut memory.refused, true) {
        health::open_circuit(shell, tenant, error, shell.clock.now()).await?;
    }
    Ok(())
}

/// Works off a lane of jobs under its lease, and gives the lease back.
pub(super) async fn drain(shell: &Shell, lease: &Lease<'_>, mut tenant: Tenant) -> Result<()> {
    let mut memory = Memory::default();
    loop {
        let seen = lease.row();
        let began = shell.clock.now();
        let (done, wake_at) = match health::of(&tenant, lease.lane(), began) {
            Health::NotBefore(at) => (BTreeSet::new(), Some(at)),
            // The sync lane probes for all.
            Health::Probe => {
                let mark = Some(Mark::Pull);
                shell
                    .store
                    .ring(&tenant.id, Lane::Sync, mark, began)
                    .await?;
                memory.rung.insert(Lane::Sync);
                (BTreeSet::new(), Some(began + config::SWEEP))
            }
            Health::Fine => {
                let poll = seen.poll_at.filter(|_| seen.marks.contains(&Mark::Poll));
                let due = find_due(shell, lease, &tenant, &mut memory, poll.is_some()).await?;
                if !due.is_empty() {
                    let ended = turns(shell, lease, &tenant, due, poll, &mut memory).await;
                    hand_over(shell, lease, &tenant, &mut memory).await?;
                    match ended {
                        Ok(Ended::Through) => {}
                        Ok(Ended::OutOfTime) => {
                            let now = shell.clock.now();
                            return give_back(shell, lease, &tenant, &mut memory, now).await;
                        }
                        Ok(Ended::Slow) => {
                            let at = shell.clock.now() + memory.slow_for;
                            return give_back(shell, lease, &tenant, &mut memory, at).await;
                        }
                        Err(error) if *error.kind() == Kind::Unauthorised => {
                            refused(shell, &tenant, &mut memory, &error).await?;
                        }
                        Err(error) if *error.kind() == Kind::OutOfTime => return Err(error),
                        Err(error) => {
                            // One answer that was lost must not keep everybody waiting who is due (V4).
                            let pause = config::REPEAT_AFTER;
                            let at = sync::failed(shell, &tenant, error, pause).await?;
                            return give_back(shell, lease, &tenant, &mut memory, at).await;
                        }
                    }
                    tenant = sync::tenant(shell, &tenant.id).await?;
                    continue;
                }
                let polled = if memory.put_off {
                    BTreeSet::new()
                } else {
                    seen.marks.clone()
                };
                (polled, memory.next_look(&seen, began))
            }
        };
        if lease.release(&seen, &done, wake_at).await? {
            ring(shell, lease, &tenant, &mut memory, wake_at).await;
            return Ok(());
        }
    }
}

/// Gives everybody who is due a turn.
async fn turns(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    due: Vec<(Time, JobId)>,
    everybody_since: Option<Time>,
    memory: &mut Memory,
) -> Result<Ended> {
    let graph = shell.graph(tenant).await?;
    lease.guide(&graph).await?;
    let accounts = match everybody_since {
        Some(_) if due.len() > config::MANY_STAGED => {
            let accounts = accounts::all(lease, &graph).await?;
            lease.renew().await?;
            lease.guide(&graph).await?;
            accounts
        }
        Some(_) | None => None,
    };
    let bench = Bench {
        shell,
        lease,
        tenant,
        missing: health::missing(tenant, shell.clock.now()),
        lessons: Mutex::default(),
        careful: lease.row().crashes > 1,
        everybody_since,
        accounts,
        groups: OnceCell::new(),
        new_groups: tokio::sync::Mutex::default(),
        seats: OnceCell::new(),
        numbers_wanted: OnceCell::new(),
        numbers_taken: Mutex::default(),
        together: Together::new(graph.clone(), shell.clock),
        graph,
    };
    pass(&bench, due, memory).await
}

/// Gives the lane back before it is worked off, and rings whoever is to go on.
async fn give_back(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    memory: &mut Memory,
    at: Time,
) -> Result<()> {
    lease.give_back(at).await?;
    if at <= shell.clock.now() {
        memory.rung.insert(lease.lane());
    }
    ring(shell, lease, tenant, memory, Some(at)).await;
    Ok(())
}

/// Rings whoever is to go on, and the lane itself for when it is due again, as far ahead as SQS keeps a doorbell back: in fair weather
/// nobody waits for the sweep.
async fn ring(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    memory: &mut Memory,
    wake_at: Option<Time>,
) {
    let rung = std::mem::take(&mut memory.rung);
    let is_rung = rung.contains(&lease.lane());
    shell.ring(&tenant.id, rung).await;
    let wait = wake_at.map(|at| at.since(shell.clock.now()));
    let wait = wait.filter(|wait| !is_rung && *wait <= config::LONGEST_DELAY);
    if let Some(wait) = wait {
        // A look that is owed for a moment after this one cannot be had at once.
        let wait = wait.max(config::NEXT_LOOK);
        shell.ring_in(&tenant.id, lease.lane(), wait).await;
    }
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

/// Gives each of these jobs its turn, many at once, renewing the lease beside them.
async fn pass(bench: &Bench<'_>, due: Vec<(Time, JobId)>, memory: &mut Memory) -> Result<Ended> {
    let mut queue: VecDeque<((Time, JobId), bool)> =
        due.into_iter().map(|entry| (entry, false)).collect();
    let mut working = FuturesUnordered::new();
    let mut renewal = Box::pin(bench.shell.clock.sleep(config::RENEWAL));
    let mut failure = None;
    loop {
        while failure.is_none()
            && memory.throttled < config::AT_ONCE
            && working.len() < bench.at_once()
            && bench.lease.may_go_on()
        {
            if queue.is_empty() && working.is_empty() {
                let suspects = std::mem::take(&mut memory.suspects);
                queue.extend(suspects.into_iter().map(|entry| (entry, true)));
            }
            let Some(((due, id), turn)) = queue.pop_front() else {
                break;
            };
            working.push(async move {
                let worked = bench.work(&id, turn).instrument(telemetry::job_span(&id.0));
                let worked = AssertUnwindSafe(worked).catch_unwind().await;
                ((due, id), worked)
            });
        }
        if working.is_empty() {
            break;
        }
        match futures::future::select(working.next(), renewal.as_mut()).await {
            Either::Left((Some((entry, Ok(worked))), _)) => {
                if let Err(error) = memory.turn(entry, worked, bench.shell.clock.now()) {
                    failure.get_or_insert(error);
                }
                // Who waits too long for Microsoft fails too, and nothing is done to them by that.
                let touches = bench.lease.lane() != Lane::Staging;
                if let Some(reason) = memory.breaks().filter(|_| touches) {
                    queue.clear();
                    if let Err(error) =
                        health::too_many_fail(bench.shell, bench.tenant, reason).await
                    {
                        failure.get_or_insert(error);
                    }
                }
            }
            Either::Left((Some(((due, id), Err(_))), _)) => {
                tracing::error!(job = id.0, "a worker panicked with this job in hand");
                let again = bench.shell.clock.now() + config::REPEAT_AFTER;
                if let Err(error) = mark_panicked(bench, &id).await {
                    tracing::error!(job = id.0, %error, "the panic could not be counted");
                }
                memory.handled.insert(id.clone(), due);
                memory.own.insert(id, again);
            }
            Either::Left((None, _)) => break,
            Either::Right(_) => {
                renewal = Box::pin(bench.shell.clock.sleep(config::RENEWAL));
                match renewed(bench).await {
                    Ok(stopped) if stopped => queue.clear(),
                    Ok(_) => {}
                    Err(error) if *error.kind() == Kind::OutOfTime => {
                        failure.get_or_insert(error);
                    }
                    // One renewal may fail: no request starts without enough of the lease (L6).
                    Err(error) => tracing::warn!(%error, "not renewed"),
                }
            }
        }
    }
    match failure {
        Some(error) if *error.kind() == Kind::OutOfTime => Ok(Ended::OutOfTime),
        Some(error) => Err(error),
        None if queue.is_empty() && memory.suspects.is_empty() => Ok(Ended::Through),
        None if memory.throttled >= config::AT_ONCE => Ok(Ended::Slow),
        None => Ok(Ended::OutOfTime),
    }
}

/// Keeps the lease, looks whether the tenant was stopped meanwhile (L6), and takes the share of lanes that are idle.
async fn renewed(bench: &Bench<'_>) -> Result<bool> {
    bench.lease.renew().await?;
    bench.lease.guide(&bench.graph).await?;
    let tenant = sync::tenant(bench.shell, &bench.tenant.id).await?;
    Ok(tenant.mode() != Mode::Active)
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
        let now = shell.clock.now();
        shell
            .store
            .hand_over(tenant, &jobs, lane, lease.worker(), now)
            .await?;
        // It goes on beside this lane, which may have much to do.
        shell.ring(&tenant.id, [lane]).await;
    }
    Ok(())
}
