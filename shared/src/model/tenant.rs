//! A customer: one Microsoft 365 connection, its settings and what is known of its health.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use super::capability::{Capability, Refusals};
use super::change_set::{ChangeKind, Gate, Limit, SetId};
pub use super::connection::{Cloud, Connection};
use super::group::GroupId;
use super::microsoft::UserId;
use super::probe::Probe;
use super::safety::{FlowThrough, Halt, Incident};
use super::time::Time;
use super::tree::Values;

/// Names a customer in every key. Letters, digits and hyphens only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TenantId(String);

impl TenantId {
    /// A tenant id, if `text` can be one: 1 to 64 letters, digits or hyphens. Anything else could forge a key.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        fits.then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A customer (R16, F1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// Its key.
    pub id: TenantId,
    /// Its name for people.
    pub name: String,
    /// Where and as whom we speak to Microsoft.
    pub connection: Connection,
    /// Over how many partitions its people and jobs are spread; fixed at registration.
    pub shards: u8,
    /// What can be set.
    pub settings: Settings,
    /// Whether Microsoft accepts our identity.
    #[serde(default)]
    pub circuit: Circuit,
    /// What last went wrong between us and Microsoft, for people; empty when the last sync went well.
    #[serde(default)]
    pub trouble: Option<Trouble>,
    /// Its schedules were made; since then they are an administrator's.
    #[serde(default)]
    pub has_schedules: bool,
    /// What the last test of the connection found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<Probe>,
    /// What is read of people only because rules name it.
    #[serde(default, skip_serializing_if = "ReadForRules::is_nothing")]
    pub read_for_rules: ReadForRules,
    /// Which decisions wait for somebody's yes, and what went through without one.
    #[serde(default, skip_serializing_if = "Gate::is_empty")]
    pub gate: Gate,
    /// Something is wrong at Microsoft: nobody is provisioned or offboarded for a while (R145).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<Incident>,
    /// Everything stands still in the whole installation; kept in a row of its own.
    #[serde(skip)]
    pub halt: Option<Halt>,
    /// Who edited rules or settings since a decision with them last went through.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub authors: BTreeSet<String>,
    /// Files of orders that are not done yet, as change sets.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub files: BTreeSet<SetId>,
    /// What Microsoft lets us do, as far as refusals have taught us.
    #[serde(default)]
    pub refusals: BTreeMap<Capability, Refusals>,
}

/// What rules name that is not read of everybody anyway: whatever comes to it makes the next sync read the whole directory again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadForRules {
    /// Top-level properties of Graph.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub properties: BTreeSet<String>,
    /// Groups whose members are followed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<GroupId>,
}

impl Tenant {
    /// A tenant of which nothing is known yet but how to reach it.
    pub fn new(id: TenantId, name: String, connection: Connection, shards: u8) -> Self {
        Self {
            id,
            name,
            connection,
            shards,
            settings: Settings::default(),
            circuit: Circuit::default(),
            trouble: None,
            has_schedules: false,
            probe: None,
            read_for_rules: ReadForRules::default(),
            gate: Gate::default(),
            incident: None,
            halt: None,
            authors: BTreeSet::new(),
            files: BTreeSet::new(),
            refusals: BTreeMap::new(),
        }
    }

    /// How much of its work is done: none while the installation is halted, and else as is set.
    pub fn mode(&self) -> Mode {
        if self.halt.is_some() {
            return Mode::Paused;
        }
        self.settings.mode()
    }

    /// Flow-through is on, and nobody has said yes to its first run yet.
    pub fn is_before_first_run(&self, gate: &Gate) -> bool {
        let on = self.settings.flow_through.as_ref();
        on.is_some_and(|on| gate.flowed != Some(on.since))
    }

    /// Whether groups are followed for the import scope, and for rules.
    pub fn follows_groups(&self) -> [bool; 2] {
        let scope = &self.settings.sync.scope.groups;
        [!scope.is_empty(), !self.read_for_rules.groups.is_empty()]
    }
}

impl ReadForRules {
    /// Rules name nothing out of the ordinary.
    pub fn is_nothing(&self) -> bool {
        self.properties.is_empty() && self.groups.is_empty()
    }

    /// Everything that the other one names is read.
    pub fn covers(&self, other: &Self) -> bool {
        self.properties.is_superset(&other.properties) && self.groups.is_superset(&other.groups)
    }
}

