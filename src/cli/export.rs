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
        Some(output) => std::fs::write(output, bytes).map_err(|error| {
            Failure::Runtime(format!("cannot write {}: {error}", output.display()))
        }),
        None if Terminal::stdout().interactive => Err(Failure::Runtime(
            "descriptors are binary: name a file with --output, or send stdout to one".to_owned(),
        )),
        None => print(|out| out.write_all(&bytes)),
    }
}
