//! One sync: try the connection, pull what changed, decide, wake who waits for stock, read the other families; then ring the
//! tenant's lanes.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::config;
use crate::error::{Error, Kind, Result};
use crate::graph::Graph;
use crate::model::lane::{Lane, Mark};
use crate::model::tenant::{Mode, Tenant, TenantId};
use crate::model::time::Time;
use crate::plan::decide::Policybook;
use crate::plan::scope::ImportScope;
use crate::plan::{gate, readiness};

use super::health::{self, Health};
use super::lease::Lease;
use super::{
    Shell, accounts, agenda, audit, basis, decide, estate, groups, numbers, probe, pull, safety,
    schedule, stock,
};

/// A tenant's row, or the reason to stop.
pub(super) async fn tenant(shell: &Shell, id: &TenantId) -> Result<Tenant> {
    let row = shell.store.tenant(id).await?;
    row.ok_or_else(|| {
        Error::new(
            Kind::NotFound,
            format!("there is no tenant {}", id.as_str()),
        )
    })
}

/// Runs the sync lane of a tenant under its lease, and gives the lease back.
pub(super) async fn run(shell: &Shell, lease: &Lease<'_>, mut tenant: Tenant) -> Result<()> {
    let id = tenant.id.clone();
    let mut refused = false;
    let mut done = BTreeSet::new();
    loop {
        let seen = lease.row();
        let now = shell.clock.now();
        let mut wanted: BTreeSet<Mark> = seen.marks.difference(&done).copied().collect();
        let next = departures(shell, lease, &tenant).await?;
        let health = health::of(&tenant, Lane::Sync, now);
        health::tell(&tenant.circuit, now);
        match health {
            Health::Fine => {}
            Health::Probe => {
                wanted.insert(Mark::Pull);
            }
            // A test of the connection that somebody asks for is made also while nothing else is (F4).
            Health::NotBefore(_) => wanted.retain(|mark| *mark == Mark::Probe),
        }
        let wake_at = match (health, wanted.is_empty()) {
            (Health::NotBefore(at), true) => Some(at),
            (health, _) => {
                let ran = once(shell, lease, &tenant, &wanted, &mut done);
                match (renewing(shell, lease, &tenant, ran).await, health) {
                    // The test may have closed the circuit.
                    (Ok(Ran::ToTheEnd), Health::NotBefore(at)) => {
                        tenant = self::tenant(shell, &id).await?;
                        match health::of(&tenant, Lane::Sync, now) {
                            Health::NotBefore(_) => Some(at),
                            Health::Fine | Health::Probe => Some(now),
                        }
                    }
                    (Ok(Ran::ToTheEnd), Health::Fine | Health::Probe) => None,
                    (Ok(Ran::OutOfTime), _) => Some(now),
                    // The secret may have been rotated: once more with what is stored now (fault 32). A test has read it already.
                    (Err(error), _)
                        if *error.kind() == Kind::Unauthorised
                            && !wanted.contains(&Mark::Probe)
                            && !std::mem::replace(&mut refused, true) =>
                    {
                        shell.forget_graph(&id);
                        continue;
                    }
                    (Err(error), _) => Some(failed(shell, &tenant, error, config::SETTLE).await?),
                }
            }
        };
        let wake_at = [wake_at, next].into_iter().flatten().min();
        if lease.release(&seen, &done, wake_at).await? {
            let lanes = if wake_at == Some(now) {
                vec![Lane::Sync]
            } else {
                Vec::new()
            };
            // Every sync ends by ringing the tenant's lanes (L5).
            shell
                .ring(
                    &id,
                    lanes
                        .into_iter()
                        .chain([Lane::Staging, Lane::Provision, Lane::Offboard]),
                )
                .await;
            return Ok(());
        }
        // Somebody rang meanwhile: what they want may have been done before they wanted it.
        // A full read covers whoever asked for one while it ran: what changed since comes with the changes.
        done.retain(|mark| *mark == Mark::Full);
        tenant = self::tenant(shell, &id).await?;
    }
}

/// Offboards whoever is to leave by now, whatever else can be done for the tenant; says when to look again.
async fn departures(shell: &Shell, lease: &Lease<'_>, tenant: &Tenant) -> Result<Option<Time>> {
    if tenant.mode() != Mode::Active {
        return Ok(None);
    }
    match renewing(shell, lease, tenant, agenda::keep(shell, lease, tenant)).await {
        Err(error) => failed(shell, tenant, error, config::SETTLE).await.map(Some),
        kept => kept,
    }
}

