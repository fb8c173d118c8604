//! Why a rule was refused: the place, and what to do (`rule-language.md 10`).

use std::fmt;

/// Longest piece of a rule that a message repeats, in characters.
const MAX_SHOWN: usize = 40;

/// A rule that was refused. Printed as `line 1, column 6, at jobTitel: unknown property jobTitel, did you mean jobTitle?`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct RuleError {
    /// Line, from 1.
    pub line: usize,
    /// Column in the line, in characters, from 1.
    pub column: usize,
    /// What stands there, cut at 40 characters and without control characters; empty = the end of the rule.
    pub token: String,
    /// What is wrong and what to do, for people.
    pub message: String,
}

/// A piece of a rule, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
}

impl RuleError {
    /// An error of a rule as a whole.
    pub(crate) fn about(message: impl Into<String>) -> Self {
        Self::at("", Span { start: 0, end: 0 }, message)
    }

    /// An error at a piece of `rule`.
    pub(super) fn at(rule: &str, span: Span, message: impl Into<String>) -> Self {
        let before = rule.get(..span.start).unwrap_or(rule);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Self {
            line: 1 + before.matches('\n').count(),
            column: 1 + before[line_start..].chars().count(),
            token: shown(rule.get(span.start..span.end).unwrap_or_default()),
            message: message.into(),
        }
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}, ", self.line, self.column)?;
        match self.token.as_str() {
            "" => f.write_str("at the end")?,
            token => write!(f, "at {token}")?,
        }
        write!(f, ": {}", self.message)
    }
}

/// A piece of a rule as a message may repeat it.
pub(super) fn shown(piece: &str) -> String {
    let mut shown = String::new();
    let mut length = 0;
    for character in piece.chars() {
        let told: String = if character.is_control() {
            character.escape_unicode().collect()
        } else {
            character.into()
        };
        length += told.chars().count();
        if length > MAX_SHOWN {
            shown.push('…');
            break;
        }
        shown.push_str(&told);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_counted_in_lines_and_characters() {
        let rule = "größe -eq\r\n\t“x”";
        let start = rule.find('“').unwrap();
        let error = RuleError::at(
            rule,
            Span {
                start,
                end: start + 3,
            },
            "use plain quotes",
        );
        assert_eq!(
            error.to_string(),
            "line 2, column 2, at “: use plain quotes"
        );
        let end = Span {
            start: rule.len(),
            end: rule.len(),
        };
        assert_eq!(
            RuleError::at(rule, end, "no").to_string(),
            "line 2, column 5, at the end: no"
        );
    }

    #[test]
    fn what_is_repeated_is_short_and_printable() {
        assert_eq!(shown("a\u{0}b"), "a\\u{0}b");
        assert_eq!(shown(&"ü".repeat(41)), "ü".repeat(40) + "…");
    }
}
