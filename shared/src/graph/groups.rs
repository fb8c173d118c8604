//! Groups: which there are, who is in them, who gets in and out (`graph-api.md 3.4`, `4`). One group has one writer at a time:
//! that is for the caller to see to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use http::{Method, StatusCode};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::address::{encode, id_in_path, is_id};
use super::answer::Said;
use super::batch::{MOST, for_each};
use super::client::{Call, Graph, Receipt, Target};
use super::page::{Fields, Page, Short, Tolerant, body, unreadable};
use super::users::DeltaNext;
use crate::error::{Error, Kind, Result};
use crate::model::group::{Group, GroupId, GroupObstacle, Membership};
use crate::model::microsoft::{SkuId, UserId};

/// What is asked of a group.
const SELECT: &str = "id,displayName,assignedLicenses,groupTypes,onPremisesSyncEnabled,mailEnabled,isAssignableToRole";
/// The most groups whose changes one chain of links follows.
pub const MOST_FOLLOWED: usize = 50;
/// The most groups of one question.
const MOST_CHECKED: usize = 20;
/// How the directory says that a person is in the group already.
const ALREADY: &str = "already exist";

/// Who was to get into a group, and what became of it.
pub type Added = Vec<(UserId, Result<Membership<Receipt>>)>;

/// A page of groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupsPage {
    /// Those on it.
    pub groups: Vec<Group>,
    /// The next page; `None` = this was the last.
    pub next: Option<String>,
}

/// A page of the people in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembersPage {
    /// Those on it; members that are no people are left out.
    pub people: Vec<UserId>,
    /// The next page; `None` = this was the last.
    pub next: Option<String>,
}

/// What happened to one group: a part of it, more may follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupChange {
    /// Which.
    pub group: GroupId,
    /// It is gone, in the recycle bin or for good.
    pub removed: bool,
    /// Who came in (`true`) and who left, in Microsoft's order; the last word on somebody counts.
    pub members: Vec<(UserId, bool)>,
}

/// A page of changes of groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupDeltaPage {
    /// What changed.
    pub changes: Vec<GroupChange>,
    /// How it goes on.
    pub next: DeltaNext,
}

impl Graph {
    /// A page of all groups; the first one without a link.
    pub async fn groups_page(&self, link: Option<&str>) -> Result<GroupsPage> {
        let first = || Target::Path(format!("/groups?$top=999&$select={SELECT}"));
        let answer = self
            .send(Call::read(link.map_or_else(first, Target::Link), 1))
            .await?;
        let page: Page = body(&answer, "reading the list of groups")?;
        Ok(GroupsPage {
            groups: page
                .value
                .iter()
                .filter_map(|element| group(&Fields::of(element)?))
                .collect(),
            next: page.next.map(|next| self.onward(link, next)).transpose()?,
        })
    }

    /// One group; `None` = there is none.
    pub async fn group(&self, id: &GroupId) -> Result<Option<Group>> {
        let path = format!("/groups/{}?$select={SELECT}", id_in_path(&id.0)?);
        let Some(answer) = self
            .find(Call::read(Target::Path(path), 1), Some(NO_SUCH))
            .await?
        else {
            return Ok(None);
        };
        let what = "reading a group";
        let found =
            group(&body(&answer, what)?).filter(|group| group.id.0.eq_ignore_ascii_case(&id.0));
        found.map(Some).ok_or_else(|| unreadable(what))
    }

    /// A page of the people who are in a group directly; the first one without a link.
    pub async fn members_page(&self, group: &GroupId, link: Option<&str>) -> Result<MembersPage> {
        let id = id_in_path(&group.0)?;
        let first = || Target::Path(format!("/groups/{id}/members?$select=id&$top=999"));
        let answer = self
            .send(Call::read(link.map_or_else(first, Target::Link), 2))
            .await?;
        let page: Page = body(&answer, "reading who is in a group")?;
        Ok(MembersPage {
            people: page
                .value
                .iter()
                .filter_map(|element| person(&Fields::of(element)?))
                .collect(),
            next: page.next.map(|next| self.onward(link, next)).transpose()?,
        })
    }

    /// In which of these groups a person is, directly or through others.
    pub async fn in_groups(&self, id: &UserId, groups: &[GroupId]) -> Result<BTreeSet<GroupId>> {
        let path = format!("/users/{}/checkMemberGroups", id_in_path(&id.0)?);
        let mut found = BTreeSet::new();
        for some in groups.chunks(MOST_CHECKED) {
            let call = Call {
                method: Method::POST,
                body: Some(json!({"groupIds": some})),
                ..Call::read(Target::Path(path.clone()), 4)
            };
            let answer = self.send(call).await?;
            let page: Page = body(&answer, "asking which groups a person is in")?;
            let ids = page
                .value
                .iter()
                .filter_map(|id| serde_json::from_str::<String>(id.get()).ok());
            found.extend(ids.filter_map(|id| {
                some.iter()
                    .find(|group| group.0.eq_ignore_ascii_case(&id))
                    .cloned()
            }));
        }
        Ok(found)
    }

