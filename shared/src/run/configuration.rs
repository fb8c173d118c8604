//! Configuration as code: what is written down of a tenant is read as one value, compared with a draft, and replaced by exactly the draft that
//! was looked at (I10, F145).

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Kind, Result};
pub use crate::model::configuration::{Configuration, FieldsAt, Part};
use crate::model::digest;
use crate::model::edit::FieldPolicy;
use crate::model::inventory::RangeId;
use crate::model::person::Person;
use crate::model::persona::{Persona, PersonaRef, Rules};
use crate::model::tenant::{Tenant, TenantId};
pub use crate::plan::configuration::{Difference, How, Objection};
use crate::plan::configuration::{differences, merged, rule_at, settle};
use crate::plan::decide::{Policybook, all_newest, next_version};
use crate::plan::flaws::{flaws, malformed, said};
use crate::plan::laboratory::{Findings, Laboratory};
use crate::store::tenants::Catalogue;

use super::{Shell, basis, estate, look, schedule, sync};

mod apply;
mod gone;

pub use self::apply::{Applied, apply, remove};
use self::gone::Gone;

/// So many people, and so many numbers, are looked at to say what a configuration would change.
const LOOKED_AT: usize = 50_000;

/// What applying a draft would do.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Names what is in force and the draft: applying takes it.
    pub hash: String,
    /// What is in force.
    pub now: Configuration,
    /// What would be in force.
    pub then: Configuration,
    /// Where they differ, as they are shown.
    pub differences: Vec<Difference>,
    /// Why it cannot be applied; empty = it can.
    pub objections: Vec<Objection>,
    /// What it would change for people; `None` = it cannot be applied, or nothing differs.
    pub people: Option<Findings>,
    /// Everybody was looked at.
    pub is_complete: bool,
}

/// Everything that is written down of a tenant.
pub async fn export(shell: &Shell, tenant: &TenantId) -> Result<Configuration> {
    let tenant = sync::tenant(shell, tenant).await?;
    read(shell, &tenant).await.map(|known| known.now)
}

/// Says what a draft would change, and for whom; nothing is stored, but what personas name is looked up at Microsoft.
pub async fn plan(shell: &Shell, tenant: &TenantId, draft: Configuration) -> Result<Planned> {
    let tenant = sync::tenant(shell, tenant).await?;
    let known = read(shell, &tenant).await?;
    let mut planned = compare(&tenant, &known, draft)?;
    judge(shell, &tenant, &known, &mut planned, true).await?;
    Ok(planned)
}

/// What is in force, and what of it is not written down.
struct Known {
    now: Configuration,
    catalogue: Catalogue,
}

async fn read(shell: &Shell, tenant: &Tenant) -> Result<Known> {
    let catalogue = shell.store.catalogue(&tenant.id).await?;
    let policies = shell.store.field_policies(&tenant.id).await?;
    let schedules = schedule::schedules(shell, &tenant.id).await?.into_iter();
    let newest = all_newest(&catalogue.personas);
    let now = Configuration {
        settings: Some(tenant.settings.clone().written()),
        nodes: Some(by(catalogue.nodes.clone(), |node| node.path.clone())),
        profiles: Some(by(catalogue.profiles.clone(), |one| one.name.clone())),
        personas: Some(by(newest.map(unnumbered), |one| one.reference.id.clone())),
        fields: Some(
            policies
                .into_iter()
                .map(|FieldPolicy { role, node, fields }| (FieldsAt { role, node }, fields))
                .collect(),
        ),
        ranges: Some(by(catalogue.ranges.clone(), |range| range.id.clone())),
        placement: Some(catalogue.rules.placement.clone()),
        persona: Some(catalogue.rules.persona.clone()),
        schedules: Some(
            schedules
                .filter_map(|one| Some((one.kind, one.schedule?)))
                .collect(),
        ),
    };
    Ok(Known { now, catalogue })
}

fn by<K: Ord, V>(rows: impl IntoIterator<Item = V>, key: impl Fn(&V) -> K) -> BTreeMap<K, V> {
    rows.into_iter().map(|row| (key(&row), row)).collect()
}

fn unnumbered(persona: &Persona) -> Persona {
    let id = persona.reference.id.clone();
    Persona {
        reference: PersonaRef { id, version: 0 },
        ..persona.clone()
    }
}

/// A draft beside what is in force: what can be said of it without looking anywhere.
fn compare(tenant: &Tenant, known: &Known, draft: Configuration) -> Result<Planned> {
    let mut then = merged(&known.now, draft);
    let objections = settle(&mut then);
    Ok(Planned {
        hash: hash(tenant, &known.now, &then)?,
        differences: differences(&known.now, &then),
        now: known.now.clone(),
        then,
        objections,
        people: None,
        is_complete: true,
    })
}

