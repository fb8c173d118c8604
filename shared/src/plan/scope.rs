//! Whom rules may concern (F12).

use super::rule::{Candidate, Reads, Rule, RuleError};
use crate::model::facts::Facts;
use crate::model::tenant::Scope;
use crate::model::time::Time;

/// A scope whose condition was read.
#[derive(Debug)]
pub struct ImportScope {
    guests: bool,
    only: Option<Rule>,
}

impl ImportScope {
    /// Reads the condition once for everybody; refused if it does not parse.
    pub fn new(scope: &Scope) -> Result<Self, RuleError> {
        let only = scope.only.as_deref().map(Rule::parse).transpose()?;
        let reads = only.as_ref().map(Rule::reads).unwrap_or_default();
        if reads.clock || !reads.groups.is_empty() {
            // It is looked at when somebody's facts are stored, and these change without them.
            let message =
                "the import scope cannot ask for system.now or memberOf: name groups beside it";
            return Err(RuleError::about(message));
        }
        Ok(Self {
            guests: scope.guests,
            only,
        })
    }

    /// What its condition has to know of people.
    pub fn reads(&self) -> Reads {
        self.only.as_ref().map(Rule::reads).unwrap_or_default()
    }

    /// Whether rules may concern somebody of whom the directory says this.
    pub fn holds(&self, facts: &Facts) -> bool {
        let of = Candidate {
            facts,
            groups: None,
            now: Time::default(),
        };
        (self.guests || !facts.is_guest())
            && self.only.as_ref().is_none_or(|only| only.matches(&of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::property::Property;

    /// F12: guests are out by default, old accounts without a type are members, and a condition narrows whoever is left.
    #[test]
    fn guests_are_out_unless_wanted_and_a_condition_narrows() {
        let person = |kind: &str, city: &str| {
            let mut facts = Facts::default();
            facts.insert_text(Property::UserType, kind);
            facts.insert_text(Property::City, city);
            facts
        };
        let cast = [
            person("Member", "Köln"),
            person("", "Köln"),
            person("guest", "Köln"),
            person("Member", "London"),
        ];
        let check = |guests, only: Option<&str>, expected: [bool; 4]| {
            let scope = ImportScope::new(&Scope {
                guests,
                only: only.map(str::to_owned),
                groups: Vec::new(),
            })
            .unwrap();
            assert_eq!(cast.each_ref().map(|facts| scope.holds(facts)), expected);
        };
        check(false, None, [true, true, false, true]);
        check(true, None, [true; 4]);
        let koeln = Some("user.city -eq \"köln\"");
        check(false, koeln, [true, true, false, false]);
        check(true, koeln, [true, true, true, false]);
        let bad = Scope {
            guests: false,
            only: Some("user.city".to_owned()),
            groups: Vec::new(),
        };
        assert!(ImportScope::new(&bad).is_err());
        let clock = Scope {
            only: Some("user.employeeHireDate -le system.now".to_owned()),
            ..bad
        };
        assert!(ImportScope::new(&clock).is_err());
    }
}
