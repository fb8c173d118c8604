//! Files of orders for many people: read, checked row by row, and given in as one change set (F112-F114).

use std::collections::{BTreeMap, BTreeSet};

use crate::config;
use crate::error::{Error, Kind, Result};
pub use crate::model::change_set::FileOrder;
use crate::model::change_set::{ChangeKind, ChangeSet, Counts, SetId, SetOrigin, SetState};
use crate::model::lane::Lane;
use crate::model::microsoft::UserId;
use crate::model::person::{Person, PersonState};
use crate::model::persona::Wanted;
use crate::model::property::Property;
use crate::model::tenant::{Tenant, TenantId};
use crate::plan::decide::{Basis, Policybook};
use crate::plan::gate;
pub use crate::store::change_sets::FileOutcome;
use crate::store::change_sets::{PlanHash, PlannedChange};
use crate::store::commits::ulid;
use crate::store::keys;

use super::look::{self, PersonSeen};
use super::moves::{MoveChoice, check};
use super::order::{Choice, belonging, chosen};
use super::{Shell, basis, sync};

/// So many rows are in a file.
pub const MOST: usize = 1_000;
/// So many people are looked at to find those who are named by their user principal name.
const LOOKED_AT: usize = 50_000;

/// A row of a file, as somebody wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Their Entra object id, or their user principal name.
    pub person: String,
    /// What is ordered for them.
    pub order: FileOrder,
}

/// What is to be said of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Who it is; `None` = nobody.
    pub person: Option<UserId>,
    /// Why nothing can be ordered for them; `None` = it can.
    pub refused: Option<String>,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its rows, in their order.
    pub rows: Vec<Checked>,
    /// The change set that carries it out; `None` = nothing was given in.
    pub set: Option<SetId>,
}

/// Checks every row, and gives in those that can be ordered as one change set; nothing if a row is refused, unless `partly` says that the
/// others are to be. With `dry` nothing is given in at all. How much may go through without a yes counts as for every change; `by` may not
/// say it. `Conflict` if there are too many rows or none, or the rules cannot be used.
pub async fn give_in(
    shell: &Shell,
    tenant: &TenantId,
    rows: &[Row],
    partly: bool,
    dry: bool,
    by: &str,
) -> Result<Given> {
    let tenant = sync::tenant(shell, tenant).await?;
    let refused = |why: String| Error::new(Kind::Conflict, why);
    if rows.is_empty() || rows.len() > MOST {
        return Err(refused(format!("a file has 1 to {MOST} rows")));
    }
    let basis = basis::basis(shell, &tenant).await?;
    let book = Policybook::new(basis.clone()).map_err(|problem| refused(problem.to_string()))?;
    let people = found(shell, &tenant, rows).await?;
    let (mut checked, mut planned) = (Vec::new(), Vec::new());
    let mut named = BTreeSet::new();
    for row in rows {
        let Some(seen) = people.get(&row.person.to_lowercase()) else {
            checked.push(Checked {
                person: None,
                refused: Some("there is no such person".to_owned()),
            });
            continue;
        };
        let id = seen.person.id.clone();
        let outcome = if named.insert(id.clone()) {
            check_row(&book, &basis, seen, &row.order)
        } else {
            Err("an earlier row names them too".to_owned())
        };
        if let Ok((kinds, wanted)) = &outcome {
            planned.push(PlannedChange {
                person: id.clone(),
                kinds: kinds.clone(),
                before: belonging(&seen.person),
                wanted: wanted.clone(),
                order: Some(row.order.clone()),
            });
        }
        checked.push(Checked {
            person: Some(id),
            refused: outcome.err(),
        });
    }
    let is_whole = checked.iter().all(|row| row.refused.is_none());
    if dry || planned.is_empty() || !(is_whole || partly) {
        let rows = checked;
        return Ok(Given { rows, set: None });
    }
    let set = store(
        shell,
        &tenant,
        planned,
        by,
        &gate::decided_with(&basis),
        basis.rules.version,
    )
    .await?;
    Ok(Given {
        rows: checked,
        set: Some(set),
    })
}

