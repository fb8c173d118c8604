//! What the tenant owns: licence products with their service plans, and Teams policies.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::lagged::Lagged;

/// The service plan that makes somebody a Teams user (`graph-api.md 3.6`).
pub(crate) const TEAMS1: &str = "57ff2da0-773e-42df-b2af-ffb7a2317929";

/// A product and its seats.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Product {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) enabled: u32,
    /// Seats taken; the figure lags for readers. Counted again from the people at every start.
    #[serde(skip)]
    pub(crate) consumed: Lagged<u32>,
    /// Ids of its service plans.
    pub(crate) plans: Vec<String>,
}

/// A Teams policy by its two names.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Policy {
    pub(crate) id: String,
    pub(crate) policy_type: String,
    pub(crate) name: String,
}

/// The policies, found by id and by (type, name) without regard to case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policies {
    by_id: BTreeMap<String, Policy>,
    by_name: BTreeMap<(String, String), String>,
}

impl Policies {
    pub(crate) fn insert(&mut self, policy: Policy) {
        self.by_name
            .insert(key(&policy.policy_type, &policy.name), policy.id.clone());
        self.by_id.insert(policy.id.clone(), policy);
    }

    /// All of them, by id.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Policy> {
        self.by_id.values()
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<&Policy> {
        self.by_id.get(id)
    }

    pub(crate) fn named(&self, policy_type: &str, name: &str) -> Option<&Policy> {
        self.by_name
            .get(&key(policy_type, name))
            .and_then(|id| self.by_id.get(id))
    }
}

fn key(policy_type: &str, name: &str) -> (String, String) {
    (policy_type.to_lowercase(), name.to_lowercase())
}

/// What is known of a service plan: its name, the service behind it, the Teams feature it brings and whether that is voice.
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    pub(crate) service: &'static str,
    pub(crate) feature: Option<&'static str>,
    pub(crate) voice: bool,
}

/// The plans that matter to Teams (`graph-api.md 3.6`); any other id is a plan of a service that does not concern us.
pub(crate) fn plan(id: &str) -> Plan {
    let teams = |name, feature, voice| Plan {
        name,
        service: "TeamspaceAPI",
        feature,
        voice,
    };
    let voice = |name, feature| Plan {
        name,
        service: "MicrosoftCommunicationsOnline",
        feature,
        voice: true,
    };
    match id {
        TEAMS1 => teams("TEAMS1", Some("Teams"), false),
        "3e26ee1f-8a5f-4d52-aee2-b81ce45c8f40" => voice("MCOMEETADV", Some("AudioConferencing")),
        "4828c8ec-dc2e-4779-b502-87ac9ce28ab7" => voice("MCOEV", Some("PhoneSystem")),
        "4ed3ff63-69d7-4fb7-b984-5aec7f605ca8" => voice("MCOPSTN1", Some("CallingPlan")),
        "5a10155d-f5c1-411a-a8ec-e99aae125390" => voice("MCOPSTN2", Some("CallingPlan")),
        "0feaeb32-d00e-4d66-bd5a-43b5b83db82c" => voice("MCOSTANDARD", None),
        _ => Plan {
            name: "OTHER",
            service: "exchange",
            feature: None,
            voice: false,
        },
    }
}
