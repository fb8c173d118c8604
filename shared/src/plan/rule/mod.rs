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

use std::collections::BTreeSet;
use std::fmt;

use self::ast::Expr;
pub use self::error::RuleError;
pub use self::reason::{Near, Reason};
use crate::model::facts::Facts;
use crate::model::property::Property;

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
    pub fn matches(&self, facts: &Facts) -> bool {
        self.0.holds(facts)
    }

    /// The properties that it reads.
    pub fn properties(&self) -> BTreeSet<Property> {
        let mut named = BTreeSet::new();
        self.0.visit(&mut |comparison| {
            named.insert(comparison.property);
        });
        named
    }
}

/// The canonical text: one form per tree, and reading it gives the same tree (`rule-language.md 11`). It may be longer and deeper
/// than the limits allow, so it is for showing and comparing; what is stored is the text as somebody wrote it.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
