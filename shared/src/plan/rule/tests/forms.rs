//! Dates, collections, groups and directory extensions: accepted rules, as text, canonical text (empty = the same), and whether they
//! hold for Adele.

use std::collections::BTreeMap;

use super::*;
use crate::model::time::Time;

const GROUP: &str = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";

/// At 2026-02-28T00:00:00Z, for somebody in one group.
fn check(cases: &[(&str, &str, bool)]) {
    let facts = adele();
    let groups = BTreeMap::from([(GroupId(GROUP.to_uppercase()), 7)]);
    let of = Candidate {
        facts: &facts,
        groups: Some(&groups),
        now: Time::from_millis(1_772_236_800_000),
    };
    check_accepted(cases, &of);
}

/// D18, D19: instants in full precision, `system.now` with one step, and null.
#[test]
fn dates() {
    let same = "user.employeeHireDate -eq 2026-03-01T00:00:00.5Z";
    check(&[
        (same, "", true),
        (
            "user.employeeHireDate -eq 2026-03-01T02:00:00.500+02:00",
            same,
            true,
        ),
        (
            "user.employeehiredate -eq \"2026-03-01T00:00:00.5Z\"",
            same,
            true,
        ),
        ("user.employeeHireDate -ne 2026-03-01T00:00:00Z", "", true),
        (
            "user.employeeHireDate -eq 2026-03-01T00:00:00.5000001Z",
            "",
            false,
        ),
        ("user.employeeHireDate -ge 2026-03-01T00:00:00.5Z", "", true),
        ("user.employeeHireDate -le 2026-03-01T00:00:00.5Z", "", true),
        (
            "user.employeeHireDate -ge 2026-03-01T00:01Z",
            "user.employeeHireDate -ge 2026-03-01T00:01:00Z",
            false,
        ),
        (
            "user.employeeHireDate -le 2026-03-01T00:00Z",
            "user.employeeHireDate -le 2026-03-01T00:00:00Z",
            false,
        ),
        ("user.employeeHireDate -eq null", "", false),
        (
            "user.employeeHireDate -ne $null",
            "user.employeeHireDate -ne null",
            true,
        ),
        ("user.employeeHireDate -ge system.now", "", true),
        (
            "user.employeeHireDate -ge (system.now)",
            "user.employeeHireDate -ge system.now",
            true,
        ),
        (
            "user.employeeHireDate -le (system.now -plus p1d)",
            "user.employeeHireDate -le system.now -plus P1D",
            false,
        ),
        (
            "user.employeeHireDate -le system.now -plus PT24H1S",
            "user.employeeHireDate -le system.now -plus P1DT1S",
            true,
        ),
        (
            "user.employeeHireDate -ge System.Now -minus PT90M",
            "user.employeeHireDate -ge system.now -minus PT1H30M",
            true,
        ),
        (
            "user.employeeHireDate -ge system.now -plus P7DT3H",
            "",
            false,
        ),
        (
            "user.employeeHireDate -ge system.now -minus P0D",
            "user.employeeHireDate -ge system.now",
            true,
        ),
        (
            "user.employeeHireDate -le system.now -plus P30D -and user.city -eq 'Köln'",
            "(user.employeeHireDate -le system.now -plus P30D) -and (user.city -eq \"Köln\")",
            true,
        ),
        (
            "-not user.employeeHireDate -ge system.now -plus P36500D",
            "-not (user.employeeHireDate -ge system.now -plus P36500D)",
            true,
        ),
    ]);
}

