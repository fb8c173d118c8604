//! What a person should have, and whether that is news (W1, W2).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::model::digest;
use crate::model::job::{Goal, Origin};
use crate::model::microsoft::UserId;
use crate::model::person::{Person, Presence};
use crate::model::persona::{
    MemberRole, Persona, PersonaChoice, PersonaRef, Profile, Rules, SitePath, Wanted, WrittenRule,
};
use crate::model::property::Property;
use crate::model::time::Time;
use crate::planted::{self, Bug};

use super::flaws::Flaw;
use super::rule::list::{Listed, RuleList};
use super::rule::{Candidate, Reads, Rule, RuleError};
use super::wanted::{Grounds, NoLocation};

/// Everything that decisions of a tenant depend on besides the person, as it is stored.
#[derive(Clone, Debug, Default)]
pub struct Basis {
    /// The two rule lists.
    pub rules: Rules,
    /// All versions of all personas.
    pub personas: Vec<Persona>,
    /// Profiles besides `everything`.
    pub profiles: Vec<Profile>,
    /// The tree and the table of countries.
    pub grounds: Grounds,
    /// Personas whose newest version cannot be given to anybody, by id, and why (F76).
    pub flawed: BTreeMap<String, Vec<Flaw>>,
    /// People whom no rule may touch (F132).
    pub protected: BTreeSet<UserId>,
    /// Rules decide only for those who were adopted (R17).
    pub only_adopted: bool,
    /// People whom rules leave as they are, and until when (F116).
    pub exceptions: BTreeMap<UserId, Time>,
    /// `system.now` of the rules.
    pub now: Time,
}

/// The basis with its rules compiled.
#[derive(Debug)]
pub struct Policybook {
    placement: RuleList<SitePath>,
    choices: RuleList<PersonaChoice>,
    reads: Reads,
    basis: Basis,
}

/// Why a person is left as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leave {
    /// A guest, or not in the directory any more.
    OutOfScope,
    /// The account is disabled.
    Disabled,
    /// They left; no rule wants them (W2).
    Left,
    /// Nothing that happens by itself may touch them (F132).
    Protected,
    /// They were not adopted, and rules do not decide for everybody (R37).
    NotAdopted,
    /// Somebody made an exception of them, until then (F116).
    Excepted(Time),
    /// No persona rule matches.
    Unmatched,
    /// The persona names something that is not there any more (F76).
    Flawed,
    /// It cannot be said which usage location they get.
    NoLocation(NoLocation),
    /// What is wanted is what was decided before (W1).
    Nothing,
    /// A job that automation may not supersede is open (J3).
    Busy,
}

/// As a sentence about what the next sync does.
impl fmt::Display for Leave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfScope => f.write_str("left alone: out of scope, or not in the directory"),
            Self::Disabled => f.write_str("left alone: the account is disabled"),
            Self::Left => {
                f.write_str("left alone: offboarded, until somebody gives them a persona")
            }
            Self::Protected => f.write_str("left alone: protected"),
            Self::NotAdopted => f.write_str(
                "left alone: not adopted, and flow-through is off; a persona can be given by hand",
            ),
            Self::Excepted(until) => {
                write!(
                    f,
                    "left alone: somebody made an exception of them until {until}"
                )
            }
            Self::Unmatched => f.write_str("left alone: no persona rule matches"),
            Self::Flawed => {
                f.write_str("left alone: the persona names something that is not there any more")
            }
            Self::NoLocation(why) => write!(f, "left alone: {why}"),
            Self::Nothing => f.write_str("left alone: this was decided before"),
            Self::Busy => f.write_str("later: a job that rules may not supersede is open"),
        }
    }
}

/// What to do about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing.
    Leave(Leave),
    /// Give them this.
    Provision {
        /// What.
        wanted: Box<Wanted>,
        /// Its digest, kept on the person so that it is decided once.
        digest: String,
    },
}

