//! Why a condition holds for a person, or does not: the comparisons that decide it (I2).

use super::Rule;
use super::ast::{Comparison, Expr, Literal, Subject, Test, TextTest};
use super::eval::{Candidate, OneItem};
use crate::model::facts::Fact;
use crate::model::property::Property;

/// A comparison that decides, with the value that decides it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The comparison, in canonical text.
    pub comparison: String,
    /// What it asks about: a property, or a directory extension.
    pub property: String,
    /// The person's value; `None` = no value.
    pub value: Option<String>,
    /// Whether it holds.
    pub holds: bool,
    /// It does not hold, and would if the value were written a little differently.
    pub near: Option<Near>,
}

/// How little is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Near {
    /// Blanks: these at the ends, or more than one between words.
    Blanks(String),
    /// One letter more, less, or another one: the text that the rule has.
    Letter(String),
}

/// Fewer letters than these are not compared letter by letter: everything would be near.
const SHORTEST: usize = 4;

impl Rule {
    /// The comparisons because of which the condition holds, or does not hold: whatever else of it is true or false, these alone make it
    /// so. Of several that would do, the first; where all have to fail, all of them.
    pub fn reasons(&self, of: &Candidate<'_>) -> Vec<Reason> {
        let mut found = Vec::new();
        self.0.collect(of, &mut found);
        found
    }
}

impl Expr {
    fn collect(&self, of: &Candidate<'_>, found: &mut Vec<Reason>) {
        match self {
            Self::Comparison(comparison) => found.push(comparison.reason(of)),
            Self::Not(part) => part.collect(of, found),
            Self::And(parts) => decide(parts, false, of, found),
            Self::Or(parts) => decide(parts, true, of, found),
            // A collection is told as a whole: its condition is about items that have no names.
            Self::Quantified { collection, .. } => {
                let value = of.facts.get(*collection).map(shown);
                found.push(self.whole(*collection, value, of));
            }
            Self::MemberOf(_) => {
                let groups = of.groups.into_iter().flat_map(|groups| groups.keys());
                let ids: Vec<&str> = groups.map(|group| group.0.as_str()).collect();
                let value = (!ids.is_empty()).then(|| ids.join(", "));
                found.push(self.whole(Property::MemberOf, value, of));
            }
        }
    }

    fn whole(&self, property: Property, value: Option<String>, of: &Candidate<'_>) -> Reason {
        Reason {
            comparison: self.to_string(),
            property: property.name().to_owned(),
            value,
            holds: self.holds(of, OneItem::None),
            near: None,
        }
    }
}

/// A value as people read it.
fn shown(fact: &Fact) -> String {
    match fact {
        Fact::Text(text) => text.clone(),
        Fact::Flag(flag) => flag.to_string(),
        Fact::Date(date) => date.to_string(),
        Fact::Texts(texts) => texts.iter().cloned().collect::<Vec<_>>().join(", "),
        Fact::Plans(plans) => {
            let one = plans
                .iter()
                .map(|plan| format!("{} {} {}", plan.1, plan.2, plan.0));
            one.collect::<Vec<_>>().join(", ")
        }
    }
}

/// One part that has `alone` as its value decides the whole; without one all do.
fn decide(parts: &[Expr], alone: bool, of: &Candidate<'_>, found: &mut Vec<Reason>) {
    let decides = |part: &&Expr| part.holds(of, OneItem::None) == alone;
    match parts.iter().find(decides) {
        Some(part) => part.collect(of, found),
        None => parts.iter().for_each(|part| part.collect(of, found)),
    }
}

impl Comparison {
    fn reason(&self, of: &Candidate<'_>) -> Reason {
        let value = match &self.subject {
            Subject::Property(property) => of.facts.get(*property).map(shown),
            Subject::Extension(_) | Subject::Item(_) => {
                self.subject.text(of, OneItem::None).map(str::to_owned)
            }
        };
        let holds = self.holds(of, OneItem::None);
        let near = match (&self.test, &value) {
            (Test::Text(test), Some(value)) if !holds && !self.negative => test.near(value),
            (Test::Null | Test::Flag(_) | Test::Text(_) | Test::Date(_), _) => None,
        };
        Reason {
            comparison: self.to_string(),
            property: self.subject.name().to_owned(),
            value,
            holds,
            near,
        }
    }
}

