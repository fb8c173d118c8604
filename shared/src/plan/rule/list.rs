//! Ordered rules, of which the first that matches is applied (R133, R137, F37).

use super::{Candidate, Reads, Rule};

/// A named condition and what follows from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed<T> {
    /// Its name for people (R134).
    pub name: String,
    /// Whom it is for.
    pub rule: Rule,
    /// What they get: a site, or a persona.
    pub then: T,
}

/// Rules in the order in which they are tried; their order numbers are their positions (F37).
#[derive(Clone, Debug, PartialEq)]
pub struct RuleList<T>(pub Vec<Listed<T>>);

impl<T> RuleList<T> {
    /// The rule that applies to a person; `None` = nobody's.
    pub fn first_match(&self, of: &Candidate<'_>) -> Option<&Listed<T>> {
        self.0.iter().find(|listed| listed.rule.matches(of))
    }

    /// What its rules have to know of people.
    pub fn reads(&self) -> Reads {
        let mut reads = Reads::default();
        self.0
            .iter()
            .for_each(|listed| reads.extend(listed.rule.reads()));
        reads
    }
}

impl<T> Default for RuleList<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}
