//! People of the directory: list, changes, one person, usage location (`graph-api.md 2`).

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{Method, Response};
use serde_json::json;
use serde_json_borrow::{ObjectAsVec, Value};

use super::address::{id_in_path, is_id};
use super::client::{Call, Graph, Receipt, Target};
use super::page::{Page, body, object, short, unreadable};
use crate::error::{Error, Kind, Result};
use crate::model::microsoft::{Change, DirectoryUser, LicenceState, PlanId, SkuId, UserId};

/// The largest page that Microsoft gives.
const PAGE: u16 = 999;
/// How each licence was come by; in lists and for single people, never in changes.
const STATES: &str = "licenseAssignmentStates";
/// Empty pages that may come before the link of a delta that starts now; there should be none.
const PAGES_BEFORE_LINK: usize = 20;
/// The only 404 that says a person is not there; others come from gateways in between.
const NO_SUCH_USER: &str = "Request_ResourceNotFound";

/// Where to read the list of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsersFrom {
    /// From its beginning.
    First,
    /// From the link that the page before gave.
    Next(String),
}

/// A page of the list of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsersPage {
    /// Who stands on it; may be nobody, with more pages to come.
    pub people: Vec<DirectoryUser>,
    /// Elements without a usable id, left out.
    pub skipped: usize,
    /// The next page; `None` = this was the last.
    pub next: Option<String>,
}

/// A page of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeltaPage {
    /// What changed, in Microsoft's order; the same person may come several times, the last counts.
    pub changes: Vec<Change>,
    /// Elements without a usable id, left out.
    pub skipped: usize,
    /// How it goes on.
    pub next: DeltaNext,
}

/// How it goes on after a page of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeltaNext {
    /// With this page, at once.
    Page(String),
    /// The round is over; the next begins here, within 7 days.
    Done(String),
}

/// The `$select` of every user: these properties and what steps need besides. Refuses what is no name of a property.
pub(super) fn select(properties: &[String]) -> Result<String> {
    let is_name = |name: &&String| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if !properties.iter().all(|name| is_name(&name)) {
        return Err(Error::new(
            Kind::Invalid,
            "a property to select has no usable name",
        ));
    }
    let needed = ["id", "assignedLicenses"];
    let all: BTreeSet<&str> = properties
        .iter()
        .map(String::as_str)
        .chain(needed)
        .collect();
    Ok(all.into_iter().collect::<Vec<_>>().join(","))
}

impl Graph {
    /// A page of the list of all people, with the selected properties, assigned licences and their states. The link of a page must be
    /// followed in sequence.
    pub async fn users_page(&self, from: UsersFrom) -> Result<UsersPage> {
        let followed = match &from {
            UsersFrom::First => None,
            UsersFrom::Next(link) => Some(link.as_str()),
        };
        let first = || {
            let select = self.select();
            Target::Path(format!("/users?$top={PAGE}&$select={select},{STATES}"))
        };
        let answer = self
            .send(Call::read(followed.map_or_else(first, Target::Link), 1))
            .await?;
        let page: Page = body(&answer, "reading the list of people")?;
        let elements = page.value.iter();
        let people: Vec<_> = elements
            .filter_map(|element| self.person(&object(element)?))
            .collect();
        Ok(UsersPage {
            skipped: page.value.len() - people.len(),
            people,
            next: page
                .next
                .map(|next| self.onward(followed, next))
                .transpose()?,
        })
    }

    /// The link from which changes after now can be read, without reading everything first.
    pub async fn delta_latest(&self) -> Result<String> {
        let start = format!("/users/delta?$deltatoken=latest&$select={}", self.select());
        let mut page = self.delta(Target::Path(start)).await?;
        for _ in 0..PAGES_BEFORE_LINK {
            match page.next {
                DeltaNext::Done(link) => return Ok(link),
                DeltaNext::Page(link) => page = self.delta_page(&link).await?,
            }
        }
        Err(unreadable("asking for changes from now on"))
    }

    /// A page of changes. [`Kind::Resync`] = the link is too old: read everything again.
    pub async fn delta_page(&self, link: &str) -> Result<DeltaPage> {
        self.delta(Target::Link(link)).await
    }

    async fn delta(&self, target: Target<'_>) -> Result<DeltaPage> {
        let what = "reading changes of people";
        let followed = match &target {
            Target::Path(_) => None,
            Target::Link(link) => Some(*link),
        };
        let answer = self.send(Call::read(target, 1)).await?;
        let page: Page = body(&answer, what)?;
        let elements = page.value.iter();
        let changes: Vec<_> = elements
            .filter_map(|element| self.change_of(&object(element)?))
            .collect();
        Ok(DeltaPage {
            skipped: page.value.len() - changes.len(),
            changes,
            next: match (page.next, page.delta) {
                (Some(next), _) => DeltaNext::Page(self.onward(followed, next)?),
                (None, Some(link)) => DeltaNext::Done(self.onward(None, link)?),
                (None, None) => return Err(unreadable(what)),
            },
        })
    }

    /// One person with the states of their licences and the usage location; `None` = not there, or not yet on the replica asked.
    pub async fn user(&self, id: &UserId) -> Result<Option<DirectoryUser>> {
        let call = self.user_call(id)?;
        let answer = self.ask(&call).await?;
        self.user_found(id, &call, answer)
    }

