//! Replies of gRPC and gRPC-Web: framed messages, and a status in trailers, which gRPC-Web has in its
//! body.

use base64::Engine as _;
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::stream;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::Frame;
use http_body_util::StreamBody;

use super::body::Whole;
use super::protocol::Protocol;
use super::web;
use crate::call::{CallError, Code, Messages, Metadata, Payload, Reply};
use crate::codec::grpc::metadata::{BASE64, append, percent_encoded};
use crate::codec::grpc::{Coding, compression, status};
use crate::frontend::{Body, Response};

/// How a message's bytes are compressed.
pub(super) static GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
static GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
static GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
static GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// The flag of gRPC-Web's frame of trailers.
const TRAILERS: u8 = 0x80;
/// The flag of a compressed message.
const COMPRESSED: u8 = 1;
/// Shorter messages gain nothing by compression.
const WORTH_COMPRESSING: usize = 1024;
/// Longer messages are sent as a piece of their own behind their head, shorter ones are copied.
const COPIED: usize = 16 * 1024;

/// The compression of a reply: the listener's, where the client accepts it.
pub(super) fn accepted(headers: &HeaderMap, configured: Option<Coding>) -> Option<Coding> {
    let coding = configured?;
    accepts(headers.get(&GRPC_ACCEPT_ENCODING)?, coding).then_some(coding)
}

/// Whether a list such as `gzip, identity` has the coding.
pub(super) fn accepts(list: &HeaderValue, coding: Coding) -> bool {
    let name = compression::name(coding).as_bytes();
    list.as_bytes().split(|byte| *byte == b',').any(|one| one.trim_ascii() == name)
}

/// The answer to a call that has a reply.
pub(super) fn respond(protocol: Protocol, reply: Reply, coding: Option<Coding>) -> Response {
    let Reply { metadata, payload, trailers, outcome } = reply;
    let body = match payload {
        Payload::Message(message) => match frame(0, message, coding) {
            Ok(data) => whole(protocol, data, ok(&trailers)),
            Err(error) => {
                outcome.reject(&error);
                return failed(protocol, &error);
            }
        },
        Payload::Stream(messages) => Body::new(streamed(protocol, messages, coding)),
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, protocol.content_type());
    if let Some(coding) = coding {
        headers.insert(GRPC_ENCODING.clone(), HeaderValue::from_static(compression::name(coding)));
    }
    lead(&metadata, headers);
    response
}

/// The answer to a call that failed before its reply began: gRPC's has no body.
pub(super) fn failed(protocol: Protocol, error: &CallError) -> Response {
    let trailers = told(error);
    let mut response = match protocol {
        Protocol::Web { .. } => Response::new(whole(protocol, Default::default(), trailers)),
        _ => {
            let mut response = Response::new(Body::empty());
            *response.headers_mut() = trailers;
            // Not the length of what a client sent, if a backend should say so.
            response.headers_mut().remove(CONTENT_LENGTH);
            response
        }
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, protocol.content_type());
    if error.code() == Code::Unimplemented {
        // The client may have used a compression that is not read here.
        headers
            .insert(GRPC_ACCEPT_ENCODING.clone(), HeaderValue::from_static(compression::ACCEPTED));
    }
    response
}

/// Adds leading metadata to the headers of a response. Values that are no header are a backend's
/// mistake, and no reason to lose its reply.
pub(super) fn lead(metadata: &Metadata, headers: &mut HeaderMap) {
    if let Err(error) = append(headers, metadata) {
        tracing::debug!(%error, "left out metadata of a reply");
    }
}

/// A message behind its head; in two pieces where it is large.
pub(super) fn frame(
    flags: u8,
    message: Bytes,
    coding: Option<Coding>,
) -> Result<[Bytes; 2], CallError> {
    let (flags, message) = match coding {
        Some(coding) if message.len() >= WORTH_COMPRESSING => {
            let compressed = compression::compress(coding, &message).map_err(|error| {
                CallError::gateway(Code::Internal, "the reply does not compress").because(error)
            })?;
            (flags | COMPRESSED, compressed)
        }
        _ => (flags, message),
    };
    let length = u32::try_from(message.len()).map_err(|_| {
        CallError::backend(Code::ResourceExhausted, "a reply message is larger than 4 GiB")
    })?;
    let copied = if message.len() <= COPIED { message.len() } else { 0 };
    let mut head = BytesMut::with_capacity(5 + copied);
    head.put_u8(flags);
    head.put_u32(length);
    if copied == message.len() {
        head.extend_from_slice(&message);
        return Ok([head.freeze(), Bytes::new()]);
    }
    Ok([head.freeze(), message])
}

