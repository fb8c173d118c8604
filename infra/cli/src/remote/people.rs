//! `rollcall users`: people, one by one.

use std::process::ExitCode;
use std::time::Duration;

use clap::Subcommand;
use serde_json::{Value, json};

use super::client::{Failure, Request, segment};
use super::show::{Column, out};
use super::{Desk, Remote, pause, run};

const PERSON: [Column; 6] = [
    ("ID", "id"),
    ("NAME", "name"),
    ("SIGN-IN", "user_principal_name"),
    ("STATE", "state"),
    ("SITE", "site"),
    ("PERSONA", "persona.id"),
];
/// Between two looks at what is waited for.
const LOOK: Duration = Duration::from_secs(2);

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  rollcall users list --state staged
  rollcall users explain adele@contoso.com
  rollcall users move adele@contoso.com --site europe/berlin --keep-number --dry
  rollcall users offboard adele@contoso.com --wait

A person is named by Entra object id, or by how they sign in.")]
pub struct Users {
    #[command(subcommand)]
    what: UsersWhat,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Clone, Debug, Subcommand)]
enum UsersWhat {
    /// Lists people
    List {
        /// Only those in this state, such as staged or provisioned
        #[arg(long)]
        state: Option<String>,
        /// Only those at this site
        #[arg(long)]
        site: Option<String>,
    },
    /// Shows somebody, with their jobs
    Show { person: String },
    /// Says why somebody gets what they get
    Explain { person: String },
    /// Says what giving somebody a persona would do
    Plan(Give),
    /// Gives somebody a persona
    Provision(Give),
    /// Takes everything away from somebody
    Offboard {
        person: String,
        #[command(flatten)]
        how: How,
    },
    /// Moves somebody to another site
    Move {
        person: String,
        /// The new site, such as europe/berlin
        #[arg(long)]
        site: String,
        /// The persona there; otherwise the one that they hold
        #[arg(long)]
        persona: Option<String>,
        /// Their number goes with them
        #[arg(long)]
        keep_number: bool,
        #[command(flatten)]
        how: How,
    },
    /// Takes an offboarding back
    Reinstate {
        person: String,
        #[command(flatten)]
        how: How,
    },
    /// Reads somebody again from the directory
    Refresh { person: String },
}

#[derive(Clone, Debug, clap::Args)]
struct Give {
    person: String,
    /// The persona's id
    #[arg(long)]
    persona: String,
    /// The site; otherwise where they are
    #[arg(long)]
    site: Option<String>,
    /// A profile; otherwise everything
    #[arg(long)]
    profile: Option<String>,
    /// Wait until it is done; exit code 1 if it fails
    #[arg(long)]
    wait: bool,
}

#[derive(Clone, Copy, Debug, clap::Args)]
struct How {
    /// Only say what would be done
    #[arg(long, conflicts_with = "wait")]
    dry: bool,
    /// Wait until it is done; exit code 1 if it fails
    #[arg(long)]
    wait: bool,
}

/// People, one by one.
pub fn users(arguments: &Users) -> ExitCode {
    let what = arguments.what.clone();
    run(&arguments.remote, async |desk| match what {
        UsersWhat::List { state, site } => {
            let mut query = String::new();
            for (name, value) in [("state", state), ("site", site)] {
                if let Some(value) = value {
                    let sign = if query.is_empty() { '?' } else { '&' };
                    query.push_str(&format!("{sign}{name}={}", segment(&value)));
                }
            }
            let path = desk.path(&format!("people{query}")).await?;
            let people = desk.client.all(&path, "people").await?;
            desk.show.table(&PERSON, &people);
            Ok(ExitCode::SUCCESS)
        }
        UsersWhat::Show { person } => {
            let at = at(&desk, &person).await?;
            let mut seen = desk.client.get(&at).await?.body;
            let jobs = desk.client.all(&format!("{at}/jobs"), "jobs").await?;
            if desk.show.json {
                seen["jobs"] = Value::Array(jobs);
                desk.show.value(&seen);
                return Ok(ExitCode::SUCCESS);
            }
            let more = [
                ("ROLE", "member_role"),
                ("NUMBER", "number"),
                ("LEAVES", "departure.day"),
                ("LICENCES", "licences"),
            ];
            let fields: Vec<Column> = PERSON.into_iter().chain(more).collect();
            desk.show.lines(&fields, &seen);
            out("");
            desk.show.table(&super::work::JOB, &jobs);
            Ok(ExitCode::SUCCESS)
        }
        UsersWhat::Explain { person } => {
            let at = at(&desk, &person).await?;
            let told = desk.client.get(&format!("{at}/explanation")).await?;
            if desk.show.json {
                desk.show.value(&told.body);
            } else {
                explain(&told.body, 0);
            }
            Ok(ExitCode::SUCCESS)
        }
        UsersWhat::Plan(give) => {
            let how = How {
                dry: true,
                wait: false,
            };
            order(&desk, &give.person, "provision", Some(body(&give)), how).await
        }
        UsersWhat::Provision(give) => {
            let how = How {
                dry: false,
                wait: give.wait,
            };
            order(&desk, &give.person, "provision", Some(body(&give)), how).await
        }
        UsersWhat::Offboard { person, how } => order(&desk, &person, "offboard", None, how).await,
        UsersWhat::Move {
            person,
            site,
            persona,
            keep_number,
            how,
        } => {
            let body = json!({"site": site, "persona": persona, "keep_number": keep_number});
            order(&desk, &person, "move", Some(body), how).await
        }
        UsersWhat::Reinstate { person, how } => {
            order(&desk, &person, "reinstate", Some(json!({})), how).await
        }
        UsersWhat::Refresh { person } => {
            let at = at(&desk, &person).await?;
            desk.client
                .post(&format!("{at}/refresh"), Request::default())
                .await?;
            desk.show.said("ordered");
            Ok(ExitCode::SUCCESS)
        }
    })
}

