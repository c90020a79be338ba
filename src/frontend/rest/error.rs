//! Call errors as HTTP responses, in whichever form of body.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use prost::Message as _;

use super::outgoing::Outgoing;
use crate::call::{CallError, Code, Detail};
use crate::config::checked::ErrorFormat;
use crate::contract::view::View;
use crate::frontend::body::{BodyError, CODINGS_LIST};
use crate::frontend::details::details_json;
use crate::frontend::status::status;
use crate::frontend::{Body, Response, websocket};

/// A request that gets no reply: the error, and where HTTP says more than its code does, the
/// status and headers that go with it.
#[derive(Debug)]
pub struct Refusal {
    pub error: CallError,
    status: Option<StatusCode>,
    header: Option<(http::HeaderName, HeaderValue)>,
}

impl Refusal {
    /// 405, with the methods that would have been right (RFC 9110, section 15.5.6).
    pub fn method_not_allowed(allow: HeaderValue) -> Self {
        let message = format!("this path takes {}", allow.to_str().unwrap_or_default());
        Self {
            error: CallError::client(Code::Unimplemented, message),
            status: Some(StatusCode::METHOD_NOT_ALLOWED),
            header: Some((header::ALLOW, allow)),
        }
    }

    /// 403, 426 or 400 for a WebSocket that is not opened (RFC 6455, section 4.2.2).
    pub fn no_websocket(refused: &websocket::Refused) -> Self {
        let code = match refused {
            websocket::Refused::Origin(_) => Code::PermissionDenied,
            websocket::Refused::Version | websocket::Refused::Header { .. } => {
                Code::InvalidArgument
            }
        };
        Self {
            error: CallError::client(code, refused.to_string()),
            status: Some(refused.status()),
            header: refused.version().map(|version| (header::SEC_WEBSOCKET_VERSION, version)),
        }
    }

    /// 406, with what there is (RFC 9110, section 15.5.7).
    pub fn not_acceptable(available: &str) -> Self {
        let message = format!("this comes as {available}, and Accept admits none of that");
        Self {
            error: CallError::client(Code::InvalidArgument, message),
            status: Some(StatusCode::NOT_ACCEPTABLE),
            header: None,
        }
    }

    /// 415 for a body in a coding that is not read, or in several (RFC 9110, section 12.5.3).
    pub fn unsupported_coding(given: &str) -> Self {
        let message = format!("cannot read a body in the coding {given}, send {CODINGS_LIST}");
        Self {
            error: CallError::client(Code::InvalidArgument, message),
            status: Some(StatusCode::UNSUPPORTED_MEDIA_TYPE),
            header: Some((header::ACCEPT_ENCODING, HeaderValue::from_static(CODINGS_LIST))),
        }
    }

    /// 415, with what would have been right.
    pub fn unsupported_media_type(given: &str) -> Self {
        let message = format!("cannot read a body of type {given}, send application/json");
        Self {
            error: CallError::client(Code::InvalidArgument, message),
            status: Some(StatusCode::UNSUPPORTED_MEDIA_TYPE),
            header: Some((header::ACCEPT, HeaderValue::from_static("application/json"))),
        }
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        broken_body(error).into()
    }
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Self {
        // HTTP says more of a body that cannot be read than the code of the call that it ended.
        let body = error.cause().and_then(|cause| cause.downcast_ref::<BodyError>());
        let status = body.map(BodyError::status);
        Self { error, status, header: None }
    }
}

/// A body that could not be read as the error of its call.
pub fn broken_body(error: BodyError) -> CallError {
    CallError::client(error.code(), error.to_string()).because(error)
}

