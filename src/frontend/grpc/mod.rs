//! gRPC, gRPC-Web and Connect: a request for `/package.Service/Method` is one call, told apart by its
//! content type. Wire bytes pass through as they are; only JSON is read and written.

mod body;
mod builder;
mod connect;
mod health;
mod incoming;
mod metadata;
mod outgoing;
mod protocol;
mod reflection;
mod web;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{Method, StatusCode, Version};

pub use self::builder::{Builder, Own};
pub use self::health::Reachable;
use self::protocol::{Codec, Connect, Protocol};
use super::{Body, Endpoint, Request, Response, body::unread_coding, request_id, timeout};
use crate::call::{Call, CallError, Code, Name, Payload, Principal, Reply, Source};
use crate::codec::grpc::Coding;
use crate::codec::json::{DecodeOptions, EncodeOptions};
use crate::contract::shape::NameTable;
use crate::contract::view::View;
use crate::telemetry::metrics::ListenerMetrics;
use crate::telemetry::record::Recorder;

/// The frontend's names in logs and metrics, one for each protocol.
pub const NAMES: [&str; 3] = ["grpc", "grpc-web", "connect"];

/// The gRPC family of one listener, compiled.
#[derive(Debug)]
pub struct Frontend {
    /// Paths of operations, as indexes into `routes`.
    paths: NameTable,
    routes: Vec<Route>,
    view: Arc<View>,
    decode: DecodeOptions,
    encode: EncodeOptions,
    web: bool,
    connect: bool,
    /// How replies are compressed for clients that accept it.
    compression: Option<Coding>,
    /// The largest request message, in bytes.
    max_message: usize,
    /// Headers that are not handed on.
    withheld: Vec<Name>,
    /// What an unknown operation is answered where the contract is not whole yet.
    incomplete: Option<String>,
    metrics: Arc<ListenerMetrics>,
}

/// One operation, by each protocol.
#[derive(Debug)]
struct Route {
    /// In the order of [`NAMES`].
    endpoints: [Endpoint; 3],
    /// Whether REST answers JSON at the same path, so that Connect's must say what it is.
    also_rest: bool,
    /// Whether its messages have no JSON form here: the gateway's own services.
    binary_only: bool,
}

/// A request that this frontend answers.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    protocol: Protocol,
    route: Option<u32>,
}

impl Frontend {
    /// Whether the request is for this frontend, and which protocol it is in. Costs requests of other
    /// kinds a look at one header.
    pub fn claim(&self, request: &Request) -> Option<Claim> {
        let route = || self.paths.get(request.uri().path().as_bytes());
        if request.method() == Method::GET {
            let is_connect = self.connect && request.uri().query().is_some_and(connect::is_get);
            let protocol = Protocol::Connect(Connect::Get);
            return route()
                .filter(|_| is_connect)
                .map(|route| Claim { protocol, route: Some(route) });
        }
        let protocol = Protocol::of(request.headers().get(CONTENT_TYPE)?)?;
        match protocol {
            Protocol::Grpc => {}
            Protocol::Web { .. } if self.web => {}
            Protocol::Connect(_) if self.connect => {}
            Protocol::Web { .. } | Protocol::Connect(_) => return None,
        }
        let route = route();
        // REST's own content type, too.
        if protocol == Protocol::Connect(Connect::Unary(Codec::Json)) {
            let known = self.routes.get(route? as usize)?;
            if known.also_rest && !request.headers().contains_key(&connect::VERSION) {
                return None;
            }
        }
        Some(Claim { protocol, route })
    }

    /// Answers a request that was [claimed](Self::claim).
    pub async fn handle(
        self: &Arc<Self>,
        claim: Claim,
        request: Request,
        peer: Option<SocketAddr>,
    ) -> Response {
        let (parts, body) = request.into_parts();
        let Claim { protocol, route } = claim;
        let source = Source {
            frontend: NAMES[protocol.index()],
            peer,
            request_id: request_id::read(parts.headers.get(request_id::HEADER)),
            arrived: Instant::now(),
        };
        let mut response = match protocol.refused(&parts) {
            Some(response) => response,
            None => self.answer(protocol, route, &parts, body, &source).await,
        };
        request_id::write(&source.request_id, response.headers_mut());
        response
    }

