//! Hears a doorbell: leaves its mark on the lane, then runs the lane if nobody does.

use crate::config;
use crate::error::{Kind, Result};
use crate::model::lane::Lane;
use crate::queue::Doorbell;

use super::lease::Lease;
use super::{Deadline, Shell, drain, sync};

/// Does what a doorbell asks for: look at this tenant's lane. Any doorbell may come any number of times.
pub async fn heed(shell: &Shell, lane: Lane, bell: &Doorbell, deadline: Deadline) -> Result<()> {
    if !shell.store.has_tenant(&bell.tenant).await? {
        tracing::warn!(
            tenant = bell.tenant.as_str(),
            lane = lane.name(),
            "doorbell for a tenant that does not exist; dropped"
        );
        return Ok(());
    }
    if let Some(mark) = bell.wanted {
        shell
            .store
            .ring(&bell.tenant, lane, Some(mark), shell.clock.now())
            .await?;
    }
    let Some(lease) = Lease::claim(shell, &bell.tenant, lane, deadline).await? else {
        return Ok(());
    };
    let tenant = sync::tenant(shell, &bell.tenant).await?;
    if !lease.may_go_on() {
        tracing::error!(
            tenant = bell.tenant.as_str(),
            lane = lane.name(),
            "no time left at the beginning: the clock or the time limit of this function is wrong"
        );
        // Not rung at once: whoever has no time might be the next one to hear it, and so on without end.
        return lease
            .give_back(shell.clock.now() + config::REPEAT_AFTER)
            .await;
    }
    let ran = match lane {
        Lane::Sync => sync::run(shell, &lease, tenant).await,
        Lane::Staging | Lane::Provision | Lane::Offboard => {
            drain::drain(shell, &lease, tenant).await
        }
    };
    match ran {
        // Somebody else holds the lane by now, and does the rest.
        Err(error) if *error.kind() == Kind::OutOfTime => {
            tracing::warn!(tenant = bell.tenant.as_str(), lane = lane.name(), %error, "stopped");
            Ok(())
        }
        ran => ran,
    }
}
