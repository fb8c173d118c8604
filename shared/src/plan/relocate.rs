//! Moving somebody to another site: what stands in its way, which steps it takes, and what people should know of it (R103-R112, F109).

use std::collections::BTreeSet;
use std::fmt;

use crate::model::inventory::{Entry, NumberState, RangeId};
use crate::model::microsoft::PlanId;
use crate::model::number::Number;
use crate::model::persona::{SitePath, Wanted};
use crate::model::step::Step;
use crate::model::tenant::OffboardLicences;

use super::steps::{Held, provision};

/// Service plans of which one is needed to have a telephone number (`graph-api.md 3.6`).
const PHONE_SYSTEM: [&str; 4] = [
    "4828c8ec-dc2e-4779-b502-87ac9ce28ab7",
    "db23fce2-a974-42ef-9002-d78dd42a0f22",
    "ed777b71-af04-42ca-9798-84344c66f7c6",
    "cb22fbd7-ed7d-4786-a27a-e4cd617b69c0",
];
/// Service plans of which one is needed besides for a number of a calling plan.
const CALLING_PLAN: [&str; 10] = [
    "4ed3ff63-69d7-4fb7-b984-5aec7f605ca8",
    "3c8a8792-7866-409b-bb61-1b20ace0368b",
    "5a10155d-f5c1-411a-a8ec-e99aae125390",
    "6b340437-d6f9-4dc5-8cc2-99163f7f83d6",
    "54a152dc-90de-4996-93d2-bc47e670fc06",
    "346d83bf-6fe6-42ca-b424-b9300d2e21bf",
    "16935b20-87c0-4908-934a-22aa267d0d26",
    "1346d5e6-15a6-4b88-9693-806ff7296a7a",
    "156a1efe-17cd-4b03-9f17-2eb512298fb3",
    "7861360b-dc3b-4eba-a3fc-0d323a035746",
];

/// A move, with everything that it depends on.
#[derive(Clone, Debug)]
pub struct Moving<'a> {
    /// What they are to have at the new site.
    pub wanted: &'a Wanted,
    /// What they have by us.
    pub held: Held<'a>,
    /// The telephone number that they have, as Microsoft shows it now.
    pub number: Option<&'a Number>,
    /// The same number in our inventory.
    pub entry: Option<&'a Entry>,
    /// They keep it.
    pub keeps: bool,
    /// Whether their licences are taken away where the persona names none; `None` = they stay, whatever is set for leaving (R106).
    pub licences: Option<OffboardLicences>,
    /// What is set for leaving where they are.
    pub on_leaving: OffboardLicences,
    /// The emergency location of the new site.
    pub location: Option<&'a str>,
    /// For how many days their number rests that is given back.
    pub rests: Option<u16>,
    /// The usage location that they have.
    pub usage_location: Option<&'a str>,
    /// The service plans that they will have there; `None` = not known.
    pub plans: Option<&'a BTreeSet<PlanId>>,
}

/// A move that can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relocation {
    /// Its steps.
    pub steps: Vec<Step>,
    /// What people should know of it.
    pub notes: Vec<Remark>,
}

/// Why a move cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Objection {
    /// There is no number to keep.
    NoNumber,
    /// The inventory says that it is something else than theirs.
    NotTheirs(NumberState),
    /// It is mastered on premises.
    OnPremises,
    /// No licence there holds a telephone system.
    NoPhoneSystem,
    /// The number is one of a calling plan, and no licence there holds one.
    NoCallingPlan,
    /// A number of a calling plan belongs to one country, and the person will be in another.
    OtherCountry {
        /// The number's.
        number: String,
        /// The person's; `None` = none.
        person: Option<String>,
    },
    /// A number of this kind needs an emergency location, and the site has none.
    NoEmergencyLocation(String),
    /// Licences are to go, and a number is to be had.
    LicencesNeeded,
}

