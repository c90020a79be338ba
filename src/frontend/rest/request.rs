//! An HTTP request as the wire bytes of a request message.

use std::borrow::Cow;
use std::fmt::Display;

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use prost::Message as _;

use super::route::{Input, Route, UpdateMask};
use super::router::Path;
use crate::call::{CallError, Code, Detail};
use crate::codec::PathError;
use crate::codec::json::{self, DecodeOptions, UnknownFields};
use crate::codec::{DecodeError, FieldPath, Found, raw_body, text, wire};
use crate::contract::view::View;
use crate::frontend::query;

/// Reads body, path and query into one message. What the path and the query say comes last, so
/// that nothing a body says can stand in for it; parts of one nested message merge, as protobuf
/// has it.
pub fn decode(
    route: &Route,
    path: &Path<'_>,
    query: Option<&str>,
    headers: &HeaderMap,
    body: &Bytes,
    view: &View,
    options: &DecodeOptions,
) -> Result<Bytes, CallError> {
    let mut out = Vec::with_capacity(body.len() + 64);
    match &route.input {
        // An absent body is an empty message: POST without one is how many clients call a verb.
        _ if body.is_empty() => {}
        Input::None => return Err(no_body()),
        Input::Message(_) | Input::Field(_) => {
            decode_json(route, "body", body, view, options, &mut out)?;
        }
        Input::RawMessage | Input::RawField(_) => {
            write_raw(route, content_type(headers), body, view, &mut out);
        }
    }
    let target = out.len();
    decode_target(route, path, query, view, options, &mut out)?;
    if target > 0 {
        check_agreement(route, &out, target, view)?;
    }
    if let Some(mask) = &route.update_mask
        && !body.is_empty()
    {
        fill_mask(mask, body, target, view, options, &mut out)?;
    }
    Ok(Bytes::from(out))
}

/// Puts a message and what path and query say of it together. The path has the last word, so a
/// message that says otherwise is refused.
pub fn join(
    route: &Route,
    message: &mut Vec<u8>,
    target: &[u8],
    view: &View,
) -> Result<(), CallError> {
    let start = message.len();
    message.extend_from_slice(target);
    check_agreement(route, message, start, view)
}

/// Sees that the body, which is what `message` says before `target`, does not contradict what the
/// path says behind it. Saying the same is common: a resource's own name stands in it.
fn check_agreement(
    route: &Route,
    message: &[u8],
    target: usize,
    view: &View,
) -> Result<(), CallError> {
    let (body, target) = message.split_at(target);
    if let Some(field) = route.input.field()
        && field.find(view.shapes(), target) == Ok(Found::Excluded)
    {
        let name = field.leaf(view.shapes()).map_or("", |(_, leaf)| &leaf.name);
        return Err(violation("body", name, "the query sets another field of its oneof"));
    }
    for variable in route.variables.iter().filter(|variable| variable.in_body) {
        let find = |part| variable.field.find(view.shapes(), part);
        // Both were written by our own decoders.
        let (Ok(said), Ok(bound)) = (find(body), find(target)) else { continue };
        let why = match said {
            Found::Absent => continue,
            said if said == bound => continue,
            Found::Value(_) => "differs from what the path says",
            Found::Excluded => "the path sets it, the body another field of its oneof",
        };
        return Err(violation("body", &variable.name, why));
    }
    Ok(())
}

/// Names the fields that the body of a PATCH sets, where the request does not say itself which
/// ones are to change.
fn fill_mask(
    mask: &UpdateMask,
    body: &[u8],
    target: usize,
    view: &View,
    options: &DecodeOptions,
    out: &mut Vec<u8>,
) -> Result<(), CallError> {
    let said = mask.field.find(view.shapes(), out.get(target..).unwrap_or_default());
    if said != Ok(Found::Absent) {
        return Ok(());
    }
    let mut paths = Vec::new();
    json::field_mask(view, mask.body, body, options, &mask.except, &mut paths)
        .map_err(|error| bad_json(&"body", &error))?;
    if !paths.is_empty() {
        wire::write_bytes(mask.number, &paths, out);
    }
    Ok(())
}

/// Reads what the path and the query say of the request message.
pub fn decode_target(
    route: &Route,
    path: &Path<'_>,
    query: Option<&str>,
    view: &View,
    options: &DecodeOptions,
    out: &mut Vec<u8>,
) -> Result<(), CallError> {
    if let Some(query) = query
        && !query.is_empty()
    {
        read_query(route, query, view, options, out)?;
    }
    for variable in &route.variables {
        let value = path
            .capture(variable.segments.clone(), variable.many, route.unescape)
            .ok_or_else(|| CallError::client(Code::InvalidArgument, "path: an escape is broken"))?;
        text::decode(view, &variable.field, &value, out)
            .map_err(|error| violation("path", &variable.name, error.message()))?;
    }
    Ok(())
}

/// Reads one JSON message: a whole body, or a line of one, which `place` says for errors.
pub fn decode_json(
    route: &Route,
    place: impl Display,
    json: &[u8],
    view: &View,
    options: &DecodeOptions,
    out: &mut Vec<u8>,
) -> Result<(), CallError> {
    match &route.input {
        Input::None | Input::RawMessage | Input::RawField(_) => Err(no_body()),
        Input::Message(_) | Input::Field(_) => decode_text(route, place, json, view, options, out),
    }
}

