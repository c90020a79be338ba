//! A call as an HTTP request.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::Full;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::Shared;
use super::plan::{BodyPlan, Piece, Plan, ResponsePlan};
use crate::call::{Call, CallError, Code, Metadata};
use crate::codec::{Found, json, raw_body, without};

/// What needs no escape (RFC 3986, section 2.3).
const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Headers that are HTTP's own, or the gateway's to say.
const OWN: [&str; 19] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "grpc-timeout",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-request-id",
];

/// Escapes a text to be one segment of a path, or a part of a query.
pub(super) fn escape(text: &str, out: &mut String) {
    out.extend(utf8_percent_encode(text, &UNRESERVED));
}

/// Writes the request of a call.
pub(super) fn write(
    shared: &Shared,
    plan: &Plan,
    message: &[u8],
    call: &Call,
) -> Result<Request<Full<Bytes>>, CallError> {
    let mut target = String::with_capacity(64);
    for piece in &plan.path {
        match piece {
            Piece::Literal(text) => target.push_str(text),
            Piece::Variable { name, field, several } => {
                let mut json = Vec::new();
                json::encode_field(
                    &plan.view,
                    field,
                    message,
                    &json::EncodeOptions::default(),
                    &mut json,
                )
                .map_err(unfit)?;
                let text = text(&json);
                variable(name, &text, *several, &mut target)?;
            }
        }
    }
    let rest;
    let rest = if plan.taken.is_empty() {
        message
    } else {
        let mut out = Vec::with_capacity(message.len());
        let taken: Vec<_> = plan.taken.iter().map(Vec::as_slice).collect();
        without(plan.view.shapes(), plan.input, message, &taken, &mut out)
            .map_err(|_| unreadable())?;
        rest = out;
        &rest
    };
    if plan.query && !rest.is_empty() {
        query(shared, plan, rest, &mut target)?;
    }
    let uri = shared.base.uri(&target).ok_or_else(|| {
        CallError::client(Code::InvalidArgument, "the request makes an address that is too long")
    })?;
    let mut request = Request::new(Full::default());
    *request.uri_mut() = uri;
    *request.method_mut() = plan.method.clone();
    headers(&call.metadata, request.headers_mut());
    for (name, value) in &shared.headers {
        request.headers_mut().insert(name, value.clone());
    }
    if let Ok(id) = HeaderValue::try_from(&*call.source.request_id) {
        request.headers_mut().insert("x-request-id", id);
    }
    let accept = match (&plan.response, plan.streams) {
        (ResponsePlan::Raw, _) => "*/*",
        (_, true) => "application/x-ndjson, text/event-stream;q=0.9, application/json;q=0.8",
        (_, false) => "application/json",
    };
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static(accept));
    if let Some((content_type, body)) = body(shared, plan, message, rest)? {
        if body.len() > shared.max_request {
            let message = format!("a request body is larger than {} bytes", shared.max_request);
            return Err(CallError::client(Code::ResourceExhausted, message));
        }
        request.headers_mut().insert(CONTENT_TYPE, content_type);
        *request.body_mut() = Full::new(body);
    }
    Ok(request)
}

/// The text that a JSON value is in a path or a query.
fn text(json: &[u8]) -> String {
    match serde_json::from_slice(json) {
        Ok(Value::String(text)) => text,
        Ok(Value::Null) => String::new(),
        _ => String::from_utf8_lossy(json).into_owned(),
    }
}

/// A value that would make another path than the rule's is refused: none at all, and dots that go
/// elsewhere.
fn variable(name: &str, text: &str, several: bool, target: &mut String) -> Result<(), CallError> {
    let mut segments = text.split('/');
    let mut first = true;
    loop {
        let segment = if several { segments.next() } else { Some(text).filter(|_| first) };
        let Some(segment) = segment else { return Ok(()) };
        if matches!(segment, "" | "." | "..") {
            let message = format!("{name}: {text:?} cannot stand in a path");
            return Err(CallError::client(Code::InvalidArgument, message));
        }
        if !first {
            target.push('/');
        }
        escape(segment, target);
        first = false;
    }
}

/// What is left of the message, as `a=1&b.c=2`.
fn query(shared: &Shared, plan: &Plan, rest: &[u8], target: &mut String) -> Result<(), CallError> {
    let mut json = Vec::new();
    json::encode(&plan.view, plan.input, rest, &shared.encode, &mut json).map_err(unfit)?;
    let value: Value = serde_json::from_slice(&json).map_err(|_| unreadable())?;
    let mut separator = '?';
    flatten("", &value, &mut |name, text| {
        target.push(separator);
        separator = '&';
        // Dots between names are written as they are.
        target.extend(utf8_percent_encode(name, &UNRESERVED));
        target.push('=');
        escape(text, target);
    })
}

fn flatten(name: &str, value: &Value, pair: &mut dyn FnMut(&str, &str)) -> Result<(), CallError> {
    match value {
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => pair(name, &value.to_string()),
        Value::String(text) => pair(name, text),
        Value::Array(items) => {
            for item in items {
                if item.is_object() || item.is_array() {
                    let message = format!("{name}: a list of messages cannot stand in a query");
                    return Err(CallError::client(Code::InvalidArgument, message));
                }
                flatten(name, item, pair)?;
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                let below = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(&below, value, pair)?;
            }
        }
    }
    Ok(())
}

fn body(
    shared: &Shared,
    plan: &Plan,
    message: &[u8],
    rest: &[u8],
) -> Result<Option<(HeaderValue, Bytes)>, CallError> {
    let json = HeaderValue::from_static("application/json");
    let mut out = Vec::new();
    match &plan.body {
        BodyPlan::None => return Ok(None),
        BodyPlan::Whole => {
            json::encode(&plan.view, plan.input, rest, &shared.encode, &mut out).map_err(unfit)?;
        }
        BodyPlan::Field(field) => {
            json::encode_field(&plan.view, field, message, &shared.encode, &mut out)
                .map_err(unfit)?;
        }
        BodyPlan::Raw(field) => {
            let whole = match field {
                None => message,
                Some(field) => {
                    match field.find(plan.view.shapes(), message).map_err(|_| unreadable())? {
                        Found::Value(value) => value,
                        Found::Absent | Found::Excluded => &[],
                    }
                }
            };
            let (content_type, data) = raw_body::read(whole).ok_or_else(unreadable)?;
            let content_type = HeaderValue::try_from(content_type).map_err(|_| {
                CallError::client(Code::InvalidArgument, "content_type is no media type")
            })?;
            return Ok(Some((content_type, Bytes::copy_from_slice(data))));
        }
    }
    Ok(Some((json, out.into())))
}

/// Metadata as headers.
fn headers(metadata: &Metadata, headers: &mut HeaderMap) {
    for (name, value) in metadata.iter() {
        if OWN.contains(&name.as_str()) {
            continue;
        }
        let Ok(header) = HeaderName::try_from(name.as_str()) else { continue };
        let value = if name.is_binary() {
            use base64::Engine;
            HeaderValue::try_from(base64::engine::general_purpose::STANDARD.encode(value))
        } else {
            HeaderValue::from_bytes(value)
        };
        if let Ok(mut value) = value {
            value.set_sensitive(matches!(name.as_str(), "authorization" | "cookie"));
            headers.append(header, value);
        }
    }
}

fn unreadable() -> CallError {
    CallError::client(Code::InvalidArgument, "the request is not readable")
}

/// A message that passed the gateway unread may be none.
fn unfit(error: crate::codec::EncodeError) -> CallError {
    CallError::client(Code::InvalidArgument, format!("the request has no JSON: {error}"))
}
