//! `dragoman export`: the contract for other tools.

use std::path::Path;

use super::inspect::inspect;
use super::terminal::Terminal;
use super::{Failure, print};

/// Writes the contract as a `google.protobuf.FileDescriptorSet` to `output`, or to stdout.
pub fn descriptors(path: &Path, output: Option<&Path>) -> Result<(), Failure> {
    let inspected = inspect(path, true)?;
    if inspected.problems.has_errors() {
        return Err(Failure::Problems(inspected.problems));
    }
    let bytes = inspected.contract.descriptors();
    match output {
        Some(output) => write(output, &bytes),
        None if Terminal::stdout().interactive => Err(Failure::Runtime(
            "descriptors are binary: name a file with --output, or send stdout to one".to_owned(),
        )),
        None => print(|out| out.write_all(&bytes)),
    }
}

/// Writes the OpenAPI document of a listener to `output`, or to stdout.
pub fn openapi(path: &Path, listener: Option<&str>, output: Option<&Path>) -> Result<(), Failure> {
    let inspected = inspect(path, true)?;
    if inspected.problems.has_errors() {
        return Err(Failure::Problems(inspected.problems));
    }
    let listeners = &inspected.config.listeners;
    let names = || listeners.iter().map(|one| &*one.name).collect::<Vec<_>>().join(", ");
    let listener = match listener {
        Some(name) => listeners
            .iter()
            .find(|one| *one.name == *name)
            .ok_or_else(|| format!("no listener named {name}, there are {}", names())),
        None => {
            let mut with_rest = listeners.iter().filter(|one| one.rest.is_some());
            match (with_rest.next(), with_rest.next()) {
                (Some(only), None) => Ok(only),
                (None, _) => Err("no listener speaks REST".to_owned()),
                _ => Err(format!("there are several listeners, name one: {}", names())),
            }
        }
    };
    let listener = listener.map_err(Failure::Runtime)?;
    let document = inspected.openapi(listener);
    let document = document.ok_or_else(|| {
        Failure::Runtime(format!("listener {} does not speak REST", listener.name))
    })?;
    let mut json = serde_json::to_vec_pretty(&document).map_err(Failure::runtime)?;
    json.push(b'\n');
    match output {
        Some(output) => write(output, &json),
        None => print(|out| out.write_all(&json)),
    }
}

fn write(output: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(output, bytes)
        .map_err(|error| Failure::Runtime(format!("cannot write {}: {error}", output.display())))
}
