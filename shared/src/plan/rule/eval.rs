//! Whether a tree holds for a person: total, two-valued (D11), without regard to case (D27).

use super::ast::{Comparison, Expr, Literal, Test, TextTest, fold};
use crate::model::facts::Facts;

impl Expr {
    /// Whether it is true of these facts.
    pub fn holds(&self, facts: &Facts) -> bool {
        match self {
            Self::Or(parts) => parts.iter().any(|part| part.holds(facts)),
            Self::And(parts) => parts.iter().all(|part| part.holds(facts)),
            Self::Not(part) => !part.holds(facts),
            Self::Comparison(comparison) => comparison.holds(facts),
        }
    }
}

impl Comparison {
    fn holds(&self, facts: &Facts) -> bool {
        let answer = match &self.test {
            Test::Null => !facts.has(self.property),
            Test::Flag(wanted) => facts.flag(self.property) == Some(*wanted),
            Test::Text(test) => facts
                .text(self.property)
                .is_some_and(|text| test.is_met_by(text)),
        };
        answer != self.negative
    }
}

impl TextTest {
    pub(super) fn is_met_by(&self, text: &str) -> bool {
        match self {
            Self::Equals(literal) => literal.is(text),
            Self::StartsWith(literal) => leads(literal.folded.chars(), fold(text)),
            Self::EndsWith(literal) => leads(literal.folded.chars().rev(), fold(text).rev()),
            Self::Contains(literal) => fold(text).collect::<String>().contains(&literal.folded),
            Self::Matches(pattern) => pattern.is_found_in(text),
            Self::In(literals) => literals.iter().any(|literal| literal.is(text)),
        }
    }
}

impl Literal {
    fn is(&self, text: &str) -> bool {
        fold(text).eq(self.folded.chars())
    }
}

/// Whether `text` begins with the whole of `part`.
fn leads(mut part: impl Iterator<Item = char>, mut text: impl Iterator<Item = char>) -> bool {
    part.all(|character| text.next() == Some(character))
}
