//! A reply's stream as server-sent events (WHATWG HTML, section 9.2).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use tokio::time::timeout;

use super::error::in_stream;
use super::opening::{Opened, Opening};
use super::route::Route;
use super::{Frontend, response};
use crate::call::{CallError, Code, Messages, Metadata, Name};
use crate::codec::FieldPath;
use crate::codec::json::{self, EncodeOptions};
use crate::config::Place;
use crate::config::checked;
use crate::contract::shape::ShapeId;
use crate::contract::view::View;
use crate::frontend::Body;

/// How long an event stream waits for its first message, so that an early error has an HTTP
/// status, before it begins without one, so that the client sees it open.
pub const EARLY: Duration = Duration::from_secs(1);

/// Where a client that comes back says which event it had last.
const LAST_EVENT_ID: &str = "last-event-id";

/// What goes into the events of one operation beside their data.
#[derive(Debug, Default)]
pub struct Plan {
    id: Option<Source>,
    event: Option<Source>,
}

/// A field whose value becomes a line of an event.
#[derive(Debug)]
struct Source {
    field: FieldPath,
    /// The JSON of a field that holds nothing.
    nothing: Vec<u8>,
}

/// How events are written on one listener.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A comment is sent after this much silence.
    pub heartbeat: Duration,
    /// `retry: …`, where it is set.
    pub retry: String,
}

impl Settings {
    pub fn new(settings: &checked::Sse) -> Self {
        let retry = settings.retry.map(|retry| format!("retry: {}\n\n", retry.as_millis()));
        Self { heartbeat: settings.heartbeat, retry: retry.unwrap_or_default() }
    }
}

impl Plan {
    /// Compiles what the config says of an operation with that reply. The error stands at its
    /// place in the file.
    pub fn build(
        events: &checked::Events,
        output: ShapeId,
        view: &View,
    ) -> Result<Self, (Place, String)> {
        let source = |field: &Option<checked::EventField>| {
            let Some(field) = field else { return Ok(None) };
            Source::build(&field.path, output, view)
                .map(Some)
                .map_err(|message| (field.place.clone(), message))
        };
        Ok(Self { id: source(&events.id)?, event: source(&events.event)? })
    }

    /// Writes the lines before an event's data.
    fn write(
        &self,
        message: &[u8],
        view: &View,
        depth: u32,
        out: &mut Vec<u8>,
    ) -> Result<(), CallError> {
        for (name, source) in [("id", &self.id), ("event", &self.event)] {
            let Some(source) = source else { continue };
            let Some(text) = source.text(message, view, depth)? else { continue };
            // An id comes back as a header, and goes on as metadata.
            let fits = match name {
                "id" => text.bytes().all(|byte| (0x20..0x7f).contains(&byte)),
                _ => !text.contains(['\n', '\r', '\0']),
            };
            if !fits {
                let message = format!("an event's {name} has characters that it cannot have");
                return Err(CallError::backend(Code::Internal, message));
            }
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(text.as_bytes());
            out.push(b'\n');
        }
        Ok(())
    }
}

impl Source {
    fn build(path: &str, output: ShapeId, view: &View) -> Result<Self, String> {
        let field = FieldPath::resolve(view, output, path).map_err(|error| error.to_string())?;
        if field.is_repeated(view.shapes()) {
            return Err(format!("field {path:?} is repeated, an event has one"));
        }
        field.check_text(view.shapes()).map_err(|error| error.to_string())?;
        let mut nothing = Vec::new();
        json::encode_field(view, &field, &[], &EncodeOptions::default(), &mut nothing)
            .map_err(|error| error.to_string())?;
        Ok(Self { field, nothing })
    }

    /// The field's value as text; `None` where it holds nothing.
    fn text(&self, message: &[u8], view: &View, depth: u32) -> Result<Option<String>, CallError> {
        let options = EncodeOptions { max_depth: depth, ..EncodeOptions::default() };
        let unfit = |error: String| {
            CallError::backend(Code::Internal, "the backend's reply makes no event").because(error)
        };
        let mut json = Vec::new();
        json::encode_field(view, &self.field, message, &options, &mut json)
            .map_err(|error| unfit(error.to_string()))?;
        if json == self.nothing {
            return Ok(None);
        }
        if json.first() == Some(&b'"') {
            return serde_json::from_slice(&json)
                .map(Some)
                .map_err(|error| unfit(error.to_string()));
        }
        String::from_utf8(json).map(Some).map_err(|error| unfit(error.to_string()))
    }
}

