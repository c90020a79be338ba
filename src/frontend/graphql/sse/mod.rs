//! Operations over server-sent events, as npm's `graphql-sse` has it ("GraphQL over Server-Sent
//! Events Protocol", PROTOCOL.md of that package): a stream for each of them, or one for many.

pub mod single;

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, header};
use tokio::time::timeout;

use super::Answer;
use super::operation::{Event, Operation};
use crate::frontend::{Body, Response, accept};

/// The media type.
pub const MEDIA_TYPE: &str = "text/event-stream";

/// Tells a client that the stream is there, and later that it still is.
const HEARTBEAT: &[u8] = b":\n\n";

/// Whether a client takes events, and nothing else better.
pub fn is_wanted(headers: &HeaderMap) -> bool {
    let weight = |wanted: fn(&str) -> bool| {
        let items = accept::items(headers, header::ACCEPT).filter(|item| wanted(item.name));
        items.map(|item| item.weight).max().unwrap_or(0)
    };
    let events = weight(|name| name.eq_ignore_ascii_case(MEDIA_TYPE));
    events > 0 && events >= weight(|name| !name.contains('*'))
}

/// Answers a request with the events of its one operation (distinct connections mode). Errors come
/// as events too, under status 200. A comment is sent after `heartbeat` of silence.
pub fn answer(operation: Operation, heartbeat: Duration) -> Response {
    let chunks = futures_util::stream::unfold(State::Begun(operation), move |state| async move {
        let mut out = Vec::new();
        let next = match state {
            State::Begun(operation) => {
                out.extend_from_slice(HEARTBEAT);
                State::Open(operation)
            }
            State::Open(mut operation) => match timeout(heartbeat, operation.next()).await {
                Err(_) => {
                    out.extend_from_slice(HEARTBEAT);
                    State::Open(operation)
                }
                Ok(Some(Event::Next(answer))) => {
                    next(None, &answer, &mut out);
                    State::Open(operation)
                }
                Ok(Some(Event::Refused(answer))) => {
                    next(None, &answer, &mut out);
                    complete(None, &mut out);
                    State::Ended
                }
                Ok(None) => {
                    complete(None, &mut out);
                    State::Ended
                }
            },
            State::Ended => return None,
        };
        Some((Ok::<_, Infallible>(Bytes::from(out)), next))
    });
    respond(Body::from_stream(chunks))
}

enum State {
    Begun(Operation),
    Open(Operation),
    Ended,
}

fn respond(body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An answer as an event, of the operation of that id (as JSON) where the stream is of many.
fn next(id: Option<&str>, answer: &Answer, out: &mut Vec<u8>) {
    out.reserve(answer.body.len() + 64);
    out.extend_from_slice(b"event: next\ndata: ");
    if let Some(id) = id {
        for part in ["{\"id\":", id, ",\"payload\":"] {
            out.extend_from_slice(part.as_bytes());
        }
    }
    let start = out.len();
    out.extend_from_slice(&answer.body);
    // A line break ends the data. In JSON it can stand only between tokens.
    if memchr::memchr2(b'\n', b'\r', &answer.body).is_some() {
        for byte in out.iter_mut().skip(start).filter(|byte| matches!(**byte, b'\n' | b'\r')) {
            *byte = b' ';
        }
    }
    if id.is_some() {
        out.push(b'}');
    }
    out.extend_from_slice(b"\n\n");
}

/// The end of an operation. Browsers dispatch no event without `data`.
fn complete(id: Option<&str>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"event: complete\ndata:");
    if let Some(id) = id {
        for part in [" {\"id\":", id, "}"] {
            out.extend_from_slice(part.as_bytes());
        }
    }
    out.extend_from_slice(b"\n\n");
}

#[cfg(test)]
mod tests;
