//! A customer and everything of which it has few: rules, personas, sites, licence products.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::edits::tagged;
use super::keys::{self, Key};
use super::write::{Committed, Write, Written};
use super::{Range, Store, attribute, decode, encode};
use crate::error::{Error, Kind, Result};
use crate::model::edit::FieldPolicy;
use crate::model::group::Group;
use crate::model::inventory::NumberRange;
use crate::model::microsoft::{PolicyName, Sku};
use crate::model::persona::{Persona, Profile, Rules};
use crate::model::probe::Probe;
use crate::model::safety::Incident;
use crate::model::tenant::{
    Capability, Circuit, Connection, Mode, ReadForRules, Refusals, Settings, Tenant, TenantId,
    Trouble,
};
use crate::model::tree::{Node, Values};

/// Everything that decisions of a tenant depend on besides the people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    /// The two rule lists.
    pub rules: Rules,
    /// All versions of all personas.
    pub personas: Vec<Persona>,
    /// All nodes of the tree.
    pub nodes: Vec<Node>,
    /// Profiles besides `everything`.
    #[serde(default)]
    pub profiles: Vec<Profile>,
    /// Its ranges of telephone numbers.
    pub ranges: Vec<NumberRange>,
}

#[derive(Serialize, Deserialize)]
struct Listing {
    id: TenantId,
}

impl Store {
    /// Registers a tenant; refused if it exists.
    pub async fn register(&self, tenant: &Tenant) -> Result<()> {
        let row = Write::put(keys::tenant(&tenant.id), encode(tenant)?)
            .when("attribute_not_exists(#pk)")
            .name("pk");
        let listing = Listing {
            id: tenant.id.clone(),
        };
        let listed = Write::put(keys::provider(&tenant.id), encode(&listing)?);
        match self
            .transact("registering a tenant", vec![row, listed])
            .await?
        {
            Committed::Yes => Ok(()),
            Committed::Refused(_) => Err(Error::new(
                Kind::Conflict,
                format!("the tenant {} is registered already", tenant.id.as_str()),
            )),
        }
    }

    /// Gives a registered tenant another connection. Whether Microsoft accepts it is not known yet: the circuit is closed, so that
    /// it is tried at once, and what was wrong with the old one is forgotten.
    pub async fn set_connection(&self, tenant: &TenantId, connection: &Connection) -> Result<()> {
        let write = Write::update(
            keys::tenant(tenant),
            "SET #connection = :connection, #circuit = :circuit REMOVE #trouble",
        )
        .when("attribute_exists(#id)")
        .name("id")
        .name("connection")
        .name("circuit")
        .name("trouble")
        .value("connection", attribute(connection)?)
        .value("circuit", attribute(&Circuit::Closed)?);
        match self.write(write).await? {
            Written::Yes(_) => Ok(()),
            Written::Refused(_) => Err(Error::new(
                Kind::NotFound,
                format!("there is no tenant {}", tenant.as_str()),
            )),
        }
    }

    /// Sets everything that an administrator can set, whatever was there.
    pub async fn set_settings(&self, tenant: &TenantId, settings: &Settings) -> Result<()> {
        let change = "SET #settings = :value REMOVE #settings_etag".to_owned();
        let names = ["settings", "settings_etag"];
        self.change_tenant(tenant, change, &names, Some(settings))
            .await
    }

    /// Sets how much of its work is done for a tenant, and leaves everything else that is set.
    pub async fn set_mode(&self, tenant: &TenantId, mode: Mode) -> Result<()> {
        let write = Write::update(
            keys::tenant(tenant),
            "SET #settings.#paused = :paused, #settings.#read_only = :read_only",
        )
        .when("attribute_exists(#id)")
        .name("id")
        .name("settings")
        .name("paused")
        .name("read_only")
        .value("paused", attribute(&(mode == Mode::Paused))?)
        .value("read_only", attribute(&(mode == Mode::ReadOnly))?);
        found(self.write(write).await?, tenant)
    }

    /// Notes that a tenant's schedules were made.
    pub async fn mark_schedules(&self, tenant: &TenantId) -> Result<()> {
        self.set_on_tenant(tenant, "has_schedules", Some(&true))
            .await
    }