    /// The question for one person.
    pub(super) fn user_call(&self, id: &UserId) -> Result<Call<'static>> {
        let mut names: BTreeSet<&str> = self.select().split(',').collect();
        names.extend([STATES, "usageLocation"]);
        let names = names.into_iter().collect::<Vec<_>>().join(",");
        let path = format!("/users/{}?$select={names}", id_in_path(&id.0)?);
        Ok(Call::read(Target::Path(path), 1))
    }

    /// What an answer to it says.
    pub(super) fn user_found(
        &self,
        id: &UserId,
        call: &Call<'_>,
        answer: Response<Bytes>,
    ) -> Result<Option<DirectoryUser>> {
        let Some(answer) = self.found(call, Some(NO_SUCH_USER), answer)? else {
            return Ok(None);
        };
        let what = "reading a person";
        let person = object(body(&answer, what)?)
            .and_then(|user| self.person(&user))
            .filter(|person| person.id.0.eq_ignore_ascii_case(&id.0))
            // Without them, somebody with licences would look like somebody without.
            .filter(|person| person.licence_states.is_some());
        person.map(Some).ok_or_else(|| unreadable(what))
    }

    /// Whether Microsoft knows a property that is not always asked for: one that it does not know would fail every read of people.
    ///
    /// # Errors
    /// [`Kind::Invalid`] if it refuses the name.
    pub async fn try_property(&self, name: &str) -> Result<()> {
        let select = select(&[name.to_owned()])?;
        let path = format!("/users?$top=1&$select={select}");
        self.send(Call::read(Target::Path(path), 1))
            .await
            .map(|_| ())
    }

    /// How many people the directory holds.
    pub async fn users_count(&self) -> Result<u64> {
        let mut call = Call::read(Target::Path("/users/$count".to_owned()), 1);
        call.header = Some(("consistencylevel", "eventual"));
        let answer = self.send(call).await?;
        let text = std::str::from_utf8(answer.body()).ok();
        let count = text.and_then(|text| text.trim_start_matches('\u{feff}').trim().parse().ok());
        count.ok_or_else(|| unreadable("counting people"))
    }

    /// Sets where a person uses licences: an ISO 3166 code of two letters.
    pub async fn set_usage_location(&self, id: &UserId, code: &str) -> Result<Receipt> {
        if code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return Err(Error::new(
                Kind::Invalid,
                "a usage location is a country code of two letters",
            ));
        }
        let path = format!("/users/{}", id_in_path(&id.0)?);
        self.change(Call::write(
            Method::PATCH,
            path,
            json!({"usageLocation": code.to_ascii_uppercase()}),
        ))
        .await
    }

    /// Keeps somebody from signing in (`graph-api.md 2.7`).
    pub async fn block_sign_in(&self, id: &UserId) -> Result<Receipt> {
        let path = format!("/users/{}", id_in_path(&id.0)?);
        let body = json!({"accountEnabled": false});
        self.change(Call::write(Method::PATCH, path, body)).await
    }

    /// Ends all sessions of somebody: within minutes every app asks them to sign in (`graph-api.md 2.7`).
    pub async fn revoke_sessions(&self, id: &UserId) -> Result<Receipt> {
        let path = format!("/users/{}/revokeSignInSessions", id_in_path(&id.0)?);
        self.change(Call::write(Method::POST, path, json!({})))
            .await
    }

    fn change_of(&self, user: &ObjectAsVec<'_>) -> Option<Change> {
        let Some(removed) = user.get("@removed") else {
            return self.person(user).map(Change::Present);
        };
        let reason = removed
            .as_object()
            .and_then(|removed| text(removed, "reason"));
        Some(Change::Removed {
            id: id_of(user)?,
            soft: reason != Some("deleted"),
        })
    }

    fn person(&self, user: &ObjectAsVec<'_>) -> Option<DirectoryUser> {
        Some(DirectoryUser {
            id: id_of(user)?,
            facts: self.selection().read(user),
            assigned_licences: each(user, "assignedLicenses", sku),
            licence_states: each(user, STATES, state),
        })
    }
}

fn id_of(user: &ObjectAsVec<'_>) -> Option<UserId> {
    let id = text(user, "id").filter(|id| is_id(id));
    id.map(|id| UserId(id.to_owned()))
}

fn text<'u>(object: &'u ObjectAsVec<'_>, name: &str) -> Option<&'u str> {
    object.get(name)?.as_str()
}

/// A text that may be missing; `None` = something else is there.
fn text_or_none<'u>(object: &'u ObjectAsVec<'_>, name: &str) -> Option<Option<&'u str>> {
    match object.get(name) {
        None | Some(Value::Null) => Some(None),
        Some(Value::Str(text)) => Some(Some(text)),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => None,
    }
}

/// The objects of a list that are what they should be; `None` if it was not told.
fn each<T>(
    user: &ObjectAsVec<'_>,
    name: &str,
    read: impl Fn(&ObjectAsVec<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    let elements = user.get(name)?.as_array()?.iter();
    let objects = elements.filter_map(Value::as_object);
    Some(objects.filter_map(read).collect())
}

fn sku(licence: &ObjectAsVec<'_>) -> Option<SkuId> {
    let sku = text(licence, "skuId").filter(|sku| is_id(sku));
    sku.map(|sku| SkuId(sku.to_owned()))
}

fn state(told: &ObjectAsVec<'_>) -> Option<LicenceState> {
    let plans = match told.get("disabledPlans") {
        None | Some(Value::Null) => [].as_slice(),
        Some(plans) => plans.as_array()?,
    };
    let plans = plans.iter().filter_map(Value::as_str);
    Some(LicenceState {
        sku: sku(told)?,
        group: text_or_none(told, "assignedByGroup")?.map(str::to_owned),
        state: short(text_or_none(told, "state")?.unwrap_or_default()).to_owned(),
        error: short(text_or_none(told, "error")?.unwrap_or("None")).to_owned(),
        disabled: plans.map(|plan| PlanId(plan.to_owned())).collect(),
    })
}

#[cfg(test)]
mod tests;