    /// The groups that a person is in directly; `None` = there is no such person.
    pub async fn groups_of(&self, id: &UserId) -> Result<Option<BTreeSet<GroupId>>> {
        let path = format!("/users/{}/memberOf?$select=id&$top=999", id_in_path(&id.0)?);
        let first = Call::read(Target::Path(path), 2);
        let Some(mut answer) = self.find(first, Some(NO_SUCH)).await? else {
            return Ok(None);
        };
        let mut found = BTreeSet::new();
        let mut followed: Option<String> = None;
        loop {
            let page: Page = body(&answer, "reading which groups a person is in")?;
            // Administrative units and roles are among them: an id that is not asked for does no harm.
            let ids = page.value.iter().filter_map(|element| {
                let id = Fields::of(element)?.get::<String>("id");
                id.filter(|id| is_id(id)).map(GroupId)
            });
            found.extend(ids);
            let Some(next) = page.next else {
                return Ok(Some(found));
            };
            let link = self.onward(followed.as_deref(), next)?;
            answer = self.send(Call::read(Target::Link(&link), 2)).await?;
            followed = Some(link);
        }
    }

    /// Puts people into a group, 20 a request. One who is in it already, or is not there, spoils the request for all: then, and
    /// where Microsoft does not let us ask for many at once, they are asked for one by one.
    pub async fn add_members(&self, group: &GroupId, people: &[UserId]) -> Result<Added> {
        let id = id_in_path(&group.0)?;
        let mut added = Vec::with_capacity(people.len());
        for some in people.chunks(MOST) {
            let at_once = some.len() > 1 && self.adds_many.load(Ordering::Relaxed);
            if !(at_once && self.add_at_once(id, some, &mut added).await?) {
                for person in some {
                    added.push((person.clone(), self.add_member(group, person).await));
                }
            }
        }
        Ok(added)
    }

    /// Whether it is decided what became of all of them.
    async fn add_at_once(&self, group: &str, people: &[UserId], added: &mut Added) -> Result<bool> {
        let links: Vec<String> = people
            .iter()
            .map(|id| self.object(id))
            .collect::<Result<_>>()?;
        let call = Call::write(
            Method::PATCH,
            format!("/groups/{group}"),
            json!({"members@odata.bind": links}),
        );
        let answer = self.change(call).await;
        if answer
            .as_ref()
            .is_err_and(|error| *error.kind() == Kind::Denied)
        {
            // The permission for single members does not always do for many (`graph-api.md 4.1`).
            self.adds_many.store(false, Ordering::Relaxed);
        }
        let Some(each) = for_each(answer, people.len())? else {
            return Ok(false);
        };
        let each = people.iter().cloned().zip(each);
        added.extend(each.map(|(id, outcome)| (id, outcome.map(Membership::Changed))));
        Ok(true)
    }

    /// Puts one person into a group.
    pub async fn add_member(
        &self,
        group: &GroupId,
        person: &UserId,
    ) -> Result<Membership<Receipt>> {
        let path = format!("/groups/{}/members/$ref", id_in_path(&group.0)?);
        let call = Call::write(
            Method::POST,
            path,
            json!({"@odata.id": self.object(person)?}),
        );
        let answer = self.ask(&call).await?;
        let is_in = answer.status() == StatusCode::BAD_REQUEST
            && Said::read(answer.body()).message().contains(ALREADY);
        if is_in {
            return Ok(Membership::AlreadySo);
        }
        let answer = self.done(&call, answer)?;
        Ok(Membership::Changed(Receipt::of(&answer)))
    }

    /// Takes one person out of a group. `NotFound` = there is no such group.
    pub async fn remove_member(
        &self,
        group: &GroupId,
        person: &UserId,
    ) -> Result<Membership<Receipt>> {
        let path = format!(
            "/groups/{}/members/{}/$ref",
            id_in_path(&group.0)?,
            id_in_path(&person.0)?
        );
        let call = Call {
            body: None,
            ..Call::write(Method::DELETE, path, Value::Null)
        };
        match self.find(call, Some(NO_SUCH)).await? {
            Some(answer) => Ok(Membership::Changed(Receipt::of(&answer))),
            None if self.group(group).await?.is_some() => Ok(Membership::AlreadySo),
            None => Err(Error::new(
                Kind::NotFound,
                format!("there is no group {} to take somebody out of", group.0),
            )),
        }
    }

