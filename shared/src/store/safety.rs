//! Rows of what keeps automation from going too far, and of people who are handed over to it.

use serde::Serialize;

use super::keys;
use super::lanes::rung;
use super::write::{Write, Written};
use super::{Range, Store, attribute, encode};
use crate::error::Result;
use crate::model::adoption::{Adoption, AdoptionId};
use crate::model::lane::{Lane, Mark};
use crate::model::microsoft::UserId;
use crate::model::safety::{Exception, Halt};
use crate::model::tenant::{Tenant, TenantId};

impl Store {
    /// Why the whole installation stands still; `None` = it does not.
    pub async fn halt(&self) -> Result<Option<Halt>> {
        self.get_as(&keys::halt()).await
    }

    /// Halts the installation, or lets it work again.
    pub async fn set_halt(&self, halt: Option<&Halt>) -> Result<()> {
        let write = match halt {
            Some(halt) => Write::put(keys::halt(), encode(halt)?),
            None => Write::delete(keys::halt()),
        };
        self.write(write).await.map(|_| ())
    }

    /// Sets one of a tenant's settings, or takes it back, and leaves everything else that is set.
    pub async fn set_setting<T: Serialize>(
        &self,
        tenant: &TenantId,
        name: &'static str,
        value: Option<&T>,
    ) -> Result<()> {
        // What is written down is another content now: without a tag it is compared before it is replaced.
        let change = match value {
            Some(_) => format!("SET #settings.#{name} = :value REMOVE #settings_etag"),
            None => format!("REMOVE #settings.#{name}, #settings_etag"),
        };
        let names = ["settings", "settings_etag", name];
        self.change_tenant(tenant, change, &names, value).await
    }

    /// Everybody whom rules leave as they are, also where that is over.
    pub async fn exceptions(&self, tenant: &TenantId) -> Result<Vec<Exception>> {
        let prefix = Range::Prefix(keys::EXCEPTION);
        self.query_all(&keys::tenant_partition(tenant), prefix)
            .await
    }

    /// Makes rules leave somebody as they are, in the place of what was said of them before.
    pub async fn put_exception(&self, tenant: &TenantId, exception: &Exception) -> Result<()> {
        let key = keys::exception(tenant, &exception.person);
        self.write(Write::put(key, encode(exception)?))
            .await
            .map(|_| ())
    }

    /// Ends an exception.
    pub async fn end_exception(&self, tenant: &TenantId, person: &UserId) -> Result<()> {
        self.write(Write::delete(keys::exception(tenant, person)))
            .await
            .map(|_| ())
    }

    /// Notes that rules decide for somebody from now on. False = there is no such person.
    pub async fn mark_adopted(&self, tenant: &Tenant, person: &UserId) -> Result<bool> {
        let key = keys::person(&tenant.id, tenant.shards, person);
        let write = Write::update(key, "SET #adopted = :adopted ADD #version :one")
            .when("attribute_exists(#version)")
            .name("adopted")
            .name("version")
            .value("adopted", attribute(&true)?)
            .number("one", 1);
        Ok(matches!(self.write(write).await?, Written::Yes(_)))
    }

    /// Stores an adoption together with the list of those whom the next sync decides for, and rings for it (L2).
    pub async fn save_adoption(
        &self,
        tenant: &TenantId,
        adoption: &Adoption,
        handed: Vec<UserId>,
    ) -> Result<()> {
        let writes = vec![
            Write::put(keys::adoption(tenant, &adoption.id), encode(adoption)?),
            self.handed(tenant, &adoption.id.0, handed)?,
            rung(tenant, Lane::Sync, Some(Mark::Decide), adoption.at),
        ];
        self.transact("storing an adoption", writes)
            .await
            .map(|_| ())
    }

    /// An adoption.
    pub async fn adoption(&self, tenant: &TenantId, id: &AdoptionId) -> Result<Option<Adoption>> {
        self.get_as(&keys::adoption(tenant, id)).await
    }
}
