//! The module rule, and what only one place may do.

use std::collections::BTreeSet;

use regex::Regex;

use super::sources::{self, Source};

/// Longest source file, and the length from which one should think of two.
const LONGEST: usize = 450;
const LONG: usize = 400;

/// What a module of `shared` may use of the others; `None` = everything.
fn may_use(module: &str) -> Option<&'static [&'static str]> {
    Some(match module {
        "model" | "telemetry" | "planted" => &[],
        "clock" | "config" | "error" | "rights" => &["model"],
        "plan" => &["model", "config", "planted"],
        "graph" | "store" | "queue" => &["model", "error", "clock", "config", "planted"],
        "run" => &[
            "model",
            "plan",
            "graph",
            "store",
            "queue",
            "error",
            "clock",
            "config",
            "planted",
            "telemetry",
        ],
        "app" | "lambda" => return None,
        unknown => panic!("say here what shared::{unknown} may use"),
    })
}

#[test]
fn every_module_uses_only_what_it_may() {
    let mut broken = Vec::new();
    for source in sources::below("shared/src") {
        let module = source.module();
        let Some(own) = module.first() else { continue };
        let Some(allowed) = may_use(own) else {
            continue;
        };
        let code = from_the_root(&source.code, module.len());
        for used in named_of("crate", &code) {
            if used != *own && !allowed.contains(&used.as_str()) {
                broken.push(format!("{} uses {used}", source.path));
            }
        }
    }
    assert_eq!(broken, [""; 0]);
}

#[test]
fn functions_use_only_what_serves_them() {
    let mut broken = Vec::new();
    for source in sources::below("functions") {
        for used in named_of("shared", &source.code) {
            let leaves = ["clock", "config", "error"].contains(&used.as_str());
            if !leaves && !["lambda", "model", "run", "app"].contains(&used.as_str()) {
                broken.push(format!("{} uses {used}", source.path));
            }
        }
        if source.path.ends_with("src/main.rs") && source.lines >= 25 {
            broken.push(format!("{} has {} lines", source.path, source.lines));
        }
    }
    assert_eq!(broken, [""; 0]);
}

#[test]
fn nouns_and_decisions_are_pure() {
    let impure = Regex::new(
        r"\basync\b|\b(aws_\w+|tokio|reqwest|tower|http|tracing|std::(fs|env|net|thread))::",
    )
    .unwrap();
    let pure = |source: &Source| matches!(source.module().first(), Some(&("model" | "plan")));
    let broken = places("shared/src", &impure, |source| !pure(source));
    assert_eq!(broken, [""; 0]);
}

#[test]
fn only_the_clock_reads_the_clock() {
    let reading = Regex::new(r"\b(SystemTime|Instant|Timestamp|ZonedDateTime)::now\b|\btokio::time::(sleep|timeout|interval)").unwrap();
    for folder in ["shared/src", "functions", "infra/local/src"] {
        let broken = places(folder, &reading, |source| {
            source.path == "shared/src/clock.rs"
        });
        assert_eq!(broken, [""; 0]);
    }
    // The command may say how long something really took.
    let telling = Regex::new(r"\b(SystemTime|Timestamp|ZonedDateTime)::now\b").unwrap();
    assert_eq!(places("infra/cli/src", &telling, |_| false), [""; 0]);
}

#[test]
fn each_sdk_is_named_in_one_place_besides_the_app() {
    for (name, home) in [
        ("aws_sdk_dynamodb", "shared/src/store/"),
        ("aws_sdk_sqs", "shared/src/queue/"),
        ("aws_sdk_secretsmanager", "shared/src/graph/connect.rs"),
        ("reqwest", "shared/src/graph/http.rs"),
        ("lambda_runtime", "shared/src/lambda.rs"),
        ("aws_lambda_events", "shared/src/lambda.rs"),
        ("aws_config", "shared/src/app.rs"),
    ] {
        let naming = Regex::new(&format!(r"\b{name}\b")).unwrap();
        let may =
            |source: &Source| source.path.starts_with(home) || source.path == "shared/src/app.rs";
        assert_eq!(places("shared/src", &naming, may), [""; 0]);
        assert_eq!(places("functions", &naming, |_| false), [""; 0]);
    }
}

