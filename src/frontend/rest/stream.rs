//! Streams of messages as HTTP bodies, in either direction.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};

use super::error::{broken_body, in_stream};
use super::route::{Input, Route};
use super::{Frontend, request, response};
use crate::call::{CallError, Messages, Step};
use crate::codec::json::DecodeOptions;
use crate::frontend::Body;
use crate::frontend::body::BodyError;

/// How messages are put in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON object a line.
    Lines,
    /// One JSON array.
    Array,
}

/// A reply's stream as a response body. `first` has been awaited already, so that an early error
/// had a true status; every form ends with the stream's own status, so that a stream that was
/// cut off can be told from one that ended. With `trailers` the reply's own follow as HTTP's.
pub fn write(
    messages: Messages,
    first: Option<Bytes>,
    form: Form,
    trailers: bool,
    frontend: Arc<Frontend>,
    route: Arc<Route>,
) -> Body {
    let writer = Writer { messages, first, form, frontend, route, begun: false };
    let state = Some((writer, true));
    let frames = futures_util::stream::unfold(state, move |state| async move {
        let (mut writer, more) = state?;
        if !more {
            let trailers = writer.trailers();
            return trailers.map(|map| (Ok::<_, Infallible>(Frame::trailers(map)), None));
        }
        let (chunk, more) = writer.next().await;
        Some((Ok(Frame::data(Bytes::from(chunk))), (more || trailers).then_some((writer, more))))
    });
    Body::new(StreamBody::new(frames))
}

/// A reply's stream of `google.api.HttpBody` messages as one body: their data in a row. An error
/// has no place in it, so it breaks the connection off.
pub fn write_raw(
    messages: Messages,
    first: Bytes,
    frontend: Arc<Frontend>,
    route: Arc<Route>,
) -> Body {
    let state = (messages, Some(first), frontend, route);
    Body::from_stream(futures_util::stream::unfold(
        state,
        |(mut messages, first, frontend, route)| async move {
            if let Some(first) = first {
                return Some((Ok(first), (messages, None, frontend, route)));
            }
            let item = messages.next().await?.and_then(|message| {
                let Frontend { view, encode, .. } = &*frontend;
                let encoded = response::encode(&route, &message, view, encode);
                encoded.map(|encoded| encoded.body).inspect_err(|error| messages.reject(error))
            });
            Some((item, (messages, None, frontend, route)))
        },
    ))
}

/// A request body as a call's stream: one JSON message a line, or where the messages are
/// `google.api.HttpBody`, one for each piece that comes. `first` is what path and query say; it
/// goes into the first message, as the content type does.
pub fn read(
    body: Body,
    content_type: Option<&str>,
    first: Vec<u8>,
    decode: DecodeOptions,
    frontend: Arc<Frontend>,
    route: Arc<Route>,
) -> Messages {
    let first = match (&route.input, first.is_empty()) {
        // Without a body, path and query are all there is to say.
        (Input::None, _) | (_, false) => Some(first),
        (_, true) => None,
    };
    let content_type = content_type.map(str::to_owned);
    let buffer = BytesMut::new();
    let (lines, ended) = (0, false);
    let reader =
        Reader { body, content_type, first, buffer, lines, ended, decode, frontend, route };
    Messages::unfold(reader, |mut reader| async move {
        Ok(match reader.next().await? {
            Some(message) => Step::Message(message.into(), reader),
            None => Step::End(Default::default()),
        })
    })
}

struct Writer {
    messages: Messages,
    first: Option<Bytes>,
    form: Form,
    frontend: Arc<Frontend>,
    route: Arc<Route>,
    begun: bool,
}

impl Writer {
    /// The next piece of the body, and whether there is more.
    async fn next(&mut self) -> (Vec<u8>, bool) {
        let item = match self.first.take() {
            Some(first) => Some(Ok(first)),
            None => self.messages.next().await,
        };
        let mut out = self.route.reply_buffer();
        let outcome = match item {
            Some(Ok(message)) => {
                let start = out.len();
                self.before_message(&mut out);
                let Frontend { view, encode, .. } = &*self.frontend;
                match response::encode_json(&self.route, &message, view, encode, &mut out) {
                    Ok(()) => {
                        self.after_message(&mut out);
                        self.begun = true;
                        return (out, true);
                    }
                    Err(error) => {
                        // The backend's stream is well, as far as its own record can tell.
                        self.messages.reject(&error);
                        out.truncate(start);
                        Err(error)
                    }
                }
            }
            Some(Err(error)) => Err(error),
            None => Ok(()),
        };
        match outcome {
            Ok(()) => self.success(&mut out),
            Err(error) => self.failure(&error, &mut out),
        }
        (out, false)
    }

