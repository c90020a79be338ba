//! An open WebSocket in two halves, each held to limits.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{Error, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};

use super::Close;

/// A text message: UTF-8, cheaply cloned.
pub type Text = Utf8Bytes;

type Stream = WebSocketStream<TokioIo<Upgraded>>;

/// Idle sockets are many, and each has this much.
const READ_BUFFER: usize = 4 << 10;

/// Messages that come fast go out together, up to this much. No more than this and one message
/// ever waits for a reader.
const WRITE_BUFFER: usize = 32 << 10;

/// How long a client may take to say goodbye, and how much is read of it meanwhile.
const GOODBYE: Duration = Duration::from_secs(2);
const GOODBYE_BYTES: usize = 1 << 20;

/// What a WebSocket may cost.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// The largest message a client may send, in bytes.
    pub max_message: usize,
    /// How often a client is asked for a sign of life. One that gave none until it is asked again
    /// is gone.
    pub ping_interval: Duration,
}

/// An open WebSocket.
#[derive(Debug)]
pub struct Socket {
    stream: Stream,
    settings: Settings,
}

/// The half that hears the client.
#[derive(Debug)]
pub struct Receiver {
    stream: SplitStream<Stream>,
    pulse: Arc<Pulse>,
    max_message: usize,
}

/// The half that speaks to the client.
#[derive(Debug)]
pub struct Sender {
    sink: SplitSink<Stream, Message>,
    pulse: Arc<Pulse>,
    pings: Interval,
    /// A sign of life was asked for.
    asked: bool,
}

/// What both halves know of the client being there.
#[derive(Debug, Default)]
struct Pulse {
    /// Something came since this was last looked at.
    heard: AtomicBool,
    /// Nothing is read for the time being, so that nothing can be heard.
    deaf: AtomicBool,
}

/// Why nothing more comes from a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gone {
    /// It closed the WebSocket or the connection, or gave no sign of life.
    Left,
    /// It did what it must not, and is to be told how.
    Fault(Close),
}

impl Socket {
    pub(super) async fn new(upgraded: Upgraded, settings: Settings) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(WRITE_BUFFER)
            .max_message_size(Some(settings.max_message))
            .max_frame_size(Some(settings.max_message));
        let io = TokioIo::new(upgraded);
        let stream = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
        Self { stream, settings }
    }

    /// The two halves.
    pub fn split(self) -> (Sender, Receiver) {
        let Self { stream, settings } = self;
        let (sink, stream) = stream.split();
        let pulse = Arc::new(Pulse::default());
        let mut pings =
            interval_at(Instant::now() + settings.ping_interval, settings.ping_interval);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let receiver = Receiver { stream, pulse: pulse.clone(), max_message: settings.max_message };
        (Sender { sink, pulse, pings, asked: false }, receiver)
    }
}

impl Receiver {
    /// The next text message.
    pub async fn next(&mut self) -> Result<Text, Gone> {
        loop {
            let message = match self.stream.next().await {
                Some(Ok(message)) => message,
                Some(Err(error)) => return Err(self.gone(error)),
                None => return Err(Gone::Left),
            };
            self.pulse.heard.store(true, Ordering::Relaxed);
            match message {
                Message::Text(text) => return Ok(text),
                Message::Binary(_) => {
                    return Err(Gone::Fault(Close::unsupported(
                        "messages are JSON in text frames",
                    )));
                }
                Message::Close(_) => return Err(Gone::Left),
                // Pings are answered by the library.
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }

    /// Waits for `work` without listening: a client that is not heard meanwhile is not gone.
    pub async fn deaf_during<T>(&self, work: impl Future<Output = T>) -> T {
        self.pulse.deaf.store(true, Ordering::Relaxed);
        let done = work.await;
        self.pulse.heard.store(true, Ordering::Relaxed);
        self.pulse.deaf.store(false, Ordering::Relaxed);
        done
    }

    fn gone(&self, error: Error) -> Gone {
        match error {
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)
            | Error::ConnectionClosed
            | Error::AlreadyClosed
            | Error::Io(_)
            | Error::Tls(_)
            | Error::AttackAttempt
            | Error::WriteBufferFull(_)
            | Error::Url(_)
            | Error::Http(_)
            | Error::HttpFormat(_) => Gone::Left,
            Error::Capacity(_) => Gone::Fault(Close::too_large(self.max_message)),
            Error::Utf8(_) => Gone::Fault(Close::not_utf8()),
            Error::Protocol(error) => Gone::Fault(Close::protocol(&error.to_string())),
        }
    }
}

impl Sender {
    /// Has a text message sent, at the latest by the next wait in [`during`](Self::during). Waits
    /// while too much is on its way to a client that does not read.
    pub async fn send(&mut self, text: Text) -> Result<(), Gone> {
        // A stream that always has more to say must let others have their turn.
        tokio::task::coop::consume_budget().await;
        self.sink.feed(Message::Text(text)).await.map_err(left)
    }

