//! Regular expressions of `-match` (`rule-language.md 8`, D22).

use regex::{Regex, RegexBuilder};

/// A compiled pattern: searched, not anchored; case is ignored.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Regex);

impl Pattern {
    /// Compiles a pattern within the crate's own size limit.
    ///
    /// # Errors
    /// Why it cannot be used, with the position inside the pattern, for people.
    pub fn new(pattern: &str) -> Result<Self, String> {
        refuse_foreign(pattern)?;
        match RegexBuilder::new(pattern).case_insensitive(true).build() {
            Ok(regex) => Ok(Self(regex)),
            Err(regex::Error::CompiledTooBig(limit)) => Err(format!(
                "the pattern is too large: compiled it takes more than {} MiB",
                limit >> 20
            )),
            Err(error) => Err(explained(&error.to_string())),
        }
    }

    /// Whether it is found somewhere in a text.
    pub fn is_found_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// As it was written.
    pub fn written(&self) -> &str {
        self.0.as_str()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.written() == other.written()
    }
}

/// Refuses what the crate does not have, in words that say so, and what it would silently read otherwise than .NET does.
fn refuse_foreign(pattern: &str) -> Result<(), String> {
    let characters: Vec<char> = pattern.chars().collect();
    let mut rest = characters.as_slice();
    let mut in_class = false;
    while let Some(&first) = rest.first() {
        let foreign = if in_class {
            foreign_in_class(rest)
        } else {
            foreign_outside_class(rest)
        };
        if let Some(foreign) = foreign {
            let position = characters.len() - rest.len() + 1;
            return Err(format!("{foreign} (character {position} of the pattern)"));
        }
        let read = match (first, in_class) {
            ('\\', _) => 2,
            ('[', false) => {
                in_class = true;
                class_head(rest)
            }
            (']', true) => {
                in_class = false;
                1
            }
            _ => 1,
        };
        rest = rest.get(read..).unwrap_or_default();
    }
    Ok(())
}

/// The length of what opens a class: a bracket directly after it is a letter.
fn class_head(rest: &[char]) -> usize {
    match rest {
        ['[', '^', ']', ..] => 3,
        ['[', '^' | ']', ..] => 2,
        _ => 1,
    }
}

fn foreign_outside_class(rest: &[char]) -> Option<&'static str> {
    Some(match rest {
        ['(', '?', '=' | '!', ..] => "patterns have no look-ahead",
        ['(', '?', '<', '=' | '!', ..] => "patterns have no look-behind",
        ['(', '?', '>', ..] => "patterns have no atomic groups",
        ['(', '?', '(', ..] => "patterns have no conditionals",
        ['(', '?', '#', ..] => "patterns have no comments",
        ['\\', '1'..='9' | 'k', ..] => "patterns have no back-references",
        ['\\', 'Z', ..] => "patterns have no \\Z: write $ for the end",
        ['\\', 'G', ..] => "patterns have no \\G: write ^ for the beginning",
        _ => return None,
    })
}

fn foreign_in_class(rest: &[char]) -> Option<&'static str> {
    Some(match rest {
        ['[', ..] => "a [ inside [...] is ambiguous: write \\[ for the character",
        ['&', '&', ..] => "&& inside [...] is ambiguous: write one &",
        ['-', '-', ..] => "-- inside [...] is ambiguous: write \\- for the character",
        ['~', '~', ..] => "~~ inside [...] is ambiguous: write one ~",
        _ => return None,
    })
}

/// The engine's message on one line. It prints the pattern, a caret beneath the place and a last line `error: ...`.
fn explained(message: &str) -> String {
    let mut lines = message.lines();
    let reason = lines.next_back().unwrap_or(message);
    let reason = reason.strip_prefix("error: ").unwrap_or(reason);
    let indented = lines.next_back().and_then(|carets| carets.find('^'));
    match indented.and_then(|column| column.checked_sub("    ".len())) {
        Some(before) => format!("{reason} (character {} of the pattern)", before + 1),
        None => reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D22: every refusal, with its position.
    #[test]
    fn foreign_patterns_are_refused_by_name() {
        let cases = [
            (
                "*@domain.ext",
                "repetition operator missing expression (character 1 of the pattern)",
            ),
            ("ä(b", "unclosed group (character 2 of the pattern)"),
            (
                "a(?=b)",
                "patterns have no look-ahead (character 2 of the pattern)",
            ),
            (
                "a(?!b)",
                "patterns have no look-ahead (character 2 of the pattern)",
            ),
            (
                "(?<=b)",
                "patterns have no look-behind (character 1 of the pattern)",
            ),
            (
                "(?<!b)",
                "patterns have no look-behind (character 1 of the pattern)",
            ),
            (
                "(?>b)",
                "patterns have no atomic groups (character 1 of the pattern)",
            ),
            (
                "(?(1)b)",
                "patterns have no conditionals (character 1 of the pattern)",
            ),
            (
                "(?#b)",
                "patterns have no comments (character 1 of the pattern)",
            ),
            (
                r"(a)\1",
                "patterns have no back-references (character 4 of the pattern)",
            ),
            (
                r"(?<n>a)\k<n>",
                "patterns have no back-references (character 8 of the pattern)",
            ),
            (
                r"a\Z",
                "patterns have no \\Z: write $ for the end (character 2 of the pattern)",
            ),
            (
                r"\Ga",
                "patterns have no \\G: write ^ for the beginning (character 1 of the pattern)",
            ),
            (
                "[a-z-[aeiou]]",
                "a [ inside [...] is ambiguous: write \\[ for the character (character 6 of the pattern)",
            ),
            (
                "[[:alpha:]]",
                "a [ inside [...] is ambiguous: write \\[ for the character (character 2 of the pattern)",
            ),
            (
                "[a&&b]",
                "&& inside [...] is ambiguous: write one & (character 3 of the pattern)",
            ),
            (
                "[a--b]",
                "-- inside [...] is ambiguous: write \\- for the character (character 3 of the pattern)",
            ),
            (
                "[^]&&b]",
                "&& inside [...] is ambiguous: write one & (character 4 of the pattern)",
            ),
            (
                "[]~~b]",
                "~~ inside [...] is ambiguous: write one ~ (character 3 of the pattern)",
            ),
            (
                r"(\w{100}){100}",
                "the pattern is too large: compiled it takes more than 10 MiB",
            ),
        ];
        for (pattern, message) in cases {
            assert_eq!(Pattern::new(pattern), Err(message.to_owned()), "{pattern}");
        }
    }

    /// D22: what only looks foreign.
    #[test]
    fn familiar_patterns_are_accepted() {
        for pattern in [
            r"\\1",
            r"[\[]",
            r"[]a]",
            "[^]&]",
            "[-a]",
            "a&&b--c~~d",
            r"\(?=",
            "(?:a)",
            "(?i)a",
            "(?<n>a)",
            r"[\]&]\[",
        ] {
            assert!(Pattern::new(pattern).is_ok(), "{pattern}");
        }
    }
}
