//! Orders that are carried out once (F144).

use super::keys;
use super::write::{Write, Written};
use super::{Store, decode, encode};
use crate::error::Result;
use crate::model::once::Once;
use crate::model::tenant::TenantId;

impl Store {
    /// Notes that an order arrived, in the place of one that was read; without one, for the first time. `Some` = there is another.
    pub async fn begin_once(
        &self,
        tenant: &TenantId,
        name: &str,
        once: &Once,
        read: Option<&Once>,
    ) -> Result<Option<Once>> {
        let write = Write::put(keys::once(tenant, name), encode(once)?);
        let write = match read {
            None => write.when("attribute_not_exists(#at)").name("at"),
            Some(read) => write
                .when("#at = :read")
                .name("at")
                .number("read", read.at.millis()),
        };
        match self.write(write).await? {
            Written::Yes(_) => Ok(None),
            Written::Refused(Some(old)) => decode(old).map(Some),
            Written::Refused(None) => self.get_as(&keys::once(tenant, name)).await,
        }
    }

    /// Keeps the answer to an order.
    pub async fn end_once(&self, tenant: &TenantId, name: &str, once: &Once) -> Result<()> {
        let write = Write::put(keys::once(tenant, name), encode(once)?);
        self.write(write).await.map(|_| ())
    }

    /// Forgets an order of which nothing was done.
    pub async fn forget_once(&self, tenant: &TenantId, name: &str) -> Result<()> {
        let write = Write::delete(keys::once(tenant, name));
        self.write(write).await.map(|_| ())
    }
}