/// What people should know of a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// Licences stay although whoever leaves loses them.
    LicencesStay,
    /// The number can be seen from the new site: its entry stays where it is (R111).
    StaysAt(Option<SitePath>),
    /// Its entry moves to the new site, and out of the range that it was drawn from (R112).
    Relocates(Option<SitePath>, Option<RangeId>),
    /// The old number is given back and rests for so many days; `None` = it is free at once (F108).
    Rests(Option<u16>),
    /// There is no number at the new site for them.
    NoNumberThere,
}

/// The steps of a move, or everything that stands in its way.
///
/// A new number is kept before anything else is done, and the old one is taken away only when everything else has come about, right
/// before the new one is given: whoever cannot be given one at the new site goes on ringing at the old. A number that is kept is
/// neither taken away nor given.
pub fn relocate(moving: &Moving<'_>) -> Result<Relocation, Vec<Objection>> {
    let objections = objections(moving);
    if !objections.is_empty() {
        return Err(objections);
    }
    let wanted = moving.wanted;
    let mut notes = Vec::new();
    let held = Held {
        number: moving
            .number
            .filter(|_| moving.keeps)
            .map(|line| &line.number),
        ..moving.held
    };
    let mut steps = provision(wanted, held);
    match moving.number {
        Some(line) if moving.keeps => keep(moving, line, &mut steps, &mut notes),
        Some(_) => {
            give_back(&mut steps);
            notes.push(Remark::Rests(moving.rests));
        }
        None => {}
    }
    if !gets_number(moving) && !moving.keeps && moving.number.is_some() {
        notes.push(Remark::NoNumberThere);
    }
    if wanted.licences.is_empty() {
        if moving.licences == Some(OffboardLicences::Remove) {
            insert_before(&mut steps, Step::ClearLicences, |step| {
                matches!(step, Step::Place { .. })
            });
        } else if moving.licences.is_none() && moving.on_leaving == OffboardLicences::Remove {
            notes.push(Remark::LicencesStay);
        }
    }
    Ok(Relocation { steps, notes })
}

fn keep(moving: &Moving<'_>, line: &Number, steps: &mut Vec<Step>, notes: &mut Vec<Remark>) {
    let site = &moving.wanted.site;
    let first = Step::KeepNumber {
        number: line.number.clone(),
        site: site.clone(),
    };
    steps.insert(0, first);
    let location = moving.location.map(str::to_owned);
    let has = line.location.as_deref().filter(|id| !id.is_empty());
    if has.is_some() || location.is_some() {
        let located = Step::EmergencyLocation {
            number: line.number.clone(),
            location,
        };
        insert_before(steps, located, |step| matches!(step, Step::Place { .. }));
    }
    if let Some(entry) = moving.entry {
        notes.push(if SitePath::is_within(site.as_ref(), entry.node.as_ref()) {
            Remark::StaysAt(entry.node.clone())
        } else {
            Remark::Relocates(site.clone(), entry.range.clone())
        });
    }
}

/// Makes a plan give another number than the one that they have, which is taken away.
fn give_back(steps: &mut Vec<Step>) {
    for step in steps.iter_mut() {
        if let Step::HoldNumber { another, .. } = step {
            *another = true;
        }
    }
    let gets_one = |step: &Step| matches!(step, Step::AssignNumber { .. });
    if steps.iter().any(gets_one) {
        insert_before(steps, Step::NoNumbers, gets_one);
    } else {
        // What holds a number keeps its licence (F53).
        insert_before(steps, Step::NoNumbers, |step| {
            !matches!(step, Step::UsageLocation { .. })
        });
    }
}

fn insert_before(steps: &mut Vec<Step>, step: Step, what: impl Fn(&Step) -> bool) {
    let at = steps.iter().position(what).unwrap_or(steps.len());
    steps.insert(at, step);
}

fn gets_number(moving: &Moving<'_>) -> bool {
    !moving.wanted.numbers.is_empty()
}

