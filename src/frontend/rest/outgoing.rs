//! What a reply's metadata becomes in a response: headers, and where the config says so, the
//! status.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::header::{ETAG, HeaderMap, HeaderName, HeaderValue, TRAILER};
use http::{Response, StatusCode};

use crate::call::{Metadata, Name, Value};
use crate::config::checked;
use crate::config::header::HeaderNames;
use crate::frontend::metadata::HEADER_PREFIX;

/// Before a name: this response header was trailing metadata.
const TRAILER_PREFIX: &str = "grpc-trailer-";

/// How the metadata of one listener's replies is written.
#[derive(Debug)]
pub struct Outgoing {
    /// Metadata that becomes a header of its own name.
    own: HeaderNames,
    /// Metadata that is the status.
    status: Option<Name>,
    /// The trailers that may follow a stream over HTTP/1.1, as `Trailer` announces them.
    announced: Option<HeaderValue>,
}

impl Outgoing {
    /// Compiles what the config says.
    pub fn build(settings: &checked::Rest) -> Self {
        let announced = settings.response_headers.exact();
        let announced: Vec<_> = announced.map(|name| format!("{TRAILER_PREFIX}{name}")).collect();
        Self {
            own: settings.response_headers.clone(),
            status: settings.status_header.as_deref().and_then(Name::parse),
            announced: HeaderValue::try_from(announced.join(", "))
                .ok()
                .filter(|list| !list.is_empty()),
        }
    }

    /// What comes after a stream, as HTTP trailers. All have the prefix: few headers may stand in
    /// a trailer under their own names (RFC 9110, section 6.5.1).
    pub fn trailers(&self, metadata: &Metadata) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in metadata.iter().filter(|(name, _)| !is_of_a_library(name)) {
            write_prefixed(name, value, TRAILER_PREFIX, &mut headers);
        }
        headers
    }

    /// Announces trailers (RFC 9110, section 6.6.2). HTTP/1.1 sends no others; HTTP/2 sends them
    /// all, announced or not.
    pub fn announce(&self, headers: &mut HeaderMap) {
        if let Some(announced) = &self.announced {
            headers.insert(TRAILER, announced.clone());
        }
    }

    /// Writes what came before the reply, and with an error.
    pub fn write_leading<B>(&self, metadata: &Metadata, response: &mut Response<B>) {
        self.write(metadata, HEADER_PREFIX, response);
    }

    /// Writes what came after the reply.
    pub fn write_trailing<B>(&self, metadata: &Metadata, response: &mut Response<B>) {
        self.write(metadata, TRAILER_PREFIX, response);
    }

    /// What HTTP cannot carry is left out: a backend's odd trailer must not cost the client its
    /// reply. So is what a service's HTTP library says of itself.
    fn write<B>(&self, metadata: &Metadata, prefix: &str, response: &mut Response<B>) {
        for (name, value) in metadata.iter() {
            if is_of_a_library(name) {
                continue;
            }
            if self.status.as_ref().is_some_and(|status| status == name) {
                set_status(value, response);
                continue;
            }
            if !self.own.is_empty() && self.own.contains(name.as_str()) {
                // The first one takes the place of what the gateway would say, the others stand
                // beside it.
                let is_first =
                    metadata.get(name.as_str()).is_some_and(|first| std::ptr::eq(first, value));
                write_own(name, value, is_first, response.headers_mut());
                continue;
            }
            write_prefixed(name, value, prefix, response.headers_mut());
        }
    }
}

/// What a service's HTTP library says of itself.
fn is_of_a_library(name: &Name) -> bool {
    matches!(name.as_str(), "date" | "server")
}

fn write_prefixed(name: &Name, value: &Value, prefix: &str, headers: &mut HeaderMap) {
    let value = if name.is_binary() {
        HeaderValue::try_from(STANDARD_NO_PAD.encode(value))
    } else {
        HeaderValue::from_maybe_shared(value.clone())
    };
    let header = HeaderName::try_from(format!("{prefix}{}", name.as_str()));
    if let (Ok(header), Ok(value)) = (header, value) {
        headers.append(header, value);
    }
}

