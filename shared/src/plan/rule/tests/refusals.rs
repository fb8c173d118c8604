//! Refused rules, with the exact words (`rule-language.md 10`).

use super::*;

/// Pairs of lines: a rule, and behind an arrow what is said of it.
fn check_table(table: &str) {
    let lines: Vec<_> = table.trim().lines().collect();
    for pair in lines.chunks(2) {
        check(&[(pair[0], pair[1].trim_start_matches("    => "))]);
    }
}

fn check(cases: &[(&str, &str)]) {
    for (text, refusal) in cases {
        match Rule::parse(text) {
            Ok(rule) => panic!("{text} was accepted as {rule}"),
            Err(error) => assert_eq!(error.to_string(), *refusal, "{text}"),
        }
    }
}

/// D25: names that the language does not have, and what is meant.
#[test]
fn properties() {
    check_table(
        r##"
user.jobTitel -eq "x"
    => line 1, column 6, at jobTitel: unknown property jobTitel, did you mean jobTitle?
user.shoeSize -eq "x"
    => line 1, column 6, at shoeSize: unknown property shoeSize: rules read the user properties that dynamic groups have
user.employeeType -eq "x"
    => line 1, column 6, at employeeType: unknown property employeeType: rules read the user properties that dynamic groups have
user.officeLocation -eq "x"
    => line 1, column 6, at officeLocation: officeLocation is its name in Microsoft Graph: write physicalDeliveryOfficeName
user.id -ne null
    => line 1, column 6, at id: id is its name in Microsoft Graph: write objectId
user.mobilePhone -eq "x"
    => line 1, column 6, at mobilePhone: mobilePhone is its name in Microsoft Graph: write mobile
user.onPremisesSyncEnabled -eq true
    => line 1, column 6, at onPremisesSyncEnabled: onPremisesSyncEnabled is its name in Microsoft Graph: write dirSyncEnabled
user.city.name -eq "x"
    => line 1, column 6, at city.name: unknown property city.name: rules read the user properties that dynamic groups have
user. -eq "x"
    => line 1, column 1, at user.: a property is written user.department, without blanks
user .city -eq "x"
    => line 1, column 1, at user: a property is written user.department, without blanks
department -eq "Sales"
    => line 1, column 1, at department: user. is missing: write user.department
device.city -eq "x"
    => line 1, column 1, at device.city: device rules are not supported: write only user properties
Direct Reports for "62e19b97"
    => line 1, column 1, at Direct: Direct Reports is not supported: the manager is not synced
shoeSize -eq "x"
    => line 1, column 1, at shoeSize: a condition begins with a property: user.department -eq "Sales"
"##,
    );
}

