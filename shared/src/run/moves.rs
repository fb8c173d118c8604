//! Moving somebody to another site, as one job with one plan (F106).

use std::collections::BTreeSet;

use crate::error::{Error, Kind, Result};
use crate::graph::Graph;
use crate::model::change_set::SetId;
use crate::model::group::Group;
use crate::model::inventory::Entry;
use crate::model::job::Goal;
use crate::model::microsoft::{DirectoryUser, PlanId, Sku, SkuId, UserId};
use crate::model::number::Number;
use crate::model::person::Person;
use crate::model::persona::{MemberRole, SitePath, Wanted};
use crate::model::property::Property;
use crate::model::step::Step;
use crate::model::tenant::{OffboardLicences, Tenant, TenantId};
use crate::plan::decide::{Basis, Policybook};
use crate::plan::relocate::{Moving, Relocation, relocate};
use crate::plan::steps;
use crate::store::jobs::Plan;

use super::order::{Choice, belonging, chosen, held, open_job, order, version};
use super::{Shell, basis, look, sync};

/// What somebody chooses for a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveChoice {
    /// The new site.
    pub site: SitePath,
    /// The persona there; `None` = the one that they hold.
    pub persona: Option<String>,
    /// The profile; `None` = everything.
    pub profile: Option<String>,
    /// The member role; `None` = the one that they have.
    pub role: Option<MemberRole>,
    /// The number goes with the person (F107); otherwise they get one of the new site, if it has any (F108).
    pub keep_number: bool,
    /// Whether direct licences that no persona names are taken away; `None` = they stay, and the plan says so (R106).
    pub licences: Option<OffboardLicences>,
}

/// What a move will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Its steps.
    pub steps: Vec<Step>,
    /// What people should know of it.
    pub notes: Vec<String>,
}

/// What Microsoft shows of somebody who is to move, and what is known of it.
struct Sight {
    user: Option<DirectoryUser>,
    number: Option<Number>,
    entry: Option<Entry>,
    skus: Vec<Sku>,
    groups: Vec<Group>,
}

/// Orders a move, whatever is open for the person; with `dry` only says what it would do. `Conflict` if it cannot be made as things
/// stand, and everything that stands in its way.
pub async fn move_to(
    shell: &Shell,
    tenant: &TenantId,
    person: &UserId,
    choice: &MoveChoice,
    dry: bool,
) -> Result<Planned> {
    let tenant = sync::tenant(shell, tenant).await?;
    let basis = basis::basis(shell, &tenant).await?;
    move_by(shell, &tenant, &basis, person, choice, dry, None).await
}

/// The same by what is laid down for everybody.
pub(super) async fn move_by(
    shell: &Shell,
    tenant: &Tenant,
    basis: &Basis,
    person: &UserId,
    choice: &MoveChoice,
    dry: bool,
    file: Option<&SetId>,
) -> Result<Planned> {
    let found = look::find(shell, tenant, person).await?;
    check(&found, choice)?;
    let open = open_job(shell, tenant, &found).await?;
    if let Some(open) = open.filter(|open| !open.lines.is_empty() || open.goal == Goal::Move) {
        let why = format!(
            "job {} has a telephone number of the person in hand: move them when it is over",
            open.id.0
        );
        return Err(Error::new(Kind::Conflict, why));
    }
    let sight = Sight::read(shell, tenant, person).await?;
    let planned = |person: &Person| plan(basis, &sight, person, choice);
    let (_, planned_now) = planned(&found)?;
    if dry {
        return Ok(planned_now);
    }
    order(shell, tenant, person, |person, _| {
        check(person, choice)?;
        let (plan, _) = planned(person)?;
        let file = file.cloned();
        Ok((Goal::Move, Plan { file, ..plan }))
    })
    .await?;
    Ok(planned_now)
}

pub(super) fn check(person: &Person, choice: &MoveChoice) -> Result<()> {
    let refused = |why: String| Err(Error::new(Kind::Conflict, why));
    if person.is_leaving() || person.left {
        return refused(format!(
            "person {} has left, or is being offboarded: give them a persona instead",
            person.id.0
        ));
    }
    if person.site.as_ref() == Some(&choice.site) {
        return refused(format!(
            "person {} is at {} already",
            person.id.0, choice.site.0
        ));
    }
    Ok(())
}

fn plan(
    basis: &Basis,
    sight: &Sight,
    person: &Person,
    choice: &MoveChoice,
) -> Result<(Plan, Planned)> {
    let refused = |why: String| Error::new(Kind::Conflict, why);
    let own = person.persona.as_ref().map(|held| held.id.clone());
    let persona = choice.persona.clone().or(own);
    let persona = persona.ok_or_else(|| {
        refused("the person holds no persona: say which one they are to get there".to_owned())
    })?;
    let choice_there = Choice {
        persona,
        profile: choice.profile.clone(),
        site: Some(choice.site.clone()),
        role: choice.role.clone(),
    };
    let mut wanted = chosen(basis, person, &choice_there)?;
    let tree = &basis.grounds.tree;
    let location = tree.effective(Some(&choice.site), |values| {
        values.emergency_location.clone()
    });
    let location = location.map(|location| location.value);
    if choice.keep_number {
        wanted.numbers.clear();
        wanted.emergency_location.clone_from(&location);
    }
    let node = sight.entry.as_ref().and_then(|entry| entry.node.as_ref());
    let rests = tree.effective(node, |values| values.cooling_days);
    let plans = sight.plans(&wanted);
    let user = sight.user.as_ref();
    let moving = Moving {
        wanted: &wanted,
        held: held(person, version(basis, person)),
        number: sight.number.as_ref(),
        entry: sight.entry.as_ref(),
        keeps: choice.keep_number,
        licences: choice.licences,
        on_leaving: tree.offboard_licences(person.site.as_ref()).value,
        location: location.as_deref(),
        rests: rests.map(|days| days.value).filter(|days| *days > 0),
        usage_location: user.and_then(|user| user.facts.text(Property::UsageLocation)),
        plans: plans.as_ref(),
    };
    let Relocation { steps, notes } = relocate(&moving).map_err(|objections| {
        let each: Vec<String> = objections.iter().map(ToString::to_string).collect();
        refused(each.join("; "))
    })?;
    let notes: Vec<String> = notes.iter().map(ToString::to_string).collect();
    let planned = Planned {
        steps: steps.clone(),
        notes: notes.clone(),
    };
    let plan = Plan {
        steps,
        wanted: Some(wanted),
        is_edit: false,
        from: Some(belonging(person)),
        notes,
        file: None,
    };
    Ok((plan, planned))
}

