//! Groups and who is in them, as readers see it (`graph-api.md 3.4`, `4.2`).

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::licences::Order;
use super::listing::{after, eventual};
use super::properties::selected;
use crate::microsoft::state::group::{Group, GroupKind};
use crate::microsoft::state::person::Life;
use crate::microsoft::state::record::Recorded;
use crate::microsoft::state::world::World;
use crate::microsoft::wire::answer::{Answer, Refusal, stamp};
use crate::microsoft::wire::request::{Query, Request};

/// What comes without `$select`.
#[rustfmt::skip]
const USUAL: [&str; 10] = [
    "id", "displayName", "createdDateTime", "groupTypes", "isAssignableToRole", "mailEnabled", "membershipRule",
    "onPremisesSyncEnabled", "securityEnabled", "assignedLicenses",
];

/// What can be selected besides.
const OTHERS: [&str; 2] = ["licenseProcessingState", "description"];

impl World {
    pub(crate) fn list_groups(&self, request: &Request) -> Result<Answer, Refusal> {
        request.query.only(&["$select", "$top", "$skiptoken"])?;
        let names = group_selected(&request.query)?;
        let top = request.query.top(100, 999)?;
        let after = after(&request.query)?;
        let groups = self.groups.after(&after.id);
        let (page, next) = self.page("groups", &after, top, groups, |group| &group.id);
        let value = page.into_iter().map(|group| self.show_group(group, &names));
        Ok(self.list("groups", "groups", request, value.collect(), next))
    }

    pub(crate) fn get_group(&self, id: &str, request: &Request) -> Result<Answer, Refusal> {
        request.query.only(&["$select"])?;
        let names = group_selected(&request.query)?;
        let group = self.groups.get(id).ok_or_else(|| Refusal::not_found(id))?;
        let mut shown = self.show_group(group, &names);
        shown["@odata.context"] = json!(self.context("groups/$entity"));
        Ok(Answer::ok(shown))
    }

    /// People and groups directly in a group. Who may not read people is shown their type and id.
    pub(crate) fn list_members(
        &self,
        id: &str,
        request: &Request,
        reads_people: bool,
    ) -> Result<Answer, Refusal> {
        let people_only = request.path.ends_with("graph.user");
        if people_only && !(eventual(request) && request.query.get("$count") == Some("true")) {
            return Err(Refusal::unsupported(
                "The cast needs the header ConsistencyLevel: eventual and $count=true.",
            ));
        }
        let group = self.groups.get(id).ok_or_else(|| Refusal::not_found(id))?;
        let now = self.now();
        let there = group
            .members
            .iter()
            .filter(|(_, membership)| *membership.there.seen(now));
        let mut members: BTreeSet<&str> = there.map(|(member, _)| member.as_str()).collect();
        let cast = if people_only {
            "/microsoft.graph.user"
        } else {
            ""
        };
        if people_only {
            members.retain(|member| self.groups.get(member).is_none());
        }
        let path = format!("groups/{id}/members{cast}");
        self.members_page(&path, request, members, reads_people)
    }

    /// Through groups in the group too.
    pub(crate) fn transitive_members(
        &self,
        id: &str,
        request: &Request,
        reads_people: bool,
    ) -> Result<Answer, Refusal> {
        let group = self.groups.get(id).ok_or_else(|| Refusal::not_found(id))?;
        let now = self.now();
        let (mut found, mut open) = (BTreeSet::new(), vec![group]);
        while let Some(group) = open.pop() {
            for member in group
                .members
                .keys()
                .filter(|member| group.shows(member, now))
            {
                if found.insert(member.as_str()) {
                    open.extend(self.groups.get(member));
                }
            }
        }
        let path = format!("groups/{id}/transitiveMembers");
        self.members_page(&path, request, found, reads_people)
    }

    /// Those for whom a licence of the group gives nothing.
    pub(crate) fn members_with_licence_errors(
        &self,
        id: &str,
        request: &Request,
        reads_people: bool,
    ) -> Result<Answer, Refusal> {
        let group = self.groups.get(id).ok_or_else(|| Refusal::not_found(id))?;
        let now = self.now();
        let in_error = |member: &&String| {
            self.people.get(*member).is_some_and(|person| {
                let mut licences = person.directory.seen(now).licences.iter();
                licences
                    .any(|licence| licence.group.as_deref() == Some(id) && licence.error.is_some())
            })
        };
        let found = group.members.keys().filter(in_error);
        let path = format!("groups/{id}/membersWithLicenseErrors");
        self.members_page(
            &path,
            request,
            found.map(String::as_str).collect(),
            reads_people,
        )
    }

    fn members_page(
        &self,
        path: &str,
        request: &Request,
        members: BTreeSet<&str>,
        reads_people: bool,
    ) -> Result<Answer, Refusal> {
        request
            .query
            .only(&["$select", "$top", "$skiptoken", "$count"])?;
        let top = request.query.top(100, 999)?;
        let after = after(&request.query)?;
        let names = selected(&request.query)?;
        let all = members.len();
        let rest = members
            .into_iter()
            .filter(|member| *member > after.id.as_str());
        let (page, next) = self.page(path, &after, top, rest, |member| member);
        let value = page
            .into_iter()
            .filter_map(|member| self.show_member(member, &names, reads_people));
        let mut answer = self.list("directoryObjects", path, request, value.collect(), next);
        if request.query.get("$count") == Some("true") && eventual(request) {
            answer.set("@odata.count", json!(all));
        }
        Ok(answer)
    }