/// D18, D19: dates and `system.now`, with the completed form.
#[test]
fn dates() {
    check_table(
        r##"
user.employeeHireDate -ge 2026-03-01
    => line 1, column 27, at 2026-03-01: a date has a time and an offset: write 2026-03-01T00:00:00Z
user.employeeHireDate -ge "2026-03-01T00:00:00"
    => line 1, column 27, at "2026-03-01T00:00:00": a date has an offset: write 2026-03-01T00:00:00Z
user.employeeHireDate -ge 2026-13-01T00:00:00Z
    => line 1, column 27, at 2026-13-01T00:00:00Z: this is no date: write one such as 2026-03-01T00:00:00Z
user.employeeHireDate -ge "soon"
    => line 1, column 27, at "soon": this is no date: write one such as 2026-03-01T00:00:00Z
user.employeeHireDate -eq system.now
    => line 1, column 27, at system.now: -eq does not go with system.now, which is another moment each time: use -ge or -le
user.employeeHireDate -ne (system.now)
    => line 1, column 27, at (system.now): -ne does not go with system.now, which is another moment each time: use -ge or -le
user.employeeHireDate -ge system.now -plus P1D -plus P1D
    => line 1, column 48, at -plus: only system.now takes -plus or -minus, once
user.employeeHireDate -ge (system.now -plus P1D -minus P1D)
    => line 1, column 49, at -minus: a ) is missing here: system.now takes one step
user.employeeHireDate -ge 2026-03-01T00:00:00Z -plus P1D
    => line 1, column 48, at -plus: only system.now takes -plus or -minus, once
user.employeeHireDate -ge system.now -plus P1M
    => line 1, column 44, at P1M: a span has days, hours, minutes and seconds: P30D, P7DT3H or PT90M
user.employeeHireDate -ge system.now -plus P1W
    => line 1, column 44, at P1W: a span has days, hours, minutes and seconds: P30D, P7DT3H or PT90M
user.employeeHireDate -ge system.now -plus "P1D"
    => line 1, column 44, at "P1D": a span has days, hours, minutes and seconds: P30D, P7DT3H or PT90M
user.employeeHireDate -ge system.now -plus P
    => line 1, column 44, at P: a span has days, hours, minutes and seconds: P30D, P7DT3H or PT90M
user.employeeHireDate -ge system.now -plus PT
    => line 1, column 44, at PT: a span has days, hours, minutes and seconds: P30D, P7DT3H or PT90M
user.employeeHireDate -ge system.now -plus P1DT
    => line 1, column 44, at P1DT: a span has days, hours, minutes and seconds: P30D, P7DT3H or PT90M
user.employeeHireDate -ge system.now -plus P36501D
    => line 1, column 44, at P36501D: a span is at most 36500 days
user.employeeHireDate -ge (2026-03-01T00:00:00Z)
    => line 1, column 28, at 2026-03-01T00:00:00Z: only system.now stands in parentheses: (system.now -minus P30D)
user.employeeHireDate -startsWith "2026"
    => line 1, column 23, at -startsWith: -startsWith does not go with employeeHireDate (a date): use -eq, -ne, -ge or -le
user.employeeHireDate -in ["2026-03-01T00:00:00Z"]
    => line 1, column 23, at -in: -in does not go with employeeHireDate (a date): use -eq, -ne, -ge or -le
user.employeeHireDate -ge null
    => line 1, column 27, at null: -ge takes no null: write -eq null
user.employeeHireDate -eq true
    => line 1, column 27, at true: employeeHireDate is compared with a date, system.now or null
user.city -eq system.now
    => line 1, column 15, at system.now: system.now goes with dates, and city is none
user.city -eq 2026-03-01T00:00:00Z
    => line 1, column 15, at 2026-03-01T00:00:00Z: city is a text: write "2026-03-01T00:00:00Z" in quotes
user.city -in [2026-03-01]
    => line 1, column 16, at 2026-03-01: put text into quotes
user.city -in [system.now]
    => line 1, column 16, at system.now: a list holds texts: system.now goes with -ge and -le
user.city -eq "x" -plus P1D
    => line 1, column 19, at -plus: only system.now takes -plus or -minus, once
"##,
    );
}

