//! How a listener behaves in HTTP, whichever frontend answers: who may call from a browser, what
//! codings bodies come and go in, and what need not be sent again.

mod coding;
mod conditional;
mod cors;

use std::sync::Arc;

use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::header::{HOST, ORIGIN, VARY};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use http_body::Body as _;
use hyper::upgrade::OnUpgrade;

use self::coding::negotiate::{NothingLeft, Wanted};
use self::coding::{compress, decompress, negotiate};
use self::conditional::Condition;
use self::cors::Cors;
use super::{Body, Request, Response};
use crate::config::checked::{self, Coding};
use crate::config::origin::Origin;
use crate::telemetry::metrics::ListenerMetrics;

/// The manners of one listener, compiled.
#[derive(Debug)]
pub struct Manners {
    cors: Option<Cors>,
    compression: Option<checked::ResponseCompression>,
    /// The most that a compressed request body may become, in bytes; one that is a stream, too: it
    /// could hold any amount of the same.
    most: u64,
    tls: bool,
    metrics: Arc<ListenerMetrics>,
}

/// In the extensions of a request to upgrade the connection: the page that sent it may, as
/// [`Manners::allows_origin`] has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllowedPage;

impl Manners {
    /// Compiles what the config says of a listener.
    pub fn build(listener: &checked::Listener, metrics: Arc<ListenerMetrics>) -> Self {
        Self {
            cors: listener.cors.as_ref().map(Cors::build),
            compression: listener.compression.clone(),
            most: listener.limits.body as u64,
            tls: listener.tls.is_some(),
            metrics,
        }
    }

    /// Answers one request: by itself where `answer` need not be asked, else by what that says.
    pub async fn around<F>(
        &self,
        mut request: Request,
        answer: impl FnOnce(Request) -> F,
    ) -> Response
    where
        F: Future<Output = Response>,
    {
        if request.extensions().get::<OnUpgrade>().is_some()
            && self.allows_origin(request.headers(), request.uri())
        {
            request.extensions_mut().insert(AllowedPage);
        }
        let Some(cors) = &self.cors else { return self.coded(request, answer).await };
        match cors.preflight(request.method(), request.headers()) {
            Some(Ok(allowed)) => return allowed,
            Some(Err(refused)) => {
                self.metrics.preflight_refused();
                return refused;
            }
            None => {}
        }
        let origin = request.headers().get(ORIGIN).cloned();
        let mut response = self.coded(request, answer).await;
        cors.write(origin.as_ref(), response.headers_mut());
        response
    }

    /// Whether the page that sent a request may: it is none at all (no `Origin`), or of the
    /// listener's own origin, or of one that [`checked::Cors`] allows. For requests that browsers
    /// send across origins without asking first, such as the opening of a WebSocket (RFC 6455,
    /// section 10.2).
    pub fn allows_origin(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        let Some(origin) = headers.get(ORIGIN) else { return true };
        if self.cors.as_ref().is_some_and(|cors| cors.allows(origin)) {
            return true;
        }
        // HTTP/2 has the authority in the place of `Host`.
        let authority = match uri.authority() {
            Some(authority) => Some(authority.as_str()),
            None => headers.get(HOST).and_then(|host| host.to_str().ok()),
        };
        match (origin.to_str().ok().and_then(Origin::parse), authority) {
            (Some(origin), Some(authority)) => origin.is_of(authority, self.tls),
            _ => false,
        }
    }

    /// Takes the coding off the request, and puts one on the response that is sent.
    async fn coded<F>(&self, mut request: Request, answer: impl FnOnce(Request) -> F) -> Response
    where
        F: Future<Output = Response>,
    {
        let wanted = match self.wanted(request.headers()) {
            Ok(wanted) => wanted,
            Err(NothingLeft) => return self.nothing_left(),
        };
        let condition = Condition::of(&request);
        let is_head = *request.method() == Method::HEAD;
        decompress::request(&mut request, self.most);
        let mut response = answer(request).await;
        let coding = self.coding(wanted, is_head, &mut response);
        if condition.is_met_by(&response) {
            conditional::not_modified(&mut response);
            return response;
        }
        match (coding, &self.compression) {
            (Some(coding), Some(settings)) => {
                let headers = response.headers_mut();
                let name = HeaderValue::from_static(negotiate::name(coding));
                headers.insert(CONTENT_ENCODING, name);
                headers.remove(CONTENT_LENGTH);
                if is_head {
                    return response;
                }
                let metrics = self.metrics.clone();
                response.map(|body| compress::body(body, coding, settings.level, metrics))
            }
            _ => response,
        }
    }

    fn wanted(&self, headers: &HeaderMap) -> Result<Wanted, NothingLeft> {
        match &self.compression {
            Some(settings) if headers.contains_key(ACCEPT_ENCODING) => {
                negotiate::choose(headers, &settings.codings)
            }
            _ => Ok(Wanted::default()),
        }
    }

    /// The coding that this response gets. Says in its headers that others may get another.
    fn coding(&self, wanted: Wanted, is_head: bool, response: &mut Response) -> Option<Coding> {
        let settings = self.compression.as_ref()?;
        if !negotiate::may_be_coded(response.status(), response.headers()) {
            return None;
        }
        let size = match is_head {
            false => response.body().size_hint().exact(),
            true => {
                let length = response.headers().get(CONTENT_LENGTH);
                length.and_then(|length| length.to_str().ok()?.parse().ok())
            }
        };
        let small = size.is_some_and(|size| size < settings.min_size as u64);
        if small && !wanted.only_coded {
            return None;
        }
        response.headers_mut().append(VARY, HeaderValue::from_static("accept-encoding"));
        if wanted.coding.is_some() {
            conditional::weaken(response.headers_mut());
        }
        wanted.coding
    }

    /// 406 (RFC 9110, section 15.5.7). What a listener offers is not empty.
    fn nothing_left(&self) -> Response {
        let offered = self.compression.iter().flat_map(|settings| &settings.codings);
        let offered: Vec<_> = offered.map(|coding| negotiate::name(*coding)).collect();
        let offered = offered.join(", ");
        let mut response =
            Response::new(Body::from(format!("responses come in {offered} or as they are\n")));
        *response.status_mut() = StatusCode::NOT_ACCEPTABLE;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        response
    }
}

#[cfg(test)]
mod tests;
