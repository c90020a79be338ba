//! Pages out of the binary, and the files that they need: nothing of them comes from elsewhere.

use std::io::Read as _;

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, HeaderName, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue};

use super::{Body, Response};

/// A file that a page needs.
pub struct Asset {
    /// Its name below the page.
    pub name: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// Compressed by the build script.
    pub gzip: &'static [u8],
}

/// A file that the build script has packed.
macro_rules! asset {
    ($folder:literal, $name:literal, $content_type:literal) => {
        $crate::frontend::assets::Asset {
            name: $name,
            content_type: $content_type,
            gzip: include_bytes!(concat!(env!("OUT_DIR"), "/", $folder, "/", $name, ".gz")),
        }
    };
}
pub(crate) use asset;

/// What is shown of one path.
pub struct Content {
    /// Its media type.
    pub content_type: &'static str,
    /// All of it.
    pub body: Bytes,
    /// What else is said of it.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl Asset {
    /// The file, in a coding that the client reads; `None` where it was packed badly.
    pub fn content(&self, asked: &HeaderMap) -> Option<Content> {
        let mut headers: Vec<(HeaderName, HeaderValue)> = vec![
            (VARY, HeaderValue::from_static("accept-encoding")),
            // They change when the gateway does.
            (CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
        ];
        let body = if accepts_gzip(asked) {
            headers.push((CONTENT_ENCODING, HeaderValue::from_static("gzip")));
            Bytes::from_static(self.gzip)
        } else {
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(self.gzip).read_to_end(&mut plain).ok()?;
            Bytes::from(plain)
        };
        Some(Content { content_type: self.content_type, body, headers })
    }
}

impl Content {
    /// A page that may load and call what `policy` says (Content Security Policy, level 3), and that
    /// no other may show as its own.
    pub fn page(body: Bytes, policy: HeaderValue) -> Self {
        let headers = vec![
            (CONTENT_SECURITY_POLICY, policy),
            (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        ];
        Self { content_type: "text/html; charset=utf-8", body, headers }
    }

    /// The response to GET, or to HEAD.
    pub fn respond(self, is_head: bool) -> Response {
        let Self { content_type, body, headers } = self;
        let length = HeaderValue::from(body.len());
        let mut response = Response::new(if is_head { Body::empty() } else { Body::from(body) });
        let to = response.headers_mut();
        to.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        to.insert(CONTENT_LENGTH, length);
        to.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        to.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        for (name, value) in headers {
            to.insert(name, value);
        }
        response
    }
}

impl std::fmt::Debug for Asset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// A text within HTML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Whether `Accept-Encoding` names gzip (RFC 9110, section 12.5.3).
fn accepts_gzip(headers: &HeaderMap) -> bool {
    super::accept::items(headers, ACCEPT_ENCODING)
        .any(|item| item.name.eq_ignore_ascii_case("gzip") && item.weight > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_who_takes_it() {
        let of = |value: &'static str| {
            accepts_gzip(&HeaderMap::from_iter([(
                ACCEPT_ENCODING,
                HeaderValue::from_static(value),
            )]))
        };
        assert!(of("gzip, deflate, br") && of("br;q=1, GZIP;q=0.5"));
        assert!(!of("br") && !of("gzip;q=0") && !of("identity"));
    }
}
