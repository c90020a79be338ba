//! One call under way on a connection: its request out, its response in, and what becomes of it
//! when nobody waits for it any more.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::{Reason, RecvStream, SendStream};
use http::HeaderMap;
use http::response::Parts;
use tokio::time::{Instant, sleep, timeout_at};

use super::connection::Connection;
use super::endpoint::Chosen;
use super::lane::Lease;
use super::status;
use super::upload::Upload;
use crate::call::CallError;
use crate::codec::grpc::Frame;

/// How long a call may run out after its client has left, if its deadline is not nearer.
const LONGEST_RUN_OUT: Duration = Duration::from_secs(10);

/// See the module. Dropping it before its end cancels the call.
pub struct Exchange {
    state: State,
    connection: Arc<Connection>,
    lease: Option<Lease>,
    upload: Option<Upload>,
    /// Whether the call may run out when its client has left, instead of being reset.
    runs_out: bool,
    deadline: Option<Instant>,
    /// What the connection had sent before this call.
    written: u64,
}

/// The head of a response.
pub struct Head {
    /// Status and headers.
    pub parts: Parts,
    /// Whether nothing follows.
    pub is_all: bool,
}

/// The response broke off.
pub struct Broken {
    /// What to say of it.
    pub error: CallError,
    /// Whether the backend surely did not see the call, so that it may be sent once more.
    pub unprocessed: bool,
}

enum State {
    Waiting(ResponseFuture),
    Reading(RecvStream),
    Over,
}

impl Exchange {
    /// Opens a stream. Where the connection turns out to be lost, it is retired and nothing has
    /// been sent.
    pub fn open(
        chosen: Chosen<'_>,
        request: http::Request<()>,
        deadline: Option<Instant>,
    ) -> Result<(Self, SendStream<Frame>), h2::Error> {
        let Chosen { connection, lease, .. } = chosen;
        let written = connection.meter().written();
        match connection.open(request) {
            Ok((response, stream)) => {
                let exchange = Self {
                    state: State::Waiting(response),
                    connection,
                    lease: Some(lease),
                    upload: None,
                    runs_out: false,
                    deadline,
                    written,
                };
                Ok((exchange, stream))
            }
            Err(error) => {
                connection.meter().retire();
                Err(error)
            }
        }
    }

    /// Lets the call run out when its client leaves.
    pub fn let_run_out(&mut self) {
        self.runs_out = true;
    }

    /// Has the call reset when it is dropped.
    pub fn give_up(&mut self) {
        self.runs_out = false;
    }

    /// Ties a stream of request messages to the call.
    pub fn attach(&mut self, upload: Upload) {
        self.upload = Some(upload);
    }

    /// When the call is cut off.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The head of the response.
    pub async fn head(&mut self) -> Result<Head, Broken> {
        let State::Waiting(response) = &mut self.state else {
            return Err(Broken { error: status::missing(), unprocessed: false });
        };
        match response.await {
            Ok(response) => {
                let (parts, body) = response.into_parts();
                let is_all = body.is_end_stream();
                self.state = if is_all { State::Over } else { State::Reading(body) };
                Ok(Head { parts, is_all })
            }
            Err(error) => {
                let unprocessed = self.is_unprocessed(&error);
                Err(Broken { error: self.broken(error), unprocessed })
            }
        }
    }

    /// The next piece of the response's body; `None` at its end.
    pub async fn data(&mut self) -> Result<Option<Bytes>, CallError> {
        let State::Reading(body) = &mut self.state else {
            return Ok(None);
        };
        match body.data().await {
            Some(Ok(data)) => {
                // Fails only where the stream is closed, and then nobody waits for the window.
                let _ = body.flow_control().release_capacity(data.len());
                Ok(Some(data))
            }
            Some(Err(error)) => Err(self.broken(error)),
            None => Ok(None),
        }
    }

    /// What follows the body.
    pub async fn trailers(&mut self) -> Result<Option<HeaderMap>, CallError> {
        let State::Reading(body) = &mut self.state else {
            return Ok(None);
        };
        match body.trailers().await {
            Ok(trailers) => {
                self.state = State::Over;
                Ok(trailers)
            }
            Err(error) => Err(self.broken(error)),
        }
    }

    fn broken(&mut self, error: h2::Error) -> CallError {
        self.state = State::Over;
        if error.is_io() || error.is_go_away() {
            self.connection.meter().retire();
        }
        match self.upload.as_mut().and_then(Upload::failure) {
            Some(failure) => failure,
            None => status::broken(error),
        }
    }

    /// The peer says that it did not look at the call, or none of it has left the gateway.
    fn is_unprocessed(&self, error: &h2::Error) -> bool {
        let refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
        // A stream fails by GOAWAY only where it is beyond the last one the peer has accepted.
        let beyond = error.is_go_away();
        error.is_remote() && (refused || beyond)
            || error.is_io() && self.connection.meter().written() == self.written
    }

    /// Reads what is left and forgets it.
    async fn run_out(mut self) {
        let longest = Instant::now() + LONGEST_RUN_OUT;
        let until = self.deadline.map_or(longest, |deadline| deadline.min(longest));
        let _ = timeout_at(until, async {
            if matches!(self.state, State::Waiting(_)) && self.head().await.is_err() {
                return;
            }
            while let Ok(Some(_)) = self.data().await {}
            let _ = self.trailers().await;
        })
        .await;
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.upload = None;
        let state = std::mem::replace(&mut self.state, State::Over);
        if matches!(state, State::Over) {
            return;
        }
        let (Some(mut lease), Ok(runtime)) =
            (self.lease.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        let in_time = self.deadline.is_none_or(|deadline| deadline > Instant::now());
        if self.runs_out && in_time && lease.detach() {
            let rest = Self {
                state,
                connection: Arc::clone(&self.connection),
                lease: Some(lease),
                upload: None,
                runs_out: false,
                deadline: self.deadline,
                written: self.written,
            };
            runtime.spawn(rest.run_out());
        } else if let Some(delay) = lease.reset_delay() {
            runtime.spawn(async move {
                sleep(delay).await;
                drop((state, lease));
            });
        }
        // What is dropped here is reset at once.
    }
}
