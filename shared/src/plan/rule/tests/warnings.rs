//! What surprises people is said, and nothing else (`rule-language.md 12`).

use super::Rule;

#[test]
fn what_is_seldom_meant_is_said() {
    for (text, told) in [
        (
            "user.dirSyncEnabled -eq false",
            "misses everybody without a value",
        ),
        ("user.dirSyncEnabled -ne true", ""),
        ("user.dirSyncEnabled -eq true", ""),
        ("user.userType -eq \"member\"", "misses old accounts"),
        ("user.userType -eq \"Guest\"", ""),
        (
            "user.department -ne \"Sales\"",
            "everybody without a value, too",
        ),
        (
            "user.department -ne \"Sales\" -and user.department -ne null",
            "",
        ),
        (
            "user.department -notIn [\"Sales\"]",
            "-and user.department -ne null",
        ),
        ("user.department -ne null", ""),
        (
            "user.proxyAddresses -any (_ -startsWith \"contoso\")",
            "kind and a colon",
        ),
        (
            "user.proxyAddresses -any (_ -eq \"SMTP: a@b.example\")",
            "without a blank",
        ),
        ("user.proxyAddresses -any (_ -startsWith \"SIP:\")", ""),
        (
            "user.proxyAddresses -any (_ -notEndsWith \"b.example\")",
            "-all is meant",
        ),
        (
            "user.proxyAddresses -all (_ -notEndsWith \"b.example\")",
            "",
        ),
        (
            "user.assignedPlans -any (assignedPlan.service -eq \"exchange\")",
            "capabilityStatus",
        ),
        (
            "user.assignedPlans -any (assignedPlan.service -eq \"exchange\" -and assignedPlan.capabilityStatus -eq \"Enabled\")",
            "",
        ),
        ("user.country -eq \"DE\"", "user.usageLocation"),
        ("user.country -eq \"Germany\"", ""),
        ("user.usageLocation -eq \"DE\"", ""),
        ("user.mail -match \"sales\"", "anywhere in the text"),
        ("user.mail -match \"^sales$\"", ""),
        ("user.mail -match \"^sales\"", ""),
        ("user.department -eq \"Sales\"", ""),
    ] {
        let warnings = Rule::parse(text).unwrap().warnings();
        if told.is_empty() {
            assert_eq!(warnings, [""; 0], "{text}");
        } else {
            assert_eq!(warnings.len(), 1, "{text}: {warnings:?}");
            assert!(warnings[0].contains(told), "{text}: {warnings:?}");
        }
    }
    let twice = "user.country -eq \"DE\" -or user.country -eq \"AT\"";
    assert_eq!(Rule::parse(twice).unwrap().warnings().len(), 1);
}
