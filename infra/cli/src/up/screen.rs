//! Where it is shown: redrawn in place on a terminal, a line for each change elsewhere.

use std::io::{self, IsTerminal, Write};

use super::view::{View, date};

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