/// Looks at people, numbers and Microsoft for what stands in the way of a draft; and, if `tells_people`, for whom it would change what.
async fn judge(
    shell: &Shell,
    tenant: &Tenant,
    known: &Known,
    planned: &mut Planned,
    tells_people: bool,
) -> Result<()> {
    if !planned.objections.is_empty() || planned.differences.is_empty() {
        return Ok(());
    }
    let Planned {
        then,
        differences,
        objections,
        ..
    } = planned;
    let gone = Gone::of(differences);
    objections.extend(personas(shell, tenant, then, differences).await?);
    objections.extend(gone.numbers(shell, tenant).await?);
    let draft = basis::of(shell, &with(tenant, then), catalogue(known, then)).await?;
    let draft = match Policybook::new(draft) {
        Ok(draft) => draft,
        Err(problem) => {
            let placement = then.placement.as_deref().unwrap_or_default();
            let persona = then.persona.as_deref().unwrap_or_default();
            let at = rule_at(placement, persona, &problem.rule, problem.problem);
            objections.push(at);
            return Ok(());
        }
    };
    if !tells_people && gone.nodes.is_empty() {
        return Ok(());
    }
    let stored = basis::of(shell, tenant, known.catalogue.clone()).await?;
    // Rules that cannot be used are compared with nothing.
    let stored = Policybook::new(stored).ok().filter(|_| tells_people);
    let mut laboratory = stored
        .as_ref()
        .map(|stored| Laboratory::new(stored, &draft));
    let mut left_behind = BTreeSet::new();
    let see = |person: Person| {
        let site = person.site.as_ref();
        left_behind.extend(site.filter(|site| gone.nodes.contains(site)).cloned());
        if let Some(laboratory) = &mut laboratory {
            laboratory.add(&person);
        }
    };
    planned.is_complete = look::everybody(shell, tenant, LOOKED_AT, see).await?;
    objections.extend(
        left_behind
            .into_iter()
            .map(|site| Objection::new(Part::Node(site), "people are there: move them first")),
    );
    if !planned.is_complete {
        let all = gone.nodes.iter().cloned().map(Part::Node);
        let why =
            format!("more than {LOOKED_AT} people: nobody can say that none of them is there");
        objections.extend(all.map(|part| Objection::new(part, why.clone())));
    }
    if objections.is_empty() {
        planned.people = laboratory.map(Laboratory::end);
    }
    Ok(())
}

/// What is wrong with personas: of those that are new or changed, everything that they name is looked up; of the others only whether they
/// draw from ranges that go.
async fn personas(
    shell: &Shell,
    tenant: &Tenant,
    then: &Configuration,
    differences: &[Difference],
) -> Result<Vec<Objection>> {
    let is_new = |id: &str| {
        let mut parts = differences.iter();
        parts.any(|one| one.how != How::Removed && one.part == Part::Persona(id.to_owned()))
    };
    let all = then.personas.iter().flatten();
    let new: Vec<&Persona> = all
        .clone()
        .filter(|(id, _)| is_new(id))
        .map(|(_, one)| one)
        .collect();
    if !new.is_empty() {
        let graph = shell.graph(tenant).await?;
        for persona in new.iter().filter(|one| malformed(one).is_empty()) {
            estate::look_up(shell, tenant, &graph, persona).await?;
        }
    }
    let ranges = then.ranges.iter().flatten().map(|(_, range)| range.clone());
    let estate = basis::estate(shell, tenant, ranges.collect()).await?;
    let settings = then.settings.clone().unwrap_or_default();
    let mut objections = Vec::new();
    for (id, persona) in all {
        let part = Part::Persona(id.clone());
        if is_new(id) {
            let mut found = malformed(persona);
            if found.is_empty() {
                found = flaws(persona, &estate, &settings.protected);
            }
            if !found.is_empty() {
                objections.push(Objection::new(part, said(&found)));
            }
            continue;
        }
        let known = |id: &RangeId| estate.ranges.iter().any(|range| range.id == *id);
        let unknown = persona.numbers.iter().find(|id| !known(id));
        objections.extend(unknown.map(|range| {
            let why = format!("it draws from the range {:?}, which would be gone", range.0);
            Objection::new(part, why)
        }));
    }
    Ok(objections)
}

/// The tenant with the settings of a draft.
fn with(tenant: &Tenant, then: &Configuration) -> Tenant {
    let settings = then.settings.clone().unwrap_or_default();
    Tenant {
        settings: settings.with_switches_of(&tenant.settings),
        ..tenant.clone()
    }
}

/// What decisions would depend on.
fn catalogue(known: &Known, then: &Configuration) -> Catalogue {
    let mut personas = known.catalogue.personas.clone();
    let none = BTreeMap::new();
    let now = known.now.personas.as_ref().unwrap_or(&none);
    let drafts = then.personas.as_ref().unwrap_or(&none);
    for (id, draft) in drafts {
        if now.get(id) != Some(draft) {
            let next = next_version(&known.catalogue.personas, draft);
            personas.push(next);
        }
    }
    for (_, gone) in now.iter().filter(|(id, _)| !drafts.contains_key(*id)) {
        personas.push(retired(&known.catalogue.personas, gone));
    }
    Catalogue {
        rules: rules(known, then),
        personas,
        nodes: then
            .nodes
            .iter()
            .flatten()
            .map(|(_, one)| one.clone())
            .collect(),
        profiles: then
            .profiles
            .iter()
            .flatten()
            .map(|(_, one)| one.clone())
            .collect(),
        ranges: then
            .ranges
            .iter()
            .flatten()
            .map(|(_, one)| one.clone())
            .collect(),
    }
}

fn rules(known: &Known, then: &Configuration) -> Rules {
    Rules {
        version: known.catalogue.rules.version.saturating_add(1),
        placement: then.placement.clone().unwrap_or_default(),
        persona: then.persona.clone().unwrap_or_default(),
    }
}

fn retired(personas: &[Persona], gone: &Persona) -> Persona {
    Persona {
        retired: true,
        ..next_version(personas, gone)
    }
}

fn hash(tenant: &Tenant, now: &Configuration, then: &Configuration) -> Result<String> {
    let text = serde_json::to_vec(&(&tenant.id, now, then))
        .map_err(|error| Error::new(Kind::Invalid, "naming a configuration").with_source(error))?;
    Ok(digest::whole(&text))
}
