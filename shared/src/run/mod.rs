//! THE SHELL. The only place where reading, deciding, acting and committing meet.
//!
//! | file | verb |
//! |---|---|
//! | `heed` | hear a doorbell: leave its mark, run its lane |
//! | `sweep` | ring every lane that is due (L5) |
//! | `drain` | work off what is due in a lane, 32 people at once |
//! | `work` | one job, one turn |
//! | `leave` | how a turn ends |
//! | `known` | what it must know besides the person |
//! | `supersede` | one job takes over from another |
//! | `together` | who asks for the same at the same time asks in one request |
//! | `seats` | who may take a licence seat now |
//! | `ask`, `request` | requests to Microsoft: recorded, sent, answered; what each takes and what its answer means |
//! | `sync` | one sync: which families are read, and when |
//! | `pull`, `groups`, `stock`, `numbers`, `accounts` | people, who is in which groups, licence products, numbers, Teams accounts with their policies |
//! | `estate` | whether what personas name is still there |
//! | `basis`, `decide` | what decisions depend on; what has changed becomes plans and jobs |
//! | `lines` | numbers in the hands of jobs |
//! | `agenda` | who is to leave on a day |
//! | `order` | what a person orders for somebody: provision, offboard, read again |
//! | `audit` | the inventory of numbers, compared with Microsoft |
//! | `moves` | a move to another site: what it will do, and its order |
//! | `inventory` | what an administrator does with numbers: ranges, numbers that come in |
//! | `sets` | change sets: weigh a decision, keep it back, apply it |
//! | `change_sets` | what people do with them: look, say yes or no |
//! | `reinstate` | an offboarding, taken back |
//! | `rules` | what an administrator does with rules: store, try |
//! | `safety`, `adoption` | flow-through, exceptions, the halt of everything; people handed over to rules |
//! | `personas`, `places` | what an administrator stores: personas; regions, sites and profiles |
//! | `tenants` | what is ordered for a whole tenant: register, pause, try the connection, sync now |
//! | `unstage` | what a person orders for those who are staged: look now, take back |
//! | `offer` | what can be given to whom: personas, seats, open fields |
//! | `explain` | why somebody has what they have |
//! | `look` | what a person may see; nothing is changed |
//! | `schedule` | a tenant's schedules |
//! | `health`, `probe` | circuit, trouble, missing permissions; a test of the connection |
//! | `lease` | the proof that nobody else works in a lane |

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use crate::clock::Clock;
use crate::error::Result;
use crate::graph::Graph;
use crate::graph::Microsoft;
use crate::model::lane::Lane;
use crate::model::tenant::{Connection, Mode, Tenant, TenantId};
use crate::queue::{Queue, Schedules};
use crate::store::Store;
use crate::store::commits::CommitReport;

mod accounts;
pub mod adoption;
mod agenda;
mod ask;
pub mod audit;
mod basis;
pub mod change_sets;
pub mod configuration;
mod decide;
mod drain;
mod estate;
pub mod explain;
mod family;
pub mod files;
mod groups;
mod health;
mod heed;
pub mod inventory;
pub mod jobs;
mod known;
mod lease;
mod leave;
pub mod letters;
mod lines;
pub mod look;
mod moves;
mod numbers;
pub mod offer;
pub mod once;
mod order;
mod personas;
pub mod places;
mod probe;
mod pull;
mod reinstate;
mod request;
pub mod rules;
pub mod safety;
mod schedule;
mod seats;
mod sets;
pub mod settings;
mod stock;
mod supersede;
mod sweep;
mod sync;
mod tenants;
mod together;
mod unstage;
mod work;

pub use agenda::{leave_on, stay};
pub use heed::heed;
pub use moves::{MoveChoice, Planned, move_to};
pub use order::{Choice, edit, offboard, offboarding, provision, provisioning, refresh};
pub use personas::save_persona;
pub use reinstate::reinstate;
pub use schedule::{ScheduleSeen, schedules, set_schedule};
pub use sweep::sweep;
pub use tenants::{
    audit_now, begin_incident, connect, end_incident, probe_now, register, register_new, set_mode,
    sync_now,
};
pub use unstage::{Unstaged, cancel, unstage};

