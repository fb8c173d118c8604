//! What a person should have, and whether that is news (W1, W2).

use sha2::{Digest, Sha256};

use crate::model::job::{Goal, Origin};
use crate::model::person::{Person, Presence};
use crate::model::persona::{
    LocationSource, Persona, PersonaChoice, Rules, SitePath, Wanted, WrittenRule,
};
use crate::model::property::Property;
use crate::model::tenant::Site;

use super::rule::list::{Listed, RuleList};
use super::rule::{Rule, RuleError};

/// Everything that decisions of a tenant depend on besides the person.
#[derive(Debug)]
pub struct Policybook {
    placement: RuleList<SitePath>,
    persona: RuleList<PersonaChoice>,
    personas: Vec<Persona>,
    sites: Vec<Site>,
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
    /// No persona rule matches.
    Unmatched,
    /// The persona takes its usage location from the site, and there is no site or it has none.
    NoLocation,
    /// What is wanted is what was decided before (W1).
    Nothing,
    /// A job that automation may not supersede is open (J3).
    Busy,
}

/// What to do about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing.
    Leave(Leave),
    /// Give them this.
    Provision {
        /// What.
        wanted: Wanted,
        /// Its digest, kept on the person so that it is decided once.
        digest: String,
    },
}

impl Policybook {
    /// Compiles the rules once for all people. Refused if a rule does not parse, or names a persona or site that does not exist
    /// (R117): nobody is decided by half a list.
    pub fn new(
        rules: &Rules,
        personas: Vec<Persona>,
        sites: Vec<Site>,
    ) -> Result<Self, RuleProblem> {
        let placement = compile(&rules.placement)?;
        let persona = compile(&rules.persona)?;
        for rule in &rules.persona {
            if !personas.iter().any(|p| p.reference.id == rule.then.persona) {
                return Err(RuleProblem::missing(
                    &rule.name,
                    "persona",
                    &rule.then.persona,
                ));
            }
        }
        for rule in &rules.placement {
            if !sites.iter().any(|site| site.path == rule.then) {
                return Err(RuleProblem::missing(&rule.name, "site", &rule.then.0));
            }
        }
        Ok(Self {
            placement,
            persona,
            personas,
            sites,
        })
    }

    /// What automation wants for a person, and whether that is news.
    pub fn decide(&self, person: &Person) -> Decision {
        match self.wanted(person) {
            Err(leave) => Decision::Leave(leave),
            Ok(wanted) => {
                let digest = digest(&wanted);
                if person.decided.as_ref() == Some(&digest) {
                    Decision::Leave(Leave::Nothing)
                } else if !may_automation_supersede(person) {
                    Decision::Leave(Leave::Busy)
                } else {
                    Decision::Provision { wanted, digest }
                }
            }
        }
    }

    fn wanted(&self, person: &Person) -> Result<Wanted, Leave> {
        if person.presence != Presence::Present || !person.is_in_scope() {
            return Err(Leave::OutOfScope);
        }
        if person.left {
            return Err(Leave::Left);
        }
        if person.facts.flag(Property::AccountEnabled) == Some(false) {
            return Err(Leave::Disabled);
        }
        let chosen = self
            .persona
            .first_match(&person.facts)
            .ok_or(Leave::Unmatched)?;
        let persona = self.persona(&chosen.then.persona).ok_or(Leave::Unmatched)?;
        let site = self
            .placement
            .first_match(&person.facts)
            .map(|rule| rule.then.clone());
        let usage_location = match &persona.usage_location {
            None => None,
            Some(LocationSource::Literal(country)) => Some(country.clone()),
            Some(LocationSource::Site) => {
                Some(self.location_of(site.as_ref()).ok_or(Leave::NoLocation)?)
            }
        };
        Ok(Wanted {
            persona: persona.reference.clone(),
            site,
            role: chosen.then.role.clone(),
            usage_location,
            licences: persona.licences.clone(),
            policies: persona.policies.clone(),
        })
    }

    /// The newest version of a persona.
    pub fn persona(&self, id: &str) -> Option<&Persona> {
        self.personas
            .iter()
            .filter(|p| p.reference.id == id)
            .max_by_key(|p| p.reference.version)
    }

    /// A certain version of a persona, as somebody holds it.
    pub fn version(&self, reference: &crate::model::persona::PersonaRef) -> Option<&Persona> {
        self.personas.iter().find(|p| p.reference == *reference)
    }

    fn location_of(&self, site: Option<&SitePath>) -> Option<String> {
        self.sites
            .iter()
            .find(|s| Some(&s.path) == site)?
            .usage_location
            .clone()
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
    Sha256::digest(&text)
        .iter()
        .take(10)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A rule list that cannot be used, and why.
#[derive(Debug)]
pub struct RuleProblem {
    rule: String,
    problem: String,
}

impl RuleProblem {
    fn missing(rule: &str, what: &str, name: &str) -> Self {
        Self {
            rule: rule.to_owned(),
            problem: format!("there is no {what} {name:?}"),
        }
    }
}

impl std::fmt::Display for RuleProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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
