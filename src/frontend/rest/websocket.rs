//! A streaming call over a WebSocket: one JSON message a text frame, both ways.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderName;
use http::request::Parts;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::error::{Refusal, in_stream};
use super::opening::{Opened, Opening, Until, early, open};
use super::route::{Input, Route};
use super::router::Path;
use super::{Frontend, bad_path, request, response};
use crate::call::{
    Call, CallError, Code, Messages, Metadata, Origin, Payload, Principal, Source, Step,
};
use crate::frontend::websocket::{
    Close, Gone, Handshake, Receiver, Refused, Sender, Settings, Socket, Text,
};
use crate::frontend::{Response, metadata, timeout as deadline};
use crate::telemetry::record::Recorder;

static GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// How long a WebSocket is not opened yet, for an error that comes at once to have a status of its
/// own. Services may say nothing before they have heard something, so it cannot be long.
const EARLY: Duration = Duration::from_millis(100);

/// What a WebSocket may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// What holds for every WebSocket.
    pub socket: Settings,
    /// How long a request message may take to come.
    pub patience: Duration,
}

/// What stops a conversation from outside.
enum Interruption {
    /// Nothing more comes from the client.
    Gone(Gone),
    /// What the client sent has no place in the call.
    Refused(CallError),
    /// The server drains.
    Draining,
}

/// What the client says goes in here; `None` is the end of its side.
type Heard = Result<Option<Bytes>, CallError>;

/// Everything about a call but its messages.
struct Head {
    metadata: Metadata,
    deadline: Option<std::time::Instant>,
    /// What path and query say of the first message.
    first: Vec<u8>,
}

impl Frontend {
    /// Answers a request to open a WebSocket. What is wrong with it has an HTTP status; later
    /// errors close the WebSocket.
    pub(super) async fn open_websocket(
        self: &Arc<Self>,
        parts: &Parts,
        handshake: Result<Handshake, Refused>,
        limits: Limits,
        source: &Source,
    ) -> Result<Response, Refusal> {
        let unrouted = |refusal: &Refusal| self.unrouted(parts, source, refusal);
        let mut path = Path::parse(parts.uri.path())
            .ok_or_else(|| bad_path(parts.uri.path()).into())
            .inspect_err(unrouted)?;
        let route = self.streaming_route(parts, &mut path).inspect_err(unrouted)?;
        let refused = |refusal: Refusal| {
            Recorder::refuse(&route.endpoint.recorder, source, &refusal.error);
            refusal
        };
        let handshake = handshake.map_err(|error| refused(Refusal::no_websocket(&error)))?;
        let head = self.head(route, parts, &path).map_err(|e| refused(e.into()))?;
        let conversation = Conversation {
            frontend: self.clone(),
            route: route.clone(),
            limits,
            source: source.clone(),
        };
        conversation.open(head, handshake).await
    }

    fn streaming_route(&self, parts: &Parts, path: &mut Path<'_>) -> Result<&Arc<Route>, Refusal> {
        let streams = |index: usize| {
            let streaming = self.routes[index].endpoint.operation.streaming;
            streaming.client() || streaming.server()
        };
        match self.router.find_any(path, &streams) {
            Some(index) => Ok(&self.routes[index]),
            None => Err(match self.router.find_any(path, &|_| true) {
                Some(index) => {
                    let operation = self.routes[index].endpoint.operation.name();
                    let message = format!("{operation} does not stream, call it without WebSocket");
                    CallError::client(Code::InvalidArgument, message).into()
                }
                None => self.nothing_at(parts.uri.path()).into(),
            }),
        }
    }

    fn head(&self, route: &Route, parts: &Parts, path: &Path<'_>) -> Result<Head, CallError> {
        let metadata = metadata::read(&parts.headers, &self.forward)?;
        let deadline = deadline::read(parts.headers.get(&GRPC_TIMEOUT))?;
        let mut first = Vec::new();
        request::decode_target(
            route,
            path,
            parts.uri.query(),
            &self.view,
            &self.decode,
            &mut first,
        )?;
        Ok(Head { metadata, deadline, first })
    }
}

