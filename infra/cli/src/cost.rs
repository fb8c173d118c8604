//! `rollcall cost`: what a tenant costs at AWS a month, reckoned from what each flow was measured to ask for (`infra/bench/counts.json`,
//! which the tests hold the code to) and from the list prices of us-east-1, arm64, without the free tier.

use std::process::ExitCode;

use clap::Args;
use local::prices::{GB_SECOND, INVOCATION, RRU, Used};
use serde::Deserialize;
use serde_json::json;

use crate::remote::show::out;

const COUNTS: &str = include_str!("../../bench/counts.json");
const HOURS: f64 = 730.0;
const DAYS: f64 = HOURS / 24.0;
const WEEKS: f64 = DAYS / 7.0;

/// $ each; the others are those of `local::prices`.
const API_REQUEST: f64 = 1.0e-6;
const SCHEDULED: f64 = 1.0e-6;
/// $ a GB: kept in the table for a month, kept for restoring it, logged.
const STORED: f64 = 0.25;
const RESTORABLE: f64 = 0.20;
const LOGGED: f64 = 0.50;
/// $ a month: a secret, an alarm, the event source mapping that asks an empty queue.
const SECRET: f64 = 0.40;
const ALARM: f64 = 0.10;
const MAPPING: f64 = 0.26;

/// What is not measured but assumed: GB that a person takes in the table with number and history, GB of log for an invocation and for a job.
const PERSON: f64 = 3.0e-6;
const LOG_OF_INVOCATION: f64 = 1.0e-6;
const LOG_OF_JOB: f64 = 6.0e-6;
/// An API request takes a function of 512 MB so long, in seconds, and reads so many units.
const API_SECONDS: f64 = 0.03;
const API_READS: f64 = 3.0;
/// The template's.
const ALARMS: f64 = 17.0;
const QUEUES: f64 = 4.0;
/// A sweep that finds nothing: in seconds of 512 MB, and units.
const SWEEP_SECONDS: f64 = 0.02;
const SWEEP_READS: f64 = 0.5;

/// Reckons what a tenant costs at AWS a month.
#[derive(Debug, Args)]
pub struct Arguments {
    /// People of the tenant.
    #[arg(long, value_name = "N")]
    users: u32,
    /// Tenants that share the installation.
    #[arg(long, value_name = "N", default_value_t = 1)]
    tenants: u32,
    /// Minutes between two syncs.
    #[arg(long, value_name = "MINUTES", default_value_t = 60)]
    sync_every: u32,
    /// Hours between two looks at everybody staged; without it they are only looked at adaptively.
    #[arg(long, value_name = "HOURS")]
    staging_every: Option<u32>,
    /// People who join a month, of a hundred.
    #[arg(long, value_name = "PERCENT", default_value_t = 2.0)]
    joiners: f64,
    /// People who leave a month, of a hundred.
    #[arg(long, value_name = "PERCENT", default_value_t = 2.0)]
    leavers: f64,
    /// People who move to another site a month, of a hundred.
    #[arg(long, value_name = "PERCENT", default_value_t = 3.0)]
    movers: f64,
    /// People of whom the directory changes something a day, of a hundred.
    #[arg(long, value_name = "PERCENT", default_value_t = 1.0)]
    changes: f64,
    /// Requests to the API a month, for each person.
    #[arg(long, value_name = "N", default_value_t = 1.0)]
    api: f64,
    /// For machines.
    #[arg(long)]
    json: bool,
}

/// A flow, and what it was measured to ask for.
#[derive(Debug, Deserialize)]
struct Row {
    flow: String,
    people: f64,
    cost: Used,
}

impl Row {
    fn dollars(&self) -> f64 {
        self.cost.dollars() + LOGGED * LOG_OF_INVOCATION * self.cost.invocations
    }
}

struct Measured(Vec<Row>);

impl Measured {
    fn read() -> Result<Self, String> {
        serde_json::from_str(COUNTS)
            .map(Self)
            .map_err(|error| format!("the measured counts of this version cannot be read: {error}"))
    }

    fn all<'a>(&'a self, flow: &'a str) -> impl Iterator<Item = &'a Row> {
        self.0.iter().filter(move |row| row.flow == flow)
    }

    /// $ of one, or of each person where the flow works on people.
    fn one(&self, flow: &str) -> Result<f64, String> {
        let row = self.all(flow).last();
        let row = row.ok_or_else(|| format!("nobody measured {flow:?}"))?;
        Ok(row.dollars())
    }

    /// $ of a flow that grows with the people, for so many of them: on the line through the smallest and the largest that was measured.
    fn grown(&self, flow: &str, people: f64) -> Result<f64, String> {
        let (small, large) = (self.all(flow).next(), self.all(flow).last());
        let (Some(small), Some(large)) = (small, large) else {
            return Err(format!("nobody measured {flow:?}"));
        };
        let (low, high) = (small.dollars(), large.dollars());
        let more = large.people - small.people;
        if more <= 0.0 {
            return Err(format!("{flow:?} was measured at one size only"));
        }
        let slope = (high - low).max(0.0) / more;
        Ok((low + slope * (people - small.people)).max(0.0))
    }
}

