//! EventBridge schedules: one object a tenant and kind. They are the truth about themselves; no row of ours repeats them.

use std::collections::BTreeSet;

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::error::BuildError;
use aws_sdk_scheduler::types::{FlexibleTimeWindow, FlexibleTimeWindowMode, ScheduleState, Target};
use sha2::{Digest, Sha256};

use super::Doorbell;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::model::digest;
use crate::model::schedule::{Daily, Day, Schedule, ScheduleKind, When};
use crate::model::tenant::TenantId;
use crate::model::time::Time;

/// Runs of different tenants are spread over so many minutes (F119).
const SPREAD: i32 = 5;

/// A schedule as EventBridge keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What it says.
    pub schedule: Schedule,
    /// When it was last changed: a rate counts from then.
    pub changed: Option<Time>,
}

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
        schedule: &Schedule,
    ) -> Result<()> {
        let made = self
            .client
            .create_schedule()
            .name(name(tenant, kind))
            .group_name(&self.config.schedule_group)
            .schedule_expression(expression(&schedule.when))
            .schedule_expression_timezone(zone(&schedule.when))
            .state(state(schedule.active))
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
        schedule: &Schedule,
    ) -> Result<()> {
        let changed = self
            .client
            .update_schedule()
            .name(name(tenant, kind))
            .group_name(&self.config.schedule_group)
            .schedule_expression(expression(&schedule.when))
            .schedule_expression_timezone(zone(&schedule.when))
            .state(state(schedule.active))
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
    pub async fn get(&self, tenant: &TenantId, kind: ScheduleKind) -> Result<Option<Kept>> {
        let found = self
            .client
            .get_schedule()
            .name(name(tenant, kind))
            .group_name(&self.config.schedule_group)
            .send()
            .await;
        match found {
            Ok(found) => {
                let written = found.schedule_expression().unwrap_or_default();
                let zone = found.schedule_expression_timezone().unwrap_or("UTC");
                let when = read(written, zone).ok_or_else(|| {
                    let sentence = format!(
                        "the schedule {kind} of {} runs by {written:?}, which is neither a rate nor a time of day: set it again",
                        tenant.as_str()
                    );
                    Error::new(Kind::Invalid, sentence)
                })?;
                let changed = found.last_modification_date().or(found.creation_date());
                let changed = changed.and_then(|at| at.to_millis().ok());
                let active = found.state() == Some(&ScheduleState::Enabled);
                let schedule = Schedule { active, when };
                let changed = changed.map(Time::from_millis);
                Ok(Some(Kept { schedule, changed }))
            }
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
    let hash = digest::hex(&Sha256::digest(id.as_bytes())[..6]);
    let head: String = id.chars().take(ROOM - 1 - hash.len()).collect();
    format!("{head}-{hash}.{kind}")
}

fn expression(when: &When) -> String {
    match when {
        When::Every(minutes) => format!("rate({minutes} minutes)"),
        When::At(daily) => {
            let days: Vec<&str> = daily.days.iter().map(|day| day.name()).collect();
            let days = if days.is_empty() {
                "*".to_owned()
            } else {
                days.join(",")
            };
            format!("cron({} {} ? * {days} *)", daily.minute, daily.hour)
        }
    }
}

/// Where a time of day is meant; a rate has none.
fn zone(when: &When) -> &str {
    match when {
        When::Every(_) => "UTC",
        When::At(daily) => &daily.zone,
    }
}

/// What an expression of EventBridge says, as far as we write such; somebody may have set a rate by hand, in hours or days.
pub fn read(expression: &str, zone: &str) -> Option<When> {
    let (kind, rest) = expression.split_once('(')?;
    let inside = rest.strip_suffix(')')?;
    if kind == "rate" {
        return minutes(inside).map(When::Every);
    }
    let parts: Vec<&str> = inside.split(' ').collect();
    let ("cron", [minute, hour, "?", "*", days, "*"]) = (kind, parts.as_slice()) else {
        return None;
    };
    let day = |name: &str| Day::ALL.into_iter().find(|day| day.name() == name);
    let days = match *days {
        "*" => Some(BTreeSet::new()),
        days => days.split(',').map(day).collect(),
    };
    Some(When::At(Daily {
        hour: hour.parse().ok().filter(|hour| *hour < 24)?,
        minute: minute.parse().ok().filter(|minute| *minute < 60)?,
        days: days?,
        zone: zone.to_owned(),
    }))
}

fn minutes(rate: &str) -> Option<u32> {
    let (number, unit) = rate.split_once(' ')?;
    let in_minutes = match unit.trim_end_matches('s') {
        "minute" => 1,
        "hour" => 60,
        "day" => 24 * 60,
        _ => return None,
    };
    number.parse::<u32>().ok()?.checked_mul(in_minutes)
}

fn state(active: bool) -> ScheduleState {
    if active {
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

    /// F118: what is written is read again; somebody may have written it in AWS, as far as we write such.
    #[test]
    fn an_expression_is_read_as_it_was_written() {
        let every = |minutes| Some(When::Every(minutes));
        for (expression, when) in [
            ("rate(60 minutes)", every(60)),
            ("rate(4 hours)", every(240)),
            ("rate(1 day)", every(1_440)),
            ("rate(x days)", None),
            ("rate(4294967295 days)", None),
            ("cron(0 1 * * ? *)", None),
            ("cron(0 24 ? * * *)", None),
            ("cron(0 1 ? * MON,NEVER *)", None),
            ("at(2026-01-01T00:00:00)", None),
        ] {
            assert_eq!(read(expression, "UTC"), when, "{expression}");
        }
        for days in [BTreeSet::new(), BTreeSet::from([Day::Mon, Day::Sun])] {
            let daily = When::At(Daily {
                hour: 6,
                minute: 5,
                days,
                zone: "Europe/Berlin".to_owned(),
            });
            assert_eq!(read(&expression(&daily), zone(&daily)), Some(daily));
        }
    }
}
