//! How many people an edit of rules, personas or sites may change before somebody has to say yes (F16).

use sha2::{Digest, Sha256};

use super::decide::{Basis, Decision};
use super::wanted::Grounds;
use crate::model::person::{Person, Presence};

/// Who would be changed, counted before anybody is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// People whom rules may concern.
    pub in_scope: u64,
    /// Among them those who have something by a persona and would get something else.
    pub changed: u64,
}

/// So few changes are always let through.
const FEW: u64 = 25;
/// Beyond them, so many of 100 people in scope.
const PERCENT: u64 = 10;
/// More than these are never let through, whatever their part of the whole.
const MANY: u64 = 2_000;

impl Tally {
    /// Counts one person and what is decided for them.
    pub fn add(&mut self, person: &Person, decision: &Decision) {
        if person.presence != Presence::Present || !person.is_in_scope() {
            return;
        }
        self.in_scope += 1;
        let changes = matches!(decision, Decision::Provision { .. });
        self.changed += u64::from(changes && person.persona.is_some());
    }

    /// Whether it is too much for nobody to look at it.
    pub fn needs_a_yes(&self) -> bool {
        let too_many = self.changed * 100 > self.in_scope * PERCENT;
        self.changed > MANY || self.changed > FEW && too_many
    }
}

/// Names what is decided with: the same rules, personas, sites and settings have the same name, and any other another.
pub fn decided_with(basis: &Basis) -> String {
    let nodes: Vec<_> = basis.grounds.tree.nodes().collect();
    let mut text = serde_json::to_vec(&(&basis.rules, &basis.personas, nodes)).unwrap_or_default();
    let rest = |basis: &Basis| {
        let Grounds {
            tree,
            countries,
            ranges,
        } = &basis.grounds;
        let flawed: Vec<_> = basis.flawed.keys().collect();
        let all = (
            &basis.profiles,
            &tree.provider,
            &tree.tenant,
            countries,
            ranges,
            flawed,
            &basis.protected,
        );
        serde_json::to_vec(&all).unwrap_or_default()
    };
    // What a tenant has not set is not part of the name.
    let set = rest(basis);
    if set != rest(&Basis::default()) {
        text.extend(set);
    }
    let hash = Sha256::digest(&text);
    hash.iter()
        .take(10)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F16: few changes and small parts go through, many never do.
    #[test]
    fn a_mass_of_changes_needs_a_yes() {
        let needs = |in_scope, changed| Tally { in_scope, changed }.needs_a_yes();
        for (in_scope, changed, yes) in [
            (5, 5, false),
            (25, 25, false),
            (26, 26, true),
            (259, 26, true),
            (260, 26, false),
            (5_000, 500, false),
            (5_000, 501, true),
            (500_000, 2_000, false),
            (500_000, 2_001, true),
            (0, 0, false),
        ] {
            assert_eq!(needs(in_scope, changed), yes, "{changed} of {in_scope}");
        }
    }
}
