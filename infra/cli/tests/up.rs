//! `rollcall up` as a person starts it, kills it and starts it again.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a story that cannot be told is a failed test; the program under test runs on the machine's own clock"
)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A state folder of one test, gone after it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("up-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    /// `rollcall up` in this folder, without what the environment of whoever tests may hold.
    fn up(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
        command
            .arg("up")
            .arg("--state")
            .arg(&self.0)
            .args(arguments);
        command
            .env_remove("ROLLCALL_CLIENT_SECRET")
            .env_remove("ROLLCALL_LOG");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn token(&self, role: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
        command.arg("token").arg(role).arg("--state").arg(&self.0);
        command.output().unwrap()
    }

    fn start(&self, arguments: &[&str]) -> Running {
        Running(self.up(arguments).spawn().unwrap())
    }

    /// Runs to its end: exit code, standard output, standard error.
    fn ends(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut running = self.start(arguments);
        let deadline = Instant::now() + Duration::from_secs(120);
        while running.0.try_wait().unwrap().is_none() && Instant::now() < deadline {
            sleep(Duration::from_millis(50));
        }
        let _ = running.0.kill();
        let text = |pipe: Option<&mut dyn Read>| {
            let mut text = String::new();
            pipe.unwrap().read_to_string(&mut text).unwrap();
            text
        };
        let out = text(running.0.stdout.as_mut().map(|pipe| pipe as &mut dyn Read));
        let err = text(running.0.stderr.as_mut().map(|pipe| pipe as &mut dyn Read));
        (running.0.wait().unwrap().code(), out, err)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A process that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // SIGKILL: nothing can be tidied up.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn refusal(output: (Option<i32>, String, String)) -> String {
    let (code, out, err) = output;
    assert_eq!(code, Some(2), "{out}{err}");
    err
}

/// Fault 8 for a whole installation: what is killed at any moment goes on where it was.
#[test]
fn killed_three_times_everybody_still_ends_where_the_rules_say() {
    let folder = Folder::new("killed");
    let story = ["--users", "40", "--speed", "400", "--port", "0"];
    // One while it is set up, one in the first sync, one among everything else.
    for span in [40, 700, 2_300] {
        let running = folder.start(&story);
        sleep(Duration::from_millis(span));
        drop(running);
    }
    let (code, out, err) = folder.ends(&[&story[..], &["--until-settled"]].concat());
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("Everybody is where the rules say."), "{out}");
}

#[test]
fn everything_that_is_wrong_is_named_at_once() {
    let folder = Folder::new("wrong");
    let said = refusal(folder.ends(&["--users", "0", "--speed", "0", "--client", "x"]));
    for piece in [
        "--users is 0",
        "--speed is 0",
        "--client is for a tenant of your own",
    ] {
        assert!(said.contains(piece), "{piece:?} is not in {said}");
    }
    let real = [
        "--graph",
        "http://graph.example",
        "--authority",
        "nonsense",
        "--directory",
        "common",
        "--speed",
        "3",
        "--port",
        "0",
    ];
    let said = refusal(folder.ends(&real));
    for piece in [
        "--graph: the address of Graph does not begin with https",
        "--authority: the address of the token endpoint is not a URL",
        "--directory: must name one tenant",
        "--client is missing",
        "ROLLCALL_CLIENT_SECRET is missing",
        "--speed is for the simulated tenant",
    ] {
        assert!(said.contains(piece), "{piece:?} is not in {said}");
    }
    assert!(!folder.0.exists(), "nothing was made");
}

#[test]
fn a_folder_that_cannot_be_used_is_said_in_a_sentence() {
    let folder = Folder::new("unusable");
    fs::write(&folder.0, "a file").unwrap();
    assert!(refusal(folder.ends(&[])).contains("cannot be used"));
    fs::remove_file(&folder.0).unwrap();
    fs::create_dir(&folder.0).unwrap();
    fs::write(
        folder.0.join("table.sqlite"),
        "this is no database, whatever its name says. ".repeat(50),
    )
    .unwrap();
    let said = refusal(folder.ends(&[]));
    assert!(
        said.contains("table.sqlite") && said.contains("start over"),
        "{said}"
    );
    fs::write(folder.0.join("installation.json"), "{").unwrap();
    let said = refusal(folder.ends(&[]));
    assert!(said.contains("installation.json"), "{said}");
}

#[test]
fn a_folder_serves_one_process_and_one_purpose() {
    let folder = Folder::new("taken");
    let running = folder.start(&["--users", "5", "--port", "0"]);
    let made = folder.0.join("installation.json");
    let deadline = Instant::now() + Duration::from_secs(20);
    while !made.exists() && Instant::now() < deadline {
        sleep(Duration::from_millis(20));
    }
    assert!(refusal(folder.ends(&[])).contains("another `rollcall up` works in"));
    drop(running);
    assert!(refusal(folder.ends(&["--users", "6"])).contains("holds Contoso with --users 5"));
    let mut real = folder.up(&[
        "--graph",
        "http://127.0.0.1:1",
        "--authority",
        "http://127.0.0.1:1",
    ]);
    real.args(["--directory", "contoso.example", "--client", "x"])
        .env("ROLLCALL_CLIENT_SECRET", "x");
    let Output { status, stderr, .. } = real.output().unwrap();
    assert_eq!(status.code(), Some(2));
    assert!(String::from_utf8_lossy(&stderr).contains("was made for another tenant"));
}

/// A token that `rollcall token` prints opens the API of the installation in that folder, and of no other.
#[test]
fn the_api_answers_whoever_has_a_token_of_the_folder() {
    let folder = Folder::new("api");
    let stranger = Folder::new("stranger");
    let refused = folder.token("viewer");
    assert!(!refused.status.success() && refused.stdout.is_empty());
    let mut running = folder.start(&["--users", "5", "--port", "0"]);
    let address = listens_at(&mut running);
    let _other = stranger.start(&["--users", "5", "--port", "0"]);
    let token = |folder: &Folder| {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let output = folder.token("viewer");
            if output.status.success() || Instant::now() > deadline {
                return String::from_utf8(output.stdout).unwrap().trim().to_owned();
            }
            sleep(Duration::from_millis(50));
        }
    };
    let (ours, theirs) = (token(&folder), token(&stranger));
    let answer = get(&address, "/v1/tenants", &ours);
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("contoso"),
        "{answer}"
    );
    assert!(get(&address, "/v1/tenants", &theirs).starts_with("HTTP/1.1 401"));
    assert!(get(&address, "/v1/openapi.json", "").starts_with("HTTP/1.1 200"));
    let port = address.rsplit_once(':').unwrap().1;
    let third = Folder::new("third");
    let said = refusal(third.ends(&["--users", "5", "--port", port]));
    assert!(said.contains("is taken by another program"), "{said}");
}

