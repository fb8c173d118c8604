//! `rollcall tenant`: the simulated Microsoft 365 tenant alone, for any client of Graph.

use std::path::PathBuf;
use std::process::ExitCode;

use local::demo::{self, EPOCH};
use local::microsoft::{Microsoft, Options};
use local::{contoso, serve};
use shared::clock::Clock;

/// More people than this take a while to make.
const MOST_PEOPLE: u32 = 500_000;
/// Faster, one second of the client's patience would be an hour.
const TOP_SPEED: u32 = 1_000;

#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// The port of 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8788)]
    port: u16,
    /// People of Contoso to begin with, up to 500000
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=i64::from(MOST_PEOPLE)))]
    people: u32,
    /// Where all chance comes from: delays, empty pages, throttling
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many times as fast as yours the clock runs, 1 to 1000
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(TOP_SPEED)))]
    speed: u32,
    /// Nothing is late, stale, repeated or throttled
    #[arg(long)]
    calm: bool,
    /// Permissions besides those that Rollcall needs, such as `Directory.Read.All`
    #[arg(long, value_name = "PERMISSION")]
    also: Vec<String>,
    /// The SQLite file that keeps the tenant; without it, it is forgotten with the process
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Serves until Ctrl-C. Exit code 1: it cannot.
pub fn run(arguments: &Arguments) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let served = match runtime {
        Ok(runtime) => runtime.block_on(serve(arguments)),
        Err(error) => Err(format!("cannot start: {error}")),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("rollcall: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: &Arguments) -> Result<(), String> {
    let port = arguments.port;
    let listener = serve::loopback(port).await.map_err(|error| {
        format!("port {port} of 127.0.0.1 cannot be used: {error}; choose one with --port, 0 takes a free one")
    })?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let base = format!("http://{address}");
    let mut options = if arguments.calm {
        Options::calm()
    } else {
        Options::default()
    };
    options.base_url.clone_from(&base);
    options.seed = arguments.seed;
    options.roles.extend(arguments.also.iter().cloned());
    let clock = Clock::steered(EPOCH, arguments.speed);
    let tenant = match &arguments.file {
        None => Microsoft::in_memory(options.clone(), clock),
        Some(file) => Microsoft::open(file, options.clone(), clock)
            .map_err(|error| format!("{} cannot be used: {error}", file.display()))?,
    };
    if arguments.people > 0 && tenant.people().is_empty() {
        let people = usize::try_from(arguments.people).unwrap_or(usize::MAX);
        demo::furnish(&tenant, &contoso::employees(people, arguments.seed));
    }
    println!(
        "A simulated Microsoft 365 tenant, {} people. Ctrl-C stops it.",
        tenant.people().len()
    );
    println!(
        "  token endpoint   {base}/{}/oauth2/v2.0/token",
        options.tenant_id
    );
    println!("  Graph            {base}/v1.0");
    println!("  control          {base}/control    (GET lists what can be done)");
    println!("  tenant id        {}", options.tenant_id);
    println!("  client id        {}", options.client_id);
    println!("  client secret    {}", options.client_secret);
    tokio::select! {
        Ok(()) = tokio::signal::ctrl_c() => Ok(()),
        ended = serve::serve(listener, tenant.router()) => {
            ended.map_err(|error| format!("the tenant is not served any more: {error}"))
        }
    }
}
