//! gzip and zstd of single messages; what comes out is bounded while it comes out.

use std::io::{self, Read, Write};

use bytes::Bytes;

/// What replies may be compressed by.
pub const ACCEPTED: &str = "identity,gzip,zstd";

/// The largest window (as a power of two) a zstd frame may ask for: the 8 MiB that RFC 8878 wants
/// every decoder to support.
const ZSTD_WINDOW_LOG: u32 = 23;

const ZSTD_LEVEL: i32 = 3;

/// A compression of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// `gzip` (RFC 1952).
    Gzip,
    /// `zstd` (RFC 8878).
    Zstd,
}

/// How the compressed messages of a stream are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// None of them is.
    Identity,
    /// By this.
    Compressed(Coding),
}

/// Why a message does not decompress.
#[derive(Debug)]
pub enum DecompressError {
    /// It would be larger than the limit.
    TooLarge,
    /// The bytes are broken.
    Broken(io::Error),
}

impl Encoding {
    /// The encoding that `grpc-encoding` names; `None` for one the gateway does not know.
    pub fn parse(name: &[u8]) -> Option<Self> {
        match name {
            b"identity" => Some(Self::Identity),
            b"gzip" => Some(Self::Compressed(Coding::Gzip)),
            b"zstd" => Some(Self::Compressed(Coding::Zstd)),
            _ => None,
        }
    }
}

/// The name in `grpc-encoding`.
pub fn name(kind: Coding) -> &'static str {
    match kind {
        Coding::Gzip => "gzip",
        Coding::Zstd => "zstd",
    }
}

/// Compresses one message.
pub fn compress(kind: Coding, message: &[u8]) -> io::Result<Bytes> {
    match kind {
        Coding::Gzip => {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(message)?;
            encoder.finish().map(Bytes::from)
        }
        Coding::Zstd => zstd::stream::encode_all(message, ZSTD_LEVEL).map(Bytes::from),
    }
}

/// Decompresses one message into at most `max` bytes.
pub fn decompress(kind: Coding, compressed: &[u8], max: usize) -> Result<Bytes, DecompressError> {
    match kind {
        Coding::Gzip => read(flate2::bufread::MultiGzDecoder::new(compressed), max),
        Coding::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(compressed)
                .map_err(DecompressError::Broken)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(DecompressError::Broken)?;
            read(decoder, max)
        }
    }
}

fn read(decoder: impl Read, max: usize) -> Result<Bytes, DecompressError> {
    let mut message = Vec::new();
    let enough = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    decoder.take(enough).read_to_end(&mut message).map_err(DecompressError::Broken)?;
    if message.len() > max { Err(DecompressError::TooLarge) } else { Ok(Bytes::from(message)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_go_there_and_back() {
        for kind in [Coding::Gzip, Coding::Zstd] {
            let message = b"the same words, the same words, the same words".repeat(10);
            let compressed = compress(kind, &message).expect("in memory");
            assert!(compressed.len() < message.len(), "{kind:?}");
            let back = decompress(kind, &compressed, message.len()).expect("within the limit");
            assert_eq!(back, message, "{kind:?}");
            assert_eq!(Encoding::parse(name(kind).as_bytes()), Some(Encoding::Compressed(kind)));
        }
    }

    #[test]
    fn broken_bytes_are_told_from_large_ones() {
        for kind in [Coding::Gzip, Coding::Zstd] {
            let broken = decompress(kind, b"not compressed at all", 100);
            assert!(matches!(broken, Err(DecompressError::Broken(_))), "{kind:?}");
            let compressed = compress(kind, &[7; 101]).expect("in memory");
            let large = decompress(kind, &compressed, 100);
            assert!(matches!(large, Err(DecompressError::TooLarge)), "{kind:?}");
        }
    }

    #[test]
    fn a_cut_message_is_broken() {
        for kind in [Coding::Gzip, Coding::Zstd] {
            let compressed = compress(kind, &[7; 1000]).expect("in memory");
            let cut = decompress(kind, &compressed[..compressed.len() - 1], 1000);
            assert!(matches!(cut, Err(DecompressError::Broken(_))), "{kind:?}");
        }
    }
}