impl Policybook {
    /// Compiles the rules once for all people. Refused if a rule does not parse, or names a persona, profile, role or site that does
    /// not exist (R117): nobody is decided by half a list.
    pub fn new(basis: Basis) -> Result<Self, RuleProblem> {
        let placement = compile(&basis.rules.placement)?;
        let choices = compile(&basis.rules.persona)?;
        for rule in &basis.rules.persona {
            let missing = |what, name: &str| Err(RuleProblem::missing(&rule.name, what, name));
            let then = &rule.then;
            if newest(&basis.personas, &then.persona).is_none() {
                return missing("persona", &then.persona);
            }
            if let MemberRole::Named(role) = &then.role
                && !basis.grounds.tree.has_role(role)
            {
                return missing("member role", role);
            }
            if let Some(profile) = &then.profile
                && profile_of(&basis.profiles, Some(profile)).is_none()
            {
                return missing("profile", profile);
            }
        }
        for rule in &basis.rules.placement {
            if basis.grounds.tree.site(&rule.then).is_none() {
                return Err(RuleProblem::missing(&rule.name, "site", &rule.then.0));
            }
        }
        let mut reads = placement.reads();
        reads.extend(choices.reads());
        Ok(Self {
            placement,
            choices,
            reads,
            basis,
        })
    }

    /// What automation wants for a person, and whether that is news.
    pub fn decide(&self, person: &Person) -> Decision {
        match self.wanted(person) {
            Err(leave) => Decision::Leave(leave),
            Ok(_) if self.basis.only_adopted && !person.adopted => {
                Decision::Leave(Leave::NotAdopted)
            }
            Ok(wanted) => {
                if let Some(until) = self.excepted(person) {
                    return Decision::Leave(Leave::Excepted(until));
                }
                let digest = digest(&wanted);
                let repairs = planted::is(Bug::RepairDrift) && !person.drift.is_empty();
                if person.decided.as_ref() == Some(&digest) && !repairs {
                    Decision::Leave(Leave::Nothing)
                } else if !may_automation_supersede(person) && !planted::is(Bug::AutomationFirst) {
                    Decision::Leave(Leave::Busy)
                } else {
                    let wanted = Box::new(wanted);
                    Decision::Provision { wanted, digest }
                }
            }
        }
    }

    /// Those whose exception is over.
    pub fn exceptions_over(&self) -> impl Iterator<Item = &UserId> {
        let all = self.basis.exceptions.iter();
        let over = all.filter(|(_, until)| **until <= self.basis.now);
        over.map(|(person, _)| person)
    }

    fn excepted(&self, person: &Person) -> Option<Time> {
        let until = self.basis.exceptions.get(&person.id).copied();
        until.filter(|until| self.basis.now < *until)
    }

    /// What automation wants for a person, or why it leaves them alone.
    pub fn wanted(&self, person: &Person) -> Result<Wanted, Leave> {
        if person.presence != Presence::Present || !person.is_in_scope() {
            return Err(Leave::OutOfScope);
        }
        let overrules = planted::is(Bug::AutomationFirst) && person.is_leaving();
        if person.left && !overrules {
            return Err(Leave::Left);
        }
        if self.basis.protected.contains(&person.id) {
            return Err(Leave::Protected);
        }
        if person.facts.flag(Property::AccountEnabled) == Some(false) {
            return Err(Leave::Disabled);
        }
        let choice = self
            .choices
            .first_match(&self.candidate(person))
            .map(|rule| &rule.then)
            .ok_or(Leave::Unmatched)?;
        let persona = self.persona(&choice.persona).ok_or(Leave::Unmatched)?;
        if self.basis.flawed.contains_key(&persona.reference.id) {
            return Err(Leave::Flawed);
        }
        let profile =
            profile_of(&self.basis.profiles, choice.profile.as_deref()).ok_or(Leave::Unmatched)?;
        let site = self.site_of(person);
        self.basis
            .grounds
            .wanted(persona, &profile, site, &choice.role, &person.facts)
            .map_err(Leave::NoLocation)
    }

    /// Both lists, in the order in which their rules are tried.
    pub(super) const fn lists(&self) -> (&RuleList<SitePath>, &RuleList<PersonaChoice>) {
        (&self.placement, &self.choices)
    }

