//! A stage that is played on from the same moment as often as one likes.

use shared::error::Result;
use shared::model::tenant::TenantId;

use super::Stage;
use crate::cloud;
use crate::contoso::Employee;
use crate::fate::Hook;
use crate::installation::{Installation, Options};
use crate::microsoft::Microsoft;
use crate::reference::watch::Watch;

/// A stage as it stood at a moment when nobody was at work, to be played on from there as often as one likes.
pub struct Past {
    cloud: cloud::Past,
    microsoft: Microsoft,
    employees: Vec<Employee>,
    tenant: TenantId,
    seed: u64,
}

impl Past {
    /// The same moment, but for the table, which was restored to what it held at an earlier one.
    #[must_use]
    pub fn with_table_of(self, earlier: &Self) -> Self {
        let cloud = self.cloud.with_table_of(&earlier.cloud);
        Self { cloud, ..self }
    }
}

impl Stage {
    /// As it stands now.
    pub fn past(&self, seed: u64) -> Result<Past> {
        let cloud = self.installation.cloud.past()?;
        Ok(Past {
            microsoft: self.microsoft.copy(cloud.clock()),
            cloud,
            employees: self.employees.clone(),
            tenant: self.installation.tenant.clone(),
            seed,
        })
    }

    /// Goes on from there, on a runtime of its own.
    pub fn resume(past: &Past, hook: Option<Hook>) -> Result<Self> {
        let clock = past.cloud.clock();
        let microsoft = past.microsoft.copy(clock);
        let watch = Watch::new(clock);
        let options = Options {
            hook: Some(watch.before(hook)),
            ..Options::new(clock, past.seed)
        };
        let tenant = past.tenant.clone();
        let installation = Installation::resume(options, &past.cloud, tenant, microsoft.http())?;
        watch.follow(installation.cloud.table())?;
        Ok(Self {
            clock,
            microsoft,
            installation,
            employees: past.employees.clone(),
            watch,
        })
    }
}
