//! The rule laboratory: what draft lists would change for people as they are, before anything is stored (F41-F43).

use std::collections::{BTreeMap, BTreeSet};

use super::decide::Policybook;
use crate::model::inventory::RangeId;
use crate::model::microsoft::{SkuId, UserId};
use crate::model::person::{Person, Presence};
use crate::model::persona::Wanted;

/// What a draft would change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// People whom rules may concern.
    pub in_scope: usize,
    /// How many go from which persona to which, by id, those who stay included; `None` = no rule gives them one.
    pub matrix: BTreeMap<(Option<String>, Option<String>), usize>,
    /// How many go to another site.
    pub moved: usize,
    /// Those who would get something else than now, at most [`Findings::MOST`].
    pub changed: Vec<Change>,
    /// Beyond those.
    pub more: usize,
    /// Telephone numbers that would be needed, by the first range they are drawn from: of those who have none.
    pub numbers: BTreeMap<RangeId, usize>,
    /// Seats that would be needed, by licence: of those who do not have it.
    pub licences: BTreeMap<SkuId, usize>,
    /// Rules of the draft that are nobody's.
    pub idle: Vec<Idle>,
}

impl Findings {
    /// So many people are named.
    pub const MOST: usize = 100;
}

/// Somebody who would get something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Who.
    pub person: UserId,
    /// The persona that the stored rules give.
    pub from: Option<String>,
    /// The persona that the draft gives.
    pub to: Option<String>,
}

/// A rule that is applied to nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idle {
    /// Its name.
    pub rule: String,
    /// There are people for whom it is true, and earlier rules get all of them; otherwise it is true of nobody.
    pub shadowed: bool,
}

/// Compares two books over people, one by one.
#[derive(Debug)]
pub struct Laboratory<'a> {
    stored: &'a Policybook,
    draft: &'a Policybook,
    found: Findings,
    /// For each persona rule of the draft: applied to somebody; true of somebody.
    used: Vec<(bool, bool)>,
}

impl<'a> Laboratory<'a> {
    /// Nobody was looked at yet.
    pub fn new(stored: &'a Policybook, draft: &'a Policybook) -> Self {
        Self {
            stored,
            draft,
            found: Findings::default(),
            used: vec![(false, false); draft.lists().1.0.len()],
        }
    }

    /// Looks at one person.
    pub fn add(&mut self, person: &Person) {
        if person.presence != Presence::Present || !person.is_in_scope() {
            return;
        }
        self.found.in_scope += 1;
        self.try_rules(person);
        let (before, after) = (self.stored.wanted(person), self.draft.wanted(person));
        let (before, after) = (before.ok(), after.ok());
        let id = |wanted: &Option<Wanted>| {
            let persona = wanted.as_ref()?.persona.as_ref()?;
            Some(persona.id.clone())
        };
        let (from, to) = (id(&before), id(&after));
        *self
            .found
            .matrix
            .entry((from.clone(), to.clone()))
            .or_default() += 1;
        if before == after {
            return;
        }
        let site = |wanted: &Option<Wanted>| wanted.as_ref().and_then(|one| one.site.clone());
        let moves = before.is_some() && after.is_some() && site(&before) != site(&after);
        self.found.moved += usize::from(moves);
        if self.found.changed.len() < Findings::MOST {
            let person = person.id.clone();
            self.found.changed.push(Change { person, from, to });
        } else {
            self.found.more += 1;
        }
        let Some(after) = after else { return };
        let first = after.numbers.first().filter(|_| person.number.is_none());
        if let Some(range) = first {
            *self.found.numbers.entry(range.clone()).or_default() += 1;
        }
        let has: BTreeSet<&SkuId> = person.licences.iter().collect();
        for sku in after.licences.iter().filter(|sku| !has.contains(sku)) {
            *self.found.licences.entry(sku.clone()).or_default() += 1;
        }
    }

    /// Which rules are of use. A rule that is applied to somebody is not tried any more.
    fn try_rules(&mut self, person: &Person) {
        let mut is_taken = false;
        for (listed, (applied, is_true)) in self.draft.lists().1.0.iter().zip(&mut self.used) {
            if is_taken && *is_true {
                continue;
            }
            let matches = listed.rule.matches(&self.draft.candidate(person));
            *is_true |= matches;
            *applied |= matches && !is_taken;
            is_taken |= matches;
        }
    }

    /// What was found.
    pub fn end(mut self) -> Findings {
        let rules = self.draft.lists().1.0.iter().zip(&self.used);
        let idle = rules.filter(|(_, (applied, _))| !applied);
        self.found.idle = idle
            .map(|(listed, (_, is_true))| Idle {
                rule: listed.name.clone(),
                shadowed: *is_true,
            })
            .collect();
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::facts::Facts;
    use crate::model::persona::{Persona, PersonaChoice, PersonaRef, Rules, WrittenRule};
    use crate::model::property::Property;
    use crate::plan::decide::Basis;

    fn book(rules: &[(&str, &str)]) -> Policybook {
        let persona = |id: &str| Persona {
            reference: PersonaRef {
                id: id.into(),
                version: 1,
            },
            name: id.into(),
            licences: vec![SkuId(format!("for-{id}"))],
            ..Persona::default()
        };
        let rule = |(department, persona): &(&str, &str)| WrittenRule {
            name: format!("{department} gets {persona}"),
            description: None,
            when: format!("user.department -startsWith \"{department}\""),
            then: PersonaChoice {
                persona: (*persona).into(),
                ..PersonaChoice::default()
            },
        };
        Policybook::new(Basis {
            rules: Rules {
                version: 1,
                placement: Vec::new(),
                persona: rules.iter().map(rule).collect(),
            },
            personas: ["sales", "staff"].map(persona).into(),
            ..Basis::default()
        })
        .unwrap()
    }

    /// F41-F43, I15: who goes where, who is newly matched or not any more, what that takes, and which rules are of no use.
    #[test]
    fn a_draft_is_tried_on_everybody() {
        let stored = book(&[("Sales", "sales"), ("HR", "staff")]);
        let draft = book(&[
            ("S", "staff"),
            ("Sales", "sales"),
            ("IT", "staff"),
            ("Legal", "staff"),
        ]);
        let mut laboratory = Laboratory::new(&stored, &draft);
        for (nth, department) in ["Sales", "Sales", "HR", "IT", "Shop", ""]
            .iter()
            .enumerate()
        {
            let mut facts = Facts::default();
            facts.insert_text(Property::Department, department);
            let person = Person {
                id: UserId(nth.to_string()),
                licences: vec![SkuId("for-staff".into())],
                ..Person::with(facts)
            };
            laboratory.add(&person);
        }
        let found = laboratory.end();
        let matrix: Vec<String> = found
            .matrix
            .iter()
            .map(|((from, to), count)| {
                let name = |id: &Option<String>| id.clone().unwrap_or_else(|| "nothing".into());
                format!("{} > {}: {count}", name(from), name(to))
            })
            .collect();
        assert_eq!(
            matrix,
            [
                "nothing > nothing: 1",
                "nothing > staff: 2",
                "sales > staff: 2",
                "staff > nothing: 1"
            ]
        );
        assert_eq!(found.in_scope, 6);
        assert_eq!((found.changed.len(), found.more, found.moved), (5, 0, 0));
        assert!(found.licences.is_empty() && found.numbers.is_empty());
        let idle: Vec<(&str, bool)> = found
            .idle
            .iter()
            .map(|idle| (idle.rule.as_str(), idle.shadowed))
            .collect();
        assert_eq!(
            idle,
            [("Sales gets sales", true), ("Legal gets staff", false)]
        );
    }
}
