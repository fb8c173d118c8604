//! The language as tables: what is accepted and means what, what is refused with which words, and the laws that hold for all rules.

mod cases;
mod laws;
mod lists;
mod refusals;

use super::*;

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
    facts
}
