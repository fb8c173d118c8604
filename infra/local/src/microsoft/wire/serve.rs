//! From a request to its answer.

use http::{Method, StatusCode};

use super::answer::{Answer, Correlation, Family, Refusal, format};
use super::endpoint::Endpoint;
use super::request::Request;
use crate::microsoft::state::world::World;

impl World {
    /// Answers one request, of the token endpoint or of Graph.
    pub(crate) fn answer(&mut self, request: &Request) -> Answer {
        let segments = request.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let number = self.gate.enter();
        let given = request.header("client-request-id").map(String::from);
        let correlation = Correlation {
            request: self.chance.guid("request", "", number),
            client: given.unwrap_or_else(|| self.chance.guid("client request", "", number)),
        };
        let now = self.now();
        let mut headers = vec![
            ("request-id", correlation.request.clone()),
            ("client-request-id", correlation.client.clone()),
            ("date", format(now, "%a, %d %b %Y %H:%M:%S GMT")),
        ];
        let mut answer = if let (&Method::POST, [tenant, "oauth2", "v2.0", "token"]) =
            (&request.method, path.as_slice())
        {
            self.token(tenant, request, &correlation)
        } else {
            headers.push((
                "x-ms-ags-diagnostic",
                r#"{"ServerInfo":{"DataCenter":"Local","Slice":"E","Ring":"1"}}"#.into(),
            ));
            let family = if path.get(1) == Some(&"admin") {
                Family::Teams
            } else {
                Family::Directory
            };
            self.serve(request, &path, number, &mut headers)
                .unwrap_or_else(|refusal| refusal.into_answer(family, &correlation, now))
        };
        answer.headers.append(&mut headers);
        answer
    }

    fn serve(
        &mut self,
        request: &Request,
        path: &[&str],
        number: u64,
        headers: &mut Vec<(&'static str, String)>,
    ) -> Result<Answer, Refusal> {
        let now = self.now();
        let endpoint = Endpoint::find(&request.method, path);
        let name = endpoint
            .as_ref()
            .map_or("unknown", |endpoint| endpoint.name());
        *self.gate.counts.requests.entry(name).or_default() += 1;
        let roles = self
            .gate
            .authenticate(request.header("authorization"), now)?;
        let permitted = endpoint
            .as_ref()
            .is_ok_and(|endpoint| endpoint.permits(roles));
        self.gate.mood(number)?;
        let endpoint = endpoint?;
        if endpoint.family() == Family::Directory {
            let units = endpoint.units(&request.query);
            self.gate.counts.resource_units += units;
            headers.push(("x-ms-resource-unit", units.to_string()));
        }
        if endpoint.writes_directory() {
            let share = self.gate.spend_write(now)?;
            if share >= 0.8 {
                headers.push(("x-ms-throttle-limit-percentage", format!("{share:.2}")));
            }
        }
        if !permitted {
            return Err(Refusal::denied(endpoint.family(), endpoint.roles()));
        }
        match endpoint {
            Endpoint::ListUsers => self.list_users(request),
            Endpoint::CountUsers => self.count_users(request),
            Endpoint::UsersDelta => self.users_delta(request),
            Endpoint::GetUser(id) => self.get_user(id, request),
            Endpoint::UpdateUser(id) => self.update_user(id, request),
            Endpoint::AssignLicence(id) => self.assign_licence(id, request),
            Endpoint::ListSkus => self.list_skus(request),
            Endpoint::ListTeamsUsers => self.list_teams_users(request),
            Endpoint::GetTeamsUser(id) => self.get_teams_user(id, request),
            Endpoint::GetPolicyId(arguments) => self.get_policy_id(arguments),
            Endpoint::AssignPolicies => self.assign_policies(request),
            Endpoint::UnassignPolicies => self.unassign_policies(request),
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
