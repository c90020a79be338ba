//! Checks `contracts:` and finds the files they name.

use std::path::{Path, PathBuf};

use super::context::Context;
use crate::config::checked;
use crate::config::source::Place;
use crate::config::written::{self, At, Contract, Duration, Map};

/// More matches than this are a glob gone astray.
const MOST_FILES: usize = 10_000;

pub fn check(
    context: &mut Context<'_>,
    written: &At<Vec<At<Contract>>>,
    backends: &At<Map<written::Backend>>,
) -> (Vec<checked::Contract>, Vec<Place>) {
    let Some(list) = written.get() else { return Default::default() };
    if list.is_empty() {
        let example = backends.get().and_then(|map| map.names().next()).unwrap_or("NAME");
        context.error(
            written.span(),
            "there are no contracts, so nothing can be called",
            &format!(
                "write `contracts: [{{ reflection: {example} }}]` to learn them from a backend, \
                 or name `.proto` files"
            ),
        );
    }
    let checked = list.iter().filter_map(|at| {
        let contract = contract(context, at.get()?, backends)?;
        Some((contract, context.place(at.span())))
    });
    checked.unzip()
}

fn contract(
    context: &mut Context<'_>,
    written: &Contract,
    backends: &At<Map<written::Backend>>,
) -> Option<checked::Contract> {
    match written {
        Contract::Proto(proto) => self::proto(context, proto),
        Contract::Descriptors(path) => Some(checked::Contract::Descriptors(context.file(&path.0))),
        Contract::Reflection(reflection) => {
            let reflection = &reflection.0;
            let backend = context.reference(&reflection.backend, "backend", backends);
            let entries = backends.get().map(|map| map.0.as_slice()).unwrap_or_default();
            let named = entries.iter().find(|entry| entry.name.get() == reflection.backend.get());
            if named.and_then(|entry| entry.value.get()).is_some_and(|one| one.grpc.is_none()) {
                context.error(
                    reflection.backend.span(),
                    format!("backend `{backend}` does not speak gRPC, so it has no reflection"),
                    "name its contract by `proto` or `descriptors`",
                );
            }
            let most = Duration::seconds(24 * 60 * 60);
            let interval = context.within(&reflection.interval, Duration::default(), most).0;
            let shortest = std::time::Duration::from_secs(1);
            if !interval.is_zero() && interval < shortest {
                context.error(
                    reflection.interval.span(),
                    "asking a backend more than once a second costs more than it tells",
                    "write `1s` or more, or `0s` for never",
                );
            }
            Some(checked::Contract::Reflection { backend, interval })
        }
    }
}

fn proto(context: &mut Context<'_>, proto: &written::Proto) -> Option<checked::Contract> {
    let mut include =
        proto.include.get()?.iter().map(|folder| context.directory(folder)).collect::<Vec<_>>();
    if include.is_empty() {
        include.push(context.folder().to_owned());
    }
    let patterns = proto.files.get()?;
    if patterns.is_empty() {
        context.error(
            proto.files.span(),
            "there are no files",
            "write `files: [\"proto/**/*.proto\"]`",
        );
    }
    let mut files = Vec::new();
    for at in patterns {
        for file in expand(context, at) {
            if !include.iter().any(|folder| file.starts_with(folder)) {
                let shown = file.strip_prefix(context.folder()).unwrap_or(&file).display();
                context.error(
                    at.span(),
                    format!("`{shown}` lies in none of the folders of `include`"),
                    "add the folder that its imports start from",
                );
            }
            files.push(file);
        }
    }
    files.sort();
    files.dedup();
    Some(checked::Contract::Proto { files, include })
}

/// The files of several globs, each of them once, in a stable order.
pub fn expand_all(context: &mut Context<'_>, written: &At<Vec<At<String>>>) -> Vec<PathBuf> {
    let globs = written.get().map(Vec::as_slice).unwrap_or_default();
    let mut files: Vec<_> = globs.iter().flat_map(|at| expand(context, at)).collect();
    files.sort();
    files.dedup();
    files
}

fn expand(context: &mut Context<'_>, at: &At<String>) -> Vec<PathBuf> {
    let Some(written) = at.get() else { return Vec::new() };
    if !written.contains(['*', '?', '[']) {
        return vec![context.file(at)];
    }
    let folder = glob::Pattern::escape(&context.folder().to_string_lossy());
    let pattern = Path::new(&folder).join(written);
    let paths = match glob::glob(&pattern.to_string_lossy()) {
        Ok(paths) => paths,
        Err(error) => {
            context.report(context.problem(at.span(), format!("no valid glob: {}", error.msg)));
            return Vec::new();
        }
    };
    let mut files = Vec::new();
    for path in paths.take(MOST_FILES) {
        match path {
            Ok(path) if path.is_file() => files.push(path),
            Ok(_) => {}
            Err(error) => {
                let message =
                    format!("cannot read `{}`: {}", error.path().display(), error.error());
                context.report(context.problem(at.span(), message));
            }
        }
    }
    if files.is_empty() {
        context.error(
            at.span(),
            format!("no file matches `{written}`"),
            "globs are relative to the config file; `**` stands for any number of folders",
        );
    }
    files
}
