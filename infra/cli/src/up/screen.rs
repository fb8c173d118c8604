//! The live table: redrawn in place on a terminal, a line for each change elsewhere.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};

use jiff::Timestamp;
use shared::model::person::PersonState;
use shared::model::time::Time;

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
    /// What stands between us and Microsoft.
    pub trouble: Option<String>,
    /// Where things stand.
    pub verdict: String,
}

/// Where it is shown.
#[derive(Debug)]
pub struct Screen {
    is_terminal: bool,
    /// Lines of the last drawing, to be drawn over.
    drawn: usize,
    /// The line that was printed last.
    printed: String,
}

impl Screen {
    /// Standard output, whatever it is.
    pub fn new() -> Self {
        Self {
            is_terminal: io::stdout().is_terminal(),
            drawn: 0,
            printed: String::new(),
        }
    }

    /// Shows it. That nobody looks any more (a closed pipe) is no reason to stop.
    pub fn show(&mut self, view: &View) {
        let mut out = io::stdout().lock();
        let text = if self.is_terminal {
            let lines = view.lines();
            let up = if self.drawn == 0 {
                String::new()
            } else {
                format!("\x1b[{}A", self.drawn)
            };
            self.drawn = lines.len();
            // Without line wrap: in a narrow terminal lines are cut, and going up stays right.
            format!(
                "{up}\x1b[?7l{}\x1b[J\x1b[?7h",
                lines
                    .iter()
                    .map(|line| format!("{line}\x1b[K\n"))
                    .collect::<String>()
            )
        } else {
            let line = view.line();
            if line == self.printed {
                return;
            }
            let clock = view
                .now
                .map(|now| date(now, "%F %H:%M"))
                .unwrap_or_default();
            self.printed = line;
            format!("{clock}  {}\n", self.printed)
        };
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}

impl View {
    /// As a table.
    fn lines(&self) -> Vec<String> {
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
        lines.push(String::new());
        if let Some(trouble) = &self.trouble {
            lines.extend(wrapped(&format!("Trouble: {trouble}")));
        }
        lines.extend(wrapped(&self.verdict));
        lines
    }

    /// In one line, without what changes all the time.
    fn line(&self) -> String {
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
