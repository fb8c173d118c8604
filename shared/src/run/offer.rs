//! What can be given to whom: personas and what is wrong with them, licence seats, fields that are open. Nothing here changes anything.

use crate::error::Result;
use crate::model::access::Role;
use crate::model::edit::Field;
use crate::model::group::Group;
use crate::model::microsoft::{PolicyName, Sku, UserId};
use crate::model::persona::Persona;
use crate::model::tenant::TenantId;
pub use crate::plan::edit::Access;
use crate::plan::edit::{Desk, access};
use crate::plan::flaws::Flaw;

use super::{Shell, basis, health, look, sync};

/// A licence product, and how many of its seats are kept for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stock {
    /// As the last sync saw it.
    pub sku: Sku,
    /// Seats that Microsoft does not count yet.
    pub kept: u32,
}

/// The newest version of every persona, with what is wrong with it (F76).
pub async fn personas(shell: &Shell, tenant: &TenantId) -> Result<Vec<(Persona, Vec<Flaw>)>> {
    let tenant = sync::tenant(shell, tenant).await?;
    let basis = basis::basis(shell, &tenant).await?;
    let told = basis.newest().map(|persona| {
        let flaws = basis.flawed.get(&persona.reference.id);
        (persona.clone(), flaws.cloned().unwrap_or_default())
    });
    Ok(told.collect())
}

/// The Teams policies of which is known whether they exist: those that personas name.
pub async fn policies(shell: &Shell, tenant: &TenantId) -> Result<Vec<PolicyName>> {
    let tenant = sync::tenant(shell, tenant).await?;
    shell.store.policies(&tenant.id).await
}

/// The groups that personas name, as the last sync saw them.
pub async fn groups(shell: &Shell, tenant: &TenantId) -> Result<Vec<Group>> {
    let tenant = sync::tenant(shell, tenant).await?;
    shell.store.groups(&tenant.id).await
}

/// Every licence product with its seats (F50, I4).
pub async fn stock(shell: &Shell, tenant: &TenantId) -> Result<Vec<Stock>> {
    let tenant = sync::tenant(shell, tenant).await?;
    let kept = shell.store.kept_seats(&tenant.id).await?;
    let skus = shell.store.skus(&tenant.id).await?.into_iter();
    let with_kept = skus.map(|sku| {
        let kept = kept.get(&sku.id).copied().unwrap_or_default();
        Stock { sku, kept }
    });
    Ok(with_kept.collect())
}

/// What whoever has `role` may do to the fields of somebody (R91, R92, F35), by what is known of the person since the last sync.
pub async fn fields(
    shell: &Shell,
    tenant: &TenantId,
    person: &UserId,
    role: Role,
) -> Result<Vec<(Field, Access)>> {
    let tenant = sync::tenant(shell, tenant).await?;
    let person = look::find(shell, &tenant, person).await?;
    let basis = basis::basis(shell, &tenant).await?;
    let policies = shell.store.field_policies(&tenant.id).await?;
    let missing = health::missing(&tenant, shell.clock.now());
    let desk = Desk {
        tree: &basis.grounds.tree,
        policies: &policies,
        role,
        missing: &missing,
    };
    let all = Field::ALL.map(|field| (field, access(&desk, &person, field)));
    Ok(all.into())
}
