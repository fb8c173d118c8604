//! The tree of an accepted rule.

use super::operator::{Compare, Relation};
use super::pattern::Pattern;
use crate::model::property::Property;

/// A condition. Chains of one operator are flat, so a tree is no deeper than its text is nested.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    /// Two or more.
    Or(Vec<Expr>),
    /// Two or more.
    And(Vec<Expr>),
    Not(Box<Expr>),
    Comparison(Comparison),
}

/// A question to one property.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Comparison {
    pub property: Property,
    /// The answer is turned round, for no value too (D11).
    pub negative: bool,
    pub test: Test,
}

/// What is asked, together with the value it is asked about.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    /// There is no value.
    Null,
    /// The flag has this value.
    Flag(bool),
    /// There is a text, and it meets this.
    Text(TextTest),
}

/// What a text is asked.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TextTest {
    Equals(Literal),
    StartsWith(Literal),
    EndsWith(Literal),
    Contains(Literal),
    Matches(Pattern),
    /// One or more.
    In(Vec<Literal>),
}

/// A text of the rule.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Literal {
    pub written: String,
    /// As it is compared.
    pub folded: String,
}

impl Expr {
    /// Shows every comparison, in the order they were written.
    pub fn visit(&self, see: &mut impl FnMut(&Comparison)) {
        match self {
            Self::Or(parts) | Self::And(parts) => parts.iter().for_each(|part| part.visit(see)),
            Self::Not(part) => part.visit(see),
            Self::Comparison(comparison) => see(comparison),
        }
    }
}

impl Comparison {
    /// The operator it is written with.
    pub fn operator(&self) -> Compare {
        let relation = match &self.test {
            Test::Null | Test::Flag(_) | Test::Text(TextTest::Equals(_)) => Relation::Equals,
            Test::Text(TextTest::StartsWith(_)) => Relation::StartsWith,
            Test::Text(TextTest::EndsWith(_)) => Relation::EndsWith,
            Test::Text(TextTest::Contains(_)) => Relation::Contains,
            Test::Text(TextTest::Matches(_)) => Relation::Matches,
            Test::Text(TextTest::In(_)) => Relation::In,
        };
        Compare {
            relation,
            negative: self.negative,
        }
    }
}

impl Literal {
    pub fn new(written: String) -> Self {
        Self {
            folded: fold(&written).collect(),
            written,
        }
    }
}

/// A text as it is compared: each character by its own lowercase mapping, whatever its neighbours are (D27).
pub(super) fn fold(text: &str) -> impl DoubleEndedIterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}