/// Hands on which event a client had last.
pub fn read_last_event_id(headers: &HeaderMap, metadata: &mut Metadata) -> Result<(), CallError> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(()) };
    if !value.as_bytes().iter().all(|byte| (0x20..0x7f).contains(byte)) {
        let message = "header last-event-id: the value is not printable ASCII";
        return Err(CallError::client(Code::InvalidArgument, message));
    }
    metadata.append(Name::from_static(LAST_EVENT_ID), Bytes::copy_from_slice(value.as_bytes()));
    Ok(())
}

/// Writes a reply as a response body. The stream ends with an event of its own, `end` or `error`,
/// so that one that was cut off can be told from one that ended.
pub fn write(opening: Opening, frontend: Arc<Frontend>, route: Arc<Route>) -> Body {
    let writer = Writer { state: State::Opening(opening), begun: false, frontend, route };
    Body::from_stream(futures_util::stream::unfold(Some(writer), |writer| async move {
        let mut writer = writer?;
        let (chunk, more) = writer.next().await;
        Some((Ok::<_, Infallible>(Bytes::from(chunk)), more.then_some(writer)))
    }))
}

struct Writer {
    state: State,
    begun: bool,
    frontend: Arc<Frontend>,
    route: Arc<Route>,
}

enum State {
    Opening(Opening),
    Open { first: Option<Bytes>, rest: Option<Messages> },
}

impl Writer {
    /// The next piece of the body, and whether there is more.
    async fn next(&mut self) -> (Vec<u8>, bool) {
        let mut out = Vec::new();
        if !std::mem::replace(&mut self.begun, true) {
            out.extend_from_slice(self.frontend.sse.retry.as_bytes());
        }
        // What is there already costs no timer.
        let heartbeat = self.frontend.sse.heartbeat;
        let Ok(item) = timeout(heartbeat, self.state.next()).await else {
            out.extend_from_slice(b":\n\n");
            return (out, true);
        };
        let outcome = match item {
            None => Ok(()),
            Some(Err(error)) => Err(error),
            Some(Ok(message)) => match self.event(&message, &mut out) {
                Ok(()) => return (out, true),
                Err(error) => {
                    self.state.reject(&error);
                    Err(error)
                }
            },
        };
        match outcome {
            Ok(()) => out.extend_from_slice(b"event: end\ndata: {\"code\":0}\n\n"),
            Err(error) => {
                out.extend_from_slice(b"event: error\ndata: ");
                out.extend_from_slice(&in_stream(
                    &error,
                    &self.frontend.view,
                    self.frontend.errors,
                ));
                out.extend_from_slice(b"\n\n");
            }
        }
        (out, false)
    }

    /// One message as an event. JSON has no line breaks of its own, so its data is one line.
    fn event(&self, message: &[u8], out: &mut Vec<u8>) -> Result<(), CallError> {
        let Frontend { view, encode, .. } = &*self.frontend;
        let start = out.len();
        let mut write = || {
            self.route.events.write(message, view, encode.max_depth, out)?;
            out.extend_from_slice(b"data: ");
            response::encode_json(&self.route, message, view, encode, out)?;
            out.extend_from_slice(b"\n\n");
            Ok(())
        };
        let written = write();
        if written.is_err() {
            out.truncate(start);
        }
        written
    }
}

impl State {
    /// The next message; may be dropped and asked again.
    async fn next(&mut self) -> Option<Result<Bytes, CallError>> {
        loop {
            match self {
                Self::Opening(opening) => match opening.await {
                    Ok(Opened { first, rest, .. }) => *self = Self::Open { first, rest },
                    Err(error) => {
                        *self = Self::Open { first: None, rest: None };
                        return Some(Err(error));
                    }
                },
                Self::Open { first, rest } => {
                    return match (first.take(), rest) {
                        (Some(first), _) => Some(Ok(first)),
                        (None, Some(rest)) => rest.next().await,
                        (None, None) => None,
                    };
                }
            }
        }
    }

    fn reject(&mut self, error: &CallError) {
        if let Self::Open { rest: Some(rest), .. } = self {
            rest.reject(error);
        }
    }
}