fn objections(moving: &Moving<'_>) -> Vec<Objection> {
    let mut found = Vec::new();
    let will_have_one = gets_number(moving) || moving.keeps;
    let has = |plans: &[&str]| {
        moving.plans.is_none_or(|own| {
            let mut own = own.iter();
            own.any(|plan| plans.contains(&plan.0.as_str()))
        })
    };
    if will_have_one && !has(&PHONE_SYSTEM) {
        found.push(Objection::NoPhoneSystem);
    }
    let removes = moving.licences == Some(OffboardLicences::Remove);
    if will_have_one && removes && moving.wanted.licences.is_empty() {
        found.push(Objection::LicencesNeeded);
    }
    let Some(line) = moving.number else {
        found.extend(moving.keeps.then_some(Objection::NoNumber));
        return found;
    };
    if !line.source.eq_ignore_ascii_case("online") {
        found.push(Objection::OnPremises);
    }
    if !moving.keeps {
        return found;
    }
    if let Some(entry) = moving.entry.filter(|one| one.state != NumberState::Used) {
        found.push(Objection::NotTheirs(entry.state));
    }
    if needs_location(&line.kind) {
        if !has(&CALLING_PLAN) {
            found.push(Objection::NoCallingPlan);
        }
        if moving.location.is_none() {
            found.push(Objection::NoEmergencyLocation(line.kind.clone()));
        }
        let person = moving.wanted.usage_location.as_deref();
        let person = person.or(moving.usage_location);
        let same = |number: &String| person.is_some_and(|own| own.eq_ignore_ascii_case(number));
        if let Some(number) = line.country.as_ref().filter(|number| !same(number)) {
            found.push(Objection::OtherCountry {
                number: number.clone(),
                person: person.map(str::to_owned),
            });
        }
    }
    found
}

/// Whether a number of this kind is given only with an emergency location: one of a calling plan; for the other kinds the operator, or the
/// tenant's own network, answers for it (F68, `graph-api.md 5.3.4`).
pub fn needs_location(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("callingPlan")
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoNumber => f.write_str("the person has no telephone number to keep"),
            Self::NotTheirs(state) => write!(
                f,
                "the inventory says that the number is {state}, not used by the person; a person must look at it first"
            ),
            Self::OnPremises => {
                f.write_str("the number is mastered on premises: change it there first")
            }
            Self::NoPhoneSystem => f.write_str(
                "none of the licences that the person will have holds a telephone system (MCOEV)",
            ),
            Self::NoCallingPlan => f.write_str(
                "the number belongs to a calling plan, and none of the licences that the person will have holds one",
            ),
            Self::OtherCountry { number, person } => match person {
                Some(person) => write!(
                    f,
                    "the number belongs to a calling plan of {number}, and the person's usage location will be {person}"
                ),
                None => write!(
                    f,
                    "the number belongs to a calling plan of {number}, and the person will have no usage location"
                ),
            },
            Self::NoEmergencyLocation(kind) => write!(
                f,
                "a number of the kind {kind} needs an emergency location, and none is set for the site"
            ),
            Self::LicencesNeeded => f.write_str(
                "the licences cannot be taken away from somebody who is to have a telephone number",
            ),
        }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |site: &Option<SitePath>| {
            let path = site.as_ref().map(|site| site.0.clone());
            path.unwrap_or_else(|| "the tenant level".to_owned())
        };
        match self {
            Self::LicencesStay => f.write_str(
                "licences stay, although whoever leaves the site loses them: ask for `remove` to have them taken away",
            ),
            Self::StaysAt(node) => write!(
                f,
                "the number belongs to {}, which the new site can see: it stays there",
                at(node)
            ),
            Self::Relocates(site, None) => write!(f, "the number belongs to {} then", at(site)),
            Self::Relocates(site, Some(range)) => write!(
                f,
                "the number belongs to {} then, and to the range {} no more",
                at(site),
                range.0
            ),
            Self::Rests(None) => f.write_str("the old number is free for others at once"),
            Self::Rests(Some(days)) => {
                write!(f, "the old number rests for {days} days before others get it")
            }
            Self::NoNumberThere => f.write_str("there is no telephone number for them at the new site"),
        }
    }
}

#[cfg(test)]
mod tests;
