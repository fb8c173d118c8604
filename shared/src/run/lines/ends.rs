//! What becomes of the numbers of a job that ends, as its steps and asks stand. Every ask is closed by now.

use std::collections::BTreeSet;

use crate::config;
use crate::error::Result;
use crate::model::ask::{Answer, Ask, Verb};
use crate::model::inventory::{Duplicate, Entry, NumberState, RangeId};
use crate::model::job::{Goal, Job};
use crate::model::number::E164;
use crate::model::persona::SitePath;
use crate::model::step::{Stands, Step};
use crate::model::tenant::Tenant;
use crate::model::time::Time;
use crate::plan::inventory::{Event, after, rests};
use crate::plan::next_move::WITH_SOMEBODY_ELSE;
use crate::store::ends::Second;
use crate::store::jobs::Plan;

use super::super::{Shell, basis};

const NEVER_ENDED: &str =
    "Microsoft took an order for it, and neither carried it out nor refused it";
const MOVE_FAILED: &str = "taken in a move that did not come about; kept for the person";

/// What becomes of the numbers of a job that ends.
#[derive(Debug, Default)]
pub(in crate::run) struct Outcome {
    /// The rows of numbers as they shall be.
    pub entries: Vec<Entry>,
    /// The number on the person's row; `None` = as before.
    pub number: Option<Option<E164>>,
    /// Second places of numbers that come, and those that go.
    pub duplicates: Vec<Second>,
}

impl Outcome {
    /// The ranges of the numbers that others can get now.
    pub fn freed(&self) -> Vec<RangeId> {
        let ranges = self.entries.iter().filter_map(Entry::drawn_from);
        ranges.cloned().collect()
    }
}

/// Works it out.
pub(in crate::run) async fn at_end(
    shell: &Shell,
    tenant: &Tenant,
    job: &Job,
    plan: &Plan,
) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let had = plan.from.as_ref().and_then(|from| from.number.as_ref());
    let takes = plan.steps.contains(&Step::NoNumbers);
    let ending = Ending {
        job,
        plan,
        now: shell.clock.now(),
    };
    if job.lines.is_empty() && !takes {
        if let Some(number) = had.filter(|_| ending.has_gone_elsewhere()) {
            ending.brought(shell, tenant, number, &mut outcome).await?;
        }
        return Ok(outcome);
    }
    let holds = |step: &Step| matches!(step, Step::HoldNumber { .. } | Step::KeepNumber { .. });
    let given = job.lines.first();
    let given = given.filter(|_| plan.steps.iter().any(holds));
    if takes {
        let given = given.map(|line| &line.number);
        let lines = job.lines.iter().map(|line| &line.number);
        let taken: BTreeSet<&E164> = lines.chain(had).filter(|one| Some(*one) != given).collect();
        for number in taken {
            let Some(entry) = shell.store.entry(tenant, number).await? else {
                continue;
            };
            if entry.holder.as_ref() == Some(&job.person) {
                outcome
                    .entries
                    .extend(ending.taken(shell, tenant, &entry).await?);
            }
        }
        if ending.takes_all() {
            outcome.number = Some(None);
        }
    }
    if let Some(line) = given
        && let Some(entry) = shell.store.entry(tenant, &line.number).await?
        && entry.job.as_ref() == Some(&job.id)
    {
        let event = ending.given(&line.number, line.had);
        if event == Event::Confirm {
            outcome.number = Some(Some(line.number.clone()));
        }
        if let Some(next) = after(&entry, event) {
            outcome.entries.push(ending.relocated(next));
        }
    }
    for entry in &mut outcome.entries {
        let seconds = ending.second_places(shell, tenant, entry).await?;
        outcome.duplicates.extend(seconds);
    }
    Ok(outcome)
}

/// A job at its end.
struct Ending<'a> {
    job: &'a Job,
    plan: &'a Plan,
    now: Time,
}