/// D14-D17, D20, D28: collections, items, groups and directory extensions.
#[test]
fn collections() {
    check_table(
        r##"
user.otherMails -any _ -eq "x"
    => line 1, column 22, at _: put the condition in parentheses: -any (_ -eq "x")
user.otherMails -any
    => line 1, column 21, at the end: put the condition in parentheses: -any (_ -eq "x")
user.otherMails -any (user.city -eq "x")
    => line 1, column 23, at user.city: inside -any and -all of otherMails only its items can be asked, user.city cannot: write _
user.otherMails -any (assignedPlan.service -eq "x")
    => line 1, column 23, at assignedPlan.service: inside -any and -all of otherMails only its items can be asked, assignedPlan.service cannot: write _
user.otherMails -any (user.otherMails -any (_ -eq "x"))
    => line 1, column 23, at user.otherMails: inside -any and -all of otherMails only its items can be asked, user.otherMails cannot: write _
user.otherMails -notContains "x"
    => line 1, column 30, at "x": -notContains on a collection can be meant in two ways: write user.otherMails -any (_ -notContains "x"), some item is so, or user.otherMails -all (_ -notContains "x"), every item is so
user.proxyAddresses -ne "x"
    => line 1, column 25, at "x": -ne on a collection can be meant in two ways: write user.proxyAddresses -any (_ -ne "x"), some item is so, or user.proxyAddresses -all (_ -ne "x"), every item is so
user.proxyAddresses -ge "x"
    => line 1, column 21, at -ge: -ge does not go with proxyAddresses (a collection): it compares dates
user.otherMails -any (_ -ge system.now)
    => line 1, column 25, at -ge: -ge does not go with _ (text): it compares dates
user.assignedPlans -eq "x"
    => line 1, column 24, at "x": -eq does not go with assignedPlans (a collection): write user.assignedPlans -any (assignedPlan.service -eq "x" -and assignedPlan.capabilityStatus -eq "Enabled")
user.assignedPlans -contains "x"
    => line 1, column 20, at -contains: -contains does not go with assignedPlans (a collection): write user.assignedPlans -any (assignedPlan.service -eq "x" -and assignedPlan.capabilityStatus -eq "Enabled")
user.assignedPlans -any (assignedPlan.skuId -eq "x")
    => line 1, column 26, at assignedPlan.skuId: inside -any and -all of assignedPlans only its items can be asked, assignedPlan.skuId cannot: write assignedPlan.capabilityStatus or assignedPlan.service or assignedPlan.servicePlanId
user.memberOf -any (group.objectId -in ["x"])
    => line 1, column 20, at (group.objectId -in ["x"]): x is not the id of a group: ids look like 0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9
user.memberOf -all (group.objectId -in ["0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"])
    => line 1, column 20, at (group.objectId -in ["0a1b2c3d-4e5f-6071…: memberOf knows one form: write user.memberOf -any (group.objectId -in ['<id of a group>']); "not in" is -not (user.memberOf -any (...))
user.memberOf -any (group.objectId -ne "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9")
    => line 1, column 20, at (group.objectId -ne "0a1b2c3d-4e5f-6071-…: memberOf knows one form: write user.memberOf -any (group.objectId -in ['<id of a group>']); "not in" is -not (user.memberOf -any (...))
user.memberOf -any (group.displayName -eq "x")
    => line 1, column 21, at group.displayName: inside -any and -all of memberOf only its items can be asked, group.displayName cannot: write group.objectId
user.memberOf -eq null
    => line 1, column 15, at -eq: write user.memberOf -any (group.objectId -in ['<id of a group>'])
user.memberOf -contains "x"
    => line 1, column 15, at -contains: write user.memberOf -any (group.objectId -in ['<id of a group>'])
user.city -any (_ -eq "x")
    => line 1, column 11, at -any: -any does not go with city (text): it asks the items of a collection
_ -eq "x"
    => line 1, column 1, at _: _ stands for an item of a collection: write user.otherMails -any (_ -eq "x")
assignedPlan.service -eq "x"
    => line 1, column 1, at assignedPlan.service: assignedPlan.service stands for an item of a collection: write user.assignedPlans -any (assignedPlan.service -eq "x")
group.objectId -eq "x"
    => line 1, column 1, at group.objectId: group.objectId stands for an item of a collection: write user.memberOf -any (group.objectId -eq "x")
user.extension_0123_x -eq "x"
    => line 1, column 6, at extension_0123_x: extension_0123_x is no directory extension: they are called extension_<application id, 32 characters>_<name>
user.extension_0123456789abcdef0123456789abcdef -eq "x"
    => line 1, column 6, at extension_0123456789abcdef0123456789abcd…: extension_0123456789abcdef0123456789abcd… is no directory extension: they are called extension_<application id, 32 characters>_<name>
"##,
    );
}

/// `rule-language.md 4, 10`: operators that are none, or not for this property.
#[test]
fn operators() {
    check_table(
        r##"
user.accountEnabled -contains true
    => line 1, column 21, at -contains: -contains does not go with accountEnabled (true/false): use -eq or -ne
user.accountEnabled -in [true]
    => line 1, column 21, at -in: -in does not go with accountEnabled (true/false): use -eq or -ne
user.city -ge "x"
    => line 1, column 11, at -ge: -ge does not go with city (text): it compares dates
user.city -any (_ -eq "x")
    => line 1, column 11, at -any: -any does not go with city (text): it asks the items of a collection
user.mail -not null
    => line 1, column 11, at -not: -not stands only before a condition: write user.mail -ne null
user.city "x"
    => line 1, column 11, at "x": an operator is missing here: write user.city -eq and a value
user.city
    => line 1, column 10, at the end: an operator is missing here: write user.city -eq and a value
user.city -and user.mail
    => line 1, column 11, at -and: an operator is missing here: write user.city -eq and a value
user.city -like "x*"
    => line 1, column 11, at -like: there is no operator -like: write -startsWith, -endsWith, -contains or -match
user.city -gt 5
    => line 1, column 11, at -gt: there is no operator -gt: write -ge, for dates
user.city equals "x"
    => line 1, column 11, at equals: there is no operator equals: write -eq
user.city -foo "x"
    => line 1, column 11, at -foo: there is no operator -foo
user.city == "x"
    => line 1, column 11, at ==: there is no operator ==: write -eq
user.city - eq "x"
    => line 1, column 11, at -: an operator is one hyphen and directly its name, such as -eq
user.city --eq "x"
    => line 1, column 11, at -: an operator is one hyphen and directly its name, such as -eq
user.city -eq "x" && user.mail -eq "y"
    => line 1, column 19, at &&: there is no operator &&: write -and
!(user.city -eq "x")
    => line 1, column 1, at !: there is no operator !: write -not
(user.city) -eq "x"
    => line 1, column 11, at ): a property stands without parentheses: write user.city -eq and a value
"##,
    );
}

/// D7, D9, D10, D12: values.
#[test]
fn values() {
    check_table(
        r##"
user.city -eq ""
    => line 1, column 15, at "": a text must not be empty: write null to test for no value
user.city -in ["a", '']
    => line 1, column 21, at '': a text must not be empty: write null to test for no value
user.city -eq Sales
    => line 1, column 15, at Sales: put text into quotes: "Sales"
user.city -eq Köln
    => line 1, column 15, at Köln: put text into quotes: "Köln"
user.city -eq true
    => line 1, column 15, at true: city is a text: write "true" in quotes
user.city -eq user.mail
    => line 1, column 15, at user.mail: a property cannot be a value: put text into quotes
user.city -eq 12ab
    => line 1, column 15, at 12ab: 12ab is not a number: put text into quotes
user.city -eq 1.2.3
    => line 1, column 15, at 1.2.3: 1.2.3 is not a number: put text into quotes
user.city -eq
    => line 1, column 14, at the end: a value for -eq is missing here
user.city -eq )
    => line 1, column 15, at ): a value for -eq is missing here
user.city -eq ("x")
    => line 1, column 15, at (: a value has no parentheses, and a list has brackets: ["a", "b"]
user.city -eq -not "x"
    => line 1, column 15, at -not: -not stands only before a condition, never before a value
user.city -startsWith null
    => line 1, column 23, at null: -startsWith takes no null: write -eq null
user.city -notIn null
    => line 1, column 18, at null: -notIn takes no null: write -ne null
user.city -match null
    => line 1, column 18, at null: -match takes no null: write -eq null
user.accountEnabled -eq "yes"
    => line 1, column 25, at "yes": accountEnabled is compared with true, false or null
user.accountEnabled -eq 1
    => line 1, column 25, at 1: accountEnabled is compared with true, false or null
user.accountEnabled -eq ["true"]
    => line 1, column 25, at ["true"]: accountEnabled is compared with true, false or null
user.mail -eq not null
    => line 1, column 15, at not: -not stands only before a condition, never before a value
"##,
    );
}

/// D12 and `rule-language.md 4`: lists.
#[test]
fn lists() {
    check_table(
        r##"
user.city -in "x"
    => line 1, column 15, at "x": -in takes a list: put the value into [...]
user.city -in ("a", "b")
    => line 1, column 15, at (: a value has no parentheses, and a list has brackets: ["a", "b"]
user.city -in []
    => line 1, column 16, at ]: a value for -in is missing here
user.city -in ["a",]
    => line 1, column 20, at ]: a value for -in is missing here
user.city -in ["a" "b"]
    => line 1, column 20, at "b": a comma or ] is missing here
user.city -in [["a"]]
    => line 1, column 16, at [: a list holds texts, no lists
user.city -in ["a", null]
    => line 1, column 21, at null: a list takes no null: compare with null beside it
user.city -in [true]
    => line 1, column 16, at true: put text into quotes: "true"
user.city -in ["a"
    => line 1, column 19, at the end: a comma or ] is missing here
user.city -eq ["a"]
    => line 1, column 15, at ["a"]: a list goes with -in, not with -eq
user.city -notMatch ["a", "b"]
    => line 1, column 21, at ["a", "b"]: a list goes with -notIn; for patterns write (a|b)
"##,
    );
}

