//! Response bodies in a content coding, piece by piece as they come.
//!
//! tower-http has a layer for this, and async-compression readers. Both work on what a reader
//! happens to have ready; here each piece of a stream is a message, and goes out whole and at once.

use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::FutureExt;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame};
use http_body_util::BodyExt;

use crate::config::checked::{Coding, CompressionLevel};
use crate::frontend::Body;
use crate::telemetry::metrics::ListenerMetrics;

/// How much is compressed before others on this core have their turn, in bytes: a millisecond or
/// two at the slowest level.
const PIECE: usize = 64 << 10;

/// The window of streams, as a power of two: how far back a message may refer. Each open stream
/// holds memory for it.
const STREAM_WINDOW: u32 = 17;

/// The windows of whole bodies, as powers of two.
const WINDOWS: std::ops::RangeInclusive<u32> = 10..=20;

/// Compresses a body. What is small and there already becomes one piece, so that the response can
/// say its length.
pub fn body(
    mut body: Body,
    coding: Coding,
    level: CompressionLevel,
    metrics: Arc<ListenerMetrics>,
) -> Body {
    let size = body.size_hint().exact();
    let window = match size {
        None => STREAM_WINDOW,
        Some(size) => (u64::BITS - size.leading_zeros()).clamp(*WINDOWS.start(), *WINDOWS.end()),
    };
    let encoder = match Encoder::new(coding, level, window) {
        Ok(encoder) => encoder,
        Err(error) => return Body::new(Failed(Some(error))),
    };
    let whole = size.is_some();
    let first = if whole { body.frame().now_or_never().flatten() } else { None };
    let mut compressed = Compressed {
        body,
        encoder: Some(encoder),
        whole,
        input: Bytes::new(),
        trailers: None,
        yielded: false,
        metrics,
    };
    match first.map(|frame| frame.map(Frame::into_data)) {
        Some(Ok(Ok(data))) => compressed.input = data,
        Some(Ok(Err(trailers))) => compressed.trailers = trailers.into_trailers().ok(),
        Some(Err(error)) => return Body::new(Failed(Some(io::Error::other(error)))),
        None => return Body::new(compressed),
    }
    if compressed.input.len() <= PIECE && compressed.body.is_end_stream() {
        let data = std::mem::take(&mut compressed.input);
        return match compressed.piece(&data).and_then(|()| compressed.finish()) {
            Ok(bytes) => Body::from(bytes),
            Err(error) => Body::new(Failed(Some(error))),
        };
    }
    Body::new(compressed)
}

struct Compressed {
    body: Body,
    /// `None` once the last byte has been made.
    encoder: Option<Encoder>,
    /// The body is one thing of a known size, and not a stream of messages.
    whole: bool,
    /// What is left of the piece at hand.
    input: Bytes,
    trailers: Option<HeaderMap>,
    yielded: bool,
    metrics: Arc<ListenerMetrics>,
}

impl Compressed {
    fn piece(&mut self, data: &[u8]) -> io::Result<()> {
        self.metrics.compressed_from(data.len());
        match &mut self.encoder {
            Some(encoder) => encoder.write(data),
            None => Ok(()),
        }
    }

    fn taken(&mut self) -> Bytes {
        let bytes = self.encoder.as_mut().map(Encoder::take).unwrap_or_default();
        self.metrics.compressed_to(bytes.len());
        Bytes::from(bytes)
    }

    fn finish(&mut self) -> io::Result<Bytes> {
        let bytes = self.encoder.take().map_or(Ok(Vec::new()), Encoder::finish)?;
        self.metrics.compressed_to(bytes.len());
        Ok(Bytes::from(bytes))
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        loop {
            if !self.input.is_empty() {
                // Bodies of many pieces must not keep the core to themselves.
                if !std::mem::replace(&mut self.yielded, true) {
                    let data = self.input.split_to(self.input.len().min(PIECE));
                    self.piece(&data)?;
                    if self.input.is_empty() && !self.whole {
                        self.encoder.as_mut().map_or(Ok(()), Encoder::flush)?;
                    }
                    let bytes = self.taken();
                    if !bytes.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::data(bytes))));
                    }
                    continue;
                }
                self.yielded = false;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if self.encoder.is_none() {
                return Poll::Ready(self.trailers.take().map(|map| Ok(Frame::trailers(map))));
            }
            if self.trailers.is_none() {
                match ready!(Pin::new(&mut self.body).poll_frame(cx)).transpose() {
                    Err(error) => return Poll::Ready(Some(Err(io::Error::other(error)))),
                    Ok(Some(frame)) => {
                        self.yielded = false;
                        match frame.into_data() {
                            Ok(data) => self.input = data,
                            Err(frame) => self.trailers = frame.into_trailers().ok(),
                        }
                        continue;
                    }
                    Ok(None) => {}
                }
            }
            let bytes = self.finish()?;
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
    }
}

impl HttpBody for Compressed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.poll_next(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.encoder.is_none() && self.trailers.is_none()
    }
}

/// A body that breaks off at once.
struct Failed(Option<io::Error>);

impl HttpBody for Failed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Poll::Ready(self.0.take().map(Err))
    }
}