/// One call over one WebSocket.
struct Conversation {
    frontend: Arc<Frontend>,
    route: Arc<Route>,
    limits: Limits,
    source: Source,
}

impl Conversation {
    async fn open(self, head: Head, handshake: Handshake) -> Result<Response, Refusal> {
        let settings = self.limits.socket;
        let streaming = self.route.endpoint.operation.streaming;
        let (payload, heard) = if streaming.client() {
            let (hear, heard) = mpsc::channel(1);
            let first = match (&self.route.input, head.first.is_empty()) {
                (Input::None, _) | (_, false) => Some(head.first),
                (_, true) => None,
            };
            let merge = (self.frontend.clone(), self.route.clone());
            (Payload::Stream(messages(heard, first, merge)), Some(hear))
        } else if matches!(self.route.input, Input::None) {
            (Payload::Message(head.first.into()), None)
        } else {
            // The request is still to come.
            let Head { metadata, deadline, first } = head;
            return Ok(handshake.accept(settings, move |socket, draining| async move {
                let head = Head { metadata, deadline, first };
                self.hear_request(head, socket, draining).await;
            }));
        };
        let opening = self.call(head.metadata, head.deadline, payload);
        let (leading, opening) = early(opening, EARLY).await?;
        let frontend = self.frontend.clone();
        let mut response = handshake.accept(settings, move |socket, draining| async move {
            let (sender, receiver) = socket.split();
            self.talk(opening, heard, sender, receiver, draining).await;
        });
        let status = response.status();
        frontend.outgoing.write_leading(&leading, &mut response);
        // It opens, whatever status the backend would have.
        *response.status_mut() = status;
        Ok(response)
    }

    fn call(
        &self,
        metadata: Metadata,
        deadline: Option<std::time::Instant>,
        payload: Payload,
    ) -> Opening {
        let endpoint = &self.route.endpoint;
        let call = Call {
            operation: endpoint.operation.clone(),
            metadata,
            payload,
            deadline,
            principal: Principal::Anonymous,
            source: self.source.clone(),
        };
        // A service may say nothing before it has heard something.
        let until = match endpoint.operation.streaming.client() {
            true => Until::Head,
            false => Until::First,
        };
        open(endpoint.service.clone(), call, until)
    }

    /// The client's first frame is the request; an empty one is an empty message, as an absent
    /// body is.
    async fn hear_request(self, head: Head, socket: Socket, draining: CancellationToken) {
        let (mut sender, mut receiver) = socket.split();
        let patience = self.limits.patience;
        let silent = || {
            let waited = humantime::format_duration(patience);
            let message = format!("no request message came for {waited}");
            Interruption::Refused(CallError::client(Code::DeadlineExceeded, message))
        };
        let heard = {
            let mut draining = std::pin::pin!(drained(&draining));
            let first = async {
                match timeout(patience, receiver.next()).await {
                    Ok(text) => text.map_err(Interruption::Gone),
                    Err(_) => Err(silent()),
                }
            };
            let first = async { sender.during(first).await.map_err(Interruption::Gone)? };
            let first = unless(draining.as_mut(), first).await;
            first.unwrap_or_else(Err).and_then(|text| {
                let mut message = Vec::with_capacity(text.len() + head.first.len());
                if !text.is_empty() {
                    self.decode("message 1", &text, &mut message).map_err(Interruption::Refused)?;
                }
                request::join(&self.route, &mut message, &head.first, &self.frontend.view)
                    .map_err(Interruption::Refused)?;
                Ok(message)
            })
        };
        match heard {
            Ok(message) => {
                let payload = Payload::Message(message.into());
                let opening = self.call(head.metadata, head.deadline, payload);
                self.talk(opening, None, sender, receiver, draining).await;
            }
            Err(interruption) => {
                Recorder::refuse(
                    &self.route.endpoint.recorder,
                    &self.source,
                    &blame(&interruption),
                );
                self.interrupt(interruption, sender, receiver).await;
            }
        }
    }

