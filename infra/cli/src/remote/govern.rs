//! `rollcall tenants`, `rollcall changes`, `rollcall schedules`, `rollcall openapi`: what is decided, and by whom.

use std::process::ExitCode;
use std::time::Duration;

use clap::Subcommand;
use serde_json::{Value, json};

use super::client::{Failure, Request, segment};
use super::show::{Column, out};
use super::{Desk, Remote, pause, run};

/// Between two looks at what is waited for.
const LOOK: Duration = Duration::from_secs(2);

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  rollcall tenants list
  rollcall tenants show --tenant contoso
  rollcall tenants sync --tenant contoso")]
pub struct Tenants {
    #[command(subcommand)]
    what: TenantsWhat,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum TenantsWhat {
    /// Lists your tenants, and your role in each
    List,
    /// Shows a tenant: its health, what waits for a yes
    Show,
    /// Says what is set up, and what is not
    Readiness,
    /// Reads the directory, soon
    Sync,
    /// Tests the connection to Microsoft, soon
    Probe,
}

/// Tenants.
pub fn tenants(arguments: &Tenants) -> ExitCode {
    let what = arguments.what;
    run(&arguments.remote, async |desk| {
        match what {
            TenantsWhat::List => {
                let tenants = desk.client.get("/tenants").await?.body;
                let tenants = tenants["tenants"].as_array().cloned().unwrap_or_default();
                desk.show.table(
                    &[("TENANT", "id"), ("NAME", "name"), ("YOU ARE", "role")],
                    &tenants,
                );
            }
            TenantsWhat::Show => {
                let path = desk.path("").await?;
                let seen = desk.client.get(path.trim_end_matches('/')).await?.body;
                desk.show.value(&seen);
            }
            TenantsWhat::Readiness => {
                let path = desk.path("readiness").await?;
                let told = desk.client.get(&path).await?.body;
                if desk.show.json {
                    desk.show.value(&told);
                } else {
                    readiness(&desk, &told);
                }
            }
            TenantsWhat::Sync | TenantsWhat::Probe => {
                let verb = if matches!(what, TenantsWhat::Sync) {
                    "sync"
                } else {
                    "probe"
                };
                let path = desk.path(verb).await?;
                desk.client.post(&path, Request::default()).await?;
                desk.show.said("ordered");
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn readiness(desk: &Desk, told: &Value) {
    for (list, points) in told.as_object().into_iter().flatten() {
        let Some(points) = points.as_array() else {
            continue;
        };
        out(&super::show::clean(list));
        desk.show.table(
            &[
                ("POINT", "name"),
                ("READY", "ready"),
                ("HOW IT STANDS", "told"),
            ],
            points,
        );
        out("");
    }
}

const SET: [Column; 7] = [
    ("CHANGE SET", "id"),
    ("FROM", "origin"),
    ("STATE", "state"),
    ("PEOPLE", "people"),
    ("OF", "in_scope"),
    ("SINCE", "since"),
    ("WHY", "reason"),
];

#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "A change set is answered by whoever did not edit what it was decided with.

Examples:
  rollcall changes list --waiting
  rollcall changes show 01KE6KJHX0B5PQ6W0NWDSAGV3Q
  rollcall changes approve 01KE6KJHX0B5PQ6W0NWDSAGV3Q --hash bbef4357… --wait"
)]
pub struct Changes {
    #[command(subcommand)]
    what: ChangesWhat,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Clone, Debug, Subcommand)]
enum ChangesWhat {
    /// Lists change sets, the oldest first
    List {
        /// Only those that wait for a yes
        #[arg(long)]
        waiting: bool,
    },
    /// Shows a change set, person by person
    Show { change_set: String },
    /// Says yes to exactly what was looked at
    Approve {
        change_set: String,
        /// The hash that `show` names
        #[arg(long)]
        hash: String,
        /// Wait until everybody has their job
        #[arg(long)]
        wait: bool,
    },
    /// Says no
    Reject {
        change_set: String,
        /// The hash that `show` names
        #[arg(long)]
        hash: String,
    },
}

/// Change sets.
pub fn changes(arguments: &Changes) -> ExitCode {
    let what = arguments.what.clone();
    run(&arguments.remote, async |desk| match what {
        ChangesWhat::List { waiting } => {
            let path = desk.path("change-sets").await?;
            let mut sets = desk.client.all(&path, "change_sets").await?;
            sets.retain(|set| !waiting || set["state"] == "stopped");
            desk.show.table(&SET, &sets);
            Ok(ExitCode::SUCCESS)
        }
        ChangesWhat::Show { change_set } => {
            let path = desk
                .path(&format!("change-sets/{}", segment(&change_set)))
                .await?;
            let mut set = desk.client.get(&path).await?.body;
            let plans = desk.client.all(&format!("{path}/plan"), "plans").await?;
            if desk.show.json {
                set["plans"] = Value::Array(plans);
                desk.show.value(&set);
                return Ok(ExitCode::SUCCESS);
            }
            let more = [
                ("HASH", "hash"),
                ("COUNTS", "counts"),
                ("EDITED BY", "authors"),
                ("EXPIRES", "expires"),
                ("ANSWERED BY", "answered_by"),
                ("APPLIED", "applied"),
                ("SET ASIDE", "moved"),
            ];
            let fields: Vec<Column> = SET.into_iter().chain(more).collect();
            desk.show.lines(&fields, &set);
            out("");
            let columns = [
                ("PERSON", "person"),
                ("HOW", "kinds"),
                ("SITE NOW", "before.site"),
                ("SITE THEN", "wanted.site"),
                ("PERSONA NOW", "before.persona.id"),
                ("PERSONA THEN", "wanted.persona.id"),
            ];
            desk.show.table(&columns, &plans);
            Ok(ExitCode::SUCCESS)
        }
        ChangesWhat::Approve {
            change_set,
            hash,
            wait,
        } => {
            let mut set = answer(&desk, &change_set, "approve", &hash).await?;
            while wait && !is_over(&set) {
                let (done, all) = (&set["applied"], &set["people"]);
                eprintln!(
                    "{}: {done} of {all}",
                    set["state"].as_str().unwrap_or_default()
                );
                pause(LOOK).await;
                let path = desk
                    .path(&format!("change-sets/{}", segment(&change_set)))
                    .await?;
                set = desk.client.get(&path).await?.body;
            }
            desk.show.lines(&SET, &set);
            Ok(ExitCode::SUCCESS)
        }
        ChangesWhat::Reject { change_set, hash } => {
            let set = answer(&desk, &change_set, "reject", &hash).await?;
            desk.show.lines(&SET, &set);
            Ok(ExitCode::SUCCESS)
        }
    })
}

fn is_over(set: &Value) -> bool {
    let state = set["state"].as_str().unwrap_or_default();
    !matches!(state, "released" | "applying" | "deciding")
}

async fn answer(desk: &Desk, set: &str, verb: &str, hash: &str) -> Result<Value, Failure> {
    let path = desk
        .path(&format!("change-sets/{}/{verb}", segment(set)))
        .await?;
    let body = Request::json(&json!({"hash": hash}));
    Ok(desk.client.post(&path, body).await?.body)
}

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  rollcall schedules list
  rollcall schedules set ScheduleMSTeamsOnlineTargetUserSync --every 240
  rollcall schedules set NumberAudit --at 02:15 --time-zone Europe/Berlin --days sat,sun
  rollcall schedules set UserSync --every 60 --off")]
pub struct Schedules {
    #[command(subcommand)]
    what: SchedulesWhat,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Clone, Debug, Subcommand)]
enum SchedulesWhat {
    /// Lists schedules with their next runs
    List,
    /// Sets switch and time of a schedule
    Set {
        name: String,
        /// Minutes from one run to the next
        #[arg(long, value_name = "MINUTES", conflicts_with = "at")]
        every: Option<u32>,
        /// The time of day, such as 06:30
        #[arg(long, requires = "time_zone")]
        at: Option<String>,
        /// Where that is meant, such as Europe/Berlin
        #[arg(long)]
        time_zone: Option<String>,
        /// Only on these days: mon, tue, wed, thu, fri, sat, sun
        #[arg(long, value_delimiter = ',')]
        days: Vec<String>,
        /// It does not run
        #[arg(long)]
        off: bool,
    },
}

const SCHEDULE: [Column; 6] = [
    ("SCHEDULE", "name"),
    ("ON", "active"),
    ("MINUTES", "minutes"),
    ("AT", "at"),
    ("DAYS", "days"),
    ("TIME ZONE", "time_zone"),
];

/// Schedules.
pub fn schedules(arguments: &Schedules) -> ExitCode {
    let what = arguments.what.clone();
    run(&arguments.remote, async |desk| match what {
        SchedulesWhat::List => {
            let path = desk.path("schedules").await?;
            let told = desk.client.get(&path).await?.body;
            let mut schedules = told["schedules"].as_array().cloned().unwrap_or_default();
            if !desk.show.json {
                for schedule in &mut schedules {
                    schedule["first"] = schedule["next"][0]["local"].clone();
                }
            }
            let columns: Vec<Column> = SCHEDULE
                .into_iter()
                .chain([("NEXT RUN", "first")])
                .collect();
            desk.show.table(&columns, &schedules);
            Ok(ExitCode::SUCCESS)
        }
        SchedulesWhat::Set {
            name,
            every,
            at,
            time_zone,
            days,
            off,
        } => {
            let mut body = json!({"active": !off});
            for (field, value) in [
                ("minutes", every.map(Value::from)),
                ("at", at.map(Value::from)),
                ("time_zone", time_zone.map(Value::from)),
                ("days", (!days.is_empty()).then(|| Value::from(days))),
            ] {
                if let Some(value) = value {
                    body[field] = value;
                }
            }
            let path = desk.path(&format!("schedules/{}", segment(&name))).await?;
            let set = desk.client.put(&path, Request::json(&body)).await?.body;
            if desk.show.json {
                desk.show.value(&set);
                return Ok(ExitCode::SUCCESS);
            }
            desk.show.lines(&SCHEDULE, &set);
            out("");
            let next = set["next"].as_array().cloned().unwrap_or_default();
            desk.show
                .table(&[("NEXT RUNS", "local"), ("UTC", "utc")], &next);
            Ok(ExitCode::SUCCESS)
        }
    })
}

/// Prints the description of the API that this version serves.
pub fn openapi() -> ExitCode {
    out(api::DESCRIPTION.trim_end());
    ExitCode::SUCCESS
}