/// The lines of the bill: what for, and $ a month.
fn bill(arguments: &Arguments) -> Result<Vec<(&'static str, f64)>, String> {
    let measured = Measured::read()?;
    let people = f64::from(arguments.users);
    let share = 1.0 / f64::from(arguments.tenants.max(1));
    let of_people = |percent: f64| people * percent / 100.0;
    let syncs = HOURS * 60.0 / f64::from(arguments.sync_every.max(1));
    let idle = measured.grown("delta, unchanged", people)?;
    // One in a hundred had changed.
    let changed = (measured.grown("delta, 1 % changed", people)? - idle).max(0.0);
    let changes = changed * arguments.changes * DAYS;
    let full = measured.grown("full sync, unchanged", people)?;
    let daily = measured.grown("number audit", people)? + measured.one("connection test")?;
    let moves = measured
        .one("move with number, each")?
        .max(measured.one("move to new number, each")?);
    let of_job = LOGGED * LOG_OF_JOB;
    let polls = arguments
        .staging_every
        .map_or(0.0, |hours| HOURS / f64::from(hours.max(1)));
    // Somebody is staged for a day, if Microsoft takes its time.
    let staged = of_people(arguments.joiners) / DAYS;
    let requests = people * arguments.api;
    let api = API_REQUEST + INVOCATION + GB_SECOND * 0.5 * API_SECONDS + RRU * API_READS;
    let sweeps = HOURS * 60.0;
    let sweep = INVOCATION + GB_SECOND * 0.5 * SWEEP_SECONDS + RRU * SWEEP_READS;
    Ok(vec![
        ("syncs, nothing changed", syncs * (idle + SCHEDULED)),
        ("what changed in the directory", changes),
        ("full check, weekly", WEEKS * (full + SCHEDULED)),
        (
            "numbers and connection, nightly",
            DAYS * (daily + 2.0 * SCHEDULED),
        ),
        (
            "joiners",
            of_people(arguments.joiners) * (measured.one("provision, each")? + of_job),
        ),
        (
            "looks at who is staged",
            polls * (staged * measured.one("staging poll, each")? + SCHEDULED),
        ),
        ("movers", of_people(arguments.movers) * (moves + of_job)),
        (
            "leavers",
            of_people(arguments.leavers) * (measured.one("offboard, each")? + of_job),
        ),
        ("API", requests * (api + LOGGED * LOG_OF_INVOCATION)),
        (
            "table, kept and restorable",
            people * PERSON * (STORED + RESTORABLE),
        ),
        ("the tenant's secret", SECRET),
        (
            "share of the installation",
            share * (sweeps * sweep + QUEUES * MAPPING + ALARMS * ALARM),
        ),
    ])
}

/// Prints the bill.
pub fn run(arguments: &Arguments) -> ExitCode {
    let lines = match bill(arguments) {
        Ok(lines) => lines,
        Err(why) => {
            eprintln!("rollcall: {why}");
            return ExitCode::FAILURE;
        }
    };
    let total: f64 = lines.iter().map(|(_, dollars)| dollars).sum();
    let thousand = total / f64::from(arguments.users.max(1)) * 1_000.0;
    if arguments.json {
        let lines: Vec<_> = lines
            .iter()
            .map(|(what, dollars)| json!({"what": what, "dollars": dollars}))
            .collect();
        let bill = json!({"month": lines, "total": total, "per_thousand_users": thousand});
        out(&bill.to_string());
        return ExitCode::SUCCESS;
    }
    for (what, dollars) in &lines {
        out(&format!("{what:<34} {dollars:>12.5} $"));
    }
    out(&format!("{:<34} {total:>12.5} $ a month", "together"));
    out(&format!(
        "{:<34} {thousand:>12.5} $ a month",
        "for each 1,000 users"
    ));
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(users: u32) -> Arguments {
        Arguments {
            users,
            tenants: 1,
            sync_every: 60,
            staging_every: Some(4),
            joiners: 2.0,
            leavers: 2.0,
            movers: 3.0,
            changes: 1.0,
            api: 1.0,
            json: false,
        }
    }

    fn total(arguments: &Arguments) -> f64 {
        let lines = bill(arguments).unwrap();
        assert!(
            lines.iter().all(|(_, dollars)| *dollars >= 0.0),
            "{lines:?}"
        );
        lines.iter().map(|(_, dollars)| dollars).sum()
    }

    /// R142: more people cost more, and each of them less; more syncs cost more.
    #[test]
    fn the_bill_grows_with_the_people_and_more_slowly_than_they() {
        let [small, middle, large] = [500, 50_000, 500_000].map(|users| total(&arguments(users)));
        assert!(small < middle && middle < large, "{small} {middle} {large}");
        assert!(large < 10.0 * middle && middle < 100.0 * small);
        let often = Arguments {
            sync_every: 15,
            ..arguments(500)
        };
        assert!(total(&often) > small);
        let shared = Arguments {
            tenants: 100,
            ..arguments(500)
        };
        assert!(total(&shared) < small);
    }
}
