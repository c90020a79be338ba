//! `dragoman check`: everything that is wrong with a config, without serving it.

use std::collections::HashSet;
use std::path::Path;

use super::inspect::inspect;
use super::{Failure, print};

/// Checks the config at `path`, and with `connect` the backends that it asks for contracts.
pub fn run(path: &Path, connect: bool) -> Result<(), Failure> {
    let mut inspected = inspect(path, connect)?;
    if connect {
        inspected.unreachable()?.into_iter().for_each(|problem| inspected.problems.push(problem));
    }
    if inspected.problems.has_errors() {
        return Err(Failure::Problems(inspected.problems));
    }
    print(|out| {
        if !inspected.problems.is_empty() {
            writeln!(out, "{}\n", inspected.problems)?;
        }
        let config = &inspected.config;
        let schemas = config.listeners.iter().filter_map(|listener| inspected.schema(listener));
        let mut notes: Vec<String> = schemas.flat_map(|schema| schema.notes).collect();
        let soap = config.listeners.iter().filter_map(|listener| inspected.soap(listener));
        notes.extend(soap.flat_map(|services| services.notes));
        // Listeners that expose the same operations have the same notes.
        let mut told = HashSet::new();
        for note in notes.iter().filter(|note| told.insert(note.as_str())) {
            writeln!(out, "note: {note}")?;
        }
        writeln!(
            out,
            "{}: ok: {}, {}, {}",
            path.display(),
            counted(inspected.contract.operations().len(), "operation"),
            counted(config.backends.len(), "backend"),
            counted(config.listeners.len(), "listener"),
        )?;
        if !connect && !inspected.missing.is_empty() {
            let unasked = counted(inspected.missing.len(), "contract");
            writeln!(out, "{unasked} not asked for, `--connect` asks the backends")?;
        }
        Ok(())
    })
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
