//! EventBridge schedules: one object a tenant and kind. They are the truth about themselves; no row of ours repeats them.

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::error::BuildError;
use aws_sdk_scheduler::types::{FlexibleTimeWindow, FlexibleTimeWindowMode, ScheduleState, Target};
use sha2::{Digest, Sha256};

use super::Doorbell;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::model::schedule::{Schedule, ScheduleKind};
use crate::model::tenant::TenantId;

/// Runs of different tenants are spread over so many minutes (F119).
const SPREAD: i32 = 5;

/// The schedules of all tenants, in one group.
#[derive(Clone, Debug)]
pub struct Schedules {
    client: Client,
    config: Config,
}

impl Schedules {
    /// The schedules of the group that the configuration names.
    pub fn new(client: Client, config: Config) -> Self {
        Self { client, config }
    }

    /// Makes a schedule, unless it is there (R21: nothing is made twice).
    pub async fn create(
        &self,
        tenant: &TenantId,
        kind: ScheduleKind,
        schedule: Schedule,
    ) -> Result<()> {
        let made = self
            .client
            .create_schedule()
            .name(name(tenant, kind))
            .group_name(&self.config.schedule_group)
            .schedule_expression(expression(schedule))
            .state(state(schedule))
            .flexible_time_window(window()?)
            .target(self.target(tenant, kind)?)
            .send()
            .await;
        match made {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|service| service.is_conflict_exception()) =>
            {
                Ok(())
            }
            Err(error) => Err(failed("making", tenant, kind).with_source(error)),
        }
    }

    /// Changes a schedule. [`Kind::NotFound`] if an administrator deleted it.
    pub async fn update(
        &self,
        tenant: &TenantId,
        kind: ScheduleKind,
        schedule: Schedule,
    ) -> Result<()> {
        let changed = self
            .client
            .update_schedule()
            .name(name(tenant, kind))
            .group_name(&self.config.schedule_group)
            .schedule_expression(expression(schedule))
            .state(state(schedule))
            .flexible_time_window(window()?)
            .target(self.target(tenant, kind)?)
            .send()
            .await;
        match changed {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|service| service.is_resource_not_found_exception()) =>
            {
                Err(Error::new(
                    Kind::NotFound,
                    format!("{} has no schedule {kind}", tenant.as_str()),
                ))
            }
            Err(error) => Err(failed("changing", tenant, kind).with_source(error)),
        }
    }

    /// A schedule as it is; `None` = it was deleted.
    pub async fn get(&self, tenant: &TenantId, kind: ScheduleKind) -> Result<Option<Schedule>> {
        let found = self
            .client
            .get_schedule()
            .name(name(tenant, kind))
            .group_name(&self.config.schedule_group)
            .send()
            .await;
        match found {
            Ok(found) => Ok(Some(Schedule {
                active: found.state() == Some(&ScheduleState::Enabled),
                minutes: minutes(found.schedule_expression().unwrap_or_default()).ok_or_else(
                    || {
                        Error::new(
                            Kind::Invalid,
                            format!(
                                "the schedule {kind} of {} runs by {:?}, which is not a rate: set it again",
                                tenant.as_str(),
                                found.schedule_expression().unwrap_or_default()
                            ),
                        )
                    },
                )?,
            })),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|service| service.is_resource_not_found_exception()) =>
            {
                Ok(None)
            }
            Err(error) => Err(failed("reading", tenant, kind).with_source(error)),
        }
    }

    /// It sends the doorbell of its lane, with what it wants.
    fn target(&self, tenant: &TenantId, kind: ScheduleKind) -> Result<Target> {
        let bell = Doorbell {
            tenant: tenant.clone(),
            wanted: Some(kind.mark()),
        };
        let bell = serde_json::to_string(&bell)
            .map_err(|error| Error::new(Kind::Invalid, "writing a doorbell").with_source(error))?;
        Target::builder()
            .arn(self.config.queue_arn(kind.lane()))
            .role_arn(&self.config.scheduler_role)
            .input(bell)
            .build()
            .map_err(malformed)
    }
}

/// Room for a tenant's id beside the longest name of a kind, in the 64 characters that EventBridge has for a name.
const ROOM: usize = 28;

/// The name of a tenant's schedule; a long id is cut, and told apart from others that begin alike.
fn name(tenant: &TenantId, kind: ScheduleKind) -> String {
    let id = tenant.as_str();
    if id.len() <= ROOM {
        return format!("{id}.{kind}");
    }
    let hash = Sha256::digest(id.as_bytes());
    let hash: String = hash
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let head: String = id.chars().take(ROOM - 1 - hash.len()).collect();
    format!("{head}-{hash}.{kind}")
}

fn expression(schedule: Schedule) -> String {
    format!("rate({} minutes)", schedule.minutes)
}

/// The minutes of a rate; somebody may have set it by hand, in hours or days.
fn minutes(expression: &str) -> Option<u32> {
    let rate = expression.strip_prefix("rate(")?.strip_suffix(')')?;
    let (number, unit) = rate.split_once(' ')?;
    let in_minutes = match unit.trim_end_matches('s') {
        "minute" => 1,
        "hour" => 60,
        "day" => 24 * 60,
        _ => return None,
    };
    number.parse::<u32>().ok()?.checked_mul(in_minutes)
}

fn state(schedule: Schedule) -> ScheduleState {
    if schedule.active {
        ScheduleState::Enabled
    } else {
        ScheduleState::Disabled
    }
}

fn window() -> Result<FlexibleTimeWindow> {
    FlexibleTimeWindow::builder()
        .mode(FlexibleTimeWindowMode::Flexible)
        .maximum_window_in_minutes(SPREAD)
        .build()
        .map_err(malformed)
}

fn malformed(error: BuildError) -> Error {
    Error::new(Kind::Invalid, "building a schedule").with_source(error)
}

fn failed(what: &str, tenant: &TenantId, kind: ScheduleKind) -> Error {
    Error::new(
        Kind::Unavailable,
        format!("{what} the schedule {kind} of {}", tenant.as_str()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V7: two tenants never share a schedule, and every name fits.
    #[test]
    fn every_tenant_has_schedules_of_its_own() {
        let long = |end: &str| TenantId::parse(&format!("{}{end}", "a".repeat(62))).unwrap();
        for kind in ScheduleKind::ALL {
            let [one, two] = [long("1"), long("2")].map(|tenant| name(&tenant, kind));
            assert_ne!(one, two);
            assert!(one.len() <= 64, "{one}");
        }
        let contoso = TenantId::parse("contoso").unwrap();
        assert_eq!(name(&contoso, ScheduleKind::UserSync), "contoso.UserSync");
    }

    #[test]
    fn a_rate_is_read_in_whatever_unit_it_was_written() {
        let read = [
            "rate(60 minutes)",
            "rate(4 hours)",
            "rate(1 day)",
            "rate(x days)",
            "cron(0 1 * * ? *)",
            "rate(4294967295 days)",
        ];
        assert_eq!(
            read.map(minutes),
            [Some(60), Some(240), Some(1_440), None, None, None]
        );
    }
}
