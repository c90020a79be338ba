//! `dragoman schema`

use std::io::{self, Write};

use super::args::Schema;
use crate::config::{reference, schema};

/// Prints the JSON Schema of the config file, or its reference.
pub fn run(args: &Schema, out: &mut dyn Write) -> io::Result<()> {
    if args.markdown {
        return out.write_all(reference::markdown().as_bytes());
    }
    serde_json::to_writer_pretty(&mut *out, &schema::published())?;
    writeln!(out)
}
