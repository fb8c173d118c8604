//! Configuration snapshots: the only way in which policies can be listed (`graph-api.md 5.5`).

use serde::Deserialize;
use serde_json::{Value, json};

use super::numbers::{bad_request, not_found};
use crate::microsoft::state::catalogue::Policy;
use crate::microsoft::state::snapshot::Snapshot;
use crate::microsoft::state::world::World;
use crate::microsoft::wire::answer::{Answer, Refusal, stamp};
use crate::microsoft::wire::request::Request;

const SNAPSHOTS: &str = "admin/configurationManagement/configurationSnapshots";
const JOBS: &str = "admin/configurationManagement/configurationSnapshotJobs";

/// The most jobs that there are at a time.
const MOST: usize = 12;

/// The longest name.
const LONGEST_NAME: usize = 32;

/// What a job that is not done says of its end.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// How every type of resource begins that is simulated.
const TEAMS: &str = "microsoft.teams.";

/// The body of `createSnapshot`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    display_name: String,
    #[serde(default)]
    description: String,
    resources: Vec<String>,
}

impl World {
    pub(crate) fn create_snapshot(&mut self, request: &Request) -> Result<Answer, Refusal> {
        let order: Order = serde_json::from_value(request.json()?).map_err(|_| {
            bad_request("The properties 'displayName' and 'resources' are required.")
        })?;
        if order.display_name.is_empty() || order.display_name.chars().count() > LONGEST_NAME {
            return Err(bad_request(format!(
                "The display name must have 1 to {LONGEST_NAME} characters."
            )));
        }
        let known = |resource: &String| resource.to_lowercase().starts_with(TEAMS);
        if order.resources.is_empty() || !order.resources.iter().all(known) {
            return Err(bad_request("The resources hold an unknown resource type."));
        }
        let now = self.now();
        let there = self
            .snapshots
            .values()
            .filter(|snapshot| snapshot.is_there(now));
        if there.count() >= MOST {
            return Err(bad_request(format!(
                "There are {MOST} snapshot jobs already; delete one first."
            )));
        }
        let nth = self.snapshots.len() as u64;
        let id = self.chance.guid("snapshot", &order.display_name, nth);
        let snapshot = Snapshot {
            id: id.clone(),
            name: order.display_name,
            description: order.description,
            resources: order.resources,
            created: now,
            gone: false,
        };
        let shown = self.job(&snapshot);
        self.put_snapshot(snapshot);
        Ok(Answer::ok(shown))
    }

    pub(crate) fn list_snapshot_jobs(&self, request: &Request) -> Result<Answer, Refusal> {
        request.query.only(&["$select"])?;
        let now = self.now();
        let there = self
            .snapshots
            .values()
            .filter(|snapshot| snapshot.is_there(now));
        let jobs: Vec<Value> = there.map(|snapshot| self.job(snapshot)).collect();
        Ok(Answer::ok(
            json!({"@odata.context": self.context(JOBS), "value": jobs}),
        ))
    }

    pub(crate) fn get_snapshot_job(&self, id: &str, request: &Request) -> Result<Answer, Refusal> {
        request.query.only(&["$select"])?;
        let mut job = self.job(self.snapshot(id)?);
        if let (Some(names), Some(fields)) = (request.query.select(), job.as_object_mut()) {
            fields.retain(|name, _| names.contains(name));
        }
        Ok(Answer::ok(job))
    }

    /// Frees its place.
    pub(crate) fn delete_snapshot_job(&mut self, id: &str) -> Result<Answer, Refusal> {
        let mut snapshot = self.snapshot(id)?.clone();
        snapshot.gone = true;
        self.put_snapshot(snapshot);
        Ok(Answer::no_content())
    }

    /// The policies of the types that were asked for, as they are when it is read.
    pub(crate) fn get_snapshot(&self, id: &str) -> Result<Answer, Refusal> {
        let snapshot = self.snapshot(id)?;
        if self.now() < snapshot.done() {
            return Err(not_found(&format!("Snapshot '{id}' was not found.")));
        }
        let wanted: Vec<String> = snapshot
            .resources
            .iter()
            .map(|one| one.to_lowercase())
            .collect();
        let found = self.policies.all().filter_map(|policy| {
            let kind = resource_type(&policy.policy_type);
            wanted.contains(&kind).then(|| resource(policy, &kind))
        });
        let resources: Vec<Value> = found.collect();
        Ok(Answer::ok(json!({
            "@odata.context": self.context(&format!("{SNAPSHOTS}/$entity")),
            "id": snapshot.id, "displayName": snapshot.name, "parameters": [], "resources": resources,
        })))
    }

    fn snapshot(&self, id: &str) -> Result<&Snapshot, Refusal> {
        let now = self.now();
        let found = self
            .snapshots
            .get(id)
            .filter(|snapshot| snapshot.is_there(now));
        found.ok_or_else(|| not_found(&format!("Snapshot job '{id}' was not found.")))
    }

    fn job(&self, snapshot: &Snapshot) -> Value {
        let status = snapshot.status(self.now());
        let is_done = status == "succeeded";
        let location = format!("{}/v1.0/{SNAPSHOTS}/{}", self.options.base_url, snapshot.id);
        json!({
            "id": snapshot.id, "displayName": snapshot.name, "description": snapshot.description, "status": status,
            "tenantId": self.options.tenant_id, "createdDateTime": stamp(snapshot.created),
            "completedDateTime": if is_done { stamp(snapshot.done()) } else { NEVER.into() },
            "resources": snapshot.resources, "resourceLocation": if is_done { location } else { String::new() },
            "errorDetails": [],
        })
    }
}

/// The type of resource under which policies of a type are shown.
fn resource_type(policy_type: &str) -> String {
    let plain = policy_type.to_lowercase();
    let plain = match plain.as_str() {
        "onlinevoiceroutingpolicy" => "voiceroutingpolicy",
        other => other.strip_prefix("teams").unwrap_or(other),
    };
    format!("{TEAMS}{plain}")
}

fn resource(policy: &Policy, kind: &str) -> Value {
    json!({
        "displayName": format!("{}-{}", policy.policy_type, policy.name), "resourceType": kind,
        "properties": {"Identity": policy.name, "Description": "", "Ensure": "Present"},
    })
}
