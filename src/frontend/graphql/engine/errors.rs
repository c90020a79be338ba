//! Errors of GraphQL answers (GraphQL specification, section 7.1.2).

use async_graphql::{Pos, ServerError};
use serde_json::to_writer;

use super::document::Document;
use super::write::{Cause, Failure};
use crate::call::{CallError, Code};
use crate::codec::selection::{FieldError, Note, Segment};
use crate::contract::view::View;
use crate::frontend::details::details_json;
use crate::frontend::graphql::answer::{Answer, Verdict};

/// The code of a document that cannot be read.
pub const PARSE_FAILED: &str = "GRAPHQL_PARSE_FAILED";
/// The code of a document that is not valid.
pub const VALIDATION_FAILED: &str = "GRAPHQL_VALIDATION_FAILED";
/// The code of variables that do not fit.
pub const BAD_USER_INPUT: &str = "BAD_USER_INPUT";
/// The code of a query that costs too much.
pub const LIMIT_EXCEEDED: &str = "LIMIT_EXCEEDED";

/// A request error without anything but a message.
pub fn refused(verdict: Verdict, code: &str, message: &str, position: Option<Pos>) -> Answer {
    let mut body = b"{\"errors\":[".to_vec();
    entry(message, position, None, |out| string_member("code", code, out), &mut body);
    body.extend_from_slice(b"]}");
    Answer { body: body.into(), verdict }
}

/// What the parser or the validation found.
pub fn invalid(code: &str, errors: &[ServerError]) -> Answer {
    let mut body = b"{\"errors\":[".to_vec();
    for (index, error) in errors.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        let position = error.locations.first().copied();
        entry(&error.message, position, None, |out| string_member("code", code, out), &mut body);
    }
    body.extend_from_slice(b"]}");
    Answer { body: body.into(), verdict: Verdict::Invalid }
}

/// A call that failed before there was anything to answer.
pub fn failed(error: &CallError, position: Option<Pos>, view: &View) -> Answer {
    let mut body = b"{\"errors\":[".to_vec();
    entry(error.message(), position, None, |out| of_call(error, view, out), &mut body);
    body.extend_from_slice(b"]}");
    Answer { body: body.into(), verdict: Verdict::Refused(error.code()) }
}

/// Appends `,"errors":[...]` and `,"extensions":{...}` as far as there are any. Whether there were
/// errors.
pub fn write(
    failures: &[Failure],
    errors: &[FieldError],
    notes: &[Note],
    document: &Document,
    view: &View,
    out: &mut Vec<u8>,
) -> bool {
    let mut any = false;
    let mut open = |out: &mut Vec<u8>| {
        let start: &[u8] = if any { b"," } else { b",\"errors\":[" };
        out.extend_from_slice(start);
        any = true;
    };
    for Failure { path, cause } in failures {
        open(out);
        let position = document.locate(path);
        match cause {
            Cause::Call(error) => {
                let extensions = |out: &mut Vec<u8>| of_call(error, view, out);
                entry(error.message(), position, Some(path), extensions, out);
            }
            Cause::Schema(message) => {
                let code = |out: &mut Vec<u8>| string_member("code", BAD_USER_INPUT, out);
                entry(message, position, Some(path), code, out);
            }
        }
    }
    for FieldError { path, message } in errors {
        // A field whose call failed has its error already.
        if failures.iter().any(|failure| failure.path == *path) {
            continue;
        }
        open(out);
        let code = |out: &mut Vec<u8>| string_member("code", Code::Internal.name(), out);
        entry(message, document.locate(path), Some(path), code, out);
    }
    if any {
        out.push(b']');
    }
    if !notes.is_empty() {
        out.extend_from_slice(b",\"extensions\":{\"notes\":[");
        for (index, note) in notes.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(b"{\"message\":");
            string(&note.message, out);
            path_member(&note.path, out);
            out.push(b'}');
        }
        out.extend_from_slice(b"]}");
    }
    any
}

fn entry(
    message: &str,
    position: Option<Pos>,
    path: Option<&[Segment]>,
    extensions: impl FnOnce(&mut Vec<u8>),
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(b"{\"message\":");
    string(message, out);
    if let Some(Pos { line, column }) = position.filter(|position| position.line > 0) {
        let text = format!(",\"locations\":[{{\"line\":{line},\"column\":{column}}}]");
        out.extend_from_slice(text.as_bytes());
    }
    if let Some(path) = path {
        path_member(path, out);
    }
    out.extend_from_slice(b",\"extensions\":{");
    extensions(out);
    out.extend_from_slice(b"}}");
}

fn path_member(path: &[Segment], out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"path\":[");
    for (index, segment) in path.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        match segment {
            Segment::Name(name) => string(name, out),
            Segment::Index(index) => out.extend_from_slice(index.to_string().as_bytes()),
        }
    }
    out.push(b']');
}

/// `"code"` and, where there are any, `"details"`.
fn of_call(error: &CallError, view: &View, out: &mut Vec<u8>) {
    string_member("code", error.code().name(), out);
    if !error.details().is_empty() {
        out.extend_from_slice(b",\"details\":");
        details_json(error.details(), view, out);
    }
}

fn string_member(name: &str, value: &str, out: &mut Vec<u8>) {
    string(name, out);
    out.push(b':');
    string(value, out);
}

fn string(text: &str, out: &mut Vec<u8>) {
    // Writing a string to memory cannot fail.
    let _ = to_writer(out, text);
}
