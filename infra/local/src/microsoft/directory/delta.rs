//! What changed among users since a token (`graph-api.md 2.4`): pages, repeats, removals, tokens that grow old.

use std::collections::BTreeSet;
use std::ops::Bound;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::model::time::Time;

use super::properties::selected;
use crate::microsoft::state::feed::{Entry, TOKEN_LIFE};
use crate::microsoft::state::person::{Life, Person};
use crate::microsoft::state::world::World;
use crate::microsoft::wire::answer::{Answer, Refusal};
use crate::microsoft::wire::link::{seal, unseal};
use crate::microsoft::wire::request::Request;

/// Objects on a page.
const PAGE: usize = 200;

/// Changes looked at for one page, whether they show or not: beyond it the page comes short, or empty.
const LOOKS: usize = 2_000;

/// What a token says: the frozen options and the place.
#[derive(Debug, Serialize, Deserialize)]
struct Round {
    select: Vec<String>,
    issued: Time,
    place: Place,
    /// Pages of this round before this one.
    page: u32,
    /// The page before was an empty one for no reason.
    rested: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Place {
    /// A first round: everybody after this id; then the changes after `head`.
    Everyone { after: String, head: u64 },
    /// The changes after this number.
    Changes { after: u64 },
}

/// A page and the place after it; `done` = the round is over.
struct Page {
    value: Vec<Value>,
    next: Place,
    done: bool,
}

impl World {
    pub(crate) fn users_delta(&self, request: &Request) -> Result<Answer, Refusal> {
        let now = self.now();
        let head = self.feed.head(now);
        let query = &request.query;
        let fresh = |place| -> Result<Round, Refusal> {
            query.only(&["$select", "$deltatoken"])?;
            Ok(Round {
                select: selected(query)?,
                issued: now,
                place,
                page: 0,
                rested: false,
            })
        };
        let round = match query.get("$skiptoken").or(query.get("$deltatoken")) {
            None | Some("") => fresh(Place::Everyone {
                after: String::new(),
                head,
            })?,
            Some("latest") => {
                return Ok(self.delta_answer(
                    &fresh(Place::Changes { after: head })?,
                    Vec::new(),
                    "deltaLink",
                    "deltatoken",
                ));
            }
            Some(token) => {
                query.only(&["$skiptoken", "$deltatoken"])?;
                unseal::<Round>(token)?
            }
        };
        if expired(round.issued, now)
            || matches!(round.place, Place::Changes { after } if after + 1 < self.feed.first())
        {
            return Err(resync(&self.options.base_url, "users"));
        }
        let place = format!("{:?}", round.place);
        if !round.rested
            && self.chance.happens(
                self.options.empty_page_permille,
                "empty delta page",
                &place,
                round.page.into(),
            )
        {
            let next = Round {
                rested: true,
                issued: now,
                ..round
            };
            return Ok(self.delta_answer(&next, Vec::new(), "nextLink", "skiptoken"));
        }
        let repeat = round.page > 0
            && self
                .chance
                .happens(self.options.repeat_permille, "repeat", &place, 0);
        let page = match &round.place {
            Place::Everyone { after, head } => self.everyone(&round.select, after, *head, repeat),
            Place::Changes { after } => self.changes(&round.select, *after, repeat),
        };
        let (link, token, number) = if page.done {
            ("deltaLink", "deltatoken", 0)
        } else {
            ("nextLink", "skiptoken", round.page + 1)
        };
        let next = Round {
            select: round.select,
            issued: now,
            place: page.next,
            page: number,
            rested: false,
        };
        Ok(self.delta_answer(&next, page.value, link, token))
    }

    /// A page of a first round. Those in the recycle bin come as removed.
    fn everyone(&self, select: &[String], after: &str, head: u64, repeat: bool) -> Page {
        let from = if repeat {
            Bound::Included(after)
        } else {
            Bound::Excluded(after)
        };
        let people = self
            .people
            .range::<str, _>((from, Bound::Unbounded))
            .map(|(_, person)| person);
        let mut known = people.filter(|person| person.life != Life::Gone).peekable();
        let page: Vec<&Person> = known.by_ref().take(PAGE).collect();
        let value = page
            .iter()
            .map(|person| self.change_of(person, select, &[]))
            .collect();
        match known.peek().and(page.last()) {
            Some(last) => Page {
                value,
                next: Place::Everyone {
                    after: last.id.clone(),
                    head,
                },
                done: false,
            },
            None => Page {
                value,
                next: Place::Changes { after: head },
                done: true,
            },
        }
    }

    /// A page of changes. Somebody who changed often comes once a page, and again on later pages.
    fn changes(&self, select: &[String], after: u64, repeat: bool) -> Page {
        let surfaces = |entry: &Entry| {
            entry.properties.is_empty()
                || entry
                    .properties
                    .iter()
                    .any(|changed| select.contains(changed))
        };
        let mut value = Vec::new();
        let mut shown = BTreeSet::new();
        let mut last = after;
        for (number, entry) in self
            .feed
            .since(after.saturating_sub(u64::from(repeat)), self.now())
        {
            if value.len() == PAGE || number > after + LOOKS as u64 {
                return Page {
                    value,
                    next: Place::Changes { after: last },
                    done: false,
                };
            }
            if surfaces(entry) && shown.insert(&entry.whose) {
                value.extend(
                    self.people
                        .get(&entry.whose)
                        .map(|person| self.change_of(person, select, &entry.properties)),
                );
            }
            last = number;
        }
        Page {
            value,
            next: Place::Changes { after: last },
            done: true,
        }
    }

    fn change_of(&self, person: &Person, select: &[String], changed: &[String]) -> Value {
        match person.life {
            Life::Present => Value::Object(self.show_change(person, select, changed)),
            Life::SoftDeleted => json!({"id": person.id, "@removed": {"reason": "changed"}}),
            Life::Gone => json!({"id": person.id, "@removed": {"reason": "deleted"}}),
        }
    }

    fn delta_answer(&self, next: &Round, value: Vec<Value>, link: &str, token: &str) -> Answer {
        let url = format!(
            "{}/v1.0/users/delta?${token}={}",
            self.options.base_url,
            seal(next)
        );
        let mut body = json!({"@odata.context": self.context("users"), "value": value});
        body[format!("@odata.{link}")] = json!(url);
        Answer::ok(body)
    }
}

/// Whether a token of this moment is too old.
pub(super) fn expired(issued: Time, now: Time) -> bool {
    now.since(issued) > TOKEN_LIFE
}

/// 410: everything must be read anew, from here.
pub(super) fn resync(base_url: &str, list: &str) -> Refusal {
    let location = format!("{base_url}/v1.0/{list}/delta?$deltatoken=");
    let message = "The sync state generation is not found; perform a full sync.";
    Refusal::new(StatusCode::GONE, "syncStateNotFound", message).with_header("location", location)
}
