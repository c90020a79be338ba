//! The five bytes that gRPC puts before a message: on the way out as a [`Buf`] that copies
//! nothing, on the way in as a [`Decoder`] that copies only what lies in several DATA frames.

use std::io::IoSlice;

use bytes::{Buf, Bytes, BytesMut};

use super::compression::{self, DecompressError, Encoding};

const HEAD: usize = 5;

/// What is reserved at most on the word of a length prefix alone; the rest grows with the data.
const TRUSTED: usize = 64 * 1024;

/// One message and its prefix, ready for HTTP/2.
#[derive(Debug, Clone)]
pub struct Frame {
    head: [u8; HEAD],
    sent: usize,
    message: Bytes,
}

/// Cuts messages out of the data of a stream.
#[derive(Debug)]
pub struct Decoder {
    data: Bytes,
    state: State,
    max: usize,
    encoding: Encoding,
}

/// Why the data is not a sequence of messages.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The first byte is neither 0 nor 1.
    #[error("a message starts with flags {0:#04x}")]
    Flags(u8),
    /// A message says that it is compressed, but the stream did not say how.
    #[error("a message is compressed, but no grpc-encoding was given")]
    Undeclared,
    /// The limit for a message, before or after decompression.
    #[error("a message is larger than {0} bytes")]
    TooLarge(usize),
    /// The compressed bytes are broken.
    #[error("a message does not decompress as {0}: {1}")]
    Broken(&'static str, String),
}

#[derive(Debug)]
enum State {
    Head { bytes: [u8; HEAD], have: usize },
    Body { compressed: bool, length: usize, have: BytesMut },
}

impl Frame {
    /// A frame of `message`; `None` where its length does not fit the prefix.
    pub fn new(message: Bytes, compressed: bool) -> Option<Self> {
        let length = u32::try_from(message.len()).ok()?.to_be_bytes();
        let head = [u8::from(compressed), length[0], length[1], length[2], length[3]];
        Some(Self { head, sent: 0, message })
    }

    /// Nothing at all: carries the end of a stream.
    pub fn end() -> Self {
        Self { head: [0; HEAD], sent: HEAD, message: Bytes::new() }
    }

    fn rest_of_head(&self) -> &[u8] {
        self.head.get(self.sent..).unwrap_or_default()
    }
}

impl Buf for Frame {
    fn remaining(&self) -> usize {
        HEAD - self.sent + self.message.len()
    }

    fn chunk(&self) -> &[u8] {
        if self.sent < HEAD { self.rest_of_head() } else { &self.message }
    }

    fn advance(&mut self, count: usize) {
        let of_head = count.min(HEAD - self.sent);
        self.sent += of_head;
        self.message.advance(count - of_head);
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let parts = [self.rest_of_head(), self.message.as_ref()];
        let mut filled = 0;
        for (slot, part) in slices.iter_mut().zip(parts.iter().filter(|part| !part.is_empty())) {
            *slot = IoSlice::new(part);
            filled += 1;
        }
        filled
    }
}

impl Decoder {
    /// Reads messages of at most `max` bytes, those marked as compressed by `encoding`.
    pub fn new(max: usize, encoding: Encoding) -> Self {
        Self { data: Bytes::new(), state: State::head(), max, encoding }
    }

    /// Adds the next data of the stream. [`message`](Self::message) must have said `None` before.
    pub fn push(&mut self, data: Bytes) {
        debug_assert!(self.data.is_empty());
        self.data = data;
    }

    /// The next whole message; `None` where more data is needed.
    pub fn message(&mut self) -> Result<Option<Bytes>, FrameError> {
        loop {
            match &mut self.state {
                State::Head { bytes, have } => {
                    let count = self.data.len().min(HEAD - *have);
                    bytes[*have..*have + count].copy_from_slice(&self.data[..count]);
                    self.data.advance(count);
                    *have += count;
                    if *have < HEAD {
                        return Ok(None);
                    }
                    self.state = State::body(*bytes, self.max)?;
                }
                State::Body { compressed, length, have } => {
                    let wanted = *length - have.len();
                    let whole = if have.is_empty() && self.data.len() >= wanted {
                        self.data.split_to(wanted)
                    } else {
                        let count = self.data.len().min(wanted);
                        if have.is_empty() {
                            have.reserve(TRUSTED.min(*length));
                        }
                        have.extend_from_slice(&self.data[..count]);
                        self.data.advance(count);
                        if count < wanted {
                            return Ok(None);
                        }
                        have.split().freeze()
                    };
                    let compressed = *compressed;
                    self.state = State::head();
                    return self.decompressed(whole, compressed).map(Some);
                }
            }
        }
    }

