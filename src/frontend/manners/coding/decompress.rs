//! Request bodies in a content coding. What comes out is bounded while it comes out, so that a
//! small body cannot become a large one.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use async_compression::codecs::zstd::params::DParameter;
use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body::{Body as HttpBody, Frame};
use tokio::io::{AsyncBufRead, AsyncRead};
use tokio_util::io::{ReaderStream, StreamReader};

use crate::frontend::body::{BodyError, CODINGS};
use crate::frontend::{Body, Request};

/// How much comes out at once, in bytes.
const PIECE: usize = 16 << 10;

/// The largest window (as a power of two) a zstd frame may ask for: the 8 MiB that RFC 8878 wants
/// every decoder to support.
const ZSTD_WINDOW_LOG: u32 = 23;

/// Takes the coding off a request's body. One in a coding that is not known is left as it is, for
/// the frontend to refuse in its own words. `limit` is what may come out, in bytes.
pub fn request(request: &mut Request, limit: u64) {
    let Some(coding) = known(request.headers()) else { return };
    let headers = request.headers_mut();
    headers.remove(CONTENT_ENCODING);
    headers.remove(CONTENT_LENGTH);
    if request.body().is_end_stream() {
        return;
    }
    let body = std::mem::take(request.body_mut());
    *request.body_mut() = decoded(body, coding, limit);
}

/// The coding's name, where it is a single known one.
fn known(headers: &HeaderMap) -> Option<&'static str> {
    let mut values = headers.get_all(CONTENT_ENCODING).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let name = value.as_bytes().trim_ascii();
    if name.eq_ignore_ascii_case(b"x-gzip") {
        return Some("gzip");
    }
    CODINGS.into_iter().find(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

fn decoded(body: Body, coding: &'static str, limit: u64) -> Body {
    let source = body.into_data_stream().map_err(|e| io::Error::other(BodyError::of(e)));
    let reader = decoder(StreamReader::new(source), coding);
    Body::new(Decoded {
        pieces: ReaderStream::with_capacity(reader, PIECE),
        coding,
        limit,
        left: limit,
        ended: false,
    })
}

/// All of them read on to the end of the body, whose connection could not be used again otherwise;
/// what follows after the end of the coding must be more of the same.
fn decoder<R>(reader: R, coding: &str) -> Pin<Box<dyn AsyncRead + Send>>
where
    R: AsyncBufRead + Send + 'static,
{
    macro_rules! boxed {
        ($decoder:expr) => {{
            let mut decoder = $decoder;
            decoder.multiple_members(true);
            Box::pin(decoder)
        }};
    }
    match coding {
        "br" => boxed!(BrotliDecoder::new(reader)),
        "zstd" => {
            let window = DParameter::window_log_max(ZSTD_WINDOW_LOG);
            boxed!(ZstdDecoder::with_params(reader, &[window]))
        }
        "deflate" => boxed!(ZlibDecoder::new(reader)),
        _ => boxed!(GzipDecoder::new(reader)),
    }
}

struct Decoded {
    pieces: ReaderStream<Pin<Box<dyn AsyncRead + Send>>>,
    coding: &'static str,
    limit: u64,
    left: u64,
    ended: bool,
}

impl HttpBody for Decoded {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        if this.ended {
            return Poll::Ready(None);
        }
        let piece = match ready!(Pin::new(&mut this.pieces).poll_next(cx)) {
            Some(Ok(piece)) => match this.left.checked_sub(piece.len() as u64) {
                Some(left) => {
                    this.left = left;
                    return Poll::Ready(Some(Ok(Frame::data(piece))));
                }
                None => Some(Err(BodyError::TooLarge { limit: this.limit })),
            },
            Some(Err(error)) => Some(Err(reason(error, this.coding))),
            None => None,
        };
        this.ended = true;
        Poll::Ready(piece)
    }
}

/// Either the body could not be read, or what was read is not in its coding.
fn reason(error: io::Error, coding: &'static str) -> BodyError {
    let broken = |source: Box<dyn Error + Send + Sync>| BodyError::Undecodable { coding, source };
    if !error.get_ref().is_some_and(|inner| inner.is::<BodyError>()) {
        return broken(error.into());
    }
    match error.downcast::<BodyError>() {
        Ok(known) => known,
        Err(other) => broken(other.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::frontend::body::collect;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Default::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Default::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn brotli(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        brotli::CompressorWriter::new(&mut out, 4096, 5, 22).write_all(bytes).unwrap();
        out
    }

    fn coded(bytes: &[u8]) -> [(&'static str, Vec<u8>); 4] {
        let zstd = zstd::encode_all(bytes, 3).unwrap();
        [("gzip", gzip(bytes)), ("br", brotli(bytes)), ("zstd", zstd), ("deflate", zlib(bytes))]
    }

    /// Reads a body that comes in pieces of that size.
    async fn read(
        coding: &str,
        bytes: Vec<u8>,
        piece: usize,
        limit: u64,
    ) -> Result<Bytes, BodyError> {
        let pieces: Vec<_> = bytes.chunks(piece).map(Bytes::copy_from_slice).collect();
        let stream = futures_util::stream::iter(pieces.into_iter().map(Ok::<_, io::Error>));
        let request = http::Request::builder().header(CONTENT_ENCODING, coding);
        let mut request = request.body(Body::from_stream(stream)).unwrap();
        super::request(&mut request, limit);
        assert!(request.headers().is_empty(), "{:?}", request.headers());
        collect(request.into_body(), usize::MAX).await
    }

    #[tokio::test]
    async fn every_coding_is_read_in_pieces_of_any_size() {
        let text: String = (0..5_000).map(|i| format!("{{\"id\":{i}}},")).collect();
        for (coding, bytes) in coded(text.as_bytes()) {
            for piece in [1, 7, 4096, usize::MAX] {
                let back = read(coding, bytes.clone(), piece, text.len() as u64).await.unwrap();
                assert!(back == text, "{coding} in pieces of {piece}");
            }
        }
    }

    #[tokio::test]
    async fn what_grows_too_large_is_cut_off() {
        for (coding, bytes) in coded(&[b'0'; 100_000]) {
            let error = read(coding, bytes, 100, 99_999).await.unwrap_err();
            assert!(matches!(error, BodyError::TooLarge { limit: 99_999 }), "{coding}: {error}");
        }
    }

    #[tokio::test]
    async fn what_is_broken_or_cut_is_told() {
        for (coding, bytes) in coded(b"some text that is long enough to be cut") {
            let cut = bytes[..bytes.len() - 3].to_vec();
            for bad in [cut, b"not in any coding at all".to_vec()] {
                let error = read(coding, bad, 10, 1000).await.unwrap_err();
                assert!(matches!(error, BodyError::Undecodable { .. }), "{coding}: {error}");
            }
            let followed = [bytes, b"garbage".to_vec()].concat();
            let error = read(coding, followed, 1000, 1000).await.unwrap_err();
            assert!(matches!(error, BodyError::Undecodable { .. }), "{coding}: {error}");
        }
    }
}