fn whole(protocol: Protocol, data: [Bytes; 2], trailers: HeaderMap) -> Body {
    Body::new(match protocol {
        Protocol::Web { text } => {
            let [head, rest] = data;
            let mut all = Vec::from(head);
            all.extend_from_slice(&rest);
            all.extend_from_slice(&trailers_frame(&trailers));
            let all = if text { web::pack(&all) } else { all.into() };
            Whole { data: [all, Bytes::new()], trailers: None }
        }
        _ => Whole { data, trailers: Some(trailers) },
    })
}

/// Messages as the client takes them. Dropping it gives the call up.
fn streamed(
    protocol: Protocol,
    messages: Messages,
    coding: Option<Coding>,
) -> StreamBody<impl stream::Stream<Item = Result<Frame<Bytes>, CallError>> + Send> {
    let state = Some((messages, Bytes::new()));
    StreamBody::new(stream::unfold(state, move |state| async move {
        let (mut messages, rest) = state?;
        if !rest.is_empty() {
            return Some((Ok(Frame::data(rest)), Some((messages, Bytes::new()))));
        }
        let framed = match messages.next().await {
            Some(message) => {
                let framed = message.and_then(|message| frame(0, message, coding));
                framed.inspect_err(|error| messages.reject(error))
            }
            None => return Some((Ok(end(protocol, ok(messages.trailers()))), None)),
        };
        match (framed, protocol) {
            (Err(error), _) => Some((Ok(end(protocol, told(&error))), None)),
            (Ok(pieces), Protocol::Web { text: true }) => {
                Some((Ok(Frame::data(web::pack(&pieces.concat()))), Some((messages, Bytes::new()))))
            }
            (Ok([head, rest]), _) => Some((Ok(Frame::data(head)), Some((messages, rest)))),
        }
    }))
}

/// The end of a stream.
fn end(protocol: Protocol, trailers: HeaderMap) -> Frame<Bytes> {
    match protocol {
        Protocol::Web { text: true } => Frame::data(web::pack(&trailers_frame(&trailers))),
        Protocol::Web { text: false } => Frame::data(trailers_frame(&trailers)),
        _ => Frame::trailers(trailers),
    }
}

/// Trailers as gRPC-Web has them in the body: a frame of lines as in HTTP/1.1.
fn trailers_frame(trailers: &HeaderMap) -> Bytes {
    let mut text = Vec::new();
    for (name, value) in trailers {
        text.extend_from_slice(name.as_str().as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(value.as_bytes());
        text.extend_from_slice(b"\r\n");
    }
    let mut framed = BytesMut::with_capacity(text.len() + 5);
    framed.put_u8(TRAILERS);
    // Trailers are bounded by what HTTP/2 lets a backend send.
    framed.put_u32(u32::try_from(text.len()).unwrap_or_default());
    framed.extend_from_slice(&text);
    framed.freeze()
}

fn ok(metadata: &Metadata) -> HeaderMap {
    let mut trailers = HeaderMap::with_capacity(1 + metadata.len());
    trailers.insert(GRPC_STATUS.clone(), HeaderValue::from_static("0"));
    lead(metadata, &mut trailers);
    trailers
}

/// What is told of an error: its code, its message, its details, and what came along with it.
fn told(error: &CallError) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert(GRPC_STATUS.clone(), HeaderValue::from(u16::from(error.code().number())));
    if !error.message().is_empty() {
        trailers.insert(GRPC_MESSAGE.clone(), percent_encoded(error.message()));
    }
    if !error.details().is_empty()
        && let Ok(value) = HeaderValue::from_str(&BASE64.encode(status::encode(error)))
    {
        trailers.insert(HeaderName::from_static(status::DETAILS), value);
    }
    lead(error.metadata(), &mut trailers);
    trailers
}
