//! The id that ties a request to its log lines, its calls and its client's own records.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::{NoContext, Timestamp, Uuid};

/// Where it stands in requests and responses.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The client's own request id where it is one we would print, else a new one.
pub fn read(given: Option<&HeaderValue>) -> Arc<str> {
    let given = given.and_then(|value| value.to_str().ok());
    match given.filter(|id| !id.is_empty() && id.len() <= 128) {
        Some(id) => id.into(),
        None => {
            let mut buffer = [0; uuid::fmt::Hyphenated::LENGTH];
            // Without the context that orders those of one millisecond, which all cores share.
            let id = Uuid::new_v7(Timestamp::now(NoContext));
            let id: &str = id.hyphenated().encode_lower(&mut buffer);
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
