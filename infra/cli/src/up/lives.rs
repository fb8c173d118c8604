//! Who is staged and why, and who came from one state into another since the last look.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use shared::error::Result;
use shared::model::job::Waits;
use shared::model::person::{Person, PersonState};
use shared::model::property::Property;
use shared::model::tenant::TenantId;
use shared::model::time::Time;
use shared::run::Shell;
use shared::run::look::{self, Waiter};

use super::view::date;

/// So many of the staged are shown.
const SHOWN: usize = 6;
/// So many of the latest steps.
const KEPT: usize = 5;
/// The longest name that is shown.
const NAME: usize = 22;

/// Somebody who waits for their Teams account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    /// Entra object id.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Since when.
    pub since: Time,
    /// Looks without success.
    pub looks: u16,
    /// The next look.
    pub next: Option<Time>,
    /// Why they wait.
    pub why: String,
}

/// Somebody came into another state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When it was seen.
    pub at: Time,
    /// Their name.
    pub name: String,
    /// The state before; `None` = they are new.
    pub from: Option<&'static str>,
    /// The state now.
    pub to: &'static str,
}

impl Staged {
    /// As a line of a table.
    pub fn line(&self, now: Time) -> String {
        let next = self
            .next
            .map(|next| date(next, "%H:%M"))
            .unwrap_or_default();
        let (name, age) = (fitted(&self.name), age(now.since(self.since)));
        format!(
            "    {name:<NAME$} {age:>7} {:>6}  {next:<5}  {}",
            self.looks,
            plain(&self.why)
        )
    }
}

impl Step {
    /// As a line.
    pub fn line(&self) -> String {
        let from = self
            .from
            .map(|from| format!("{from} → "))
            .unwrap_or_default();
        let (at, name) = (date(self.at, "%H:%M"), fitted(&self.name));
        let step = format!("{from}{}", self.to).replace('_', " ");
        format!("  {at}  {name:<NAME$} {step}")
    }
}

impl From<Waiter> for Staged {
    fn from(waiter: Waiter) -> Self {
        let standing = waiter.standing();
        let since = standing.and_then(|standing| standing.since);
        let why = match &waiter.job.waits {
            Some(Waits::Teams(why)) => why.clone(),
            Some(_) | None => String::new(),
        };
        Self {
            id: waiter.person.id.0.clone(),
            name: name(&waiter.person),
            since: since.unwrap_or(waiter.job.created),
            looks: standing.map_or(0, |standing| standing.looks),
            next: waiter.job.due,
            why,
        }
    }
}

/// The longest waiting of those who are staged.
pub async fn staged(shell: &Shell, tenant: &TenantId) -> Result<Vec<Staged>> {
    let teams = Waits::Teams(String::new());
    let page = look::waiting(shell, tenant, &teams, None, SHOWN).await?;
    Ok(page.items.into_iter().map(Staged::from).collect())
}

/// Everybody's state as it was last seen, and the latest steps from one to another.
#[derive(Debug, Default)]
pub struct Lives {
    states: BTreeMap<String, PersonState>,
    steps: VecDeque<Step>,
    /// The first look finds everybody; that is no news.
    has_looked: bool,
}

impl Lives {
    /// Somebody is in this state.
    pub fn see(&mut self, person: &Person, state: PersonState, now: Time) {
        let before = self.states.insert(person.id.0.clone(), state);
        if !self.has_looked || before == Some(state) {
            return;
        }
        if self.steps.len() == KEPT {
            self.steps.pop_front();
        }
        self.steps.push_back(Step {
            at: now,
            name: name(person),
            from: before.map(PersonState::name),
            to: state.name(),
        });
    }

    /// Everybody was seen; the latest steps.
    pub fn seen(&mut self) -> Vec<Step> {
        self.has_looked = true;
        self.steps.iter().cloned().collect()
    }
}

fn name(person: &Person) -> String {
    let name = person.facts.text(Property::DisplayName);
    name.unwrap_or(&person.id.0).to_owned()
}

/// Without what could move the cursor.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

fn fitted(name: &str) -> String {
    let name = plain(name);
    if name.chars().count() <= NAME {
        return name;
    }
    let cut: String = name.chars().take(NAME - 1).collect();
    format!("{cut}…")
}

fn age(age: Duration) -> String {
    let minutes = age.as_secs() / 60;
    match minutes {
        0..120 => format!("{minutes} min"),
        120..2_880 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1_440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_names_fit_their_columns() {
        let minutes = |minutes: u64| age(Duration::from_secs(minutes * 60));
        assert_eq!(
            [minutes(0), minutes(119), minutes(120), minutes(2_880)],
            ["0 min", "119 min", "2 h", "2 d"]
        );
        assert_eq!(fitted("Åsa"), "Åsa");
        assert_eq!(fitted(&"ü".repeat(40)).chars().count(), NAME);
        assert_eq!(plain("a\u{1b}[2Jb\n"), "a[2Jb");
    }
}
