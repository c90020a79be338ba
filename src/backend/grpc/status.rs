//! How a backend's ways of saying no become call errors: a `grpc-status`, an HTTP status, a reset
//! of the stream, a lost connection. The tables are those of the gRPC specification.

use base64::Engine;
use h2::Reason;
use http::{HeaderMap, HeaderName, StatusCode};

use crate::call::{CallError, Code, Metadata, Name, Origin};
use crate::codec::grpc::metadata::{self, BASE64};
use crate::codec::grpc::status::{self, DETAILS};

/// How the call went, as a number.
pub static GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

static GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
/// What the trailers of a stream say: that it went well (and the metadata beside), or the error.
pub fn conclude(trailers: &HeaderMap) -> Result<Metadata, CallError> {
    let Some(status) = metadata::find(trailers, &GRPC_STATUS) else {
        return Err(missing());
    };
    let number = status.to_str().ok().and_then(|text| text.parse::<i32>().ok());
    let code = match number {
        Some(0) => return Ok(metadata::read(trailers)),
        Some(number) => Code::from_number(number).unwrap_or(Code::Unknown),
        None => Code::Unknown,
    };
    let mut message = trailers
        .get(&GRPC_MESSAGE)
        .map(|message| metadata::percent_decoded(message).into_owned())
        .unwrap_or_default();
    let mut beside = metadata::read(trailers);
    let mut details = Vec::new();
    if let Some(value) = trailers.get(DETAILS) {
        let raw = BASE64.decode(value.as_bytes());
        match raw.as_deref().map(status::decode) {
            Ok(Some((told, typed))) => {
                if message.is_empty() {
                    message = told;
                }
                details = typed;
            }
            _ => {
                let raw = raw.unwrap_or_else(|_| value.as_bytes().to_vec());
                beside.append(Name::from_static(DETAILS), raw);
            }
        }
    }
    let error = CallError::new(code, origin(code), message);
    let error = error.with_details(details).with_metadata(beside);
    let known = number.is_some_and(|number| Code::from_number(number).is_some());
    Err(if known {
        error
    } else {
        error.because(format!("the backend's grpc-status {status:?} is not defined"))
    })
}

/// Whose fault it is when a service answers with `code`: a service that says what is wrong with
/// the request is well itself, and neither a breaker nor an alarm should hear of it.
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

/// The stream ended, and nobody said how it went.
pub fn missing() -> CallError {
    CallError::backend(Code::Unknown, "the backend ended the call without a status")
}

/// A response whose HTTP status is not 200 and that has no `grpc-status`.
pub fn http(status: StatusCode) -> CallError {
    let code = match status.as_u16() {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502 | 503 | 504 => Code::Unavailable,
        _ => Code::Unknown,
    };
    CallError::backend(code, format!("the backend answered with HTTP status {}", status.as_u16()))
}

/// A stream that broke off.
pub fn broken(error: h2::Error) -> CallError {
    let (code, message) = match error.reason() {
        // Headers that are too large are told the same way.
        Some(_) if error.is_library() => {
            (Code::Internal, "the backend broke the HTTP/2 protocol or its limits")
        }
        Some(reason) if error.is_reset() => (reset(reason), reset_message(reason)),
        _ => (Code::Unavailable, "the connection to the backend was lost"),
    };
    CallError::backend(code, message).because(error)
}

fn reset(reason: Reason) -> Code {
    match reason {
        Reason::REFUSED_STREAM => Code::Unavailable,
        Reason::CANCEL => Code::Cancelled,
        Reason::ENHANCE_YOUR_CALM => Code::ResourceExhausted,
        Reason::INADEQUATE_SECURITY => Code::PermissionDenied,
        Reason::STREAM_CLOSED | Reason::HTTP_1_1_REQUIRED => Code::Unknown,
        _ => Code::Internal,
    }
}