/// The encoders write into memory that is taken from them.
enum Encoder {
    Gzip(flate2::write::GzEncoder<Vec<u8>>),
    Br(Box<brotli::CompressorWriter<Vec<u8>>>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

impl Encoder {
    fn new(coding: Coding, level: CompressionLevel, window: u32) -> io::Result<Self> {
        let of = |fast, balanced, small| match level {
            CompressionLevel::Fast => fast,
            CompressionLevel::Balanced => balanced,
            CompressionLevel::Small => small,
        };
        Ok(match coding {
            Coding::Gzip => {
                let level = flate2::Compression::new(of(1, 6, 9));
                Self::Gzip(flate2::write::GzEncoder::new(Vec::new(), level))
            }
            Coding::Br => {
                let buffer = 4096;
                let quality = of(1, 5, 9);
                let writer = brotli::CompressorWriter::new(Vec::new(), buffer, quality, window);
                Self::Br(Box::new(writer))
            }
            Coding::Zstd => {
                let level = of(1, 3, 9).cast_signed();
                let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), level)?;
                encoder.window_log(window)?;
                Self::Zstd(encoder)
            }
        })
    }

    fn write(&mut self, data: &[u8]) -> io::Result<()> {
        match self {
            Self::Gzip(encoder) => encoder.write_all(data),
            Self::Br(encoder) => encoder.write_all(data),
            Self::Zstd(encoder) => encoder.write_all(data),
        }
    }

    /// Makes all that was written readable for the other side.
    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Gzip(encoder) => encoder.flush(),
            Self::Br(encoder) => encoder.flush(),
            Self::Zstd(encoder) => encoder.flush(),
        }
    }

    /// What has come out so far.
    fn take(&mut self) -> Vec<u8> {
        std::mem::take(match self {
            Self::Gzip(encoder) => encoder.get_mut(),
            Self::Br(encoder) => encoder.get_mut(),
            Self::Zstd(encoder) => encoder.get_mut(),
        })
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(encoder) => encoder.finish(),
            Self::Br(encoder) => Ok(encoder.into_inner()),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::telemetry::metrics::Metrics;

    const LEVELS: [CompressionLevel; 3] =
        [CompressionLevel::Fast, CompressionLevel::Balanced, CompressionLevel::Small];
    const CODINGS: [Coding; 3] = [Coding::Gzip, Coding::Br, Coding::Zstd];

    /// As much as can be read of what may be cut off.
    fn expand(coding: Coding, bytes: &[u8]) -> Vec<u8> {
        let mut reader: Box<dyn Read + '_> = match coding {
            Coding::Gzip => Box::new(flate2::read::GzDecoder::new(bytes)),
            Coding::Br => Box::new(brotli::Decompressor::new(bytes, 4096)),
            Coding::Zstd => Box::new(zstd::Decoder::new(bytes).unwrap()),
        };
        let mut out = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            out.extend_from_slice(&buffer[..count]);
        }
        out
    }

    fn compress(of: Body, coding: Coding, level: CompressionLevel) -> Body {
        body(of, coding, level, Metrics::default().listener("public"))
    }

    #[tokio::test]
    async fn what_is_compressed_is_read_back() {
        let large: String = (0..40_000).map(|i| format!("{{\"id\":{i}}},")).collect();
        for text in ["", "short", &large] {
            for coding in CODINGS {
                for level in LEVELS {
                    let body = compress(Body::from(text.to_owned()), coding, level);
                    let bytes = body.collect().await.unwrap().to_bytes();
                    assert!(expand(coding, &bytes) == text.as_bytes(), "{coding:?} {level:?}");
                    assert!(bytes.len() < text.len() / 2 + 100, "{coding:?} {level:?}");
                }
            }
        }
    }

    #[tokio::test]
    async fn small_body_has_a_length() {
        for coding in CODINGS {
            let body = compress(Body::from("short"), coding, CompressionLevel::Fast);
            assert!(body.size_hint().exact().is_some(), "{coding:?}");
        }
    }

    #[tokio::test]
    async fn each_message_of_a_stream_can_be_read_when_it_has_come() {
        for coding in CODINGS {
            let (sender, receiver) = tokio::sync::mpsc::unbounded_channel::<io::Result<Bytes>>();
            let stream = tokio_stream::wrappers::UnboundedReceiverStream::new(receiver);
            let mut body = compress(Body::from_stream(stream), coding, CompressionLevel::Fast);
            let (mut came, mut sent) = (Vec::new(), Vec::new());
            for i in 0..5 {
                let message = format!("{{\"result\":{{\"id\":{i}}}}}\n");
                sent.extend_from_slice(message.as_bytes());
                sender.send(Ok(message.into())).unwrap();
                let frame = body.frame().await.unwrap().unwrap();
                came.extend_from_slice(&frame.into_data().unwrap());
                assert_eq!(expand(coding, &came), sent, "{coding:?} after {i}");
            }
        }
    }

    #[tokio::test]
    async fn trailers_come_after_the_last_byte() {
        let trailers = HeaderMap::from_iter([(http::header::ETAG, "\"x\"".parse().unwrap())]);
        let frames = [Frame::data(Bytes::from_static(b"one")), Frame::trailers(trailers.clone())];
        let stream = futures_util::stream::iter(frames.map(Ok::<_, io::Error>));
        let of = Body::new(http_body_util::StreamBody::new(stream));
        let all = compress(of, Coding::Gzip, CompressionLevel::Fast).collect().await.unwrap();
        assert_eq!(all.trailers(), Some(&trailers));
        assert_eq!(expand(Coding::Gzip, &all.to_bytes()), b"one");
    }
}
