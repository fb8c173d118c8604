//! What is about to be sent: every order is on record before it goes (A1, V5), and a message says no more than it must (V6).

use shared::model::ask::Verb;
use shared::model::job::Job;

use super::Model;
use crate::fate::Request;

/// An order that no open ask speaks of.
pub(super) fn unrecorded(model: &Model, request: &Request<'_>) -> Option<String> {
    let body = String::from_utf8_lossy(request.body);
    let text = |wanted: &str| request.operation.contains(wanted) || body.contains(wanted);
    let is_of = |job: &Job| {
        let mut asks = job.asks.iter().filter(|ask| ask.is_open());
        asks.any(|ask| {
            let number = ask.verb.number();
            let number = number.map(|number| number.as_str().trim_start_matches('+'));
            text(number.unwrap_or(&job.person.0)) && fits(&ask.verb, request.operation)
        })
    };
    let mut jobs = model.asking.iter().filter_map(|key| model.jobs.get(key));
    if jobs.any(is_of) {
        return None;
    }
    Some(format!(
        "V5: {} sends {}, which is on no record",
        request.worker, request.operation
    ))
}

/// Whether an order is what this verb asks for.
fn fits(verb: &Verb, operation: &str) -> bool {
    match verb {
        Verb::SetUsageLocation | Verb::BlockSignIn => operation.starts_with("PATCH /v1.0/users/"),
        Verb::ChangeLicences => operation.contains("/assignLicense"),
        Verb::AssignPolicies => {
            operation.contains("/userAssignments/") && operation.contains("assign")
        }
        Verb::UnassignPolicies => operation.contains("unassign"),
        Verb::JoinGroup(group) => operation.contains(&group.0) && !operation.starts_with("DELETE"),
        Verb::LeaveGroup(group) => operation.contains(&group.0) && operation.starts_with("DELETE"),
        Verb::RevokeSessions => operation.contains("/revokeSignInSessions"),
        Verb::AssignNumber(_) => operation.contains("assignNumber"),
        Verb::UnassignNumber(_) => operation.contains("unassignNumber"),
        Verb::LocateNumber(_) => operation.contains("updateNumber"),
    }
}

/// A message that says more than where to look.
pub(super) fn too_much_said(request: &Request<'_>) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(request.body).unwrap_or_default();
    let message = body["MessageBody"].as_str()?;
    let said: serde_json::Value = serde_json::from_str(message).unwrap_or_default();
    let fields = said
        .as_object()
        .map(|fields| fields.keys().cloned().collect::<Vec<_>>());
    let is_short = fields.as_deref() == Some(&["tenant".to_owned()]);
    (!is_short).then(|| format!("V6: a message says {message}"))
}
