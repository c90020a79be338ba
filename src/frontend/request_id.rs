//! The id that ties a request to its log lines, its calls and its client's own records.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The client's own request id where it is one we would print, else a new one.
pub fn read(headers: &HeaderMap) -> Arc<str> {
    let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
    match given.filter(|id| !id.is_empty() && id.len() <= 128) {
        Some(id) => id.into(),
        None => {
            let mut buffer = [0; uuid::fmt::Hyphenated::LENGTH];
            let id: &str = uuid::Uuid::now_v7().hyphenated().encode_lower(&mut buffer);
            id.into()
        }
    }
}

/// Tells the client which one it is.
pub fn write(id: &str, headers: &mut HeaderMap) {
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(HEADER, id);
    }
}
