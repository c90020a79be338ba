//! The socket as hyper sees it: hands out again what was read to learn the protocol, tells the
//! connection's activity, and closes so that the client still gets its response.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::activity::Activity;

const LATE: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// How much is read and thrown away on closing, for a client that is still sending.
const LINGER_BYTES: usize = 1 << 20;

/// Pieces that are no more than this together are copied into one: the system's `writev` costs more
/// than a plain write of so few bytes and their copy. Most responses are a head and a small body.
const JOINED: usize = 2048;

pub(super) struct Io<T> {
    stream: T,
    first: Bytes,
    activity: Arc<Activity>,
    late: bool,
    lingered: usize,
}

impl<T> Io<T> {
    /// `first` has been read from `stream` before.
    pub(super) fn new(stream: T, first: Bytes, activity: Arc<Activity>) -> Self {
        Self { stream, first, activity, late: false, lingered: 0 }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for Io<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.first.has_remaining() {
            let length = this.first.len().min(buffer.remaining());
            buffer.put_slice(&this.first.split_to(length));
            this.activity.bytes_read();
            return Poll::Ready(Ok(()));
        }
        if this.activity.headers_are_late() {
            // Said once if the socket takes it, then the request is at its end.
            if !std::mem::replace(&mut this.late, true) {
                let _ = Pin::new(&mut this.stream).poll_write(cx, LATE)?;
                let _ = Pin::new(&mut this.stream).poll_flush(cx)?;
            }
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            this.activity.bytes_read();
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Io<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.activity.bytes_written(written.is_pending());
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut space = [0; JOINED];
        let written = match joined(slices, &mut space) {
            Some(bytes) => Pin::new(&mut self.stream).poll_write(cx, bytes),
            None => Pin::new(&mut self.stream).poll_write_vectored(cx, slices),
        };
        self.activity.bytes_written(written.is_pending());
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Closes. Data that the client sent and nobody read would make the system reset the
    /// connection, and the response (say, 413) be lost: so it is read first, within bounds.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.lingered == 0 {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
        }
        if !this.activity.has_left_body() {
            return Poll::Ready(Ok(()));
        }
        this.activity.close();
        let mut space = [0; 4096];
        while this.lingered < LINGER_BYTES {
            let mut buffer = ReadBuf::new(&mut space);
            ready!(Pin::new(&mut this.stream).poll_read(cx, &mut buffer))?;
            match buffer.filled().len() {
                0 => break,
                length => this.lingered += length,
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// The pieces as one, where there are several and they fit.
fn joined<'s>(slices: &[IoSlice<'_>], space: &'s mut [u8; JOINED]) -> Option<&'s [u8]> {
    if slices.len() < 2 {
        return None;
    }
    let mut end = 0;
    for slice in slices {
        space.get_mut(end..end + slice.len())?.copy_from_slice(slice);
        end += slice.len();
    }
    space.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_pieces_are_joined() {
        let mut space = [0; JOINED];
        let pieces = [&b"head "[..], b"", b"body"];
        assert_eq!(joined(&pieces.map(IoSlice::new), &mut space), Some(&b"head body"[..]));
        assert_eq!(joined(&[IoSlice::new(b"alone")], &mut space), None);
        assert_eq!(joined(&[], &mut space), None);
        let (half, more) = ([b'a'; JOINED / 2], [b'b'; JOINED / 2 + 1]);
        let all = [half, half];
        let all = all.each_ref().map(|half| IoSlice::new(half));
        assert_eq!(joined(&all, &mut space).map(<[u8]>::len), Some(JOINED));
        assert_eq!(joined(&[IoSlice::new(&half), IoSlice::new(&more)], &mut space), None);
    }
}
