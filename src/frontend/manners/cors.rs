//! Which pages of other origins may call (the Fetch Standard, "CORS protocol").
//!
//! Own code where tower-http has a layer: that one takes every OPTIONS for a preflight, and writes
//! its headers into responses that no page of another origin asked for.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, CONTENT_TYPE, HeaderName,
    ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::config::checked::{self, Origins};
use crate::config::origin::Origin;
use crate::frontend::{Body, Response};

const REQUEST_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-allow-private-network");

/// What the answer to a preflight depends on.
const PREFLIGHT_VARY: &str = "origin, access-control-request-method, \
     access-control-request-headers, access-control-request-private-network";

const ANY: HeaderValue = HeaderValue::from_static("*");
const TRUE: HeaderValue = HeaderValue::from_static("true");

/// Response headers that a page may read without being told so (Fetch, "CORS-safelisted
/// response-header name"), and those that say something of CORS itself or are never shown.
const UNLISTED: [&str; 10] = [
    "cache-control",
    "connection",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
    "set-cookie",
    "vary",
];

/// The rules of one listener, with the values of their headers written out.
#[derive(Debug)]
pub struct Cors {
    origins: Origins,
    /// `None`: what is asked for.
    methods: Option<HeaderValue>,
    /// `None`: what is asked for.
    headers: Option<HeaderValue>,
    exposed: Exposed,
    credentials: bool,
    max_age: HeaderValue,
    private_network: bool,
}

#[derive(Debug)]
enum Exposed {
    Listed(HeaderValue),
    /// All: as `*`, which with credentials would be a name like any other, or as a list of what
    /// the response at hand has.
    All,
}

impl Cors {
    /// Compiles the rules.
    pub fn build(settings: &checked::Cors) -> Self {
        let list = |names: &Vec<String>| HeaderValue::try_from(names.join(", ")).ok();
        let exposed = settings.exposed_headers.as_ref().and_then(list);
        Self {
            origins: settings.origins.clone(),
            methods: settings.methods.as_ref().and_then(list),
            headers: settings.headers.as_ref().and_then(list),
            exposed: exposed.map_or(Exposed::All, Exposed::Listed),
            credentials: settings.credentials,
            max_age: settings.max_age.as_secs().into(),
            private_network: settings.private_network,
        }
    }

    /// Whether pages of that origin may call.
    pub fn allows(&self, origin: &HeaderValue) -> bool {
        let patterns = match &self.origins {
            Origins::Any => return true,
            Origins::Listed(patterns) => patterns,
        };
        let origin = origin.to_str().ok().and_then(Origin::parse);
        origin.is_some_and(|origin| patterns.iter().any(|pattern| pattern.matches(&origin)))
    }

    /// The answer to a preflight; `None` where the request is none. The error is what a page that
    /// may not call is told.
    pub fn preflight(
        &self,
        method: &Method,
        headers: &HeaderMap,
    ) -> Option<Result<Response, Response>> {
        if method != Method::OPTIONS {
            return None;
        }
        let origin = headers.get(ORIGIN)?;
        let asked_method = headers.get(ACCESS_CONTROL_REQUEST_METHOD)?;
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        response.headers_mut().insert(VARY, HeaderValue::from_static(PREFLIGHT_VARY));
        if !self.allows(origin) {
            *response.status_mut() = StatusCode::FORBIDDEN;
            let plain = HeaderValue::from_static("text/plain; charset=utf-8");
            response.headers_mut().insert(CONTENT_TYPE, plain);
            *response.body_mut() = Body::from("pages of this origin may not call here\n");
            return Some(Err(response));
        }
        let out = response.headers_mut();
        self.write_origin(Some(origin), out);
        out.insert(
            ACCESS_CONTROL_ALLOW_METHODS,
            self.methods.clone().unwrap_or_else(|| asked_method.clone()),
        );
        let allowed = match &self.headers {
            Some(listed) => Some(listed),
            None => headers.get(ACCESS_CONTROL_REQUEST_HEADERS),
        };
        if let Some(allowed) = allowed {
            out.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed.clone());
        }
        out.insert(ACCESS_CONTROL_MAX_AGE, self.max_age.clone());
        if self.private_network
            && headers.get(REQUEST_PRIVATE_NETWORK).is_some_and(|value| value == "true")
        {
            out.insert(ALLOW_PRIVATE_NETWORK, TRUE);
        }
        Some(Ok(response))
    }

    /// Writes what a page may do with a response. `origin` is the request's.
    pub fn write(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        if !matches!(self.origins, Origins::Any) {
            // In every response: a cache must not hand what it kept for one page to another.
            headers.append(VARY, HeaderValue::from_static("origin"));
        }
        if !self.write_origin(origin, headers) || origin.is_none() {
            return;
        }
        let exposed = match &self.exposed {
            Exposed::Listed(listed) => Some(listed.clone()),
            Exposed::All if self.credentials => names(headers),
            Exposed::All => Some(ANY),
        };
        if let Some(exposed) = exposed.filter(|exposed| !exposed.is_empty()) {
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
    }

    /// Whether the origin may call, which is then written down.
    fn write_origin(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) -> bool {
        if matches!(self.origins, Origins::Any) {
            // The same for everybody, so that caches may keep one response for all.
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
            return true;
        }
        let Some(origin) = origin.filter(|origin| self.allows(origin)) else { return false };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        if self.credentials {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
        }
        true
    }
}

/// The names of the headers that a page could not read otherwise.
fn names(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut list = String::new();
    for name in headers.keys().map(HeaderName::as_str) {
        if UNLISTED.contains(&name) || name.starts_with("access-control-") {
            continue;
        }
        if !list.is_empty() {
            list.push_str(", ");
        }
        list.push_str(name);
    }
    HeaderValue::try_from(list).ok()
}