    /// Everything about these groups, and then what changes: at most [`MOST_FOLLOWED`] of them.
    pub async fn groups_delta(&self, groups: &[GroupId]) -> Result<GroupDeltaPage> {
        if groups.is_empty() || groups.len() > MOST_FOLLOWED {
            return Err(Error::new(
                Kind::Invalid,
                "the changes of 1 to 50 groups can be followed at once",
            ));
        }
        let mut terms = Vec::with_capacity(groups.len());
        for group in groups {
            terms.push(format!("id eq '{}'", id_in_path(&group.0)?));
        }
        let filter = encode(&terms.join(" or "));
        self.group_changes(Target::Path(format!(
            "/groups/delta?$select=id,displayName,members&$filter={filter}"
        )))
        .await
    }

    /// The next page of changes. [`Kind::Resync`] = the link is too old: begin again.
    pub async fn group_delta_page(&self, link: &str) -> Result<GroupDeltaPage> {
        self.group_changes(Target::Link(link)).await
    }

    async fn group_changes(&self, target: Target<'_>) -> Result<GroupDeltaPage> {
        let what = "reading changes of groups";
        let followed = match &target {
            Target::Path(_) => None,
            Target::Link(link) => Some(*link),
        };
        let answer = self.send(Call::read(target, 1)).await?;
        let page: Page = body(&answer, what)?;
        Ok(GroupDeltaPage {
            changes: page
                .value
                .iter()
                .filter_map(|element| change(element))
                .collect(),
            next: match (page.next, page.delta) {
                (Some(next), _) => DeltaNext::Page(self.onward(followed, next)?),
                (None, Some(link)) => DeltaNext::Done(self.onward(None, link)?),
                (None, None) => return Err(unreadable(what)),
            },
        })
    }

    /// The address by which a member is named in a body.
    fn object(&self, id: &UserId) -> Result<String> {
        let path = format!("/directoryObjects/{}", id_in_path(&id.0)?);
        let call = Call::read(Target::Path(path), 0);
        Ok(self.address(&call)?.to_string())
    }
}

/// The only 404 that speaks of the group or its member; others come from gateways in between.
const NO_SUCH: &str = "Request_ResourceNotFound";

fn group(fields: &Fields<'_>) -> Option<Group> {
    let id = fields.get::<String>("id").filter(|id| is_id(id))?;
    let licences: Option<Tolerant<Map<String, Value>>> = fields.get("assignedLicenses");
    let licences = licences.into_iter().flat_map(|list| list.0);
    let sku = |licence: Map<String, Value>| {
        licence
            .get("skuId")?
            .as_str()
            .map(|id| SkuId::from(id.to_owned()))
    };
    Some(Group {
        id: GroupId(id),
        name: fields.get::<Short>("displayName").unwrap_or_default().0,
        licences: licences
            .filter_map(sku)
            .filter(|sku| is_id(&sku.0))
            .collect(),
        obstacle: obstacle(fields),
        missing: false,
    })
}

/// The first of what stands in the way (`graph-api.md 4.1`).
fn obstacle(fields: &Fields<'_>) -> Option<GroupObstacle> {
    let types: Option<Tolerant<String>> = fields.get("groupTypes");
    let types = types.map(|types| types.0).unwrap_or_default();
    let is = |word: &str| types.iter().any(|one| one.eq_ignore_ascii_case(word));
    let set = |name| fields.get::<bool>(name) == Some(true);
    if is("DynamicMembership") {
        Some(GroupObstacle::Dynamic)
    } else if set("onPremisesSyncEnabled") {
        Some(GroupObstacle::OnPremises)
    } else if set("isAssignableToRole") {
        Some(GroupObstacle::RoleAssignable)
    } else if set("mailEnabled") && !is("Unified") {
        Some(GroupObstacle::MailEnabled)
    } else {
        None
    }
}

/// A member that is a person. Without a type nothing is known but the id: it counts as one.
fn person(fields: &Fields<'_>) -> Option<UserId> {
    let kind = fields.get::<String>("@odata.type");
    let is_person = kind.is_none_or(|kind| kind.eq_ignore_ascii_case("#microsoft.graph.user"));
    let id = fields
        .get::<String>("id")
        .filter(|id| is_person && is_id(id))?;
    Some(UserId(id))
}

fn change(element: &RawValue) -> Option<GroupChange> {
    let fields = Fields::of(element)?;
    let members: Option<Tolerant<Box<RawValue>>> = fields.get("members@delta");
    let member = |one: Box<RawValue>| {
        let fields: BTreeMap<String, Value> = serde_json::from_str(one.get()).ok()?;
        let id = person(&Fields::of(&one)?)?;
        Some((id, !fields.contains_key("@removed")))
    };
    Some(GroupChange {
        group: GroupId(fields.get::<String>("id").filter(|id| is_id(id))?),
        removed: fields.has("@removed"),
        members: members
            .into_iter()
            .flat_map(|list| list.0)
            .filter_map(member)
            .collect(),
    })
}

#[cfg(test)]
mod tests;
