//! The language as tables: what is accepted and means what, what is refused with which words, and the laws that hold for all rules.

mod cases;
mod forms;
mod laws;
mod lists;
mod refusals;
mod warnings;

use super::*;
use crate::model::facts::{AssignedPlan, Facts};

/// A person of the tables: everything that has a value.
fn adele() -> Facts {
    let mut facts = Facts::default();
    facts.insert_flag(Property::AccountEnabled, true);
    facts.insert_text(Property::City, "Köln");
    facts.insert_text(Property::Department, "Sales");
    facts.insert_text(Property::EmployeeId, "007");
    facts.insert_text(Property::ExtensionAttribute1, "P-042");
    facts.insert_text(Property::JobTitle, "SDE \"II\" o'Neil");
    facts.insert_text(Property::Mail, "Adele@Contoso.com");
    facts.insert_text(Property::Surname, "Straße`");
    facts.insert_date(Property::EmployeeHireDate, "2026-03-01T00:00:00.5Z");
    let aliases = ["SMTP:adele@contoso.com", "smtp:adele@contoso.org"];
    facts.insert_texts(Property::ProxyAddresses, aliases.into_iter());
    let plan = |status: &str, service: &str| {
        AssignedPlan(status.into(), service.into(), format!("{service}-1"))
    };
    let plans = [
        plan("Enabled", "exchange"),
        plan("Deleted", "MCOEV"),
        plan("Enabled", ""),
    ];
    facts.insert_plans(Property::AssignedPlans, plans.into_iter());
    facts.insert_extension("extension_0123456789abcdef0123456789abcdef_grade", "7");
    facts
}

/// Accepted rules: text, canonical text (empty = the same), and whether it holds for somebody.
fn check_accepted(cases: &[(&str, &str, bool)], of: &Candidate<'_>) {
    for (text, canonical, holds) in cases {
        let rule = Rule::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let canonical = if canonical.is_empty() {
            text
        } else {
            canonical
        };
        assert_eq!(rule.to_string(), *canonical, "{text}");
        assert_eq!(Rule::parse(canonical).unwrap(), rule, "{text}");
        assert_eq!(rule.matches(of), *holds, "{text}");
    }
}
