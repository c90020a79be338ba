//! Inputs of the target that sends HTTP requests: a byte of options, then lines.

/// A request: its lines are told apart by newlines, and the body comes last.
#[derive(Debug, Clone, Copy, Default)]
pub struct Input<'d> {
    /// The frontend that ignores what it does not know, and writes problem details.
    pub is_lax: bool,
    /// The body comes in small pieces.
    pub in_pieces: bool,
    /// The backend answers with the request's body as wire bytes, not with what it was sent.
    pub answers_body: bool,
    /// The method.
    pub method: &'d str,
    /// Path and query.
    pub target: &'d str,
    /// `Content-Type`; empty: none.
    pub content_type: &'d [u8],
    /// `Accept`; empty: none.
    pub accept: &'d [u8],
    /// `Grpc-Timeout`; empty: none.
    pub timeout: &'d [u8],
    /// A binary header; empty: none.
    pub metadata: &'d [u8],
    /// The body.
    pub body: &'d [u8],
}

impl<'d> Input<'d> {
    /// `None` where the first line is no text.
    pub fn parse(bytes: &'d [u8]) -> Option<Self> {
        let (options, rest) = bytes.split_first()?;
        let mut lines = rest.splitn(6, |byte| *byte == b'\n');
        let first = std::str::from_utf8(lines.next()?).ok()?;
        let (method, target) = first.split_once(' ')?;
        let mut line = || lines.next().unwrap_or_default();
        Some(Self {
            is_lax: options & 1 != 0,
            in_pieces: options & 2 != 0,
            answers_body: options & 4 != 0,
            method,
            target,
            content_type: line(),
            accept: line(),
            timeout: line(),
            metadata: line(),
            body: line(),
        })
    }

    /// The bytes that [`parse`](Self::parse) reads so.
    pub fn print(&self) -> Vec<u8> {
        let bits = [self.is_lax, self.in_pieces, self.answers_body];
        let options = bits.iter().enumerate().map(|(bit, set)| u8::from(*set) << bit).sum();
        let mut bytes = vec![options];
        bytes.extend_from_slice(format!("{} {}", self.method, self.target).as_bytes());
        for line in [self.content_type, self.accept, self.timeout, self.metadata, self.body] {
            bytes.push(b'\n');
            bytes.extend_from_slice(line);
        }
        bytes
    }
}
