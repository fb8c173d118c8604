//! The canonical text of a tree (`rule-language.md 11`).

use std::fmt::{self, Display, Formatter, Write};

use super::ast::{Comparison, Expr, Literal, Test, TextTest};
use super::date::DateTest;

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Or(parts) => chain(parts, " -or ", f),
            Self::And(parts) => chain(parts, " -and ", f),
            Self::Not(part) => {
                f.write_str("-not ")?;
                part.fmt_within(f)
            }
            Self::Comparison(comparison) => comparison.fmt(f),
            Self::Quantified {
                collection,
                all,
                condition,
            } => {
                let quantifier = if *all { "all" } else { "any" };
                write!(f, "user.{} -{quantifier} ({condition})", collection.name())
            }
            Self::MemberOf(ids) => {
                f.write_str("user.memberOf -any (group.objectId -in ")?;
                list(ids, f)?;
                f.write_char(')')
            }
        }
    }
}

impl Expr {
    /// As part of something larger.
    fn fmt_within(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Or(_)
            | Self::And(_)
            | Self::Comparison(_)
            | Self::Quantified { .. }
            | Self::MemberOf(_) => write!(f, "({self})"),
            Self::Not(_) => self.fmt(f),
        }
    }
}

fn chain(parts: &[Expr], joint: &str, f: &mut Formatter<'_>) -> fmt::Result {
    for (position, part) in parts.iter().enumerate() {
        if position > 0 {
            f.write_str(joint)?;
        }
        part.fmt_within(f)?;
    }
    Ok(())
}

impl Display for Comparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {}",
            self.subject.written(),
            self.operator(),
            self.test
        )
    }
}

/// The value only: the operator needs the comparison too.
impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Flag(flag) => flag.fmt(f),
            Self::Text(test) => test.fmt(f),
            Self::Date(DateTest::Is(at)) => at.fmt(f),
            Self::Date(DateTest::AtLeast(when) | DateTest::AtMost(when)) => when.fmt(f),
        }
    }
}

impl Display for TextTest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equals(literal)
            | Self::StartsWith(literal)
            | Self::EndsWith(literal)
            | Self::Contains(literal) => literal.fmt(f),
            Self::Matches(pattern) => quoted(pattern.written(), f),
            Self::In(literals) => list(literals, f),
        }
    }
}

fn list(literals: &[Literal], f: &mut Formatter<'_>) -> fmt::Result {
    f.write_char('[')?;
    for (position, literal) in literals.iter().enumerate() {
        if position > 0 {
            f.write_str(", ")?;
        }
        literal.fmt(f)?;
    }
    f.write_char(']')
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        quoted(&self.written, f)
    }
}

/// In double quotes; in single ones only where a last backtick would escape the closing quote.
fn quoted(text: &str, f: &mut Formatter<'_>) -> fmt::Result {
    let quote = if text.ends_with('`') { '\'' } else { '"' };
    f.write_char(quote)?;
    for character in text.chars() {
        match character {
            '\'' => f.write_str("''")?,
            '"' if quote == '"' => f.write_str("`\"")?,
            other => f.write_char(other)?,
        }
    }
    f.write_char(quote)
}
