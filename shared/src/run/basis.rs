//! What decisions of a tenant depend on besides its people, put together from its rows.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::model::inventory::NumberRange;
use crate::model::tenant::Tenant;
use crate::model::tree::Tree;
use crate::plan::decide::Basis;
use crate::plan::flaws::{Estate, Flaw, flaws};
use crate::plan::wanted::Grounds;
use crate::store::tenants::Catalogue;

use super::Shell;

/// Reads it.
pub(super) async fn basis(shell: &Shell, tenant: &Tenant) -> Result<Basis> {
    let catalogue = shell.store.catalogue(&tenant.id).await?;
    of(shell, tenant, catalogue).await
}

/// The tree alone.
pub(super) async fn tree(shell: &Shell, tenant: &Tenant) -> Result<Tree> {
    let nodes = shell.store.nodes(&tenant.id).await?;
    let provider = shell.store.provider_values().await?;
    Ok(Tree::new(provider, &tenant.settings, nodes))
}

/// Reads the rest of it.
pub(super) async fn of(shell: &Shell, tenant: &Tenant, catalogue: Catalogue) -> Result<Basis> {
    let estate = estate(shell, tenant, catalogue.ranges.clone()).await?;
    let exceptions = shell.store.exceptions(&tenant.id).await?;
    let tree = Tree::new(
        shell.store.provider_values().await?,
        &tenant.settings,
        catalogue.nodes,
    );
    let mut basis = Basis {
        rules: catalogue.rules,
        personas: catalogue.personas,
        profiles: catalogue.profiles,
        grounds: Grounds {
            tree,
            countries: tenant.settings.countries.clone(),
            ranges: catalogue.ranges,
        },
        flawed: BTreeMap::new(),
        protected: tenant.settings.protected.people.clone(),
        only_adopted: tenant.settings.flow_through.is_none(),
        exceptions: exceptions
            .into_iter()
            .map(|exception| (exception.person, exception.until))
            .collect(),
        now: shell.clock.now(),
    };
    basis.flawed = flawed(&basis, &estate, tenant);
    Ok(basis)
}

/// What is known to exist at Microsoft.
pub(super) async fn estate(
    shell: &Shell,
    tenant: &Tenant,
    ranges: Vec<NumberRange>,
) -> Result<Estate> {
    Ok(Estate {
        skus: shell.store.skus(&tenant.id).await?,
        groups: shell.store.groups(&tenant.id).await?,
        policies: shell.store.policies(&tenant.id).await?,
        ranges,
    })
}

fn flawed(basis: &Basis, estate: &Estate, tenant: &Tenant) -> BTreeMap<String, Vec<Flaw>> {
    let mut flawed = BTreeMap::new();
    for persona in basis.newest() {
        let found = flaws(persona, estate, &tenant.settings.protected);
        if !found.is_empty() {
            flawed.insert(persona.reference.id.clone(), found);
        }
    }
    flawed
}