/// D14-D17: quantifiers, empty collections, items, and the shorthand.
#[test]
fn collections() {
    let any = "user.proxyAddresses -any (_ -startsWith \"smtp:\")";
    check(&[
        (any, "", true),
        ("user.proxyAddresses -startsWith 'smtp:'", any, true),
        (
            "user.proxyAddresses -contains '.ORG'",
            "user.proxyAddresses -any (_ -contains \".ORG\")",
            true,
        ),
        (
            "user.proxyAddresses -endsWith '.net'",
            "user.proxyAddresses -any (_ -endsWith \".net\")",
            false,
        ),
        (
            "user.proxyAddresses -match '^SMTP:adele@'",
            "user.proxyAddresses -any (_ -match \"^SMTP:adele@\")",
            true,
        ),
        (
            "user.proxyAddresses -in ['a', 'SMTP:adele@contoso.com']",
            "user.proxyAddresses -any (_ -in [\"a\", \"SMTP:adele@contoso.com\"])",
            true,
        ),
        (
            "user.proxyAddresses -all (_ -startsWith \"smtp:\")",
            "",
            true,
        ),
        ("user.proxyAddresses -all (_ -endsWith \".com\")", "", false),
        (
            "user.proxyAddresses -any (_ -notEndsWith \".com\")",
            "",
            true,
        ),
        (
            "user.proxyAddresses -all (_ -notContains \"fabrikam\")",
            "",
            true,
        ),
        (
            "user.proxyAddresses -any ((_ -endsWith \".com\") -and (_ -endsWith \".org\"))",
            "",
            false,
        ),
        (
            "(user.proxyAddresses -any (_ -endsWith \".com\")) -and (user.proxyAddresses -any (_ -endsWith \".org\"))",
            "",
            true,
        ),
        ("user.proxyAddresses -any (_ -eq null)", "", false),
        ("user.proxyAddresses -eq null", "", false),
        ("user.proxyAddresses -ne null", "", true),
        ("user.otherMails -eq null", "", true),
        ("user.otherMails -any (_ -ne \"x\")", "", false),
        ("user.otherMails -all (_ -eq \"x\")", "", true),
        ("-not (user.otherMails -any (_ -eq \"x\"))", "", true),
        (
            "user.otherMails -any (_ -eq 'x') -or user.city -eq 'Köln'",
            "(user.otherMails -any (_ -eq \"x\")) -or (user.city -eq \"Köln\")",
            true,
        ),
        (
            "-not user.proxyAddresses -any (_ -eq 'x')",
            "-not (user.proxyAddresses -any (_ -eq \"x\"))",
            true,
        ),
        (
            "user.proxyAddresses -any (not _ -eq 'x' and _ -ne 'y' or _ -eq 'z')",
            "user.proxyAddresses -any ((-not (_ -eq \"x\") -and (_ -ne \"y\")) -or (_ -eq \"z\"))",
            true,
        ),
    ]);
}

/// `rule-language.md 5, 7`: service plans, of which one has to meet the whole condition.
#[test]
fn service_plans() {
    let plan = |service: &str, status: &str| {
        format!(
            "user.assignedPlans -any ((assignedPlan.service -eq \"{service}\") -and (assignedPlan.capabilityStatus -eq \"{status}\"))"
        )
    };
    check(&[
        (&plan("exchange", "Enabled"), "", true),
        (&plan("MCOEV", "Enabled"), "", false),
        (
            "user.assignedPlans -any (assignedPlan.servicePlanId -eq \"mcoev-1\")",
            "",
            true,
        ),
        (
            "user.assignedPlans -any (assignedPlan.service -eq null)",
            "",
            true,
        ),
        (
            "user.assignedPlans -all (assignedPlan.servicePlanId -ne \"x\")",
            "",
            true,
        ),
        (
            "user.assignedPlans -all (assignedPlan.servicePlanId -eq null)",
            "",
            false,
        ),
        (
            "user.assignedplans -any (AssignedPlan.Service -eq 'x')",
            "user.assignedPlans -any (assignedPlan.service -eq \"x\")",
            false,
        ),
        ("user.assignedPlans -ne null", "", true),
        ("user.assignedPlans -eq null", "", false),
    ]);
}

/// D20, D28: groups in one form, directory extensions by their whole name.
#[test]
fn groups_and_extensions() {
    let member = format!("user.memberOf -any (group.objectId -in [\"{GROUP}\"])");
    let other = format!(
        "user.memberOf -any (group.objectId -in [\"{}\"])",
        GROUP.replace('0', "1")
    );
    let extension = "user.extension_0123456789abcdef0123456789abcdef_grade";
    check(&[
        (&member, "", true),
        (
            &format!("user.memberof -any (group.objectid -eq '{GROUP}')"),
            &member,
            true,
        ),
        (&other, "", false),
        (&format!("-not ({other})"), "", true),
        (
            &format!("({member}) -and (user.city -eq \"Köln\")"),
            "",
            true,
        ),
        (&format!("{extension} -eq \"7\""), "", true),
        (&format!("{extension} -in [\"6\", \"7\"]"), "", true),
        (
            &format!("{extension} -eq 7"),
            &format!("{extension} -eq \"7\""),
            true,
        ),
        (
            "user.extension_0123456789abcdef0123456789abcdef_none -eq null",
            "",
            true,
        ),
        (
            "user.extension_0123456789abcdef0123456789abcdef_none -ne \"x\"",
            "",
            true,
        ),
    ]);
}
