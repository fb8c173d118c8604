//! Telephone numbers from the control side.

use std::time::Duration;

use crate::microsoft::Microsoft;
use crate::microsoft::state::lagged::Lagged;
use crate::microsoft::state::number::{Holder, Number};
use crate::microsoft::state::order::OrderFate;

/// A change by hand is seen at once.
const AT_ONCE: (Duration, Duration) = (Duration::ZERO, Duration::ZERO);

/// A telephone number to be added to the tenant.
#[derive(Clone, Debug)]
pub struct NewNumber {
    /// E.164.
    pub number: String,
    /// `numberType`: `directRouting`, `callingPlan` or `operatorConnect`.
    pub kind: String,
    /// `isoCountryCode`.
    pub country: Option<String>,
    /// `city`.
    pub city: Option<String>,
    /// What it may be used for.
    pub capabilities: Vec<String>,
    /// `locationId`, its emergency location.
    pub location: Option<String>,
    /// Who holds it already as their primary number; somebody who is no person is a voice application.
    pub holder: Option<String>,
}

impl NewNumber {
    /// A free number for people.
    pub fn new(number: impl Into<String>, kind: impl Into<String>) -> Self {
        Self {
            number: number.into(),
            kind: kind.into(),
            country: None,
            city: None,
            capabilities: vec!["userAssignment".into()],
            location: None,
            holder: None,
        }
    }
}

impl Microsoft {
    /// Leaves a number out of every list, or shows it again: lists that are read while they change skip some (`graph-api.md 5.3.1`).
    pub fn hide_number(&self, number: &str, hidden: bool) {
        self.change(|world| {
            if let Some(entry) = world.numbers.get_mut(number) {
                entry.hidden = hidden;
                world.number_changed(number);
            }
        });
    }

    /// Adds a number, or gives one that is there another shape. People come before the numbers that they hold.
    pub fn add_number(&self, new: NewNumber) {
        self.change(|world| {
            let known = world.numbers.get(&new.number);
            let (holder, moves) = known.map_or_else(
                || (Lagged::new(None), 0),
                |known| (known.holder.clone(), known.moves),
            );
            let entry = Number {
                number: new.number.clone(),
                kind: new.kind,
                country: new.country,
                city: new.city,
                capabilities: new.capabilities,
                location: new.location,
                site: None,
                lookup: Vec::new(),
                hidden: false,
                holder,
                moves,
            };
            world.numbers.insert(new.number.clone(), entry);
            world.number_changed(&new.number);
            if new.holder.is_some() {
                world.move_number(&new.number, new.holder.map(primary), AT_ONCE, None);
            }
        });
    }

    /// An administrator gives a number to somebody as their primary one, or with `None` takes it away.
    pub fn move_number_by_hand(&self, number: &str, holder: Option<&str>) {
        self.change(|world| {
            let to = holder.map(|id| primary(id.to_owned()));
            world.move_number(number, to, AT_ONCE, None);
        });
    }

    /// What becomes of the next order that is accepted and has no fate yet, however sound it is. Not stored until then.
    pub fn decide_next_order(&self, fate: OrderFate) {
        self.lock().orders.fates.push_back(fate);
    }
}

fn primary(id: String) -> Holder {
    Holder {
        id,
        category: "primary".to_owned(),
    }
}
