//! Ordered rules, of which the first that matches is applied (R133, R137, F37).

use std::collections::BTreeSet;

use super::Rule;
use crate::model::facts::Facts;
use crate::model::property::Property;

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
    pub fn first_match(&self, facts: &Facts) -> Option<&Listed<T>> {
        self.0.iter().find(|listed| listed.rule.matches(facts))
    }

    /// The properties that its rules read: only when one of them changes can another rule apply (`design.md 5`, W1).
    pub fn properties(&self) -> BTreeSet<Property> {
        self.0
            .iter()
            .flat_map(|listed| listed.rule.properties())
            .collect()
    }
}

impl<T> Default for RuleList<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}