    /// Carries the messages of a call both ways until one side ends it.
    async fn talk(
        self,
        opening: Opening,
        hear: Option<mpsc::Sender<Heard>>,
        mut sender: Sender,
        mut receiver: Receiver,
        draining: CancellationToken,
    ) {
        let interruption = {
            let listening = self.listen(&mut receiver, hear);
            let interrupted = async {
                tokio::select! {
                    biased;
                    () = draining.cancelled() => Interruption::Draining,
                    interruption = listening => interruption,
                }
            };
            let mut interrupted = std::pin::pin!(interrupted);
            self.speak(opening, &mut sender, interrupted.as_mut()).await.err()
        };
        match interruption {
            None => sender.end(receiver, Some(Close::normal())).await,
            Some(interruption) => self.interrupt(interruption, sender, receiver).await,
        }
    }

    /// Writes the reply.
    async fn speak(
        &self,
        opening: Opening,
        sender: &mut Sender,
        mut interrupted: Pin<&mut impl Future<Output = Interruption>>,
    ) -> Result<(), Interruption> {
        let opened = async { sender.during(opening).await.map_err(Interruption::Gone) };
        let opened = unless(interrupted.as_mut(), opened).await??;
        let opened = opened.map_err(Interruption::Refused)?;
        let Opened { mut first, mut rest, outcome, .. } = opened;
        let spoken = async {
            loop {
                let message = match (first.take(), &mut rest) {
                    (Some(first), _) => first,
                    (None, Some(rest)) => {
                        let next = sender.during(rest.next()).await.map_err(Interruption::Gone)?;
                        let Some(next) = next else { return Ok(()) };
                        next.map_err(Interruption::Refused)?
                    }
                    (None, None) => return Ok(()),
                };
                let mut out = self.route.reply_buffer();
                let Frontend { view, encode, .. } = &*self.frontend;
                let text = response::encode_json(&self.route, &message, view, encode, &mut out)
                    .and_then(|()| text(out));
                match text {
                    Ok(text) => sender.send(text).await.map_err(Interruption::Gone)?,
                    Err(error) => return Err(Interruption::Refused(error)),
                }
            }
        };
        let result = unless(interrupted, spoken).await.unwrap_or_else(Err);
        if let Err(interruption) = &result
            && !matches!(interruption, Interruption::Gone(Gone::Left))
        {
            // Without this its record would say that the client has left, or that all is well.
            match &mut rest {
                Some(rest) => rest.reject(&blame(interruption)),
                None => outcome.reject(&blame(interruption)),
            }
        }
        result
    }

    /// Hears the client out, as fast as the call takes what it says. Resolves once the
    /// conversation must end.
    async fn listen(
        &self,
        receiver: &mut Receiver,
        hear: Option<mpsc::Sender<Heard>>,
    ) -> Interruption {
        let mut count = 0_u64;
        let mut ended = false;
        loop {
            let room = match &hear {
                Some(hear) if !ended => receiver.deaf_during(hear.reserve()).await,
                _ => match receiver.next().await {
                    Err(gone) => return Interruption::Gone(gone),
                    Ok(_) => return Interruption::Refused(too_much()),
                },
            };
            let text = match receiver.next().await {
                Ok(text) => text,
                Err(gone) => return Interruption::Gone(gone),
            };
            // Without room the call has heard enough, and is about to end.
            let Ok(room) = room else { continue };
            if text.is_empty() {
                room.send(Ok(None));
                ended = true;
                continue;
            }
            count += 1;
            let mut message = Vec::with_capacity(text.len());
            match self.decode(format_args!("message {count}"), &text, &mut message) {
                Ok(()) => room.send(Ok(Some(message.into()))),
                // The call fails with it.
                Err(error) => room.send(Err(error)),
            }
        }
    }