fn write_own(name: &Name, value: &Value, is_first: bool, headers: &mut HeaderMap) {
    let Ok(header) = HeaderName::try_from(name.as_str()) else { return };
    let value = match header == ETAG {
        true => entity_tag(value),
        false => HeaderValue::from_maybe_shared(value.clone()).ok(),
    };
    let Some(value) = value else { return };
    if is_first {
        headers.insert(header, value);
    } else {
        headers.append(header, value);
    }
}

/// Services tend to leave the quotes out, without which a tag is none (RFC 9110, section 8.8.3).
fn entity_tag(value: &Value) -> Option<HeaderValue> {
    let opaque = value.strip_prefix(b"W/").unwrap_or(value);
    let inner = opaque.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    let is_legal = |text: &[u8]| text.iter().all(|byte| matches!(byte, 0x21 | 0x23..=0x7e));
    match inner {
        Some(inner) if is_legal(inner) => HeaderValue::from_maybe_shared(value.clone()).ok(),
        None if is_legal(value) => HeaderValue::from_bytes(&[b"\"", &**value, b"\""].concat()).ok(),
        _ => None,
    }
}

/// A final status, as three digits. An error stays one, whatever its backend says.
fn set_status<B>(value: &Value, response: &mut Response<B>) {
    let Ok(status) = StatusCode::from_bytes(value) else {
        tracing::debug!("the backend's status is no HTTP status");
        return;
    };
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    let least = if is_error { 400 } else { 200 };
    if (least..600).contains(&status.as_u16()) {
        *response.status_mut() = status;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing() -> Outgoing {
        let mut own = HeaderNames::default();
        for name in ["etag", "cache-control", "x-shop-*"] {
            own.add(name).unwrap();
        }
        Outgoing { own, status: Some(Name::from_static("x-http-code")), announced: None }
    }

    fn metadata(pairs: &[(&'static str, &'static str)]) -> Metadata {
        let mut metadata = Metadata::default();
        for (name, value) in pairs {
            metadata.append(Name::from_static(name), *value);
        }
        metadata
    }

    fn written(status: u16, pairs: &[(&'static str, &'static str)]) -> Response<()> {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        response.headers_mut().insert("cache-control", HeaderValue::from_static("no-store"));
        outgoing().write_leading(&metadata(pairs), &mut response);
        response
    }

    #[test]
    fn listed_metadata_has_its_own_name_and_the_last_word() {
        let response = written(
            200,
            &[
                ("cache-control", "max-age=60"),
                ("cache-control", "private"),
                ("x-shop-region", "eu"),
                ("tenant", "blue"),
            ],
        );
        let all = |name: &str| {
            let values = response.headers().get_all(name).iter();
            values.map(|value| value.to_str().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(all("cache-control"), ["max-age=60", "private"]);
        assert_eq!(all("x-shop-region"), ["eu"]);
        assert_eq!(all("grpc-metadata-tenant"), ["blue"]);
        assert_eq!(response.headers().len(), 4);
    }

    #[test]
    fn tag_without_quotes_gets_them() {
        for (given, expected) in [
            ("\"v1\"", Some("\"v1\"")),
            ("W/\"v1\"", Some("W/\"v1\"")),
            ("v1", Some("\"v1\"")),
            ("a b", None),
            ("\"a\"b\"", None),
        ] {
            let response = written(200, &[("etag", given)]);
            let tag = response.headers().get("etag").map(|tag| tag.to_str().unwrap());
            assert_eq!(tag, expected, "{given}");
        }
    }

    #[test]
    fn status_is_the_backends_as_far_as_it_makes_sense() {
        for (before, given, after) in [
            (200, "201", 201),
            (200, "302", 302),
            (200, "404", 404),
            (404, "410", 410),
            (404, "200", 404),
            (200, "100", 200),
            (200, "999", 200),
            (200, "abc", 200),
            (200, "", 200),
        ] {
            let response = written(before, &[("x-http-code", given)]);
            assert_eq!(response.status().as_u16(), after, "{before} {given}");
            assert_eq!(response.headers().len(), 1, "{:?}", response.headers());
        }
    }
}
