//! gRPC's framing of messages, written out: a flag, four bytes of length, the message.

use std::io::{Read, Write};

use bytes::{BufMut, Bytes, BytesMut};

use crate::case::Coding;

/// One message, not compressed.
pub fn frame(message: &[u8]) -> Bytes {
    flagged(0, message)
}

/// One message, compressed.
pub fn compressed(message: &[u8], coding: Coding) -> Bytes {
    let bytes = match coding {
        Coding::Gzip => {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), Default::default());
            gzip.write_all(message).unwrap();
            gzip.finish().unwrap()
        }
        Coding::Zstd => zstd::encode_all(message, 0).unwrap(),
    };
    flagged(1, &bytes)
}

fn flagged(flag: u8, message: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(message.len() + 5);
    frame.put_u8(flag);
    frame.put_u32(u32::try_from(message.len()).unwrap());
    frame.put_slice(message);
    frame.freeze()
}

impl Coding {
    /// The coding of that name in `grpc-encoding`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "gzip" => Some(Self::Gzip),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }

    /// Its name in `grpc-encoding`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    fn expand(self, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        let read = match self {
            Self::Gzip => flate2::read::GzDecoder::new(bytes).read_to_end(&mut out),
            Self::Zstd => zstd::Decoder::new(bytes).and_then(|mut zstd| zstd.read_to_end(&mut out)),
        };
        read.map(|_| out).map_err(|error| format!("no {}: {error}", self.name()))
    }
}

/// A frame that promises more than it holds.
pub fn half_a_frame() -> Bytes {
    Bytes::from_static(b"\0\0\0\x01\0abc")
}

/// The messages of a whole body. Where a coding is said, all of them must be in it.
pub fn messages(mut body: &[u8], coding: Option<Coding>) -> Result<Vec<Vec<u8>>, String> {
    let mut messages = Vec::new();
    while let Some((head, rest)) = body.split_first_chunk::<5>() {
        if head[0] != u8::from(coding.is_some()) {
            return Err(format!("a message with flag {}", head[0]));
        }
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let Some((message, rest)) = rest.split_at_checked(length) else {
            return Err(format!("a message of {length} bytes with {} of them", rest.len()));
        };
        messages.push(coding.map_or(Ok(message.to_vec()), |coding| coding.expand(message))?);
        body = rest;
    }
    if body.is_empty() { Ok(messages) } else { Err("half a frame head".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_as_written() {
        let body = [frame(b"one"), frame(b""), frame(b"three")].concat();
        assert_eq!(messages(&body, None).unwrap(), [&b"one"[..], b"", b"three"]);
        assert!(messages(&half_a_frame(), None).is_err());
        assert!(messages(&body[..body.len() - 1], None).is_err());
        for coding in [Coding::Gzip, Coding::Zstd] {
            let body = compressed(b"one", coding);
            assert_eq!(messages(&body, Some(coding)).unwrap(), [b"one"]);
            assert!(messages(&body, None).is_err());
        }
    }
}
