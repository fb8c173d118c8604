//! What a person orders for somebody: provision, offboard, read again. A person may supersede anything (J3).

use crate::error::{Error, Kind, Result};
use crate::model::access::Role;
use crate::model::change_set::SetId;
use crate::model::edit::Edit;
use crate::model::job::{Goal, Job, Origin};
use crate::model::lane::{Lane, Worker};
use crate::model::microsoft::UserId;
use crate::model::person::Person;
use crate::model::persona::{MemberRole, Persona, PersonaRef, SitePath, Wanted};
use crate::model::step::Step;
use crate::model::tenant::{Tenant, TenantId};
use crate::plan::decide::{Basis, newest, profile_of};
use crate::plan::edit::{Desk, edited};
use crate::plan::flaws::said;
use crate::plan::steps::{self, Held, Leaving};
use crate::store::commits::Commitment;
use crate::store::cursors::Refresh;
use crate::store::jobs::{Belonging, Plan, PlanRow};

use super::moves::Planned;
use super::{Shell, basis, health, look, sync};

/// So often an order is planned again because the person's row changed meanwhile.
pub(super) const TRIES: usize = 5;

/// A person's order comes from outside the lanes; only the versions order it.
pub(super) const OUTSIDE: Worker = Worker {
    lane: Lane::Sync,
    fence: 0,
};

/// What somebody chooses for one person (F87): the same that a rule would lead to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// The persona; its newest version is given.
    pub persona: String,
    /// The profile; `None` = everything.
    pub profile: Option<String>,
    /// The site; `None` = where the person is, or the tenant level.
    pub site: Option<SitePath>,
    /// The member role; `None` = the one they have.
    pub role: Option<MemberRole>,
}

/// What an order would do, as things stand; nothing is ordered.
async fn told(
    shell: &Shell,
    tenant: &Tenant,
    person: &UserId,
    plan: impl Fn(&Person, Option<&Plan>) -> Result<(Goal, Plan)>,
) -> Result<Planned> {
    let person = look::find(shell, tenant, person).await?;
    let (_, plan) = plan(&person, None)?;
    Ok(Planned {
        steps: plan.steps,
        notes: plan.notes,
    })
}

/// What offboarding somebody would do.
pub async fn offboarding(shell: &Shell, tenant: &TenantId, person: &UserId) -> Result<Planned> {
    let tenant = sync::tenant(shell, tenant).await?;
    let basis = basis::basis(shell, &tenant).await?;
    told(shell, &tenant, person, offboarded(&basis, None)).await
}

/// What giving somebody a persona would do.
pub async fn provisioning(
    shell: &Shell,
    tenant: &TenantId,
    person: &UserId,
    choice: &Choice,
) -> Result<Planned> {
    let tenant = sync::tenant(shell, tenant).await?;
    let basis = basis::basis(shell, &tenant).await?;
    told(shell, &tenant, person, provisioned(&basis, choice, None)).await
}

/// Orders that somebody be offboarded, whatever is open for them (R72, J3).
pub async fn offboard(shell: &Shell, tenant: &TenantId, person: &UserId) -> Result<()> {
    let tenant = sync::tenant(shell, tenant).await?;
    let basis = basis::basis(shell, &tenant).await?;
    offboard_by(shell, &tenant, &basis, person, None).await
}

/// The same by what is laid down for everybody.
pub(super) async fn offboard_by(
    shell: &Shell,
    tenant: &Tenant,
    basis: &Basis,
    person: &UserId,
    file: Option<&SetId>,
) -> Result<()> {
    order(shell, tenant, person, offboarded(basis, file)).await
}

fn offboarded<'a>(
    basis: &'a Basis,
    file: Option<&'a SetId>,
) -> impl Fn(&Person, Option<&Plan>) -> Result<(Goal, Plan)> + 'a {
    move |person, open| {
        if person.is_leaving() {
            return Err(Error::new(
                Kind::Conflict,
                format!("person {} is being offboarded already", person.id.0),
            ));
        }
        // What the open job gives them, it may have given in part.
        let arriving = open.and_then(|open| open.wanted.as_ref()?.persona.as_ref());
        let plan = Plan {
            steps: leave(basis, person, arriving),
            from: Some(belonging(person)),
            file: file.cloned(),
            ..Plan::default()
        };
        Ok((Goal::Offboard, plan))
    }
}

