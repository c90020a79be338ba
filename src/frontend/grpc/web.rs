//! The text form of gRPC-Web: base64, in whatever pieces, each of which may be padded on its own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::call::{CallError, Code};

/// Takes the base64 off a body as it comes.
#[derive(Debug, Default)]
pub(super) struct Unpack {
    /// A quartet that is not whole yet.
    rest: Vec<u8>,
}

impl Unpack {
    /// What the next piece of the body stands for, as far as its quartets are whole.
    pub fn push(&mut self, text: &[u8]) -> Result<Bytes, CallError> {
        let mut out = Vec::with_capacity((self.rest.len() + text.len()) / 4 * 3);
        let mut text = text;
        if !self.rest.is_empty() {
            let (head, tail) = text.split_at(text.len().min(4 - self.rest.len()));
            self.rest.extend_from_slice(head);
            text = tail;
            if self.rest.len() < 4 {
                return Ok(Bytes::new());
            }
            let quartet = std::mem::take(&mut self.rest);
            decode(&quartet, &mut out)?;
        }
        let whole = text.len() / 4 * 4;
        let (now, later) = text.split_at(whole);
        decode(now, &mut out)?;
        self.rest.extend_from_slice(later);
        Ok(out.into())
    }

    /// Whether the body so far ends with a whole quartet.
    pub fn is_whole(&self) -> bool {
        self.rest.is_empty()
    }
}

/// Decodes whole quartets. Padding ends a piece, and another may follow.
fn decode(mut text: &[u8], out: &mut Vec<u8>) -> Result<(), CallError> {
    while !text.is_empty() {
        let padded = memchr::memchr(b'=', text).map(|at| (at / 4 + 1) * 4);
        let (piece, rest) = text.split_at(padded.unwrap_or(text.len()).min(text.len()));
        STANDARD.decode_vec(piece, out).map_err(|error| {
            CallError::client(Code::InvalidArgument, "the request is not base64").because(error)
        })?;
        text = rest;
    }
    Ok(())
}

/// A piece of a response in base64.
pub(super) fn pack(data: &[u8]) -> Bytes {
    STANDARD.encode(data).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_any_size_and_padding_are_read() {
        let text = [pack(b"a"), pack(b"bcd"), pack(b""), pack(b"efghi"), pack(b"jk")].concat();
        for size in 1..=text.len() {
            let mut unpack = Unpack::default();
            let read: Vec<u8> =
                text.chunks(size).flat_map(|piece| unpack.push(piece).expect("base64")).collect();
            assert_eq!(read, b"abcdefghijk", "in pieces of {size}");
            assert!(unpack.is_whole());
        }
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for text in ["AAA!", "=AAA", "A=AA", "AA=A", "===="] {
            assert!(Unpack::default().push(text.as_bytes()).is_err(), "{text}");
        }
        let mut unpack = Unpack::default();
        assert!(unpack.push(b"AAAAAA").is_ok_and(|read| *read == [0, 0, 0]));
        assert!(!unpack.is_whole());
    }
}
