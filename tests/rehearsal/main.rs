//! The rehearsal of a deployment: `infra/template.yaml` as it is, on a local AWS emulator with IAM enforced, the functions' own
//! binaries, real queues, real time, and the simulated tenant on a port of this machine (`make rehearse`).

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a rehearsal that cannot go on is a failed test, and it says how far it is"
)]

mod emulator;
mod killer;
mod stack;
mod told;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::{Method, StatusCode};
use local::contoso::{self, Employee, Fate};
use local::demo::{self, hire};
use local::issuer::{self, Issuer};
use local::microsoft::{self, Microsoft};
use local::{reference, serve};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::model::access::Role;
use shared::model::lane::Lane;
use shared::model::person::PersonState;
use shared::model::tenant::{ReadinessLooks, TenantId};
use shared::rights::Function;
use tokio::sync::oneshot;

use emulator::Emulator;
use killer::Killer;
use stack::Stack;

const PEOPLE: usize = 200;
/// A worker that is killed with requests on their way is followed after five minutes, with a number on its way after fifteen.
const LONGEST: Duration = Duration::from_secs(30 * 60);
/// The API looks at so many people at once.
const AT_ONCE: usize = 100;

fn from_environment(name: &str) -> PathBuf {
    let value = std::env::var_os(name)
        .unwrap_or_else(|| panic!("{name} is not set: make rehearse sets it"));
    PathBuf::from(value)
}

/// A tenant that is as quick as a rehearsal needs.
fn tenant(base_url: String) -> microsoft::Options {
    let seconds = Duration::from_secs;
    microsoft::Options {
        base_url,
        readiness: (seconds(5), seconds(60)),
        staleness: seconds(3),
        policy_delay: seconds(2),
        number_delay: (seconds(1), seconds(5)),
        group_licence_delay: (seconds(1), seconds(5)),
        location_lag: seconds(2),
        throttle_permille: 0,
        ..microsoft::Options::default()
    }
}

/// V1-V5, faults 7, 8, 30: two hundred people are brought in, provisioned, offboarded or vanish, while every function's process is killed once.
#[tokio::test]
#[ignore = "needs Python and the functions: make rehearse"]
async fn a_deployed_installation_loses_nobody() {
    let (tools, functions) = (
        from_environment("ROLLCALL_TOOLS"),
        from_environment("ROLLCALL_FUNCTIONS"),
    );
    let folder = from_environment("ROLLCALL_SCRATCH");
    let clock = Clock::system();

    // Microsoft and the issuer of tokens, on this machine.
    let listener = serve::loopback(0).await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let options = tenant(base_url.clone());
    let microsoft = Microsoft::in_memory(options.clone(), clock);
    let employees = contoso::employees(PEOPLE, 1);
    demo::furnish(&microsoft, &employees);
    for joiner in employees.iter().filter(|one| one.fate == Fate::Joins) {
        hire(&microsoft, joiner);
    }
    let issuer = Arc::new(Issuer::new().unwrap());
    let keys = issuer.keys().clone();
    let router = microsoft
        .router()
        .merge(Router::new().route("/issuer/keys", get(async move || keys.clone())));
    let served = tokio::spawn(serve::serve(listener, router));

    let emulator = Emulator::start(&tools, &folder);
    let name = format!("rehearsal-{}", std::process::id());
    let access = Issuer::access();
    let issuers = format!("{} {base_url}/issuer/keys", access.issuers[0].name);
    let parameters = [
        ("Audience", access.audience.as_str()),
        ("Issuers", issuers.as_str()),
        ("Architecture", architecture()),
    ];
    let outputs = emulator.deploy(&name, &functions, &parameters);
    println!("deployed after {:.0?}", clock.elapsed());

    let customer = demo::customer(&options, ReadinessLooks::Adaptive);
    let mut claims = issuer::claims(Role::Administrator, &customer.id, clock.now());
    let all = json!({"tenant": "*", "role": Role::Administrator});
    claims["grants"].as_array_mut().unwrap().push(all);
    let token = issuer.sign(&claims).unwrap();
    let stack = Stack::of(&emulator, &name, &outputs, token).await;
    let (status, _) = stack.ask(Method::GET, "/v1/tenants", None).await;
    assert_eq!(status, StatusCode::OK, "the API does not answer");
    let contoso = stack.register(customer).await;
    contoso::configure(&stack.shell.store, &contoso)
        .await
        .unwrap();
    stack.pull(&contoso).await;

    let town = Town {
        stack: &stack,
        contoso,
        employees: &employees,
        microsoft: &microsoft,
    };
    // Stories begin when nobody is killed any more.
    let (over, safe) = oneshot::channel();
    let stories = async {
        safe.await.unwrap();
        told::tell(&stack, &issuer).await
    };
    let (jobs, stories) = tokio::join!(town.live(Killer::new(&name, clock), over), stories);
    let stories = stories.unwrap_or_else(|wrong| panic!("not true: {wrong}"));
    let (status, letters) = stack.ask(Method::GET, "/v1/dead-letters", None).await;
    assert_eq!(status, StatusCode::OK, "{letters}");
    assert_eq!(buried(&letters), 1, "{letters}");
    order(&stack, "/v1/dead-letters/ring", json!({})).await;
    let (_, letters) = stack.ask(Method::GET, "/v1/dead-letters", None).await;
    assert_eq!(buried(&letters), 0, "{letters}");
    served.abort();
    let lines = canary(&emulator.log(), &employees);
    println!(
        "rehearsal: people {PEOPLE}, jobs {jobs}, functions killed {}, dead letters rung 1, stories {stories}, log lines {lines}, lost 0, duplicated 0, thefts 0, took {:.0?}",
        Function::ALL.len(),
        clock.elapsed(),
    );
}

