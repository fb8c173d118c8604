//! What the directory says of one person: the values of the properties that rules read.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::property::{Property, ValueType};

mod selection;
mod values;

pub use selection::Selection;
use values::Values;

/// Longest text kept of one property, in characters, so that a person's row stays below 4 KB (`design.md 6`).
pub const MAX_CHARACTERS: usize = 256;

/// So many texts, or service plans, are kept of one property.
pub const MOST_ITEMS: usize = 200;

/// How directory extensions are called: this, the application's id without hyphens, and a name of its own (D28).
pub const EXTENSION: &str = "extension_";

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
    /// A moment, as exactly as Microsoft tells it.
    Date(Timestamp),
    /// One or more, in order and each once, every one as a text.
    Texts(BTreeSet<String>),
    /// One or more.
    Plans(BTreeSet<AssignedPlan>),
}

/// A service plan of somebody, and in which state it is: `[capabilityStatus, service, servicePlanId]`, empty = no value.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AssignedPlan(pub String, pub String, pub String);

/// The properties of one person that have a value. Empty text is no value (D7), and neither is a value of another type
/// than the property's.
///
/// Serialised as a flat map, `{"city": "Köln", "accountEnabled": true}`, with `"cut": ["displayName"]` only where a text was
/// cut. Unknown names and types are passed over when read, so that rows of a newer version stay readable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    values: Values,
    /// Directory extensions, by their names in Graph; numbers and flags as their text.
    extensions: BTreeMap<String, String>,
    cut: BTreeSet<Property>,
}

impl Facts {
    /// The text of a property; `None` = no value.
    pub fn text(&self, property: Property) -> Option<&str> {
        match self.values.get(property)? {
            Fact::Text(text) => Some(text),
            Fact::Flag(_) | Fact::Date(_) | Fact::Texts(_) | Fact::Plans(_) => None,
        }
    }

    /// The moment of a property; `None` = no value.
    pub fn date(&self, property: Property) -> Option<Timestamp> {
        match self.values.get(property)? {
            Fact::Date(moment) => Some(*moment),
            Fact::Text(_) | Fact::Flag(_) | Fact::Texts(_) | Fact::Plans(_) => None,
        }
    }

    /// A directory extension, whatever the case of its name; `None` = no value.
    pub fn extension(&self, name: &str) -> Option<&str> {
        let is_meant = |(known, _): &(&String, &String)| known.eq_ignore_ascii_case(name);
        let exact = self.extensions.get(name);
        exact
            .or_else(|| Some(self.extensions.iter().find(is_meant)?.1))
            .map(String::as_str)
    }

    /// Whether a property is true; `None` = no value.
    pub fn flag(&self, property: Property) -> Option<bool> {
        match self.values.get(property)? {
            Fact::Flag(flag) => Some(*flag),
            Fact::Text(_) | Fact::Date(_) | Fact::Texts(_) | Fact::Plans(_) => None,
        }
    }

    /// Whether this is the account of a guest.
    pub fn is_guest(&self) -> bool {
        self.text(Property::UserType)
            .is_some_and(|kind| kind.eq_ignore_ascii_case("guest"))
    }

    /// What a property holds; `None` = no value.
    pub fn get(&self, property: Property) -> Option<&Fact> {
        self.values.get(property)
    }

    /// Whether a property has a value.
    pub fn has(&self, property: Property) -> bool {
        self.values.get(property).is_some()
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
        let kept = head(text);
        if kept.len() < text.len() {
            self.cut.insert(property);
        }
        self.values.insert(property, Fact::Text(kept.to_owned()));
    }

    /// Sets a moment, written as RFC 3339 has it. Anything else, or a moment for a property of another type, leaves it without a value.
    pub fn insert_date(&mut self, property: Property, text: &str) {
        self.clear(property);
        if let (ValueType::Date, Ok(moment)) = (property.value_type(), text.parse()) {
            self.values.insert(property, Fact::Date(moment));
        }
    }

