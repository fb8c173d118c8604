//! Conditions on people, in the syntax of Microsoft Entra's dynamic membership rules (`rule-language.md`; R131, R135, R136, F36).
//!
//! A rule is accepted or refused when it is written; an accepted rule is true or false of everybody, without errors.
//!
//! ```text
//! text ─ lexer ─► tokens ─ parser, check ─► tree ─┬─ eval ──► true or false of a person's facts
//!        operator: the words; hint: what to        ├─ reason ► the comparisons that decide it
//!        say of everything else                    └─ print ─► canonical text
//! ```
//!
//! | to add | touch |
//! |---|---|
//! | a comparison of text | `operator` (its words), `ast` (its test), `check`, `eval`, `print`: the compiler names all but the list of words |
//! | a type of property | `ValueType` in `model::property`, `check` (what goes with it), `eval` |
//! | an operand of another form, such as a quantifier | `ast`, `parser`, `eval`, `print` |

mod ast;
mod check;
mod date;
mod error;
mod eval;
mod hint;
mod lexer;
pub mod list;
mod operator;
mod parser;
mod pattern;
mod print;
mod reason;
#[cfg(test)]
mod tests;
mod warn;

use std::collections::BTreeSet;
use std::fmt;

use self::ast::{Comparison, Expr, Subject, Test};
pub use self::error::RuleError;
pub use self::eval::Candidate;
use self::eval::OneItem;
pub use self::reason::{Near, Reason};
use crate::model::group::GroupId;
use crate::model::property::{Property, ValueType};
use crate::model::tenant::ReadForRules;

/// Longest text of a rule, in characters, blanks included (`rule-language.md 9`, D24).
pub const MAX_CHARACTERS: usize = 3_072;

/// Deepest nesting of parentheses and `-not` together (D23).
pub const MAX_DEPTH: usize = 64;

/// An accepted condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule(Expr);

impl Rule {
    /// Reads a condition; patterns are compiled here, once.
    ///
    /// # Errors
    /// Whatever `rule-language.md` refuses, with the place and what to do.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        parser::parse(text).map(Self)
    }

    /// Whether the condition holds for a person. Total and two-valued: what has no value is known to have none (D11).
    pub fn matches(&self, of: &Candidate<'_>) -> bool {
        self.0.holds(of, OneItem::None)
    }

    /// What it has to know of people.
    pub fn reads(&self) -> Reads {
        let mut reads = Reads::default();
        self.0.visit(&mut |part| match part {
            Expr::Comparison(comparison) => reads.add(comparison),
            Expr::Quantified { collection, .. } => drop(reads.properties.insert(*collection)),
            Expr::MemberOf(ids) => {
                reads.properties.insert(Property::MemberOf);
                let ids = ids.iter().map(|id| GroupId(id.written.clone()));
                reads.groups.extend(ids);
            }
            Expr::Or(_) | Expr::And(_) | Expr::Not(_) => {}
        });
        reads
    }
}

/// What rules have to know of people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Properties.
    pub properties: BTreeSet<Property>,
    /// Directory extensions, by their names in Graph.
    pub extensions: BTreeSet<String>,
    /// Groups that have to be followed.
    pub groups: BTreeSet<GroupId>,
    /// The moment of evaluation: what is true of somebody changes by itself.
    pub clock: bool,
}

impl Reads {
    fn add(&mut self, comparison: &Comparison) {
        match &comparison.subject {
            Subject::Property(property) => drop(self.properties.insert(*property)),
            Subject::Extension(name) => drop(self.extensions.insert(name.clone())),
            Subject::Item(_) => {}
        }
        if let Test::Date(test) = &comparison.test {
            self.clock |= test.reads_the_clock();
        }
    }

    /// What of it is not read of everybody anyway.
    pub fn beyond(&self) -> ReadForRules {
        let rare = |property: &&Property| {
            !property.is_always_read() && property.value_type() != ValueType::Groups
        };
        let rare = self.properties.iter().filter(rare);
        let names = rare.map(|property| property.graph_name().to_owned());
        ReadForRules {
            properties: names.chain(self.extensions.iter().cloned()).collect(),
            groups: self.groups.clone(),
        }
    }

    /// This and what another one has to know.
    pub fn extend(&mut self, other: Self) {
        self.properties.extend(other.properties);
        self.extensions.extend(other.extensions);
        self.groups.extend(other.groups);
        self.clock |= other.clock;
    }
}

/// The canonical text: one form per tree, and reading it gives the same tree (`rule-language.md 11`). It may be longer and deeper
/// than the limits allow, so it is for showing and comparing; what is stored is the text as somebody wrote it.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
