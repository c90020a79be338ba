//! REST and JSON by `google.api.http`: an HTTP request is one call.

mod builder;
mod error;
mod head;
mod negotiate;
mod opening;
mod outgoing;
mod prefer;
mod request;
mod response;
mod route;
mod router;
mod sse;
mod stream;
mod websocket;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};

pub use self::builder::{Builder, Problem};
use self::error::Refusal;
use self::head::Head;
use self::negotiate::{FRAMINGS_LIST, Framing};
use self::opening::Until;
use self::outgoing::Outgoing;
use self::prefer::Preferences;
use self::response::Encoded;
use self::route::{Input, Output, Route};
use self::router::{Match, Path, Router};
use super::websocket::Handshake;
use super::{Body, Request, Response, body, metadata, request_id, timeout};
use crate::call::{
    Call, CallError, Code, Messages, Name, Origin, Payload, Principal, Reply, Source,
};
use crate::codec::json::{DecodeOptions, EncodeOptions};
use crate::config::checked;
use crate::contract::view::View;
use crate::telemetry::metrics::ListenerMetrics;
use crate::telemetry::record::Recorder;

/// The frontend's name in logs and metrics.
pub const NAME: &str = "rest";

/// The REST frontend of one listener, compiled.
#[derive(Debug)]
pub struct Frontend {
    view: Arc<View>,
    router: Router,
    routes: Vec<Arc<Route>>,
    decode: DecodeOptions,
    encode: EncodeOptions,
    etag: bool,
    errors: checked::ErrorFormat,
    forward: Vec<Name>,
    outgoing: Outgoing,
    prefer: Vec<checked::Preference>,
    max_message: usize,
    unescape: checked::Unescape,
    sse: sse::Settings,
    /// `None` where there are no WebSockets.
    websocket: Option<websocket::Limits>,
    /// What an unknown path is answered where the contract is not whole yet.
    incomplete: Option<String>,
    metrics: Arc<ListenerMetrics>,
}

impl Frontend {
    /// What answers requests for a path, whatever their method: the operation that answers GET,
    /// or else the methods that are taken there.
    pub fn binding_at(&self, path: &str) -> Option<String> {
        match self.router.find(&Method::GET, &mut Path::parse(path)?) {
            Match::Route(index) => Some(self.routes[index].endpoint.operation.name().to_owned()),
            Match::OtherMethods(methods) => {
                let methods: Vec<&str> = methods.iter().map(Method::as_str).collect();
                Some(format!("an operation under {}", methods.join(", ")))
            }
            Match::Nothing => None,
        }
    }

    /// Answers one request. This is the path of a REST call: route, read, decode, call, encode.
    pub async fn handle(
        self: &Arc<Self>,
        mut request: Request,
        peer: Option<SocketAddr>,
    ) -> Response {
        let opening = self
            .websocket
            .and_then(|limits| Handshake::find(&mut request).map(|handshake| (handshake, limits)));
        let (parts, body) = request.into_parts();
        let head = Head::of(&parts);
        let source = Source {
            frontend: NAME,
            peer,
            request_id: request_id::read(head.request_id),
            arrived: Instant::now(),
        };
        let answered = match opening {
            None => self.answer(&head, body, &source).await,
            // Boxed, because it is seldom.
            Some((handshake, limits)) => {
                Box::pin(self.open_websocket(&parts, handshake, limits, &source)).await
            }
        };
        let mut response = match answered {
            Ok(response) => response,
            Err(refusal) => {
                let format = negotiate::error_format(&parts.headers, self.errors);
                error::respond(&refusal, &self.view, format, &self.outgoing)
            }
        };
        request_id::write(&source.request_id, response.headers_mut());
        if parts.method == Method::HEAD {
            super::without_body(&mut response);
        }
        response
    }