/// Whether everything that the rules have to know is read. What is not is asked for from now on: the whole directory again, before
/// anybody is decided.
async fn is_read(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    graph: &Graph,
    book: &Policybook,
) -> Result<bool> {
    let mut reads = book.reads().clone();
    if let Ok(scope) = ImportScope::new(&tenant.settings.sync.scope) {
        reads.extend(scope.reads());
    }
    let mut read = tenant.read_for_rules.clone();
    let beyond = reads.beyond();
    if read.covers(&beyond) {
        return Ok(true);
    }
    for name in beyond.properties.difference(&read.properties) {
        lease.permit()?;
        graph.try_property(name).await.map_err(|error| {
            let kind = error.kind().clone();
            let what =
                format!("the rules read {name}, which Microsoft does not give; nobody is decided");
            Error::new(kind, what).with_source(error)
        })?;
    }
    read.properties.extend(beyond.properties);
    read.groups.extend(beyond.groups);
    shell.store.set_read_for_rules(&tenant.id, &read).await?;
    Ok(false)
}

/// Other things come before the first sync (R16): an error says which.
async fn may_begin(shell: &Shell, tenant: &Tenant) -> Result<()> {
    if shell.store.cursor(&tenant.id).await?.full_at.is_some() {
        return Ok(());
    }
    if !readiness::is_connected(tenant) {
        // Whatever stood in the way may be mended by now.
        probe::probe(shell, tenant).await?;
    }
    let tenant = self::tenant(shell, &tenant.id).await?;
    let basis = basis::basis(shell, &tenant).await?;
    match readiness::missing(&readiness::tenant(&tenant, &basis)) {
        None => Ok(()),
        Some(open) => Err(Error::new(
            Kind::Invalid,
            format!("the first sync waits: {open}"),
        )),
    }
}

enum Ran {
    ToTheEnd,
    OutOfTime,
}

/// What the marks ask for, once; each is done when its part is.
async fn once(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    marks: &BTreeSet<Mark>,
    done: &mut BTreeSet<Mark>,
) -> Result<Ran> {
    let asked = |mark| marks.contains(&mark);
    if asked(Mark::Probe) {
        lease.permit()?;
        let found = probe::probe(shell, tenant).await;
        let refused = found.as_ref().err().map(Error::kind);
        if let Some(Kind::Unauthorised | Kind::Denied) = refused {
            // That is an answer; what it means comes below.
            done.insert(Mark::Probe);
        }
        found?;
    }
    if tenant.mode() == Mode::Paused {
        done.extend(marks);
        return Ok(Ran::ToTheEnd);
    }
    let graph = shell.graph(tenant).await?;
    lease.guide(&graph).await?;
    let decides_only = asked(Mark::Decide) || asked(Mark::Refresh);
    let pulls = asked(Mark::Pull)
        || asked(Mark::Full)
        || decides_only && pull::asks_anew(shell, tenant, &graph).await?;
    if pulls {
        may_begin(shell, tenant).await?;
        schedule::make_once(shell, tenant).await?;
        if !pull::pull(shell, lease, tenant, &graph, asked(Mark::Full)).await? {
            return Ok(Ran::OutOfTime);
        }
        if !groups::read(shell, lease, tenant, &graph).await? {
            return Ok(Ran::OutOfTime);
        }
        if tenant.settings.sync.licences {
            let read = stock::refresh(shell, lease, tenant, &graph).await;
            optional(tenant, "licences", read.map(|()| true))?;
        }
        health::all_well(shell, tenant).await?;
    }
    let catalogue = shell.store.catalogue(&tenant.id).await?;
    if pulls || asked(Mark::Decide) || asked(Mark::Probe) {
        let all = asked(Mark::Probe);
        let looked = estate::refresh(shell, lease, tenant, &graph, &catalogue.personas, all).await;
        if !optional(tenant, "what personas name", looked)? {
            return Ok(Ran::OutOfTime);
        }
    }
    let refreshes = asked(Mark::Refresh);
    if refreshes && !pull::refresh(shell, lease, tenant, &graph).await? {
        return Ok(Ran::OutOfTime);
    }
    let decides = tenant.mode() == Mode::Active;
    let basis = basis::of(shell, tenant, catalogue).await?;
    let version = basis.rules.version;
    let decided_with = gate::decided_with(&basis);
    let open = safety::stands_in_the_way(tenant, &basis);
    let book = Policybook::new(basis).map_err(|problem| {
        Error::new(Kind::Invalid, "the rules cannot be used, nobody is decided")
            .with_source(problem)
    })?;
    if !is_read(shell, lease, tenant, &graph, &book).await? {
        return Ok(Ran::OutOfTime);
    }
    let decides = decides && (pulls || refreshes || asked(Mark::Decide));
    if decides && let Some(open) = open {
        let why = format!("flow-through is on and not ready, nobody is decided: {open}");
        return Err(Error::new(Kind::Invalid, why));
    }
    if decides
        && !decide::decide(&decide::Decider {
            shell,
            lease,
            tenant,
            book: &book,
            rules: version,
            decided_with: &decided_with,
        })
        .await?
    {
        return Ok(Ran::OutOfTime);
    }
    let told = [Mark::Pull, Mark::Full, Mark::Decide, Mark::Refresh];
    done.extend(told.into_iter().filter(|mark| asked(*mark)));
    beside(shell, lease, tenant, &graph, &book, marks, done).await
}

