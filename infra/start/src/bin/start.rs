//! How long each function takes from being executed to its first question to the Runtime API, and how large it is, beside a function
//! that does nothing: all in one run, in turns, because machines have moods.
//!
//! `start FOLDER`: the folder of the binaries. Exit 1 if one takes more than four times as long as the bare one.

#![expect(clippy::print_stdout, reason = "a table is what it is for")]

use std::io::{ErrorKind, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::Duration;
use std::{env, fs, io};

use shared::clock::Clock;
use shared::rights::Function;

const BARE: &str = "bare";
const ROUNDS: usize = 41;
/// The most that a start may take, in starts of the bare one.
const LIMIT: f64 = 4.0;
/// How finely is looked.
const LOOK: Duration = Duration::from_micros(20);
const LONGEST: Duration = Duration::from_secs(10);
/// The question that every function begins with.
const QUESTION: &[u8] = b"GET /2018-06-01/runtime/invocation/next ";

/// What functions are told where they are deployed; nothing listens at the address that they may warm up to.
const ENVIRONMENT: [(&str, &str); 16] = [
    ("AWS_ACCESS_KEY_ID", "none"),
    ("AWS_SECRET_ACCESS_KEY", "none"),
    ("AWS_REGION", "eu-central-1"),
    ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
    ("AWS_LAMBDA_FUNCTION_NAME", "start"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
    ("ROLLCALL_TABLE", "table"),
    ("ROLLCALL_QUEUE_SYNC", "http://127.0.0.1:9/sync"),
    ("ROLLCALL_QUEUE_STAGING", "http://127.0.0.1:9/staging"),
    ("ROLLCALL_QUEUE_PROVISION", "http://127.0.0.1:9/provision"),
    ("ROLLCALL_QUEUE_OFFBOARD", "http://127.0.0.1:9/offboard"),
    ("ROLLCALL_QUEUE_ARNS", "arn:aws:sqs:eu-central-1:0:"),
    ("ROLLCALL_SCHEDULE_GROUP", "group"),
    ("ROLLCALL_SCHEDULER_ROLE", "arn:aws:iam::0:role/r"),
    ("ROLLCALL_AUDIENCE", "rollcall"),
];

fn main() -> ExitCode {
    let Some(folder) = env::args().nth(1) else {
        println!("start FOLDER: say where the binaries are");
        return ExitCode::FAILURE;
    };
    match compare(Path::new(&folder)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            println!("a start takes more than {LIMIT} times that of the bare function");
            ExitCode::FAILURE
        }
        Err(error) => {
            println!("{folder}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the table; whether every start is short enough.
fn compare(folder: &Path) -> io::Result<bool> {
    let names: Vec<&str> = [BARE]
        .into_iter()
        .chain(Function::ALL.map(|function| function.name()))
        .collect();
    let mut taken = vec![Vec::new(); names.len()];
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    // The first round warms the page cache.
    for round in 0..=ROUNDS {
        for (name, taken) in names.iter().zip(&mut taken) {
            let start = first_poll(&folder.join(name), &listener)?;
            if round > 0 {
                taken.push(start);
            }
        }
    }
    println!(
        "{:10} {:>8} {:>8} {:>8} {:>6}",
        "function", "MB", "min ms", "median", "ratio"
    );
    let mut bare = None;
    let mut is_short = true;
    for (name, taken) in names.iter().zip(&mut taken) {
        taken.sort();
        let size = fs::metadata(folder.join(name))?.len();
        let median = taken[taken.len() / 2].as_secs_f64() * 1e3;
        let ratio = median / *bare.get_or_insert(median);
        is_short &= ratio <= LIMIT;
        println!(
            "{name:10} {:8.2} {:8.2} {median:8.2} {ratio:6.2}",
            size as f64 / 1e6,
            taken[0].as_secs_f64() * 1e3,
        );
    }
    Ok(is_short)
}

/// Runs a function until it asks for its first event.
fn first_poll(program: &Path, listener: &TcpListener) -> io::Result<Duration> {
    let clock = Clock::system();
    let mut child = Command::new(program)
        .env_clear()
        .envs(ENVIRONMENT)
        .env("ROLLCALL_ISSUERS", "https://issuer https://issuer/keys")
        .env("AWS_LAMBDA_RUNTIME_API", listener.local_addr()?.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let asked = asked(listener, &clock);
    child.kill()?;
    child.wait()?;
    asked
}

/// When it asks; anything else that it asks first is an error.
fn asked(listener: &TcpListener, clock: &Clock) -> io::Result<Duration> {
    while clock.elapsed() < LONGEST {
        match listener.accept() {
            Ok((mut connection, _)) => {
                connection.set_nonblocking(false)?;
                connection.set_read_timeout(Some(LONGEST))?;
                let mut question = [0; QUESTION.len()];
                connection.read_exact(&mut question)?;
                let elapsed = clock.elapsed();
                if question == QUESTION {
                    return Ok(elapsed);
                }
                return Err(io::Error::other("it asked something else first"));
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(LOOK),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("it never asked"))
}
