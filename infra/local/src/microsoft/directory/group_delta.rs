//! What changed among groups and their members since a token (`graph-api.md 4.3`).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::model::time::Time;

use super::delta::{expired, resync};
use super::groups::group_selected;
use crate::microsoft::state::group::Group;
use crate::microsoft::state::world::World;
use crate::microsoft::wire::answer::{Answer, Refusal};
use crate::microsoft::wire::filter::Filter;
use crate::microsoft::wire::link::{seal, unseal};
use crate::microsoft::wire::request::{Query, Request};

/// Members on a page, of however many groups.
const PAGE: usize = 200;

/// Changes looked at for one page.
const LOOKS: usize = 2_000;

/// The most ids that a filter may name.
const MOST: usize = 50;

/// What a token says.
#[derive(Debug, Serialize, Deserialize)]
struct Round {
    select: Vec<String>,
    /// Whether members were selected.
    members: bool,
    /// The groups asked for; empty = all.
    ids: BTreeSet<String>,
    issued: Time,
    place: Place,
}

#[derive(Debug, Serialize, Deserialize)]
enum Place {
    /// A first round: this group after this member, and the groups after it; then the changes after `head`.
    Everything {
        group: String,
        member: String,
        head: u64,
    },
    /// The changes after this number.
    Changes { after: u64 },
}

impl World {
    pub(crate) fn groups_delta(&self, request: &Request) -> Result<Answer, Refusal> {
        let now = self.now();
        let head = self.groups.feed.head(now);
        let query = &request.query;
        let round = match query.get("$skiptoken").or(query.get("$deltatoken")) {
            None | Some("") => {
                let (group, member) = (String::new(), String::new());
                fresh(
                    query,
                    now,
                    Place::Everything {
                        group,
                        member,
                        head,
                    },
                )?
            }
            Some("latest") => {
                let round = fresh(query, now, Place::Changes { after: head })?;
                return Ok(self.group_round(round, Vec::new(), true));
            }
            Some(token) => {
                query.only(&["$skiptoken", "$deltatoken"])?;
                unseal::<Round>(token)?
            }
        };
        let lost =
            matches!(round.place, Place::Changes { after } if after + 1 < self.groups.feed.first());
        if lost || expired(round.issued, now) {
            return Err(resync(&self.options.base_url, "groups"));
        }
        let (value, place, done) = match &round.place {
            Place::Everything {
                group,
                member,
                head,
            } => self.every_group(&round, group, member, *head),
            Place::Changes { after } => self.changed_groups(&round, *after),
        };
        let next = Round {
            place,
            issued: now,
            ..round
        };
        Ok(self.group_round(next, value, done))
    }

    /// A page of a first round: a group comes again while it has members left.
    fn every_group(
        &self,
        round: &Round,
        from: &str,
        member: &str,
        head: u64,
    ) -> (Vec<Value>, Place, bool) {
        let now = self.now();
        let begun = self.groups.get(from).filter(|_| !member.is_empty());
        let groups = begun.into_iter().chain(self.groups.after(from));
        let mut value = Vec::new();
        let mut room = PAGE;
        for group in groups.filter(|group| round.asks_for(&group.id)) {
            let start = if group.id == from { member } else { "" };
            let mut rest = group
                .members
                .range::<str, _>((Bound::Excluded(start), Bound::Unbounded))
                .filter(|(_, membership)| round.members && *membership.there.seen(now))
                .map(|(member, _)| member)
                .peekable();
            let slice: Vec<&String> = rest.by_ref().take(room).collect();
            room -= slice.len();
            let last = slice.last().map_or(String::new(), |last| (*last).clone());
            value.push(self.group_change(round, group, &slice));
            if room == 0 {
                let place = Place::Everything {
                    group: group.id.clone(),
                    member: last,
                    head,
                };
                return (value, place, false);
            }
        }
        (value, Place::Changes { after: head }, true)
    }