    async fn answer(
        self: &Arc<Self>,
        head: &Head<'_>,
        body: Body,
        source: &Source,
    ) -> Result<Response, Refusal> {
        let parts = head.parts;
        if parts.method == Method::OPTIONS
            && let Some(response) = self.options(parts.uri.path())
        {
            return Ok(response);
        }
        let unrouted = |refusal: &Refusal| self.unrouted(parts, source, refusal);
        let mut path = Path::parse(parts.uri.path())
            .ok_or_else(|| bad_path(parts.uri.path()).into())
            .inspect_err(unrouted)?;
        let route = self.route(parts, &mut path).inspect_err(unrouted)?;
        let recorder = &route.endpoint.recorder;
        let refused = |refusal: Refusal| {
            Recorder::refuse(recorder, source, &refusal.error);
            refusal
        };
        let preferences = match head.prefer {
            Some(_) => prefer::read(&parts.headers, &self.prefer),
            None => Preferences::default(),
        };
        let decoding = self.decode(route, head, &path, body, source, preferences);
        let mut call = decoding.await.map_err(refused)?;
        if route.makes_events() && negotiate::framing(&parts.headers) == Some(Framing::Sse) {
            sse::read_last_event_id(&parts.headers, &mut call.metadata)
                .map_err(|error| refused(error.into()))?;
            let mut response = self.answer_events(route, call).await?;
            preferences.write(false, response.headers_mut());
            return Ok(response);
        }
        let reply = route.endpoint.service.answer(call).await?;
        self.encode(route, parts, reply, preferences).await
    }

    /// What can be done at a path (RFC 9110, section 9.3.7), or with `*` anywhere. `None` where
    /// nothing can, and where an operation is bound to OPTIONS itself.
    fn options(&self, path: &str) -> Option<Response> {
        let methods = match path {
            "*" => self.router.methods(),
            _ => match self.router.find(&Method::OPTIONS, &mut Path::parse(path)?) {
                Match::OtherMethods(methods) => methods,
                Match::Route(_) | Match::Nothing => return None,
            },
        };
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        response.headers_mut().insert(ALLOW, router::allow(methods));
        Some(response)
    }

    fn route(&self, parts: &Parts, path: &mut Path<'_>) -> Result<&Arc<Route>, Refusal> {
        match self.router.find(&parts.method, path) {
            Match::Route(index) => Ok(&self.routes[index]),
            Match::OtherMethods(methods) => {
                Err(Refusal::method_not_allowed(router::allow(methods)))
            }
            Match::Nothing => Err(self.nothing_at(parts.uri.path()).into()),
        }
    }

    fn nothing_at(&self, path: &str) -> CallError {
        match &self.incomplete {
            Some(message) => CallError::backend(Code::Unavailable, message.clone()),
            None => CallError::client(Code::NotFound, format!("no operation at {path}")),
        }
    }

    /// Scanners make many of these, so they are counted, and told only to who asks for detail.
    fn unrouted(&self, parts: &Parts, source: &Source, refusal: &Refusal) {
        self.metrics.unrouted();
        tracing::debug!(
            method = %parts.method,
            path = parts.uri.path(),
            code = refusal.error.code().name(),
            request_id = &*source.request_id,
            "no operation"
        );
    }

    async fn decode(
        self: &Arc<Self>,
        route: &Arc<Route>,
        head: &Head<'_>,
        path: &Path<'_>,
        body: Body,
        source: &Source,
        preferences: Preferences,
    ) -> Result<Call, Refusal> {
        let Parts { headers, uri, .. } = head.parts;
        let metadata = metadata::read(headers, &self.forward)?;
        let deadline = preferences.deadline(timeout::read(head.grpc_timeout)?);
        let mut options = self.decode;
        options.unknown_fields = preferences.handling.unwrap_or(options.unknown_fields);
        acceptable(route, head)?;
        if let Some(coding) = body::unread_coding(head.content_encoding) {
            return Err(Refusal::unsupported_coding(&coding));
        }
        if matches!(route.input, Input::Message(_) | Input::Field(_))
            && let Err(given) = negotiate::is_json(head.content_type)
            && !http_body::Body::is_end_stream(&body)
        {
            return Err(Refusal::unsupported_media_type(&given));
        }
        let query = uri.query();
        let payload = if route.endpoint.operation.streaming.client() {
            let mut first = Vec::new();
            request::decode_target(route, path, query, &self.view, &options, &mut first)?;
            let content_type = request::content_type(headers);
            let (frontend, route) = (self.clone(), route.clone());
            let messages = stream::read(body, content_type, first, options, frontend, route);
            Payload::Stream(messages)
        } else {
            let body = body::collect(body, self.max_message).await?;
            let decoded =
                request::decode(route, path, query, headers, &body, &self.view, &options)?;
            Payload::Message(decoded)
        };
        Ok(Call {
            operation: route.endpoint.operation.clone(),
            metadata,
            payload,
            deadline,
            principal: Principal::Anonymous,
            source: source.clone(),
        })
    }