/// The steps with which somebody leaves from where they are.
fn leave(basis: &Basis, person: &Person, arriving: Option<&PersonaRef>) -> Vec<Step> {
    let tree = &basis.grounds.tree;
    let at = person.site.as_ref();
    let personas = [person.persona.as_ref(), arriving].into_iter().flatten();
    let personas = personas.filter_map(|reference| basis.version(reference));
    let profiles: Vec<_> = personas.map(|persona| &persona.offboarding).collect();
    steps::offboard(&Leaving {
        profiles: &profiles,
        licences: tree.offboard_licences(at).value,
        lock_out: tree.locks_out(at).value,
        stays_at: at.filter(|at| tree.retains(Some(at)).value),
        role: &person.role,
    })
}

/// Orders that somebody get a persona, also if they had left before (R89, W2). `Conflict` if the persona cannot be given as things stand, and
/// why (F76).
pub async fn provision(
    shell: &Shell,
    tenant: &TenantId,
    person: &UserId,
    choice: &Choice,
) -> Result<()> {
    let tenant = sync::tenant(shell, tenant).await?;
    let basis = basis::basis(shell, &tenant).await?;
    provision_by(shell, &tenant, &basis, person, choice, None).await
}

/// The same by what is laid down for everybody.
pub(super) async fn provision_by(
    shell: &Shell,
    tenant: &Tenant,
    basis: &Basis,
    person: &UserId,
    choice: &Choice,
    file: Option<&SetId>,
) -> Result<()> {
    order(shell, tenant, person, provisioned(basis, choice, file)).await
}

fn provisioned<'a>(
    basis: &'a Basis,
    choice: &'a Choice,
    file: Option<&'a SetId>,
) -> impl Fn(&Person, Option<&Plan>) -> Result<(Goal, Plan)> + 'a {
    move |person, _| {
        let wanted = chosen(basis, person, choice)?;
        let before = version(basis, person);
        let plan = Plan {
            steps: steps::provision(&wanted, held(person, before)),
            wanted: Some(wanted),
            from: Some(belonging(person)),
            file: file.cloned(),
            ..Plan::default()
        };
        Ok((Goal::Provision, plan))
    }
}

pub(super) fn chosen(basis: &Basis, person: &Person, choice: &Choice) -> Result<Wanted> {
    let refused = |sentence: String| Error::new(Kind::Conflict, sentence);
    let persona = newest(&basis.personas, &choice.persona)
        .ok_or_else(|| refused(format!("there is no persona {:?}", choice.persona)))?;
    if let Some(flaws) = basis.flawed.get(&choice.persona) {
        return Err(refused(format!(
            "the persona {:?} cannot be given to anybody: {}",
            choice.persona,
            said(flaws)
        )));
    }
    let profile = profile_of(&basis.profiles, choice.profile.as_deref()).ok_or_else(|| {
        refused(format!(
            "there is no profile {:?}",
            choice.profile.as_deref().unwrap_or_default()
        ))
    })?;
    if let Some(site) = &choice.site
        && basis.grounds.tree.site(site).is_none()
    {
        return Err(refused(format!("there is no site {:?}", site.0)));
    }
    let site = choice.site.as_ref().or(person.site.as_ref());
    let role = choice.role.as_ref().unwrap_or(&person.role);
    if let MemberRole::Named(name) = role
        && choice.role.is_some()
        && !basis.grounds.tree.knows_role(site, name)
    {
        return Err(refused(format!("there is no member role {name:?} here")));
    }
    basis
        .grounds
        .wanted(persona, &profile, site, role, &person.facts)
        .map_err(|reason| refused(reason.to_string()))
}

