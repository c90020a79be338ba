//! The house rules that no lint knows: who may import whom, where each vendor stays, and what a
//! file must have.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking; clippy knows only test functions for tests"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which modules of the crate a module may name. Everything else is a step outward.
const IMPORTS: &[(&str, &[&str])] = &[
    ("call", &["contract"]),
    ("contract", &[]),
    ("codec", &["call", "contract"]),
    ("config", &["call", "contract"]),
    ("telemetry", &["call", "contract", "config"]),
    ("policy", &["call", "contract", "codec", "config", "telemetry"]),
    ("dispatch", &["call", "contract", "config", "telemetry"]),
    ("backend", &["call", "contract", "codec", "config", "telemetry"]),
    ("frontend", &["call", "contract", "codec", "config", "telemetry"]),
    (
        "gateway",
        &[
            "call",
            "contract",
            "codec",
            "config",
            "telemetry",
            "policy",
            "dispatch",
            "backend",
            "frontend",
        ],
    ),
    ("server", &["call", "config", "frontend", "gateway", "telemetry"]),
    ("shop", &[]),
];

/// Where a vendor's crate may be named.
const FENCES: &[(&str, &[&str])] = &[
    ("tonic", &["backend/grpc", "frontend/grpc", "shop"]),
    ("tonic_reflection", &["backend/grpc", "frontend/grpc", "contract", "shop"]),
    ("tonic_health", &["frontend/grpc", "shop"]),
    ("axum", &["server", "frontend", "backend/rest"]),
    ("hyper", &["server", "frontend", "backend"]),
    ("hyper_util", &["server", "frontend", "backend"]),
    ("rustls", &["server", "backend", "cli", "main.rs"]),
    ("tokio_rustls", &["server", "backend"]),
    ("hyper_rustls", &["backend/rest"]),
    ("roxmltree", &["contract/wsdl"]),
    ("protox", &["contract", "config"]),
    ("prost_reflect", &["contract", "codec", "backend/grpc", "shop"]),
    ("clap", &["cli", "main.rs"]),
    ("serde_saphyr", &["config"]),
    ("annotate_snippets", &["config", "cli"]),
    ("prometheus_client", &["telemetry"]),
    ("tracing_subscriber", &["telemetry", "config/check", "cli"]),
    ("async_compression", &["frontend/manners"]),
    ("brotli", &["frontend/manners"]),
    ("tokio_tungstenite", &["frontend/websocket"]),
    ("async_graphql", &["frontend/graphql"]),
    ("async_graphql_value", &["frontend/graphql"]),
    ("multer", &["frontend/graphql", "frontend/soap"]),
    ("quick_xml", &["codec/xml", "contract/wsdl"]),
    ("quick_cache", &["frontend/graphql"]),
    ("aws_lc_rs", &["backend", "frontend/graphql", "frontend/soap", "server"]),
    ("mimalloc", &["main.rs"]),
];

/// Lines that a file may have.
const MOST_LINES: usize = 600;

/// A source file below `src`.
struct Source {
    /// From `src` on, with slashes.
    path: String,
    text: String,
}

impl Source {
    /// The first folder, or the file's own name at the top.
    fn module(&self) -> &str {
        self.path.split('/').next().unwrap_or_default()
    }

    /// The lines that are neither comments nor below a test module's head, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .take_while(|(_, line)| !line.starts_with("mod tests {"))
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
            .map(|(number, line)| (number + 1, line))
    }

    /// Made of tests alone.
    fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| {
            self.path
                .strip_prefix(place)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest == ".rs")
        })
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let mut paths = Vec::new();
    find(&src, &mut paths);
    assert!(paths.len() > 30, "found only {} files", paths.len());
    paths
        .into_iter()
        .map(|path| Source {
            path: path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/"),
            text: fs::read_to_string(&path).unwrap(),
        })
        .collect()
}

