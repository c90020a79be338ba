//! What a GraphQL request is answered, whatever brings it back.

use bytes::Bytes;

/// One response of the GraphQL specification (section 7), as JSON.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The whole of it: a map of `data`, `errors` and `extensions`.
    pub body: Bytes,
    /// How it went.
    pub verdict: Verdict,
}

/// How a request went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All of the data is there.
    Complete,
    /// There is `data`, with errors beside it.
    Partial,
    /// The document cannot be read, or is not valid: nothing was called.
    Invalid,
    /// The request was refused for another reason before anything was called.
    Refused(crate::call::Code),
}

impl Answer {
    /// Whether there are errors in it.
    pub fn has_errors(&self) -> bool {
        self.verdict != Verdict::Complete
    }

    /// Whether it failed before anything was called, so that there is no `data`.
    pub fn is_request_error(&self) -> bool {
        matches!(self.verdict, Verdict::Invalid | Verdict::Refused(_))
    }
}
