//! `rollcall demo`: the whole system, on a virtual clock, to the end.

use std::process::ExitCode;
use std::time::Instant;

use local::demo::{Report, demo};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// People of Contoso.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    users: u32,
    /// Where all chance comes from; the same seed gives the same run.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print one JSON object and nothing else.
    #[arg(long)]
    json: bool,
}

/// Exit code 0 only if everybody ended where the rules say and no invariant broke.
#[expect(
    clippy::disallowed_methods,
    reason = "the demo also says how long it really took"
)]
pub fn run(arguments: &Arguments) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("cannot start: {error}")),
    };
    let began = Instant::now();
    let users = usize::try_from(arguments.users).unwrap_or(usize::MAX);
    let mut report = match runtime.block_on(demo(users, arguments.seed)) {
        Ok(report) => report,
        Err(error) => return failed(&error.to_string()),
    };
    report.seconds.real = (began.elapsed().as_secs_f64() * 100.0).round() / 100.0;
    if arguments.json {
        match serde_json::to_string_pretty(&report) {
            Ok(json) => println!("{json}"),
            Err(error) => return failed(&error.to_string()),
        }
    } else {
        print(&report);
    }
    if report.problems.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn print(report: &Report) {
    println!("Contoso, {} people, seed {}", report.users, report.seed);
    println!(
        "{} virtual hours in {} s",
        report.seconds.simulated / 3_600,
        report.seconds.real
    );
    for (state, count) in &report.people {
        println!("  {count:>6}  {}", state.replace('_', " "));
    }
    for (sku, seats) in &report.licences {
        println!("  {sku}: {} seats used, {} free", seats.used, seats.free);
    }
    match report.problems.as_slice() {
        [] => println!("Everybody is where the rules say."),
        problems => {
            println!("{} problem(s):", problems.len());
            for problem in problems {
                println!("  {problem}");
            }
        }
    }
}

fn failed(why: &str) -> ExitCode {
    eprintln!("rollcall: {why}");
    ExitCode::FAILURE
}
