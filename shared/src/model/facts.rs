//! What the directory says of one person: the values of the properties that rules read.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::IgnoredAny;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::property::{Property, ValueType};

/// Longest text kept of one property, in characters, so that a person's row stays below 4 KB (`design.md 6`).
pub const MAX_CHARACTERS: usize = 256;

/// The key under which the names of cut properties are stored; no property is called so.
const CUT: &str = "cut";

/// The value of one property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Fact {
    /// Not empty, at most [`MAX_CHARACTERS`] characters, otherwise as Microsoft sent it: hostile until escaped.
    Text(String),
    /// True or false.
    Flag(bool),
}

/// The properties of one person that have a value. Empty text is no value (D7), and neither is a value of another type
/// than the property's.
///
/// Serialised as a flat map, `{"city": "Köln", "accountEnabled": true}`, with `"cut": ["displayName"]` only where a text was
/// cut. Unknown names and types are passed over when read, so that rows of a newer version stay readable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    values: BTreeMap<Property, Fact>,
    cut: BTreeSet<Property>,
}

impl Facts {
    /// The known properties of a user object of Microsoft Graph (`graph-api.md 2.1`). Whatever else it holds, and whatever is
    /// wrongly typed, is passed over.
    pub fn from_graph(user: &Map<String, Value>) -> Self {
        let mut facts = Self::default();
        for &property in Property::ALL {
            let Some(value) = at(user, property.graph_place()) else {
                continue;
            };
            match property.value_type() {
                ValueType::Text => facts.insert_text(property, value.as_str().unwrap_or_default()),
                ValueType::Flag => {
                    if let Some(flag) = value.as_bool() {
                        facts.insert_flag(property, flag);
                    }
                }
            }
        }
        facts
    }

    /// The text of a property; `None` = no value.
    pub fn text(&self, property: Property) -> Option<&str> {
        match self.values.get(&property)? {
            Fact::Text(text) => Some(text),
            Fact::Flag(_) => None,
        }
    }

    /// Whether a property is true; `None` = no value.
    pub fn flag(&self, property: Property) -> Option<bool> {
        match self.values.get(&property)? {
            Fact::Text(_) => None,
            Fact::Flag(flag) => Some(*flag),
        }
    }

    /// Whether this is the account of a guest.
    pub fn is_guest(&self) -> bool {
        self.text(Property::UserType)
            .is_some_and(|kind| kind.eq_ignore_ascii_case("guest"))
    }

    /// Whether a property has a value.
    pub fn has(&self, property: Property) -> bool {
        self.values.contains_key(&property)
    }

    /// Whether the text of a property was longer than [`MAX_CHARACTERS`]; rules see what is left of it.
    pub fn is_cut(&self, property: Property) -> bool {
        self.cut.contains(&property)
    }

    /// Sets a text, cut at [`MAX_CHARACTERS`]. Empty text, or text for a property of another type, leaves it without a value.
    pub fn insert_text(&mut self, property: Property, text: &str) {
        self.clear(property);
        if text.is_empty() || property.value_type() != ValueType::Text {
            return;
        }
        let kept = match text.char_indices().nth(MAX_CHARACTERS) {
            Some((end, _)) => {
                self.cut.insert(property);
                &text[..end]
            }
            None => text,
        };
        self.values.insert(property, Fact::Text(kept.to_owned()));
    }

    /// Sets a flag. A flag for a property of another type leaves it without a value.
    pub fn insert_flag(&mut self, property: Property, flag: bool) {
        self.clear(property);
        if property.value_type() == ValueType::Flag {
            self.values.insert(property, Fact::Flag(flag));
        }
    }

    /// Takes the value of a property away.
    pub fn clear(&mut self, property: Property) {
        self.values.remove(&property);
        self.cut.remove(&property);
    }

    /// The properties that have a value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Property, &Fact)> {
        self.values.iter().map(|(property, fact)| (*property, fact))
    }
}

