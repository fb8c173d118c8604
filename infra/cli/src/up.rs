//! `rollcall up`: the whole system on this machine, on a running clock, until Ctrl-C.
//!
//! | file | holds |
//! |---|---|
//! | `order` | the arguments, checked all at once |
//! | `folder` | the state folder |
//! | `api` | the HTTP API on a port of this machine |
//! | `simulated` | Contoso in the simulated tenant, over HTTP |
//! | `real` | a real tenant |
//! | `story` | who joins and leaves Contoso |
//! | `lives` | who is staged and why, who came from one state into another |
//! | `view`, `screen` | what is to be seen, and where it is shown |
//!
//! Everything that matters is in the folder's files the moment it happens, so there is nothing to do at the end: `kill -9` at any
//! moment and another start is as good as one run. What is only in memory, doorbells and tokens, is what the sweep and the token
//! endpoint give again.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use local::fate::{Fate, Hook, Request};
use shared::clock::Clock;
use shared::model::tenant::{Tenant, TenantId};

use self::folder::Folder;
pub use self::order::Arguments;
use self::order::Order;
use self::view::Tries;

mod api;
pub mod folder;
mod lives;
mod order;
mod real;
mod screen;
mod simulated;
mod story;
mod view;

/// Exit code for what cannot work as it is asked for.
const MISCONFIGURED: u8 = 2;
/// The table is drawn so often, in real time.
const REDRAW: Duration = Duration::from_secs(1);
/// Counting people takes one part in so many of the time, at most.
const COUNTING: u32 = 20;

/// How a run ends, if it does.
#[derive(Debug)]
enum End {
    /// Everybody is where the rules say.
    Settled,
    /// Nothing moves any more, or not soon enough, and this is wrong.
    Unsettled(Vec<String>),
    /// It cannot work as it is asked for.
    Misconfigured(String),
    /// It broke while it ran.
    Broken(String),
    /// Ctrl-C.
    Stopped,
}

/// Runs until Ctrl-C, or until everybody is where the rules say if that is asked for. Exit code 2: it cannot work like this.
pub fn run(arguments: &Arguments) -> ExitCode {
    let order = match Order::read(arguments, std::env::var(order::SECRET).ok()) {
        Ok(order) => order,
        Err(problems) => {
            eprintln!("rollcall: up cannot start, {} problem(s):", problems.len());
            for problem in problems {
                eprintln!("  {problem}");
            }
            return ExitCode::from(MISCONFIGURED);
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("cannot start: {error}"), ExitCode::FAILURE),
    };
    let folder = match Folder::open(&arguments.state) {
        Ok(folder) => folder,
        Err(why) => return failed(&why, ExitCode::from(MISCONFIGURED)),
    };
    let end = runtime.block_on(async {
        let run = async {
            match order {
                Order::Simulated {
                    users,
                    seed,
                    speed,
                    port,
                } => {
                    let people = simulated::People { users, seed };
                    simulated::run(&folder, people, speed, port, arguments.until_settled).await
                }
                Order::Real { real, port } => real::run(&folder, real, port).await,
            }
        };
        tokio::select! {
            biased;
            // If Ctrl-C cannot be heard it ends the process by itself, which is as good.
            Ok(()) = tokio::signal::ctrl_c() => End::Stopped,
            end = run => end,
        }
    });
    match end {
        End::Settled => ExitCode::SUCCESS,
        End::Stopped => {
            println!("\nStopped. The same command goes on from here.");
            ExitCode::SUCCESS
        }
        End::Unsettled(problems) => {
            println!("{} problem(s):", problems.len());
            for problem in problems {
                println!("  {problem}");
            }
            ExitCode::FAILURE
        }
        End::Misconfigured(why) => failed(&why, ExitCode::from(MISCONFIGURED)),
        End::Broken(why) => failed(&why, ExitCode::FAILURE),
    }
}

fn failed(why: &str, code: ExitCode) -> ExitCode {
    eprintln!("rollcall: {why}");
    code
}

/// The last line of the head.
fn where_and_how(folder: &Folder) -> String {
    let folder = folder.path().display();
    format!(
        "State is kept in {folder}: Ctrl-C stops, the same command goes on, `rm -r {folder}` starts over."
    )
}

/// What an administrator has to know of a tenant.
fn trouble(tenant: &Tenant) -> Option<String> {
    let open = tenant.gate.open.values().next();
    let waits = open.map(|set| {
        let id = &set.0;
        format!(
            "a change set would change many people: see change-sets/{id}, which waits for a yes"
        )
    });
    let said = tenant
        .trouble
        .as_ref()
        .map(|trouble| trouble.sentence.clone());
    said.or(waits)
}

/// What can be tried through this API.
fn tries(folder: &Folder, api: &str, tenant: &TenantId) -> Tries {
    let program = std::env::current_exe().ok();
    let here = std::env::current_dir().ok();
    let program = program.as_deref().map(|program| {
        let short = here
            .as_deref()
            .and_then(|here| program.strip_prefix(here).ok());
        short.unwrap_or(program).display().to_string()
    });
    let program = program.unwrap_or_else(|| "rollcall".to_owned());
    let state = match folder.path().display().to_string() {
        usual if usual == ".rollcall" => String::new(),
        other => format!(" --state {other}"),
    };
    Tries {
        token: format!("{program} token operator{state}"),
        tenant: format!("{api}/tenants/{}", tenant.as_str()),
    }
}

/// Counts requests by service, and lets each of them through.
#[derive(Clone, Debug, Default)]
struct Requests(Arc<Mutex<BTreeMap<String, u64>>>);

impl Requests {
    fn hook(&self) -> Hook {
        let counted = self.clone();
        Arc::new(move |request: &Request<'_>| {
            let mut counts = counted.0.lock().unwrap_or_else(PoisonError::into_inner);
            *counts.entry(request.service.to_string()).or_default() += 1;
            Fate::Deliver
        })
    }

    fn so_far(&self) -> BTreeMap<String, u64> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// When people are counted again: once a second, less often where counting takes long. By the machine's clock, like all that a
/// person at the screen sees.
#[derive(Debug)]
struct Counting {
    wall: Clock,
    next: Duration,
}

impl Counting {
    fn new() -> Self {
        Self {
            wall: Clock::system(),
            next: Duration::ZERO,
        }
    }

    fn is_due(&self) -> bool {
        self.wall.elapsed() >= self.next
    }

    /// Counting began at that reading of the clock, and is done.
    fn done(&mut self, began: Duration) {
        let now = self.wall.elapsed();
        // A little less than a second, so that no drawing is missed by a hair.
        self.next = now + ((now - began) * COUNTING).max(REDRAW / 2);
    }
}
