//! A reply message as the body of an HTTP response.

use bytes::Bytes;
use http::HeaderValue;

use super::route::{Output, Route};
use crate::call::{CallError, Code};
use crate::codec::json::{self, EncodeOptions};
use crate::codec::{EncodeError, FieldPath, wire};
use crate::contract::view::View;

/// How deep unknown groups may nest in a `google.api.HttpBody`, which has none.
const MAX_GROUPS: u32 = 10;

/// A response body and its media type.
#[derive(Debug)]
pub struct Encoded {
    pub content_type: HeaderValue,
    pub body: Bytes,
}

/// Writes one reply message: as JSON, or where it is a `google.api.HttpBody` as what that holds.
pub fn encode(
    route: &Route,
    message: &Bytes,
    view: &View,
    options: &EncodeOptions,
) -> Result<Encoded, CallError> {
    match &route.output {
        Output::RawMessage => raw(message),
        Output::RawField(field) => raw(&sub_message(field, message, view)?),
        Output::Message(_) | Output::Field(_) => {
            let mut out = route.reply_buffer();
            encode_json(route, message, view, options, &mut out)?;
            route.reply_was(out.len());
            Ok(Encoded {
                content_type: HeaderValue::from_static("application/json"),
                body: Bytes::from(out),
            })
        }
    }
}

/// The tag of a body (RFC 9110, section 8.8.3): the same for the same bytes, in every process and
/// version. It is weak, since the same reply may come compressed.
pub fn tag(body: &[u8]) -> HeaderValue {
    let mut text = *b"W/\"0000000000000000\"";
    let mut hash = xxhash_rust::xxh3::xxh3_64(body);
    for digit in text[3..19].iter_mut().rev() {
        *digit = b"0123456789abcdef"[(hash & 15) as usize];
        hash >>= 4;
    }
    HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static("W/\"\""))
}

/// Writes one reply message as JSON.
pub fn encode_json(
    route: &Route,
    message: &[u8],
    view: &View,
    options: &EncodeOptions,
    out: &mut Vec<u8>,
) -> Result<(), CallError> {
    match &route.output {
        Output::Message(shape) => json::encode(view, *shape, message, options, out),
        Output::Field(field) | Output::RawField(field) => {
            json::encode_field(view, field, message, options, out)
        }
        Output::RawMessage => {
            json::encode(view, route.endpoint.operation.output, message, options, out)
        }
    }
    .map_err(|error| misfit(route, &error))
}

/// The content of a `google.api.HttpBody`: `content_type = 1`, `data = 2`.
fn raw(message: &Bytes) -> Result<Encoded, CallError> {
    let content_type = match last_bytes(message, 1)? {
        Some(value) if !value.is_empty() => {
            HeaderValue::from_maybe_shared(value).map_err(|error| malformed(&error))?
        }
        _ => HeaderValue::from_static("application/octet-stream"),
    };
    Ok(Encoded { content_type, body: last_bytes(message, 2)?.unwrap_or_default() })
}

/// The message in a field that is one; empty where it is absent.
fn sub_message(field: &FieldPath, message: &Bytes, view: &View) -> Result<Bytes, CallError> {
    let mut message = message.clone();
    for (shape, index) in field.steps() {
        let Some(step) = view.shapes().get(*shape).fields.get(*index) else { continue };
        message = last_bytes(&message, step.number)?.unwrap_or_default();
    }
    Ok(message)
}

/// The last occurrence of a length-delimited field, as a part of `message`.
fn last_bytes(message: &Bytes, number: u32) -> Result<Option<Bytes>, CallError> {
    let mut reader = wire::Reader::new(message, 0, message.len());
    let mut last = None;
    while !reader.is_empty() {
        let head = reader.head().map_err(|error| malformed(&error))?;
        if head.number == number && head.wire_type == wire::LEN {
            let (start, end) = reader.range().map_err(|error| malformed(&error))?;
            last = Some(message.slice(start..end));
        } else {
            reader.skip(head, MAX_GROUPS).map_err(|error| malformed(&error))?;
        }
    }
    Ok(last)
}

fn misfit(route: &Route, error: &EncodeError) -> CallError {
    let operation = &route.endpoint.operation;
    let message = format!("the backend's reply is not a {}", operation.output_name);
    CallError::backend(Code::Internal, message).because(error.to_string())
}

fn malformed(error: &dyn std::fmt::Display) -> CallError {
    CallError::backend(Code::Internal, "the backend's reply is not a google.api.HttpBody")
        .because(error.to_string())
}
