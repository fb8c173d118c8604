//! Why somebody gets what they get: which rules were tried, what decided each, and what follows (I2).

use super::decide::{Decision, Leave, Policybook};
use super::rule::list::RuleList;
use super::rule::{Candidate, Reason, Rule};
use crate::model::person::Person;
use crate::model::persona::{PersonaChoice, SitePath, Wanted};

/// What rules make of somebody, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Which site.
    pub placement: Tried<SitePath>,
    /// Which persona, profile and member role.
    pub persona: Tried<PersonaChoice>,
    /// What they are to have by that; or why rules leave them alone.
    pub wanted: Result<Wanted, Leave>,
    /// What the next sync does about it.
    pub decision: Decision,
}

/// A list of rules, tried in its order until one matched.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried<T> {
    /// Those that did not match, in their order.
    pub failed: Vec<Verdict>,
    /// The one that did, and what follows from it; `None` = none did.
    pub matched: Option<(Verdict, T)>,
}

/// One rule, and what decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The rule's name.
    pub rule: String,
    /// The comparisons because of which it matched, or did not.
    pub reasons: Vec<Reason>,
}

impl Policybook {
    /// The same decision as [`Policybook::decide`], with everything that led to it.
    pub fn explain(&self, person: &Person) -> Explanation {
        let (placement, choices) = self.lists();
        let of = &self.candidate(person);
        Explanation {
            placement: tried(placement, of),
            persona: tried(choices, of),
            wanted: self.wanted(person),
            decision: self.decide(person),
        }
    }
}

impl Policybook {
    /// Whether one condition is true of somebody, and what decided that (F40); nothing of it is stored.
    pub fn test(&self, rule: &Rule, person: &Person) -> (bool, Vec<Reason>) {
        let of = &self.candidate(person);
        (rule.matches(of), rule.reasons(of))
    }
}

fn tried<T: Clone>(list: &RuleList<T>, of: &Candidate<'_>) -> Tried<T> {
    let mut failed = Vec::new();
    for listed in &list.0 {
        let verdict = Verdict {
            rule: listed.name.clone(),
            reasons: listed.rule.reasons(of),
        };
        if listed.rule.matches(of) {
            let matched = Some((verdict, listed.then.clone()));
            return Tried { failed, matched };
        }
        failed.push(verdict);
    }
    Tried {
        failed,
        matched: None,
    }
}

#[cfg(test)]
mod tests;
