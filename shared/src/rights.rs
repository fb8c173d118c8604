//! What each function may ask of AWS, and nothing else: `infra/template.yaml` grants exactly this, and the embedded cloud refuses
//! everything beyond it, as IAM would.

use crate::model::lane::Lane;

/// A function that is deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Function {
    /// The one of this lane.
    Of(Lane),
    /// The HTTP API.
    Api,
}

/// On the table.
pub const TABLE: [&str; 6] = [
    "BatchGetItem",
    "DeleteItem",
    "GetItem",
    "PutItem",
    "Query",
    "UpdateItem",
];

/// On its indexes.
pub const INDEXES: [&str; 1] = ["Query"];

/// On the secrets of tenants.
pub const SECRETS: [&str; 1] = ["GetSecretValue"];

/// On the queue whose messages somebody takes: for the lanes SQS does it in the function's name, the API does it with dead letters.
pub const TAKEN: [&str; 3] = ["DeleteMessage", "GetQueueAttributes", "ReceiveMessage"];

impl Function {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Of(Lane::Sync),
        Self::Of(Lane::Staging),
        Self::Of(Lane::Provision),
        Self::Of(Lane::Offboard),
        Self::Api,
    ];

    /// Its name in the template, in small letters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Of(lane) => lane.name(),
            Self::Api => "api",
        }
    }

    /// The lanes it rings. Jobs hand over to each other, none of them begins a sync; the staging function sweeps.
    pub const fn rings(self) -> &'static [Lane] {
        match self {
            Self::Of(Lane::Sync | Lane::Staging) | Self::Api => &Lane::ALL,
            Self::Of(Lane::Provision | Lane::Offboard) => {
                &[Lane::Staging, Lane::Provision, Lane::Offboard]
            }
        }
    }

    /// On the tenants' schedules: a sync makes them once, people look at them and change them.
    pub const fn schedules(self) -> &'static [&'static str] {
        match self {
            Self::Of(Lane::Sync) => &["CreateSchedule"],
            Self::Of(Lane::Staging | Lane::Provision | Lane::Offboard) => &[],
            Self::Api => &["CreateSchedule", "GetSchedule", "UpdateSchedule"],
        }
    }
}
