//! Rule lists, and what rules read.

use super::list::{Listed, RuleList};
use super::*;

fn list(rules: &[(&str, &str)]) -> RuleList<u32> {
    let listed = rules.iter().zip(0..).map(|(&(name, text), then)| Listed {
        name: name.to_owned(),
        rule: Rule::parse(text).unwrap(),
        then,
    });
    RuleList(listed.collect())
}

/// R133, F37: the order decides, and the rest is not looked at.
#[test]
fn the_first_match_applies() {
    let rules = list(&[
        ("Bonn", "user.city -eq 'Bonn'"),
        ("Köln", "user.city -eq 'Köln'"),
        ("all", "user.objectId -eq null -or user.objectId -ne null"),
    ]);
    assert_eq!(
        rules.first_match(&adele()).map(|listed| listed.then),
        Some(1)
    );
    assert_eq!(
        rules
            .first_match(&Facts::default())
            .map(|listed| listed.then),
        Some(2)
    );
    assert_eq!(list(&[]).first_match(&adele()), None);
    assert_eq!(
        rules.properties(),
        BTreeSet::from([Property::City, Property::ObjectId])
    );
}

#[test]
fn a_rule_names_what_it_reads() {
    let rule =
        Rule::parse("not (user.mail eq null and user.accountEnabled eq true) or user.mail ne 'x'")
            .unwrap();
    assert_eq!(
        rule.properties(),
        BTreeSet::from([Property::AccountEnabled, Property::Mail])
    );
}