    /// What the backend said after the last message, where it said anything.
    fn trailers(&self) -> Option<HeaderMap> {
        let trailers = self.frontend.outgoing.trailers(self.messages.trailers());
        (!trailers.is_empty()).then_some(trailers)
    }

    fn before_message(&self, out: &mut Vec<u8>) {
        match self.form {
            Form::Lines => out.extend_from_slice(b"{\"result\":"),
            Form::Array => out.push(if self.begun { b',' } else { b'[' }),
        }
    }

    fn after_message(&self, out: &mut Vec<u8>) {
        match self.form {
            Form::Lines => out.extend_from_slice(b"}\n"),
            Form::Array => {}
        }
    }

    fn success(&self, out: &mut Vec<u8>) {
        match self.form {
            Form::Lines => {
                out.extend_from_slice(b"{\"status\":{\"code\":0,\"message\":\"\"}}\n");
            }
            Form::Array => out.extend_from_slice(if self.begun { b"]" } else { b"[]" }),
        }
    }

    fn failure(&self, error: &CallError, out: &mut Vec<u8>) {
        let status = in_stream(error, &self.frontend.view, self.frontend.errors);
        let (before, after): (&[u8], &[u8]) = match self.form {
            Form::Lines => (b"{\"error\":", b"}\n"),
            Form::Array if self.begun => (b",{\"error\":", b"}]"),
            Form::Array => (b"[{\"error\":", b"}]"),
        };
        out.extend_from_slice(before);
        out.extend_from_slice(&status);
        out.extend_from_slice(after);
    }
}

struct Reader {
    body: Body,
    content_type: Option<String>,
    first: Option<Vec<u8>>,
    buffer: BytesMut,
    /// How many lines were taken from the body, blank ones included.
    lines: usize,
    ended: bool,
    decode: DecodeOptions,
    frontend: Arc<Frontend>,
    route: Arc<Route>,
}

impl Reader {
    /// The next message.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, CallError> {
        let raw = matches!(self.route.input, Input::RawMessage | Input::RawField(_));
        let next = if raw { self.piece().await } else { self.message().await }?;
        let first = self.first.take();
        Ok(match (next, first) {
            (Some(mut message), Some(first)) => {
                request::join(&self.route, &mut message, &first, &self.frontend.view)?;
                Some(message)
            }
            (next, first) => next.or(first),
        })
    }

    /// The next piece of a body that is no JSON.
    async fn piece(&mut self) -> Result<Option<Vec<u8>>, CallError> {
        while self.buffer.is_empty() && !self.ended {
            self.more().await?;
        }
        if self.buffer.is_empty() {
            return Ok(None);
        }
        let data = self.buffer.split();
        let mut out = Vec::with_capacity(data.len() + 64);
        let content_type = self.content_type.take();
        request::write_raw(
            &self.route,
            content_type.as_deref(),
            &data,
            &self.frontend.view,
            &mut out,
        );
        Ok(Some(out))
    }

    /// The next line as a message.
    async fn message(&mut self) -> Result<Option<Vec<u8>>, CallError> {
        let Some(line) = self.line().await? else { return Ok(None) };
        let mut out = Vec::with_capacity(line.len());
        let place = format_args!("line {}", self.lines);
        let view = &self.frontend.view;
        request::decode_json(&self.route, place, &line, view, &self.decode, &mut out)?;
        Ok(Some(out))
    }

    /// The next line that is not blank.
    async fn line(&mut self) -> Result<Option<BytesMut>, CallError> {
        // How much of the buffer is known to hold no newline.
        let mut searched = 0;
        let limit = self.frontend.max_message;
        let too_large = || broken_body(BodyError::MessageTooLarge { limit });
        loop {
            let newline = self.buffer.get(searched..).and_then(|tail| memchr::memchr(b'\n', tail));
            let line = match newline {
                Some(at) => self.buffer.split_to(searched + at + 1),
                None if self.ended && self.buffer.is_empty() => return Ok(None),
                None if self.ended => self.buffer.split(),
                None if self.buffer.len() > limit => return Err(too_large()),
                None => {
                    searched = self.buffer.len();
                    self.more().await?;
                    continue;
                }
            };
            searched = 0;
            self.lines = self.lines.saturating_add(1);
            if line.len() > limit {
                return Err(too_large());
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(line));
            }
        }
    }

    async fn more(&mut self) -> Result<(), CallError> {
        match self.body.frame().await {
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    self.buffer.extend_from_slice(&data);
                }
            }
            Some(Err(error)) => return Err(broken_body(BodyError::of(error))),
            None => self.ended = true,
        }
        Ok(())
    }
}
