//! `rollcall jobs`, `rollcall numbers`: what is done, and the telephone numbers.

use std::process::ExitCode;

use clap::Subcommand;

use super::client::{Failure, Request, segment};
use super::show::{Column, out};
use super::{Desk, Remote, run};

/// A job in a table.
pub const JOB: [Column; 6] = [
    ("JOB", "id"),
    ("PERSON", "person"),
    ("GOAL", "goal"),
    ("STATE", "state"),
    ("CREATED", "created"),
    ("WAITS FOR", "waits"),
];

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  rollcall jobs list --state failed
  rollcall jobs show 01KE6K9CY02EMAKWP2KGAAQMBM
  rollcall jobs replay 01KE6K9CY02EMAKWP2KGAAQMBM
  rollcall jobs export --since 2026-01-01T00:00:00Z > january.jsonl")]
pub struct Jobs {
    #[command(subcommand)]
    what: JobsWhat,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Clone, Debug, Subcommand)]
enum JobsWhat {
    /// Lists jobs, the newest first
    List(Filter),
    /// Shows a job, step by step
    Show { job: String },
    /// Takes a job back
    Cancel { job: String },
    /// Does an ended job again, planned anew
    Replay { job: String },
    /// Prints what is kept of ended jobs, one JSON object a line
    Export(Filter),
    /// Shows the doorbells of the whole installation that nobody could answer
    Dead {
        /// Ring them again
        #[arg(long)]
        ring: bool,
    },
}

#[derive(Clone, Debug, clap::Args)]
struct Filter {
    /// due, running, waiting, staged, done, done_with_notes, failed, cancelled, superseded or poisoned
    #[arg(long)]
    state: Option<String>,
    /// provision, offboard or move
    #[arg(long)]
    goal: Option<String>,
    /// From this moment on, RFC 3339
    #[arg(long)]
    since: Option<String>,
    /// Before this moment, RFC 3339
    #[arg(long)]
    until: Option<String>,
}

impl Filter {
    fn query(&self) -> String {
        let all = [
            ("state", &self.state),
            ("goal", &self.goal),
            ("since", &self.since),
            ("until", &self.until),
        ];
        let set = all
            .iter()
            .filter_map(|(name, value)| Some((name, value.as_ref()?)));
        let parts: Vec<String> = set
            .map(|(name, value)| format!("{name}={}", segment(value)))
            .collect();
        if parts.is_empty() {
            String::new()
        } else {
            format!("?{}", parts.join("&"))
        }
    }
}

/// What is done, and was.
pub fn jobs(arguments: &Jobs) -> ExitCode {
    let what = arguments.what.clone();
    run(&arguments.remote, async |desk| match what {
        JobsWhat::List(filter) => {
            let path = desk.path(&format!("jobs{}", filter.query())).await?;
            let jobs = desk.client.all(&path, "jobs").await?;
            desk.show.table(&JOB, &jobs);
            Ok(ExitCode::SUCCESS)
        }
        JobsWhat::Show { job } => {
            let path = desk.path(&format!("jobs/{}", segment(&job))).await?;
            let seen = desk.client.get(&path).await?.body;
            if desk.show.json {
                desk.show.value(&seen);
                return Ok(ExitCode::SUCCESS);
            }
            desk.show.lines(&JOB, &seen);
            out("");
            let steps = seen["steps"].as_array().cloned().unwrap_or_default();
            desk.show
                .table(&[("STEP", "step"), ("STANDS", "stands")], &steps);
            for note in seen["notes"].as_array().into_iter().flatten() {
                desk.show
                    .said(&format!("note: {}", note.as_str().unwrap_or_default()));
            }
            Ok(ExitCode::SUCCESS)
        }
        JobsWhat::Cancel { job } => order(&desk, &job, "cancel").await,
        JobsWhat::Replay { job } => order(&desk, &job, "replay").await,
        JobsWhat::Export(filter) => {
            let path = desk.path(&format!("history{}", filter.query())).await?;
            for one in desk.client.all(&path, "history").await? {
                out(&format!("{one}"));
            }
            Ok(ExitCode::SUCCESS)
        }
        JobsWhat::Dead { ring } => {
            if ring {
                let rung = desk
                    .client
                    .post("/dead-letters/ring", Request::default())
                    .await?
                    .body;
                desk.show.lines(&[("RUNG", "rung")], &rung);
                return Ok(ExitCode::SUCCESS);
            }
            let dead = desk.client.get("/dead-letters").await?.body;
            let dead = dead["dead_letters"].as_array().cloned().unwrap_or_default();
            desk.show.table(
                &[("LANE", "lane"), ("COUNT", "count"), ("OLDEST", "oldest")],
                &dead,
            );
            Ok(ExitCode::SUCCESS)
        }
    })
}