    /// What members inherit from now on; it reaches each of them later.
    pub(crate) fn assign_group_licence(
        &mut self,
        id: &str,
        request: &Request,
    ) -> Result<Answer, Refusal> {
        let order = Order::read(request)?;
        let group = self.groups.get(id).ok_or_else(|| Refusal::not_found(id))?;
        for addition in &order.add_licenses {
            self.known_product(addition)?;
        }
        let before = json!({"assignedLicenses": group.products});
        let mut products = group.products.clone();
        if let Some(sku) = order
            .remove_licenses
            .iter()
            .find(|sku| !products.contains(sku))
        {
            return Err(Refusal::bad_request(format!(
                "Group does not have a corresponding license: {sku}."
            )));
        }
        products.retain(|sku| !order.remove_licenses.contains(sku));
        for addition in order.add_licenses {
            if !products.contains(&addition.sku_id) {
                products.push(addition.sku_id);
            }
        }
        self.set_products(id, products.clone());
        self.record(Recorded {
            at: self.now(),
            request: request.line(),
            person: id.to_owned(),
            before,
            after: json!({"assignedLicenses": products}),
        });
        let group = self.groups.get(id).ok_or_else(|| Refusal::not_found(id))?;
        let entity = self.show_group(group, &USUAL.map(String::from));
        Ok(Answer {
            status: StatusCode::ACCEPTED,
            ..Answer::ok(entity)
        })
    }

    /// A member of a group with these properties; `None` for somebody who is gone for good.
    pub(super) fn show_member(
        &self,
        id: &str,
        names: &[String],
        reads_people: bool,
    ) -> Option<Value> {
        if let Some(group) = self.groups.get(id) {
            let mut shown = self.show_group(group, names);
            shown["@odata.type"] = json!("#microsoft.graph.group");
            return Some(shown);
        }
        let person = self
            .people
            .get(id)
            .filter(|person| person.life != Life::Gone)?;
        let mut shown = if reads_people {
            Value::Object(self.show(person, names))
        } else {
            json!({"id": id})
        };
        shown["@odata.type"] = json!("#microsoft.graph.user");
        Some(shown)
    }

    /// A group with these properties; what it does not have is null.
    pub(super) fn show_group(&self, group: &Group, names: &[String]) -> Value {
        let shown: Map<String, Value> = names
            .iter()
            .map(|name| (name.clone(), self.group_property(group, name)))
            .collect();
        Value::Object(shown)
    }

    fn group_property(&self, group: &Group, name: &str) -> Value {
        let dynamic = match &group.kind {
            GroupKind::Dynamic(rule) => Some(rule),
            GroupKind::Security
            | GroupKind::Unified
            | GroupKind::Synced
            | GroupKind::MailEnabled
            | GroupKind::RoleAssignable => None,
        };
        let unified = group.kind == GroupKind::Unified;
        match name {
            "id" => json!(group.id),
            "displayName" => json!(group.name),
            "createdDateTime" => json!(stamp(group.created)),
            "groupTypes" => match (dynamic, unified) {
                (Some(_), _) => json!(["DynamicMembership"]),
                (None, true) => json!(["Unified"]),
                (None, false) => json!([]),
            },
            "membershipRule" => json!(dynamic),
            "onPremisesSyncEnabled" if group.kind == GroupKind::Synced => json!(true),
            "mailEnabled" => json!(unified || group.kind == GroupKind::MailEnabled),
            "securityEnabled" => json!(!unified),
            "isAssignableToRole" => json!(group.kind == GroupKind::RoleAssignable),
            "assignedLicenses" => {
                let licences = group.products.iter();
                licences
                    .map(|sku| json!({"skuId": sku, "disabledPlans": []}))
                    .collect()
            }
            "licenseProcessingState" => {
                let mut members = group.members.values();
                let busy = members.any(|membership| membership.licences_due.is_some());
                json!({"state": if busy { "QueuedForProcessing" } else { "ProcessingComplete" }})
            }
            _ => Value::Null,
        }
    }
}

/// The properties of groups that a request asks for.
///
/// # Errors
/// 400 for a name that a group does not have.
pub(super) fn group_selected(query: &Query) -> Result<Vec<String>, Refusal> {
    let Some(names) = query.select() else {
        return Ok(USUAL.map(String::from).into());
    };
    let unknown = names
        .iter()
        .find(|name| !USUAL.contains(&name.as_str()) && !OTHERS.contains(&name.as_str()));
    match unknown {
        None => Ok(names),
        Some(unknown) => Err(Refusal::bad_request(format!(
            "Parsing OData Select and Expand failed: Could not find a property named '{unknown}' on type 'microsoft.graph.group'."
        ))),
    }
}