    async fn answer(
        self: &Arc<Self>,
        protocol: Protocol,
        route: Option<u32>,
        parts: &http::request::Parts,
        body: Body,
        source: &Source,
    ) -> Response {
        let Some(route) = route.and_then(|index| self.routes.get(index as usize)) else {
            self.metrics.unrouted();
            let error = self.nothing_at(parts.uri.path());
            tracing::debug!(
                path = parts.uri.path(),
                request_id = &*source.request_id,
                "no operation"
            );
            return protocol.failed(&error, self);
        };
        let endpoint = &route.endpoints[protocol.index()];
        let refused = |error: CallError| {
            Recorder::refuse(&endpoint.recorder, source, &error);
            protocol.failed(&error, self)
        };
        if let Protocol::Connect(connect) = protocol {
            return Box::pin(self.connect(connect, route, parts, body, source)).await;
        }
        let accepted = outgoing::accepted(&parts.headers, self.compression);
        let call = match self.decode(protocol, endpoint, parts, body, source).await {
            Ok(call) => call,
            Err(error) => return refused(error),
        };
        match endpoint.service.answer(call).await {
            Ok(reply) => outgoing::respond(protocol, reply, accepted),
            Err(error) => protocol.failed(&error, self),
        }
    }

    async fn decode(
        self: &Arc<Self>,
        protocol: Protocol,
        endpoint: &Endpoint,
        parts: &http::request::Parts,
        body: Body,
        source: &Source,
    ) -> Result<Call, CallError> {
        let headers = &parts.headers;
        let deadline = timeout::read(headers.get(timeout::GRPC_TIMEOUT))?;
        let metadata = metadata::read(headers, protocol != Protocol::Grpc, &self.withheld)?;
        let encoding = incoming::encoding(headers.get(&outgoing::GRPC_ENCODING))?;
        let text = matches!(protocol, Protocol::Web { text: true });
        let mut reader = incoming::Reader::new(body, self.max_message, encoding, text);
        let payload = match endpoint.operation.streaming.client() {
            true => Payload::Stream(reader.into_messages()),
            false => Payload::Message(reader.only().await?),
        };
        Ok(self.call(endpoint, metadata, payload, deadline, source))
    }

    fn call(
        &self,
        endpoint: &Endpoint,
        metadata: crate::call::Metadata,
        payload: Payload,
        deadline: Option<Instant>,
        source: &Source,
    ) -> Call {
        Call {
            operation: endpoint.operation.clone(),
            metadata,
            payload,
            deadline,
            principal: Principal::Anonymous,
            source: source.clone(),
        }
    }

    fn nothing_at(&self, path: &str) -> CallError {
        match &self.incomplete {
            Some(message) => CallError::backend(Code::Unavailable, message.clone()),
            None => CallError::client(Code::Unimplemented, format!("no operation at {path}")),
        }
    }
}

impl Protocol {
    /// What the protocol's own rules of HTTP refuse before there is a call.
    fn refused(self, parts: &http::request::Parts) -> Option<Response> {
        let status = match self {
            Self::Grpc if parts.version < Version::HTTP_2 => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            Self::Connect(Connect::Get) => return None,
            _ if parts.method != Method::POST => StatusCode::METHOD_NOT_ALLOWED,
            // What the listener reads is decoded by now.
            _ if unread_coding(parts.headers.get(CONTENT_ENCODING)).is_some() => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            _ => return None,
        };
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        if status == StatusCode::METHOD_NOT_ALLOWED {
            let allow = http::HeaderValue::from_static("POST");
            response.headers_mut().insert(http::header::ALLOW, allow);
        }
        Some(response)
    }

    /// The answer to a call that failed before its reply began.
    fn failed(self, error: &CallError, frontend: &Frontend) -> Response {
        match self {
            Self::Grpc | Self::Web { .. } => outgoing::failed(self, error),
            Self::Connect(connect) => connect::failed(connect, error, &frontend.view),
        }
    }
}

/// The only message of a reply that is one.
fn message(reply: Reply) -> Result<(bytes::Bytes, Reply), CallError> {
    match reply.payload {
        Payload::Message(message) => {
            let payload = Payload::Message(bytes::Bytes::new());
            Ok((message, Reply { payload, ..reply }))
        }
        Payload::Stream(_) => {
            Err(CallError::gateway(Code::Internal, "a stream came where one message was asked for"))
        }
    }
}
