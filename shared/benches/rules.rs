//! 100 rules over 100,000 people on one core: how long it takes to find everybody's first match (`make bench`).

#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    missing_docs,
    reason = "whoever runs it reads what it says"
)]

use std::time::Instant;

use shared::model::facts::Facts;
use shared::model::property::Property;
use shared::model::time::Time;
use shared::plan::rule::list::{Listed, RuleList};
use shared::plan::rule::{Candidate, Rule};

const RULES: usize = 100;
const PEOPLE: usize = 100_000;
/// Longer than this is a failure.
const AT_MOST: f64 = 1.0;

/// What an administrator would write: a department and places, a title, a pattern now and then.
fn rule(nth: usize) -> Rule {
    let text = match nth % 5 {
        0 => format!("user.department -eq \"Department {nth}\" -and user.city -in [\"London\", \"Paris\", \"Köln\"]"),
        1 => format!("user.jobTitle -startsWith \"Title {nth}\" -or user.officeLocation -eq null -and user.city -eq \"Nowhere\"")
            .replace("officeLocation", "physicalDeliveryOfficeName"),
        2 => format!("user.country -eq \"Country {nth}\" -and -not (user.department -contains \"temp\")"),
        3 => format!("user.mail -endsWith \"@branch{nth}.contoso.com\""),
        _ => format!("user.jobTitle -match \"^(Head|Deputy) of {nth}$\""),
    };
    Rule::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn person(nth: usize) -> Facts {
    let mut facts = Facts::default();
    let city = ["London", "Paris", "Köln", "Rome"][nth % 4];
    facts.insert_text(Property::City, city);
    facts.insert_text(Property::Department, &format!("Department {}", nth % 150));
    facts.insert_text(Property::JobTitle, &format!("Title {}", nth % 170));
    facts.insert_text(Property::Country, &format!("Country {}", nth % 190));
    facts.insert_text(
        Property::Mail,
        &format!("p{nth}@branch{}.contoso.com", nth % 130),
    );
    facts.insert_flag(Property::AccountEnabled, true);
    facts
}

fn main() {
    let rules = (0..RULES).map(|nth| Listed {
        name: format!("rule {nth}"),
        rule: rule(nth),
        then: nth,
    });
    let rules = RuleList(rules.collect());
    let people: Vec<Facts> = (0..PEOPLE).map(person).collect();
    let best = (0..3)
        .map(|_| {
            let start = Instant::now();
            let found = people.iter().filter(|facts| {
                let of = Candidate {
                    facts,
                    groups: None,
                    now: Time::default(),
                };
                rules.first_match(&of).is_some()
            });
            let found = found.count();
            let took = start.elapsed().as_secs_f64();
            println!("{RULES} rules over {PEOPLE} people: {took:.3} s, {found} matched");
            took
        })
        .fold(f64::MAX, f64::min);
    assert!(
        best < AT_MOST,
        "the best of three took {best:.3} s, at most {AT_MOST} s are allowed"
    );
}