    /// A person as rules see them.
    pub(super) fn candidate<'a>(&self, person: &'a Person) -> Candidate<'a> {
        Candidate {
            facts: &person.facts,
            groups: person.member_of.as_ref(),
            now: self.basis.now,
        }
    }

    /// What surprises people about rules, with the name of each.
    pub fn warnings(&self) -> Vec<(String, String)> {
        let placement = self.placement.0.iter().map(|one| (&one.name, &one.rule));
        let choices = self.choices.0.iter().map(|one| (&one.name, &one.rule));
        let of = |(name, rule): (&String, &Rule)| {
            let warnings = rule.warnings().into_iter();
            warnings
                .map(|warning| (name.clone(), warning))
                .collect::<Vec<_>>()
        };
        placement.chain(choices).flat_map(of).collect()
    }

    /// The tree, the table of countries and the ranges.
    pub const fn grounds(&self) -> &Grounds {
        &self.basis.grounds
    }

    /// What the rules of both lists have to know of people.
    pub const fn reads(&self) -> &Reads {
        &self.reads
    }

    /// The site at which the placement rules put somebody.
    pub fn site_of(&self, person: &Person) -> Option<&SitePath> {
        self.placement
            .first_match(&self.candidate(person))
            .map(|rule| &rule.then)
    }

    /// The newest version of a persona.
    pub fn persona(&self, id: &str) -> Option<&Persona> {
        newest(&self.basis.personas, id)
    }

    /// A certain version of a persona, as somebody holds it.
    pub fn version(&self, reference: &PersonaRef) -> Option<&Persona> {
        self.basis.version(reference)
    }
}

impl Basis {
    /// A certain version of a persona, as somebody holds it.
    pub fn version(&self, reference: &PersonaRef) -> Option<&Persona> {
        self.personas.iter().find(|p| p.reference == *reference)
    }

    /// Every persona in its newest version.
    pub fn newest(&self) -> impl Iterator<Item = &Persona> {
        all_newest(&self.personas)
    }
}

/// The newest version of a persona that can be given: none if it was retired.
pub fn newest<'a>(personas: &'a [Persona], id: &str) -> Option<&'a Persona> {
    latest(personas, id).filter(|persona| !persona.retired)
}

/// Every persona that can be given, in its newest version.
pub fn all_newest(personas: &[Persona]) -> impl Iterator<Item = &Persona> {
    let is_newest = |persona: &&Persona| newest(personas, &persona.reference.id) == Some(*persona);
    personas.iter().filter(is_newest)
}

/// A persona as the version that comes next of it.
pub fn next_version(personas: &[Persona], draft: &Persona) -> Persona {
    let id = draft.reference.id.clone();
    let version = latest(personas, &id).map_or(1, |before| before.reference.version + 1);
    Persona {
        reference: PersonaRef { id, version },
        ..draft.clone()
    }
}

/// The newest version of a persona, retired or not: the next one follows it.
pub fn latest<'a>(personas: &'a [Persona], id: &str) -> Option<&'a Persona> {
    personas
        .iter()
        .filter(|persona| persona.reference.id == id)
        .max_by_key(|persona| persona.reference.version)
}

/// The profile of a name; without one, everything.
pub fn profile_of(profiles: &[Profile], name: Option<&str>) -> Option<Profile> {
    match name {
        None | Some(Profile::EVERYTHING) => Some(Profile::everything()),
        Some(name) => profiles.iter().find(|one| one.name == name).cloned(),
    }
}

/// J3: automation never supersedes an open offboarding, nor a job that a person started.
fn may_automation_supersede(person: &Person) -> bool {
    person
        .open_job
        .as_ref()
        .is_none_or(|open| open.goal == Goal::Provision && open.origin == Origin::Rule)
}

/// Ten bytes of SHA-256 over the wanted side; two different wishes collide once in 2^80.
pub fn digest(wanted: &Wanted) -> String {
    let text = serde_json::to_vec(wanted).unwrap_or_default();
    digest::short(&text)
}

/// A rule list that cannot be used, and why.
#[derive(Debug)]
pub struct RuleProblem {
    /// The name of the rule.
    pub rule: String,
    /// What is wrong with it.
    pub problem: String,
}

impl RuleProblem {
    fn missing(rule: &str, what: &str, name: &str) -> Self {
        Self {
            rule: rule.to_owned(),
            problem: format!("there is no {what} {name:?}"),
        }
    }
}

impl fmt::Display for RuleProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {:?}: {}", self.rule, self.problem)
    }
}

impl std::error::Error for RuleProblem {}

fn compile<T: Clone>(written: &[WrittenRule<T>]) -> Result<RuleList<T>, RuleProblem> {
    let compiled: Result<Vec<Listed<T>>, RuleProblem> = written
        .iter()
        .map(|rule| {
            let problem = |error: RuleError| RuleProblem {
                rule: rule.name.clone(),
                problem: error.to_string(),
            };
            let parsed = Rule::parse(&rule.when).map_err(problem)?;
            Ok(Listed {
                name: rule.name.clone(),
                rule: parsed,
                then: rule.then.clone(),
            })
        })
        .collect();
    Ok(RuleList(compiled?))
}

#[cfg(test)]
mod tests;