impl TextTest {
    /// How little the value differs from what would meet the test. Case never matters.
    fn near(&self, value: &str) -> Option<Near> {
        let single = value.split_whitespace().collect::<Vec<_>>().join(" ");
        let squeezed = |literal: &Literal| {
            let written = literal.written.split_whitespace().collect::<Vec<_>>();
            Self::Equals(Literal::new(written.join(" ")))
        };
        let literals: Vec<&Literal> = match self {
            Self::Equals(literal) => vec![literal],
            Self::In(literals) => literals.iter().collect(),
            Self::StartsWith(_) | Self::EndsWith(_) | Self::Contains(_) | Self::Matches(_) => {
                let differs = single != value && self.is_met_by(&single);
                return differs.then_some(Near::Blanks(single));
            }
        };
        let same = literals
            .iter()
            .find(|literal| squeezed(literal).is_met_by(&single));
        if let Some(same) = same {
            return Some(Near::Blanks(same.written.clone()));
        }
        let folded: Vec<char> = Literal::new(single).folded.chars().collect();
        let one_off = |literal: &&&Literal| {
            let other: Vec<char> = literal.folded.chars().collect();
            folded.len().min(other.len()) >= SHORTEST && differs_by_one(&folded, &other)
        };
        let near = literals.iter().find(one_off)?;
        Some(Near::Letter(near.written.clone()))
    }
}

/// Exactly one letter is more, less, or another, or two neighbours have changed places.
fn differs_by_one(one: &[char], other: &[char]) -> bool {
    let start = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[start..], &other[start..]);
    let end = one.iter().rev().zip(other.iter().rev());
    let end = end.take_while(|(a, b)| a == b).count();
    match (&one[..one.len() - end], &other[..other.len() - end]) {
        ([_], [] | [_]) | ([], [_]) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::facts::Facts;

    fn facts() -> Facts {
        let mut facts = Facts::default();
        facts.insert_text(Property::Department, "Sales  North");
        facts.insert_text(Property::City, "Londn");
        facts.insert_flag(Property::AccountEnabled, true);
        facts
    }

    fn check(rule: &str, expected: &[&str]) {
        let reasons = Rule::parse(rule).unwrap().reasons(&Candidate::of(&facts()));
        let said = reasons.iter().map(|reason| {
            let near = match &reason.near {
                None => String::new(),
                Some(Near::Blanks(text)) => format!(", blanks: {text}"),
                Some(Near::Letter(text)) => format!(", a letter: {text}"),
            };
            let value = reason.value.as_deref().unwrap_or("no value");
            format!("{} {} ({value}{near})", reason.comparison, reason.holds)
        });
        let said: Vec<String> = said.collect();
        assert_eq!(said, expected, "{rule}");
    }

    /// I2: only what decides is named; of an -or that fails every part, of an -and the first.
    #[test]
    fn only_what_decides_is_named() {
        check(
            "user.city -eq \"Paris\" -and user.department -eq \"x\"",
            &["user.city -eq \"Paris\" false (Londn)"],
        );
        check(
            "user.city -eq \"Paris\" -or user.mail -ne null",
            &[
                "user.city -eq \"Paris\" false (Londn)",
                "user.mail -ne null false (no value)",
            ],
        );
        check(
            "user.city -eq \"Paris\" -or user.accountEnabled -eq true",
            &["user.accountEnabled -eq true true (true)"],
        );
        check(
            "-not (user.city -eq \"Paris\" -or user.mail -ne null)",
            &[
                "user.city -eq \"Paris\" false (Londn)",
                "user.mail -ne null false (no value)",
            ],
        );
    }

    /// I2: near misses by blanks and by one letter; case is none.
    #[test]
    fn a_near_miss_is_named() {
        for (rule, expected) in [
            (
                "user.department -eq \"sales north\"",
                "user.department -eq \"sales north\" false (Sales  North, blanks: sales north)",
            ),
            (
                "user.department -contains \"es n\"",
                "user.department -contains \"es n\" false (Sales  North, blanks: Sales North)",
            ),
            (
                "user.city -in [\"Berlin\",\"London\"]",
                "user.city -in [\"Berlin\", \"London\"] false (Londn, a letter: London)",
            ),
            (
                "user.city -eq \"Lodnn\"",
                "user.city -eq \"Lodnn\" false (Londn, a letter: Lodnn)",
            ),
            (
                "user.city -eq \"Lyon\"",
                "user.city -eq \"Lyon\" false (Londn)",
            ),
            (
                "user.city -ne \"Londn\"",
                "user.city -ne \"Londn\" false (Londn)",
            ),
        ] {
            check(rule, &[expected]);
        }
    }
}