/// The people of rows, by what the rows call them, in small letters.
async fn found(
    shell: &Shell,
    tenant: &Tenant,
    rows: &[Row],
) -> Result<BTreeMap<String, PersonSeen>> {
    let ids = rows.iter().map(|row| UserId(row.person.to_lowercase()));
    let ids: Vec<UserId> = ids.filter(UserId::is_guid).collect();
    let mut people = BTreeMap::new();
    for (id, person) in shell.store.some_people(tenant, &ids).await? {
        people.insert(id.0.to_lowercase(), person);
    }
    let names = rows.iter().map(|row| row.person.to_lowercase());
    let names: BTreeSet<String> = names.filter(|name| name.contains('@')).collect();
    if !names.is_empty() {
        let see = |person: Person| {
            let name = person.facts.text(Property::UserPrincipalName);
            let name = name
                .map(str::to_lowercase)
                .filter(|name| names.contains(name));
            if let Some(name) = name {
                people.insert(name, person);
            }
        };
        look::everybody(shell, tenant, LOOKED_AT, see).await?;
    }
    let mut seen = BTreeMap::new();
    for (name, person) in people {
        seen.insert(name, look::with_job(shell, tenant, person).await?);
    }
    Ok(seen)
}

/// What a row orders, as single orders have it.
pub(super) enum Ordered {
    Offboard,
    Move(MoveChoice),
    Persona(Choice),
    Unstage,
}

impl From<&FileOrder> for Ordered {
    fn from(order: &FileOrder) -> Self {
        match order.clone() {
            FileOrder::Offboard => Self::Offboard,
            FileOrder::Unstage => Self::Unstage,
            FileOrder::Move {
                site,
                persona,
                profile,
                keep_number,
            } => Self::Move(MoveChoice {
                site,
                persona,
                profile,
                role: None,
                keep_number,
                licences: None,
            }),
            FileOrder::Persona {
                persona,
                profile,
                site,
            } => Self::Persona(Choice {
                persona,
                profile,
                site,
                role: None,
            }),
        }
    }
}

type Planned = (Vec<ChangeKind>, Wanted);

/// What a row does to somebody, or why it cannot be ordered as things stand.
fn check_row(
    book: &Policybook,
    basis: &Basis,
    seen: &PersonSeen,
    order: &FileOrder,
) -> std::result::Result<Planned, String> {
    let person = &seen.person;
    let told = |error: Error| error.to_string();
    let choice = match Ordered::from(order) {
        Ordered::Offboard if person.is_leaving() => {
            return Err("they are being offboarded already".to_owned());
        }
        Ordered::Offboard => return Ok((vec![ChangeKind::Offboard], Wanted::default())),
        Ordered::Unstage => {
            let staged = seen.state() == PersonState::Staged;
            let staged = staged.then(Default::default);
            return staged.ok_or_else(|| "they are not staged".to_owned());
        }
        Ordered::Move(choice) => {
            check(person, &choice).map_err(told)?;
            let held = person.persona.as_ref().map(|held| held.id.clone());
            let persona = choice.persona.or(held);
            Choice {
                persona: persona
                    .ok_or("they hold no persona: name the one that they are to get there")?,
                profile: choice.profile,
                site: Some(choice.site),
                role: None,
            }
        }
        Ordered::Persona(choice) => choice,
    };
    let wanted = chosen(basis, person, &choice).map_err(told)?;
    Ok((gate::kinds(book, person, &wanted), wanted))
}

async fn store(
    shell: &Shell,
    tenant: &Tenant,
    mut rows: Vec<PlannedChange>,
    by: &str,
    decided_with: &str,
    rules: u32,
) -> Result<SetId> {
    let now = shell.clock.now();
    rows.sort_by_key(|row| {
        (
            keys::shard_of(&row.person.0, tenant.shards),
            row.person.clone(),
        )
    });
    let mut hash = PlanHash::default();
    hash.add(&rows)?;
    let hash = hash.end();
    let id = SetId(ulid(&format!("{} {by} {hash}", tenant.id.as_str()), now));
    let set = ChangeSet {
        id: id.clone(),
        origin: SetOrigin::File,
        state: SetState::Deciding,
        hash,
        decided_with: decided_with.to_owned(),
        rules,
        whole: false,
        people: u64::try_from(rows.len()).unwrap_or_default(),
        in_scope: 0,
        counts: Counts::new(),
        reason: String::new(),
        authors: BTreeSet::from([by.to_owned()]),
        first_stopped: now,
        expires: now + config::CHANGE_SET_EXPIRES,
        answered_by: None,
        applied: 0,
        moved: 0,
        place: None,
        version: 0,
    };
    shell.store.put_planned(tenant, &id, &rows).await?;
    shell.store.add_file(&tenant.id, &set, now).await?;
    shell.ring(&tenant.id, [Lane::Sync]).await;
    Ok(id)
}

/// What became of these people of a file, as far as it was their turn.
pub async fn outcomes(
    shell: &Shell,
    tenant: &TenantId,
    set: &SetId,
    people: &[UserId],
) -> Result<Vec<FileOutcome>> {
    let tenant = sync::tenant(shell, tenant).await?;
    shell.store.outcomes(&tenant, set, people).await
}
