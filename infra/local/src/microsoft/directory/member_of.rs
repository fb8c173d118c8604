//! The groups that somebody is in (`graph-api.md 4.2`).

use serde::Deserialize;
use serde_json::{Value, json};

use super::groups::group_selected;
use super::listing::{after, eventual};
use crate::microsoft::state::group::Group;
use crate::microsoft::state::world::World;
use crate::microsoft::wire::answer::{Answer, Refusal};
use crate::microsoft::wire::request::Request;

/// The most ids that one question may name.
const MOST: usize = 20;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Check {
    group_ids: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Get {
    security_enabled_only: bool,
}

impl World {
    pub(crate) fn member_of(&self, key: &str, request: &Request) -> Result<Answer, Refusal> {
        let id = self.id_of(key)?;
        let now = self.now();
        let groups = self
            .groups
            .of(&id, |group, member| group.shows(member, now));
        self.groups_page(&format!("users/{key}/memberOf"), request, groups.collect())
    }

    /// Through other groups too. The cast to groups is an advanced query.
    pub(crate) fn transitive_member_of(
        &self,
        key: &str,
        request: &Request,
    ) -> Result<Answer, Refusal> {
        let cast = request.path.ends_with("graph.group");
        if cast && !(eventual(request) && request.query.get("$count") == Some("true")) {
            return Err(Refusal::unsupported(
                "The cast needs the header ConsistencyLevel: eventual and $count=true.",
            ));
        }
        let id = self.id_of(key)?;
        let path = if cast {
            format!("users/{key}/transitiveMemberOf/microsoft.graph.group")
        } else {
            format!("users/{key}/transitiveMemberOf")
        };
        let groups = self.groups.all_of(&id, self.now()).into_values().collect();
        self.groups_page(&path, request, groups)
    }

    /// Which of these groups somebody is in.
    pub(crate) fn check_member_groups(
        &self,
        key: &str,
        request: &Request,
    ) -> Result<Answer, Refusal> {
        let Check { group_ids } = serde_json::from_value(request.json()?)
            .map_err(|_| Refusal::bad_request("The parameter 'groupIds' is missing."))?;
        if group_ids.len() > MOST {
            return Err(Refusal::bad_request(format!(
                "The collection 'groupIds' may hold at most {MOST} ids."
            )));
        }
        let id = self.id_of(key)?;
        let all = self.groups.all_of(&id, self.now());
        let mut found = group_ids;
        found.retain(|id| all.contains_key(id.as_str()));
        Ok(self.ids(&found))
    }

    /// All of them, or those that are for security.
    pub(crate) fn get_member_groups(
        &self,
        key: &str,
        request: &Request,
    ) -> Result<Answer, Refusal> {
        let Get {
            security_enabled_only,
        } = serde_json::from_value(request.json()?)
            .map_err(|_| Refusal::bad_request("The parameter 'securityEnabledOnly' is missing."))?;
        let id = self.id_of(key)?;
        let only = ["securityEnabled".to_owned()];
        let all = self.groups.all_of(&id, self.now()).into_values();
        let found: Vec<String> = all
            .filter(|group| {
                !security_enabled_only || self.show_group(group, &only)["securityEnabled"] == true
            })
            .map(|group| group.id.clone())
            .collect();
        Ok(self.ids(&found))
    }

    fn id_of(&self, key: &str) -> Result<String, Refusal> {
        let person = self.person(key).ok_or_else(|| Refusal::not_found(key))?;
        Ok(person.id.clone())
    }

    fn groups_page(
        &self,
        path: &str,
        request: &Request,
        groups: Vec<&Group>,
    ) -> Result<Answer, Refusal> {
        request
            .query
            .only(&["$select", "$top", "$count", "$skiptoken"])?;
        let names = group_selected(&request.query)?;
        let top = request.query.top(100, 999)?;
        let after = after(&request.query)?;
        let rest = groups
            .into_iter()
            .filter(|group| group.id.as_str() > after.id.as_str());
        let (page, next) = self.page(path, &after, top, rest, |group| &group.id);
        let value = page.into_iter().map(|group| {
            let mut shown = self.show_group(group, &names);
            shown["@odata.type"] = json!("#microsoft.graph.group");
            shown
        });
        Ok(self.list("directoryObjects", path, request, value.collect(), next))
    }

    fn ids(&self, found: &[String]) -> Answer {
        let context = self.context("Collection(Edm.String)");
        let value: Value = json!(found);
        Answer::ok(json!({"@odata.context": context, "value": value}))
    }
}