fn reset_message(reason: Reason) -> &'static str {
    match reason {
        Reason::REFUSED_STREAM => "the backend refused the call before it began",
        Reason::CANCEL => "the backend cancelled the call",
        Reason::ENHANCE_YOUR_CALM => "the backend asks for fewer calls",
        Reason::INADEQUATE_SECURITY => "the backend wants a safer connection",
        _ => "the backend broke the call off",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Detail;
    use http::HeaderValue;

    fn trailers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let value = |text: &str| HeaderValue::from_str(text).expect("legal");
        pairs
            .iter()
            .map(|(name, text)| (http::HeaderName::from_static(name), value(text)))
            .collect()
    }

    #[test]
    fn ok_brings_its_metadata() {
        let metadata = conclude(&trailers(&[("grpc-status", "0"), ("x-cost", "7")])).expect("OK");
        assert_eq!(metadata.get("x-cost").map(|v| v.as_ref()), Some(&b"7"[..]));
        assert_eq!(metadata.len(), 1);
    }

    #[test]
    fn messages_are_percent_decoded() {
        let pairs = [("grpc-status", "5"), ("grpc-message", "no caf%C3%A9, 100%25%ff")];
        let error = conclude(&trailers(&pairs)).expect_err("NOT_FOUND");
        assert_eq!(error.code(), Code::NotFound);
        assert_eq!(error.message(), "no café, 100%\u{fffd}");
    }

    #[test]
    fn details_of_unknown_types_are_kept_whole() {
        let detail =
            Detail { type_url: "example.com/no.such.Type".into(), value: vec![9, 9].into() };
        let told = CallError::backend(Code::FailedPrecondition, "told twice");
        let encoded = BASE64.encode(status::encode(&told.with_details(vec![detail])));
        let error = conclude(&trailers(&[("grpc-status", "9"), (DETAILS, &encoded)]))
            .expect_err("FAILED_PRECONDITION");
        assert_eq!(error.message(), "told twice");
        let [detail] = error.details() else { panic!("one detail: {error:?}") };
        assert_eq!(detail.type_url, "example.com/no.such.Type");
        assert_eq!(detail.value, [9, 9][..]);
        assert!(error.metadata().is_empty());
    }

    #[test]
    fn details_that_do_not_parse_stay_in_the_metadata() {
        for (text, raw) in [("/////w", &[255, 255, 255, 255][..]), ("not base64!", b"not base64!")]
        {
            let error = conclude(&trailers(&[("grpc-status", "13"), (DETAILS, text)]))
                .expect_err("INTERNAL");
            assert!(error.details().is_empty());
            assert_eq!(error.metadata().get(DETAILS).map(|v| v.as_ref()), Some(raw));
        }
    }

    #[test]
    fn undefined_numbers_are_unknown() {
        for text in ["17", "-1", "", "two", "99999999999"] {
            let error = conclude(&trailers(&[("grpc-status", text)])).expect_err("no such code");
            assert_eq!(error.code(), Code::Unknown, "{text:?}");
        }
        assert_eq!(conclude(&HeaderMap::new()).expect_err("no status").code(), Code::Unknown);
    }

    #[test]
    fn http_and_reset_tables_are_the_specifications() {
        let mut lines = Vec::new();
        for status in [400, 401, 403, 404, 429, 500, 502, 503, 504, 301] {
            let error = http(StatusCode::from_u16(status).expect("in range"));
            lines.push(format!("{status} {}", error.code().name()));
        }
        for number in 0..14 {
            let reason = Reason::from(number);
            lines.push(format!("{reason:?} {}", reset(reason).name()));
        }
        insta::assert_snapshot!(lines.join("\n"), @r"
        400 INTERNAL
        401 UNAUTHENTICATED
        403 PERMISSION_DENIED
        404 UNIMPLEMENTED
        429 UNAVAILABLE
        500 UNKNOWN
        502 UNAVAILABLE
        503 UNAVAILABLE
        504 UNAVAILABLE
        301 UNKNOWN
        NO_ERROR INTERNAL
        PROTOCOL_ERROR INTERNAL
        INTERNAL_ERROR INTERNAL
        FLOW_CONTROL_ERROR INTERNAL
        SETTINGS_TIMEOUT INTERNAL
        STREAM_CLOSED UNKNOWN
        FRAME_SIZE_ERROR INTERNAL
        REFUSED_STREAM UNAVAILABLE
        CANCEL CANCELLED
        COMPRESSION_ERROR INTERNAL
        CONNECT_ERROR INTERNAL
        ENHANCE_YOUR_CALM RESOURCE_EXHAUSTED
        INADEQUATE_SECURITY PERMISSION_DENIED
        HTTP_1_1_REQUIRED UNKNOWN
        ");
    }
}
