//! A value for each property, found without a search.

use super::Fact;
use crate::model::property::Property;

/// In the order of the properties; nothing at all as long as none has a value.
#[derive(Clone, Debug, Default)]
pub(super) struct Values(Vec<Option<Fact>>);

impl Values {
    pub(super) fn get(&self, property: Property) -> Option<&Fact> {
        self.0.get(property.position())?.as_ref()
    }

    pub(super) fn insert(&mut self, property: Property, fact: Fact) {
        if self.0.is_empty() {
            self.0.resize(Property::ALL.len(), None);
        }
        if let Some(slot) = self.0.get_mut(property.position()) {
            *slot = Some(fact);
        }
    }

    pub(super) fn remove(&mut self, property: Property) {
        if let Some(slot) = self.0.get_mut(property.position()) {
            *slot = None;
        }
    }

    /// Those that have a value, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Property, &Fact)> {
        let each = Property::ALL.iter().zip(&self.0);
        each.filter_map(|(property, fact)| Some((*property, fact.as_ref()?)))
    }
}

impl PartialEq for Values {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Values {}
