//! Why the body of an HTTP request could not be read. The server limits bodies; the frontends
//! say so in their own words.

use std::error::Error;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::{Body as _, Frame};
use http_body_util::BodyExt;

use super::Body;

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
    /// What an error that came out of a [`Body`] means.
    pub fn of(error: axum::Error) -> Self {
        match error.into_inner().downcast::<Self>() {
            Ok(known) => *known,
            Err(unknown) => Self::Broken(unknown),
        }
    }
}

/// Reads a body to its end. A body of one piece is not copied.
pub async fn collect(mut body: Body) -> Result<Bytes, BodyError> {
    let first = loop {
        match body.frame().await.transpose().map_err(BodyError::of)?.map(Frame::into_data) {
            None => return Ok(Bytes::new()),
            Some(Ok(data)) => break data,
            // Trailers say nothing that a call could carry.
            Some(Err(_)) => {}
        }
    };
    if body.is_end_stream() {
        return Ok(first);
    }
    let mut all = BytesMut::from(first);
    while let Some(frame) = body.frame().await.transpose().map_err(BodyError::of)? {
        if let Ok(data) = frame.into_data() {
            all.extend_from_slice(&data);
        }
    }
    Ok(all.freeze())
}
