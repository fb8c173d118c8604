//! Whether a tree holds for a person: total, two-valued (D11), without regard to case (D27).

use std::collections::BTreeMap;

use super::ast::{Comparison, Expr, Item, Literal, Subject, Test, TextTest, fold};
use crate::model::facts::{AssignedPlan, Fact, Facts};
use crate::model::group::GroupId;
use crate::model::property::Property;
use crate::model::time::Time;

/// Whom a condition is asked about, and when.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// What the directory says of them.
    pub facts: &'a Facts,
    /// The followed groups that they are in directly.
    pub groups: Option<&'a BTreeMap<GroupId, u64>>,
    /// `system.now`: one moment for a whole run.
    pub now: Time,
}

#[cfg(test)]
impl<'a> Candidate<'a> {
    /// Somebody in no group, long ago.
    pub fn of(facts: &'a Facts) -> Self {
        Self {
            facts,
            groups: None,
            now: Time::from_millis(0),
        }
    }
}

/// The item that a condition inside a quantifier is asked about.
#[derive(Clone, Copy, Debug)]
pub(super) enum OneItem<'a> {
    /// Outside of every quantifier.
    None,
    Text(&'a str),
    Plan(&'a AssignedPlan),
}

impl Expr {
    /// Whether it is true of somebody.
    pub fn holds(&self, of: &Candidate<'_>, item: OneItem<'_>) -> bool {
        match self {
            Self::Or(parts) => parts.iter().any(|part| part.holds(of, item)),
            Self::And(parts) => parts.iter().all(|part| part.holds(of, item)),
            Self::Not(part) => !part.holds(of, item),
            Self::Comparison(comparison) => comparison.holds(of, item),
            Self::Quantified {
                collection,
                all,
                condition,
            } => {
                let mut items = items(of.facts, *collection);
                if *all {
                    items.all(|item| condition.holds(of, item))
                } else {
                    items.any(|item| condition.holds(of, item))
                }
            }
            Self::MemberOf(ids) => of.groups.is_some_and(|groups| {
                let is_in = |id: &Literal| {
                    groups
                        .keys()
                        .any(|group| group.0.eq_ignore_ascii_case(&id.written))
                };
                ids.iter().any(is_in)
            }),
        }
    }
}

/// The items of a collection; none without a value.
fn items(facts: &Facts, collection: Property) -> Box<dyn Iterator<Item = OneItem<'_>> + '_> {
    match facts.get(collection) {
        Some(Fact::Texts(texts)) => Box::new(texts.iter().map(|text| OneItem::Text(text))),
        Some(Fact::Plans(plans)) => Box::new(plans.iter().map(OneItem::Plan)),
        Some(Fact::Text(_) | Fact::Flag(_) | Fact::Date(_)) | None => Box::new(std::iter::empty()),
    }
}

impl Subject {
    /// The text that is compared; `None` = no value.
    pub(super) fn text<'a>(&self, of: &Candidate<'a>, item: OneItem<'a>) -> Option<&'a str> {
        let text = match (self, item) {
            (Self::Property(property), _) => of.facts.text(*property),
            (Self::Extension(name), _) => of.facts.extension(name),
            (Self::Item(Item::Text), OneItem::Text(text)) => Some(text),
            (Self::Item(Item::CapabilityStatus), OneItem::Plan(plan)) => Some(plan.0.as_str()),
            (Self::Item(Item::Service), OneItem::Plan(plan)) => Some(plan.1.as_str()),
            (Self::Item(Item::ServicePlanId), OneItem::Plan(plan)) => Some(plan.2.as_str()),
            (Self::Item(_), _) => None,
        };
        text.filter(|text| !text.is_empty())
    }

    fn flag(&self, facts: &Facts) -> Option<bool> {
        match self {
            Self::Property(property) => facts.flag(*property),
            Self::Extension(_) | Self::Item(_) => None,
        }
    }

    fn date(&self, facts: &Facts) -> Option<jiff::Timestamp> {
        match self {
            Self::Property(property) => facts.date(*property),
            Self::Extension(_) | Self::Item(_) => None,
        }
    }

    fn has_value(&self, of: &Candidate<'_>, item: OneItem<'_>) -> bool {
        match self {
            Self::Property(property) => of.facts.has(*property),
            Self::Extension(_) | Self::Item(_) => self.text(of, item).is_some(),
        }
    }
}

impl Comparison {
    pub(super) fn holds(&self, of: &Candidate<'_>, item: OneItem<'_>) -> bool {
        let subject = &self.subject;
        let answer = match &self.test {
            Test::Null => !subject.has_value(of, item),
            Test::Flag(wanted) => subject.flag(of.facts) == Some(*wanted),
            Test::Text(test) => {
                let text = subject.text(of, item);
                text.is_some_and(|text| test.is_met_by(text))
            }
            Test::Date(test) => {
                let date = subject.date(of.facts);
                date.is_some_and(|date| test.is_met_by(date, of.now))
            }
        };
        answer != self.negative
    }
}

impl TextTest {
    pub(super) fn is_met_by(&self, text: &str) -> bool {
        match self {
            Self::Equals(literal) => literal.is(text),
            Self::StartsWith(literal) => literal.begins(text),
            Self::EndsWith(literal) => literal.ends(text),
            Self::Contains(literal) => fold(text).collect::<String>().contains(&literal.folded),
            Self::Matches(pattern) => pattern.is_found_in(text),
            Self::In(literals) => literals.iter().any(|literal| literal.is(text)),
        }
    }
}

/// Nearly every text is ASCII, where a letter's lowercase mapping is one ASCII letter: it is compared without mapping it.
impl Literal {
    fn is(&self, text: &str) -> bool {
        if text.is_ascii() {
            return text.eq_ignore_ascii_case(&self.folded);
        }
        fold(text).eq(self.folded.chars())
    }

    fn begins(&self, text: &str) -> bool {
        if text.is_ascii() {
            let head = text.get(..self.folded.len());
            return head.is_some_and(|head| head.eq_ignore_ascii_case(&self.folded));
        }
        leads(self.folded.chars(), fold(text))
    }

    fn ends(&self, text: &str) -> bool {
        if text.is_ascii() {
            let rest = text.len().checked_sub(self.folded.len());
            let tail = rest.and_then(|rest| text.get(rest..));
            return tail.is_some_and(|tail| tail.eq_ignore_ascii_case(&self.folded));
        }
        leads(self.folded.chars().rev(), fold(text).rev())
    }
}

/// Whether `text` begins with the whole of `part`.
fn leads(mut part: impl Iterator<Item = char>, mut text: impl Iterator<Item = char>) -> bool {
    part.all(|character| text.next() == Some(character))
}
