//! What a draft takes away, and whether anything is still there.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Result;
use crate::model::configuration::Part;
use crate::model::inventory::RangeId;
use crate::model::persona::SitePath;
use crate::model::tenant::Tenant;
use crate::plan::configuration::{Difference, How, Objection};
use crate::run::Shell;

use super::LOOKED_AT;

/// Numbers read at once.
const PAGE: i32 = 500;

/// What would be taken away, of which something else may still be there.
#[derive(Default)]
pub(super) struct Gone {
    pub(super) nodes: BTreeSet<SitePath>,
    ranges: BTreeSet<RangeId>,
}

impl Gone {
    pub(super) fn of(differences: &[Difference]) -> Self {
        let mut found = Self::default();
        for one in differences.iter().filter(|one| one.how == How::Removed) {
            match &one.part {
                Part::Node(path) => drop(found.nodes.insert(path.clone())),
                Part::Range(id) => drop(found.ranges.insert(id.clone())),
                Part::Settings
                | Part::Profile(_)
                | Part::Persona(_)
                | Part::Fields(_)
                | Part::Placement
                | Part::PersonaRules
                | Part::Schedule(_) => {}
            }
        }
        found
    }

    /// Numbers that belong to what would be gone.
    pub(super) async fn numbers(&self, shell: &Shell, tenant: &Tenant) -> Result<Vec<Objection>> {
        if self.nodes.is_empty() && self.ranges.is_empty() {
            return Ok(Vec::new());
        }
        let mut held: BTreeMap<Part, usize> = BTreeMap::new();
        let mut seen = 0;
        for shard in 0..tenant.shards {
            let mut after = None;
            loop {
                let page = shell
                    .store
                    .entries_page(tenant, shard, after.as_ref(), PAGE);
                let (entries, next) = page.await?;
                seen += entries.len();
                for entry in entries {
                    let node = entry
                        .node
                        .filter(|node| self.nodes.contains(node))
                        .map(Part::Node);
                    let range = entry.range.filter(|range| self.ranges.contains(range));
                    for part in node.into_iter().chain(range.map(Part::Range)) {
                        *held.entry(part).or_default() += 1;
                    }
                }
                after = next;
                if after.is_none() {
                    break;
                }
                if seen >= LOOKED_AT {
                    let why = format!(
                        "more than {LOOKED_AT} numbers: nobody can say that none belongs to it"
                    );
                    let nodes = self.nodes.iter().cloned().map(Part::Node);
                    let parts = nodes.chain(self.ranges.iter().cloned().map(Part::Range));
                    return Ok(parts
                        .map(|part| Objection::new(part, why.clone()))
                        .collect());
                }
            }
        }
        let told = held.into_iter().map(|(part, count)| {
            Objection::new(
                part,
                format!("{count} numbers belong to it: relocate them first"),
            )
        });
        Ok(told.collect())
    }
}