    /// The ids of all tenants.
    pub async fn tenants(&self) -> Result<Vec<TenantId>> {
        let rows: Vec<Listing> = self.query_all("PROVIDER", Range::Prefix("TENANT#")).await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    /// A tenant's own row, and whether the whole installation is halted.
    pub async fn tenant(&self, id: &TenantId) -> Result<Option<Tenant>> {
        let [tenant, halt] = self.get_both([keys::tenant(id), keys::halt()]).await?;
        let tenant: Option<Tenant> = tenant.map(decode).transpose()?;
        let halt = halt.map(decode).transpose()?;
        Ok(tenant.map(|tenant| Tenant { halt, ..tenant }))
    }

    /// Whether there is such a tenant.
    pub async fn has_tenant(&self, id: &TenantId) -> Result<bool> {
        Ok(self.get(&keys::tenant(id)).await?.is_some())
    }

    /// Its regions and sites.
    pub async fn nodes(&self, tenant: &TenantId) -> Result<Vec<Node>> {
        self.few(tenant, keys::NODE).await
    }

    /// Its ranges of telephone numbers.
    pub async fn ranges(&self, tenant: &TenantId) -> Result<Vec<NumberRange>> {
        self.few(tenant, keys::RANGE).await
    }

    /// What decisions depend on.
    pub async fn catalogue(&self, tenant: &TenantId) -> Result<Catalogue> {
        Ok(Catalogue {
            rules: self.rules(tenant).await?,
            personas: self.few(tenant, keys::PERSONA).await?,
            nodes: self.nodes(tenant).await?,
            profiles: self.few(tenant, keys::PROFILE).await?,
            ranges: self.ranges(tenant).await?,
        })
    }

    /// Stores a new persona version. False = there is one already: versions never change (F29).
    pub async fn add_persona(&self, tenant: &TenantId, persona: &Persona) -> Result<bool> {
        let key = keys::persona(tenant, &persona.reference);
        let write = Write::put(key, encode(persona)?)
            .when("attribute_not_exists(#pk)")
            .name("pk");
        Ok(matches!(self.write(write).await?, Written::Yes(_)))
    }

    /// Stores a node of the tree.
    pub async fn put_node(&self, tenant: &TenantId, node: &Node) -> Result<()> {
        let write = Write::put(keys::node(tenant, &node.path), tagged(node)?);
        self.write(write).await.map(|_| ())
    }

    /// Stores a profile.
    pub async fn put_profile(&self, tenant: &TenantId, profile: &Profile) -> Result<()> {
        let write = Write::put(keys::profile(tenant, &profile.name), tagged(profile)?);
        self.write(write).await.map(|_| ())
    }

    /// What roles may do to the fields of people.
    pub async fn field_policies(&self, tenant: &TenantId) -> Result<Vec<FieldPolicy>> {
        self.few(tenant, keys::FIELDS).await
    }

    /// Stores what a role may do to the fields of people at a node.
    pub async fn put_field_policy(&self, tenant: &TenantId, policy: &FieldPolicy) -> Result<()> {
        let key = keys::fields(tenant, policy.role, policy.node.as_ref());
        self.put(key, policy).await
    }

    /// What the installation sets for all tenants.
    pub async fn provider_values(&self) -> Result<Values> {
        Ok(self
            .get_as(&keys::provider_values())
            .await?
            .unwrap_or_default())
    }

    /// Sets it.
    pub async fn set_provider_values(&self, values: &Values) -> Result<()> {
        self.put(keys::provider_values(), values).await
    }

    /// The licence products as the last sync saw them.
    pub async fn skus(&self, tenant: &TenantId) -> Result<Vec<Sku>> {
        self.few(tenant, keys::SKU).await
    }

    /// Stores what a sync saw of a licence product.
    pub async fn put_sku(&self, tenant: &TenantId, sku: &Sku) -> Result<()> {
        self.put(keys::sku(tenant, &sku.id), sku).await
    }

    /// The groups that personas name, as the last sync saw them.
    pub async fn groups(&self, tenant: &TenantId) -> Result<Vec<Group>> {
        self.few(tenant, keys::GROUP).await
    }

    /// Stores what a sync saw of a group.
    pub async fn put_group(&self, tenant: &TenantId, group: &Group) -> Result<()> {
        self.put(keys::group(tenant, &group.id), group).await
    }

    /// The Teams policies of which is known that they exist.
    pub async fn policies(&self, tenant: &TenantId) -> Result<Vec<PolicyName>> {
        self.few(tenant, keys::POLICY).await
    }

    /// Keeps that a Teams policy exists.
    pub async fn put_policy(&self, tenant: &TenantId, policy: &PolicyName) -> Result<()> {
        let key = keys::policy(tenant, &policy.policy_type, &policy.name);
        self.put(key, policy).await
    }

    /// Opens or closes the circuit, if it still is as it was read: who opened it meanwhile knows better.
    pub async fn set_circuit(
        &self,
        tenant: &TenantId,
        read: &Circuit,
        circuit: &Circuit,
    ) -> Result<()> {
        let write = Write::update(keys::tenant(tenant), "SET #circuit = :circuit")
            .when("#circuit = :read")
            .name("circuit")
            .value("read", attribute(read)?)
            .value("circuit", attribute(circuit)?);
        self.write(write).await.map(|_| ())
    }

    /// Begins or ends a pause of risky work.
    pub async fn set_incident(&self, tenant: &TenantId, incident: Option<&Incident>) -> Result<()> {
        self.set_on_tenant(tenant, "incident", incident).await
    }

    /// What is read of people because rules name it.
    pub async fn set_read_for_rules(&self, tenant: &TenantId, read: &ReadForRules) -> Result<()> {
        self.set_on_tenant(tenant, "read_for_rules", Some(read))
            .await
    }

    /// Keeps what a test of the connection found.
    pub async fn set_probe(&self, tenant: &TenantId, probe: &Probe) -> Result<()> {
        self.set_on_tenant(tenant, "probe", Some(probe)).await
    }

    /// Says what stands between us and Microsoft; `None` = nothing.
    pub async fn set_trouble(&self, tenant: &TenantId, trouble: Option<&Trouble>) -> Result<()> {
        let expression = match trouble {
            Some(_) => "SET #trouble = :trouble",
            None => "REMOVE #trouble",
        };
        let mut write = Write::update(keys::tenant(tenant), expression)
            .when("attribute_exists(#id)")
            .name("id")
            .name("trouble");
        if let Some(trouble) = trouble {
            write = write.value("trouble", attribute(trouble)?);
        }
        self.write(write).await.map(|_| ())
    }

    /// Records the refusals of one capability; `None` = it works.
    pub async fn set_refusals(
        &self,
        tenant: &Tenant,
        capability: Capability,
        refusals: Option<Refusals>,
    ) -> Result<()> {
        // One entry alone: another lane may have learnt of another capability meanwhile.
        let name = capability.name();
        let change = match refusals {
            Some(_) => format!("SET #refusals.#{name} = :refusals"),
            None => format!("REMOVE #refusals.#{name}"),
        };
        let mut write = Write::update(keys::tenant(&tenant.id), change)
            .when("attribute_exists(#id)")
            .name("id")
            .name("refusals")
            .name(name);
        if let Some(refusals) = refusals {
            write = write.value("refusals", attribute(&refusals)?);
        }
        self.write(write).await.map(|_| ())
    }

    /// Sets one attribute of a tenant's row, which must be there; `None` = takes it away.
    pub(super) async fn set_on_tenant<T: Serialize>(
        &self,
        tenant: &TenantId,
        name: &'static str,
        value: Option<&T>,
    ) -> Result<()> {
        let change = match value {
            Some(_) => format!("SET #{name} = :value"),
            None => format!("REMOVE #{name}"),
        };
        self.change_tenant(tenant, change, &[name], value).await
    }

    /// Changes a tenant's row, which must be there: `change` names these attributes, and `:value` if there is one.
    pub(super) async fn change_tenant<T: Serialize>(
        &self,
        tenant: &TenantId,
        change: String,
        names: &[&str],
        value: Option<&T>,
    ) -> Result<()> {
        let mut write = Write::update(keys::tenant(tenant), change)
            .when("attribute_exists(#id)")
            .name("id");
        for name in names {
            write = write.name(name);
        }
        if let Some(value) = value {
            write = write.value("value", attribute(value)?);
        }
        found(self.write(write).await?, tenant)
    }

    /// Profiles besides `everything`.
    pub async fn profiles(&self, tenant: &TenantId) -> Result<Vec<Profile>> {
        self.few(tenant, keys::PROFILE).await
    }

    async fn few<T: DeserializeOwned>(&self, tenant: &TenantId, prefix: &str) -> Result<Vec<T>> {
        self.query_all(&keys::tenant_partition(tenant), Range::Prefix(prefix))
            .await
    }

    async fn put<T: Serialize>(&self, key: Key, value: &T) -> Result<()> {
        self.write(Write::put(key, encode(value)?))
            .await
            .map(|_| ())
    }
}

/// A change of a tenant's row that must be there.
pub(super) fn found(written: Written, tenant: &TenantId) -> Result<()> {
    match written {
        Written::Yes(_) => Ok(()),
        Written::Refused(_) => Err(Error::new(
            Kind::NotFound,
            format!("there is no tenant {}", tenant.as_str()),
        )),
    }
}