/// What an administrator can set. Every default is the documented one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// When staged people are looked at (R7, R8, F95).
    pub readiness: ReadinessLooks,
    /// Whether offboarding takes the direct licences away; `None` = as the installation says (R81: yes).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offboard_licences: Option<OffboardLicences>,
    /// Kill switch of this tenant: nothing is sent, nothing is decided.
    pub paused: bool,
    /// Everything is read and shown; nothing is decided, and nothing that changes anything is sent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// Rules decide for everybody; `None` = people are brought to the tenant level and adopted by hand (R17, R32).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_through: Option<FlowThrough>,
    /// What a sync takes over (F12, F13).
    #[serde(skip_serializing_if = "SyncSettings::is_default")]
    pub sync: SyncSettings,
    /// What is set for the whole tree, unless a node says otherwise (F21); what offboarding does with licences is set above, where an
    /// older version finds it.
    #[serde(skip_serializing_if = "Values::is_empty")]
    pub values: Values,
    /// Countries as the directory writes them, in small letters, and the ISO 3166 alpha-2 that each means (F28).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub countries: BTreeMap<String, String>,
    /// Whom nothing that happens by itself may touch (F132).
    #[serde(skip_serializing_if = "Protected::is_empty")]
    pub protected: Protected,
    /// How many changes of a kind go through without anybody's yes, where not as the installation says.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<ChangeKind, Limit>,
}

/// People and groups that only people change (F132).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Protected {
    /// These people.
    pub people: BTreeSet<UserId>,
    /// Whoever is in one of these groups, directly or through others, at most [`Protected::MOST_GROUPS`]; and nobody is put into them
    /// or taken out of them.
    pub groups: BTreeSet<GroupId>,
}

impl Protected {
    /// As many as one question to Microsoft may name.
    pub const MOST_GROUPS: usize = 20;

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How much of its work is done for a tenant (F6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// All of it.
    Active,
    /// It is read and shown: for an assessment. What changes meanwhile is decided when it is active again.
    ReadOnly,
    /// None, but for a test of the connection that somebody asks for.
    Paused,
}

impl Mode {
    /// Its name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::ReadOnly => "read_only",
            Self::Paused => "paused",
        }
    }
}

impl Settings {
    /// How much of its work is to be done. Two switches in the row, so that an older version stops for a tenant that is paused.
    pub fn mode(&self) -> Mode {
        match (self.paused, self.read_only) {
            (true, _) => Mode::Paused,
            (false, true) => Mode::ReadOnly,
            (false, false) => Mode::Active,
        }
    }
}

/// What a sync takes over from the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SyncSettings {
    /// Whom rules may concern; everybody else is known and shown, and nothing else.
    pub scope: Scope,
    /// People whom we do not know yet are taken in.
    pub add: bool,
    /// What changed about people whom we know is taken over.
    pub update: bool,
    /// Who vanished is marked.
    pub remove: bool,
    /// Licence products are read, and who waits for a seat is woken.
    pub licences: bool,
    /// Telephone numbers are read.
    pub numbers: bool,
    /// Teams policies in force are read, and compared with what was given.
    pub policies: bool,
}

impl Default for SyncSettings {
    fn default() -> Self {
        Self {
            scope: Scope::default(),
            add: true,
            update: true,
            remove: true,
            licences: true,
            numbers: true,
            policies: true,
        }
    }
}

impl SyncSettings {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Whom rules may concern (F12).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Scope {
    /// Guests too. Accounts without a type are old members.
    pub guests: bool,
    /// Only people for whom this condition of the rule language holds; `None` = all.
    pub only: Option<String>,
    /// Only people who are directly in one of these groups, at most 50; empty = all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupId>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            readiness: ReadinessLooks::Scheduled,
            offboard_licences: None,
            paused: false,
            read_only: false,
            flow_through: None,
            sync: SyncSettings::default(),
            values: Values::default(),
            countries: BTreeMap::new(),
            protected: Protected::default(),
            limits: BTreeMap::new(),
        }
    }
}

/// When staged people are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadinessLooks {
    /// Only when the staging schedule or a person asks (R7: the schedule is off until somebody switches it on).
    Scheduled,
    /// Besides that after 5, 10, 20 and 40 minutes, hourly for a day, then every 4 hours.
    Adaptive,
}

/// What offboarding does with direct licences (R81, R84).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OffboardLicences {
    /// Take them all away.
    Remove,
    /// Leave them as they are; no request is made.
    Keep,
}

/// Stops all lanes of a tenant while Microsoft does not accept our identity (401, never 403).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Circuit {
    /// Work goes on.
    #[default]
    Closed,
    /// Nothing is sent but one probe at a time.
    Open {
        /// Since when.
        since: Time,
        /// When the next probe may be made.
        probe_at: Time,
    },
}

/// What stands between us and Microsoft, said for an administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Since when.
    pub since: Time,
    /// What is wrong and what to do.
    pub sentence: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capability_is_stored_under_its_name() {
        for one in Capability::ALL {
            assert_eq!(serde_json::to_value(one).unwrap(), one.name());
        }
    }

    /// V7: a tenant id cannot reach into another tenant's keys.
    #[test]
    fn a_tenant_id_holds_nothing_that_could_forge_a_key() {
        assert!(TenantId::parse("contoso-1").is_some());
        for forged in ["", "a#b", "T a", "ä", "a/b", &"x".repeat(65)] {
            assert!(TenantId::parse(forged).is_none(), "{forged:?}");
        }
    }
}
