//! How good what the directory says of people is: blanks and people whom no rule matches, by property and by site (R128-R130).

use std::collections::{BTreeMap, BTreeSet};

use super::decide::{Leave, Policybook};
use crate::model::person::{Person, Presence};
use crate::model::persona::SitePath;
use crate::model::property::{Property, ValueType};

/// What every report looks at (R128); what rules name comes to it.
const ALWAYS: [Property; 5] = [
    Property::JobTitle,
    Property::Department,
    Property::Country,
    Property::PhysicalDeliveryOfficeName,
    Property::City,
];
/// Different values that are counted of one property; what comes after them is only counted together.
const VALUES: usize = 10_000;
/// Values that are told, the most frequent first.
const TOLD: usize = 20;

/// The report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quality {
    /// People whom rules may concern.
    pub people: u64,
    /// No persona rule matches them.
    pub unmatched: u64,
    /// By the site where placement rules put them; `None` = nowhere.
    pub sites: BTreeMap<Option<SitePath>, SiteQuality>,
    /// By property.
    pub properties: BTreeMap<Property, PropertyQuality>,
}

/// People of one site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteQuality {
    /// All of them.
    pub people: u64,
    /// No persona rule matches them.
    pub unmatched: u64,
    /// So many have nothing there; a property of which nobody lacks a value is left out.
    pub blanks: BTreeMap<Property, u64>,
}

/// One property.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropertyQuality {
    /// People who have nothing there.
    pub blanks: u64,
    /// Those among them whom no persona rule matches.
    pub unmatched_blanks: u64,
    /// What those have whom no persona rule matches, the most frequent first, at most 20.
    pub unmatched_values: Vec<(String, u64)>,
}

/// Counts people one by one.
pub struct Metadata<'a> {
    book: &'a Policybook,
    looked_at: BTreeSet<Property>,
    values: BTreeMap<Property, BTreeMap<String, u64>>,
    quality: Quality,
}

impl<'a> Metadata<'a> {
    /// Nobody yet.
    pub fn new(book: &'a Policybook) -> Self {
        let is_text = |property: &&Property| property.value_type() == ValueType::Text;
        let named = book.reads().properties.iter().filter(is_text).copied();
        let looked_at: BTreeSet<Property> = ALWAYS.into_iter().chain(named).collect();
        let properties = looked_at
            .iter()
            .map(|one| (*one, PropertyQuality::default()));
        let quality = Quality {
            properties: properties.collect(),
            ..Quality::default()
        };
        Self {
            book,
            looked_at,
            values: BTreeMap::new(),
            quality,
        }
    }

    /// Counts somebody, if rules may concern them.
    pub fn add(&mut self, person: &Person) {
        if person.presence != Presence::Present || !person.is_in_scope() {
            return;
        }
        let is_unmatched = self.book.wanted(person) == Err(Leave::Unmatched);
        let site = self.book.site_of(person).cloned();
        let here = self.quality.sites.entry(site).or_default();
        self.quality.people += 1;
        here.people += 1;
        if is_unmatched {
            self.quality.unmatched += 1;
            here.unmatched += 1;
        }
        for property in &self.looked_at {
            let quality = self.quality.properties.entry(*property).or_default();
            let value = person.facts.text(*property).map(str::trim);
            match value.filter(|value| !value.is_empty()) {
                None => {
                    quality.blanks += 1;
                    quality.unmatched_blanks += u64::from(is_unmatched);
                    *here.blanks.entry(*property).or_default() += 1;
                }
                Some(value) if is_unmatched => {
                    let values = self.values.entry(*property).or_default();
                    if values.len() < VALUES || values.contains_key(value) {
                        *values.entry(value.to_owned()).or_default() += 1;
                    }
                }
                Some(_) => {}
            }
        }
    }

    /// The report.
    pub fn end(mut self) -> Quality {
        for (property, values) in self.values {
            let mut values: Vec<(String, u64)> = values.into_iter().collect();
            values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            values.truncate(TOLD);
            if let Some(quality) = self.quality.properties.get_mut(&property) {
                quality.unmatched_values = values;
            }
        }
        self.quality
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::facts::Facts;
    use crate::model::persona::{Persona, PersonaChoice, Rules, WrittenRule};
    use crate::model::tree::{Node, NodeKind, Tree, Values};
    use crate::plan::decide::Basis;
    use crate::plan::wanted::Grounds;

    fn rule<T>(when: &str, then: T) -> WrittenRule<T> {
        WrittenRule {
            name: when.to_owned(),
            description: None,
            when: when.to_owned(),
            then,
        }
    }

    fn person(facts: &[(Property, &str)]) -> Person {
        let mut own = Facts::default();
        for (property, value) in facts {
            own.insert_text(*property, value);
        }
        Person::with(own)
    }

    /// R128, R129, R130: blanks and unmatched people are counted by property and by the site where the rules put them.
    #[test]
    fn bad_metadata_is_traced_to_property_and_site() {
        let berlin = SitePath("berlin".into());
        let node = Node {
            path: berlin.clone(),
            name: "Berlin".into(),
            kind: NodeKind::Site,
            values: Values::default(),
        };
        let mut basis = Basis {
            rules: Rules {
                version: 1,
                placement: vec![rule("user.city -eq \"Berlin\"", berlin.clone())],
                persona: vec![rule(
                    "user.companyName -eq \"Contoso\"",
                    PersonaChoice {
                        persona: "all".into(),
                        ..PersonaChoice::default()
                    },
                )],
            },
            personas: vec![Persona::empty("all", 1)],
            ..Basis::default()
        };
        basis.grounds = Grounds {
            tree: Tree::new(Values::default(), &Default::default(), vec![node]),
            ..Grounds::default()
        };
        let book = Policybook::new(basis).unwrap();
        let mut metadata = Metadata::new(&book);
        let contoso = (Property::CompanyName, "Contoso");
        metadata.add(&person(&[contoso, (Property::City, "Berlin")]));
        metadata.add(&person(&[
            (Property::CompanyName, "Contosso"),
            (Property::City, "Berlin"),
        ]));
        metadata.add(&person(&[
            (Property::CompanyName, " "),
            (Property::City, "Rome"),
        ]));
        let mut gone = person(&[]);
        gone.presence = Presence::GoneSoft;
        metadata.add(&gone);
        let quality = metadata.end();
        assert_eq!((quality.people, quality.unmatched), (3, 2));
        let here = &quality.sites[&Some(berlin)];
        assert_eq!((here.people, here.unmatched), (2, 1));
        assert_eq!(here.blanks.get(&Property::CompanyName), None);
        assert_eq!(quality.sites[&None].blanks[&Property::CompanyName], 1);
        let company = &quality.properties[&Property::CompanyName];
        assert_eq!((company.blanks, company.unmatched_blanks), (1, 1));
        assert_eq!(company.unmatched_values, [("Contosso".to_owned(), 1)]);
        let titles = &quality.properties[&Property::JobTitle];
        assert_eq!((titles.blanks, titles.unmatched_blanks), (3, 2));
        for property in ALWAYS {
            assert!(quality.properties.contains_key(&property), "{property:?}");
        }
    }
}
