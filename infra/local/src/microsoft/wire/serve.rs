//! From a request to its answer.

use http::{Method, StatusCode};

use super::answer::{Answer, Correlation, Family, Refusal, format};
use super::endpoint::Endpoint;
use super::request::Request;
use crate::microsoft::state::world::World;

/// What the permissions of a token allow beyond the request itself.
#[derive(Clone, Copy)]
struct Rights {
    reads_people: bool,
    writes_people: bool,
}

/// Headers of an answer.
type Headers = Vec<(&'static str, String)>;

/// From this share of a budget on, answers say how much of it is used (`graph-api.md 7.3`).
const WARNS: f64 = 0.8;

/// Any of these shows a member of a group with their properties.
const READ_PEOPLE: [&str; 3] = ["User.Read.All", "User.ReadWrite.All", "Directory.Read.All"];

impl World {
    /// Answers one request, of the token endpoint, a batch or a single one of Graph.
    pub(crate) fn answer(&mut self, request: &Request) -> Answer {
        let segments = request.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (&request.method, path.as_slice()) {
            (&Method::POST, [tenant, "oauth2", "v2.0", "token"]) => self
                .correlated(request, |world, correlation, _, _| {
                    world.token(tenant, request, correlation)
                }),
            (&Method::POST, ["v1.0", "$batch"]) => self.graph(request, &path, |world, _, _| {
                world.gate.count("batch");
                world
                    .gate
                    .authenticate(request.header("authorization"), world.now())?;
                world.batch(request)
            }),
            _ => self.single(request, &path),
        }
    }

    /// Answers one request of Graph, whether it came alone or as part of a batch.
    pub(super) fn single(&mut self, request: &Request, path: &[&str]) -> Answer {
        self.graph(request, path, |world, number, headers| {
            world.serve(request, path, number, headers)
        })
    }

    fn graph(
        &mut self,
        request: &Request,
        path: &[&str],
        serve: impl FnOnce(&mut Self, u64, &mut Headers) -> Result<Answer, Refusal>,
    ) -> Answer {
        let family = if path.get(1) == Some(&"admin") {
            Family::Teams
        } else {
            Family::Directory
        };
        self.correlated(request, |world, correlation, number, headers| {
            headers.push((
                "x-ms-ags-diagnostic",
                r#"{"ServerInfo":{"DataCenter":"Local","Slice":"E","Ring":"1"}}"#.into(),
            ));
            let now = world.now();
            serve(world, number, headers)
                .unwrap_or_else(|refusal| refusal.into_answer(family, correlation, now))
        })
    }

    /// An answer with the ids and the date that every answer has.
    fn correlated(
        &mut self,
        request: &Request,
        answer: impl FnOnce(&mut Self, &Correlation, u64, &mut Headers) -> Answer,
    ) -> Answer {
        let number = self.gate.enter();
        let given = request.header("client-request-id").map(String::from);
        let correlation = Correlation {
            request: self.chance.guid("request", "", number),
            client: given.unwrap_or_else(|| self.chance.guid("client request", "", number)),
        };
        let mut headers = vec![
            ("request-id", correlation.request.clone()),
            ("client-request-id", correlation.client.clone()),
            ("date", format(self.now(), "%a, %d %b %Y %H:%M:%S GMT")),
        ];
        let mut answer = answer(self, &correlation, number, &mut headers);
        answer.headers.append(&mut headers);
        answer
    }

    fn serve(
        &mut self,
        request: &Request,
        path: &[&str],
        number: u64,
        headers: &mut Headers,
    ) -> Result<Answer, Refusal> {
        let now = self.now();
        let endpoint = Endpoint::find(&request.method, path);
        self.gate.count(
            endpoint
                .as_ref()
                .map_or("unknown", |endpoint| endpoint.name()),
        );
        let roles = self
            .gate
            .authenticate(request.header("authorization"), now)?;
        let permitted = endpoint
            .as_ref()
            .is_ok_and(|endpoint| endpoint.permits(roles));
        let rights = Rights {
            reads_people: READ_PEOPLE.iter().any(|role| roles.contains(*role)),
            writes_people: roles.contains("User.ReadWrite.All"),
        };
        self.gate.mood(number)?;
        let endpoint = endpoint?;
        let mut share: f64 = match endpoint.family() {
            Family::Directory => {
                let units = endpoint.units(&request.query);
                headers.push(("x-ms-resource-unit", units.to_string()));
                self.gate.spend_units(now, units)?
            }
            Family::Teams => self.gate.spend_teams(now)?,
        };
        if endpoint.writes_directory() {
            share = share.max(self.gate.spend_write(now)?);
        }
        if share >= WARNS {
            headers.push(("x-ms-throttle-limit-percentage", format!("{share:.2}")));
        }
        if !permitted {
            return Err(Refusal::denied(endpoint.family(), endpoint.roles()));
        }
        self.carry(endpoint, request, rights)
    }

    /// Does what the endpoint is for.
    fn carry(
        &mut self,
        endpoint: Endpoint<'_>,
        request: &Request,
        rights: Rights,
    ) -> Result<Answer, Refusal> {
        match endpoint {
            Endpoint::ListUsers => self.list_users(request),
            Endpoint::CountUsers => self.count_users(request),
            Endpoint::UsersDelta => self.users_delta(request),
            Endpoint::GetUser(id) => self.get_user(id, request),
            Endpoint::UpdateUser(id) => self.update_user(id, request, rights.writes_people),
            Endpoint::AssignLicence(id) => self.assign_licence(id, request),
            Endpoint::ReprocessLicences(id) => self.reprocess_licences(id),
            Endpoint::MemberOf(id) => self.member_of(id, request),
            Endpoint::TransitiveMemberOf(id) => self.transitive_member_of(id, request),
            Endpoint::CheckMemberGroups(id) => self.check_member_groups(id, request),
            Endpoint::GetMemberGroups(id) => self.get_member_groups(id, request),
            Endpoint::GetByIds => self.get_by_ids(request),
            Endpoint::RevokeSessions(id) => self.revoke_sessions(id, request),
            Endpoint::LicenceDetails(id) => self.licence_details(id, request),
            Endpoint::TeamsLicensing(id) => self.teams_licensing(id),
            Endpoint::ListDeletedUsers => self.list_deleted_users(request),
            Endpoint::RestoreUser(id) => self.restore_user(id),
            Endpoint::ListSkus => self.list_skus(request),
            Endpoint::ListGroups => self.list_groups(request),
            Endpoint::GroupsDelta => self.groups_delta(request),
            Endpoint::GetGroup(id) => self.get_group(id, request),
            Endpoint::ListMembers(id) => self.list_members(id, request, rights.reads_people),
            Endpoint::TransitiveMembers(id) => {
                self.transitive_members(id, request, rights.reads_people)
            }
            Endpoint::MembersWithLicenceErrors(id) => {
                self.members_with_licence_errors(id, request, rights.reads_people)
            }
            Endpoint::AssignGroupLicence(id) => self.assign_group_licence(id, request),
            Endpoint::AddMember(id) => self.add_member(id, request),
            Endpoint::AddMembers(id) => self.add_members(id, request),
            Endpoint::RemoveMember(id, member) => self.remove_member(id, member, request),
            Endpoint::ListTeamsUsers => self.list_teams_users(request),
            Endpoint::GetTeamsUser(id) => self.get_teams_user(id, request),
            Endpoint::GetPolicyId(arguments) => self.get_policy_id(arguments),
            Endpoint::AssignPolicies => self.assign_policies(request),
            Endpoint::UnassignPolicies => self.unassign_policies(request),
            Endpoint::ListNumbers => self.list_numbers(request),
            Endpoint::GetNumber(id) => self.get_number(id, request),
            Endpoint::AssignNumber => self.assign_number(request),
            Endpoint::UnassignNumber => self.unassign_number(request),
            Endpoint::UpdateNumber => self.update_number(request),
            Endpoint::GetOperation(id) => self.get_operation(id, request),
            Endpoint::CreateSnapshot => self.create_snapshot(request),
            Endpoint::ListSnapshotJobs => self.list_snapshot_jobs(request),
            Endpoint::GetSnapshotJob(id) => self.get_snapshot_job(id, request),
            Endpoint::DeleteSnapshotJob(id) => self.delete_snapshot_job(id),
            Endpoint::GetSnapshot(id) => self.get_snapshot(id),
        }
    }

    /// The id of somebody whom the app wants to change.
    ///
    /// # Errors
    /// 404 for nobody, 403 for a protected account.
    pub(crate) fn writable(
        &self,
        key: &str,
        family: Family,
        roles: &[&str],
    ) -> Result<String, Refusal> {
        let person = self.person(key).ok_or_else(|| match family {
            Family::Directory => Refusal::not_found(key),
            Family::Teams => Refusal::new(
                StatusCode::NOT_FOUND,
                "NotFound",
                format!("User '{key}' was not found."),
            ),
        })?;
        if person.protected {
            Err(Refusal::denied(family, roles))
        } else {
            Ok(person.id.clone())
        }
    }
}