/// The address that the head of the screen names.
fn listens_at(running: &mut Running) -> String {
    let head = BufReader::new(running.0.stdout.as_mut().unwrap());
    let line = head
        .lines()
        .map(Result::unwrap)
        .find(|line| line.contains("The API listens at"))
        .unwrap();
    let (_, rest) = line.split_once("http://").unwrap();
    rest.split_once('/').unwrap().0.to_owned()
}

/// One request, and its whole answer.
fn get(address: &str, path: &str, token: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// `rollcall tenant` serves any client of Graph, an installation for a tenant of one's own among them: its people are read, its
/// connection is tested, and nobody is changed. Killed and started again, it goes on.
#[test]
fn a_tenant_of_ones_own_is_read_and_left_alone() {
    let mut tenant = Command::new(env!("CARGO_BIN_EXE_rollcall"));
    tenant.args(["tenant", "--port", "0", "--people", "30", "--calm"]);
    tenant.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut tenant = Running(tenant.spawn().unwrap());
    let mut said = BufReader::new(tenant.0.stdout.as_mut().unwrap()).lines();
    let mut told = |name: &str| {
        let line = said.find(|line| line.as_ref().unwrap().trim().starts_with(name));
        let line = line.unwrap().unwrap();
        line.trim().trim_start_matches(name).trim().to_owned()
    };
    let graph = told("Graph").trim_end_matches("/v1.0").to_owned();
    let (directory, client, secret) = (told("tenant id"), told("client id"), told("client secret"));

    let folder = Folder::new("own");
    let arguments = [
        "--empty",
        "--graph",
        &graph,
        "--authority",
        &graph,
        "--directory",
        &directory,
    ];
    let arguments = [&arguments[..], &["--client", &client, "--port", "0"]].concat();
    for _ in 0..2 {
        let mut up = folder.up(&arguments);
        up.env("ROLLCALL_CLIENT_SECRET", &secret)
            .env("NO_PROXY", "127.0.0.1");
        let mut running = Running(up.spawn().unwrap());
        let address = listens_at(&mut running);
        let token = String::from_utf8(folder.token("administrator").stdout).unwrap();
        let path = format!("/v1/tenants/{directory}");
        let wait_for = |path: &str, piece: &str| {
            let deadline = Instant::now() + Duration::from_secs(60);
            loop {
                let answer = get(&address, path, token.trim());
                if answer.contains(piece) || Instant::now() > deadline {
                    return answer;
                }
                sleep(Duration::from_millis(100));
            }
        };
        let people = wait_for(&format!("{path}/people?limit=100"), "\"name\"");
        assert!(people.contains("\"imported\""), "{people}");
        let connection = wait_for(&path, "\"tested\"");
        assert!(connection.contains("\"assign_numbers\""), "{connection}");
    }
    let host = graph.trim_start_matches("http://");
    assert!(
        get(host, "/control/history", "").ends_with("\r\n\r\n[]"),
        "nobody was changed"
    );
}
