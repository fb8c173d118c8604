//! The operators and their words (`rule-language.md 4`).

use std::fmt;

/// An operator of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    And,
    Or,
    Not,
    Any,
    All,
    Plus,
    Minus,
    Compare(Compare),
}

/// An operator between a property and a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Compare {
    pub relation: Relation,
    /// The exact complement of the relation (D11).
    pub negative: bool,
}

/// What a comparison asks for, negative or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Equals,
    StartsWith,
    EndsWith,
    Contains,
    Matches,
    In,
    AtLeast,
    AtMost,
}

use Relation::{AtLeast, AtMost, Contains, EndsWith, Equals, In, Matches, StartsWith};

/// The operators that can be written; what is missing here cannot be.
pub(super) const ALL: [Operator; 21] = [
    Operator::And,
    Operator::Or,
    Operator::Not,
    Operator::Any,
    Operator::All,
    Operator::Plus,
    Operator::Minus,
    positive(Equals),
    negative(Equals),
    positive(StartsWith),
    negative(StartsWith),
    positive(EndsWith),
    negative(EndsWith),
    positive(Contains),
    negative(Contains),
    positive(Matches),
    negative(Matches),
    positive(In),
    negative(In),
    positive(AtLeast),
    positive(AtMost),
];

const fn positive(relation: Relation) -> Operator {
    Operator::Compare(Compare {
        relation,
        negative: false,
    })
}

const fn negative(relation: Relation) -> Operator {
    Operator::Compare(Compare {
        relation,
        negative: true,
    })
}

impl Operator {
    /// The operator with this name, without a hyphen, in any case.
    pub fn named(name: &str) -> Option<Self> {
        ALL.into_iter()
            .find(|operator| operator.name().eq_ignore_ascii_case(name))
    }

    /// Its name without the hyphen.
    const fn name(self) -> &'static str {
        match self {
            Self::And => "and",
            Self::Or => "or",
            Self::Not => "not",
            Self::Any => "any",
            Self::All => "all",
            Self::Plus => "plus",
            Self::Minus => "minus",
            Self::Compare(compare) => compare.name(),
        }
    }
}

impl Compare {
    const fn name(self) -> &'static str {
        match (self.relation, self.negative) {
            (Equals, false) => "eq",
            (Equals, true) => "ne",
            (StartsWith, false) => "startsWith",
            (StartsWith, true) => "notStartsWith",
            (EndsWith, false) => "endsWith",
            (EndsWith, true) => "notEndsWith",
            (Contains, false) => "contains",
            (Contains, true) => "notContains",
            (Matches, false) => "match",
            (Matches, true) => "notMatch",
            (In, false) => "in",
            (In, true) => "notIn",
            (AtLeast, _) => "ge",
            (AtMost, _) => "le",
        }
    }

    /// The operator that asks the same of one value (`-eq`, `-ne`) or of a list (`-in`, `-notIn`).
    pub const fn with_relation(self, relation: Relation) -> Self {
        Self {
            relation,
            negative: self.negative,
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "-{}", self.name())
    }
}

impl fmt::Display for Compare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "-{}", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_is_found_by_its_name_in_any_case() {
        for operator in ALL {
            assert_eq!(Operator::named(operator.name()), Some(operator));
            assert_eq!(
                Operator::named(&operator.name().to_ascii_uppercase()),
                Some(operator)
            );
        }
        assert_eq!(Operator::named("like"), None);
    }
}
