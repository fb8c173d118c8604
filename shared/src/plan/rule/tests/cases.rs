//! Accepted rules: text, canonical text (empty = the same), and whether it holds for Adele.

use super::*;

fn check(cases: &[(&str, &str, bool)]) {
    check_accepted(cases, &Candidate::of(&adele()));
}

/// R131, F36, `rule-language.md 4`: every operator, with and without a value (D11), without regard to case (D27).
#[test]
fn operators() {
    check(&[
        (r#"user.department -eq "SALES""#, "", true),
        (r#"user.department -eq "Sale""#, "", false),
        (r#"user.department -ne "sales""#, "", false),
        (r#"user.department -startsWith "sa""#, "", true),
        (r#"user.department -notStartsWith "al""#, "", true),
        (r#"user.department -endsWith "ES""#, "", true),
        (r#"user.department -notEndsWith "ales""#, "", false),
        (r#"user.department -contains "AL""#, "", true),
        (r#"user.department -notContains "AL""#, "", false),
        (r#"user.department -match "^s.*S$""#, "", true),
        (r#"user.department -notMatch "al""#, "", false),
        (r#"user.department -in ["x", "sales"]"#, "", true),
        (r#"user.department -notIn ["x", "sales"]"#, "", false),
        (r#"user.department -startsWith "Sales and more""#, "", false),
        (r#"user.department -endsWith "More Sales""#, "", false),
        (r#"user.country -eq "x""#, "", false),
        (r#"user.country -ne "x""#, "", true),
        (r#"user.country -startsWith "x""#, "", false),
        (r#"user.country -notStartsWith "x""#, "", true),
        (r#"user.country -endsWith "x""#, "", false),
        (r#"user.country -notEndsWith "x""#, "", true),
        (r#"user.country -contains "x""#, "", false),
        (r#"user.country -notContains "x""#, "", true),
        (r#"user.country -match ".*""#, "", false),
        (r#"user.country -notMatch ".*""#, "", true),
        (r#"user.country -in ["x"]"#, "", false),
        (r#"user.country -notIn ["x"]"#, "", true),
    ]);
}

/// `rule-language.md 4` *Null*, D9: null, flags, and the word null in quotes.
#[test]
fn null_and_flags() {
    check(&[
        ("user.country -eq null", "", true),
        ("user.country -ne $NULL", "user.country -ne null", false),
        ("user.city -ne null", "", true),
        (r#"user.city -ne "null""#, "", true),
        ("user.accountEnabled -eq true", "", true),
        (
            "user.accountEnabled -eq $True",
            "user.accountEnabled -eq true",
            true,
        ),
        (
            r#"user.accountEnabled -ne "FALSE""#,
            "user.accountEnabled -ne false",
            true,
        ),
        ("user.accountEnabled -eq null", "", false),
        ("user.dirSyncEnabled -eq false", "", false),
        ("user.dirSyncEnabled -ne true", "", true),
        ("user.dirSyncEnabled -eq null", "", true),
    ]);
}

/// R135, R136, `rule-language.md 2`: what binds how; chains of one operator stay flat.
#[test]
fn precedence() {
    let yes = r#"(user.city -eq "Köln")"#;
    let no = r#"(user.city -eq "Bonn")"#;
    check(&[
        (
            &format!("{yes} -or {no} -and {no}"),
            &format!("{yes} -or ({no} -and {no})"),
            true,
        ),
        (&format!("({yes} -or {no}) -and {no}"), "", false),
        (&format!("-not {yes} -and {no}"), "", false),
        (&format!("-not {no} -or {yes}"), "", true),
        (&format!("-not ({no} -and {yes})"), "", true),
        (
            &format!("{yes} -and -not {no} -or {no}"),
            &format!("({yes} -and -not {no}) -or {no}"),
            true,
        ),
        (
            &format!(r#"-not user.city -eq "Bonn" -and {yes}"#),
            &format!("-not {no} -and {yes}"),
            true,
        ),
        (&format!("-not -not {yes}"), "", true),
        (&format!("{no} -or {no} -or {yes}"), "", true),
        (&format!("{no} -or ({no} -or {yes})"), "", true),
        (&format!("((({yes})))"), r#"user.city -eq "Köln""#, true),
        (
            &format!("(({yes}) -and (-not {no}))"),
            &format!("{yes} -and -not {no}"),
            true,
        ),
    ]);
}

/// D1, D2, D3: case, hyphens and blanks.
#[test]
fn spelling() {
    check(&[
        (
            r#"USER.JOBTITLE -NOTSTARTSWITH "x""#,
            r#"user.jobTitle -notStartsWith "x""#,
            true,
        ),
        (
            r#"user.mailNickname eq "x""#,
            r#"user.mailNickName -eq "x""#,
            false,
        ),
        ("user.mail –ne null", "user.mail -ne null", true),
        ("user.mail −ne null", "user.mail -ne null", true),
        (
            r#"(user.city-eq"Köln")-and(-not(user.city-in["a","b"]))"#,
            r#"(user.city -eq "Köln") -and -not (user.city -in ["a", "b"])"#,
            true,
        ),
        (
            "\n\tuser.city\r\n\u{a0}-eq\u{2003}\"Köln\"\n  and user.country -eq null ",
            r#"(user.city -eq "Köln") -and (user.country -eq null)"#,
            true,
        ),
        (
            "not user.country -eq$null",
            "-not (user.country -eq null)",
            false,
        ),
    ]);
}

/// D5, D6, D8: quotes, escapes and numbers.
#[test]
fn texts() {
    check(&[
        ("user.city -eq 'köln'", r#"user.city -eq "köln""#, true),
        (
            r#"user.jobTitle -eq "sde `"II`" o'neil""#,
            r#"user.jobTitle -eq "sde `"II`" o''neil""#,
            true,
        ),
        (
            r#"user.jobTitle -eq 'sde "II" o''neil'"#,
            r#"user.jobTitle -eq "sde `"II`" o''neil""#,
            true,
        ),
        (r#"user.surname -endsWith 'E`'"#, "", true),
        (r#"user.surname -eq "Strasse`a""#, "", false),
        (r#"user.city -eq "C:\""#, "", false),
        (r#"user.city -ne " Köln""#, "", true),
        (
            "user.employeeId -eq 007",
            r#"user.employeeId -eq "007""#,
            true,
        ),
        ("user.employeeId -eq 7", r#"user.employeeId -eq "7""#, false),
        (
            "user.employeeId -in [-1.50,'x',007]",
            r#"user.employeeId -in ["-1.50", "x", "007"]"#,
            true,
        ),
        ("user.city -eq \"“x” # // \u{200b}\"", "", false),
    ]);
}

/// D22 and `rule-language.md 8`: searched, not anchored; case ignored; a backslash needs no escape.
#[test]
fn patterns() {
    check(&[
        (r#"user.extensionAttribute1 -match "^p-\d{3}$""#, "", true),
        (r#"user.city -match "ÖL""#, "", true),
        (r#"user.city -match "^ö""#, "", false),
        (r#"user.jobTitle -match "`"ii`"""#, "", true),
        (
            r#"user.mail -match "[A-Z]@(contoso|fabrikam)\.com$""#,
            "",
            true,
        ),
    ]);
}

/// D27: each character by itself: no special casing at the end of a word, and ß is not ss.
#[test]
fn folding() {
    let mut facts = Facts::default();
    facts.insert_text(Property::City, "ΟΔΟΣ İ STRAẞE");
    let holds = |text: &str| Rule::parse(text).unwrap().matches(&Candidate::of(&facts));
    assert!(holds("user.city -startsWith 'οδοσ'"));
    assert!(!holds("user.city -startsWith 'οδος'"));
    assert!(holds("user.city -contains 'i\u{307} stra'"));
    assert!(holds("user.city -endsWith ' i\u{307} straße'"));
    assert!(!holds("user.city -endsWith 'strasse'"));
}

/// D23, D24: exactly at the limits.
#[test]
fn limits_are_reached_but_not_passed() {
    let nested = |depth: usize| {
        format!(
            "{}user.mail -ne null{}",
            "(".repeat(depth),
            ")".repeat(depth)
        )
    };
    assert!(Rule::parse(&nested(MAX_DEPTH)).is_ok());
    assert!(Rule::parse(&nested(MAX_DEPTH + 1)).is_err());
    let negated = |depth: usize| format!("{}user.mail -ne null", "not ".repeat(depth));
    assert!(
        Rule::parse(&negated(MAX_DEPTH))
            .unwrap()
            .matches(&Candidate::of(&adele()))
    );
    assert!(Rule::parse(&negated(MAX_DEPTH + 1)).is_err());
    let side_by_side = vec!["(not user.mail eq null)"; 100].join("or");
    assert!(Rule::parse(&side_by_side).is_ok());
    let padded = |length: usize| format!("{:ü<length$}'", "user.city -ne '", length = length - 1);
    assert!(Rule::parse(&padded(MAX_CHARACTERS)).is_ok());
    assert!(Rule::parse(&padded(MAX_CHARACTERS + 1)).is_err());
}
