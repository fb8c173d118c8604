//! Structured logs: one JSON line a transition, with tenant, job, step, outcome and Microsoft's request id. Never a name, address,
//! number or token (V6).

use std::env;
use std::sync::OnceLock;

use serde_json::{Map, Value, json};
use tracing::{Span, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// The installation whose figures these are; nobody's until [`start`] was told.
static INSTALLATION: OnceLock<String> = OnceLock::new();

/// A figure of the whole installation (F151, F152, F154). No tenant, no person: CloudWatch asks money for each combination, and would
/// tell one customer's figures beside another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// How long the lane that waits longest has wanted to be rung.
    OldestDueSeconds,
    /// 1 where a tenant refuses us, 0 where it does not, at each of its syncs.
    CircuitsOpen,
    /// From the job of somebody who is staged to each look at their Teams account.
    StagedHours,
    /// From somebody's job to the moment they can call.
    ReadyMinutes,
    /// A job ended well.
    JobsDone,
    /// A job ended otherwise.
    JobsFailed,
}

impl Figure {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::OldestDueSeconds,
        Self::CircuitsOpen,
        Self::StagedHours,
        Self::ReadyMinutes,
        Self::JobsDone,
        Self::JobsFailed,
    ];

    /// Its name in CloudWatch.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OldestDueSeconds => "OldestDueSeconds",
            Self::CircuitsOpen => "CircuitsOpen",
            Self::StagedHours => "StagedHours",
            Self::ReadyMinutes => "ReadyMinutes",
            Self::JobsDone => "JobsDone",
            Self::JobsFailed => "JobsFailed",
        }
    }

    const fn unit(self) -> &'static str {
        match self {
            Self::OldestDueSeconds => "Seconds",
            Self::CircuitsOpen | Self::JobsDone | Self::JobsFailed => "Count",
            Self::StagedHours | Self::ReadyMinutes => "None",
        }
    }
}

/// Tells CloudWatch a figure, by a log line in its embedded metric format; `at` in milliseconds since 1970. Nothing where
/// `ROLLCALL_INSTALLATION` does not say whose it is: on a laptop nobody counts.
pub fn tell(at: i64, figure: Figure, value: f64) {
    if let Some(installation) = INSTALLATION.get() {
        println!("{}", line(installation, at, figure, value));
    }
}

fn line(installation: &str, at: i64, figure: Figure, value: f64) -> Value {
    let name = figure.name();
    let metric = json!({
        "Namespace": "Rollcall",
        "Dimensions": [["Installation"]],
        "Metrics": [{"Name": name, "Unit": figure.unit()}],
    });
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({"Timestamp": at, "CloudWatchMetrics": [metric]}),
    );
    line.insert("Installation".to_owned(), installation.into());
    line.insert(name.to_owned(), value.into());
    Value::Object(line)
}

/// Sends logs to standard output as JSON lines, which is where Lambda collects them. `ROLLCALL_LOG` sets the level; `info` if it
/// is not set. `ROLLCALL_INSTALLATION` says whose figures are told.
pub fn start() {
    if let Some(name) = env::var("ROLLCALL_INSTALLATION")
        .ok()
        .filter(|name| !name.is_empty())
    {
        INSTALLATION.get_or_init(|| name);
    }
    let filter = EnvFilter::try_from_env("ROLLCALL_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // A second start in one process (tests, the embedded cloud) keeps the first.
    let _ = tracing::subscriber::set_global_default(lines(filter, std::io::stdout));
}

/// One JSON object a line: what happened, and the spans in which it did, from Lambda's invocation with its `requestId` to the job.
fn lines<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_env_filter(filter)
        .with_target(false)
        .with_writer(writer)
        .finish()
}

/// The span of a tenant's lane.
pub fn lane_span(tenant: &str, lane: &str) -> Span {
    tracing::info_span!("lane", tenant, lane)
}

/// The span of a job.
pub fn job_span(job: &str) -> Span {
    tracing::info_span!("job", job)
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

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// F152: whatever is said of a job says which job, in which lane of which tenant.
    #[test]
    fn a_line_says_where_it_was_written() {
        let written = Written::default();
        let writer = written.clone();
        let lines = lines(EnvFilter::new("info"), move || writer.clone());
        tracing::subscriber::with_default(lines, || {
            let _lane = lane_span("contoso", "provision").entered();
            let _job = job_span("01JOB").entered();
            tracing::info!(answer = "accepted", "asked");
        });
        let bytes = written.0.lock().unwrap().clone();
        let mut line: Value = serde_json::from_slice(&bytes).unwrap();
        assert!(line["timestamp"].take().is_string());
        let wanted = json!({
            "timestamp": null,
            "level": "INFO",
            "message": "asked",
            "answer": "accepted",
            "spans": [
                {"name": "lane", "tenant": "contoso", "lane": "provision"},
                {"name": "job", "job": "01JOB"},
            ],
        });
        assert_eq!(line, wanted);
    }

    /// The embedded metric format of CloudWatch, with one dimension and no name of anybody.
    #[test]
    fn a_figure_is_a_line_that_cloudwatch_reads() {
        let told = line(
            "rollcall-prod",
            1_767_600_000_000,
            Figure::ReadyMinutes,
            42.5,
        );
        let wanted = json!({
            "_aws": {
                "Timestamp": 1_767_600_000_000_i64,
                "CloudWatchMetrics": [{
                    "Namespace": "Rollcall",
                    "Dimensions": [["Installation"]],
                    "Metrics": [{"Name": "ReadyMinutes", "Unit": "None"}],
                }],
            },
            "Installation": "rollcall-prod",
            "ReadyMinutes": 42.5,
        });
        assert_eq!(told, wanted);
    }
}
