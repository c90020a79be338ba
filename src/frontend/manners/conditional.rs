//! Conditional requests (RFC 9110, section 13): whoever has the current reply is not sent it again.

use http::header::{
    CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH,
};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};

use crate::frontend::{Body, Response};

/// What a request says in `If-None-Match`; empty where it says nothing, or is not a GET or HEAD.
#[derive(Debug)]
pub struct Condition(Vec<HeaderValue>);

impl Condition {
    /// Reads it off a request.
    pub fn of<B>(request: &Request<B>) -> Self {
        let conditional = matches!(*request.method(), Method::GET | Method::HEAD);
        if !conditional {
            return Self(Vec::new());
        }
        Self(request.headers().get_all(IF_NONE_MATCH).iter().cloned().collect())
    }

    /// Whether the client has what this response holds (RFC 9110, section 13.1.2): tags are
    /// compared weakly, `*` stands for any reply.
    pub fn is_met_by(&self, response: &Response) -> bool {
        if self.0.is_empty() || response.status() != StatusCode::OK {
            return false;
        }
        let Some(current) = response.headers().get(ETAG) else { return false };
        self.0.iter().any(|value| {
            value.as_bytes().trim_ascii() == b"*"
                || tags(value.as_bytes()).any(|tag| tag == opaque(current.as_bytes()))
        })
    }
}

/// Turns a response into 304: what it says of the reply as such stays, its content and what
/// describes that goes (RFC 9110, section 15.4.5).
pub fn not_modified(response: &mut Response) {
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    *response.body_mut() = Body::empty();
    for name in
        [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_DISPOSITION]
    {
        response.headers_mut().remove(name);
    }
}

/// Makes a strong tag weak: what is compressed has other bytes (RFC 9110, section 8.8.3).
pub fn weaken(headers: &mut HeaderMap) {
    let Some(tag) = headers.get(ETAG) else { return };
    if tag.as_bytes().starts_with(b"W/") {
        return;
    }
    if let Ok(weak) = HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat()) {
        headers.insert(ETAG, weak);
    }
}

/// The tag without the mark of weakness.
fn opaque(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

/// The tags of a list, without their marks. A comma may stand inside a tag.
fn tags(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let start = memchr::memchr(b'"', rest)?;
        let end = start + 1 + memchr::memchr(b'"', rest.get(start + 1..)?)?;
        let tag = rest.get(start..=end)?;
        rest = rest.get(end + 1..)?;
        Some(tag)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_met(if_none_match: &[&'static str], etag: &'static str) -> bool {
        let mut request = Request::new(());
        for value in if_none_match {
            request.headers_mut().append(IF_NONE_MATCH, HeaderValue::from_static(value));
        }
        let mut response = Response::new(Body::empty());
        response.headers_mut().insert(ETAG, HeaderValue::from_static(etag));
        Condition::of(&request).is_met_by(&response)
    }

    #[test]
    fn tags_are_compared_weakly() {
        for list in ["\"a\"", "W/\"a\"", "\"b\", W/\"a\"", "\"x,y\",\"a\"", " * "] {
            assert!(is_met(&[list], "\"a\""), "{list}");
            assert!(is_met(&[list], "W/\"a\""), "{list}");
        }
        for list in ["", "\"b\"", "a", "\"a", "\"A\"", "\"x,\"a"] {
            assert!(!is_met(&[list], "W/\"a\""), "{list}");
        }
        assert!(is_met(&["\"b\"", "\"a\""], "\"a\""));
        assert!(!is_met(&[], "\"a\""));
    }

    #[test]
    fn only_a_get_that_went_well_can_be_unmodified() {
        let star = || (IF_NONE_MATCH, HeaderValue::from_static("*"));
        let request = |method| {
            let mut request = Request::new(());
            *request.method_mut() = method;
            request.headers_mut().extend([star()]);
            request
        };
        let mut response = Response::new(Body::empty());
        assert!(!Condition::of(&request(Method::GET)).is_met_by(&response), "no tag");
        response.headers_mut().insert(ETAG, HeaderValue::from_static("\"a\""));
        assert!(Condition::of(&request(Method::HEAD)).is_met_by(&response));
        assert!(!Condition::of(&request(Method::POST)).is_met_by(&response));
        *response.status_mut() = StatusCode::NOT_FOUND;
        assert!(!Condition::of(&request(Method::GET)).is_met_by(&response));
    }

    #[test]
    fn a_strong_tag_becomes_weak() {
        let mut headers = HeaderMap::from_iter([(ETAG, HeaderValue::from_static("\"a\""))]);
        weaken(&mut headers);
        weaken(&mut headers);
        assert_eq!(headers[ETAG], "W/\"a\"");
    }
}
