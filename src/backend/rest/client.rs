//! Connections, and one exchange over them: a request, what it is redirected to, and the response.

use bytes::Bytes;
use http::header::{AUTHORIZATION, COOKIE, LOCATION};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client as Pool, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::sync::PoisonError;
use std::time::Duration;

use super::{BuildError, Shared, error};
use crate::backend::tls;
use crate::call::{CallError, core};
use crate::config::checked;

pub(super) type Client = Pool<Connector, Full<Bytes>>;
pub(super) type Connector = HttpsConnector<HttpConnector>;

/// How long a connection is kept that nobody uses: less than servers commonly do, so that few are
/// found closed.
const IDLE: Duration = Duration::from_secs(30);

/// Where a service is.
#[derive(Debug)]
pub(super) struct Base {
    scheme: Scheme,
    authority: Authority,
    /// What stands before each path; without a slash at its end.
    prefix: String,
}

impl Base {
    pub fn of(config: &checked::RestBackend) -> Result<Self, BuildError> {
        let authority = config.endpoint.authority();
        Ok(Self {
            scheme: if config.endpoint.tls { Scheme::HTTPS } else { Scheme::HTTP },
            authority: Authority::try_from(authority.as_str())
                .map_err(|_| BuildError::Address(authority))?,
            prefix: config.prefix.trim_end_matches('/').to_owned(),
        })
    }

    /// The address of a path and query below it.
    pub fn uri(&self, path_and_query: &str) -> Option<Uri> {
        let path = PathAndQuery::try_from(format!("{}{path_and_query}", self.prefix)).ok()?;
        let uri = Uri::builder().scheme(self.scheme.clone()).authority(self.authority.clone());
        uri.path_and_query(path).build().ok()
    }
}

/// Makes connections: HTTP/2 where TLS offers it, else HTTP/1.1.
pub(super) fn connector(config: &checked::RestBackend) -> Result<Connector, BuildError> {
    let mut plain = HttpConnector::new();
    plain.enforce_http(false);
    plain.set_nodelay(true);
    plain.set_connect_timeout(Some(config.connect_timeout));
    let settings = if config.endpoint.tls {
        tls::settings(&config.tls)?
    } else {
        // Nobody is asked for a certificate.
        tls::unused()?
    };
    let builder = HttpsConnectorBuilder::new().with_tls_config(settings).https_or_http();
    let builder = match &config.tls.server_name {
        None => builder,
        Some(name) => {
            let name = tls::name(name)?;
            builder.with_server_name_resolver(hyper_rustls::FixedServerNameResolver::new(name))
        }
    };
    Ok(builder.enable_http1().enable_http2().wrap_connector(plain))
}

pub(super) fn client(connector: Connector) -> Client {
    Pool::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .timer(TokioTimer::new())
        .build(connector)
}

/// Sends a request, and follows what it is redirected to as far as that is allowed.
pub(super) async fn exchange(
    shared: &Shared,
    request: Request<Full<Bytes>>,
) -> Result<Response<Incoming>, CallError> {
    let Some(client) = shared.clients.get(core::current()).or(shared.clients.first()) else {
        return Err(error::unavailable("the backend has no connections"));
    };
    let mut left = shared.redirects;
    let mut request = request;
    loop {
        let again = Again::of(&request);
        let response = client.request(request).await.map_err(|error| {
            if error.is_connect() {
                let told = told(&error).as_str().into();
                *shared.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
            }
            error::broken(error)
        })?;
        *shared.failure.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let Some(next) = again.redirected(&response) else { return Ok(response) };
        left = left.checked_sub(1).ok_or_else(error::redirected_too_often)?;
        request = next;
    }
}

/// What lies behind an error, for people.
fn told(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(below) = cause {
        text = below.to_string();
        cause = below.source();
    }
    text
}

/// What may be asked for at another address: requests that only read.
struct Again {
    uri: Uri,
    method: Method,
    headers: http::HeaderMap,
}

impl Again {
    fn of(request: &Request<Full<Bytes>>) -> Option<Self> {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        reads.then(|| Self {
            uri: request.uri().clone(),
            method: request.method().clone(),
            headers: request.headers().clone(),
        })
    }
}

trait Redirected {
    /// The request to go on with, where the response says that it is elsewhere.
    fn redirected(self, response: &Response<Incoming>) -> Option<Request<Full<Bytes>>>;
}

impl Redirected for Option<Again> {
    fn redirected(self, response: &Response<Incoming>) -> Option<Request<Full<Bytes>>> {
        let again = self?;
        let moved = matches!(
            response.status(),
            StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::SEE_OTHER
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT
        );
        let location = response.headers().get(LOCATION).filter(|_| moved)?.to_str().ok()?;
        let target = resolve(&again.uri, location)?;
        let mut headers = again.headers;
        // Credentials stay with the host that they are for.
        if target.authority() != again.uri.authority() || target.scheme() != again.uri.scheme() {
            headers.remove(AUTHORIZATION);
            headers.remove(COOKIE);
            let secret: Vec<_> = headers
                .iter()
                .filter(|(_, value)| value.is_sensitive())
                .map(|(name, _)| name.clone())
                .collect();
            secret.iter().for_each(|name| drop(headers.remove(name)));
        }
        let mut request = Request::new(Full::default());
        *request.uri_mut() = target;
        *request.method_mut() = again.method;
        *request.headers_mut() = headers;
        Some(request)
    }
}

/// The address that a `Location` names (RFC 9110, section 10.2.2): absolute, or a path on the same
/// host.
fn resolve(from: &Uri, location: &str) -> Option<Uri> {
    let target: Uri = location.parse().ok()?;
    if target.scheme().is_some() {
        return matches!(target.scheme_str(), Some("http" | "https")).then_some(target);
    }
    let path = if location.starts_with('/') {
        location.to_owned()
    } else {
        let (folder, _) = from.path().rsplit_once('/')?;
        format!("{folder}/{location}")
    };
    let mut parts = from.clone().into_parts();
    parts.path_and_query = Some(path.parse().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn locations_are_resolved() {
        let from = "http://a:1/b/c?d".parse().expect("an address");
        for (location, target) in [
            ("https://x/y", Some("https://x/y")),
            ("/z?q", Some("http://a:1/z?q")),
            ("e", Some("http://a:1/b/e")),
            ("ftp://x/", None),
        ] {
            let resolved = resolve(&from, location).map(|uri| uri.to_string());
            assert_eq!(resolved.as_deref(), target, "{location}");
        }
    }
}
