//! What to say to somebody who writes what the language does not have, or not there (`rule-language.md 10`).

use super::check::does_not_go;
use super::error::shown;
use super::lexer::TokenKind;
use super::operator::{Compare, Operator};
use crate::model::property::Property;

/// Where something else than a condition begins.
const CONDITION: &str = "a condition begins with a property: user.department -eq \"Sales\"";

/// A character that begins no token (D2, D4, D6).
pub(super) fn character(character: char) -> String {
    match character {
        '#' | '/' => "rules have no comments".to_owned(),
        '\\' => "a backslash does not belong before a quote: write \"Sales\"".to_owned(),
        '`' => "a backtick stands only before a quote inside a text: write \"Sales\"".to_owned(),
        '\u{2018}'..='\u{201F}' | '«' | '»' => {
            "this is a typographic quote: write a plain \" or '".to_owned()
        }
        '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' => {
            let code = u32::from(character);
            format!("an invisible character stands here (U+{code:04X}): delete it")
        }
        _ => "this character means nothing here: put text into quotes".to_owned(),
    }
}

/// An operator that is none.
pub(super) fn operator(written: &str) -> String {
    let name = written.trim_start_matches(|c: char| !c.is_ascii() || c == '-');
    let no = format!("there is no operator {}", shown(written));
    match meant_by(name) {
        Some(meant) => format!("{no}: write {meant}"),
        None => no,
    }
}

/// What somebody means who writes a word or sign of another language (`rule-language.md 10`).
fn meant_by(foreign: &str) -> Option<&'static str> {
    Some(match foreign.to_ascii_lowercase().as_str() {
        "=" | "==" | "===" | "equals" | "equal" | "is" | "ceq" | "ieq" => "-eq",
        "!=" | "!==" | "<>" | "notequals" | "notequal" | "neq" | "isnot" | "cne" | "ine" => "-ne",
        "&&" | "&" => "-and",
        "||" | "|" => "-or",
        "!" => "-not",
        "xor" => "-and, -or and -not",
        ">" | ">=" | "gt" | "gte" | "greaterthan" => "-ge, for dates",
        "<" | "<=" | "lt" | "lte" | "lessthan" => "-le, for dates",
        "like" => "-startsWith, -endsWith, -contains or -match",
        "notlike" => "-notStartsWith, -notEndsWith, -notContains or -notMatch",
        "startwith" | "beginswith" => "-startsWith",
        "endwith" => "-endsWith",
        "contain" | "includes" | "has" => "-contains",
        "matches" | "regex" | "cmatch" | "imatch" => "-match",
        _ => return None,
    })
}

/// The first word of a condition, where it is no property of the user.
pub(super) fn subject(word: &str) -> String {
    let owner = word.split_once('.').map_or(word, |(owner, _)| owner);
    match (owner.to_ascii_lowercase().as_str(), Property::named(word)) {
        (_, Some(property)) => format!("user. is missing: write user.{}", property.name()),
        ("user", None) => "a property is written user.department, without blanks".to_owned(),
        ("device", None) => "device rules are not supported: write only user properties".to_owned(),
        ("direct", None) => "Direct Reports is not supported: the manager is not synced".to_owned(),
        ("_" | "assignedplan" | "group", None) => {
            let item = shown(word);
            format!(
                "{item} stands for an item of a collection, and collections are not supported yet"
            )
        }
        (_, None) => CONDITION.to_owned(),
    }
}

/// A property that is none, or not yet (D25); `name` is what stands after `user.`.
pub(super) fn property(name: &str) -> String {
    let written = shown(name);
    let unsupported = match name.to_ascii_lowercase().as_str() {
        "employeehiredate" => Some("a date"),
        "othermails" | "proxyaddresses" | "assignedplans" => Some("a collection"),
        "memberof" => Some("the membership in groups"),
        extension if extension.starts_with("extension_") => Some("a directory extension"),
        _ => None,
    };
    if let Some(kind) = unsupported {
        return format!("{written} is {kind}: conditions on it are not supported yet");
    }
    match (Property::named_in_graph(name), Property::nearest(name)) {
        (Some(meant), _) => format!(
            "{written} is its name in Microsoft Graph: write {}",
            meant.name()
        ),
        (None, Some(near)) => format!("unknown property {written}, did you mean {}?", near.name()),
        (None, None) => {
            format!(
                "unknown property {written}: rules read the user properties that dynamic groups have"
            )
        }
    }
}

