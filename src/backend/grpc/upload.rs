//! The messages of a client's stream on their way to the backend: a task of its own, so that
//! neither direction of a call waits for the other.

use std::future::poll_fn;

use h2::{Reason, SendStream};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use super::outgoing::Outgoing;
use crate::call::{CallError, Messages};
use crate::codec::grpc::Frame;

/// A running upload. Dropping it stops it; where the stream of messages had not ended, the call
/// is reset.
pub struct Upload {
    task: AbortHandle,
    failed: oneshot::Receiver<CallError>,
}

impl Upload {
    /// Starts to send `messages`.
    pub fn start(messages: Messages, stream: SendStream<Frame>, outgoing: Outgoing) -> Self {
        let (failure, failed) = oneshot::channel();
        let task = tokio::spawn(run(messages, stream, outgoing, failure)).abort_handle();
        Self { task, failed }
    }

    /// Why the upload, and with it the call, was broken off on the client's side.
    pub fn failure(&mut self) -> Option<CallError> {
        self.failed.try_recv().ok()
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(
    mut messages: Messages,
    mut stream: SendStream<Frame>,
    outgoing: Outgoing,
    failure: oneshot::Sender<CallError>,
) {
    loop {
        let next = tokio::select! {
            biased;
            // The backend wants no more; the response says why.
            _ = poll_fn(|cx| stream.poll_reset(cx)) => return,
            next = messages.next() => next,
        };
        let frame = match next {
            None => {
                let _ = stream.send_data(Frame::end(), true);
                return;
            }
            Some(message) => message.and_then(|message| outgoing.frame(message)),
        };
        match frame {
            Ok(frame) => {
                if !is_writable(&mut stream).await || stream.send_data(frame, false).is_err() {
                    return;
                }
            }
            Err(error) => {
                // Told first: the reset wakes whoever waits for the response.
                let _ = failure.send(error);
                stream.send_reset(Reason::CANCEL);
                return;
            }
        }
    }
}

/// Waits until what was sent before has left and the peer takes more; `false` where it never will.
async fn is_writable(stream: &mut SendStream<Frame>) -> bool {
    stream.reserve_capacity(1);
    while stream.capacity() == 0 {
        match poll_fn(|cx| stream.poll_capacity(cx)).await {
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return false,
        }
    }
    true
}
