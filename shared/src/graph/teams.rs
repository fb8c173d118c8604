//! Teams administration: the Teams user and policy assignment (`graph-api.md 5.1, 5.2`).

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::address::{encode, id_in_path, is_id};
use super::batch::{MOST, for_each};
use super::client::{Call, Graph, Receipt, Target};
use super::pace::Bucket;
use super::page::{Fields, Page, Short, Tolerant, body, unreadable, unwrapped};
use crate::error::Result;
use crate::model::microsoft::{EffectivePolicy, PolicyType, TeamsUser, UserId};

/// A policy that is made again has a new id; until it is noticed, assignments with the old one are refused.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// Ids of policies by type and name in lower case, each with the moment until which it is believed.
#[derive(Debug, Default)]
pub(super) struct PolicyIds(BTreeMap<(String, String), (Duration, String)>);

/// A page of the list of Teams accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamsPage {
    /// Whose account, and the account.
    pub users: Vec<(UserId, TeamsUser)>,
    /// The next page; `None` = this was the last.
    pub next: Option<String>,
}

impl Graph {
    /// A page of all Teams accounts; the first one without a link.
    pub async fn teams_users_page(&self, link: Option<&str>) -> Result<TeamsPage> {
        let first = || Target::Path(format!("/admin/teams/userConfigurations?$select={SELECT}"));
        let call = Call {
            bucket: Bucket::Teams,
            ..Call::read(link.map_or_else(first, Target::Link), 1)
        };
        let answer = self.send(call).await?;
        let page: Page = body(&answer, "reading the list of Teams accounts")?;
        let one = |element: &&RawValue| {
            let fields = Fields::of(element)?;
            let id = fields.get::<String>("id").filter(|id| is_id(id))?;
            Some((UserId(id), teams_user(&fields)))
        };
        Ok(TeamsPage {
            users: page.value.iter().filter_map(one).collect(),
            next: page.next.map(|next| self.onward(link, next)).transpose()?,
        })
    }

    /// A person's Teams account; `None` = Microsoft has not created one.
    pub async fn teams_user(&self, id: &UserId) -> Result<Option<TeamsUser>> {
        let call = self.teams_user_call(id)?;
        let answer = self.ask(&call).await?;
        self.teams_user_found(id, &call, answer)
    }

    /// The question for one Teams account.
    pub(super) fn teams_user_call(&self, id: &UserId) -> Result<Call<'static>> {
        let id = id_in_path(&id.0)?;
        Ok(read(format!(
            "/admin/teams/userConfigurations/{id}?$select={SELECT}"
        )))
    }

    /// What an answer to it says.
    pub(super) fn teams_user_found(
        &self,
        id: &UserId,
        call: &Call<'_>,
        answer: Response<Bytes>,
    ) -> Result<Option<TeamsUser>> {
        let Some(answer) = self.found(call, None, answer)? else {
            return Ok(None);
        };
        let what = "reading a Teams account";
        let Some(entity) = unwrapped(body(&answer, what)?) else {
            return Ok(None);
        };
        let fields = Fields::of(entity).ok_or_else(|| unreadable(what))?;
        if fields
            .get::<String>("id")
            .is_some_and(|other| !other.eq_ignore_ascii_case(&id.0))
        {
            return Err(unreadable(what));
        }
        Ok(Some(teams_user(&fields)))
    }

    /// The id of the policy with this type and name, remembered for an hour; `None` = there is none, or more than one.
    pub async fn policy_id(&self, policy_type: &PolicyType, name: &str) -> Result<Option<String>> {
        let key = (policy_type.0.to_lowercase(), name.to_lowercase());
        let now = self.now();
        let known =
            self.with_policy_ids(|ids| ids.0.get(&key).filter(|(until, _)| *until > now).cloned());
        if let Some((_, id)) = known {
            return Ok(Some(id));
        }
        let path = format!(
            "/admin/teams/policy/getPolicyId(type='{}',name='{}')",
            literal(&policy_type.0),
            literal(name)
        );
        let Some(answer) = self.find(read(path), None).await? else {
            return Ok(None);
        };
        let page: Page = body(&answer, "looking a policy up")?;
        let found = page
            .value
            .iter()
            .filter_map(|element| serde_json::from_str::<Identifier>(element.get()).ok());
        let mut ids: Vec<String> = found
            .filter(|one| untagged(&one.name.0).eq_ignore_ascii_case(untagged(name)))
            .map(|one| one.policy_id.0)
            .collect();
        let (Some(policy_id), true) = (ids.pop(), ids.is_empty()) else {
            return Ok(None);
        };
        self.with_policy_ids(|ids| ids.0.insert(key, (now + REMEMBERED, policy_id.clone())));
        Ok(Some(policy_id))
    }

    /// Assigns policies directly to one person. Accepted is not effective: that shows later, up to a day.
    pub async fn assign_policies(
        &self,
        id: &UserId,
        policies: &[(PolicyType, String)],
    ) -> Result<Receipt> {
        self.set_policies("assign", assignments(id, policies).collect())
            .await
    }

    /// The same for several people in one request; their outcomes in their order. How many Microsoft takes is not documented, nor what
    /// becomes of the others if one is refused: the first request is for one person, each that is taken lets the next be for twice as
    /// many, and those of one that is refused are asked for one by one. If nothing was wrong with any of them, so is everybody later.
    pub async fn assign_policies_of(&self, people: &[(UserId, Policies)]) -> Vec<Result<Receipt>> {
        let mut each = Vec::with_capacity(people.len());
        while let Some(rest) = people.get(each.len()..).filter(|rest| !rest.is_empty()) {
            let many = self.assigned_at_once.load(Ordering::Relaxed);
            let some = &rest[..rest.len().min(many.max(1))];
            let all = some
                .iter()
                .flat_map(|(id, policies)| assignments(id, policies));
            let answer = self.set_policies("assign", all.collect()).await;
            if answer.is_ok() && some.len() == many {
                let more = (2 * many).min(MOST);
                self.assigned_at_once.store(more, Ordering::Relaxed);
            }
            if some.len() == 1 {
                each.push(answer);
                continue;
            }
            match for_each(answer, some.len()) {
                Ok(Some(outcomes)) => each.extend(outcomes),
                Ok(None) => {
                    let mut alone = Vec::with_capacity(some.len());
                    for (id, policies) in some {
                        alone.push(self.assign_policies(id, policies).await);
                    }
                    if alone.iter().all(Result::is_ok) {
                        self.assigned_at_once.store(0, Ordering::Relaxed);
                    }
                    each.extend(alone);
                }
                Err(error) => each.extend(some.iter().map(|_| Err(error.like()))),
            }
        }
        each
    }

    /// Takes the direct assignments of these types from one person, who falls back to a group's policy or the Global one.
    pub async fn unassign_policies(&self, id: &UserId, types: &[PolicyType]) -> Result<Receipt> {
        let without_id = |policy_type| assignment(id, policy_type);
        self.set_policies("unassign", types.iter().map(without_id).collect())
            .await
    }

    async fn set_policies(&self, verb: &str, value: Vec<Value>) -> Result<Receipt> {
        let path = format!("/admin/teams/policy/userAssignments/{verb}");
        let call = Call::write(Method::POST, path, json!({"value": value}));
        self.change(Call {
            bucket: Bucket::Teams,
            ..call
        })
        .await
    }
}