/// The response that tells of a refusal.
pub fn respond(
    refusal: &Refusal,
    view: &View,
    format: ErrorFormat,
    outgoing: &Outgoing,
) -> Response {
    let error = &refusal.error;
    let status = refusal.status.unwrap_or_else(|| status(error.code(), error.origin()));
    let (content_type, body) = match format {
        ErrorFormat::Status => ("application/json", status_json(error, view)),
        ErrorFormat::Problem => ("application/problem+json", problem_json(error, status, view)),
        ErrorFormat::Google => {
            let mut body = b"{\"error\":".to_vec();
            body.extend_from_slice(&google_json(error, status, view));
            body.push(b'}');
            ("application/json", body)
        }
    };
    let mut response = Response::new(Body::from(Bytes::from(body)));
    *response.status_mut() = status;
    outgoing.write_leading(error.metadata(), &mut response);
    let status = response.status();
    let headers = response.headers_mut();
    if !headers.contains_key(header::RETRY_AFTER)
        && let Some(delay) = error.details().iter().find_map(retry_delay)
    {
        headers.insert(header::RETRY_AFTER, delay.into());
    }
    // Every 401 must name a way to authenticate (RFC 9110, section 15.5.2).
    if status == StatusCode::UNAUTHORIZED && !headers.contains_key(header::WWW_AUTHENTICATE) {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    // Caches may keep some errors, and `Accept` chose the form of this one.
    headers.append(header::VARY, HeaderValue::from_static("accept"));
    if let Some((name, value)) = &refusal.header {
        headers.insert(name, value.clone());
    }
    response
}

/// How many whole seconds a `google.rpc.RetryInfo` asks a client to wait, rounded up
/// (`google/rpc/error_details.proto`).
fn retry_delay(detail: &Detail) -> Option<u64> {
    let name = detail.type_url.rsplit('/').next()?;
    if name != "google.rpc.RetryInfo" {
        return None;
    }
    let delay = RetryInfo::decode(&*detail.value).ok()?.retry_delay?;
    let seconds = u64::try_from(delay.seconds).ok()?;
    let more = u64::from(delay.nanos > 0);
    seconds.checked_add(more)
}

#[derive(prost::Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<prost_types::Duration>,
}

/// An error as a part of a stream, within `{"error":...}`.
pub fn in_stream(error: &CallError, view: &View, format: ErrorFormat) -> Vec<u8> {
    match format {
        ErrorFormat::Status | ErrorFormat::Problem => status_json(error, view),
        ErrorFormat::Google => google_json(error, status(error.code(), error.origin()), view),
    }
}

/// The object that Google's own REST clients read: the HTTP status as `code`, and the code's name
/// as `status`.
fn google_json(error: &CallError, status: StatusCode, view: &View) -> Vec<u8> {
    let mut out = Vec::with_capacity(160);
    out.extend_from_slice(format!("{{\"code\":{},\"message\":", status.as_u16()).as_bytes());
    string(error.message(), &mut out);
    out.extend_from_slice(b",\"status\":");
    string(error.code().name(), &mut out);
    out.extend_from_slice(b",\"details\":");
    details_json(error.details(), view, &mut out);
    out.push(b'}');
    out
}

/// `google.rpc.Status` as JSON: `{"code":5,"message":"...","details":[...]}`.
fn status_json(error: &CallError, view: &View) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    out.extend_from_slice(b"{\"code\":");
    out.extend_from_slice(error.code().number().to_string().as_bytes());
    out.extend_from_slice(b",\"message\":");
    string(error.message(), &mut out);
    out.extend_from_slice(b",\"details\":");
    details_json(error.details(), view, &mut out);
    out.push(b'}');
    out
}

/// RFC 9457 problem details; `code` and `details` are extension members.
fn problem_json(error: &CallError, status: StatusCode, view: &View) -> Vec<u8> {
    let mut out = Vec::with_capacity(192);
    out.extend_from_slice(b"{\"type\":\"about:blank\",\"title\":");
    string(status.canonical_reason().unwrap_or("Client Closed Request"), &mut out);
    out.extend_from_slice(format!(",\"status\":{},\"detail\":", status.as_u16()).as_bytes());
    string(error.message(), &mut out);
    out.extend_from_slice(b",\"code\":");
    string(error.code().name(), &mut out);
    out.extend_from_slice(b",\"details\":");
    details_json(error.details(), view, &mut out);
    out.push(b'}');
    out
}

fn string(text: &str, out: &mut Vec<u8>) {
    // Writing a string to memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}
