//! `rollcall config`: a folder of YAML files is compared with an installation, and put in force (I10).

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::client::{Failure, Request};
use super::folder::{self, Folder};
use super::show::{clean, out};
use super::{Desk, Remote, run};

/// There is something to apply.
const CHANGES: u8 = 2;
/// It cannot be applied.
const REFUSED: u8 = 3;
/// So many people are named.
const NAMED: usize = 20;

#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 no changes, or done; 2 there are changes; 3 it cannot be applied.

Examples:
  rollcall config export contoso/
  rollcall config plan contoso/
  rollcall config apply contoso/ --plan 4f2c…"
)]
pub struct Config {
    #[command(subcommand)]
    what: ConfigWhat,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Clone, Debug, Subcommand)]
enum ConfigWhat {
    /// Writes everything that is written down of a tenant into a folder
    Export { folder: PathBuf },
    /// Says what is wrong with a folder, by file and line
    Validate { folder: PathBuf },
    /// Says what a folder changes
    Diff { folder: PathBuf },
    /// Says what a folder changes, and for whom
    Plan { folder: PathBuf },
    /// Puts a folder in force, exactly as it was planned
    Apply {
        folder: PathBuf,
        /// The hash that `plan` named
        #[arg(long, value_name = "HASH")]
        plan: String,
    },
}

/// Configuration as code.
pub fn config(arguments: &Config) -> ExitCode {
    let what = arguments.what.clone();
    run(&arguments.remote, async |desk| match what {
        ConfigWhat::Export { folder } => {
            let path = desk.path("configuration").await?;
            let document = desk.client.get(&path).await?.body;
            folder::write(&folder, &document)?;
            desk.show.said(&format!("written to {}", folder.display()));
            Ok(ExitCode::SUCCESS)
        }
        ConfigWhat::Validate { folder } => {
            let planned = Planned::of(&desk, &folder).await?;
            if planned.objects() {
                return Ok(ExitCode::from(REFUSED));
            }
            desk.show.said("nothing is wrong with it");
            Ok(ExitCode::SUCCESS)
        }
        ConfigWhat::Diff { folder } => {
            let planned = Planned::of(&desk, &folder).await?;
            if desk.show.json {
                desk.show.value(&planned.told["changes"]);
            } else {
                planned.changes();
            }
            Ok(planned.exit())
        }
        ConfigWhat::Plan { folder } => {
            let planned = Planned::of(&desk, &folder).await?;
            if desk.show.json {
                desk.show.value(&planned.told);
                return Ok(planned.exit());
            }
            planned.changes();
            if planned.objects() || planned.is_unchanged() {
                return Ok(planned.exit());
            }
            planned.people();
            let hash = planned.told["hash"].as_str().unwrap_or_default();
            out(&format!(
                "\nPut it in force with: rollcall config apply {} --plan {hash}",
                folder.display()
            ));
            Ok(planned.exit())
        }
        ConfigWhat::Apply { folder, plan } => {
            let read = Folder::read(&folder)?;
            let path = desk.path("configuration").await?;
            let body = Value::Object(read.document.clone());
            let request = Request::json(&body).with("if-match", format!("\"{plan}\""));
            let told = desk.client.put(&path, request).await;
            let told = told.map_err(|failure| at_line(&read, failure))?.body;
            if desk.show.json {
                desk.show.value(&told);
                return Ok(ExitCode::SUCCESS);
            }
            let stored = told["stored"].as_array().into_iter().flatten();
            let mut count = 0;
            for change in stored {
                out(&heading(change));
                count += 1;
            }
            if count == 0 {
                out("no changes");
            } else {
                out(
                    "\nIn force. What it changes for many people waits for a yes: rollcall changes list --waiting",
                );
            }
            Ok(ExitCode::SUCCESS)
        }
    })
}

/// A folder, and what the installation says of it.
struct Planned {
    read: Folder,
    told: Value,
}

impl Planned {
    async fn of(desk: &Desk, folder: &Path) -> Result<Self, Failure> {
        let read = Folder::read(folder)?;
        let path = desk.path("configuration/plan").await?;
        let body = Request::json(&Value::Object(read.document.clone()));
        match desk.client.post(&path, body).await {
            Ok(answer) => Ok(Self {
                read,
                told: answer.body,
            }),
            Err(failure) => Err(at_line(&read, failure)),
        }
    }