/// D22: a pattern that cannot be compiled; the rest of its refusals is in `pattern`.
#[test]
fn patterns() {
    check_table(
        r##"
user.mail -match "*@domain.ext"
    => line 1, column 18, at "*@domain.ext": repetition operator missing expression (character 1 of the pattern)
user.mail -match "^(?!x)"
    => line 1, column 18, at "^(?!x)": patterns have no look-ahead (character 2 of the pattern)
"##,
    );
}

/// `rule-language.md 1, 2`: what a rule is made of.
#[test]
fn structure() {
    check_table(
        r##"
(user.city -eq "x") (user.mail -eq "y")
    => line 1, column 21, at (: -and or -or is missing here
user.city -eq "x" user.mail -eq "y"
    => line 1, column 19, at user.mail: -and or -or is missing here
user.city -eq "x" -and
    => line 1, column 23, at the end: a condition is missing here
user.city -eq "x" -or -and user.mail -eq "y"
    => line 1, column 23, at -and: a condition is missing here
-and user.city -eq "x"
    => line 1, column 1, at -and: a condition is missing here
()
    => line 1, column 2, at ): a condition is missing here
(user.city -eq "x"
    => line 1, column 1, at (: this parenthesis is not closed
user.city -eq "x")
    => line 1, column 18, at ): this parenthesis was never opened
(user.city -eq "x"]
    => line 1, column 19, at ]: -and or -or is missing here
"Sales" -eq user.department
    => line 1, column 1, at "Sales": a condition begins with a property: user.department -eq "Sales"
user.city -eq "x" -eq "y"
    => line 1, column 19, at -eq: a comparison is one property, one operator and one value
-eq "x"
    => line 1, column 1, at -eq: a condition begins with a property: user.department -eq "Sales"
true
    => line 1, column 1, at true: a condition begins with a property: user.department -eq "Sales"
user.city -eq "x" -not user.mail -eq "y"
    => line 1, column 19, at -not: -and or -or is missing here
"##,
    );
}