/// What is asked of a Teams account.
const SELECT: &str = "id,accountType,featureTypes,effectivePolicyAssignments";

/// Policies by type and id.
pub type Policies = Vec<(PolicyType, String)>;

/// The elements of an assignment of these policies to a person.
fn assignments<'a>(
    id: &'a UserId,
    policies: &'a [(PolicyType, String)],
) -> impl Iterator<Item = Value> + 'a {
    policies.iter().map(move |(policy_type, policy)| {
        let mut one = assignment(id, policy_type);
        one["policyId"] = json!(policy);
        one
    })
}

/// One element of an assignment, without the id of a policy.
fn assignment(id: &UserId, policy_type: &PolicyType) -> Value {
    let kind = "#microsoft.graph.teamsAdministration.teamsPolicyUserAssignment";
    json!({"@odata.type": kind, "userId": id, "policyType": policy_type})
}

pub(super) fn read(path: String) -> Call<'static> {
    Call {
        bucket: Bucket::Teams,
        ..Call::read(Target::Path(path), 1)
    }
}

/// A text inside a quoted literal of a path.
fn literal(text: &str) -> String {
    encode(&text.replace('\'', "''"))
}

/// The name of a policy without the prefix that Teams shows in places.
fn untagged(name: &str) -> &str {
    match name.split_at_checked(4) {
        Some((tag, rest)) if tag.eq_ignore_ascii_case("tag:") => rest,
        Some(_) | None => name,
    }
}

fn teams_user(fields: &Fields<'_>) -> TeamsUser {
    let features: Option<Tolerant<Short>> = fields.get("featureTypes");
    let policies: Option<Tolerant<Assignment>> = fields.get("effectivePolicyAssignments");
    TeamsUser {
        account_type: fields.get::<Short>("accountType").unwrap_or_default().0,
        feature_types: features
            .into_iter()
            .flat_map(|list| list.0)
            .map(|feature| feature.0)
            .collect(),
        policies: policies
            .into_iter()
            .flat_map(|list| list.0)
            .map(EffectivePolicy::from)
            .collect(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identifier {
    name: Short,
    policy_id: Short,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assignment {
    policy_type: Short,
    policy_assignment: Assigned,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assigned {
    display_name: Option<Short>,
    assignment_type: Option<Short>,
}

impl From<Assignment> for EffectivePolicy {
    fn from(
        Assignment {
            policy_type,
            policy_assignment,
        }: Assignment,
    ) -> Self {
        let Assigned {
            display_name,
            assignment_type,
        } = policy_assignment;
        Self {
            policy_type: PolicyType(policy_type.0),
            name: untagged(&display_name.unwrap_or_default().0).to_owned(),
            direct: assignment_type.is_some_and(|kind| kind.0.eq_ignore_ascii_case("direct")),
        }
    }
}

#[cfg(test)]
mod tests;
