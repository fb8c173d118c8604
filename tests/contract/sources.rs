//! The sources of the workspace, as the other files of the contract look at them.

use std::fs;
use std::path::{Path, PathBuf};

use super::strip::{parts, without_tests};

/// One source file.
pub struct Source {
    /// Its path below the workspace, with forward slashes.
    pub path: String,
    /// How many lines it has.
    pub lines: usize,
    /// Without comments, text and tests; empty where all of it is tests.
    pub code: String,
    /// Comments only.
    pub comments: String,
}

impl Source {
    /// The module path inside its crate: `src/graph/client/send.rs` is `graph, client, send`; empty for the crate's root.
    pub fn module(&self) -> Vec<&str> {
        let inside = self
            .path
            .split_once("src/")
            .map_or("", |(_, inside)| inside);
        let mut module: Vec<&str> = inside.trim_end_matches(".rs").split('/').collect();
        if matches!(module.last(), Some(&("mod" | "lib" | "main"))) {
            module.pop();
        }
        module
    }
}

/// The workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies in the workspace")
}

/// A file of the workspace.
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All sources below a folder of the workspace, in the order of their paths.
pub fn below(folder: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    collect(&root().join(folder), &mut paths);
    paths.sort();
    assert!(!paths.is_empty(), "no sources in {folder}");
    let mut test_only = Vec::new();
    let mut sources: Vec<Source> = paths
        .iter()
        .map(|path| {
            let text = fs::read_to_string(path).unwrap();
            let parts = parts(&text);
            let (code, modules) = without_tests(&parts.code);
            let home = match path.file_stem().and_then(|stem| stem.to_str()) {
                Some("mod" | "lib" | "main") => path.parent().unwrap().to_owned(),
                _ => path.with_extension(""),
            };
            test_only.extend(modules.into_iter().map(|module| home.join(module)));
            Source {
                path: relative(path),
                lines: text.lines().count(),
                code,
                comments: parts.comments,
            }
        })
        .collect();
    for (source, path) in sources.iter_mut().zip(&paths) {
        if test_only
            .iter()
            .any(|module| path.starts_with(module) || *path == module.with_extension("rs"))
        {
            source.code.clear();
        }
    }
    sources
}

/// Every source of the workspace.
pub fn all() -> Vec<Source> {
    ["functions", "infra", "shared", "tests"]
        .into_iter()
        .flat_map(below)
        .collect()
}

fn relative(path: &Path) -> String {
    let path = path.strip_prefix(root()).unwrap();
    path.to_str().unwrap().replace('\\', "/")
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("target") {
                collect(&path, paths);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// The manifests of all crates, by their paths below the workspace.
pub fn manifests() -> Vec<(String, String)> {
    let workspace = read("Cargo.toml");
    let mut found = vec![("Cargo.toml".to_owned(), workspace)];
    for folder in ["shared", "tests", "infra/local", "infra/cli"] {
        let path = format!("{folder}/Cargo.toml");
        found.push((path.clone(), read(&path)));
    }
    for function in fs::read_dir(root().join("functions")).unwrap() {
        let name = function.unwrap().file_name();
        let path = format!("functions/{}/Cargo.toml", name.to_string_lossy());
        found.push((path.clone(), read(&path)));
    }
    found
}