    /// A page of changes: each group once, with the members that came and went.
    fn changed_groups(&self, round: &Round, after: u64) -> (Vec<Value>, Place, bool) {
        let mut changed: BTreeMap<&str, BTreeSet<&String>> = BTreeMap::new();
        let mut last = after;
        let mut done = true;
        for (number, entry) in self.groups.feed.since(after, self.now()) {
            let found: usize = changed.values().map(BTreeSet::len).sum();
            if found >= PAGE || number > after + LOOKS as u64 {
                done = false;
                break;
            }
            if round.asks_for(&entry.whose) && (round.members || entry.properties.is_empty()) {
                changed
                    .entry(&entry.whose)
                    .or_default()
                    .extend(&entry.properties);
            }
            last = number;
        }
        let value = changed
            .into_iter()
            .filter_map(|(id, members)| {
                let members: Vec<&String> = members.into_iter().collect();
                Some(self.group_change(round, self.groups.get(id)?, &members))
            })
            .collect();
        (value, Place::Changes { after: last }, done)
    }

    fn group_change(&self, round: &Round, group: &Group, members: &[&String]) -> Value {
        let now = self.now();
        let mut shown = self.show_group(group, &round.select);
        shown["id"] = json!(group.id);
        if round.members && !members.is_empty() {
            let members = members.iter().map(|member| {
                let kind = if self.groups.get(member).is_some() {
                    "group"
                } else {
                    "user"
                };
                let mut change =
                    json!({"@odata.type": format!("#microsoft.graph.{kind}"), "id": member});
                if !group.shows(member, now) {
                    change["@removed"] = json!({"reason": "deleted"});
                }
                change
            });
            shown["members@delta"] = members.collect();
        }
        shown
    }

    fn group_round(&self, next: Round, value: Vec<Value>, done: bool) -> Answer {
        let (link, token) = if done {
            ("deltaLink", "deltatoken")
        } else {
            ("nextLink", "skiptoken")
        };
        let url = format!(
            "{}/v1.0/groups/delta?${token}={}",
            self.options.base_url,
            seal(&next)
        );
        let mut body = json!({"@odata.context": self.context("groups"), "value": value});
        body[format!("@odata.{link}")] = json!(url);
        Answer::ok(body)
    }
}

impl Round {
    fn asks_for(&self, group: &str) -> bool {
        self.ids.is_empty() || self.ids.contains(group)
    }
}

/// A round with the options of the request, which are frozen in its tokens.
fn fresh(query: &Query, issued: Time, place: Place) -> Result<Round, Refusal> {
    query.only(&["$select", "$filter", "$deltatoken"])?;
    let named = query.select().unwrap_or_default();
    let members = named.iter().any(|name| name == "members");
    let plain = Query::parse(&format!(
        "$select={}",
        named
            .iter()
            .filter(|name| *name != "members")
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(",")
    ));
    let select = if named.is_empty() {
        group_selected(&Query::default())?
    } else {
        group_selected(&plain)?
    };
    let ids = query
        .get("$filter")
        .map(ids)
        .transpose()?
        .unwrap_or_default();
    Ok(Round {
        select,
        members,
        ids,
        issued,
        place,
    })
}

/// The ids in `id eq '..' or id eq '..'`.
fn ids(filter: &str) -> Result<BTreeSet<String>, Refusal> {
    let refusal = || {
        Refusal::unsupported("The filter of groups/delta may only name up to 50 ids, joined by or.")
    };
    let filter = Filter::parse(filter)
        .filter(|filter| !matches!(filter, Filter::And(_)))
        .ok_or_else(refusal)?;
    let ids: Option<BTreeSet<String>> = filter
        .parts()
        .into_iter()
        .map(|part| {
            let (_, id) = part.equality().filter(|(path, _)| *path == "id")?;
            id.as_str().map(String::from)
        })
        .collect();
    ids.filter(|ids| ids.len() <= MOST).ok_or_else(refusal)
}
