//! The tables.

#![expect(clippy::print_stdout, reason = "a table is what it is for")]

use std::fmt::Write;
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::promise::Row;

/// Prints everything; failure if a count is over its budget.
pub fn tell(rows: &[Row], is_json: bool) -> ExitCode {
    let excesses: Vec<String> = rows.iter().flat_map(Row::excesses).collect();
    if is_json {
        print!("{}", snapshot(rows));
    } else {
        print!("{}", table(rows));
    }
    for excess in &excesses {
        eprintln!("over budget: {excess}");
    }
    if excesses.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Everything for machines, to six decimals: what is kept beside the code, so that a change of it shows.
pub fn snapshot(rows: &[Row]) -> String {
    let mut rows = json!(rows);
    round(&mut rows);
    format!("{rows:#}\n")
}

fn round(value: &mut Value) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(round),
        Value::Object(all) => all.values_mut().for_each(round),
        Value::Number(number) if number.is_f64() => {
            let rounded = number.as_f64().map(|figure| (figure * 1e6).round() / 1e6);
            *value = json!(rounded);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Every count of every flow; then those that are held to something.
pub fn table(rows: &[Row]) -> String {
    let mut text = format!("{:<26}{:>8}", "flow", "people");
    if let Some(row) = rows.first() {
        for (name, _) in row.cost.named() {
            let _ = write!(text, "{name:>17}");
        }
    }
    let _ = writeln!(text, "{:>13}", "dollars");
    for row in rows {
        let _ = write!(text, "{:<26}{:>8}", row.flow, row.people);
        for (_, count) in row.cost.named() {
            let _ = write!(text, "{count:>17.2}");
        }
        let _ = writeln!(text, "{:>13.7}", row.cost.dollars());
    }
    let _ = writeln!(
        text,
        "\n{:<26}{:>8}  {:<17}{:>13}{:>13}{:>13}{:>9}",
        "flow", "people", "count", "measured", "floor", "budget", "floors"
    );
    for row in rows {
        for (count, promise) in row.held() {
            let floors = if promise.floor > 0.0 {
                format!("{:.2}", count / promise.floor)
            } else {
                String::new()
            };
            let _ = writeln!(
                text,
                "{:<26}{:>8}  {:<17}{count:>13.2}{:>13.2}{:>13.2}{floors:>9}",
                row.flow, row.people, promise.what, promise.floor, promise.budget
            );
        }
    }
    text
}