/// Orders what somebody edits by hand; whoever has `role` in the API does it. `Conflict` if any part of it cannot be applied as things
/// stand, and why: nothing is then.
pub async fn edit(
    shell: &Shell,
    tenant: &TenantId,
    person: &UserId,
    edit: &Edit,
    role: Role,
) -> Result<()> {
    let tenant = sync::tenant(shell, tenant).await?;
    let basis = basis::basis(shell, &tenant).await?;
    let policies = shell.store.field_policies(&tenant.id).await?;
    let missing = health::missing(&tenant, shell.clock.now());
    // Whether a licence comes from a group decides; the row may not know it yet, because no change announces it.
    let states = match &edit.licences {
        None => None,
        Some(_) => {
            let graph = shell.graph(&tenant).await?;
            let user = graph.user(person).await?;
            user.and_then(|user| user.licence_states)
        }
    };
    order(shell, &tenant, person, |person, _| {
        let mut person = person.clone();
        if let Some(states) = &states {
            person.licence_states.clone_from(states);
        }
        let person = &person;
        let desk = Desk {
            tree: &basis.grounds.tree,
            policies: &policies,
            role,
            missing: &missing,
        };
        let wanted = edited(&desk, person, edit)
            .map_err(|refusal| Error::new(Kind::Conflict, refusal.to_string()))?;
        let plan = Plan {
            steps: steps::provision(&wanted, Held::default()),
            wanted: Some(wanted),
            is_edit: true,
            from: Some(belonging(person)),
            ..Plan::default()
        };
        Ok((Goal::Provision, plan))
    })
    .await
}

/// The persona version that somebody holds.
pub(super) fn version<'a>(basis: &'a Basis, person: &Person) -> Option<&'a Persona> {
    basis.version(person.persona.as_ref()?)
}

/// What somebody has by us already.
pub(super) fn held<'a>(person: &'a Person, persona: Option<&'a Persona>) -> Held<'a> {
    Held {
        persona,
        given: Some(&person.given),
        // What is open for them may have taken it away by now, or given another.
        number: person.number.as_ref().filter(|_| person.open_job.is_none()),
        role: Some(&person.role),
    }
}

/// Where somebody belongs.
pub(super) fn belonging(person: &Person) -> Belonging {
    Belonging {
        site: person.site.clone(),
        persona: person.persona.clone(),
        role: person.role.clone(),
        number: person.number.clone(),
    }
}

/// Orders that one person be read again, and nobody else (F10); also somebody whom no sync has brought yet, if the id is one that
/// Microsoft could have given.
pub async fn refresh(shell: &Shell, tenant: &TenantId, person: &UserId) -> Result<()> {
    let tenant = sync::tenant(shell, tenant).await?;
    if !person.is_guid() {
        look::find(shell, &tenant, person).await?;
    }
    let order = Refresh {
        ordered: shell.clock.now(),
        person: person.clone(),
    };
    shell.store.order_refresh(&tenant.id, &order).await?;
    shell.ring(&tenant.id, [Lane::Sync]).await;
    Ok(())
}

pub(super) async fn order(
    shell: &Shell,
    tenant: &Tenant,
    id: &UserId,
    plan: impl Fn(&Person, Option<&Plan>) -> Result<(Goal, Plan)>,
) -> Result<()> {
    for _ in 0..TRIES {
        let person = look::find(shell, tenant, id).await?;
        let old = open_job(shell, tenant, &person).await?;
        let open = match &old {
            Some(old) => shell.store.plan(tenant, &old.id).await?,
            None => None,
        };
        let open = match &open {
            Some(PlanRow::Known(open)) => Some(open.as_ref()),
            Some(PlanRow::Newer(_)) | None => None,
        };
        let (goal, plan) = plan(&person, open)?;
        let commitment = Commitment {
            goal,
            origin: Origin::Person,
            // What the rules last said stays what they last said: a person's choice is not news to them (W1).
            digest: None,
            plan,
            old,
            person,
        };
        let report = shell
            .store
            .commit(tenant, vec![commitment], OUTSIDE, shell.clock.now())
            .await?;
        if report.overtaken.is_empty() {
            shell.opened(tenant, &report).await;
            return Ok(());
        }
    }
    Err(too_fast(id))
}

/// Somebody's row changed as often as it was tried to change it.
pub(super) fn too_fast(id: &UserId) -> Error {
    let sentence = format!("person {} changes too fast; try again", id.0);
    Error::new(Kind::Conflict, sentence)
}

/// The job that is open for somebody, to be superseded.
pub(super) async fn open_job(
    shell: &Shell,
    tenant: &Tenant,
    person: &Person,
) -> Result<Option<Job>> {
    let Some(open) = &person.open_job else {
        return Ok(None);
    };
    let job = shell.store.job(tenant, &open.id).await?;
    Ok(job.filter(|job| !job.state.is_final()))
}
