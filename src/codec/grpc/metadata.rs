//! Metadata of a call ⇄ HTTP/2 headers.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use http::header::DATE;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::call::{CallError, Code, Metadata, Name};

/// gRPC writes base64 without padding and reads it with or without.
pub const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Adds `metadata` to headers or trailers. Names that belong to HTTP or gRPC are left out.
pub fn append(headers: &mut HeaderMap, metadata: &Metadata) -> Result<(), CallError> {
    for (name, value) in metadata.iter() {
        if is_reserved(name.as_str()) {
            continue;
        }
        let header = HeaderName::from_bytes(name.as_str().as_bytes())
            .map_err(|_| not_carried(name.as_str()))?;
        let value = match name.is_binary() {
            true => Bytes::from(BASE64.encode(value)),
            false => value.clone(),
        };
        let value = text(name.as_str(), value)?;
        headers.try_append(header, value).map_err(|_| {
            CallError::client(Code::ResourceExhausted, "the call carries too much metadata")
        })?;
    }
    Ok(())
}

/// The value of `name` in the headers of a request.
///
/// It is marked as sensitive: most values are different in every call and would only push the
/// useful entries out of the connection's header table, and some are secrets, which must not be
/// in there.
pub fn text(name: &str, value: Bytes) -> Result<HeaderValue, CallError> {
    if !is_printable(&value) {
        return Err(not_carried(name));
    }
    let mut value = HeaderValue::from_maybe_shared(value).map_err(|_| not_carried(name))?;
    value.set_sensitive(true);
    Ok(value)
}

fn not_carried(name: &str) -> CallError {
    let message = format!("metadata {name} holds what gRPC cannot carry");
    CallError::client(Code::InvalidArgument, message)
}

/// The metadata in the headers or trailers of a response. What is not gRPC's own form is left
/// out, and said so in the debug log; so is `date`, by which HTTP says when it answered.
pub fn read(headers: &HeaderMap) -> Metadata {
    let mut metadata = Metadata::default();
    for (header, value) in headers {
        if header == DATE || is_reserved(header.as_str()) {
            continue;
        }
        let Some(name) = Name::parse(header.as_str()) else {
            tracing::debug!(%header, "left out a header whose name is no metadata name");
            continue;
        };
        if name.is_binary() {
            for part in value.as_bytes().split(|byte| *byte == b',') {
                match BASE64.decode(part.trim_ascii()) {
                    Ok(bytes) => metadata.append(name.clone(), bytes),
                    Err(error) => {
                        tracing::debug!(%header, %error, "left out a value that is not base64");
                    }
                }
            }
        } else if is_printable(value.as_bytes()) {
            metadata.append(name, Bytes::copy_from_slice(value.as_bytes()));
        } else {
            tracing::debug!(%header, "left out a value that is not printable ASCII");
        }
    }
    metadata
}

/// The first value of that name. A response has so few headers that looking through them costs less
/// than to hash the name.
pub fn find<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h HeaderValue> {
    headers.iter().find(|(header, _)| *header == name).map(|(_, value)| value)
}

/// What stands for itself in `grpc-message`: printable ASCII without the percent sign.
const MESSAGE: percent_encoding::AsciiSet = percent_encoding::CONTROLS.add(b'%');

/// The value of `grpc-message`.
pub fn percent_encoded(message: &str) -> HeaderValue {
    let text = percent_encoding::utf8_percent_encode(message, &MESSAGE).to_string();
    // Nothing but printable ASCII is left.
    HeaderValue::from_maybe_shared(Bytes::from(text)).unwrap_or(HeaderValue::from_static(""))
}

/// The text of `grpc-message`.
pub fn percent_decoded(value: &HeaderValue) -> Cow<'_, str> {
    percent_encoding::percent_decode(value.as_bytes()).decode_utf8_lossy()
}

/// Whether a value is what gRPC calls ASCII.
pub fn is_printable(value: &[u8]) -> bool {
    // Without a way out, so that many bytes are looked at in one step.
    value.iter().fold(true, |all, byte| all & matches!(byte, b' '..=b'~'))
}

/// Whether HTTP, the connection or gRPC itself owns this name.
pub fn is_reserved(name: &str) -> bool {
    name.starts_with("grpc-")
        || matches!(
            name,
            "content-type"
                | "content-length"
                | "content-encoding"
                | "accept-encoding"
                | "te"
                | "trailer"
                | "transfer-encoding"
                | "connection"
                | "keep-alive"
                | "proxy-connection"
                | "upgrade"
                | "host"
                | "expect"
                | "user-agent"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_back() {
        let mut metadata = Metadata::default();
        metadata.append(Name::from_static("x-one"), "1");
        metadata.append(Name::from_static("x-one"), "2");
        metadata.append(Name::from_static("x-raw-bin"), vec![0, 255, 1, 254]);
        let mut headers = HeaderMap::new();
        append(&mut headers, &metadata).expect("legal");
        assert_eq!(headers["x-raw-bin"], "AP8B/g");
        assert!(headers["x-one"].is_sensitive());
        assert_eq!(read(&headers), metadata);
    }

    #[test]
    fn messages_are_percent_encoded() {
        let encoded = percent_encoded("no caf\u{e9}, 100%\n");
        assert_eq!(encoded, "no caf%C3%A9, 100%25%0A");
        assert_eq!(percent_decoded(&encoded), "no caf\u{e9}, 100%\n");
    }

    #[test]
    fn reserved_names_stay_behind() {
        let mut metadata = Metadata::default();
        for name in ["te", "host", "grpc-timeout", "grpc-anything-bin", "connection"] {
            metadata.append(Name::from_static(name), "x");
        }
        let mut headers = HeaderMap::new();
        append(&mut headers, &metadata).expect("left out, not refused");
        assert!(headers.is_empty());
        headers.insert("grpc-status", HeaderValue::from_static("0"));
        headers.insert("content-type", HeaderValue::from_static("application/grpc"));
        headers.insert("date", HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"));
        assert!(read(&headers).is_empty());
    }

    #[test]
    fn binary_values_are_read_padded_unpadded_and_joined() {
        let mut headers = HeaderMap::new();
        headers.append("a-bin", HeaderValue::from_static("AA==, AQ,//8"));
        headers.append("a-bin", HeaderValue::from_static("!"));
        let values: Vec<_> = read(&headers).into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, [&[0][..], &[1], &[255, 255]]);
    }

    #[test]
    fn values_that_grpc_cannot_carry_are_the_clients_fault() {
        let mut metadata = Metadata::default();
        metadata.append(Name::from_static("x-text"), "caf\u{e9}");
        let error = append(&mut HeaderMap::new(), &metadata).expect_err("not ASCII");
        assert_eq!(error.code(), Code::InvalidArgument);
        assert_eq!(error.message(), "metadata x-text holds what gRPC cannot carry");
    }
}
