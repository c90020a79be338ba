//! Bodies on their way through the server: requests are held to the listener's limits, responses
//! keep their connection marked as busy.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};

use super::activity::{Activity, InFlight};
use crate::config::checked::Limits;
use crate::frontend::Body;
use crate::frontend::body::BodyError;

/// Holds a request's body to what `limits` allow a stream; a frontend that wants one message holds
/// it to less. An empty body costs nothing.
pub(super) fn limited(body: Incoming, limits: &Limits, activity: &Arc<Activity>) -> Body {
    if body.is_end_stream() {
        return Body::empty();
    }
    Body::new(Limited {
        // A body that says it is too large is refused before a byte of it is asked for.
        refused: body.size_hint().lower() > limits.stream,
        body,
        limit: limits.stream,
        left: limits.stream,
        timeout: limits.body_timeout,
        waiting: None,
        timer: None,
        ended: false,
        activity: Arc::clone(activity),
    })
}

struct Limited {
    body: Incoming,
    refused: bool,
    limit: u64,
    left: u64,
    timeout: Duration,
    /// Until when the piece that is waited for must come.
    waiting: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    ended: bool,
    activity: Arc<Activity>,
}

impl Limited {
    /// Ready when the piece that is waited for did not come in time.
    fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.waiting else {
            // HTTP/1 reads a piece only when it was asked for one, so that it is often there a
            // moment later: look again before a timer is made.
            self.waiting = Some(Instant::now() + self.timeout);
            cx.waker().wake_by_ref();
            return Poll::Pending;
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        ready!(timer.as_mut().poll(cx));
        if timer.deadline() >= deadline {
            return Poll::Ready(());
        }
        // It was set for an earlier piece.
        timer.as_mut().reset(deadline);
        timer.as_mut().poll(cx)
    }

    fn too_large(&mut self) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.refused = true;
        Poll::Ready(Some(Err(BodyError::TooLarge { limit: self.limit })))
    }
}

impl HttpBody for Limited {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        if this.refused {
            return this.too_large();
        }
        let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) else {
            ready!(this.poll_patience(cx));
            return Poll::Ready(Some(Err(BodyError::Slow { timeout: this.timeout })));
        };
        this.waiting = None;
        match frame {
            Some(Ok(frame)) => {
                let length = frame.data_ref().map_or(0, Bytes::len);
                match this.left.checked_sub(length as u64) {
                    Some(left) => this.left = left,
                    None => return this.too_large(),
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => Poll::Ready(Some(Err(BodyError::Broken(error.into())))),
            None => {
                this.ended = true;
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        if !self.ended && !self.body.is_end_stream() {
            self.activity.leave_body();
        }
    }
}

/// A response's body; its request is at work until this is dropped.
pub(super) struct Tracked {
    body: Body,
    /// `None` where the request goes on after the response.
    _in_flight: Option<InFlight>,
}

impl Tracked {
    pub(super) fn new(body: Body, in_flight: Option<InFlight>) -> Self {
        Self { body, _in_flight: in_flight }
    }
}

impl HttpBody for Tracked {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
