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
        rules
            .first_match(&Candidate::of(&adele()))
            .map(|listed| listed.then),
        Some(1)
    );
    assert_eq!(
        rules
            .first_match(&Candidate::of(&Facts::default()))
            .map(|listed| listed.then),
        Some(2)
    );
    assert_eq!(list(&[]).first_match(&Candidate::of(&adele())), None);
    assert_eq!(
        rules.reads().properties,
        BTreeSet::from([Property::City, Property::ObjectId])
    );
}

#[test]
fn a_rule_names_what_it_reads() {
    let rule =
        Rule::parse("not (user.mail eq null and user.accountEnabled eq true) or user.mail ne 'x'")
            .unwrap();
    assert_eq!(
        rule.reads().properties,
        BTreeSet::from([Property::AccountEnabled, Property::Mail])
    );
}

/// `rule-language.md 5, 14`: what costs more than the directory's usual answer is named, and so are groups and the clock.
#[test]
fn a_rule_names_what_has_to_be_read_for_it() {
    let reads = |text: &str| Rule::parse(text).unwrap().reads();
    assert!(reads("user.employeeHireDate -le (system.now -plus P7D)").clock);
    assert!(!reads("user.employeeHireDate -le 2026-03-01T00:00Z").clock);
    let cheap = reads("user.otherMails -any (_ -eq 'x') -or user.employeeHireDate -eq null");
    assert!(cheap.beyond().is_nothing());
    let group = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
    let extension = "extension_0123456789abcdef0123456789abcdef_grade";
    let text = format!(
        "user.assignedPlans -eq null or user.{extension} -eq 7 or not (user.memberOf -any (group.objectId -eq '{group}'))"
    );
    let beyond = reads(&text).beyond();
    let names: Vec<&str> = beyond.properties.iter().map(String::as_str).collect();
    assert_eq!(names, ["assignedPlans", extension]);
    let groups: Vec<&str> = beyond.groups.iter().map(|one| one.0.as_str()).collect();
    assert_eq!(groups, [group]);
}
