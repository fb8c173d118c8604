//! Structured logs: one JSON line a transition, with tenant, job, step, outcome and Microsoft's request id. Never a name, address,
//! number or token (V6).

use tracing_subscriber::EnvFilter;

/// Sends logs to standard output as JSON lines, which is where Lambda collects them. `ROLLCALL_LOG` sets the level; `info` if it
/// is not set.
pub fn start() {
    let filter = EnvFilter::try_from_env("ROLLCALL_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // A second start in one process (tests, the embedded cloud) keeps the first.
    let _ = tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_target(false)
        .try_init();
}

/// For a command on a terminal: lines for people on standard error, and only what `ROLLCALL_LOG` asks for.
pub fn start_on_terminal() {
    let filter = EnvFilter::try_from_env("ROLLCALL_LOG").unwrap_or_else(|_| EnvFilter::new("off"));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .without_time()
        .try_init();
}
