//! Kills the process of every function once, at a moment that nobody chose.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::Duration;

use local::seed::draw;
use shared::clock::Clock;
use shared::rights::Function;

/// How long a process has been seen before it dies, at most.
const LATEST: u64 = 12;

/// Whoever does it.
pub struct Killer {
    clock: Clock,
    seed: u64,
    /// When each function's process dies, from when it was first seen.
    doomed: BTreeMap<String, Option<Duration>>,
    killed: usize,
}

impl Killer {
    /// Will kill the functions of this stack.
    pub fn new(stack: &str, clock: Clock) -> Self {
        let name = |function: Function| (format!("{stack}-{}", function.name()), None);
        let seed = u64::try_from(clock.now().millis()).unwrap();
        println!("kills at moments of seed {seed}");
        Self {
            clock,
            seed,
            doomed: Function::ALL.into_iter().map(name).collect(),
            killed: 0,
        }
    }

    /// How many it has killed.
    pub const fn killed(&self) -> usize {
        self.killed
    }

    /// Whether every function was killed once.
    pub fn is_done(&self) -> bool {
        self.doomed.is_empty()
    }

    /// Looks who runs, and kills whose moment has come.
    pub fn tick(&mut self) {
        let now = self.clock.elapsed();
        let running = processes();
        let mut dead = Vec::new();
        for (position, (function, moment)) in (0..).zip(&mut self.doomed) {
            let Some(process) = running.get(function) else {
                continue;
            };
            let last = *moment.get_or_insert_with(|| {
                now + Duration::from_secs(draw(self.seed, position) % LATEST)
            });
            if now >= last {
                let killed = Command::new("kill")
                    .args(["-KILL", &process.to_string()])
                    .status();
                assert!(killed.unwrap().success(), "{function} could not be killed");
                dead.push(function.clone());
            }
        }
        for function in dead {
            println!("{:>6.0?} killed {function}", self.clock.elapsed());
            self.doomed.remove(&function);
            self.killed += 1;
        }
    }
}

/// The processes of functions by the name that Lambda told them.
fn processes() -> BTreeMap<String, u32> {
    let mut running = BTreeMap::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let id = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        let Some(id): Option<u32> = id else {
            continue;
        };
        // Whoever ended meanwhile, or is not ours, cannot be read.
        let Ok(environment) = fs::read(entry.path().join("environ")) else {
            continue;
        };
        let is_function = fs::read_to_string(entry.path().join("comm"))
            .is_ok_and(|name| name.trim() == "bootstrap");
        let named = |variable: &[u8]| {
            let variable = std::str::from_utf8(variable).ok()?;
            variable
                .strip_prefix("AWS_LAMBDA_FUNCTION_NAME=")
                .map(str::to_owned)
        };
        if let Some(name) = environment
            .split(|byte| *byte == 0)
            .find_map(named)
            .filter(|_| is_function)
        {
            running.insert(name, id);
        }
    }
    running
}
