//! Compiles `.proto` files.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use protox::Compiler;
use protox::file::{ChainFileResolver, IncludeFileResolver};

use crate::contract::source::{Loaded, LoadedFile, Problem, Source};
use crate::contract::standard;

/// After this many files that do not compile, the rest is not tried.
const MOST_BROKEN: usize = 32;

/// Compiles `files`, looking imports up in `include` and among the standard schemas.
///
/// Where `include` is empty it is found out: the directory of each file, less what its package
/// says (`proto/shop/v1/a.proto` in package `shop.v1` stands in `proto`). A file that does not
/// compile is told and left out.
pub fn proto(files: &[PathBuf], include: &[PathBuf]) -> (Loaded, Vec<Problem>) {
    let first = files.first().map(|file| file.display().to_string()).unwrap_or_default();
    let source = Source::Proto(Arc::from(first), files.len().saturating_sub(1));
    let include = if include.is_empty() { roots(files) } else { include.to_vec() };
    let compilation = Compilation { source: &source, include: &include };

    let mut problems = Vec::new();
    let mut good: Vec<&PathBuf> = Vec::new();
    let mut compiler = compilation.compiler();
    for file in files {
        match fence(|| compiler.open_file(file).map(|_| ())) {
            Ok(Ok(())) => good.push(file),
            broken => {
                let problem = match broken {
                    Ok(Err(error)) => compilation.problem(file, &error),
                    _ => Problem::error(&source, "it is broken in a way that has no name")
                        .in_file(file.display().to_string()),
                };
                // Two files may fail for the sake of one that both import.
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
                if problems.len() >= MOST_BROKEN {
                    problems.push(Problem::error(&source, "the other files were not tried"));
                    break;
                }
                // One that failed may hold parts of what it could not finish.
                compiler = compilation.compiler();
                for file in &good {
                    // What compiled before compiles again, unless it is changed meanwhile; then
                    // the next reload finds it.
                    let _ = fence(|| compiler.open_file(file).map(|_| ()));
                }
            }
        }
    }
    let files = compilation.files(&compiler);
    (Loaded { source, files }, problems)
}

struct Compilation<'a> {
    source: &'a Source,
    include: &'a [PathBuf],
}

impl Compilation<'_> {
    fn compiler(&self) -> Compiler {
        let mut resolver = ChainFileResolver::new();
        for include in self.include {
            resolver.add(IncludeFileResolver::new(include.clone()));
        }
        resolver.add(standard::Resolver::new());
        Compiler::with_file_resolver(resolver)
    }

    /// What was compiled, imports included.
    fn files(&self, compiler: &Compiler) -> Vec<LoadedFile> {
        let pool = compiler.descriptor_pool();
        let paths = compiler.files().map(|file| file.path().map(|path| path.display().to_string()));
        let files = pool.files().zip(paths).map(|(file, path)| LoadedFile {
            bytes: Bytes::from(file.encode_to_vec()),
            path: path.map(Arc::from),
        });
        files.collect()
    }

    fn problem(&self, opened: &Path, error: &protox::Error) -> Problem {
        let path = match error.file() {
            Some(name) => self.on_disk(name).unwrap_or_else(|| opened.to_owned()),
            None => opened.to_owned(),
        };
        let mut problem =
            Problem::error(self.source, String::new()).in_file(path.display().to_string());
        if error.is_parse() && is_edition(&path) {
            problem.message = "edition sources cannot be compiled here: compile them with \
                `protoc --include_imports --descriptor_set_out=...` and give the descriptor set"
                .to_owned();
            return problem;
        }
        let (place, message) = place_and_message(error);
        problem.place = place;
        problem.message = message;
        if problem.message.contains("is not in any include path") {
            problem.message = format!(
                "it is in none of the include directories ({})",
                self.include
                    .iter()
                    .map(|dir| dir.display().to_string())
                    .collect::<Vec<_>>()
                    .join(", ")
            );
        }
        problem
    }

    fn on_disk(&self, name: &str) -> Option<PathBuf> {
        self.include.iter().map(|include| include.join(name)).find(|path| path.is_file())
    }
}

fn fence<T>(work: impl FnOnce() -> T) -> std::thread::Result<T> {
    catch_unwind(AssertUnwindSafe(work))
}

/// `protox` shows a place in its debug form alone: `file:line:column: message`.
fn place_and_message(error: &protox::Error) -> (Option<(usize, usize)>, String) {
    let full = format!("{error:?}");
    let rest = error.file().and_then(|file| full.strip_prefix(file)?.strip_prefix(':'));
    let place = rest.and_then(|rest| {
        let mut parts = rest.splitn(3, ':');
        let line = parts.next()?.trim().parse().ok()?;
        let column = parts.next()?.trim().parse().ok()?;
        Some((line, column))
    });
    let source = std::error::Error::source(error).map(|source| format!(": {source}"));
    (place, format!("{error}{}", source.unwrap_or_default()))
}

/// Whether the first word of the file is `edition`.
fn is_edition(path: &Path) -> bool {
    let Ok(text) = std::fs::read_to_string(path) else { return false };
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        rest = if let Some(comment) = rest.strip_prefix("//") {
            comment.split_once('\n').map_or("", |(_, after)| after)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, after)| after)
        } else {
            break;
        }
        .trim_start();
    }
    let after = rest.strip_prefix("edition");
    after.is_some_and(|after| after.trim_start().starts_with('='))
}

/// Where imports are looked up when nothing is said.
fn roots(files: &[PathBuf]) -> Vec<PathBuf> {
    let mut roots = BTreeSet::new();
    for file in files {
        let directory = file.parent().unwrap_or(Path::new(""));
        let package = std::fs::read_to_string(file).ok().and_then(|text| {
            Some(protox_package(&text)?.split('.').map(str::to_owned).collect::<Vec<_>>())
        });
        let mut root = directory;
        for part in package.unwrap_or_default().iter().rev() {
            match root.parent() {
                Some(parent) if root.file_name().is_some_and(|name| name == part.as_str()) => {
                    root = parent;
                }
                _ => {
                    root = directory;
                    break;
                }
            }
        }
        roots.insert(root.to_owned());
    }
    roots.into_iter().collect()
}

fn protox_package(text: &str) -> Option<String> {
    let file = protox::file::File::from_source("package.proto", text).ok()?;
    Some(file.file_descriptor_proto().package().to_owned()).filter(|package| !package.is_empty())
}