    fn decode(
        &self,
        place: impl std::fmt::Display,
        text: &str,
        out: &mut Vec<u8>,
    ) -> Result<(), CallError> {
        let Frontend { view, decode, .. } = &*self.frontend;
        request::decode_text(&self.route, place, text.as_bytes(), view, decode, out)
    }

    async fn interrupt(&self, interruption: Interruption, mut sender: Sender, receiver: Receiver) {
        let close = match interruption {
            Interruption::Gone(Gone::Left) => None,
            Interruption::Gone(Gone::Fault(close)) => Some(close),
            Interruption::Draining => Some(Close::going_away()),
            Interruption::Refused(error) => {
                let mut frame = b"{\"error\":".to_vec();
                frame.extend_from_slice(&in_stream(
                    &error,
                    &self.frontend.view,
                    self.frontend.errors,
                ));
                frame.push(b'}');
                if let Ok(text) = text(frame) {
                    // Whoever does not take it does not take the close either.
                    let _ = timeout(EARLY, sender.send(text)).await;
                }
                Some(Close::failed(&error))
            }
        };
        sender.end(receiver, close).await;
    }
}

/// What was heard as a call's messages; `first` goes into the first of them, or is it where none
/// comes.
fn messages(
    heard: mpsc::Receiver<Heard>,
    first: Option<Vec<u8>>,
    (frontend, route): (Arc<Frontend>, Arc<Route>),
) -> Messages {
    let state = (heard, first, false, frontend, route);
    Messages::unfold(state, |(mut heard, mut first, ended, frontend, route)| async move {
        let next = match ended {
            true => None,
            // Without an end of its side the client has left.
            false => heard.recv().await.unwrap_or_else(|| Err(has_left()))?,
        };
        let ended = next.is_none();
        let message = match (next, first.take()) {
            (Some(message), None) => message,
            (Some(message), Some(first)) => {
                let mut message = message.to_vec();
                request::join(&route, &mut message, &first, &frontend.view)?;
                message.into()
            }
            (None, Some(first)) => first.into(),
            (None, None) => return Ok(Step::End(Metadata::default())),
        };
        Ok(Step::Message(message, (heard, first, ended, frontend, route)))
    })
}

/// Does `work` unless it is interrupted first.
async fn unless<T>(
    interrupted: Pin<&mut impl Future<Output = Interruption>>,
    work: impl Future<Output = T>,
) -> Result<T, Interruption> {
    tokio::select! {
        biased;
        interruption = interrupted => Err(interruption),
        done = work => Ok(done),
    }
}

async fn drained(draining: &CancellationToken) -> Interruption {
    draining.cancelled().await;
    Interruption::Draining
}

/// What a call's record says of an interruption.
fn blame(interruption: &Interruption) -> CallError {
    match interruption {
        Interruption::Gone(Gone::Left) => has_left(),
        Interruption::Gone(Gone::Fault(close)) => {
            CallError::client(Code::InvalidArgument, close.reason().to_owned())
        }
        Interruption::Refused(error) => {
            let message = error.message().to_owned();
            let told = CallError::new(error.code(), error.origin(), message);
            match error.cause() {
                Some(cause) => told.because(cause.to_string()),
                None => told,
            }
        }
        Interruption::Draining => {
            CallError::new(Code::Cancelled, Origin::Gateway, "the gateway is going away")
        }
    }
}

fn has_left() -> CallError {
    CallError::client(Code::Cancelled, "the client left")
}

fn too_much() -> CallError {
    let message = "a message after the client's side had ended";
    CallError::client(Code::InvalidArgument, message)
}

fn text(json: Vec<u8>) -> Result<Text, CallError> {
    Bytes::from(json).try_into().map_err(|error: std::str::Utf8Error| {
        CallError::gateway(Code::Internal, "a message is not UTF-8").because(error)
    })
}