    /// Whether the data so far ends where a message ends.
    pub fn is_whole(&self) -> bool {
        self.data.is_empty() && matches!(self.state, State::Head { have: 0, .. })
    }

    fn decompressed(&self, message: Bytes, compressed: bool) -> Result<Bytes, FrameError> {
        if !compressed {
            return Ok(message);
        }
        let Encoding::Compressed(kind) = self.encoding else {
            return Err(FrameError::Undeclared);
        };
        compression::decompress(kind, &message, self.max).map_err(|error| match error {
            DecompressError::TooLarge => FrameError::TooLarge(self.max),
            DecompressError::Broken(error) => {
                FrameError::Broken(compression::name(kind), error.to_string())
            }
        })
    }
}

impl State {
    fn head() -> Self {
        Self::Head { bytes: [0; HEAD], have: 0 }
    }

    fn body(head: [u8; HEAD], max: usize) -> Result<Self, FrameError> {
        let [flags, length @ ..] = head;
        let compressed = match flags {
            0 => false,
            1 => true,
            other => return Err(FrameError::Flags(other)),
        };
        match usize::try_from(u32::from_be_bytes(length)) {
            Ok(length) if length <= max => {
                Ok(Self::Body { compressed, length, have: BytesMut::new() })
            }
            _ => Err(FrameError::TooLarge(max)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::grpc::Coding;

    fn framed(message: &[u8]) -> Bytes {
        let mut frame = Frame::new(Bytes::copy_from_slice(message), false).expect("short");
        frame.copy_to_bytes(frame.remaining())
    }

    #[test]
    fn messages_survive_any_cut_of_the_data() {
        let all = [framed(b"first"), framed(b""), framed(b"the third")].concat();
        for size in 1..=all.len() {
            let mut decoder = Decoder::new(16, Encoding::Identity);
            let mut messages = Vec::new();
            for chunk in all.chunks(size) {
                decoder.push(Bytes::copy_from_slice(chunk));
                while let Some(message) = decoder.message().expect("well-formed") {
                    messages.push(message);
                }
            }
            assert!(decoder.is_whole());
            assert_eq!(messages, [&b"first"[..], b"", b"the third"], "in pieces of {size}");
        }
    }

    #[test]
    fn a_message_in_one_piece_is_not_copied() {
        let data = framed(b"one piece");
        let mut decoder = Decoder::new(16, Encoding::Identity);
        decoder.push(data.clone());
        let message = decoder.message().expect("well-formed").expect("whole");
        assert_eq!(message.as_ptr(), data[HEAD..].as_ptr());
    }

    #[test]
    fn length_is_refused_before_the_message_is_there() {
        let mut decoder = Decoder::new(16, Encoding::Identity);
        decoder.push(Bytes::from_static(&[0, 0, 0, 0, 17]));
        assert_eq!(decoder.message(), Err(FrameError::TooLarge(16)));
    }

    #[test]
    fn odd_flags_and_undeclared_compression_are_refused() {
        let mut decoder = Decoder::new(16, Encoding::Identity);
        decoder.push(Bytes::from_static(&[2, 0, 0, 0, 0]));
        assert_eq!(decoder.message(), Err(FrameError::Flags(2)));

        let mut decoder = Decoder::new(16, Encoding::Identity);
        decoder.push(Bytes::from_static(&[1, 0, 0, 0, 1, 7]));
        assert_eq!(decoder.message(), Err(FrameError::Undeclared));
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        for kind in [Coding::Gzip, Coding::Zstd] {
            let bomb = compression::compress(kind, &vec![0; 1 << 20]).expect("in memory");
            let frame = Frame::new(bomb, true).expect("short");
            let mut decoder = Decoder::new(1 << 16, Encoding::Compressed(kind));
            let mut frame = frame;
            decoder.push(frame.copy_to_bytes(frame.remaining()));
            assert_eq!(decoder.message(), Err(FrameError::TooLarge(1 << 16)), "{kind:?}");
        }
    }

    #[test]
    fn a_frame_advances_across_its_parts() {
        let mut frame = Frame::new(Bytes::from_static(b"message"), true).expect("short");
        let mut slices = [IoSlice::new(&[]); 4];
        assert_eq!(frame.chunks_vectored(&mut slices), 2);
        assert_eq!(frame.remaining(), 12);
        frame.advance(3);
        assert_eq!(frame.chunk(), [0, 7]);
        frame.advance(4);
        assert_eq!(frame.chunk(), b"ssage");
        assert_eq!(Frame::end().remaining(), 0);
    }
}