impl Ending<'_> {
    fn stands(&self, is: impl Fn(&Step) -> bool) -> Option<&Stands> {
        let steps = self.plan.steps.iter().zip(&self.job.standings);
        let mut steps = steps.filter(|(step, _)| is(step));
        steps.next().map(|(_, standing)| &standing.stands)
    }

    /// The person has no number any more, but what the job gives.
    fn takes_all(&self) -> bool {
        let stands = self.stands(|step| matches!(step, Step::NoNumbers));
        matches!(stands, Some(Stands::Done(_) | Stands::AlreadySo))
    }

    fn is_given(&self) -> Option<&Stands> {
        self.stands(|step| matches!(step, Step::AssignNumber { .. }))
    }

    /// What becomes of the number that the job kept for the person.
    fn given(&self, number: &E164, had: bool) -> Event {
        let last = self.last(&Verb::AssignNumber(number.clone()));
        match (self.is_given(), last) {
            (Some(Stands::Done(_) | Stands::AlreadySo), _) => Event::Confirm,
            (_, Some(ask)) if ask.was_taken() => Event::Confirm,
            (_, Some(ask)) if never_ended(ask) => Event::Contest(NEVER_ENDED.to_owned()),
            (_, None) if had => Event::Confirm,
            (Some(Stands::Failed(why)), _) if why == WITH_SOMEBODY_ELSE => {
                Event::Contest(why.clone())
            }
            (_, Some(_)) => Event::Settle(self.now + config::SETTLE_NUMBER),
            (_, None) => Event::GiveBack,
        }
    }

    fn has_arrived(&self) -> bool {
        let place = self.stands(|step| matches!(step, Step::Place { .. }));
        matches!(place, Some(Stands::Done(_)))
    }

    /// They were somewhere else before.
    fn has_gone_elsewhere(&self) -> bool {
        let from = self.plan.from.as_ref().map(|from| &from.site);
        let to = self.plan.wanted.as_ref().map(|wanted| &wanted.site);
        self.has_arrived() && to.is_some() && from != to
    }

    /// The number that somebody brings to another site though the job has nothing to do with it.
    async fn brought(
        &self,
        shell: &Shell,
        tenant: &Tenant,
        number: &E164,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let Some(mut entry) = shell.store.entry(tenant, number).await? else {
            return Ok(());
        };
        if entry.state != NumberState::Used || entry.holder.as_ref() != Some(&self.job.person) {
            return Ok(());
        }
        let was_duplicated = entry.duplicated;
        outcome.duplicates = self.second_places(shell, tenant, &mut entry).await?;
        if was_duplicated != entry.duplicated {
            outcome.entries.push(entry);
        }
        Ok(())
    }

    /// Somebody who comes to a site with a number that the site cannot see places it there too (R18), unless that is not wanted there
    /// (R19). A number that is nobody's any more, or that has moved, is in one place only.
    async fn second_places(
        &self,
        shell: &Shell,
        tenant: &Tenant,
        entry: &mut Entry,
    ) -> Result<Vec<Second>> {
        let wanted = self.plan.wanted.as_ref();
        let site = wanted.and_then(|wanted| wanted.site.as_ref());
        let is_seen = SitePath::is_within(site, entry.node.as_ref());
        if entry.state != NumberState::Used || self.has_arrived() && is_seen {
            if !std::mem::take(&mut entry.duplicated) {
                return Ok(Vec::new());
            }
            let gone = shell.store.duplicates(tenant, &entry.number).await?;
            let gone = gone.into_iter();
            return Ok(gone.map(|one| Second::Gone(one.number, one.node)).collect());
        }
        let Some(node) = site.filter(|_| self.has_arrived()) else {
            return Ok(Vec::new());
        };
        let tree = basis::tree(shell, tenant).await?;
        let prevents = tree.effective(Some(node), |values| values.prevent_duplicates);
        if prevents.is_some_and(|prevents| prevents.value) {
            return Ok(Vec::new());
        }
        let mut seconds = vec![Second::New(Duplicate {
            number: entry.number.clone(),
            node: node.clone(),
            person: self.job.person.clone(),
            since: self.now,
        })];
        // Where they were before it is not any more.
        if std::mem::replace(&mut entry.duplicated, true) {
            let old = shell.store.duplicates(tenant, &entry.number).await?;
            let old = old.into_iter().filter(|one| one.node != *node);
            seconds.extend(old.map(|one| Second::Gone(one.number, one.node)));
        }
        Ok(seconds)
    }

    /// A number that is kept goes with the person, in the very moment in which they come to the new site (R110-R112, F107).
    fn relocated(&self, mut entry: Entry) -> Entry {
        let mut kept = self.plan.steps.iter().filter_map(|step| {
            if let Step::KeepNumber { number, site } = step {
                (*number == entry.number).then_some(site)
            } else {
                None
            }
        });
        let Some(site) = kept.next() else {
            return entry;
        };
        if self.has_arrived() && !SitePath::is_within(site.as_ref(), entry.node.as_ref()) {
            entry.node.clone_from(site);
            entry.range = None;
        }
        entry
    }

    /// What becomes of a number that was the person's; `None` = it stays as it is.
    async fn taken(&self, shell: &Shell, tenant: &Tenant, entry: &Entry) -> Result<Option<Entry>> {
        let ask = self.last(&Verb::UnassignNumber(entry.number.clone()));
        if !self.takes_all() && !ask.is_some_and(Ask::was_taken) {
            return Ok(if ask.is_some_and(never_ended) {
                after(entry, Event::Contest(NEVER_ENDED.to_owned()))
            } else if entry.job.as_ref() == Some(&self.job.id) {
                after(entry, Event::Confirm)
            } else {
                None
            });
        }
        // Somebody may have taken it away in Teams before we asked.
        let take = Event::TakeFrom(self.job.person.clone(), self.job.id.clone());
        let Some(taken) = after(entry, take) else {
            return Ok(None);
        };
        let event = if self.is_half_way(shell, tenant).await? {
            Event::Reserve {
                holder: Some(self.job.person.clone()),
                until: Some(self.now + config::KEPT_AFTER_MOVE),
                note: MOVE_FAILED.to_owned(),
            }
        } else {
            let tree = basis::tree(shell, tenant).await?;
            let days = tree.effective(entry.node.as_ref(), |values| values.cooling_days);
            Event::Release(rests(days.map(|days| days.value), self.now))
        };
        Ok(after(&taken, event))
    }

    /// The old number is gone and the new one did not come: who orders the move again, or takes it back, finds the old one kept (F111).
    async fn is_half_way(&self, shell: &Shell, tenant: &Tenant) -> Result<bool> {
        let to_come = self
            .is_given()
            .is_some_and(|stands| !matches!(stands, Stands::Done(_) | Stands::AlreadySo));
        if self.job.goal != Goal::Move || !to_come {
            return Ok(false);
        }
        let Some(newer) = &self.job.superseded_by else {
            return Ok(true);
        };
        let newer = shell.store.job(tenant, newer).await?;
        Ok(newer.is_none_or(|newer| newer.goal != Goal::Offboard))
    }

    fn last(&self, verb: &Verb) -> Option<&Ask> {
        self.job.asks.iter().rev().find(|ask| ask.verb == *verb)
    }
}

fn never_ended(ask: &Ask) -> bool {
    let answer = ask.closed.as_ref().map(|closed| &closed.answer);
    answer == Some(&Answer::NeverEnded)
}
