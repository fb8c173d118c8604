//! How answers are shown: tables for people, JSON for programs. Whatever comes from a directory is hostile, and cleaned before it
//! reaches a terminal.

use std::io::{self, Write};

use serde_json::Value;

/// How answers are shown.
#[derive(Clone, Copy, Debug)]
pub struct Show {
    /// JSON for programs.
    pub json: bool,
}

/// A column: its heading, and where its value is in an item, such as `persona.id`.
pub type Column = (&'static str, &'static str);

impl Show {
    /// Items as a table, or as they are.
    pub fn table(self, columns: &[Column], items: &[Value]) {
        if self.json {
            return self.value(&Value::Array(items.to_vec()));
        }
        let rows: Vec<Vec<String>> = items
            .iter()
            .map(|item| columns.iter().map(|(_, path)| cell(item, path)).collect())
            .collect();
        out(aligned(columns, &rows).trim_end());
        if items.is_empty() {
            eprintln!("none");
        }
    }

    /// One thing, line by line, or as it is.
    pub fn lines(self, fields: &[Column], item: &Value) {
        if self.json {
            return self.value(item);
        }
        let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, path) in fields {
            let cell = cell(item, path);
            if !cell.is_empty() {
                out(&format!("{name:width$}  {cell}"));
            }
        }
    }

    /// A value as JSON, with what could move a terminal's cursor escaped by JSON itself.
    pub fn value(self, value: &Value) {
        out(&serde_json::to_string_pretty(value).unwrap_or_default());
    }

    /// What was done, for people; programs have the exit code.
    pub fn said(self, sentence: &str) {
        if !self.json {
            out(&clean(sentence));
        }
    }
}

fn aligned(columns: &[Column], rows: &[Vec<String>]) -> String {
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(nth, (name, _))| {
            let cells = rows.iter().filter_map(|row| row.get(nth));
            let cells = cells.map(|cell| cell.chars().count());
            cells.chain([name.len()]).max().unwrap_or(0)
        })
        .collect();
    let line = |cells: Vec<&str>| {
        let cells = cells.into_iter().zip(&widths);
        let padded = cells.map(|(cell, width)| format!("{cell:width$}"));
        let text = padded.collect::<Vec<_>>().join("  ");
        format!("{}\n", text.trim_end())
    };
    let mut text = line(columns.iter().map(|(name, _)| *name).collect());
    for row in rows {
        text.push_str(&line(row.iter().map(String::as_str).collect()));
    }
    text
}

/// The value at a path of an item, as people read it.
fn cell(item: &Value, path: &str) -> String {
    let names = path.split('.').filter(|name| !name.is_empty());
    let value = names.fold(item, |value, name| &value[name]);
    clean(&match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Array(all) => {
            let all = all.iter().map(|one| cell(one, ""));
            all.collect::<Vec<_>>().join(", ")
        }
        Value::Object(all) => {
            let all = all
                .iter()
                .map(|(name, value)| format!("{name} {}", cell(value, "")));
            all.collect::<Vec<_>>().join(", ")
        }
    })
}

/// Writes a line. Whoever read it may have seen enough (`| head`): then there is nothing left to do.
pub fn out(line: &str) {
    let mut stdout = io::stdout().lock();
    if writeln!(stdout, "{line}").is_err() {
        std::process::exit(NOBODY_READS);
    }
}

/// What a shell says of a program that wrote to nobody.
const NOBODY_READS: i32 = 141;

/// A text without what could move a terminal's cursor or colour it.
pub fn clean(text: &str) -> String {
    let harmless = |c: char| {
        if c.is_control() && c != '\n' {
            '\u{fffd}'
        } else {
            c
        }
    };
    text.chars().map(harmless).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_is_aligned_and_harmless() {
        let item =
            json!({"name": "Zoë\u{1b}[2J", "at": {"site": "berlin"}, "on": true, "of": ["a", "b"]});
        let columns = [
            ("NAME", "name"),
            ("SITE", "at.site"),
            ("ON", "on"),
            ("OF", "of"),
        ];
        let row: Vec<String> = columns.iter().map(|(_, path)| cell(&item, path)).collect();
        assert_eq!(
            aligned(&columns, &[row]),
            "NAME     SITE    ON   OF\nZoë\u{fffd}[2J  berlin  yes  a, b\n"
        );
    }
}
