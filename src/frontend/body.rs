//! Why the body of an HTTP request could not be read. The server limits bodies; the frontends
//! say so in their own words.

use std::error::Error;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, StatusCode};
use http_body::{Body as _, Frame};
use http_body_util::BodyExt;

use super::Body;
use crate::call::Code;

/// The content codings that request bodies can have, beside none (RFC 9110, section 8.4.1).
pub const CODINGS: [&str; 4] = ["gzip", "br", "zstd", "deflate"];

/// The same as `Accept-Encoding` lists them (RFC 9110, section 12.5.3).
pub const CODINGS_LIST: &str = "gzip, br, zstd, deflate, identity";

/// Why the body of a request could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It is larger than the listener allows: HTTP 413.
    #[error("the request body is larger than {limit} bytes")]
    TooLarge {
        /// The listener's limit, in bytes: of a body that is one message, or of a whole stream.
        limit: u64,
    },
    /// One message of a stream is larger than the listener allows: HTTP 413.
    #[error("a message of the request body is larger than {limit} bytes")]
    MessageTooLarge {
        /// The listener's limit, in bytes.
        limit: usize,
    },
    /// No piece of it came for too long: HTTP 408.
    #[error("the request body was silent for {}", humantime::format_duration(*.timeout))]
    Slow {
        /// How long the server waited.
        timeout: Duration,
    },
    /// It is not in the content coding that it says it is in: HTTP 400.
    #[error("the request body is not {coding}")]
    Undecodable {
        /// The coding's registered name.
        coding: &'static str,
        /// What is wrong with it.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The client left or broke the framing: HTTP 400, if anybody is there to read it.
    #[error("the request body broke off")]
    Broken(#[source] Box<dyn Error + Send + Sync>),
}

impl BodyError {
    /// The status that tells a client of it.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge { .. } | Self::MessageTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Slow { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::Undecodable { .. } | Self::Broken(_) => StatusCode::BAD_REQUEST,
        }
    }

    /// The code of the call that ends with it.
    pub fn code(&self) -> Code {
        match self {
            Self::TooLarge { .. } | Self::MessageTooLarge { .. } => Code::ResourceExhausted,
            Self::Slow { .. } => Code::DeadlineExceeded,
            Self::Undecodable { .. } => Code::InvalidArgument,
            Self::Broken(_) => Code::Cancelled,
        }
    }

    /// What an error that came out of a [`Body`] means.
    pub fn of(error: axum::Error) -> Self {
        match error.into_inner().downcast::<Self>() {
            Ok(known) => *known,
            Err(unknown) => Self::Broken(unknown),
        }
    }
}

/// The coding of a request body, where it is one that is not read here.
pub fn unread_coding(content_encoding: Option<&HeaderValue>) -> Option<String> {
    let coding = String::from_utf8_lossy(content_encoding?.as_bytes()).trim().to_ascii_lowercase();
    (coding != "identity").then_some(coding)
}

/// Reads a body of at most `limit` bytes to its end. A body of one piece is not copied, and one
/// that says it is too large is refused before a byte of it is asked for.
pub async fn collect(mut body: Body, limit: usize) -> Result<Bytes, BodyError> {
    let too_large = || BodyError::TooLarge { limit: limit as u64 };
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    let first = loop {
        match body.frame().await.transpose().map_err(BodyError::of)?.map(Frame::into_data) {
            None => return Ok(Bytes::new()),
            Some(Ok(data)) => break data,
            // Trailers say nothing that a call could carry.
            Some(Err(_)) => {}
        }
    };
    if first.len() > limit {
        return Err(too_large());
    }
    if body.is_end_stream() {
        return Ok(first);
    }
    let mut all = BytesMut::from(first);
    while let Some(frame) = body.frame().await.transpose().map_err(BodyError::of)? {
        if let Ok(data) = frame.into_data() {
            if all.len() + data.len() > limit {
                return Err(too_large());
            }
            all.extend_from_slice(&data);
        }
    }
    Ok(all.freeze())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn pieces(pieces: &'static [&'static str]) -> Body {
        let pieces = pieces.iter().map(|piece| Ok::<_, Infallible>(Bytes::from(*piece)));
        Body::from_stream(futures_util::stream::iter(pieces))
    }

    #[tokio::test]
    async fn bodies_up_to_the_limit_are_read() {
        for body in [Body::from("12345"), pieces(&["12345"]), pieces(&["12", "345"])] {
            assert_eq!(collect(body, 5).await.unwrap(), "12345");
        }
        assert_eq!(collect(Body::empty(), 0).await.unwrap(), "");
    }

    #[tokio::test]
    async fn bodies_beyond_the_limit_are_refused() {
        for body in [Body::from("12345"), pieces(&["12345"]), pieces(&["12", "345"])] {
            let error = collect(body, 4).await.unwrap_err();
            assert_eq!(error.to_string(), "the request body is larger than 4 bytes");
        }
    }
}
