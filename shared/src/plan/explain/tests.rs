//! I2: an explanation is checked by somebody who knows nothing of the engine: a reader of canonical comparisons, a dozen lines long.

use super::*;
use crate::model::facts::Facts;
use crate::model::microsoft::UserId;
use crate::model::person::Person;
use crate::model::persona::{Persona, PersonaRef, Rules, WrittenRule};
use crate::model::property::Property;
use crate::plan::decide::Basis;

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % end
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

const TEXTS: [Property; 4] = [
    Property::City,
    Property::Country,
    Property::Department,
    Property::JobTitle,
];
const VALUES: [&str; 8] = [
    "Sales",
    "sales north",
    "North",
    "London",
    "Lon",
    "GB",
    "Nurse",
    "Ärztin",
];

fn comparison(dice: &mut Dice) -> String {
    let property = TEXTS[dice.below(TEXTS.len())].name();
    let (one, two) = (dice.of(&VALUES), dice.of(&VALUES));
    match dice.below(8) {
        0 => format!("user.{property} -ne null"),
        1 => format!("user.{property} -in [\"{one}\", \"{two}\"]"),
        2 => format!("user.{property} -notIn [\"{one}\", \"{two}\"]"),
        3 => format!("user.{property} -startsWith \"{one}\""),
        4 => format!("user.{property} -notContains \"{one}\""),
        5 => format!("user.{property} -ne \"{one}\""),
        6 => format!("user.accountEnabled -eq {}", dice.below(2) == 0),
        _ => format!("user.{property} -eq \"{one}\""),
    }
}

fn condition(dice: &mut Dice, depth: usize) -> String {
    if depth == 0 {
        return comparison(dice);
    }
    match dice.below(4) {
        0 => format!("-not ({})", condition(dice, depth - 1)),
        1 => comparison(dice),
        joint => {
            let joint = ["-and", "-or"][joint - 2];
            let parts = (0..2 + dice.below(2)).map(|_| format!("({})", condition(dice, depth - 1)));
            parts.collect::<Vec<_>>().join(&format!(" {joint} "))
        }
    }
}

fn person(dice: &mut Dice, nth: usize) -> Person {
    let mut facts = Facts::default();
    for property in TEXTS {
        if dice.below(5) > 0 {
            facts.insert_text(property, dice.of(&VALUES));
        }
    }
    facts.insert_flag(Property::AccountEnabled, dice.below(6) > 0);
    Person {
        id: UserId(format!("{nth}")),
        ..Person::with(facts)
    }
}

/// Twenty rules, each with a persona of its own.
fn book(dice: &mut Dice) -> (Policybook, Vec<String>) {
    let whens: Vec<String> = (0..20).map(|_| condition(dice, 3)).collect();
    let persona = |nth: usize| Persona {
        reference: PersonaRef {
            id: format!("p{nth}"),
            version: 1,
        },
        name: format!("P{nth}"),
        ..Persona::default()
    };
    let rule = |(nth, when): (usize, &String)| WrittenRule {
        name: format!("rule {nth}"),
        description: None,
        when: when.clone(),
        then: PersonaChoice {
            persona: format!("p{nth}"),
            ..PersonaChoice::default()
        },
    };
    let rules = Rules {
        version: 1,
        placement: Vec::new(),
        persona: whens.iter().enumerate().map(rule).collect(),
    };
    let basis = Basis {
        rules,
        personas: (0..20).map(persona).collect(),
        ..Basis::default()
    };
    (Policybook::new(basis).unwrap(), whens)
}

/// Whether a canonical comparison is true of a value, read as text: independent of the engine.
fn is_true(comparison: &str, value: Option<&str>) -> bool {
    let mut words = comparison.splitn(3, ' ');
    let (_, operator, right) = (words.next(), words.next().unwrap(), words.next().unwrap());
    let value = value.map(str::to_lowercase);
    let texts: Vec<String> = right
        .trim_matches(['[', ']'])
        .split(", ")
        .map(|text| text.trim_matches('"').to_lowercase())
        .collect();
    let meets = |one: &dyn Fn(&str) -> bool| value.as_deref().is_some_and(one);
    match (operator, right) {
        ("-ne", "null") => value.is_some(),
        ("-eq" | "-in", _) => meets(&|value| texts.iter().any(|text| text == value)),
        ("-ne" | "-notIn", _) => !meets(&|value| texts.iter().any(|text| text == value)),
        ("-startsWith", _) => meets(&|value| value.starts_with(&texts[0])),
        ("-notContains", _) => !meets(&|value| value.contains(&texts[0])),
        _ => panic!("{comparison}"),
    }
}

/// Everything about a person that is not among the reasons, turned into something else.
fn otherwise(person: &Person, reasons: &[Reason], dice: &mut Dice) -> Facts {
    let mut facts = person.facts.clone();
    let named = |property| {
        reasons
            .iter()
            .any(|reason| reason.property == Property::name(property))
    };
    for property in TEXTS.into_iter().filter(|one| !named(*one)) {
        facts.insert_text(property, dice.of(&VALUES));
    }
    if !named(Property::AccountEnabled) {
        facts.insert_flag(Property::AccountEnabled, dice.below(2) == 0);
    }
    facts
}

/// I2: for 1,000 people the explanation, evaluated again by the reader above, leads to the persona that is decided; and its reasons suffice:
/// whatever else is different about the person, the rule says the same.
#[test]
fn a_thousand_explanations_hold() {
    let mut dice = Dice(11);
    let mut matched = 0;
    for round in 0..10 {
        let (book, whens) = book(&mut dice);
        for nth in 0..100 {
            let person = person(&mut dice, round * 100 + nth);
            let told = book.explain(&person);
            let tried = told.persona.failed.iter().map(|verdict| (verdict, false));
            let last = told
                .persona
                .matched
                .iter()
                .map(|(verdict, _)| (verdict, true));
            for (place, (verdict, matches)) in tried.chain(last).enumerate() {
                assert_eq!(verdict.rule, format!("rule {place}"));
                assert!(!verdict.reasons.is_empty());
                for reason in &verdict.reasons {
                    let value = match person.facts.flag(property_of(reason)) {
                        Some(flag) => Some(flag.to_string()),
                        None => person.facts.text(property_of(reason)).map(str::to_owned),
                    };
                    assert_eq!(reason.value, value);
                    let again = is_true(&reason.comparison, value.as_deref());
                    assert_eq!(again, reason.holds, "{reason:?}");
                }
                let rule = crate::plan::rule::Rule::parse(&whens[place]).unwrap();
                let other = otherwise(&person, &verdict.reasons, &mut dice);
                assert_eq!(
                    rule.matches(&Candidate::of(&other)),
                    matches,
                    "{}",
                    whens[place]
                );
            }
            let explained = told.persona.matched.map(|(_, choice)| choice.persona);
            let enabled = person.facts.flag(Property::AccountEnabled) == Some(true);
            let wanted = told.wanted.ok().and_then(|wanted| wanted.persona);
            assert_eq!(
                wanted.map(|one| one.id),
                explained.clone().filter(|_| enabled)
            );
            matched += usize::from(explained.is_some());
        }
    }
    assert!((200..=1_000).contains(&matched), "{matched}");
}

fn property_of(reason: &Reason) -> Property {
    Property::named(&reason.property).unwrap()
}
