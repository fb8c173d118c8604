//! Adoption: people at the tenant level are handed over to the rules of a site, several at once (R23-R28, F24, F115).

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Kind, Result};
use crate::model::adoption::{Adoptee, Adoption, AdoptionId};
use crate::model::lane::Lane;
use crate::model::microsoft::UserId;
use crate::model::person::Person;
use crate::model::persona::SitePath;
use crate::model::tenant::{Tenant, TenantId};
use crate::plan::decide::Policybook;
use crate::plan::readiness::missing;
use crate::store::commits::ulid;

use super::look::{self, PersonSeen};
use super::{Shell, basis, safety, sync};

/// So many people are looked at to find those who belong to a site.
const LOOKED_AT: usize = 50_000;

/// Adopts these people at a site, or with `None` everybody at the tenant level whom placement rules put there, as far as one adoption
/// goes: the next sync decides for them, and for whom not says why. `Conflict` with everything that is not set up (R23-R27, R36), or if
/// adoption is off at the site (R24).
pub async fn adopt(
    shell: &Shell,
    tenant: &TenantId,
    site: &SitePath,
    people: Option<BTreeSet<UserId>>,
    by: &str,
) -> Result<Adoption> {
    let tenant = sync::tenant(shell, tenant).await?;
    let refused = |why: String| Error::new(Kind::Conflict, why);
    if tenant.settings.flow_through.is_some() {
        let why = "flow-through is on: rules place everybody, nobody has to be adopted";
        return Err(refused(why.to_owned()));
    }
    let basis = basis::basis(shell, &tenant).await?;
    let ready = safety::of(shell, &tenant, &basis).await?;
    if let Some(open) = missing(&ready.adoption) {
        return Err(refused(format!("adoption is not ready: {open}")));
    }
    let tree = &basis.grounds.tree;
    if tree.site(site).is_none() {
        return Err(refused(format!("there is no site {:?}", site.0)));
    }
    if !tree.adopts(site).value {
        let why = format!("adoption is off at {}: switch it on there first", site.0);
        return Err(refused(why));
    }
    let book = Policybook::new(basis).map_err(|problem| refused(problem.to_string()))?;
    // First: a decision about them must not miss who wanted it.
    shell.store.add_author(&tenant.id, by).await?;
    let (mut adopted, mut handed) = (Vec::new(), Vec::new());
    for (id, person) in candidates(shell, &tenant, &book, site, people).await? {
        let mut reason = match &person {
            None => Some("there is no such person".to_owned()),
            Some(person) => why_not(&book, person, site),
        };
        if reason.is_none() && !shell.store.mark_adopted(&tenant, &id).await? {
            reason = Some("there is no such person any more".to_owned());
        }
        if reason.is_none() {
            handed.push(id.clone());
        }
        adopted.push(Adoptee {
            person: id,
            refused: reason,
        });
    }
    let at = shell.clock.now();
    let people: Vec<&str> = adopted.iter().map(|one| one.person.0.as_str()).collect();
    let text = format!(
        "{} {} {by} {}",
        tenant.id.as_str(),
        site.0,
        people.join(" ")
    );
    let adoption = Adoption {
        id: AdoptionId(ulid(&text, at)),
        site: site.clone(),
        at,
        by: by.to_owned(),
        people: adopted,
    };
    shell
        .store
        .save_adoption(&tenant.id, &adoption, handed)
        .await?;
    shell.ring(&tenant.id, [Lane::Sync]).await;
    Ok(adoption)
}

/// An adoption, and where everybody in it is now. `NotFound` if there is none.
pub async fn adoption(
    shell: &Shell,
    tenant: &TenantId,
    id: &AdoptionId,
) -> Result<(Adoption, BTreeMap<UserId, PersonSeen>)> {
    let tenant = sync::tenant(shell, tenant).await?;
    let none = || Error::new(Kind::NotFound, format!("there is no adoption {}", id.0));
    if !look::is_id(&id.0) {
        return Err(none());
    }
    let adoption = shell.store.adoption(&tenant.id, id).await?;
    let adoption = adoption.ok_or_else(none)?;
    let ids = adoption.people.iter().map(|one| &one.person);
    let people = shell.store.some_people(&tenant, ids).await?;
    let mut seen = BTreeMap::new();
    for (id, person) in people {
        seen.insert(id, look::with_job(shell, &tenant, person).await?);
    }
    Ok((adoption, seen))
}

/// Why somebody is not adopted at a site; `None` = they are.
fn why_not(book: &Policybook, person: &Person, site: &SitePath) -> Option<String> {
    if let Some(elsewhere) = person.site.as_ref().filter(|own| *own != site) {
        return Some(format!("they are at {} already: move them", elsewhere.0));
    }
    match book.wanted(person) {
        Err(leave) => Some(leave.to_string()),
        Ok(wanted) if wanted.site.as_ref() == Some(site) => None,
        Ok(wanted) => {
            let there = wanted
                .site
                .map_or_else(|| "no site".to_owned(), |site| site.0);
            Some(format!("placement rules put them at {there}"))
        }
    }
}

/// Those who are named; or those at the tenant level who belong to the site and nobody else.
async fn candidates(
    shell: &Shell,
    tenant: &Tenant,
    book: &Policybook,
    site: &SitePath,
    named: Option<BTreeSet<UserId>>,
) -> Result<Vec<(UserId, Option<Person>)>> {
    let Some(named) = named else {
        let mut found = Vec::new();
        let see = |person: Person| {
            // Who was marked by an order that died and was never decided is taken once more.
            let is_done = person.adopted && person.decided.is_some();
            let fits = !is_done && why_not(book, &person, site).is_none();
            if fits && found.len() < Adoption::MOST {
                found.push((person.id.clone(), Some(person)));
            }
        };
        look::everybody(shell, tenant, LOOKED_AT, see).await?;
        return Ok(found);
    };
    if named.is_empty() || named.len() > Adoption::MOST {
        let why = format!("name 1 to {} people", Adoption::MOST);
        return Err(Error::new(Kind::Conflict, why));
    }
    if let Some(wrong) = named.iter().find(|id| !id.is_guid()) {
        let wrong: String = wrong.0.chars().take(40).collect();
        let why = format!("{wrong:?} is no Entra object id");
        return Err(Error::new(Kind::Conflict, why));
    }
    let mut known = shell.store.some_people(tenant, &named).await?;
    let with_rows = named.into_iter().map(|id| {
        let row = known.remove(&id);
        (id, row)
    });
    Ok(with_rows.collect())
}
