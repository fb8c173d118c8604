//! Telephone numbers: what the tenant owns of them, and who holds which.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::lagged::Lagged;
use super::person::Line;
use super::record::Recorded;
use super::world::World;

/// One number.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Number {
    /// E.164.
    pub(crate) number: String,
    /// `numberType`.
    pub(crate) kind: String,
    /// `isoCountryCode`.
    pub(crate) country: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) capabilities: Vec<String>,
    /// `locationId`.
    pub(crate) location: Option<String>,
    /// `networkSiteId`.
    pub(crate) site: Option<String>,
    /// `reverseNumberLookupOptions`.
    pub(crate) lookup: Vec<String>,
    /// The list does not show it, as if it had been skipped or released.
    #[serde(default)]
    pub(crate) hidden: bool,
    pub(crate) holder: Lagged<Option<Holder>>,
    /// How many changes of the holder there were: each has a lag of its own.
    pub(crate) moves: u64,
}

/// Who holds a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holder {
    pub(crate) id: String,
    /// `primary`, `private` or `alternate`.
    pub(crate) category: String,
}

impl World {
    /// Gives a number to somebody, or with `None` back to the pool. The list of numbers shows it after 0 to `numbers`, the
    /// Teams users after 0 to `users`. `request`: what the history says, if it is to say something.
    pub(crate) fn move_number(
        &mut self,
        number: &str,
        to: Option<Holder>,
        (numbers, users): (Duration, Duration),
        request: Option<&str>,
    ) {
        let now = self.now();
        let Some(entry) = self.numbers.get_mut(number) else {
            return;
        };
        entry.moves += 1;
        let lag = self
            .chance
            .span(Duration::ZERO, numbers, "number", number, entry.moves);
        let from = entry.holder.truth().clone();
        entry
            .holder
            .change(now, lag, |holder| holder.clone_from(&to));
        self.number_changed(number);
        if let Some(Holder { id, .. }) = &from {
            self.change_lines(id, users, |lines| {
                lines.retain(|line| line.number != number)
            });
        }
        if let Some(Holder { id, category }) = &to {
            let held = self.held.entry(id.clone()).or_default();
            held.insert(number.to_owned());
            let line = Line {
                number: number.to_owned(),
                category: category.clone(),
            };
            self.change_lines(id, users, |lines| lines.push(line));
        }
        let whose = to
            .as_ref()
            .or(from.as_ref())
            .map(|holder| holder.id.clone());
        if let Some(request) = request {
            let side = |holder: Option<&Holder>| json!({"number": number, "holder": holder.map(|holder| &holder.id)});
            self.record(Recorded {
                at: now,
                request: request.to_owned(),
                person: whose.unwrap_or_default(),
                before: side(from.as_ref()),
                after: side(to.as_ref()),
            });
        }
    }

    fn change_lines(&mut self, id: &str, longest: Duration, change: impl FnOnce(&mut Vec<Line>)) {
        let now = self.now();
        let lag = self.lag(id, longest);
        self.touch(id, |person| {
            person.teams.numbers_from = Some(person.lines.change(now, lag, change));
        });
    }
}
