//! Requests whose answers go on: over a WebSocket, as server-sent events, or in parts.

use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;

use super::door::{self, Door};
use crate::call::Name;
use crate::config::checked;
use crate::frontend::graphql::engine::Prepared;
use crate::frontend::graphql::operation::Begin;
use crate::frontend::graphql::sse::single::{self, StreamToken, Streams};
use crate::frontend::graphql::{Answer, Context, Kind, multipart, socket, sse};
use crate::frontend::websocket::{Handshake, Refused, Settings};
use crate::frontend::{Request, Response};

/// What is sent after this much silence says that the gateway is still there. Proxies tend to give up
/// after half a minute at the earliest.
pub const HEARTBEAT: Duration = Duration::from_secs(12);

/// How one listener carries answers that go on.
pub struct Lasting {
    /// `None` where there are no WebSockets.
    socket: Option<(socket::Settings, Begin)>,
    /// `None` where each event stream is of one operation.
    streams: Option<Arc<Streams>>,
}

/// The way that a client wants its answers.
pub enum Way {
    /// Events of this response.
    Events,
    /// Events of a response that is open elsewhere.
    Elsewhere(StreamToken),
    /// Parts, where there is more than one answer.
    Parts,
}

impl Lasting {
    pub fn new(
        door: &Arc<Door>,
        settings: &checked::Graphql,
        listener: &checked::Listener,
        forward: &[Name],
        streams: Option<Arc<Streams>>,
    ) -> Self {
        let socket = listener.websocket.as_ref().map(|websocket| {
            let settings = socket::Settings {
                socket: Settings {
                    max_message: listener.limits.body,
                    ping_interval: websocket.ping_interval,
                },
                init_timeout: settings.limits.connection_init_timeout,
                operations: settings.limits.subscriptions,
                forward: forward.into(),
            };
            (settings, door::begin(door.clone()))
        });
        Self { socket, streams }
    }

    /// Whether a request wants to open a WebSocket, and may.
    pub fn handshake(&self, request: &mut Request) -> Option<Result<Handshake, Refused>> {
        self.socket.as_ref()?;
        Handshake::find(request)
    }

    /// Opens a WebSocket.
    pub fn open(
        &self,
        handshake: Result<Handshake, Refused>,
        parts: &Parts,
        context: Context,
    ) -> Option<Response> {
        let (settings, begin) = self.socket.as_ref()?;
        // It is the WebSocket's, whose operations have none.
        let context = Context { deadline: None, ..context };
        Some(socket::open(handshake, &parts.headers, context, begin.clone(), settings.clone()))
    }

    /// Whether an event stream may carry many operations.
    pub fn has_streams(&self) -> bool {
        self.streams.is_some()
    }

    /// Answers what is about an event stream of many operations.
    pub fn about_stream(&self, parts: &Parts) -> Option<Response> {
        self.streams.as_ref()?.handle(parts)
    }

    /// Which way a client wants its answers, if not all at once.
    pub fn way(&self, parts: &Parts) -> Option<Way> {
        let token = self.streams.as_ref().and_then(|_| single::token(parts));
        match token {
            Some(token) => Some(Way::Elsewhere(token)),
            None if sse::is_wanted(&parts.headers) => Some(Way::Events),
            None => multipart::is_wanted(&parts.headers).then_some(Way::Parts),
        }
    }

    /// Answers that way. The error is to be answered at once, as any other request.
    pub fn answer(
        &self,
        way: Way,
        door: &Door,
        prepared: Result<Prepared, Answer>,
        id: Option<&str>,
        context: &Context,
    ) -> Result<Response, Result<Prepared, Answer>> {
        match (way, prepared) {
            (Way::Events, prepared) => {
                Ok(sse::answer(door.begin(prepared, context.clone()), HEARTBEAT))
            }
            (Way::Elsewhere(token), Ok(prepared)) => match &self.streams {
                Some(streams) => {
                    let operation = door.begin(Ok(prepared), context.clone());
                    Ok(streams.start(&token, id, operation))
                }
                None => Err(Ok(prepared)),
            },
            (Way::Parts, Ok(prepared)) if prepared.kind() == Kind::Subscription => {
                let operation = door.begin(Ok(prepared), context.clone());
                Ok(multipart::answer(operation, HEARTBEAT))
            }
            (Way::Elsewhere(_) | Way::Parts, prepared) => Err(prepared),
        }
    }
}

impl std::fmt::Debug for Lasting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lasting").field("socket", &self.socket.is_some()).finish_non_exhaustive()
    }
}