/// Two hundred people, and where they live.
struct Town<'a> {
    stack: &'a Stack,
    contoso: TenantId,
    employees: &'a [Employee],
    microsoft: &'a Microsoft,
}

impl Town<'_> {
    /// Until everybody is where they belong; so many jobs it took. Says when nobody is killed any more.
    async fn live(&self, mut killer: Killer, over: oneshot::Sender<()>) -> usize {
        let Self {
            stack,
            contoso,
            employees,
            microsoft,
        } = self;
        let clock = stack.shell.clock;
        let mut over = Some(over);
        let (mut imported, mut vanished) = (false, false);
        let mut told = String::new();
        let mut problems = Vec::new();
        loop {
            clock.sleep(Duration::from_secs(3)).await;
            let ledger = stack.ledger(contoso).await;
            // While people are provisioned, nobody is safe.
            if !ledger.jobs.is_empty() {
                killer.tick();
            }
            if killer.is_done()
                && let Some(over) = over.take()
            {
                over.send(()).unwrap();
            }
            let state = format!(
                "{:?} {:?}",
                ledger.people_by_state(),
                ledger.jobs_by_state()
            );
            if state != told {
                println!(
                    "{:>6.0?} {state}, killed {}",
                    clock.elapsed(),
                    killer.killed()
                );
                told = state;
            }
            assert!(
                clock.elapsed() < LONGEST,
                "not over after {LONGEST:?}: {problems:#?}"
            );
            if !imported && ledger.people.len() >= PEOPLE {
                imported = true;
                for leaver in employees.iter().filter(|one| one.fate == Fate::Leaves) {
                    let path = format!("/v1/tenants/contoso/people/{}/offboard", leaver.id);
                    order(stack, &path, json!({})).await;
                }
                stack.bury(contoso, Lane::Provision).await;
            }
            let staged = ledger
                .people
                .values()
                .filter(|one| ledger.state(one) == PersonState::Staged);
            let staged: Vec<&str> = staged.map(|one| one.id.0.as_str()).take(AT_ONCE).collect();
            if !staged.is_empty() {
                order(
                    stack,
                    "/v1/tenants/contoso/staging/unstage",
                    json!({"people": staged}),
                )
                .await;
            }
            if imported && ledger.is_quiet() && killer.is_done() {
                // Whoever vanishes while a job is theirs would be looked for over two days.
                if !vanished {
                    let vanish = employees.iter().filter(|one| one.fate == Fate::Deleted);
                    vanish.for_each(|one| microsoft.delete_person(&one.id, true));
                    vanished = true;
                }
                // Their seats go to those who wait.
                problems = reference::problems(&ledger, employees, microsoft);
                if problems.is_empty() {
                    return ledger.jobs.len();
                }
                stack.pull(contoso).await;
                clock.sleep(Duration::from_secs(10)).await;
            }
        }
    }
}

/// V6: nothing of a person and no secret got into a log; how many lines the functions wrote.
fn canary(log: &str, employees: &[Employee]) -> usize {
    let written = log.lines().filter(|line| line.contains(r#""job":"#));
    let lines = written.count();
    assert!(lines > PEOPLE, "the functions logged {lines} lines");
    let secret = microsoft::Options::default().client_secret;
    for secret in [secret.as_str(), "Bearer ", "eyJ", "+4420"] {
        assert!(!log.contains(secret), "{secret:?} was logged");
    }
    for employee in employees {
        for name in ["displayName", "userPrincipalName", "mail"] {
            let value = employee.properties[name].as_str().unwrap();
            assert!(!log.contains(value), "{value:?} was logged");
        }
    }
    lines
}

/// Orders something; a function that was killed with the order in hand is asked again, as a client would.
async fn order(stack: &Stack, path: &str, body: Value) {
    let mut answers = BTreeSet::new();
    for _ in 0..5 {
        let (status, answer) = stack.ask(Method::POST, path, Some(body.clone())).await;
        if status.is_success() || status == StatusCode::CONFLICT {
            return;
        }
        answers.insert(format!("{status} {answer}"));
        stack.shell.clock.sleep(Duration::from_secs(1)).await;
    }
    panic!("{path}: {answers:?}");
}

fn buried(letters: &Value) -> u64 {
    let all = letters["dead_letters"].as_array().into_iter().flatten();
    all.filter_map(|lane| lane["count"].as_u64()).sum()
}

/// The emulator runs what this machine runs.
fn architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "x86_64"
    }
}
