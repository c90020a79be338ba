//! What has been written of an answer, and what went wrong on the way.

use std::sync::Arc;

use super::scan::Scratch;

/// The JSON of an answer's data as far as it is written. Kept from one answer to the next it
/// spares the writer its allocations.
#[derive(Debug, Default)]
pub struct Output {
    /// The text.
    pub json: Vec<u8>,
    /// Where the writer is. A name is noted by whoever writes its value.
    pub path: Vec<Segment>,
    /// What became null that should not be.
    pub errors: Vec<FieldError>,
    /// What became null, and may be.
    pub notes: Vec<Note>,
    /// Whether a field without presence that is not set is written as its default even where it
    /// may be null.
    pub emit_defaults: bool,
    pub(super) scratch: Scratch,
}

/// A step of a path in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// A response name.
    Name(Arc<str>),
    /// An index in a list.
    Index(usize),
}

/// A value that could not be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Where.
    pub path: Vec<Segment>,
    /// Why, for the client.
    pub message: String,
}

/// A value that GraphQL has no name for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Where.
    pub path: Vec<Segment>,
    /// What stands there.
    pub message: String,
}