async fn order(desk: &Desk, job: &str, verb: &str) -> Result<ExitCode, Failure> {
    let path = desk.path(&format!("jobs/{}/{verb}", segment(job))).await?;
    desk.client.post(&path, Request::default()).await?;
    desk.show.said("ordered");
    Ok(ExitCode::SUCCESS)
}

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  rollcall numbers list --state conflict
  rollcall numbers show +442071000001
  rollcall numbers import numbers.csv --dry")]
pub struct Numbers {
    #[command(subcommand)]
    what: NumbersWhat,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Clone, Debug, Subcommand)]
enum NumbersWhat {
    /// Lists the inventory
    List {
        /// available, held, assigning, used, used_utility, reserved, releasing, settling, cooling or conflict
        #[arg(long)]
        state: Option<String>,
        /// Only those of this range
        #[arg(long)]
        range: Option<String>,
    },
    /// Shows a number, and what became of it
    Show { number: String },
    /// Takes numbers in from CSV with the columns number, range, golden
    Import {
        file: std::path::PathBuf,
        /// Only check the rows
        #[arg(long)]
        dry: bool,
    },
    /// Lists ranges with their free numbers
    Ranges,
    /// Compares the inventory with Microsoft, soon
    Audit,
}

/// Telephone numbers.
pub fn numbers(arguments: &Numbers) -> ExitCode {
    let what = arguments.what.clone();
    run(&arguments.remote, async |desk| match what {
        NumbersWhat::List { state, range } => {
            let all = [("state", state), ("range", range)];
            let set = all
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)));
            let parts: Vec<String> = set
                .map(|(name, value)| format!("{name}={}", segment(&value)))
                .collect();
            let path = desk.path(&format!("numbers?{}", parts.join("&"))).await?;
            let numbers = desk.client.all(&path, "numbers").await?;
            let columns = [
                ("NUMBER", "number"),
                ("STATE", "state"),
                ("RANGE", "range"),
                ("NODE", "node"),
                ("HOLDER", "holder"),
                ("NOTE", "note"),
            ];
            desk.show.table(&columns, &numbers);
            Ok(ExitCode::SUCCESS)
        }
        NumbersWhat::Show { number } => {
            let path = desk.path(&format!("numbers/{}", segment(&number))).await?;
            let mut seen = desk.client.get(&path).await?.body;
            let trail = desk.client.all(&format!("{path}/trail"), "events").await?;
            if desk.show.json {
                seen["trail"] = serde_json::Value::Array(trail);
                desk.show.value(&seen);
                return Ok(ExitCode::SUCCESS);
            }
            let fields = [
                ("NUMBER", "number"),
                ("STATE", "state"),
                ("RANGE", "range"),
                ("NODE", "node"),
                ("HOLDER", "holder"),
                ("UNTIL", "until"),
                ("NOTE", "note"),
            ];
            desk.show.lines(&fields, &seen);
            out("");
            let columns = [
                ("AT", "at"),
                ("STATE", "state"),
                ("HOLDER", "holder"),
                ("NODE", "node"),
                ("NOTE", "note"),
            ];
            desk.show.table(&columns, &trail);
            Ok(ExitCode::SUCCESS)
        }
        NumbersWhat::Import { file, dry } => {
            let text = std::fs::read_to_string(&file)
                .map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?;
            let path = desk.path(&format!("numbers/import?dry={dry}")).await?;
            let told = desk
                .client
                .post(&path, Request::text("text/csv", text))
                .await?
                .body;
            if desk.show.json {
                desk.show.value(&told);
            } else {
                desk.show.lines(
                    &[("STORED", "stored"), ("NEW", "new"), ("KNOWN", "known")],
                    &told,
                );
                let refused = told["refused"].as_array().cloned().unwrap_or_default();
                if !refused.is_empty() {
                    desk.show
                        .table(&[("ROW", "row"), ("REFUSED", "reason")], &refused);
                }
            }
            let is_fine = dry || told["stored"] == true;
            Ok(if is_fine {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(3)
            })
        }
        NumbersWhat::Ranges => {
            let path = desk.path("ranges").await?;
            let ranges = desk.client.get(&path).await?.body;
            let ranges = ranges["ranges"].as_array().cloned().unwrap_or_default();
            let columns = [
                ("RANGE", "id"),
                ("NAME", "name"),
                ("NODE", "node"),
                ("FREE", "free"),
                ("LOW", "low"),
            ];
            desk.show.table(&columns, &ranges);
            Ok(ExitCode::SUCCESS)
        }
        NumbersWhat::Audit => {
            let path = desk.path("audit").await?;
            desk.client.post(&path, Request::default()).await?;
            desk.show.said("ordered");
            Ok(ExitCode::SUCCESS)
        }
    })
}
