//! The model: where everybody must be at the end, as far as accepted orders say.

use super::*;

/// Where somebody must be at the end, as far as accepted orders say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Nothing,
    At(&'static str),
    Left,
    Gone,
    /// What was ordered was taken back half-way: anything that is consistent.
    Loose,
}

impl Tenant {
    /// Who is not where they must be.
    pub(super) fn lost(&self, ledger: &Ledger) -> Vec<String> {
        let mut lost = Vec::new();
        for (id, wanted) in self.people.iter().zip(&*self.wanted.borrow()) {
            let is = self.is(ledger, id, *wanted);
            if let Err(why) = is {
                let jobs = ledger.jobs.values().filter(|job| job.person == *id);
                let told: Vec<String> = jobs.map(|job| told(ledger, job)).collect();
                lost.push(format!("V2: {} must be {wanted:?}: {why}; {told:#?}", id.0));
            }
        }
        lost
    }

    fn is(&self, ledger: &Ledger, id: &UserId, wanted: Wanted) -> Result<(), String> {
        let Some(person) = ledger.people.get(&id.0) else {
            // Whoever is deleted before the first sync has seen them never was.
            let never_was = wanted == Wanted::Gone;
            return if never_was {
                Ok(())
            } else {
                Err("is lost".into())
            };
        };
        let truth = self.microsoft.truth(&id.0).ok_or("is not at Microsoft")?;
        let state = ledger.state(person).name();
        let has = (truth.direct_licences.len(), truth.numbers.len());
        let must = |holds: bool, what: String| if holds { Ok(()) } else { Err(what) };
        must(has.1 <= 1, format!("has the numbers {:?}", truth.numbers))?;
        let mut jobs = ledger.jobs.values().filter(|job| job.person == *id);
        if self.dies && jobs.any(|job| job.state == JobState::Poisoned) {
            // Five workers died with the job in hand: it is put aside, and says so; a person must look, also at what comes after it.
            return Ok(());
        }
        match wanted {
            Wanted::Loose => Ok(()),
            Wanted::Nothing => {
                must(state == "imported", format!("is {state}"))?;
                must(
                    has == (0, 0) && truth.policies.is_empty(),
                    format!("has {truth:?}"),
                )
            }
            Wanted::Gone => must(
                matches!(state, "gone_soft" | "gone_hard"),
                format!("is {state}"),
            ),
            Wanted::Left => {
                must(state == "offboarded", format!("is {state}"))?;
                let has_any = has != (0, 0) || !truth.policies.is_empty();
                must(
                    !has_any && person.number.is_none(),
                    format!("has {truth:?}, and our row the number {:?}", person.number),
                )
            }
            Wanted::At(site) => {
                if state == "waiting" {
                    // For a number, and there is none; what they had before stays theirs.
                    let is_free = |entry: &Entry| {
                        let in_london = entry.range == Some(range("london"));
                        in_london && entry.state == NumberState::Available
                    };
                    let free = ledger
                        .entries
                        .values()
                        .filter(|entry| is_free(entry))
                        .count();
                    return must(
                        has.1 == 0 && free == 0,
                        format!("waits, {free} are free: {truth:?}"),
                    );
                }
                must(state == "provisioned", format!("is {state}"))?;
                let at = person.site.as_ref().map(|site| site.0.as_str());
                must(at == Some(site), format!("is at {at:?}"))?;
                must(has == (1, 1), format!("has {truth:?}"))?;
                must(
                    truth.policies.contains_key(SALES.0),
                    format!("has {truth:?}"),
                )?;
                must(truth.groups.contains(PLAIN), format!("has {truth:?}"))?;
                must(person.persona.is_some(), "holds nothing".to_owned())
            }
        }
    }
}

/// A job as a line.
fn told(ledger: &Ledger, job: &Job) -> String {
    let steps = ledger
        .histories
        .get(&job.id.0)
        .map(|history| &history.steps);
    format!("{:?} {} {:?}: {steps:?}", job.goal, job.state, job.waits)
}

/// Effects that one job had twice.
pub(super) fn twice(ledger: &Ledger, microsoft: &Microsoft) -> Vec<String> {
    let mut found = Vec::new();
    let changes = microsoft.history();
    for history in ledger.histories.values() {
        let mut seen = BTreeSet::new();
        let during = changes.iter().filter(|change| {
            change.person == history.person.0
                && change.before != change.after
                && (history.created..=history.ended).contains(&change.at)
        });
        for change in during {
            if !seen.insert((&change.request, change.after.to_string())) {
                found.push(format!(
                    "an effect came twice in job {}: {} {}",
                    history.job.0, change.request, change.after
                ));
            }
        }
    }
    found
}