/// The plan of a move that rules lead to (F110), from what is known of the person: their number goes with them; where it cannot, they
/// get one of the new site, and where they cannot get one either, the number stays as it is, and the plan says so.
pub(super) async fn by_rule(
    shell: &Shell,
    tenant: &Tenant,
    book: &Policybook,
    person: &Person,
    wanted: Wanted,
) -> Result<(Goal, Plan)> {
    let held = held(
        person,
        person.persona.as_ref().and_then(|own| book.version(own)),
    );
    let stays = |wanted: Wanted, notes: Vec<String>| Plan {
        steps: steps::provision(&wanted, held),
        wanted: Some(wanted),
        is_edit: false,
        from: Some(belonging(person)),
        notes,
        file: None,
    };
    let moves = person.site != wanted.site && person.open_job.is_none();
    let Some(number) = person.number.as_ref().filter(|_| moves) else {
        return Ok((Goal::Provision, stays(wanted, Vec::new())));
    };
    let entry = shell.store.entry(tenant, number).await?;
    let tree = &book.grounds().tree;
    let location = tree.effective(wanted.site.as_ref(), |values| {
        values.emergency_location.clone()
    });
    let location = location.map(|location| location.value);
    let node = entry.as_ref().and_then(|entry| entry.node.as_ref());
    let rests = tree.effective(node, |values| values.cooling_days);
    let mut keeping = wanted.clone();
    keeping.numbers.clear();
    keeping.emergency_location.clone_from(&location);
    let mut objections = Vec::new();
    for (keeps, wanted) in [(true, &keeping), (false, &wanted)] {
        if !keeps && wanted.numbers.is_empty() {
            continue;
        }
        let moving = Moving {
            wanted,
            held,
            number: entry.as_ref().and_then(|entry| entry.told.as_ref()),
            entry: entry.as_ref(),
            keeps,
            licences: None,
            on_leaving: tree.offboard_licences(person.site.as_ref()).value,
            location: location.as_deref(),
            rests: rests
                .as_ref()
                .map(|days| days.value)
                .filter(|days| *days > 0),
            usage_location: person.facts.text(Property::UsageLocation),
            plans: None,
        };
        match relocate(&moving) {
            Ok(Relocation { steps, notes }) => {
                let notes = notes.iter().map(ToString::to_string);
                let plan = Plan {
                    steps,
                    wanted: Some(wanted.clone()),
                    is_edit: false,
                    from: Some(belonging(person)),
                    notes: objections.into_iter().chain(notes).collect(),
                    file: None,
                };
                return Ok((Goal::Move, plan));
            }
            Err(why) => objections.extend(why.iter().map(|why| {
                let what = if keeps {
                    "the number is not kept"
                } else {
                    "no new number"
                };
                format!("{what}: {why}")
            })),
        }
    }
    objections.push("the number stays what and where it is: move the person by hand".to_owned());
    Ok((Goal::Provision, stays(wanted, objections)))
}

impl Sight {
    async fn read(shell: &Shell, tenant: &Tenant, person: &UserId) -> Result<Self> {
        let graph: Graph = shell.graph(tenant).await?;
        let user = graph.user(person).await?;
        let held = graph.numbers_of(person).await?;
        let number = held.into_iter().find(Number::is_primary);
        let entry = match &number {
            Some(line) => shell.store.entry(tenant, &line.number).await?,
            None => None,
        };
        Ok(Self {
            user,
            number,
            entry,
            skus: shell.store.skus(&tenant.id).await?,
            groups: shell.store.groups(&tenant.id).await?,
        })
    }

    /// The service plans that the person will have; `None` = that cannot be said, because a product or a group is not known.
    fn plans(&self, wanted: &Wanted) -> Option<BTreeSet<PlanId>> {
        let states = self.user.as_ref()?.licence_states.as_ref()?;
        let stays = |is_direct: bool| !is_direct || wanted.licences.is_empty();
        let mut products: BTreeSet<SkuId> = states
            .iter()
            .filter(|state| stays(state.is_direct()))
            .map(|state| state.sku.clone())
            .collect();
        for id in &wanted.groups {
            let group = self.groups.iter().find(|group| group.id.same(id))?;
            products.extend(group.licences.iter().cloned());
        }
        products.extend(wanted.licences.iter().cloned());
        let mut plans = BTreeSet::new();
        for product in products {
            let known = self.skus.iter().find(|sku| sku.id == product);
            let known = known.filter(|sku| !sku.plans.is_empty())?;
            let off = wanted.disabled.get(&product);
            let on = known
                .plans
                .iter()
                .filter(|plan| off.is_none_or(|off| !off.contains(*plan)));
            plans.extend(on.cloned());
        }
        Some(plans)
    }
}
