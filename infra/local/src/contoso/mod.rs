//! Contoso: a company with messy real-life metadata, two sites, three personas, licence stock that nearly suffices, and people who
//! come, change and go. Everything follows from the seed.
//!
//! Each person is first given the truth (site and persona, or none) and then the metadata that a tired HR department would have
//! typed for it. So what the rules must find is known without evaluating a rule.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::seed::{draw, uuid};

mod rules;

pub use rules::{basis, configure, nodes, personas, rules};

/// Microsoft 365 E5, with Teams.
pub const E5: &str = "06ebc4ee-1bb5-47dd-8120-11324bc54e06";
/// Microsoft 365 E3, with Teams.
pub const E3: &str = "05e9a617-0261-4cee-bb44-138d3ef5d965";
/// Microsoft 365 F3, with Teams.
pub const F3: &str = "66b55226-6b4f-492c-910c-a3b7a3c9d993";

/// The service plan that makes somebody a Teams user (`graph-api.md 3.6`).
pub const TEAMS1: &str = "57ff2da0-773e-42df-b2af-ffb7a2317929";

/// The licence products and their part numbers.
pub const SKUS: [(&str, &str); 3] = [(E5, "SPE_E5"), (E3, "SPE_E3"), (F3, "SPE_F1")];

/// The Teams policies that exist, by type.
pub const POLICIES: [(&str, &str); 8] = [
    ("TeamsMeetingPolicy", "Sales meetings"),
    ("TeamsMeetingPolicy", "Office meetings"),
    ("TeamsMeetingPolicy", "No recordings"),
    ("TeamsCallingPolicy", "Sales calling"),
    ("TeamsMessagingPolicy", "Office messaging"),
    ("TeamsMessagingPolicy", "Front line messaging"),
    ("TeamsAppSetupPolicy", "Front line apps"),
    ("TenantDialPlan", "Kontor's dial plan"),
];

/// What somebody should have in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    /// The persona's id; `None` = no rule matches them, or they are out of scope.
    pub persona: Option<&'static str>,
    /// The site; `None` = the tenant level.
    pub site: Option<&'static str>,
}

/// What happens to somebody in the course of the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing.
    Stays,
    /// An administrator offboards them.
    Leaves,
    /// The account is deleted in the directory.
    Deleted,
    /// Joins after the first sync.
    Joins,
}

/// One person of Contoso.
#[derive(Clone, Debug)]
pub struct Employee {
    /// Entra object id.
    pub id: String,
    /// What the rules must find.
    pub truth: Truth,
    /// What happens to them.
    pub fate: Fate,
    /// Their properties in Graph.
    pub properties: Map<String, Value>,
    /// A policy an administrator gave them by hand before we came.
    pub by_hand: Option<(&'static str, &'static str)>,
}

const FIRST: [&str; 16] = [
    "Adele", "Björn", "Chloé", "Dmitri", "Eve", "Farid", "Grace", "Hanna", "Igor", "Jürgen", "Kim",
    "Lidia", "Miriam", "Nestor", "O'Neil", "Patti",
];
const LAST: [&str; 16] = [
    "Vance",
    "Müller",
    "Okafor",
    "de la Cruz",
    "Smith",
    "Nguyễn",
    "Young",
    "Ivanova",
    "Brown",
    "Löwe",
    "Park",
    "Rossi",
    "Cohen",
    "Wilke",
    "Sørensen",
    "Fernandez",
];

/// Contoso with so many people.
pub fn employees(count: usize, seed: u64) -> Vec<Employee> {
    (0..count).map(|n| employee(n, seed)).collect()
}