    async fn encode(
        self: &Arc<Self>,
        route: &Arc<Route>,
        parts: &Parts,
        reply: Reply,
        preferences: Preferences,
    ) -> Result<Response, Refusal> {
        let Reply { metadata: leading, payload, trailers, outcome } = reply;
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        let minimal = preferences.minimal && !reads && matches!(payload, Payload::Message(_));
        let mut content = None;
        let mut response = match payload {
            Payload::Message(_) if minimal => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::NO_CONTENT;
                response
            }
            Payload::Message(message) => {
                let encoded = response::encode(route, &message, &self.view, &self.encode);
                let Encoded { body, content_type } = match encoded {
                    Ok(encoded) => encoded,
                    Err(error) => {
                        outcome.reject(&error);
                        return Err(error.into());
                    }
                };
                content = Some(body);
                let mut response = Response::new(Body::empty());
                response.headers_mut().insert(CONTENT_TYPE, content_type);
                response
            }
            Payload::Stream(messages) => self.encode_stream(route, parts, messages).await?,
        };
        self.outgoing.write_leading(&leading, &mut response);
        self.outgoing.write_trailing(&trailers, &mut response);
        preferences.write(minimal, response.headers_mut());
        match content {
            Some(_) if has_no_content(response.status()) => {
                response.headers_mut().remove(CONTENT_TYPE);
            }
            Some(content) => {
                if self.etag && reads && response.status() == StatusCode::OK {
                    let tag = || response::tag(&content);
                    response.headers_mut().entry(ETAG).or_insert_with(tag);
                }
                *response.body_mut() = Body::from(content);
            }
            None => {}
        }
        Ok(response)
    }

    /// An event stream begins early, so that a client sees it open though nothing happens yet.
    async fn answer_events(
        self: &Arc<Self>,
        route: &Arc<Route>,
        call: Call,
    ) -> Result<Response, Refusal> {
        let opening = opening::open(route.endpoint.service.clone(), call, Until::First);
        let (leading, opening) = opening::early(opening, sse::EARLY).await?;
        let mut response = Response::new(sse::write(opening, self.clone(), route.clone()));
        let content_type = Framing::Sse.content_type();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        self.outgoing.write_leading(&leading, &mut response);
        Ok(response)
    }

    async fn encode_stream(
        self: &Arc<Self>,
        route: &Arc<Route>,
        parts: &Parts,
        mut messages: Messages,
    ) -> Result<Response, Refusal> {
        let first = messages.next().await.transpose()?;
        let raw = matches!(route.output, Output::RawMessage | Output::RawField(_));
        let trailers = !raw && negotiate::reads_trailers(&parts.headers);
        let (content_type, body) = match (raw, first) {
            (true, Some(first)) => {
                let first = response::encode(route, &first, &self.view, &self.encode)
                    .inspect_err(|error| messages.reject(error))?;
                let body = stream::write_raw(messages, first.body, self.clone(), route.clone());
                (first.content_type, body)
            }
            (true, None) => (HeaderValue::from_static("application/octet-stream"), Body::empty()),
            (false, first) => {
                // Events are written elsewhere.
                let (form, framing) = match negotiate::framing(&parts.headers) {
                    Some(Framing::Array) => (stream::Form::Array, Framing::Array),
                    Some(Framing::Ndjson | Framing::Sse) | None => {
                        (stream::Form::Lines, Framing::Ndjson)
                    }
                };
                let (frontend, route) = (self.clone(), route.clone());
                let body = stream::write(messages, first, form, trailers, frontend, route);
                (HeaderValue::from_static(framing.content_type()), body)
            }
        };
        let mut response = Response::new(body);
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if trailers {
            self.outgoing.announce(response.headers_mut());
        }
        Ok(response)
    }
}

/// Refuses a request whose answer its client could not use, before the call is made. The type of
/// a `google.api.HttpBody` is the backend's to say, so those are never refused.
fn acceptable(route: &Route, head: &Head<'_>) -> Result<(), Refusal> {
    if matches!(route.output, Output::RawMessage | Output::RawField(_)) {
        return Ok(());
    }
    if route.endpoint.operation.streaming.server() {
        let framing = negotiate::framing(&head.parts.headers);
        return framing.map(drop).ok_or_else(|| Refusal::not_acceptable(FRAMINGS_LIST));
    }
    match head.accept.is_none() || negotiate::admits_json(&head.parts.headers) {
        true => Ok(()),
        false => Err(Refusal::not_acceptable("application/json")),
    }
}

/// Statuses whose responses end with their headers (RFC 9110, section 6.4.1).
fn has_no_content(status: StatusCode) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED)
}

fn bad_path(path: &str) -> CallError {
    CallError::new(Code::InvalidArgument, Origin::Client, format!("cannot read the path {path}"))
}