fn find(folder: &Path, paths: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            find(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// The word that starts right after each `before` in the line.
fn words_after<'a>(line: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    line.match_indices(before).map(move |(at, _)| {
        let rest = &line[at + before.len()..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

/// Whether the line names that crate at the start of a path.
fn names(line: &str, vendor: &str) -> bool {
    let path = format!("{vendor}::");
    line.match_indices(&path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':')
            || line[..at].ends_with("use ::")
    })
}

fn report(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn imports_point_inward() {
    let mut problems = Vec::new();
    let mut seen = 0;
    for source in sources().iter().filter(|source| !source.is_test()) {
        let Some((module, may)) = IMPORTS.iter().find(|(name, _)| *name == source.module()) else {
            continue;
        };
        for (number, line) in source.code() {
            for named in words_after(line, "crate::") {
                seen += 1;
                // A group at this place would hide from the list.
                let grouped = named.is_empty();
                if grouped || (named != *module && is_module(named) && !may.contains(&named)) {
                    problems.push(format!("src/{}:{number}: {module} names {line}", source.path));
                }
            }
        }
    }
    assert!(seen > 20, "found only {seen} imports");
    report(&problems);
}

fn is_module(name: &str) -> bool {
    name == "cli" || IMPORTS.iter().any(|(module, _)| *module == name)
}

#[test]
fn every_module_has_its_place_in_the_order() {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let modules: Vec<_> = lib.lines().flat_map(|line| words_after(line, "pub mod ")).collect();
    assert!(modules.len() > 10, "found only {modules:?}");
    let unknown: Vec<_> = modules.into_iter().filter(|module| !is_module(module)).collect();
    assert!(unknown.is_empty(), "say in IMPORTS what {unknown:?} may import");
}

#[test]
fn vendors_stay_behind_their_fences() {
    let mut problems = Vec::new();
    let mut seen = 0;
    for source in sources().iter().filter(|source| !source.is_test()) {
        for (number, line) in source.code() {
            for (vendor, places) in FENCES.iter().filter(|(vendor, _)| names(line, vendor)) {
                seen += 1;
                if !source.is_in(places) {
                    problems.push(format!("src/{}:{number}: {vendor} in {line}", source.path));
                }
            }
        }
    }
    assert!(seen > 10, "found only {seen} uses");
    report(&problems);
}

#[test]
fn files_say_what_they_are_for_and_are_short() {
    let mut problems = Vec::new();
    for source in sources() {
        let path = &source.path;
        // A file of tests is for what stands beside it.
        if !source.text.starts_with("//! ") && !source.is_test() {
            problems.push(format!("src/{path}: no module docs"));
        }
        let lines = source.text.lines().count();
        if lines > MOST_LINES {
            problems.push(format!("src/{path}: {lines} lines"));
        }
    }
    report(&problems);
}

#[test]
fn nothing_is_left_undone() {
    // Put together here, so that this file does not name them.
    let marks = ["todo", "unimplemented"].map(|word| format!("{word}!("));
    let mut problems = Vec::new();
    for source in sources() {
        for (number, line) in source.text.lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) {
                problems.push(format!("src/{}:{}: {line}", source.path, number + 1));
            }
        }
    }
    report(&problems);
}

#[test]
fn every_exception_has_a_reason() {
    let mut problems = Vec::new();
    let mut seen = 0;
    for source in sources() {
        for mark in ["allow(", "expect("] {
            let attributes = ["#[", "#!["].map(|open| format!("{open}{mark}"));
            for attribute in &attributes {
                for (at, _) in source.text.match_indices(attribute.as_str()) {
                    seen += 1;
                    let rest = &source.text[at..];
                    let end = rest.find(")]").unwrap_or(rest.len());
                    if !rest[..end].contains("reason = \"") {
                        let number = source.text[..at].lines().count() + 1;
                        problems.push(format!("src/{}:{number}: no reason", source.path));
                    }
                }
            }
        }
    }
    assert!(seen > 0, "found no exceptions");
    report(&problems);
}

#[test]
fn one_crypto_provider_is_in_the_tree() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // The lock file alone would not do: it names what optional features might want.
    let tree = Command::new(cargo)
        .args(["tree", "--locked", "--offline", "--prefix=none", "--edges=normal,build,dev"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    let crates: Vec<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(crates.contains(&"aws-lc-rs"), "no crypto provider in:\n{tree}");
    assert!(!crates.contains(&"ring"), "a second crypto provider: see cargo tree -i ring");
}

#[test]
fn changelog_has_a_place_for_what_is_new() {
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    assert!(changelog.lines().any(|line| line.trim().eq_ignore_ascii_case("## [unreleased]")
        || line.trim().eq_ignore_ascii_case("## unreleased")));
}
