//! What the gateway writes in a request: its headers, its deadline, its messages.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, TE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Version};
use tokio::time::Instant;

use super::endpoint::Endpoint;
use super::{Request, too_late};
use crate::call::{CallError, Code};
use crate::codec::grpc::{Coding, Frame, compression, metadata};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
static GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
static GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// How request messages are written.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing {
    /// The largest message, before compression.
    pub max: usize,
    /// How messages are compressed.
    pub compression: Option<Coding>,
}

impl Outgoing {
    /// The headers that all requests have.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(TE, HeaderValue::from_static("trailers"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        let agent = concat!("dragoman/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        let accepted = HeaderValue::from_static(compression::ACCEPTED);
        headers.insert(GRPC_ACCEPT_ENCODING.clone(), accepted);
        if let Some(kind) = self.compression {
            let name = HeaderValue::from_static(compression::name(kind));
            headers.insert(GRPC_ENCODING.clone(), name);
        }
        headers
    }

    /// A message within the limit, compressed where that is asked for.
    pub fn frame(&self, message: Bytes) -> Result<Frame, CallError> {
        let too_large = || {
            let message = format!("a request message is larger than {} bytes", self.max);
            CallError::client(Code::ResourceExhausted, message)
        };
        if message.len() > self.max {
            return Err(too_large());
        }
        let message = match self.compression {
            None => message,
            Some(kind) => compression::compress(kind, &message).map_err(|error| {
                CallError::gateway(Code::Internal, "the request does not compress").because(error)
            })?,
        };
        Frame::new(message, self.compression.is_some()).ok_or_else(too_large)
    }
}

/// The head of a request to `endpoint`: `headers`, and those of its own.
pub fn head(
    mut headers: HeaderMap,
    request: &Request<'_>,
    endpoint: &Endpoint,
) -> Result<http::Request<()>, CallError> {
    if let Some(deadline) = request.deadline {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(too_late());
        }
        headers.insert(GRPC_TIMEOUT.clone(), timeout(left));
    }
    if let Some(id) = request.request_id {
        let id = Bytes::copy_from_slice(id.as_bytes());
        headers.insert(REQUEST_ID.clone(), metadata::text(REQUEST_ID.as_str(), id)?);
    }
    metadata::append(&mut headers, request.metadata)?;
    let mut head = http::Request::new(());
    *head.method_mut() = Method::POST;
    *head.version_mut() = Version::HTTP_2;
    *head.uri_mut() = endpoint.uri(request.path.clone()).map_err(|_| {
        CallError::gateway(Code::Internal, format!("no operation can be at {}", request.path))
    })?;
    *head.headers_mut() = headers;
    Ok(head)
}

/// The value of `grpc-timeout`: at most eight digits, never more than what is left. From a second on
/// it counts milliseconds, so that most calls say the same and the connection's header table has it.
fn timeout(left: Duration) -> HeaderValue {
    const MOST: u64 = 99_999_999;
    let (secs, nanos) = (left.as_secs(), u64::from(left.subsec_nanos()));
    let (count, unit) = match secs {
        0 if nanos <= MOST => (nanos, 'n'),
        0 => (nanos / 1_000, 'u'),
        1..100_000 => (secs * 1_000 + nanos / 1_000_000, 'm'),
        100_000..=MOST => (secs, 'S'),
        _ if secs / 60 <= MOST => (secs / 60, 'M'),
        _ => ((secs / 3_600).min(MOST), 'H'),
    };
    let mut digits = itoa::Buffer::new();
    let mut text = [0; 9];
    let digits = digits.format(count).as_bytes();
    let length = digits.len().min(text.len() - 1);
    text[..length].copy_from_slice(&digits[..length]);
    text[length] = unit as u8;
    let value = HeaderValue::from_bytes(&text[..=length]);
    let mut value = value.unwrap_or(HeaderValue::from_static("0n"));
    // Another one every time: it would push useful entries out of the connection's header table.
    value.set_sensitive(secs == 0);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_have_eight_digits_and_never_exceed() {
        for (left, text) in [
            (Duration::from_nanos(1), "1n"),
            (Duration::from_nanos(99_999_999), "99999999n"),
            (Duration::from_nanos(100_000_999), "100000u"),
            (Duration::from_nanos(999_999_999), "999999u"),
            (Duration::from_nanos(1_999_999_999), "1999m"),
            (Duration::from_secs(100), "100000m"),
            (Duration::from_millis(99_999_999), "99999999m"),
            (Duration::from_secs(100_000), "100000S"),
            (Duration::from_secs(100_000_059), "1666667M"),
            (Duration::MAX, "99999999H"),
        ] {
            assert_eq!(timeout(left), text, "{left:?}");
        }
    }

    #[test]
    fn a_large_message_is_the_clients_fault() {
        let outgoing = Outgoing { max: 3, compression: None };
        assert!(outgoing.frame(Bytes::from_static(b"abc")).is_ok());
        let error = outgoing.frame(Bytes::from_static(b"abcd")).expect_err("four bytes");
        assert_eq!(error.code(), Code::ResourceExhausted);
        assert_eq!(error.origin(), crate::call::Origin::Client);
    }
}