/// What is read beside people: numbers, Teams accounts with their policies. Daily, and as soon as people are known for the first time.
async fn beside(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    graph: &Graph,
    book: &Policybook,
    marks: &BTreeSet<Mark>,
    done: &mut BTreeSet<Mark>,
) -> Result<Ran> {
    let switches = &tenant.settings.sync;
    let mut cursor = shell.store.cursor(&tenant.id).await?;
    // Before the first sync there is nobody to compare with.
    let is_known = cursor.full_at.is_some();
    let is_first = is_known && !cursor.has_families;
    let reads_numbers = is_first || marks.contains(&Mark::Numbers);
    let reads_policies = is_first || marks.contains(&Mark::Probe);
    if reads_numbers || reads_policies {
        // Who was just decided is on the way to another lane, which wants its share.
        lease.guide(graph).await?;
    }
    if reads_numbers {
        let read = async || {
            Ok(numbers::read(shell, lease, tenant, graph).await?
                && audit::run(shell, lease, tenant, graph).await?)
        };
        if is_known && switches.numbers && !optional(tenant, "numbers", read().await)? {
            return Ok(Ran::OutOfTime);
        }
        done.insert(Mark::Numbers);
    }
    if reads_policies {
        let read = async || accounts::read(shell, lease, tenant, graph, book).await;
        if is_known && switches.policies && !optional(tenant, "policies", read().await)? {
            return Ok(Ran::OutOfTime);
        }
        done.insert(Mark::Probe);
    }
    if is_first {
        cursor.has_families = true;
        let moved = shell.store.move_cursor(&tenant.id, &mut cursor, Vec::new());
        moved.await?.or_stop()?;
    }
    Ok(Ran::ToTheEnd)
}

/// A family that Microsoft does not let us read is left out: not every tenant grants everything (F5).
fn optional(tenant: &Tenant, family: &str, read: Result<bool>) -> Result<bool> {
    match read {
        Err(error) if *error.kind() == Kind::Denied => {
            tracing::warn!(tenant = tenant.id.as_str(), family, %error, "not read");
            Ok(true)
        }
        read => read,
    }
}

/// Says on the tenant's row what is wrong, and when to try again: after `pause`, if nobody says how long it takes. Only losing the
/// lease stops without a word.
pub(super) async fn failed(
    shell: &Shell,
    tenant: &Tenant,
    error: Error,
    pause: Duration,
) -> Result<Time> {
    let now = shell.clock.now();
    match error.kind() {
        Kind::OutOfTime | Kind::ReadOnly => Err(error),
        Kind::Unauthorised => health::open_circuit(shell, tenant, &error, now).await,
        Kind::Throttled(wait) => Ok(now
            + wait
                .unwrap_or(config::REPEAT_AFTER)
                .max(config::REPEAT_AFTER)),
        Kind::NotFound
        | Kind::Conflict
        | Kind::Invalid
        | Kind::Refused(_)
        | Kind::Denied
        | Kind::Unavailable
        | Kind::UnknownOutcome
        | Kind::Resync => {
            tracing::warn!(tenant = tenant.id.as_str(), %error, "sync failed");
            health::note_trouble(shell, tenant, &error, now).await?;
            Ok(now + pause)
        }
    }
}

/// Renews the lease beside the work.
async fn renewing<T>(
    shell: &Shell,
    lease: &Lease<'_>,
    tenant: &Tenant,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let mut work = Box::pin(work);
    loop {
        let renewal = Box::pin(shell.clock.sleep(config::RENEWAL));
        match futures::future::select(work, renewal).await {
            futures::future::Either::Left((done, _)) => return done,
            futures::future::Either::Right(((), unfinished)) => {
                work = unfinished;
                let renewed = async {
                    lease.renew().await?;
                    lease.guide(&shell.graph(tenant).await?).await
                };
                match renewed.await {
                    Err(error) if *error.kind() == Kind::OutOfTime => return Err(error),
                    // One renewal may fail: no request starts without enough of the lease (L6).
                    Err(error) => tracing::warn!(%error, "not renewed, or its share not known"),
                    Ok(()) => {}
                }
            }
        }
    }
}
