//! The customer that the simulated tenant is.

use std::collections::BTreeMap;

use shared::model::change_set::{ChangeKind, Limit};
use shared::model::safety::FlowThrough;
use shared::model::tenant::{OffboardLicences, ReadinessLooks, Settings, TenantId};
use shared::model::time::Time;

use super::SHARDS;
use crate::installation::Customer;
use crate::microsoft;

/// Contoso's id in an installation.
pub fn tenant() -> TenantId {
    TenantId::parse("contoso").unwrap_or_else(|| unreachable!("a literal"))
}

/// However many are onboarded, nobody has to say yes.
const EVERYBODY: Limit = Limit {
    few: 1_000_000,
    percent: 100,
    many: None,
};

fn flow_through() -> FlowThrough {
    FlowThrough {
        since: Time::from_millis(0),
        by: "demo".to_owned(),
        despite: Some("the demo begins at once".to_owned()),
    }
}

/// The customer that the simulated tenant is.
pub fn customer(options: &microsoft::Options, readiness: ReadinessLooks) -> Customer {
    Customer {
        id: tenant(),
        name: "Contoso".to_owned(),
        directory: options.tenant_id.clone(),
        client: options.client_id.clone(),
        secret: options.client_secret.clone(),
        authority: options.base_url.clone(),
        graph: options.base_url.clone(),
        settings: Settings {
            readiness,
            flow_through: Some(flow_through()),
            offboard_licences: Some(OffboardLicences::Remove),
            // The demo begins with everybody at once; a tenant of one's own waits for a yes to that.
            limits: BTreeMap::from([(ChangeKind::Onboard, EVERYBODY)]),
            ..Settings::default()
        },
        shards: SHARDS,
        has_flowed: true,
    }
}
