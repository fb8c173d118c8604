//! Into a group and out of it (`graph-api.md 4.1`).

use http::StatusCode;
use serde_json::{Value, json};

use crate::microsoft::state::group::{Group, GroupKind};
use crate::microsoft::state::record::Recorded;
use crate::microsoft::state::world::World;
use crate::microsoft::wire::answer::{Answer, Family, Refusal};
use crate::microsoft::wire::request::Request;

/// The most members that one request adds.
const MOST: usize = 20;

impl World {
    /// One member by its reference.
    pub(crate) fn add_member(&mut self, group: &str, request: &Request) -> Result<Answer, Refusal> {
        let body = request.json()?;
        let member = reference(&body["@odata.id"])?;
        self.add_to(group, &[member], request)
    }

    /// Up to twenty members, all of them or none.
    pub(crate) fn add_members(
        &mut self,
        group: &str,
        request: &Request,
    ) -> Result<Answer, Refusal> {
        let body = request.json()?;
        let (Some(fields), Value::Array(bound)) = (body.as_object(), &body["members@odata.bind"])
        else {
            return Err(Refusal::bad_request(
                "The property 'members@odata.bind' must be a collection of references.",
            ));
        };
        let mut others = fields.keys().filter(|name| !name.starts_with("@odata."));
        if let Some(other) = others.find(|name| *name != "members@odata.bind") {
            return Err(Refusal::bad_request(format!(
                "Property '{other}' is read-only and cannot be set."
            )));
        }
        if bound.len() > MOST {
            return Err(Refusal::bad_request(format!(
                "A resource cannot contain more than {MOST} link changes."
            )));
        }
        let members = bound.iter().map(reference).collect::<Result<Vec<_>, _>>()?;
        self.add_to(group, &members, request)
    }

    pub(crate) fn remove_member(
        &mut self,
        group: &str,
        member: &str,
        request: &Request,
    ) -> Result<Answer, Refusal> {
        if !self.open(group)?.has(member) {
            return Err(Refusal::not_found(member));
        }
        self.move_member(group, member, false, request);
        Ok(Answer::no_content())
    }

    fn add_to(
        &mut self,
        group: &str,
        members: &[String],
        request: &Request,
    ) -> Result<Answer, Refusal> {
        let entry = self.open(group)?;
        for member in members {
            if self.groups.get(member).is_none() {
                self.writable(member, Family::Directory, &[])?;
            }
        }
        let twice = members
            .iter()
            .enumerate()
            .any(|(nth, member)| members[..nth].contains(member));
        if twice || members.iter().any(|member| entry.has(member)) {
            return Err(Refusal::bad_request(
                "One or more added object references already exist for the following modified properties: 'members'.",
            ));
        }
        for member in members {
            self.move_member(group, member, true, request);
        }
        Ok(Answer::no_content())
    }

    fn move_member(&mut self, group: &str, member: &str, is: bool, request: &Request) {
        let before = self.groups_of(member);
        let lag = self.lag(member, self.options.staleness);
        self.set_member(group, member, is, lag);
        self.record(Recorded {
            at: self.now(),
            request: request.line(),
            person: member.to_owned(),
            before,
            after: self.groups_of(member),
        });
    }

    fn groups_of(&self, member: &str) -> Value {
        let groups = self.groups.of(member, Group::has);
        json!({"groups": groups.map(|group| &group.id).collect::<Vec<_>>()})
    }

    /// A group whose members can be changed over the API.
    fn open(&self, id: &str) -> Result<&Group, Refusal> {
        let group = self.groups.get(id).ok_or_else(|| Refusal::not_found(id))?;
        match group.kind {
            GroupKind::Security | GroupKind::Unified => Ok(group),
            GroupKind::Dynamic(_) | GroupKind::RoleAssignable => {
                Err(Refusal::denied(Family::Directory, &[]))
            }
            GroupKind::Synced => Err(Refusal::bad_request(
                "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently \
                 undergoing migration.",
            )),
            GroupKind::MailEnabled => Err(Refusal::bad_request(
                "Cannot Update a mail-enabled security groups and or distribution list.",
            )),
        }
    }
}

/// The id at the end of `https://host/v1.0/directoryObjects/{id}`.
fn reference(url: &Value) -> Result<String, Refusal> {
    let mut segments = url.as_str().unwrap_or_default().rsplit('/');
    let id = segments.next().filter(|id| !id.is_empty());
    let known = matches!(
        segments.next(),
        Some("directoryObjects" | "users" | "groups")
    );
    id.filter(|_| known).map(String::from).ok_or_else(|| {
        Refusal::new(
            StatusCode::BAD_REQUEST,
            "Request_BadRequest",
            "Invalid URL specified in the reference of the navigation property 'members'.",
        )
    })
}