    /// Sets texts, of which empty ones are none; the first [`MOST_ITEMS`] in their order are kept, each cut at [`MAX_CHARACTERS`].
    pub fn insert_texts<'t>(&mut self, property: Property, texts: impl Iterator<Item = &'t str>) {
        self.clear(property);
        let all: BTreeSet<&str> = texts.filter(|text| !text.is_empty()).collect();
        if all.is_empty() || property.value_type() != ValueType::Texts {
            return;
        }
        if all.len() > MOST_ITEMS || all.iter().any(|text| head(text).len() < text.len()) {
            self.cut.insert(property);
        }
        let kept = all.into_iter().take(MOST_ITEMS);
        let kept = kept.map(|text| head(text).to_owned()).collect();
        self.values.insert(property, Fact::Texts(kept));
    }

    /// Sets service plans; the first [`MOST_ITEMS`] in their order are kept.
    pub fn insert_plans(&mut self, property: Property, plans: impl Iterator<Item = AssignedPlan>) {
        self.clear(property);
        let mut all: BTreeSet<AssignedPlan> = plans.collect();
        if all.is_empty() || property.value_type() != ValueType::Plans {
            return;
        }
        while all.len() > MOST_ITEMS {
            all.pop_last();
            self.cut.insert(property);
        }
        self.values.insert(property, Fact::Plans(all));
    }

    /// Sets a directory extension, cut at [`MAX_CHARACTERS`]. Empty text is no value.
    pub fn insert_extension(&mut self, name: &str, text: &str) {
        if name.starts_with(EXTENSION) && !text.is_empty() {
            let text = head(text).to_owned();
            self.extensions.insert(name.to_owned(), text);
        }
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
        self.values.remove(property);
        self.cut.remove(&property);
    }

    /// The properties that have a value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Property, &Fact)> {
        self.values.iter()
    }
}

/// At most [`MAX_CHARACTERS`] characters of a text.
fn head(text: &str) -> &str {
    // A character has at least one byte: nearly no text has to be counted.
    if text.len() <= MAX_CHARACTERS {
        return text;
    }
    let end = text.char_indices().nth(MAX_CHARACTERS);
    end.map_or(text, |(end, _)| &text[..end])
}

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let length =
            self.iter().count() + self.extensions.len() + usize::from(!self.cut.is_empty());
        let mut map = serializer.serialize_map(Some(length))?;
        for (property, fact) in self.iter() {
            map.serialize_entry(property.name(), fact)?;
        }
        for (name, text) in &self.extensions {
            map.serialize_entry(name, text)?;
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
            Texts(Vec<String>),
            Plans(Vec<AssignedPlan>),
            Newer(IgnoredAny),
        }

        let mut rows = BTreeMap::<String, Stored>::deserialize(deserializer)?;
        let cut = rows.remove(CUT);
        let mut facts = Self::default();
        for (name, stored) in rows {
            let Some(property) = Property::named(&name) else {
                if let Stored::Text(text) = stored {
                    facts.insert_extension(&name, &text);
                }
                continue;
            };
            match (stored, property.value_type()) {
                (Stored::Text(text), ValueType::Date) => facts.insert_date(property, &text),
                (Stored::Text(text), _) => facts.insert_text(property, &text),
                (Stored::Flag(flag), _) => facts.insert_flag(property, flag),
                (Stored::Texts(texts), _) => {
                    facts.insert_texts(property, texts.iter().map(String::as_str));
                }
                (Stored::Plans(plans), _) => facts.insert_plans(property, plans.into_iter()),
                (Stored::Newer(_), _) => {}
            }
        }
        if let Some(Stored::Texts(names)) = cut {
            let known = names.iter().filter_map(|name| Property::named(name));
            facts
                .cut
                .extend(known.filter(|property| facts.values.get(*property).is_some()));
        }
        Ok(facts)
    }
}

#[cfg(test)]
mod tests;