/// What stands at `place` (see [`Property::graph_place`]).
fn at<'a>(user: &'a Map<String, Value>, place: &str) -> Option<&'a Value> {
    match place.split_once('/') {
        Some((top, beneath)) => user.get(top)?.pointer(&format!("/{beneath}")),
        None => user.get(place),
    }
}

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let length = self.values.len() + usize::from(!self.cut.is_empty());
        let mut map = serializer.serialize_map(Some(length))?;
        for (property, fact) in &self.values {
            map.serialize_entry(property.name(), fact)?;
        }
        if !self.cut.is_empty() {
            map.serialize_entry(CUT, &self.cut)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Facts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Whatever a row may hold under one name.
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Stored {
            Text(String),
            Flag(bool),
            Names(Vec<String>),
            Newer(IgnoredAny),
        }

        let mut rows = BTreeMap::<String, Stored>::deserialize(deserializer)?;
        let cut = rows.remove(CUT);
        let mut facts = Self::default();
        for (name, stored) in rows {
            let Some(property) = Property::named(&name) else {
                continue;
            };
            match stored {
                Stored::Text(text) => facts.insert_text(property, &text),
                Stored::Flag(flag) => facts.insert_flag(property, flag),
                Stored::Names(_) | Stored::Newer(_) => {}
            }
        }
        if let Some(Stored::Names(names)) = cut {
            let known = names.iter().filter_map(|name| Property::named(name));
            facts
                .cut
                .extend(known.filter(|property| facts.values.contains_key(property)));
        }
        Ok(facts)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn from_graph(user: &Value) -> Facts {
        Facts::from_graph(user.as_object().unwrap())
    }

    /// D7, D26 and `rule-language.md 5`: names that differ, nested ones, first entries, and what is no value.
    #[test]
    fn a_user_of_graph_becomes_facts() {
        let facts = from_graph(&json!({
            "@odata.type": "#microsoft.graph.user",
            "id": "87d349ed-44d7-43e1-9a83-5f2406dee5bd",
            "accountEnabled": true,
            "onPremisesSyncEnabled": null,
            "city": "Köln",
            "department": "",
            "jobTitle": 42,
            "userType": ["Member"],
            "officeLocation": "18/2111",
            "onPremisesExtensionAttributes": {"extensionAttribute1": "P-042", "extensionAttribute2": null},
            "imAddresses": ["adele@contoso.com", "second@contoso.com"],
            "businessPhones": [],
            "aboutMe": "unknown to rules",
        }));
        let read: Vec<_> = facts.iter().map(|(property, _)| property.name()).collect();
        let expected = [
            "accountEnabled",
            "city",
            "extensionAttribute1",
            "objectId",
            "physicalDeliveryOfficeName",
            "sipProxyAddress",
        ];
        assert_eq!(read, expected);
        assert_eq!(facts.flag(Property::AccountEnabled), Some(true));
        assert_eq!(facts.text(Property::ExtensionAttribute1), Some("P-042"));
        assert_eq!(
            facts.text(Property::SipProxyAddress),
            Some("adele@contoso.com")
        );
        assert_eq!(facts.text(Property::AccountEnabled), None);
        assert_eq!(facts.text(Property::Department), None);
    }

    /// Fault 39: huge names, control characters and lists where objects belong do no harm.
    #[test]
    fn hostile_values_are_capped_and_kept_as_they_are() {
        let facts = from_graph(&json!({
            "displayName": "ü".repeat(10 * 1024 * 1024),
            "city": "\u{0}\u{1b}[2J\u{202e}=cmd|' /C calc'!A0",
            "onPremisesExtensionAttributes": ["extensionAttribute1"],
            "imAddresses": [{"0": "x"}],
            "businessPhones": "425",
        }));
        assert_eq!(
            facts.text(Property::DisplayName),
            Some("ü".repeat(256).as_str())
        );
        assert!(facts.is_cut(Property::DisplayName));
        assert_eq!(
            facts.text(Property::City),
            Some("\u{0}\u{1b}[2J\u{202e}=cmd|' /C calc'!A0")
        );
        assert!(!facts.is_cut(Property::City));
        assert_eq!(facts.iter().count(), 2);
    }

    #[test]
    fn a_value_is_replaced_and_taken_away_with_its_cut() {
        let mut facts = Facts::default();
        facts.insert_text(Property::City, &"x".repeat(257));
        assert!(facts.is_cut(Property::City));
        facts.insert_text(Property::City, &"x".repeat(256));
        assert!(facts.has(Property::City) && !facts.is_cut(Property::City));
        facts.insert_text(Property::City, "");
        facts.insert_text(Property::AccountEnabled, "true");
        facts.insert_flag(Property::Mail, true);
        assert_eq!(facts, Facts::default());
    }

    #[test]
    fn facts_are_stored_as_a_flat_map() {
        let mut facts = Facts::default();
        facts.insert_flag(Property::AccountEnabled, false);
        facts.insert_text(Property::City, "Köln");
        let stored = json!({"accountEnabled": false, "city": "Köln"});
        assert_eq!(serde_json::to_value(&facts).unwrap(), stored);
        assert_eq!(serde_json::from_value::<Facts>(stored).unwrap(), facts);

        facts.insert_text(Property::DisplayName, &"x".repeat(300));
        let stored = serde_json::to_value(&facts).unwrap();
        assert_eq!(stored["cut"], json!(["displayName"]));
        assert_eq!(serde_json::from_value::<Facts>(stored).unwrap(), facts);
    }

    /// V16: rows of a newer version stay readable, in DynamoDB's form too.
    #[test]
    fn what_a_newer_version_stored_is_passed_over() {
        let newer = json!({"city": "Köln", "shoeSize": 43, "mail": {"x": 1}, "state": ["x"], "cut": ["shoeSize", "mail"]});
        let facts: Facts = serde_json::from_value(newer.clone()).unwrap();
        assert_eq!(
            serde_json::to_value(&facts).unwrap(),
            json!({"city": "Köln"})
        );

        let item: serde_dynamo::Item = serde_dynamo::to_item(newer).unwrap();
        assert_eq!(serde_dynamo::from_item::<_, Facts>(item).unwrap(), facts);
    }
}
