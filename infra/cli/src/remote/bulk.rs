//! `rollcall staging`, `rollcall files`: several people at once.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use super::client::{Failure, Request, segment};
use super::show::out;
use super::{Remote, run};

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  rollcall staging list
  rollcall staging unstage 87d349ed-44d7-43e1-9a83-5f2406dee5bd 2298eb42-cbbe-4db8-a383-0d21dc859216")]
pub struct Staging {
    #[command(subcommand)]
    what: StagingWhat,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Clone, Debug, Subcommand)]
enum StagingWhat {
    /// Lists who waits for their Teams account, and why
    List,
    /// Looks for the Teams accounts of these people now, and of nobody else
    Unstage {
        #[arg(required = true)]
        people: Vec<String>,
    },
}

/// Who waits for Microsoft.
pub fn staging(arguments: &Staging) -> ExitCode {
    let what = arguments.what.clone();
    run(&arguments.remote, async |desk| match what {
        StagingWhat::List => {
            let path = desk.path("staging").await?;
            let staged = desk.client.all(&path, "staged").await?;
            let columns = [
                ("PERSON", "person"),
                ("NAME", "name"),
                ("SINCE", "since"),
                ("TRIES", "attempts"),
                ("NEXT", "next_try"),
                ("WHY", "reason"),
            ];
            desk.show.table(&columns, &staged);
            Ok(ExitCode::SUCCESS)
        }
        StagingWhat::Unstage { people } => {
            let path = desk.path("staging/unstage").await?;
            let asked = Request::json(&json!({"people": people}));
            let told = desk.client.post(&path, asked).await?.body;
            let answers = told["people"].as_array();
            match answers {
                Some(all) if !desk.show.json => {
                    desk.show
                        .table(&[("PERSON", "person"), ("OUTCOME", "result")], all);
                }
                Some(_) | None => desk.show.value(&told),
            }
            Ok(ExitCode::SUCCESS)
        }
    })
}

#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "A file is CSV with the columns person, order (offboard, move, persona, unstage), site, persona, profile, keep_number.

Examples:
  rollcall files check leavers.csv
  rollcall files give leavers.csv
  rollcall files outcome 01KE6KJHX0B5PQ6W0NWDSAGV3Q"
)]
pub struct Files {
    #[command(subcommand)]
    what: FilesWhat,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Clone, Debug, Subcommand)]
enum FilesWhat {
    /// Says of every row whether it can be ordered; nothing is
    Check { file: PathBuf },
    /// Gives a file in, as one change set
    Give {
        file: PathBuf,
        /// Also if some rows are refused: without them
        #[arg(long)]
        partly: bool,
    },
    /// Says what became of everybody in a file
    Outcome { change_set: String },
}

/// Orders for many people. Exit code 3: rows were refused and nothing was ordered.
pub fn files(arguments: &Files) -> ExitCode {
    let what = arguments.what.clone();
    run(&arguments.remote, async |desk| {
        let (file, query) = match &what {
            FilesWhat::Check { file } => (file, "?dry=true"),
            FilesWhat::Give { file, partly: true } => (file, "?partly=true"),
            FilesWhat::Give {
                file,
                partly: false,
            } => (file, ""),
            FilesWhat::Outcome { change_set } => {
                let path = format!("change-sets/{}/outcomes", segment(change_set));
                let path = desk.path(&path).await?;
                let people = desk.client.all(&path, "people").await?;
                let columns = [
                    ("PERSON", "person"),
                    ("ORDER", "order"),
                    ("OUTCOME", "outcome"),
                    ("STATE", "state"),
                    ("WHY", "reason"),
                ];
                desk.show.table(&columns, &people);
                return Ok(ExitCode::SUCCESS);
            }
        };
        let text = fs::read_to_string(file)
            .map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?;
        let path = desk.path(&format!("files{query}")).await?;
        let given = desk
            .client
            .post(&path, Request::text("text/csv", text))
            .await?
            .body;
        let rows = given["rows"].as_array().cloned().unwrap_or_default();
        if desk.show.json {
            desk.show.value(&given);
        } else {
            let columns = [
                ("LINE", "line"),
                ("PERSON", "person"),
                ("REFUSED", "refused"),
            ];
            desk.show.table(&columns, &rows);
            match given["change_set"].as_str() {
                Some(set) => out(&format!("change set {set}")),
                None => out("nothing was ordered"),
            }
        }
        let refused = given["refused"].as_u64().unwrap_or(0) > 0;
        let is_done = given["change_set"].is_string() || !refused;
        Ok(if is_done {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(3)
        })
    })
}
