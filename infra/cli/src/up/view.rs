//! What is to be seen at one moment: as a table, or in a line.

use std::collections::BTreeMap;

use jiff::Timestamp;
use shared::model::person::PersonState;
use shared::model::time::Time;

use super::lives::{Staged, Step};

/// The states in the order of a life, each with the name it has here.
const STATES: [(PersonState, &str); 10] = [
    (PersonState::Imported, "imported"),
    (PersonState::InWork, "in work"),
    (PersonState::Staged, "staged"),
    (PersonState::Waiting, "waiting"),
    (PersonState::Provisioned, "provisioned"),
    (PersonState::Offboarding, "offboarding"),
    (PersonState::Offboarded, "offboarded"),
    (PersonState::GoneSoft, "gone"),
    (PersonState::GoneHard, "gone"),
    (PersonState::OutOfScope, "out of scope"),
];
/// The longest bar.
const BAR: usize = 40;
/// Longer sentences go on in the next line.
const WIDTH: usize = 78;

/// What is to be seen at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// The installation's clock.
    pub now: Option<Time>,
    /// People by [`PersonState::name`].
    pub people: BTreeMap<&'static str, usize>,
    /// Licence products: name, seats taken, seats bought.
    pub licences: Vec<(String, u32, u32)>,
    /// Requests by service since the start.
    pub requests: BTreeMap<String, u64>,
    /// Who waits for a Teams account, the longest waiting first; not all of them.
    pub staged: Vec<Staged>,
    /// Who came from one state into another, the latest last.
    pub steps: Vec<Step>,
    /// What can be tried through the API.
    pub tries: Option<Tries>,
    /// What stands between us and Microsoft.
    pub trouble: Option<String>,
    /// Where things stand.
    pub verdict: String,
}

impl View {
    /// As a table.
    pub fn lines(&self) -> Vec<String> {
        let total = self.people.values().sum::<usize>();
        let clock = self
            .now
            .map(|now| date(now, "%A, %F %H:%M"))
            .unwrap_or_default();
        let mut lines = vec![
            String::new(),
            format!("  {clock:<40}{total:>6} people"),
            String::new(),
        ];
        for (name, count) in self.counts() {
            lines.push(
                format!("  {name:<14}{count:>6}  {}", bar(count, total))
                    .trim_end()
                    .to_owned(),
            );
        }
        lines.push(String::new());
        for (name, taken, bought) in &self.licences {
            let free = bought.saturating_sub(*taken);
            lines.push(format!(
                "  {name:<14}{taken:>6} of {bought} seats taken, {free} free"
            ));
        }
        let requests: Vec<String> = self
            .requests
            .iter()
            .map(|(service, count)| format!("{count} to {service}"))
            .collect();
        if !requests.is_empty() {
            lines.push(format!("  requests        {}", requests.join(", ")));
        }
        self.staged_lines(&mut lines);
        if !self.steps.is_empty() {
            lines.push(String::new());
            let steps = self.steps.iter();
            lines.extend(steps.map(|step| step.line()));
        }
        if let Some(tries) = &self.tries {
            lines.push(String::new());
            lines.extend(tries.lines(self.staged.first()));
        }
        lines.push(String::new());
        if let Some(trouble) = &self.trouble {
            lines.extend(wrapped(&format!("Trouble: {trouble}")));
        }
        lines.extend(wrapped(&self.verdict));
        lines
    }

    /// Who is staged, why, since when, and when they are looked at again.
    fn staged_lines(&self, lines: &mut Vec<String>) {
        let Some(now) = self.now.filter(|_| !self.staged.is_empty()) else {
            return;
        };
        lines.push(String::new());
        lines.push(format!(
            "  {:<24} {:>7} {:>6}  {:<5}  why",
            "staged", "age", "looks", "next"
        ));
        lines.extend(self.staged.iter().map(|staged| staged.line(now)));
        let all = self.people.get(PersonState::Staged.name()).copied();
        let more = all.unwrap_or_default().saturating_sub(self.staged.len());
        if more > 0 {
            lines.push(format!("    and {more} more"));
        }
    }

    /// In one line, without what changes all the time.
    pub fn line(&self) -> String {
        let counts = self.counts().into_iter().filter(|(_, count)| *count > 0);
        let counts: Vec<String> = counts
            .map(|(name, count)| format!("{count} {name}"))
            .collect();
        let counts = if counts.is_empty() {
            "nobody yet".to_owned()
        } else {
            counts.join(", ")
        };
        let trouble = self
            .trouble
            .as_ref()
            .map(|trouble| format!(" Trouble: {trouble}."))
            .unwrap_or_default();
        format!("{counts}.{trouble} {}", self.verdict)
    }

