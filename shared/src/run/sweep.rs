//! The guarantee behind the doorbells: every minute, every lane that is due is rung (L5).

use crate::error::Result;

use super::Shell;

/// Lanes looked at in one sweep; the rest is a minute away.
const LANES: i32 = 1_000;

/// Rings every lane that wants to be rung by now and that nobody holds. Changes nothing else on them. Returns how many.
pub async fn sweep(shell: &Shell) -> Result<usize> {
    let now = shell.clock.now();
    let mut rung = 0;
    for (tenant, lane) in shell.store.wakes(now, LANES).await? {
        let row = match shell.store.lane(&tenant, lane).await {
            Ok(row) => row,
            // One bad row must not stop the sweep for everybody (V12).
            Err(error) => {
                tracing::error!(tenant = tenant.as_str(), lane = lane.name(), %error, "lane not readable");
                continue;
            }
        };
        if row.wake_at.is_some_and(|at| at <= now) && !row.is_held(now) {
            shell.ring(&tenant, [lane]).await;
            rung += 1;
        }
    }
    Ok(rung)
}
