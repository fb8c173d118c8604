//! Nothing of a person and no secret shows in a log line (V6).

use std::io::Write;
use std::sync::{Arc, Mutex};

use local::contoso;
use local::demo::demo;
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// V6: a whole run is logged as finely as our own code can, and no name, address, token or secret is in it.
#[test]
fn no_name_no_address_and_no_secret_is_logged() {
    let lines = Lines::default();
    let ours = tracing_subscriber::EnvFilter::new("off,shared=trace,local=trace");
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(ours)
        .with_writer(lines.clone())
        .finish();
    // For the whole process: what the other stories log meanwhile has to be as clean.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(demo(60, 4)).unwrap();
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("asked") && log.lines().count() > 100,
        "the run was not logged: {} lines {log:.2000}",
        log.lines().count()
    );
    assert!(
        !log.contains("rollcall-local-secret") && !log.contains("Bearer"),
        "a secret was logged"
    );
    for employee in contoso::employees(60, 4) {
        for name in ["displayName", "userPrincipalName", "mail"] {
            let value = employee.properties[name].as_str().unwrap();
            assert!(!log.contains(value), "{value:?} was logged");
        }
    }
}
