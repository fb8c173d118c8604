//! The guarantee behind the doorbells: every minute, every lane that is due is rung (L5).

use std::time::Duration;

use crate::error::Result;
use crate::telemetry::{self, Figure};

use super::Shell;

/// Lanes looked at in one sweep; the rest is a minute away.
const LANES: i32 = 1_000;

/// Rings every lane that wants to be rung by now and that nobody holds. Changes nothing else on them. Returns how many.
pub async fn sweep(shell: &Shell) -> Result<usize> {
    let now = shell.clock.now();
    let mut rung = 0;
    let mut oldest = Duration::ZERO;
    for (tenant, lane) in shell.store.wakes(now, LANES).await? {
        let row = match shell.store.lane(&tenant, lane).await {
            Ok(row) => row,
            // One bad row must not stop the sweep for everybody (V12).
            Err(error) => {
                tracing::error!(tenant = tenant.as_str(), lane = lane.name(), %error, "lane not readable");
                continue;
            }
        };
        if let Some(at) = row.wake_at.filter(|at| *at <= now)
            && !row.is_held(now)
        {
            oldest = oldest.max(now.since(at));
            shell.ring(&tenant, [lane]).await;
            rung += 1;
        }
    }
    telemetry::tell(now.millis(), Figure::OldestDueSeconds, oldest.as_secs_f64());
    Ok(rung)
}
