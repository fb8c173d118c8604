use std::collections::BTreeMap;

use super::*;
use crate::model::microsoft::{PolicyType, SkuId};
use crate::model::number::E164;
use crate::model::persona::PersonaRef;

fn wanted() -> Wanted {
    Wanted {
        persona: Some(PersonaRef {
            id: "sales".into(),
            version: 1,
        }),
        site: Some(SitePath("berlin".into())),
        usage_location: Some("DE".into()),
        licences: vec![SkuId("e5".into())],
        policies: BTreeMap::from([(PolicyType("TenantDialPlan".into()), "Berlin".into())]),
        numbers: vec![RangeId("berlin".into())],
        ..Wanted::default()
    }
}

fn line(kind: &str) -> Number {
    Number {
        number: E164::parse("+4420").unwrap(),
        kind: kind.into(),
        activation: "activated".into(),
        status: "userAssigned".into(),
        holder: Some("adele".into()),
        category: None,
        capabilities: vec!["userAssignment".into()],
        source: "online".into(),
        port_in: None,
        country: Some("GB".into()),
        city: None,
        location: None,
    }
}

/// Somebody with a number of London, and a telephone system wherever they go.
struct Case {
    wanted: Wanted,
    number: Option<Number>,
    entry: Option<Entry>,
    keeps: bool,
    licences: Option<OffboardLicences>,
    on_leaving: OffboardLicences,
    location: Option<&'static str>,
    rests: Option<u16>,
    plans: Option<BTreeSet<PlanId>>,
}

fn check(change: impl FnOnce(&mut Case), expected: &str) {
    let line = line("directRouting");
    let entry = Entry {
        state: NumberState::Used,
        ..Entry::new(
            line.number.clone(),
            Some(RangeId("london".into())),
            Some(SitePath("london".into())),
        )
    };
    let mut case = Case {
        wanted: wanted(),
        number: Some(line),
        entry: Some(entry),
        keeps: false,
        licences: None,
        on_leaving: OffboardLicences::Keep,
        location: None,
        rests: None,
        plans: Some([PlanId(PHONE_SYSTEM[0].into())].into()),
    };
    change(&mut case);
    let moving = Moving {
        wanted: &case.wanted,
        held: Held::default(),
        number: case.number.as_ref(),
        entry: case.entry.as_ref(),
        keeps: case.keeps,
        licences: case.licences,
        on_leaving: case.on_leaving,
        location: case.location,
        rests: case.rests,
        usage_location: Some("GB"),
        plans: case.plans.as_ref(),
    };
    let text = match relocate(&moving) {
        Ok(found) => {
            let steps: Vec<String> = found.steps.iter().map(Step::to_string).collect();
            let notes: Vec<String> = found.notes.iter().map(Remark::to_string).collect();
            format!("{} | {}", steps.join(" · "), notes.join("; "))
        }
        Err(found) => {
            let each: Vec<String> = found.iter().map(Objection::to_string).collect();
            format!("refused: {}", each.join("; "))
        }
    };
    assert_eq!(text, expected);
}

/// R103-R105, R108, F108: the new number is kept first, the old one goes right before it is given.
#[test]
fn the_old_number_goes_right_before_the_new_one_comes() {
    check(
        |_| {},
        "usage location DE · another number of berlin · licences exactly e5 · await Teams · policies TenantDialPlan=\"Berlin\" · no number · the number assigned · place at berlin · no member role | the old number is free for others at once",
    );
    check(
        |moving| {
            moving.number = None;
            moving.entry = None;
        },
        "usage location DE · a number of berlin · licences exactly e5 · await Teams · policies TenantDialPlan=\"Berlin\" · the number assigned · place at berlin · no member role | ",
    );
}

/// R27, F53, R106: where there are no numbers the old one goes before licences change; licences that no persona names stay, or go if asked.
#[test]
fn without_numbers_at_the_new_site_the_old_one_goes_first() {
    let without = Wanted {
        numbers: Vec::new(),
        ..wanted()
    };
    check(
        |moving| {
            moving.wanted.clone_from(&without);
            moving.plans = Some(BTreeSet::new());
            moving.rests = Some(30);
        },
        "usage location DE · no number · licences exactly e5 · await Teams · policies TenantDialPlan=\"Berlin\" · place at berlin · no member role | the old number rests for 30 days before others get it; there is no telephone number for them at the new site",
    );
    let bare = Wanted {
        licences: Vec::new(),
        policies: BTreeMap::new(),
        ..without.clone()
    };
    check(
        |moving| {
            moving.wanted.clone_from(&bare);
            moving.on_leaving = OffboardLicences::Remove;
        },
        "usage location DE · no number · place at berlin · no member role | the old number is free for others at once; there is no telephone number for them at the new site; licences stay, although whoever leaves the site loses them: ask for `remove` to have them taken away",
    );
    check(
        |moving| {
            moving.wanted.clone_from(&bare);
            moving.licences = Some(OffboardLicences::Remove);
        },
        "usage location DE · no number · no direct licences · place at berlin · no member role | the old number is free for others at once; there is no telephone number for them at the new site",
    );
}

/// R110-R112, F107: a number that is kept is neither taken away nor given.
#[test]
fn a_number_that_is_kept_is_neither_taken_nor_given() {
    let keep = Wanted {
        numbers: Vec::new(),
        ..wanted()
    };
    check(
        |moving| {
            moving.wanted.clone_from(&keep);
            moving.keeps = true;
            moving.location = Some("reception");
        },
        "the number kept · usage location DE · licences exactly e5 · await Teams · policies TenantDialPlan=\"Berlin\" · the number at the emergency location reception · place at berlin · no member role | the number belongs to berlin then, and to the range london no more",
    );
}

/// F109, F68: everything that stands in the way of a number that is kept, at once.
#[test]
fn what_stands_in_the_way_of_a_number_that_is_kept() {
    let keep = Wanted {
        numbers: Vec::new(),
        ..wanted()
    };
    let calling_plan = line("callingPlan");
    let contested = Entry {
        state: NumberState::Conflict,
        ..Entry::new(calling_plan.number.clone(), None, None)
    };
    check(
        |moving| {
            moving.wanted.clone_from(&keep);
            moving.keeps = true;
            moving.number = Some(calling_plan);
            moving.entry = Some(contested);
            moving.plans = Some(BTreeSet::new());
        },
        "refused: none of the licences that the person will have holds a telephone system (MCOEV); the inventory says that the number is conflict, not used by the person; a person must look at it first; the number belongs to a calling plan, and none of the licences that the person will have holds one; a number of the kind callingPlan needs an emergency location, and none is set for the site; the number belongs to a calling plan of GB, and the person's usage location will be DE",
    );
    let on_premises = Number {
        source: "onPremises".into(),
        ..line("directRouting")
    };
    check(
        |moving| {
            moving.wanted.clone_from(&keep);
            moving.keeps = true;
            moving.number = Some(on_premises);
            moving.plans = None;
        },
        "refused: the number is mastered on premises: change it there first",
    );
    check(
        |moving| {
            moving.wanted.clone_from(&keep);
            moving.keeps = true;
            moving.number = None;
        },
        "refused: the person has no telephone number to keep",
    );
    check(
        |moving| {
            moving.licences = Some(OffboardLicences::Remove);
            moving.plans = Some(BTreeSet::new());
        },
        "refused: none of the licences that the person will have holds a telephone system (MCOEV)",
    );
}