#[test]
fn nothing_scans_the_table() {
    let scanning = Regex::new(r"\.(scan|execute_statement)\(\)").unwrap();
    assert_eq!(places("shared/src", &scanning, |_| false), [""; 0]);
}

#[test]
fn no_file_is_too_long() {
    let mut broken = Vec::new();
    for source in sources::all() {
        if source.lines > LONGEST {
            broken.push(format!("{} has {} lines", source.path, source.lines));
        } else if source.lines > LONG {
            println!("{} has {} lines: two files?", source.path, source.lines);
        }
    }
    assert_eq!(broken, [""; 0]);
}

/// Where code below a folder says what it must not; `may` excuses files.
fn places(folder: &str, what: &Regex, may: impl Fn(&Source) -> bool) -> Vec<String> {
    let sources = sources::below(folder);
    let guilty = sources.iter().filter(|source| !may(source));
    guilty
        .flat_map(|source| {
            let found = what.find_iter(&source.code);
            found.map(move |found| format!("{}: {}", source.path, found.as_str()))
        })
        .collect()
}

/// Paths that climb to the root of the crate, written from there.
fn from_the_root(code: &str, depth: usize) -> String {
    let climbing = Regex::new(r"\b(?:super\s*::\s*)+").unwrap();
    let from = |found: &regex::Captures<'_>| {
        let climbed = found[0].matches("super").count();
        if climbed == depth {
            "crate::".to_owned()
        } else {
            found[0].to_owned()
        }
    };
    climbing.replace_all(code, from).into_owned()
}

/// The modules right below `root` that paths in this code name, alone or in a group.
fn named_of(root: &str, code: &str) -> BTreeSet<String> {
    let one = Regex::new(&format!(r"\b{root}\s*::\s*(\w+)")).unwrap();
    let group = Regex::new(&format!(r"\b{root}\s*::\s*\{{")).unwrap();
    let word = Regex::new(r"^\s*(\w+)").unwrap();
    let mut named: BTreeSet<String> = one
        .captures_iter(code)
        .map(|found| found[1].to_owned())
        .collect();
    for found in group.find_iter(code) {
        let mut depth = 0;
        let mut begins = found.end();
        for (at, c) in code[found.end()..].char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth > 0 => depth -= 1,
                ',' | '}' if depth == 0 => {
                    let entry = &code[begins..found.end() + at];
                    named.extend(word.captures(entry).map(|word| word[1].to_owned()));
                    begins = found.end() + at + 1;
                    if c == '}' {
                        break;
                    }
                }
                _ => {}
            }
        }
    }
    named
}

#[test]
fn paths_are_read_in_every_form() {
    let code =
        "use crate::a::X; use crate::{b, c::{d, Y}, e::{self}}; fn f() { super::super::g::h() }";
    let named = |depth| Vec::from_iter(named_of("crate", &from_the_root(code, depth)));
    assert_eq!(named(1), ["a", "b", "c", "e"]);
    assert_eq!(named(2), ["a", "b", "c", "e", "g"]);
}

/// Bugs on purpose are in nothing that is deployed: no function and no default enables them. Each is really planted.
#[test]
fn no_function_has_bugs_on_purpose() {
    const FEATURE: &str = "planted-bugs";
    for (path, text) in sources::manifests() {
        let may = ["shared/Cargo.toml", "tests/Cargo.toml"].contains(&path.as_str());
        assert!(may || !text.contains(FEATURE), "{path} names {FEATURE}");
        let default = text.lines().find(|line| line.starts_with("default"));
        assert!(
            !default.is_some_and(|line| line.contains(FEATURE)),
            "{path}"
        );
    }
    let shared: Vec<Source> = sources::below("shared/src");
    for bug in shared::planted::Bug::ALL {
        let place = format!("Bug::{bug:?}");
        let is_planted = shared
            .iter()
            .any(|source| source.path != "shared/src/planted.rs" && source.code.contains(&place));
        assert!(is_planted, "{} has no place in the code", bug.name());
    }
}
