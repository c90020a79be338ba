//! Editions: resolves features, and rewrites files to the proto2 form that `prost-reflect` reads.
//!
//! The rules are those of <https://protobuf.dev/editions/features/>: an edition (or a syntax) gives
//! defaults, and what a file, a message, a oneof, a field or an enum states holds for all in it.

mod resolve;
mod rewrite;

pub use resolve::Resolved;
pub use rewrite::rewrite;

use super::raw;

/// Edition 2023 as `google.protobuf.Edition` numbers it.
const EDITION_2023: i32 = 1000;

/// The defaults of the file's syntax or edition; an error says why it cannot be read.
pub fn defaults(file: &raw::File) -> Result<Resolved, String> {
    match file.syntax.as_deref() {
        None | Some("" | "proto2") => Ok(Resolved::PROTO2),
        Some("proto3") => Ok(Resolved::PROTO3),
        Some("editions") => match file.edition {
            Some(EDITION_2023) => Ok(Resolved::EDITION_2023),
            None => Err("it has edition syntax but names no edition".to_owned()),
            Some(998 | 999) => Err("its edition is an old syntax in disguise".to_owned()),
            Some(other) => Err(format!(
                "it is written in edition {}, and 2023 is the latest that is understood",
                edition_name(other)
            )),
        },
        Some(other) => Err(format!("its syntax is {other:?}, which is not known")),
    }
}

fn edition_name(number: i32) -> String {
    match number {
        1001 => "2024".to_owned(),
        1002 => "2026".to_owned(),
        other => format!("number {other}"),
    }
}