fn body(give: &Give) -> Value {
    let Give {
        persona,
        site,
        profile,
        ..
    } = give;
    json!({"persona": persona, "site": site, "profile": profile})
}

/// An explanation as it is read from top to bottom.
fn explain(value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    let Some(fields) = value.as_object() else {
        return;
    };
    // What will be done comes first.
    let first = fields.iter().filter(|(name, _)| *name == "next");
    let rest = fields.iter().filter(|(name, _)| *name != "next");
    for (name, value) in first.chain(rest) {
        let name = super::show::clean(name);
        match value {
            Value::Object(_) => {
                out(&format!("{indent}{name}:"));
                explain(value, depth + 1);
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                out(&format!("{indent}{name}:"));
                for item in items {
                    explain(item, depth + 1);
                    out("");
                }
            }
            Value::String(text) => out(&format!("{indent}{name}: {}", super::show::clean(text))),
            Value::Null => {}
            Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                out(&format!("{indent}{name}: {value}"))
            }
        }
    }
}

/// The path of somebody, named by id or by how they sign in.
async fn at(desk: &Desk, person: &str) -> Result<String, Failure> {
    if !person.contains('@') {
        return desk.path(&format!("people/{}", segment(person))).await;
    }
    let path = desk
        .path(&format!("people?sign_in={}", segment(person)))
        .await?;
    let found = desk.client.first(&path, "people").await?;
    let id = found.as_ref().and_then(|person| person["id"].as_str());
    let id = id.ok_or_else(|| Failure::NotFound(format!("nobody signs in as {person}")))?;
    desk.path(&format!("people/{}", segment(id))).await
}

async fn order(
    desk: &Desk,
    person: &str,
    verb: &str,
    body: Option<Value>,
    how: How,
) -> Result<ExitCode, Failure> {
    let at = at(desk, person).await?;
    let dry = if how.dry { "?dry=true" } else { "" };
    let request = body.map_or_else(Request::default, |body| Request::json(&body));
    let told = desk
        .client
        .post(&format!("{at}/{verb}{dry}"), request)
        .await?
        .body;
    if desk.show.json && !how.wait {
        desk.show.value(&told);
        return Ok(ExitCode::SUCCESS);
    }
    for (list, before) in [("steps", "- "), ("notes", "note: ")] {
        for one in told[list].as_array().into_iter().flatten() {
            desk.show
                .said(&format!("{before}{}", one.as_str().unwrap_or_default()));
        }
    }
    if !how.wait {
        if !how.dry {
            desk.show.said("ordered");
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut last = String::new();
    loop {
        let jobs = desk.client.get(&format!("{at}/jobs?limit=1")).await?.body;
        let job = &jobs["jobs"][0];
        let state = job["state"].as_str().unwrap_or_default();
        if state != last {
            let why = job["waits"]
                .as_str()
                .map_or(String::new(), |why| format!(": {why}"));
            eprintln!("{state}{}", super::show::clean(&why));
            state.clone_into(&mut last);
        }
        if jobs.get("open").is_none() {
            if desk.show.json {
                desk.show.value(job);
            }
            let is_done = matches!(state, "done" | "done_with_notes");
            return Ok(if is_done {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            });
        }
        pause(LOOK).await;
    }
}
