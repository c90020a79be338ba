//! An HTTP response as a reply.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, Response};
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::Instant;

use super::plan::{Plan, ResponsePlan};
use super::{Backend, Shared, error, stream};
use crate::call::{CallError, Metadata, Name, Outcome, Payload, Reply};
use crate::codec::json::{self, Decoded};
use crate::codec::raw_body;

/// Headers that say something of the exchange alone.
const OWN: [&str; 13] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "keep-alive",
    "proxy-authenticate",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-request-id",
];

/// How much of an error's body is read.
const ERROR_BODY: usize = 64 << 10;

/// Reads a response: all of it where it is one message, its head where it is a stream.
pub(super) async fn read(
    backend: Backend,
    plan: &Arc<Plan>,
    response: Response<Incoming>,
    deadline: Option<Instant>,
) -> Result<Reply, CallError> {
    let shared = &*backend.0;
    let (parts, body) = response.into_parts();
    let metadata = metadata(&parts.headers);
    if !parts.status.is_success() {
        // What is longer says no more.
        let body = collect(body, ERROR_BODY).await.unwrap_or_default();
        return Err(error::of_response(parts.status, metadata, &body, &plan.view));
    }
    if let Some(coding) = parts.headers.get(CONTENT_ENCODING)
        && coding != "identity"
    {
        return Err(error::unfit(
            shared,
            format!("a content coding that was not asked for: {coding:?}"),
        ));
    }
    let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    if plan.streams {
        let messages = stream::read(&backend, plan, &content_type, body, deadline)?;
        return Ok(Reply { metadata, ..Reply::stream(messages) });
    }
    let body = collect(body, shared.max_reply).await?;
    let message = message(shared, plan, &content_type, &body)?;
    Ok(Reply {
        metadata,
        payload: Payload::Message(message),
        trailers: Metadata::default(),
        outcome: Outcome::default(),
    })
}

/// The message that a body is.
pub(super) fn message(
    shared: &Shared,
    plan: &Plan,
    content_type: &str,
    body: &[u8],
) -> Result<Bytes, CallError> {
    let mut out = Vec::with_capacity(body.len() / 2 + 16);
    if matches!(plan.response, ResponsePlan::Raw) {
        raw_body::write(Some(content_type).filter(|text| !text.is_empty()), body, &mut out);
        return Ok(out.into());
    }
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Bytes::new());
    }
    if matches!(plan.response, ResponsePlan::Empty) {
        return Ok(Bytes::new());
    }
    if !is_json(content_type) {
        return Err(error::unfit(shared, format!("it is {content_type:?}, not JSON")));
    }
    let decoded = match &plan.response {
        ResponsePlan::Field(field) => {
            json::decode_field(&plan.view, field, body, &shared.decode, &mut out)
        }
        _ => json::decode(&plan.view, plan.output, body, &shared.decode, &mut out),
    };
    let Decoded { ignored } = decoded.map_err(|error| error::unfit(shared, error.to_string()))?;
    if ignored > 0 {
        plan.unknown_fields.add(ignored);
    }
    Ok(out.into())
}

/// A service that does not say what it sends is taken to send JSON.
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.is_empty()
        || essence == "application/json"
        || essence == "text/json"
        || essence.ends_with("+json")
}

async fn collect(mut body: Incoming, limit: usize) -> Result<Bytes, CallError> {
    if body.size_hint().lower() > limit as u64 {
        return Err(error::too_large(limit));
    }
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            error::unavailable("the connection to the backend was lost").because(error)
        })?;
        if let Ok(data) = frame.into_data() {
            if all.len() + data.len() > limit {
                return Err(error::too_large(limit));
            }
            // A body of one piece is not copied.
            if all.is_empty() && body.is_end_stream() {
                return Ok(data);
            }
            all.extend_from_slice(&data);
        }
    }
    Ok(all.freeze())
}

/// Headers as metadata.
fn metadata(headers: &HeaderMap) -> Metadata {
    let mut metadata = Metadata::default();
    for (name, value) in headers {
        if OWN.contains(&name.as_str()) {
            continue;
        }
        let printable = value.as_bytes().iter().all(|byte| matches!(byte, b' '..=b'~'));
        if let Some(name) = Name::parse(name.as_str()).filter(|name| printable && !name.is_binary())
        {
            metadata.append(name, Bytes::copy_from_slice(value.as_bytes()));
        }
    }
    metadata
}