/// Reads one text message of a WebSocket, which carries a `google.api.HttpBody` as JSON, too.
pub fn decode_text(
    route: &Route,
    place: impl Display,
    json: &[u8],
    view: &View,
    options: &DecodeOptions,
    out: &mut Vec<u8>,
) -> Result<(), CallError> {
    match &route.input {
        Input::None => return Err(no_body()),
        Input::Message(shape) => json::decode(view, *shape, json, options, out),
        Input::RawMessage => json::decode(view, route.endpoint.operation.input, json, options, out),
        Input::Field(field) | Input::RawField(field) => {
            json::decode_field(view, field, json, options, out)
        }
    }
    .map(|decoded| route.endpoint.recorder.ignored(decoded.ignored))
    .map_err(|error| bad_json(&place, &error))
}

/// Writes bytes of any type as the request's `google.api.HttpBody`.
pub fn write_raw(
    route: &Route,
    content_type: Option<&str>,
    data: &[u8],
    view: &View,
    out: &mut Vec<u8>,
) {
    let Input::RawField(field) = &route.input else {
        return raw_body::write(content_type, data, out);
    };
    if let Some((_, leaf)) = field.leaf(view.shapes()) {
        let mut message = Vec::with_capacity(data.len() + 64);
        raw_body::write(content_type, data, &mut message);
        wire::write_bytes(leaf.number, &message, out);
    }
}

/// What a body says it is.
pub fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok())
}

fn read_query(
    route: &Route,
    query: &str,
    view: &View,
    options: &DecodeOptions,
    out: &mut Vec<u8>,
) -> Result<(), CallError> {
    let mut seen: Vec<Cow<'_, FieldPath>> = Vec::new();
    for pair in query::pairs(query) {
        let (key, value) = pair.map_err(|pair| {
            CallError::client(
                Code::InvalidArgument,
                format!("query: {pair:?} is not percent-encoded UTF-8"),
            )
        })?;
        if !route.takes_query {
            let why = "this operation takes all its fields from the body";
            return Err(violation("query", &key, why));
        }
        let field = match route.query_field(&key, view) {
            Ok(field) => field,
            Err(PathError::Unknown { .. }) if options.unknown_fields == UnknownFields::Ignore => {
                route.endpoint.recorder.ignored(1);
                continue;
            }
            Err(error) => return Err(violation("query", &key, &error.to_string())),
        };
        if field.steps().len() > options.max_depth as usize {
            let why = format!("deeper than {} messages", options.max_depth);
            return Err(violation("query", &key, &why));
        }
        field
            .check_text(view.shapes())
            .map_err(|error| violation("query", &key, &error.to_string()))?;
        if route.variables.iter().any(|variable| variable.field.overlaps(&field)) {
            return Err(violation("query", &key, "the path has set this field already"));
        }
        let shapes = view.shapes();
        if route.input.field().is_some_and(|body| body.overlaps(&field)) {
            return Err(violation("query", &key, "this field is the body"));
        }
        if route.variables.iter().any(|variable| variable.field.excludes(&field, shapes)) {
            return Err(violation("query", &key, "the path has set another field of its oneof"));
        }
        let again = seen.contains(&field);
        if again && !field.is_repeated(shapes) {
            return Err(violation("query", &key, "set twice"));
        }
        if seen.iter().any(|other| other.excludes(&field, shapes)) {
            return Err(violation("query", &key, "another field of its oneof is set already"));
        }
        text::decode(view, &field, &value, out)
            .map_err(|error| violation("query", &key, error.message()))?;
        // Kept once, so that many values of one repeated field do not make each next one dearer.
        if !again {
            seen.push(field);
        }
    }
    Ok(())
}

fn no_body() -> CallError {
    let why = "body: this operation takes none, its fields go into the path and the query";
    CallError::client(Code::InvalidArgument, why)
}

fn bad_json(place: &dyn Display, error: &DecodeError) -> CallError {
    let message = format!("{place}: {error} (at byte {})", error.offset());
    let detail = bad_request(error.path(), error.message().to_owned());
    CallError::client(Code::InvalidArgument, message).with_details(vec![detail])
}

fn violation(place: &str, field: &str, why: &str) -> CallError {
    let detail = bad_request(field.to_owned(), why.to_owned());
    CallError::client(Code::InvalidArgument, format!("{place}: {field}: {why}"))
        .with_details(vec![detail])
}

/// `google.rpc.BadRequest` of one violation (`google/rpc/error_details.proto`).
fn bad_request(field: String, description: String) -> Detail {
    let message = BadRequest { field_violations: vec![FieldViolation { field, description }] };
    Detail {
        type_url: "type.googleapis.com/google.rpc.BadRequest".to_owned(),
        value: message.encode_to_vec().into(),
    }
}

#[derive(prost::Message)]
struct BadRequest {
    #[prost(message, repeated, tag = "1")]
    field_violations: Vec<FieldViolation>,
}

#[derive(prost::Message)]
struct FieldViolation {
    #[prost(string, tag = "1")]
    field: String,
    #[prost(string, tag = "2")]
    description: String,
}
