//! Requests that are refused, and the status of every answer.

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, ALLOW};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::json;

use super::accept::{AVAILABLE, Media};
use crate::call::{CallError, Code};
use crate::frontend::body::{BodyError, CODINGS_LIST};
use crate::frontend::graphql::{Answer, Verdict};

/// A request that is not one of GraphQL's: its status is that of HTTP, whatever the client accepts.
#[derive(Debug)]
pub struct Refusal {
    /// What it is answered with.
    pub status: StatusCode,
    /// `extensions.code`.
    pub code: &'static str,
    /// What is wrong, for the client.
    pub message: String,
    /// What would have been right, where a header says that.
    pub header: Option<(HeaderName, HeaderValue)>,
}

impl Refusal {
    fn new(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        Self { status, code: code.name(), message: message.into(), header: None }
    }

    /// 400: it cannot be read.
    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::InvalidArgument, message)
    }

    /// 405 (RFC 9110, section 15.5.6).
    pub fn method_not_allowed(message: &str, allow: &'static str) -> Self {
        let mut refusal = Self::new(StatusCode::METHOD_NOT_ALLOWED, Code::Unimplemented, message);
        refusal.header = Some((ALLOW, HeaderValue::from_static(allow)));
        refusal
    }

    /// 406 (RFC 9110, section 15.5.7).
    pub fn not_acceptable() -> Self {
        let message = format!("answers come as {AVAILABLE}, and Accept admits none of that");
        Self::new(StatusCode::NOT_ACCEPTABLE, Code::InvalidArgument, message)
    }

    /// 413 for files or requests that are more than a limit.
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, Code::ResourceExhausted, message)
    }

    /// 415, with what would have been right.
    pub fn media_type(given: &str, expected: &'static str) -> Self {
        let message = match given {
            "" => format!("the request has no content-type, send {expected}"),
            given => format!("cannot read a body of type {given}, send {expected}"),
        };
        let mut refusal =
            Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::InvalidArgument, message);
        refusal.header = Some((http::header::ACCEPT, HeaderValue::from_static(expected)));
        refusal
    }

    /// 415 for a body in a coding that is not read (RFC 9110, section 12.5.3).
    pub fn coding(given: &str) -> Self {
        let message = format!("cannot read a body in the coding {given}, send {CODINGS_LIST}");
        let mut refusal =
            Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::InvalidArgument, message);
        refusal.header = Some((ACCEPT_ENCODING, HeaderValue::from_static(CODINGS_LIST)));
        refusal
    }

    /// The response's body.
    pub fn body(&self) -> Bytes {
        error(self.code, &self.message)
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        Self::new(error.status(), error.code(), error.to_string())
    }
}

impl From<CallError> for Refusal {
    /// What the headers of a request say and cannot mean.
    fn from(error: CallError) -> Self {
        let status = crate::frontend::status::status(error.code(), error.origin());
        Self::new(status, error.code(), error.message())
    }
}

/// A response of one error and no data.
fn error(code: &str, message: &str) -> Bytes {
    let body = json!({ "errors": [{ "message": message, "extensions": { "code": code } }] });
    body.to_string().into()
}

/// A request that is GraphQL's, and is refused before anything is called.
pub fn refused(code: Code, name: &str, message: &str) -> Answer {
    Answer { body: error(name, message), verdict: Verdict::Refused(code) }
}

/// The status of an answer (GraphQL over HTTP, "Status Codes"). In `application/json` nobody can tell
/// an error of the endpoint from one of something on the way, so there all is well but for what
/// browsers and proxies must know: that the client is not known, or may not.
pub fn status(verdict: Verdict, media: Media) -> StatusCode {
    let code = match verdict {
        Verdict::Complete | Verdict::Partial => return StatusCode::OK,
        Verdict::Invalid => Code::InvalidArgument,
        Verdict::Refused(code) => code,
    };
    let status = match code {
        Code::Unauthenticated => return StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => return StatusCode::FORBIDDEN,
        // These are of the request and not of what it names.
        Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unimplemented => StatusCode::BAD_REQUEST,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    };
    match media {
        Media::Response => status,
        Media::Json => StatusCode::OK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_has_its_status() {
        let verdicts = [Verdict::Complete, Verdict::Partial, Verdict::Invalid];
        let refused = Code::ALL.map(Verdict::Refused);
        let mut table = String::new();
        for verdict in verdicts.into_iter().chain(refused) {
            let of = |media| status(verdict, media).as_u16();
            let row = (of(Media::Response), of(Media::Json));
            table.push_str(&format!("{verdict:?} {row:?}\n"));
        }
        insta::assert_snapshot!(table);
    }
}
