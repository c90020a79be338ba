//! How a REST service's ways of saying no become call errors: a status, a body that says more, a lost
//! connection.

use http::StatusCode;
use serde_json::Value;

use super::Shared;
use crate::call::{CallError, Code, Detail, Metadata, Origin};
use crate::codec::json::{self, DecodeOptions, UnknownFields};
use crate::contract::view::View;

/// The code of an HTTP status that a REST service answered with.
fn code(status: StatusCode) -> Code {
    match status.as_u16() {
        400 | 422 => Code::InvalidArgument,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 | 410 => Code::NotFound,
        405 | 501 => Code::Unimplemented,
        408 | 504 => Code::DeadlineExceeded,
        409 => Code::AlreadyExists,
        412 | 423 | 424 | 428 => Code::FailedPrecondition,
        413 | 429 | 507 => Code::ResourceExhausted,
        416 => Code::OutOfRange,
        499 => Code::Cancelled,
        502 | 503 => Code::Unavailable,
        // The gateway wrote what the service does not take.
        406 | 411 | 414 | 415 | 417 | 431 | 500 => Code::Internal,
        402 | 407 | 418..=498 => Code::FailedPrecondition,
        505..=599 => Code::Internal,
        _ => Code::Unknown,
    }
}

/// Whose fault it is: a service that says what is wrong with a request is well itself.
fn origin(code: Code) -> Origin {
    match code {
        Code::Cancelled
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::Unauthenticated
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange => Origin::Client,
        Code::Unknown
        | Code::DeadlineExceeded
        | Code::ResourceExhausted
        | Code::Unimplemented
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss => Origin::Backend,
    }
}

/// The error that a response is whose status is not 2xx.
pub(super) fn of_response(
    status: StatusCode,
    metadata: Metadata,
    body: &[u8],
    view: &View,
) -> CallError {
    let told = serde_json::from_slice(body).ok().and_then(|body: Value| Told::read(&body, view));
    let told = told.unwrap_or_default();
    let code = told.code.unwrap_or_else(|| self::code(status));
    let message = told.message.unwrap_or_else(|| {
        let reason = status.canonical_reason().unwrap_or("a status without a name");
        format!("the service answered {} {reason}", status.as_u16())
    });
    CallError::new(code, origin(code), message)
        .with_details(told.details)
        .with_metadata(metadata)
        .because(format!("HTTP status {}", status.as_u16()))
}

/// What the body of an error says.
#[derive(Default)]
struct Told {
    code: Option<Code>,
    message: Option<String>,
    details: Vec<Detail>,
}

impl Told {
    /// Of a `google.rpc.Status`, by itself or as Google's services wrap it; of problem details (RFC
    /// 9457); of the `message` or `error` that many services have.
    fn read(body: &Value, view: &View) -> Option<Self> {
        let object = body.as_object()?;
        let inner = object.get("error").filter(|inner| inner.is_object()).unwrap_or(body);
        let text = |name: &str| {
            let text = inner.get(name)?.as_str()?;
            (!text.is_empty()).then(|| text.to_owned())
        };
        // `code` may be HTTP's number; `status` is a name where it is text.
        let named = text("status").or_else(|| text("code"));
        let code = named.as_deref().and_then(named_code).or_else(|| {
            let number = inner.get("code")?.as_i64()?;
            Code::from_number(i32::try_from(number).ok()?)
        });
        let details = inner.get("details").and_then(Value::as_array).map(Vec::as_slice);
        let message = text("message")
            .or_else(|| text("detail"))
            .or_else(|| text("title"))
            .or_else(|| text("error_description"))
            .or_else(|| object.get("error")?.as_str().map(str::to_owned));
        Some(Self {
            code,
            message,
            details: details
                .unwrap_or_default()
                .iter()
                .filter_map(|one| detail(one, view))
                .collect(),
        })
    }
}

fn named_code(name: &str) -> Option<Code> {
    (1..17).filter_map(Code::from_number).find(|code| code.name() == name)
}

/// A detail as an `Any`; one of a type that the contract does not know cannot be one.
fn detail(value: &Value, view: &View) -> Option<Detail> {
    let type_url = value.get("@type")?.as_str()?.to_owned();
    let id = view.shapes().id(type_url.rsplit('/').next()?)?;
    let mut object = value.clone();
    object.as_object_mut()?.remove("@type");
    let options =
        DecodeOptions { unknown_fields: UnknownFields::Ignore, ..DecodeOptions::default() };
    let mut out = Vec::new();
    json::decode(view, id, object.to_string().as_bytes(), &options, &mut out).ok()?;
    Some(Detail { type_url, value: out.into() })
}

/// A response that is not what its contract says.
pub(super) fn unfit(shared: &Shared, what: impl Into<String>) -> CallError {
    let message = format!("the reply of {} does not fit its contract", shared.name);
    CallError::backend(Code::Internal, message).because(what.into())
}

pub(super) fn too_large(limit: usize) -> CallError {
    CallError::backend(Code::ResourceExhausted, format!("a reply is larger than {limit} bytes"))
}

pub(super) fn unavailable(message: &'static str) -> CallError {
    CallError::backend(Code::Unavailable, message)
}

pub(super) fn redirected_too_often() -> CallError {
    CallError::backend(Code::Internal, "the service redirects further than it is followed")
}

pub(super) fn late() -> CallError {
    CallError::gateway(Code::DeadlineExceeded, "the deadline has passed")
}

/// An exchange that broke off.
pub(super) fn broken(error: hyper_util::client::legacy::Error) -> CallError {
    let message = if error.is_connect() {
        "no connection to the backend"
    } else {
        "the connection to the backend was lost"
    };
    unavailable(message).because(error)
}
