//! What is allowed, and seldom meant (`rule-language.md 12`).

use super::Rule;
use super::ast::{Comparison, Expr, Item, Literal, Subject, Test, TextTest};
use crate::model::property::Property;

impl Rule {
    /// What surprises people about this condition, each thing once. Nothing of it is wrong.
    pub fn warnings(&self) -> Vec<String> {
        let mut found = Vec::new();
        let root = &self.0;
        root.visit(&mut |part| match part {
            Expr::Comparison(comparison) => found.extend(comparison.warning(root)),
            Expr::Quantified {
                collection,
                all,
                condition,
            } => found.extend(quantified(*collection, *all, condition)),
            Expr::Or(_) | Expr::And(_) | Expr::Not(_) | Expr::MemberOf(_) => {}
        });
        let mut told = Vec::new();
        for warning in found {
            if !told.contains(&warning) {
                told.push(warning);
            }
        }
        told
    }
}

impl Comparison {
    fn warning(&self, root: &Expr) -> Option<String> {
        let name = self.subject.written();
        let of = |property| self.subject == Subject::Property(property);
        let is_property = matches!(self.subject, Subject::Property(_) | Subject::Extension(_));
        match &self.test {
            Test::Flag(false) if !self.negative && of(Property::DirSyncEnabled) => Some(format!(
                "{name} -eq false misses everybody without a value, such as cloud-only accounts: -ne true finds them too"
            )),
            Test::Text(TextTest::Equals(value))
                if of(Property::UserType) && is(value, "member") && !self.negative =>
            {
                Some(format!(
                    "{name} -eq \"Member\" misses old accounts without a type: -ne \"Guest\" finds them too"
                ))
            }
            Test::Text(TextTest::Equals(value))
                if of(Property::Country) && value.written.chars().count() == 2 =>
            {
                Some(format!(
                    "{name} is free text; the two-letter code is user.usageLocation"
                ))
            }
            Test::Text(TextTest::Matches(pattern))
                if !pattern.written().starts_with('^') && !pattern.written().ends_with('$') =>
            {
                Some(format!(
                    "{} finds its pattern anywhere in the text: ^ and $ tie it to the beginning and the end",
                    self.operator()
                ))
            }
            Test::Text(_)
                if self.negative && is_property && !asks_for_a_value(root, &self.subject) =>
            {
                Some(format!(
                    "this holds for everybody without a value, too: add -and {name} -ne null to leave them out"
                ))
            }
            Test::Null | Test::Flag(_) | Test::Text(_) | Test::Date(_) => None,
        }
    }
}

fn is(value: &Literal, folded: &str) -> bool {
    value.folded == folded
}

/// Somewhere in the rule the same subject is asked whether it has a value.
fn asks_for_a_value(root: &Expr, subject: &Subject) -> bool {
    let mut asks = false;
    root.visit(&mut |part| {
        if let Expr::Comparison(comparison) = part {
            asks |= comparison.subject == *subject
                && comparison.negative
                && comparison.test == Test::Null;
        }
    });
    asks
}

fn quantified(collection: Property, all: bool, condition: &Expr) -> Vec<String> {
    let mut found = Vec::new();
    let mut tests_status = false;
    condition.visit(&mut |part| {
        let Expr::Comparison(comparison) = part else {
            return;
        };
        tests_status |= comparison.subject == Subject::Item(Item::CapabilityStatus);
        if comparison.negative && !all {
            found.push(
                "-any with a negative comparison holds as soon as one item differs: -all is meant as a rule"
                    .to_owned(),
            );
        }
        let begins = match &comparison.test {
            Test::Text(TextTest::StartsWith(value) | TextTest::Equals(value)) => Some(value),
            Test::Text(
                TextTest::EndsWith(_)
                | TextTest::Contains(_)
                | TextTest::Matches(_)
                | TextTest::In(_),
            )
            | Test::Null
            | Test::Flag(_)
            | Test::Date(_) => None,
        };
        let has_kind = |value: &Literal| {
            let kind = value.folded.split_once(':');
            kind.is_some_and(|(_, address)| !address.starts_with(' '))
        };
        if collection == Property::ProxyAddresses && begins.is_some_and(|value| !has_kind(value)) {
            found.push(
                "addresses begin with their kind and a colon, without a blank: \"smtp:\", \"SMTP:\" or \"SIP:\""
                    .to_owned(),
            );
        }
    });
    if collection == Property::AssignedPlans && !tests_status {
        found.push(
            "plans stay listed after they were taken away: test assignedPlan.capabilityStatus -eq \"Enabled\" too; and plans are not licences"
                .to_owned(),
        );
    }
    found
}