/// A token that begins no condition.
pub(super) fn instead_of_condition(kind: &TokenKind) -> &'static str {
    match kind {
        TokenKind::Close | TokenKind::End | TokenKind::Operator(Operator::And | Operator::Or) => {
            "a condition is missing here"
        }
        TokenKind::Open
        | TokenKind::ListOpen
        | TokenKind::ListClose
        | TokenKind::Comma
        | TokenKind::Operator(_)
        | TokenKind::Word(_)
        | TokenKind::Text(_)
        | TokenKind::Date => CONDITION,
    }
}

/// A token that follows a property and compares nothing.
pub(super) fn instead_of_comparing(kind: &TokenKind, property: Property) -> String {
    let name = property.name();
    match kind {
        TokenKind::Operator(operator @ (Operator::Any | Operator::All)) => {
            does_not_go(operator, property, "it asks the items of a collection")
        }
        TokenKind::Operator(Operator::Not) => {
            format!("-not stands only before a condition: write user.{name} -ne null")
        }
        TokenKind::Word(word) => operator(word),
        TokenKind::Close => {
            format!("a property stands without parentheses: write user.{name} -eq and a value")
        }
        TokenKind::Open
        | TokenKind::ListOpen
        | TokenKind::ListClose
        | TokenKind::Comma
        | TokenKind::Operator(_)
        | TokenKind::Text(_)
        | TokenKind::Date
        | TokenKind::End => {
            format!("an operator is missing here: write user.{name} -eq and a value")
        }
    }
}

/// A token that follows `operator`, directly or in a list, and is no value (D10, D12).
pub(super) fn instead_of_value(kind: &TokenKind, operator: Compare) -> String {
    match kind {
        TokenKind::Word(word) => {
            let owner = word.split_once('.').map_or(*word, |(owner, _)| owner);
            match owner.to_ascii_lowercase().as_str() {
                "null" | "$null" => "a list takes no null: compare with null beside it".to_owned(),
                "user" => "a property cannot be a value: put text into quotes".to_owned(),
                "system" => "system.now goes with dates, which are not supported yet".to_owned(),
                _ => format!("put text into quotes: \"{}\"", shown(word)),
            }
        }
        TokenKind::Date => {
            "put text into quotes; conditions on dates are not supported yet".to_owned()
        }
        TokenKind::Operator(Operator::Not) => {
            "-not stands only before a condition, never before a value".to_owned()
        }
        TokenKind::Open => {
            "a value has no parentheses, and a list has brackets: [\"a\", \"b\"]".to_owned()
        }
        TokenKind::ListOpen => "a list holds texts, no lists".to_owned(),
        TokenKind::Close
        | TokenKind::ListClose
        | TokenKind::Comma
        | TokenKind::Operator(_)
        | TokenKind::Text(_)
        | TokenKind::End => format!("a value for {operator} is missing here"),
    }
}

/// A token that follows a whole condition and does not go on.
pub(super) fn after_condition(kind: &TokenKind) -> &'static str {
    match kind {
        TokenKind::Close => "this parenthesis was never opened",
        TokenKind::Text(_) => "texts do not join: a \" inside a text is written `\"",
        TokenKind::Operator(Operator::Compare(_)) => {
            "a comparison is one property, one operator and one value"
        }
        TokenKind::Operator(Operator::Plus | Operator::Minus) => {
            "only system.now takes -plus and -minus"
        }
        TokenKind::Open
        | TokenKind::ListOpen
        | TokenKind::ListClose
        | TokenKind::Comma
        | TokenKind::Operator(_)
        | TokenKind::Word(_)
        | TokenKind::Date
        | TokenKind::End => "-and or -or is missing here",
    }
}
