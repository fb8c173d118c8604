//! What holds for every rule and every text.

use proptest::prelude::*;

use super::*;
use crate::model::facts::Fact;

/// Values that are apt to collide, fold and need escapes.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::string::string_regex("[aAbBkK\u{212A}'\"`\\\\ ßİΣσς]{1,4}").unwrap(),
        "null|true|-eq|007|[^\\p{Cc}\u{2028}\u{2029}]{1,8}",
    ]
}

/// One comparison, in single quotes.
fn comparisons() -> impl Strategy<Value = String> {
    let texts = || texts().prop_map(|text| format!("'{}'", text.replace('\'', "''")));
    let one = prop::sample::select(vec![
        "eq",
        "ne",
        "startsWith",
        "notStartsWith",
        "endsWith",
        "notEndsWith",
        "contains",
        "notContains",
    ]);
    let text_property = prop::sample::select(vec!["city", "mail", "extensionAttribute15"]);
    let flag_property = prop::sample::select(vec!["accountEnabled", "dirSyncEnabled"]);
    let flag = prop::sample::select(vec!["true", "false", "null"]);
    let equality = prop::sample::select(vec!["eq", "ne"]);
    prop_oneof![
        (text_property.clone(), one, texts()).prop_map(|(p, o, t)| format!("user.{p} -{o} {t}")),
        (text_property.clone(), equality.clone()).prop_map(|(p, o)| format!("user.{p} -{o} null")),
        (flag_property, equality, flag).prop_map(|(p, o, v)| format!("user.{p} -{o} {v}")),
        (
            text_property.clone(),
            any::<bool>(),
            prop::collection::vec(texts(), 1..4)
        )
            .prop_map(|(p, not, list)| {
                format!(
                    "user.{p} -{} [{}]",
                    if not { "notIn" } else { "in" },
                    list.join(",")
                )
            }),
        (text_property, any::<bool>()).prop_map(|(p, not)| {
            format!(
                "user.{p} -{} '^a[^b]|\"$'",
                if not { "notMatch" } else { "match" }
            )
        }),
    ]
}

fn rules() -> impl Strategy<Value = String> {
    comparisons().prop_recursive(4, 16, 3, |rule| {
        prop_oneof![
            prop::collection::vec(rule.clone(), 2..4).prop_map(|parts| parts.join(" -and ")),
            prop::collection::vec(rule.clone(), 2..4)
                .prop_map(|parts| format!("({})", parts.join(" or "))),
            rule.clone().prop_map(|part| format!("-not({part})")),
            rule.prop_map(|part| format!("not {part}")),
        ]
    })
}

fn facts() -> impl Strategy<Value = Facts> {
    (
        texts(),
        prop::option::of(texts()),
        prop::option::of(any::<bool>()),
    )
        .prop_map(|(city, mail, enabled)| {
            let mut facts = Facts::default();
            facts.insert_text(Property::City, &city);
            facts.insert_text(Property::Mail, mail.as_deref().unwrap_or_default());
            if let Some(enabled) = enabled {
                facts.insert_flag(Property::AccountEnabled, enabled);
            }
            facts
        })
}

/// A condition as a reader would understand it, and how they would decide it: by hand, without this language's evaluator.
#[derive(Clone, Debug)]
enum Naive {
    /// Property, operator, text: of these four, and their negative twins.
    Text(Property, &'static str, bool, String),
    Null(Property, bool),
    Enabled(bool),
    /// At least or at most so many days from now.
    Hired(bool, i64),
    /// Some or every other mail address begins with it.
    Mails(bool, String),
    In(Vec<String>, bool),
    Not(Box<Self>),
    Both(Box<Self>, Box<Self>),
    Either(Box<Self>, Box<Self>),
}

impl Naive {
    fn written(&self) -> String {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        match self {
            Self::Text(property, operator, not, text) => {
                let negative = format!("not{operator}");
                let operator = match (*operator, not) {
                    ("eq", true) => "ne",
                    (_, true) => negative.as_str(),
                    (operator, false) => operator,
                };
                format!("user.{} -{operator} {}", property.name(), quoted(text))
            }
            Self::Null(property, not) => {
                format!(
                    "user.{} -{} null",
                    property.name(),
                    if *not { "ne" } else { "eq" }
                )
            }
            Self::Enabled(flag) => format!("user.accountEnabled -eq {flag}"),
            Self::Hired(late, days) => {
                let step = if *days < 0 { "minus" } else { "plus" };
                let operator = if *late { "ge" } else { "le" };
                format!(
                    "user.employeeHireDate -{operator} (system.now -{step} P{}D)",
                    days.abs()
                )
            }
            Self::Mails(all, text) => {
                let quantifier = if *all { "all" } else { "any" };
                format!(
                    "user.otherMails -{quantifier} (_ -startsWith {})",
                    quoted(text)
                )
            }
            Self::In(texts, not) => {
                let list: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
                let operator = if *not { "notIn" } else { "in" };
                format!("user.city -{operator} [{}]", list.join(", "))
            }
            Self::Not(part) => format!("-not ({})", part.written()),
            // Without parentheses around what binds closer anyway.
            Self::Both(a, b) => format!("{} -and {}", a.within(), b.within()),
            Self::Either(a, b) => format!("{} -or {}", a.written(), b.written()),
        }
    }

