//! The command line against `rollcall up`, as a person types it (F142, F145).

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a story that cannot be told is a failed test; the program under test runs on the machine's own clock"
)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// An installation with its folder, gone after the test.
struct Up {
    folder: PathBuf,
    child: Child,
    api: String,
}

impl Up {
    /// Starts it on a free port, and waits until it listens.
    fn start() -> Self {
        let folder =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("remote-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_rollcall"))
            .args(["up", "--port", "0", "--state"])
            .arg(folder.join("state"))
            .env_remove("ROLLCALL_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let api = lines.find_map(|line| {
            let line = line.unwrap();
            let rest = line.split("The API listens at ").nth(1)?;
            Some(rest.split_whitespace().next()?.to_owned())
        });
        // Whoever does not read on stops the writer.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            folder,
            child,
            api: api.unwrap(),
        }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_rollcall"))
            .args(arguments)
            .current_dir(&self.folder)
            .env("XDG_CONFIG_HOME", self.folder.join("home"))
            .env_remove("ROLLCALL_API")
            .env_remove("ROLLCALL_TOKEN")
            .env_remove("ROLLCALL_TENANT")
            .output()
            .unwrap()
    }

    /// Standard output of a command that ends with this code.
    fn says(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (told(&output.stdout), told(&output.stderr));
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {out}\n{err}"
        );
        format!("{out}{err}")
    }

    fn login(&self, role: &str) {
        let told = self.says(
            0,
            &[
                "login", "--api", &self.api, "--demo", role, "--state", "state",
            ],
        );
        assert!(told.contains(&format!("{role} of Contoso")), "{told}");
    }

    fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Waits for a list that is not empty.
    fn some(&self, arguments: &[&str]) -> Vec<serde_json::Value> {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let found = self.json(arguments);
            let found = found.as_array().unwrap();
            if !found.is_empty() {
                return found.clone();
            }
            assert!(Instant::now() < deadline, "{arguments:?}");
            sleep(Duration::from_millis(300));
        }
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// From nothing to "I changed a rule, saw who would change, had it approved and applied"; and what is refused on the way.
#[test]
fn a_rule_is_changed_planned_applied_and_approved() {
    let up = Up::start();
    let nobody = up.says(4, &["users", "list"]);
    assert!(nobody.contains("rollcall login"), "{nobody}");
    up.login("administrator");
    up.some(&["users", "list", "--state", "staged"]);
    up.says(0, &["config", "export", "contoso"]);
    let unchanged = up.says(0, &["config", "plan", "contoso"]);
    assert_eq!(unchanged, "no changes\n");

    let rules = up.folder.join("contoso/rules.yaml");
    let text = fs::read_to_string(&rules).unwrap();
    fs::write(&rules, text.replace("user.department", "user.departement")).unwrap();
    let wrong = up.says(3, &["config", "validate", "contoso"]);
    assert!(wrong.contains("contoso/rules.yaml:"), "{wrong}");
    assert!(wrong.contains("did you mean department"), "{wrong}");

    fs::write(&rules, text.replace("persona: office", "persona: sales")).unwrap();
    let settings = up.folder.join("contoso/settings.yaml");
    let limits = fs::read_to_string(&settings).unwrap();
    let few = limits
        .replace("few: 1000000", "few: 10")
        .replace("percent: 100", "percent: 1");
    assert_ne!(few, limits);
    fs::write(&settings, few).unwrap();
    let planned = up.says(2, &["config", "plan", "contoso"]);
    assert!(planned.contains("~ rules persona"), "{planned}");
    assert!(planned.contains("~ settings"), "{planned}");
    assert!(planned.contains("office -> sales: "), "{planned}");
    let hash = planned.split("--plan ").nth(1).unwrap().trim().to_owned();
    let other = up.says(3, &["config", "apply", "contoso", "--plan", "0000"]);
    assert!(other.contains("plan again"), "{other}");
    up.says(0, &["config", "apply", "contoso", "--plan", &hash]);
    assert_eq!(up.says(0, &["config", "plan", "contoso"]), "no changes\n");

    let waiting = up.some(&["changes", "list", "--waiting"]);
    let text = |name: &str| waiting[0][name].as_str().unwrap().to_owned();
    let (set, hash) = (text("id"), text("hash"));
    let approve = ["changes", "approve", &set, "--hash", &hash, "--wait"];
    let own = up.says(3, &approve);
    assert!(own.contains("somebody else has to say yes"), "{own}");
    up.login("approver");
    let done = up.says(0, &approve);
    assert!(done.contains("done"), "{done}");
    up.says(4, &["config", "apply", "contoso", "--plan", &hash]);
    assert!(!up.some(&["jobs", "list"]).is_empty());
    up.says(5, &["users", "show", "nobody@example.com"]);
    up.says(64, &["users", "show"]);
}