/// D3, D4, D6: quotes, comments and stray signs.
#[test]
fn texts() {
    check_table(
        r##"
user.city -eq "x
    => line 1, column 15, at "x: this text is not closed: a " is missing
user.city -eq 'x"
    => line 1, column 15, at 'x": this text is not closed: a ' is missing
user.city -eq “x”
    => line 1, column 15, at “: this is a typographic quote: write a plain " or '
user.city -eq \"x\"
    => line 1, column 15, at \: a backslash does not belong before a quote: write "Sales"
user.city -eq `"x`"
    => line 1, column 15, at `: a backtick stands only before a quote inside a text: write "Sales"
user.city -eq "a""b"
    => line 1, column 18, at "b": texts do not join: a " inside a text is written `"
user.city -eq "x" # comment
    => line 1, column 19, at #: rules have no comments
user.city -eq "x" // comment
    => line 1, column 19, at /: rules have no comments
user.city -eq {x}
    => line 1, column 15, at {: this character means nothing here: put text into quotes
"##,
    );
}

/// D2, D3, D6: what cannot be seen is named, and the place is right on any line.
#[test]
fn lines_and_invisible_characters() {
    check(&[
        (
            "",
            "line 1, column 1, at the end: the rule is empty: write a condition such as user.department -eq \"Sales\"",
        ),
        (
            "user.city\u{200b} -eq 'x'",
            "line 1, column 10, at \u{200b}: an invisible character stands here (U+200B): delete it",
        ),
        (
            "\u{feff}user.city -eq 'x'",
            "line 1, column 1, at \u{feff}: an invisible character stands here (U+FEFF): delete it",
        ),
        (
            "user.city -eq 'x'\r\n -and\n  user.citty -eq 'x'",
            "line 3, column 8, at citty: unknown property citty, did you mean city?",
        ),
        (
            "user.city -eq\n 'Kö\nln'",
            "line 2, column 2, at 'Kö: a text ends on the line on which it begins: a quote is missing",
        ),
        (
            "user.city -eq 'x' \u{0}",
            "line 1, column 19, at \\u{0}: this character means nothing here: put text into quotes",
        ),
        (
            "user.city –like 'x'",
            "line 1, column 11, at –like: there is no operator –like: write -startsWith, -endsWith, -contains or -match",
        ),
    ]);
}

/// D23, D24: too deep and too long, without exhausting the stack.
#[test]
fn limits() {
    let deep = "line 1, column 65, at (: parentheses and -not are nested more than 64 deep";
    check(&[
        (&"(".repeat(3_000), deep),
        (
            &format!(
                "{}user.mail -ne null{}",
                "(".repeat(1_500),
                ")".repeat(1_500)
            ),
            deep,
        ),
        (
            &"-not ".repeat(600),
            "line 1, column 321, at -not: parentheses and -not are nested more than 64 deep",
        ),
        (
            &"-not(".repeat(600),
            "line 1, column 161, at -not: parentheses and -not are nested more than 64 deep",
        ),
        (
            &"ü".repeat(3_073),
            "line 1, column 3073, at ü: a rule has at most 3072 characters, this one has 3073",
        ),
        (
            &" ".repeat(10 << 20),
            "line 1, column 3073, at  : a rule has at most 3072 characters, this one has 10485760",
        ),
    ]);
}