/// What a client was made for: the connection, and the properties that rules want read.
type Connected = (Connection, BTreeSet<String>);

/// Everything the verbs work with.
#[derive(Debug)]
pub struct Shell {
    /// The rows.
    pub store: Store,
    /// The doorbells.
    pub queue: Queue,
    /// The schedules.
    pub schedules: Schedules,
    /// The time.
    pub clock: Clock,
    /// The way to Microsoft.
    pub microsoft: Microsoft,
    /// One client a tenant, kept for its token.
    pub(crate) graphs: Mutex<BTreeMap<TenantId, (Connected, Graph)>>,
}

/// The reading of the monotonic clock at which Lambda ends the invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(pub Duration);

impl Shell {
    /// A shell around these.
    pub fn new(
        store: Store,
        queue: Queue,
        schedules: Schedules,
        clock: Clock,
        microsoft: Microsoft,
    ) -> Self {
        Self {
            store,
            queue,
            schedules,
            clock,
            microsoft,
            graphs: Mutex::default(),
        }
    }

    /// The deadline of an invocation that may last `span` from now.
    pub fn deadline(&self, span: Duration) -> Deadline {
        Deadline(self.clock.elapsed() + span)
    }

    /// The client of a tenant: one that refuses whatever would change something, unless the tenant is active (F6).
    pub(crate) async fn graph(&self, tenant: &Tenant) -> Result<Graph> {
        let graph = self.connected(tenant).await?;
        Ok(match tenant.mode() {
            Mode::Active => graph,
            Mode::ReadOnly | Mode::Paused => graph.read_only(),
        })
    }

    /// The client; made when it is first needed, with its token and pace kept as long as the connection is the same.
    async fn connected(&self, tenant: &Tenant) -> Result<Graph> {
        let known = self
            .graphs
            .lock()
            .ok()
            .and_then(|graphs| graphs.get(&tenant.id).cloned());
        let read = &tenant.read_for_rules.properties;
        let wanted = (tenant.connection.clone(), read.clone());
        if let Some((connected, graph)) = known
            && connected == wanted
        {
            return Ok(graph);
        }
        let graph = self
            .microsoft
            .connect(&tenant.connection, read, self.clock)
            .await?;
        if let Ok(mut graphs) = self.graphs.lock() {
            graphs.insert(tenant.id.clone(), (wanted, graph.clone()));
        }
        Ok(graph)
    }

    /// Forgets a tenant's client: its secret is read again.
    pub(crate) fn forget_graph(&self, tenant: &TenantId) {
        if let Ok(mut graphs) = self.graphs.lock() {
            graphs.remove(tenant);
        }
    }

    /// Rings lanes whose work is committed. A bell that fails is only logged: the sweep rings again.
    pub(crate) async fn ring(&self, tenant: &TenantId, lanes: impl IntoIterator<Item = Lane>) {
        for lane in lanes {
            self.ring_in(tenant, lane, Duration::ZERO).await;
        }
    }

    /// Jobs were opened and committed: says so, and rings their lanes.
    pub(crate) async fn opened(&self, tenant: &Tenant, report: &CommitReport) {
        for job in &report.opened {
            tracing::info!(tenant = tenant.id.as_str(), job = job.0, "opened");
        }
        self.ring(&tenant.id, report.rung.iter().copied()).await;
    }

    /// Rings a lane after a while.
    pub(crate) async fn ring_in(&self, tenant: &TenantId, lane: Lane, after: Duration) {
        if let Err(error) = self.queue.ring_in(tenant, lane, after).await {
            tracing::warn!(tenant = tenant.as_str(), lane = lane.name(), %error, "doorbell not sent; the sweep will ring");
        }
    }
}