fn employee(n: usize, seed: u64) -> Employee {
    let mut dice = Dice {
        state: draw(seed, 1_000 + n as u64),
    };
    let (first, last) = (dice.of(&FIRST), dice.of(&LAST));
    let mut p = Map::new();
    let mail = format!("{}.{}.{n}@contoso.example", ascii(first), ascii(last));
    p.insert("userPrincipalName".into(), json!(mail));
    p.insert("displayName".into(), json!(format!("{first} {last}")));
    p.insert("givenName".into(), json!(first));
    p.insert("surname".into(), json!(last));
    p.insert("mail".into(), json!(mail));
    p.insert("accountEnabled".into(), json!(true));
    p.insert("userType".into(), json!("Member"));
    let persona = match dice.roll(100) {
        0..25 => Some(sales(&mut p, &mut dice)),
        25..60 => Some(office(&mut p, &mut dice)),
        60..88 => Some(frontline(&mut p, &mut dice)),
        _ => {
            nobody(&mut p, &mut dice);
            None
        }
    };
    let site = match dice.roll(20) {
        0..9 => Some(london(&mut p, &mut dice)),
        9..18 => Some(berlin(&mut p, &mut dice)),
        _ => {
            p.insert(
                "city".into(),
                json!(dice.of(&["Remote", "home office", "n/a", "Lodnon", "???"])),
            );
            None
        }
    };
    let mut truth = Truth { persona, site };
    if dice.roll(30) == 0 {
        p.insert("userType".into(), json!("Guest"));
        truth = Truth {
            persona: None,
            site: None,
        };
    } else if dice.roll(40) == 0 {
        p.insert("accountEnabled".into(), json!(false));
        truth = Truth {
            persona: None,
            site: None,
        };
    } else if dice.roll(50) == 0 {
        p.remove("userType");
    }
    // Sales and office take the usage location from the site; without one nobody is decided.
    if truth.site.is_none() && truth.persona.is_some_and(|persona| persona != "frontline") {
        truth.persona = None;
    }
    if truth.persona.is_none() {
        truth.site = None;
    }
    if dice.roll(4) == 0 {
        p.insert(
            "usageLocation".into(),
            json!(if site == Some("europe/berlin") {
                "DE"
            } else {
                "GB"
            }),
        );
    }
    let fate = match (truth.persona, dice.roll(40)) {
        (Some(_), 0) => Fate::Leaves,
        (_, 1) => Fate::Deleted,
        (_, 2..5) => Fate::Joins,
        _ => Fate::Stays,
    };
    let by_hand = (dice.roll(25) == 0).then_some(("TeamsAppSetupPolicy", "Front line apps"));
    Employee {
        id: uuid(seed, n as u64),
        truth,
        fate,
        properties: p,
        by_hand,
    }
}

fn sales(p: &mut Map<String, Value>, dice: &mut Dice) -> &'static str {
    p.insert(
        "jobTitle".into(),
        json!(dice.of(&[
            "Account Manager",
            "sales representative",
            "Head of Sales",
            "Key account manager"
        ])),
    );
    p.insert(
        "department".into(),
        json!(dice.of(&["Sales", "SALES", "sales", "Sales EMEA", "sales - inside"])),
    );
    "sales"
}

fn office(p: &mut Map<String, Value>, dice: &mut Dice) -> &'static str {
    p.insert(
        "jobTitle".into(),
        json!(dice.of(&[
            "Accountant",
            "HR Partner",
            "developer",
            "Solution Architect",
            ""
        ])),
    );
    p.insert(
        "department".into(),
        json!(dice.of(&["Finance", "finance", "HR", "Hr", "IT", "it", "Engineering"])),
    );
    "office"
}

fn frontline(p: &mut Map<String, Value>, dice: &mut Dice) -> &'static str {
    p.insert(
        "jobTitle".into(),
        json!(dice.of(&[
            "Shop floor nurse",
            "Night NURSE",
            "Nurse",
            "Warehouse Driver",
            "driver (HGV)"
        ])),
    );
    if dice.roll(3) > 0 {
        p.insert(
            "department".into(),
            json!(dice.of(&["Ward 3", "Warehouse", "  ", "Logistics"])),
        );
    }
    "frontline"
}