    fn list(&self, name: &str) -> &[Value] {
        self.told[name].as_array().map_or(&[], Vec::as_slice)
    }

    fn is_unchanged(&self) -> bool {
        self.list("changes").is_empty()
    }

    fn exit(&self) -> ExitCode {
        if !self.list("objections").is_empty() {
            return ExitCode::from(REFUSED);
        }
        if self.is_unchanged() {
            return ExitCode::SUCCESS;
        }
        ExitCode::from(CHANGES)
    }

    /// Says what is wrong, by file and line; whether anything is.
    fn objects(&self) -> bool {
        let objections = self.list("objections");
        for objection in objections {
            let mut path = text(objection, "section").to_owned();
            if let Some(name) = objection["name"].as_str() {
                path.push_str(&format!(".{name}"));
            }
            if let Some(rule) = objection["rule"].as_u64() {
                path.push_str(&format!("[{rule}]"));
            }
            let place = self.read.place(&path).unwrap_or(path);
            eprintln!("{}", clean(&format!("{place}: {}", text(objection, "why"))));
        }
        !objections.is_empty()
    }

    fn changes(&self) {
        if self.is_unchanged() {
            out("no changes");
        }
        for change in self.list("changes") {
            out(&heading(change));
            let [before, after] = ["before", "after"]
                .map(|side| change.get(side).map_or(String::new(), folder::yaml));
            for line in TextDiff::from_lines(&before, &after).iter_all_changes() {
                let sign = match line.tag() {
                    ChangeTag::Equal => ' ',
                    ChangeTag::Delete => '-',
                    ChangeTag::Insert => '+',
                };
                out(&format!("  {sign} {}", clean(line.value().trim_end())));
            }
        }
    }

    fn people(&self) {
        let people = &self.told["people"];
        let changed = people["changed"].as_array().map_or(&[][..], Vec::as_slice);
        let more = people["more"].as_u64().unwrap_or(0);
        let all = u64::try_from(changed.len()).unwrap_or(0) + more;
        let in_scope = &people["in_scope"];
        out(&format!(
            "\n{all} of {in_scope} people would get something else."
        ));
        if people["complete"] == false {
            out("Only the first 50,000 people were looked at.");
        }
        let persona = |side: &Value| side.as_str().map_or("none".to_owned(), clean);
        for way in people["matrix"].as_array().into_iter().flatten() {
            let (from, to) = (persona(&way["from"]), persona(&way["to"]));
            if from != to {
                out(&format!("  {from} -> {to}: {}", way["people"]));
            }
        }
        for one in changed.iter().take(NAMED) {
            let (from, to) = (persona(&one["from"]), persona(&one["to"]));
            out(&format!("  {} {from} -> {to}", clean(text(one, "person"))));
        }
        if all > NAMED as u64 {
            out(&format!("  and {} more", all - NAMED as u64));
        }
        for (what, list) in [("numbers", "numbers"), ("seats", "licences")] {
            for need in people[list].as_array().into_iter().flatten() {
                out(&format!(
                    "  {what} needed of {}: {}",
                    clean(text(need, "id")),
                    need["needed"]
                ));
            }
        }
        for idle in people["idle"].as_array().into_iter().flatten() {
            out(&format!(
                "  rule {:?} is applied to nobody",
                clean(text(idle, "rule"))
            ));
        }
    }
}

/// `~ nodes europe/berlin`.
fn heading(change: &Value) -> String {
    let sign = match change["how"].as_str() {
        Some("added") => '+',
        Some("removed") => '-',
        Some(_) | None => '~',
    };
    let name = change["name"].as_str().unwrap_or_default();
    clean(format!("{sign} {} {name}", text(change, "section")).trim_end())
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// A refusal that names a field, with the file and line where that stands.
fn at_line(read: &Folder, failure: Failure) -> Failure {
    let Failure::Refused {
        why,
        field: Some(field),
    } = &failure
    else {
        return failure;
    };
    let Some(place) = read.place(field) else {
        return failure;
    };
    // What the path says, the place says.
    let why = why
        .split_once(&format!("{field}: "))
        .map_or(why.as_str(), |(_, why)| why);
    let why = why.split(" at line ").next().unwrap_or(why);
    Failure::Refused {
        why: format!("{place}: {why}"),
        field: None,
    }
}
