//! What to say to somebody who writes what the language does not have, or not there (`rule-language.md 10`).

use super::ast::{Item, Subject};
use super::check::does_not_go;
use super::error::shown;
use super::lexer::TokenKind;
use super::operator::{Compare, Operator};
use crate::model::facts::EXTENSION;
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
        ("_", None) => stands_for(word, "otherMails"),
        ("assignedplan", None) => stands_for(word, "assignedPlans"),
        ("group", None) => stands_for(word, "memberOf"),
        (_, None) => CONDITION.to_owned(),
    }
}

fn stands_for(word: &str, collection: &str) -> String {
    let item = shown(word);
    format!(
        "{item} stands for an item of a collection: write user.{collection} -any ({item} -eq \"x\")"
    )
}

/// What stands inside a quantifier and is not its item (D15).
pub(super) fn instead_of_item(word: &str, collection: Property) -> String {
    let items: Vec<&str> = Item::ALL
        .into_iter()
        .filter(|item| item.is_of(collection.value_type()))
        .map(Item::name)
        .collect();
    format!(
        "inside -any and -all of {} only its items can be asked, {} cannot: write {}",
        collection.name(),
        shown(word),
        items.join(" or ")
    )
}

/// The name of a directory extension: `extension_`, an application's id without hyphens, `_` and a name (D28).
pub(super) fn extension(name: &str) -> Option<String> {
    let prefix = name.get(..EXTENSION.len())?;
    let (id, own) = name[EXTENSION.len()..].split_once('_')?;
    let is_id = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_name = own
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let fits = prefix.eq_ignore_ascii_case(EXTENSION) && is_id && is_name && !own.is_empty();
    fits.then(|| format!("{EXTENSION}{id}_{own}"))
}

/// A property that is none (D25); `name` is what stands after `user.`.
pub(super) fn property(name: &str) -> String {
    let written = shown(name);
    if name.to_ascii_lowercase().starts_with(EXTENSION) {
        return format!(
            "{written} is no directory extension: they are called extension_<application id, 32 characters>_<name>"
        );
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
        | TokenKind::Date(_) => CONDITION,
    }
}

/// A token that follows a property and compares nothing.
pub(super) fn instead_of_comparing(kind: &TokenKind, subject: &Subject) -> String {
    let name = subject.written();
    match kind {
        TokenKind::Operator(operator @ (Operator::Any | Operator::All)) => {
            does_not_go(operator, subject, "it asks the items of a collection")
        }
        TokenKind::Operator(Operator::Not) => {
            format!("-not stands only before a condition: write {name} -ne null")
        }
        TokenKind::Word(word) => operator(word),
        TokenKind::Close => {
            format!("a property stands without parentheses: write {name} -eq and a value")
        }
        TokenKind::Open
        | TokenKind::ListOpen
        | TokenKind::ListClose
        | TokenKind::Comma
        | TokenKind::Operator(_)
        | TokenKind::Text(_)
        | TokenKind::Date(_)
        | TokenKind::End => {
            format!("an operator is missing here: write {name} -eq and a value")
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
                "system" => "a list holds texts: system.now goes with -ge and -le".to_owned(),
                _ => format!("put text into quotes: \"{}\"", shown(word)),
            }
        }
        TokenKind::Date(_) => "put text into quotes".to_owned(),
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
            "only system.now takes -plus or -minus, once"
        }
        TokenKind::Open
        | TokenKind::ListOpen
        | TokenKind::ListClose
        | TokenKind::Comma
        | TokenKind::Operator(_)
        | TokenKind::Word(_)
        | TokenKind::Date(_)
        | TokenKind::End => "-and or -or is missing here",
    }
}