    fn within(&self) -> String {
        if let Self::Either(..) = self {
            return format!("({})", self.written());
        }
        self.written()
    }

    fn holds(&self, facts: &Facts) -> bool {
        let lower = |text: &str| -> String { text.chars().flat_map(char::to_lowercase).collect() };
        match self {
            Self::Text(property, operator, not, text) => {
                let wanted = lower(text);
                let met = match facts.text(*property).map(lower) {
                    None => false,
                    Some(has) => match *operator {
                        "eq" => has == wanted,
                        "startsWith" => has.starts_with(&wanted),
                        "endsWith" => has.ends_with(&wanted),
                        _ => has.contains(&wanted),
                    },
                };
                met != *not
            }
            Self::Null(property, not) => facts.text(*property).is_none() != *not,
            Self::Enabled(flag) => facts.flag(Property::AccountEnabled) == Some(*flag),
            Self::Hired(late, days) => match facts.date(Property::EmployeeHireDate) {
                None => false,
                Some(date) if *late => date.as_second() >= days * 86_400,
                Some(date) => date.as_second() <= days * 86_400,
            },
            Self::Mails(all, text) => {
                let Some(Fact::Texts(mails)) = facts.get(Property::OtherMails) else {
                    return *all;
                };
                let meets = |mail: &String| lower(mail).starts_with(&lower(text));
                if *all {
                    mails.iter().all(meets)
                } else {
                    mails.iter().any(meets)
                }
            }
            Self::In(texts, not) => {
                let city = facts.text(Property::City).map(lower);
                texts.iter().any(|text| Some(lower(text)) == city) != *not
            }
            Self::Not(part) => !part.holds(facts),
            Self::Both(a, b) => a.holds(facts) && b.holds(facts),
            Self::Either(a, b) => a.holds(facts) || b.holds(facts),
        }
    }
}

fn naive() -> impl Strategy<Value = Naive> {
    let few = || proptest::string::string_regex("[abBß]{1,2}").unwrap();
    let property = prop::sample::select(vec![Property::City, Property::Mail]);
    let operator = prop::sample::select(vec!["eq", "startsWith", "endsWith", "contains"]);
    let leaf = prop_oneof![
        (property.clone(), operator, any::<bool>(), few())
            .prop_map(|(property, operator, not, text)| Naive::Text(property, operator, not, text)),
        (property, any::<bool>()).prop_map(|(property, not)| Naive::Null(property, not)),
        any::<bool>().prop_map(Naive::Enabled),
        (any::<bool>(), -3..3_i64).prop_map(|(late, days)| Naive::Hired(late, days)),
        (any::<bool>(), few()).prop_map(|(all, text)| Naive::Mails(all, text)),
        (prop::collection::vec(few(), 1..3), any::<bool>())
            .prop_map(|(texts, not)| Naive::In(texts, not)),
    ];
    leaf.prop_recursive(4, 16, 2, |part| {
        let pair = (part.clone(), part.clone());
        prop_oneof![
            part.prop_map(|part| Naive::Not(Box::new(part))),
            pair.clone()
                .prop_map(|(a, b)| Naive::Both(Box::new(a), Box::new(b))),
            pair.prop_map(|(a, b)| Naive::Either(Box::new(a), Box::new(b))),
        ]
    })
}

/// Somebody with values that the naive conditions are apt to meet; now is the first moment of 1970.
fn somebody() -> impl Strategy<Value = Facts> {
    let few = || proptest::string::string_regex("[abBß]{0,3}").unwrap();
    let mails = prop::collection::vec(few(), 0..3);
    (few(), few(), any::<Option<bool>>(), -3..4_i64, mails).prop_map(
        |(city, mail, enabled, day, mails)| {
            let mut facts = Facts::default();
            facts.insert_text(Property::City, &city);
            facts.insert_text(Property::Mail, &mail);
            if let Some(enabled) = enabled {
                facts.insert_flag(Property::AccountEnabled, enabled);
            }
            if day < 3 {
                let at = jiff::Timestamp::from_second(day * 86_400).unwrap();
                facts.insert_date(Property::EmployeeHireDate, &at.to_string());
            }
            facts.insert_texts(Property::OtherMails, mails.iter().map(String::as_str));
            facts
        },
    )
}

/// Texts made of the language's own pieces, most of them no rules.
fn soup() -> impl Strategy<Value = String> {
    let pieces = vec![
        "user.city",
        "user.",
        "mail",
        "-eq",
        "–ne",
        "in",
        "-not",
        "-and",
        "or",
        "any",
        "(",
        ")",
        "[",
        "]",
        ",",
        "\"",
        "'",
        "`",
        "\\",
        "null",
        "$true",
        "007",
        "-1.",
        "2026-03-01T",
        "'x'",
        "==",
        "#",
        "\u{200b}",
        "\n",
        "ß",
        "$",
        "-",
        "_",
        ".",
        "match",
        "'('",
        "system.now",
        "user.otherMails",
        "user.memberOf",
        "user.employeeHireDate",
        "-any (",
        "-all (",
        "_ -eq 'x')",
        "group.objectId",
        "-ge",
        "-plus",
        "P1D",
        "T00:00Z",
    ];
    prop::collection::vec((prop::sample::select(pieces), any::<bool>()), 0..24).prop_map(|parts| {
        let spaced =
            |(piece, blank): &(&str, bool)| format!("{piece}{}", if *blank { " " } else { "" });
        parts.iter().map(spaced).collect()
    })
}

proptest! {
    /// R131, R135, R136: what a rule decides is what a reader of it would, for random people; and so does its canonical text.
    #[test]
    fn evaluation_agrees_with_a_naive_reading((naive, facts) in (naive(), somebody())) {
        let rule = Rule::parse(&naive.written()).unwrap();
        let of = Candidate::of(&facts);
        prop_assert_eq!(rule.matches(&of), naive.holds(&facts), "{}", naive.written());
        let again = Rule::parse(&rule.to_string()).unwrap();
        prop_assert_eq!(again.matches(&of), naive.holds(&facts));
        prop_assert_eq!(again, rule);
    }

    /// D17: -not (c -any (X)) is c -all (-not X), also of no items.
    #[test]
    fn quantifiers_are_dual((facts, text) in (somebody(), "[ab]{1,2}")) {
        let holds = |text: String| Rule::parse(&text).unwrap().matches(&Candidate::of(&facts));
        let none = holds(format!("-not (user.otherMails -any (_ -contains '{text}'))"));
        prop_assert_eq!(none, holds(format!("user.otherMails -all (-not (_ -contains '{text}'))")));
    }

    /// `rule-language.md 11`: one printed form per tree, and reading it gives the same tree, which decides the same.
    #[test]
    fn canonical_text_is_the_same_rule((text, facts) in (rules(), facts())) {
        let rule = Rule::parse(&text).unwrap();
        let canonical = rule.to_string();
        let again = Rule::parse(&canonical).unwrap();
        prop_assert_eq!(&again, &rule);
        prop_assert_eq!(again.to_string(), canonical);
        prop_assert_eq!(again.matches(&Candidate::of(&facts)), rule.matches(&Candidate::of(&facts)));
    }

    /// D11: two-valued logic, no value included; De Morgan holds.
    #[test]
    fn negation_is_the_complement((a, b, facts) in (comparisons(), comparisons(), facts())) {
        let holds = |text: String| Rule::parse(&text).unwrap().matches(&Candidate::of(&facts));
        prop_assert_ne!(holds(format!("-not ({a})")), holds(a.clone()));
        prop_assert_eq!(holds(format!("-not (({a}) -and ({b}))")), holds(format!("-not ({a}) -or -not ({b})")));
    }

    /// D11, D27: each negative operator is its twin's complement for any text and value, and so is reading either without case.
    #[test]
    fn twins_are_complements((facts, text) in (facts(), texts())) {
        let text = text.replace('\'', "''");
        for (operator, twin) in [("eq", "ne"), ("startsWith", "notStartsWith"), ("endsWith", "notEndsWith"), ("contains", "notContains")] {
            let holds = |operator: &str| Rule::parse(&format!("user.mail -{operator} '{text}'")).unwrap().matches(&Candidate::of(&facts));
            prop_assert_ne!(holds(operator), holds(twin));
        }
    }

    /// Any text is accepted or refused with a place inside it; what is accepted is true or false of everybody.
    #[test]
    fn any_text_is_read_without_harm((text, facts) in (prop_oneof![soup(), ".{0,64}", any::<String>()], facts())) {
        match Rule::parse(&text) {
            Ok(rule) => {
                rule.matches(&Candidate::of(&facts));
                prop_assert_eq!(Rule::parse(&rule.to_string()), Ok(rule));
            }
            Err(error) => {
                prop_assert!(error.line <= 1 + text.matches('\n').count());
                prop_assert!(error.column <= 1 + text.chars().count());
                prop_assert!(!error.message.is_empty());
            }
        }
    }

    /// Any pattern is accepted or refused, also where it holds quotes.
    #[test]
    fn any_pattern_is_read_without_harm((pattern, facts) in ("[\\[\\](){}?*+^$|\\\\.a1&~:=!<>#kZ-]{1,12}", facts())) {
        if let Ok(rule) = Rule::parse(&format!("user.city -match '{pattern}'")) {
            rule.matches(&Candidate::of(&facts));
        }
    }
}