    /// People by the names of the table, in its order.
    fn counts(&self) -> Vec<(&'static str, usize)> {
        let mut counts: Vec<(&'static str, usize)> = Vec::new();
        for (state, name) in STATES {
            let count = self.people.get(state.name()).copied().unwrap_or_default();
            match counts.last_mut() {
                Some((last, sum)) if *last == name => *sum += count,
                Some(_) | None => counts.push((name, count)),
            }
        }
        counts
    }
}

/// What can be tried through the API, ready to be copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tries {
    /// The command that prints a token.
    pub token: String,
    /// The tenant's address in the API.
    pub tenant: String,
}

impl Tries {
    /// While somebody is staged, the staged can be listed and one of them unstaged.
    fn lines(&self, staged: Option<&Staged>) -> Vec<String> {
        let Self { token, tenant } = self;
        let curl = "  curl -H \"Authorization: Bearer $TOKEN\"";
        let mut lines = vec![
            format!("  TOKEN=$({token})"),
            format!("  API={tenant}"),
            format!("{curl} \"$API/people?limit=5\""),
        ];
        if let Some(Staged { id, .. }) = staged {
            lines.push(format!("{curl} $API/staging"));
            lines.push(format!("{curl} -H \"Content-Type: application/json\" \\"));
            lines.push(format!(
                "    -d '{{\"people\": [\"{id}\"]}}' $API/staging/unstage"
            ));
        }
        lines
    }
}

/// A moment as people read it, UTC.
pub fn date(moment: Time, format: &str) -> String {
    Timestamp::from_millisecond(moment.millis())
        .map(|stamp| stamp.strftime(format).to_string())
        .unwrap_or_default()
}

/// A bar for a part of the whole; whoever is there at all is seen.
fn bar(count: usize, total: usize) -> String {
    "█".repeat((count * BAR).div_ceil(total.max(1)))
}

/// A sentence in lines; control characters, which would move the cursor, are left out.
fn wrapped(sentence: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in sentence.split_whitespace() {
        let word: String = word.chars().filter(|c| !c.is_control()).collect();
        if let Some(line) = lines
            .last_mut()
            .filter(|line| line.chars().count() + word.chars().count() < WIDTH)
        {
            line.push(' ');
            line.push_str(&word);
        } else {
            lines.push(format!("    {word}"));
        }
    }
    lines.into_iter().map(|line| format!(" {line}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_a_table_on_a_terminal_and_a_line_elsewhere() {
        let view = View {
            now: Some(Time::from_millis(1_767_600_000_000)),
            people: BTreeMap::from([
                ("provisioned", 40),
                ("gone_soft", 1),
                ("gone_hard", 1),
                ("staged", 38),
            ]),
            licences: vec![("SPE_E5".to_owned(), 9, 10)],
            requests: BTreeMap::from([("Microsoft".to_owned(), 12)]),
            staged: vec![Staged {
                id: "a-1".to_owned(),
                name: "Adele \u{1b}[2JVance".to_owned(),
                since: Time::from_millis(1_767_600_000_000 - 41 * 60_000),
                looks: 2,
                next: Some(Time::from_millis(1_767_600_000_000 + 15 * 60_000)),
                why: "no Teams account yet".to_owned(),
            }],
            steps: vec![Step {
                at: Time::from_millis(1_767_600_000_000),
                name: "Ben".to_owned(),
                from: Some("staged"),
                to: "in_work",
            }],
            tries: Some(Tries {
                token: "rollcall token operator".to_owned(),
                tenant: "http://api/v1/tenants/contoso".to_owned(),
            }),
            trouble: Some("the client secret has expired".to_owned()),
            verdict: "At work.".to_owned(),
        };
        let table = view.lines().join("\n");
        for piece in [
            "Monday, 2026-01-05 08:00",
            "80 people",
            "  staged            38  ███████████████████\n",
            "  gone               2  █\n",
            "  imported           0\n",
            "  SPE_E5             9 of 10 seats taken, 1 free",
            "Trouble: the client secret has expired",
            "    Adele [2JVance          41 min      2  08:15  no Teams account yet\n    and 37 more\n",
            "  08:00  Ben                    staged → in work\n",
            "  TOKEN=$(rollcall token operator)\n",
            "  API=http://api/v1/tenants/contoso\n",
            "    -d '{\"people\": [\"a-1\"]}' $API/staging/unstage\n",
        ] {
            assert!(table.contains(piece), "{piece:?} is not in\n{table}");
        }
        let line =
            "38 staged, 40 provisioned, 2 gone. Trouble: the client secret has expired. At work.";
        assert_eq!(view.line(), line);
    }

    #[test]
    fn what_comes_from_outside_cannot_move_the_cursor() {
        let long = format!("\x1b[2J{}", "word ".repeat(40));
        let lines = wrapped(&long);
        assert!(lines.len() > 2 && lines.iter().all(|line| line.chars().count() <= WIDTH + 4));
        assert!(!lines.concat().contains('\x1b'));
    }
}
