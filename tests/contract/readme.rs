//! The dependency table of the README is the dependency list.

use std::collections::BTreeSet;

use regex::Regex;

use super::sources;

#[test]
fn the_readme_says_what_each_dependency_is_for() {
    if !sources::root().join("README.md").exists() {
        return;
    }
    let readme = sources::read("README.md");
    let table = readme
        .lines()
        .skip_while(|line| !line.starts_with("| crate | what for |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let name = Regex::new("`([^`]+)`").unwrap();
    let listed: BTreeSet<String> = table
        .flat_map(|row| {
            let first = row.split('|').nth(1).unwrap_or_default();
            name.captures_iter(first)
                .map(|found| found[1].to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(listed, dependencies());
}

/// The names in `[workspace.dependencies]`, without our own crates.
fn dependencies() -> BTreeSet<String> {
    let manifest = sources::read("Cargo.toml");
    let lines = manifest
        .lines()
        .skip_while(|line| *line != "[workspace.dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['));
    let foreign = lines.filter(|line| !line.contains("path = "));
    let names: BTreeSet<String> = foreign
        .filter_map(|line| Some(line.split_once('=')?.0.trim().to_owned()))
        .collect();
    assert!(names.contains("tokio"), "{names:?}");
    names
}
