//! The sync function as it is deployed, a process of its own, against the embedded cloud over loopback, in real time: how much memory it
//! takes, and how long.

#![expect(clippy::print_stdout, reason = "a table is what it is for")]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use local::demo;
use local::front::{self, Process};
use local::installation::{Installation, Options, Schedules};
use local::microsoft::{self, Microsoft};
use local::serve;
use shared::clock::Clock;
use shared::graph::loopback;
use shared::model::lane::{Lane, Mark};
use shared::model::tenant::ReadinessLooks;

use crate::directory::fill;
use crate::world::steady;

/// The most that it may have resident at any moment, in MB.
const MOST: f64 = 120.0;
/// The longest that a first sync of 500,000 people may take, and one with nothing changed.
const FIRST: Duration = Duration::from_secs(600);
const AGAIN: Duration = Duration::from_secs(120);
/// How often is looked whether it is over.
const LOOK: Duration = Duration::from_millis(100);

/// A process that does not outlive us.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    fn start(program: &Path, cloud: &str, runtime: &str) -> std::io::Result<Self> {
        let queue = |lane: Lane| format!("{cloud}/000000000000/{}", lane.name());
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("AWS_ACCESS_KEY_ID", "none")
            .env("AWS_SECRET_ACCESS_KEY", "none")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL", cloud)
            .env("AWS_LAMBDA_FUNCTION_NAME", "sync")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_RUNTIME_API", runtime)
            .env("ROLLCALL_TABLE", "rollcall")
            .env("ROLLCALL_QUEUE_ARNS", "arn:aws:sqs:us-east-1:000000000000:")
            .env("ROLLCALL_SCHEDULE_GROUP", "rollcall")
            .env(
                "ROLLCALL_SCHEDULER_ROLE",
                "arn:aws:iam::000000000000:role/schedules",
            );
        for lane in Lane::ALL {
            let name = format!("ROLLCALL_QUEUE_{}", lane.name().to_uppercase());
            command.env(name, queue(lane));
        }
        Ok(Self(command.stdout(Stdio::null()).spawn()?))
    }

    /// The most that was ever resident, and its processor time so far.
    fn used(&self) -> Result<(f64, Duration), Box<dyn Error>> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes: f64 = most
            .and_then(|most| most.split_whitespace().next()?.parse().ok())
            .ok_or("the kernel does not say how much memory it has")?;
        let times = fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        // utime and stime, in hundredths of a second, stand 12th and 13th behind the name.
        let fields = times.rsplit(") ").next().unwrap_or_default();
        let ticks = fields.split_whitespace().skip(11).take(2);
        let hundredths: u64 = ticks.filter_map(|one| one.parse::<u64>().ok()).sum();
        Ok((kilobytes / 1_024.0, Duration::from_millis(10 * hundredths)))
    }
}

/// Runs the first sync of so many people and one with nothing changed; whether both kept within what they may take.
pub async fn sync(program: &Path, people: usize) -> Result<bool, Box<dyn Error>> {
    let clock = Clock::system();
    let listeners = (
        serve::loopback(0).await?,
        serve::loopback(0).await?,
        serve::loopback(0).await?,
    );
    let address = |listener: &tokio::net::TcpListener| listener.local_addr();
    let options = microsoft::Options {
        base_url: format!("http://{}", address(&listeners.0)?),
        ..steady()
    };
    let customer = demo::customer(&options, ReadinessLooks::Scheduled);
    let microsoft = Microsoft::in_memory(options, clock);
    fill(&microsoft, people);
    let setting = Options {
        schedules: Schedules::NONE,
        ..Options::new(clock, 1)
    };
    let mut installation = Installation::start(setting, customer, loopback()).await?;
    let process = Process::default();
    installation.hand_to(Lane::Sync, &process.handler());
    let cloud = format!("http://{}", address(&listeners.1)?);
    let runtime = address(&listeners.2)?.to_string();
    let running = Running::start(program, &cloud, &runtime)?;
    let both = async {
        let mut is_within = true;
        for (flow, mark, longest) in [
            ("first sync", Mark::Pull, FIRST),
            ("full sync, unchanged", Mark::Full, AGAIN),
        ] {
            let begun = clock.elapsed();
            let (_, worked) = running.used()?;
            installation.ask(Lane::Sync, mark).await?;
            while !is_over(&installation).await? {
                clock.sleep(LOOK).await;
            }
            let took = clock.elapsed() - begun;
            let (megabytes, working) = running.used()?;
            let each = (working - worked).as_secs_f64() * 1e6 / people as f64;
            println!(
                "process: {flow} of {people}: {megabytes:.1} MB at most, budget {MOST:.0}; {:.1} s, of them its own processor time \
                 {:.1} s, {each:.1} µs each",
                took.as_secs_f64(),
                (working - worked).as_secs_f64(),
            );
            is_within &= megabytes <= MOST && took <= longest;
        }
        Ok::<_, Box<dyn Error>>(is_within)
    };
    tokio::select! {
        biased;
        measured = both => measured,
        () = installation.run() => Err("the installation is not served any more".into()),
        _ = serve::serve(listeners.0, microsoft.router()) => Err("the tenant is not served any more".into()),
        _ = serve::serve(listeners.1, front::aws(&installation.cloud)) => Err("the cloud is not served any more".into()),
        _ = serve::serve(listeners.2, process.runtime_api()) => Err("the function is not served any more".into()),
    }
}

/// Nothing is wanted of the sync lane any more.
async fn is_over(installation: &Installation) -> Result<bool, Box<dyn Error>> {
    let shell = &installation.admin;
    let lane = shell.store.lane(&installation.tenant, Lane::Sync).await?;
    Ok(lane.marks.is_empty() && !lane.is_held(shell.clock.now()))
}