/// Matches no rule: externals, blanks, near misses.
fn nobody(p: &mut Map<String, Value>, dice: &mut Dice) {
    if dice.roll(2) == 0 {
        p.insert(
            "department".into(),
            json!(dice.of(&["Slaes", "External", "-", "Finnance", ""])),
        );
    }
    if dice.roll(2) == 0 {
        p.insert(
            "jobTitle".into(),
            json!(dice.of(&["Contractor", "Visitor", "Consultant"])),
        );
    }
}

fn london(p: &mut Map<String, Value>, dice: &mut Dice) -> &'static str {
    p.insert(
        "city".into(),
        json!(dice.of(&["London", "LONDON", "london", "Greater London"])),
    );
    p.insert(
        "country".into(),
        json!(dice.of(&["United Kingdom", "UK", "GB", "England"])),
    );
    "europe/london"
}

fn berlin(p: &mut Map<String, Value>, dice: &mut Dice) -> &'static str {
    p.insert(
        "city".into(),
        json!(dice.of(&["Berlin", "BERLIN", "Potsdam", "berlin"])),
    );
    p.insert(
        "country".into(),
        json!(dice.of(&["Germany", "Deutschland", "DE"])),
    );
    "europe/berlin"
}

/// How many people hold a licence of each product in the end, if there are seats.
pub fn demand(employees: &[Employee]) -> BTreeMap<&'static str, u32> {
    let mut demand = BTreeMap::new();
    for employee in employees
        .iter()
        .filter(|e| matches!(e.fate, Fate::Stays | Fate::Joins))
    {
        if let Some(sku) = employee.truth.persona.and_then(licence) {
            *demand.entry(sku).or_insert(0) += 1;
        }
    }
    demand
}

/// The licence of a persona.
pub fn licence(persona: &str) -> Option<&'static str> {
    match persona {
        "sales" => Some(E5),
        "office" => Some(E3),
        "frontline" => Some(F3),
        _ => None,
    }
}

/// The seats that were bought: nearly enough. The E3 order was one in fifty short.
pub fn seats(employees: &[Employee]) -> BTreeMap<&'static str, u32> {
    demand(employees)
        .into_iter()
        .map(|(sku, wanted)| {
            (
                sku,
                if sku == E3 {
                    wanted - wanted.div_ceil(50)
                } else {
                    wanted + wanted / 50 + 2
                },
            )
        })
        .collect()
}

fn ascii(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_lowercase()
}

struct Dice {
    state: u64,
}

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.state = draw(self.state, 1);
        (self.state >> 11) % sides
    }

    fn of(&mut self, words: &'static [&'static str]) -> &'static str {
        words[usize::try_from(self.roll(words.len() as u64)).unwrap_or(0)]
    }
}

#[cfg(test)]
mod tests {
    use serde_json_borrow::Value as Borrowed;
    use shared::model::facts::Selection;
    use shared::model::microsoft::UserId;
    use shared::model::person::Person;
    use shared::plan::decide::{Decision, Policybook};

    use super::*;

    /// What the rules find is what the generator meant, for everybody.
    #[test]
    fn the_rules_find_everybody_behind_the_messy_metadata() {
        let book = Policybook::new(basis()).unwrap();
        for employee in employees(3_000, 7) {
            let selection = Selection::of(employee.properties.keys().map(String::as_str));
            let told = Value::from(employee.properties.clone());
            let facts = selection.read(Borrowed::from(&told).as_object().unwrap());
            let person: Person = serde_json::from_value(json!({
                "id": UserId(employee.id.clone()), "facts": facts, "version": 1,
            }))
            .unwrap();
            let found = match book.decide(&person) {
                Decision::Provision { wanted, .. } => (
                    wanted.persona.map(|held| held.id),
                    wanted.site.map(|site| site.0),
                ),
                Decision::Leave(_) => (None, None),
            };
            let meant = (
                employee.truth.persona.map(str::to_owned),
                employee.truth.site.map(str::to_owned),
            );
            assert_eq!(found, meant, "{:?}", employee.properties);
        }
    }
}
