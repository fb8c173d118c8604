//! How many people a decision may change before somebody has to say yes (F16, I3).

use std::collections::BTreeMap;

use super::decide::{Basis, Policybook};
use super::wanted::Grounds;
use crate::config;
use crate::model::change_set::{ChangeKind, Counts, Gate, Limit, Passed};
use crate::model::digest;
use crate::model::person::{Person, Presence};
use crate::model::persona::{SitePath, Wanted};
use crate::model::time::Time;

/// Who would be changed, counted before anybody is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// People whom rules may concern.
    pub in_scope: u64,
    /// In which ways they would be changed, and how many of them.
    pub counts: Counts,
    /// In scope and changed, by the site where people are now.
    sites: BTreeMap<SitePath, (u64, Counts)>,
}

/// Percentages are looked at where so many people in scope are.
const SITE: u64 = 20;

impl Tally {
    /// Counts somebody whom rules may concern, and in which ways they would be changed.
    pub fn add(&mut self, person: &Person, kinds: &[ChangeKind]) {
        if person.presence != Presence::Present || !person.is_in_scope() {
            return;
        }
        self.in_scope += 1;
        let site = person.site.as_ref();
        let mut site = site.map(|site| self.sites.entry(site.clone()).or_default());
        if let Some((in_scope, _)) = &mut site {
            *in_scope += 1;
        }
        for kind in kinds {
            *self.counts.entry(*kind).or_default() += 1;
            if let Some((_, counts)) = &mut site {
                *counts.entry(*kind).or_default() += 1;
            }
        }
    }

    /// Counts somebody who is changed although rules do not concern them: a file may name anybody.
    pub fn add_beyond(&mut self, kinds: &[ChangeKind]) {
        for kind in kinds {
            *self.counts.entry(*kind).or_default() += 1;
        }
    }

    /// Nobody would be changed.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Whether so much of some kind is counted that the number of people in scope matters.
    pub fn is_more_than_few(
        &self,
        limits: &BTreeMap<ChangeKind, Limit>,
        gate: &Gate,
        now: Time,
    ) -> bool {
        let passed = passed(gate, now);
        self.counts.iter().any(|(kind, count)| {
            let before = passed.get(kind).copied().unwrap_or_default();
            count + before > limit(limits, *kind).few
        })
    }

    /// Why it is too much for nobody to look at it, together with what went through in the last 24 hours; `None` = it is not.
    pub fn needs_a_yes(
        &self,
        limits: &BTreeMap<ChangeKind, Limit>,
        gate: &Gate,
        now: Time,
    ) -> Option<String> {
        let passed = passed(gate, now);
        self.counts.iter().find_map(|(kind, count)| {
            let Limit { few, percent, many } = limit(limits, *kind);
            let name = kind.name();
            let all = count + passed.get(kind).copied().unwrap_or_default();
            if let Some(many) = many.filter(|many| all > *many) {
                return Some(format!("{all} {name} in 24 hours are more than {many}"));
            }
            if all > few && all * 100 > self.in_scope * percent {
                let of = self.in_scope;
                return Some(format!(
                    "{all} {name} in 24 hours are more than {few} and {percent} % of {of} people"
                ));
            }
            let too_many = |(in_scope, counts): &(u64, Counts)| {
                let here = counts.get(kind).copied().unwrap_or_default();
                *in_scope >= SITE && here > few && here * 100 > in_scope * percent
            };
            let (site, (of, counts)) = self.sites.iter().find(|(_, site)| too_many(site))?;
            let here = counts.get(kind).copied().unwrap_or_default();
            let site = &site.0;
            Some(format!(
                "{here} {name} at {site} are more than {few} and {percent} % of {of} people"
            ))
        })
    }
}

/// How many changes of a kind go through, as the tenant says or else the installation.
pub fn limit(limits: &BTreeMap<ChangeKind, Limit>, kind: ChangeKind) -> Limit {
    limits.get(&kind).copied().unwrap_or(Limit::usual(kind))
}

/// What went through in the last 24 hours.
fn passed(gate: &Gate, now: Time) -> Counts {
    let mut sum = Counts::new();
    for passed in gate.passed.iter().filter(|passed| is_recent(passed, now)) {
        for (kind, count) in &passed.counts {
            *sum.entry(*kind).or_default() += count;
        }
    }
    sum
}

fn is_recent(passed: &Passed, now: Time) -> bool {
    now.since(passed.at) < config::GATE_WINDOW
}

/// Remembers what goes through now, and forgets what did more than 24 hours ago.
pub fn remember(gate: &mut Gate, counts: &Counts, now: Time) {
    gate.passed.retain(|passed| is_recent(passed, now));
    if !counts.is_empty() {
        let counts = counts.clone();
        gate.passed.push(Passed { at: now, counts });
    }
}

