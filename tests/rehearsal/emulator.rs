//! A local AWS emulator that runs the functions' own binaries, with IAM enforced, and the template deployed to it.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// Who deploys; the emulator lets this pair do everything.
pub const KEYS: (&str, &str) = ("test", "test");
pub const REGION: &str = "us-east-1";

/// The emulator; it and everything that it started end with this value.
pub struct Emulator {
    child: Child,
    port: u16,
    python: PathBuf,
    log: PathBuf,
}

impl Emulator {
    /// Starts it on a free port; `tools` is the virtual environment that it is installed in, `folder` takes its log.
    pub fn start(tools: &Path, folder: &Path) -> Self {
        let port = free_port();
        let log = folder.join("emulator.log");
        let told = File::create(&log).unwrap();
        let child = Command::new(tools.join("bin/ministack"))
            .current_dir(folder)
            .envs(environment(port))
            .env("AUTH", "true")
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .env("MINISTACK_HOST", "127.0.0.1")
            .env("TMPDIR", folder)
            // The simulated tenant is on this machine.
            .env("NO_PROXY", "127.0.0.1,localhost")
            .stdin(Stdio::null())
            .stdout(told.try_clone().unwrap())
            .stderr(told)
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", tools.display()));
        let emulator = Self {
            child,
            port,
            python: tools.join("bin/python"),
            log,
        };
        for _ in 0..300 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return emulator;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!(
            "the emulator does not listen; {} says why",
            emulator.log.display()
        );
    }

    /// Its address.
    pub fn endpoint(&self) -> String {
        endpoint(self.port)
    }

    /// Everything that it and the functions have logged.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap()).into_owned()
    }

    /// Deploys the template with these functions; gives the outputs of the stack.
    pub fn deploy(
        &self,
        stack: &str,
        functions: &Path,
        parameters: &[(&str, &str)],
    ) -> BTreeMap<String, String> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/rehearsal/deploy.py");
        let deployed = Command::new(&self.python)
            .arg(script)
            .args([&self.endpoint(), stack])
            .arg(functions)
            .args(
                parameters
                    .iter()
                    .map(|(name, value)| format!("{name}={value}")),
            )
            .envs(environment(self.port))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&deployed.stderr);
        assert!(deployed.status.success(), "not deployed: {said}");
        serde_json::from_slice(&deployed.stdout).unwrap()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        Command::new("kill")
            .args(["-KILL", "--", &group])
            .status()
            .ok();
        self.child.wait().ok();
    }
}

fn endpoint(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn environment(port: u16) -> [(&'static str, String); 4] {
    [
        ("AWS_ACCESS_KEY_ID", KEYS.0.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", KEYS.1.to_owned()),
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        // Functions inherit it, and call back.
        ("AWS_ENDPOINT_URL", endpoint(port)),
    ]
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}
