//! What holds for every rule and every text.

use proptest::prelude::*;

use super::*;

/// Values that are apt to collide, fold and need escapes.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::string::string_regex("[aAbB'\"`\\\\ ßİΣσς]{1,4}").unwrap(),
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
    ];
    prop::collection::vec((prop::sample::select(pieces), any::<bool>()), 0..24).prop_map(|parts| {
        let spaced =
            |(piece, blank): &(&str, bool)| format!("{piece}{}", if *blank { " " } else { "" });
        parts.iter().map(spaced).collect()
    })
}

proptest! {
    /// `rule-language.md 11`: one printed form per tree, and reading it gives the same tree, which decides the same.
    #[test]
    fn canonical_text_is_the_same_rule((text, facts) in (rules(), facts())) {
        let rule = Rule::parse(&text).unwrap();
        let canonical = rule.to_string();
        let again = Rule::parse(&canonical).unwrap();
        prop_assert_eq!(&again, &rule);
        prop_assert_eq!(again.to_string(), canonical);
        prop_assert_eq!(again.matches(&facts), rule.matches(&facts));
    }

    /// D11: two-valued logic, no value included; De Morgan holds.
    #[test]
    fn negation_is_the_complement((a, b, facts) in (comparisons(), comparisons(), facts())) {
        let holds = |text: String| Rule::parse(&text).unwrap().matches(&facts);
        prop_assert_ne!(holds(format!("-not ({a})")), holds(a.clone()));
        prop_assert_eq!(holds(format!("-not (({a}) -and ({b}))")), holds(format!("-not ({a}) -or -not ({b})")));
    }

    /// D11, D27: each negative operator is its twin's complement for any text and value, and so is reading either without case.
    #[test]
    fn twins_are_complements((facts, text) in (facts(), texts())) {
        let text = text.replace('\'', "''");
        for (operator, twin) in [("eq", "ne"), ("startsWith", "notStartsWith"), ("endsWith", "notEndsWith"), ("contains", "notContains")] {
            let holds = |operator: &str| Rule::parse(&format!("user.mail -{operator} '{text}'")).unwrap().matches(&facts);
            prop_assert_ne!(holds(operator), holds(twin));
        }
    }

    /// Any text is accepted or refused with a place inside it; what is accepted is true or false of everybody.
    #[test]
    fn any_text_is_read_without_harm((text, facts) in (prop_oneof![soup(), ".{0,64}", any::<String>()], facts())) {
        match Rule::parse(&text) {
            Ok(rule) => {
                rule.matches(&facts);
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
            rule.matches(&facts);
        }
    }
}
