//! From text to tokens (`rule-language.md 3`).

use super::error::{RuleError, Span, shown};
use super::hint;
use super::operator::Operator;

/// Reads one token after the other, so that the first mistake in reading order is the one that is reported.
#[derive(Clone)]
pub(super) struct Lexer<'a> {
    rule: &'a str,
    /// Where the next token may begin, in bytes.
    position: usize,
}

/// A token and where it stands.
#[derive(Debug)]
pub(super) struct Token<'a> {
    pub kind: TokenKind<'a>,
    pub span: Span,
}

#[derive(Debug, PartialEq)]
pub(super) enum TokenKind<'a> {
    Open,
    Close,
    ListOpen,
    ListClose,
    Comma,
    Operator(Operator),
    /// A name or a bare word: `user.city`, `null`, `$true`, `_`, `Sales`.
    Word(&'a str),
    /// What stands between quotes, escapes resolved; or a number, which is the text of its characters (D8).
    Text(String),
    /// A date without quotes, such as `2026-03-01T00:00:00Z`.
    Date(&'a str),
    End,
}

/// A token's kind and its length in bytes, or the length of the mistake and what to say of it.
type Read<'a> = Result<(TokenKind<'a>, usize), (usize, String)>;

impl<'a> Lexer<'a> {
    pub fn new(rule: &'a str) -> Self {
        Self { rule, position: 0 }
    }

    /// The text that is read.
    pub fn rule(&self) -> &'a str {
        self.rule
    }

    /// The next token; at the end, and ever after, [`TokenKind::End`].
    pub fn next(&mut self) -> Result<Token<'a>, RuleError> {
        let rest = self.rule[self.position..].trim_start();
        let start = self.rule.len() - rest.len();
        match read(rest) {
            Ok((kind, length)) => {
                self.position = start + length;
                Ok(Token {
                    kind,
                    span: Span {
                        start,
                        end: self.position,
                    },
                })
            }
            Err((length, message)) => Err(RuleError::at(
                self.rule,
                Span {
                    start,
                    end: start + length,
                },
                message,
            )),
        }
    }
}

fn read(rest: &str) -> Read<'_> {
    let Some(first) = rest.chars().next() else {
        return Ok((TokenKind::End, 0));
    };
    match first {
        '(' => Ok((TokenKind::Open, 1)),
        ')' => Ok((TokenKind::Close, 1)),
        '[' => Ok((TokenKind::ListOpen, 1)),
        ']' => Ok((TokenKind::ListClose, 1)),
        ',' => Ok((TokenKind::Comma, 1)),
        '"' | '\'' => text(rest, first),
        '-' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => number(rest),
        '0'..='9' => number(rest),
        hyphen if is_hyphen(hyphen) => hyphenated(rest, hyphen),
        letter if is_name(letter) || letter == '$' => Ok(word(rest, letter)),
        other => Err(unexpected(rest, other)),
    }
}

/// An operator with its hyphen, of which the documents print several kinds (D2).
fn hyphenated(rest: &str, hyphen: char) -> Read<'_> {
    let after = &rest[hyphen.len_utf8()..];
    let name = &after[..run(after, |c| c.is_ascii_alphabetic())];
    let length = hyphen.len_utf8() + name.len();
    if name.is_empty() {
        return Err((
            length,
            "an operator is one hyphen and directly its name, such as -eq".to_owned(),
        ));
    }
    match Operator::named(name) {
        Some(operator) => Ok((TokenKind::Operator(operator), length)),
        None => Err((length, hint::operator(&rest[..length]))),
    }
}

fn word(rest: &str, first: char) -> (TokenKind<'_>, usize) {
    let sign = usize::from(first == '$');
    let length = sign + run(&rest[sign..], |c| is_name(c) || c == '.');
    let word = &rest[..length];
    match Operator::named(word) {
        Some(operator) => (TokenKind::Operator(operator), length),
        None => (TokenKind::Word(word), length),
    }
}

/// `-?digits(.digits)?`, and nothing that continues it (D8).
fn number(rest: &str) -> Read<'_> {
    let digits = |from: usize| run(&rest[from..], |c| c.is_ascii_digit());
    let sign = usize::from(rest.starts_with('-'));
    let whole = sign + digits(sign);
    let fraction = if rest[whole..].starts_with('.') {
        digits(whole + 1)
    } else {
        0
    };
    let length = if fraction > 0 {
        whole + 1 + fraction
    } else {
        whole
    };
    if length == 4 && rest[4..].starts_with('-') && digits(5) > 0 {
        let length = run(rest, |c| c.is_ascii_alphanumeric() || "-+:.".contains(c));
        return Ok((TokenKind::Date(&rest[..length]), length));
    }
    match run(&rest[length..], |c| is_name(c) || c == '.' || c == '$') {
        0 => Ok((TokenKind::Text(rest[..length].to_owned()), length)),
        more => Err((
            length + more,
            format!(
                "{} is not a number: put text into quotes",
                shown(&rest[..length + more])
            ),
        )),
    }
}

/// A text in quotes, with the two escapes there are (D5, D6).
fn text(rest: &str, quote: char) -> Read<'_> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((position, character)) = characters.next() {
        let next = characters.peek().map(|(_, character)| *character);
        match (character, next) {
            ('`', Some('"')) if quote == '"' => {
                characters.next();
                text.push('"');
            }
            ('\'', Some('\'')) => {
                characters.next();
                text.push('\'');
            }
            _ if character == quote => return Ok((TokenKind::Text(text), position + 1)),
            _ if is_line_end(character) => {
                return Err((
                    position,
                    "a text ends on the line on which it begins: a quote is missing".to_owned(),
                ));
            }
            _ => text.push(character),
        }
    }
    Err((
        rest.len(),
        format!("this text is not closed: a {quote} is missing"),
    ))
}

/// A character that begins no token, or the signs that are operators elsewhere.
fn unexpected(rest: &str, first: char) -> (usize, String) {
    match run(rest, |c| "=!<>&|".contains(c)) {
        0 => (first.len_utf8(), hint::character(first)),
        signs => (signs, hint::operator(&rest[..signs])),
    }
}

/// The length, in bytes, of the characters at the beginning of `text` that belong.
fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// Letters of other scripts belong to no name, but a bare word made of them should be reported as a whole.
fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn is_hyphen(character: char) -> bool {
    matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn is_line_end(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}
