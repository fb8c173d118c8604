//! What each flow costs, in counts that do not depend on the machine, beside what it may cost; the embedded cloud counts as AWS bills.
//!
//! `bench [--json] [--wave PEOPLE]… [--by-group PEOPLE]… [--staged PEOPLE]… [PEOPLE]…`: 500 of each and 50,000 to read if nothing is said. Exit 1
//! if a count is over its budget.
//!
//! `bench --process SYNC PEOPLE`: the memory and the time of that binary of the sync function.
//!
//! | file | holds |
//! |---|---|
//! | `count` | what was asked of the services, and what it comes to |
//! | `world` | an installation on virtual time |
//! | `directory`, `lives` | the flows |
//! | `promise` | floors and budgets |
//! | `process` | the binary of the sync function, in real time |
//! | `report` | the tables |

mod count;
mod directory;
mod lives;
mod process;
mod promise;
mod report;
mod world;

use std::error::Error;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use shared::error::Result;
use tokio::runtime::Builder;

use lives::Licence;
use promise::Row;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What to measure, each with so many people.
#[derive(Debug, Default)]
struct Wanted {
    read: Vec<usize>,
    wave: Vec<usize>,
    by_group: Vec<usize>,
    staged: Vec<usize>,
    is_json: bool,
}

impl Wanted {
    fn of(mut arguments: impl Iterator<Item = String>) -> std::result::Result<Self, String> {
        let mut wanted = Self::default();
        while let Some(argument) = arguments.next() {
            let people = |text: Option<String>| {
                let count = text.as_deref().and_then(|text| text.parse().ok());
                count.ok_or_else(|| format!("{argument}: say how many people"))
            };
            match argument.as_str() {
                "--json" => wanted.is_json = true,
                "--wave" => wanted.wave.push(people(arguments.next())?),
                "--by-group" => wanted.by_group.push(people(arguments.next())?),
                "--staged" => wanted.staged.push(people(arguments.next())?),
                count => wanted.read.push(people(Some(count.to_owned()))?),
            }
        }
        let all = [&wanted.read, &wanted.wave, &wanted.by_group, &wanted.staged];
        if all.iter().all(|sizes| sizes.is_empty()) {
            wanted.read = vec![500, 50_000];
            wanted.wave = vec![1, 500];
            wanted.by_group = vec![500];
            wanted.staged = vec![500];
        }
        Ok(wanted)
    }

    fn measure(&self) -> std::result::Result<Vec<Row>, Box<dyn Error>> {
        let mut rows = Vec::new();
        let say = |what: &str, people: &usize| eprintln!("{what}: {people} people …");
        for people in &self.read {
            say("read", people);
            rows.extend(alone(directory::directory(*people))?);
        }
        for people in &self.wave {
            say("provisioned", people);
            rows.extend(alone(lives::lives(*people, Licence::Direct))?);
        }
        for people in &self.by_group {
            say("provisioned by a group's licence", people);
            rows.extend(
                alone(lives::lives(*people, Licence::Group))?
                    .into_iter()
                    .take(1),
            );
        }
        for people in &self.staged {
            say("staged", people);
            rows.extend(alone(lives::staged(*people))?);
        }
        Ok(rows)
    }
}

/// Each flow has a clock of its own.
fn alone<T>(flow: impl Future<Output = Result<T>>) -> std::result::Result<T, Box<dyn Error>> {
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build()?;
    Ok(runtime.block_on(flow)?)
}

/// `--process SYNC PEOPLE`, if that is what is asked for.
fn of_process() -> Option<(PathBuf, usize)> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [flag, program, people] if flag == "--process" => {
            Some((program.into(), people.parse().ok()?))
        }
        _ => None,
    }
}

fn run_process(program: &Path, people: usize) -> std::result::Result<bool, Box<dyn Error>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(process::sync(program, people))
}

fn main() -> ExitCode {
    if let Some((program, people)) = of_process() {
        return match run_process(&program, people) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("bench: {}: {error}", program.display());
                ExitCode::FAILURE
            }
        };
    }
    let measured = Wanted::of(std::env::args().skip(1))
        .map_err(Box::<dyn Error>::from)
        .and_then(|wanted| Ok((wanted.measure()?, wanted.is_json)));
    match measured {
        Ok((rows, is_json)) => report::tell(&rows, is_json),
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect_file;

    use super::*;

    /// R142: what each flow costs shows when it changes. `UPDATE_EXPECT=1 cargo test -p bench` writes the figures anew.
    #[test]
    fn the_counts_are_those_that_were_reviewed() {
        let wanted = Wanted {
            read: vec![500, 2_500],
            wave: vec![1, 100],
            by_group: vec![100],
            staged: vec![100],
            is_json: false,
        };
        let rows = wanted.measure().unwrap();
        expect_file!["../counts.json"].assert_eq(&report::snapshot(&rows));
        let excesses: Vec<String> = rows.iter().flat_map(Row::excesses).collect();
        assert_eq!(excesses, [""; 0]);
    }
}