/// In which ways somebody is changed by getting what is wanted for them.
pub fn kinds(book: &Policybook, person: &Person, wanted: &Wanted) -> Vec<ChangeKind> {
    let Some(has) = &person.persona else {
        return vec![ChangeKind::Onboard];
    };
    let before = book.version(has).map(|persona| persona.licences.as_slice());
    let lost = |sku| !wanted.licences.contains(sku);
    let loses = !wanted.licences.is_empty() && before.unwrap_or_default().iter().any(lost);
    let mut kinds = Vec::new();
    if person.site != wanted.site {
        kinds.push(ChangeKind::Site);
    }
    if loses {
        kinds.push(ChangeKind::LicenceRemoval);
    }
    // What else changes is what the persona says, or what a site adds to it.
    if wanted.persona.as_ref() != Some(has) || kinds.is_empty() {
        kinds.push(ChangeKind::Persona);
    }
    kinds
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
            basis.only_adopted,
        );
        serde_json::to_vec(&all).unwrap_or_default()
    };
    // What a tenant has not set is not part of the name.
    let set = rest(basis);
    if set != rest(&Basis::default()) {
        text.extend(set);
    }
    digest::short(&text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::facts::Facts;

    fn tally(in_scope: u64, kind: ChangeKind, changed: u64) -> Tally {
        let person = Person::with(Facts::default());
        let mut tally = Tally::default();
        for nth in 0..in_scope {
            tally.add(&person, &[kind][usize::from(nth >= changed)..]);
        }
        tally
    }

    fn stops(in_scope: u64, kind: ChangeKind, changed: u64) -> bool {
        let now = Time::from_millis(0);
        let tally = tally(in_scope, kind, changed);
        tally
            .needs_a_yes(&BTreeMap::new(), &Gate::default(), now)
            .is_some()
    }

    /// F16, I3: few changes and small parts go through, many never do, by kind.
    #[test]
    fn a_mass_of_changes_needs_a_yes() {
        for (in_scope, kind, changed, yes) in [
            (5, ChangeKind::Persona, 5, false),
            (25, ChangeKind::Persona, 25, false),
            (26, ChangeKind::Persona, 26, true),
            (259, ChangeKind::Site, 26, true),
            (260, ChangeKind::Site, 26, false),
            (5_000, ChangeKind::Persona, 500, false),
            (5_000, ChangeKind::Persona, 501, true),
            (50_000, ChangeKind::Persona, 2_000, false),
            (50_000, ChangeKind::Persona, 2_001, true),
            (100, ChangeKind::LicenceRemoval, 10, false),
            (100, ChangeKind::LicenceRemoval, 11, true),
            (20_000, ChangeKind::Offboard, 500, false),
            (20_000, ChangeKind::Offboard, 501, true),
            (200, ChangeKind::Onboard, 200, false),
            (300, ChangeKind::Onboard, 201, true),
            (10_000, ChangeKind::Onboard, 2_500, false),
            (10_000, ChangeKind::Onboard, 2_501, true),
            (0, ChangeKind::Persona, 0, false),
        ] {
            assert_eq!(
                stops(in_scope, kind, changed),
                yes,
                "{changed} {kind:?} of {in_scope}"
            );
        }
    }

    /// I3: what went through in 24 hours counts, and is forgotten after them; limits are settings.
    #[test]
    fn the_window_counts_what_went_through() {
        let tally = tally(100, ChangeKind::Persona, 20);
        let (start, hour) = (Time::from_millis(0), std::time::Duration::from_secs(3_600));
        let mut gate = Gate::default();
        let usual = BTreeMap::new();
        assert_eq!(tally.needs_a_yes(&usual, &gate, start), None);
        remember(&mut gate, &tally.counts, start);
        let why = tally.needs_a_yes(&usual, &gate, start + hour * 23).unwrap();
        assert_eq!(
            why,
            "40 changes of persona in 24 hours are more than 25 and 10 % of 100 people"
        );
        assert_eq!(tally.needs_a_yes(&usual, &gate, start + hour * 24), None);
        let few = Limit {
            few: 5,
            percent: 1,
            many: None,
        };
        let strict = BTreeMap::from([(ChangeKind::Persona, few)]);
        assert!(
            tally
                .needs_a_yes(&strict, &Gate::default(), start)
                .is_some()
        );
        remember(&mut gate, &Counts::new(), start + hour * 24);
        assert!(gate.is_empty());
    }

    /// I3: a whole site is seen also where the tenant is large.
    #[test]
    fn a_site_is_looked_at_by_itself() {
        let mut tally = Tally::default();
        let mut person = Person::with(Facts::default());
        for nth in 0..2_000 {
            let here = nth < 40;
            person.site = Some(SitePath(if here { "ward" } else { "rest" }.into()));
            tally.add(&person, &[ChangeKind::Persona][usize::from(!here)..]);
        }
        let why = tally.needs_a_yes(&BTreeMap::new(), &Gate::default(), Time::from_millis(0));
        assert_eq!(
            why.unwrap(),
            "40 changes of persona at ward are more than 25 and 10 % of 40 people"
        );
    }
}