    /// Waits until a message can be taken, which is while not too much is on its way to the client.
    /// May be dropped and asked again.
    pub async fn ready(&mut self) -> Result<(), Gone> {
        tokio::task::coop::consume_budget().await;
        poll_fn(|cx| self.sink.poll_ready_unpin(cx)).await.map_err(left)
    }

    /// Takes a text message when it is [`ready`](Self::ready); it is sent at the latest by the next
    /// [`attend`](Self::attend).
    pub fn put(&mut self, text: Text) -> Result<(), Gone> {
        self.sink.start_send_unpin(Message::Text(text)).map_err(left)
    }

    /// Sends what waits, then asks the client for signs of life until it gives none. May be dropped
    /// and asked again.
    pub async fn attend(&mut self) -> Gone {
        loop {
            if let Err(error) = self.sink.flush().await {
                return left(error);
            }
            self.pings.tick().await;
            if let Err(gone) = self.ping().await {
                return gone;
            }
        }
    }

    /// Waits for `work`; until it is done, what waits is sent, and the client asked for signs of
    /// life.
    pub async fn during<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Gone> {
        let mut work = std::pin::pin!(work);
        if let Poll::Ready(done) = futures_util::poll!(work.as_mut()) {
            return Ok(done);
        }
        self.sink.flush().await.map_err(left)?;
        loop {
            tokio::select! {
                biased;
                done = work.as_mut() => return Ok(done),
                _ = self.pings.tick() => self.ping().await?,
            }
        }
    }

    async fn ping(&mut self) -> Result<(), Gone> {
        // What follows until the ping is on its way is not to be torn apart.
        poll_fn(|cx| self.sink.poll_ready_unpin(cx)).await.map_err(left)?;
        let heard = self.pulse.heard.swap(false, Ordering::Relaxed);
        if self.asked && !heard && !self.pulse.deaf.load(Ordering::Relaxed) {
            return Err(Gone::Left);
        }
        self.asked = true;
        self.sink.start_send_unpin(Message::Ping(Bytes::new())).map_err(left)?;
        self.sink.flush().await.map_err(left)
    }

    /// Ends the WebSocket: says `close`, or where the client has left answers its own goodbye, and
    /// waits a little for the client to go.
    pub async fn end(mut self, receiver: Receiver, close: Option<Close>) {
        let goodbye = async {
            let said = match close {
                Some(close) => self.sink.send(Message::Close(Some(close.frame()))).await,
                None => self.sink.flush().await,
            };
            let Ok(mut stream) = self.sink.reunite(receiver.stream) else { return };
            if said.is_ok() {
                while let Some(Ok(_)) = stream.next().await {}
            }
            // Closing with data left unread would reset the connection, and what was said last
            // could be lost.
            let mut io = stream.into_inner();
            if io.shutdown().await.is_ok() {
                let mut space = [0; 1024];
                let mut left = GOODBYE_BYTES;
                while let Ok(length @ 1..) = io.read(&mut space).await
                    && left > 0
                {
                    left = left.saturating_sub(length);
                }
            }
        };
        // One that does not go is left behind.
        let _ = timeout(GOODBYE, goodbye).await;
    }
}

/// What cannot be sent was not the client's to prevent: it is not there any more.
fn left(_: Error) -> Gone {
    Gone::Left
}
