//! HTTP headers as call metadata.

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use http::header::{HeaderMap, HeaderValue};

use crate::call::{CallError, Code, Metadata, Name};

/// Before a name: this request header is metadata, this response header was leading metadata.
pub const HEADER_PREFIX: &str = "grpc-metadata-";

/// Request headers handed on whatever the config says.
const ALWAYS: [&str; 3] = ["traceparent", "tracestate", "baggage"];

/// Names that a client may not set by [`HEADER_PREFIX`]: the protocol's own, and those by which
/// the gateway tells a backend who calls.
const RESERVED: [&str; 14] = [
    "authority",
    "connection",
    "content-length",
    "content-type",
    "forwarded",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-real-ip",
    "x-request-id",
    "user-agent",
];
const RESERVED_PREFIXES: [&str; 4] = ["grpc-", "x-forwarded-", "x-user-", "x-dragoman-"];

const EITHER_PADDING: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads the headers that are handed on: `Grpc-Metadata-*`, the trace context, and the
/// listener's `forward_headers`.
pub fn read(headers: &HeaderMap, forward: &[Name]) -> Result<Metadata, CallError> {
    let mut metadata = Metadata::default();
    for (header, value) in headers {
        let header = header.as_str();
        if let Some(name) = header.strip_prefix(HEADER_PREFIX) {
            append_prefixed(name, value, &mut metadata)?;
        } else if let Some(name) = ALWAYS.iter().find(|name| **name == header) {
            append(Name::from_static(name), value, &mut metadata)?;
        } else if let Some(name) = forward.iter().find(|name| name.as_str() == header) {
            append(name.clone(), value, &mut metadata)?;
        }
    }
    Ok(metadata)
}

/// Whether a client may not set metadata of that name: it is a protocol's own, or tells a backend who
/// calls.
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn append_prefixed(
    name: &str,
    value: &HeaderValue,
    metadata: &mut Metadata,
) -> Result<(), CallError> {
    if is_reserved(name) {
        return Ok(());
    }
    let Some(name) = Name::parse(name) else {
        return Err(bad_header(name, "the name is not one that gRPC metadata can have"));
    };
    append(name, value, metadata)
}

/// Adds a header as metadata: raw bytes where the name ends in `-bin`.
pub fn append(name: Name, value: &HeaderValue, metadata: &mut Metadata) -> Result<(), CallError> {
    let bytes = if name.is_binary() {
        match EITHER_PADDING.decode(value.as_bytes()) {
            Ok(bytes) => Bytes::from(bytes),
            Err(_) => return Err(bad_header(name.as_str(), "the value is not base64")),
        }
    } else if value.as_bytes().iter().all(|byte| (0x20..0x7f).contains(byte)) {
        Bytes::copy_from_slice(value.as_bytes())
    } else {
        return Err(bad_header(name.as_str(), "the value is not printable ASCII"));
    };
    metadata.append(name, bytes);
    Ok(())
}

fn bad_header(name: &str, why: &str) -> CallError {
    CallError::client(Code::InvalidArgument, format!("header {name}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair =
            |&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn prefixed_traced_and_forwarded_headers_are_handed_on() {
        let headers = headers(&[
            ("grpc-metadata-tenant", "acme"),
            ("grpc-metadata-key-bin", "AAE="),
            ("traceparent", "00-1-2-01"),
            ("authorization", "Bearer t"),
            ("cookie", "secret"),
        ]);
        let forward = [Name::from_static("authorization")];
        let metadata = read(&headers, &forward).expect("all legal");
        let get = |name| metadata.get(name).map(|value| value.as_ref());
        assert_eq!(get("tenant"), Some(&b"acme"[..]));
        assert_eq!(get("key-bin"), Some(&b"\0\x01"[..]));
        assert_eq!(get("traceparent"), Some(&b"00-1-2-01"[..]));
        assert_eq!(get("authorization"), Some(&b"Bearer t"[..]));
        assert_eq!(metadata.len(), 4);
    }

    #[test]
    fn nobody_sets_identity_or_protocol_headers_by_the_prefix() {
        let headers = headers(&[
            ("grpc-metadata-x-user-id", "root"),
            ("grpc-metadata-x-forwarded-for", "10.0.0.1"),
            ("grpc-metadata-grpc-timeout", "1H"),
            ("grpc-metadata-te", "none"),
            ("x-user-id", "root"),
        ]);
        assert!(read(&headers, &[]).expect("dropped, not refused").is_empty());
    }

    #[test]
    fn a_binary_header_that_is_not_base64_is_refused() {
        let headers = headers(&[("grpc-metadata-key-bin", "!")]);
        let error = read(&headers, &[]).expect_err("not base64");
        assert_eq!(error.message(), "header key-bin: the value is not base64");
    }
}
